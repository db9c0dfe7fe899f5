"""A failure of a check as a page shows it: what is asked for, the session, what was expected and what came."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeAlias

from attrs import frozen

from lifecycle_conformance.execution.trace import Request, Step
from lifecycle_conformance.report import difference, failures
from lifecycle_conformance.report.difference import Place
from lifecycle_conformance.report.page.check_timeline import is_known, timeline
from lifecycle_conformance.report.page.page import Badge
from lifecycle_conformance.report.page.timeline import Timeline, Tone
from lifecycle_conformance.report.ranking import Failed, failure_of, name_of
from lifecycle_conformance.report.request_lines import Told, told
from lifecycle_conformance.runner.verdicts import FAILURES, Failure, JudgeResult, Verdict
from lifecycle_conformance.specification.requirements import Level

Rehearse: TypeAlias = Callable[[Sequence[Request]], Sequence[Step]]
"""The steps that the reference takes with the requests of a session."""
_HELD: Final = (
    "The steps before the last are drawn as the reference takes them. In the last one, what your implementation did is "
    "held against what the reference does."
)
_UNKNOWN: Final = (
    "All steps are drawn as the reference takes them: what your implementation did in the last is unknown."
)


@frozen(kw_only=True)
class About:
    """What failed: a requirement, or agreement with the reference, which stands at no `place` of the specification."""

    id: str
    title: str
    badge: Badge
    share: str
    statement: str
    place: str | None


@frozen(kw_only=True)
class Came:
    """What is wrong: a message, sentences on it, and where expected and actual differ; `more` such places aren't shown.

    `seen` is what the last step led to, `beside` what else is to be known, `stderr` the end of what the driver wrote.
    """

    message: str
    problems: Sequence[str]
    places: Sequence[Place]
    more: int
    seen: Sequence[str]
    beside: Sequence[str]
    stderr: Sequence[str]


@frozen(kw_only=True)
class ShownFailure:
    """A failure on a page: its session is told, and drawn; `note` says what the drawing shows."""

    about: About
    session: Sequence[Told]
    came: Came
    command: str | None
    timeline: Timeline | None
    note: str


def badge_of(verdict: Verdict) -> Badge:
    """A verdict with its tone."""
    if verdict is Verdict.PASS:
        return Badge(verdict, Tone.GOOD)
    if verdict in {Verdict.NOT_EXERCISED, Verdict.UNDECIDED}:
        return Badge(verdict, Tone.DOUBT)
    return Badge(verdict, Tone.BAD if verdict in FAILURES else Tone.NOTE)


def shown(failed: Failed, driver: Sequence[str], rehearse: Rehearse) -> ShownFailure:
    """A failure as a page shows it; `driver` is the command that starts the implementation, if there is one."""
    failure = failure_of(failed)
    title = f"Time line for {name_of(failed)}"
    return ShownFailure(
        about=_about(failed, failure),
        session=[*told(failure.requests)],
        came=_came(failure),
        command=None if failure.case is None else failures.again(failure.case, driver),
        timeline=timeline(title, failure, rehearse(failure.requests)) if failure.requests else None,
        note=_HELD if is_known(failure) else _UNKNOWN,
    )


def _about(failed: Failed, failure: Failure) -> About:
    share = failures.share(failed).removeprefix(", ")
    if isinstance(failed, JudgeResult):
        return About(
            id=name_of(failed),
            title=failures.AGREEING,
            badge=badge_of(failure.verdict),
            share=share,
            statement=failures.AGREEMENT_MEANS,
            place=None,
        )
    requirement = failed.requirement
    return About(
        id=requirement.id,
        title=requirement.title,
        badge=badge_of(failed.verdict),
        share=share if requirement.level is Level.MUST else f"{share} ({requirement.level})",
        statement=requirement.statement,
        place=f"spec/{requirement.chapter}.md",
    )


def _came(failure: Failure) -> Came:
    words = failures.in_words(failure)
    places: list[Place] = []
    if words is not None:
        places = [Place(path="", expected=words[0], actual=words[1])]
    elif failure.compared:
        places = [*difference.places(failure.expected, failure.actual)]
    return Came(
        message=failure.message.strip() or "it is broken",
        problems=failure.problems,
        places=places,
        more=difference.left_out(failure.expected, failure.actual) if failure.compared else 0,
        seen=failures.what_was_seen(failure),
        beside=[*_beside(failure)],
        stderr=failures.end_of(failure.stderr),
    )


def _beside(failure: Failure) -> Iterator[str]:
    if (said := failures.said_again(failure)) is not None:
        yield said
    yield from failures.likeness(failure)
    if not failure.shrunk:
        yield "not shrunk: the time for that was spent"
