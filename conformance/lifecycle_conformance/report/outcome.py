"""How a check ended, in a sentence."""

from typing import Final

import click

from lifecycle_conformance.report.known import counted_stale, number_of
from lifecycle_conformance.report.verdict_table import counts
from lifecycle_conformance.report.wording import counted
from lifecycle_conformance.runner.verdicts import FAILURES, INTERRUPTED, UNDECIDED, WELL, Report

UNUSABLE: Final = "can't be judged: it answers hello, and not the plainest requests"
MEND_UNUSABLE: Final = (
    'Mend that first: answer {"id": 1, "op": "open", …} with the line {"id":1,"ok":{}}, flushed; then project.'
)
_WITHOUT_FAILURE: Final = {
    WELL: "conforms, as far as it was checked",
    INTERRUPTED: "was judged in part: the check was interrupted",
}


def outcome(report: Report) -> str:
    """What is to be said of the implementation, to stand behind its name."""
    if report.unusable:
        return UNUSABLE
    short_in = sum(result.verdict in FAILURES and result.known is None for result in report.results)
    if report.exit_code == UNDECIDED:
        defect, cut = "this suite has a defect", "the check was cut off"
        return f"is undecided: {'it broke the protocol' if short_in else defect if report.errors else cut}"
    if report.exit_code in _WITHOUT_FAILURE:
        return f"{_WITHOUT_FAILURE[report.exit_code]}{_but_for_known(report)}"
    return f"falls short in {counted(short_in, 'requirement')}" if short_in else _not_as_said(report)


def _but_for_known(report: Report) -> str:
    known = number_of(report)
    return f", but for {counted(known, 'known failure')}" if known and report.exit_code == WELL else ""


def _not_as_said(report: Report) -> str:
    """What is to be said where no requirement is broken: whole answers differ, or what is known isn't so."""
    differing = [
        what
        for what, judge in (("production's answers", report.vectors), ("the reference", report.agreement))
        if judge is not None and judge.differing and judge.known is None
    ]
    if differing:
        return f"differs from {' and '.join(differing)}"
    return f"is not what is known of it: {counted_stale(report)}"


def summary(report: Report) -> str:
    """The outcome with the name, how it was found, and how many requirements got each verdict."""
    how = f"({report.profile}, seed {report.seed})"
    numbers = click.unstyle(", ".join(counts(report.results)))
    return f"{report.hello.name} {report.hello.version} {outcome(report)} {how}{f': {numbers}' if numbers else ''}"
