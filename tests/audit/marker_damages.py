"""Ways to hurt compaction markers."""

import re
from itertools import pairwise
from random import Random
from typing import Final

from damage import ALONE, Damage, added, found, on_event, put
from lifecycle_conformance.execution.trace import Owner, owner_of
from lifecycle_conformance.model.identity import MARKER, MARKER_ID, listed_by, marker_id
from stored_files import StoredFiles, is_lifecycle, pick, place


def entry_gone(stored: StoredFiles, random: Random) -> str | None:
    """Of a marker that took in no other one, as each of these stands for several ids."""
    fit = [
        each
        for each in stored.markers()
        if "pruned_events" in stored.event(each)["payload"] and not _folded(stored, each)
    ]
    number = pick(random, fit)
    if number is None:
        return None
    event = stored.event(number)
    entries = event["payload"]["compacted_event_ids"]
    del entries[random.randrange(len(entries))]
    return stored.put(number, event)


def marker_gone(stored: StoredFiles, random: Random) -> str | None:
    number = pick(random, [each for each in stored.markers() if stored.higher(each)])
    if number is None:
        return None
    own = [stored.event(each)["seq"] for each in stored.life(number) if each != number]
    lowest = min({seq for _, seq in listed_by(stored.event(number))} - {*own})
    behind = next(each for each in stored.life(number) if each != number and stored.event(each)["seq"] > lowest)
    del stored.lines[number]
    return place(behind - (behind > number))


def compacted_again(stored: StoredFiles, random: Random) -> str | None:
    """An engine that knows no markers recorded again what a marker lists."""
    fit = [
        each
        for each in stored.recorded()
        if any(stored.event(n)["event_id"].startswith(MARKER_ID) for n in stored.life(each))
    ]
    number = pick(random, fit)
    if number is None:
        return None
    marker = next(each for each in stored.life(number) if each in stored.markers())
    event = stored.event(marker)
    payload = event["payload"]
    payload["compacted_event_ids"].append({"event_id": stored.event(number)["event_id"], "seq": 1})
    payload["pruned_events"] += 1
    stored.put(marker, event)
    return place(number)


def all_compacted(stored: StoredFiles, random: Random) -> str | None:
    """A compaction takes in the events of a run that the newest snapshot protects, too."""
    fit = [owner for owner in stored.owners() if stored.snapshots_of(owner) and _reaches_newest(stored, owner)]
    owner = pick(random, fit)
    if owner is None:
        return None
    numbers = _all_recorded(stored, owner)
    events = [stored.event(number) for number in numbers]
    highest = max(event["seq"] for event in events)
    payload = {
        "compacted_event_ids": [{"event_id": each["event_id"], "seq": each["seq"]} for each in events],
        "compacted_through_ms": max(event["occurred_at_ms"] for event in events),
        "compacted_through_seq": highest,
        "pruned_events": len(events),
        "source": "stateful_event_log_compaction",
    }
    plain = ("schema_version", "event_id", "run_id", "seq", "event_type", "occurred_at_ms", "scope")
    of_marker = {"event_id": marker_id(owner, highest), "seq": highest, "event_type": MARKER}
    marker = {**{name: events[0][name] for name in plain}, **of_marker, "payload": payload}
    for number in reversed(numbers[1:]):
        del stored.lines[number]
    return stored.put(numbers[0], marker)


def _reaches_newest(stored: StoredFiles, owner: Owner) -> bool:
    """Whether the events of a run and tenant, lifecycle events all, reach the newest snapshot of any tenant."""
    of_run = map(stored.snapshot, stored.snapshots(lambda each: each["run_id"] == owner.run_id))
    newest = max(each["seq"] for each in of_run)
    return any(stored.event(number)["seq"] >= newest for number in _all_recorded(stored, owner))


