"""Each kind of damage is found where it is, under the requirement that it breaks, and nothing where all is well."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

import damaging
import stores
from builders import OTHER_TENANT, run_json
from damages import DAMAGES
from damaging import Damage, at, dropped, edited, put, respelled, without_snapshot
from lifecycle_conformance.audit.auditing import audit
from lifecycle_conformance.audit.catalogue import KINDS
from lifecycle_conformance.audit.examples import EXAMPLES
from lifecycle_conformance.audit.finding import Finding, Severity
from lifecycle_conformance.audit.kinds.of_journal import OF_MEMBERS
from lifecycle_conformance.audit.kinds.of_runs import RUN_KINDS
from lifecycle_conformance.audit.opening import opened
from lifecycle_conformance.audit.run_records import RunRecords
from lifecycle_conformance.audit.workers import workers
from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.judges.vectors import Scenario, load
from lifecycle_conformance.specification import requirements
from lifecycle_projection import FileStore, project
from lifecycle_projection.codec import run_from

GENERATIONS = [each for each in load() if each.source.startswith("generations")]


def found(store: Path, runs: Path | None = None) -> list[Finding]:
    return [*audit(opened(str(store)), None if runs is None else RunRecords([str(runs)]))]


DATABASES: dict[str, set[str]] = {
    "07-compacted": {"seq-perhaps-missing", "wrong-event-member", "wrong-payload-member"},
    "13-two-tenants-h16": {"snapshots-change-hands", "snapshot-of-another-tenant"},
    "15-continued-in-database": {"seq-perhaps-missing"},
    "27a-damaged-event-row": {"event-row-undecodable", "record-recorded-twice", "snapshot-perhaps-without-event"},
    "31-run-row-two-tenants": {"run-row-disagrees"},
}
"""What is wrong with production's own databases: 07 began with an event that was made by hand."""
TOLD_OF_DATABASES = {"snapshots-change-hands"}


def wrong(findings: list[Finding]) -> set[str]:
    return {each.kind.name for each in findings if each.kind.severity is not Severity.NOTE}


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    path = tmp_path / "runs.json"
    path.write_bytes(orjson.dumps({"run-1": damaging.RUN}))
    return path


Case = tuple[Damage, set[str]]
ALONE: dict[str, Case] = {
    "an event is gone": (dropped(2), {"seq-missing", "snapshot-without-event", "occurrence-missing"}),
    "an event stands twice": (damaging.doubled, {"event-twice", "seq-out-of-order"}),
    "two lines changed places": (damaging.swapped, {"seq-out-of-order"}),
    "a seq was changed to another's": (edited(2, put(2, "seq")), {"seq-twice", "seq-missing", "wrong-snapshot-member"}),
    "a reason was changed": (edited(2, put("other", "payload", "reason")), {"wrong-event-id"}),
    "metadata were changed": (edited(4, put(7, "payload", "metadata", "cost")), {"wrong-event-id"}),
    "an id was changed": (
        edited(1, put("x", "event_id")),
        {"wrong-event-id", "snapshot-without-event", "snapshot-missing"},
    ),
    "a time was changed": (edited(4, put(131, "occurred_at_ms")), {"wrong-event-id", "wrong-snapshot-member"}),
    "an occurrence was changed": (
        edited(3, put(2, "payload", "lifecycle_occurrence")),
        {"wrong-event-id"},
    ),
    "an activity was changed": (edited(0, put(False, "payload", "counts_as_activity")), {"wrong-payload-member"}),
    "the name in a payload was changed": (edited(0, put("x", "payload", "event")), {"wrong-payload-member"}),
    "a cause was changed": (edited(1, put("s-2", "causation_id")), {"wrong-event-member"}),
    "a node was changed": (edited(1, put("n", "phase_id")), {"wrong-event-member"}),
    "the automation was changed": (edited(1, put("a", "correlation_id")), {"wrong-event-id", "wrong-payload-member"}),
    "a snapshot is gone": (without_snapshot(2), {"snapshot-missing"}),
    "a digest was forged": (respelled(2, put("sha256:0", "payload_digest")), {"wrong-digest"}),
    "a checkpoint says something else": (respelled(2, put(["n"], "checkpoint", "blocked_nodes")), {"wrong-digest"}),
    "a snapshot's seq was changed": (respelled(2, put(9, "seq")), {"wrong-snapshot-member"}),
    "a snapshot's time was changed": (respelled(2, put(9, "created_at_ms")), {"wrong-snapshot-member"}),
    "a snapshot's event was changed": (respelled(2, put("x", "metadata", "event")), {"wrong-snapshot-metadata"}),
    "a phase was changed": (
        respelled(2, put("failed", "phase")),
        {"wrong-phase", "wrong-next-phases", "broken-phase-history"},
    ),
    "next phases were changed": (respelled(2, put([], "allowed_next_phases")), {"wrong-next-phases"}),
    "a record was recorded by an older generation again": (
        damaging.recorded_by_an_older_generation,
        {"record-recorded-twice"},
    ),
    "a number was misread": (damaging.misread_number, {"number-changed"}),
    "another tenant's snapshot": (damaging.of_another_tenant, {"snapshots-overwritten"}),
    "a snapshot was given to another tenant": (
        respelled(1, put(OTHER_TENANT, "scope", "tenant_context")),
        {"snapshot-of-another-tenant", "snapshots-overwritten"},
    ),
    "a scope was changed": (edited(2, put("local_implicit", "scope", "tenant_context", "source")), {"scope-drift"}),
    "two latest snapshots": (
        damaging.second_snapshot,
        {"two-latest-snapshots", "wrong-snapshot-member", "wrong-snapshot-metadata"},
    ),
}


