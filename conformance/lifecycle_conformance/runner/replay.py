"""Replay: whether the failure that a case is about still fails."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Final

from attrs import evolve, frozen

from lifecycle_conformance.driver.interface import BringUpError, BrokenDriverError, Driver
from lifecycle_conformance.execution.judgement import canonical
from lifecycle_conformance.execution.session import executed
from lifecycle_conformance.execution.workspace import workspace
from lifecycle_conformance.judges.agreement import AGREEMENT, REGISTERED
from lifecycle_conformance.judges.properties import CHECKS
from lifecycle_conformance.judges.vectors import ABSENT, Difference, Scenario, compare, derived
from lifecycle_conformance.runner.case_files import Case
from lifecycle_conformance.runner.findings import failure_of
from lifecycle_conformance.runner.verdicts import Failure, Verdict, exit_code
from lifecycle_conformance.specification import requirements
from lifecycle_conformance.specification.requirements import Judge

_IDENTIFY: Final = "identify"


class Outcome(StrEnum):
    """What a replay says of a case."""

    HOLDS = "holds"
    FAILS = "fails"
    UNDECIDED = "undecided"
    NOT_APPLICABLE = "not applicable"


@frozen(kw_only=True)
class Replayed:
    """A case and what it shows now.

    `judged` is how often the requirement of the case was judged, `compared` how often any was; `also` are other
    requirements that are broken, and `why` says why the case is undecided or doesn't apply.
    """

    case: Case
    outcome: Outcome
    judged: int = 0
    compared: int = 0
    failure: Failure | None = None
    also: tuple[str, ...] = ()
    why: str = ""

    @property
    def verdict(self) -> Verdict:
        """The verdict on what the case is about."""
        if self.failure is not None:
            return self.failure.verdict
        return _VERDICTS[self.outcome]


_VERDICTS: Final = {
    Outcome.HOLDS: Verdict.PASS,
    Outcome.FAILS: Verdict.FAIL,
    Outcome.UNDECIDED: Verdict.UNDECIDED,
    Outcome.NOT_APPLICABLE: Verdict.NOT_DECLARED,
}


def exit_code_of(found: Sequence[Replayed]) -> int:
    """The exit code of replays, by the rule of all commands that judge; undecided where no case applied."""
    none_applied = all(each.outcome is Outcome.NOT_APPLICABLE for each in found)
    return exit_code(
        {each.verdict for each in found}, judged=any(each.compared for each in found), undecided=none_applied
    )


def replayed(cases: Sequence[Case], driver: Driver) -> Iterator[Replayed]:
    """Replay cases, each that was found in a fresh process. A driver that doesn't come up again ends it."""
    for number, case in enumerate(cases):
        try:
            if number and case.scenario is None:
                driver.restart()
            yield _replayed(case, driver)
        except BringUpError as error:
            yield Replayed(case=case, outcome=Outcome.UNDECIDED, why=str(error))
            return
        except OSError as error:
            why = f"the suite could not change a file of the store as the case says: {error.strerror}"
            yield Replayed(case=case, outcome=Outcome.UNDECIDED, why=why)


def _replayed(case: Case, driver: Driver) -> Replayed:
    if misfits := case.misfits(driver.hello.capabilities):
        return Replayed(case=case, outcome=Outcome.NOT_APPLICABLE, why="; ".join(misfits))
    if case.scenario is not None:
        return _fixed(case, case.scenario, driver)
    if _IDENTIFY not in driver.hello.capabilities:
        # It changes nothing: a session without it is the same session.
        case = evolve(case, requests=tuple(each for each in case.requests if each[0] != _IDENTIFY))
    return _found(case, driver)


