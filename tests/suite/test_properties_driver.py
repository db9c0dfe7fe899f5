"""The checks of the driver protocol: each holds with the reference, is really made, and fails alone when it must."""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from builders import OPEN, TENANT, event, imported, lifecycle, pass_over, run_json, snapshot
from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.driver.interface import STILL_RUNNING
from lifecycle_conformance.execution import session as execution
from lifecycle_conformance.execution.trace import Object, Owner, Request, Shown, Step, Trace
from lifecycle_conformance.mutants import MUTANTS
from traces import OWNER, answered, broken, broken_in, executed, judgements, last_of, refused, shown

OF_THE_PROTOCOL = ("DRIVER-", "FILE-25")
OTHER: Request = ("open", {"store": 1})
GREET: Request = ("greet", {})
RUN = run_json(lifecycle("node_started", 5), lifecycle("node_completed", 6, metadata={"node_id": "n"}))
PASS = pass_over(RUN)
IDENTIFY: Request = ("identify", {"run": RUN})
HELLO: Request = ("hello", {"protocols": [7, 1]})
SAY: Request = ("say", {"line": "{"})
EVENT = event("left-1", 3, 5, tenant={"org_id": "org-a", "workspace_id": "ws-a", "actor_id": None})
SNAPSHOT = snapshot(
    "left-1",
    3,
    5,
    scope={"tenant_context": TENANT, "data_classes": []},
    status="paused",
    phase_history=[],
    checkpoint={"x": [1, 0.5, None]},
)
SECOND: Object = {**EVENT, "event_id": "left-2", "payload": []}
APPEND: Request = ("append", {"tenant": {**TENANT, "actor_id": "someone"}, "event": {**EVENT, "event_id": "by-hand"}})
COMPACT: Request = ("compact", {"retention_ms": 1, "now_ms": 2})


def last(*requests: Request, store: str = "files", without: tuple[str, ...] = ()) -> tuple[Step, Trace]:
    """The last step of a session, and the trace before it; the protocol is kept."""
    session = executed(requests, store, without)
    assert len(session.trace.steps) == len(requests)
    assert broken_in(session, OF_THE_PROTOCOL) == set()
    return last_of(session)


def refusing(kind: str) -> Callable[[Step], Step]:
    return lambda step: refused(step, kind)


def answering(**ok: Any) -> Callable[[Step], Step]:
    return lambda step: answered(step, **{**step.ok, **ok})


def showing(events: int | None = None, snapshots: int | None = None) -> Callable[[Step], Step]:
    """Show only the first events and snapshots of the run."""

    def doctored(step: Step) -> Step:
        before = step.after[OWNER]
        return shown(step, OWNER, events=before.events[:events], snapshots=before.snapshots[:snapshots])

    return doctored


def showing_otherwise(name: str, at: int, **members: Any) -> Callable[[Step], Step]:
    """Show an event or a snapshot of the run with other members."""

    def doctored(step: Step) -> Step:
        records = [*getattr(step.after[OWNER], name)]
        records[at] = {**records[at], **members}
        return shown(step, OWNER, **{name: tuple(records)})

    return doctored


def showing_a_stranger(step: Step) -> Step:
    """Show an event where nothing was stored."""
    event = {**EVENT, "schema_version": 1, "payload": None}
    return evolve(step, after={**step.after, OWNER: Shown(events=(event,))})


def without_a_file(step: Step) -> Step:
    assert step.files_after is not None
    return evolve(step, files_after=dict(list(step.files_after.items())[1:]))


def with_the_log_reversed(step: Step) -> Step:
    assert step.files_before is not None
    assert step.files_after is not None
    name = "stateful_events.jsonl"
    old, new = step.files_before.get(name, b""), step.files_after[name]
    turned = b"".join(reversed(new[len(old) :].splitlines(keepends=True)))
    return evolve(step, files_after={**step.files_after, name: old + turned})


