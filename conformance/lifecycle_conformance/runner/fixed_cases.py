"""The fixed cases as a judge: whole sessions compared with production's answers, and small cases made from them.

The whole sessions are a judge of their own. The small ones judge the requirements whose judge is `vectors`.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from attrs import define

from lifecycle_conformance.driver.interface import BringUpError, BrokenDriverError, Driver
from lifecycle_conformance.execution.trace import Request
from lifecycle_conformance.execution.workspace import workspace
from lifecycle_conformance.judges import vectors
from lifecycle_conformance.judges.vectors import derived
from lifecycle_conformance.model.comparison import ABSENT, Side
from lifecycle_conformance.runner.findings import Findings, number_of
from lifecycle_conformance.runner.own_driver import own_driver
from lifecycle_conformance.runner.patience import Patience
from lifecycle_conformance.runner.pool import Send, Size
from lifecycle_conformance.runner.search import Factory
from lifecycle_conformance.runner.verdicts import Failure, JudgeResult
from lifecycle_projection.records import Json

_SMALL: Final = "small fixed cases"
_WHOLE: Final = "whole fixed cases"


def judged_by_small_cases(send: Send, factory: Factory, requirements: Sequence[str] | None) -> None:
    """Judge requirements, or all, by the small cases, and send :class:`Findings` of each case."""
    with _comparison(send, factory, _SMALL) as comparison:
        if comparison is not None:
            comparison.of_requirements(requirements)


def compared_with_production(send: Send, factory: Factory, sessions: Sequence[vectors.Scenario] | None = None) -> None:
    """Compare whole sessions, all or some, with production's answers, and send :class:`Findings` of each case."""
    with _comparison(send, factory, _WHOLE) as comparison:
        if comparison is not None:
            comparison.of_sessions(list(vectors.stream()) if sessions is None else sessions)


@contextmanager
def _comparison(send: Send, factory: Factory, kind: str) -> "Iterator[_Comparison | None]":
    """A comparison with a driver of its own; none where that doesn't come up, which is sent."""
    with own_driver(send, factory, kind) as driver, workspace() as directory:
        yield None if driver is None else _Comparison(driver, Path(directory), send)


def _small(capabilities: frozenset[str], requirements: Sequence[str] | None) -> list[derived.DerivedCase]:
    return [
        case
        for case in derived.cases()
        if case.needs <= capabilities and (requirements is None or not case.requirements.isdisjoint(requirements))
    ]


@define
class _Comparison:
    """The fixed cases put to a driver, until it has broken too often."""

    driver: Driver
    directory: Path
    send: Send

    def of_requirements(self, requirements: Sequence[str] | None) -> None:
        """Judge requirements by the small cases."""
        cases, findings = _small(self.driver.hello.capabilities, requirements), Findings()
        self.send(Size(len(cases) + 1))
        for outcome in derived.outcomes(self._asked(cases)):
            number = number_of(outcome.case.name)
            for requirement in outcome.requirements:
                findings.cases[requirement].add(number)
            for difference in outcome.differences:
                for requirement in difference.requirements:
                    findings.cases[requirement].add(number)
                    findings.broken[requirement].add(number)
                    findings.keep(requirement, _failure(outcome.case, difference))
        self.send(findings)

    def _asked(self, cases: Sequence[derived.DerivedCase]) -> Iterator[tuple[derived.DerivedCase, Json]]:
        kind, patience = _SMALL, Patience()
        for case in cases:
            findings = Findings()
            try:
                yield case, derived.ask(case, self.driver, self.directory)
                patience.held()
            except (BrokenDriverError, BringUpError) as error:
                if self._is_enough(findings, kind, case.requests, error, patience):
                    return
            finally:
                self.send(findings)

    def of_sessions(self, scenarios: Sequence[vectors.Scenario]) -> None:
        """Compare whole sessions; what the driver can't be asked is counted apart."""
        kind, patience = _WHOLE, Patience()
        self.send(Size(len(scenarios)))
        for scenario in scenarios:
            if not scenario.needs <= self.driver.hello.capabilities:
                self.send(Findings(fixed=JudgeResult(not_declared=1)))
                continue
            findings, enough = Findings(), False
            try:
                differences = [str(each) for each in vectors.judge(scenario, self.driver, self.directory)]
                patience.held()
            except (BrokenDriverError, BringUpError) as error:
                differences = [str(error)]
                enough = self._is_enough(findings, kind, _requests(scenario), error, patience)
            failures = tuple((scenario.name, difference) for difference in differences[:1])
            findings.fixed = JudgeResult(agreed=int(not failures), differing=len(failures), failures=failures)
            self.send(findings)
            if enough:
                return

    @staticmethod
    def _is_enough(
        findings: Findings,
        kind: str,
        requests: Sequence[Request],
        error: BrokenDriverError | BringUpError,
        patience: Patience,
    ) -> bool:
        """Note how the driver broke; whether no more cases of this kind are worth trying."""
        breakdown = error.as_breakdown() if isinstance(error, BringUpError) else error
        findings.note_breakdown(requests, breakdown)
        reason = patience.broke(kind, breakdown.verdict)
        if reason:
            findings.lost.append(f"{kind}: given up, {reason}")
            findings.cut = patience.exhausted
        return bool(reason)


def _requests(scenario: vectors.Scenario) -> list[Request]:
    steps = ((step["op"], {name: value for name, value in step.items() if name != "op"}) for step in scenario.steps)
    return [("open", {"store": 0}), *steps]


def _failure(case: derived.DerivedCase, difference: derived.DerivedDifference) -> Failure:
    return Failure(
        requests=case.requests,
        message=f"{difference.path} of the {case.subject} ({case.name})",
        expected=_value(difference.expected),
        actual=_value(difference.actual),
        compared=True,
        shrunk=True,
    )


def _value(side: Side) -> Json:
    return None if side is ABSENT else side
