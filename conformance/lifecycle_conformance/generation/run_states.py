"""The state of a run: what a run record holds beside its history, the definition of its automation included."""

from collections.abc import Sequence
from functools import cache
from typing import Final

from hypothesis import strategies as st

from lifecycle_conformance.execution.trace import Object
from lifecycle_conformance.generation.alphabets import AUTOMATION_IDS, NODE_IDS, SESSION_IDS, TRIGGERS
from lifecycle_conformance.generation.strategies import (
    STOP_KINDS,
    Capabilities,
    member,
    nullable,
    objects_of,
    record_of,
    texts,
    times,
    unsigned,
    values,
)
from lifecycle_conformance.model.canaries import canary
from lifecycle_projection.records import Json

_GATE_NODES: Final = ("", "node-a", " node-b ", " ")


_DECISION: Final[Object] = {"node_id": "node-a", "decision": canary("decisions"), "decided_at_ms": 1}
_FAILURE: Final[Object] = {"node_id": "node-a", "reason": "", "failed_at_ms": 0, "unheard_of": canary("unknown")}
TELLING_STATES: Final[tuple[Object, ...]] = (
    {
        "detail": "tired",
        "checkpoint": {
            "awaiting_gate": {"node_id": "node-g", "title": "", "requested_at_ms": 1},
            "gate_history": [_DECISION, {**_DECISION, "decided_at_ms": 2}],
            "node_attempts": {"node-a": 0, "b": 2},
            "last_failure": {**_FAILURE, "metadata": {}},
        },
    },
    {"checkpoint": {"last_failure": {**_FAILURE, "metadata": {"a": None, "b": [{"c": None}]}}}},
)
"""Changes to a run record that show much of a summary at once: what is empty, 0, `null`, there twice or unknown."""
_ALIKE: Final[Object] = {"event": "node_started", "recorded_at_ms": 5}
TELLING_RECORDS: Final[tuple[Object, ...]] = (
    {**_ALIKE, "metadata": {"node_id": " ", "n": 1}},
    {**_ALIKE, "metadata": {"node_id": " ", "n": True}},
    {**_ALIKE, "metadata": {"node_id": "node-a"}},
)
"""Records of one name and time, of which no two are identical; some have a node of their own, beside that of a gate."""


@cache
def states(capabilities: Capabilities) -> st.SearchStrategy[Object]:
    """Some changes to a run record: members of it, and of its `checkpoint`, that replace what is there.

    All members may be among them but those that say whose run it is, its status and its history. See :func:`changed`.
    """
    gate: st.SearchStrategy[Json] = _gates(capabilities)
    changes = [
        *(member(name, strategy) for name, strategy in _run_members(capabilities).items()),
        *(_of_checkpoint(name, strategy) for name, strategy in _checkpoint_members(capabilities).items()),
        *(_of_checkpoint("awaiting_gate", gate) for _ in range(3)),  # often, as it has many members
    ]
    return st.lists(st.one_of(*changes), min_size=1, max_size=12).map(_merged)


@cache
def whole_states(capabilities: Capabilities) -> st.SearchStrategy[Object]:
    """All members of a run record that :func:`states` may change, each at times `null`, and a gate with a policy."""
    policies: st.SearchStrategy[Json] = st.just({}) | st.fixed_dictionaries(_policy_members(capabilities))
    changes = st.fixed_dictionaries({"node_id": st.sampled_from(_GATE_NODES), "expiry_policy": policies})
    gates = st.tuples(_gates(capabilities), changes).map(lambda drawn: drawn[0] | drawn[1])
    outputs = objects_of(st.tuples(st.sampled_from(NODE_IDS), _planted("outputs")), most=12)
    checkpoint = {**_checkpoint_members(capabilities), "awaiting_gate": gates, "node_outputs": outputs}
    return st.fixed_dictionaries({**_run_members(capabilities), "checkpoint": st.fixed_dictionaries(checkpoint)})


def _of_checkpoint(name: str, strategy: st.SearchStrategy[Json]) -> st.SearchStrategy[tuple[str, Json]]:
    return member("checkpoint", st.tuples(st.just(name), strategy))


def _merged(changes: Sequence[tuple[str, Json]]) -> Object:
    state = {name: value for name, value in changes if name != "checkpoint"}
    checkpoint = dict(value for name, value in changes if name == "checkpoint")
    return {**state, "checkpoint": checkpoint} if checkpoint else state


