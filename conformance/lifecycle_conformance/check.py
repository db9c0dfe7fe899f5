"""The check: lives and vectors, a verdict for each requirement, and for each failure its smallest life."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Final

import hypothesis
from attrs import Factory, define, evolve, frozen
from hypothesis import HealthCheck, Phase, Verbosity
from hypothesis.errors import HypothesisException
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from lifecycle_conformance import requirements, vectors
from lifecycle_conformance.driver.interface import BrokenDriverError, Driver, Hello
from lifecycle_conformance.life import Life, replay
from lifecycle_conformance.machine import Census, machine
from lifecycle_conformance.properties import CHECKS, Judgement
from lifecycle_conformance.requirements import Requirement
from lifecycle_conformance.trace import Object
from lifecycle_conformance.verdicts import Failure, Report, Result, VectorResults, Verdict
from lifecycle_conformance.workspace import workspace

Progress = Callable[[str], None]


@frozen(kw_only=True)
class Profile:
    """How long to look: how many lives of how many pieces, and how many seconds to shrink what was found."""

    lives: int
    pieces: int
    shrink_s: float


PROFILES: Final = {
    "quick": Profile(lives=200, pieces=18, shrink_s=20),
    "default": Profile(lives=500, pieces=25, shrink_s=60),
    "thorough": Profile(lives=20_000, pieces=50, shrink_s=600),
}


@define
class _Findings:
    """What the lives showed of each requirement: in how many of them it was judged, and the first that broke it."""

    cases: Counter[str] = Factory(Counter)
    violations: dict[str, Failure] = Factory(dict)
    breakdowns: dict[str, Failure] = Factory(dict)


class _BrokenRequirementError(Exception):
    """Tells Hypothesis that a life broke the requirement that is searched for."""


class _BudgetSpentError(KeyboardInterrupt):
    """Ends a search; Hypothesis lets it through where it would shrink an ordinary exception."""


def run(
    driver_factory: Callable[[], Driver],
    *,
    profile: str = "default",
    seed: int = 0,
    vectors: bool = True,
    progress: Progress = lambda _: None,
) -> Report:
    """Judge an implementation. Raises :class:`BringUpError` where it doesn't come up."""
    started = monotonic()
    driver = driver_factory()
    try:
        vector_results = _judge_vectors(driver, progress) if vectors else None
        search = _Search(driver=driver, profile=PROFILES[profile], seed=seed, progress=progress)
        search.live()
        search.shrink()
        return Report(
            hello=driver.hello,
            profile=profile,
            seed=seed,
            seconds=monotonic() - started,
            census=search.census,
            results=tuple(_result(each, driver.hello, search.findings) for each in requirements.load().values()),
            vectors=vector_results,
        )
    finally:
        driver.close()


# --- lives ------------------------------------------------------------------------------------------------------------


