"""The order of failures in a report: those that must be repaired before others mean anything come first."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeAlias

from lifecycle_conformance.judges.agreement import AGREEMENT
from lifecycle_conformance.report.explanations import Explanation, explanations
from lifecycle_conformance.runner.verdicts import Failure, JudgeResult, Report, Result, Verdict
from lifecycle_conformance.specification.requirements import Level

Failed: TypeAlias = Result | JudgeResult
"""A requirement that is broken, or agreement with the reference where there is none."""
_SAME_ANSWERS: Final = "DRIVER-17"
_OPERATIONS: Final = "DRIVER-5"
_EMPTY_STORES: Final = "DRIVER-7"
_BLOCKERS: Final[Sequence[Callable[[Result], bool]]] = (
    lambda result: result.verdict is Verdict.NONDETERMINISTIC and result.requirement.id == _SAME_ANSWERS,
    lambda result: result.verdict is Verdict.NONDETERMINISTIC,
    lambda result: result.verdict in {Verdict.CRASH, Verdict.TIMEOUT, Verdict.PROTOCOL},
    lambda result: result.requirement.id == _OPERATIONS,
    lambda result: result.requirement.id == _EMPTY_STORES,
    lambda result: result.verdict is Verdict.STATE_LEAK,
)
"""What keeps everything else from being judged, the worst first: answers that differ each time, no answer at all,
records that can't be read or operations that aren't there, stores that don't begin empty, and other state leaks."""


def worst_first(report: Report) -> list[Failed]:
    """All that failed and isn't known, in the order in which it is best mended.

    1. Blockers: answers that differ from time to time (first DRIVER-17, which shows how), then a driver that crashes,
       hangs or breaks the protocol, then records that can't be read (DRIVER-5), then stores that don't begin empty
       (DRIVER-7), then other state leaks.
    2. The others: what a fault breaks that explains several failures; MUST before SHOULD; then what ended most
       sessions, in tenths of all sessions; then what was broken in the largest share of its cases, in tenths; then in
       most cases; then in the order of the specification.
    3. Agreement with the reference shows whole answers: it comes after the first of the others, and before them only if
       the session that shows it is shorter than theirs.
    """
    failed = [each for each in report.results if each.failure is not None and each.known is None]
    blockers = sorted((each for each in failed if _blocks(each) < len(_BLOCKERS)), key=_blocks)
    chiefs = [each.chief for each in explained(failed) if len(each.of) > 1]
    others = sorted(
        (each for each in failed if each not in blockers),
        key=lambda each: (_place(each.requirement.id, chiefs), _weight(each, report)),
    )
    order: list[Failed] = [*blockers, *others]
    agreement = report.agreement
    if agreement is not None and agreement.failure is not None and agreement.known is None:
        failure = agreement.failure
        first = bool(others) and not all(_shorter(failure, each) for each in others)
        order.insert(len(blockers) + first, agreement)
    return order


def explained(failed: Iterable[Failed]) -> list[Explanation]:
    """What failures are like, as few faulty implementations as explain them; requirements before agreement."""
    requirements_first = sorted(failed, key=lambda each: isinstance(each, JudgeResult))
    return explanations({name_of(each): failure_of(each).like for each in requirements_first})


def name_of(failed: Failed) -> str:
    """The id of a requirement, or the name of agreement."""
    return AGREEMENT if isinstance(failed, JudgeResult) else failed.requirement.id


def failure_of(failed: Failed) -> Failure:
    """The failure of something that failed, which has one."""
    assert failed.failure is not None
    return failed.failure


def _blocks(result: Result) -> int:
    return next((rank for rank, blocks in enumerate(_BLOCKERS) if blocks(result)), len(_BLOCKERS))


def _place(requirement: str, chiefs: Sequence[str | None]) -> int:
    return chiefs.index(requirement) if requirement in chiefs else len(chiefs)


def _weight(result: Result, report: Report) -> tuple[bool, int, int, int]:
    sessions, share = max(1, report.coverage.sessions), result.broken / max(1, result.cases)
    return (
        result.requirement.level is not Level.MUST,
        -(10 * result.ended // sessions),
        -round(10 * share),
        -result.broken,
    )


def _shorter(failure: Failure, result: Result) -> bool:
    assert result.failure is not None
    return len(failure.requests) < len(result.failure.requests)
