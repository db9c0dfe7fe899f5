"""What a fault is called: of faulty implementations, each session names exactly the requirements that it breaks.

A fault has consequences, and a second fault may stand beside it: what follows from the first is not blamed, and what
the second breaks is not hidden.
"""

import json
from itertools import combinations
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from builders import (
    OPEN,
    OTHER_TENANT,
    RUN_ID,
    TENANT,
    event,
    imported,
    lifecycle,
    pass_over,
    project,
    run_json,
    whole_snapshot,
)
from faults import IN_DETAIL
from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.execution.trace import Object, Request
from lifecycle_conformance.generation.file_faults.snapshots import LONG_NAME
from lifecycle_conformance.judges.vectors import derived
from lifecycle_conformance.model.canaries import PLANTED, canary
from lifecycle_conformance.model.file_layout import path_of
from lifecycle_conformance.model.identity import ids_of
from lifecycle_conformance.mutants import MUTANTS, Composed, Mutant
from lifecycle_projection import definition
from traces import broken_in, executed

LOG = "stateful_events.jsonl"


def snapshot(snapshot_id: str, phase: str = "running_phase", **members: Any) -> Object:
    return whole_snapshot(snapshot_id, **{"seq": 9, "phase": phase, **members})


def put(path: str, content: bytes | Object) -> Request:
    raw = content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode()
    return "put", {"path": path, "bytes": raw.hex()}


def failing(mutants: Mutant, *requests: Request, store: str | None = None) -> set[str]:
    """The requirements that fail in a session with a faulty implementation."""
    reads = requests[0][0] == "read"  # which has stores of its own
    with mutants.applied():
        session = executed(requests if reads else [OPEN, *requests], store or mutants.store)
    return broken_in(session)


# --- hazard H3 --------------------------------------------------------------------------------------------------------

HERE, THERE = run_json("a", run_id="größe/3"), run_json("a", run_id="gräße/3")
(ID,) = ids_of(HERE)
_, SECOND = ids_of(run_json("a", "b", run_id="größe/3"))
MEETING = "größe/3", ID
PLACE = path_of(*MEETING)


def stands_there(**members: Any) -> Object:
    return snapshot(**{"snapshot_id": ID, "run_id": "größe/3", **members})


def without_phase(stored: Object) -> Object:
    return {name: value for name, value in stored.items() if "phase" not in name}


NOTHING_YET: Request = project(run_id="größe/3")
ANOTHERS: dict[str, tuple[list[Request], set[str]]] = {
    "a tenant's": ([project("a"), project("a", tenant=OTHER_TENANT)], {"SNAP-11", "TENANT-4", "TENANT-7"}),
    "a tenant's, back and forth": (
        [project("a"), project("a", tenant=OTHER_TENANT), project("a"), project("a", "b", tenant=OTHER_TENANT)],
        {"SNAP-11", "TENANT-4", "TENANT-7"},
    ),
    "a tenant's that was left without phase": (
        [
            project(run_id="größe/3", tenant=OTHER_TENANT),
            imported(without_phase(stands_there(scope={"schema_version": 1, "tenant_context": OTHER_TENANT}))),
            project("a", run_id="größe/3"),
        ],
        {"SNAP-11", "TENANT-4", "TENANT-7"},
    ),
    "a run's": (
        [project(run_id="gräße/3"), imported(stands_there(run_id="gräße/3")), project("a", run_id="größe/3")],
        {"SNAP-11"},
    ),
    "a run's that was left without phase": (
        [
            project(run_id="gräße/3"),
            imported(without_phase(stands_there(run_id="gräße/3"))),
            project("a", run_id="größe/3"),
        ],
        {"SNAP-11"},
    ),
    "several of a tenant, one of them left without phase": (
        [
            project("a", run_id="größe/3", tenant=OTHER_TENANT),
            imported(
                without_phase(
                    stands_there(snapshot_id=SECOND, scope={"schema_version": 1, "tenant_context": OTHER_TENANT})
                )
            ),
            project("a", "b", run_id="größe/3"),
        ],
        {"SNAP-11", "TENANT-4", "TENANT-7"},
    ),
    "several of a run, one of them left without phase": (
        [
            project(run_id="gräße/3"),
            imported(stands_there(run_id="gräße/3"), without_phase(stands_there(snapshot_id=SECOND, run_id="gräße/3"))),
            project("a", "b", run_id="größe/3"),
        ],
        {"SNAP-11"},
    ),
    "one of another id": (
        [NOTHING_YET, imported(stands_there(snapshot_id=ID.replace("ö", "ä"))), project("a", run_id="größe/3")],
        {"SNAP-11"},
    ),
    "one of another id, in the way of an inserted record": (
        [
            NOTHING_YET,
            imported(stands_there(snapshot_id=SECOND.replace("ö", "ä"))),
            project("a", run_id="größe/3"),
            project("a", "b", run_id="größe/3"),
        ],
        {"SNAP-11"},
    ),
    "one of another id, put there": (
        [NOTHING_YET, put(PLACE, stands_there(snapshot_id=ID.replace("ö", "ä"))), project("a", run_id="größe/3")],
        {"SNAP-11"},
    ),
    "one of another id, without phase": (
        [
            NOTHING_YET,
            imported(without_phase(stands_there(snapshot_id=ID.replace("ö", "ä")))),
            project("a", run_id="größe/3"),
            project("a", run_id="größe/3"),
        ],
        {"SNAP-11"},
    ),
}


