"""The checks of recognition: each rule judged by the records about which it decides, and broken by one step."""

from collections.abc import Callable
from typing import Any

import pytest

import builders
from builders import AUTOMATION_ID, RUN_ID, imported, project, run_json, snapshot
from lifecycle_conformance.execution.trace import Object, Request, Step
from lifecycle_conformance.model.identity import MARKER, PREFIX, contents_of, ids_of, safe
from lifecycle_projection.records import Json
from traces import broken, judgements, last, shown

MINE = {f"ALIAS-{number}" for number in range(1, 13)}
STARTED: Object = {"event": "node_started", "recorded_at_ms": 5}
COMPLETED: Object = {"event": "node_completed", "recorded_at_ms": 6}
BLOCKED: Object = {"event": "node_blocked", "recorded_at_ms": 7}


def index_id(record: Object, index: int) -> str:
    return f"automation-v2-lifecycle-{RUN_ID}-{index}-{safe(record['event'])}"


def stable(*records: Object) -> str:
    """The stable id of the last of some records."""
    return ids_of(run_json(*records))[-1]


def event(record: Object, seq: int, event_id: str | None = None, payload: Json = None, **members: Any) -> Object:
    """Write an event as the first generation did, or otherwise."""
    written = {"event_type": PREFIX + record["event"], "correlation_id": AUTOMATION_ID, "payload": payload}
    at = record["recorded_at_ms"]
    return builders.event(event_id or index_id(record, seq - 1), seq, at, **{**written, **members})


def note(event_id: str, seq: int) -> Object:
    return event(STARTED, seq, event_id, event_type="note")


def marker(seq: int, *entries: Json) -> Object:
    return builders.marker(f"marker-{seq}", seq, entries)


def listed(event_id: str, seq: Json = 1) -> Json:
    return {"event_id": event_id, "seq": seq}


# --- what a pass might have done otherwise ----------------------------------------------------------------------------

Doctored = Callable[[Step], Step]


def anew(index: int) -> Doctored:
    """Let a record that was known be recorded anew."""

    def doctored(step: Step) -> Step:
        record, shown_now = step.history[index], step.shown_after()
        event_id, occurrence = ids_of(step.run)[index], contents_of(step.run)[index][1]
        payload = {name: record.get(name) for name in ("event", "reason", "stop_kind", "metadata")}
        new = event(record, 99, event_id, {**payload, "lifecycle_index": index, "lifecycle_occurrence": occurrence})
        return with_snapshot(index, event_id, 99)(shown(step, step.owner, events=(*shown_now.events, new)))

    return doctored


def known_as(index: int, event_id: str, seq: int) -> Doctored:
    """Let a record that was new be known as some event, the snapshot of which is missing."""

    def doctored(step: Step) -> Step:
        events = [each for each in step.shown_after().events if each["event_id"] != ids_of(step.run)[index]]
        return shown(with_snapshot(index, event_id, seq)(step), step.owner, events=tuple(events))

    return doctored


def there(index: int) -> Doctored:
    """Let a record that was new be known as an event the snapshot of which is there."""
    event_id = "recorded before"
    return lambda step: without(event_id)(known_as(index, event_id, 1)(step))


def without(snapshot_id: str) -> Doctored:
    def doctored(step: Step) -> Step:
        left = [each for each in step.shown_after().snapshots if each["snapshot_id"] != snapshot_id]
        return shown(step, step.owner, snapshots=tuple(left))

    return doctored


def with_snapshot(index: int, event_id: str, seq: int) -> Doctored:
    def doctored(step: Step) -> Step:
        mine = [each for each in step.shown_after().snapshots if named(each) == index]
        template = {
            **next(each for each in [*mine, *step.shown_after().snapshots] if "metadata" in each),
            "created_at_ms": step.history[index]["recorded_at_ms"],
        }
        metadata = {**template["metadata"], "event": step.history[index]["event"], "lifecycle_index": index}
        new = {**template, "snapshot_id": event_id, "seq": seq, "metadata": metadata}
        return shown(step, step.owner, snapshots=(*others(step, index), new))

    return doctored


