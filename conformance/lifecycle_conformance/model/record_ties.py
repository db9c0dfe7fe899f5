"""Which lifecycle record each new event and each new snapshot of a pass is about."""

from collections.abc import Sequence
from functools import cached_property

from attrs import Factory, define, frozen

from lifecycle_conformance.execution.trace import Object, Step, member, once_a_step
from lifecycle_conformance.model.delta import delta
from lifecycle_conformance.model.identity import (
    PREFIX,
    Content,
    content_of_event,
    contents_of,
    ids_of,
    index_ids_of,
    is_unsigned,
)
from lifecycle_conformance.model.recorded import recorded_before
from lifecycle_projection.records import Json


@frozen(kw_only=True)
class Tied:
    """The lifecycle record that something is about.

    It is `certain` if more than the index speaks for it: what the event says, or an id.
    """

    index: int
    record: Object
    certain: bool


class Records:
    """The lifecycle records of the history that a pass was given, to be found by what events and snapshots say."""

    def __init__(self, step: Step) -> None:
        self._step = step

    def of_event(self, event: Object, taken: Sequence[int] = ()) -> Tied | None:
        """Find the record of a new event: by all that it says; else by its id; else by the index that it names.

        Of identical records, it is of the one that it names, unless that was recorded before, or is `taken` by another
        event, and its id is that of one which isn't; where it names none of them, it is of the first that isn't taken.
        """
        said = self._named_by(event.get("payload"))
        alike = self._of_content(event)
        free = [index for index in alike if index not in taken]
        meant = [index for index in free if index not in self._known and self._ids[index] == event["event_id"]]
        if said in free and said not in self._known:
            meant = []
        return (
            self._among(meant or free or alike, None if meant else said)
            or self._among(_places(self._ids, event["event_id"]), said)
            or self._at(member(event.get("payload"), "lifecycle_index"))
        )

    def of_snapshot(self, snapshot: Object) -> Tied | None:
        """Find the record of a new snapshot: by its id; else by the event of that id; else by name and time, or index.

        A name and a time that several records share say nothing unless the index is one of theirs. A snapshot under an
        index id that tells all of the record at that index is that record's: whoever goes by index sees it so.
        """
        snapshot_id, metadata = snapshot["snapshot_id"], snapshot.get("metadata")
        said = self._named_by(metadata)
        events = [each for each in self._step.shown_after().events if each["event_id"] == snapshot_id]
        alike = [
            index
            for index, record in enumerate(self._step.history)
            if [record["event"], record["recorded_at_ms"]] == [member(metadata, "event"), snapshot["created_at_ms"]]
        ]
        if is_unsigned(said) and said in alike and index_ids_of(self._step.run)[said] == snapshot_id:
            return self._at(said)
        return (
            self._among(_places(self._recorded_ids, snapshot_id), said)
            or self._among([index for event in events for index in self._of_content(event)], said)
            or self._among(alike if len(alike) == 1 or (is_unsigned(said) and said in alike) else [], said)
            or self._at(member(metadata, "lifecycle_index"))
        )

    def identical_to(self, index: int) -> list[int]:
        """The places of the records that are identical to one, its own included."""
        return [place for place, each in enumerate(self._contents) if each == self._contents[index]]

    def _among(self, indexes: list[int], said: Json) -> Tied | None:
        """Take one of the records that it may be: the one at the index that is named, or an identical one, if any."""
        if not indexes:
            return None
        contents = {self._contents[index] for index in indexes}
        right = is_unsigned(said) and said < len(self._contents) and self._contents[said] in contents
        index = said if right else indexes[0]
        return Tied(index=index, record=self._step.history[index], certain=True)

    def _at(self, said: Json) -> Tied | None:
        if is_unsigned(said) and said < len(self._contents):
            return Tied(index=said, record=self._step.history[said], certain=False)
        return None

    def _of_content(self, event: Object) -> list[int]:
        content = content_of_event(self._step.run, event)
        return [] if content is None else [index for index, each in enumerate(self._contents) if each == content]

    def _named_by(self, said: Json) -> Json:
        """The index that something names, where those that can be held against what is said with them are right."""
        return member(said, "lifecycle_index") if _indexes_are_right(self._step) else None

    @cached_property
    def _contents(self) -> list[Content]:
        return [content for content, _ in contents_of(self._step.run)]

    @cached_property
    def _ids(self) -> list[str]:
        return ids_of(self._step.run)

    @cached_property
    def _known(self) -> list[int]:
        return [index for index, place in enumerate(recorded_before(self._step)) if place is not None]

    @cached_property
    def _recorded_ids(self) -> list[str]:
        return recorded_ids(self._step)


