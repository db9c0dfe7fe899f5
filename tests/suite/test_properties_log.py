"""The checks of chapter 10: each holds in a session of the reference, and alone fails where a step is made wrong."""

from functools import partial
from typing import Any

import pytest
from attrs import evolve

from builders import OPEN, TENANT, append, entries, event, imported, marker, project, run_json
from faults import instead_of
from lifecycle_conformance.driver import server
from lifecycle_conformance.execution.trace import LOCAL, Object, Request, Step, Trace
from lifecycle_conformance.model.identity import ids_of
from lifecycle_conformance.mutants import MUTANTS
from lifecycle_projection import Run, Store
from traces import OWNER, answered, broken, broken_in, executed, held, judgements, last, refused, shown

MINE = ("LOG-", "TENANT-", "COMPACT-", "PRUNE-")
fails, judged_in = partial(broken, of=MINE), partial(held, of=MINE)


def events_after(step: Step) -> list[Object]:
    return [*step.after[OWNER].events]


# --- LOG-1: nothing is lost -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("request_", [project("x", "y"), append("by-hand")])
def test_what_was_recorded_stays(request_: Request) -> None:
    step, trace = last(project("x"), request_)
    assert "LOG-1" in judged_in(step, trace)
    first, *rest = events_after(step)
    assert fails(shown(step, OWNER, events=(*rest,)), trace) == {"LOG-1"}
    assert fails(shown(step, OWNER, events=({**first, "payload": 1}, *rest)), trace) == {"LOG-1"}


# --- LOG-2, LOG-3, LOG-8: an event is appended once -------------------------------------------------------------------


def test_an_unknown_id_is_appended() -> None:
    step, trace = last(append("a"), append("b", payload={"n": 0.5}, actor=None))
    assert {"LOG-2", "LOG-4", "LOG-8"} <= judged_in(step, trace)
    old, new = events_after(step)
    assert fails(answered(step, appended=True, seq=3), trace) == {"LOG-2"}
    assert fails(shown(answered(step, appended=False, seq=1), OWNER, events=(old,)), trace) == {"LOG-2"}
    assert fails(shown(step, OWNER, events=(old,)), trace) == {"LOG-2"}
    assert fails(shown(step, OWNER, events=(old, {**new, "payload": {"n": 0.5, "m": 1}})), trace) == {"LOG-8"}
    assert fails(shown(step, OWNER, events=(old, {**new, "actor": {"kind": "group", "id": "g"}})), trace) == {"LOG-8"}
    without_source = {**new, "scope": {**new["scope"], "tenant_context": {**TENANT, "source": "local_implicit"}}}
    assert fails(shown(step, OWNER, events=(old, without_source)), trace) == {"LOG-8"}
    wrong_seq = shown(answered(step, appended=True, seq=7), OWNER, events=(old, {**new, "seq": 7}))
    assert fails(wrong_seq, trace) == {"LOG-4"}
    misread = {**new, "payload": {"n": 0.5000000000000001}}
    assert fails(shown(step, OWNER, events=(old, misread)), trace) == set(), "how doubles are read is JSON-12's"


def test_a_move_without_its_version_is_appended_with_it() -> None:
    move = {"event_id": "m", "to_phase": "failed", "event_type": "e", "occurred_at_ms": 0}
    step, trace = last(append("a", phase_transition=move))
    assert "LOG-8" in judged_in(step, trace)
    assert fails(step, trace) == set()
    (new,) = events_after(step)
    other = {**new, "phase_transition": {**new["phase_transition"], "schema_version": 2}}
    assert fails(shown(step, OWNER, events=(other,)), trace) == {"LOG-8"}


@pytest.mark.parametrize("seq", [None, "first", -1])
def test_an_event_without_a_seq_is_appended(seq: Any) -> None:
    step, trace = last(append("a", seq=seq))
    assert step.ok == {"appended": True, "seq": 1}
    assert broken(refused(step, "invalid_input"), trace) == {"LOG-8"}


def test_a_known_id_is_not_appended() -> None:
    step, trace = last(append("a"), append("b"), append("a", payload="other"))
    assert "LOG-2" in judged_in(step, trace)
    assert "LOG-3" not in judgements(step, trace)
    assert fails(answered(step, appended=False, seq=2), trace) == {"LOG-2"}
    again = {**events_after(step)[0], "seq": 3}
    twice = shown(answered(step, appended=True, seq=3), OWNER, events=(*events_after(step), again))
    assert fails(twice, trace) == {"LOG-2"}


