"""The phase histories of a run's snapshots, beside one another."""

from collections.abc import Iterator
from itertools import pairwise

from lifecycle_conformance.audit.finding import Finding
from lifecycle_conformance.audit.lives import Life
from lifecycle_conformance.audit.stored import Row
from lifecycle_conformance.execution.trace import member
from lifecycle_projection.records import Json


def histories(life: Life) -> Iterator[Finding]:
    """Entries that changed from one snapshot to the next: each pass keeps what it builds on (PHASE-4, PHASE-5).

    Two histories that begin with the same entry have one beginning, and differ at most in the last entry of one: the
    snapshot of an old record may have been written late, on top of another one than its neighbour.
    """
    for before, after in pairwise(sorted(life.snapshots, key=lambda row: row.value["seq"])):
        one, other = _history(before), _history(after)
        common = min(len(one), len(other)) - 1
        if common < 1 or member(one[0], "event_id") != member(other[0], "event_id"):
            continue
        for number in range(common):
            if one[number] != other[number]:
                yield life.finding(
                    "phase-history-changed",
                    f"`phase_history[{number}]` says something else in the snapshot at {before.where}",
                    after,
                    expected=one[number],
                    actual=other[number],
                )
                break


def _history(row: Row) -> list[Json]:
    found = row.value.get("phase_history")
    return found if isinstance(found, list) else []