def in_an_empty_directory(step: Step) -> Step:
    """Show what was recorded, though nothing is there."""
    return evolve(step, files_after={})


def unusable(step: Step) -> Step:
    """Refuse to record anything."""
    return in_an_empty_directory(refused(showing(events=0, snapshots=0)(step), "storage"))


RESTART: Request = ("restart", {"kill": False})
KILL: Request = ("restart", {"kill": True})

CASES: list[tuple[str, list[Request], Callable[[Step], Step]]] = [
    ("DRIVER-3", [GREET, HELLO], answering(protocol=2)),
    ("DRIVER-3", [GREET, HELLO], answering(protocol=True)),
    ("DRIVER-3", [GREET, HELLO], answering(capabilities=["durable", "telepathy"])),
    ("DRIVER-3", [GREET, HELLO], answering(capabilities="all")),
    ("DRIVER-3", [GREET, HELLO], refusing("unsupported")),
    ("DRIVER-5", [OPEN, COMPACT], answering(took_ms=3)),
    ("DRIVER-5", [OPEN, COMPACT], answered),
    ("DRIVER-3", [OPEN, COMPACT], refusing("unsupported")),
    ("DRIVER-5", [OPEN, PASS], refusing("unsupported")),
    ("DRIVER-5", [OPEN, COMPACT], refusing("invalid_input")),
    ("DRIVER-6", [OPEN, PASS, OTHER], showing_a_stranger),
    ("DRIVER-6", [OPEN, PASS, OTHER], refusing("storage")),
    ("DRIVER-6", [OPEN, PASS], in_an_empty_directory),
    ("DRIVER-6", [OPEN, PASS], unusable),
    ("DRIVER-7", [OPEN, PASS, OTHER, OPEN], showing(events=0, snapshots=0)),
    ("DRIVER-7", [OPEN, PASS, OTHER, OPEN], showing(events=1)),
    ("DRIVER-7", [OPEN, PASS, OTHER, OPEN], showing_otherwise("snapshots", 1, seq=7)),
    ("DRIVER-7", [OPEN, PASS, RESTART], showing(snapshots=1)),
    ("DRIVER-9", [OPEN, imported(EVENT, EVENT)], showing(events=1)),
    ("DRIVER-9", [OPEN, PASS, imported(SECOND)], showing_otherwise("events", 2, payload=None)),
    ("DRIVER-9", [OPEN, imported(EVENT)], showing_otherwise("events", 0, causation_id="x")),
    ("DRIVER-9", [OPEN, imported(SNAPSHOT)], showing(snapshots=0)),
    ("DRIVER-9", [OPEN, imported(SNAPSHOT)], showing_otherwise("snapshots", 0, checkpoint={"x": [2]})),
    ("DRIVER-9", [OPEN, imported(EVENT)], refusing("storage_conflict")),
    ("DRIVER-9", [OPEN, PASS, imported(EVENT, SECOND)], with_the_log_reversed),
    ("DRIVER-10", [OPEN, APPEND], refusing("invalid_input")),
    ("DRIVER-12", [SAY], refusing("unsupported")),
    ("DRIVER-12", [OPEN, SAY], answered),
    ("DRIVER-16", [GREET], answering(exit_status=1)),
    ("DRIVER-16", [GREET], answering(exit_status=STILL_RUNNING)),
    ("DRIVER-16", [OPEN, PASS, RESTART], answering(exit_status=-15)),
    ("DRIVER-17", [GREET, HELLO, GREET, HELLO], answering(version="as of 10:42")),
    ("FILE-25", [OPEN, PASS, KILL], showing(events=1)),
    ("FILE-25", [OPEN, PASS, KILL], refusing("storage")),
    ("FILE-25", [OPEN, PASS, KILL], without_a_file),
]


