"""Which events are already in the log, under whatever id (chapter *Recognition*)."""

from collections import Counter
from collections.abc import Iterable
from typing import Final, TypeAlias

from attrs import frozen

from lifecycle_projection.content import EVENT_TYPE_PREFIX
from lifecycle_projection.identity import identity_of, stable_event_id
from lifecycle_projection.markers import listed_by
from lifecycle_projection.once import once_per_record
from lifecycle_projection.records import Event, Json, Run
from lifecycle_projection.text import member
from lifecycle_projection.words import StopKind

_STOP_KINDS: Final = frozenset(StopKind)


@frozen
class Recorded:
    """Under which id and seq an event is recorded (ALIAS-2)."""

    event_id: str
    seq: int


Aliases: TypeAlias = dict[str, Recorded]
"""From each id by which an event may be asked for to where it is recorded."""


def aliases_of(run: Run, events: Iterable[Event]) -> Aliases:
    """The table of all ids that the events of a run answer to; `events` come in seq order.

    (ALIAS-1 to ALIAS-12)
    """
    aliases: Aliases = {}
    counted: Counter[str] = Counter()
    for event in events:
        for event_id, seq in listed_by(event):
            aliases.setdefault(event_id, Recorded(event_id, seq))
        recorded = Recorded(event.event_id, event.seq)
        aliases[event.event_id] = recorded
        if event.event_type.startswith(EVENT_TYPE_PREFIX) and event.correlation_id == run.automation_id:
            aliases.setdefault(_stable_id(event, counted), recorded)
    return aliases


def _stable_id(event: Event, counted: Counter[str]) -> str:
    """The stable id of a recorded event; older generations did not record its occurrence, so that it is counted."""
    name, identity, stable_id = _recorded(event)
    if stable_id is None:
        stable_id = stable_event_id(event.run_id, name, identity, counted[identity])
        counted[identity] += 1
    return stable_id


@once_per_record
def _recorded(event: Event) -> tuple[str, str, str | None]:
    """The name and the identity of a recorded event, and its stable id, if the event says its occurrence."""
    name = event.event_type.removeprefix(EVENT_TYPE_PREFIX)
    identity = identity_of(
        run_id=event.run_id,
        automation_id=event.correlation_id or "",
        event=name,
        recorded_at_ms=event.occurred_at_ms,
        reason=_string(member(event.payload, "reason")),
        stop_kind=_stop_kind(member(event.payload, "stop_kind")),
        metadata=member(event.payload, "metadata"),
    )
    occurrence = member(event.payload, "lifecycle_occurrence")
    if type(occurrence) is not int or occurrence < 0:
        return name, identity, None
    return name, identity, stable_event_id(event.run_id, name, identity, occurrence)


def _string(value: Json) -> str | None:
    return value if isinstance(value, str) else None


def _stop_kind(value: Json) -> str | None:
    return value if isinstance(value, str) and value in _STOP_KINDS else None