def _places(items: Sequence[str] | Sequence[bytes], wanted: str | bytes | None) -> list[int]:
    return [index for index, each in enumerate(items) if each == wanted]


# --- what a pass did, record by record --------------------------------------------------------------------------------


@define
class PassEffects:
    """What a pass did for each record of its history: the events it appended, and the snapshot it wrote, if it did."""

    events: list[list[Object]]
    snapshots: list[Object | None]
    unattributed: list[Object] = Factory(list)
    """Events that are of no record."""


@once_a_step
def pass_effects(step: Step) -> PassEffects:
    """For which records a pass appended events and wrote snapshots.

    A wrong id is no fault of what is found here: an event is known by what it says, and a snapshot by the index that it
    names, where name and time agree; of identical records, it is of the one whose event it goes with. An event that
    says nothing of a record is of the one whose stable id it has, or that it names by index and name: what it says is
    wrong, that it was appended is not. Where an index is certainly wrong, none is relied on.
    """
    records, change = Records(step), delta(step)
    found = PassEffects(events=[[] for _ in step.history], snapshots=[None for _ in step.history])
    for event in change.appended:
        tied = records.of_event(event, [index for index, events in enumerate(found.events) if events])
        if tied is None or not (tied.certain or event["event_type"] == PREFIX + tied.record["event"]):
            found.unattributed.append(event)
        else:
            found.events[tied.index].append(event)
    ids = _ids_after(step, found.events)
    for snapshot in change.new_snapshots:
        index = member(snapshot.get("metadata"), "lifecycle_index")
        if not _indexes_are_right(step):
            index = next(iter(_places(ids, snapshot["snapshot_id"])), None)
        if is_unsigned(index) and index < len(step.history) and _names(snapshot, step.history[index]):
            twins = [each for each in (index, *records.identical_to(index)) if found.snapshots[each] is None]
            own = [each for each in twins if snapshot["snapshot_id"] in _ids_of(found.events[each])]
            found.snapshots[(own or twins or [index])[0]] = snapshot
    return found


def _ids_of(events: Sequence[Object]) -> list[str]:
    return [event["event_id"] for event in events]


@once_a_step
def _indexes_are_right(step: Step) -> bool:
    """Whether all that a pass recorded names records that say what it says, itself or twins of them (EVENT-3)."""
    contents, change = [content for content, _ in contents_of(step.run)], delta(step)
    meant = [
        (member(event.get("payload"), "lifecycle_index"), _places(contents, content_of_event(step.run, event)))
        for event in change.new_events
    ]
    meant += [
        (
            member(snapshot.get("metadata"), "lifecycle_index"),
            [index for index, record in enumerate(step.history) if _names(snapshot, record)],
        )
        for snapshot in change.new_snapshots
    ]
    return all(said in places for said, places in meant if places and is_unsigned(said))


def _names(snapshot: Object, record: Object) -> bool:
    said = member(snapshot.get("metadata"), "event"), snapshot["created_at_ms"]
    return said == (record["event"], record["recorded_at_ms"])


@once_a_step
def recorded_ids(step: Step) -> list[str]:
    """The id under which each record of a history is recorded after a pass.

    That of a record which the pass recorded is the one that its event got, be it right or wrong.
    """
    return _ids_after(step, pass_effects(step).events)


def _ids_after(step: Step, new: Sequence[Sequence[Object]]) -> list[str]:
    return [
        place.event_id if place is not None else events[0]["event_id"] if events else event_id
        for place, events, event_id in zip(recorded_before(step), new, ids_of(step.run), strict=True)
    ]
