"""Which cases tell a faulty implementation from the reference: by another answer, another file, or a breakdown.

And in which the properties find it.
"""

from collections.abc import Generator, Sequence
from contextlib import closing
from typing import Final

from attrs import frozen

from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.driver.interface import BringUpError, BrokenDriverError
from lifecycle_conformance.driver.server import CAPABILITIES_OF
from lifecycle_conformance.execution.session import executed
from lifecycle_conformance.judges.corpus import CorpusCase, compare
from lifecycle_conformance.mutants import MUTANTS, Mutant
from lifecycle_conformance.runner.distilling.gathering import Life
from lifecycle_conformance.runner.distilling.shared import Shared
from lifecycle_conformance.runner.findings import ANSWERING
from lifecycle_conformance.runner.pool import Pool, Send, Task
from lifecycle_conformance.runner.quiet import without_warnings
from lifecycle_conformance.runner.reach import reach
from lifecycle_conformance.runner.search import checks_for

_ENOUGH: Final = 3
"""How many lives are looked for that tell a fault: of several, one may tell others, too."""
_MORE: Final = 20
"""How many lives are tried for more that tell it, once there is one."""
PANEL: Final = 6
"""How many lives are tried with every fault, so that a life which tells many faults is met."""


@frozen
class Told:
    """A faulty implementation, and the numbers of the cases that tell it."""

    mutant: str
    by: frozenset[int]


def kills(mutant: Mutant, cases: Sequence[CorpusCase]) -> Generator[bool, None, None]:
    """Whether each of some cases tells a faulty implementation, by itself: some faults remember what was before."""
    for case in cases:
        with mutant.applied():
            differs = _differs(mutant, case)
        yield differs


def _differs(mutant: Mutant, case: CorpusCase) -> bool:
    """Whether a faulty implementation answers otherwise in a fresh process. It must be applied."""
    if not case.needs <= CAPABILITIES_OF[mutant.store]:
        return False
    try:
        comparison = compare(case, InProcessDriver(mutant.store))
    except (BringUpError, BrokenDriverError):
        return True
    return bool(comparison.differences) or comparison.broke is not None


def is_found(mutant: Mutant, case: CorpusCase) -> bool:
    """Whether the properties find a fault in a case, under the requirement that it breaks."""
    if not case.needs <= CAPABILITIES_OF[mutant.store]:
        return False
    with mutant.applied():
        session, broke = executed(InProcessDriver(mutant.store), case.steps, checks_for([mutant.chief]))
    judged = (each.judgement for each in session.judgements)
    is_reported = any(each.requirement == mutant.chief and not each.holds for each in judged)
    return is_reported or (broke is not None and mutant.chief == ANSWERING)


# --- the lives that tell a fault --------------------------------------------------------------------------------------


def looked_for(pool: Pool, names: Sequence[str], lives: Sequence[Life], most: int) -> dict[str, frozenset[int]]:
    """For each faulty implementation some lives that tell it, by number; none where so many lives don't."""
    with Shared.of(lives) as shared:
        tasks = [Task(name=name, function=_look_for, arguments=(name, shared, most), size=1) for name in names]
        return told(pool, "faults looked for in lives", tasks)


def matrix(pool: Pool, names: Sequence[str], cases: Sequence[CorpusCase]) -> dict[str, frozenset[int]]:
    """For each faulty implementation all cases that tell it, by number."""
    with Shared.of(cases) as shared:
        tasks = [Task(name=name, function=_look_everywhere, arguments=(name, shared), size=1) for name in names]
        return told(pool, "faults looked for in cases", tasks)


def told(pool: Pool, what: str, tasks: Sequence[Task]) -> dict[str, frozenset[int]]:
    """For each task, named after a faulty implementation, the numbers that it sends as :class:`Told`."""
    found: dict[str, frozenset[int]] = {task.name: frozenset() for task in tasks}

    def take(_: int, part: object) -> None:
        if isinstance(part, Told):
            found[part.mutant] = part.by

    pool.do(what, tasks, take)
    return found


@without_warnings()
def _look_for(send: Send, name: str, shared: Shared[Life], most: int) -> None:
    lives, mutant = shared.values(), MUTANTS[name]
    numbers = _order(lives, mutant)[:most]
    by: set[int] = set()
    with closing(kills(mutant, [lives[each].case for each in numbers])) as differing:
        last = len(numbers)
        for place, differs in enumerate(differing):
            if differs:
                last = min(last, max(place, PANEL) + _MORE)
                by.add(numbers[place])
            if place >= PANEL and (len(by) >= _ENOUGH or place >= last):
                break
    send(Told(name, frozenset(by)))


@without_warnings()
def _look_everywhere(send: Send, name: str, shared: Shared[CorpusCase]) -> None:
    differing = enumerate(kills(MUTANTS[name], shared.values()))
    send(Told(name, frozenset(number for number, differs in differing if differs)))


def _order(lives: Sequence[Life], mutant: Mutant) -> list[int]:
    """First some for all faults, then those that are known to be about the requirement, then those that judge it most.

    Short ones come before long ones.
    """
    near = {kind: place for place, kind in enumerate(reach().get(mutant.chief, ()))}
    rest = [
        (mutant.chief not in life.touches, near.get(life.kind, len(near)), len(life.case.steps), number)
        for number, life in enumerate(lives)
        if number >= PANEL and life.case.needs <= CAPABILITIES_OF[mutant.store]
    ]
    return [*range(min(PANEL, len(lives))), *(number for *_, number in sorted(rest))]
