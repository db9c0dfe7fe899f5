"""What sessions are made of is valid, within the capabilities, awkward enough, and keeps canaries where they belong."""

import math
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import orjson
import pytest
from hypothesis import HealthCheck, Phase, find, given, seed, settings
from hypothesis import strategies as st

from lifecycle_conformance.execution.trace import key_of
from lifecycle_conformance.generation.run_states import gates, states
from lifecycle_conformance.generation.strategies import (
    NAMES,
    STATUSES,
    automation_ids,
    changed,
    lifecycle_records,
    numbers,
    run_ids,
    run_record,
    tenants,
    times,
    values,
)
from lifecycle_conformance.judges.properties.checkpoint import PLANTED
from lifecycle_conformance.model.canaries import canary
from lifecycle_conformance.model.identity import PREFIX
from lifecycle_conformance.specification import schemas
from lifecycle_conformance.specification.requirements import code_spans, tables
from lifecycle_conformance.specification.texts import SPEC
from lifecycle_projection import MemoryStore, project
from lifecycle_projection.codec import run_from, to_json

DRAWS: Final = 240
SEEDS: Final = 20
PLAIN: Final[frozenset[str]] = frozenset()
TOLD_APART: Final = frozenset({"json-numbers"})
EXACT: Final = frozenset({"json-numbers", "exact-numbers"})
CAPABILITIES: Final = [PLAIN, TOLD_APART, EXACT]
TENANT: Final = {"org_id": "org-a", "workspace_id": "ws-a"}


