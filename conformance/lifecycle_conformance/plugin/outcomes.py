"""What becomes of a test, from what a check found: it passes, is skipped with a reason, or fails with a text."""

from collections.abc import Iterable, Sequence
from typing import Final, Literal

import click
from attrs import frozen

from lifecycle_conformance.driver.safe_text import safe
from lifecycle_conformance.report import known, start, terminal
from lifecycle_conformance.report.failures import heading, in_full, share, statement
from lifecycle_conformance.report.ranking import worst_first
from lifecycle_conformance.runner.verdicts import Report, Result, Stale, Verdict

_FIXED_CASES: Final = "Production's fixed cases"
_NOT_ASKED: Final = "judged only where all requirements are"
_SKIPPED: Final = frozenset({Verdict.NOT_DECLARED, Verdict.NOT_JUDGED_HERE})
Judge = Literal["agreement", "vectors"]
"""The judges of whole answers, as a report names them."""


@frozen
class Outcome:
    """`said` is why a test is skipped, why its failure is accepted, or all that a report says of a failure.

    Of a failure, `brief` is what is wrong in one sentence, for pytest's short summary.
    """

    kind: Literal["passed", "skipped", "known", "failed"]
    said: str = ""
    brief: str = ""


def of_requirement(report: Report, requirement: str, driver: Sequence[str], width: int) -> Outcome:
    """What becomes of the test of a requirement. What was not judged, though it could have been, fails."""
    result = next(each for each in report.results if each.requirement.id == requirement)
    stale = known.of_requirement(report, requirement)
    if result.known is not None:
        return Outcome("known", known.why(result))
    if result.verdict is Verdict.PASS:
        return Outcome("passed") if stale is None else _no_longer(stale)
    if result.verdict in _SKIPPED:
        return Outcome("skipped", result.why)
    if result.failure is None:
        return _failed(f"{result.verdict}: {safe(result.why)}", [*_unjudged(result, width), *_otherwise(stale)])
    return _failed(start.in_short(result.failure), [*in_full(result, driver, width), *_otherwise(stale)])


def of_judge(report: Report, judge: Judge, driver: Sequence[str], width: int) -> Outcome:
    """What becomes of the test of a judge of whole answers."""
    found = report.agreement if judge == "agreement" else report.vectors
    stale = known.of_requirement(report, judge)
    if found is None:
        return Outcome("skipped", report.cut or _NOT_ASKED)
    if found.known is not None:
        return Outcome("known", known.why(found))
    if not found.differing:
        return Outcome("passed") if stale is None else _no_longer(stale)
    if found.failure is not None:
        return _failed(start.in_short(found.failure), [*in_full(found, driver, width), *_otherwise(stale)])
    return _failed(
        f"{_FIXED_CASES}: {found.agreed} agree, {found.differing} differ",
        [
            *heading(_FIXED_CASES, Verdict.FAIL, share(found), width),
            *terminal.of_judge("the cases", found, verbose=False, width=width),
            *_otherwise(stale),
        ],
    )


def summary(report: Report, driver: Sequence[str], width: int, note: str) -> str:
    """How far the driver got, what to mend first, what is wrong with the suite itself, if anything is, and a `note`."""
    told = [*start.lines(report, worst_first(report), driver, width)] if report.exit_code else []
    # The last line is a command, which only a driver that has one can be given to.
    return click.unstyle("\n".join([*(told if driver else told[:-1]), *report.errors, *filter(None, [safe(note)])]))


def nothing_judged(report: Report, driver: Sequence[str], width: int) -> str:
    """What is said of a driver that can't answer the plainest requests."""
    return terminal.render(report, driver=driver, width=width).rstrip("\n")


def _unjudged(result: Result, width: int) -> list[str]:
    requirement = result.requirement
    return [
        *heading(f"{requirement.id}: {requirement.title}", result.verdict, "", width),
        *statement(requirement.statement, width),
        "",
        *statement(safe(result.why), width),
    ]


def _no_longer(stale: Stale) -> Outcome:
    """What pytest calls a test that passes although it is expected to fail."""
    said = f"[XPASS(strict)] {safe(known.stale_in_a_line(stale))}"
    return _failed(said, [said, known.STALE_TO_DO])


def _otherwise(stale: Stale | None) -> list[str]:
    return [] if stale is None else ["", f"a known failure: {safe(known.stale_in_a_line(stale))}", known.STALE_TO_DO]


def _failed(brief: str, lines: Iterable[str]) -> Outcome:
    return Outcome("failed", click.unstyle("\n".join(lines)).strip("\n"), brief)
