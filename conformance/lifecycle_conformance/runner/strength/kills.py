"""How soon the judges find a faulty implementation, and under which requirements they report it: the kill matrix."""

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import count
from time import monotonic
from typing import Final

from attrs import Factory, define, frozen

from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.driver.interface import Driver
from lifecycle_conformance.judges import agreement
from lifecycle_conformance.mutants import MUTANTS, Mutant
from lifecycle_conformance.runner.findings import Findings
from lifecycle_conformance.runner.fixed_cases import compared_with_production, judged_by_small_cases
from lifecycle_conformance.runner.known_sessions import known_sessions, played
from lifecycle_conformance.runner.pool import Lost, Pool, Send, Size, Task
from lifecycle_conformance.runner.quiet import without_warnings
from lifecycle_conformance.runner.reach import reach
from lifecycle_conformance.runner.search import Shard, kinds_of, searched
from lifecycle_conformance.runner.verdicts import Failure
from lifecycle_conformance.specification.requirements import Judge, load

PROPERTIES: Final = "properties"
AGREEMENT: Final = "agreement"
CASES: Final = "fixed cases"
SESSIONS: Final = "fixed sessions"
NAMING: Final = frozenset({PROPERTIES, CASES})
"""The judges that name a requirement; the others say only that something differs."""
SEARCHING: Final = frozenset({PROPERTIES, AGREEMENT})
"""The judges that make up sessions, as many as they are asked for; the others have so many cases as there are."""
_FIRST_KINDS: Final = 3
"""In how many kinds of case a search for a fault begins."""


@frozen(kw_only=True)
class Attempt:
    """What a judge made of a faulty implementation, until it found it or had seen all of its cases.

    `reported` are the requirements that it named by then; agreement and whole sessions name none. `seconds` are those
    of this process's clock.
    """

    mutant: str
    judge: str
    killed: bool
    reported: frozenset[str]
    cases: int
    seconds: float

    @property
    def misattributed(self) -> frozenset[str]:
        """The requirements that were named, and that the fault doesn't break."""
        return self.reported - MUTANTS[self.mutant].breaks


class OverError(KeyboardInterrupt):
    """Ends a judge from within: like Ctrl-C, it passes all handlers of ordinary exceptions."""


@define(kw_only=True)
class _Watch:
    """Takes in what a judge sends, until `is_killed` says that it is enough, or there were enough cases."""

    is_killed: Callable[[Findings], bool]
    most: int
    started: float = Factory(monotonic)
    found: Findings = Factory(Findings)
    cases: int = 0
    killed: bool = False

    def take(self, part: object) -> None:
        """Take a part in. Raises :class:`OverError` where it was the last one that is wanted."""
        if isinstance(part, Size) or not isinstance(part, Findings):
            return
        self.cases += 1
        self.found.add(part)
        self.killed = self.is_killed(self.found)
        if self.killed or self.cases >= self.most:
            raise OverError

    @property
    def spent_s(self) -> float:
        """The seconds since it began."""
        return monotonic() - self.started


@frozen(kw_only=True)
class Row:
    """What the judges made of a faulty implementation."""

    mutant: Mutant
    attempts: Sequence[Attempt]

    def of(self, judge: str) -> Attempt | None:
        """What a judge made of it, if it was asked."""
        return next((each for each in self.attempts if each.judge == judge), None)

    @property
    def survives(self) -> bool:
        """Whether no judge found it under the requirement that it breaks first of all."""
        found = (each.reported for each in self.attempts if each.killed and each.judge in NAMING)
        return not any(self.mutant.chief in reported for reported in found)

    @property
    def misattributed(self) -> frozenset[str]:
        """The requirements that a judge named, and that the fault doesn't break."""
        return frozenset[str]().union(*(each.misattributed for each in self.attempts))

    @property
    def is_right(self) -> bool:
        """Whether it was found, and under no requirement but those that it breaks."""
        return not self.survives and not self.misattributed


def matrix(  # noqa: PLR0913 - who looks for what, and how long
    pool: Pool, names: Sequence[str], judges: Sequence[str], *, most: int, seed: int = 0, thrifty: bool = False
) -> list[Row]:
    """Let judges look for faults, those that search in so many cases for each.

    What is `thrifty` asks a judge only where none before it found the fault, the one that judges its requirement first.
    """
    found: dict[str, list[Attempt]] = {name: [] for name in names}
    for turn in range(len(judges)):
        asked = [
            (name, _in_turn(MUTANTS[name], judges)[turn])
            for name in names
            if not (thrifty and any(each.killed for each in found[name]))
        ]
        tasks = [Task(name=name, function=judged, arguments=(name, judge, most, seed), size=1) for name, judge in asked]

        def take(number: int, attempt: Attempt | Lost, asked: Sequence[tuple[str, str]] = asked) -> None:
            if isinstance(attempt, Attempt):
                found[asked[number][0]].append(attempt)

        pool.do("faults looked for", tasks, take)
    return [Row(mutant=MUTANTS[name], attempts=found[name]) for name in names]