@pytest.mark.parametrize("name", ALONE)
def test_each_damage_is_found_in_the_store_alone(name: str, store: Path) -> None:
    damage, expected = ALONE[name]
    place = damage(damaging.healthy(store))
    findings = found(store)
    assert wrong(findings) == expected
    assert not expected or any(place in str(each.where) for each in findings)


MOVED: dict[str, Case] = {
    "an entry is missing": (
        respelled(2, lambda snapshot: snapshot["phase_history"].pop(0)),
        set(),
    ),
    "an entry's beginning was changed": (
        respelled(2, put("sleeping", "phase_history", 1, "from_phase")),
        {"broken-phase-history"},
    ),
    "a move that the table doesn't have": (
        respelled(2, put("completed", "phase_history", 0, "to_phase")),
        {"broken-phase-history", "phase-history-changed"},
    ),
    "a move out of a terminal phase": (
        respelled(
            2,
            lambda snapshot: (
                put("completed", "phase_history", 0, "to_phase")(snapshot),
                put("completed", "phase_history", 1, "from_phase")(snapshot),
            ),
        ),
        {"illegal-move", "phase-history-changed"},
    ),
}


@pytest.mark.parametrize("name", MOVED)
def test_each_damage_to_a_phase_history_is_found(name: str, store: Path) -> None:
    damage, expected = MOVED[name]
    damage(damaging.healthy(store, moved=True))
    assert wrong(found(store)) == expected


MARKERS: dict[str, Case] = {
    "a marker's id was changed": (edited(0, put("stateful-compaction-0", "event_id")), {"wrong-marker-id"}),
    "a marker's seq was changed": (
        edited(0, put(3, "payload", "compacted_through_seq")),
        {"wrong-marker-seq"},
    ),
    "a marker lost an entry": (
        edited(0, lambda event: event["payload"]["compacted_event_ids"].pop(0)),
        {"marker-lists-too-little", "snapshot-without-event"},
    ),
    "what was compacted is recorded again": (damaging.compacted_again, {"compacted-recorded-again"}),
}


@pytest.mark.parametrize("name", MARKERS)
def test_each_damage_to_a_marker_is_found(name: str, store: Path) -> None:
    damage, expected = MARKERS[name]
    damage(damaging.compacted(store))
    assert wrong(found(store)) == expected


WITH_RUNS: dict[str, tuple[Damage, set[str]]] = {
    "a reason was changed": (edited(2, put("other", "payload", "reason")), {"wrong-event-id", "event-altered"}),
    "an id was changed": (
        edited(1, put("x", "event_id")),
        {"wrong-event-id", "snapshot-without-event", "snapshot-missing"},
    ),
    "the last event and its snapshot are gone, as before a pass": (damaging.dropped_with_snapshot(5), set()),
    "the first event and its snapshot are gone": (
        damaging.dropped_with_snapshot(0),
        {"seq-missing", "record-missing"},
    ),
    "a text was copied": (
        respelled(2, put([damaging.SECRET], "checkpoint", "blocked_nodes"), digest=True),
        {"perhaps-copied-outputs"},
    ),
    "a text was copied into a member of its own": (
        respelled(2, put(damaging.SECRET, "checkpoint", "table"), digest=True),
        {"copied-outputs", "wrong-checkpoint-member"},
    ),
    "a number was misread": (damaging.misread_number, {"number-changed"}),
}


