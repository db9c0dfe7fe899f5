"""A report of a check as JUnit XML: one test for each requirement, in a class named after driver and chapter.

Further tests stand for the two judges of whole answers, and for the check as a whole.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import click

from lifecycle_conformance.judges.agreement import AGREEMENT
from lifecycle_conformance.report import known, ranking, start
from lifecycle_conformance.report.failures import in_full
from lifecycle_conformance.report.junit import Ended, Outcome, Test, class_of, document
from lifecycle_conformance.report.outcome import summary
from lifecycle_conformance.report.wording import WIDTH, counted
from lifecycle_conformance.runner.known_failures import VECTORS
from lifecycle_conformance.runner.verdicts import JudgeResult, Report, Result, Stale, Verdict

_SUITE: Final = "lifecycle-projection check"
_OUTCOMES: Final = {
    Verdict.FAIL: Outcome.FAILURE,
    Verdict.WRONG_REASON: Outcome.FAILURE,
    Verdict.STATE_LEAK: Outcome.FAILURE,
    Verdict.NONDETERMINISTIC: Outcome.FAILURE,
    Verdict.NOT_EXERCISED: Outcome.FAILURE,
    Verdict.CRASH: Outcome.ERROR,
    Verdict.TIMEOUT: Outcome.ERROR,
    Verdict.PROTOCOL: Outcome.ERROR,
    Verdict.UNDECIDED: Outcome.ERROR,
    Verdict.NOT_DECLARED: Outcome.SKIPPED,
    Verdict.NOT_JUDGED_HERE: Outcome.SKIPPED,
}
"""What becomes of a test by the verdict on its requirement: errors say that something kept it from being judged."""


def as_junit(report: Report, driver: Sequence[str] = ()) -> bytes:
    """A report as an XML document in UTF-8; `driver` is the command that starts the implementation, if there is one."""
    return document(_SUITE, f"{report.hello.name} {report.hello.version}", _tests(report, driver), summary(report))


def _tests(report: Report, driver: Sequence[str]) -> Iterator[Test]:
    name = report.hello.name
    for result in report.results:
        ended = _ended(result, driver, known.of_requirement(report, result.requirement.id))
        yield Test(
            classname=class_of("check", name, result.requirement.chapter), name=result.requirement.id, ended=ended
        )
    for judge, found, entry in (("agreement", report.agreement, AGREEMENT), ("fixed-cases", report.vectors, VECTORS)):
        ended = _ended_judge(found, driver, known.of_requirement(report, entry))
        yield Test(classname=class_of("check", name, "judges"), name=judge, ended=ended)
    yield Test(classname=class_of("check", name, "check"), name="complete", ended=_ended_whole(report))


def _ended(result: Result, driver: Sequence[str], stale: Stale | None) -> Ended | None:
    if result.known is not None:
        return _known(result, result.verdict)
    if result.verdict is Verdict.PASS and stale is not None:
        return _no_longer(stale)
    if (outcome := _OUTCOMES.get(result.verdict)) is None:
        return None
    failure, title = result.failure, result.requirement.title
    message = f"{title}: {result.why if failure is None else start.in_short(failure)}"
    lines = [] if failure is None else _lines(result, driver)
    lines += [known.stale_in_a_line(stale)] if stale is not None else []
    return Ended(outcome=outcome, message=message, sort=result.verdict, lines=lines)


def _known(found: Result | JudgeResult, verdict: Verdict) -> Ended:
    """A failure that is accepted: CI systems show why a test was skipped, and count it apart."""
    return Ended(outcome=Outcome.SKIPPED, message=known.why(found), sort=verdict)


def _no_longer(stale: Stale) -> Ended:
    lines = [known.stale_in_a_line(stale), known.STALE_TO_DO]
    return Ended(outcome=Outcome.FAILURE, message=f"a known failure: {stale.now}", sort="stale", lines=lines)


def _ended_judge(found: JudgeResult | None, driver: Sequence[str], stale: Stale | None) -> Ended | None:
    if found is None:
        return Ended(outcome=Outcome.SKIPPED, message="it was not asked")
    if found.known is not None:
        return _known(found, Verdict.FAIL)
    if not found.differing and stale is not None:
        return _no_longer(stale)
    if not found.differing:
        return None
    lines = [] if found.failure is None else _lines(found, driver)
    lines += [f"{name}: {difference}" for name, difference in found.failures]
    lines += [known.stale_in_a_line(stale)] if stale is not None else []
    message = f"{counted(found.differing, 'case differs', 'cases differ')}, {found.agreed} agree"
    return Ended(outcome=Outcome.FAILURE, message=message, sort=Verdict.FAIL, lines=lines)


def _lines(failed: ranking.Failed, driver: Sequence[str]) -> list[str]:
    return [click.unstyle(each) for each in in_full(failed, driver, WIDTH)]


def _ended_whole(report: Report) -> Ended | None:
    """Why the check wasn't whole: what ended it, or a defect of the suite."""
    lines = [*report.lost, *report.errors]
    if report.interrupted:
        return Ended(outcome=Outcome.ERROR, message="The check was interrupted", sort="partial", lines=lines)
    if report.cut or report.errors:
        message = report.cut or "This suite has a defect, which nobody else is to blame for"
        return Ended(outcome=Outcome.ERROR, message=message, sort="partial", lines=lines)
    return None
