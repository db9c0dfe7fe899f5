"""What an audit puts on a run's time line: the records, events and snapshots that belong together, and their faults."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import takewhile
from typing import Final, TypeAlias

from attrs import define, field

from lifecycle_conformance.audit.contents import Entry, entries, phase_of
from lifecycle_conformance.audit.finding import Finding, Severity, Where
from lifecycle_conformance.audit.lives import Life, lives
from lifecycle_conformance.audit.stored import Row, StoredRun
from lifecycle_conformance.execution.trace import Object, history_of, owner_of_run
from lifecycle_conformance.model.identity import PREFIX, contents_of, listed_by, stable_id
from lifecycle_conformance.report.page.timeline import (
    Column,
    Fault,
    Gap,
    Lane,
    Mark,
    Presence,
    Timeline,
    Tone,
    kept,
)
from lifecycle_conformance.report.wording import counted, named, time_text

Numbered: TypeAlias = tuple[int, Finding]
"""A finding with the number that the page gives it."""
Record: TypeAlias = tuple[Object, Where]

TONES: Final = {Severity.VIOLATION: Tone.BAD, Severity.SUSPECT: Tone.DOUBT, Severity.NOTE: Tone.NOTE}
_HOLES: Final = {"seq-missing", "seq-perhaps-missing"}
_WITHOUT_EVENT: Final = {
    "record-missing",
    "records-not-projected",
    "move-refused",
    "snapshot-without-event",
    "snapshot-perhaps-without-event",
}
_WITHOUT_SNAPSHOT: Final = {
    "snapshot-missing",
    "snapshots-pruned",
    "pass-incomplete",
    "snapshots-overwritten",
    "snapshots-change-hands",
    "storage-conflict",
}


def timelines(run: StoredRun, record: Record | None, found: Sequence[Numbered]) -> list[Timeline]:
    """The time lines of a run, one of each tenant that findings are about; `record` is its run record, if it is known.

    A finding about no tenant stands on the first one.
    """
    owner = None if record is None else owner_of_run(record[0])
    all_ = lives(run, is_whole=True, shared_seqs=False)
    if owner is not None and all(life.owner != owner for life in all_):
        all_.append(Life(owner=owner, events=(), snapshots=()))
    shown = []
    for number, life in enumerate(all_):
        about = [each for each in found if each[1].tenant == life.owner.tenant or (not number and not each[1].tenant)]
        if about or len(all_) == 1:
            of_run = record[0] if record is not None and life.owner == owner else None
            title = f"Time line of run {named(run.run_id)}"
            tenant = "" if len(all_) == 1 else f", tenant {tenant_text(life)}"
            shown.append(_Line(life, [*entries(run)], of_run).timeline(title + tenant, about))
    return shown


def tenant_text(life: Life) -> str:
    """The tenant of a life, for people."""
    return "/".join(named(part) for part in life.owner.tenant if part is not None)


@define(eq=False)
class _Place:
    """A column before it is drawn. `hole` are the first and last of the sequence numbers that are missing there.

    `again` says that an earlier column has an event of the same record, `marker` the seq of a marker that lists it.
    """

    entry: Entry | None = None
    record: int | None = None
    again: bool = False
    marker: int | None = None
    hole: tuple[int, int] | None = None
    faults: dict[Lane, list[Fault]] = field(factory=dict)


_At: TypeAlias = tuple[_Place, Lane]


class _Line:
    """The time line of a life while it is made."""

    def __init__(self, life: Life, all_entries: Sequence[Entry], run: Object | None) -> None:
        self._life = life
        self._run = run
        self._known = {entry.record["seq"] for entry in all_entries} | {*life.listed.values()}
        self._entries = [entry for entry in all_entries if entry.owner == life.owner]
        self._places = [*self._with_unrecorded([*self._recorded()])]
        self._beside: list[Fault] = []

    def timeline(self, title: str, found: Sequence[Numbered]) -> Timeline:
        """The time line with the faults marked."""
        for number, finding in found:
            fault = Fault(number=number, tone=TONES[finding.kind.severity], name=finding.kind.name)
            place = self._place_of(finding)
            if place is None:
                self._beside.append(fault)
            else:
                place[0].faults.setdefault(place[1], []).append(fault)
        shown = kept(len(self._places), [at for at, place in enumerate(self._places) if place.faults])
        return Timeline(
            title=title,
            lanes=[lane for lane in Lane if lane is not Lane.HISTORY or self._run is not None],
            cells=[each if isinstance(each, Gap) else self._column(self._places[each]) for each in shown],
            beside=self._beside,
        )

    # --- which columns there are --------------------------------------------------------------------------------------

    @cached_property
    def _by_id(self) -> dict[str, int]:
        """The index of each lifecycle record by its stable id."""
        ids = [] if self._run is None else [stable_id(*each) for each in contents_of(self._run)]
        return {event_id: index for index, event_id in enumerate(ids)}

    def _recorded(self) -> Iterator[_Place]:
        """A column for each event or snapshot, in the order of seq, with the record that it is about."""
        ties = {id(row): self._by_id.get(stable_id(*said)) for row, *said in self._life.recorded}
        taken: set[int] = set()
        for entry in self._entries:
            index = ties.get(id(entry.event)) if entry.event is not None else None
            index = self._by_id.get(entry.id) if index is None else index
            yield _Place(entry=entry, record=index, again=index in taken, marker=self._life.listed.get(entry.id))
            if index is not None:
                taken.add(index)

    def _with_unrecorded(self, places: Sequence[_Place]) -> Iterator[_Place]:
        """The same, and behind the column of each record those of the next ones that have none."""
        have = {place.record for place in places}
        marked = {self._by_id[each]: seq for each, seq in self._life.listed.items() if each in self._by_id}
        rest = iter([index for index in sorted(self._by_id.values()) if index not in have])
        index = next(rest, None)
        for place in places:
            while index is not None and place.record is not None and index < place.record:
                yield _Place(record=index, marker=marked.get(index))
                index = next(rest, None)
            yield place
        if index is not None:
            yield from (_Place(record=each, marker=marked.get(each)) for each in (index, *rest))

    # --- where a fault is ---------------------------------------------------------------------------------------------

    def _place_of(self, finding: Finding) -> _At | None:
        kind, at = finding.kind.name, None
        if finding.where is not None:
            at = self._by_where.get(finding.where)
        if at is None and finding.event_id is not None:
            at = self._by_event_id.get(finding.event_id)
        if at is None and finding.record_index is not None:
            at = self._by_record.get(finding.record_index)
        if at is None:
            return None
        place, lane = at
        if kind in _HOLES:
            return self._hole_before(place) or at
        if kind in _WITHOUT_EVENT:
            return place, Lane.EVENTS
        return (place, Lane.SNAPSHOTS) if kind in _WITHOUT_SNAPSHOT else (place, lane)

    @cached_property
    def _by_where(self) -> dict[Where, _At]:
        """Each event and snapshot by where it stands."""
        return {row.where: (place, lane) for place in self._places for row, lane in _rows(place)}

    @cached_property
    def _by_event_id(self) -> dict[str, _At]:
        """Each event, or snapshot that stands alone, by its id; of several the first."""
        placed = [(place, place.entry) for place in reversed(self._places) if place.entry is not None]
        return {entry.id: (place, Lane.EVENTS if entry.event else Lane.SNAPSHOTS) for place, entry in placed}

    @cached_property
    def _by_record(self) -> dict[int, _At]:
        """Each lifecycle record by its index; where it is recorded twice, the first column."""
        places = [(place, place.record) for place in reversed(self._places) if place.record is not None]
        return {index: (place, Lane.HISTORY) for place, index in places}

    def _hole_before(self, behind: _Place) -> _At | None:
        """Where the events before another one are missing: above the first snapshot left of them, or a new column."""
        at = self._places.index(behind)
        before = [place for place in self._places[:at] if place.entry is not None and place.hole is None]
        left = [*reversed([*takewhile(_has_no_event, reversed(before))])]
        if left:
            return left[0], Lane.EVENTS
        seqs = [place.entry.record["seq"] for place in (*before[-1:], behind) if place.entry is not None]
        first, last = (seqs[0] if len(seqs) == 2 else 0) + 1, seqs[-1] - 1
        while first <= last and first in self._known:  # in a database, another tenant's
            first += 1
        while first <= last and last in self._known:
            last -= 1
        if first > last:
            return None
        hole = _Place(hole=(first, last))
        self._places.insert(at, hole)
        return hole, Lane.EVENTS

    # --- what a column says -------------------------------------------------------------------------------------------

    def _column(self, place: _Place) -> Column:
        marks = {Lane.HISTORY: self._record_mark(place), Lane.EVENTS: _event_mark(place)}
        marks[Lane.SNAPSHOTS] = _snapshot_mark(place)
        snapshot = None if place.entry is None else place.entry.snapshot
        return Column(
            marks={lane: mark for lane, mark in marks.items() if mark is not None},
            phase=None if snapshot is None else phase_of(snapshot.value),
        )

    def _record_mark(self, place: _Place) -> Mark | None:
        if self._run is None:
            return None
        if place.record is None:
            return _missing(place, Lane.HISTORY, "no record")
        record = history_of(self._run)[place.record]
        name, label = str(record["event"]), f"[{place.record}]"
        when = time_text(record["recorded_at_ms"])
        return Mark(
            label=label,
            caption="again" if place.again else name,
            text=f"Lifecycle record {label}, {name}, {when}{', recorded again' if place.again else ''}",
            presence=Presence.ELSEWHERE if place.again else Presence.WHOLE,
            faults=place.faults.get(Lane.HISTORY, ()),
        )


def _has_no_event(place: _Place) -> bool:
    return place.entry is not None and place.entry.event is None and not place.entry.compacted


def _rows(place: _Place) -> Iterator[tuple[Row, Lane]]:
    if place.entry is not None and place.entry.event is not None:
        yield place.entry.event, Lane.EVENTS
    if place.entry is not None and place.entry.snapshot is not None:
        yield place.entry.snapshot, Lane.SNAPSHOTS


def _event_mark(place: _Place) -> Mark | None:
    faults = place.faults.get(Lane.EVENTS, ())
    row = None if place.entry is None else place.entry.event
    if row is not None:
        event = row.value
        listed, when = sum(1 for _ in listed_by(event)), time_text(event["occurred_at_ms"])
        name = str(event["event_type"]).removeprefix(PREFIX)
        return Mark(
            label=f"#{event['seq']}",
            caption=f"{counted(listed, 'event')} compacted" if listed else name or '""',
            detail=_clock(when),
            text=f"Event #{event['seq']}, {name}, {when}, id {named(event['event_id'])}, at {row.where}",
            faults=faults,
        )
    if place.hole is not None:
        first, last = place.hole
        label = f"#{first}" if first == last else f"#{first}\N{EN DASH}#{last}"
        text = f"No event with the sequence number {label}"
        return Mark(label=label, caption="missing", text=text, presence=Presence.MISSING, faults=faults)
    if place.marker is not None:
        text = f"Compacted: a marker lists its event, which had the sequence number {place.marker}"
        label = f"(#{place.marker})"
        return Mark(label=label, caption="compacted", text=text, presence=Presence.ELSEWHERE, faults=faults)
    return _missing(place, Lane.EVENTS, "no event")


def _snapshot_mark(place: _Place) -> Mark | None:
    row = None if place.entry is None else place.entry.snapshot
    if row is None:
        return _missing(place, Lane.SNAPSHOTS, "no snapshot")
    snapshot = row.value
    when = time_text(snapshot["created_at_ms"])
    about = f"Snapshot #{snapshot['seq']}, status {snapshot['status']}, {when}"
    return Mark(
        label=f"#{snapshot['seq']}",
        caption=str(snapshot["status"]),
        text=f"{about}, id {named(snapshot['snapshot_id'])}, at {row.where}",
        faults=place.faults.get(Lane.SNAPSHOTS, ()),
    )


def _missing(place: _Place, lane: Lane, what: str) -> Mark | None:
    """A mark where nothing stands: only where a finding says that something should."""
    faults = place.faults.get(lane)
    if not faults:
        return None
    text = f"{what[0].upper()}{what[1:]}"
    return Mark(label="", caption=what, text=text, presence=Presence.MISSING, faults=faults)


def _clock(when: str) -> str:
    """The time of day, which a column has room for."""
    return when.partition("T")[2].removesuffix("Z") or when
