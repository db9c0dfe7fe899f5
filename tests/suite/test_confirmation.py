"""Failures replayed in fresh processes: what always comes, what never does again, and what comes now and then."""

from collections.abc import Callable
from itertools import count
from random import Random
from time import monotonic
from typing import Any, Final

import pytest
from attrs import evolve

from builders import lifecycle, run_json
from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.driver.interface import Answer, Breakdown, BrokenDriverError
from lifecycle_conformance.execution.trace import Request
from lifecycle_conformance.judges.properties import CHECKS
from lifecycle_conformance.report.ranking import worst_first
from lifecycle_conformance.report.terminal import render
from lifecycle_conformance.runner import runner
from lifecycle_conformance.runner.confirmation import SAME_ANSWERS, Confirmed, Proof, confirmed, doubted, smallest
from lifecycle_conformance.runner.shrinker import reduced
from lifecycle_conformance.runner.verdicts import Failure, Result, Verdict

RUN: Final = run_json(lifecycle("node_started", 20))
SESSION: Final[tuple[Request, ...]] = (("open", {"store": 0}), ("project", {"run": RUN}), ("project", {"run": RUN}))
FAILURE: Final = Failure(requests=SESSION, message="what was found", compared=True, shrunk=False)
Fault = Callable[["Faulty", str, Answer], Answer]


