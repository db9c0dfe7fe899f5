"""What a driver declares and doesn't offer: each declared operation is asked for once, before anything else.

What isn't there is told by itself. The driver is judged by the rest then, as one that doesn't declare it: whatever
would follow from its absence would only hide what else there is to say.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from attrs import evolve, frozen

from lifecycle_conformance.driver.interface import Answer, Driver, ExitStatus, Hello
from lifecycle_conformance.execution.judgement import Registered
from lifecycle_conformance.execution.session import executed
from lifecycle_conformance.execution.trace import Object, Request
from lifecycle_conformance.generation.protocol_cases import GREET, TENANT
from lifecycle_conformance.generation.strategies import run_record
from lifecycle_conformance.runner.findings import Findings
from lifecycle_projection.records import Json

DECLARING: Final = "DRIVER-3"
"""The requirement that a driver breaks which declares what it doesn't offer."""
_OPEN: Final[Request] = ("open", {"store": 0})
_RUN: Final = run_record("run-1", TENANT, "queued")
_EVENT: Final[Object] = {
    "schema_version": 1,
    "event_id": "by-hand",
    "run_id": "run-1",
    "seq": 1,
    "event_type": "note",
    "occurred_at_ms": 1,
    "scope": {"schema_version": 1, "tenant_context": TENANT},
    "payload": None,
}
_ASKED: Final[Mapping[str, tuple[Request, ...]]] = {
    "identify": (GREET, ("identify", {"run": _RUN})),
    "import": (_OPEN, ("import", {"events": [_EVENT], "snapshots": []})),
    "append": (_OPEN, ("append", {"tenant": TENANT, "event": _EVENT})),
    "compact": (_OPEN, ("compact", {"retention_ms": 1, "now_ms": 2})),
    "prune": (_OPEN, ("prune", {"retention_ms": 1, "keep": 1, "now_ms": 2})),
    "text-input": (GREET, ("read", {"run_json": json.dumps(_RUN), "means": _RUN, "because": "DRIVER-3"})),
}
"""How each capability is asked for that can be, with right arguments."""


def offered(driver: Driver, checks: Sequence[Registered]) -> tuple[frozenset[str], Findings]:
    """Ask for each capability that a driver declares; give those that aren't there, and what that shows (DRIVER-3).

    `checks` are those that may judge that requirement.
    """
    absent, findings = set(), Findings()
    for capability in sorted(_ASKED.keys() & driver.hello.capabilities):
        session, _ = executed(driver, _ASKED[capability], checks)
        findings.note(session)
        if any(each.judgement.requirement == DECLARING and not each.judgement.holds for each in session.judgements):
            absent.add(capability)
    # Nothing can be left out of these requests, and later a driver isn't asked for what isn't there.
    findings.failures = {id_: evolve(failure, shrunk=True) for id_, failure in findings.failures.items()}
    return frozenset(absent), findings


@frozen
class Lesser:
    """A factory of drivers that are asked for less than they declare. It can be pickled if the other one can."""

    factory: Callable[[], Driver]
    absent: frozenset[str]

    def __call__(self) -> Driver:
        """Start a driver. Raises :class:`BringUpError`."""
        return LesserDriver(self.factory(), self.absent)


@frozen
class LesserDriver:
    """A driver that is taken for one which doesn't declare some capabilities."""

    driver: Driver
    absent: frozenset[str]

    @property
    def hello(self) -> Hello:
        """How it introduced itself, without what isn't there."""
        return evolve(self.driver.hello, capabilities=self.driver.hello.capabilities - self.absent)

    def ask(self, op: str, /, **arguments: Json) -> Answer:
        """Ask it."""
        return self.driver.ask(op, **arguments)

    def say(self, line: bytes) -> Answer:
        """Say something to it."""
        return self.driver.say(line)

    def restart(self, *, kill: bool = False) -> ExitStatus:
        """Start it anew."""
        return self.driver.restart(kill=kill)

    def close(self) -> ExitStatus:
        """End it."""
        return self.driver.close()

    def stderr_tail(self) -> str:
        """Give the end of its standard error."""
        return self.driver.stderr_tail()
