"""The columns of a run's time line: which record, event and snapshot belong together, and in which order they stand."""

from collections.abc import Iterator, Mapping, Sequence

from attrs import define, field

from lifecycle_conformance.audit.contents import Entry
from lifecycle_conformance.audit.lives import Life
from lifecycle_conformance.audit.stored import Row
from lifecycle_conformance.execution.trace import Object
from lifecycle_conformance.model.identity import contents_of, stable_id
from lifecycle_conformance.report.page.timeline import Fault, Lane


@define(eq=False)
class Place:
    """A column before it is drawn. `hole` are the sequence numbers that are missing there.

    `again` says that an earlier column has an event of the same record, `marker` the seq of a marker that lists it.
    """

    entry: Entry | None = None
    record: int | None = None
    again: bool = False
    marker: int | None = None
    hole: range | None = None
    faults: dict[Lane, list[Fault]] = field(factory=dict)

    @property
    def rows(self) -> Iterator[tuple[Row, Lane]]:
        """The event and the snapshot that stand there."""
        if self.entry is not None and self.entry.event is not None:
            yield self.entry.event, Lane.EVENTS
        if self.entry is not None and self.entry.snapshot is not None:
            yield self.entry.snapshot, Lane.SNAPSHOTS

    def lacks_event(self, seq: int) -> bool:
        """Whether the event with this sequence number is missing there: in a hole, or above a lone snapshot."""
        if self.entry is None or self.entry.event is not None:
            return self.hole is not None and seq in self.hole
        return self.entry.record["seq"] == seq and not self.entry.compacted


def places(life: Life, entries: Sequence[Entry], gaps: Sequence[range], run: Object | None) -> list[Place]:
    """A column for each event, snapshot, hole and lifecycle record of a run; `run` is its record, if it is known."""
    by_id = {} if run is None else {stable_id(*each): index for index, each in enumerate(contents_of(run))}
    recorded = [*_recorded(life, entries, by_id)]
    return [*_with_unrecorded([*_with_holes(recorded, gaps)], life, by_id)]


def _recorded(life: Life, entries: Sequence[Entry], by_id: Mapping[str, int]) -> Iterator[Place]:
    """A column for each event or snapshot, in the order of seq, with the record that it is about."""
    ties = {id(row): by_id.get(stable_id(*said)) for row, *said in life.recorded}
    taken: set[int] = set()
    for entry in entries:
        index = ties.get(id(entry.event)) if entry.event is not None else None
        index = by_id.get(entry.id) if index is None else index
        yield Place(entry=entry, record=index, again=index in taken, marker=life.listed.get(entry.id))
        if index is not None:
            taken.add(index)


def _with_holes(recorded: Sequence[Place], gaps: Sequence[range]) -> Iterator[Place]:
    """The same, with a column for each hole in the sequence."""
    waiting = [*reversed(gaps)]
    for place in recorded:
        while waiting and place.entry is not None and waiting[-1].stop <= place.entry.record["seq"]:
            yield Place(hole=waiting.pop())
        yield place


def _with_unrecorded(recorded: Sequence[Place], life: Life, by_id: Mapping[str, int]) -> Iterator[Place]:
    """The same, and before the column of each record those of the earlier ones that have none."""
    have = {place.record for place in recorded}
    marked = {by_id[each]: seq for each, seq in life.listed.items() if each in by_id}
    rest = [Place(record=index, marker=marked.get(index)) for index in sorted(by_id.values()) if index not in have]
    rest.reverse()
    for place in recorded:
        while rest and place.record is not None and _index(rest[-1]) < place.record:
            yield rest.pop()
        yield place
    yield from reversed(rest)


def _index(place: Place) -> int:
    assert place.record is not None
    return place.record
