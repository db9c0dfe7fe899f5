"""Sequence numbers, ids that come twice, and compaction markers."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from typing import Final

from lifecycle_conformance.audit.finding import Finding
from lifecycle_conformance.audit.lives import Life, is_index_id
from lifecycle_conformance.audit.stored import Row
from lifecycle_conformance.execution.trace import member
from lifecycle_conformance.model.identity import MARKER_ID, entries_of, is_unsigned, listed_by, marker_id

_MOST: Final = 20
"""How many holes, or numbers in them, a finding names."""


def order(life: Life) -> Iterator[Finding]:
    """What is wrong with the ids and sequence numbers of a log (LOG-1, LOG-2, LOG-4)."""
    yield from _twice(life)
    yield from _missing(life)
    for before, after in pairwise(life.events):
        if after.value["seq"] < before.value["seq"]:
            yield life.finding(
                "seq-out-of-order",
                f"an event stands behind one with the higher seq, at {before.where}",
                after,
                expected=f"a seq above {before.value['seq']}",
                actual=after.value["seq"],
            )
    backwards = [
        after
        for before, after in pairwise(life.lifecycle_events)
        if after.value["occurred_at_ms"] < before.value["occurred_at_ms"]
    ]
    if backwards:
        number = "this event is" if len(backwards) == 1 else f"{len(backwards)} events are"
        yield life.finding("time-backwards", f"{number} older than the one before", backwards[0])


def _twice(life: Life) -> Iterator[Finding]:
    by_seq: defaultdict[int, list[Row]] = defaultdict(list)
    seen: set[str] = set()
    for row in life.events:
        event_id = row.value["event_id"]
        if event_id in seen:
            first = life.by_id[event_id]
            yield life.finding("event-twice", f"this id stands also at {first.where}", row)
        else:
            by_seq[row.value["seq"]].append(row)
        seen.add(event_id)
    for seq, rows in by_seq.items():
        for row in rows[1:]:
            # A marker has the seq of the last event that it took in, and replaces it.
            yield life.finding(
                "seq-twice", f"this seq stands also at {rows[0].where}", row, expected="a seq of its own", actual=seq
            )


def holes(life: Life) -> list[range]:
    """The numbers that the sequence lacks and no marker lists: it begins with 1 (LOG-4).

    Where tenants share a sequence, they are told of the one that has its end.
    """
    together = _together(life)
    seqs = {row.value["seq"] for each in together for row in each.events}
    known = seqs | {seq for each in together for seq in each.listed.values()}
    highest = max(seqs, default=0)
    if not any(row.value["seq"] == highest for row in life.events):
        return []
    passed = [0, *sorted(each for each in known if 0 < each <= highest)]
    return [range(before + 1, after) for before, after in pairwise(passed) if after > before + 1]


def _together(life: Life) -> list[Life]:
    return [life, *life.others] if life.shared_seqs else [life]


def _missing(life: Life) -> Iterator[Finding]:
    missing = holes(life)
    if not missing:
        return
    # In a database the seqs that a marker lists don't count (DB-16), so that they may be given twice and folded.
    compacted = life.shared_seqs and any(each.markers for each in _together(life))
    vague = compacted or not life.is_whole or any(map(_lists_too_little, life.markers))
    behind = next(row for row in life.events if row.value["seq"] > missing[0].start)
    here = [each for each in missing if each.stop <= behind.value["seq"]]
    number, further = _size(here), _size(missing[len(here) :])
    yield life.finding(
        "seq-perhaps-missing" if vague else "seq-missing",
        f"before this event {'is' if number == 1 else 'are'} missing: seq {_named(here)}"
        + (f", and {further} further on" if further else ""),
        behind,
        seqs=[*islice((seq for each in here for seq in each), _MOST)],
    )


def _size(missing: Sequence[range]) -> int:
    return sum(each.stop - each.start for each in missing)  # `len` ends at 63 bits


def _named(missing: Sequence[range]) -> str:
    named = [
        str(each.start) if each.stop == each.start + 1 else f"{each.start} to {each.stop - 1}"
        for each in missing[:_MOST]
    ]
    return ", ".join(named) + (" …" if len(missing) > _MOST else "")


def markers(life: Life) -> Iterator[Finding]:
    """What is wrong with compaction markers (COMPACT-3, COMPACT-9 to COMPACT-11, COMPACT-14)."""
    if not life.markers:
        return
    for row in life.markers:
        event, payload = row.value, row.value.get("payload")
        through = member(payload, "compacted_through_seq")
        expected = marker_id(life.owner, event["seq"])
        if event["event_id"] != expected:
            yield life.finding("wrong-marker-id", "the id of the marker", row, expected=expected)
        highest = max((seq for _, seq in listed_by(event)), default=None)
        if through != event["seq"] or (highest is not None and highest > event["seq"]):
            yield life.finding(
                "wrong-marker-seq",
                "`seq`, `payload.compacted_through_seq`, and the highest seq that the marker lists",
                row,
                expected="the same number thrice",
                actual=[event["seq"], through, highest],
            )
        if _lists_too_little(row):
            yield life.finding(
                "marker-lists-too-little",
                "the marker lists fewer ids than `payload.pruned_events` says",
                row,
                expected=member(payload, "pruned_events"),
                actual=len([*listed_by(event)]),
            )
    yield from _protected(life)
    yield from _unlike_snapshots(life)
    for event_id in sorted(life.listed.keys() & life.by_id.keys()):
        # A marker that took in no later seq than the one before it has that one's id.
        if life.by_id[event_id] not in life.markers:
            yield life.finding("compacted-recorded-again", "a marker lists this id", life.by_id[event_id])


def _protected(life: Life) -> Iterator[Finding]:
    """Markers that took in what the newest snapshot of the run id protects, unless there was none then (COMPACT-3)."""
    together = [row for each in (life, *life.others) for row in each.snapshots]
    newest = max((row.value["seq"] for row in together), default=None)
    if newest is None or life.shared_seqs or not life.has_all_snapshots:
        return
    for row in life.markers:
        if row.value["seq"] >= newest:
            yield life.finding(
                "protected-compacted",
                "the highest seq that the marker took in, and that of the newest snapshot",
                row,
                expected=f"a seq below {newest}",
                actual=row.value["seq"],
            )


def _unlike_snapshots(life: Life) -> Iterator[Finding]:
    """What markers say of events, beside what the snapshots of these say (COMPACT-10, COMPACT-11)."""
    snapshots = {row.value["snapshot_id"]: row for row in life.snapshots if row.value["snapshot_id"] not in life.by_id}
    seqs: defaultdict[str, set[int]] = defaultdict(set)
    for event_id, seq in (entry for row in life.markers for entry in listed_by(row.value)):
        seqs[event_id].add(seq)
    for row in life.markers:
        through = member(row.value.get("payload"), "compacted_through_ms")
        late = [snapshots[each] for each in _taken_in_itself(row) if each in snapshots]
        latest = max((each.value["created_at_ms"] for each in late), default=0)
        if is_unsigned(through) and latest > through:
            yield life.finding(
                "wrong-marker-time",
                "`payload.compacted_through_ms`",
                row,
                expected=f"at least {latest}",
                actual=through,
            )
        for event_id, seq in listed_by(row.value):
            there = snapshots.get(event_id)
            if life.is_whole and there is not None and there.value["seq"] not in seqs[event_id]:
                message = f"the marker lists the event of the snapshot at {there.where}"
                yield life.finding("listed-seq-differs", message, row, expected=there.value["seq"], actual=seq)


def _taken_in_itself(marker: Row) -> list[str]:
    """The ids of the events that it took in itself: of those that an older marker listed, it doesn't know the times.

    Nor are the times known of events under index ids, whose records may have changed since.
    """
    ids = [event_id for event_id, _ in listed_by(marker.value)]
    folded = [number for number, event_id in enumerate(ids) if event_id.startswith(MARKER_ID)]
    own = ids[folded[-1] + 1 :] if folded else ids
    return [event_id for event_id in own if not is_index_id(event_id, marker.value["run_id"])]


def _lists_too_little(marker: Row) -> bool:
    """Whether it lists less than it took in: each event, and of an older marker its id and at least one more."""
    taken_in, listed = member(marker.value.get("payload"), "pruned_events"), [*listed_by(marker.value)]
    folded = sum(event_id.startswith(MARKER_ID) for event_id, _ in listed)
    return is_unsigned(taken_in) and isinstance(entries_of(marker.value), list) and len(listed) < taken_in + folded