def named(snapshot: Object) -> Json:
    return snapshot.get("metadata", {}).get("lifecycle_index")


def others(step: Step, index: int) -> list[Object]:
    return [
        each for each in step.shown_after().snapshots if each in step.shown_before().snapshots or named(each) != index
    ]


# --- each rule --------------------------------------------------------------------------------------------------------

NEXT_DOOR = {"scope": {"tenant_context": {"org_id": "next-door", "workspace_id": "w"}}}
RAW: Json = {"reason": 7, "stop_kind": "tired"}
REMEMBERED = ("compact", {"retention_ms": 1, "now_ms": 100})
FIRST_ID, SECOND_ID = index_id(STARTED, 0), index_id(STARTED, 1)
STABLE, STABLE_TOO = stable(STARTED), stable(COMPLETED)
TWINS = (event(STARTED, 1), event(STARTED, 2))
UNLISTED = event(STARTED, 1, "m", {"compacted_event_ids": listed(STABLE)}, event_type=MARKER)
COUNTED = event(STARTED, 1, payload={"lifecycle_occurrence": 0})
COUNTED_IN_TEXT = event(STARTED, 1, payload={"lifecycle_occurrence": "1"})
BOTH, BY_EVENT = (STARTED, COMPLETED), event(STARTED, 2)


def after(left: list[Object], *history: Object, then: tuple[Request, ...] = ()) -> list[Request]:
    """A pass over a history, after these events and snapshots were left."""
    return [imported(*left), *then, project(*history)]


