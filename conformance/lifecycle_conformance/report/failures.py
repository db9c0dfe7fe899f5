"""How a failure is told: the requirement, the life that breaks it, expected against actual, how to see it again."""

import shlex
import textwrap
from collections.abc import Iterator, Sequence
from typing import Final

import click

from lifecycle_conformance.report.difference import difference
from lifecycle_conformance.report.operations import operations
from lifecycle_conformance.report.wording import WIDTH, printable, short
from lifecycle_conformance.requirements import Level
from lifecycle_conformance.verdicts import FAILURES, Failure, JudgeResult, Result, Verdict

_INDENT: Final = "   "
_LINES_OF_STDERR: Final = 10
_SEVERITY: Final = (
    Verdict.NONDETERMINISTIC, Verdict.CRASH, Verdict.TIMEOUT, Verdict.PROTOCOL, Verdict.STATE_LEAK,
    Verdict.WRONG_REASON, Verdict.FAIL,
)  # fmt: skip
AGREEING: Final = "Agreement with the reference"
"""The name of a judge that is no requirement."""
_AGREEMENT: Final = (
    "What an implementation answers and shows is what the reference answers and shows from where the implementation "
    "stood before."
)


def worst_first(results: Sequence[Result]) -> list[Result]:
    """Give the results that have a failure: by verdict, MUST before SHOULD, then by the share of cases that failed."""
    return sorted((each for each in results if each.failure is not None), key=_rank)


def _rank(result: Result) -> tuple[int, bool, float]:
    severity = _SEVERITY.index(result.verdict) if result.verdict in _SEVERITY else len(_SEVERITY)
    return severity, result.requirement.level is not Level.MUST, -result.broken / max(1, result.cases)


def styled(verdict: Verdict, text: str | None = None) -> str:
    """Write a verdict, or a text, in the colour of the verdict."""
    said = verdict.value if text is None else text
    if verdict is Verdict.PASS:
        return click.style(said, fg="green")
    if verdict is Verdict.NOT_EXERCISED:
        return click.style(said, fg="yellow")
    return click.style(said, fg="red") if verdict in FAILURES else click.style(said, dim=True)


def of_requirement(result: Result, driver: Sequence[str]) -> Iterator[str]:
    """Tell in full how a requirement is broken. `driver` is the command that starts it, if there is one."""
    requirement, failure = result.requirement, result.failure
    assert failure is not None
    level = "" if requirement.level is Level.MUST else f" ({requirement.level})"
    yield heading(f"{requirement.id}: {requirement.title}", styled(result.verdict), f"{level}{_share(result)}")
    yield from statement(requirement.statement)
    yield ""
    yield from told(failure)
    yield from _again(failure, driver)


def of_agreement(agreement: JudgeResult, driver: Sequence[str]) -> Iterator[str]:
    """Tell in full the smallest disagreement with the reference."""
    assert agreement.failure is not None
    share = f", in {agreement.differing} of {agreement.agreed + agreement.differing} cases"
    yield heading(AGREEING, styled(agreement.failure.verdict), share)
    yield from statement(_AGREEMENT)
    yield ""
    yield from told(agreement.failure)
    yield from _again(agreement.failure, driver)


def in_a_line(result: Result) -> str:
    """Tell in a line how a requirement is broken."""
    requirement, failure = result.requirement, result.failure
    assert failure is not None
    where = "" if failure.case is None else f"  {click.style(printable(failure.case), dim=True)}"
    return f"  {requirement.id:<10} {styled(result.verdict)}{_share(result)}: {requirement.title}{where}"


def heading(name: str, verdict: str, more: str = "") -> str:
    """Write the line that a failure begins with."""
    return f"── {click.style(name, bold=True)} ── {verdict}{more}"


def statement(text: str) -> list[str]:
    """Write what a requirement asks for."""
    return textwrap.wrap(text, WIDTH - len(_INDENT), initial_indent=_INDENT, subsequent_indent=_INDENT)


def told(failure: Failure) -> Iterator[str]:
    """Tell the life, and what its last request should have shown against what it showed."""
    if failure.requests:
        yield from operations(failure.requests)
        yield ""
    said = [printable(line) for line in failure.message.splitlines()] or ["it is broken"]
    for line in said[:-1]:
        yield f"{_INDENT}{short(line, WIDTH - len(_INDENT))}"
    yield f"{_INDENT}{short(said[-1], WIDTH - len(_INDENT) - 1)}{':' if failure.compared else ''}"
    if failure.compared:
        yield from difference(failure.expected, failure.actual)
    if failure.again is Verdict.NONDETERMINISTIC:
        yield f"{_INDENT}fresh processes answer the same requests in different ways: see DRIVER-17"
    if failure.again is Verdict.STATE_LEAK and failure.broke is not None:
        yield f"{_INDENT}in a fresh process the same requests were answered"
    elif failure.again is Verdict.STATE_LEAK:
        yield f"{_INDENT}in a fresh process it holds: something of the lives before was kept"
    yield from _stderr(failure.stderr)


def _stderr(text: str) -> Iterator[str]:
    lines = text.strip().splitlines()
    if lines:
        yield f"{_INDENT}standard error, its end:"
    for line in lines[-_LINES_OF_STDERR:]:
        yield click.style(f"{_INDENT}  {short(printable(line), WIDTH - len(_INDENT) - 2)}", dim=True)


def _share(result: Result) -> str:
    return f", in {result.broken} of {result.cases} cases" if result.broken and result.cases else ""


def _again(failure: Failure, driver: Sequence[str]) -> Iterator[str]:
    if not failure.shrunk:
        yield f"{_INDENT}(not shrunk: the time for that was spent)"
    if failure.case is not None:
        command = shlex.join(["lifecycle-projection", "replay", failure.case, *(["--", *driver] if driver else [])])
        yield f"{_INDENT}again: {printable(command)}"
