"""What the columns of a run's time line say: the mark in each lane."""

from lifecycle_conformance.audit.contents import phase_of
from lifecycle_conformance.execution.trace import Object, history_of
from lifecycle_conformance.report.page.audit_columns import Place
from lifecycle_conformance.report.page.marks import event_mark, record_mark, snapshot_mark
from lifecycle_conformance.report.page.timeline import Column, Lane, Mark, Presence


def column(place: Place, run: Object | None) -> Column:
    """A column as it is drawn; `run` is the run record, if it is known."""
    marks = {
        Lane.HISTORY: _record_mark(place, run),
        Lane.EVENTS: _event_mark(place),
        Lane.SNAPSHOTS: _snapshot_mark(place),
    }
    snapshot = None if place.entry is None else place.entry.snapshot
    return Column(
        marks={lane: mark for lane, mark in marks.items() if mark is not None},
        phase=None if snapshot is None else phase_of(snapshot.value),
    )


def _record_mark(place: Place, run: Object | None) -> Mark | None:
    if run is None or place.record is None:
        return None
    faults = place.faults.get(Lane.HISTORY, ())
    return record_mark(place.record, history_of(run)[place.record], again=place.again, faults=faults)


def _event_mark(place: Place) -> Mark | None:
    faults = place.faults.get(Lane.EVENTS, ())
    row = None if place.entry is None else place.entry.event
    if row is not None:
        return event_mark(row.value, at=str(row.where), faults=faults)
    if place.hole is not None:
        first, last = place.hole.start, place.hole.stop - 1
        label = f"#{first}" if first == last else f"#{first}\N{EN DASH}#{last}"
        text = f"No event with the sequence number {label}"
        return Mark(label=label, caption="missing", text=text, presence=Presence.MISSING, faults=faults)
    if place.marker is not None:
        text = f"Compacted: a marker lists its event, which had the sequence number {place.marker}"
        label = f"(#{place.marker})"
        return Mark(label=label, caption="compacted", text=text, presence=Presence.ELSEWHERE, faults=faults)
    return _missing(place, Lane.EVENTS, "no event")


def _snapshot_mark(place: Place) -> Mark | None:
    row = None if place.entry is None else place.entry.snapshot
    if row is None:
        return _missing(place, Lane.SNAPSHOTS, "no snapshot")
    return snapshot_mark(row.value, at=str(row.where), faults=place.faults.get(Lane.SNAPSHOTS, ()))


def _missing(place: Place, lane: Lane, what: str) -> Mark | None:
    """A mark where nothing stands: only where a finding says that something should."""
    faults = place.faults.get(lane)
    if not faults:
        return None
    text = f"{what[0].upper()}{what[1:]}"
    return Mark(label="", caption=what, text=text, presence=Presence.MISSING, faults=faults)
