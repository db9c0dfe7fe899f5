"""The start of a report: how far it got, what to mend first, what that is like, how to see it again."""

import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

import click

from lifecycle_conformance.driver.safe_text import safe
from lifecycle_conformance.report.difference import first_place
from lifecycle_conformance.report.failures import again, in_words
from lifecycle_conformance.report.known import counted_stale, differing_judges, known_judges, stale_in_a_line
from lifecycle_conformance.report.ranking import Failed, explained, failure_of, name_of
from lifecycle_conformance.report.wording import counted, paragraph, short, written
from lifecycle_conformance.runner.reasons import NOT_THERE
from lifecycle_conformance.runner.verdicts import UNJUDGED, Failure, JudgeResult, Report, Verdict

_LABEL: Final = 14
_CAUSE: Final = 200
_MOST_EXPLANATIONS: Final = 3
_MOST_EQUALS: Final = 2


def lines(report: Report, failed: Sequence[Failed], driver: Sequence[str], width: int) -> Iterator[str]:
    """Where an implementation stands and what to do next: three lines or four, each on as many rows as it takes.

    `failed` is all that failed, the worst first; `driver` is the command that starts the implementation.
    """
    yield from line("how far", how_far(report), width)
    yield from line("mend first", mend_first(report, failed), width)
    if told := behaves_like(failed):
        yield from line("behaves like", told, width)
    yield from line("see it again", command(report, failed, driver), width, whole=True)


def mend_first(report: Report, failed: Sequence[Failed]) -> str:
    """What to mend first, in a sentence."""
    if report.absent:
        return f"{NOT_THERE}{', '.join(map(safe, report.absent))}"
    if failed:
        return to_mend(failed[0])
    if report.stale:
        return f"{counted_stale(report)}: {safe(stale_in_a_line(report.stale[0]))}"
    if lacking := [each.requirement.id for each in report.results if each.verdict is Verdict.NOT_EXERCISED]:
        return (
            f"nothing fails, but too few cases met the preconditions of {_some(lacking)}: search longer, or elsewhere"
        )
    return "nothing: what was judged holds"


def behaves_like(failed: Sequence[Failed]) -> str:
    """The faulty implementations that do the same, in as many failures as each explains; empty where none does."""
    found = explained(failed)
    told = [f"{_either(each.like)} in {_some(each.of)}" for each in found[:_MOST_EXPLANATIONS]]
    more = len(found) - len(told)
    return "; ".join([*told, *([f"{more} more"] if more else [])])


def line(label: str, text: str, width: int, *, whole: bool = False) -> Iterator[str]:
    """Write one of these lines; a command stays `whole`, to be copied."""
    first = f"{label:{_LABEL}}"
    rows = [f"{first}{text}"] if whole else paragraph(text, width, first=first)
    for row in rows:
        yield f"{click.style(row[: len(first)], bold=True)}{row[len(first) :]}" if row.startswith(first) else row


def how_far(report: Report) -> str:
    """How many requirements were judged and how those fared, and what kept the others from being judged."""
    counts = Counter(each.verdict for each in report.results)
    judged = [each for each in report.results if each.verdict not in UNJUDGED | {Verdict.NOT_EXERCISED}]
    known = sum(each.known is not None for each in judged)
    broken = len(judged) - counts[Verdict.PASS] - known
    said = [counted(counts[Verdict.PASS], "requirement holds", "requirements hold")]
    if broken:
        said.append(counted(broken, "is broken", "are broken"))
    if known:
        said.append(counted(known, "is known to be broken", "are known to be broken"))
    if judges := differing_judges(report):
        said.append(f"{' and '.join(judges)} {'differs' if len(judges) == 1 else 'differ'}")
    if judges := known_judges(report):
        said.append(f"{' and '.join(judges)} {'is' if len(judges) == 1 else 'are'} known to differ")
    if counts[Verdict.UNDECIDED]:
        said.append(counted(counts[Verdict.UNDECIDED], "is undecided", "are undecided"))
    if missed := counts[Verdict.NOT_EXERCISED]:
        said.append(f"{counted(missed, 'was', 'were')} not reached{_because(report)}")
    cut = f"; {safe(report.cut)}" if report.cut else ""
    partial = "interrupted, so this is a part: " if report.interrupted else ""
    return f"{partial}{', '.join(said)}{cut}"


def _because(report: Report) -> str:
    """What keeps requirements from being reached, where one cause is plain to see."""
    sessions = report.coverage.sessions
    most = max(report.results, key=lambda each: each.ended, default=None)
    if most is not None and sessions and 2 * most.ended > sessions:
        return f": {most.requirement.id} ended {most.ended} sessions"
    return ": no pass wrote a snapshot" if sessions and not report.coverage.phases else ""


def to_mend(failed: Failed) -> str:
    """What failed: its name, its title, and what is wrong in a few words."""
    title = "what an implementation does is what the reference does"
    if not isinstance(failed, JudgeResult):
        title = failed.requirement.title
    return f"{name_of(failed)} ({title}): {in_short(failure_of(failed))}"


def in_short(failure: Failure) -> str:
    """What is wrong, in one sentence."""
    message = " ".join(safe(failure.message, keep="\n").split())
    if failure.problems:
        more = len(failure.problems) - 1
        others = f" and {counted(more, 'more problem')}" if more else ""
        return f"{message}: {safe(failure.problems[0])}{others}"
    if not failure.compared:
        last = failure.stderr.strip().splitlines()[-1:]
        return f"{message}: {short(safe(last[0].strip()), _CAUSE)}" if last else message
    none_expected = "none" if failure.expected == [] else written(failure.expected)
    expected, actual = in_words(failure) or (none_expected, written(failure.actual))
    if len(expected) + len(actual) <= _CAUSE // 2:
        return f"{short(message, _CAUSE)}: expected {expected}, got {actual}"
    return f"{short(message, _CAUSE)}: {first_place(failure.expected, failure.actual)}"


def command(report: Report, failed: Sequence[Failed], driver: Sequence[str]) -> str:
    """What shows it again: the replay of the failure that is to be mended first, or the same check."""
    failures = [failure_of(each) for each in failed]
    about = [each for each in failures if each.requests and each.requests[-1][0] in report.absent]
    saved = [each.case for each in [*about, *failures] if each.case is not None]
    if saved:
        return again(saved[0], driver)
    check = ["lifecycle-projection", "check", "--profile", report.profile, "--seed", str(report.seed)]
    return safe(shlex.join([*check, *(["--", *driver] if driver else [])]))


def _either(names: Sequence[str]) -> str:
    if len(names) > _MOST_EQUALS:
        return f"{', '.join(names[:_MOST_EQUALS])} or {counted(len(names) - _MOST_EQUALS, 'other')}"
    return " or ".join(names)


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:6])
    return shown if len(names) <= 6 else f"{shown} and {len(names) - 6} more"