@pytest.mark.parametrize(
    ("requirement", "requests", "doctored"), CASES, ids=lambda each: each.__name__ if callable(each) else str(each)[:60]
)
def test_a_requirement_is_judged_and_fails_alone(
    requirement: str, requests: list[Request], doctored: Callable[[Step], Step]
) -> None:
    step, trace = last(*requests)
    assert requirement in judgements(step, trace)
    wrong = doctored(step)
    assert broken(wrong, trace, OF_THE_PROTOCOL) == {requirement}


def test_without_durability_another_open_shows_nothing() -> None:
    """DRIVER-7: the reference in memory, and one that remembers."""
    step, trace = last(OPEN, PASS, OTHER, OPEN, store="memory")
    assert all(each.holds for each in judgements(step, trace)["DRIVER-7"])
    assert broken(showing_a_stranger(step), trace, OF_THE_PROTOCOL) == {"DRIVER-7"}


def test_a_known_number_is_another_store_if_it_is_empty() -> None:
    """DRIVER-6 is judged only where something else might be shown, DRIVER-7 only where something was there."""
    for requests in ([OPEN], [OPEN, OTHER], [GREET, OPEN]):
        step, trace = last(*requests)
        assert not {"DRIVER-6", "DRIVER-7"} & judgements(step, trace).keys()
    for requests in ([OPEN, OPEN], [OPEN, RESTART], [OPEN, KILL]):
        step, trace = last(*requests)
        assert not {"DRIVER-7", "FILE-25"} & judgements(step, trace).keys()


def test_owners_of_whom_a_store_had_shown_nothing_are_no_matter_of_opening_it_again() -> None:
    """DRIVER-7: a fault in who sees what is told elsewhere."""
    foreign = {**EVENT, "scope": {"tenant_context": {**TENANT, "org_id": "org-b"}}}
    step, trace = last(OPEN, PASS, OTHER, imported(foreign), OPEN)
    stranger = Owner(("org-b", "ws-a", None), "run-1")
    seen_by_all = evolve(step, after={**step.after, stranger: step.after[OWNER]})
    assert "DRIVER-7" in judgements(seen_by_all, trace)
    assert "DRIVER-7" not in broken(seen_by_all, trace)


@pytest.mark.parametrize("restart", [OPEN, RESTART, KILL, imported(EVENT)])
def test_damaged_files_are_judged_elsewhere(restart: Request) -> None:
    torn: Request = ("tear", {"text": '{"event_id"', "bytes": 5})
    step, trace = last(OPEN, PASS, torn, restart)
    assert not {"DRIVER-6", "DRIVER-7", "DRIVER-9", "FILE-25"} & judgements(step, trace).keys()


# --- import -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("store", ["files", "memory"])
def test_what_was_imported_may_be_shown_with_defaults_and_filled_in(store: str) -> None:
    """DRIVER-9: `null` is absent, defaults are there, and what is missing of the phase is SNAP-7's."""
    empty = {"causation_id": None, "scope": {**EVENT["scope"], "data_classes": [], "risk_tier": None}}
    step, trace = last(OPEN, PASS, imported(EVENT, {**SECOND, **empty}, EVENT, SNAPSHOT), store=store)
    assert len([each for each in judgements(step, trace)["DRIVER-9"] if each.holds]) >= 3
    assert broken(showing_otherwise("snapshots", 2, phase="cancelled")(step), trace) & {"DRIVER-9"} == set()
    entry = {"schema_version": 1, "event_id": "e", "to_phase": "queued", "event_type": "t", "occurred_at_ms": 1}
    assert broken(showing_otherwise("snapshots", 2, phase_history=[entry])(step), trace) == {"SNAP-7"}


def test_how_numbers_are_read_is_no_matter_of_the_import() -> None:
    given = {**EVENT, "payload": {"x": [0.30000000000000004, 1.0, -0.0, 2**64 - 1]}}
    step, trace = last(OPEN, imported(given))
    off_by_one = {"x": [0.3, 1, 0, 2.0**64]}
    assert "DRIVER-9" not in broken(showing_otherwise("events", 0, payload=off_by_one)(step), trace)
    assert "DRIVER-9" in broken(showing_otherwise("events", 0, payload={"x": [0.4, 1, 0, 2.0**64]})(step), trace)


