"""What replays of cases showed, for people and for programs."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

import click

from lifecycle_conformance.driver.safe_text import safe
from lifecycle_conformance.execution.trace import Object
from lifecycle_conformance.judges.agreement import AGREEMENT
from lifecycle_conformance.report.as_json import failure_as_json
from lifecycle_conformance.report.failures import AGREEING, again, heading, session, statement
from lifecycle_conformance.report.request_lines import request_lines
from lifecycle_conformance.report.start import in_short, line
from lifecycle_conformance.report.wording import WIDTH, counted, paragraph, wrapped
from lifecycle_conformance.runner.replay import Outcome, Replayed
from lifecycle_conformance.runner.verdicts import Verdict
from lifecycle_conformance.specification.requirements import load

_INDENT: Final = "   "
_BLOCKERS: Final = (Verdict.NONDETERMINISTIC, Verdict.CRASH, Verdict.TIMEOUT, Verdict.PROTOCOL)


def start(name: str, replayed: Sequence[Replayed], driver: Sequence[str], width: int = WIDTH) -> Iterator[str]:
    """How several cases fared, what to mend first, and how to see that again: three lines."""
    failed = sorted((each for each in replayed if each.failure is not None), key=_weight)
    yield from line("how far", summary(name, replayed), width)
    if failed:
        first = failed[0]
        assert first.failure is not None
        yield from line("mend first", f"{_subject(first)}. {in_short(first.failure)}", width)
        yield from line("see it again", again(first.case.source, driver), width, whole=True)


def _weight(replayed: Replayed) -> tuple[int, int]:
    """Order failures: what keeps others from being judged first, then the shortest."""
    assert replayed.failure is not None
    verdict = replayed.failure.verdict
    blocker = _BLOCKERS.index(verdict) if verdict in _BLOCKERS else len(_BLOCKERS)
    return blocker + (not replayed.failure.problems), len(replayed.failure.requests)


def lines(replayed: Replayed, width: int = WIDTH) -> Iterator[str]:
    """One case: its requirement, its requests, and what came of them."""
    case, requirement = replayed.case, load().get(replayed.case.requirement or "")
    yield from heading(_subject(replayed), _verdict(replayed), "", width, _said(replayed))
    yield f"{_INDENT}{click.style(safe(case.source), dim=True)}"
    if requirement is not None:
        yield from statement(requirement.statement, width)
    yield ""
    if replayed.failure is None:
        yield from request_lines(case.requests, width)
        yield ""
        for each in _why(replayed).splitlines():
            yield from paragraph(safe(each), width, first=_INDENT)
    else:
        yield from session(replayed.failure, width)
    if replayed.also:
        first = f"{_INDENT}also broken in this session: "
        yield from wrapped(replayed.also, width, first=first, between=", ")


def _subject(replayed: Replayed) -> str:
    case = replayed.case
    requirement = load().get(case.requirement or "")
    if requirement is not None:
        return f"{requirement.id}: {requirement.title}"
    return AGREEING if case.requirement == AGREEMENT else safe(case.name)


def _verdict(replayed: Replayed) -> Verdict:
    if replayed.outcome is Outcome.UNDECIDED:
        return Verdict.NOT_EXERCISED
    return Verdict.PASS if replayed.failure is None else replayed.failure.verdict


def _said(replayed: Replayed) -> str:
    verdict = Verdict.PASS if replayed.failure is None else replayed.failure.verdict
    more = "" if verdict in {Verdict.PASS, Verdict.FAIL} else f" ({verdict})"
    return f"{replayed.outcome}{more}"


def _why(replayed: Replayed) -> str:
    if replayed.outcome in {Outcome.UNDECIDED, Outcome.NOT_APPLICABLE}:
        return replayed.why
    if replayed.case.verdict == Verdict.STATE_LEAK:
        return "it holds, as it did in a fresh process when it was found: what broke it were other sessions before it"
    if replayed.case.verdict == Verdict.NONDETERMINISTIC:
        return "it holds this time: when it was found, fresh processes answered the same requests in different ways"
    return f"it holds, judged {counted(replayed.judged, 'time')}" if replayed.judged else "it holds"


def summary(name: str, replayed: Sequence[Replayed]) -> str:
    """Count the outcomes."""
    counts = Counter(each.outcome for each in replayed)
    words = {
        Outcome.HOLDS: "hold",
        Outcome.FAILS: "fail",
        Outcome.UNDECIDED: "undecided",
        Outcome.NOT_APPLICABLE: "not applicable",
    }
    said = (counted(counts[outcome], outcome.value, word) for outcome, word in words.items() if counts[outcome])
    return f"{safe(name)}: {counted(len(replayed), 'case')}: {', '.join(said)}"


def as_json(name: str, replayed: Sequence[Replayed]) -> Object:
    """The outcomes as a JSON object: nothing shortened, and no member that is empty."""
    return {"driver": name, "cases": [_entry(each) for each in replayed]}


def _entry(replayed: Replayed) -> Object:
    case, failure = replayed.case, replayed.failure
    steps = [{"op": op, **arguments} for op, arguments in case.requests]
    shown = {"steps": steps} if failure is None else failure_as_json(failure)
    return {
        "case": case.source,
        "name": case.name,
        "requirement": case.requirement,
        "outcome": replayed.outcome.value,
        "judged": replayed.judged,
        **({} if failure is None else {"verdict": failure.verdict.value}),
        **{member: value for member, value in shown.items() if member not in {"case", "shrunk"}},
        "also_broken": list(replayed.also),
        **({"why": replayed.why} if replayed.why else {}),
    }
