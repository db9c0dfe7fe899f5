"""Lives to choose from: sessions that the search makes up for the reference, each recorded as a case."""

from collections.abc import Iterator, Sequence
from typing import Final

from attrs import Factory, define, frozen

from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.driver.server import StoreKind
from lifecycle_conformance.execution.judgement import Judgement, Registered
from lifecycle_conformance.execution.trace import Request, Step, Trace
from lifecycle_conformance.judges.corpus import CorpusCase
from lifecycle_conformance.judges.vectors import derived
from lifecycle_conformance.runner.distilling.recording import looking, recorded
from lifecycle_conformance.runner.pool import Pool, Send, Task
from lifecycle_conformance.runner.quiet import without_warnings
from lifecycle_conformance.runner.search import Shard, kinds_of, searched_by

STORES: Final[Sequence[StoreKind]] = ("files", "memory")
_KINDS_A_TASK: Final = 8
_ACTIONS: Final = 8
_SHORT_ONES: Final = 30


@frozen(kw_only=True)
class Life:
    """A session as a case, the kind of case that it was made up as, and the store that it was made up for.

    `touches` are requirements that small fixed cases are known to be about.
    """

    kind: str
    store: StoreKind
    case: CorpusCase
    touches: frozenset[str] = frozenset()


@define
class _Notes:
    """A check that judges nothing: it notes the requests of each session."""

    sessions: list[list[Request]] = Factory(list)
    _trace: Trace | None = None

    def note(self, step: Step, trace: Trace) -> Iterator[Judgement]:
        if trace is not self._trace:
            self.sessions.append([])
            self._trace = trace
        self.sessions[-1].append((step.op, step.arguments))
        return iter(())


def kinds_on(store: StoreKind) -> list[str]:
    """The kinds of case that sessions on a store can be."""
    return kinds_of(InProcessDriver(store).hello.capabilities)


def gathered(pool: Pool, wave: int, seed: int, kinds: Sequence[str], sessions: int) -> list[Life]:
    """The lives of some kinds that a wave brings; each wave brings others."""
    tasks = [
        Task(name=store, function=_gather, arguments=(store, chunk, _shard(wave, seed, sessions)), size=len(chunk))
        for store in STORES
        for chunk in _chunks([each for each in kinds_on(store) if each in kinds])
    ]
    found: dict[int, list[Life]] = {number: [] for number in range(len(tasks))}
    pool.do("kinds of lives made up", tasks, lambda number, lives: found[number].extend(lives))
    return [life for lives in found.values() for life in lives]


def _chunks(kinds: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(kinds), _KINDS_A_TASK):
        yield kinds[start : start + _KINDS_A_TASK]


def _shard(wave: int, seed: int, sessions: int) -> Shard:
    short = _SHORT_ONES * sessions
    return Shard(number=wave, seed=seed, sessions=sessions, actions=_ACTIONS, input_cases=short, protocol_cases=short)


@without_warnings()
def _gather(send: Send, store: StoreKind, kinds: Sequence[str], shard: Shard) -> None:
    """Send the lives of each kind."""
    for kind in kinds:
        notes = _Notes()
        checks = [Registered(check=notes.note, requirements=())]
        searched_by(checks, lambda _: None, InProcessDriver(store), shard, [kind])
        send(list(_lives(kind, store, notes.sessions)))


def _lives(kind: str, store: StoreKind, sessions: Sequence[Sequence[Request]]) -> Iterator[Life]:
    for requests in sessions:
        case = recorded(looking(requests), store)
        if case is not None:
            yield Life(kind=kind, store=store, case=case)


def small_lives() -> list[Life]:
    """The passes of the small fixed cases, of which it is known which requirements they are about.

    The answers are the reference's, as in all lives: production's stand in the fixed cases themselves.
    """
    lives: dict[str, Life] = {}
    for each in derived.cases():
        case = recorded(looking(each.requests), "files")
        if case is not None:
            touches = each.requirements | (lives[key].touches if (key := repr(each.requests)) in lives else frozenset())
            lives[key] = Life(kind="small fixed cases", store="files", case=case, touches=touches)
    return [*lives.values()]
