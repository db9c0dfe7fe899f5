"""A life: the requests that are sent to one store of an implementation, each judged as soon as it is answered."""

from collections.abc import Sequence
from pathlib import Path

from lifecycle_conformance.driver.interface import Answer, Driver
from lifecycle_conformance.properties import CHECKS, Judgement, Registered
from lifecycle_conformance.trace import Object, Owner, Shown, Step, Trace, View, key_of
from lifecycle_conformance.workspace import workspace


class Life:
    """One store and the steps of its life, judged by some checks. Raises what :meth:`Driver.ask` raises."""

    def __init__(self, driver: Driver, checks: Sequence[Registered] = CHECKS) -> None:
        self.driver = driver
        self._checks = checks
        self.trace = Trace()
        self.requests: list[tuple[str, Object]] = []
        self.judgements: list[Judgement] = []
        self._given = 0
        self._judged: set[str] = set()
        self._workspace = workspace()
        store = Path(self._workspace.name) / "store"
        store.mkdir()
        self._store = str(store)
        self._view: View = {}
        driver.ask("open", store=self._store)

    def end(self) -> None:
        """Remove the store."""
        self._workspace.cleanup()

    @property
    def view(self) -> View:
        """What the implementation showed last."""
        return self._view

    def unseen(self) -> list[Judgement]:
        """Give what was judged since this was asked last."""
        unseen, self._given = self.judgements[self._given :], len(self.judgements)
        return unseen

    def first_of(self, requirement: str) -> bool:
        """Tell whether this is asked for the first time of a requirement in this life."""
        first = requirement not in self._judged
        self._judged.add(requirement)
        return first

    def do(self, op: str, **arguments: Object) -> Step:
        """Take one step and judge it.

        Beside the operations of the protocol there are two words of the suite's own: `restart`, the same store in a
        fresh process (`kill`: the old one is killed), and `refuse`, a pass with input that must be refused.
        """
        self.requests.append((op, arguments))
        before = {**dict.fromkeys(_owners_of(op, arguments), Shown()), **self._view}
        answer = self._ask(op, arguments)
        self._view = before if op == "identify" else {owner: self._shown(owner) for owner in before}
        step = Step(op=op, arguments=arguments, answer=answer, before=before, after=self._view)
        for registered in self._checks:
            self.judgements.extend(registered.check(step, self.trace))
        self.trace.steps.append(step)
        return step

    def _ask(self, op: str, arguments: Object) -> Answer:
        if op == "restart":
            self.driver.restart(kill=bool(arguments["kill"]))
            return self.driver.ask("open", store=self._store)
        return self.driver.ask("project" if op == "refuse" else op, **arguments)

    def _shown(self, owner: Owner) -> Shown:
        org_id, workspace_id, deployment_id = owner.tenant
        tenant: Object = {"org_id": org_id, "workspace_id": workspace_id}
        if deployment_id is not None:
            tenant["deployment_id"] = deployment_id
        asked = {"tenant": tenant, "run_id": owner.run_id}
        events, snapshots = self.driver.ask("events", **asked), self.driver.ask("snapshots", **asked)
        return Shown(tuple((events.ok or {})["events"]), tuple((snapshots.ok or {})["snapshots"]))


def replay(driver: Driver, requests: Sequence[tuple[str, Object]]) -> list[Judgement]:
    """Live a life again and give what was judged."""
    life = Life(driver)
    try:
        for op, arguments in requests:
            life.do(op, **arguments)
    finally:
        life.end()
    return life.judgements


def _owners_of(op: str, arguments: Object) -> list[Owner]:
    """Tell whose events and snapshots a request may touch."""
    if op == "project":
        return [Owner(key_of(arguments["run"]["tenant_context"]), arguments["run"]["run_id"])]
    if op == "append":
        return [Owner(key_of(arguments["tenant"]), arguments["event"]["run_id"])]
    if op == "import":
        records = [*arguments["events"], *arguments["snapshots"]]
        return [Owner(key_of(each["scope"]["tenant_context"]), each["run_id"]) for each in records]
    return []