def test_snapshots_that_may_meet_are_not_judged() -> None:
    """DRIVER-9, TENANT-7: whoever has one place for both keeps one of them."""
    meeting = {**SNAPSHOT, "snapshot_id": "LEFT/2"}, {**SNAPSHOT, "snapshot_id": "left_2"}
    step, trace = last(OPEN, imported(*meeting))
    assert "DRIVER-9" not in judgements(step, trace)
    step, trace = last(OPEN, imported(SNAPSHOT), imported({**SNAPSHOT, "seq": 4}))
    assert "DRIVER-9" not in judgements(step, trace)


def test_a_log_that_was_written_anew_tells_nothing_of_the_order() -> None:
    step, trace = last(OPEN, PASS, imported(EVENT, SECOND))
    assert step.files_after is not None
    for log in (b"", b"no JSON\n" + step.files_after["stateful_events.jsonl"]):
        files = {**step.files_after, "stateful_events.jsonl": log}
        assert "DRIVER-9" not in broken(evolve(step, files_after=files), trace)


def test_an_import_that_ends_otherwise_is_no_matter_of_the_import() -> None:
    step, trace = last(OPEN, imported(EVENT))
    for kind in ("storage", "internal", "unsupported"):
        assert "DRIVER-9" not in judgements(refusing(kind)(step), trace)


# --- append -----------------------------------------------------------------------------------------------------------


def test_an_append_for_a_stranger_must_be_refused() -> None:
    """DRIVER-10: also where a session does it by the operation itself."""
    stranger = {**TENANT, "deployment_id": ""}
    step, trace = last(OPEN, ("append", {"tenant": stranger, "event": EVENT}))
    assert step.refusal == "invalid_input"
    assert all(each.holds for each in judgements(step, trace)["DRIVER-10"])
    assert "DRIVER-10" in broken(answered(step, appended=True, seq=1), trace)


# --- what is offered --------------------------------------------------------------------------------------------------


def test_what_is_not_offered_may_be_refused() -> None:
    """DRIVER-5 and DRIVER-11 don't meet."""
    step, trace = last(OPEN, COMPACT, without=("compact",))
    assert step.refusal == "unsupported"
    assert "DRIVER-5" not in judgements(step, trace)


# --- the end of input -------------------------------------------------------------------------------------------------


def test_a_status_that_is_unknown_is_not_judged() -> None:
    """DRIVER-16: after a kill, and of a process that was gone."""
    step, trace = last(OPEN, KILL)
    assert "DRIVER-16" not in judgements(step, trace)
    step, trace = last(GREET)
    assert "DRIVER-16" not in judgements(answered(step, exit_status=None), trace)


# --- the same requests ------------------------------------------------------------------------------------------------

TWICE = [GREET, IDENTIFY, SAY, OPEN, PASS, GREET, IDENTIFY, SAY, OTHER]


@pytest.mark.parametrize("store", ["files", "memory"])
def test_two_processes_say_the_same(store: str) -> None:
    """DRIVER-17: answers and what is shown, in stores that are new to each."""
    step, trace = last(*TWICE, PASS, store=store)
    assert len(judgements(step, trace)["DRIVER-17"]) == 2
    assert "DRIVER-17" in broken(answered(step, projected=1), trace)
    assert "DRIVER-17" in broken(showing(events=1)(step), trace)
    assert "DRIVER-17" in broken(refusing("invalid_input")(step), trace)
    for requests in (TWICE[:7], TWICE[:8], TWICE):
        step, trace = last(*requests, store=store)
        assert "DRIVER-17" in judgements(step, trace)


