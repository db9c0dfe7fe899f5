"""What is told of known failures: why each is accepted, and which entries of their file are stale."""

from collections.abc import Iterator
from typing import Final

from lifecycle_conformance.driver.safe_text import safe
from lifecycle_conformance.execution.trace import Object
from lifecycle_conformance.judges.agreement import AGREEMENT
from lifecycle_conformance.report.wording import counted, paragraph
from lifecycle_conformance.runner.known_failures import VECTORS
from lifecycle_conformance.runner.verdicts import JudgeResult, KnownFailure, Report, Result, Stale

STALE_TO_DO: Final = "Take these entries out of the file, or write it anew with --write-known-failures."
_UNSAID: Final = "nobody has said why"


def reason(known: KnownFailure) -> str:
    """Why a failure is accepted, in one line."""
    return " ".join(f"known: {known.reason or _UNSAID} {known.link}".split())


def why(found: Result | JudgeResult) -> str:
    """Why a failure is accepted, safe to show; empty where it isn't."""
    return "" if found.known is None else safe(reason(found.known))


def known_judges(report: Report) -> list[str]:
    """The judges of whole answers whose differences are accepted, by the names that they have in the file."""
    return [name for name, found in _judges(report) if found.known is not None]


def differing_judges(report: Report) -> list[str]:
    """Those that differ and aren't accepted: they count as failures, beside the requirements."""
    return [name for name, found in _judges(report) if found.differing and found.known is None]


def _judges(report: Report) -> list[tuple[str, JudgeResult]]:
    judges = ((AGREEMENT, report.agreement), (VECTORS, report.vectors))
    return [(name, found) for name, found in judges if found is not None]


def number_of(report: Report) -> int:
    """How many failures are accepted: those of requirements, and those of the judges of whole answers."""
    return sum(each.known is not None for each in report.results) + len(known_judges(report))


def as_json(found: Result | JudgeResult) -> Object:
    """The member that tells of it, where it is known."""
    if found.known is None:
        return {}
    link = {"link": found.known.link} if found.known.link else {}
    return {"known": {"reason": found.known.reason, **link}}


def stale_as_json(report: Report) -> Object:
    """The member that tells of stale entries, where there are any."""
    stale = [{"place": each.place, "requirement": each.entry.requirement, "now": each.now} for each in report.stale]
    return {"stale": stale} if stale else {}


def of_requirement(report: Report, name: str) -> Stale | None:
    """The stale entry about a requirement, or about a judge of whole answers."""
    return next((each for each in report.stale if each.entry.requirement == name), None)


def stale_in_a_line(stale: Stale) -> str:
    """A stale entry: its place in the file, what it says, and what is so."""
    return f"{stale.place}, {stale.entry.requirement} {stale.entry.verdict}: {stale.now}"


def counted_stale(report: Report) -> str:
    """How many entries are stale."""
    return counted(len(report.stale), "known failure is stale", "known failures are stale")


def stale_lines(report: Report, width: int) -> Iterator[str]:
    """The stale entries for people, and what is to be done."""
    if not report.stale:
        return
    yield f"{counted_stale(report)}:"
    for each in report.stale:
        yield from paragraph(safe(stale_in_a_line(each)), width, first="  ", rest="    ")
    yield from paragraph(STALE_TO_DO, width)
    yield ""
