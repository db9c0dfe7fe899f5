"""What lives are made of: lifecycle records, metadata, gates, statuses, input that must be refused."""

from collections.abc import Callable, Mapping
from typing import Final

from hypothesis import strategies as st

from lifecycle_conformance.properties.content import CANARY
from lifecycle_conformance.trace import Object
from lifecycle_projection.records import Json

STATUSES: Final = (
    "running", "queued", "paused", "awaiting_approval", "completed", "failed", "cancelled", "blocked", "pausing",
)  # fmt: skip
NAMES: Final = (
    "node_started", "node_completed", "node_retry_backoff_scheduled", "run_execution_claimed",
    "run_execution_claim_expired_requeued", "", "tab\tname", "größe 😀", "a.b_c-d", "/", "\u2028\x1c",
)  # fmt: skip
TEXTS: Final = ("node-a", " node-a ", "", " ", "\x1cnode-a", "\x85node-a\u3000", "ü 😀", '"\\\n')
WAITS: Final = ("timer", " webhook ", "approval", "external_condition", "retry_backoff", "Timer", "")
STOP_KINDS: Final = ("cancelled", "panic", "stale_reaped")
LATEST_MS: Final = 60
"""Lives are short: their times lie between 1 and this, so that records meet and cutoffs fall among them."""

times = st.integers(1, LATEST_MS)
texts = st.sampled_from(TEXTS)


def numbers(capabilities: frozenset[str]) -> st.SearchStrategy[Json]:
    """Give numbers that a driver with these capabilities can be sent."""
    safe: st.SearchStrategy[Json] = st.sampled_from([0, 1, -1, 7, 2**53 - 1, -(2**53) + 1, 0.5, -2.25, 1e-5 + 0.5])
    if "json-numbers" in capabilities:
        safe |= st.sampled_from([1.0, -0.0, 0.0, 2**64 - 1, -(2**63), 1e16, 1e15, 1e-5, 1e-6, 1e21])
    if "exact-numbers" in capabilities:
        safe |= st.floats(allow_nan=False, allow_infinity=False)
    return safe


def values(capabilities: frozenset[str]) -> st.SearchStrategy[Json]:
    """Give any JSON value, small."""
    scalars = st.none() | st.booleans() | texts | numbers(capabilities)
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
        max_leaves=4,
    )


def metadata(capabilities: frozenset[str]) -> st.SearchStrategy[Json]:
    """Give metadata of a lifecycle record: mostly none or known members, at times of a wrong type."""
    known: Mapping[str, st.SearchStrategy[Json]] = {
        "node_id": texts | st.just(7),
        "wait_kind": st.sampled_from(WAITS) | st.none(),
        "session_id": texts,
        "wait_id": texts,
        "delivery_id": texts | st.just([]),
        "handoff_id": texts,
        "claim": st.fixed_dictionaries({}, optional={"claim_id": texts}) | st.just("claim-1"),
        "extra": values(capabilities),
    }
    return st.none() | st.fixed_dictionaries({}, optional=dict(known)) | values(capabilities)


def lifecycle_records(capabilities: frozenset[str]) -> st.SearchStrategy[Object]:
    """Give a lifecycle record; members that may be absent are left out, null or there."""
    return st.fixed_dictionaries(
        {"event": st.sampled_from(NAMES), "recorded_at_ms": times},
        optional={
            "reason": st.none() | texts,
            "stop_kind": st.none() | st.sampled_from(STOP_KINDS),
            "metadata": metadata(capabilities),
        },
    )


gates: Final[st.SearchStrategy[Object]] = st.fixed_dictionaries(
    {
        "node_id": texts,
        "title": texts,
        "requested_at_ms": times,
        "instructions": st.just(f"{CANARY}-gate"),
        "metadata": st.just({"secret": f"{CANARY}-gate"}),
    },
    optional={"decisions": st.just(["approve", "deny"]), "expiry_policy": st.just({"expires_after_ms": 5})},
)


def run_record(run_id: str, tenant: Object, status: str) -> Object:
    """Write a run without history, with something in each place that must not be copied."""
    return {
        "run_id": run_id,
        "automation_id": "automation-1",
        "tenant_context": tenant,
        "trigger_type": "manual",
        "status": status,
        "created_at_ms": 1,
        "updated_at_ms": 2,
        "cost": f"{CANARY}-unknown",
        "checkpoint": {
            "completed_nodes": ["node-a"],
            "node_outputs": {"node-a": f"{CANARY}-outputs", "b😀": None, "b\uffff": [f"{CANARY}-outputs"]},
            "node_attempts": {"node-a": 2},
            "node_attempt_verdicts": {"node-a": [f"{CANARY}-verdicts", 1], "b": []},
            "gate_history": [
                {"node_id": "node-a", "decision": f"{CANARY}-gate-history", "decided_at_ms": 1, "decided_by": None}
            ],
            "lifecycle_history": [],
        },
    }


def _with(run: Object, **members: Json) -> Object:
    return {**run, **members}


def _without(run: Object, name: str) -> Object:
    return {member: value for member, value in run.items() if member != name}


def _with_record(run: Object, record: Json) -> Object:
    return _with(run, checkpoint={**run["checkpoint"], "lifecycle_history": [record]})


REFUSED: Final[Mapping[str, Callable[[Object], Object]]] = {
    "an unknown status": lambda run: _with(run, status="sleeping"),
    "no run id": lambda run: _without(run, "run_id"),
    "a number as run id": lambda run: _with(run, run_id=7),
    "no checkpoint": lambda run: _without(run, "checkpoint"),
    "null for a list": lambda run: _with(run, active_session_ids=None),
    "a negative time": lambda run: _with(run, created_at_ms=-1),
    "a fraction as time": lambda run: _with(run, updated_at_ms=1.5),
    "a record without event": lambda run: _with_record(run, {"recorded_at_ms": 1}),
    "a record without time": lambda run: _with_record(run, {"event": "node_started"}),
    "an unknown stop kind": lambda run: _with_record(
        run, {"event": "node_started", "recorded_at_ms": 1, "stop_kind": "tired"}
    ),
    "null for the tenant": lambda run: _with(run, tenant_context=None),
}
"""Ways to spoil a run record."""
