"""A check as a page: where to begin, each failure with its session drawn, all requirements, how far the search went.

The page says no time: it is the same for the same report.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import ClassVar, Final

from attrs import field, frozen

from lifecycle_conformance.execution.coverage import Coverage
from lifecycle_conformance.model.phase_table import NEXT
from lifecycle_conformance.report import search_depth, start
from lifecycle_conformance.report.known import STALE_TO_DO, counted_stale, stale_in_a_line, why
from lifecycle_conformance.report.outcome import MEND_UNUSABLE, outcome
from lifecycle_conformance.report.page.check_failures import Rehearse, ShownFailure, badge_of, shown
from lifecycle_conformance.report.page.page import Badge, Fact, Listing
from lifecycle_conformance.report.page.phase_graph import Graph, graph
from lifecycle_conformance.report.page.timeline import Tone
from lifecycle_conformance.report.ranking import Failed, name_of, worst_first
from lifecycle_conformance.runner.verdicts import (
    FALLS_SHORT,
    INTERRUPTED,
    UNJUDGED,
    WELL,
    JudgeResult,
    Report,
    Result,
    Verdict,
)
from lifecycle_conformance.specification.requirements import levels

IN_FULL: Final = 12
"""How many failures are seen before the others are unfolded."""
_DIFFERENCES: Final = 10
_APART: Final = UNJUDGED - {Verdict.UNDECIDED}
"""The verdicts on what this driver couldn't be asked."""
_NAMES: Final = {"None": "no phase"}
"""What a phase is called where that isn't its name."""
_TONES: Final = {WELL: Tone.GOOD, FALLS_SHORT: Tone.BAD, INTERRUPTED: Tone.NOTE}


@frozen(kw_only=True)
class Row:
    """A requirement in a table: how often it was judged of how often it was to be, and why it wasn't."""

    id: str
    title: str
    badge: Badge
    cases: str
    why: str
    anchor: str | None


@frozen(kw_only=True)
class Chapter:
    """The requirements of a chapter: those that call for a look, those that hold, those that weren't judged."""

    anchor: str
    name: str
    badges: Sequence[Badge]
    open: Sequence[Row]
    holding: Sequence[Row]
    unjudged: Sequence[Row]


@frozen(kw_only=True)
class JudgeOfAnswers:
    """What a judge of whole answers found, and the first differences."""

    name: str
    said: str
    differences: Sequence[tuple[str, str]]


@frozen(kw_only=True)
class Searched:
    """How far the search went: numbers, the graph, and how often each phase was met and each move asked for."""

    facts: Sequence[Fact]
    graph: Graph
    phases: Sequence[tuple[str, int]]
    allowed: Sequence[tuple[str, int]]
    forbidden: Sequence[tuple[str, int]]


@frozen(kw_only=True)
class Begin:
    """Where to begin: how far the implementation got, what to mend first, its likeness, the command to see it again."""

    how_far: str
    mend: str
    like: str
    command: str
    anchor: str | None


@frozen(kw_only=True)
class CheckPage:
    """A check as a page."""

    template: ClassVar[str] = "check.html"
    sort: ClassVar[str] = "Check"
    in_full: ClassVar[int] = IN_FULL
    subject: str
    verdict: Badge
    totals: Sequence[Fact]
    notices: Sequence[str]
    begin: Begin | None
    failures: Sequence[ShownFailure] = field(repr=False)
    chapters: Sequence[Chapter] = field(repr=False)
    judges: Sequence[JudgeOfAnswers]
    searched: Searched | None
    lists: Sequence[Listing]

    @property
    def has_parts(self) -> bool:
        """Whether there is something to go to."""
        return bool(self.chapters or self.lists)


def check_page(report: Report, driver: Sequence[str], rehearse: Rehearse) -> CheckPage:
    """The page of a check; `driver` is the command that starts the implementation, if there is one."""
    failed = worst_first(report)
    named = {name_of(each) for each in failed}
    return CheckPage(
        subject=f"{report.hello.name} {report.hello.version}",
        verdict=_verdict(report),
        totals=[*_totals(report)],
        notices=[*_notices(report)],
        begin=None if report.exit_code == WELL or report.unusable else _begin(report, failed, driver),
        failures=[shown(each, driver, rehearse) for each in failed],
        chapters=[_chapter(chapter, [*group], named) for chapter, group in _by_chapter(report)],
        judges=[] if report.unusable else [*_judges(report)],
        searched=None if report.unusable else _searched(report.coverage),
        lists=[*_lists(report)],
    )


# --- the verdict ------------------------------------------------------------------------------------------------------


def _verdict(report: Report) -> Badge:
    said = outcome(report)
    return Badge(f"{said[0].upper()}{said[1:]}", _TONES.get(report.exit_code, Tone.DOUBT))


def _totals(report: Report) -> Iterator[Fact]:
    counts = Counter(each.verdict for each in report.results)
    yield Fact(name="Found", text=", ".join(f"{counts[each]} {each}" for each in Verdict if counts[each]) or "nothing")
    yield Fact(name="Searched", text=f"profile {report.profile}, seed {report.seed}")
    if report.spec:
        yield Fact(name="Requirements", text=f"those of version {report.spec}")
    yield Fact(name="Level", text=_level(report.hello.capabilities))
    yield Fact(name="Capabilities", text=", ".join(sorted(report.hello.capabilities)) or "none", code=True)
    yield Fact(name="Written in", text=report.hello.language)


