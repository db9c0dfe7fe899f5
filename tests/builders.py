"""The short runs, events and snapshots that the tests share, and the requests that carry them."""

from collections.abc import Iterable
from typing import Any, TypeAlias

from lifecycle_projection import Event, Run, Snapshot
from lifecycle_projection.codec import event_from, run_from, snapshot_from
from lifecycle_projection.markers import MARKER_TYPE

Object: TypeAlias = dict[str, Any]
Request: TypeAlias = tuple[str, Object]

RUN_ID = "run-1"
AUTOMATION_ID = "automation-1"
TENANT = {"org_id": "org-a", "workspace_id": "ws-a", "source": "explicit"}
OTHER_TENANT = {"org_id": "org-b", "workspace_id": "ws-a", "source": "explicit"}
TENANT_KEY = ("org-a", "ws-a", None)

OPEN: Request = ("open", {"store": 0})


# --- records of the protocol, as JSON ---------------------------------------------------------------------------------


def lifecycle(event: str, at: int = 10, **members: Any) -> Object:
    """A record of a run's history."""
    return {"event": event, "recorded_at_ms": at, **members}


def run_json(
    *history: str | Object, tenant: Object = TENANT, checkpoint: Object | None = None, **members: Any
) -> Object:
    """A run with this history; a name stands for a plain record."""
    records = [lifecycle(each) if isinstance(each, str) else each for each in history]
    return {
        "run_id": RUN_ID,
        "automation_id": AUTOMATION_ID,
        "tenant_context": tenant,
        "trigger_type": "manual",
        "status": "running",
        "created_at_ms": 100,
        "updated_at_ms": 200,
        "checkpoint": {"lifecycle_history": records, **(checkpoint or {})},
        **members,
    }


def event(event_id: str, seq: int = 1, at: int = 10, *, tenant: Object = TENANT, **members: Any) -> Object:
    """An event that no pass recorded."""
    return {
        "event_id": event_id,
        "run_id": RUN_ID,
        "seq": seq,
        "event_type": "note",
        "occurred_at_ms": at,
        "scope": {"tenant_context": tenant},
        **members,
    }


def entries(**seqs: int) -> list[Object]:
    """The entries of a marker for events with these ids."""
    return [{"event_id": event_id, "seq": seq} for event_id, seq in seqs.items()]


def marker(event_id: str, seq: int, listed: Iterable[Any], at: int = 10, **members: Any) -> Object:
    """The event that a compaction leaves, with these entries."""
    return event(event_id, seq, at, event_type=MARKER_TYPE, payload={"compacted_event_ids": [*listed]}, **members)


def snapshot(snapshot_id: str, seq: int = 1, at: int = 10, *, tenant: Object = TENANT, **members: Any) -> Object:
    """A snapshot as an older engine stored it: without a phase, unless members give one."""
    return {
        "snapshot_id": snapshot_id,
        "run_id": RUN_ID,
        "seq": seq,
        "created_at_ms": at,
        "scope": {"tenant_context": tenant},
        "status": "running",
        **members,
    }


def whole_snapshot(snapshot_id: str, seq: int = 1, **members: Any) -> Object:
    """A snapshot of which nothing is missing, as it is in a file."""
    whole = {
        "schema_version": 1,
        "scope": {"schema_version": 1, "tenant_context": TENANT},
        "phase": "running_phase",
        "phase_history": [],
        "allowed_next_phases": [],
    }
    return snapshot(snapshot_id, seq, **{**whole, **members})


# --- requests ---------------------------------------------------------------------------------------------------------


def pass_over(run: Object) -> Request:
    """A pass over this run."""
    return "project", {"run": run}


def project(*history: str | Object, **members: Any) -> Request:
    """A pass over a run with this history."""
    return pass_over(run_json(*history, **members))


def imported(*records: Object) -> Request:
    """Events and snapshots that a store holds although no pass wrote them."""
    events = [each for each in records if "event_id" in each]
    return "import", {"events": events, "snapshots": [each for each in records if "event_id" not in each]}


def append(event_id: str, *, tenant: Object = TENANT, **members: Any) -> Request:
    """An event appended for a tenant."""
    return "append", {"tenant": tenant, "event": event(event_id, tenant=tenant, **members)}


# --- what the reference reads them as ---------------------------------------------------------------------------------


def run_of(*history: str | Object, **members: Any) -> Run:
    """A run with this history."""
    return run_from(run_json(*history, **members))


def indexed_event(index: int, event: str, at: int, seq: int, **payload: Any) -> Event:
    """An event as the first generation recorded it: the history index in its id, no occurrence."""
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
    """A snapshot as an older engine stored it."""
    return snapshot_from(snapshot(snapshot_id, seq, 10 * seq, status=status, **members))
