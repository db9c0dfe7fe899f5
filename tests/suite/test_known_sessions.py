"""The sessions of the distilled corpus, judged by the properties before a search makes up others."""

from collections.abc import Sequence
from functools import partial

from degenerate import Degenerate
from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.driver.interface import Answer, Breakdown, BringUpError, BrokenDriverError, Driver
from lifecycle_conformance.driver.server import CAPABILITIES_OF
from lifecycle_conformance.execution.trace import Object
from lifecycle_conformance.mutants import MUTANTS
from lifecycle_conformance.runner.findings import Findings
from lifecycle_conformance.runner.known_sessions import judged_by_known_sessions, known_sessions, played
from lifecycle_conformance.runner.patience import MOST_OF_A_KIND


def found(parts: Sequence[object]) -> Findings:
    all_of_them = Findings()
    for part in parts:
        if isinstance(part, Findings):
            all_of_them.add(part)
    return all_of_them


def test_the_reference_breaks_nothing_in_them() -> None:
    parts: list[object] = []
    judged_by_known_sessions(parts.append, partial(InProcessDriver, "files"), None)
    shown = found(parts)
    assert {each for each, broken in shown.broken.items() if broken} == set()
    assert len(shown.cases) > 150, "they exercise nearly all requirements that a property judges"
    assert shown.lost == []


def test_a_fault_is_named_by_the_checks_and_not_by_the_answers_that_are_kept() -> None:
    mutant, parts = MUTANTS["guard-off"], list[Findings]()
    with mutant.applied():
        driver = InProcessDriver(mutant.store)
        played(parts.append, driver, known_sessions(driver.hello.capabilities, nearest_to=mutant.chief)[:3])
    assert found(parts).broken[mutant.chief]


def test_those_that_exercise_a_requirement_come_first() -> None:
    cases = known_sessions(CAPABILITIES_OF["files"], nearest_to="PRUNE-6")
    exercising = ["PRUNE-6" in case.requirements for case in cases]
    assert exercising == sorted(exercising, reverse=True)
    assert True in exercising
    assert False in exercising


def test_a_driver_is_not_asked_what_it_does_not_declare() -> None:
    some = frozenset({"import"})
    assert all(case.needs <= some for case in known_sessions(some))
    assert len(known_sessions(some)) < len(known_sessions(CAPABILITIES_OF["files"]))


def test_a_driver_that_breaks_too_often_is_given_up() -> None:
    def breaks_at_passes(op: str, _: Object, answer: Answer) -> Answer:
        if op == "project":
            raise BrokenDriverError(verdict=Breakdown.CRASH, message="it is gone", stderr="")
        return answer

    driver, parts = Degenerate(breaks_at_passes), list[Findings]()
    played(parts.append, driver, known_sessions(driver.hello.capabilities))
    assert found(parts).lost == [f"known sessions: given up, the driver broke {MOST_OF_A_KIND} times"]


def test_a_driver_that_does_not_come_up_is_told() -> None:
    def none() -> Driver:
        raise BringUpError(command=("driver",), problem="it isn't there", stderr="")

    parts: list[object] = []
    judged_by_known_sessions(parts.append, none, None)
    assert found(parts).lost == ["known sessions: the driver didn't come up"]
