"""Sessions with the reference, recorded: few, and short, that together put every requirement to the test."""

from collections.abc import Iterator, Sequence
from functools import cache

import hypothesis
from attrs import frozen
from hypothesis import HealthCheck, Phase, Verbosity
from hypothesis.stateful import run_state_machine_as_test

from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.driver.interface import Driver
from lifecycle_conformance.driver.server import StoreKind
from lifecycle_conformance.execution.coverage import Census
from lifecycle_conformance.execution.judgement import Registered
from lifecycle_conformance.execution.session import Life, lived
from lifecycle_conformance.execution.trace import Request, Step, Trace
from lifecycle_conformance.generation.input_cases import readings
from lifecycle_conformance.generation.protocol_cases import greetings
from lifecycle_conformance.generation.state_machine import corners, machine
from lifecycle_conformance.judges.properties import CHECKS

_EXAMPLES = 3
_PIECES = 3
_TIMES = 1


@frozen(eq=False)
class Session:
    """What was asked, step by step, and the requirements that it put to the test."""

    requests: tuple[Request, ...]
    steps: tuple[Step, ...]
    judged: frozenset[str]


@cache
def sessions(store: StoreKind = "files") -> tuple[Session, ...]:
    """Give sessions such that each requirement is judged in as many of these as it can be, up to a few."""
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


def _judged(life: Life) -> Session:
    trace, judged = Trace(), set[str]()
    for step in life.trace.steps:
        judged |= {each.requirement for check in CHECKS for each in check.check(step, trace)}
        trace.steps.append(step)
    return Session(tuple(life.requests), tuple(life.trace.steps), frozenset(judged))


def lives_around(
    driver: Driver, corner: str, checks: Sequence[Registered] = (), *, examples: int = _EXAMPLES
) -> list[Life]:
    """Let a few lives go round a corner, judged by some checks."""
    lives: dict[int, Life] = {}
    play = machine(driver, Census(), lambda life, _: lives.update({id(life): life}), checks, corner)
    settings = _settings(examples, stateful_step_count=_PIECES)
    run_state_machine_as_test(hypothesis.seed(0)(play), settings=settings)
    return [*lives.values()]


def _recorded(store: StoreKind) -> Iterator[Life]:
    driver = InProcessDriver(store)
    capabilities = driver.hello.capabilities
    for corner in corners(capabilities):
        yield from lives_around(driver, corner)
    for strategy in (greetings(capabilities), readings(capabilities)):
        lives = []

        @hypothesis.seed(0)
        @_settings(_EXAMPLES)
        @hypothesis.given(strategy)
        def live(requests: list[Request]) -> None:
            lives.append(lived(driver, requests, ())[0])  # noqa: B023 - it is called at once

        live()
        yield from lives


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