CASES: dict[str, tuple[str, list[Request], Doctored]] = {
    "an event of another tenant": (
        "ALIAS-1",
        after([event(STARTED, 1, STABLE, **NEXT_DOOR)], STARTED),
        known_as(0, STABLE, 1),
    ),
    "an event of another run": ("ALIAS-1", after([event(STARTED, 1, "o", run_id="r2")], STARTED), known_as(0, "o", 1)),
    "events of the same seq in log order": (
        "ALIAS-1",
        after([event(STARTED, 1, "first"), event(STARTED, 1, "second")], STARTED),
        with_snapshot(0, "second", 1),
    ),
    "events in the order of their seq": (
        "ALIAS-1",
        after([event(STARTED, 2, "second"), event(STARTED, 1, "first")], STARTED),
        with_snapshot(0, "second", 2),
    ),
    "the snapshot of a known record": ("ALIAS-2", after([event(STARTED, 1)], STARTED), with_snapshot(0, STABLE, 1)),
    "the seq of the snapshot": ("ALIAS-2", after([event(STARTED, 1)], STARTED), with_snapshot(0, FIRST_ID, 2)),
    "an own id": ("ALIAS-3", after([note(STABLE, 1)], STARTED), anew(0)),
    "an own id that replaces another's content": (
        "ALIAS-3",
        after([event(STARTED, 1), note(STABLE, 2)], STARTED),
        with_snapshot(0, FIRST_ID, 1),
    ),
    "a compacted id": ("ALIAS-4", after([marker(1, listed(STABLE))], STARTED), anew(0)),
    "a compacted id with white space": (
        "ALIAS-4",
        after([marker(1, listed(f"\u2003{STABLE}\n"), listed(STABLE_TOO))], *BOTH),
        anew(0),
    ),
    "the seq of a compacted id": (
        "ALIAS-4",
        after([marker(9, listed(STABLE, 3)), note("later", 10)], STARTED),
        with_snapshot(0, STABLE, 9),
    ),
    "a fraction for a seq": (
        "ALIAS-5",
        after([marker(1, listed(STABLE), listed(STABLE_TOO, 1.5))], *BOTH),
        known_as(1, STABLE_TOO, 1),
    ),
    "a double for a seq, beside one that is missing": (
        "ALIAS-5",
        after([marker(1, listed(STABLE, 1.0), {"event_id": STABLE_TOO})], *BOTH),
        known_as(0, STABLE, 1),
    ),
    "an object for the list": ("ALIAS-5", after([UNLISTED], STARTED), known_as(0, STABLE, 1)),
    "an entry beside a malformed one": (
        "ALIAS-5",
        after([marker(1, listed(STABLE)), marker(2, 7, listed(STABLE_TOO))], *BOTH),
        anew(1),
    ),
    "an event under an index id": ("ALIAS-6", after([event(STARTED, 1)], STARTED), anew(0)),
    "an event of another automation": (
        "ALIAS-6",
        after([event(STARTED, 1, correlation_id="b")], STARTED),
        known_as(0, FIRST_ID, 1),
    ),
    "an event of another type": (
        "ALIAS-6",
        after([event(STARTED, 1, event_type="stateful_runtime.node_started")], STARTED),
        known_as(0, FIRST_ID, 1),
    ),
    "members of other types": ("ALIAS-7", after([event(STARTED, 1, payload=RAW), event(COMPLETED, 2)], *BOTH), anew(0)),
    "an occurrence of another type": ("ALIAS-8", after([COUNTED_IN_TEXT, event(COMPLETED, 2)], *BOTH), anew(0)),
    "twins without occurrence": ("ALIAS-8", after([*TWINS], STARTED, STARTED), anew(1)),
    "event by event": (
        "ALIAS-9",
        after(
            [
                marker(1, listed(STABLE, 3), listed(STABLE_TOO, 4)),
                BY_EVENT,
                note(stable(BLOCKED), 5),
                event(BLOCKED, 6),
            ],
            *BOTH,
            BLOCKED,
        ),
        with_snapshot(0, SECOND_ID, 2),
    ),
    "a number that is used twice": (
        "ALIAS-10",
        after([COUNTED, BY_EVENT], STARTED, STARTED),
        known_as(1, SECOND_ID, 2),
    ),
    "an index id that was compacted": (
        "ALIAS-11",
        after([event(STARTED, 1)], STARTED, then=(REMEMBERED,)),
        known_as(0, FIRST_ID, 1),
    ),
    "the index id of the second record that is listed": (
        "ALIAS-11",
        after([event(STARTED, 1, STABLE, {"lifecycle_occurrence": 0}), marker(2, listed(SECOND_ID))], STARTED, STARTED),
        known_as(1, SECOND_ID, 1),
    ),
    "an index id that is listed": (
        "ALIAS-11",
        after([marker(1, listed(FIRST_ID))], STARTED),
        known_as(0, FIRST_ID, 1),
    ),
    "a counter that goes on behind a listed index id": (
        "ALIAS-12",
        after([marker(1, listed(FIRST_ID)), event(STARTED, 5, "left")], STARTED, STARTED),
        lambda step: known_as(1, "left", 5)(anew(0)(step)),
    ),
    "a twin that was compacted": (
        "ALIAS-12",
        after([*TWINS, snapshot(SECOND_ID, 2)], STARTED, STARTED, then=(REMEMBERED,)),
        lambda step: there(1)(with_snapshot(0, FIRST_ID, 1)(step)),
    ),
}


@pytest.mark.parametrize("case", sorted(CASES))
@pytest.mark.parametrize("store", ["files", "memory"])
def test_a_rule_is_judged_where_it_decides(case: str, store: str) -> None:
    requirement, requests, _ = CASES[case]
    step, before = last(*requests, store=store)
    said = {id_: each for id_, each in judgements(step, before).items() if id_ in MINE}
    assert said[requirement]
    assert [each for judged in said.values() for each in judged if not each.holds] == []


@pytest.mark.parametrize("case", sorted(CASES))
def test_a_rule_that_was_broken_is_named(case: str) -> None:
    requirement, requests, doctored = CASES[case]
    step, before = last(*requests)
    assert broken(doctored(step), before) & MINE == {requirement}


