"""The closed sets of words that records may hold (chapters *Records* and *Files on disk*, REC-9, FILE-12)."""

from enum import StrEnum


class ClosedSet(StrEnum):
    """A set of words of which each member of its type must be one, in that spelling."""


class RunStatus(ClosedSet):
    """The nine states that a run record names."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSING = "pausing"
    PAUSED = "paused"
    AWAITING_APPROVAL = "awaiting_approval"
    COMPLETED = "completed"
    BLOCKED = "blocked"
    FAILED = "failed"
    CANCELLED = "cancelled"


class StatefulStatus(ClosedSet):
    """The fourteen states that a snapshot may name."""

    QUEUED = "queued"
    RUNNING = "running"
    SLEEPING = "sleeping"
    AWAITING_WEBHOOK = "awaiting_webhook"
    AWAITING_APPROVAL = "awaiting_approval"
    PAUSING = "pausing"
    PAUSED = "paused"
    BLOCKED = "blocked"
    RETRYING = "retrying"
    COMPLETED = "completed"
    DRY_RUN = "dry_run"
    FAILED = "failed"
    DEAD_LETTERED = "dead_lettered"
    CANCELLED = "cancelled"


class Phase(ClosedSet):
    """The eleven phases of a run."""

    CREATED = "created"
    QUEUED = "queued"
    RUNNING_PHASE = "running_phase"
    SLEEPING = "sleeping"
    WAITING_WEBHOOK = "waiting_webhook"
    AWAITING_APPROVAL = "awaiting_approval"
    RETRYING = "retrying"
    PAUSED_ATTENTION_REQUIRED = "paused_attention_required"
    FAILED = "failed"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class StopKind(ClosedSet):
    """Why a run was stopped."""

    CANCELLED = "cancelled"
    OPERATOR_STOPPED = "operator_stopped"
    GUARDRAIL_STOPPED = "guardrail_stopped"
    PANIC = "panic"
    SHUTDOWN = "shutdown"
    SERVER_RESTART = "server_restart"
    STALE_REAPED = "stale_reaped"


class WaitKind(ClosedSet):
    """What a run waits for."""

    TIMER = "timer"
    WEBHOOK = "webhook"
    APPROVAL = "approval"
    EXTERNAL_CONDITION = "external_condition"
    RETRY_BACKOFF = "retry_backoff"


class OnExpiry(ClosedSet):
    """What happens when a gate expires."""

    CANCEL = "cancel"
    ESCALATE = "escalate"
    REMIND = "remind"
    RESUME = "resume"


class ActorKind(ClosedSet):
    """Who decided at a gate."""

    HUMAN = "human"
    AGENT = "agent"
    SYSTEM = "system"


class TenantSource(ClosedSet):
    """Whether a tenant was named or is the local one by default."""

    LOCAL_IMPLICIT = "local_implicit"
    EXPLICIT = "explicit"


class SourceRecordKind(ClosedSet):
    """Which kind of record a snapshot was taken of."""

    AUTOMATION_V2 = "automation_v2"
    WORKFLOW = "workflow"
    CONTEXT_RUN = "context_run"
    UNKNOWN = "unknown"


class PrincipalKind(ClosedSet):
    """Which kind of principal."""

    HUMAN_USER = "human_user"
    ORGANIZATION_UNIT = "organization_unit"
    GROUP = "group"
    DEPARTMENT = "department"
    AGENT_WORKER = "agent_worker"
    AUTOMATION = "automation"
    SERVICE_ACCOUNT = "service_account"
    EXTERNAL_DELEGATE = "external_delegate"
    SUPPORT_OPERATOR = "support_operator"


class DataClass(ClosedSet):
    """How sensitive data is."""

    PUBLIC = "public"
    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    RESTRICTED = "restricted"
    EXECUTIVE = "executive"
    CREDENTIAL = "credential"
    REGULATED = "regulated"
    CUSTOMER_DATA = "customer_data"
    SOURCE_CODE = "source_code"
    FINANCIAL_RECORD = "financial_record"


class RiskTier(ClosedSet):
    """How much harm an action can do."""

    READ_DISCOVER = "read_discover"
    INTERNAL_WRITE = "internal_write"
    CONSEQUENTIAL_WRITE = "consequential_write"
    EXTERNAL_DRAFT = "external_draft"
    EXTERNAL_SEND = "external_send"
    CUSTOMER_DATA_ACCESS = "customer_data_access"
    SOURCE_CODE_MUTATION = "source_code_mutation"
    FINANCIAL_RECORD_ACCESS = "financial_record_access"
    CREDENTIAL_ADMIN = "credential_admin"
    DESTRUCTIVE_DELETE = "destructive_delete"
    MONEY_MOVEMENT_CONTRACT = "money_movement_contract"


class ResourceKind(ClosedSet):
    """Which kind of resource."""

    ORGANIZATION = "organization"
    WORKSPACE = "workspace"
    ORGANIZATION_UNIT = "organization_unit"
    DEPARTMENT = "department"
    GROUP = "group"
    PROJECT = "project"
    DATA_ROOM = "data_room"
    SHARED_DRIVE = "shared_drive"
    DOCUMENT_COLLECTION = "document_collection"
    DATA_STORE = "data_store"
    DATASET = "dataset"
    DOCUMENT = "document"
    REPOSITORY = "repository"
    DIRECTORY = "directory"
    FILE = "file"
    ARTIFACT = "artifact"
    MEMORY_SPACE = "memory_space"
    KNOWLEDGE_SPACE = "knowledge_space"
    SECRET_PROVIDER_CREDENTIAL = "secret_provider_credential"  # noqa: S105
    AUTOMATION = "automation"
    RUN = "run"
    APPROVAL = "approval"
    AUDIT_EXPORT = "audit_export"
    MCP_SERVER = "mcp_server"
    MCP_TOOL = "mcp_tool"
    CONNECTOR_INSTANCE = "connector_instance"
    SOURCE_BINDING = "source_binding"
    SOURCE_OBJECT = "source_object"
    INGESTION_JOB = "ingestion_job"
    EXTERNAL_INTEGRATION_ACCOUNT = "external_integration_account"
