"""A case lived again: whether what it is about still fails."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Final

from attrs import evolve, frozen

from lifecycle_conformance import requirements
from lifecycle_conformance.agreement import AGREEMENT, REGISTERED
from lifecycle_conformance.cases import Case
from lifecycle_conformance.driver.interface import Breakdown, BringUpError, BrokenDriverError, Driver
from lifecycle_conformance.findings import failure_of
from lifecycle_conformance.life import lived
from lifecycle_conformance.properties import CHECKS
from lifecycle_conformance.properties.judgement import canonical
from lifecycle_conformance.requirements import Judge
from lifecycle_conformance.vectors import ABSENT, Difference, derived, judge
from lifecycle_conformance.verdicts import Failure
from lifecycle_conformance.workspace import workspace

_IDENTIFY: Final = "identify"


class Outcome(StrEnum):
    """What a replay says of a case."""

    HOLDS = "holds"
    FAILS = "fails"
    UNDECIDED = "undecided"


@frozen(kw_only=True)
class Replayed:
    """A case and what it shows now.

    `judged` is how often that was judged which the case is about, `also` are requirements that are broken beside it,
    and `why` tells why nothing can be said.
    """

    case: Case
    outcome: Outcome
    judged: int = 0
    failure: Failure | None = None
    also: tuple[str, ...] = ()
    why: str = ""


def replayed(cases: Sequence[Case], driver: Driver) -> Iterator[Replayed]:
    """Live cases again, each that was found in a fresh process. A driver that doesn't come up again ends it."""
    for number, case in enumerate(cases):
        try:
            if number and case.scenario is None:
                driver.restart()
            yield _replayed(case, driver)
        except BrokenDriverError as error:
            yield _broke(case, error)
        except BringUpError as error:
            yield Replayed(case=case, outcome=Outcome.UNDECIDED, why=str(error))
            return


def _replayed(case: Case, driver: Driver) -> Replayed:
    if case.scenario is None and _IDENTIFY not in driver.hello.capabilities:
        # It changes nothing: a life without it is the same life.
        case = evolve(case, requests=tuple(each for each in case.requests if each[0] != _IDENTIFY))
    missing = case.needs - driver.hello.capabilities
    if missing:
        why = f"the driver doesn't declare {', '.join(sorted(missing))}"
        return Replayed(case=case, outcome=Outcome.UNDECIDED, why=why)
    return _found(case, driver) if case.scenario is None else _fixed(case, driver)


def _found(case: Case, driver: Driver) -> Replayed:
    """Live a case that was found, and look for what it broke."""
    life, broke = lived(driver, case.requests, [*CHECKS, REGISTERED])
    ours = [each for each in life.judgements if each.judgement.requirement == case.requirement]
    broken = [each for each in ours if not each.judgement.holds]
    if broke is not None and not broken:
        raise broke
    wrong = {each.judgement.requirement for each in life.judgements if not each.judgement.holds}
    others = wrong - {case.requirement, AGREEMENT}
    also = tuple(sorted(others))
    if broken:
        # A requirement may be broken in several ways: the one that was found comes first.
        said = next((each for each in broken if each.judgement.what == case.message), broken[0])
        failure = evolve(failure_of(case.requests, said), shrunk=True, stderr=driver.stderr_tail())
        return Replayed(case=case, outcome=Outcome.FAILS, judged=len(ours), failure=failure, also=also)
    if ours or case.about_a_breakdown:
        return Replayed(case=case, outcome=Outcome.HOLDS, judged=len(ours), also=also)
    known = requirements.load().get(case.requirement or "")
    if known is not None and known.judge is Judge.VECTORS:
        alike = [each for each in derived.cases() if each.requests == case.requests]
        if alike:
            # The same run may be asked for several subjects; the message names the one that was.
            small = next((each for each in alike if f"({each.name})" in case.message), alike[0])
            return _derived(case, small, driver)
    why = f"nothing in this life was judged by {case.requirement}"
    return Replayed(case=case, outcome=Outcome.UNDECIDED, also=also, why=why)


def _derived(case: Case, small: derived.DerivedCase, driver: Driver) -> Replayed:
    """Ask a small case that was made from production's answers, as no check judges it."""
    with workspace() as directory:
        shown = derived.ask(small, driver, Path(directory))
    if shown is None:
        why = f"what is asked for, the {small.subject}, was not to be seen"
        return Replayed(case=case, outcome=Outcome.UNDECIDED, why=why)
    if canonical(shown) == canonical(small.expected):
        return Replayed(case=case, outcome=Outcome.HOLDS, judged=1)
    failure = Failure(
        requests=case.requests,
        message=f"the {small.subject}",
        expected=small.expected,
        actual=shown,
        compared=True,
        shrunk=True,
        stderr=driver.stderr_tail(),
    )
    return Replayed(case=case, outcome=Outcome.FAILS, judged=1, failure=failure)


def _fixed(case: Case, driver: Driver) -> Replayed:
    """Compare with production's answers; the first step that differs is told."""
    assert case.scenario is not None
    with workspace() as directory:
        differences = judge(case.scenario, driver, Path(directory))
    if not differences:
        return Replayed(case=case, outcome=Outcome.HOLDS, judged=len(case.requests))
    failure = _of_differences(case, differences, driver.stderr_tail())
    return Replayed(case=case, outcome=Outcome.FAILS, judged=len(case.requests), failure=failure)


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


def _broke(case: Case, error: BrokenDriverError) -> Replayed:
    """Tell of a driver that did not answer; as everywhere, one that breaks the protocol leaves it undecided."""
    failure = Failure(
        requests=case.requests, message=error.message, broke=error.verdict, shrunk=True, stderr=error.stderr
    )
    outcome = Outcome.UNDECIDED if error.verdict is Breakdown.PROTOCOL else Outcome.FAILS
    return Replayed(case=case, outcome=outcome, failure=failure)