@pytest.mark.parametrize("name", ANOTHERS)
def test_who_overwrites_anothers_snapshot_is_told_that_alone(name: str) -> None:
    requests, expected = ANOTHERS[name]
    assert failing(MUTANTS["anothers-snapshot-overwritten"], *requests) == expected


def test_a_place_that_is_not_found_for_want_of_the_right_id_is_no_place_that_was_overwritten() -> None:
    """The record that moves is recorded again, under an id that leads to another place."""
    passes = [*over(RUN_ID, "a"), *over(RUN_ID, "a", tenant=OTHER_TENANT), *over(RUN_ID, "ba", tenant=OTHER_TENANT)]
    found = failing(MUTANTS["position-in-the-id"], *(each for each in passes if each[0] != "identify"))
    assert found == {"ID-3", "ID-5"}


# --- hazard H7 --------------------------------------------------------------------------------------------------------


def observed(phase: str, time: int = 1) -> list[Object]:
    return [
        {
            "schema_version": 1,
            "event_id": f"{RUN_ID}:phase:{phase}:{time}",
            "to_phase": phase,
            "event_type": "stateful_runtime.phase.observed",
            "occurred_at_ms": time,
            "reason": "observed_status:running",
        }
    ]


def tied(lesser: str, greater: str, history: Any = ()) -> Request:
    """Two snapshots with the highest seq; the guard is to look at the greater one."""
    phases = {"a": lesser, "b": greater}
    return imported(*(snapshot(name, phase, phase_history=[*history]) for name, phase in phases.items()))


TIES: dict[str, list[Request]] = {
    "both allow the move": [tied("queued", "sleeping"), project("a")],
    "both allow it, from one history": [tied("queued", "sleeping", observed("queued")), project("a")],
    "one has the phase already": [tied("running_phase", "sleeping", observed("queued")), project("a")],
    "the right one has the phase already": [tied("sleeping", "running_phase", observed("queued")), project("a")],
    "the right one refuses": [tied("queued", "completed"), project("a")],
    "the right one refuses, from one history": [tied("queued", "completed", observed("queued")), project("a")],
    "the wrong one refuses": [tied("completed", "queued"), project("a")],
    "both refuse": [tied("completed", "cancelled"), project("a", status="failed")],
    "both refuse, then the right one only": [
        *(tied("queued", "cancelled"), project("a", status="completed")),
        *(project("a", status="running"), project("a", "b", status="running")),
    ],
    "both refuse, then the wrong one only": [
        *(tied("cancelled", "queued"), project("a", status="completed")),
        *(project("a", status="running"), project("a", status="cancelled")),
    ],
    "the wrong one was observed in the phase already": [
        imported(
            snapshot("a", phase_history=observed("running_phase")),
            snapshot("b", phase_history=[]),
        ),
        project("a"),
    ],
    "the right one refuses a name that is too long": [
        *(project("a", run_id="s", status="completed"), project("a", "b", run_id="s")),
        *(tied("queued", "completed"), project(LONG_NAME), project("a")),
    ],
}


@pytest.mark.parametrize("name", TIES)
def test_who_takes_the_wrong_one_of_two_latest_snapshots_is_told_that_alone(name: str) -> None:
    assert failing(MUTANTS["lesser-of-two-latest"], *TIES[name]) == {"PASS-7"}


OTHERS = {
    status: [project(lifecycle("before", 5), status=status, tenant_context=OTHER_TENANT), project("a")]
    for status in ("running", "queued", "completed")
}


