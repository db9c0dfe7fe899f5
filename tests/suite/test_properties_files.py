"""The checks of files on disk: each holds for the reference, and finds exactly its own fault in a step made wrong."""

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import orjson
import pytest
from attrs import evolve

from builders import OPEN, RUN_ID, TENANT, event, lifecycle, pass_over, project, run_json, whole_snapshot
from lifecycle_conformance.driver.interface import Answer, Refusal
from lifecycle_conformance.execution.file_operations import LOG
from lifecycle_conformance.execution.trace import Request, Step, Trace
from lifecycle_conformance.generation.file_faults.snapshots import LONG_NAME
from lifecycle_conformance.judges.properties.disk import (
    damage,
    damaged_snapshots,
    files,
    folders,
    interruptions,
    places,
)
from lifecycle_conformance.judges.registry import CHECKS
from lifecycle_conformance.model.file_layout import path_of, segment
from lifecycle_conformance.model.identity import ids_of
from lifecycle_conformance.mutants import MUTANTS
from lifecycle_conformance.specification.requirements import code_spans, tables
from traces import OWNER, answered, broken, broken_in, executed, judgements, last_of, shown

Json: TypeAlias = Any
ABOUT_FILES = {each.__name__ for each in (files, folders, damage, damaged_snapshots, interruptions, places)}
OWN = {requirement for each in CHECKS if each.check.__module__ in ABOUT_FILES for requirement in each.requirements}
RECORDS = (
    lifecycle("node_started", 1, metadata={"text": "größe 😀", "number": 1e16, "b": {"z": 1, "a": 2}}),
    lifecycle("node_completed", 2),
)
RUN = run_json(*RECORDS)
GROWN = run_json(*RECORDS, lifecycle("node_failed", 3))
FIRST, SECOND = ids_of(RUN)
PATH, SECOND_PATH = path_of(RUN_ID, FIRST), path_of(RUN_ID, SECOND)
SCOPE = {"schema_version": 1, "tenant_context": TENANT}
FOLDER = f"stateful_snapshots/{RUN_ID}"


def put(path: str, content: Json) -> Request:
    text = content if isinstance(content, str) else pretty(content).decode()
    return "put", {"path": path, "text": text}


def tear(text: str, bytes_: int | None = None) -> Request:
    return "tear", {"text": text, "bytes": len(text.encode()) if bytes_ is None else bytes_}


def remove(path: str) -> Request:
    return "remove", {"path": path}


def note(**members: Json) -> str:
    note = event("note-1", 9, 1, schema_version=1, scope=SCOPE, payload=None)
    return orjson.dumps({**note, **members}).decode()


def snapshot(**members: Json) -> Json:
    return whole_snapshot(**{"snapshot_id": "spare", "created_at_ms": 1, **members})


def last(*requests: Request) -> tuple[Step, Trace]:
    """The last step of a session with an open store, and the trace before it; nothing is wrong with its files."""
    session = executed([OPEN, *requests])
    assert len(session.requests) == len(requests) + 1
    assert broken_in(session) & OWN == set()
    return last_of(session)


def left(step: Step, changes: Mapping[str, bytes | None]) -> Step:
    """A step after which some files hold something else, or are gone."""
    files = {**(step.files_after or {}), **changes}
    return evolve(step, files_after={path: text for path, text in files.items() if text is not None})


def beside(name: str, content: Json) -> Request:
    """A file in the folder of the run's snapshots."""
    return put(f"{FOLDER}/{name}", content)


def line(text: str) -> Request:
    """A whole line behind the log."""
    return tear(f"{text}\n")


def log_of(step: Step) -> bytes:
    return (step.files_after or {})[LOG]


def log_left(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[Step], Step]:
    """Make the log end up with other lines."""
    return lambda step: left(step, {LOG: b"".join(change(log_of(step).splitlines(keepends=True)))})


def lines_left(*indexes: int) -> Callable[[Step], Step]:
    return log_left(lambda lines: [lines[index] for index in indexes])


