"""The scope of a run's events and snapshots, which stays what it is while a run's definition and tenant do."""

from collections.abc import Iterator

from lifecycle_conformance.audit.finding import NOTHING, Finding
from lifecycle_conformance.audit.lives import Life, is_index_id
from lifecycle_conformance.execution.trace import member
from lifecycle_conformance.model.comparison import ABSENT, mismatches
from lifecycle_conformance.model.identity import is_unsigned


def scope(life: Life) -> Iterator[Finding]:
    """The first record whose scope differs from that of the first one (SCOPE-1).

    The first generation read less of the scope, so what it recorded isn't looked at; nor are markers, which take it
    over from what they took in.
    """
    scopes = [row.value["scope"] for row in (*life.events, *life.snapshots)]
    if scopes == scopes[:1] * len(scopes):  # each is the first one, so that there is nothing to sort
        return
    events = [
        row
        for row in life.lifecycle_events
        if is_unsigned(member(row.value.get("payload"), "lifecycle_occurrence"))
        and not is_index_id(row.value["event_id"], life.owner.run_id)
    ]
    snapshots = [
        row for row in life.lifecycle_snapshots if not is_index_id(row.value["snapshot_id"], life.owner.run_id)
    ]
    rows = sorted((*events, *snapshots), key=lambda row: row.value["seq"])
    if not rows:
        return
    first, *others = rows
    expected = first.value["scope"]
    for row in others:
        if row.value["scope"] != expected:  # what a record needs has one type each, so that `1` meets no `1.0` here
            place = next(mismatches(expected, row.value["scope"], "$.scope"))
            yield life.finding(
                "scope-drift",
                f"`{place.path.removeprefix('$.')}` differs from that at {first.where}",
                row,
                expected=NOTHING if place.expected is ABSENT else place.expected,
                actual=NOTHING if place.actual is ABSENT else place.actual,
            )
            return
