"""Which syntactic mutants of the reference the suite finds: each goes to one judge after the other until one does."""

import signal
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, partial
from time import monotonic
from types import FrameType
from typing import Final, TypeAlias

from attrs import define, frozen

from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.driver.interface import BrokenDriverError
from lifecycle_conformance.driver.messages import DisagreementError, NoAnswerError
from lifecycle_conformance.driver.server import Server, StoreKind
from lifecycle_conformance.judges import agreement, vectors
from lifecycle_conformance.mutants.syntactic.loading import server_with
from lifecycle_conformance.mutants.syntactic.mutation import Mutation, code_of, mutations
from lifecycle_conformance.runner.findings import Findings
from lifecycle_conformance.runner.fixed_cases import compared_with_production, judged_by_small_cases
from lifecycle_conformance.runner.known_sessions import judged_by_known_sessions
from lifecycle_conformance.runner.pool import Lost, Pool, Send, Size, Task
from lifecycle_conformance.runner.quiet import without_warnings
from lifecycle_conformance.runner.search import Factory, Shard, explored
from lifecycle_conformance.runner.strength.kills import AGREEMENT, CASES, PROPERTIES, SESSIONS, OverError

LOADING: Final = "loading"
HANGING: Final = "hanging"
_ROUNDS: Final = 3
_ROUNDS_OF_EXPLAINED: Final = 0
"""How often the search goes through all targets, after the fixed cases, before a mutant counts as not found."""
_PATIENCE_S: Final = 30.0
"""How long a case may keep the processor busy before the mutant counts as one that hangs."""


@frozen(kw_only=True)
class Fate:
    """What became of a mutant: the judge that found it first, if one did, and the requirements that it named.

    One that can't even be loaded is found by `loading`, one that doesn't come to an end by `hanging`.
    """

    mutation: Mutation
    judge: str = ""
    reported: frozenset[str] = frozenset()
    cases: int = 0
    seconds: float = 0.0

    @property
    def killed(self) -> bool:
        """Whether anything found it."""
        return bool(self.judge)


def fates(pool: Pool, asked: Sequence[Mutation], explained: Container[str], *, seed: int) -> list[Fate]:
    """What becomes of mutants. Those that are `explained` are not searched for long."""
    tasks = [
        Task(
            name=each.id,
            function=judged,
            arguments=(each.id, _ROUNDS_OF_EXPLAINED if each.id in explained else _ROUNDS, seed),
            size=1,
        )
        for each in asked
    ]
    # What its process doesn't survive sends nothing.
    found = [Fate(mutation=each, judge=HANGING) for each in asked]

    def take(number: int, fate: Fate | Lost) -> None:
        if isinstance(fate, Fate):
            found[number] = fate

    pool.do("syntactic mutants", tasks, take)
    return found


def judged(send: Send, name: str, rounds: int, seed: int) -> None:
    """Judge a mutant until something is found, and send its :class:`Fate`."""
    mutation, started = mutations()[name], monotonic()
    try:
        server = server_with(mutation.module, code_of(mutation))
    except Exception:  # noqa: BLE001 - whatever it is, nobody could use this
        send(Fate(mutation=mutation, judge=LOADING, seconds=monotonic() - started))
        return
    cases = 0
    for judge, ask in _judges(server, rounds, seed):
        watch = _Watch(asked=judge)
        with without_warnings(), _interrupting(_PATIENCE_S):
            watch.over(ask)
        cases += watch.cases
        if watch.judge:
            send(
                Fate(
                    mutation=mutation,
                    judge=watch.judge,
                    reported=watch.reported,
                    cases=cases,
                    seconds=monotonic() - started,
                )
            )
            return
    send(Fate(mutation=mutation, cases=cases, seconds=monotonic() - started))


_Asking: TypeAlias = Callable[[Send], None]


def _judges(server: type[Server], rounds: int, seed: int) -> Iterator[tuple[str, _Asking]]:
    """From what is soon over to what takes long, on the store with most capabilities and on the one with tenants."""

    def driver(store: StoreKind) -> Factory:
        return partial(InProcessDriver, store, server=server)

    yield SESSIONS, partial(compared_with_production, factory=driver("memory"), sessions=_sessions())
    yield CASES, partial(judged_by_small_cases, factory=driver("memory"), requirements=None)
    for store in ("files", "memory"):
        yield PROPERTIES, partial(judged_by_known_sessions, factory=driver(store), requirements=None)
    for number in range(rounds):
        short = Shard(number=number, seed=seed, sessions=0, actions=0, input_cases=60, protocol_cases=20)
        long = Shard(number=number, seed=seed, sessions=1, actions=8, input_cases=0, protocol_cases=0)
        yield PROPERTIES, partial(explored, factory=driver("files"), shard=short, requirements=None)
        yield PROPERTIES, partial(explored, factory=driver("memory"), shard=long, requirements=None)
        yield PROPERTIES, partial(explored, factory=driver("files"), shard=long, requirements=None)


@cache
def _sessions() -> tuple[vectors.Scenario, ...]:
    """Read once for all mutants: most are found within a few sessions."""
    return tuple(vectors.stream())


class _HangingError(OverError):
    """Ends one that has been busy with a case for too long."""


@define
class _Watch:
    """Takes in what a judge sends until anything is found; `judge` is then what found it."""

    asked: str
    judge: str = ""
    reported: frozenset[str] = frozenset()
    cases: int = 0

    def over(self, ask: _Asking) -> None:
        """Let a judge look until it finds something, or has come to its end."""
        try:
            ask(self._take)
        except _HangingError:
            self.judge = HANGING
        except OverError:
            pass
        except (BrokenDriverError, NoAnswerError, DisagreementError):  # it doesn't even introduce itself
            self.judge = self.asked

    def _take(self, part: object) -> None:
        if isinstance(part, Size) or not isinstance(part, Findings):
            return
        self.cases += 1
        signal.setitimer(signal.ITIMER_PROF, _PATIENCE_S)
        self.reported = frozenset(each for each, broken in part.broken.items() if broken) - {agreement.AGREEMENT}
        if self.reported or part.fixed.differing:
            self.judge = self.asked
        elif part.broken[agreement.AGREEMENT]:
            self.judge = AGREEMENT
        if self.judge:
            raise OverError


@contextmanager
def _interrupting(seconds: float) -> Iterator[None]:
    """Interrupt this process after it was busy for so long, unless the alarm is set anew."""

    def ring(_: int, __: FrameType | None) -> None:
        raise _HangingError

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
