"""Ways to hurt a log: events that are dropped, doubled and moved, or recorded as no engine of today does."""

import math
from random import Random
from typing import Final

from damage import ALONE, ELSEWHERE, Damage, found, legal
from lifecycle_conformance.execution.trace import owner_of
from lifecycle_conformance.model.identity import Content, content_of, index_id, record_of_event, stable_id
from stored_files import Object, StoredFiles, is_lifecycle, pick, place

# --- dropped, doubled, moved ------------------------------------------------------------------------------------------


def gone(stored: StoredFiles, random: Random, *, snapshot_too: bool = False) -> str | None:
    number = pick(random, [each for each in stored.recorded() if stored.higher(each)])
    if number is None:
        return None
    path, behind = stored.snapshot_of(number), stored.higher(number)[0]
    if snapshot_too and path is not None:
        del stored.files[path]
    del stored.lines[number]
    return place(behind - 1)


def gone_with_snapshot(stored: StoredFiles, random: Random) -> str | None:
    return gone(stored, random, snapshot_too=True)


def last_gone(stored: StoredFiles, random: Random) -> str | None:
    """The last event of a run is lost, and its snapshot stays: another tenant's event with that id would hide it."""
    fit = [each for each in stored.last_ones() if stored.snapshot_of(each) and not _of_another(stored, each)]
    number = pick(random, fit)
    if number is None:
        return None
    path = stored.snapshot_of(number)
    del stored.lines[number]
    return path


def _of_another(stored: StoredFiles, number: int) -> list[int]:
    """The lines of other tenants' events that have the id and the seq of one."""
    own, owner = stored.event(number), owner_of(stored.event(number))
    return stored.where(
        lambda event: (event["event_id"], event["seq"]) == (own["event_id"], own["seq"]) and owner_of(event) != owner
    )


def end_gone(stored: StoredFiles, random: Random) -> str | None:
    number = pick(random, stored.last_ones())
    if number is None:
        return None
    path = stored.snapshot_of(number)
    if path is not None:
        del stored.files[path]
    del stored.lines[number]
    return ""


def run_gone(stored: StoredFiles, random: Random) -> str | None:
    owner = pick(random, stored.owners())
    if owner is None:
        return None
    for path in stored.snapshots(lambda each: owner_of(each) == owner):
        del stored.files[path]
    for number in reversed(stored.where(lambda event: owner_of(event) == owner)):
        del stored.lines[number]
    return ""


def doubled(stored: StoredFiles, random: Random) -> str | None:
    number = pick(random, stored.recorded())
    return None if number is None else stored.append(stored.event(number))


def twice_as_long(stored: StoredFiles, _: Random) -> str | None:
    """The log was put together from two copies of itself."""
    if not stored.where(lambda _: True):
        return None
    before = len(stored.lines)
    stored.lines += stored.lines
    return place(before + stored.where(lambda _: True)[0])


def swapped(stored: StoredFiles, random: Random) -> str | None:
    number = pick(random, [each for each in stored.recorded() if _next_is_higher(stored, each)])
    if number is None:
        return None
    behind = stored.behind(number)[0]
    stored.lines[number], stored.lines[behind] = stored.lines[behind], stored.lines[number]
    return place(behind)


def seq_of_another(stored: StoredFiles, random: Random) -> str | None:
    number = pick(random, [each for each in stored.recorded() if len(stored.recorded_with(each)) > 1])
    if number is None:
        return None
    other = random.choice([each for each in stored.recorded_with(number) if each != number])
    stored.put(number, {**stored.event(number), "seq": stored.event(other)["seq"]})
    return place(max(number, other))


def tenants_mixed(stored: StoredFiles, random: Random) -> str | None:
    """One event of a run got the tenant of another one."""
    number = pick(random, [each for each in stored.recorded() if stored.event(each)["seq"] > 1])
    if number is None:
        return None
    event = stored.event(number)
    event["scope"]["tenant_context"] = ELSEWHERE
    return stored.put(number, event)


# --- recorded otherwise -----------------------------------------------------------------------------------------------


def recorded_by_first_generation(stored: StoredFiles, random: Random) -> str | None:
    """An engine of the first generation passes over a run whose records have stable ids."""
    fit = [
        each
        for each in stored.stable()
        if stored.event(each)["payload"]["lifecycle_occurrence"] == 0
        and not {*stored.life(each)}.intersection(stored.by_position())
        and _index_id(stored.event(each)) not in {*stored.listed()}
    ]
    number = pick(random, fit)
    if number is None:
        return None
    event = stored.event(number)
    payload = {name: each for name, each in event["payload"].items() if name != "lifecycle_occurrence"}
    return _recorded_at_last(stored, number, {**event, "event_id": _index_id(event), "payload": payload})


def _index_id(event: Object) -> str:
    return index_id(event["run_id"], event["payload"]["lifecycle_index"], event["payload"]["event"])


