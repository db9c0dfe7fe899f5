"""The fixed cases: the reference agrees with all of them, and whoever doesn't is told where."""

import logging
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from degenerate import Degenerate
from lifecycle_conformance.driver.client import SubprocessDriver
from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.driver.interface import CAPABILITIES, Answer, Driver, Refusal
from lifecycle_conformance.judges.vectors import ABSENT, Difference, Mismatch, Scenario, judge, load, mismatches, stream

SCENARIOS = load()
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
# Nobody reads in order what is spread evenly over all three files.
SAMPLE = SCENARIOS[::8]


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, logger="lifecycle_projection")


def named(scenarios: list[Scenario]) -> list[Any]:
    return [pytest.param(scenario, id=scenario.name) for scenario in scenarios]


# --- the reference ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def files() -> Driver:
    return InProcessDriver("files")


@pytest.fixture(scope="module")
def memory() -> Driver:
    return InProcessDriver("memory")


@pytest.fixture(scope="module")
def child() -> Iterator[Driver]:
    driver = SubprocessDriver([sys.executable, "-m", "lifecycle_conformance.driver"], timeout_s=30)
    yield driver
    assert driver.close() == 0


@pytest.mark.parametrize("scenario", named(SCENARIOS))
def test_the_reference_on_files_agrees_to_the_byte(scenario: Scenario, files: Driver, tmp_path: Path) -> None:
    assert scenario.needs <= files.hello.capabilities
    assert judge(scenario, files, tmp_path) == []
    assert not list(tmp_path.iterdir()), "the store is gone again"


@pytest.mark.parametrize("scenario", named([each for each in SCENARIOS if "files" not in each.needs]))
def test_the_reference_in_memory_agrees(scenario: Scenario, memory: Driver, tmp_path: Path) -> None:
    assert scenario.needs <= memory.hello.capabilities
    assert judge(scenario, memory, tmp_path) == []


@pytest.mark.parametrize("scenario", named(SAMPLE))
def test_the_reference_behind_a_pipe_agrees(scenario: Scenario, child: Driver, tmp_path: Path) -> None:
    assert judge(scenario, child, tmp_path) == []


# --- the files --------------------------------------------------------------------------------------------------------


def test_all_scenarios_are_there_and_have_names_of_their_own() -> None:
    assert Counter(scenario.source.partition(":")[0] for scenario in SCENARIOS) == {
        "production.jsonl": 120,
        "generations.jsonl": 60,
        "edges.jsonl": 280,
    }
    assert len(BY_NAME) == len(SCENARIOS)
    assert all(len(scenario.steps) == len(scenario.answers) for scenario in SCENARIOS)


def test_scenarios_are_read_one_by_one() -> None:
    scenarios = stream()
    assert [next(scenarios).source, next(scenarios).source] == ["production.jsonl:1", "production.jsonl:2"]


def test_no_run_nests_deeper_than_the_protocol_allows() -> None:
    def depth(value: Any) -> int:
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
        return 0 if inner is None else 1 + max(map(depth, inner), default=0)

    assert max(depth(step.get("run")) for scenario in SCENARIOS for step in scenario.steps) <= 100


# --- what a scenario needs --------------------------------------------------------------------------------------------


def scenario_of(*steps: dict[str, Any], answers: tuple[dict[str, Any], ...] = ()) -> Scenario:
    return Scenario(name="s", source="s:1", steps=steps, answers=answers, files={})


@pytest.mark.parametrize(
    ("scenario", "needs"),
    [
        (scenario_of({"op": "project"}, {"op": "events"}, {"op": "snapshots"}, {"op": "hello"}), set()),
        (scenario_of({"op": "frobnicate"}), set()),
        (scenario_of({"op": "import"}, {"op": "append"}), {"import", "append"}),
        (scenario_of({"op": "compact"}, {"op": "prune"}, {"op": "identify"}), {"compact", "prune", "identify"}),
        (scenario_of({"op": "project"}, answers=({"error": {"kind": "storage"}},)), {"files"}),
        (scenario_of({"op": "project"}, answers=({"error": {"kind": "invalid_input"}},)), set()),
    ],
)
def test_a_scenario_needs_what_its_operations_need(scenario: Scenario, needs: set[str]) -> None:
    assert scenario.needs == needs


@pytest.mark.parametrize(
    ("number", "needs"),
    [
        (0, set()),
        (True, set()),
        (2**53 - 1, set()),
        (-(2**53) + 1, set()),
        (2**53, {"json-numbers"}),
        (-(2**53), {"json-numbers"}),
        (0.5, set()),
        (1.0, {"json-numbers"}),
        (-0.0, {"json-numbers"}),
        (1e22, {"json-numbers"}),
        (1e23, {"json-numbers", "exact-numbers"}),
        (1.5e-22, set()),
        (1.5e-23, {"exact-numbers"}),
        (0.123456789012345, set()),
        (0.1234567890123456, {"exact-numbers"}),
    ],
)
def test_a_scenario_needs_what_its_numbers_need(number: float, needs: set[str]) -> None:
    """As the table of capabilities says what is sent without them."""
    assert scenario_of({"op": "project", "run": {"deep": [{"er": number}]}}).needs == needs