def test_an_id_that_a_marker_lists_is_known() -> None:
    step, trace = last(imported(marker("m", 3, entries(a=1, b=2))), append("b"))
    assert "LOG-3" in judged_in(step, trace)
    assert step.ok == {"appended": False, "seq": 2}
    assert fails(answered(step, appended=False, seq=3), trace) == {"LOG-3"}
    new = {**event("b", 4), "payload": None}
    assert fails(shown(answered(step, appended=True, seq=4), OWNER, events=(*events_after(step), new)), trace) == {
        "LOG-3"
    }


@pytest.mark.parametrize(
    ("events", "first"),
    [
        ([event("a", 5), event("a", 2)], 2),
        ([event("a", 7), marker("m", 5, entries(a=9))], 9),
        ([event("a", 5), marker("m", 5, entries(a=1))], 5),
        ([marker("m", 5, entries(a=1)), event("a", 5)], 1),
        ([marker("a", 5, entries(a=1))], 5),
    ],
)
def test_of_several_places_the_first_counts(events: list[Object], first: int) -> None:
    step, trace = last(imported(*events), append("a"))
    assert step.ok == {"appended": False, "seq": first}
    assert "LOG-3" in judged_in(step, trace)
    assert fails(answered(step, appended=False, seq=first + 20), trace) == {"LOG-3"}


# --- LOG-4, LOG-5: seqs -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("events", "seqs"), [([], [1, 2]), ([event("a", 7)], [8, 9]), ([marker("m", 3, entries(a=9, b=1))], [10, 11])]
)
def test_a_new_event_takes_the_next_seq(events: list[Object], seqs: list[int]) -> None:
    step, trace = last(imported(*events), project("x", "y"))
    assert "LOG-4" in judged_in(step, trace)
    *old, one, two = events_after(step)
    assert [one["seq"], two["seq"]] == seqs
    off = (*old, {**one, "seq": seqs[0] + 20}, {**two, "seq": seqs[1] + 20})
    assert "LOG-4" in fails(shown(step, OWNER, events=off), trace)


def test_after_the_highest_seq_anything_may_follow() -> None:
    step, trace = last(imported(event("a", 2**64 - 1)), project("x"))
    assert "LOG-4" not in judgements(step, trace)


@pytest.mark.parametrize(
    "others",
    [event("o", 6, tenant=LOCAL), event("o", 6, tenant=LOCAL, run_id="s"), event("o", 6, run_id="s")],
)
def test_others_have_no_influence_on_seqs(others: Object) -> None:
    step, trace = last(imported(others), project("x"))
    assert "LOG-5" in judged_in(step, trace)
    (new,) = events_after(step)
    assert fails(shown(step, OWNER, events=({**new, "seq": 7},)), trace) == {"LOG-4", "LOG-5"}
    assert fails(shown(step, OWNER, events=({**new, "seq": 2},)), trace) >= {"LOG-4"}
    assert fails(shown(step, OWNER, events=({**new, "seq": 9},)), trace) == {"LOG-4"}


def test_others_have_no_influence_on_what_an_append_knows() -> None:
    step, trace = last(imported(event("o", 6, tenant=LOCAL)), append("o"))
    assert "LOG-5" in judged_in(step, trace)
    assert fails(shown(answered(step, appended=False, seq=6), OWNER, events=()), trace) == {"LOG-5"}


def test_a_seq_that_was_given_is_not_that_of_others() -> None:
    step, trace = last(imported(event("o", 6, tenant=LOCAL)), append("a", seq=7))
    (new,) = events_after(step)
    taken_over = shown(answered(step, appended=True, seq=7), OWNER, events=({**new, "seq": 7},))
    assert fails(taken_over, trace) == {"LOG-4"}


def test_an_event_of_somebody_else_may_be_refused_for_that() -> None:
    theirs = {**TENANT, "actor_id": "somebody else"}
    for tenant, told in ((TENANT, {"LOG-8"}), (theirs, set[str]())):
        op, arguments = append("a", seq=None)
        step, trace = last((op, {**arguments, "tenant": tenant}))
        assert fails(refused(step, "invalid_input"), trace) == told


def test_others_have_no_influence_on_what_a_pass_knows() -> None:
    step, trace = last(project("x", tenant=LOCAL), project("x", "y"), store="memory")
    assert "LOG-5" in judged_in(step, trace)
    y = events_after(step)[1]
    assert "LOG-5" in fails(shown(step, OWNER, events=({**y, "seq": 1},)), trace)


