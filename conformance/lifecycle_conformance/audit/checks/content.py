"""What events and snapshots hold, as far as they determine it themselves."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from attrs import frozen

from lifecycle_conformance.audit.finding import NOTHING, Finding
from lifecycle_conformance.audit.lives import Life
from lifecycle_conformance.audit.stored import Row
from lifecycle_conformance.execution.judgement import canonical
from lifecycle_conformance.execution.trace import Object, member
from lifecycle_conformance.model.identity import PREFIX
from lifecycle_conformance.model.phase_table import NEXT, PHASE_OF
from lifecycle_projection.canonical import stable_hash
from lifecycle_projection.content import SOURCE, causation_id_of, counts_as_activity
from lifecycle_projection.records import Json
from lifecycle_projection.text import trimmed
from lifecycle_projection.words import WaitKind

_WAITS: Final = frozenset(each.value for each in WaitKind)
_APPROVAL: Final = WaitKind.APPROVAL.value
_RETRY: Final = "node_retry_backoff_scheduled"


@frozen
class _Part:
    """A record, or an object in it, with the kind of what is wrong there, and where it stands."""

    kind: str
    inside: str = ""

    @property
    def path(self) -> str:
        return f"{self.inside}." if self.inside else ""


_EVENT: Final = _Part("wrong-event-member")
_PAYLOAD: Final = _Part("wrong-payload-member", "payload")
_SNAPSHOT: Final = _Part("wrong-snapshot-member")
_METADATA: Final = _Part("wrong-snapshot-metadata", "metadata")
_DIGEST: Final = _Part("wrong-digest")
DETERMINED: Final = {
    "payload": frozenset({"source", "automation_id", "event", "counts_as_activity", "reason", "stop_kind"}),
    "metadata": frozenset({"source", "event_id", "event", "activity_boundary"}),
}
"""What of a payload, and of a snapshot's metadata, their own event determines."""


def content(life: Life) -> Iterator[Finding]:
    """What differs from what an event, or the event of a snapshot, makes it (EVENT-1, EVENT-2, SNAP-1 to SNAP-3)."""
    events = life.lifecycle_events
    yield from _different(life, _EVENT, events, [*map(_event_members, events, life.said)])
    yield from _different(life, _PAYLOAD, events, [*map(_payload_members, events, life.said)])
    snapshots = life.lifecycle_snapshots
    digests: list[Object] = [{"payload_digest": stable_hash(row.value.get("checkpoint"))} for row in snapshots]
    yield from _different(life, _DIGEST, snapshots, digests)
    recorded = [(row, event.value) for row in snapshots if (event := _event_of(life, row)) is not None]
    rows = [row for row, _ in recorded]
    yield from _different(life, _SNAPSHOT, rows, [_snapshot_members(life, *each) for each in recorded])
    yield from _different(life, _METADATA, rows, [_snapshot_metadata(event) for _, event in recorded])
    for row in snapshots:
        yield from _phases(life, row)


def _event_of(life: Life, snapshot: Row) -> Row | None:
    event = life.by_id.get(snapshot.value["snapshot_id"])
    return event if event is not None and event.value["event_type"].startswith(PREFIX) else None


def _snapshot_members(life: Life, row: Row, event: Object) -> Object:
    """The members of a snapshot that its event determines."""
    seq = row.value["seq"]
    # What was compacted, or stood in a line that was damaged, and was recorded again has its first snapshot.
    again = seq == life.listed.get(event["event_id"]) or _may_stand_in_a_damaged_line(life, row)
    return {
        "seq": seq if again else event["seq"],
        "created_at_ms": event["occurred_at_ms"],
        **_node_named_by(member(event.get("payload"), "metadata")),
    }


def _may_stand_in_a_damaged_line(life: Life, row: Row) -> bool:
    """Whether a line that can't be read may be an earlier one of a snapshot's event (FILE-18)."""
    seq = row.value["seq"]
    return not life.is_whole and seq not in life.seqs and seq < life.by_id[row.value["snapshot_id"]].value["seq"]


def _event_members(row: Row, record: Object) -> Object:
    """The members of an event that its own metadata determine, whatever the run was at that time."""
    metadata = record["metadata"]
    return {
        "causation_id": causation_id_of(metadata),
        "wait_kind": _wait_kind(row.value, metadata),
        **_node_named_by(metadata),
    }


