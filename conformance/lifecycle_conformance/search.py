"""The search: lives that Hypothesis makes up, readings and greetings, each judged by all checks as it is lived.

A search is cut into shards, each with a driver and a seed of its own, which may run one after the other or in processes
of their own: what they find together is the same.
"""

from collections.abc import Callable, Sequence
from hashlib import blake2b
from pathlib import Path
from time import monotonic
from typing import Any, Final

import hypothesis
from attrs import define, frozen
from hypothesis import HealthCheck, Phase, Verbosity
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from lifecycle_conformance import agreement
from lifecycle_conformance.database import LivesDatabase
from lifecycle_conformance.driver.interface import BrokenDriverError, Driver
from lifecycle_conformance.findings import Findings
from lifecycle_conformance.greetings import greetings
from lifecycle_conformance.life import Life, lived
from lifecycle_conformance.machine import corners, machine
from lifecycle_conformance.properties import CHECKS, Registered
from lifecycle_conformance.readings import readings
from lifecycle_conformance.trace import Request

Factory = Callable[[], Driver]
"""Starts a driver. Raises :class:`BringUpError`."""
_MOST_BREAKDOWNS: Final = 10
_FRESH: Final = 10
"""How many examples Hypothesis makes up before it begins to vary what it has; here, breadth is worth more."""


@frozen(kw_only=True)
class Shard:
    """A part of a search, and for how many seconds it may go on.

    `lives` is how many lives go round each corner, of so many `pieces` after that; `readings` and `greetings` are how
    many there are of these.

    `database` is the directory of the examples that broke something in earlier runs, if such are kept.
    """

    number: int
    seed: int
    lives: int
    pieces: int
    readings: int
    greetings: int
    seconds: float
    database: Path | None = None


def _fresh(count: int) -> list[int]:
    """Cut a number of examples into runs that hold fresh ones only."""
    return [min(_FRESH, count - start) for start in range(0, count, _FRESH)]


class _EnoughError(KeyboardInterrupt):
    """Ends a search; Hypothesis lets it through where it would take an ordinary exception for a failure."""


def checks_for(requirements: Sequence[str] | None) -> list[Registered]:
    """Give the checks that may judge some requirements, or all of them, and agreement with the reference."""
    if requirements is None:
        return [*CHECKS, agreement.REGISTERED]
    return [each for each in CHECKS if not set(requirements).isdisjoint(each.requirements)]


def explored(factory: Factory, shard: Shard, checks: Sequence[Registered]) -> Findings:
    """Search a shard. Raises :class:`BringUpError` where the driver doesn't come up."""
    driver = factory()
    try:
        search = _Search(driver, shard, checks, Findings(), monotonic() + shard.seconds)
        search.all()
        return search.findings
    finally:
        driver.close()


@define
class _Search:
    """A shard being searched."""

    driver: Driver
    shard: Shard
    checks: Sequence[Registered]
    findings: Findings
    deadline: float
    database: LivesDatabase | None = None

    def all(self) -> None:
        """Search by greetings, readings and lives, in this order: from the plainest to the deepest."""
        capabilities = self.driver.hello.capabilities
        try:
            self._short("greetings", greetings(capabilities), self.shard.greetings)
            self._short("readings", readings(capabilities), self.shard.readings)
            self._lives()
        except _EnoughError:
            pass

    def note(self, life: Life, breakdown: BrokenDriverError | None = None) -> None:
        """Take in what a piece of life showed; a driver that is too slow or breaks again and again ends the search."""
        if self.findings.note(life, breakdown) and self.database is not None:
            self.database.keep()
        if monotonic() > self.deadline:
            self._enough(f"the time was over after {self.shard.seconds:.0f} s")
        breakdowns = self.findings.breakdowns
        if breakdown is not None and breakdowns >= _MOST_BREAKDOWNS:
            self._enough(f"the driver broke {breakdowns} times")

    def _enough(self, reason: str) -> None:
        wanted = self.shard.lives * sum(corners(self.driver.hello.capabilities).values())
        self.findings.lost.append(
            f"part {self.shard.number} of the search was ended, {reason}: {self.findings.census.lives} of"
            f" {wanted} lives were lived"
        )
        raise _EnoughError

    def _lives(self) -> None:
        """Let each corner be gone round by as many lives."""
        for corner, weight in corners(self.driver.hello.capabilities).items():
            lives = machine(self.driver, self.findings.census, self.note, self.checks, corner)
            for part, count in enumerate(_fresh(weight * self.shard.lives)):
                settings = self._settings(count, stateful_step_count=self.shard.pieces)
                seed = self._seed(corner, part)
                run_state_machine_as_test(hypothesis.seed(seed)(lives), settings=settings)

    def _short(self, name: str, strategy: st.SearchStrategy[list[Request]], count: int) -> None:
        """Live short lives whose requests are known beforehand."""
        for part, examples in enumerate(_fresh(count)):

            @hypothesis.seed(self._seed(name, part))
            @self._settings(examples)
            @hypothesis.given(strategy)
            def short(requests: list[Request]) -> None:
                self._live(requests)

            short()

    def _live(self, requests: Sequence[Request]) -> None:
        self.note(*lived(self.driver, requests, self.checks))

    def _seed(self, *what: str | int) -> int:
        """Give a seed for one run of Hypothesis, the same each time and another one for each run."""
        text = repr((self.shard.seed, self.shard.number, *what))
        return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())

    def _settings(self, count: int, **more: Any) -> hypothesis.settings:
        self.database = None if self.shard.database is None else LivesDatabase(self.shard.database)
        return hypothesis.settings(
            max_examples=count,
            phases=[Phase.reuse, Phase.generate],
            database=self.database,
            deadline=None,
            verbosity=Verbosity.quiet,
            suppress_health_check=list(HealthCheck),
            print_blob=False,
            **more,
        )
