"""The kinds of findings about texts that must not be copied into a store."""

from typing import Final

from lifecycle_conformance.audit.finding import Kind, Severity

_HOLDS: Final = "Treat the store as holding that data; find the engine that copies it."
_REDACTED: Final = (
    ("outputs", "REDACT-1"),
    ("verdicts", "REDACT-2"),
    ("gate", "REDACT-3"),
    ("decisions", "REDACT-4"),
)

COPIES: Final = (
    *(
        Kind(
            name=f"copied-{what}",
            requirement=requirement,
            severity=Severity.VIOLATION,
            meaning=f"A text of at least 16 characters that stands only in the {what} of a run record stands in the "
            "store, too, in a member that no event and no snapshot has.",
            advice=_HOLDS,
        )
        for what, requirement in _REDACTED
    ),
    *(
        Kind(
            name=f"perhaps-copied-{what}",
            requirement=requirement,
            severity=Severity.SUSPECT,
            meaning=f"A text of at least 16 characters that stands only in the {what} of a run record stands in the "
            "store, too, in a member that is copied: it may have come from there, in an earlier state of the run.",
            advice=f"Find out whether the run once had this text elsewhere. Else: {_HOLDS[0].lower()}{_HOLDS[1:]}",
        )
        for what, requirement in _REDACTED
    ),
)
"""A text of each part of a run record that must not be copied, certainly and perhaps."""
