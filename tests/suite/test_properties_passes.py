"""The checks of the pass and of its snapshots: judged where they hold, broken one by one."""

from typing import Any

import pytest
from attrs import evolve

from builders import OPEN, TENANT_KEY, imported, marker, project, run_json, snapshot
from lifecycle_conformance.driver.interface import Answer
from lifecycle_conformance.execution.trace import Object, Owner, Request, Step, Trace
from lifecycle_conformance.model.identity import PREFIX, ids_of
from traces import OWNER, answered, broken, executed, held_throughout, judgements, last, refused, shown

MINE = {f"PASS-{number}" for number in (1, 2, 3, 4, 5, 6, 8, 9, 15)}
MINE |= {f"SNAP-{number}" for number in (5, 6, 7, 8, 10)}
STARTED: Object = {"event": "node_started", "recorded_at_ms": 5}
COMPLETED: Object = {"event": "node_completed", "recorded_at_ms": 6}
BLOCKED: Object = {"event": "node_blocked", "recorded_at_ms": 7}
PRUNED: Request = ("prune", {"retention_ms": 1, "keep": 1, "now_ms": 1000})


def wrong(step: Step, before: Trace) -> set[str]:
    return broken(step, before) & MINE


def with_events(step: Step, *events: Object) -> Step:
    return shown(step, step.owner, events=events)


def with_snapshots(step: Step, *snapshots: Object) -> Step:
    return shown(step, step.owner, snapshots=snapshots)


@pytest.mark.parametrize("store", ["files", "memory"])
def test_each_requirement_is_judged_in_a_session_where_it_holds(store: Any) -> None:
    session = executed(
        [
            OPEN,
            project(),
            imported(snapshot("old"), snapshot("older", phase="sleeping")),
            project(STARTED),
            project(STARTED),
            project(COMPLETED, STARTED, STARTED),
            PRUNED,
            project(COMPLETED, STARTED, STARTED, status="paused"),
            project(COMPLETED, STARTED, STARTED, status="completed"),
            project(STARTED, run_id="r2"),
        ],
        store,
    )
    assert held_throughout(session) & MINE == MINE


# --- PASS-1 to PASS-3 -------------------------------------------------------------------------------------------------


def test_an_empty_history_is_answered_with_0_and_nothing_is_written() -> None:
    step, before = last(project(STARTED), project())
    assert wrong(answered(step, projected=1), before) == {"PASS-1"}
    assert wrong(refused(step, "internal"), before) == {"PASS-1"}
    event = {**step.shown_before().events[0], "event_id": "another", "seq": 2}
    assert wrong(with_events(step, *step.shown_before().events, event), before) == {"PASS-1"}


@pytest.mark.parametrize(("store", "told"), [("memory", {"PASS-2"}), ("files", set())])
def test_a_new_record_without_event(store: str, told: set[str]) -> None:
    """Where the files have the event, it is only hidden."""
    step, before = last(project(STARTED, COMPLETED), store=store)
    first, snapshots = step.shown_after().events[0], step.shown_after().snapshots
    doctored = answered(with_snapshots(with_events(step, first), *snapshots[:1]), projected=1)
    assert wrong(doctored, before) == told


def test_a_run_record_that_is_refused_is_no_matter_of_its_history() -> None:
    step, before = last(project())
    assert wrong(refused(step, "internal"), before) == {"PASS-1"}
    assert wrong(refused(step, "invalid_input"), before) == set()


def test_a_record_that_some_reading_makes_known_may_be_so() -> None:
    """A double is no valid seq (ALIAS-5), but some take it for one."""
    listed = {"event_id": ids_of(run_json(STARTED))[0], "seq": 1.0}
    step, before = last(imported(marker("m", 1, [listed])), project(STARTED), store="memory")
    doctored = answered(with_snapshots(with_events(step, *step.shown_before().events)), projected=0)
    assert "PASS-2" in judgements(step, before)
    assert "PASS-2" not in broken(doctored, before)


def test_new_records_in_another_order() -> None:
    step, before = last(project(STARTED, COMPLETED))
    first, second = step.shown_after().events
    assert wrong(with_events(step, {**second, "seq": 1}, {**first, "seq": 2}), before) == {"PASS-2"}


