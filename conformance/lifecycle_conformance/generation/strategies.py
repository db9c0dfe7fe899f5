"""What sessions are made of: JSON values, lifecycle records, runs, tenants and ids, the plainest first.

Every driver with the capabilities at hand reads all these numbers alike; the input cases ask for those that some
misread, under the requirement that says so. What is planted where nothing may be copied from is a canary
(see :func:`~lifecycle_conformance.model.canaries.canary`).
"""

from collections.abc import Sequence
from functools import cache
from typing import Final, TypeVar

from hypothesis import strategies as st

from lifecycle_conformance.execution.trace import Object
from lifecycle_conformance.generation.alphabets import (
    AUTOMATION_IDS,
    EVENT_NAMES,
    MEMBER_NAMES,
    NUMBERS,
    NUMBERS_TOLD_APART,
    RUN_IDS,
    TEXTS,
    UNKNOWN_NAMES,
    UNSIGNED,
    UNSIGNED_TOLD_APART,
    WAITS,
)
from lifecycle_conformance.model.canaries import canary
from lifecycle_conformance.specification.requirements import code_spans, tables
from lifecycle_projection.records import Json

_T = TypeVar("_T")
Capabilities = frozenset[str]

STATUSES: Final = (
    "running", "queued", "paused", "awaiting_approval", "completed", "failed", "cancelled", "blocked", "pausing",
)  # fmt: skip
NAMES: Final = (
    "node_started", "node_completed", "node_retry_backoff_scheduled", "run_execution_claimed",
    "run_execution_claim_expired_requeued", "run_paused", "run_pause_requested", "run_resumed", "run_auto_resumed",
    "run_cancelled", "run_stopped", "run_failed_panic", "run_failed_server_restart", "run_interrupted_shutdown",
    "node_completed_with_warnings", "node_failed", "node_blocked", "node_recovered", "node_repair_requested",
    "node_verify_failed", "node_skipped_no_work", "node_approval_rollback", "wait_node_registered",
    "stateful_wait_woken_requeued", "approval_gate_expired", "approval_gate_escalated", "approval_gate_reminder_due",
    "artifact_accepted", "artifact_rejected", "verification_started", "verification_passed", "verification_failed",
    "repair_started", "repair_exhausted", "workflow_state_changed", "milestone_promoted", "phase_opened",
)  # fmt: skip
"""Names of lifecycle events as production writes them, those with a rule of their own among the first."""
STOP_KINDS: Final = (
    "cancelled", "operator_stopped", "guardrail_stopped", "panic", "shutdown", "server_restart", "stale_reaped",
)  # fmt: skip
LATEST_MS: Final = 60
"""Sessions are short: their times lie between 1 and this, so that records meet and cutoffs fall among them."""

times = st.integers(1, LATEST_MS)
texts = st.sampled_from(TEXTS)

# --- values -----------------------------------------------------------------------------------------------------------


def numbers(capabilities: Capabilities) -> st.SearchStrategy[Json]:
    """Numbers that a driver with these capabilities can be sent, whether it reads all doubles exactly or not.

    Doubles have at most 15 significant digits and exponents within ±22; the literal `-0` doesn't occur.
    """
    return st.sampled_from(_numbers(capabilities))


def _numbers(capabilities: Capabilities) -> list[Json]:
    return [*NUMBERS, *(NUMBERS_TOLD_APART if "json-numbers" in capabilities else ())]


def unsigned(capabilities: Capabilities) -> st.SearchStrategy[int]:
    """Values of the type u64."""
    more = UNSIGNED_TOLD_APART if "json-numbers" in capabilities else ()
    return st.sampled_from([*UNSIGNED, 1, 7, LATEST_MS, 1_700_000_000_000, 2**53 - 1, *more])


@cache
def values(capabilities: Capabilities) -> st.SearchStrategy[Json]:
    """Any JSON value, small."""
    scalars = texts | numbers(capabilities) | st.sampled_from([None, True, False])
    names = st.sampled_from(MEMBER_NAMES)
    inner = scalars | st.lists(scalars, max_size=2) | objects_of(st.tuples(names, scalars), most=2)
    return scalars | st.lists(inner, max_size=3) | objects_of(st.tuples(names, inner), most=3)