def too_early(stored: StoredFiles, random: Random) -> str | None:
    """The time of a marker is that of an event before the latest, as if it were that of the last one."""
    created_ms = _times(stored)
    fit = []
    for number in stored.markers():
        ids = [] if _folded(stored, number) else [event_id for event_id, _ in listed_by(stored.event(number))]
        latest = max((created_ms[each] for each in ids if each in created_ms and _is_stable(each)), default=0)
        if latest:
            fit.append((number, latest))
    chosen = pick(random, fit)
    if chosen is None:
        return None
    event = stored.event(chosen[0])
    event["payload"]["compacted_through_ms"] = chosen[1] - 1
    return stored.put(chosen[0], event)


def seqs_swapped(stored: StoredFiles, random: Random) -> str | None:
    """Two entries of a marker have each other's seq."""
    with_snapshot = {*_times(stored)} - {stored.event(each)["event_id"] for each in stored.where(lambda _: True)}
    fit = [
        (number, at)
        for number in stored.markers()
        for at, (one, other) in enumerate(pairwise(listed_by(stored.event(number))))
        if one[1] != other[1] and {one[0], other[0]} & with_snapshot and _are_once(stored, number, one[0], other[0])
    ]
    chosen = pick(random, fit)
    if chosen is None:
        return None
    number, at = chosen
    event = stored.event(number)
    one, other = event["payload"]["compacted_event_ids"][at : at + 2]
    one["seq"], other["seq"] = other["seq"], one["seq"]
    return stored.put(number, event)


def _times(stored: StoredFiles) -> dict[str, int]:
    """The times of the snapshots, by their ids."""
    return {each["snapshot_id"]: each["created_at_ms"] for each in map(stored.snapshot, stored.snapshots())}


def _is_stable(event_id: str) -> bool:
    return re.search(r"-[0-9a-f]{24}-[0-9]+$", event_id) is not None


def _are_once(stored: StoredFiles, number: int, *ids: str) -> bool:
    """Whether the markers of a run list each of these ids once, in plain entries."""
    entries = [each for other in stored.life(number) for each in listed_by(stored.event(other))]
    plain = stored.event(number)["payload"]["compacted_event_ids"]
    return all(sum(each[0] == event_id for each in entries) == 1 for event_id in ids) and len(plain) == len(
        [*listed_by(stored.event(number))]
    )


def _folded(stored: StoredFiles, number: int) -> bool:
    return any(event_id.startswith(MARKER_ID) for event_id, _ in listed_by(stored.event(number)))


def _all_recorded(stored: StoredFiles, owner: Owner) -> list[int]:
    """The events of a run and tenant, if all of them record lifecycle records."""
    own = stored.where(lambda event: owner_of(event) == owner)
    return own if all(is_lifecycle(stored.event(each)) for each in own) else []


MARKERS: Final[dict[str, Damage]] = {
    "a marker's id was changed": found(
        "wrong-marker-id", on_event(put("stateful-compaction-0", "event_id"), StoredFiles.markers)
    ),
    "a marker reaches further": found(
        "wrong-marker-seq", on_event(added(1, "payload", "compacted_through_seq"), StoredFiles.markers)
    ),
    "a marker's time is too early": found("wrong-marker-time", too_early),
    "two entries of a marker changed their seqs": found("listed-seq-differs", seqs_swapped, breaks="SNAP-1"),
    "a marker lost an entry": found("marker-lists-too-little", entry_gone, f"{ALONE} wrong-marker-member"),
    "a marker is gone": found("seq-missing", marker_gone, ALONE, breaks="COMPACT-6 COMPACT-7"),
    "a marker lacks its time": found(
        "wrong-marker-member", on_event(lambda event: event["payload"].pop("compacted_through_ms"), StoredFiles.markers)
    ),
    "an entry of a marker lost its seq": found(
        "wrong-marker-member",
        on_event(lambda event: event["payload"]["compacted_event_ids"][0].pop("seq"), StoredFiles.markers),
        f"marker-lists-too-little {ALONE} seq-missing",
        breaks="ALIAS-5",
    ),
    "a compaction took in everything": found("protected-compacted", all_compacted, breaks="COMPACT-2"),
    "what was compacted is recorded again": found("compacted-recorded-again", compacted_again, breaks="ALIAS-4"),
}
