"""The suite's state machine as a test: it fails at the first step that breaks a requirement."""

from collections.abc import Sequence
from typing import Any, ClassVar

import click
from attrs import evolve
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize

from lifecycle_conformance.driver.interface import BrokenDriverError, Driver
from lifecycle_conformance.execution.coverage import Coverage
from lifecycle_conformance.execution.judgement import Registered
from lifecycle_conformance.execution.session import Session
from lifecycle_conformance.generation.session_state import Observer
from lifecycle_conformance.generation.state_machine import SessionMachine
from lifecycle_conformance.generation.strategies import STATUSES
from lifecycle_conformance.generation.targets import TARGETS, targets
from lifecycle_conformance.judges.properties import CHECKS
from lifecycle_conformance.report.failures import in_full
from lifecycle_conformance.runner.findings import ANSWERING, failure_of
from lifecycle_conformance.runner.verdicts import Failure, Result
from lifecycle_conformance.specification import requirements


class BrokenRequirementError(AssertionError):
    """A step broke a requirement; the message is what a report of `check` says of it."""


def _raise_what_broke(session: Session, broke: BrokenDriverError | None) -> None:
    """Raise :class:`BrokenRequirementError` for what the last action broke."""
    for judged in session.unseen():
        if not judged.judgement.holds:
            raise _broken(judged.judgement.requirement, failure_of(session.requests, judged))
    if broke is not None:
        requests, stderr = tuple(session.requests), broke.stderr
        raise _broken(ANSWERING, Failure(requests=requests, message=broke.message, broke=broke.verdict, stderr=stderr))
    if session.errors:
        raise RuntimeError(f"a defect of the suite, in {session.errors[0].where}:\n{session.errors[0].traceback}")


def _broken(requirement: str, failure: Failure) -> BrokenRequirementError:
    result = Result(
        requirement=requirements.load()[requirement],
        verdict=failure.verdict,
        cases=0,
        wanted=0,
        # Hypothesis makes it smaller.
        failure=evolve(failure, shrunk=True),
    )
    return BrokenRequirementError(click.unstyle("\n".join(in_full(result, driver=()))))


class LifecycleMachine(SessionMachine):
    """Runs that share one store of an implementation, and each step judged by all properties.

    A subclass sets `driver`. Its `TestCase` is a test, as of any :class:`~hypothesis.stateful.RuleBasedStateMachine`,
    and its settings are those of Hypothesis. A rule of its own takes steps by :meth:`execute`, which judges them:
    `self.execute("my rule", self.pass_)` makes a pass over `self.run`, :meth:`change` one over what the run becomes,
    and :meth:`do` sends any request. A rule is left out by naming it: `input_is_refused = None`.
    """

    driver: ClassVar[Driver]
    coverage: ClassVar[Coverage] = Coverage()
    observe: ClassVar[Observer] = staticmethod(_raise_what_broke)
    checks: ClassVar[Sequence[Registered]] = CHECKS

    def __init_subclass__(cls, **more: Any) -> None:
        """Each machine counts for itself what its sessions met.

        To explain a failure, Hypothesis traces every line of the many sessions that it tries: that takes minutes, and
        says little of an implementation.
        """
        super().__init_subclass__(**more)
        cls.coverage = Coverage()
        cls.TestCase.settings = settings(
            cls.TestCase.settings, phases=[each for each in Phase if each != Phase.explain]
        )

    @initialize(data=st.data(), status=st.sampled_from(STATUSES[:3]), count=st.integers(1, 3))
    def begin(self, data: st.DataObject, status: str, count: int) -> None:
        """Open a store, let the first records arrive, and meet a rare situation, or none."""
        situation = data.draw(st.sampled_from([None, *targets(self.capabilities)]), label="situation")
        self.target = None if situation is None else TARGETS[situation]
        super().begin(data, status, count)
