"""A first look at a driver, for somebody who is writing it: each operation is asked for once, from the simplest onward.

Nothing is judged but the form of answers. What they should hold, `check` says.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from attrs import define, evolve, field, frozen

from lifecycle_conformance.driver.interface import (
    STILL_RUNNING,
    Answer,
    Breakdown,
    BringUpError,
    BrokenDriverError,
    Driver,
    ExitStatus,
    Hello,
)
from lifecycle_conformance.driver.transcript import Exchange
from lifecycle_conformance.execution.operations import NEEDING_NO_STORE
from lifecycle_conformance.execution.trace import Object
from lifecycle_conformance.execution.workspace import workspace
from lifecycle_conformance.generation.requests import TENANT
from lifecycle_conformance.runner import diagnosis
from lifecycle_conformance.runner.capabilities import ASKABLE, plain_request
from lifecycle_conformance.runner.diagnosis import Finding
from lifecycle_conformance.runner.next_capability import Addition, additions
from lifecycle_conformance.runner.verdicts import FALLS_SHORT, UNDECIDED, WELL

_RUN: Final[Object] = {
    "run_id": "run-1",
    "automation_id": "weekly-report",
    "tenant_context": TENANT,
    "trigger_type": "schedule",
    "status": "queued",
    "created_at_ms": 1000,
    "updated_at_ms": 1000,
    "checkpoint": {"lifecycle_history": [{"event": "run_execution_claimed", "recorded_at_ms": 1000}]},
}
_SHOWN: Final[Object] = {"tenant": TENANT, "run_id": "run-1"}
_UNKNOWN: Final = "frobnicate"
_NO_JSON: Final = b"this line is no JSON"
_NEEDS_NO_STORE: Final = NEEDING_NO_STORE | {_UNKNOWN}
_MOST_HANGS: Final = 2
_LOG: Final = "stateful_events.jsonl"
ONLY_JUDGED: Final = ("tenants", "json-numbers", "exact-numbers")
"""The capabilities that no single answer can show: `check` judges them."""


@frozen(kw_only=True)
class Examination:
    """What a first look showed.

    `hello` is how the driver introduced itself, `None` where it didn't come up; `untried` says what was not asked for,
    and why.
    """

    hello: Hello | None
    transcript: Sequence[Exchange]
    findings: tuple[Finding, ...]
    untried: str = ""

    @property
    def exit_code(self) -> int:
        """By the rule of all commands: undecided where the driver didn't come up."""
        if self.hello is None:
            return UNDECIDED
        return FALLS_SHORT if self.findings else WELL

    @property
    def additions(self) -> list[Addition]:
        """The capabilities that it may declare yet, in the order in which they are best added."""
        return [] if self.hello is None else additions(self.hello.capabilities)


def examined(start: Callable[[], Driver], transcript: Sequence[Exchange]) -> Examination:
    """Start a driver and ask it for everything once; `transcript` is where its process keeps what it exchanges."""
    try:
        driver = start()
    except BringUpError as error:
        found = evolve(diagnosis.of_start(error, transcript), exchange=len(transcript) or None)
        return Examination(hello=None, transcript=transcript, findings=(found,))
    visit = _Visit(driver, transcript, driver.hello)
    try:
        with workspace() as folder:
            visit.folder = folder
            visit.all()
    except _NoMoreError as reason:
        visit.untried = str(reason)
    finally:
        status = driver.close()
    visit.ended(status)
    return Examination(hello=visit.hello, transcript=transcript, findings=tuple(visit.findings), untried=visit.untried)


class _NoMoreError(Exception):
    """Nothing more is worth asking; says why."""