@define(kw_only=True)
class _Search:
    """Lives of one driver: first all requirements are judged in them, then each that failed gets a search of its own.

    A search with the same seed lives the same lives, so that what was found is found again at once.
    """

    driver: Driver
    profile: Profile
    seed: int
    progress: Progress
    census: Census = Factory(Census)
    findings: _Findings = Factory(_Findings)

    def live(self) -> None:
        """Let lives be lived and note what they show; a violation ends none of them."""
        self._run(machine(self.driver, self.census, self._note), Phase.generate)

    def _note(self, life: Life, broken: BrokenDriverError | None) -> None:
        """Count each requirement once a life, and keep the first violation."""
        self.progress(f"life {self.census.lives} of {self.profile.lives}, {self.census.steps} requests judged")
        if broken is not None:
            failure = Failure(requests=tuple(life.requests), message=broken.message, stderr=broken.stderr)
            self.findings.breakdowns.setdefault(broken.verdict.value, failure)
        for judgement in (each.judgement for each in life.unseen()):
            self.findings.cases[judgement.requirement] += 1
            if not judgement.holds:
                self.findings.violations.setdefault(judgement.requirement, _failure(life.requests, judgement))

    def shrink(self) -> None:
        """Find the smallest life for each requirement that failed; what one leaves of its time goes to the others."""
        violations, end = self.findings.violations, monotonic() + self.profile.shrink_s
        for left, requirement in zip(range(len(violations), 0, -1), sorted(violations), strict=True):
            self.progress(f"shrinking {requirement}")
            found = self._smallest(requirement, monotonic() + (end - monotonic()) / left)
            violations[requirement] = self._confirmed(requirement, found or violations[requirement])

    def _smallest(self, requirement: str, deadline: float) -> Failure | None:
        """Search again for one requirement only; `None` if the time was over before it was found."""
        best: list[Failure] = []

        def judge(life: Life, _: BrokenDriverError | None) -> None:
            if monotonic() > deadline:
                raise _BudgetSpentError
            for judgement in (each.judgement for each in life.unseen()):
                if judgement.requirement == requirement and not judgement.holds:
                    failure = _failure(life.requests, judgement, shrunk=True)
                    best[:] = [min([*best, failure], key=lambda each: each.size)]
                    raise _BrokenRequirementError

        checks = [each for each in CHECKS if requirement in each.requirements]
        # However the search ends, what counts is what it found.
        ends = (_BrokenRequirementError, _BudgetSpentError, HypothesisException, ExceptionGroup)
        with suppress(*ends):
            self._run(machine(self.driver, Census(), judge, checks), Phase.generate, Phase.shrink)
        return best[0] if best else None

    def _confirmed(self, requirement: str, failure: Failure) -> Failure:
        """Live the smallest life again, in a fresh process and store: what passes there was a leak of state."""
        try:
            self.driver.restart()
            judgements = replay(self.driver, failure.requests)
        except BrokenDriverError as broken:
            return evolve(failure, stderr=broken.stderr)
        again = any(each.requirement == requirement and not each.holds for each in judgements)
        return evolve(failure, leaks=not again, stderr=self.driver.stderr_tail())

    def _run(self, lives: type[RuleBasedStateMachine], *phases: Phase) -> None:
        settings = hypothesis.settings(
            max_examples=self.profile.lives,
            stateful_step_count=self.profile.pieces,
            phases=phases,
            database=None,
            deadline=None,
            verbosity=Verbosity.quiet,
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            print_blob=False,
        )
        run_state_machine_as_test(hypothesis.seed(self.seed)(lives), settings=settings)


def _failure(asked: list[tuple[str, Object]], judgement: Judgement, *, shrunk: bool = False) -> Failure:
    return Failure(
        requests=tuple(asked),
        message=judgement.what,
        expected=judgement.expected,
        actual=judgement.actual,
        compared=True,
        shrunk=shrunk,
    )


# --- verdicts ---------------------------------------------------------------------------------------------------------

CHECKED: Final = frozenset(each for registered in CHECKS for each in registered.requirements)
"""The requirements that some check judges."""
_ANSWERING: Final = "DRIVER-2"


def _result(requirement: Requirement, hello: Hello, findings: _Findings) -> Result:
    cases, failure = findings.cases[requirement.id], findings.violations.get(requirement.id)
    if requirement.id == _ANSWERING and findings.breakdowns:
        verdict, failure = next(iter(findings.breakdowns.items()))
        return Result(requirement=requirement, verdict=Verdict(verdict), cases=cases, failure=failure)
    if failure is not None:
        return Result(requirement=requirement, verdict=failure.verdict, cases=cases, failure=failure)
    if requirement.id not in CHECKED:
        return Result(requirement=requirement, verdict=Verdict.NO_CHECK, cases=0)
    if not cases and not requirement.capabilities <= hello.capabilities:
        return Result(requirement=requirement, verdict=Verdict.NOT_DECLARED, cases=0)
    return Result(requirement=requirement, verdict=Verdict.PASS if cases else Verdict.NOT_EXERCISED, cases=cases)


def _judge_vectors(driver: Driver, progress: Progress) -> VectorResults:
    """Compare with production's answers; what the driver can't be asked is counted apart."""
    agreed, not_declared, failed = 0, 0, []
    with workspace() as directory:
        for number, scenario in enumerate(vectors.stream(), start=1):
            progress(f"vector {number}: {scenario.name}")
            if not scenario.needs <= driver.hello.capabilities:
                not_declared += 1
                continue
            try:
                differences = [str(each) for each in vectors.judge(scenario, driver, Path(directory))]
            except BrokenDriverError as broken:
                differences = [str(broken)]
            agreed += not differences
            failed += [(scenario.name, difference) for difference in differences[:1]]
    return VectorResults(agreed=agreed, not_declared=not_declared, failed=tuple(failed))
