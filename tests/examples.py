"""Small run records and events that the tests share."""

from typing import Any

from lifecycle_projection import Event, Run, Snapshot
from lifecycle_projection.codec import event_from, run_from, snapshot_from

RUN_ID = "run-1"
AUTOMATION_ID = "automation-1"
TENANT = {"org_id": "org-a", "workspace_id": "ws-a", "source": "explicit"}
OTHER_TENANT = {"org_id": "org-b", "workspace_id": "ws-a", "source": "explicit"}
TENANT_KEY = ("org-a", "ws-a", None)


def lifecycle(event: str, at: int, **members: Any) -> dict[str, Any]:
    """Write a lifecycle record."""
    return {"event": event, "recorded_at_ms": at, **members}


def run_json(*history: dict[str, Any], checkpoint: dict[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    """Write a run record with this history."""
    return {
        "run_id": RUN_ID,
        "automation_id": AUTOMATION_ID,
        "tenant_context": TENANT,
        "trigger_type": "manual",
        "status": "running",
        "created_at_ms": 100,
        "updated_at_ms": 200,
        "checkpoint": {"lifecycle_history": list(history), **(checkpoint or {})},
        **members,
    }


def run_of(*history: dict[str, Any], checkpoint: dict[str, Any] | None = None, **members: Any) -> Run:
    """Make a run with this history."""
    return run_from(run_json(*history, checkpoint=checkpoint, **members))


def indexed_event(index: int, event: str, at: int, seq: int, **payload: Any) -> Event:
    """Make an event as the first generation recorded it: the history index in its id, no occurrence."""
    return event_from(
        {
            "event_id": f"automation-v2-lifecycle-{RUN_ID}-{index}-{event}",
            "run_id": RUN_ID,
            "seq": seq,
            "event_type": f"stateful_runtime.automation_v2.{event}",
            "occurred_at_ms": at,
            "scope": {"tenant_context": TENANT},
            "correlation_id": AUTOMATION_ID,
            "payload": {"lifecycle_index": index, "reason": None, "stop_kind": None, "metadata": None, **payload},
        }
    )


def stored_snapshot(snapshot_id: str, seq: int, status: str, **members: Any) -> Snapshot:
    """Make a snapshot as an older engine stored it: without a phase, unless members give one."""
    return snapshot_from(
        {
            "snapshot_id": snapshot_id,
            "run_id": RUN_ID,
            "seq": seq,
            "created_at_ms": 10 * seq,
            "scope": {"tenant_context": TENANT},
            "status": status,
            **members,
        }
    )
