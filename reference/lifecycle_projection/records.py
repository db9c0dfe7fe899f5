"""The records that the projection reads and writes, as frozen values (chapter *Records*).

Members stand in the order in which they are written. They are of three sorts, told apart by their default: none =
required; `None` = optional, where `null` means absent; any other = defaulted, where `null` is refused. Times end in
`_ms`: Unix milliseconds. A :data:`Json` member holds any JSON value, as parsed.
"""

from typing import Annotated, Any, Final, TypeAlias

from attrs import Factory, field, frozen

from lifecycle_projection.words import (
    ActorKind,
    DataClass,
    OnExpiry,
    Phase,
    PrincipalKind,
    ResourceKind,
    RiskTier,
    RunStatus,
    SourceRecordKind,
    StatefulStatus,
    StopKind,
    TenantSource,
    WaitKind,
)

Json: TypeAlias = Any
"""Any JSON value: `None`, `bool`, `int`, `float`, `str`, `list`, or `dict` with string keys."""

U64 = Annotated[int, "an unsigned 64-bit integer"]
U32 = Annotated[int, "an unsigned 32-bit integer"]
TenantKey: TypeAlias = tuple[str, str, str | None]

ALWAYS_WRITTEN: Final = "always_written"
"""Key of field metadata: the member is written even when null or empty; other members are left out then."""

NULL_REFUSED: Final = "null_refused"
"""Key of field metadata: the member may be missing (`None` here), but `null` is refused."""


# --- the tenant and the scope -----------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Tenant:
    """Who a record belongs to. Only :attr:`key` decides who sees it (TENANT-1)."""

    org_id: str
    workspace_id: str
    deployment_id: str | None = None
    actor_id: str | None = None
    source: TenantSource = field(default=TenantSource.LOCAL_IMPLICIT, metadata={ALWAYS_WRITTEN: True})

    @property
    def key(self) -> TenantKey:
        """The three members that must be equal for one tenant to see what another wrote.

        (TENANT-1 to TENANT-3)
        """
        return self.org_id, self.workspace_id, self.deployment_id


LOCAL_TENANT = Tenant(org_id="local", workspace_id="local")
"""The local implicit tenant: the tenant of a run that names none (REC-12)."""


@frozen(kw_only=True)
class Principal:
    """Someone or something that owns or acts."""

    kind: PrincipalKind
    id: str
    tenant_actor_id: str | None = None
    issuer: str | None = None
    subject: str | None = None


@frozen(kw_only=True)
class PathSegment:
    """One step on the way to a resource."""

    kind: ResourceKind
    id: str
    name: str | None = None


@frozen(kw_only=True)
class Resource:
    """A resource and where it lies."""

    organization_id: str
    workspace_id: str
    project_id: str | None = None
    resource_kind: ResourceKind
    resource_id: str
    parent_path: tuple[PathSegment, ...] = ()
    branch_id: str | None = None
    path_prefix: str | None = None


@frozen(kw_only=True)
class ResourceScope:
    """A root resource with what is allowed and denied below it."""

    root: Resource
    allowed_resources: tuple[Resource, ...] = ()
    denied_resources: tuple[Resource, ...] = ()
    max_depth: U32 | None = None


@frozen(kw_only=True)
class Scope:
    """The tenant of a record and the enterprise scope that its definition gives (chapter *Scope and definition*)."""

    schema_version: U64 = field(default=1, metadata={ALWAYS_WRITTEN: True})
    tenant_context: Tenant
    owning_org_unit_id: str | None = None
    owner_principal: Principal | None = None
    resource_scope: ResourceScope | None = None
    data_classes: tuple[DataClass, ...] = ()
    risk_tier: RiskTier | None = None
    policy_version_id: str | None = None
    delegation_grant_ids: tuple[str, ...] = ()


# --- the run record ---------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class LifecycleRecord:
    """One thing that happened to a run. `event` is an open set of names: any string is legal."""

    event: str
    recorded_at_ms: U64
    reason: str | None = None
    stop_kind: StopKind | None = None
    metadata: Json = None


@frozen(kw_only=True)
class ExpiryPolicy:
    """What becomes of a gate that nobody answers."""

    expires_after_ms: U64 | None = None
    on_expiry: OnExpiry | None = None
    escalate_to: str | None = None
    remind_every_ms: U64 | None = None


@frozen(kw_only=True)
class Gate:
    """A decision that a run waits for."""

    node_id: str
    title: str
    instructions: str | None = None
    decisions: tuple[str, ...] = ()
    rework_targets: tuple[str, ...] = ()
    requested_at_ms: U64
    upstream_node_ids: tuple[str, ...] = ()
    metadata: Json = None
    expiry_policy: ExpiryPolicy | None = None


@frozen(kw_only=True)
class Actor:
    """Who decided."""

    kind: ActorKind
    actor_id: str | None = None
    source: str | None = None


