"""A case made smaller, as long as it still tells the faults and exercises the requirements that it is there for."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from attrs import define, frozen

from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.execution.judgement import Registered
from lifecycle_conformance.execution.session import executed
from lifecycle_conformance.execution.trace import Request
from lifecycle_conformance.judges.corpus import CorpusCase
from lifecycle_conformance.judges.properties import CHECKS
from lifecycle_conformance.mutants import MUTANTS
from lifecycle_conformance.runner.distilling.gathering import Life
from lifecycle_conformance.runner.distilling.killing import is_found, kills
from lifecycle_conformance.runner.distilling.recording import recorded, store_of
from lifecycle_conformance.runner.findings import ANSWERING
from lifecycle_conformance.runner.pool import Pool, Send, Task
from lifecycle_conformance.runner.quiet import without_warnings
from lifecycle_conformance.runner.shrinker import reduced
from lifecycle_conformance.runner.verdicts import Failure


@frozen(kw_only=True)
class Purpose:
    """A life, and what it was chosen for: faults that it tells, faults that the properties find in it, requirements."""

    life: Life
    mutants: tuple[str, ...] = ()
    found: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()


@frozen(kw_only=True)
class Reduced:
    """What became of a life: a smaller case, and the requirements that the properties judge in it.

    `broken` are those that they found broken on the reference, which is never right.
    """

    case: CorpusCase
    judged: frozenset[str]
    broken: frozenset[str]


def made_smaller(pool: Pool, purposes: Sequence[Purpose], attempts: int) -> list[Reduced]:
    """The cases of some lives, each made smaller in so many attempts."""
    found: dict[int, Reduced] = {}
    tasks = [Task(name=each.life.kind, function=_reduce, arguments=(each, attempts), size=1) for each in purposes]
    pool.do("cases made smaller", tasks, found.__setitem__)
    return [found[number] for number in range(len(tasks))]


@without_warnings()
def _reduce(send: Send, purpose: Purpose, attempts: int) -> None:
    start = Failure(requests=purpose.life.case.steps, message="")
    smallest = reduced(start, _Proof(purpose, [*purpose.mutants]), attempts)
    case = recorded(smallest.requests, purpose.life.store)
    assert case is not None
    send(checked(case))


@define
class _Proof:
    """Runs a session, and returns it as the shrinker knows it, if it still serves its purpose.

    The fault that a smaller session didn't tell is tried first with the next one: that is often enough.
    """

    purpose: Purpose
    mutants: list[str]

    def __call__(self, requests: Sequence[Request]) -> Failure | None:
        case = recorded(requests, self.purpose.life.store)
        if case is None:
            return None
        for number, name in enumerate(self.mutants):
            if [*kills(MUTANTS[name], [case])] != [True]:
                self.mutants.insert(0, self.mutants.pop(number))
                return None
        if not all(is_found(MUTANTS[name], case) for name in self.purpose.found):
            return None
        wanted = frozenset(self.purpose.requirements)
        if wanted and not wanted <= checked(case, checks_of(wanted)).judged:
            return None
        return Failure(requests=case.steps, message="")


def checks_of(requirements: AbstractSet[str]) -> list[Registered]:
    """The checks that may judge one of some requirements."""
    return [each for each in CHECKS if not requirements.isdisjoint(each.requirements)]


def checked(case: CorpusCase, checks: Sequence[Registered] = CHECKS) -> Reduced:
    """A case, judged by properties on the reference."""
    session, _ = executed(InProcessDriver(store_of(case)), case.steps, checks)
    judged, broken = (
        frozenset(each.judgement.requirement for each in session.judgements if each.judgement.holds is holds)
        for holds in (True, False)
    )
    # That it answers is judged by its answers (DRIVER-2).
    return Reduced(case=case, judged=judged | {ANSWERING}, broken=broken | session.ended_by)
