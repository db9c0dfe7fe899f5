"""What sessions are made of: lifecycle records, states of a run, tenants and ids, the plainest first.

All numbers are ones that every driver with the capabilities at hand reads alike; those that some misread are asked for
by the input cases, under the requirement that says so. What is planted where nothing may be copied from is a canary
(see :func:`~lifecycle_conformance.model.canaries.canary`).
"""

from collections.abc import Sequence
from functools import cache
from typing import Final, TypeVar

from hypothesis import strategies as st

from lifecycle_conformance.execution.trace import Object
from lifecycle_conformance.model.canaries import canary
from lifecycle_conformance.specification.requirements import code_spans, tables
from lifecycle_projection.records import Json

_T = TypeVar("_T")
_Capabilities = frozenset[str]

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
_AWKWARD_NAMES: Final = (
    "", "Node_Started", "a.b_c-d", "node started", " node_started ", "/", "../x", "a/b\\c:d", "tab\tname",
    "größe", "😀", "größe 😀", "\u2028\x1c", "\x00\x1f\x7f", "\uffff", '"quoted"', "event", "run_execution_claimed ",
    "n" * 60, "é" * 30,
)  # fmt: skip
TEXTS: Final = ("node-a", "b", "", " node-a ", " ", "\x1cnode-a", "\x85node-a\u3000", "\u200bb", "ü 😀", '"\\\n')
_NODES: Final = ("node-a", "node-b", "c", "", " node-a ", "größe", "b😀", "b\uffff", "a/b", "\u2028", '"\\\n')
_WAITS: Final = (
    "timer", "webhook", "approval", "external_condition", "retry_backoff", " webhook ", "\u3000timer\x85",
    "\x1ctimer", "Timer", "waiting", "", " ",
)  # fmt: skip
STOP_KINDS: Final = (
    "cancelled", "operator_stopped", "guardrail_stopped", "panic", "shutdown", "server_restart", "stale_reaped",
)  # fmt: skip
LATEST_MS: Final = 60
"""Sessions are short: their times lie between 1 and this, so that records meet and cutoffs fall among them."""

times = st.integers(1, LATEST_MS)
texts = st.sampled_from(TEXTS)

# --- values -----------------------------------------------------------------------------------------------------------


def numbers(capabilities: _Capabilities) -> st.SearchStrategy[Json]:
    """Give numbers that a driver with these capabilities can be sent, whether it reads all doubles exactly or not.

    Doubles have at most 15 significant digits and exponents within ±22; the literal `-0` doesn't occur.
    """
    return st.sampled_from(_numbers(capabilities))


def _numbers(capabilities: _Capabilities) -> list[Json]:
    told_apart: list[Json] = [1.0, 0.0, -0.0, 2**64 - 1, -(2**63), 1e15, 1e16, -1e16, 1e21, 1.5e22]
    return [
        *(0, 1, -1, 7, 60, 2**53 - 1, -(2**53) + 1),
        *(0.5, -2.25, 0.1, 3.14159, 0.00001, 1.25e-6, 1e-7, 5e-22, 123456.789, 0.123456789012345, 99999999999999.5),
        *(told_apart if "json-numbers" in capabilities else []),
    ]


def _unsigned(capabilities: _Capabilities) -> st.SearchStrategy[int]:
    """Give values of the type u64."""
    largest = [2**64 - 1] if "json-numbers" in capabilities else []
    return st.sampled_from([0, 1, 7, LATEST_MS, 1_700_000_000_000, 2**53 - 1, *largest])


@cache
def values(capabilities: _Capabilities) -> st.SearchStrategy[Json]:
    """Give any JSON value, small."""
    scalars = st.sampled_from([None, True, False, *TEXTS, *_numbers(capabilities)])
    names = st.sampled_from((*TEXTS, "z", "é", "\uffff", "😀"))
    inner = scalars | st.lists(scalars, max_size=2) | _objects(st.tuples(names, scalars), most=2)
    return scalars | st.lists(inner, max_size=3) | _objects(st.tuples(names, inner), most=3)


def _objects(members: st.SearchStrategy[tuple[str, _T]], *, most: int) -> st.SearchStrategy[dict[str, _T]]:
    """Give objects of some members, of which the last of a name counts: far cheaper than names without repetition."""
    return st.lists(members, max_size=most).map(dict)


def _member(name: str, values_: st.SearchStrategy[Json]) -> st.SearchStrategy[tuple[str, Json]]:
    return values_.map(lambda value: (name, value))


