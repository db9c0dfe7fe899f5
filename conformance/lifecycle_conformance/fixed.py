"""The fixed cases as a judge: whole lives compared with production's answers, and small cases made from them.

The whole lives are a judge of their own. The small ones judge the requirements whose judge is `vectors`.
"""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path

from attrs import frozen

from lifecycle_conformance import vectors
from lifecycle_conformance.driver.interface import Driver, DriverError
from lifecycle_conformance.findings import Findings
from lifecycle_conformance.search import Factory
from lifecycle_conformance.vectors import derived
from lifecycle_conformance.vectors.comparison import ABSENT, Side
from lifecycle_conformance.verdicts import Failure, JudgeResult
from lifecycle_conformance.workspace import workspace
from lifecycle_projection.records import Json

_MOST_BREAKDOWNS = 5


@frozen
class FixedFindings:
    """What the fixed cases showed of single requirements, and as a judge of their own."""

    findings: Findings
    result: JudgeResult | None


def compared(factory: Factory, names: Sequence[str] | None) -> FixedFindings:
    """Compare an implementation with production's answers; where only some requirements are judged, by the small ones.

    Raises :class:`BringUpError` where it doesn't come up.
    """
    driver = factory()
    try:
        with workspace() as directory:
            findings = _of_requirements(driver, Path(directory), names)
            result = None if names is not None else _of_lives(driver, Path(directory), findings.lost)
            return FixedFindings(findings, result)
    finally:
        driver.close()


def _of_requirements(driver: Driver, directory: Path, names: Sequence[str] | None) -> Findings:
    findings = Findings()
    wanted = [
        case
        for case in derived.cases()
        if case.needs <= driver.hello.capabilities and (names is None or not case.requirements.isdisjoint(names))
    ]
    for outcome in derived.outcomes(_asked(wanted, driver, directory, findings.lost)):
        number = int.from_bytes(blake2b(outcome.case.name.encode(), digest_size=8).digest())
        for requirement in outcome.case.requirements if outcome.judged else ():
            findings.cases[requirement].add(number)
        for difference in outcome.differences:
            for requirement in difference.requirements:
                findings.cases[requirement].add(number)
                findings.broken[requirement].add(number)
                findings.failures.setdefault(requirement, _failure(outcome.case, difference))
    return findings


def _asked(
    cases: Sequence[derived.DerivedCase], driver: Driver, directory: Path, lost: list[str]
) -> Iterator[tuple[derived.DerivedCase, Json]]:
    broke = 0
    for number, case in enumerate(cases, start=1):
        try:
            yield case, derived.ask(case, driver, directory)
        except DriverError:
            broke += 1
            if broke >= _MOST_BREAKDOWNS:
                if number < len(cases):
                    lost.append(_stopped("small fixed cases", number, len(cases)))
                return


def _stopped(what: str, asked: int, wanted: int) -> str:
    return f"{what}: {asked} of {wanted} were asked, then the driver had broken {_MOST_BREAKDOWNS} times"


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


def _of_lives(driver: Driver, directory: Path, lost: list[str]) -> JudgeResult:
    """Compare whole lives; what the driver can't be asked is counted apart, what it wasn't asked any more is `lost`."""
    agreed, not_declared, broke, left, failed = 0, 0, 0, 0, []
    for scenario in vectors.stream():
        if not scenario.needs <= driver.hello.capabilities:
            not_declared += 1
            continue
        if broke >= _MOST_BREAKDOWNS:
            left += 1
            continue
        try:
            differences = [str(each) for each in vectors.judge(scenario, driver, directory)]
        except DriverError as broken:
            broke += 1
            differences = [str(broken)]
        agreed += not differences
        failed += [(scenario.name, difference) for difference in differences[:1]]
    if left:
        asked = agreed + len(failed)
        lost.append(_stopped("fixed cases", asked, asked + left))
    return JudgeResult(agreed=agreed, not_declared=not_declared, differing=len(failed), failures=tuple(failed))