@define
class _Visit:
    """A first look under way."""

    driver: Driver
    transcript: Sequence[Exchange]
    hello: Hello
    folder: str = ""
    findings: list[Finding] = field(factory=list)
    hangs: int = 0
    is_open: bool = False
    untried: str = ""

    def all(self) -> None:
        """Ask for everything once. Raises :class:`_NoMoreError` where that can't be gone on with."""
        declared = self.hello.capabilities
        asked = [each for each in ASKABLE if each in declared]
        self._note(diagnosis.of_form("hello", self._last_line()))
        for capability in (each for each in asked if each in _NEEDS_NO_STORE):
            self._grant(*plain_request(capability, _RUN), capability)
        self._open()
        self._the_store()
        for capability in (each for each in asked if each not in _NEEDS_NO_STORE):
            self._grant(*plain_request(capability, _RUN), capability)
        for capability in (each for each in ASKABLE if each not in declared):
            self._refuse(*plain_request(capability, _RUN), capability)
        self._refuse(_UNKNOWN, {}, None)
        self._no_json()

    # --- what is asked for --------------------------------------------------------------------------------------------

    def _the_store(self) -> None:
        """Record a run, and look at it: what every driver offers, and what lasts."""
        projected = self._grant("project", {"run": _RUN}, None)
        events = self._grant("events", _SHOWN, None)
        self._grant("snapshots", _SHOWN, None)
        if "files" in self.hello.capabilities and projected is not None and projected.ok is not None:
            self._files()
        if "durable" in self.hello.capabilities and events is not None and events.ok is not None:
            self._durable(events)

    def _files(self) -> None:
        if not (Path(self.folder) / _LOG).is_file():
            problem = f"it declares `files`, and after a pass the store directory holds no `{_LOG}`"
            to_do = "Keep the store as chapter 14 lays it out, or take `files` out of the `capabilities`."
            self._note(Finding(requirement="FILE-1", asked="project", problem=problem, to_do=to_do))

    def _durable(self, events: Answer) -> None:
        """End the process, and look at the same store in a new one."""
        self.is_open = False
        self.ended(self._restarted())
        again = self._grant("events", _SHOWN, None)
        if again is not None and again.ok is not None and again.ok != events.ok:
            problem = "it declares `durable`, and in a new process `events` shows something else of the same store"
            to_do = "Keep the store in the directory that `open` names, or take `durable` out of the `capabilities`."
            self._note(Finding(requirement="DRIVER-7", asked="events", problem=problem, to_do=to_do))

    def _restarted(self) -> ExitStatus:
        try:
            return self.driver.restart()
        except BringUpError as error:
            raise self._lost(error) from None

    def _grant(self, op: str, arguments: Object, capability: str | None) -> Answer | None:
        """Ask for something that must be answered with `ok`."""
        answer = self._ask(op, arguments)
        if answer is not None:
            found = diagnosis.of_result(op, answer, self._last_line(), capability)
            internal = answer.error is not None and answer.error.kind == "internal"
            if found is not None and internal:
                found = evolve(found, stderr=diagnosis.last_lines(self.driver.stderr_tail()))
            self._note(found)
        return answer

    def _refuse(self, op: str, arguments: Object, capability: str | None) -> None:
        """Ask for something that isn't offered."""
        answer = self._ask(op, arguments)
        if answer is not None:
            asked = "run_json" if capability == "text-input" else op
            self._note(diagnosis.of_undeclared(asked, answer, capability))

    def _no_json(self) -> None:
        asked = "a line that is no JSON"
        try:
            answer = self.driver.say(_NO_JSON)
        except BrokenDriverError as error:
            self._broke(asked, error)
        except BringUpError as error:
            raise self._lost(error) from None
        else:
            self._note(diagnosis.of_no_request(asked, answer))

    # --- asking -------------------------------------------------------------------------------------------------------

    def _ask(self, op: str, arguments: Object) -> Answer | None:
        """Send a request, with a store open if it needs one; `None` where the driver broke."""
        if not self.is_open and op not in _NEEDS_NO_STORE:
            self._open()
        try:
            return self.driver.ask(op, **arguments)
        except BrokenDriverError as error:
            self._broke(op, error)
        except BringUpError as error:
            raise self._lost(error) from None
        return None

    def _open(self) -> None:
        """Open the store. Raises :class:`_NoMoreError` where that isn't answered: all else is about a store."""
        answer = self._grant("open", {"store": self.folder}, None)
        if answer is None or answer.error is not None:
            raise _NoMoreError("what needs an open store was not tried")
        self.is_open = True

    def _broke(self, op: str, error: BrokenDriverError) -> None:
        self.is_open = False
        self._note(diagnosis.of_breakdown(op, error, self.transcript[-1]))
        self.hangs += error.verdict is Breakdown.TIMEOUT
        if self.hangs >= _MOST_HANGS:
            raise _NoMoreError(f"the rest was not tried: the driver hung {_MOST_HANGS} times")

    def _lost(self, error: BringUpError) -> _NoMoreError:
        self._note(diagnosis.of_start(error, self.transcript))
        return _NoMoreError("the rest was not tried: the driver came up once, and doesn't any more")

    def ended(self, status: ExitStatus) -> None:
        """Take how a process ended after its input did (DRIVER-16)."""
        if status in {0, None}:
            return
        how = "it doesn't end" if status == STILL_RUNNING else f"it ends with status {status}"
        to_do = "At the end of standard input, leave the loop and exit with status 0."
        found = Finding(
            requirement="DRIVER-16", asked="the end of input", problem=f"{how} when its input has ended", to_do=to_do
        )
        if all(each.requirement != found.requirement for each in self.findings):
            self.findings.append(found)

    def _last_line(self) -> bytes:
        return self.transcript[-1].answer or b""

    def _note(self, found: Finding | None) -> None:
        if found is not None:
            self.findings.append(evolve(found, exchange=len(self.transcript)))