@pytest.mark.parametrize("status", OTHERS)
def test_who_begins_with_the_snapshot_of_another_tenant_is_told_that_alone(status: str) -> None:
    mutant = MUTANTS["newest-snapshot-of-another-tenant-is-latest-where-there-is-no-own"]
    assert failing(mutant, *OTHERS[status]) == {"PASS-7"}


def test_where_the_wrong_snapshot_may_explain_it_no_guard_is_blamed() -> None:
    """A guard that refuses nothing leaves here what the lesser snapshot gives; other sessions tell them apart."""
    session = [tied("running_phase", "completed", observed("running_phase")), project("a")]
    assert failing(MUTANTS["lesser-of-two-latest"], *session) == set()
    assert failing(MUTANTS["guard-off"], *session) == set()


# --- hazard H9 --------------------------------------------------------------------------------------------------------


def of_numbers(*numbers: float) -> Request:
    means = run_json(lifecycle("a", metadata={"plain": True}))
    special = {"event": "b", "recorded_at_ms": 2, "metadata": {"n": [*numbers]}}
    means["checkpoint"]["lifecycle_history"].append(special)
    return "read", {"run": means, "means": means, "because": "JSON-12"}


def passed(over: Object) -> list[Request]:
    """A pass over a run whose ids are asked for first."""
    return [("identify", {"run": over}), pass_over(over)]


