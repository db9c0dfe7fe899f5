"""The search: sessions that Hypothesis makes up, judged by all checks as they run.

Beside long sessions there are short ones: cases of input and of the protocol. A search is cut into shards, each with a
driver and a seed of its own, which may run one after the other or in processes of their own: what they find together is
the same.
"""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial
from hashlib import blake2b
from typing import Any, Final

import hypothesis
from attrs import define, field, frozen
from hypothesis import HealthCheck, Phase, Verbosity
from hypothesis import strategies as st
from hypothesis.database import ExampleDatabase
from hypothesis.stateful import get_state_machine_test

from lifecycle_conformance.driver.interface import Breakdown, BrokenDriverError, Driver, Hello
from lifecycle_conformance.execution.judgement import Registered
from lifecycle_conformance.execution.presuppositions import presupposed
from lifecycle_conformance.execution.session import Session, executed
from lifecycle_conformance.execution.trace import Request
from lifecycle_conformance.generation.input_cases import input_cases
from lifecycle_conformance.generation.protocol_cases import protocol_cases
from lifecycle_conformance.generation.requests import FRESH_PROCESS, OPEN, TENANT
from lifecycle_conformance.generation.strategies import run_record
from lifecycle_conformance.generation.targets import machine, targets
from lifecycle_conformance.judges import agreement
from lifecycle_conformance.judges.properties import CHECKS
from lifecycle_conformance.runner.capabilities import DECLARING, offered
from lifecycle_conformance.runner.example_database import SessionsDatabase
from lifecycle_conformance.runner.findings import Findings
from lifecycle_conformance.runner.hypothesis_settings import without_local_constants, without_the_plainest
from lifecycle_conformance.runner.own_driver import own_driver
from lifecycle_conformance.runner.patience import GivenUpError, Patience
from lifecycle_conformance.runner.pool import Send

Factory = Callable[[], Driver]
"""Starts a driver. Raises :class:`BringUpError`."""
_PROTOCOL_CASES: Final = "greetings"
_INPUT_CASES: Final = "readings"
"""The kinds of short sessions. Seeds are made from these words: others would draw other cases for the same seed."""
_FRESH: Final = 10
"""How many fresh examples Hypothesis makes before it varies earlier ones; here, breadth is worth more."""
_PLAINEST: Final[tuple[Request, ...]] = (
    FRESH_PROCESS,
    OPEN,
    ("project", {"run": run_record("run-1", TENANT, "queued")}),
)
_ATTEMPTS: Final = 3
"""How often a driver may try the plainest requests before it counts as unusable."""


@frozen(kw_only=True)
class Introduction:
    """How a driver introduced itself, and which of its capabilities it doesn't offer.

    `unusable` says what happened if it couldn't even answer the plainest requests; `absent` are the capabilities that
    it declares and doesn't offer.
    """

    hello: Hello
    unusable: str = ""
    absent: frozenset[str] = frozenset()


@frozen(kw_only=True)
class Shard:
    """A part of a search.

    `sessions` is how many sessions aim at each target, with so many `actions` after it; `input_cases` and
    `protocol_cases` are how many there are of these.

    `database` holds the examples that broke something in earlier runs, if such are kept.
    """

    number: int
    seed: int
    sessions: int
    actions: int
    input_cases: int
    protocol_cases: int
    database: ExampleDatabase | None = None

    def cases(self, capabilities: frozenset[str]) -> dict[str, int]:
        """How many cases of each kind there are for a driver with these capabilities."""
        sessions = {target: weight * self.sessions for target, weight in targets(capabilities).items()}
        return {_PROTOCOL_CASES: self.protocol_cases, _INPUT_CASES: self.input_cases, **sessions}


def _fresh(count: int) -> list[int]:
    """Cut a number of examples into runs that hold fresh ones only."""
    return [min(_FRESH, count - start) for start in range(0, count, _FRESH)]


