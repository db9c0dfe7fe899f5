"""A report as text: what failed, worst first, each with its smallest life; then how all that was judged fared."""

from collections.abc import Iterator, Sequence
from typing import Final

import click

from lifecycle_conformance.report import lives, verdict_table
from lifecycle_conformance.report.failures import in_a_line, of_agreement, of_requirement, worst_first
from lifecycle_conformance.report.wording import WIDTH, counted, printable, short, wrapped
from lifecycle_conformance.verdicts import FAILURES, JudgeResult, Report

_IN_FULL: Final = 12
_DIFFERENCES: Final = 10


def render(report: Report, *, driver: Sequence[str] = (), verbose: bool = False, colour: bool = False) -> str:
    """Write a report for people.

    `driver` is the command that starts the implementation, none for the reference: to replay a failure with; with
    `verbose` every failure is told in full; `colour` is for terminals.
    """
    text = "".join(f"{line}\n" for line in _lines(report, driver, verbose=verbose))
    return text if colour else click.unstyle(text)


def _lines(report: Report, driver: Sequence[str], *, verbose: bool) -> Iterator[str]:
    if report.hopeless:
        yield from _hopeless(report)
        return
    yield from _failures(report, driver, verbose=verbose)
    yield from verdict_table.by_chapter(report.results)
    yield ""
    yield "Judges"
    yield from verdict_table.by_judge(report.results)
    yield from _judge("production's fixed cases", report.vectors, verbose=verbose)
    yield from _judge("agreement with the reference", report.agreement, verbose=verbose)
    yield ""
    yield from lives.lines(report.census)
    yield from _least(report)
    yield from _own("not looked at", report.lost)
    yield from _own("defects of this suite, which nobody else is to blame for", report.errors)
    yield ""
    yield from _summary(report)


def _hopeless(report: Report) -> Iterator[str]:
    """Tell in three lines what happened, how far it got and what to do: a table would hold nothing."""
    name = f"{printable(report.hello.name)} {printable(report.hello.version)}"
    yield click.style(f"{name} can't be judged: it answers hello, and not the plainest requests", fg="red", bold=True)
    yield printable(report.cut)
    yield 'Mend that first: answer {"id": 1, "op": "open", …} with the line {"id":1,"ok":{}}, flushed; then project.'


def _failures(report: Report, driver: Sequence[str], *, verbose: bool) -> Iterator[str]:
    failed = worst_first(report.results)
    in_full = failed if verbose else failed[:_IN_FULL]
    for result in in_full:
        yield from of_requirement(result, driver)
        yield ""
    if rest := failed[len(in_full) :]:
        yield f"{len(rest)} more, in full with --verbose:"
        yield from map(in_a_line, rest)
        yield ""
    if report.agreement is not None and report.agreement.failure is not None:
        yield from of_agreement(report.agreement, driver)
        yield ""


def _judge(name: str, result: JudgeResult | None, *, verbose: bool) -> Iterator[str]:
    """Count what a judge of whole answers found, and show the first differences."""
    if result is None:
        yield f"  {name}: not asked"
        return
    differing = f"{result.differing} differ"
    counts = (
        f"{result.agreed} agree",
        click.style(differing, fg="red") if result.differing else differing,
        *([f"{result.not_declared} not declared"] if result.not_declared else []),
    )
    yield f"  {name}: {', '.join(counts)}"
    shown = result.failures if verbose else result.failures[:_DIFFERENCES]
    for failed, difference in shown:
        yield f"    {short(printable(f'{failed}: {difference}'), WIDTH - 4)}"
    if left := len(result.failures) - len(shown):
        yield f"    and {counted(left, 'more', 'more')}, with --verbose"


def _least(report: Report) -> Iterator[str]:
    least = verdict_table.least_exercised(report.results)
    if least:
        cells = [f"{each.requirement.id} {each.cases}/{each.wanted}" for each in least]
        yield from wrapped(cells, first=f"{'least judged':{lives.COLUMN}}")


def _own(what: str, texts: Sequence[str]) -> Iterator[str]:
    if texts:
        yield ""
        yield click.style(f"{what}:", fg="yellow")
    for text in texts:
        for line in text.rstrip().splitlines():
            yield f"  {printable(line)}"


def _summary(report: Report) -> Iterator[str]:
    name = f"{printable(report.hello.name)} {printable(report.hello.version)}"
    partial = f", partial: {report.cut}" if report.cut else ""
    how = f"({report.profile}, seed {report.seed}, {report.seconds:.0f} s{partial})"
    colour = {0: "green", 1: "red"}.get(report.exit_code, "yellow")
    yield f"{click.style(f'{name} {_outcome(report)}', fg=colour, bold=True)} {how}"
    yield f"{verdict_table.verdicts(report.results)}"


def _outcome(report: Report) -> str:
    short_in = sum(result.verdict in FAILURES for result in report.results)
    match report.exit_code:
        case 0:
            return "conforms, as far as it was checked"
        case 3 if report.errors and not short_in:
            return "is undecided: this suite has a defect"
        case 3 | 130 if not short_in:
            return "is undecided: the check was cut off"
        case 3:
            return "is undecided: it broke the protocol"
    if short_in:
        return f"falls short in {counted(short_in, 'requirement')}"
    differing = [
        what
        for what, judge in (("production's answers", report.vectors), ("the reference", report.agreement))
        if judge is not None and judge.differing
    ]
    return f"differs from {' and '.join(differing)}"
