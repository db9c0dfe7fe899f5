"""The failures that a team has accepted for now: they count no longer, and are held to strictly.

A known failure is known again by its requirement, its verdict and its shape, which depend neither on the seed nor on
the session that shows it. One that is mended, or that fails in another way, is stale: the entry says what is not so.
"""

from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias, TypeVar

from attrs import evolve, frozen

from lifecycle_conformance.judges.agreement import AGREEMENT
from lifecycle_conformance.runner.failure_shape import shape_of
from lifecycle_conformance.runner.verdicts import (
    FAILURES,
    UNJUDGED,
    JudgeResult,
    KnownFailure,
    Report,
    Result,
    Stale,
    Verdict,
)
from lifecycle_conformance.specification import requirements

VECTORS: Final = "vectors"
JUDGES: Final = (AGREEMENT, VECTORS)
"""The judges of whole answers, which may have known failures, too."""
_BY_DEPTH: Final = ("quick", "default", "thorough")
"""The profiles, from that which searches least to that which searches most."""
_HOLDS: Final = "it holds now"
_Judged: TypeAlias = Result | JudgeResult
_J = TypeVar("_J", Result, JudgeResult)


@frozen(kw_only=True)
class KnownFailures:
    """What a file accepts, and the check that it was written after: one that searches less finds less.

    One with another seed may not meet what is seldom met.
    """

    entries: Sequence[KnownFailure] = ()
    profile: str = _BY_DEPTH[0]
    seed: int = 0

    def with_(self, other: "KnownFailures") -> "KnownFailures":
        """What both accept; of two entries about a requirement, this one's counts."""
        names = {each.requirement for each in self.entries}
        return evolve(self, entries=[*self.entries, *(each for each in other.entries if each.requirement not in names)])

    def expects_all(self, report: Report) -> bool:
        """Whether a check must meet all that is known: it searched where that was found, and at least as much."""
        least = _BY_DEPTH.index(self.profile)
        return report.seed == self.seed and _BY_DEPTH.index(report.profile) >= least and not _was_cut(report)


def place_of(number: int) -> str:
    """The place of an entry in its file."""
    return f"$.failure[{number}]"


def held(report: Report, known: KnownFailures, *, all_cases: bool = True) -> Report:
    """The same report with what is known marked, and the entries that are stale.

    An entry about what wasn't judged is not stale. Nor is one whose requirement holds in a check that may not have
    looked where the failure was found: with a lesser profile, another seed, cut off, or, as `all_cases` says, without
    the fixed cases. Nothing is known of a driver that can't be judged.
    """
    if report.unusable:
        return report
    entries = {each.requirement: each for each in known.entries}
    marked = evolve(
        report,
        results=tuple(_marked(each, entries.get(each.requirement.id)) for each in report.results),
        agreement=None if report.agreement is None else _marked(report.agreement, entries.get(AGREEMENT)),
        vectors=None if report.vectors is None else _marked_cases(report, report.vectors, entries.get(VECTORS)),
    )
    strictly = all_cases and known.expects_all(report)
    return evolve(marked, stale=tuple(_stale(marked, known.entries, strictly=strictly)))


def renewed(report: Report, known: KnownFailures, *, all_cases: bool = True) -> KnownFailures:
    """What accepts all that fails in a report, with the reasons and links that stand already.

    Entries that fit, and those about what wasn't judged, stay as they are.
    """
    before = {each.requirement: each for each in known.entries}
    stale = held(report, evolve(known, seed=report.seed), all_cases=all_cases).stale
    gone = {each.entry.requirement for each in stale}
    entries = {name: entry for name, entry in before.items() if name not in gone}
    for name, each in _judged(report).items():
        if _fails(each) and name not in entries:
            old = before.get(name, KnownFailure(requirement=name, verdict=_verdict(each)))
            entries[name] = evolve(old, verdict=_verdict(each), shapes=_pinned(each))
    order = [*requirements.load(), *JUDGES]
    return KnownFailures(
        entries=sorted(entries.values(), key=lambda each: order.index(each.requirement)),
        profile=max(report.profile, known.profile, key=_BY_DEPTH.index),
        seed=report.seed,
    )


# --- what is known ----------------------------------------------------------------------------------------------------


def _judged(report: Report) -> dict[str, _Judged]:
    """What was found, by the name that an entry has for it."""
    judges = ((AGREEMENT, report.agreement), (VECTORS, report.vectors))
    return {
        **{each.requirement.id: each for each in report.results},
        **{name: judge for name, judge in judges if judge is not None},
    }


def _marked(judged: _J, entry: KnownFailure | None) -> _J:
    return evolve(judged, known=entry) if entry is not None and _fits(judged, entry) else judged


def _fits(judged: _Judged, entry: KnownFailure) -> bool:
    return _fails(judged) and entry.verdict is _verdict(judged) and _shapes(judged) <= {*entry.shapes}


def _marked_cases(report: Report, judged: JudgeResult, entry: KnownFailure | None) -> JudgeResult:
    """The fixed cases: where they were cut off, nobody can tell whether as many differ as are known to."""
    if entry is not None and _was_cut(report) and _fails(judged):
        return evolve(judged, known=entry)
    return _marked(judged, entry)


def _was_cut(report: Report) -> bool:
    return bool(report.cut or report.lost or report.errors)


def _fails(judged: _Judged) -> bool:
    return judged.differing > 0 if isinstance(judged, JudgeResult) else judged.verdict in FAILURES


def _verdict(judged: _Judged) -> Verdict:
    return Verdict.FAIL if isinstance(judged, JudgeResult) else judged.verdict


def _shapes(judged: _Judged) -> frozenset[str]:
    """The shape that must be known: that of the smallest failure, or how many of the fixed cases differ."""
    if judged.failure is not None:
        return frozenset({shape_of(judged.failure.message)})
    return frozenset({f"cases that differ: {judged.differing}"} if isinstance(judged, JudgeResult) else ())


def _pinned(judged: _Judged) -> tuple[str, ...]:
    return tuple(sorted(judged.shapes | _shapes(judged)))


# --- what is stale ----------------------------------------------------------------------------------------------------


def _stale(report: Report, entries: Sequence[KnownFailure], *, strictly: bool) -> Iterator[Stale]:
    judged = _judged(report)
    for number, entry in enumerate(entries):
        found = judged.get(entry.requirement)
        now = None if found is None else _now(found, strictly=strictly)
        if now is not None:
            yield Stale(place_of(number), entry, now)


def _now(judged: _Judged, *, strictly: bool) -> str | None:
    """What holds instead of an entry; none where it fits, or where nobody can tell."""
    verdict = _verdict(judged)
    if judged.known is not None or verdict in UNJUDGED or (verdict is Verdict.NOT_EXERCISED and not strictly):
        return None
    if _fails(judged):
        return f"it fails otherwise: {', '.join([verdict, *sorted(_shapes(judged))])}"
    was_judged = not isinstance(judged, JudgeResult) or judged.agreed > 0
    return _HOLDS if strictly and was_judged else None