def objects_of(members: st.SearchStrategy[tuple[str, _T]], *, most: int) -> st.SearchStrategy[dict[str, _T]]:
    """Objects of some members, of which the last of a name counts: far cheaper than names without repetition."""
    return st.lists(members, max_size=most).map(dict)


def member(name: str, values_: st.SearchStrategy[Json]) -> st.SearchStrategy[tuple[str, Json]]:
    """A member of an object, with one of these values."""
    return values_.map(lambda value: (name, value))


def nullable(strategy: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    """One of these values, or `null`."""
    return st.none() | strategy


def record_of(
    table: str,
    required: dict[str, st.SearchStrategy[Json]],
    optional: dict[str, st.SearchStrategy[Json]],
    often: str | None = None,
) -> st.SearchStrategy[Object]:
    """A record of a table of chapter 2, at times with an unknown member, and with one of the optional ones often.

    Which optional members there are is drawn one by one: far cheaper than asking of each whether it is there.
    """
    known = {code_spans(row["member"])[0] for row in tables()[table]}
    assert required.keys() | optional.keys() == known, table
    unknown = member("unheard_of", st.sampled_from([canary("unknown"), {"nested": canary("unknown")}]))
    few = [member(name, strategy) for name, strategy in optional.items() if name != often]
    parts = [st.fixed_dictionaries(required), objects_of(st.one_of(*few, unknown), most=len(few) + 1)]
    if often is not None:
        there = [optional[often].map(lambda value: {often: value}) for _ in range(3)]
        parts.append(st.one_of(st.just({}), *there))
    return st.tuples(*parts).map(lambda drawn: {name: value for part in drawn for name, value in part.items()})


# --- lifecycle records ------------------------------------------------------------------------------------------------


@cache
def metadata(capabilities: Capabilities) -> st.SearchStrategy[Json]:
    """Metadata of a lifecycle record: mostly known members, at times of a wrong type."""
    objects = [objects_of(st.one_of(*_known_metadata(capabilities)), most=5) for _ in range(4)]
    return st.one_of(st.none(), *objects, values(capabilities))


def _known_metadata(capabilities: Capabilities) -> list[st.SearchStrategy[tuple[str, Json]]]:
    wrong: list[Json] = [7, None, [], {}, True]
    no_text = st.sampled_from(wrong)
    ids = texts | texts | no_text
    claims = texts.map(lambda text: {"claim_id": text})
    claim = claims | claims | st.sampled_from([{}, {"claim_id": 7}, "claim-1", None])
    return [
        *(member(name, ids) for name in ("node_id", "session_id", "wait_id", "delivery_id", "handoff_id")),
        member("wait_kind", st.sampled_from(WAITS) | st.sampled_from(WAITS) | no_text),
        member("claim", claim),
        member("effective_execution_profile", st.sampled_from(["strict", {"mode": "strict"}])),
        st.tuples(st.sampled_from(UNKNOWN_NAMES), values(capabilities)),
    ]


@cache
def lifecycle_records(capabilities: Capabilities) -> st.SearchStrategy[Object]:
    """A lifecycle record; members that may be absent are left out, null or there."""
    return record_of(
        "lifecycle_record",
        {"event": st.sampled_from(NAMES + EVENT_NAMES), "recorded_at_ms": times},
        {
            "metadata": metadata(capabilities),
            "reason": nullable(texts),
            "stop_kind": nullable(st.sampled_from(STOP_KINDS)),
        },
        often="metadata",
    )


@cache
def telling_records(capabilities: Capabilities) -> st.SearchStrategy[Object]:
    """A lifecycle record whose metadata has many of the known members."""
    many = st.lists(st.one_of(*_known_metadata(capabilities)), min_size=2, max_size=8).map(dict)
    return st.tuples(lifecycle_records(capabilities), many).map(lambda drawn: {**drawn[0], "metadata": drawn[1]})


# --- runs and whose they are ------------------------------------------------------------------------------------------

_TENANTS: Final[tuple[Object, ...]] = (
    {"org_id": "org-a", "workspace_id": "ws-a", "source": "explicit"},
    {"org_id": "org-a", "workspace_id": "ws-a"},
    {"org_id": "org-a", "workspace_id": "ws-a", "deployment_id": None, "actor_id": "ada"},
    {"org_id": "org-a", "workspace_id": "ws-a", "actor_id": "", "source": "local_implicit"},
    {"org_id": "org-a", "workspace_id": "ws-a", "deployment_id": "eu-1", "source": "explicit"},
    {"org_id": "org-a", "workspace_id": "ws-a", "deployment_id": ""},
    {"org_id": "org-a", "workspace_id": "ws-a", "source": "explicit", "unheard_of": canary("unknown")},
    {"org_id": "org-a", "workspace_id": "ws-b", "actor_id": "ada"},
    {"org_id": "org-b", "workspace_id": "ws-a", "deployment_id": "eu-1"},
    {"org_id": "local", "workspace_id": "local"},
    {"org_id": "local", "workspace_id": "local", "deployment_id": "local", "source": "local_implicit"},
    {"org_id": "", "workspace_id": "größe 😀"},
)


_IDS: Final = ("org_id", "workspace_id", "deployment_id")


def _apart(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[Object, Object]:
    return dict(zip(_IDS, one, strict=False)), dict(zip(_IDS, other, strict=False))


ALIKE: Final[tuple[tuple[Object, Object], ...]] = (
    *(_apart(("a", f"b{by}c"), (f"a{by}b", "c")) for by in ("", "/", ":", "-", "_")),
    *(_apart((f"a{by}b", "c"), ("a", "b", "c")) for by in ("/", ":", "-")),
    *(_apart(("a", "b"), other) for other in (("A", "b"), ("a", "B"), ("a", "b "), ("b", "a"), ("a", "c"), ("c", "b"))),
    *(_apart(("a", "b", "c"), other) for other in (("a", "b", "C"), ("a", "b", "d"), ("a", "b", ""), ("a", "b"))),
    *(_apart(("a", "b"), ("a", "b", word)) for word in ("null", "None")),
    _apart(("\u00e9", "b"), ("e\u0301", "b")),
)
"""Pairs of tenants that don't see each other, and that some comparison takes for one."""
ENDING_IN_SPACES: Final[tuple[Object, ...]] = tuple(
    dict(zip(_IDS, ids, strict=True))
    for ids in (*(("a", "b", f"c{spaces}") for spaces in ("", " ", "  ")), ("a ", "b", "c"), ("a", "b ", "c"))
)
"""Tenants that differ in spaces at the end of one id, which a padded comparison overlooks."""


def tenants(_: Capabilities = frozenset()) -> st.SearchStrategy[Object]:
    """Tenants, some of which see the same: those that differ in actor, source or unknown members only."""
    return st.sampled_from(_TENANTS)


def run_ids() -> st.SearchStrategy[str]:
    """Ids of runs, some of which are no file names as they are."""
    return st.sampled_from(RUN_IDS)


def automation_ids() -> st.SearchStrategy[str]:
    """Ids of automations, some of which look like paths."""
    return st.sampled_from(AUTOMATION_IDS)


def changed(run: Object, state: Object) -> Object:
    """A run record with a state merged into it, as strategies of states draw one."""
    return {**run, **state, "checkpoint": {**run["checkpoint"], **state.get("checkpoint", {})}}


def run_record(run_id: str, tenant: Object, status: str, **state: Json) -> Object:
    """Write a run without history, with a canary wherever nothing may be copied from; `state` is merged into it."""
    run: Object = {
        "run_id": run_id,
        "automation_id": "automation-1",
        "tenant_context": tenant,
        "trigger_type": "manual",
        "status": status,
        "created_at_ms": 1,
        "updated_at_ms": 2,
        "cost": canary("unknown"),
        "checkpoint": {
            "completed_nodes": ["node-a"],
            "node_outputs": {"node-b": None, "node-a": canary("outputs")},
            "node_attempts": {"node-a": 2},
            "node_attempt_verdicts": {"node-a": [canary("verdicts"), 1], "b": []},
            "gate_history": [{"node_id": "node-a", "decision": canary("decisions"), "decided_at_ms": 1}],
            "lifecycle_history": [],
        },
    }
    return changed(run, state)


def evenly(options: Sequence[_T]) -> st.SearchStrategy[_T]:
    """One of some options, each as often as the others: Hypothesis by itself likes to repeat what it drew."""
    return st.randoms(use_true_random=True).map(lambda random: random.choice(options))


def several(options: Sequence[_T], count: int) -> st.SearchStrategy[list[_T]]:
    """Some of the options, each as often as the others and at any place."""
    return st.randoms(use_true_random=True).map(lambda random: random.sample(options, count))
