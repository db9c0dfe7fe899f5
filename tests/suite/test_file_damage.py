"""What happens to files: each session can be executed with the reference, and does what it says."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import Phase, given, seed, settings
from hypothesis import strategies as st

from builders import OPEN, TENANT, lifecycle, pass_over, run_json
from lifecycle_conformance.execution.session import Session
from lifecycle_conformance.execution.trace import Files
from lifecycle_conformance.generation.alphabets import NO_FILE_NAMES
from lifecycle_conformance.generation.file_faults import interruptions, log, snapshots
from lifecycle_conformance.generation.file_faults.requests import Requests, note
from lifecycle_conformance.judges.properties.disk import damage, damaged_snapshots, files, folders, places
from lifecycle_conformance.judges.properties.disk import interruptions as interrupted
from lifecycle_conformance.judges.registry import CHECKS
from lifecycle_conformance.model.file_layout import event_in, lines_of, log_of, path_of
from lifecycle_conformance.model.identity import ids_of
from lifecycle_conformance.model.json_text import is_utf8
from traces import executed

ABOUT_FILES = {each.__name__ for each in (files, folders, damage, damaged_snapshots, interrupted, places)}
OWN = {requirement for each in CHECKS if each.check.__module__ in ABOUT_FILES for requirement in each.requirements}
RECORDS = (
    lifecycle("node_started", 1, metadata={"text": "größe 😀", "number": 1e16}),
    lifecycle("node_completed", 2),
    lifecycle("node_completed", 2),
)
RUN = run_json(*RECORDS)
GROWN = run_json(*RECORDS, lifecycle("node_failed", 3))
CAPABILITIES = frozenset({"json-numbers", "exact-numbers"})


BEFORE = executed([OPEN, pass_over(RUN)])
STEP = BEFORE.trace.steps[-1]
FILES: Files = STEP.files_after or {}
LINES = lines_of(log_of(FILES))[0]

SCENARIOS: dict[str, tuple[Callable[[], st.SearchStrategy[Requests]], set[str]]] = {
    "torn tails": (lambda: log.torn_tails(RUN, FILES), {"FILE-15", "FILE-16", "FILE-17", "FILE-19"}),
    "damaged lines": (lambda: log.damaged_lines(RUN, FILES, CAPABILITIES), {"FILE-18", "FILE-19"}),
    "odd events": (lambda: log.odd_events(RUN, FILES, CAPABILITIES), {"FILE-13", "FILE-14", "FILE-18"}),
    "lost lines": (lambda: log.lost_lines(FILES), {"FILE-18", "FILE-19"}),
    "misplaced": (lambda: snapshots.misplaced_snapshots(RUN, FILES), {"FILE-7", "FILE-13", "FILE-14", "FILE-21"}),
    "foreign folders": (lambda: snapshots.snapshots_in_foreign_folders(RUN, FILES, 60), {"FILE-24", "COMPACT-12"}),
    "spoiled": (lambda: snapshots.spoiled_snapshots(RUN, FILES), {"SNAP-12", "ERR-5", "FILE-21"}),
    "blocked": (lambda: snapshots.blocked_folders(RUN, 1), {"ERR-5", "FILE-21"}),
    "meeting": (lambda: snapshots.meeting_ids(RUN, 1), {"SNAP-11", "ERR-4"}),
    "odd run ids": (lambda: snapshots.odd_run_ids(RUN), {"FILE-4"}),
    "long names": (lambda: snapshots.long_names(RUN, ["queued"], 1), {"FILE-22", "FILE-23"}),
    "interruptions": (lambda: interruptions.interruptions(STEP), {"PASS-14", "FILE-16", "FILE-17"}),
    "changes beneath": (lambda: interruptions.changes_beneath(STEP), {"FILE-26"}),
}


def drawn(strategy: st.SearchStrategy[Requests], sessions: int) -> list[Requests]:
    found: list[Requests] = []

    @seed(7)
    @settings(max_examples=sessions, deadline=None, database=None, phases=[Phase.generate])
    @given(strategy)
    def draw(requests: Requests) -> None:
        found.append(requests)

    draw()
    return found


def execute(requests: Requests) -> Session:
    session = executed([OPEN, pass_over(RUN), *requests, pass_over(GROWN)])
    assert len(session.requests) == len(requests) + 3
    return session


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_can_be_executed_with_the_reference_and_reaches_what_it_is_for(name: str) -> None:
    strategy, aims = SCENARIOS[name]
    reached: Counter[str] = Counter()
    for requests in drawn(strategy(), 40):
        assert json.loads(json.dumps(requests)) == [list(each) for each in requests]
        session = execute(requests)
        judged = [each.judgement for each in session.judgements if each.judgement.requirement in OWN]
        assert [each for each in judged if not each.holds] == []
        reached.update({each.requirement for each in judged})
    assert aims <= reached.keys()


def test_a_tail_is_torn_between_any_two_bytes() -> None:
    line = note(RUN, FILES)
    length = len(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode())
    first = [requests[0] for requests in drawn(log.torn_tails(RUN, FILES), 400)]
    texts = [arguments for op, arguments in first if op == "tear"]
    assert length in {each["bytes"] for each in texts}
    written = [arguments["text"] for op, arguments in first if op == "put"]
    nuls = [text for text in written if text.endswith("}" + "\0" * 64)]
    behind_a_damaged_line = [text for text in written if text.endswith("{\n")]
    assert nuls
    assert behind_a_damaged_line
    assert len(nuls) + len(behind_a_damaged_line) == len(written)
    letters = [each for each in texts if not is_utf8(each["text"].encode()[: each["bytes"]])]
    assert len({each["bytes"] for each in letters}) > 3


@pytest.mark.parametrize("name", SCENARIOS)
def test_no_damage_rests_on_an_array_in_place_of_a_record(name: str) -> None:
    """Feedback B24: readers that go by position take one for a record, and the specification leaves that open."""
    for requests in drawn(SCENARIOS[name][0](), 60):
        for op, arguments in requests:
            lines = arguments["text"].split("\n") if op in {"tear", "put"} and "text" in arguments else []
            assert [line for line in lines if typed_members_that_are_arrays(line)] == []


def typed_members_that_are_arrays(line: str) -> list[str]:
    """What is an array where an event or a snapshot has a record: itself, its scope, the tenant of that."""
    try:
        record = json.loads(line)
    except ValueError:
        return []
    scope = record.get("scope") if isinstance(record, dict) else None
    tenant = scope.get("tenant_context") if isinstance(scope, dict) else None
    return [name for name, value in {"$": record, "scope": scope, "tenant": tenant}.items() if isinstance(value, list)]


def test_arrays_in_place_of_records_would_be_found() -> None:
    assert typed_members_that_are_arrays("[]") == ["$"]
    assert typed_members_that_are_arrays('{"scope": []}') == ["scope"]
    assert typed_members_that_are_arrays('{"scope": {"tenant_context": []}}') == ["tenant"]


def test_a_note_is_an_event_that_is_new() -> None:
    event = note(RUN, FILES)
    line = json.dumps(event, ensure_ascii=False).encode()
    assert event_in(line) is not None
    again = note(RUN, {**FILES, "stateful_events.jsonl": log_of(FILES) + line + b"\n"})
    assert again["event_id"] != event["event_id"]
    assert again["seq"] == event["seq"] + 1 == len(LINES) + 2


def test_numbers_are_put_only_where_they_can_be_read() -> None:
    for numbers, needed in (
        ("[18446744073709551616", "json-numbers"),
        ("[-0", "exact-numbers"),
        (":-0", "exact-numbers"),
    ):
        for capabilities in (frozenset[str](), frozenset({needed})):
            texts = [str(requests) for requests in drawn(log.odd_events(RUN, FILES, capabilities), 300)]
            assert any(numbers in each for each in texts) is (needed in capabilities)


def test_what_there_is_to_damage_is_told() -> None:
    assert not log.is_torn(FILES)
    assert log.is_torn({"stateful_events.jsonl": b"{}\n{"})
    assert snapshots.has_own_snapshots(RUN, FILES)
    assert not snapshots.has_own_snapshots({**RUN, "run_id": "another"}, FILES)
    assert interruptions.can_be_undone(STEP)
    again = executed([OPEN, pass_over(RUN), pass_over(RUN)])
    assert not interruptions.can_be_undone(again.trace.steps[-1])
    assert not interruptions.can_be_undone(BEFORE.trace.steps[0])
    assert not interruptions.can_be_undone(None)


def test_an_interruption_leaves_a_part_of_what_the_pass_wrote_in_its_order() -> None:
    paths = [path_of(RUN["run_id"], each) for each in ids_of(RUN)]
    parts = set()
    for requests in drawn(interruptions.interruptions(STEP), 100):
        assert requests[-2] == ("restart", {"kill": True})
        session = executed([OPEN, pass_over(RUN), *requests[:-2]])
        left = session.trace.steps[-1].files_after or {}
        whole, _ = lines_of(log_of(left))
        events, snapshots = len(whole), [path in left for path in paths]
        assert whole == LINES[:events]
        assert snapshots == sorted(snapshots, reverse=True)
        assert events - sum(snapshots) in {0, 1} or events == len(RECORDS) or not any(snapshots)
        parts.add((events, sum(snapshots)))
    number = len(RECORDS)
    by_record = {(at + more, at) for at in range(number) for more in (0, 1)}
    events_first = {*((at, 0) for at in range(number + 1)), *((number, at) for at in range(number))}
    assert parts == by_record | events_first


@pytest.mark.parametrize("run_id", NO_FILE_NAMES)
def test_scenarios_fit_runs_whose_ids_are_no_names(run_id: str) -> None:
    run: Any = {**RUN, "run_id": run_id}
    step = executed([OPEN, pass_over(run)]).trace.steps[-1]
    left = step.files_after or {}
    for strategy in (
        log.torn_tails(run, left),
        snapshots.misplaced_snapshots(run, left),
        snapshots.snapshots_in_foreign_folders(run, left, 60),
        snapshots.spoiled_snapshots(run, left),
        snapshots.meeting_ids(run, 1),
        interruptions.interruptions(step),
        interruptions.changes_beneath(step),
    ):
        for requests in drawn(strategy, 4):
            session = executed([OPEN, pass_over(run), *requests, pass_over(run)])
            failed = [each.judgement for each in session.judgements if not each.judgement.holds]
            assert [each for each in failed if each.requirement in OWN] == []
            assert len(session.requests) == len(requests) + 3


def test_another_tenant_is_never_the_runs_own() -> None:
    requests = [each for session in drawn(snapshots.meeting_ids(RUN, 1), 60) for each in session]
    tenants = [each[1]["run"]["tenant_context"] for each in requests if each[0] == "project"]
    others = {each["org_id"] for each in tenants} - {TENANT["org_id"]}
    assert others
    assert all(each.startswith("org-größe/1-") for each in others)