@frozen(kw_only=True)
class GateDecision:
    """A decision that was made at a gate."""

    node_id: str
    decision: str
    reason: str | None = None
    decided_at_ms: U64
    decided_by: Actor | None = None
    metadata: Json = None


@frozen(kw_only=True)
class Failure:
    """The last failure of a run."""

    node_id: str
    reason: str
    failed_at_ms: U64
    failure_kind: str | None = None
    metadata: Json = None


@frozen(kw_only=True)
class Claim:
    """Who executes a run, and for how long."""

    claim_id: str
    claimant_id: str
    claimed_at_ms: U64
    lease_expires_at_ms: U64
    lease_epoch: U64


@frozen(kw_only=True)
class Checkpoint:
    """How far a run has come."""

    completed_nodes: tuple[str, ...] = ()
    pending_nodes: tuple[str, ...] = ()
    blocked_nodes: tuple[str, ...] = ()
    node_outputs: dict[str, Json] = Factory(dict)
    node_attempts: dict[str, U32] = Factory(dict)
    node_attempt_verdicts: dict[str, tuple[Json, ...]] = Factory(dict)
    awaiting_gate: Gate | None = None
    gate_history: tuple[GateDecision, ...] = ()
    lifecycle_history: tuple[LifecycleRecord, ...] = ()
    last_failure: Failure | None = None


@frozen(kw_only=True)
class AutomationSnapshot:
    """The definition that a run was started from, read for scope and definition.

    `document` is the whole of it, unknown members included, in the order of the text: it is hashed like that (DEF-2).
    """

    automation_id: str
    metadata: Json = None
    document: dict[str, Json] = Factory(dict)


@frozen(kw_only=True)
class Run:
    """A run record: the input of the projection (REC-1)."""

    run_id: str
    automation_id: str
    tenant_context: Tenant = LOCAL_TENANT
    trigger_type: str
    status: RunStatus
    created_at_ms: U64
    updated_at_ms: U64
    started_at_ms: U64 | None = None
    finished_at_ms: U64 | None = None
    active_session_ids: tuple[str, ...] = ()
    latest_session_id: str | None = None
    active_instance_ids: tuple[str, ...] = ()
    checkpoint: Checkpoint
    automation_snapshot: AutomationSnapshot | None = None
    workflow_definition_version: str | None = None
    workflow_definition_snapshot_hash: str | None = None
    execution_claim: Claim | None = None
    execution_claim_epoch: U64 = 0
    pause_reason: str | None = None
    resume_reason: str | None = None
    detail: str | None = None
    stop_kind: StopKind | None = None
    stop_reason: str | None = None
    trigger_reason: str | None = None
    consumed_handoff_id: str | None = None


# --- what is stored ---------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class PhaseEntry:
    """One phase that a run was seen in (no `from_phase`) or moved to."""

    schema_version: U64 = field(default=1, metadata={ALWAYS_WRITTEN: True})
    event_id: str
    from_phase: Phase | None = None
    to_phase: Phase
    event_type: str
    occurred_at_ms: U64
    phase_id: str | None = None
    reason: str | None = None


@frozen(kw_only=True)
class Event:
    """One line of the event log."""

    schema_version: U64 = field(default=1, metadata={ALWAYS_WRITTEN: True})
    event_id: str
    run_id: str
    seq: U64
    event_type: str
    occurred_at_ms: U64
    scope: Scope
    actor: Principal | None = None
    phase_id: str | None = None
    phase_transition: PhaseEntry | None = None
    wait_kind: WaitKind | None = None
    causation_id: str | None = None
    correlation_id: str | None = None
    payload: Json = field(default=None, metadata={ALWAYS_WRITTEN: True})


@frozen(kw_only=True)
class Snapshot:
    """A run at one boundary.

    A snapshot that an older engine stored may lack the three members of the phase: they are `None` here until
    :func:`~lifecycle_projection.phases.with_phase` fills them in (SNAP-7). The pass writes all three.
    """

    schema_version: U64 = field(default=1, metadata={ALWAYS_WRITTEN: True})
    snapshot_id: str
    run_id: str
    seq: U64
    created_at_ms: U64
    scope: Scope
    status: StatefulStatus
    phase: Phase | None = field(default=None, metadata={NULL_REFUSED: True})
    phase_history: tuple[PhaseEntry, ...] | None = field(default=None, metadata={NULL_REFUSED: True})
    allowed_next_phases: tuple[Phase, ...] | None = field(default=None, metadata={NULL_REFUSED: True})
    phase_id: str | None = None
    source_record_kind: SourceRecordKind | None = None
    checkpoint: Json = None
    payload_digest: str | None = None
    workflow_definition_version: str | None = None
    workflow_definition_snapshot_hash: str | None = None
    metadata: Json = None


@frozen(kw_only=True)
class ProjectionResult:
    """What one pass did.

    `projected` counts the lifecycle records that got an event or a snapshot and were not refused (PASS-6);
    `events` are those that it appended and `snapshots` those that it wrote, in order.
    """

    projected: int = 0
    events: tuple[Event, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()
