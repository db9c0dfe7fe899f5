"""What replays of cases showed, for people and for programs."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from lifecycle_conformance.agreement import AGREEMENT
from lifecycle_conformance.replaying import Outcome, Replayed
from lifecycle_conformance.report.failures import AGREEING, heading, statement, styled, told
from lifecycle_conformance.report.operations import operations
from lifecycle_conformance.report.wording import counted, printable, wrapped
from lifecycle_conformance.requirements import load
from lifecycle_conformance.trace import Object
from lifecycle_conformance.verdicts import Verdict

_INDENT: Final = "   "


def lines(replayed: Replayed) -> Iterator[str]:
    """Tell of one case: its requirement, its requests, and what came of them."""
    case, requirement = replayed.case, load().get(replayed.case.requirement or "")
    name = printable(case.name) if requirement is None else f"{requirement.id}: {requirement.title}"
    name = AGREEING if case.requirement == AGREEMENT else name
    yield heading(name, _said(replayed), f"  {printable(case.source)}")
    if requirement is not None:
        yield from statement(requirement.statement)
    yield ""
    if replayed.failure is None:
        yield from operations(case.requests)
        yield ""
        yield from (f"{_INDENT}{printable(line)}" for line in _why(replayed).splitlines())
    else:
        yield from told(replayed.failure)
    if replayed.also:
        first = f"{_INDENT}also broken in this life: "
        yield from wrapped(replayed.also, first=first, between=", ")


def _said(replayed: Replayed) -> str:
    verdict = Verdict.PASS if replayed.failure is None else replayed.failure.verdict
    unsaid = {Outcome.UNDECIDED: Verdict.NOT_EXERCISED, Outcome.NOT_APPLICABLE: Verdict.NOT_DECLARED}
    colour = unsaid.get(replayed.outcome, verdict)
    more = "" if verdict in {Verdict.PASS, Verdict.FAIL} else f" ({verdict})"
    return styled(colour, f"{replayed.outcome}{more}")


def _why(replayed: Replayed) -> str:
    if replayed.outcome in {Outcome.UNDECIDED, Outcome.NOT_APPLICABLE}:
        return replayed.why
    if replayed.case.verdict == Verdict.STATE_LEAK:
        return "it holds, as it did in a fresh process when it was found: what broke it were other lives before it"
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
    return f"{printable(name)}: {counted(len(replayed), 'case')}: {', '.join(said)}"


def as_json(name: str, replayed: Sequence[Replayed]) -> Object:
    """Give the outcomes as a JSON object."""
    return {"driver": name, "cases": [_entry(each) for each in replayed]}


def _entry(replayed: Replayed) -> Object:
    failure = replayed.failure
    told_: Object = {}
    if failure is not None:
        compared = {"expected": failure.expected, "actual": failure.actual} if failure.compared else {}
        told_ = {"verdict": failure.verdict.value, "message": failure.message, **compared, "stderr": failure.stderr}
    return {
        "case": replayed.case.source,
        "name": replayed.case.name,
        "requirement": replayed.case.requirement,
        "outcome": replayed.outcome.value,
        "judged": replayed.judged,
        **told_,
        "also_broken": list(replayed.also),
        "why": replayed.why or None,
    }
