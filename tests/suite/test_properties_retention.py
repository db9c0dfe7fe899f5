"""The checks of chapter 13: each holds in a session of the reference, and alone fails where a step is made wrong."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from attrs import evolve

from builders import (
    OPEN,
    OTHER_TENANT,
    RUN_ID,
    TENANT,
    TENANT_KEY,
    entries,
    event,
    imported,
    marker,
    project,
    run_json,
    snapshot,
)
from faults import Fault, instead_of
from lifecycle_conformance.execution.trace import Object, Owner, Request, Step, Trace, key_of
from lifecycle_conformance.model.identity import MARKER, ids_of
from lifecycle_projection import retention
from traces import OWNER, answered, broken, broken_in, executed, held, judgements, last, shown

OTHER = {**OTHER_TENANT, "deployment_id": "eu"}
THEIRS = Owner(key_of(OTHER), RUN_ID)
MINE = ("LOG-", "TENANT-", "COMPACT-", "PRUNE-")
fails, judged_in = partial(broken, of=MINE), partial(held, of=("COMPACT-", "PRUNE-"))


def compact(cutoff: int = 100, retention_ms: int = 900) -> Request:
    return "compact", {"retention_ms": retention_ms, "now_ms": cutoff + retention_ms}


def prune(keep: int, cutoff: int = 100, retention_ms: int = 900) -> Request:
    return "prune", {"retention_ms": retention_ms, "keep": keep, "now_ms": cutoff + retention_ms}


def with_events(step: Step, *events: Object, owner: Owner = OWNER) -> Step:
    return shown(step, owner, events=tuple(sorted(events, key=lambda each: each["seq"])))


def by_id(step: Step, owner: Owner = OWNER) -> dict[str, Object]:
    return {each["event_id"]: each for each in step.after[owner].events}


# --- COMPACT-1, PRUNE-1: off ------------------------------------------------------------------------------------------


def test_retention_zero_compacts_nothing() -> None:
    step, trace = last(imported(event("a", 1, 10)), compact(retention_ms=0))
    assert judged_in(step, trace) == {"COMPACT-1"}
    assert fails(answered(step, pruned=1), trace) == {"COMPACT-1"}
    assert fails(with_events(step), trace) == {"COMPACT-1"}
    step, trace = last(imported(event("a", 1, 100)), compact(retention_ms=0))
    assert judged_in(step, trace) == set(), "nothing is old"


def test_retention_zero_prunes_nothing() -> None:
    step, trace = last(imported(snapshot("a", 1, 10), snapshot("b", 2, 10)), prune(1, retention_ms=0))
    assert judged_in(step, trace) == {"PRUNE-1"}
    assert fails(answered(step, pruned=1), trace) == {"PRUNE-1"}
    assert fails(shown(step, OWNER, snapshots=step.after[OWNER].snapshots[1:]), trace) == {"PRUNE-1"}
    step, trace = last(imported(snapshot("a", 1, 10)), prune(1, retention_ms=0))
    assert judged_in(step, trace) == set(), "the newest stays anyway"


# --- COMPACT-2 to COMPACT-5, COMPACT-7, COMPACT-13: what is removed ---------------------------------------------------

OLD = (event("a", 1, 10), event("b", 2, 99), event("young", 3, 100), event("c", 4, 10), event("d", 5, 10))
PROTECTS = (snapshot("c", 4, 500),)


def test_what_is_old_and_not_protected_is_removed() -> None:
    step, trace = last(imported(*OLD, *PROTECTS), compact())
    assert judged_in(step, trace) >= {"COMPACT-2", "COMPACT-3", "COMPACT-7", "COMPACT-13"}
    assert step.ok == {"pruned": 2}
    old = {each["event_id"]: each for each in step.before[OWNER].events}
    now = by_id(step)
    assert fails(with_events(step, *now.values(), old["b"]), trace) == {"COMPACT-2"}
    assert fails(with_events(step, *(now.values()), *(old["a"], old["b"])), trace) == {"COMPACT-2"}
    young = [each for each in now.values() if each["event_id"] != "young"]
    assert fails(with_events(step, *young), trace) == {"COMPACT-2"}
    assert fails(with_events(step, *young, {**old["young"], "payload": 7}), trace) == {"COMPACT-7"}
    protected = [each for each in now.values() if each["event_id"] != "c"]
    assert fails(with_events(step, *protected), trace) == {"COMPACT-3"}
    assert fails(answered(step, pruned=3), trace) == {"COMPACT-13"}
    assert fails(shown(step, OWNER, snapshots=()), trace) == {"COMPACT-7"}


def test_events_that_stand_several_times_are_counted() -> None:
    step, trace = last(imported(OLD[0], OLD[0], event("x", 2, 100), event("x", 2, 100)), compact())
    assert {"COMPACT-2", "COMPACT-10"} <= judged_in(step, trace)
    assert step.ok == {"pruned": 2}
    assert fails(with_events(step, *step.after[OWNER].events, step.before[OWNER].events[0]), trace) == {"COMPACT-2"}
    assert fails(with_events(step, *by_id(step).values()), trace) == {"COMPACT-2"}


def test_snapshots_of_other_tenants_protect_and_expose() -> None:
    theirs = snapshot("theirs", 3, 10, tenant=OTHER)
    step, trace = last(imported(event("a", 1, 10), event("b", 3, 10), theirs), compact())
    assert "COMPACT-4" in judged_in(step, trace)
    assert "COMPACT-3" not in judgements(step, trace)
    assert fails(with_events(step, *(each for each in by_id(step).values() if each["event_id"] != "b")), trace) == {
        "COMPACT-4"
    }
    requests = imported(event("a", 1, 10), event("b", 2, 10), snapshot("mine", 2, 10), theirs)
    step, trace = last(requests, compact())
    assert "COMPACT-4" in judged_in(step, trace)
    left_there = step.before[OWNER].events[1]
    assert fails(with_events(step, *by_id(step).values(), left_there), trace) == {"COMPACT-4"}


def test_what_is_newer_than_the_snapshot_of_another_may_be_gone_for_two_reasons() -> None:
    theirs = snapshot("theirs", 3, 10, tenant=OTHER)
    step, trace = last(imported(event("a", 1, 10), event("b", 4, 10), theirs), compact())
    left = [each for each in by_id(step).values() if each["event_id"] != "b"]
    assert fails(with_events(step, *left), trace) == set()


def test_a_protected_marker_that_was_made_anew_is_gone() -> None:
    step, trace = last(imported(marker("m", 5, [], 10), event("a", 1, 10), snapshot("a", 1, 500)), compact())
    a, m = step.after[OWNER].events
    anew = {**m, "payload": {**m["payload"], "compacted_event_ids": [{"event_id": "m", "seq": 5}]}}
    assert fails(with_events(answered(step, pruned=1), a, anew), trace) == {"COMPACT-3"}


def test_where_nothing_is_old_all_stays() -> None:
    step, trace = last(imported(event("a", 1, 100), marker("m", 2, [], 100)), compact())
    assert "COMPACT-5" in judged_in(step, trace)
    a, m = step.after[OWNER].events
    assert fails(answered(step, pruned=1), trace) == {"COMPACT-5"}
    assert fails(with_events(step, a, {**m, "event_id": "new"}), trace) == {"COMPACT-5"}
    assert "COMPACT-5" not in fails(with_events(answered(step, pruned=1), m), trace), "one was removed"


# --- COMPACT-6, COMPACT-8 to COMPACT-11: markers ----------------------------------------------------------------------

MALFORMED: list[Any] = [7, {"event_id": " ", "seq": 1}, {"event_id": "x", "seq": -1}]
LISTED: list[Any] = [{"event_id": " x\u3000", "seq": 12}, *MALFORMED, {"event_id": "x", "seq": 12, "more": 1}]
MARKED = (
    marker("young-marker", 9, LISTED, 500),
    event("late", 6, 50, tenant={**TENANT, "actor_id": "ada"}),
    marker("old-marker", 2, entries(y=1), 20),
    event("first", 2, 99, tenant={**TENANT, "source": "local_implicit"}),
    event("stays", 7, 100),
    event("theirs", 1, 10, tenant=OTHER),
)


def marked() -> tuple[Step, Trace, Object, list[Object]]:
    step, trace = last(imported(*MARKED), compact())
    new, *rest = sorted(step.after[OWNER].events, key=lambda each: each["event_type"] != MARKER)
    return step, trace, new, rest


def test_one_marker_takes_in_what_was_removed_and_the_older_markers() -> None:
    step, trace, new, rest = marked()
    assert judged_in(step, trace) >= {f"COMPACT-{number}" for number in (6, 8, 9, 10, 11)}
    assert new["payload"]["compacted_event_ids"] == [
        {"event_id": each, "seq": seq}
        for each, seq in [("y", 1), ("old-marker", 2), ("first", 2), ("late", 6), ("x", 12), ("x", 12)]
    ] + [{"event_id": "young-marker", "seq": 9}]
    assert fails(with_events(step, *rest), trace) == {"COMPACT-6"}
    assert fails(with_events(step, *rest, new, {**new, "event_id": "second", "seq": 10}), trace) == {"COMPACT-6"}
    kept = [each for each in step.before[OWNER].events if each["event_id"] == "young-marker"]
    assert fails(with_events(step, *rest, new, *kept), trace) == {"COMPACT-6"}


def test_a_marker_that_takes_in_what_is_anothers_is_one_for_too_many_keys() -> None:
    step, trace, new, rest = marked()
    payload = new["payload"]
    listed = [{"event_id": "theirs", "seq": 1}, *payload["compacted_event_ids"]]
    both = {**new, "payload": {**payload, "compacted_event_ids": listed, "pruned_events": payload["pruned_events"] + 1}}
    assert fails(with_events(step, *rest, both), trace) == {"COMPACT-6"}
    twice = {**new, "payload": {**payload, "compacted_event_ids": [listed[1], *listed[1:]]}}
    assert fails(with_events(step, *rest, twice), trace) == {"COMPACT-11"}


@pytest.mark.parametrize(
    ("requirement", "change"),
    [
        ("COMPACT-8", lambda it: it.update(correlation_id="a")),
        ("COMPACT-8", lambda it: it.update(schema_version=2)),
        ("COMPACT-8", lambda it: it.update(occurred_at_ms=999)),
        ("COMPACT-8", lambda it: it.update(seq=8)),
        ("COMPACT-8", lambda it: it["scope"]["tenant_context"].update(actor_id="ada")),
        ("COMPACT-8", lambda it: it["payload"].update(source="by-others")),
        ("COMPACT-8", lambda it: it["payload"].update(more=1)),
        ("COMPACT-8", lambda it: it["payload"].pop("source")),
        ("COMPACT-9", lambda it: it.update(event_id="stateful-compaction-1")),
        ("COMPACT-10", lambda it: it["payload"].update(compacted_through_ms=99)),
        ("COMPACT-10", lambda it: it["payload"].update(pruned_events=3)),
        ("COMPACT-11", lambda it: it["payload"]["compacted_event_ids"].pop()),
        ("COMPACT-11", lambda it: it["payload"]["compacted_event_ids"].reverse()),
        ("COMPACT-11", lambda it: it["payload"]["compacted_event_ids"].pop(5)),
    ],
)
def test_a_marker_says_what_it_should(requirement: str, change: Callable[[Any], None]) -> None:
    step, trace, new, rest = marked()
    change(new)
    assert fails(with_events(step, *rest, new), trace) == {requirement}


def test_a_marker_whose_highest_seq_is_wrong_has_the_id_of_that() -> None:
    step, trace, new, rest = marked()
    new["payload"]["compacted_through_seq"] = new["seq"] = 6
    new["event_id"] = retention.marker_id(TENANT_KEY, RUN_ID, 6)
    assert fails(with_events(step, *rest, new), trace) == {"COMPACT-10"}


@pytest.mark.parametrize("payload", [None, 7, [], {}, {"compacted_through_seq": "9"}, {"compacted_event_ids": 7}])
def test_a_marker_may_hold_anything(payload: Any) -> None:
    step, trace, new, rest = marked()
    assert fails(with_events(step, *rest, {**new, "payload": payload}), trace) >= {"COMPACT-8", "COMPACT-11"}


def test_markers_of_keys_without_removed_events_stay() -> None:
    theirs = event("m", 1, 500, tenant=OTHER, event_type=MARKER)
    step, trace = last(imported(event("a", 1, 10), theirs), compact())
    assert "COMPACT-7" in judged_in(step, trace)
    assert fails(with_events(step, owner=THEIRS), trace) == {"COMPACT-7"}


# --- COMPACT-14: the next pass ----------------------------------------------------------------------------------------


def test_what_is_compacted_is_not_recorded_again() -> None:
    ids = ids_of(run_json("x", "y"))
    requests = [project("x", "y"), imported(snapshot("z", 9, 10)), compact()]
    step, trace = last(*requests, project("x", "y", "z"))
    assert judged_in(step, trace) == {"COMPACT-14"}
    old, new = step.after[OWNER].events
    again = {**new, "event_id": ids[0], "seq": 3}
    assert fails(with_events(step, old, again, {**new, "seq": 4}), trace) == {"COMPACT-14"}
    assert fails(with_events(step, old, {**new, "seq": 2}), trace) >= {"COMPACT-14", "LOG-4"}


# --- PRUNE-2 to PRUNE-5: what is deleted ------------------------------------------------------------------------------

KEPT = (
    snapshot("d", 4, 500, tenant=OTHER),
    snapshot("b", 2, 99),
    snapshot("a", 2, 10, tenant=OTHER),
    snapshot("old", 1, 100),
    snapshot("c", 3, 10),
)


def test_old_snapshots_are_deleted_but_for_the_newest() -> None:
    step, trace = last(imported(event("e", 1, 10), *KEPT), prune(2))
    assert judged_in(step, trace) == {"PRUNE-2", "PRUNE-3", "PRUNE-4", "PRUNE-5"}
    assert step.ok == {"pruned": 2}
    was = {each["snapshot_id"]: each for each in step.before[OWNER].snapshots}
    old, newest = step.after[OWNER].snapshots
    assert [each["snapshot_id"] for each in (old, newest)] == ["old", "c"]
    one, two, three = (answered(step, pruned=number) for number in (1, 2, 3))
    assert fails(shown(three, OWNER, snapshots=(old,)), trace) == {"PRUNE-2"}
    assert fails(shown(three, OWNER, snapshots=(newest,)), trace) == {"PRUNE-3"}
    assert fails(shown(one, OWNER, snapshots=(old, was["b"], newest)), trace) == {"PRUNE-3"}
    assert fails(one, trace) == {"PRUNE-4"}
    assert fails(shown(two, OWNER, snapshots=(old, {**newest, "status": "paused"})), trace) == {"PRUNE-5"}
    assert fails(with_events(two), trace) == {"PRUNE-5"}


def test_at_least_one_is_kept_and_equal_seqs_go_by_id() -> None:
    snapshots = (snapshot("\U0001f600", 2, 10), snapshot("\uffff", 2, 10, tenant=OTHER))
    step, trace = last(imported(*snapshots), prune(0), store="memory")
    assert {"PRUNE-2", "PRUNE-3"} <= judged_in(step, trace)
    (newest,) = step.after[OWNER].snapshots
    theirs = step.before[THEIRS].snapshots
    swapped = shown(shown(step, OWNER, snapshots=()), THEIRS, snapshots=theirs)
    assert fails(swapped, trace) == {"PRUNE-2", "PRUNE-3"}
    assert newest["snapshot_id"] == "\U0001f600"


def test_two_tenants_with_equal_snapshots_are_not_told_apart() -> None:
    snapshots = (snapshot("a", 1, 10), snapshot("a", 1, 10, tenant=OTHER))
    step, trace = last(imported(*snapshots), prune(1), store="memory")
    assert judged_in(step, trace) == {"PRUNE-4", "PRUNE-5"}
    swapped = evolve(step, after={OWNER: step.after[THEIRS], THEIRS: step.after[OWNER]})
    assert {"PRUNE-2", "PRUNE-3"}.isdisjoint(judgements(swapped, trace))


# --- PRUNE-6: the next pass -------------------------------------------------------------------------------------------


def test_pruned_snapshots_come_back() -> None:
    requests = [project("x", "y", "z"), prune(1)]
    step, trace = last(*requests, project("x", "y", "z", status="paused"))
    assert step.ok == {"projected": 2}
    assert "PRUNE-6" in judged_in(step, trace)
    x, y, z = sorted(step.after[OWNER].snapshots, key=lambda each: each["seq"])
    assert fails(answered(step, projected=0), trace) == {"PRUNE-6"}
    assert fails(shown(step, OWNER, snapshots=(x, z)), trace) == {"PRUNE-6"}
    assert fails(shown(step, OWNER, snapshots=(x, {**y, "status": "running"}, z)), trace) == {"PRUNE-6"}


def test_what_came_back_was_pruned_no_more() -> None:
    step, trace = last(project("x", "y"), prune(1), project("x", "y"), project("x", "y"))
    assert judged_in(step, trace) == set()
    step, trace = last(project("x", "y"), prune(1), ("open", {"store": 1}), project("x", "y"))
    assert judged_in(step, trace) == set()


def test_after_a_hand_was_laid_on_the_files_retention_is_not_judged() -> None:
    damage = ("remove", {"path": "stateful_events.jsonl"})
    for request in (compact(), prune(1), compact(retention_ms=0)):
        step, trace = last(imported(*OLD, *KEPT), damage, request)
        # That nothing is touched can be seen all the same.
        assert judged_in(step, trace) <= {"PRUNE-5", "COMPACT-5"}


def test_a_folder_that_is_gone_after_a_pruning_is_missed() -> None:
    """PRUNE-5: also one that has become empty."""
    step, trace = last(project("x", "y"), prune(1))
    assert step.folders_before == step.folders_after != frozenset()
    assert fails(evolve(step, folders_after=frozenset({"stateful_snapshots"})), trace) == {"PRUNE-5"}
    assert not fails(evolve(step, folders_after=None), trace)


# --- faulty implementations -------------------------------------------------------------------------------------------


@instead_of("_newest_seqs", retention)
def own_tenant_protects(newest_seqs: Any, kept: Any) -> Any:
    return newest_seqs(each for each in kept if each.scope.tenant_context.key == TENANT_KEY)


@instead_of("compacted", retention)
def cutoff_one_later(compacted: Any, *of: Any, cutoff_ms: int, now_ms: int) -> Any:
    return compacted(*of, cutoff_ms=cutoff_ms + 1, now_ms=now_ms)


@instead_of("is_marker", retention)
def markers_stay(*_: Any) -> bool:
    return False


@instead_of("listed_by", retention)
def untrimmed(_: Any, row: Any) -> Any:
    if row.event_type != MARKER:
        return
    for entry in (row.payload or {}).get("compacted_event_ids", []):
        if isinstance(entry, dict) and type(entry.get("seq")) is int and entry["seq"] >= 0:
            yield entry["event_id"], entry["seq"]


@instead_of("marker_id", retention)
def deployment_left_out(marker_id: Any, tenant: Any, *of: Any) -> Any:
    return marker_id((*tenant[:2], None), *of)


@instead_of("prunable", retention)
def keep_none(prunable: Any, kept: Any, *, keep: int, cutoff_ms: int) -> Any:
    return prunable(kept, keep=keep, cutoff_ms=cutoff_ms) if keep else list(kept)


SESSION = (
    imported(*MARKED, *OLD, event("exposed", 8, 10), snapshot("c", 8, 500), snapshot("theirs", 9, 500, tenant=OTHER)),
    compact(),
    project("x", "y", "z"),
    compact(),
    project("x", "y", "z"),
    prune(0),
    project("x", "y", "z"),
    compact(1100),
    project("x", "y", "z", "w"),
)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (lambda _: None, set()),
        (own_tenant_protects, {"COMPACT-4"}),
        (cutoff_one_later, {"COMPACT-2"}),
        (markers_stay, {"COMPACT-6"}),
        (untrimmed, {"COMPACT-11"}),
        (deployment_left_out, {"COMPACT-9"}),
        (keep_none, {"PRUNE-2", "PRUNE-3"}),
    ],
)
def test_a_fault_is_attributed_to_what_it_breaks(
    fault: Fault, expected: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fault(monkeypatch)
    assert broken_in(executed([OPEN, *SESSION], "memory"), MINE) == expected
