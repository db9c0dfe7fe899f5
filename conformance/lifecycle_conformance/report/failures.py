"""A failure as text: the requirement, the session that breaks it, expected against actual, how to see it again."""

import shlex
from collections.abc import Iterator, Sequence
from typing import Final

import click

from lifecycle_conformance.driver.safe_text import safe
from lifecycle_conformance.execution.trace import Object
from lifecycle_conformance.mutants import MUTANTS
from lifecycle_conformance.report.difference import difference
from lifecycle_conformance.report.ranking import Failed, failure_of
from lifecycle_conformance.report.request_lines import request_lines
from lifecycle_conformance.report.wording import WIDTH, counted, named, paragraph, short, written
from lifecycle_conformance.runner.verdicts import FAILURES, Failure, JudgeResult, Verdict
from lifecycle_conformance.specification.requirements import Level

_INDENT: Final = "   "
_LINES_OF_STDERR: Final = 10
_LONGEST_ANSWER: Final = 300
_MOST_SEEN: Final = 4
AGREEING: Final = "Agreement with the reference"
"""The name of a judge that is no requirement."""
AGREEMENT_MEANS: Final = (
    "What an implementation answers and shows is what the reference answers and shows from where the implementation "
    "stood before."
)
_LEAK: Final = (
    "in a fresh process it holds: something was kept of a store that was open before; does `open` begin with an empty "
    "store (DRIVER-7)?"
)
_LEFT_BEHIND: Final = "in a fresh process the same requests were answered"
_DIFFERING: Final = "fresh processes answer the same requests in different ways (DRIVER-17)"
_MOST_LIKE: Final = 3
_WHETHER: Final = "whether "
_REFUSALS: Final = ("the refusal", "the kind of the refusal")


def styled(verdict: Verdict, text: str | None = None) -> str:
    """Write a verdict, or a text, in the colour of the verdict."""
    said = verdict.value if text is None else text
    if verdict is Verdict.PASS:
        return click.style(said, fg="green")
    if verdict in {Verdict.NOT_EXERCISED, Verdict.UNDECIDED}:
        return click.style(said, fg="yellow")
    return click.style(said, fg="red") if verdict in FAILURES else click.style(said, dim=True)


def in_full(failed: Failed, driver: Sequence[str], width: int = WIDTH) -> Iterator[str]:
    """All lines on how a requirement is broken, or how an implementation disagrees with the reference.

    `driver` is the command that starts the implementation, if there is one.
    """
    failure = failure_of(failed)
    if isinstance(failed, JudgeResult):
        yield from heading(AGREEING, failure.verdict, share(failed), width)
        yield from statement(AGREEMENT_MEANS, width)
    else:
        requirement = failed.requirement
        level = "" if requirement.level is Level.MUST else f" ({requirement.level})"
        yield from heading(f"{requirement.id}: {requirement.title}", failed.verdict, f"{level}{share(failed)}", width)
        yield from statement(requirement.statement, width)
    yield ""
    yield from session(failure, width)
    if not failure.shrunk:
        yield f"{_INDENT}(not shrunk: the time for that was spent)"
    if failure.case is not None:
        # One line, whatever its length: it is there to be copied.
        yield f"{_INDENT}again: {again(failure.case, driver)}"


def in_a_line(failed: Failed) -> str:
    """A line on how a requirement is broken, and one on where its case is saved."""
    failure = failure_of(failed)
    if isinstance(failed, JudgeResult):
        said = f"  agreement  {styled(failure.verdict)}{share(failed)}: {AGREEING}"
    else:
        said = f"  {failed.requirement.id:<10} {styled(failed.verdict)}{share(failed)}: {failed.requirement.title}"
    return said if failure.case is None else f"{said}\n{_INDENT * 4} {click.style(safe(failure.case), dim=True)}"


def heading(name: str, verdict: Verdict, more: str, width: int, said: str | None = None) -> Iterator[str]:
    """Write the line that a failure begins with, of `said` or the verdict's own word."""
    word = verdict.value if said is None else said
    plain = f"── {name} ── {word}{more}"
    if len(plain) <= width:
        yield f"── {click.style(name, bold=True)} ── {styled(verdict, word)}{more}"
    else:
        yield from (click.style(line, bold=True) for line in paragraph(f"── {name}", width, rest=_INDENT))
        yield f"   ── {styled(verdict, word)}{more}"


def statement(text: str, width: int = WIDTH) -> list[str]:
    """Write what a requirement asks for."""
    return paragraph(text, width, first=_INDENT)


def session(failure: Failure, width: int = WIDTH) -> Iterator[str]:
    """The session, what its last request should have shown against what it showed, and what the driver said."""
    if failure.requests:
        yield from request_lines(failure.requests, width)
        yield ""
    yield from _said(failure, width)
    for each in what_was_seen(failure):
        yield from paragraph(each, width, first=_INDENT, rest=f"{_INDENT}  ")
    if (said := said_again(failure)) is not None:
        yield from paragraph(said, width, first=_INDENT)
    for each in likeness(failure):
        yield from paragraph(each, width, first=_INDENT, rest=f"{_INDENT}  ")
    yield from _stderr(failure.stderr, width)


