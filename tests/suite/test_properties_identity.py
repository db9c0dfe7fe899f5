"""The checks of identity and occurrence: judged where they hold, broken one by one."""

import hashlib
from collections.abc import Callable
from functools import partial
from typing import Any

import orjson
import pytest

import builders
from builders import OPEN, run_json
from lifecycle_conformance.execution.trace import Object, Request, Step, Trace
from lifecycle_conformance.model.identity import content_of, is_plain
from traces import answered, broken, executed, held_throughout, judgements, last, last_of, refused, shown

run, project = partial(run_json, run_id="r/ 1"), partial(builders.project, run_id="r/ 1")
MINE = {"ID-1", "ID-2", "ID-3", "ID-4", "ID-5", "ID-6", "ID-7", "OCC-1", "OCC-2", "OCC-3", "DRIVER-8"}
STARTED: Object = {"event": "node_started", "recorded_at_ms": 1, "reason": "why", "stop_kind": "panic", "metadata": 7}
COMPLETED: Object = {**STARTED, "event": "node_completed"}
BARE: Object = {"event": "node_started", "recorded_at_ms": 2, "stop_kind": None}
ODD: Object = {**STARTED, "event": "größe 1"}
NAMELESS: Object = {**STARTED, "event": ""}


def identify(*records: Object, **members: Any) -> Request:
    return "identify", {"run": run(*records, **members)}


def test_each_requirement_is_judged_in_a_session_where_it_holds() -> None:
    session = executed(
        [
            OPEN,
            identify(STARTED, BARE, STARTED, ODD, NAMELESS),
            project(STARTED, BARE, STARTED, ODD, NAMELESS),
            identify(COMPLETED, STARTED, BARE, ODD),
            identify(COMPLETED, STARTED, BARE, ODD, status="paused"),
            project(COMPLETED, STARTED, BARE, ODD),
        ]
    )
    assert held_throughout(session) & MINE == MINE


def test_without_identify_the_events_are_judged() -> None:
    requests = [OPEN, project(STARTED, STARTED, BARE, ODD, NAMELESS), project(COMPLETED, STARTED, STARTED)]
    session = executed([*requests, project(COMPLETED, STARTED, STARTED, status="paused")], without={"identify"})
    assert held_throughout(session) & MINE == {"ID-1", "ID-2", "ID-3", "ID-4", "ID-5", "ID-6", "ID-7", "OCC-1"}


# --- one fault each, in what `identify` answers -----------------------------------------------------------------------

Fault = Callable[[Object, Object, int], Object]
"""What is said of a record otherwise: from what is right, the record and its index."""


def hashed(said: Object, values: Object) -> Object:
    """Another identity, with an id that follows from it."""
    digits = hashlib.sha256(orjson.dumps(values, option=orjson.OPT_SORT_KEYS)).hexdigest()
    event_id = said["event_id"].replace(said["identity"][7:31], digits[:24])
    return {**said, "identity": f"sha256:{digits}", "event_id": event_id}


def renamed(said: Object, old: str, new: str) -> Object:
    return {**said, "event_id": said["event_id"].replace(old, new)}


def counted(said: Object, occurrence: int) -> Object:
    return {**said, "occurrence": occurrence, "event_id": f"{said['event_id'].rpartition('-')[0]}-{occurrence}"}


def values_of(record: Object) -> Object:
    values: Object = orjson.loads(content_of(run(), record))
    return values


def one_more_member(said: Object, record: Object, _: int) -> Object:
    return hashed(said, {**values_of(record), "tenant": "t"})


def nulls_left_out(said: Object, record: Object, _: int) -> Object:
    return hashed(said, {name: value for name, value in values_of(record).items() if value is not None})


def position_in_the_id(said: Object, _: Object, index: int) -> Object:
    return {**said, "event_id": f"{said['event_id']}-{index}"}


def position_in_the_hash(said: Object, record: Object, index: int) -> Object:
    return hashed(said, {**values_of(record), "index": index})


def run_id_made_safe(said: Object, *_: Any) -> Object:
    return renamed(said, "r/ 1", "r--1")


def name_kept(said: Object, *_: Any) -> Object:
    return renamed(said, "gr--e-1", "größe 1")


def empty_name_kept(said: Object, record: Object, _: int) -> Object:
    return said if record["event"] else renamed(said, "-event-", "--")


def never_counted(said: Object, *_: Any) -> Object:
    return counted(said, 0)


@pytest.mark.parametrize(
    ("fault", "records", "right"),
    [
        (one_more_member, [STARTED, BARE], {"ID-1"}),
        (nulls_left_out, [STARTED, BARE], {"ID-2"}),
        (position_in_the_id, [STARTED, BARE], {"ID-5"}),
        (run_id_made_safe, [STARTED], {"ID-5"}),
        (name_kept, [STARTED, ODD], {"ID-6"}),
        (empty_name_kept, [STARTED, NAMELESS], {"ID-7"}),
        (never_counted, [STARTED, STARTED], {"OCC-1"}),
    ],
)
def test_a_fault_breaks_one_requirement(fault: Fault, records: list[Object], right: set[str]) -> None:
    step, before = last(identify(*records))
    assert broken(altered(step, fault), before) & MINE == right