class Faulty(InProcessDriver):
    """The reference with a fault; `asked` and `started` count passes in this process, and processes."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.started = 0
        super().__init__("memory")

    def restart(self, *, kill: bool = False) -> int | None:
        """Start anew."""
        self.asked = 0
        self.started += 1
        return super().restart(kill=kill)

    def ask(self, op: str, /, **arguments: Any) -> Answer:
        """Answer with the fault."""
        self.asked += op == "project"
        return self.fault(self, op, super().ask(op, **arguments))


def wrong(answer: Answer) -> Answer:
    return answer if answer.ok is None else evolve(answer, ok={"projected": answer.ok["projected"] + 1})


def always(_: Faulty, op: str, answer: Answer) -> Answer:
    return wrong(answer) if op == "project" else answer


def after_some(driver: Faulty, op: str, answer: Answer) -> Answer:
    return wrong(answer) if op == "project" and driver.asked > len(SESSION) else answer


def now_and_then(driver: Faulty, op: str, answer: Answer) -> Answer:
    return wrong(answer) if op == "project" and driver.started % 3 == 0 else answer


def a_member_missing_now_and_then(driver: Faulty, _: str, answer: Answer) -> Answer:
    shown = (answer.ok or {}).get("events")
    if not shown or driver.started % 2:
        return answer
    return Answer(ok={"events": [{name: value for name, value in each.items() if name != "seq"} for each in shown]})


def other_answers_each_time(driver: Faulty, op: str, answer: Answer) -> Answer:
    if op != "project":
        return answer
    return evolve(answer, ok={"projected": 1000 + driver.started})


def broken(_: Faulty, op: str, answer: Answer) -> Answer:
    if op == "project":
        raise BrokenDriverError(verdict=Breakdown.CRASH, message="it died", stderr="")
    return answer


def again(fault: Fault, subject: str = "PASS-6", failure: Failure = FAILURE) -> tuple[Confirmed, Faulty]:
    driver = Faulty(fault)
    return confirmed(Proof(driver, subject), failure), driver


def test_what_fails_in_each_fresh_process_is_a_failure() -> None:
    found, driver = again(always)
    assert (found.failure.verdict, found.differing) == (Verdict.FAIL, None)
    assert driver.started == 1 + 3


def test_what_never_fails_in_a_fresh_process_is_a_state_leak() -> None:
    found, driver = again(after_some)
    assert (found.failure.verdict, found.differing) == (Verdict.STATE_LEAK, None)
    assert driver.started > 1 + 3


@pytest.mark.parametrize("fault", [now_and_then, other_answers_each_time])
def test_what_differs_between_fresh_processes_is_nondeterministic(fault: Fault) -> None:
    found, _ = again(fault)
    assert found.failure.verdict is Verdict.NONDETERMINISTIC
    assert found.differing is not None
    assert (found.differing.verdict, found.differing.compared) == (Verdict.NONDETERMINISTIC, True)
    assert found.differing.message == "the answer to the same request"
    # The case says it all: the same requests, asked of two processes, are judged by DRIVER-17.
    assert [op for op, _ in found.differing.requests].count("greet") == 2
    again_ = Proof(Faulty(other_answers_each_time), SAME_ANSWERS)(found.differing.requests)
    assert again_ is not None


def test_a_session_that_ends_early_now_and_then_is_nondeterministic() -> None:
    found, _ = again(a_member_missing_now_and_then, "DRIVER-5")
    assert found.failure.verdict is Verdict.NONDETERMINISTIC
    assert found.differing is not None
    assert found.differing.message == "the same requests break DRIVER-5 in 1 of 2 fresh processes"


def test_what_got_too_small_in_a_used_process_is_made_small_in_fresh_ones() -> None:
    """Both passes are needed, unless the process has passed before."""

    def from_the_second_on(driver: Faulty, op: str, answer: Answer) -> Answer:
        return wrong(answer) if op == "project" and driver.asked > 1 else answer

    def reduce(failure: Failure, proof: Proof) -> Failure:
        return reduced(failure, proof, monotonic() + 60)

    proof = Proof(Faulty(from_the_second_on), "PASS-6")
    assert proof(SESSION) is not None
    found = smallest(proof, FAILURE, reduce)
    assert (found.failure.verdict, found.failure.shrunk) == (Verdict.FAIL, True)
    assert [op for op, _ in found.failure.requests] == ["greet", "open", "project", "project"]
    leak = smallest(proof, evolve(FAILURE, requests=SESSION[:2]), reduce)
    assert leak.failure.verdict is Verdict.STATE_LEAK


def test_a_crash_is_a_crash_and_is_tried_once() -> None:
    found, driver = again(broken, "DRIVER-2", evolve(FAILURE, broke=Breakdown.CRASH))
    assert found.failure.verdict is Verdict.CRASH
    assert driver.started <= 3
    found, _ = again(always, "DRIVER-2", evolve(FAILURE, broke=Breakdown.CRASH))
    assert found.failure.verdict is Verdict.CRASH


def test_a_driver_that_dies_before_it_comes_to_the_point_leaves_the_failure_as_it_was_found() -> None:
    found, _ = again(broken)
    assert (found.failure.verdict, found.differing) == (Verdict.FAIL, None)


def test_where_answers_differ_nothing_is_called_a_leak() -> None:
    leak = evolve(FAILURE, again=Verdict.STATE_LEAK)
    differs = evolve(FAILURE, again=Verdict.NONDETERMINISTIC)
    assert doubted({"A": FAILURE, "B": leak}) == {"A": FAILURE, "B": leak}
    assert doubted({"A": FAILURE, "B": leak, "C": differs}) == {"A": FAILURE, "B": differs, "C": differs}


PROCESSES: Final = count()


class Random12(Faulty):
    """Answers one request in twelve wrongly."""

    def __init__(self) -> None:
        self.random = Random(next(PROCESSES))
        super().__init__(self._at_random)

    def _at_random(self, _: Faulty, op: str, answer: Answer) -> Answer:
        ok = answer.ok or {}
        if self.random.randrange(12):
            return answer
        if op == "project" and ok:
            return wrong(answer)
        return evolve(answer, ok={op: ok[op][:-1]}) if op in {"events", "snapshots"} and ok else answer


@pytest.mark.usefixtures("few_targets")
def test_answers_at_random_are_told_as_such_and_first() -> None:
    report = runner.run(Random12, profile="quick", seed=1, vectors=False, only=["PASS-*", "DRIVER-*"])
    verdicts = report.verdicts
    assert verdicts[SAME_ANSWERS] is Verdict.NONDETERMINISTIC
    assert Verdict.STATE_LEAK not in verdicts.values()
    first, *_ = worst_first(report)
    assert isinstance(first, Result)
    assert first.requirement.id == SAME_ANSWERS
    assert f"── {SAME_ANSWERS}: " in render(report)


def test_the_check_of_driver_17_is_registered() -> None:
    assert any(SAME_ANSWERS in each.requirements for each in CHECKS)