LONG = 0.9341825998422749
B = lifecycle("b", metadata={"n": LONG})
MOVED = run_json("a", B)
LINE = (
    b'{"schema_version":1,"event_id":"note","run_id":"run-1","seq":7,"event_type":"note","occurred_at_ms":1,'
    b'"scope":{"schema_version":1,"tenant_context":{"org_id":"org-a","workspace_id":"ws-a","source":"explicit"}},'
    b'"payload":[-0,9007199254740993.0,972806941859797078084]}\n'
)
NUMBERS: dict[str, tuple[list[Request], set[str]]] = {
    "in a request": ([of_numbers(0.5, LONG)], {"JSON-12"}),
    "in a stored record": ([project("a"), put(LOG, LINE)], {"FILE-14"}),
    "what is recorded goes on": (
        [
            *(*passed(MOVED), project("a", B), ("restart", {"kill": False})),
            *(*passed({**MOVED, "status": "completed"}), ("compact", {"retention_ms": 1, "now_ms": 2})),
            *passed({**MOVED, "status": "completed", "updated_at_ms": 9}),
        ],
        set(),
    ),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_who_reads_long_doubles_wrongly_is_told_so_where_they_are_read(name: str) -> None:
    requests, expected = NUMBERS[name]
    assert failing(MUTANTS["long-doubles-read-one-off"], *requests) == expected


# --- hazard H14 -------------------------------------------------------------------------------------------------------

PLAIN = LINE.replace(b"[-0,9007199254740993.0,972806941859797078084]", b"null")
TORN: Request = ("tear", {"text": '{"event_id":"é"', "bytes": 14})
BROKEN: dict[str, list[Request]] = {
    "a line among others": [project("a"), put(LOG, b"\xff\n" + PLAIN)],
    "a torn letter": [project("a"), TORN],
    "the only line": [project(), put(LOG, b"\xff\n"), project("a")],
    "the only line, then more": [project(), put(LOG, b"\xff\n"), project("a"), project("a", "b")],
    "the only line, then an append": [
        project(),
        put(LOG, b"\xff\n"),
        ("append", {"tenant": TENANT, "event": json.loads(PLAIN)}),
    ],
}


@pytest.mark.parametrize("name", BROKEN)
def test_who_reads_nothing_where_a_byte_is_no_text_is_told_that_alone(name: str) -> None:
    assert failing(MUTANTS["broken-text-empties-the-log"], *BROKEN[name]) == {"FILE-19"}


# --- hazard H20 -------------------------------------------------------------------------------------------------------

LATE: Request = ("prune", {"retention_ms": 1, "keep": 1, "now_ms": 99})
OLD, NEW = (snapshot(name, seq=seq) for name, seq in (("old", 1), ("new", 2)))
NAMESAKES: dict[str, tuple[list[Request], set[str]]] = {
    "the newest of another run": ([imported(OLD, NEW, {**OLD, "run_id": "s"}), LATE], {"PRUNE-2", "PRUNE-4"}),
    "a young one, newest of another run": (
        [imported(OLD, NEW, {**OLD, "run_id": "s", "created_at_ms": 99}), LATE],
        {"PRUNE-2", "PRUNE-4"},
    ),
    "a young one of another run": (
        [imported(OLD, NEW, {**OLD, "run_id": "s", "created_at_ms": 99}, {**NEW, "run_id": "s"}), LATE],
        {"PRUNE-2", "PRUNE-4"},
    ),
    "old ones of both": (
        [imported(OLD, NEW, {**OLD, "run_id": "s"}, {**NEW, "run_id": "s"}), LATE],
        {"PRUNE-4"},
    ),
}


@pytest.mark.parametrize("name", NAMESAKES)
def test_who_prunes_by_id_across_runs_is_told_that_alone(name: str) -> None:
    requests, expected = NAMESAKES[name]
    assert failing(MUTANTS["namesakes-pruned"], *requests) == expected


# --- fixed cases ------------------------------------------------------------------------------------------------------


def blamed_by_fixed_cases(mutant: Mutant, directory: Path, *subjects: str) -> set[str]:
    wanted = [each for each in derived.cases() if each.subject in subjects]
    with mutant.applied():
        driver = InProcessDriver("memory")
        outcomes = derived.outcomes([(each, derived.ask(each, driver, directory)) for each in wanted])
    return {id_ for outcome in outcomes for each in outcome.differences for id_ in each.requirements}


FIXED: list[tuple[tuple[str, ...], tuple[str, ...], set[str]]] = [
    (("scope-sources-dropped",), ("scope",), {"SCOPE-2"}),
    (("scope-sources-dropped",), ("definition",), {"DEF-2"}),
    (("long-doubles-read-one-off",), ("number", "definition"), {"JSON-12"}),
    (
        ("scope-sources-dropped", "long-doubles-read-one-off"),
        ("scope", "number", "definition"),
        {"SCOPE-2", "DEF-2", "JSON-12"},
    ),
]


@pytest.mark.parametrize(("names", "subjects", "expected"), FIXED, ids=lambda each: " + ".join(sorted(each)))
def test_what_no_wrong_reading_gives_is_blamed_on_the_whole(
    names: tuple[str, ...], subjects: tuple[str, ...], expected: set[str], tmp_path: Path
) -> None:
    assert blamed_by_fixed_cases(composed(*names), tmp_path, *subjects) == expected


@pytest.mark.parametrize(("name", "expected"), [("_planned", {"DEF-2", "DEF-5"}), ("_named", {"DEF-2", "DEF-4"})])
def test_a_version_is_told_apart_from_a_hash_that_is_wrong(name: str, expected: set[str], tmp_path: Path) -> None:
    with patch.object(definition, name, lambda _: None):
        assert blamed_by_fixed_cases(MUTANTS["scope-sources-dropped"], tmp_path, "definition") == expected


# --- a second fault ---------------------------------------------------------------------------------------------------


def composed(*names: str) -> Mutant:
    return Composed(*(MUTANTS[name] for name in names))


def over(run_id: str, events: str, **members: Any) -> list[Request]:
    """A pass over records named by letters, each at a time of its own, with outputs that must not be copied."""
    whole = run_json(run_id=run_id, **members)
    history = [{"event": each, "recorded_at_ms": ord(each) - ord("a") + 1} for each in events]
    outputs = {"n": canary(PLANTED["REDACT-1"])}
    return passed({**whole, "checkpoint": {"lifecycle_history": history, "node_outputs": outputs}})


SHOWING_ALL: list[Request] = [
    *(of_numbers(0.5, LONG), OPEN),
    # A record that moves, one that has an equal, a status that changes.
    *(*over(RUN_ID, "a"), *over(RUN_ID, "ba"), *over(RUN_ID, "bacc"), *over(RUN_ID, "baccd", status="paused")),
    # A move that must be refused.
    *(*over("s", "a", status="completed"), *over("s", "ab"), *over("s", "ab", status="completed")),
    *(("compact", {"retention_ms": 1, "now_ms": 3}), *over(RUN_ID, "baccd", status="paused")),
    *over(RUN_ID, "a", tenant=OTHER_TENANT),
    imported(*(snapshot(each, phase, run_id="t") for each, phase in [("a", "queued"), ("b", "sleeping")])),
    *over("t", "a"),
    imported(*({**each, "run_id": "p"} for each in (OLD, NEW)), {**OLD, "run_id": "q"}),
    *(LATE, TORN),
]
"""A session in which each of the faulty implementations shows its fault, but for those that fixed cases show."""
SHOWN = [name for name in IN_DETAIL if name != "scope-sources-dropped"]
APART = {"position-in-the-id", "occurrence-always-0"}
"""These can't stand together: the second makes the id that the first has changed."""


@pytest.mark.parametrize("name", SHOWN)
def test_one_session_shows_every_fault(name: str) -> None:
    found = failing(MUTANTS[name], *SHOWING_ALL, store="files")
    assert MUTANTS[name].chief in found
    assert found <= MUTANTS[name].breaks


@pytest.mark.parametrize("names", [each for each in combinations(SHOWN, 2) if {*each} != APART], ids=" + ".join)
def test_a_second_fault_does_not_hide_behind_the_first(names: tuple[str, str]) -> None:
    both = composed(*names)
    found = failing(both, *SHOWING_ALL, store="files")
    assert {MUTANTS[name].chief for name in names} <= found
    assert found <= both.breaks


AB = over("größe/3", "ab")[0][1]["run"]
TOGETHER: dict[tuple[str, str], tuple[list[Request], set[str]]] = {
    ("snapshots-rewritten", "anothers-snapshot-overwritten"): (
        [
            *over("größe/3", "a"),
            imported(stands_there(snapshot_id=ids_of(AB)[1].replace("ö", "ä"))),
            *over("größe/3", "ab", status="paused"),
        ],
        {"SNAP-11", "SNAP-6", "PASS-4"},
    ),
    ("lesser-of-two-latest", "node-outputs-copied"): (
        [tied("queued", "sleeping"), *over(RUN_ID, "a")],
        {"PASS-7", "REDACT-1", "CKPT-1"},
    ),
    ("lesser-of-two-latest", "guard-off"): (
        [tied("queued", "completed"), *over(RUN_ID, "a"), *over(RUN_ID, "ab", status="queued")],
        {"PASS-7", "PHASE-7"},
    ),
    ("lesser-of-two-latest", "seq-from-the-whole-log"): (
        [*over("s", "abc"), tied("queued", "completed"), *over(RUN_ID, "a")],
        {"PASS-7", "LOG-4", "LOG-5"},
    ),
    ("position-in-the-id", "compacted-ids-ignored"): (
        [*over(RUN_ID, "ab"), ("compact", {"retention_ms": 1, "now_ms": 9}), *over(RUN_ID, "abc")],
        {"ID-5", "ALIAS-4"},
    ),
    ("position-in-the-id", "tenant-ignored"): (
        [*over(RUN_ID, "a"), *over(RUN_ID, "a", tenant=OTHER_TENANT)],
        {"ID-5", "TENANT-1"},
    ),
    ("position-in-the-id", "anothers-snapshot-overwritten"): (
        [*over(RUN_ID, "a"), *over(RUN_ID, "a", tenant=OTHER_TENANT)],
        {"ID-5", "SNAP-11", "TENANT-4", "TENANT-7"},
    ),
}


@pytest.mark.parametrize("names", TOGETHER, ids=" + ".join)
def test_two_faults_in_one_step_are_both_told(names: tuple[str, str]) -> None:
    requests, expected = TOGETHER[names]
    assert failing(composed(*names), *requests) == expected


# --- what looks like another fault ------------------------------------------------------------------------------------

MOVED = [
    project(*["x"] * number, status=status)
    for number, status in enumerate(("queued", "running", "paused", "running", "paused", "running"), start=1)
]
LOOKING_LIKE_OTHERS: dict[str, tuple[list[Request], set[str]]] = {
    "entries-of-one-id-are-one": (MOVED, {"PHASE-5"}),
    "a-conflict-is-seen-first": ([project("a"), project("a", tenant=OTHER_TENANT)], {"SNAP-11"}),
    "damaged-line-ends-the-operation": ([("tear", {"text": "damaged\n", "bytes": 8}), project("a")], {"FILE-18"}),
    "last-line-without-newline-not-read": (
        [("tear", {"text": json.dumps(event("n")), "bytes": len(json.dumps(event("n")))}), project("a")],
        {"FILE-17"},
    ),
    "occurrence-from-1": ([project("a"), project("a", "a"), ("compact", {"retention_ms": 1, "now_ms": 99})], {"OCC-1"}),
}


@pytest.mark.parametrize("name", LOOKING_LIKE_OTHERS)
def test_a_fault_that_looks_like_another_is_told_alone(name: str) -> None:
    requests, expected = LOOKING_LIKE_OTHERS[name]
    assert failing(MUTANTS[name], *requests) == expected
