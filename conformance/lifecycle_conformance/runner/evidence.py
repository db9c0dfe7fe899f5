"""When a case counts: only where the implementation was seen to do the thing at all.

Many requirements say what must not happen: no second event, nothing overwritten, nothing of others touched. An
implementation that records nothing breaks none of them, and proves none of them. So their cases count only where the
search has also met a case, held or broken, of another requirement which shows that the thing is done.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from lifecycle_conformance.runner.findings import Findings

_RECORDS: Final = "EVENT-1"
"""Exercised where a pass appended an event that is shown."""
_SNAPSHOTS: Final = "SNAP-1"
"""Exercised where a pass wrote a snapshot that is shown."""
_SUMMARY: Final = "CKPT-2"
"""Exercised where a snapshot shows a checkpoint with members that a run record gives."""
_IMPORTS: Final = "SNAP-7"
"""Exercised where an imported record is shown."""
_COMPACTS: Final = "COMPACT-6"
"""Exercised where a compaction removed something."""
_PRUNES: Final = "PRUNE-5"
"""Exercised where a pruning deleted something."""


def _numbered(prefix: str, *numbers: int) -> list[str]:
    return [f"{prefix}-{number}" for number in numbers]


SHOWN_BY: Final[Mapping[str, frozenset[str]]] = {
    # What is refused, or read in another way, says something where run records are accepted at all.
    **dict.fromkeys(_numbered("REC", 1, 2, 3, 6, 7, 8, 9, 11, 13, 14, 15, 17), frozenset({_RECORDS})),
    **dict.fromkeys(_numbered("JSON", 13, 14, 15, 16), frozenset({_RECORDS})),
    **dict.fromkeys(_numbered("FILE", 11, 12), frozenset({_IMPORTS})),
    "ERR-1": frozenset({_RECORDS}),
    # What a pass leaves alone says something where passes record.
    **dict.fromkeys(_numbered("ALIAS", *range(1, 13)), frozenset({_RECORDS})),
    **dict.fromkeys(_numbered("PASS", 1, 3, 4, 6, 8, 9, 12, 14, 15), frozenset({_RECORDS, _SNAPSHOTS})),
    **dict.fromkeys(("LOG-1", "LOG-5", "TENANT-1", "TENANT-4", "COMPACT-14"), frozenset({_RECORDS})),
    # Both events and snapshots show these; the chapter is about events.
    **dict.fromkeys(_numbered("EVENT", 3, 4, 5, 10), frozenset({_RECORDS})),
    "LOG-7": frozenset({_RECORDS}),
    "SNAP-6": frozenset({_SNAPSHOTS}),
    # What is left out of a list says something where there is a list; what is kept, where passes record.
    "FILE-21": frozenset({_SNAPSHOTS}),
    "FILE-25": frozenset({_RECORDS}),
    **dict.fromkeys(_numbered("REDACT", 1, 2, 3, 4, 5), frozenset({_RECORDS, _SUMMARY})),
    # That reading leaves a torn tail alone says something where it is mended.
    "FILE-17": frozenset({"FILE-16"}),
    # What retention leaves alone says something where it removes.
    **dict.fromkeys(_numbered("COMPACT", 1, 3, 4, 5, 7), frozenset({_COMPACTS})),
    **dict.fromkeys(_numbered("PRUNE", 1, 2, 4), frozenset({_PRUNES})),
}
"""For requirements that an implementation can't be seen to break by doing nothing: what must have been exercised."""


def cases_that_count(found: Findings, requirement: str) -> int:
    """How many cases of a requirement count."""
    return 0 if lacking(found, requirement) else len(found.cases[requirement])


def lacking(found: Findings, requirement: str) -> frozenset[str]:
    """The requirements that should have been exercised for the cases of one to count, and were not."""
    return frozenset(each for each in SHOWN_BY.get(requirement, ()) if not found.cases[each])


def with_evidence(requirements: Iterable[str]) -> Collection[str]:
    """Some requirements and those whose cases are needed for theirs to count."""
    chosen = set(requirements)
    return chosen.union(*(SHOWN_BY.get(each, frozenset()) for each in chosen))