def _level(capabilities: frozenset[str]) -> str:
    reached = [name for name, needed in levels().items() if needed <= capabilities]
    return reached[-1] if reached else "below core"


def _notices(report: Report) -> Iterator[str]:
    if report.interrupted:
        yield "The check was interrupted, and this page is partial: there may be more failures."
    if report.cut and not report.interrupted:
        yield f"The check was cut short: {report.cut}."
    if report.unusable:
        yield MEND_UNUSABLE
    if report.stale:
        yield f"{counted_stale(report)}; below stands what is so."


def _begin(report: Report, failed: Sequence[Failed], driver: Sequence[str]) -> Begin:
    return Begin(
        how_far=start.how_far(report),
        mend=start.mend_first(report, failed),
        like=start.behaves_like(failed),
        command=start.command(report, failed, driver),
        anchor=None if not failed else f"failure-{name_of(failed[0])}",
    )


# --- the requirements -------------------------------------------------------------------------------------------------


def _by_chapter(report: Report) -> Iterator[tuple[str, Iterator[Result]]]:
    return groupby(report.results, key=lambda each: each.requirement.chapter)


def _chapter(name: str, results: Sequence[Result], failed: set[str]) -> Chapter:
    counts = Counter(each.verdict for each in results)
    rows = [(each.verdict, _row(each, failed)) for each in results]
    return Chapter(
        anchor=f"chapter-{name}",
        name=name.replace("-", " "),
        badges=[Badge(f"{counts[each]} {each}", badge_of(each).tone) for each in Verdict if counts[each]],
        open=[row for verdict, row in rows if verdict not in {Verdict.PASS, *_APART}],
        holding=[row for verdict, row in rows if verdict is Verdict.PASS],
        unjudged=[row for verdict, row in rows if verdict in _APART],
    )


def _row(result: Result, failed: set[str]) -> Row:
    id_ = result.requirement.id
    return Row(
        id=id_,
        title=result.requirement.title,
        badge=badge_of(result.verdict) if result.known is None else Badge(f"{result.verdict}, known", Tone.NOTE),
        cases=_cases(result),
        why=why(result) or result.why,
        anchor=f"failure-{id_}" if id_ in failed else None,
    )


def _cases(result: Result) -> str:
    """In how many cases it was judged, and of how many where that is too few; nothing where it couldn't be."""
    if result.verdict in _APART:
        return ""
    return f"{result.cases} of {result.wanted}" if result.cases < result.wanted else str(result.cases)


# --- the judges and the search ----------------------------------------------------------------------------------------


def _judges(report: Report) -> Iterator[JudgeOfAnswers]:
    for name, found in (
        ("Production's fixed cases", report.vectors),
        ("Agreement with the reference", report.agreement),
    ):
        if found is None:
            yield JudgeOfAnswers(name=name, said="not asked", differences=())
        elif found.known is not None:
            yield JudgeOfAnswers(name=name, said=f"{_counted(found)}; {why(found)}", differences=())
        else:
            yield JudgeOfAnswers(name=name, said=_counted(found), differences=found.failures[:_DIFFERENCES])


def _counted(found: JudgeResult) -> str:
    numbers = ((found.agreed, "agree"), (found.differing, "differ"), (found.not_declared, "not declared"))
    said = ", ".join(f"{number} {what}" for number, what in numbers[: 3 if found.not_declared else 2])
    return f"{said}; the first of them" if len(found.failures) > _DIFFERENCES else said


def _searched(coverage: Coverage) -> Searched:
    return Searched(
        facts=[*_depth(coverage)],
        graph=graph(coverage.phases, coverage.moves),
        phases=[(_NAMES.get(name, name), coverage.phases[name]) for name in dict.fromkeys([*NEXT, *coverage.phases])],
        allowed=[(name, coverage.moves[name]) for name in search_depth.ALLOWED],
        forbidden=[(name, coverage.moves[name]) for name in search_depth.FORBIDDEN],
    )


def _depth(coverage: Coverage) -> Iterator[Fact]:
    refused = f", {coverage.refusals} of them refused" if coverage.refusals else ""
    yield Fact(name="sessions", text=str(coverage.sessions))
    yield Fact(name="requests judged", text=str(coverage.steps))
    yield Fact(name="passes", text=f"{coverage.passes}{refused}")
    for name, (middle, most) in search_depth.depths(coverage).items():
        yield Fact(name=f"{name} of a session", text=f"median {middle:g}, at most {most}")
    yield Fact(name="phases", text=f"{len(NEXT.keys() & coverage.phases)} of {len(NEXT)} met")
    for kind, (seen, all_) in search_depth.moves(coverage).items():
        yield Fact(name=f"{kind} moves", text=f"{seen} of {all_} asked for")
    for name, counter in (("generations", coverage.generations), ("targets", coverage.targets)):
        yield Fact(name=name, text=", ".join(f"{each} {number}" for each, number in counter.most_common()) or "none")


def _lists(report: Report) -> Iterator[Listing]:
    if report.stale:
        entries = [stale_in_a_line(each) for each in report.stale]
        yield Listing(anchor="stale", title="Stale known failures", lead=STALE_TO_DO, entries=entries)
    if report.lost:
        lead = "The search gave these up, so that less was judged than is asked for."
        yield Listing(anchor="lost", title="Not looked at", lead=lead, entries=report.lost)
    if report.errors:
        lead = "Nobody else is to blame for these; please report them."
        yield Listing(anchor="defects", title="Defects of this suite", lead=lead, entries=report.errors)