def test_all_rules_have_cases() -> None:
    assert {requirement for requirement, *_ in CASES.values()} == MINE


# --- what isn't judged ------------------------------------------------------------------------------------------------


def test_where_no_rule_decides_only_the_outcome_is_judged() -> None:
    step, before = last(project(STARTED), project(STARTED, COMPLETED))
    assert judgements(step, before).keys() & MINE == {"ALIAS-2"}


def test_the_id_and_the_seq_of_a_snapshot_are_told_by_their_names() -> None:
    requests, doctored = CASES["the seq of the snapshot"][1:]
    step, before = last(*requests)
    (told,) = [each for each in judgements(doctored(step), before)["ALIAS-2"] if not each.holds]
    assert told.expected == {"record": 0, "new event": False, "snapshot": {"id": FIRST_ID, "seq": 1}}
    assert told.actual == {"record": 0, "new event": False, "snapshot": {"id": FIRST_ID, "seq": 2}}


def test_what_several_rules_explain_is_told_by_the_outcome_only() -> None:
    # The marker's entry may have been forgotten, or replaced by the event's content.
    requests = [imported(marker(1, listed(stable(STARTED), 3)), event(STARTED, 2)), project(STARTED)]
    step, before = last(*requests)
    assert broken(with_snapshot(0, index_id(STARTED, 1), 2)(step), before) & MINE == {"ALIAS-2"}


def test_earlier_passes_tell_a_special_case_from_the_rule() -> None:
    before = [imported(event(COMPLETED, 1)), project(COMPLETED)]
    raw = imported(event(STARTED, 5, payload=RAW))
    step, trace = last(raw, project(STARTED))
    assert broken(anew(0)(step), trace) & MINE == {"ALIAS-2"}
    # That an event was known by its content before says that the types of the members make the difference.
    step, trace = last(*before, raw, project(COMPLETED, STARTED))
    assert broken(anew(1)(step), trace) & MINE == {"ALIAS-7"}


def test_whoever_looks_up_other_ids_is_not_judged() -> None:
    step, before = last(imported(event(STARTED, 1)), project(STARTED), without={"identify"})
    doctored = anew(0)(step)
    events = [
        {**each, "event_id": f"{each['event_id']}-0"} if each["seq"] == 99 else each
        for each in doctored.shown_after().events
    ]
    assert broken(shown(doctored, step.owner, events=tuple(events)), before) & MINE == set()


def test_twins_of_a_record_with_another_id_are_not_judged() -> None:
    requests = [imported(event(STARTED, 1, "x"), note(STABLE, 2)), project(STARTED, STARTED)]
    step, trace = last(*requests, without={"identify"})
    spoiled = with_snapshot(0, "x", 1)(step)
    assert broken(spoiled, trace) & MINE == {"ALIAS-3"}
    after = spoiled.shown_after().events
    renamed = [{**each, "event_id": "another"} if each not in step.shown_before().events else each for each in after]
    assert broken(shown(spoiled, step.owner, events=tuple(renamed)), trace) & MINE == set()


def test_equal_records_that_may_be_counted_otherwise_break_no_rule_of_the_table() -> None:
    twins = [event(STARTED, 1, "first"), event(STARTED, 1, "second")]
    step, trace = last(imported(*twins), project(STARTED, STARTED), without={"identify"})
    turned = with_snapshot(1, "first", 1)(with_snapshot(0, "second", 1)(step))
    assert broken(turned, trace) & MINE == {"ALIAS-2"}


def test_a_pass_that_was_refused_is_not_judged() -> None:
    refused = project(STARTED, COMPLETED, status="queued")
    step, before = last(imported(event(STARTED, 1)), project(STARTED), refused)
    assert step.refusal == "phase_transition"
    assert judgements(step, before).keys() & MINE == set()
