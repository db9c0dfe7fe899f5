"""The checkpoint summary of a snapshot: how far a run has come, no outputs (chapter *Events and snapshots*)."""

from lifecycle_projection.codec import to_json
from lifecycle_projection.records import Gate, Json, Run


def checkpoint_summary(run: Run) -> dict[str, Json]:
    """Summarise the checkpoint of a run; every member is present.

    Never copied: node outputs, verdicts, a gate's instructions and metadata, the gate history.
    (CKPT-1 to CKPT-7, REDACT-1 to REDACT-5)
    """
    checkpoint = run.checkpoint
    return {
        "redaction_tier": "summary",
        "completed_nodes": list(checkpoint.completed_nodes),
        "pending_nodes": list(checkpoint.pending_nodes),
        "blocked_nodes": list(checkpoint.blocked_nodes),
        "node_attempts": dict(checkpoint.node_attempts),
        "node_attempt_verdict_counts": {
            node: len(verdicts) for node, verdicts in checkpoint.node_attempt_verdicts.items()
        },
        "node_output_ids": sorted(checkpoint.node_outputs),
        "awaiting_gate": None if checkpoint.awaiting_gate is None else _gate_summary(checkpoint.awaiting_gate),
        "gate_history_count": len(checkpoint.gate_history),
        "lifecycle_event_count": len(checkpoint.lifecycle_history),
        "last_failure": None if checkpoint.last_failure is None else to_json(checkpoint.last_failure),
        "execution_claim_epoch": run.execution_claim_epoch,
        "execution_claim": None if run.execution_claim is None else to_json(run.execution_claim),
        "pause_reason": run.pause_reason,
        "resume_reason": run.resume_reason,
        "stop_kind": run.stop_kind,
        "stop_reason": run.stop_reason,
        "active_session_ids": list(run.active_session_ids),
        "active_instance_ids": list(run.active_instance_ids),
    }


def _gate_summary(gate: Gate) -> dict[str, Json]:
    return {
        "node_id": gate.node_id,
        "title": gate.title,
        "decisions": list(gate.decisions),
        "rework_targets": list(gate.rework_targets),
        "requested_at_ms": gate.requested_at_ms,
        "upstream_node_ids": list(gate.upstream_node_ids),
        "expiry_policy": None if gate.expiry_policy is None else to_json(gate.expiry_policy),
    }
