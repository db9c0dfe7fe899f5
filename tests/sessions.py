"""Sessions with the reference, recorded: few, and short, that together put every requirement to the test.

They are the same in each run of the tests, whatever modules are loaded.
"""

from collections.abc import Iterator, Sequence
from functools import cache

import hypothesis
from attrs import frozen
from hypothesis import HealthCheck, Phase, Verbosity
from hypothesis.stateful import run_state_machine_as_test

from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.driver.interface import Driver
from lifecycle_conformance.driver.server import StoreKind
from lifecycle_conformance.execution.coverage import Coverage
from lifecycle_conformance.execution.judgement import Registered
from lifecycle_conformance.execution.session import Session, executed
from lifecycle_conformance.execution.trace import Request, Step, Trace
from lifecycle_conformance.generation.input_cases import input_cases
from lifecycle_conformance.generation.protocol_cases import protocol_cases
from lifecycle_conformance.generation.targets import machine, targets
from lifecycle_conformance.judges.properties import CHECKS
from lifecycle_conformance.runner.hypothesis_settings import without_local_constants

_EXAMPLES = 4
_SEED = 20
"""One with which these few sessions meet what each requirement is about, and each driver shows what it never does."""
_MORE = {"pruning off": 8, "an event that is hard to read, then a record": 10}
"""Targets that few sessions go round in ways too much alike."""
_ACTIONS = 3
_TIMES = 3


@frozen(eq=False)
class Recording:
    """What was asked, step by step, and the requirements that it put to the test."""

    requests: tuple[Request, ...]
    steps: tuple[Step, ...]
    judged: frozenset[str]


@cache
def sessions(store: StoreKind = "files") -> tuple[Recording, ...]:
    """Sessions such that each requirement is judged in as many of these as it can be, up to a few."""
    found = sorted(map(_judged, _recorded(store)), key=lambda each: len(each.requests))
    chosen = []
    for _ in range(_TIMES):
        left = frozenset[str]().union(*(each.judged for each in found))
        while left:
            best = max(found, key=lambda each: len(each.judged & left) / (10 + len(each.requests)))
            chosen.append(best)
            found.remove(best)
            left -= best.judged
    return tuple(chosen)


def _judged(session: Session) -> Recording:
    trace, judged = Trace(), set[str]()
    for step in session.trace.steps:
        judged |= {each.requirement for check in CHECKS for each in check.judgements(step, trace)}
        trace.steps.append(step)
    return Recording(tuple(session.requests), tuple(session.trace.steps), frozenset(judged))


def sessions_around(
    driver: Driver, target: str, checks: Sequence[Registered] = (), *, examples: int = _EXAMPLES, seed: int = 0
) -> list[Session]:
    """Let a few sessions go round a target, judged by some checks."""
    sessions: dict[int, Session] = {}
    play = machine(driver, Coverage(), lambda session, _: sessions.update({id(session): session}), checks, target)
    settings = _settings(examples, stateful_step_count=_ACTIONS)
    with without_local_constants():
        run_state_machine_as_test(hypothesis.seed(seed)(play), settings=settings)
    return [*sessions.values()]


def _recorded(store: StoreKind) -> Iterator[Session]:
    driver = InProcessDriver(store)
    capabilities = driver.hello.capabilities
    for target in targets(capabilities):
        yield from sessions_around(driver, target, examples=_MORE.get(target, _EXAMPLES), seed=_SEED)
    for strategy in (protocol_cases(capabilities), input_cases(capabilities)):
        sessions = []

        @hypothesis.seed(0)
        @_settings(2 * _EXAMPLES)
        @hypothesis.given(strategy)
        def execute(requests: list[Request]) -> None:
            sessions.append(executed(driver, requests, ())[0])  # noqa: B023 - it is called at once

        with without_local_constants():
            execute()
        yield from sessions


def _settings(examples: int, **more: int) -> hypothesis.settings:
    return hypothesis.settings(
        max_examples=examples,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
        **more,
    )
