"""The check: all judges over one implementation, a verdict on each requirement, a smallest session for each failure."""

import sys
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from time import monotonic
from typing import Any, Final

from attrs import define, field, frozen
from hypothesis.database import ExampleDatabase

from lifecycle_conformance.driver.interface import (
    Breakdown,
    Hello,
    NothingJudgedError,
)
from lifecycle_conformance.judges import agreement
from lifecycle_conformance.runner.capabilities import DECLARING, Restricted
from lifecycle_conformance.runner.confirmation import doubted
from lifecycle_conformance.runner.evidence import with_evidence
from lifecycle_conformance.runner.findings import ANSWERING, Findings
from lifecycle_conformance.runner.fixed_cases import compared_with_production, judged_by_small_cases
from lifecycle_conformance.runner.known_sessions import judged_by_known_sessions
from lifecycle_conformance.runner.pool import Lost, OutOfTimeError, Pool, Progress, Task, pool_of
from lifecycle_conformance.runner.results import Basis, agreement_result
from lifecycle_conformance.runner.search import Factory, Introduction, Shard, explored, introduced
from lifecycle_conformance.runner.shrinking import smallest_of
from lifecycle_conformance.runner.verdicts import Failure, JudgeResult, Report, Verdict
from lifecycle_conformance.specification import requirements
from lifecycle_conformance.specification.requirements import Judge, Requirement
from lifecycle_conformance.specification.versions import requirements_of


@frozen(kw_only=True)
class Profile:
    """How much to search; how long that takes depends on the machine and the implementation.

    A search has `shards` parts. Each has `sessions` sessions of `actions` actions for each target, and so many
    `input_cases` and `protocol_cases`, and is cut into `slices` that can be searched side by side. Their number belongs
    to the profile, since a report must not depend on how many processes there are. `wanted` is the number of distinct
    cases in which each requirement must have been judged.
    """

    shards: int
    slices: int = 1
    sessions: int
    actions: int
    input_cases: int
    protocol_cases: int
    wanted: int


PROFILES: Final[Mapping[str, Profile]] = {
    "quick": Profile(shards=2, slices=4, sessions=1, actions=6, input_cases=10, protocol_cases=16, wanted=5),
    "default": Profile(shards=8, slices=2, sessions=1, actions=10, input_cases=10, protocol_cases=10, wanted=20),
    "thorough": Profile(shards=80, slices=1, sessions=15, actions=30, input_cases=20, protocol_cases=20, wanted=20),
}
SHRINK_ATTEMPTS: Final = 5_000
"""How many attempts to find smaller sessions there are by default, for all failures together."""
_BLOCKING: Final = frozenset({ANSWERING, DECLARING})
"""What a driver must do before anything else of it can be judged: answer, and offer what it declares."""
_LEAST_ATTEMPTS: Final = 200
"""How many attempts each failure gets at least, unless there are to be none."""


def run(  # noqa: PLR0913 - the options of a check
    factory: Factory,
    *,
    profile: str = "default",
    seed: int = 0,
    jobs: int = 0,
    seconds: float | None = None,
    shrink_attempts: int = SHRINK_ATTEMPTS,
    only: Sequence[str] = (),
    spec: str | None = None,
    database: ExampleDatabase | None = None,
    vectors: bool = True,
    progress: Progress = lambda _: None,
) -> Report:
    """Judge an implementation by all requirements, or by those of a version, and `only` those that match a pattern.

    With jobs the parts of the search run in so many processes of their own, and `factory` must be one that can be
    pickled; without, in this one. `seconds` ends it, as Ctrl-C does, with what was found by then. Raises
    :class:`BringUpError` where the implementation doesn't come up, and :class:`UnknownVersionError`.
    """
    started = monotonic()
    wanted = chosen(only, spec)
    check = _Check(
        factory=factory,
        wanted=wanted,
        names=None if not only else sorted(with_evidence(each.id for each in wanted)),
        profile=profile,
        seed=seed,
        spec=spec,
        vectors=vectors,
    )
    try:
        with pool_of(jobs, progress, None if seconds is None else started + seconds) as pool:
            check.look(pool, database)
            check.shrink(pool, shrink_attempts)
    except OutOfTimeError:
        check.cut_off(f"the {seconds:g} s that were given were over")
    except KeyboardInterrupt:
        if check.hello is None:
            raise
        check.interrupted = True
        check.cut_off("it was interrupted")
    return check.report(monotonic() - started)