def checks_for(requirements: Sequence[str] | None) -> list[Registered]:
    """The checks that judge some requirements and what these presuppose, or all, and agreement with the reference."""
    if requirements is None:
        return [*CHECKS, agreement.REGISTERED]
    wanted = frozenset(requirements).union(*map(presupposed, requirements))
    return [each for each in CHECKS if not wanted.isdisjoint(each.requirements)]


def introduced(send: Send, factory: Factory, requirements: Sequence[str] | None) -> None:
    """Start a driver, ask it the plainest requests, and send an :class:`Introduction`, then what they showed.

    Raises :class:`BringUpError` where the driver doesn't come up.
    """
    driver = factory()
    try:
        hello, findings = driver.hello, Findings()
        unusable = _first_steps(driver, findings, checks_for(requirements))
        absent = frozenset[str]()
        if not unusable:
            absent, shown = offered(driver, checks_for([DECLARING]))
            findings.add(shown)
        send(Introduction(hello=hello, unusable=unusable, absent=absent))
        send(findings)
    finally:
        driver.close()


def _first_steps(driver: Driver, findings: Findings, checks: Sequence[Registered]) -> str:
    """Ask the plainest requests, several times if need be; what happened, if none was answered or each attempt hung.

    Empty for whatever else goes wrong: a search has something to learn from it.
    """
    answered, hung, last = False, True, ""
    for _ in range(_ATTEMPTS):
        session, broke = executed(driver, _PLAINEST, checks)
        findings.note(session, broke)
        if broke is None:
            return ""
        # The first step, a fresh process, is no answer: any driver that could be started took it.
        answered = answered or len(session.trace.steps) > 1
        hung = hung and broke.verdict is Breakdown.TIMEOUT
        last = broke.message
    return last if hung or not answered else ""


def explored(
    send: Send,
    factory: Factory,
    shard: Shard,
    requirements: Sequence[str] | None,
    which: slice = slice(None),
) -> None:
    """Search a shard, or some of the kinds of its cases, and send :class:`Findings` of each case when it is over."""
    with own_driver(send, factory, f"part {shard.number} of the search") as driver:
        if driver is not None:
            searched(send, driver, shard, kinds_of(driver.hello.capabilities)[which], requirements)


def kinds_of(capabilities: frozenset[str]) -> list[str]:
    """The kinds of case that a driver with these capabilities can be asked, from the plainest to the deepest."""
    return [_PROTOCOL_CASES, _INPUT_CASES, *targets(capabilities)]


def searched(
    send: Send, driver: Driver, shard: Shard, kinds: Sequence[str], requirements: Sequence[str] | None = None
) -> None:
    """Search some kinds of case of a shard, one after the other, and send :class:`Findings` of each case."""
    searched_by(checks_for(requirements), send, driver, shard, kinds)


def searched_by(checks: Sequence[Registered], send: Send, driver: Driver, shard: Shard, kinds: Sequence[str]) -> None:
    """Search as :func:`searched` does, and let these checks look at each step."""
    with without_local_constants():
        _Search(driver, shard, checks, send).all(kinds)


