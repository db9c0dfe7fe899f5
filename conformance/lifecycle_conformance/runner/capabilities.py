"""What a driver declares and doesn't offer: each declared operation is asked for once, before anything else.

An operation that is declared and not offered is one failure. From then on the driver is judged as one that doesn't
declare it: what follows from its absence would only hide other failures.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from attrs import evolve, frozen

from lifecycle_conformance.driver.interface import Answer, Driver, ExitStatus, Hello
from lifecycle_conformance.execution.judgement import Registered
from lifecycle_conformance.execution.session import executed
from lifecycle_conformance.execution.trace import Object, Request
from lifecycle_conformance.generation.requests import FRESH_PROCESS, OPEN, TENANT
from lifecycle_conformance.generation.strategies import run_record
from lifecycle_conformance.runner.findings import Findings
from lifecycle_projection.records import Json

DECLARING: Final = "DRIVER-3"
"""The requirement that a driver breaks which declares what it doesn't offer."""
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
ASKABLE: Final = ("identify", "import", "append", "compact", "prune", "text-input")
"""The capabilities that can be asked for by themselves, each with one request."""


def plain_request(capability: str, run: Object) -> Request:
    """A request of the protocol, with right arguments, that asks for a capability; about a run where it takes one."""
    plain: Mapping[str, Request] = {
        "identify": ("identify", {"run": run}),
        "import": ("import", {"events": [_EVENT], "snapshots": []}),
        "append": ("append", {"tenant": TENANT, "event": _EVENT}),
        "compact": ("compact", {"retention_ms": 1, "now_ms": 2}),
        "prune": ("prune", {"retention_ms": 1, "keep": 1, "now_ms": 2}),
        "text-input": ("project", {"run_json": json.dumps(run)}),
    }
    return plain[capability]


def _session(capability: str) -> tuple[Request, ...]:
    """The session that asks for a capability."""
    op, arguments = plain_request(capability, _RUN)
    match capability:
        case "identify":
            return FRESH_PROCESS, (op, arguments)
        case "text-input":
            return FRESH_PROCESS, ("read", {**arguments, "means": _RUN, "because": DECLARING})
    return OPEN, (op, arguments)


def offered(driver: Driver, checks: Sequence[Registered]) -> tuple[frozenset[str], Findings]:
    """The capabilities that a driver declares and doesn't offer, and what asking for them showed (DRIVER-3).

    `checks` are those that may judge that requirement.
    """
    absent, findings = set(), Findings()
    for capability in sorted(driver.hello.capabilities.intersection(ASKABLE)):
        session, _ = executed(driver, _session(capability), checks)
        findings.note(session)
        if any(each.judgement.requirement == DECLARING and not each.judgement.holds for each in session.judgements):
            absent.add(capability)
    # Nothing can be left out of these requests, and a driver is never asked again for what it doesn't offer.
    findings.failures = {id_: evolve(failure, shrunk=True) for id_, failure in findings.failures.items()}
    return frozenset(absent), findings


@frozen
class Restricted:
    """A factory of drivers that are asked for less than they declare. It can be pickled if `factory` can."""

    factory: Callable[[], Driver]
    absent: frozenset[str]

    def __call__(self) -> Driver:
        """Start a driver. Raises :class:`BringUpError`."""
        return RestrictedDriver(self.factory(), self.absent)


@frozen
class RestrictedDriver:
    """A driver as if it didn't declare the capabilities that it doesn't offer."""

    driver: Driver
    absent: frozenset[str]

    @property
    def hello(self) -> Hello:
        """Its introduction, without the capabilities that it doesn't offer."""
        return evolve(self.driver.hello, capabilities=self.driver.hello.capabilities - self.absent)

    def ask(self, op: str, /, **arguments: Json) -> Answer:
        """Send a request, and return its answer."""
        return self.driver.ask(op, **arguments)

    def say(self, line: bytes) -> Answer:
        """Send a line that is no request, and return its answer."""
        return self.driver.say(line)

    def restart(self, *, kill: bool = False) -> ExitStatus:
        """Restart the driver."""
        return self.driver.restart(kill=kill)

    def close(self) -> ExitStatus:
        """End the driver."""
        return self.driver.close()

    def stderr_tail(self) -> str:
        """The end of its standard error."""
        return self.driver.stderr_tail()