# --- LOG-7: the order of showing --------------------------------------------------------------------------------------


def test_events_are_shown_in_the_order_of_their_seq_and_those_with_equal_seq_in_log_order() -> None:
    step, trace = last(imported(event("d", 5), event("b", 2), event("a", 2)), imported(event("c", 2), event("e", 1)))
    assert "LOG-7" in judged_in(step, trace)
    e, b, a, c, d = events_after(step)
    assert [each["event_id"] for each in (e, b, a, c, d)] == ["e", "b", "a", "c", "d"]
    assert fails(shown(step, OWNER, events=(d, b, a, c, e)), trace) == {"LOG-7"}, "in log order"
    assert fails(shown(step, OWNER, events=(e, a, b, c, d)), trace) == {"LOG-7"}, "by id"
    assert fails(shown(step, OWNER, events=(e, c, b, a, d)), trace) == {"LOG-7"}, "the newest first"


def test_the_order_of_showing_stays() -> None:
    step, trace = last(imported(event("b", 2), event("a", 2)), ("restart", {"kill": True}))
    assert "LOG-7" in judged_in(step, trace)
    assert fails(shown(step, OWNER, events=(*reversed(events_after(step)),)), trace) == {"LOG-7"}


def test_an_order_that_nothing_else_was_possible_for_says_nothing() -> None:
    step, trace = last(project("x"), project("x", "y"))
    assert "LOG-7" not in judgements(step, trace)
    assert fails(shown(step, OWNER, events=(*reversed(events_after(step)),)), trace) == {"LOG-7"}


# --- faulty implementations -------------------------------------------------------------------------------------------


@instead_of("project", server)
def others_overwritten(project: Any, given: Run, store: Store) -> Any:
    for place, each in store.snapshots(given.run_id).items():
        if each.scope.tenant_context.key != given.tenant_context.key:
            store.delete_snapshot(place)
    return project(given, store)


SESSION = (
    project("x"),
    project("x", "y", tenant=LOCAL),
    project("z", run_id="s"),
    project("x", "x", "z"),
    imported(
        marker("m", 8, entries(**dict.fromkeys(ids_of(run_json("x", "v")), 9), gone=20)),
        event("old", 3, tenant=LOCAL),
    ),
    append("gone"),
    append("old"),
    append("new", tenant=LOCAL),
    project("v", "x", "x", "z"),
    ("compact", {"retention_ms": 1, "now_ms": 12}),
    project("v", "x", "x", "z"),
    ("prune", {"retention_ms": 1, "keep": 1, "now_ms": 12}),
    project("v", "x", "x", "z"),
    ("restart", {"kill": False}),
    ("tear", {"text": '{"é', "bytes": 3}),
    project("v", "x", "x", "z", "w"),
)


def broken_in_the_session(store: str) -> set[str]:
    requests = [OPEN, *(each for each in SESSION if store == "files" or each[0] not in {"restart", "tear"})]
    return broken_in(executed(requests, store), MINE)


@pytest.mark.parametrize("store", ["files", "memory"])
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("seq-from-the-whole-log", {"LOG-4", "LOG-5"}),
        ("tenant-ignored", {"LOG-4", "LOG-5", "TENANT-1", "TENANT-5"}),
        ("compacted-ids-ignored", {"LOG-3", "LOG-4", "COMPACT-14"}),
        ("broken-text-empties-the-log", set()),
    ],
)
def test_a_fault_is_attributed_to_what_it_breaks(store: str, name: str, expected: set[str]) -> None:
    assert broken_in_the_session(store) == set()
    with MUTANTS[name].applied():
        assert broken_in_the_session(store) == expected


@pytest.mark.parametrize("store", ["files", "memory"])
def test_others_that_are_overwritten_are_told_as_harm_to_others(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    others_overwritten(monkeypatch)
    assert broken_in_the_session(store) == {"TENANT-4", "TENANT-7"}


def test_after_a_hand_was_laid_on_the_files_seqs_are_not_judged() -> None:
    step, trace = last(project("x"), ("tear", {"text": "x", "bytes": 1}), project("x", "y"))
    assert "LOG-4" not in judgements(step, trace)
    session = executed([("greet", {}), OPEN, project("x")])
    assert "LOG-4" in {each.judgement.requirement for each in session.judgements}
    assert "LOG-4" not in judgements(
        evolve(session.trace.steps[-1]), Trace([*session.trace.steps, *session.trace.steps])
    )