def _found(case: Case, driver: Driver) -> Replayed:
    """Run a case that was found, and look for what it broke."""
    session, broke = executed(driver, case.requests, [*CHECKS, REGISTERED])
    ours = [each for each in session.judgements if each.judgement.requirement == case.requirement]
    broken = [each for each in ours if not each.judgement.holds]
    wrong = {each.judgement.requirement for each in session.judgements if not each.judgement.holds}
    others = wrong - {case.requirement, AGREEMENT}
    shown = Replayed(
        case=case,
        outcome=Outcome.HOLDS,
        judged=len(ours),
        compared=len(session.judgements),
        also=tuple(sorted(others)),
    )
    if broken:
        # A requirement may be broken in several ways: the one that was found comes first.
        said = next((each for each in broken if each.judgement.what == case.message), broken[0])
        failure = evolve(failure_of(case.requests, said), shrunk=True, stderr=driver.stderr_tail())
        return evolve(shown, outcome=Outcome.FAILS, failure=failure)
    if broke is not None:
        return evolve(shown, outcome=Outcome.FAILS, failure=_breakdown(case, broke))
    if ours or case.about_a_breakdown:
        return shown
    known = requirements.load().get(case.requirement or "")
    if known is not None and known.judge is Judge.VECTORS:
        alike = [each for each in derived.cases() if each.requests == case.requests]
        if alike:
            # The same run may be asked for several subjects; the message names the one that was.
            small = next((each for each in alike if f"({each.name})" in case.message), alike[0])
            return evolve(_derived(case, small, driver), also=shown.also)
    return evolve(shown, outcome=Outcome.UNDECIDED, why=f"nothing in this session was judged by {case.requirement}")


def _derived(case: Case, small: derived.DerivedCase, driver: Driver) -> Replayed:
    """Ask a small case that was made from production's answers, as no check judges it."""
    with workspace() as directory:
        try:
            shown = derived.ask(small, driver, Path(directory))
        except BrokenDriverError as error:
            return Replayed(case=case, outcome=Outcome.FAILS, failure=_breakdown(case, error))
    if shown is None:
        why = f"what is asked for, the {small.subject}, was not to be seen"
        return Replayed(case=case, outcome=Outcome.UNDECIDED, why=why)
    if canonical(shown) == canonical(small.expected):
        return Replayed(case=case, outcome=Outcome.HOLDS, judged=1, compared=1)
    failure = Failure(
        requests=case.requests,
        message=f"the {small.subject}",
        expected=small.expected,
        actual=shown,
        compared=True,
        shrunk=True,
        stderr=driver.stderr_tail(),
    )
    return Replayed(case=case, outcome=Outcome.FAILS, judged=1, compared=1, failure=failure)


def _fixed(case: Case, scenario: Scenario, driver: Driver) -> Replayed:
    """Compare with production's answers; a failure shows the first step that differs."""
    with workspace() as directory:
        comparison = compare(scenario, driver, Path(directory))
    count = comparison.compared
    shown = Replayed(case=case, outcome=Outcome.HOLDS, judged=count, compared=count)
    if comparison.broke is not None:
        return evolve(shown, outcome=Outcome.FAILS, failure=_breakdown(case, comparison.broke))
    if comparison.differences:
        failure = _of_differences(case, comparison.differences, driver.stderr_tail())
        return evolve(shown, outcome=Outcome.FAILS, failure=failure)
    return shown


def _of_differences(case: Case, differences: Sequence[Difference], stderr: str) -> Failure:
    step, op = differences[0].step, differences[0].op
    return Failure(
        requests=case.requests if step is None else case.requests[: step + 1],
        message=op if step is None else f"the answer to {op}",
        expected={each.path: each.expected for each in differences if each.expected is not ABSENT},
        actual={each.path: each.actual for each in differences if each.actual is not ABSENT},
        compared=True,
        shrunk=True,
        stderr=stderr,
    )


def _breakdown(case: Case, error: BrokenDriverError) -> Failure:
    """The failure that a driver which did not answer is."""
    return Failure(requests=case.requests, message=error.message, broke=error.verdict, shrunk=True, stderr=error.stderr)