def test_the_same_refusal_may_have_another_text() -> None:
    refuse: Request = ("refuse", {"request": {"op": "open"}, "kind": "invalid_input", "because": ["DRIVER-13"]})
    step, trace = last(GREET, refuse, GREET, refuse)
    assert "DRIVER-17" in judgements(step, trace)
    assert "DRIVER-17" not in broken(refusing("invalid_input")(step), trace)


def test_the_order_of_capabilities_says_nothing() -> None:
    step, trace = last(GREET, HELLO, GREET, HELLO)
    turned = answered(step, **{**step.ok, "capabilities": [*reversed(step.ok["capabilities"])]})
    assert "DRIVER-17" not in broken(turned, trace)


@pytest.mark.parametrize(
    "requests",
    [
        [*TWICE[:8], OPEN, PASS],
        [GREET, OPEN, PASS, GREET, IDENTIFY, OTHER, PASS],
        [OPEN, PASS, GREET, OTHER, PASS],
        [GREET, OPEN, PASS, OTHER, PASS],
        [GREET, OPEN, GREET],
    ],
    ids=["a store with a legacy", "other requests before", "no greeting before", "one process", "a greeting"],
)
def test_other_requests_may_get_other_answers(requests: list[Request]) -> None:
    """DRIVER-17: in one process, earlier requests are requests that the answers depend on."""
    step, trace = last(*requests)
    assert "DRIVER-17" not in judgements(step, trace)


def test_ids_stay_the_same_while_nothing_changes() -> None:
    """DRIVER-17: what a store has learnt since is a matter of DRIVER-8."""
    step, trace = last(OPEN, PASS, IDENTIFY, PASS, SAY, IDENTIFY)
    assert all(each.holds for each in judgements(step, trace)["DRIVER-17"])
    assert "DRIVER-17" in broken(answered(step, ids=[]), trace)
    for between in (PASS, OTHER, RESTART):
        step, trace = last(OPEN, IDENTIFY, between, IDENTIFY)
        assert "DRIVER-17" not in judgements(step, trace)
    step, trace = last(OPEN, IDENTIFY, ("identify", {"run": {**RUN, "run_id": "run-2"}}))
    assert "DRIVER-17" not in judgements(step, trace)


@pytest.mark.parametrize("shown_before", [[], [PASS]])
def test_a_store_that_a_refusal_closed_breaks_one_requirement(shown_before: list[Request]) -> None:
    """DRIVER-15, whether anything was shown before or is first looked at afterwards."""
    refuse: Request = ("refuse", {"request": {"op": "project"}, "kind": "invalid_input", "because": []})
    with MUTANTS["refusal-closes-the-store"].applied():
        session = executed([OPEN, *shown_before, refuse, pass_over({**RUN, "run_id": "run-2"})])
    assert broken_in(session) == {"DRIVER-15"}


@pytest.mark.parametrize(
    ("asked", "line", "requirement"),
    [
        (SAY, b'{"id":7,"ok":{}}\n', "DRIVER-12"),
        (("say", {"bytes": "ff"}), b'{"id":7,"ok":{}}\n', "DRIVER-12"),
        (COMPACT, b'{"id":2,"ok":{"pruned":0,"more":1}}\n', "DRIVER-5"),
        (COMPACT, b'{"id":7,"ok":{"pruned":0}}\n', None),
        (SAY, b"nothing\n", None),
    ],
)
def test_a_line_that_is_no_answer_may_break_more_than_one_requirement(
    asked: Request, line: bytes, requirement: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DRIVER-2 is counted by whoever looks for faults; here it is what the line breaks besides."""
    driver = InProcessDriver()
    monkeypatch.setattr(driver._server, "answer", lambda _: line)
    session, broke = execution.executed(driver, [asked], [])
    assert broke is not None
    assert [each.judgement.requirement for each in session.judgements] == ([] if requirement is None else [requirement])
    assert not any(each.judgement.holds for each in session.judgements)
