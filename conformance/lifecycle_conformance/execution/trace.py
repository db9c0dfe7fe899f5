"""What is judged: the steps of a session, each with what the implementation showed before and after it."""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, wraps
from typing import Any, Final, TypeAlias, TypeVar, TypeVarTuple

from attrs import Factory, define, field, frozen

from lifecycle_conformance.driver.interface import Answer
from lifecycle_conformance.execution.operations import LOOKING, NEW_PROCESS, ON_FILES
from lifecycle_projection.records import Json

_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")
Object: TypeAlias = dict[str, Json]
Request: TypeAlias = tuple[str, Object]
"""An operation of the protocol or of the harness (see :meth:`Session.do`), and its arguments."""
TenantKey: TypeAlias = tuple[str, str, str | None]
Files: TypeAlias = Mapping[str, bytes]
"""The content of each file of a store directory, by its path from there."""

LOCAL: Final[Object] = {"org_id": "local", "workspace_id": "local"}
"""The tenant of a run that names none (REC-12)."""


@frozen
class Owner:
    """Whose events and snapshots: a tenant's, of one run."""

    tenant: TenantKey
    run_id: str


@frozen
class Shown:
    """The events and snapshots of one owner, in the order in which the implementation showed them."""

    events: tuple[Object, ...] = ()
    snapshots: tuple[Object, ...] = ()


View: TypeAlias = dict[Owner, Shown]
"""What an implementation shows of every owner that a session has touched."""


@frozen(kw_only=True)
class Step:
    """One request, its answer, and what was shown before and after it.

    `files_before` and `files_after` are what the store directory held, where the implementation declares `files`; of a
    pruning, `folders_before` and `folders_after` are the folders in it, since it must leave empty ones (PRUNE-5).
    """

    op: str
    arguments: Object
    answer: Answer
    before: View
    after: View
    files_before: Files | None = None
    files_after: Files | None = None
    folders_before: frozenset[str] | None = None
    folders_after: frozenset[str] | None = None
    capabilities: frozenset[str] = frozenset()
    memo: dict[Any, Any] = field(factory=dict, init=False, eq=False, repr=False)
    """What was worked out of this step already, see :func:`once_a_step`."""

    @property
    def ok(self) -> Object:
        """What was answered, empty for a refusal."""
        return self.answer.ok or {}

    @property
    def refusal(self) -> str | None:
        """The kind of the refusal, if it was one."""
        return None if self.answer.error is None else self.answer.error.kind

    @property
    def data(self) -> Object:
        """The data of the refusal, if it was one."""
        return {} if self.answer.error is None else self.answer.error.data

    @property
    def run(self) -> Object:
        """The run record of a request that has one."""
        run: Object = self.arguments["run"]
        return run

    @cached_property
    def owner(self) -> Owner:
        """Whose run a pass is about."""
        return owner_of_run(self.run)

    @property
    def history(self) -> list[Object]:
        """The lifecycle history of the run of a request that has one."""
        return history_of(self.run)

    def shown_before(self) -> Shown:
        """What was shown of the owner before the step."""
        return self.before.get(self.owner, Shown())

    def shown_after(self) -> Shown:
        """What was shown of the owner after the step."""
        return self.after.get(self.owner, Shown())


def once_a_step(function: Callable[[Step], _T]) -> Callable[[Step], _T]:
    """Let something be worked out once for each step: many checks ask for the same."""

    @wraps(function)
    def remembered(step: Step) -> _T:
        if function not in step.memo:
            step.memo[function] = function(step)
        result: _T = step.memo[function]
        return result

    return remembered


def once_an_object(function: Callable[[*_Ts], _T]) -> Callable[[*_Ts], _T]:
    """Let something be worked out once for objects that nobody changes; the newest ones are remembered."""
    remembered: dict[tuple[int, ...], tuple[tuple[*_Ts], _T]] = {}

    @wraps(function)
    def recalled(*objects: *_Ts) -> _T:
        key = tuple(map(id, objects))
        if (found := remembered.get(key)) is None:
            if len(remembered) >= _REMEMBERED:
                remembered.clear()
            # The objects are kept with what was worked out, so that their ids stay theirs.
            remembered[key] = found = objects, function(*objects)
        return found[1]

    return recalled


_REMEMBERED: Final = 1 << 12


@define
class Trace:
    """The steps of one session, oldest first."""

    steps: list[Step] = Factory(list)

    def earlier(self, step: Step) -> Iterator[Step]:
        """The steps before one, newest first."""
        return (each for each in reversed(self.steps) if each is not step)

    @property
    def is_fully_shown(self) -> bool:
        """Whether what was shown is all that the stores hold.

        It isn't where the session changed files by hand, nor where a fresh process was started that knows nothing of
        the stores that were open.
        """
        ops = [step.op for step in self.steps]
        forgot = "open" in ops and "greet" in ops[ops.index("open") :]
        return not forgot and not self.is_damaged

    @property
    def is_damaged(self) -> bool:
        """Whether the session changed files by hand."""
        return not ON_FILES.isdisjoint(step.op for step in self.steps)

    @property
    def is_changed_beneath(self) -> bool:
        """Whether the files were changed while the process that is asked now was running (FILE-26)."""
        for each in reversed(self.steps):
            if each.op in NEW_PROCESS:
                return False
            if each.op in ON_FILES:
                return True
        return False

    def previous(self, step: Step) -> Step | None:
        """The newest step before one that may have changed something."""
        return next((each for each in self.earlier(step) if each.op not in LOOKING | {"refuse"}), None)


def key_of(tenant: Object) -> TenantKey:
    """The members of a tenant that decide what it sees (TENANT-1)."""
    return tenant["org_id"], tenant["workspace_id"], tenant.get("deployment_id")


def tenant_of(key: TenantKey) -> Object:
    """A tenant that sees what its key says."""
    org_id, workspace_id, deployment_id = key
    deployment: Object = {} if deployment_id is None else {"deployment_id": deployment_id}
    return {"org_id": org_id, "workspace_id": workspace_id, **deployment}


def owner_of(record: Object) -> Owner:
    """Whose an event or a snapshot is."""
    return Owner(key_of(record["scope"]["tenant_context"]), record["run_id"])


def owner_of_run(run: Object) -> Owner:
    """Whose the events and snapshots of a run are."""
    return Owner(key_of(run.get("tenant_context", LOCAL)), run["run_id"])


def owners_of(op: str, arguments: Object) -> list[Owner]:
    """The owners whose events and snapshots a request may touch."""
    if op == "project":
        return [owner_of_run(arguments["run"])]
    if op in {"events", "snapshots"}:
        return [Owner(key_of(arguments["tenant"]), arguments["run_id"])]
    if op == "append":
        return [Owner(key_of(arguments["tenant"]), arguments["event"]["run_id"])]
    if op == "import":
        return [owner_of(each) for each in (*arguments["events"], *arguments["snapshots"])]
    return []


def history_of(run: Object) -> list[Object]:
    """The lifecycle history of a run record."""
    history: list[Object] = run["checkpoint"].get("lifecycle_history", [])
    return history


def member(value: Json, name: str) -> Json:
    """A member of a free-form value; one that is no object has none (REC-17)."""
    return value.get(name) if isinstance(value, dict) else None