def test_two_events_for_a_new_record() -> None:
    step, before = last(project(STARTED))
    event = step.shown_after().events[0]
    assert wrong(with_events(step, event, {**event, "seq": 2}), before) == {"PASS-2"}


def test_an_event_of_no_record() -> None:
    step, before = last(project(STARTED))
    event = step.shown_after().events[0]
    stray = {**event, "event_id": "stray", "seq": 2, "event_type": f"{PREFIX}another", "payload": None}
    assert wrong(answered(with_events(step, event, stray), projected=2), before) == {"PASS-2"}


def test_a_wrong_id_is_no_second_event() -> None:
    step, before = last(project(STARTED))
    event, only = step.shown_after().events[0], step.shown_after().snapshots[0]
    doctored = with_events(step, {**event, "event_id": f"{event['event_id']}-0"})
    assert wrong(with_snapshots(doctored, {**only, "snapshot_id": f"{event['event_id']}-0"}), before) == set()


def test_a_record_that_is_recorded_gets_no_other_event() -> None:
    step, before = last(project(STARTED), project(STARTED, status="paused"))
    event = step.shown_after().events[0]
    doctored = answered(with_events(step, event, {**event, "seq": 2}), projected=1)
    assert wrong(doctored, before) == {"PASS-3"}


# --- PASS-4 to PASS-6, SNAP-5, SNAP-6 ---------------------------------------------------------------------------------


def test_a_snapshot_that_is_there_is_rewritten() -> None:
    step, before = last(project(STARTED), project(STARTED, status="paused"))
    only = step.shown_after().snapshots[0]
    assert wrong(with_snapshots(step, {**only, "status": "paused"}), before) == {"PASS-4", "SNAP-6"}


def test_a_rewritten_snapshot_shows_after_an_insertion_too() -> None:
    step, before = last(project(STARTED), project(STARTED, COMPLETED, status="paused"))
    first, second = step.shown_after().snapshots
    doctored = with_snapshots(step, {**first, "status": "paused"}, second)
    assert wrong(doctored, before) == {"PASS-4", "PASS-9", "SNAP-6"}


def test_a_snapshot_of_a_record_that_is_gone_is_rewritten() -> None:
    step, before = last(project(STARTED, COMPLETED), project(STARTED))
    first, second = step.shown_after().snapshots
    assert wrong(with_snapshots(step, first, {**second, "status": "paused"}), before) == {"SNAP-6"}


def test_a_guard_is_asked_where_all_snapshots_are_there() -> None:
    step, before = last(project(STARTED), project(STARTED, status="queued"))
    assert step.answer.ok == {"projected": 0}
    doctored = refused(step, from_phase="running_phase", to_phase="queued", lifecycle_index=0, projected=0)
    assert wrong(doctored, before) == {"PASS-4"}


def test_a_missing_snapshot_is_not_written() -> None:
    step, before = last(project(STARTED, COMPLETED), PRUNED, project(STARTED, COMPLETED))
    assert step.answer.ok == {"projected": 1}
    doctored = with_snapshots(answered(step, projected=0), *step.shown_before().snapshots)
    assert wrong(doctored, before) == {"PASS-5", "SNAP-5"}


def test_two_snapshots_with_one_id() -> None:
    step, before = last(project(STARTED))
    only = step.shown_after().snapshots[0]
    assert wrong(with_snapshots(step, only, only), before) == {"SNAP-5"}


@pytest.mark.parametrize("requests", [[project(STARTED)], [project(STARTED), project(STARTED)]])
def test_another_answer_than_what_was_done(requests: list[Request]) -> None:
    step, before = last(*requests)
    doctored = answered(step, projected=step.ok["projected"] + 1)
    assert wrong(doctored, before) - {"PASS-8"} == {"PASS-6"}


def test_a_new_event_counts_whose_snapshot_is_there() -> None:
    there = imported(snapshot(ids_of(run_json(STARTED))[0]))
    step, before = last(there, project(STARTED))
    assert step.answer.ok == {"projected": 1}
    assert wrong(answered(step, projected=0), before) == {"PASS-6"}


# --- PASS-8, PASS-9, PASS-15 ------------------------------------------------------------------------------------------