def misread(stored: StoredFiles, random: Random) -> str | None:
    """H9: a record is read again, with a number one unit in the last place off, and recorded once more."""
    number = pick(random, [each for each in stored.stable() if cost_of(stored.event(each)) is not None])
    if number is None:
        return None
    event = stored.event(number)
    event["payload"]["metadata"]["cost"] = math.nextafter(event["payload"]["metadata"]["cost"], math.inf)
    event["payload"]["lifecycle_occurrence"] = 0
    return _recorded_at_last(stored, number, {**event, "event_id": stable_id(content(event), 0)})


def taken_over(stored: StoredFiles, random: Random) -> str | None:
    """H3: the engine of another tenant records the same history under the same run id, and overwrites snapshots."""
    fit = [
        owner
        for owner in stored.owners()
        if all(
            is_lifecycle(stored.event(each)) for each in stored.where(lambda event, own=owner: owner_of(event) == own)
        )
        and len({*stored.snapshots_of(owner)} & {*stored.with_event()}) > 1
    ]
    owner = pick(random, fit)
    if owner is None:
        return None
    own = stored.where(lambda event: owner_of(event) == owner)
    for path in {*stored.snapshots_of(owner)} & {*stored.with_event()}:
        snapshot = stored.snapshot(path)
        snapshot["scope"]["tenant_context"] = ELSEWHERE
        stored.put_snapshot(path, snapshot)
    for number in own:
        event = stored.event(number)
        event["scope"]["tenant_context"] = ELSEWHERE
        stored.append(event)
    by_seq = sorted(own, key=lambda number: stored.event(number)["seq"])
    return place(next(number for number in by_seq if stored.snapshot_of(number)))


def read_as_empty(stored: StoredFiles, random: Random) -> str | None:
    """H14: production reads a log with one byte that is no UTF-8 as empty, and records every record again."""
    number = pick(random, [each for each in stored.recorded() if len(stored.recorded_with(each)) > 1])
    if number is None:
        return None
    lost, again = stored.event(number)["event_id"], [stored.event(each) for each in stored.recorded_with(number)]
    stored.lines[number] = stored.lines[number].replace(b'"run_id"', b'"x":"\xff","run_id"', 1)
    places = {event["event_id"]: stored.append(event) for event in again}
    return next(each for event_id, each in places.items() if event_id != lost)


def in_other_digits(stored: StoredFiles, random: Random) -> str | None:
    """A serializer prints a number of a record with a digit more (H9)."""
    number = pick(random, [each for each in stored.recorded() if cost_of(stored.event(each)) is not None])
    if number is None:
        return None
    digits = str(cost_of(stored.event(number))).encode()
    stored.lines[number] = stored.lines[number].replace(b'"cost":' + digits, b'"cost":' + digits + b"0")
    return place(number)


# --- help -------------------------------------------------------------------------------------------------------------


def content(event: Object) -> Content:
    """The content of the record that an event records."""
    return content_of({"run_id": event["run_id"], "automation_id": event["correlation_id"]}, record_of_event(event))


def _next_is_higher(stored: StoredFiles, number: int) -> bool:
    behind = stored.behind(number)
    return bool(behind) and stored.event(behind[0])["seq"] > stored.event(number)["seq"]


def _recorded_at_last(stored: StoredFiles, number: int, event: Object) -> str:
    return stored.append({**event, "seq": stored.highest(number) + 1})


def cost_of(event: Object) -> float | None:
    metadata = event["payload"].get("metadata")
    found = metadata.get("cost") if isinstance(metadata, dict) else None
    return found if isinstance(found, float) and len(str(found)) > 16 else None


LOGS: Final[dict[str, Damage]] = {
    "an event is gone": found("seq-missing", gone, ALONE),
    "an event and its snapshot are gone": found("seq-missing", gone_with_snapshot),
    "the last event is gone, and its snapshot stays": found("snapshot-without-event", last_gone),
    "the last event and its snapshot are gone": legal("before the last pass", end_gone),
    "a run is gone": legal("it was never projected", run_gone),
    "an event stands twice": found("event-twice", doubled, "seq-out-of-order record-recorded-twice"),
    "the log stands twice in itself": found(
        "event-twice", twice_as_long, "seq-out-of-order record-recorded-twice", breaks="COMPACT-12"
    ),
    "two lines changed places": found("seq-out-of-order", swapped, breaks="LOG-7"),
    "a seq is another's": found("seq-twice", seq_of_another, "seq-missing seq-out-of-order wrong-snapshot-member"),
    "a payload was given a number in other digits": found("line-form", in_other_digits, breaks="JSON-7 JSON-8"),
    "an event got another tenant": found(
        "seq-missing", tenants_mixed, "snapshot-of-another-tenant", breaks="TENANT-1 LOG-5"
    ),
    "another tenant took a run over (H3)": found("snapshots-overwritten", taken_over, breaks="TENANT-6"),
    "the first generation recorded a record again": found(
        "record-recorded-twice", recorded_by_first_generation, breaks="ID-3 ALIAS-2 ALIAS-6 ALIAS-7"
    ),
    "a number was misread (H9)": found("number-changed", misread),
    "the log was read as empty (H14)": found(
        "event-twice",
        read_as_empty,
        "seq-out-of-order line-not-utf8 seq-twice record-recorded-twice",
        breaks="FILE-18 LOG-3",
    ),
}
