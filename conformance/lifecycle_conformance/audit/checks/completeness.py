"""Events without snapshot, and snapshots without event."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import accumulate

from lifecycle_conformance.audit.finding import NOTHING, Finding
from lifecycle_conformance.audit.lives import Life
from lifecycle_conformance.audit.stored import Row
from lifecycle_conformance.execution.trace import Object, member


def completeness(life: Life) -> Iterator[Finding]:
    """What has no counterpart (SNAP-5, LOG-1, TENANT-4), and snapshots that share a sequence number (PASS-7)."""
    yield from _without_event(life)
    if life.has_all_snapshots:
        yield from _without_snapshot(life)
    yield from _of_one_seq(life)


def _of_one_seq(life: Life) -> Iterator[Finding]:
    if len({row.value["seq"] for row in life.snapshots}) == len(life.snapshots):
        return
    by_seq: defaultdict[int, list[Row]] = defaultdict(list)
    for row in life.snapshots:
        by_seq[row.value["seq"]].append(row)
    for seq, rows in by_seq.items():
        ids = {row.value["snapshot_id"] for row in rows}
        if len(ids) > 1:
            yield life.finding(
                "two-latest-snapshots",
                f"the snapshot at {rows[0].where} has the same seq",
                rows[1],
                expected=NOTHING,
                actual=seq,
            )


def _without_event(life: Life) -> Iterator[Finding]:
    for row in life.snapshots:
        snapshot_id = row.value["snapshot_id"]
        if snapshot_id in life.by_id or snapshot_id in life.listed:
            continue
        if not life.is_whole:
            yield life.finding("snapshot-perhaps-without-event", "no event that can be read has its id", row)
        elif any(each.seq_of(snapshot_id) == row.value["seq"] for each in life.others):
            yield life.finding("snapshot-of-another-tenant", "the event belongs to another tenant", row)
        else:
            yield life.finding("snapshot-without-event", "neither the log nor a marker has its id", row)


def _without_snapshot(life: Life) -> Iterator[Finding]:
    """Judge what may be missing: the newest may be still to come, the oldest may be pruned, those between may not."""
    there = {row.value["snapshot_id"] for row in life.snapshots}
    taken = {row.value["snapshot_id"] for each in life.others for row in each.snapshots} - there
    somewhere = there | taken
    missing = [row for row in life.lifecycle_events if row.value["event_id"] not in somewhere]
    if taken:
        yield from _taken(life, [row for row in life.lifecycle_events if row.value["event_id"] in taken])
    if not missing:
        return
    snapshots = sorted((row.value for row in life.snapshots), key=_seq)
    seqs, oldest = [*map(_seq, snapshots)], [*accumulate(snapshots, _older)]
    newest = max(seqs, default=0)
    pruned = []
    for row in missing:
        event = row.value
        if event["seq"] > newest:
            continue
        before = bisect_left(seqs, event["seq"])
        if before and (older := oldest[before - 1])["created_at_ms"] <= event["occurred_at_ms"]:
            yield life.finding("snapshot-missing", f"the older snapshot {older['snapshot_id']!r} is there", row)
        else:
            pruned.append(row)
    if pruned:
        yield life.finding("snapshots-pruned", f"{len(pruned)} events have no snapshot", pruned[0])
    ahead = [row for row in missing if row.value["seq"] > newest]
    if ahead and life.snapshots:
        yield life.finding("pass-incomplete", f"{len(ahead)} events have no snapshot yet", ahead[0])
    elif ahead:
        # Another tenant's snapshots may stand in the places, and a first pass may have been cut off.
        gone = not life.others and len({member(row.value.get("payload"), "status") for row in ahead}) > 1
        kind = "snapshots-all-gone" if gone else "snapshots-pruned"
        yield life.finding(kind, f"{len(ahead)} events have no snapshot, and no other is there", ahead[0])


def _seq(snapshot: Object) -> int:
    seq: int = snapshot["seq"]
    return seq


def _older(one: Object, other: Object) -> Object:
    return other if other["created_at_ms"] < one["created_at_ms"] else one


def _taken(life: Life, rows: Sequence[Row]) -> Iterator[Finding]:
    """Judge events whose snapshots are another tenant's: a pass that meets one stops there, and overwrites none."""
    if not rows:
        return
    stopped = len(rows) == 1 and rows[0] is life.lifecycle_events[-1]
    overwritten = "snapshots-change-hands" if life.shared_seqs else "snapshots-overwritten"
    kind = "storage-conflict" if stopped else overwritten
    yield life.finding(kind, f"the snapshots of {len(rows)} events are another tenant's", rows[0])
