"""Confirmation: a failure is run again in fresh processes, and comes always, never, or now and then.

One that comes again in a fresh process is a failure. One that never does was caused by what the process had done
before: a state leak. Where fresh processes answer the same requests in different ways, the implementation is
nondeterministic (DRIVER-17), and no other failure can be relied on.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from attrs import evolve, frozen

from lifecycle_conformance.driver.interface import BrokenDriverError, Driver
from lifecycle_conformance.execution.session import Judged, Session, executed
from lifecycle_conformance.execution.trace import Request, Step, Trace
from lifecycle_conformance.generation.requests import FRESH_PROCESS
from lifecycle_conformance.judges import agreement
from lifecycle_conformance.judges.properties.driver import repetitions
from lifecycle_conformance.runner.findings import ANSWERING, failure_of
from lifecycle_conformance.runner.search import checks_for
from lifecycle_conformance.runner.verdicts import Failure, Verdict

SAME_ANSWERS: Final = "DRIVER-17"
"""The requirement that a nondeterministic implementation breaks."""
_SEVERAL: Final = 3
"""In how many fresh processes a failure must come again."""
_BEFORE_A_LEAK: Final = 10
"""After how many fresh processes without the failure it counts as a state leak."""
_APART: Final = 1_000_000
"""Added to the numbers of stores, so that the same requests in another process are about new stores."""


@frozen
class Proof:
    """Runs requests, each time in a fresh process if that is wanted, to see whether they break a requirement."""

    driver: Driver
    subject: str
    fresh: bool = False

    def __call__(self, asked: Sequence[Request]) -> Failure | None:
        """How they break it, or `None`."""
        return self.shown([FRESH_PROCESS, *asked] if self.fresh and FRESH_PROCESS not in asked[:1] else asked).failure

    def shown(self, asked: Sequence[Request]) -> "Showing":
        """What they show. Raises nothing: a driver that breaks is a way to fail."""
        session, broke = executed(self.driver, asked, checks_for([self.subject]) or [agreement.REGISTERED])
        return Showing(session, self._failure(session, broke), broken=broke is not None)

    def _failure(self, session: Session, broke: BrokenDriverError | None) -> Failure | None:
        if broke is not None and self.subject == ANSWERING:
            return Failure(
                requests=tuple(session.requests), message=broke.message, broke=broke.verdict, stderr=broke.stderr
            )
        for judged in session.judgements:
            if judged.judgement.requirement == self.subject and not judged.judgement.holds:
                return failure_of(session.requests, judged)
        return None


@frozen
class Showing:
    """A session that was run, how it breaks the requirement, if it does, and whether the driver broke."""

    session: Session
    failure: Failure | None
    broken: bool


@frozen
class Confirmed:
    """A failure with the verdict that fresh processes lead to, and how they differ, if they do."""

    failure: Failure
    differing: Failure | None = None


def smallest(proof: Proof, failure: Failure, reduce: Callable[[Failure, Proof], Failure]) -> Confirmed:
    """Make a failure smaller, and run it again in fresh processes.

    What was found to be smaller in a used process may be a leak of what other sessions had left, although the whole
    failure is none: then it is made smaller once more, with a fresh process for each attempt.
    """
    small = failure if proof(failure.requests) is None else reduce(failure, proof)
    found = confirmed(proof, small)
    if found.failure.again is not Verdict.STATE_LEAK or failure.broke is not None:
        return found
    whole = found if small.requests == failure.requests else confirmed(proof, failure)
    match whole.failure.again:
        case Verdict.STATE_LEAK:
            return found
        case Verdict.NONDETERMINISTIC:
            return whole
    return Confirmed(reduce(failure, evolve(proof, fresh=True)))


def confirmed(proof: Proof, failure: Failure) -> Confirmed:
    """Run a failure again in fresh processes and stores; a driver that doesn't answer costs one attempt only."""
    if failure.broke is not None:
        again = proof.shown(_fresh(failure.requests, 0)).failure is not None
        return Confirmed(failure if again else evolve(failure, again=Verdict.STATE_LEAK))
    showings: list[Showing] = []
    for number in range(_BEFORE_A_LEAK):
        showing = proof.shown(_fresh(failure.requests, number))
        if showing.broken and showing.failure is None:
            continue  # it broke before the step in question, which is a failure of its own
        showings.append(showing)
        if differing := _differing(proof.subject, showings):
            return Confirmed(evolve(failure, again=Verdict.NONDETERMINISTIC), differing)
        if showing.failure is not None and len(showings) == _SEVERAL:
            return Confirmed(failure)
    failed = not showings or showings[0].failure is not None
    return Confirmed(failure if failed else evolve(failure, again=Verdict.STATE_LEAK))


def doubted(found: Mapping[str, Failure]) -> dict[str, Failure]:
    """Failures in the light of each other: where answers differ anyhow, one that never came again is no leak."""
    if all(each.again is not Verdict.NONDETERMINISTIC for each in found.values()):
        return {**found}
    return {
        subject: evolve(each, again=Verdict.NONDETERMINISTIC) if each.again is Verdict.STATE_LEAK else each
        for subject, each in found.items()
    }


def _fresh(requests: Sequence[Request], number: int) -> list[Request]:
    """The same requests to a fresh process."""
    return [FRESH_PROCESS, *_apart(requests, number)]


def _apart(requests: Sequence[Request], number: int) -> list[Request]:
    """The same requests, about stores that no other process was asked about."""
    return [
        (op, {"store": arguments["store"] + number * _APART}) if op == "open" else (op, arguments)
        for op, arguments in requests
    ]


def _differing(subject: str, showings: Sequence[Showing]) -> Failure | None:
    """How the newest of some fresh processes differs from the first, as a failure of DRIVER-17."""
    first, newest = showings[0], showings[-1]
    if first is newest:
        return None
    if (difference := _first_difference(first.session.trace.steps, newest)) is not None:
        return evolve(
            difference,
            requests=(*first.session.requests, *difference.requests),
            shrunk=True,
            again=Verdict.NONDETERMINISTIC,
        )
    failed = sum(each.failure is not None for each in showings)
    if failed in {0, len(showings)}:
        return None
    return Failure(
        requests=(*first.session.requests, *newest.session.requests),
        message=f"the same requests break {subject} in {failed} of {len(showings)} fresh processes",
        shrunk=True,
        again=Verdict.NONDETERMINISTIC,
    )


def _first_difference(before: Sequence[Step], newest: Showing) -> Failure | None:
    """Judge by the check of DRIVER-17 what a process showed after another one was asked the same before."""
    trace = Trace([*before])
    for length, step in enumerate(newest.session.trace.steps, start=1):
        for judgement in repetitions(step, trace):
            if not judgement.holds:
                return failure_of(newest.session.requests, Judged(judgement=judgement, step=0, length=length))
        trace.steps.append(step)
    return None