def test_a_repeated_pass_that_does_something() -> None:
    step, before = last(project(STARTED), project(STARTED))
    assert wrong(refused(step, "internal"), before) == {"PASS-8"}
    stray = {**step.shown_after().snapshots[0], "snapshot_id": "stray"}
    doctored = with_snapshots(step, *step.shown_after().snapshots, stray)
    assert "PASS-8" in wrong(doctored, before)


def test_a_pass_that_was_changed_is_no_repetition() -> None:
    step, before = last(project(STARTED), project(STARTED, status="paused"))
    assert "PASS-8" not in judgements(step, before)


def test_an_insertion_records_old_records_again() -> None:
    step, before = last(project(STARTED), project(COMPLETED, STARTED))
    old = step.shown_before().events[0]
    again = {**old, "event_id": f"{old['event_id']}-1", "seq": 9, "payload": {**old["payload"], "lifecycle_index": 1}}
    doctored = answered(with_events(step, *step.shown_after().events, again), projected=2)
    assert wrong(doctored, before) == {"PASS-9"}


def test_an_identical_record_that_is_inserted_gets_an_event() -> None:
    step, before = last(project(STARTED), project(STARTED, STARTED), store="memory")
    doctored = evolve(step, after=step.before, answer=Answer(ok={"projected": 0}))
    assert wrong(doctored, before) == {"PASS-2", "PASS-9"}


def test_another_run_is_touched() -> None:
    step, before = last(project(STARTED, run_id="r2"), project(STARTED))
    other = Owner(TENANT_KEY, "r2")
    assert wrong(shown(step, other, events=()), before) == {"PASS-15"}
    assert wrong(shown(step, other, snapshots=()), before) == {"PASS-15"}


# --- SNAP-7, SNAP-8, SNAP-10 ------------------------------------------------------------------------------------------

ENTRY: Object = {"event_id": "e", "to_phase": "created", "event_type": "t", "occurred_at_ms": 1, "reason": None}
NODE: Object = {"phase_id": "node-a"}


@pytest.mark.parametrize(
    ("members", "name", "shown_as", "right"),
    [
        ({}, "phase", "queued", "SNAP-7"),
        ({"status": "dry_run"}, "phase", "created", "SNAP-7"),
        ({}, "phase_history", [], "SNAP-7"),
        (NODE, "phase_history", [{**ENTRY, "to_phase": "running_phase"}], "SNAP-7"),
        ({}, "allowed_next_phases", [], "SNAP-7"),
        ({"phase_history": [ENTRY]}, "phase_history", [], "SNAP-7"),
        ({"allowed_next_phases": ["created"]}, "allowed_next_phases", ["queued", "cancelled"], "SNAP-7"),
        ({"phase": "created"}, "phase_history", [{**ENTRY, "schema_version": 1}], "SNAP-8"),
        ({"phase": "created"}, "allowed_next_phases", [], "SNAP-8"),
        ({"phase": "sleeping", "allowed_next_phases": []}, "phase_history", [ENTRY], "SNAP-8"),
    ],
)
def test_what_is_missing_of_a_phase(members: Object, name: str, shown_as: Any, right: str) -> None:
    step, before = last(imported(snapshot("old", **members)))
    said = judgements(step, before)
    assert said.keys() & {"SNAP-7", "SNAP-8"} == {right}
    assert all(each.holds for each in said[right])
    doctored = {**step.after[OWNER].snapshots[0], name: shown_as}
    assert wrong(shown(step, OWNER, snapshots=(doctored,)), before) == {right}


def test_where_imported_snapshots_meet_reading_is_not_judged() -> None:
    step, before = last(imported(snapshot("old", 1), snapshot("old", 2)))
    assert not judgements(step, before).keys() & {"SNAP-7", "SNAP-8"}


def test_snapshots_are_shown_by_seq_and_then_by_the_bytes_of_their_ids() -> None:
    old = imported(snapshot("\U0001f600", 2), snapshot("\uffff", 2), snapshot("z", 3))
    step, before = last(old, store="memory")
    assert wrong(step, before) == set()
    first, second, third = step.after[OWNER].snapshots
    assert first["snapshot_id"] == "\uffff"
    for order in ((second, first, third), (first, third, second)):
        assert wrong(shown(step, OWNER, snapshots=order), before) == {"SNAP-10"}
