"""What an audit puts on a run's time line: its columns, and each finding where it belongs."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Final, TypeAlias

from attrs import field, frozen

from lifecycle_conformance.audit.contents import entries
from lifecycle_conformance.audit.finding import Finding, Severity, Where
from lifecycle_conformance.audit.lives import Life, lives
from lifecycle_conformance.audit.stored import StoredRun
from lifecycle_conformance.execution.trace import Object, Owner, owner_of_run
from lifecycle_conformance.report.page.audit_columns import Place, places
from lifecycle_conformance.report.page.audit_marks import column
from lifecycle_conformance.report.page.timeline import Fault, Gap, Lane, Timeline, Tone, kept
from lifecycle_conformance.report.wording import named

Numbered: TypeAlias = tuple[int, Finding]
"""A finding with the number that the page gives it."""
Record: TypeAlias = tuple[Object, Where]


@frozen(kw_only=True)
class RunAgain:
    """A run that is read once more: what the store holds of it, the holes in its sequences, and its run record."""

    stored: StoredRun
    gaps: Mapping[Owner, Sequence[range]] = field(factory=dict)
    record: Record | None = None


TONES: Final = {Severity.VIOLATION: Tone.BAD, Severity.SUSPECT: Tone.DOUBT, Severity.NOTE: Tone.NOTE}
HOLES: Final = {"seq-missing", "seq-perhaps-missing"}
"""The kinds of findings about events that are missing before another one."""
WITHOUT_EVENT: Final = {
    "record-missing",
    "records-not-projected",
    "move-refused",
    "snapshot-without-event",
    "snapshot-perhaps-without-event",
}
"""The kinds of findings about something whose event is missing."""
WITHOUT_SNAPSHOT: Final = {
    "snapshot-missing",
    "snapshots-pruned",
    "pass-incomplete",
    "snapshots-overwritten",
    "snapshots-change-hands",
    "storage-conflict",
}
"""The kinds of findings about something whose snapshot is missing."""


def timelines(again: RunAgain, found: Sequence[Numbered]) -> list[Timeline]:
    """The time lines of a run, one of each tenant that findings are about.

    A finding about no tenant, or about one of which nothing can be read, stands on the first one.
    """
    owner = None if again.record is None else owner_of_run(again.record[0])
    all_ = lives(again.stored, is_whole=True, shared_seqs=False)
    if owner is not None and all(life.owner != owner for life in all_):
        all_.append(Life(owner=owner, events=(), snapshots=()))
    about: dict[int, list[Numbered]] = {number: [] for number in range(len(all_))}
    of_tenant = {life.owner.tenant: number for number, life in enumerate(all_)}
    for each in found if all_ else ():
        about[0 if each[1].tenant is None else of_tenant.get(each[1].tenant, 0)].append(each)
    shown = [(life, about[number]) for number, life in enumerate(all_) if about[number] or len(all_) == 1]
    return [
        _Line(life, again, again.record[0] if again.record is not None and life.owner == owner else None).timeline(
            _title(life, with_tenant=len(all_) > 1), of_life
        )
        for life, of_life in shown
    ]


def _title(life: Life, *, with_tenant: bool) -> str:
    tenant = "/".join(named(part) for part in life.owner.tenant if part is not None)
    return f"Time line of run {named(life.owner.run_id)}{f', tenant {tenant}' if with_tenant else ''}"


_At: TypeAlias = tuple[Place, Lane]


class _Line:
    """The time line of a life while it is made."""

    def __init__(self, life: Life, again: RunAgain, run: Object | None) -> None:
        self._run = run
        own = [entry for entry in entries(again.stored) if entry.owner == life.owner]
        self._places = places(life, own, again.gaps.get(life.owner, ()), run)
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
            cells=[each if isinstance(each, Gap) else column(self._places[each], self._run) for each in shown],
            beside=self._beside,
        )

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
        if kind in HOLES:
            missing = (each for each in self._places if each.lacks_event(finding.seqs[0])) if finding.seqs else ()
            return next(((each, Lane.EVENTS) for each in missing), at)
        if kind in WITHOUT_EVENT:
            return place, Lane.EVENTS
        return (place, Lane.SNAPSHOTS) if kind in WITHOUT_SNAPSHOT else (place, lane)

    @cached_property
    def _by_where(self) -> dict[Where, _At]:
        """Each event and snapshot by where it stands."""
        return {row.where: (place, lane) for place in self._places for row, lane in place.rows}

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