@define
class _Search:
    """A shard being searched; `findings` is what the current case shows."""

    driver: Driver
    shard: Shard
    checks: Sequence[Registered]
    send: Send
    findings: Findings = field(factory=Findings)
    patience: Patience = field(factory=Patience)
    kind: str = ""
    broke: bool = False
    broken: set[str] = field(factory=set)
    database: SessionsDatabase | None = None

    def all(self, kinds: Sequence[str]) -> None:
        """Search kinds of case one after the other."""
        capabilities = self.driver.hello.capabilities
        short, cases = {_PROTOCOL_CASES: protocol_cases, _INPUT_CASES: input_cases}, self.shard.cases(capabilities)
        for kind in kinds:
            if kind in short:
                self._try(kind, partial(self._short, short[kind](capabilities), cases[kind]))
            elif not self.patience.no_more_sessions:
                self._try(kind, partial(self._sessions, kind, cases[kind]))

    def _try(self, kind: str, look: Callable[[], None]) -> None:
        """Run a kind of case; where that costs too much, go on with the others."""
        if self.patience.exhausted:
            return
        self.kind = kind
        try:
            look()
        except GivenUpError as reason:
            given_up = "all sessions" if self.patience.no_more_sessions else kind
            lost = f"part {self.shard.number} of the search: {given_up} given up, {reason}"
            self.send(Findings(lost=[lost], cut=self.patience.exhausted))

    def note(self, session: Session, breakdown: BrokenDriverError | None = None) -> None:
        """Add what an action showed. Raises :class:`GivenUpError` where no more of its kind should follow."""
        self.findings.note(session, breakdown)
        if not self.findings.failures.keys() <= self.broken:
            self.broken |= self.findings.failures.keys()
            if self.database is not None:
                self.database.keep()
        if breakdown is not None:
            self.broke, is_session = True, self.kind not in {_PROTOCOL_CASES, _INPUT_CASES}
            if reason := self.patience.broke(self.kind, breakdown.verdict, session=is_session):
                raise GivenUpError(reason)

    def over(self) -> None:
        """Report what a case showed, and begin a new one."""
        if not self.broke:
            self.patience.held()
        findings, self.findings, self.broke = self.findings, Findings(), False
        self.send(findings)

    def _sessions(self, target: str, count: int) -> None:
        """Run so many sessions that aim at a target."""
        search, plain = self, machine(self.driver, self.findings.coverage, self.note, self.checks, target)

        class Sessions(plain):  # type: ignore[valid-type, misc]
            """Sessions that report when they are over."""

            def teardown(self) -> None:
                super().teardown()
                search.over()
                type(self).coverage = search.findings.coverage

        for part, some in enumerate(_fresh(count)):
            settings = self._settings(some, stateful_step_count=self.shard.actions)
            # A partial has no source either that Hypothesis could read.
            factory: Any = partial(Sessions)
            self._run(get_state_machine_test(factory, settings=settings), target, part)

    def _short(self, strategy: st.SearchStrategy[list[Request]], count: int) -> None:
        """Run short sessions whose requests are known beforehand."""
        for part, examples in enumerate(_fresh(count)):

            @self._settings(examples)
            @hypothesis.given(strategy)
            def short(requests: list[Request]) -> None:
                session, broke = executed(self.driver, requests, self.checks)
                try:
                    self.note(session, broke)
                finally:
                    self.over()

            self._run(short, self.kind, part)

    def _run(self, test: Any, kind: str, part: int) -> None:
        """Run a test of Hypothesis; named, so that Hypothesis needn't read its source each time to tell it by that.

        The decorator for seeds would do without the database. The plainest example is tried once in a whole search.
        """
        test._hypothesis_internal_database_key = kind.encode()  # noqa: SLF001
        test._hypothesis_internal_use_seed = self._seed(kind, part)  # noqa: SLF001
        with nullcontext() if self.shard.number == part == 0 else without_the_plainest():
            test()

    def _seed(self, *what: str | int) -> int:
        """A seed for one run of Hypothesis: the same each time, and another one for each run."""
        text = repr((self.shard.seed, self.shard.number, *what))
        return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())

    def _settings(self, count: int, **more: Any) -> hypothesis.settings:
        self.database = None if self.shard.database is None else SessionsDatabase(self.shard.database)
        return hypothesis.settings(
            max_examples=count,
            phases=[Phase.reuse, Phase.generate],
            database=self.database,
            # Whatever profile is loaded: seeds decide, and databases are used.
            derandomize=False,
            deadline=None,
            verbosity=Verbosity.quiet,
            suppress_health_check=list(HealthCheck),
            print_blob=False,
            **more,
        )