def _in_turn(mutant: Mutant, judges: Sequence[str]) -> list[str]:
    """The judges in the order in which they are asked: first the one by which the requirement is judged."""
    own = CASES if _is_for_fixed_cases(mutant) else PROPERTIES
    return sorted(judges, key=lambda judge: judge != own)


def judged(send: Send, name: str, judge: str, most: int, seed: int) -> None:
    """Let a judge look for a fault, in so many cases if it searches, and send the :class:`Attempt`."""
    mutant = MUTANTS[name]
    watch = _Watch(is_killed=partial(_KILLED[judge], mutant), most=most if judge in SEARCHING else sys.maxsize)
    with without_warnings(), mutant.applied(), suppress(OverError):
        _JUDGES[judge](watch, mutant, seed)
    reported = frozenset(each for each, broken in watch.found.broken.items() if broken) - {agreement.AGREEMENT}
    send(
        Attempt(
            mutant=name,
            judge=judge,
            killed=watch.killed,
            reported=reported,
            cases=watch.cases,
            seconds=watch.spent_s,
        )
    )


def failure_in_search(name: str, most: int, seed: int) -> Failure | None:
    """How a fault was found in a search alone, without the known sessions; None where so many cases don't show it."""
    mutant = MUTANTS[name]
    watch = _Watch(is_killed=partial(_KILLED[PROPERTIES], mutant), most=most)
    with without_warnings(), mutant.applied(), suppress(OverError):
        _search(watch.take, InProcessDriver(mutant.store), mutant.chief, seed)
    return watch.found.failures.get(mutant.chief)


def _searched(watch: _Watch, mutant: Mutant, seed: int) -> None:
    """Play the known sessions, then search, both first where the requirement is judged most.

    `most` limits the search alone.
    """
    driver = InProcessDriver(mutant.store)
    known = known_sessions(driver.hello.capabilities, nearest_to=mutant.chief)
    watch.most += len(known)
    played(watch.take, driver, known)
    _search(watch.take, driver, mutant.chief, seed)


def _search(send: Send, driver: Driver, requirement: str, seed: int) -> None:
    """Search without an end, first where a requirement is judged most.

    The search goes on shard by shard, each time in twice as many kinds of case: so nothing waits for long behind what
    has little to do with it, and nothing is left out for good.
    """
    kinds = _nearest_first(requirement, kinds_of(driver.hello.capabilities))
    for number in count():
        shard = Shard(number=number, seed=seed, sessions=1, actions=8, input_cases=6, protocol_cases=6)
        searched(send, driver, shard, kinds[: _FIRST_KINDS << number])


def _nearest_first(requirement: str, kinds: Sequence[str]) -> list[str]:
    near = [kind for kind in reach().get(requirement, ()) if kind in kinds]
    return [*near, *(kind for kind in kinds if kind not in near)]


def _sought(mutant: Mutant) -> frozenset[str]:
    """What properties look for: what it breaks first of all; where fixed cases judge that, whatever else it breaks."""
    return mutant.breaks if _is_for_fixed_cases(mutant) else frozenset({mutant.chief})


def _is_for_fixed_cases(mutant: Mutant) -> bool:
    return load()[mutant.chief].judge is Judge.VECTORS


def _by_cases(watch: _Watch, mutant: Mutant, _: int) -> None:
    judged_by_small_cases(watch.take, partial(InProcessDriver, mutant.store), None)


def _by_sessions(watch: _Watch, mutant: Mutant, _: int) -> None:
    compared_with_production(watch.take, partial(InProcessDriver, mutant.store))


_JUDGES: Final[Mapping[str, Callable[[_Watch, Mutant, int], None]]] = {
    PROPERTIES: _searched,
    AGREEMENT: _searched,
    CASES: _by_cases,
    SESSIONS: _by_sessions,
}
_KILLED: Final[Mapping[str, Callable[[Mutant, Findings], bool]]] = {
    PROPERTIES: lambda mutant, found: any(found.broken[each] for each in _sought(mutant)),
    AGREEMENT: lambda _, found: bool(found.broken[agreement.AGREEMENT]),
    CASES: lambda mutant, found: bool(found.broken[mutant.chief]),
    SESSIONS: lambda _, found: found.fixed.differing > 0,
}
JUDGES: Final[Sequence[str]] = tuple(_JUDGES)