def _run_members(capabilities: Capabilities) -> dict[str, st.SearchStrategy[Json]]:
    u64, said = unsigned(capabilities), nullable(texts)
    ids = st.lists(st.sampled_from(SESSION_IDS), max_size=4)
    claim = dict.fromkeys(("claim_id", "claimant_id"), texts)
    lease = dict.fromkeys(("claimed_at_ms", "lease_expires_at_ms", "lease_epoch"), u64)
    return {
        "trigger_type": st.sampled_from(TRIGGERS),
        "created_at_ms": u64,
        "updated_at_ms": u64,
        "started_at_ms": nullable(u64),
        "finished_at_ms": nullable(u64),
        "active_session_ids": ids,
        "active_instance_ids": ids,
        "latest_session_id": said,
        "automation_snapshot": nullable(_definitions(capabilities)),
        "workflow_definition_version": nullable(st.sampled_from(("7", "", " v2 ", "plan:p:rev:1"))),
        "workflow_definition_snapshot_hash": nullable(st.sampled_from((f"sha256:{'0' * 64}", "", "recorded"))),
        "execution_claim": nullable(record_of("claim", claim | lease, {})),
        "execution_claim_epoch": u64,
        "stop_kind": nullable(st.sampled_from(STOP_KINDS)),
        **dict.fromkeys(("pause_reason", "resume_reason", "stop_reason", "detail", "trigger_reason"), said),
        "consumed_handoff_id": said,
        "cost": st.sampled_from([canary("unknown"), {"total": [canary("unknown")]}]),
    }


def _checkpoint_members(capabilities: Capabilities) -> dict[str, st.SearchStrategy[Json]]:
    nodes = st.sampled_from(NODE_IDS)
    lists = st.lists(nodes, max_size=4)
    verdicts = st.lists(_planted("verdicts"), max_size=4)
    attempts = st.sampled_from([0, 1, 2, 7, 2**32 - 1])
    failure = {"node_id": nodes, "reason": texts, "failed_at_ms": unsigned(capabilities)}
    details = {"failure_kind": nullable(texts), "metadata": nullable(values(capabilities))}
    return {
        "completed_nodes": lists,
        "pending_nodes": lists,
        "blocked_nodes": lists,
        "node_attempts": objects_of(st.tuples(nodes, attempts), most=3),
        "node_outputs": objects_of(st.tuples(nodes, _planted("outputs")), most=5),
        "node_attempt_verdicts": objects_of(st.tuples(nodes, verdicts), most=5),
        "awaiting_gate": nullable(_gates(capabilities)),
        "gate_history": st.lists(_decisions(capabilities), max_size=4),
        "last_failure": nullable(record_of("failure", failure, details)),
        "scheduler": st.sampled_from([{"queue": canary("unknown")}, canary("unknown")]),
    }


def _planted(place: str) -> st.SearchStrategy[Json]:
    """A value that must not be copied, mostly a canary."""
    word = canary(place)
    return st.sampled_from([word, {"text": word}, [word, 1], {word: None}, f" {word}", None, 7, {}])


@cache
def _gates(capabilities: Capabilities) -> st.SearchStrategy[Object]:
    nodes = st.lists(st.sampled_from(NODE_IDS), max_size=3)
    policy = _policy_members(capabilities)
    return record_of(
        "gate",
        {
            "node_id": texts,
            "title": texts | st.just(""),
            "requested_at_ms": times,
            "instructions": st.sampled_from([canary("gate"), None]),
            "metadata": st.sampled_from([{"secret": canary("gate")}, canary("gate"), [canary("gate")], None]),
        },
        {
            "decisions": st.lists(st.sampled_from(("approve", "deny", "")), max_size=3),
            "rework_targets": nodes,
            "upstream_node_ids": nodes,
            "expiry_policy": st.one_of(st.none(), *(record_of("expiry_policy", {}, policy) for _ in range(3))),
        },
        often="expiry_policy",
    )


def _policy_members(capabilities: Capabilities) -> dict[str, st.SearchStrategy[Json]]:
    lapses = nullable(unsigned(capabilities))
    return {
        "expires_after_ms": lapses,
        "on_expiry": nullable(st.sampled_from(("cancel", "escalate", "remind", "resume"))),
        "escalate_to": nullable(texts),
        "remind_every_ms": lapses,
    }


gates: Final = _gates(frozenset())
"""Gates that any driver can be sent."""


def _decisions(capabilities: Capabilities) -> st.SearchStrategy[Object]:
    """A decision at a gate: nothing of it may be copied."""
    word = st.just(canary("decisions"))
    actor = record_of(
        "actor",
        {"kind": st.sampled_from(("human", "agent", "system"))},
        {"actor_id": nullable(word), "source": nullable(word)},
    )
    return record_of(
        "gate_decision",
        {"node_id": texts, "decision": word, "decided_at_ms": unsigned(capabilities)},
        {"reason": nullable(word), "decided_by": nullable(actor), "metadata": _planted("decisions")},
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
    ("policy_version_id", 0),
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


def _definitions(capabilities: Capabilities) -> st.SearchStrategy[Object]:
    """Automation snapshots with scopes from several sources, with versions and plans, or with nothing to read."""
    names = st.sampled_from(("enterprise_scope", "resource_access", "automation_webhook"))
    scope: st.SearchStrategy[Json] = objects_of(st.sampled_from(_FIELDS), most=4) | st.sampled_from([None, "sales", []])
    members = st.tuples(names, scope) | st.tuples(names, scope) | st.sampled_from(_VERSIONS)
    found = objects_of(members, most=5) | values(capabilities)
    return record_of("automation_snapshot", {"automation_id": st.sampled_from(AUTOMATION_IDS)}, {"metadata": found})
