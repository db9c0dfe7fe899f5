"""The marks of what a store and a run hold: a lifecycle record, an event, a snapshot."""

from collections.abc import Sequence

from lifecycle_conformance.execution.trace import Object
from lifecycle_conformance.model.identity import PREFIX, listed_by
from lifecycle_conformance.report.page.timeline import Fault, Mark, Presence
from lifecycle_conformance.report.wording import counted, named, time_text


def record_mark(index: int, record: Object, *, again: bool = False, faults: Sequence[Fault] = ()) -> Mark:
    """A lifecycle record; `again` says that it is recorded once more there."""
    name, label = str(record["event"]), f"[{index}]"
    when = time_text(record["recorded_at_ms"])
    return Mark(
        label=label,
        caption="again" if again else name or '""',
        text=f"Lifecycle record {label}, {name}, {when}{', recorded again' if again else ''}",
        presence=Presence.ELSEWHERE if again else Presence.WHOLE,
        faults=faults,
    )


def event_mark(event: Object, *, at: str = "", faults: Sequence[Fault] = ()) -> Mark:
    """An event; `at` says where it is stored."""
    listed, when = sum(1 for _ in listed_by(event)), time_text(event["occurred_at_ms"])
    name = str(event["event_type"]).removeprefix(PREFIX)
    return Mark(
        label=f"#{event['seq']}",
        caption=f"{counted(listed, 'event')} compacted" if listed else name or '""',
        detail=_clock(when),
        text=f"Event #{event['seq']}, {name}, {when}, id {named(event['event_id'])}{at and f', at {at}'}",
        faults=faults,
    )


def snapshot_mark(snapshot: Object, *, at: str = "", faults: Sequence[Fault] = ()) -> Mark:
    """A snapshot; `at` says where it is stored."""
    about = f"Snapshot #{snapshot['seq']}, status {snapshot['status']}, {time_text(snapshot['created_at_ms'])}"
    return Mark(
        label=f"#{snapshot['seq']}",
        caption=str(snapshot["status"]),
        text=f"{about}, id {named(snapshot['snapshot_id'])}{at and f', at {at}'}",
        faults=faults,
    )


def _clock(when: str) -> str:
    """The time of day, which a column has room for."""
    return when.partition("T")[2].removesuffix("Z") or when
