"""All requirements by chapter, each with its verdict and how often it was put to the test, or why it was not."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

import click

from lifecycle_conformance.driver.safe_text import safe
from lifecycle_conformance.report.failures import styled
from lifecycle_conformance.report.known import why
from lifecycle_conformance.report.wording import paragraph, wrapped
from lifecycle_conformance.runner.reasons import NOT_DECLARED
from lifecycle_conformance.runner.verdicts import FAILURES, UNJUDGED, Result, Verdict

_LEAST: Final = 10
_TOO_FEW: Final = "too few cases met the precondition"
_JUDGED: Final = frozenset(Verdict) - UNJUDGED
_ORDER: Final = sorted(Verdict, key=lambda verdict: (verdict not in FAILURES, list(Verdict).index(verdict)))
_COLUMN: Final = max(map(len, Verdict))
_INDENT: Final = " " * (_COLUMN + 4)


def by_chapter(results: Sequence[Result], width: int, *, passes: bool = True) -> Iterator[str]:
    """Show each chapter: a line for each requirement that failed, and the others of a verdict beside each other.

    What wasn't judged stands behind the reason; without `passes`, requirements that hold are counted and not named.
    """
    wanted = " or ".join(str(each) for each in sorted({result.wanted for result in results if result.wanted}))
    asked = f" ({wanted} were asked for)" if wanted else ""
    yield from paragraph(f"Requirements by chapter, each with the cases in which it was judged{asked}", width)
    for chapter, group in groupby(results, key=lambda result: result.requirement.chapter):
        of_chapter = list(group)
        yield from wrapped(
            counts(of_chapter),
            width,
            first=f"{click.style(chapter.replace('-', ' '), bold=True)}: ",
            rest="  ",
            between=", ",
        )
        for verdict in _ORDER:
            if passes or verdict is not Verdict.PASS:
                yield from _of_verdict(verdict, [each for each in of_chapter if each.verdict is verdict], width)


def _of_verdict(verdict: Verdict, results: Sequence[Result], width: int) -> Iterator[str]:
    first = f"  {styled(verdict, f'{verdict.value:{_COLUMN}}')}  "
    failed = [each for each in results if verdict in FAILURES and each.verdict is not Verdict.NOT_EXERCISED]
    for result in failed:
        cells = [_cell(result), result.requirement.title, *filter(None, [why(result)])]
        yield from wrapped(cells, width, first=first, rest=f"{_INDENT}  ")
    others = [each for each in results if each not in failed]
    for reason, group in _by_reason(others):
        cells = [_cell(each) for each in group]
        yield from wrapped([*cells, *([f"({safe(reason)})"] if reason else [])], width, first=first, rest=_INDENT)


def _by_reason(results: Sequence[Result]) -> list[tuple[str, list[Result]]]:
    """Put those together that have the same reason: the capabilities that aren't declared, or what was not met."""
    groups: dict[str, list[Result]] = {}
    for each in results:
        groups.setdefault(_reason(each), []).append(each)
    return list(groups.items())


def _reason(result: Result) -> str:
    if result.known is not None:
        return why(result)
    match result.verdict:
        case Verdict.NOT_DECLARED:
            return result.why.removeprefix(NOT_DECLARED)
        case Verdict.NOT_EXERCISED:
            return _TOO_FEW if result.cases else result.why
        case Verdict.UNDECIDED:
            return result.why
    return ""


def _cell(result: Result) -> str:
    if result.verdict not in _JUDGED:
        return result.requirement.id
    few = result.cases < result.wanted
    cases = click.style(f"{result.cases}/{result.wanted}", fg="yellow") if few else str(result.cases)
    return f"{result.requirement.id} {cases}"


def counts(results: Sequence[Result]) -> list[str]:
    """Count the verdicts, a phrase for each."""
    numbers = Counter(result.verdict for result in results)
    known = Counter(result.verdict for result in results if result.known is not None)
    return [
        f"{numbers[verdict]} {styled(verdict)}{f' ({known[verdict]} known)' if known[verdict] else ''}"
        for verdict in Verdict
        if numbers[verdict]
    ]


def by_judge(results: Sequence[Result], width: int) -> Iterator[str]:
    """Count the verdicts of the requirements that each judge is named for."""
    judges = dict.fromkeys(result.requirement.judge for result in results)
    longest = max((len(judge) for judge in judges), default=0)
    for judge in judges:
        of_judge = [result for result in results if result.requirement.judge is judge]
        first = f"  {judge.value:{longest}}  {len(of_judge):>3} requirements: "
        yield from wrapped(counts(of_judge), width, first=first, rest="    ", between=", ")


def least_exercised(results: Sequence[Result]) -> list[Result]:
    """The requirements that were judged least often, measured by how often they were to be."""
    judged = [result for result in results if result.verdict in _JUDGED and result.wanted]
    return sorted(judged, key=lambda result: (result.cases / result.wanted, result.cases))[:_LEAST]