def chosen(patterns: Sequence[str], spec: str | None = None) -> list[Requirement]:
    """The requirements whose ids match one of some patterns; all of them where there is no pattern.

    `spec` leaves those of a version. Raises :class:`UnknownVersionError`.
    """
    known = requirements.load()
    of_version = known.keys() if spec is None else requirements_of(spec)
    return [
        each
        for each in known.values()
        if each.id in of_version and (not patterns or any(fnmatchcase(each.id, pattern) for pattern in patterns))
    ]


class NothingMoreError(Exception):
    """The driver hung so often that nothing more is asked of it."""


@define(kw_only=True)
class _Check:
    """A check under way: what was asked for, what was found so far, and what ended it before its counts."""

    factory: Factory
    wanted: Sequence[Requirement]
    names: Sequence[str] | None
    profile: str
    seed: int
    spec: str | None
    vectors: bool
    hello: Hello | None = None
    absent: frozenset[str] = frozenset()
    unusable: bool = False
    parts: list[Findings] = field(factory=list)
    smaller: dict[int, Sequence[tuple[str, Failure]]] = field(factory=dict)
    searched: bool = False
    cut: str = ""
    interrupted: bool = False

    # --- looking ------------------------------------------------------------------------------------------------------

    def look(self, pool: Pool, database: ExampleDatabase | None) -> None:
        """Ask the driver to introduce itself; then search all shards and compare with the fixed cases."""
        first = Task(name="the start", function=introduced, arguments=(self.factory, self.names), size=2)
        self._do(pool, "starting the driver", [first])
        if self.hello is None:
            raise NothingJudgedError("the process that started the driver was ended from outside")
        if self.unusable:
            return
        try:
            self._do(pool, "sessions and fixed cases", self._tasks(self.hello.capabilities - self.absent, database))
        except NothingMoreError as reason:
            self.cut = str(reason)
        else:
            self.searched = True

    def _tasks(self, capabilities: frozenset[str], database: ExampleDatabase | None) -> list[Task]:
        """What can be done side by side, in parts of about one size."""
        asked = self.factory, self.names
        small = Task(name="the small fixed cases", function=judged_by_small_cases, arguments=asked)
        whole = Task(name="the whole fixed cases", function=compared_with_production, arguments=(self.factory,))
        known = Task(name="the known sessions", function=judged_by_known_sessions, arguments=asked)
        fixed = [small] if self.names is not None else [small, whole]
        profile = PROFILES[self.profile]
        # Every so many kinds of case: they are in order, from the plainest to the deepest.
        slices = [slice(number, None, profile.slices) for number in range(profile.slices)]
        searches = [
            Task(
                name=f"part {shard.number} of the search",
                function=explored,
                arguments=(self.factory, shard, self.names, some),
                size=sum([*shard.cases(capabilities).values()][some]),
            )
            for shard in _shards(profile, self.seed, database)
            for some in slices
        ]
        return [*(fixed if self.vectors else []), known, *searches]

    def _do(self, pool: Pool, what: str, tasks: Sequence[Task]) -> None:
        """Do tasks; what each finds is kept apart, so that it makes no difference which of them ends first."""
        parts = [Findings() for _ in tasks]
        self.parts += parts

        def take(number: int, part: Any) -> None:
            match part:
                case Lost():
                    lost = f"{tasks[number].name}: the process that did it was ended from outside"
                    parts[number].add(Findings(lost=[lost]))
                case Introduction(hello=hello, unusable=unusable, absent=absent):
                    self.hello, self.unusable, self.cut, self.absent = hello, bool(unusable), unusable, absent
                    self.factory = Restricted(self.factory, absent) if absent else self.factory
                case Findings():
                    parts[number].add(part)
                    if part.cut:
                        raise NothingMoreError(part.cut)

        pool.do(what, tasks, take)

    # --- shrinking ----------------------------------------------------------------------------------------------------

    def shrink(self, pool: Pool, attempts: int) -> None:
        """Make each failure smaller, the worst first; all have as many attempts."""
        found = self.found()
        subjects = {*(each.id for each in self._reported(found)), agreement.AGREEMENT}
        failures = [
            (subject, found.failures[subject])
            for subject in sorted(subjects & found.failures.keys(), key=lambda subject: _badness(subject, found))
            if self._is_to_be_shrunk(found.failures[subject])
        ]
        each = max(_LEAST_ATTEMPTS, attempts // max(1, len(failures))) if attempts else 0
        tasks = [
            Task(name=subject, function=smallest_of, arguments=(self.factory, subject, failure, each), size=1)
            for subject, failure in failures
        ]

        def take(number: int, smaller: Sequence[tuple[str, Failure]] | Lost) -> None:
            if not isinstance(smaller, Lost):
                self.smaller[number] = smaller

        pool.do("failures made smaller", tasks, take)

    def _is_to_be_shrunk(self, failure: Failure) -> bool:
        """Whether looking for something smaller may be worth its time: where a driver hangs, each attempt hangs."""
        return not self.unusable and not (self.cut and failure.broke is Breakdown.TIMEOUT)

    # --- verdicts -----------------------------------------------------------------------------------------------------

    def found(self) -> Findings:
        """What was found so far, the parts in their order."""
        found = Findings(most=sys.maxsize)
        for part in self.parts:
            found.add(part)
        return found

    def _reported(self, found: Findings) -> Sequence[Requirement]:
        """The requirements that were asked for, and those that kept the suite from judging them, if any did."""
        wanted = {each.id for each in self.wanted} | (_BLOCKING & found.failures.keys())
        return [each for each in requirements.load().values() if each.id in wanted]

    def smallest(self) -> Mapping[str, Failure]:
        """One failure for each subject: that an implementation is nondeterministic counts more than another."""
        smallest: dict[str, Failure] = {}
        for _, pairs in sorted(self.smaller.items()):
            for subject, failure in pairs:
                known = smallest.get(subject)
                if known is None or (failure.verdict is Verdict.NONDETERMINISTIC) > (known.verdict is failure.verdict):
                    smallest[subject] = failure
        return smallest

    def cut_off(self, reason: str) -> None:
        """Note what ended the check. Raises :class:`NothingJudgedError` where there is nothing to report yet."""
        if self.hello is None:
            raise NothingJudgedError(f"{reason} before the driver had introduced itself")
        self.cut = f"{reason} while failures were made smaller" if self.searched else reason

    def report(self, seconds: float) -> Report:
        """The report, with a verdict for each requirement."""
        assert self.hello is not None
        found = self.found()
        failures = doubted({**found.failures, **self.smallest()})
        judged = [each for each in self._reported(found) if self.vectors or each.judge is not Judge.VECTORS]
        was_compared = self.vectors and self.names is None and found.fixed != JudgeResult()
        # Where nothing was given up or cut off, a requirement whose precondition was seldom met is not exercised.
        missing = "" if self.searched and not found.lost else self.cut or found.lost[0]
        basis = Basis(
            found=found,
            declared=self.hello.capabilities,
            absent=self.absent,
            wanted=PROFILES[self.profile].wanted,
            missing=missing,
        )
        return Report(
            hello=self.hello,
            profile=self.profile,
            seed=self.seed,
            spec=self.spec,
            seconds=seconds,
            coverage=found.coverage,
            results=tuple(basis.result(each, failures.get(each.id)) for each in judged),
            vectors=found.fixed if was_compared else None,
            agreement=None if self.names is not None else agreement_result(found, failures.get(agreement.AGREEMENT)),
            errors=tuple(f"{name}: {text}" for name, text in sorted(found.errors.items())),
            lost=tuple(found.lost),
            cut=self.cut,
            interrupted=self.interrupted,
            unusable=self.unusable,
            absent=tuple(sorted(self.absent)),
        )


def _shards(profile: Profile, seed: int, database: ExampleDatabase | None) -> list[Shard]:
    return [
        Shard(
            number=number,
            seed=seed,
            sessions=profile.sessions,
            actions=profile.actions,
            input_cases=profile.input_cases,
            protocol_cases=profile.protocol_cases,
            database=database,
        )
        for number in range(profile.shards)
    ]


def _badness(subject: str, found: Findings) -> tuple[bool, bool, float, str]:
    share = len(found.broken[subject]) / max(1, len(found.cases[subject]))
    return found.failures[subject].broke is None, subject == agreement.AGREEMENT, -share, subject
