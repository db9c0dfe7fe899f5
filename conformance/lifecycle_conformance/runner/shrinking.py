"""One failure made as small as it gets, proven in fresh processes, and what it is like."""

from collections.abc import Sequence
from typing import Final

from attrs import evolve

from lifecycle_conformance.driver.interface import STILL_RUNNING, Breakdown, Driver, DriverError
from lifecycle_conformance.runner.confirmation import SAME_ANSWERS, Proof, smallest
from lifecycle_conformance.runner.pool import Send
from lifecycle_conformance.runner.search import Factory
from lifecycle_conformance.runner.shrinker import reduced
from lifecycle_conformance.runner.strength.likeness import alike
from lifecycle_conformance.runner.verdicts import Failure

_FRESH_ATTEMPTS: Final = 100
"""How many attempts there are at most where each takes a process of its own."""


def smallest_of(send: Send, factory: Factory, subject: str, failure: Failure, attempts: int) -> None:
    """Make a failure smaller with a driver of its own, so that failures don't influence each other."""
    try:
        driver = factory()
    except DriverError:
        return  # it came up before, and doesn't now: the failure stays as it was found
    try:
        smaller = _smallest(driver, subject, failure, attempts)
        send([(each, _with_likeness(driver, each, failure)) for each, failure in smaller])
    finally:
        driver.close()


def _smallest(driver: Driver, subject: str, failure: Failure, attempts: int) -> Sequence[tuple[str, Failure]]:
    """Make a failure smaller, then run it again in fresh processes, which may show that answers differ (DRIVER-17)."""
    if failure.shrunk or failure.actual == STILL_RUNNING or not failure.requests:
        return [(subject, failure)]  # waiting again for a process that doesn't end costs too much

    def reduce(failure: Failure, proof: Proof) -> Failure:
        return reduced(failure, proof, min(attempts, _FRESH_ATTEMPTS) if proof.fresh else attempts)

    found = smallest(Proof(driver, subject), failure, reduce)
    failure = evolve(found.failure, stderr=found.failure.stderr or driver.stderr_tail())
    return [(subject, failure), *([] if found.differing is None else [(SAME_ANSWERS, found.differing)])]


def _with_likeness(driver: Driver, subject: str, failure: Failure) -> Failure:
    """The failure with what it is like, where it is one that any process shows and that a few requests show."""
    if not failure.shrunk or failure.broke is Breakdown.TIMEOUT or failure.again is not None:
        return failure
    return evolve(failure, like=alike(driver, failure.requests, subject))
