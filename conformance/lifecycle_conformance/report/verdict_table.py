"""All requirements by chapter, each with its verdict and how often it was put to the test."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

import click

from lifecycle_conformance.report.failures import styled
from lifecycle_conformance.report.wording import WIDTH, short, wrapped
from lifecycle_conformance.verdicts import FAILURES, UNJUDGED, Result, Verdict

_LEAST: Final = 10
_JUDGED: Final = frozenset(Verdict) - UNJUDGED
_ORDER: Final = sorted(Verdict, key=lambda verdict: (verdict not in FAILURES, list(Verdict).index(verdict)))
_COLUMN: Final = max(map(len, Verdict))


def by_chapter(results: Sequence[Result]) -> Iterator[str]:
    """Show each chapter: a line for each requirement that fell short, and the others of a verdict beside each other."""
    wanted = " or ".join(str(each) for each in sorted({result.wanted for result in results if result.wanted}))
    asked = f" ({wanted} were asked for)" if wanted else ""
    yield f"Requirements by chapter, each with the number of cases in which it was judged{asked}"
    for chapter, group in groupby(results, key=lambda result: result.requirement.chapter):
        of_chapter = list(group)
        yield f"{click.style(chapter.replace('-', ' '), bold=True)}: {verdicts(of_chapter)}"
        for verdict in _ORDER:
            yield from _of_verdict(verdict, [each for each in of_chapter if each.verdict is verdict])


def _of_verdict(verdict: Verdict, results: Sequence[Result]) -> Iterator[str]:
    first = f"  {styled(verdict, f'{verdict.value:{_COLUMN}}')}  "
    if verdict in FAILURES:
        for result in results:
            yield f"{first}{_cell(result)}  {short(result.requirement.title, WIDTH // 2)}"
    elif results:
        yield from wrapped(map(_cell, results), first=first, rest=" " * (_COLUMN + 4))


def _cell(result: Result) -> str:
    if result.verdict not in _JUDGED:
        return result.requirement.id
    few = result.cases < result.wanted
    cases = click.style(f"{result.cases}/{result.wanted}", fg="yellow") if few else str(result.cases)
    return f"{result.requirement.id} {cases}"


def verdicts(results: Sequence[Result]) -> str:
    """Count the verdicts."""
    counts = Counter(result.verdict for result in results)
    return ", ".join(f"{counts[verdict]} {styled(verdict)}" for verdict in Verdict if counts[verdict])


def by_judge(results: Sequence[Result]) -> Iterator[str]:
    """Count the verdicts of the requirements that each judge is named for."""
    judges = dict.fromkeys(result.requirement.judge for result in results)
    width = max((len(judge) for judge in judges), default=0)
    for judge in judges:
        of_judge = [result for result in results if result.requirement.judge is judge]
        yield f"  {judge.value:{width}}  {len(of_judge):>3} requirements: {verdicts(of_judge)}"


def least_exercised(results: Sequence[Result]) -> list[Result]:
    """Give the requirements that were judged least often, measured by how often they were to be."""
    judged = [result for result in results if result.verdict in _JUDGED and result.wanted]
    return sorted(judged, key=lambda result: (result.cases / result.wanted, result.cases))[:_LEAST]