def drawn(strategy: st.SearchStrategy[Any], count: int = DRAWS) -> list[Any]:
    """Draw some values, the same ones each time: from several seeds, since what one gives is much alike."""
    found: list[Any] = []
    for number in range(SEEDS):

        @seed(number)
        @settings(
            max_examples=count // SEEDS, database=None, deadline=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(strategy)
        def draw(value: Any) -> None:
            found.append(value)

        draw()
    return found


@cache
def runs(capabilities: frozenset[str]) -> list[Any]:
    """Draw runs whose state changed, with a short history."""
    histories = st.lists(lifecycle_records(capabilities), min_size=1, max_size=3)
    parts = st.tuples(run_ids(), tenants(capabilities), states(capabilities), histories)
    return [
        changed(run_record(run_id, tenant, "running", **state), {"checkpoint": {"lifecycle_history": history}})
        for run_id, tenant, state, history in drawn(parts)
    ]


def inside(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """All values inside one, names of members too, with their paths; the items of a list share one."""
    yield path, value
    for name, each in value.items() if isinstance(value, dict) else ():
        yield path, name
        yield from inside(each, (*path, name))
    for each in value if isinstance(value, list) else ():
        yield from inside(each, (*path, "*"))


# --- validity ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("capabilities", CAPABILITIES)
def test_runs_are_valid(capabilities: frozenset[str]) -> None:
    assert len(runs(capabilities)) >= 200
    for run in runs(capabilities):
        assert schemas.is_valid("run", run), schemas.problems("run", run)


def test_gates_are_valid() -> None:
    for gate in drawn(gates, 100):
        assert schemas.is_valid("run", run_record("run-1", TENANT, "running", checkpoint={"awaiting_gate": gate}))


@pytest.mark.parametrize("capabilities", CAPABILITIES)
def test_numbers_are_those_that_the_driver_can_be_sent(capabilities: frozenset[str]) -> None:
    found = [value for run in runs(capabilities) for _, value in inside(run) if type(value) in {int, float}]
    found += drawn(numbers(capabilities), 100)
    found += [value for each in drawn(values(capabilities)) for _, value in inside(each) if type(value) in {int, float}]
    assert {int, float} == set(map(type, found))
    for number in found:
        if isinstance(number, int):
            assert -(2**63) <= number < 2**64
            assert "json-numbers" in capabilities or abs(number) < 2**53
        else:
            assert "json-numbers" in capabilities or number % 1
            # Beyond that, one reader in production is a unit off.
            assert number == float(f"{number:.14e}")
            assert number == 0 or -22 <= math.floor(math.log10(abs(number))) <= 22
    told_apart = {str(2**64 - 1), "1.0", "-0.0", "1e+16"}
    assert told_apart & set(map(str, found)) == (told_apart if "json-numbers" in capabilities else set())


def test_event_names_are_plain_and_awkward_and_fit_into_a_file_name() -> None:
    records = drawn(lifecycle_records(PLAIN), 2400)
    names = {record["event"] for record in records}
    chapter = (SPEC / "02-records.md").read_text(encoding="utf-8")
    listed = chapter.partition("These are seen in production:")[2].partition("Production adds")[0]
    production = set(code_spans(listed))
    assert set(NAMES) == production
    assert len(production & names) > 30
    assert all(len(name.encode()) <= 60 for name in names)
    for pattern in ("^$", "/", "\t", "\u2028", "[\x00-\x1f]", "[\U00010000-\U0010ffff]", "^.{60}$"):
        assert any(re.search(pattern, name) for name in names), pattern
    assert {1 <= record["recorded_at_ms"] <= 60 for record in records} == {True}


# --- richness ---------------------------------------------------------------------------------------------------------


def test_states_change_every_member_that_they_may() -> None:
    """All of the tables but what says whose run it is, its status and its history."""
    known = {table: {code_spans(row["member"])[0] for row in tables()[table]} for table in ("run", "run.checkpoint")}
    drawn_states = drawn(states(PLAIN))
    members = Counter(name for state in drawn_states for name in state)
    inner = Counter(name for state in drawn_states for name in state.get("checkpoint", {}))
    kept = {"run_id", "automation_id", "tenant_context", "status"}
    assert members.keys() & known["run"] == known["run"] - kept
    assert inner.keys() & known["run.checkpoint"] == known["run.checkpoint"] - {"lifecycle_history"}
    assert members.keys() - known["run"] == {"cost"}
    assert min(*members.values(), *inner.values()) >= 10


@pytest.mark.parametrize("place", PLANTED.values())
def test_states_plant_every_canary_often(place: str) -> None:
    # A run has most of them from the first (see below); a gate brings its own.
    planted = [state for state in drawn(states(PLAIN)) if canary(place) in str(state)]
    assert len(planted) >= 8


def test_an_optional_member_is_left_out_null_or_there() -> None:
    gates_ = [each["checkpoint"].get("awaiting_gate") for each in drawn(states(PLAIN), 400) if "checkpoint" in each]
    policies = [gate["expiry_policy"] for gate in gates_ if gate and gate.get("expiry_policy") is not None]
    known = {frozenset(name for name, value in policy.items() if value is not None) for policy in policies}
    assert frozenset() in known
    assert len(known) >= 8
    assert any(None in policy.values() for policy in policies)
    assert len({gate["node_id"] for gate in gates_ if gate} & {"", " ", " node-a ", "\x1cnode-a"}) >= 3
    records = drawn(lifecycle_records(PLAIN))
    for name in ("reason", "stop_kind", "metadata"):
        assert any(name not in record for record in records)
        assert any(record.get(name, 0) is None for record in records)
        assert any(record.get(name) is not None for record in records)


def test_metadata_is_awkward() -> None:
    metadata = [record.get("metadata") for record in drawn(lifecycle_records(PLAIN), 600)]
    objects = [each for each in metadata if isinstance(each, dict)]
    assert {type(each) for each in metadata} >= {dict, list, str, int, float, type(None)}
    for name in ("node_id", "wait_kind", "session_id", "wait_id", "delivery_id", "handoff_id", "claim"):
        kinds = {type(each[name]) for each in objects if name in each}
        assert str in kinds, name
        assert len(kinds) >= 3, name
    said = {value for each in objects for value in each.values() if isinstance(value, str)}
    for awkward in ("\x1c", "\x85", "\u3000"):
        assert any(awkward in each for each in said)
    # A string that is white space by some notions only can't tell a wrong notion from a string that isn't looked at.
    assert {each for each in said if not each.strip()} <= {"", " ", "\u2028"}
    assert any("😀" in name for each in objects for name in each)


def test_tenants_see_the_same_or_not() -> None:
    found = drawn(tenants(), 200)
    keys = {key_of(tenant) for tenant in found}
    assert {("org-a", "ws-a", None), ("org-a", "ws-a", ""), ("org-a", "ws-a", "eu-1"), ("local", "local", None)} <= keys
    alike = [tenant for tenant in found if key_of(tenant) == ("org-a", "ws-a", None)]
    assert len({str(sorted(each.items(), key=str)) for each in alike}) >= 4
    assert any(canary("unknown") in each.values() for each in alike)


def test_ids_are_plain_first_and_awkward_then() -> None:
    for strategy in (run_ids(), automation_ids()):
        found = drawn(strategy, 600)
        assert found[0].isascii()
        for part in ("/", ":", " ", "ö", "😀", ".."):
            assert any(part in each for each in found), part
        assert "" in found


def test_the_simplest_is_plain() -> None:
    """What Hypothesis makes a failing session smaller towards."""
    assert simplest(lifecycle_records(EXACT)) == {"event": "node_started", "recorded_at_ms": 1}
    assert list(simplest(states(EXACT)).values()) == [None]
    assert simplest(run_ids()) == "run-1"
    assert simplest(automation_ids()) == "automation-1"
    assert simplest(times) == 1
    assert simplest(tenants()) == {"org_id": "org-a", "workspace_id": "ws-a", "source": "explicit"}
    assert STATUSES[0] == "running"


def simplest(strategy: st.SearchStrategy[Any]) -> Any:
    return find(strategy, lambda _: True, settings=settings(database=None))


# --- canaries ---------------------------------------------------------------------------------------------------------


def test_a_run_has_canaries_where_nothing_may_be_copied_from() -> None:
    run = run_record("run-1", TENANT, "running")
    assert [place for place in PLANTED.values() if canary(place) not in str(run)] == ["gate"]
    assert run["checkpoint"]["lifecycle_history"] == []
    assert run_record("run-1", TENANT, "running", pause_reason="x", checkpoint={"node_attempts": {}}) == {
        **run,
        "pause_reason": "x",
        "checkpoint": {**run["checkpoint"], "node_attempts": {}},
    }


def test_no_canary_stands_where_copying_is_right() -> None:
    """The reference copies what is to be copied; of the canaries, nothing."""
    words = [canary(place).encode() for place in PLANTED.values()]
    for run in runs(EXACT):
        store = MemoryStore()
        given_run = run_from(run)
        assert project(given_run, store).projected >= 1
        events, snapshots = list(store.events()), list(store.snapshots(run["run_id"]).values())
        text = orjson.dumps([to_json(each) for each in (*events, *snapshots)])
        assert PREFIX.encode() in text
        assert [word for word in words if word in text] == []


def test_canaries_stand_where_their_requirement_says() -> None:
    places: dict[str, set[str]] = {place: set() for place in PLANTED.values()}
    for run in runs(PLAIN):
        for path, value in inside(run):
            for place, found in places.items():
                if isinstance(value, str) and canary(place) in value:
                    found.add(".".join(map(str, path[:2])))
    assert places["outputs"] == {"checkpoint.node_outputs"}
    assert places["verdicts"] == {"checkpoint.node_attempt_verdicts"}
    assert places["gate"] == {"checkpoint.awaiting_gate"}
    assert places["decisions"] == {"checkpoint.gate_history"}
    assert places["unknown"] >= {
        "cost", "checkpoint.scheduler", "checkpoint.awaiting_gate", "checkpoint.last_failure",
        "checkpoint.gate_history", "checkpoint.lifecycle_history", "execution_claim.unheard_of",
        "tenant_context.unheard_of", "automation_snapshot.unheard_of",
    }  # fmt: skip