def _node_named_by(metadata: Json) -> Object:
    """The phase id where the metadata name a node; else it was that of a gate (EVENT-4)."""
    node_id = trimmed(member(metadata, "node_id"))
    return {} if node_id is None else {"phase_id": node_id}


def _wait_kind(event: Object, metadata: Json) -> Json:
    """What the run waits for: of an approval, a gate may have said so (EVENT-6, EVENT-7)."""
    if event.get("wait_kind") == _APPROVAL or member(event.get("payload"), "status") == "awaiting_approval":
        return _APPROVAL
    named = trimmed(member(metadata, "wait_kind"))
    return named if named in _WAITS else None


def _payload_members(row: Row, record: Object) -> Object:
    return {
        "source": SOURCE,
        "automation_id": row.value.get("correlation_id"),
        "event": record["event"],
        "counts_as_activity": counts_as_activity(record["event"]),
        "reason": record["reason"],
        "stop_kind": record["stop_kind"],
    }


def _snapshot_metadata(event: Object) -> Object:
    name = event["event_type"].removeprefix(PREFIX)
    return {
        "source": SOURCE,
        "event_id": event["event_id"],
        "event": name,
        "activity_boundary": counts_as_activity(name),
    }


def _different(life: Life, part: _Part, rows: Sequence[Row], expected: Sequence[Object]) -> Iterator[Finding]:
    actual = [_inside(row.value, part) for row in rows]
    # What is alike as a whole, as nearly everything is, needs no look at each member.
    found = [[*map(values.get, wanted)] for values, wanted in zip(actual, expected, strict=True)]
    if canonical(found) == canonical([[*wanted.values()] for wanted in expected]):
        return
    for row, values, wanted in zip(rows, actual, expected, strict=True):
        for name, value in wanted.items():
            if canonical(values.get(name)) != canonical(value):
                yield life.finding(
                    part.kind,
                    f"`{part.path}{name}`",
                    row,
                    expected=NOTHING if value is None else value,
                    actual=NOTHING if values.get(name) is None else values[name],
                )


def _inside(record: Object, part: _Part) -> Object:
    inside = record.get(part.inside) if part.inside else record
    return inside if isinstance(inside, dict) else {}


def _phases(life: Life, row: Row) -> Iterator[Finding]:
    """Judge the phase of a snapshot, what it allows next, and its history; an old one may have none (SNAP-7)."""
    snapshot = row.value
    phase, status = snapshot.get("phase"), snapshot["status"]
    if isinstance(phase, str):
        if phase != PHASE_OF.get(status) and not _may_retry(snapshot, life.by_id.get(snapshot["snapshot_id"])):
            yield life.finding(
                "wrong-phase",
                f"`phase`, where `status` is `{status}`",
                row,
                expected=PHASE_OF.get(status),
                actual=phase,
            )
        allowed = snapshot.get("allowed_next_phases")
        if allowed is not None and allowed != NEXT.get(phase):
            yield life.finding(
                "wrong-next-phases", "`allowed_next_phases`", row, expected=list[Json](NEXT[phase]), actual=allowed
            )
    yield from _history(life, row)


def _may_retry(snapshot: Object, event: Row | None) -> bool:
    """Whether a snapshot in the phase `retrying` may be that of a retry that waits (PHASE-2)."""
    named = None if event is None else event.value["event_type"].removeprefix(PREFIX)
    return snapshot["status"] == "queued" and snapshot["phase"] == "retrying" and named in {None, _RETRY}


def _history(life: Life, row: Row) -> Iterator[Finding]:
    entries = row.value.get("phase_history")
    if not entries:
        return
    for number, (before, after) in enumerate(pairwise(entries), 1):
        came_from, went_to = after.get("from_phase"), after.get("to_phase")
        path = f"`phase_history[{number}]`"
        if came_from != before.get("to_phase"):
            yield life.finding(
                "broken-phase-history",
                f"{path} doesn't begin where the entry before it ends",
                row,
                expected=before.get("to_phase"),
                actual=came_from,
            )
        elif went_to not in NEXT.get(str(came_from), []):
            yield life.finding(
                "illegal-move",
                f"{path} holds a move that the table doesn't have",
                row,
                expected=list[Json](NEXT.get(str(came_from), [])),
                actual=went_to,
            )
    phase = row.value.get("phase")
    if phase is not None and entries[-1].get("to_phase") != phase:
        last = entries[-1].get("to_phase")
        yield life.finding("broken-phase-history", "the last entry's `to_phase`", row, expected=phase, actual=last)