def said_again(failure: Failure) -> str | None:
    """What fresh processes showed, if that makes it something else than a plain failure."""
    if failure.again is Verdict.NONDETERMINISTIC:
        return _DIFFERING
    if failure.again is Verdict.STATE_LEAK:
        return _LEAK if failure.broke is None else _LEFT_BEHIND
    return None


def likeness(failure: Failure) -> Iterator[str]:
    """The faulty implementations that do exactly the same, in sentences: one of them may be the cause."""
    for name in failure.like[:_MOST_LIKE]:
        yield f"behaves like {name}: {MUTANTS[name].__doc__}"
    if more := failure.like[_MOST_LIKE:]:
        yield f"and like {counted(len(more), 'other')}: {', '.join(more)}"


def share(failed: Failed) -> str:
    """In how many of the cases it failed."""
    if isinstance(failed, JudgeResult):
        return f", in {failed.differing} of {failed.agreed + failed.differing} cases"
    return f", in {failed.broken} of {failed.cases} cases" if failed.broken and failed.cases else ""


def again(case: str, driver: Sequence[str]) -> str:
    """The command that replays a case."""
    return safe(shlex.join(["lifecycle-projection", "replay", case, *(["--", *driver] if driver else [])]))


# --- what was expected, and what came ---------------------------------------------------------------------------------


def _said(failure: Failure, width: int) -> Iterator[str]:
    """What is wrong: the whole cause, problems a line each, or expected against actual."""
    more = failure.compared or bool(failure.problems)
    lines = failure.message.splitlines() or ["it is broken"]
    for number, line in enumerate(lines, start=1):
        colon = ":" if more and number == len(lines) else ""
        yield from paragraph(f"{safe(line)}{colon}", width, first=_INDENT)
    for problem in failure.problems:
        for line in paragraph(safe(problem), width, first=f"{_INDENT}  ", rest=f"{_INDENT}    "):
            yield click.style(line, fg="red")
    if failure.compared:
        yield from _compared(failure, width)


def _compared(failure: Failure, width: int) -> Iterator[str]:
    words = in_words(failure)
    if words is None:
        yield from difference(failure.expected, failure.actual, width)
    else:
        yield f"{_INDENT}  expected  {click.style(words[0], fg='green')}"
        yield f"{_INDENT}  got       {click.style(words[1], fg='red')}"


def in_words(failure: Failure) -> tuple[str, str] | None:
    """Expected and actual in words, where the message asks whether something is so, or for a refusal."""
    expected, actual = failure.expected, failure.actual
    if failure.message.startswith(_WHETHER) and isinstance(expected, bool) and isinstance(actual, bool):
        return "yes" if expected else "no", "yes" if actual else "no"
    if failure.message.startswith(_REFUSALS) and not isinstance(expected, dict | list):
        return _refusal(expected), _refusal(actual)
    return None


def _refusal(kind: object) -> str:
    return "none, the request is accepted" if kind is None else named(str(kind))


# --- what was seen ----------------------------------------------------------------------------------------------------


def what_was_seen(failure: Failure) -> list[str]:
    """What the last request led to, in sentences: its answer, and what is shown now and was not before."""
    seen = failure.seen
    if seen is None or "answer" not in seen:
        return []
    changes = [f"it appended {_event(each)}" for each in seen.get("appended", ())]
    changes += [f"it wrote {_snapshot(each)}" for each in seen.get("written", ())]
    changes += [f"{named(each)} is gone or changed" for each in seen.get("gone", ())]
    if not changes and "appended" in seen and failure.requests and failure.requests[-1][0] == "project":
        changes = ["it appended no event and wrote no snapshot"]
    left = len(changes) - _MOST_SEEN
    more = [f"and {counted(left, 'more change')}"] if left > 0 else []
    return [f"the driver {answered(seen['answer'])}", *changes[:_MOST_SEEN], *more]


def answered(answer: Object) -> str:
    """What an answer says, to stand behind who gave it."""
    error = answer.get("error")
    if error is None:
        return f"answered {short(written(answer.get('ok')), _LONGEST_ANSWER)}"
    data = f", data {short(written(error['data']), _LONGEST_ANSWER)}" if error["data"] else ""
    return f"refused: {named(error['kind'])}, {written(error['message'])}{data}"


def _event(event: Object) -> str:
    return (
        f"the event {named(event.get('event_id'))}, seq {written(event.get('seq'))}, {named(event.get('event_type'))}"
    )


def _snapshot(snapshot: Object) -> str:
    phase = f", phase {named(snapshot['phase'])}" if snapshot.get("phase") is not None else ""
    return f"the snapshot {named(snapshot.get('snapshot_id'))}, seq {written(snapshot.get('seq'))}{phase}"


def _stderr(text: str, width: int) -> Iterator[str]:
    lines = end_of(text)
    if lines:
        yield f"{_INDENT}standard error, its end:"
    for line in lines:
        for part in paragraph(line, width, first=f"{_INDENT}  "):
            yield click.style(part, dim=True)


def end_of(stderr: str) -> list[str]:
    """The last lines of what a driver wrote to standard error."""
    return [safe(line.expandtabs(4)) for line in stderr.strip().splitlines()[-_LINES_OF_STDERR:]]
