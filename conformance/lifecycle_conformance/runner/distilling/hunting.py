"""Sessions in which the properties find a fault: a search looks for those that they find in no case yet.

A search begins with the cases of the corpus, judged by the properties. So what it once found by luck, it finds at once.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from lifecycle_conformance.mutants import MUTANTS
from lifecycle_conformance.runner.distilling.gathering import Life
from lifecycle_conformance.runner.distilling.killing import Told, is_found, told
from lifecycle_conformance.runner.distilling.recording import looking, recorded
from lifecycle_conformance.runner.distilling.reducing import Reduced
from lifecycle_conformance.runner.distilling.shared import Shared
from lifecycle_conformance.runner.pool import Pool, Send, Task
from lifecycle_conformance.runner.quiet import without_warnings
from lifecycle_conformance.runner.strength.kills import failure_in_search
from lifecycle_conformance.specification.requirements import Judge, load

_HUNTED: Final = "a search that found a fault"


def for_properties(names: Iterable[str]) -> list[str]:
    """Those of some faulty implementations for which properties are asked first: small cases judge the others."""
    return [name for name in names if load()[MUTANTS[name].chief].judge is not Judge.VECTORS]


def found_in(pool: Pool, names: Sequence[str], cases: Sequence[Reduced]) -> dict[str, frozenset[int]]:
    """For each faulty implementation the cases in which the properties find it, by number.

    Only cases are tried in which the requirement that it breaks is judged.
    """
    with Shared.of(cases) as shared:
        tasks = [Task(name=name, function=_find, arguments=(name, shared), size=1) for name in names]
        return told(pool, "faults looked for by properties", tasks)


@without_warnings()
def _find(send: Send, name: str, shared: Shared[Reduced]) -> None:
    mutant = MUTANTS[name]
    tried = ((number, each.case) for number, each in enumerate(shared.values()) if mutant.chief in each.judged)
    send(Told(name, frozenset(number for number, case in tried if is_found(mutant, case))))


def hunted(pool: Pool, names: Sequence[str], seed: int, most: int) -> dict[str, Life]:
    """For each faulty implementation a session in which a search found it; none where so many cases don't show it."""
    found: dict[str, Life] = {}

    def take(number: int, part: object) -> None:
        if isinstance(part, Life):
            found[names[number]] = part

    tasks = [Task(name=name, function=_hunt, arguments=(name, most, seed), size=1) for name in names]
    pool.do("faults hunted", tasks, take)
    return found


@without_warnings()
def _hunt(send: Send, name: str, most: int, seed: int) -> None:
    failure, mutant = failure_in_search(name, most, seed), MUTANTS[name]
    case = None if failure is None else recorded(looking(failure.requests), mutant.store)
    if case is not None and is_found(mutant, case):
        send(Life(kind=_HUNTED, store=mutant.store, case=case))