def replaced(old: bytes, new: bytes) -> Callable[[Step], Step]:
    return log_left(lambda lines: [each.replace(old, new) for each in lines])


def rewritten(change: Callable[[Json], Json]) -> Callable[[Step], Step]:
    """Make each line of the log end up as another value."""
    return log_left(lambda lines: [orjson.dumps(change(json.loads(line))) + b"\n" for line in lines])


def file_left(change: Callable[[bytes], bytes]) -> Callable[[Step], Step]:
    """Make the first snapshot's file end up with another text."""
    return lambda step: left(step, {PATH: change((step.files_after or {})[PATH])})


def moved(path: str, to: str) -> Callable[[Step], Step]:
    return lambda step: left(step, {path: None, to: (step.files_after or {})[path]})


def backwards(value: Json) -> Json:
    return dict(reversed(value.items()))


def events_shown(change: Callable[[list[Json]], list[Json]]) -> Callable[[Step], Step]:
    return lambda step: shown(step, OWNER, events=tuple(change([*step.after[OWNER].events])))


def first_events(count: int) -> Callable[[Step], Step]:
    return events_shown(lambda events: events[:count])


def last_line_not_shown(step: Step) -> Step:
    before = step.before[OWNER]
    return evolve(step, before={**step.before, OWNER: evolve(before, events=before.events[:-1])})


def another_event(event: Json) -> Callable[[Step], Step]:
    return events_shown(lambda events: [*events, event])


def went_on(step: Step) -> Step:
    """Make a pass that was stopped at its third record append the event of the fourth all the same."""
    whole, _ = last(pass_over(run_json(*RECORDS, lifecycle("node_blocked", 3), step.history[3])))
    event = whole.after[OWNER].events[3]
    return log_left(lambda lines: [*lines, orjson.dumps(event) + b"\n"])(another_event(event)(step))


def payload_shown(payload: Json) -> Callable[[Step], Step]:
    """Show another payload of the third event."""
    return events_shown(lambda events: [*events[:2], {**events[2], "payload": payload}])


def snapshots_shown(change: Callable[[list[Json]], list[Json]]) -> Callable[[Step], Step]:
    return lambda step: shown(step, OWNER, snapshots=tuple(change([*step.after[OWNER].snapshots])))


def refused(kind: str, message: str = "", **data: Json) -> Callable[[Step], Step]:
    return lambda step: evolve(step, answer=Answer(error=Refusal(kind, message, data)))


def shortened(count: int) -> Callable[[Step], Step]:
    """Make the log end up with fewer lines, and no more of it be shown."""
    shorter = log_left(lambda lines: lines[:count])
    return lambda step: shorter(first_events(count)(step))


def pretty(value: Json) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2)


def passed(step: Step) -> Step:
    return answered(step, projected=0)


def odd_folder(step: Step) -> Step:
    """Make the one snapshot of a step end up beside the folders, as a run id that is a dot may."""
    (path,) = (path for path in step.files_after or {} if path != LOG)
    return moved(path, path.replace("/_/", "/"))(step)


ODD_RUN = run_json(lifecycle("node_started", 1), run_id="a/b")
LONG_RUN = run_json(*RECORDS, lifecycle(LONG_NAME, 3))
LONG_ID = ids_of(LONG_RUN)[2]
LONGER_RUN = run_json(*RECORDS, lifecycle(LONG_NAME, 3), lifecycle("node_failed", 4))
QUEUED = {**LONG_RUN, "status": "queued"}
QUEUED_SHORT = {**GROWN, "status": "queued"}
FOREIGN = run_json(*RECORDS, tenant_context={"org_id": "org-b", "workspace_id": "ws-a"})
ANOTHERS = snapshot(snapshot_id=FIRST, run_id="run-2")
COMPACT: Request = ("compact", {"retention_ms": 1, "now_ms": 3})
IN_VAIN: Request = ("compact", {"retention_ms": 9, "now_ms": 9})
PRUNE: Request = ("prune", {"retention_ms": 1, "now_ms": 100, "keep": 1})
PHASELESS = {name: value for name, value in snapshot(snapshot_id="left").items() if "phase" not in name}
PASSED, PASSED_GROWN = pass_over(RUN), pass_over(GROWN)
TWICE = note(seq=5)[:-1] + ',"seq":6}'
DAMAGED = "no event\n"
EMPTY = project()
ODD_ID = ids_of(ODD_RUN)[0]
ODD_PATH = path_of("a/b", ODD_ID)
LETTER = note(event_id="note-ö")
KILL: Request = ("restart", {"kill": True})
BLOCKED = [EMPTY, put(PATH, ANOTHERS), PASSED]
SPOILT = [EMPTY, put(PATH, "{"), PASSED]
LOST = [put(LOG, ""), remove(PATH), remove(SECOND_PATH)]
CONFLICT = {"from_phase": "queued", "to_phase": "queued", "lifecycle_index": 0, "projected": 0}