def _nullable(strategy: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    return st.none() | strategy


def _typed(
    table: str,
    required: dict[str, st.SearchStrategy[Json]],
    optional: dict[str, st.SearchStrategy[Json]],
    often: str | None = None,
) -> st.SearchStrategy[Object]:
    """Give a record of a table of chapter 2, at times with an unknown member, and with one of the optional ones often.

    Which optional members there are is drawn one by one: far cheaper than asking of each whether it is there.
    """
    known = {code_spans(row["member"])[0] for row in tables()[table]}
    assert required.keys() | optional.keys() == known, table
    unknown = _member("unheard_of", st.sampled_from([canary("unknown"), {"nested": canary("unknown")}]))
    few = [_member(name, strategy) for name, strategy in optional.items() if name != often]
    parts = [st.fixed_dictionaries(required), _objects(st.one_of(*few, unknown), most=len(few) + 1)]
    if often is not None:
        there = [optional[often].map(lambda value: {often: value}) for _ in range(3)]
        parts.append(st.one_of(st.just({}), *there))
    return st.tuples(*parts).map(lambda drawn: {name: value for part in drawn for name, value in part.items()})


# --- lifecycle records ------------------------------------------------------------------------------------------------


@cache
def metadata(capabilities: _Capabilities) -> st.SearchStrategy[Json]:
    """Give metadata of a lifecycle record: mostly known members, at times of a wrong type."""
    wrong: list[Json] = [7, None, [], {}, True]
    ids = st.sampled_from([*TEXTS, *wrong])
    claim = st.sampled_from([*({"claim_id": text} for text in TEXTS), {}, {"claim_id": 7}, "claim-1", None])
    known = [
        *(_member(name, ids) for name in ("node_id", "session_id", "wait_id", "delivery_id", "handoff_id")),
        _member("wait_kind", st.sampled_from([*_WAITS, *wrong])),
        _member("claim", claim),
        _member("effective_execution_profile", st.sampled_from(["strict", {"mode": "strict"}])),
        st.tuples(st.sampled_from(["extra", "😀", "\uffff", "", "Node_id"]), values(capabilities)),
    ]
    objects = [_objects(st.one_of(*known), most=5) for _ in range(4)]
    return st.one_of(st.none(), *objects, values(capabilities))


@cache
def lifecycle_records(capabilities: _Capabilities) -> st.SearchStrategy[Object]:
    """Give a lifecycle record; members that may be absent are left out, null or there."""
    return _typed(
        "lifecycle_record",
        {"event": st.sampled_from(NAMES + _AWKWARD_NAMES), "recorded_at_ms": times},
        {
            "metadata": metadata(capabilities),
            "reason": _nullable(texts),
            "stop_kind": _nullable(st.sampled_from(STOP_KINDS)),
        },
        often="metadata",
    )


# --- the state of a run -----------------------------------------------------------------------------------------------


@cache
def states(capabilities: _Capabilities) -> st.SearchStrategy[Object]:
    """Give some changes to a run record: members of it, and of its `checkpoint`, that take the place of what is there.

    All members may be among them but those that say whose run it is, its status and its history. See :func:`changed`.
    """
    gate: st.SearchStrategy[Json] = _gates(capabilities)
    changes = [
        *(_member(name, strategy) for name, strategy in _run_members(capabilities).items()),
        *(_of_checkpoint(name, strategy) for name, strategy in _checkpoint_members(capabilities).items()),
        *(_of_checkpoint("awaiting_gate", gate) for _ in range(3)),  # there is much to it
    ]
    return st.lists(st.one_of(*changes), min_size=1, max_size=12).map(_merged)


def _of_checkpoint(name: str, strategy: st.SearchStrategy[Json]) -> st.SearchStrategy[tuple[str, Json]]:
    return _member("checkpoint", st.tuples(st.just(name), strategy))


def _merged(changes: Sequence[tuple[str, Json]]) -> Object:
    state = {name: value for name, value in changes if name != "checkpoint"}
    checkpoint = dict(value for name, value in changes if name == "checkpoint")
    return {**state, "checkpoint": checkpoint} if checkpoint else state


def changed(run: Object, state: Object) -> Object:
    """Give a run record with a state from :func:`states` merged into it."""
    return {**run, **state, "checkpoint": {**run["checkpoint"], **state.get("checkpoint", {})}}


def _run_members(capabilities: _Capabilities) -> dict[str, st.SearchStrategy[Json]]:
    unsigned, said = _unsigned(capabilities), _nullable(texts)
    ids = st.lists(st.sampled_from(("session-1", "session-2", "b", "", "ü 😀")), max_size=4)
    claim = dict.fromkeys(("claim_id", "claimant_id"), texts)
    lease = dict.fromkeys(("claimed_at_ms", "lease_expires_at_ms", "lease_epoch"), unsigned)
    return {
        "trigger_type": st.sampled_from(("manual", "schedule", "", "ü 😀")),
        "created_at_ms": unsigned,
        "updated_at_ms": unsigned,
        "started_at_ms": _nullable(unsigned),
        "finished_at_ms": _nullable(unsigned),
        "active_session_ids": ids,
        "active_instance_ids": ids,
        "latest_session_id": said,
        "automation_snapshot": _nullable(_definitions(capabilities)),
        "workflow_definition_version": _nullable(st.sampled_from(("7", "", " v2 ", "plan:p:rev:1"))),
        "workflow_definition_snapshot_hash": _nullable(st.sampled_from((f"sha256:{'0' * 64}", "", "recorded"))),
        "execution_claim": _nullable(_typed("claim", claim | lease, {})),
        "execution_claim_epoch": unsigned,
        "stop_kind": _nullable(st.sampled_from(STOP_KINDS)),
        **dict.fromkeys(("pause_reason", "resume_reason", "stop_reason", "detail", "trigger_reason"), said),
        "consumed_handoff_id": said,
        "cost": st.sampled_from([canary("unknown"), {"total": [canary("unknown")]}]),
    }


def _checkpoint_members(capabilities: _Capabilities) -> dict[str, st.SearchStrategy[Json]]:
    nodes = st.sampled_from(_NODES)
    lists = st.lists(nodes, max_size=4)
    verdicts = st.lists(_planted("verdicts"), max_size=4)
    attempts = st.sampled_from([0, 1, 2, 7, 2**32 - 1])
    failure = {"node_id": nodes, "reason": texts, "failed_at_ms": _unsigned(capabilities)}
    details = {"failure_kind": _nullable(texts), "metadata": values(capabilities)}
    return {
        "completed_nodes": lists,
        "pending_nodes": lists,
        "blocked_nodes": lists,
        "node_attempts": _objects(st.tuples(nodes, attempts), most=3),
        "node_outputs": _objects(st.tuples(nodes, _planted("outputs")), most=5),
        "node_attempt_verdicts": _objects(st.tuples(nodes, verdicts), most=5),
        "awaiting_gate": _nullable(_gates(capabilities)),
        "gate_history": st.lists(_decisions(capabilities), max_size=4),
        "last_failure": _nullable(_typed("failure", failure, details)),
        "scheduler": st.sampled_from([{"queue": canary("unknown")}, canary("unknown")]),
    }


def _planted(place: str) -> st.SearchStrategy[Json]:
    """Give a value that must not be copied, mostly a canary."""
    word = canary(place)
    return st.sampled_from([word, {"text": word}, [word, 1], {word: None}, f" {word}", None, 7, {}])


@cache
def _gates(capabilities: _Capabilities) -> st.SearchStrategy[Object]:
    nodes = st.lists(st.sampled_from(_NODES), max_size=3)
    lapses = _nullable(_unsigned(capabilities))
    policy = {
        "expires_after_ms": lapses,
        "on_expiry": _nullable(st.sampled_from(("cancel", "escalate", "remind", "resume"))),
        "escalate_to": _nullable(texts),
        "remind_every_ms": lapses,
    }
    return _typed(
        "gate",
        {
            "node_id": texts,
            "title": texts,
            "requested_at_ms": times,
            "instructions": st.sampled_from([canary("gate"), None]),
            "metadata": st.sampled_from([{"secret": canary("gate")}, canary("gate"), [canary("gate")], None]),
        },
        {
            "decisions": st.lists(st.sampled_from(("approve", "deny", "")), max_size=3),
            "rework_targets": nodes,
            "upstream_node_ids": nodes,
            "expiry_policy": st.one_of(st.none(), *(_typed("expiry_policy", {}, policy) for _ in range(3))),
        },
        often="expiry_policy",
    )


gates: Final = _gates(frozenset())
"""Gates that any driver can be sent."""


def _decisions(capabilities: _Capabilities) -> st.SearchStrategy[Object]:
    """Give a decision at a gate: nothing of it may be copied."""
    word = st.just(canary("decisions"))
    actor = _typed(
        "actor",
        {"kind": st.sampled_from(("human", "agent", "system"))},
        {"actor_id": _nullable(word), "source": _nullable(word)},
    )
    return _typed(
        "gate_decision",
        {"node_id": texts, "decision": word, "decided_at_ms": _unsigned(capabilities)},
        {"reason": _nullable(word), "decided_by": _nullable(actor), "metadata": _planted("decisions")},
    )


# --- definitions ------------------------------------------------------------------------------------------------------

_RESOURCE: Final[Object] = {
    "organization_id": "org-a",
    "workspace_id": "ws-a",
    "resource_kind": "project",
    "resource_id": "p-1",
}
_FIELDS: Final[tuple[tuple[str, Json], ...]] = (
    ("owning_org_unit_id", "sales"), ("owning_org_unit_id", " ÄRZTE "), ("owningOrgUnitId", 7),
    ("owning_org_unit_id", ""), ("owning_org_unit_id", ["sales"]),
    ("owner_principal", {"kind": "human_user", "id": "u-1"}),
    ("ownerPrincipal", {"kind": "automation", "id": "", "issuer": None, "subject": "s", "x": 1}),
    ("owner_principal", {"kind": "king", "id": "u-1"}), ("owner_principal", "u-1"),
    ("resource_scope", {"root": _RESOURCE}),
    ("resourceScope", {"root": {**_RESOURCE, "parent_path": [{"kind": "run", "id": "r", "name": None}]},
                       "allowed_resources": [_RESOURCE], "denied_resources": [], "max_depth": 3}),
    ("resource_scope", {"root": _RESOURCE, "max_depth": -1}), ("resource_scope", {}),
    ("data_classes", ["restricted", "internal", "restricted"]), ("dataClasses", []), ("data_classes", ["secret"]),
    ("data_class", "public"), ("dataClass", "customer_data"), ("data_class", "Public"),
    ("risk_tier", "external_send"), ("riskTier", "internal_write"), ("risk_tier", 1),
    ("policy_version_id", " 3 "), ("policyVersionId", 4), ("policy_version", "p-5"), ("policyVersion", -1),
    ("delegation_grant_ids", ["grant-2", " grant-1 ", "", "grant-2"]), ("delegationGrantIds", []),
    ("delegation_grant_ids", ["grant-1", 2]), ("unheard_of", "x"),
)  # fmt: skip
"""Fields of enterprise scopes in several spellings, and what does not parse as one."""
_VERSIONS: Final[tuple[tuple[str, Json], ...]] = (
    ("definition_version", "3"), ("definition_version", " "), ("workflow_definition_version", 7),
    ("automation_version", True), ("version", " v1 "), ("version", 1.5), ("source_pack_version", []),
    ("plan_package_bundle", {"plan": {"plan_id": "p", "plan_revision": 2}}), ("plan_package_bundle", {"plan": 7}),
    ("approved_plan_materialization", {"plan_id": 8, "plan_revision": 0}),
    ("approved_plan_materialization", {"plan_id": "p", "plan_revision": "2"}),
)  # fmt: skip
"""Where the version of a definition is looked for, and what is none."""


def _definitions(capabilities: _Capabilities) -> st.SearchStrategy[Object]:
    """Give automation snapshots with scopes from several sources, with versions and plans, or with nothing to read."""
    names = st.sampled_from(("enterprise_scope", "resource_access", "automation_webhook"))
    scope: st.SearchStrategy[Json] = _objects(st.sampled_from(_FIELDS), most=4) | st.sampled_from([None, "sales", []])
    members = st.tuples(names, scope) | st.tuples(names, scope) | st.sampled_from(_VERSIONS)
    found = _objects(members, most=5) | values(capabilities)
    return _typed("automation_snapshot", {"automation_id": st.sampled_from(_AUTOMATIONS)}, {"metadata": found})


# --- runs and whose they are ------------------------------------------------------------------------------------------

_AUTOMATIONS: Final = ("automation-1", "automation-2", "a/b", "a: b", "größe 😀", "..", "")
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


def tenants(_: _Capabilities = frozenset()) -> st.SearchStrategy[Object]:
    """Give tenants, some of which see the same: those that differ in actor, source or unknown members only."""
    return st.sampled_from(_TENANTS)


def run_ids() -> st.SearchStrategy[str]:
    """Give ids of runs."""
    return st.sampled_from(("run-1", "run-2", "run/1", "run:1", "run 1", " run-1 ", "é", "😀", "..", "run-1-0", ""))


def automation_ids() -> st.SearchStrategy[str]:
    """Give ids of automations."""
    return st.sampled_from(_AUTOMATIONS)


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
    """Give one of some options, each as often as the others: Hypothesis by itself likes to repeat what it drew."""
    return st.randoms(use_true_random=True).map(lambda random: random.choice(options))
