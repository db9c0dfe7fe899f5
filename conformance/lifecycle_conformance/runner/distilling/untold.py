"""Which faulty implementations no case of the distilled corpus tells, and why."""

from collections.abc import Mapping
from typing import Final

_CANT_SHOW: Final[Mapping[str, str]] = {
    "refusals-with-a-time": "The data of a refusal of input are free, so cases leave them out.",
    "end-of-input-is-a-failure": "A case doesn't see how a process ends.",
    "storage-error-without-a-path": "Only a message differs.",
    "long-name-refused-without-its-id": "Only a message differs.",
    "stores-in-memory-kept-by-path": "It shows where nothing lasts only: a case can't ask for that.",
    "empty-folders-removed": "A case tells files, not folders.",
}
"""What no case can show, as a case is."""
_NOT_MET: Final = frozenset(
    {
        "broken-bytes-replaced",
        "occurrence-per-name-and-time",
        "listed-as-bare-texts",
        "an-empty-history-stays-empty",
        "a-blank-node-id-hides-the-gate",
        "ties-shown-by-utf16",
        "another-id-counts-as-there",
        "another-runs-counts-as-there",
        "typed-values-with-a-member-twice-refused",
        "an-empty-pass-mends-the-log",
        "the-latest-by-seq-as-text",
        "the-latest-by-utf16",
        "appended-event-cut-to-what-a-pass-writes",
        "null-phase-is-a-missing-one",
        "unknown-status-read-as-running",
        "member-twice-in-a-snapshot-unreadable",
        "segments-of-dots-replaced",
        "hidden-snapshot-files-skipped",
        "snapshot-looked-up-by-what-files-hold",
        "whole-tail-that-is-no-event-cut-off",
        "log-cut-behind-the-last-event",
        "reading-mends-the-log",
        "broken-text-read-with-replacements",
        "written-snapshots-counted-before-a-refused-move",
        "id-of-what-is-in-the-way-reported",
        "numbers-in-arguments-read-from-texts",
        "nulls-in-a-failure-are-dropped",
        "equal-values-count-as-the-same-record",
        "old-events-are-counted-by-name-and-time",
        "a-late-snapshot-has-the-scope-of-its-event",
        "phase-entries-are-taken-over-with-version-one",
        "spaces-at-the-end-of-a-tenant-do-not-count",
        "a-conflict-names-what-stands-there",
    }
)
"""What no life has shown yet that was made up; a target that aims at it is missing, or luck."""


def why_untold(name: str) -> str:
    """Why no case tells a faulty implementation; empty where one should."""
    return _CANT_SHOW.get(name, "no life that was made up has shown it yet" if name in _NOT_MET else "")