@pytest.mark.parametrize(
    ("requirement", "requests", "spoil"),
    [
        # --- writing
        ("FILE-1", [PASSED], log_left(lambda lines: [*lines[:-1], lines[-1][:-1]])),
        ("FILE-1", [PASSED], replaced(b'"seq":', b'"seq": ')),
        ("FILE-1", [PASSED], log_left(lambda lines: lines[::-1])),
        ("FILE-1", [PASSED], replaced(b"e+16", b"e16")),
        ("FILE-1", [PASSED], lambda step: left(step, {LOG: None})),
        ("FILE-1", [PASSED], replaced(b"running", b"queued")),
        ("FILE-1", [PASSED, PASSED_GROWN], lines_left(1, 0, 2)),
        ("FILE-1", [PASSED, COMPACT], replaced(b'"seq":', b'"seq" :')),
        ("FILE-1", [PASSED, COMPACT], events_shown(lambda events: [*events, {**events[0], "seq": 77}])),
        ("FILE-3", [PASSED], moved(PATH, f"stateful_snapshots/{FIRST}.json")),
        ("FILE-3", [PASSED], moved(PATH, PATH.replace(RUN_ID, "run_1"))),
        ("FILE-4", [pass_over(ODD_RUN)], moved(ODD_PATH, f"stateful_snapshots/a-b/{segment(ODD_ID)}.json")),
        ("FILE-4", [pass_over({**ODD_RUN, "run_id": "."})], odd_folder),
        ("FILE-5", [PASSED], file_left(lambda text: text + b"\n")),
        ("FILE-5", [PASSED], file_left(lambda text: orjson.dumps(json.loads(text)))),
        ("FILE-5", [PASSED], file_left(lambda text: text[:-2])),
        ("FILE-7", [PASSED], lambda step: left(step, {".lock": b""})),
        ("FILE-7", [PASSED], lambda step: left(step, {f"{PATH}.tmp": b""})),
        ("FILE-7", [put(f"{PATH}.tmp", "{"), PASSED], lambda step: left(step, {f"{PATH}.tmp": b"{"})),
        ("FILE-7", [PASSED, beside("spare.json.tmp", snapshot())], snapshots_shown(lambda each: [*each, snapshot()])),
        ("FILE-8", [PASSED], rewritten(backwards)),
        ("FILE-8", [PASSED], rewritten(lambda event: {**event, "scope": backwards(event["scope"])})),
        ("FILE-8", [PASSED], rewritten(lambda event: {**event, "scope": {**event["scope"], "data_classes": []}})),
        (
            "FILE-8",
            [PASSED],
            file_left(lambda text: orjson.dumps(backwards(json.loads(text)), option=orjson.OPT_INDENT_2)),
        ),
        ("FILE-9", [PASSED], rewritten(lambda event: {**event, "payload": backwards(event["payload"])})),
        ("FILE-13", [PASSED, line(note(unknown=1, seq=9)), COMPACT], rewritten(lambda event: {**event, "unknown": 1})),
        (
            "COMPACT-12",
            [PASSED, line(note()), tear(DAMAGED), COMPACT],
            log_left(lambda lines: [*lines, DAMAGED.encode()]),
        ),
        ("COMPACT-12", [PASSED, line(note(seq=2, occurred_at_ms=9)), COMPACT], log_left(lambda lines: lines[::-1])),
        ("COMPACT-5", [PASSED, line(DAMAGED), IN_VAIN], lines_left(0, 1)),
        # --- reading a damaged log
        ("FILE-13", [PASSED, line(note(unknown=1))], first_events(2)),
        ("FILE-14", [PASSED, line(TWICE)], another_event(json.loads(note(seq=6)))),
        ("FILE-14", [PASSED, line(note(payload=["x"]).replace('"x"', "-0"))], payload_shown([0])),
        ("FILE-14", [PASSED, line(note(payload="x").replace("x", "\\ud800"))], another_event(json.loads(note()))),
        ("FILE-14", [PASSED, line(note(payload={"a": 2}).replace('"a"', '"a":1,"a"'))], payload_shown({"a": 1})),
        ("FILE-17", [PASSED, tear(note())], first_events(2)),
        ("FILE-17", [PASSED, tear(note(), 20)], first_events(1)),
        ("FILE-17", [PASSED, tear(note(), 20)], log_left(lambda lines: lines[:-1])),
        (
            "FILE-17",
            [PASSED, tear(note()), ("identify", {"run": RUN})],
            log_left(lambda lines: [*lines[:-1], lines[-1] + b"\n"]),
        ),
        ("FILE-17", [PASSED, tear(note()), ("identify", {"run": RUN})], last_line_not_shown),
        ("FILE-17", [PASSED, tear("{"), PASSED], log_left(lambda lines: lines[:-1])),
        ("FILE-18", [PASSED, tear(DAMAGED)], events_shown(lambda _: [])),
        ("FILE-18", [PASSED, line(note().replace(",", ",\r"))], first_events(2)),
        ("FILE-18", [PASSED, tear(DAMAGED), PASSED_GROWN], lines_left(0, 1, 3)),
        ("FILE-19", [PASSED, tear(LETTER, LETTER.encode().index(b"\xc3") + 1)], events_shown(lambda _: [])),
        ("FILE-19", [PASSED, tear("ü", 1), PASSED_GROWN], log_left(lambda lines: [*lines[:2], b"\xc3\n", lines[2]])),
        ("FILE-18", [PASSED, tear(DAMAGED), PASSED_GROWN], first_events(2)),
        # --- mending it
        ("FILE-15", [PASSED, tear("[1]"), PASSED_GROWN], lines_left(0, 1, 3)),
        ("FILE-15", [PASSED, tear("[1]"), IN_VAIN], log_left(lambda lines: lines[:2])),
        ("FILE-16", [PASSED, tear("{"), PASSED_GROWN], log_left(lambda lines: [*lines[:2], b"{\n", lines[2]])),
        ("FILE-16", [PASSED, tear("{"), IN_VAIN], log_left(lambda lines: [*lines, b"{"])),
        ("FILE-16", [PASSED, tear("{"), IN_VAIN], log_left(lambda lines: lines[:1])),
        # --- listing and looking up
        ("FILE-21", [PASSED, beside("any name.json", snapshot())], snapshots_shown(lambda each: each[1:])),
        ("FILE-21", [PASSED, beside("x.json", "{")], snapshots_shown(lambda _: [])),
        (
            "FILE-21",
            [PASSED, beside("x.json", snapshot(run_id="run-2"))],
            snapshots_shown(lambda each: [*each, snapshot()]),
        ),
        ("FILE-13", [PASSED, beside("x.json", snapshot(unknown=1))], snapshots_shown(lambda each: each[1:])),
        (
            "FILE-14",
            [PASSED, beside("x.json", json.dumps(snapshot())[:-1] + ', "status": "paused"}')],
            snapshots_shown(lambda each: [{**one, "status": "running"} for one in each]),
        ),
        ("FILE-22", [PASSED, pass_over(QUEUED_SHORT), pass_over(QUEUED)], refused("storage", LONG_ID)),
        ("FILE-23", [pass_over(LONG_RUN)], refused("internal")),
        ("FILE-23", [pass_over(LONG_RUN)], refused("storage", "no space left")),
        ("FILE-23", [pass_over(LONG_RUN)], shortened(2)),
        ("PASS-10", [pass_over(LONGER_RUN)], went_on),
        (
            "FILE-24",
            [PASSED, put("stateful_snapshots/else/x.json", snapshot(seq=9)), PRUNE],
            lambda step: left(step, {SECOND_PATH: (step.files_before or {})[SECOND_PATH]}),
        ),
        (
            "SNAP-9",
            [EMPTY, beside("left.json", PHASELESS), PASSED],
            lambda step: left(step, {f"{FOLDER}/left.json": pretty(snapshot(snapshot_id="left"))}),
        ),
        # --- conflicts and storage errors
        ("SNAP-11", BLOCKED, refused("phase_transition", FIRST, **CONFLICT)),
        ("SNAP-11", BLOCKED, file_left(lambda _: b"{}")),
        ("SNAP-11", BLOCKED, shortened(0)),
        ("ERR-4", BLOCKED, refused("storage_conflict", snapshot_id="another")),
        ("ERR-4", [PASSED, pass_over(FOREIGN)], refused("storage_conflict")),
        ("SNAP-12", SPOILT, passed),
        ("SNAP-12", SPOILT, file_left(lambda _: pretty(snapshot()))),
        ("ERR-5", SPOILT, refused("storage", "something is damaged")),
        ("ERR-5", SPOILT, refused("storage", PATH, projected=1)),
        ("ERR-5", [PASSED, put(PATH, "{"), PASSED], lambda step: left(step, {SECOND_PATH: None})),
        ("ERR-5", [put(FOLDER, ""), PASSED], passed),
        ("ERR-5", [PASSED, put(PATH, "{"), PASSED, remove(PATH), PASSED], refused("storage")),
        # --- interruptions
        ("PASS-14", [PASSED, *LOST, KILL, PASSED], shortened(1)),
        (
            "PASS-14",
            [PASSED, remove(SECOND_PATH), put(f"{SECOND_PATH}.tmp", "{"), KILL, PASSED],
            snapshots_shown(lambda each: each[:1]),
        ),
        # --- files that change beneath a living process
        ("FILE-26", [PASSED, *LOST, PASSED], shortened(1)),
        ("FILE-26", [PASSED, remove(SECOND_PATH), PASSED], snapshots_shown(lambda each: each[:1])),
        ("FILE-26", [PASSED, line(note())], first_events(2)),
        (
            "FILE-26",
            [EMPTY, *(put(PATH, snapshot(snapshot_id=FIRST, created_at_ms=time)) for time in (1, 2))],
            snapshots_shown(lambda each: [{**each[0], "created_at_ms": 1}]),
        ),
        # --- a snapshot under another name
        (
            "FILE-22",
            [PASSED, beside("other.json", snapshot(snapshot_id=FIRST)), remove(PATH), PASSED],
            lambda step: left(step, {PATH: None}),
        ),
        ("PASS-14", [PASSED, remove(SECOND_PATH), KILL, PASSED], refused("storage")),
    ],
)
def test_a_fault_is_found_under_its_own_requirement(
    requirement: str, requests: list[Request], spoil: Callable[[Step], Step]
) -> None:
    step, trace = last(*requests)
    assert all(each.holds for each in judgements(step, trace)[requirement])
    assert broken(spoil(step), trace) & OWN == {requirement}


