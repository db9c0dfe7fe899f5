"""What a step changed, which record of a history each change is about, and where the records are recorded."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from attrs import Factory, define, frozen

from lifecycle_conformance.execution.judgement import added
from lifecycle_conformance.execution.trace import (
    Object,
    Shown,
    Step,
    Trace,
    View,
    member,
    once_a_step,
    owner_of,
)
from lifecycle_conformance.model.identity import (
    PREFIX,
    Content,
    content_of_event,
    contents_of,
    is_unsigned,
    listed_by,
    stable_id,
)
from lifecycle_projection.records import Json


@frozen(kw_only=True)
class Recorded:
    """Where a record is recorded: under which id and seq, and how that is known."""

    event_id: str
    seq: int
    way: str


_DAMAGING: Final = frozenset({"tear", "put", "remove"})
_NEW_PROCESS: Final = frozenset({"restart", "greet"})


def changed_beneath(trace: Trace) -> bool:
    """Tell whether the files were changed while the process that is asked now was running (FILE-26)."""
    for each in reversed(trace.steps):
        if each.op in _NEW_PROCESS:
            return False
        if each.op in _DAMAGING:
            return True
    return False


# --- what changed -----------------------------------------------------------------------------------------------------


def own(step: Step, view: View) -> Shown:
    """Give what a view shows that really is of the run and the tenant of a pass: what else it shows is a fault."""
    shown = view.get(step.owner, Shown())
    return Shown(
        tuple(each for each in shown.events if owner_of(each) == step.owner),
        tuple(each for each in shown.snapshots if owner_of(each) == step.owner),
    )


@once_a_step
def appended(step: Step) -> list[Object]:
    """Give the events of a pass's run and tenant that were not there before, in the order of their seq."""
    new = added(own(step, step.before).events, own(step, step.after).events)
    return sorted(new, key=lambda event: event["seq"])


@once_a_step
def written(step: Step) -> list[Object]:
    """Give the snapshots of a pass's run and tenant under ids that had none before.

    What became of a snapshot that was there is another matter (SNAP-6).
    """
    before = {each["snapshot_id"] for each in own(step, step.before).snapshots}
    return [each for each in own(step, step.after).snapshots if each["snapshot_id"] not in before]


def differences(before: Shown, after: Shown) -> list[str]:
    """Name what is shown otherwise now: the ids of what is new, and of what is gone or changed."""
    pairs = [("event", before.events, after.events), ("snapshot", before.snapshots, after.snapshots)]
    return [
        *(f"new {kind} {each[f'{kind}_id']!r}" for kind, old, new in pairs for each in added(old, new)),
        *(f"lost {kind} {each[f'{kind}_id']!r}" for kind, old, new in pairs for each in added(new, old)),
    ]


# --- which record a change is about -----------------------------------------------------------------------------------


@define
class PassEffects:
    """What a pass did for each record of its history: the events it appended, and the snapshot it wrote, if it did."""

    events: list[list[Object]]
    snapshots: list[Object | None]
    unattributed: list[Object] = Factory(list)
    """Events that are of no record."""


@once_a_step
def pass_effects(step: Step) -> PassEffects:
    """Tell for which records a pass appended events and wrote snapshots.

    An event is known by what it says, and the index that it names tells it from identical ones; a snapshot by the index
    that it names, where name and time agree. So a wrong id is no fault of what is found here. An event that tells of no
    record is of the one whose stable id it has: what it says is wrong, that it was appended is not.
    """
    contents = [content for content, _ in contents_of(step.run)]
    ids = {stable_id(*each): index for index, each in enumerate(contents_of(step.run))}
    found = PassEffects(events=[[] for _ in contents], snapshots=[None for _ in contents])
    for event in appended(step):
        index = _record_of(event, step, contents, found)
        index = ids.get(event["event_id"]) if index is None else index
        (found.unattributed if index is None else found.events[index]).append(event)
    for snapshot in written(step):
        index = member(snapshot.get("metadata"), "lifecycle_index")
        if is_unsigned(index) and index < len(contents) and _names(snapshot, step.history[index]):
            found.snapshots[index] = snapshot
    return found


