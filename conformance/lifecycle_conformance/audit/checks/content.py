"""What events and snapshots hold, as far as they determine it themselves."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Final

from attrs import frozen

from lifecycle_conformance.audit.finding import NOTHING, Finding
from lifecycle_conformance.audit.lives import Life
from lifecycle_conformance.audit.stored import Row
from lifecycle_conformance.execution.judgement import canonical
from lifecycle_conformance.execution.trace import Object, member
from lifecycle_conformance.model.identity import PREFIX, record_of_event
from lifecycle_conformance.model.phase_table import NEXT, PHASE_OF
from lifecycle_projection.canonical import stable_hash
from lifecycle_projection.content import SOURCE, causation_id_of, counts_as_activity
from lifecycle_projection.records import Json
from lifecycle_projection.text import trimmed
from lifecycle_projection.words import WaitKind

_WAITS: Final = frozenset(each.value for each in WaitKind)
_RETRY: Final = "node_retry_backoff_scheduled"
_PLAIN: Final = frozenset({str, int, bool, type(None)})


@frozen
class _Part:
    """A record, or an object in it, with the kind of what is wrong there, and where it stands."""

    kind: str
    path: str = ""


_EVENT: Final = _Part("wrong-event-member")
_PAYLOAD: Final = _Part("wrong-payload-member", "payload.")
_SNAPSHOT: Final = _Part("wrong-snapshot-member")
_METADATA: Final = _Part("wrong-snapshot-metadata", "metadata.")
_DIGEST: Final = _Part("wrong-digest")
DETERMINED: Final = {
    "payload": frozenset({"source", "automation_id", "event", "counts_as_activity", "reason", "stop_kind"}),
    "metadata": frozenset({"source", "event_id", "event", "activity_boundary"}),
}
"""What of a payload, and of a snapshot's metadata, their own event determines."""


def content(life: Life) -> Iterator[Finding]:
    """What differs from what an event, or the event of a snapshot, makes it (EVENT-1, EVENT-2, SNAP-1 to SNAP-3)."""
    for row in life.lifecycle_events:
        yield from _different(life, row, _EVENT, _event_members(row.value))
        yield from _different(life, row, _PAYLOAD, _payload_members(row.value))
    for row in life.snapshots:
        if row.value.get("source_record_kind") == "automation_v2":
            yield from _of_snapshot(life, row)


def _of_snapshot(life: Life, row: Row) -> Iterator[Finding]:
    event = life.by_id.get(row.value["snapshot_id"])
    yield from _different(life, row, _DIGEST, {"payload_digest": stable_hash(row.value.get("checkpoint"))})
    yield from _phases(life, row, event)
    if event is not None and event.value["event_type"].startswith(PREFIX):
        # What was compacted, or stood in a line that was damaged, and was recorded again has its first snapshot.
        again = row.value["seq"] == life.listed.get(event.value["event_id"]) or _may_stand_in_a_damaged_line(life, row)
        seq = row.value["seq"] if again else event.value["seq"]
        about = {"seq": seq, "created_at_ms": event.value["occurred_at_ms"], **_node_named_by(event.value)}
        yield from _different(life, row, _SNAPSHOT, about)
        yield from _different(life, row, _METADATA, _snapshot_metadata(event.value))


def _may_stand_in_a_damaged_line(life: Life, row: Row) -> bool:
    """Whether a line that can't be read may be an earlier one of a snapshot's event (FILE-18)."""
    seq = row.value["seq"]
    return not life.is_whole and seq not in life.seqs and seq < life.by_id[row.value["snapshot_id"]].value["seq"]


def _event_members(event: Object) -> Object:
    """The members of an event that its own metadata determine, whatever the run was at that time."""
    metadata = member(event.get("payload"), "metadata")
    return {"causation_id": causation_id_of(metadata), "wait_kind": _wait_kind(event), **_node_named_by(event)}


def _node_named_by(event: Object) -> Object:
    """The phase id where the metadata name a node; else it was that of a gate (EVENT-4)."""
    node_id = trimmed(member(member(event.get("payload"), "metadata"), "node_id"))
    return {} if node_id is None else {"phase_id": node_id}


def _wait_kind(event: Object) -> Json:
    """What the run waits for: of an approval, a gate may have said so (EVENT-6, EVENT-7)."""
    payload = event.get("payload")
    if event.get("wait_kind") == WaitKind.APPROVAL or member(payload, "status") == "awaiting_approval":
        return WaitKind.APPROVAL.value
    named = trimmed(member(member(payload, "metadata"), "wait_kind"))
    return named if named in _WAITS else None


def _payload_members(event: Object) -> Object:
    name, record = event["event_type"].removeprefix(PREFIX), record_of_event(event)
    return {
        "source": SOURCE,
        "automation_id": event.get("correlation_id"),
        "event": name,
        "counts_as_activity": counts_as_activity(name),
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


def _different(life: Life, row: Row, part: _Part, expected: Mapping[str, Json]) -> Iterator[Finding]:
    inside = member(row.value, part.path.rstrip(".")) if part.path else row.value
    actual = inside if isinstance(inside, dict) else {}
    for name, value in expected.items():
        found = actual.get(name)
        if not _same(found, value):
            yield life.finding(
                part.kind,
                f"`{part.path}{name}`",
                row,
                expected=NOTHING if value is None else value,
                actual=NOTHING if found is None else found,
            )


def _same(one: Json, other: Json) -> bool:
    """Whether two values are the same JSON value; faster for those that are plain."""
    if one is other:
        return True
    if type(one) is type(other) and type(one) in _PLAIN:
        return bool(one == other)
    return canonical(one) == canonical(other)


def _phases(life: Life, row: Row, event: Row | None) -> Iterator[Finding]:
    """Judge the phase of a snapshot, what it allows next, and its history; an old one may have none (SNAP-7)."""
    snapshot = row.value
    phase, status = snapshot.get("phase"), snapshot["status"]
    if isinstance(phase, str):
        legal = {PHASE_OF.get(status)}
        named = None if event is None else event.value["event_type"].removeprefix(PREFIX)
        if status == "queued" and named in {None, _RETRY}:
            legal.add("retrying")
        if phase not in legal:
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


def _history(life: Life, row: Row) -> Iterator[Finding]:
    history = row.value.get("phase_history")
    entries = [each for each in history if isinstance(each, dict)] if isinstance(history, list) else []
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