def test_all_requirements_about_files_are_judged_but_those_of_other_checks() -> None:
    assert {
        *(f"FILE-{n}" for n in (1, 3, 4, 5, 7, 8, 9, *range(13, 20), *range(21, 25), 26)),
        *("SNAP-9", "SNAP-11", "SNAP-12", "COMPACT-5", "COMPACT-12", "ERR-4", "ERR-5", "PASS-10", "PASS-14"),
    } == OWN


# --- what must not be judged ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "requests",
    [
        # What stands in the files of a run that wasn't looked at before is nothing that a pass wrote.
        [put(f"{FOLDER}/any name.json", snapshot()), PASSED],
        [put(LOG, note() + "\n"), PASSED],
        # A snapshot for the second record was lost, that of the first is there: no interruption leaves it like that.
        [PASSED, remove(PATH), PASSED],
        [PASSED, put(LOG, ""), PASSED],
        # A torn tail that is completed is one more line like a damaged one.
        [PASSED, tear("7\n"), tear("7"), PASSED_GROWN],
        # Another pass came between.
        [PASSED, remove(SECOND_PATH), PASSED_GROWN, PASSED],
    ],
)
def test_what_the_suite_did_itself_is_held_against_nobody(requests: list[Request]) -> None:
    step, trace = last(*requests)
    said = judgements(step, trace)
    assert "PASS-14" not in said
    assert {id_ for id_ in said.keys() & OWN if not all(each.holds for each in said[id_])} == set()


