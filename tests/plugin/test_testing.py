"""Tests in Python without a process: the state machine, an implementation as a driver, and the strategies."""

import re
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.stateful import rule, run_state_machine_as_test

from engine import CAPABILITIES, Engine
from lifecycle_conformance.runner import runner
from lifecycle_conformance.runner.runner import Profile
from lifecycle_conformance.runner.verdicts import FAILURES, Verdict
from lifecycle_conformance.specification import schemas
from lifecycle_conformance.specification.texts import SPEC
from lifecycle_conformance.testing import LifecycleMachine, PythonDriver, run_records

BRIEF = settings(
    max_examples=6,
    stateful_step_count=4,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


class CountingTooMuch(Engine):
    """A pass answers that it recorded one more than it did."""

    def project(self, run: dict[str, Any]) -> int:
        return super().project(run) + 1


class Crashing(Engine):
    """What is recorded can't be shown."""

    def events(self, tenant: dict[str, Any], run_id: str) -> list[dict[str, Any]]:
        found = super().events(tenant, run_id)
        if found:
            raise KeyError("lost")
        return found


def machine(implementation: type[Engine]) -> type[LifecycleMachine]:
    return type("Machine", (LifecycleMachine,), {"driver": PythonDriver(implementation, CAPABILITIES)})


# --- the state machine ------------------------------------------------------------------------------------------------


def test_the_example_of_the_documentation_runs_as_written() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", (SPEC / "17-conformance.md").read_text(encoding="utf-8"), re.DOTALL)
    assert 15 <= len([line for line in example.splitlines() if line]) <= 30
    names: dict[str, Any] = {}
    exec(compile(example, "17-conformance.md", "exec"), names)
    case = names["TestEngine"]
    case.settings = settings(case.settings, max_examples=5, database=None, phases=[Phase.generate])
    case().debug()
    assert names["EngineMachine"].coverage.passes > 5


def test_the_reference_breaks_nothing() -> None:
    sound = machine(Engine)
    run_state_machine_as_test(sound, settings=BRIEF)
    assert sound.coverage.sessions >= 6


def test_what_is_broken_is_told_as_in_a_check() -> None:
    with pytest.raises(AssertionError, match=r"── PASS-6: What a pass answers ── fail\n") as raised:
        run_state_machine_as_test(machine(CountingTooMuch), settings=BRIEF)
    assert "project   run-1  the same again\n\n" in str(raised.value)
    assert "the answer:\n     expected  " in str(raised.value)


def test_a_crash_is_told_with_its_traceback() -> None:
    with pytest.raises(AssertionError, match=r"── DRIVER-2: .* ── crash\n") as raised:
        run_state_machine_as_test(machine(Crashing), settings=BRIEF)
    assert 'raise KeyError("lost")' in str(raised.value)


def test_a_machine_may_have_rules_of_its_own_and_leave_others_out() -> None:
    class Own(LifecycleMachine):
        driver = PythonDriver(Engine, CAPABILITIES)
        input_is_refused = None

        @rule()
        def passes_three_times(self) -> None:
            self.execute("three passes", lambda: [self.pass_() for _ in range(3)])

    run_state_machine_as_test(Own, settings=settings(BRIEF, max_examples=10, stateful_step_count=10))
    assert Own.coverage.rules["three passes"] > 0
    assert Own.coverage.rules["input is refused"] == 0
    assert machine(Engine).coverage.sessions == 0


def test_to_explain_a_failure_costs_nothing_where_a_subclass_does_not_want_it() -> None:
    assert Phase.explain not in machine(Engine).TestCase.settings.phases
    assert Phase.shrink in machine(Engine).TestCase.settings.phases


# --- an implementation as a driver ------------------------------------------------------------------------------------


@pytest.mark.parametrize("capabilities", [CAPABILITIES, ()], ids=["all", "none"])
def test_an_implementation_in_python_is_judged_as_any_driver(
    monkeypatch: pytest.MonkeyPatch, capabilities: tuple[str, ...]
) -> None:
    """What is asked of a driver, such as the refusal of what is no request, is done for it."""
    profile = Profile(shards=1, sessions=0, actions=1, input_cases=10, protocol_cases=40, wanted=1)
    monkeypatch.setattr(runner, "PROFILES", {"default": profile})
    report = runner.run(partial(PythonDriver, Engine, capabilities), vectors=False)
    assert {
        each.requirement.id for each in report.results if each.verdict in FAILURES - {Verdict.NOT_EXERCISED}
    } == set()
    assert report.errors == ()
    judged = {each.requirement.id for each in report.results if each.verdict is Verdict.PASS}
    assert {f"DRIVER-{number}" for number in (2, 3, 4, 5, 6, 7, 11, 12, 13, 14, 15, 17)} <= judged


# --- strategies -------------------------------------------------------------------------------------------------------


@settings(BRIEF, max_examples=30)
@given(run_records(max_records=3))
def test_run_records_are_valid(run: dict[str, Any]) -> None:
    assert schemas.problems("run", run) == []
    assert len(run["checkpoint"]["lifecycle_history"]) <= 3
