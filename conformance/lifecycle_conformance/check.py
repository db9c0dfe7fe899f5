"""The check: all judges over one implementation, a verdict for each requirement, for each failure its smallest life."""

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from time import monotonic
from typing import Final, TypeAlias

from attrs import evolve, frozen

from lifecycle_conformance import agreement, requirements
from lifecycle_conformance.confirmation import SAME_ANSWERS, Proof, doubted, smallest
from lifecycle_conformance.driver.interface import Driver, DriverError, Hello
from lifecycle_conformance.findings import Findings
from lifecycle_conformance.fixed import FixedFindings, compared
from lifecycle_conformance.offers import DECLARING, Lesser, offered
from lifecycle_conformance.reduction import reduced
from lifecycle_conformance.requirements import Judge, Requirement
from lifecycle_conformance.search import Factory, Shard, checks_for, explored
from lifecycle_conformance.verdicts import Failure, JudgeResult, Report, Result, Verdict
from lifecycle_conformance.workers import Progress, Workers, workers


@frozen(kw_only=True)
class Profile:
    """How long to look.

    `shards` parts, each of `lives` lives for each corner, of `pieces` pieces, and of `readings` and `greetings`, each
    at most `seconds` long; `wanted` is the number of distinct cases in which each requirement must have been judged.
    """

    shards: int
    lives: int
    pieces: int
    readings: int
    greetings: int
    seconds: float
    wanted: int


PROFILES: Final[Mapping[str, Profile]] = {
    "quick": Profile(shards=2, lives=3, pieces=8, readings=10, greetings=10, seconds=60, wanted=5),
    "default": Profile(shards=8, lives=4, pieces=15, readings=10, greetings=10, seconds=120, wanted=20),
    "thorough": Profile(shards=80, lives=15, pieces=30, readings=20, greetings=20, seconds=900, wanted=20),
}
SHRINK_S: Final = 60.0
"""How many seconds the search for smaller lives may take in all, unless told otherwise."""

_Found: TypeAlias = list[tuple[str, Failure]]


def run(  # noqa: PLR0913 - the options of a check
    factory: Factory,
    *,
    profile: str = "default",
    seed: int = 0,
    jobs: int = 0,
    shrink_s: float = SHRINK_S,
    only: Sequence[str] = (),
    database: Path | None = None,
    vectors: bool = True,
    progress: Progress = lambda _: None,
) -> Report:
    """Judge an implementation by all requirements, or by `only` those whose ids match one of these patterns.

    With jobs the parts of the search run in so many processes of their own, and `factory` must be one that can be
    pickled; without, in this one. Raises :class:`BringUpError` where the implementation doesn't come up.
    """
    started, wanted = monotonic(), chosen(only)
    hello, absent, first = _introduced(factory)
    factory = Lesser(factory, absent) if absent else factory
    names = None if not only else [each.id for each in wanted]
    with workers(jobs, progress) as hands:
        found, fixed = _looked(hands, factory, _shards(PROFILES[profile], seed, database), names, vectors=vectors)
        found.add(first)
        smallest = _shrunk(hands, factory, found, [*(each.id for each in wanted), agreement.AGREEMENT], shrink_s)
    judged = [each for each in wanted if vectors or each.judge is not Judge.VECTORS]
    return Report(
        hello=hello,
        profile=profile,
        seed=seed,
        seconds=monotonic() - started,
        census=found.census,
        results=tuple(_result(each, hello, absent, found, smallest.get(each.id), profile) for each in judged),
        absent=tuple(sorted(absent)),
        vectors=fixed,
        agreement=None if names else _agreement(found, smallest.get(agreement.AGREEMENT)),
        errors=tuple(f"{name}: {text}" for name, text in sorted(found.errors.items())),
        lost=tuple(found.lost),
    )


def chosen(patterns: Sequence[str]) -> list[Requirement]:
    """Give the requirements whose ids match one of some patterns; all of them where there is no pattern."""
    return [
        each
        for each in requirements.load().values()
        if not patterns or any(fnmatchcase(each.id, pattern) for pattern in patterns)
    ]


def _introduced(factory: Factory) -> tuple[Hello, frozenset[str], Findings]:
    """Let a driver introduce itself; give what it declares and doesn't offer, too, and what that shows."""
    driver = factory()
    try:
        return driver.hello, *offered(driver, checks_for([DECLARING]))
    finally:
        driver.close()


# --- looking ----------------------------------------------------------------------------------------------------------


def _shards(profile: Profile, seed: int, database: Path | None) -> list[Shard]:
    return [
        Shard(
            number=number,
            seed=seed,
            lives=profile.lives,
            pieces=profile.pieces,
            readings=profile.readings,
            greetings=profile.greetings,
            seconds=profile.seconds,
            database=database,
        )
        for number in range(profile.shards)
    ]