def test_a_snapshot_that_stands_elsewhere_is_none_that_a_pass_finds() -> None:
    """The guard is asked for it, as if it were lost (FILE-22), though it is shown (FILE-21)."""
    files = last(pass_over({**RUN, "status": "running"}))[0].files_after or {}
    moved = [put(f"{FOLDER}/another.json", files[SECOND_PATH].decode()), remove(SECOND_PATH)]
    step, trace = last(pass_over({**RUN, "status": "running"}), *moved, pass_over({**RUN, "status": "queued"}))
    assert step.refusal == "phase_transition"
    assert broken(step, trace) == set()


def test_doubles_that_are_read_wrong_are_held_against_numbers_only() -> None:
    """The log is right where the implementation shows a neighbour of a double in it (H9)."""
    step, trace = last(project(lifecycle("node_started", 1, metadata=0.1234567890123456)))

    def misread(events: list[Json]) -> list[Json]:
        payload = {**events[0]["payload"], "metadata": 0.12345678901234559}
        return [{**events[0], "payload": payload}]

    assert broken(events_shown(misread)(step), trace) & OWN == set()


def test_numbers_are_asked_only_of_those_who_can_read_them() -> None:
    line = note(payload=["x"]).replace('"x"', "-0") + "\n"
    for without, asked in (((), True), (("exact-numbers",), False)):
        session = executed([OPEN, PASSED, tear(line)], without=without)
        assert ("FILE-14" in judgements(*last_of(session))) is asked