def test_some_scenarios_can_be_asked_of_the_least_driver() -> None:
    assert sum(not scenario.needs for scenario in SCENARIOS) > 20
    assert sum("files" in scenario.needs for scenario in SCENARIOS) < 10
    assert frozenset().union(*(scenario.needs for scenario in SCENARIOS)) < CAPABILITIES


# --- the judge notices ------------------------------------------------------------------------------------------------


def altered(op: str, change: Callable[[Answer], Answer]) -> Any:
    """The reference, with one answer changed."""
    return Degenerate(lambda asked, _, answer: change(answer) if asked == op else answer)


def with_events(change: Callable[[list[dict[str, Any]]], object]) -> Callable[[Answer], Answer]:
    """Change the events of an answer in place."""

    def changed(answer: Answer) -> Answer:
        assert answer.ok is not None
        change(answer.ok["events"])
        return answer

    return changed


def rich() -> Scenario:
    """A session whose first view has several events."""
    return next(
        scenario
        for scenario in SCENARIOS
        for answer in scenario.answers
        if len((answer.get("ok") or {}).get("events", [])) > 2
    )


ALTERED: dict[str, tuple[Callable[[list[dict[str, Any]]], object], str]] = {
    "a double for an integer": (lambda it: it[0].update(seq=float(it[0]["seq"])), "$.ok.events[0].seq"),
    "true for 1": (lambda it: it[0].update(seq=True), "$.ok.events[0].seq"),
    "a member missing": (lambda it: it[1].pop("correlation_id"), "$.ok.events[1].correlation_id"),
    "a member too many": (lambda it: it[1]["payload"].update(note=None), "$.ok.events[1].payload.note"),
    "another value": (lambda it: it[0]["payload"].update(reason="other"), "$.ok.events[0].payload.reason"),
    "1 for true": (
        lambda it: it[0]["payload"].update(counts_as_activity=1),
        "$.ok.events[0].payload.counts_as_activity",
    ),
    "another order": (lambda it: it.reverse(), "$.ok.events[0].event_id"),
    "an item missing": (lambda it: it.pop(0), "$.ok.events[0].event_id"),
    "an item too many": (lambda it: it.append(it[0]), "$.ok.events"),
    "nothing": (lambda it: it.clear(), "$.ok.events[0]"),
}


@pytest.mark.parametrize(("change", "path"), ALTERED.values(), ids=ALTERED)
def test_an_altered_answer_is_noticed(
    change: Callable[[list[dict[str, Any]]], object], path: str, tmp_path: Path
) -> None:
    scenario = rich()
    differences = judge(scenario, altered("events", with_events(change)), tmp_path)
    assert any(difference.path.startswith(path) for difference in differences), differences
    first = next(number for number, step in enumerate(scenario.steps) if step["op"] == "events")
    assert {(difference.step, difference.op) for difference in differences} == {(first, "events")}
    assert not any(difference.wrong_reason for difference in differences)


def test_members_in_another_order_are_the_same(tmp_path: Path) -> None:
    def reordered(events: list[dict[str, Any]]) -> None:
        events[:] = [dict(sorted(event.items(), reverse=True)) for event in events]

    assert judge(rich(), altered("events", with_events(reordered)), tmp_path) == []


def test_a_refusal_of_the_wrong_kind_is_told_from_a_missing_one(tmp_path: Path) -> None:
    scenario = next(each for each in SCENARIOS if each.answers[0] == {"error": {"kind": "invalid_input"}})
    internal = Answer(error=Refusal("internal", "oops"))
    (difference,) = judge(scenario, altered("project", lambda _: internal), tmp_path)
    assert difference.wrong_reason
    assert str(difference) == (
        'step 0, project, $.error.kind: expected "invalid_input", got "internal" (refused, but for the wrong reason)'
    )
    accepted = judge(scenario, altered("project", lambda _: Answer(ok={"projected": 1})), tmp_path)
    assert [(each.path, each.wrong_reason) for each in accepted] == [("$.error", False), ("$.ok", False)]


def test_the_message_of_a_right_refusal_is_free(tmp_path: Path) -> None:
    scenario = next(each for each in SCENARIOS if each.answers[0] == {"error": {"kind": "invalid_input"}})

    def reworded(answer: Answer) -> Answer:
        return answer if answer.error is None else Answer(error=Refusal(answer.error.kind, "no", {"more": 1}))

    assert judge(scenario, altered("project", reworded), tmp_path) == []