def _record_of(event: Object, step: Step, contents: Sequence[Content], found: PassEffects) -> int | None:
    said, content = member(event.get("payload"), "lifecycle_index"), content_of_event(step.run, event)
    places = [index for index, each in enumerate(contents) if each == content]
    if not places:
        named = is_unsigned(said) and said < len(contents)
        return said if named and event["event_type"] == PREFIX + step.history[said]["event"] else None
    if is_unsigned(said) and said in places:
        return said
    return next((index for index in places if not found.events[index]), places[0])


def _names(snapshot: Object, record: Object) -> bool:
    said = member(snapshot.get("metadata"), "event"), snapshot["created_at_ms"]
    return said == (record["event"], record["recorded_at_ms"])


# --- where records are recorded ---------------------------------------------------------------------------------------


def recorded(run: Object, events: Sequence[Object]) -> dict[str, Recorded]:
    """Give where each id that a log knows is recorded (ALIAS-1 to ALIAS-9).

    `way` is the requirement by which it is known: ALIAS-3 (an own id), ALIAS-4 (compacted), ALIAS-6 (by content).
    """
    table: dict[str, Recorded] = {}
    counted: Counter[bytes] = Counter()
    for event in events:
        for event_id, seq in listed_by(event):
            table.setdefault(event_id, Recorded(event_id=event_id, seq=seq, way="ALIAS-4"))
        here = {"event_id": event["event_id"], "seq": event["seq"]}
        table[event["event_id"]] = Recorded(**here, way="ALIAS-3")
        content = content_of_event(run, event)
        if content is not None:
            occurrence = member(event.get("payload"), "lifecycle_occurrence")
            if not is_unsigned(occurrence):
                occurrence = counted[content]
                counted[content] += 1
            table.setdefault(stable_id(content, occurrence), Recorded(**here, way="ALIAS-6"))
    return table


@once_a_step
def places_of(step: Step) -> list[Recorded | None]:
    """Give where each record of a history was recorded before the pass, `None` where it was not."""
    table = recorded(step.run, own(step, step.before).events)
    return [table.get(stable_id(*each)) for each in contents_of(step.run)]


@once_a_step
def recorded_ids(step: Step) -> list[str]:
    """Give the id under which each record of a history is recorded after a pass.

    That of a record which the pass recorded is the one that its event got, be it right or wrong.
    """
    new = pass_effects(step).events
    ids = [stable_id(*each) for each in contents_of(step.run)]
    return [
        place.event_id if place is not None else events[0]["event_id"] if events else event_id
        for place, events, event_id in zip(places_of(step), new, ids, strict=True)
    ]


def highest_seq(events: Sequence[Object]) -> int:
    """Give the highest seq that a log knows, its events' own or listed ones; 0 if there is none (LOG-4)."""
    listed = (seq for event in events for _, seq in listed_by(event))
    return max((*(event["seq"] for event in events), *listed), default=0)


# --- what the implementation said itself ------------------------------------------------------------------------------


def reported_ids(step: Step, trace: Trace) -> list[Object | None]:
    """Give what the implementation said of each record when it was asked to identify those of this run, if it was."""
    for earlier in trace.earlier(step):
        if earlier.op == "identify" and earlier.answer.ok is not None and earlier.run == step.run:
            ids: list[Object | None] = [*earlier.ok["ids"]]
            return ids if len(ids) == len(step.history) else [None for _ in step.history]
    return [None for _ in step.history]


def reported_ids_correct(step: Step, trace: Trace) -> list[bool]:
    """Tell for each record whether the implementation, as far as is known, looks it up under its stable id.

    Where it doesn't, its ids are wrong, and whether it recognises a record can't be told from whether it records it.
    """
    said = reported_ids(step, trace)
    new = pass_effects(step).events
    return [
        all(event_id == stable_id(*each) for event_id in _own_ids(answer, events))
        for each, answer, events in zip(contents_of(step.run), said, new, strict=True)
    ]


def _own_ids(answer: Object | None, events: Sequence[Object]) -> Iterator[Json]:
    if answer is not None:
        yield answer["event_id"]
    yield from (event["event_id"] for event in events)