def altered(step: Step, fault: Fault) -> Step:
    said = zip(step.ok["ids"], step.history, strict=True)
    return answered(step, ids=[fault(each, record, index) for index, (each, record) in enumerate(said)])


@pytest.mark.parametrize(
    ("fault", "right"), [(position_in_the_id, {"ID-3", "ID-5"}), (position_in_the_hash, {"ID-1", "ID-3"})]
)
def test_a_position_shows_when_the_record_moves(fault: Fault, right: set[str]) -> None:
    session = executed([OPEN, identify(STARTED, BARE), identify(COMPLETED, STARTED, BARE)])
    first, second = (altered(step, fault) for step in session.trace.steps[1:])
    assert broken(second, Trace([session.trace.steps[0], first])) & MINE == right


def test_a_status_in_the_hash_shows_when_it_changes() -> None:
    step, before = last(identify(STARTED), identify(STARTED, status="paused"))
    doctored = altered(step, lambda said, record, _: hashed(said, {**values_of(record), "status": "paused"}))
    assert broken(doctored, before) & MINE == {"ID-1", "ID-4"}


def test_other_records_that_count_show_when_they_arrive() -> None:
    step, before = last(identify(STARTED), identify(COMPLETED, STARTED))
    doctored = altered(step, lambda said, _, index: counted(said, index))
    assert broken(doctored, before) & MINE == {"OCC-1", "OCC-2"}


def test_equals_that_do_not_move_up_show_when_one_is_removed() -> None:
    step, before = last(identify(STARTED, STARTED), identify(STARTED))
    doctored = altered(step, lambda said, *_: counted(said, 1))
    assert broken(doctored, before) & MINE == {"OCC-1", "OCC-3"}


def test_identify_answers_each_record_in_order() -> None:
    step, before = last(identify(STARTED, BARE))
    ids = step.ok["ids"]
    assert broken(answered(step, ids=ids[:1]), before) & MINE == {"DRIVER-8"}
    assert broken(answered(step, ids=ids[::-1]), before) & MINE == {"DRIVER-8"}


def test_identify_needs_no_store() -> None:
    step, before = last_of(executed([identify(STARTED)]))
    assert broken(step, before) & MINE == set()
    assert broken(refused(step, "invalid_input"), before) & MINE == {"DRIVER-8"}


# --- one fault each, in the events ------------------------------------------------------------------------------------


def event_changed(step: Step, which: int, **members: Any) -> Step:
    events = list(step.shown_after().events)
    events[which] = {**events[which], **members}
    return shown(step, step.owner, events=tuple(events))


def test_a_wrong_occurrence_in_an_event_is_no_fault_of_its_id() -> None:
    step, before = last(project(STARTED, STARTED))
    event = step.shown_after().events[1]
    payload = {**event["payload"], "lifecycle_occurrence": 0}
    event_id = f"{event['event_id'].rpartition('-')[0]}-0"
    assert broken(event_changed(step, 1, payload=payload, event_id=event_id), before) & MINE == {"OCC-1"}


def test_a_wrong_id_of_an_event_is_no_fault_of_its_occurrence() -> None:
    step, before = last(project(STARTED, STARTED))
    event = step.shown_after().events[1]
    assert broken(event_changed(step, 1, event_id=f"{event['event_id']}-1"), before) & MINE == {"ID-5"}


@pytest.mark.parametrize(
    ("again", "right"), [(project(COMPLETED, STARTED), "ID-3"), (project(STARTED, status="paused"), "ID-4")]
)
def test_a_second_event_under_another_id_tells_what_entered_the_id(again: Request, right: str) -> None:
    step, before = last(project(STARTED), again, without={"identify"})
    event = step.shown_before().events[0]
    second = {**event, "event_id": f"{event['event_id']}-1", "seq": 9}
    doctored = shown(step, step.owner, events=(*step.shown_after().events, second))
    assert broken(doctored, before) & MINE == {"ID-5", right}


# --- numbers that are others' business --------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [0.9341825998422749, 1e300, -0.0, 2.0, 2**64 - 1, "ü", "\x7f", {"a": ["😀"]}, [1e-7]])
def test_what_is_read_or_written_in_more_than_one_way_is_not_judged_here(value: Any) -> None:
    assert not is_plain(value)
    step, before = last(identify({**STARTED, "metadata": value}))
    assert "ID-1" not in judgements(step, before)


@pytest.mark.parametrize("value", [None, True, 0, -7, 0.5, 123.25, 'a "b" \\ ~', {"a": [1, {"b": None}]}, []])
def test_what_everybody_reads_alike_is(value: Any) -> None:
    assert is_plain(value)
    step, before = last(identify({**STARTED, "metadata": value}))
    assert judgements(step, before)["ID-1"]