def test_a_refusal_where_none_was_expected_shows_its_message(tmp_path: Path) -> None:
    refused = Answer(error=Refusal("internal", "the disk is green"))
    differences = judge(BY_NAME["life-1"], altered("project", lambda _: refused), tmp_path)
    assert not any(difference.wrong_reason for difference in differences)
    assert "the disk is green" in "\n".join(map(str, differences))


def test_a_store_that_cannot_be_opened_is_the_first_difference(tmp_path: Path) -> None:
    refused = Answer(error=Refusal("storage", "no"))
    differences = judge(BY_NAME["life-1"], altered("open", lambda _: refused), tmp_path)
    assert {(difference.step, difference.op) for difference in differences} == {(None, "open")}


class Meddling(InProcessDriver):
    """The reference, with something done to its files after each request."""

    def __init__(self, meddle: Callable[[Path], object]) -> None:
        super().__init__("files")
        self._meddle = meddle

    def ask(self, op: str, **arguments: Any) -> Answer:
        answer = super().ask(op, **arguments)
        if op == "open":
            self._opened = Path(arguments["store"])
        elif op != "hello":
            self._meddle(self._opened)
        return answer


def one_projection() -> Scenario:
    """A case that is a single pass, cut after it: nothing reads what is meddled with."""
    scenario = next(
        each for each in SCENARIOS if each.steps[0]["op"] == "project" and each.answers[0].get("ok") == {"projected": 2}
    )
    return Scenario(
        name="cut", source="here:1", steps=scenario.steps[:1], answers=scenario.answers[:1], files=scenario.files
    )


def log_of(store: Path) -> Path:
    return store / "stateful_events.jsonl"


@pytest.mark.parametrize(
    ("meddle", "path", "expected_there", "actual_there"),
    [
        (lambda store: log_of(store).write_bytes(b""), '$["stateful_events.jsonl"]', True, True),
        (lambda store: log_of(store).unlink(missing_ok=True), '$["stateful_events.jsonl"]', True, False),
        (lambda store: (store / "x.tmp").touch(), '$["x.tmp"]', False, True),
    ],
    ids=["changed", "missing", "left-over"],
)
def test_a_file_that_differs_is_noticed(
    meddle: Callable[[Path], object], path: str, tmp_path: Path, *, expected_there: bool, actual_there: bool
) -> None:
    differences = judge(one_projection(), Meddling(meddle), tmp_path)
    (found,) = [difference for difference in differences if difference.path == path]
    assert (found.step, found.op) == (None, "files left behind")
    assert ((found.expected is not ABSENT), (found.actual is not ABSENT)) == (expected_there, actual_there)


def test_files_are_compared_only_where_they_are_declared(tmp_path: Path) -> None:
    driver = Meddling(lambda store: (store / "x.tmp").touch())
    driver._without = frozenset({"files"})
    driver.restart()
    assert judge(one_projection(), driver, tmp_path) == []


# --- comparison and its words -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "actual", "found"),
    [
        (1, 1, []),
        (1, 1.0, [Mismatch("$", 1, 1.0)]),
        (1, True, [Mismatch("$", 1, True)]),
        (0, False, [Mismatch("$", 0, False)]),
        (0.0, -0.0, [Mismatch("$", 0.0, -0.0)]),
        (-0.0, -0.0, []),
        (2**64 - 1, 2.0**64, [Mismatch("$", 2**64 - 1, 2.0**64)]),
        (None, False, [Mismatch("$", None, False)]),
        ("é", "e\u0301", [Mismatch("$", "é", "e\u0301")]),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, []),
        ({"a": None}, {}, [Mismatch("$.a", None, ABSENT)]),
        ({}, {"a": None}, [Mismatch("$.a", ABSENT, None)]),
        ({}, [], [Mismatch("$", {}, [])]),
        ([1, 2], [2, 1], [Mismatch("$[0]", 1, 2), Mismatch("$[1]", 2, 1)]),
        ([1], [1, 2], [Mismatch("$[1]", ABSENT, 2)]),
        ([1, 2], [1], [Mismatch("$[1]", 2, ABSENT)]),
        (
            {"a": [{"b-c": [1]}], "": 2},
            {"a": [{"b-c": [1.0]}], "": 3},
            [Mismatch('$.a[0]["b-c"][0]', 1, 1.0), Mismatch('$[""]', 2, 3)],
        ),
    ],
)
def test_values_are_compared_as_json(expected: Any, actual: Any, found: list[Mismatch]) -> None:
    seen = list(mismatches(expected, actual))
    assert list(map(repr, seen)) == list(map(repr, found))


def test_a_difference_reads_well() -> None:
    long = Difference(step=3, op="events", path="$.ok.events[0]", expected=ABSENT, actual=["x" * 1000])
    assert str(long).startswith('step 3, events, $.ok.events[0] is one too many: ["xxx')
    assert "x" * 1000 in str(long)
    gone = Difference(step=None, op="files left behind", path="$.log", expected="a", actual=ABSENT)
    assert str(gone) == 'files left behind, $.log is missing: expected "a"'
