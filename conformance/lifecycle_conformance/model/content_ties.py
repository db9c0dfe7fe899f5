"""What a pass recorded anew, and which lifecycle record each event and each snapshot of it is about."""

from collections.abc import Sequence
from functools import cached_property

from attrs import frozen

from lifecycle_conformance.execution.trace import Object, Step, member, owner_of
from lifecycle_conformance.model.changes import recorded_ids
from lifecycle_conformance.model.identity import Content, content_of_event, contents_of, ids_of, is_unsigned
from lifecycle_projection.records import Json


@frozen(kw_only=True)
class Tied:
    """The lifecycle record that something is about.

    It is `certain` if more than the index speaks for it: what the event says, or an id.
    """

    index: int
    record: Object
    certain: bool


def new_events(step: Step) -> list[Object]:
    """Give the events that a pass appended: of its run and tenant, under ids that were not shown before.

    What became of an id that was shown before is LOG-1's business, and what others' events do here is TENANT-1's.
    """
    if step.op != "project":
        return []
    return _new(step, "event_id", step.shown_before().events, step.shown_after().events)


def new_snapshots(step: Step) -> list[Object]:
    """Give the snapshots that a pass wrote, likewise: what became of those that were there is SNAP-6's business."""
    if step.op != "project":
        return []
    return _new(step, "snapshot_id", step.shown_before().snapshots, step.shown_after().snapshots)


def _new(step: Step, name: str, before: Sequence[Object], after: Sequence[Object]) -> list[Object]:
    known = {each[name] for each in before}
    return [each for each in after if each[name] not in known and owner_of(each) == step.owner]


class Records:
    """The lifecycle records of the history that a pass was given, to be found by what events and snapshots say."""

    def __init__(self, step: Step) -> None:
        self._step = step

    def of_event(self, event: Object) -> Tied | None:
        """Find the record of a new event: by all that it says; else by its id; else by the index that it names."""
        said = member(event.get("payload"), "lifecycle_index")
        return (
            self._among(self._of_content(event), said)
            or self._among(_places(self._ids, event["event_id"]), said)
            or self._at(said)
        )

    def of_snapshot(self, snapshot: Object) -> Tied | None:
        """Find the record of a new snapshot: by its id; else by the event of that id; else by name and time, or index.

        A name and a time that several records share say nothing unless the index is one of theirs.
        """
        snapshot_id, metadata = snapshot["snapshot_id"], snapshot.get("metadata")
        said = member(metadata, "lifecycle_index")
        events = [each for each in self._step.shown_after().events if each["event_id"] == snapshot_id]
        alike = [
            index
            for index, record in enumerate(self._step.history)
            if [record["event"], record["recorded_at_ms"]] == [member(metadata, "event"), snapshot["created_at_ms"]]
        ]
        return (
            self._among(_places(self._recorded_ids, snapshot_id), said)
            or self._among([index for event in events for index in self._of_content(event)], said)
            or self._among(alike if len(alike) == 1 or (is_unsigned(said) and said in alike) else [], said)
            or self._at(said)
        )

    def identical_to(self, index: int) -> list[int]:
        """Give the places of the records that are identical to one, its own included."""
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

    @cached_property
    def _contents(self) -> list[Content]:
        return [content for content, _ in contents_of(self._step.run)]

    @cached_property
    def _ids(self) -> list[str]:
        return ids_of(self._step.run)

    @cached_property
    def _recorded_ids(self) -> list[str]:
        return recorded_ids(self._step)


def _places(ids: Sequence[str], event_id: str) -> list[int]:
    return [index for index, each in enumerate(ids) if each == event_id]