@pytest.mark.parametrize("name", WITH_RUNS)
def test_each_damage_is_found_beside_the_run_records(name: str, store: Path, runs: Path) -> None:
    damage, expected = WITH_RUNS[name]
    damage(damaging.healthy(store))
    assert wrong(found(store, runs)) == expected


def test_a_record_that_is_not_recorded_is_named(store: Path, tmp_path: Path) -> None:
    damaging.healthy(store)
    history = [*damaging.HISTORY[:3], {"event": "inserted", "recorded_at_ms": 1}, *damaging.HISTORY[3:]]
    runs = tmp_path / "more.jsonl"
    runs.write_bytes(orjson.dumps(run_json(*history, {"event": "newer", "recorded_at_ms": 999})))
    named = {(each.kind.name, each.record_index) for each in found(store, runs)}
    assert named == {("record-missing", 3), ("records-not-projected", 7)}


def test_a_move_that_the_guard_refuses_is_explained(store: Path, tmp_path: Path) -> None:
    damaging.healthy(store)
    runs = tmp_path / "more.jsonl"
    refused = run_json(*damaging.HISTORY, {"event": "newer", "recorded_at_ms": 999}, status="queued")
    runs.write_bytes(orjson.dumps(refused))
    (finding,) = found(store, runs)
    assert (finding.kind.name, finding.kind.hazard) == ("move-refused", "H1")
    assert finding.message == "from `running_phase` to `queued`"


@pytest.mark.parametrize("make", [damaging.healthy, damaging.compacted])
def test_nothing_is_wrong_with_a_healthy_store(make: Callable[[Path], Path], store: Path, runs: Path) -> None:
    make(store)
    assert wrong(found(store)) == wrong(found(store, runs)) == set()


@pytest.mark.parametrize("scenario", GENERATIONS, ids=lambda each: each.name)
def test_no_violation_in_what_all_generations_of_production_left(
    scenario: Scenario, store: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, "lifecycle_projection")
    driver = InProcessDriver("files")
    driver.ask("open", store=str(store))
    for step in scenario.steps:
        driver.ask(str(step["op"]), **{name: value for name, value in step.items() if name != "op"})
    assert [each for each in found(store) if each.kind.severity is Severity.VIOLATION] == []


COPIED = {
    "copied-verdicts": {"node_attempt_verdicts": {"fetch": [damaging.SECRET]}},
    "copied-gate": {
        "awaiting_gate": {
            "node_id": "",
            "title": "",
            "decisions": [],
            "rework_targets": [],
            "requested_at_ms": 1,
            "upstream_node_ids": [],
            "instructions": damaging.SECRET,
        }
    },
    "copied-decisions": {
        "gate_history": [{"node_id": "n", "decision": "approve", "reason": damaging.SECRET, "decided_at_ms": 1}]
    },
}


@pytest.mark.parametrize("kind", COPIED)
@pytest.mark.parametrize(
    ("copy", "prefix"),
    [
        (respelled(2, put([damaging.SECRET], "checkpoint", "blocked_nodes"), digest=True), "perhaps-"),
        (respelled(2, put({"reason": damaging.SECRET}, "checkpoint", "last_failure"), digest=True), "perhaps-"),
        (respelled(2, put({"instructions": damaging.SECRET}, "checkpoint", "awaiting_gate"), digest=True), ""),
        (respelled(2, put([damaging.SECRET], "checkpoint", "gate_history"), digest=True), ""),
        (respelled(2, put(damaging.SECRET, "metadata", "detail")), ""),
        (edited(2, put(damaging.SECRET, "payload", "verdict")), ""),
    ],
)
def test_a_text_that_may_not_be_copied_is_found(
    kind: str, copy: Damage, prefix: str, store: Path, tmp_path: Path
) -> None:
    """Where a member that is copied has it, an earlier state of the run may have had it there."""
    copy(damaging.healthy(store))
    runs = tmp_path / "other.json"
    runs.write_bytes(orjson.dumps(run_json(*damaging.HISTORY, checkpoint=COPIED[kind])))
    copied = [each for each in wrong(found(store, runs)) if "copied" in each]
    assert copied == [f"{prefix}{kind}"]


def test_the_names_in_a_decision_are_no_texts_of_its_own(store: Path, tmp_path: Path) -> None:
    """The gate that it decided on had the same node, and stands in the snapshots of its time."""
    damaging.healthy(store)
    respelled(2, put(["approve-the-quarterly-figures"], "checkpoint", "blocked_nodes"), digest=True)(store)
    decision = {"node_id": "approve-the-quarterly-figures", "decision": "approve", "decided_at_ms": 1}
    runs = tmp_path / "other.json"
    runs.write_bytes(orjson.dumps(run_json(*damaging.HISTORY, checkpoint={"gate_history": [decision]})))
    assert wrong(found(store, runs)) == set()


