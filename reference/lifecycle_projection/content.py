"""The event and the snapshot of one lifecycle record (chapter *Events and snapshots*)."""

from typing import Final

from attrs import frozen

from lifecycle_projection.canonical import stable_hash
from lifecycle_projection.checkpoint import checkpoint_summary
from lifecycle_projection.definition import definition_hash, definition_version
from lifecycle_projection.identity import Identified
from lifecycle_projection.phases import NEXT_PHASES, GuardedPhase
from lifecycle_projection.records import Event, Json, Run, Scope, Snapshot
from lifecycle_projection.scope import scope_of
from lifecycle_projection.text import member, trimmed
from lifecycle_projection.words import RunStatus, SourceRecordKind, StatefulStatus, WaitKind

SOURCE: Final = "automation_v2_lifecycle"
EVENT_TYPE_PREFIX: Final = "stateful_runtime.automation_v2."
_NO_ACTIVITY: Final = ("run_execution_claimed", "run_execution_claim_expired_requeued")
_WAIT_KINDS: Final = frozenset(WaitKind)
_CAUSES: Final = ("session_id", "wait_id", "delivery_id", "handoff_id")


@frozen(kw_only=True)
class RunState:
    """What all snapshots of one pass share: the state of the run as of that pass, not as of each record (H2).

    (SNAP-4)
    """

    run: Run
    scope: Scope
    status: StatefulStatus
    checkpoint: dict[str, Json]
    payload_digest: str
    definition_version: str | None
    definition_hash: str | None


def state_of(run: Run) -> RunState:
    """What doesn't depend on the lifecycle record, derived once for a pass (SNAP-3, SNAP-4)."""
    checkpoint = checkpoint_summary(run)
    return RunState(
        run=run,
        scope=scope_of(run),
        status=StatefulStatus(run.status),
        checkpoint=checkpoint,
        payload_digest=stable_hash(checkpoint),
        definition_version=definition_version(run),
        definition_hash=definition_hash(run),
    )


def event_of(state: RunState, identified: Identified, seq: int) -> Event:
    """The event of a lifecycle record (EVENT-1, EVENT-2, EVENT-3)."""
    run, record = state.run, identified.record
    return Event(
        event_id=identified.event_id,
        run_id=run.run_id,
        seq=seq,
        event_type=f"{EVENT_TYPE_PREFIX}{record.event}",
        occurred_at_ms=record.recorded_at_ms,
        scope=state.scope,
        phase_id=phase_id_of(run, record.metadata),
        wait_kind=wait_kind_of(run, record.metadata),
        causation_id=causation_id_of(record.metadata),
        correlation_id=run.automation_id,
        payload={
            "source": SOURCE,
            "automation_id": run.automation_id,
            "trigger_type": run.trigger_type,
            "status": run.status,
            "event": record.event,
            "lifecycle_index": identified.index,
            "lifecycle_occurrence": identified.occurrence,
            "reason": record.reason,
            "stop_kind": record.stop_kind,
            "metadata": record.metadata,
            "counts_as_activity": counts_as_activity(record.event),
        },
    )


def snapshot_of(state: RunState, identified: Identified, event_id: str, seq: int, guarded: GuardedPhase) -> Snapshot:
    """The snapshot at a lifecycle record whose event is recorded as `event_id` with `seq`.

    (SNAP-1, SNAP-2, PHASE-10)
    """
    run, record = state.run, identified.record
    return Snapshot(
        snapshot_id=event_id,
        run_id=run.run_id,
        seq=seq,
        created_at_ms=record.recorded_at_ms,
        scope=state.scope,
        status=state.status,
        phase=guarded.phase,
        phase_history=guarded.history,
        allowed_next_phases=NEXT_PHASES[guarded.phase],
        phase_id=phase_id_of(run, record.metadata),
        source_record_kind=SourceRecordKind.AUTOMATION_V2,
        checkpoint=state.checkpoint,
        payload_digest=state.payload_digest,
        workflow_definition_version=state.definition_version,
        workflow_definition_snapshot_hash=state.definition_hash,
        metadata={
            "source": SOURCE,
            "event_id": event_id,
            "event": record.event,
            "lifecycle_index": identified.index,
            "redaction_tier": "summary",
            "activity_boundary": counts_as_activity(record.event),
        },
    )


def phase_id_of(run: Run, metadata: Json) -> str | None:
    """The node that a record is about: the one it names, else that of the awaited gate, as it is (EVENT-4, EVENT-5)."""
    gate = run.checkpoint.awaiting_gate
    return trimmed(member(metadata, "node_id")) or (None if gate is None else gate.node_id)


def wait_kind_of(run: Run, metadata: Json) -> WaitKind | None:
    """What the run waits for: an approval if its status says so or it awaits a gate, else what the record names.

    (EVENT-6, EVENT-7)
    """
    if run.status is RunStatus.AWAITING_APPROVAL or run.checkpoint.awaiting_gate is not None:
        return WaitKind.APPROVAL
    named = trimmed(member(metadata, "wait_kind"))
    return WaitKind(named) if named in _WAIT_KINDS else None


def causation_id_of(metadata: Json) -> str | None:
    """What caused a record: a session, a wait, a delivery, a hand-off, or else the claim (EVENT-8, EVENT-9)."""
    for name in _CAUSES:
        if cause := trimmed(member(metadata, name)):
            return cause
    return trimmed(member(member(metadata, "claim"), "claim_id"))


def counts_as_activity(event: str) -> bool:
    """Whether the run itself did something: claiming it and losing the claim is no activity (EVENT-10)."""
    return event not in _NO_ACTIVITY