def test_without_the_layout_nothing_is_judged() -> None:
    session = executed([OPEN, PASSED, pass_over(FOREIGN), pass_over(LONG_RUN)], store="memory")
    assert {each.judgement.requirement for each in session.judgements} & OWN == set()


def test_checks_read_paths_as_the_tables_of_the_specification_say() -> None:
    for row in tables()["examples.segment"]:
        (name,), (expected,) = code_spans(row["id"]), code_spans(row["segment"])
        assert segment(name) == expected


# --- faulty implementations -------------------------------------------------------------------------------------------


def test_a_log_that_reads_as_empty_breaks_one_requirement() -> None:
    """Bytes that are no UTF-8 anywhere make production's log read as empty (H14)."""
    line = note(event_id="note-ü")
    with MUTANTS["broken-text-empties-the-log"].applied():
        session = executed([OPEN, PASSED, tear(line, line.encode().index(b"\xc3") + 1), PASSED, PASSED_GROWN])
    assert broken_in(session) == {"FILE-19"}
    assert session.requests[-1][0] == "tear"


def test_overwriting_anothers_snapshot_breaks_one_requirement() -> None:
    """Production takes another's snapshot for absent and writes its own in its place (H3)."""
    with MUTANTS["anothers-snapshot-overwritten"].applied():
        for requests in ([PASSED, pass_over(FOREIGN), PASSED], [EMPTY, put(PATH, ANOTHERS), PASSED]):
            assert broken_in(executed([OPEN, *requests])) & OWN == {"SNAP-11"}