def test_what_seems_to_be_missing_may_be_in_a_line_that_cannot_be_read(store: Path) -> None:
    there = damaging.lines(damaging.healthy(store))
    (store / damaging.LOG).write_bytes(b"".join([*there[:4], b"{" + there[4], *there[5:]]))
    assert wrong(found(store)) == {"damaged-line", "seq-perhaps-missing", "snapshot-perhaps-without-event"}


def test_what_a_damaged_line_held_is_recorded_again_and_its_snapshot_keeps_its_seq(store: Path) -> None:
    there = damaging.lines(damaging.healthy(store))
    (store / damaging.LOG).write_bytes(b"".join([*there[:4], b"{" + there[4], *there[5:]]))
    project(run_from(damaging.RUN), FileStore(store))
    assert orjson.loads(damaging.lines(store)[-1])["seq"] == 7
    assert wrong(found(store)) == {"damaged-line", "seq-perhaps-missing"}
    put_right = [line for line in damaging.lines(store) if not line.startswith(b"{{")]
    (store / damaging.LOG).write_bytes(b"".join(put_right))
    assert wrong(found(store)) == {"seq-missing", "wrong-snapshot-member"}


def test_a_hole_of_any_size_is_told(store: Path) -> None:
    """It is never counted out number by number."""
    damaging.healthy(store)
    edited(5, put(2**64 - 1, "seq"))(store)
    (hole,) = (each for each in found(store) if each.kind.name == "seq-missing")
    assert hole.message == f"before this event are missing: seq 6 to {2**64 - 2}"


def test_an_event_that_no_record_explains_is_suspect(store: Path, tmp_path: Path) -> None:
    damaging.healthy(store)
    runs = tmp_path / "other.json"
    runs.write_bytes(orjson.dumps(run_json(*damaging.HISTORY[1:])))
    (finding,) = (each for each in found(store, runs) if each.kind.severity is Severity.SUSPECT)
    assert (finding.kind.name, str(finding.where)) == ("event-not-explained", f"{damaging.LOG}:1")


@pytest.mark.parametrize("shared", stores.SHARED)
def test_what_is_wrong_with_productions_databases_is_found_and_nothing_else(shared: Any, tmp_path: Path) -> None:
    file = tmp_path / "stateful_runtime.sqlite3"
    stores.put_database(shared["databases"]["root"], file)
    assert wrong(found(file)) == DATABASES.get(shared["name"], set())


def test_workers_find_the_same_in_the_same_order(store: Path, runs: Path) -> None:
    for number in range(40):
        project(run_from({**damaging.RUN, "run_id": f"run-{number}"}), FileStore(store))
    edited(7, put("x", "payload", "event"))(store)
    source, records = opened(str(store)), RunRecords([str(runs)])
    alone = [*audit(source, records)]
    with workers(source, 2) as executor:
        assert [*audit(source, records, executor=executor)] == alone
    assert wrong(alone) == {"wrong-payload-member"}


def test_a_small_store_needs_no_workers(store: Path) -> None:
    with workers(opened(str(damaging.healthy(store)))) as executor:
        assert executor is None


def test_every_kind_names_a_requirement_and_is_shown_by_a_damage() -> None:
    known = requirements.load()
    assert [each.name for each in KINDS.values() if each.requirement not in known] == []
    shown = set().union(*(kinds for table in (ALONE, MOVED, MARKERS, WITH_RUNS) for _, kinds in table.values()))
    elsewhere = {*COPIED, *(f"perhaps-{kind}" for kind in COPIED), *TOLD_OF_DATABASES}
    elsewhere |= {"seq-perhaps-missing", "snapshot-perhaps-without-event", *(each.kind for each in DAMAGES.values())}
    notes = {each.name for each in RUN_KINDS.values() if each.severity is Severity.NOTE}
    assert RUN_KINDS.keys() - shown - notes - elsewhere == set()


def test_every_kind_has_an_example() -> None:
    of_members = {each.name for each in OF_MEMBERS.values()}
    assert [*EXAMPLES] == [name for name in KINDS if name not in of_members]
    assert len({*EXAMPLES.values()}) == len(EXAMPLES)


def test_at_reads_what_put_writes() -> None:
    value = {"a": [{"b": 1}]}
    put(2, "a", 0, "b")(value)
    assert at("a", 0, "b")(value) == 2
