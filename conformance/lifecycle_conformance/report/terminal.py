"""A report as text: what to mend first, each failure with its smallest session, then a table of all that was judged."""

from collections.abc import Iterator, Sequence
from typing import Final

import click

from lifecycle_conformance.driver.safe_text import safe
from lifecycle_conformance.report import search_depth, start, verdict_table
from lifecycle_conformance.report.failures import in_a_line, in_full
from lifecycle_conformance.report.known import stale_lines, why
from lifecycle_conformance.report.outcome import MEND_UNUSABLE, outcome
from lifecycle_conformance.report.ranking import Failed, worst_first
from lifecycle_conformance.report.wording import WIDTH, counted, paragraph, short, wrapped
from lifecycle_conformance.runner.verdicts import JudgeResult, Report

_IN_FULL: Final = 12
_DIFFERENCES: Final = 10
_LONGEST: Final = 400


def render(
    report: Report, *, driver: Sequence[str] = (), verbose: bool = False, colour: bool = False, width: int = WIDTH
) -> str:
    """Write a report for people.

    `driver` is the command that starts the implementation, none for the reference: to replay a failure with; with
    `verbose` every failure is shown in full; `colour` is for terminals; no line is longer than `width` columns but for
    commands, which are there to be copied.
    """
    text = "".join(f"{line}\n" for line in _lines(report, driver, verbose=verbose, width=width))
    return text if colour else click.unstyle(text)


def _lines(report: Report, driver: Sequence[str], *, verbose: bool, width: int) -> Iterator[str]:
    if report.unusable:
        yield from _unusable(report, width)
        return
    failed = worst_first(report)
    if report.exit_code:
        yield from start.lines(report, failed, driver, width)
        yield ""
    yield from stale_lines(report, width)
    yield from _failures(failed, driver, verbose=verbose, width=width)
    yield from verdict_table.by_chapter(report.results, width, passes=verbose or bool(report.exit_code))
    yield ""
    yield "Judges"
    yield from verdict_table.by_judge(report.results, width)
    yield from of_judge("production's fixed cases", report.vectors, verbose=verbose, width=width)
    yield from of_judge("agreement with the reference", report.agreement, verbose=verbose, width=width)
    yield ""
    yield from search_depth.lines(report.coverage, width)
    yield from _least(report, width)
    yield from _own("not looked at", report.lost, width)
    yield from _own("defects of this suite, which nobody else is to blame for", report.errors, width)
    yield ""
    yield from _summary(report, width)


def _unusable(report: Report, width: int) -> Iterator[str]:
    """What happened, how far it got and what to do, in three lines: a table would hold nothing."""
    name = f"{safe(report.hello.name)} {safe(report.hello.version)}"
    for line in paragraph(f"{name} {outcome(report)}", width):
        yield click.style(line, fg="red", bold=True)
    yield from paragraph(safe(report.cut), width)
    yield from paragraph(MEND_UNUSABLE, width)


def _failures(failed: Sequence[Failed], driver: Sequence[str], *, verbose: bool, width: int) -> Iterator[str]:
    whole = failed if verbose else failed[:_IN_FULL]
    for each in whole:
        yield from in_full(each, driver, width)
        yield ""
    if rest := failed[len(whole) :]:
        yield f"{len(rest)} more, in full with --verbose:"
        yield from map(in_a_line, rest)
        yield ""


def of_judge(name: str, result: JudgeResult | None, *, verbose: bool, width: int) -> Iterator[str]:
    """Count what a judge of whole answers found, and show the first differences."""
    if result is None:
        yield from paragraph(f"{name}: not asked", width, first="  ", rest="    ")
        return
    differing = f"{result.differing} differ"
    counts = (
        f"{result.agreed} agree",
        click.style(differing, fg="red") if result.differing else differing,
        *([f"{result.not_declared} not declared"] if result.not_declared else []),
        *filter(None, [why(result)]),
    )
    yield from wrapped(counts, width, first=f"  {name}: ", rest="    ", between=", ")
    if result.known is not None and not verbose:
        return
    shown = result.failures if verbose else result.failures[:_DIFFERENCES]
    for failed, difference in shown:
        first, *more = difference.splitlines() or [""]
        yield from paragraph(safe(f"{failed}: {short(first, _LONGEST)}"), width, first="    ", rest="      ")
        for line in more:
            yield from paragraph(safe(line), width, first="      ")
    if left := len(result.failures) - len(shown):
        yield f"    and {counted(left, 'more', 'more')}, with --verbose"


def _least(report: Report, width: int) -> Iterator[str]:
    least = verdict_table.least_exercised(report.results)
    if least:
        cells = [f"{each.requirement.id} {each.cases}/{each.wanted}" for each in least]
        yield from wrapped(cells, width, first=f"{'least judged':{search_depth.COLUMN}}")


def _own(what: str, texts: Sequence[str], width: int) -> Iterator[str]:
    if texts:
        yield ""
        yield from (click.style(line, fg="yellow") for line in paragraph(f"{what}:", width))
    for text in texts:
        for line in text.rstrip().splitlines():
            yield from paragraph(safe(line), width, first="  ", rest="    ")


def _summary(report: Report, width: int) -> Iterator[str]:
    name = f"{safe(report.hello.name)} {safe(report.hello.version)}"
    partial = f", partial: {safe(report.cut)}" if report.cut else ""
    version = f"requirements of {report.spec}, " if report.spec else ""
    how = f"({version}{report.profile}, seed {report.seed}, {report.seconds:.0f} s{partial})"
    colour = {0: "green", 1: "red"}.get(report.exit_code, "yellow")
    said = paragraph(f"{name} {outcome(report)} {how}", width, rest="  ")
    yield from (click.style(line, fg=colour, bold=True) for line in said)
    yield from wrapped(verdict_table.counts(report.results), width, between=", ")