def _looked(
    hands: Workers, factory: Factory, shards: Sequence[Shard], names: Sequence[str] | None, *, vectors: bool
) -> tuple[Findings, JudgeResult | None]:
    """Search all shards and compare with the fixed cases; give what was found together."""
    tasks = [(_explore, factory, shard, names) for shard in shards]
    comparison = [(compared, factory, names)] if vectors else []
    found, fixed = Findings(), None
    for result in hands.all("lives and fixed cases", [*comparison, *tasks]):
        if isinstance(result, FixedFindings):
            found.add(result.findings)
            fixed = result.result
        else:
            found.add(result)
    return found, fixed


def _explore(factory: Factory, shard: Shard, names: Sequence[str] | None) -> Findings:
    return explored(factory, shard, checks_for(names))


# --- shrinking --------------------------------------------------------------------------------------------------------


def _shrunk(
    hands: Workers, factory: Factory, found: Findings, subjects: Iterable[str], shrink_s: float
) -> Mapping[str, Failure]:
    """Make each failure smaller, the worst first; what one leaves of its time goes to the others."""
    failures = sorted(
        ((subject, found.failures[subject]) for subject in subjects if subject in found.failures),
        key=lambda each: _badness(each[0], each[1], found),
    )
    shares = [failures[start :: hands.jobs] for start in range(hands.jobs)]
    tasks = [(_smallest_of, factory, share, shrink_s) for share in shares if share]
    return _together(pair for pairs in hands.all("smaller lives", tasks) for pair in pairs)


def _together(found: Iterable[tuple[str, Failure]]) -> Mapping[str, Failure]:
    """Give one failure for each subject: that an implementation is nondeterministic counts more than another."""
    smallest: dict[str, Failure] = {}
    for subject, failure in found:
        if subject not in smallest or failure.verdict is Verdict.NONDETERMINISTIC:
            smallest[subject] = failure
    return doubted(smallest)


def _badness(subject: str, failure: Failure, found: Findings) -> tuple[bool, bool, float, str]:
    share = len(found.broken[subject]) / max(1, len(found.cases[subject]))
    return failure.broke is None, subject == agreement.AGREEMENT, -share, subject


def _smallest_of(factory: Factory, failures: _Found, seconds: float) -> _Found:
    end = monotonic() + seconds
    try:
        driver = factory()
    except DriverError:
        return failures  # it came up before, and does no more: what was found stays as it was found
    try:
        smaller: _Found = []
        for left, (subject, failure) in zip(range(len(failures), 0, -1), failures, strict=True):
            deadline = monotonic() + (end - monotonic()) / left
            smaller += _smallest(driver, subject, failure, deadline)
        return smaller
    finally:
        driver.close()


def _smallest(driver: Driver, subject: str, failure: Failure, deadline: float) -> _Found:
    """Make a failure smaller, then live it again in fresh processes, which may show that answers differ (DRIVER-17)."""
    if failure.shrunk:
        return [(subject, failure)]
    found = smallest(Proof(driver, subject), failure, lambda failure, proof: reduced(failure, proof, deadline))
    failure = evolve(found.failure, stderr=found.failure.stderr or driver.stderr_tail())
    return [(subject, failure), *([] if found.differing is None else [(SAME_ANSWERS, found.differing)])]


# --- verdicts ---------------------------------------------------------------------------------------------------------


def _result(  # noqa: PLR0913, PLR0917 - all that a verdict depends on
    requirement: Requirement,
    hello: Hello,
    absent: frozenset[str],
    found: Findings,
    smallest: Failure | None,
    profile: str,
) -> Result:
    cases, broken = len(found.cases[requirement.id]), len(found.broken[requirement.id])
    wanted, why = PROFILES[profile].wanted, ""
    if smallest is not None:
        verdict = smallest.verdict
    elif not requirement.capabilities <= hello.capabilities:
        verdict = Verdict.NOT_DECLARED
    elif requirement.capabilities & absent:
        verdict, why = Verdict.NOT_DECLARED, f"declared, but not there: {', '.join(requirement.capabilities & absent)}"
    elif requirement.judge is Judge.UNIT:
        verdict = Verdict.NOT_JUDGED_HERE
    else:
        verdict = Verdict.PASS if cases >= wanted else Verdict.NOT_EXERCISED
    return Result(
        requirement=requirement,
        verdict=verdict,
        cases=cases,
        wanted=wanted,
        broken=broken,
        failure=smallest,
        why=why,
    )


def _agreement(found: Findings, smallest: Failure | None) -> JudgeResult:
    cases, broken = len(found.cases[agreement.AGREEMENT]), len(found.broken[agreement.AGREEMENT])
    failures = () if smallest is None else ((agreement.AGREEMENT, smallest.message),)
    return JudgeResult(agreed=cases - broken, differing=broken, failures=failures, failure=smallest)
