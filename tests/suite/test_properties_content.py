"""The checks of chapter 7: each holds in a session of the reference, and alone fails where a step is made wrong."""

import copy
import hashlib
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

import orjson
import pytest
from attrs import evolve, frozen

import traces
from builders import pass_over
from lifecycle_conformance.execution.judgement import Judgement
from lifecycle_conformance.execution.trace import Object, Step, Trace
from lifecycle_conformance.generation.strategies import changed, run_record
from lifecycle_conformance.judges.properties import CHECKS
from lifecycle_conformance.model.canaries import canary
from lifecycle_conformance.model.identity import ids_of
from lifecycle_conformance.specification import schemas
from traces import broken, judgements, shown

MINE = {
    *(f"EVENT-{number}" for number in range(1, 11)),
    *(f"SNAP-{number}" for number in range(1, 5)),
    *(f"CKPT-{number}" for number in range(1, 8)),
    *(f"REDACT-{number}" for number in range(1, 6)),
    "SCOPE-1",
}
TENANT: Object = {"org_id": "org-a", "workspace_id": "ws-a", "actor_id": "ada", "x": canary("unknown")}
GATE: Object = {
    "node_id": " gate ",
    "title": "Send it?",
    "requested_at_ms": 7,
    "instructions": canary("gate"),
    "metadata": {"secret": canary("gate")},
    "decisions": ["approve", "deny"],
    "expiry_policy": {"expires_after_ms": 5, "on_expiry": None, "x": canary("unknown")},
}
CLAIM: Object = {
    "claim_id": "c",
    "claimant_id": "worker-1",
    "claimed_at_ms": 1,
    "lease_expires_at_ms": 2,
    "lease_epoch": 3,
    "x": canary("unknown"),
}
FAILURE: Object = {"node_id": "a", "reason": "late", "failed_at_ms": 3, "failure_kind": None, "metadata": {"n": 1.5}}
DEFINITION: Object = {
    "automation_id": "automation-1",
    "x": canary("unknown"),
    "metadata": {"version": "3", "enterprise_scope": {"risk_tier": "external_send", "data_classes": ["public"]}},
}


def record(name: str = "node_started", at: int = 1, **members: Any) -> Object:
    return {"event": name, "recorded_at_ms": at, **members}


def run(*history: Object, status: str = "running", **state: Any) -> Object:
    checkpoint = {**state.pop("checkpoint", {}), "lifecycle_history": list(history)}
    return run_record("run-1", TENANT, status, checkpoint=checkpoint, **state)


last = partial(traces.last, store="memory")


def of_run(*history: Object, **state: Any) -> tuple[Step, Trace]:
    return last(pass_over(run(*history, **state)))


def spoiled(step: Step, kind: str, change: Callable[[Any], None], place: int = -1) -> Step:
    """a step after which one event or snapshot is shown otherwise; a digest that was right stays so."""
    documents = copy.deepcopy(list(getattr(step.shown_after(), kind)))
    change(documents[place])
    if (
        kind == "snapshots"
        and documents[place].get("payload_digest") == step.shown_after().snapshots[place]["payload_digest"]
    ):
        documents[place]["payload_digest"] = digest(documents[place].get("checkpoint"))
    assert orjson.dumps(documents) != orjson.dumps(getattr(step.shown_after(), kind))
    return shown(step, step.owner, **{kind: tuple(documents)})


def digest(checkpoint: Any) -> str:
    return f"sha256:{hashlib.sha256(orjson.dumps(checkpoint, option=orjson.OPT_SORT_KEYS)).hexdigest()}"


def put(*path: Any) -> Callable[[Any], None]:
    """Put a value (the last of the arguments) at a path."""
    *parents, name, value = path

    def change(document: Any) -> None:
        for each in parents:
            document = document[each]
        document[name] = value

    return change


def drop(*path: str) -> Callable[[Any], None]:
    *parents, name = path

    def change(document: Any) -> None:
        for each in parents:
            document = document[each]
        del document[name]

    return change


def mine(step: Step, trace: Trace) -> set[str]:
    """The requirements of chapter 7, and SCOPE-1, that a step breaks."""
    return {each.requirement for each in of_content(step, trace) if not each.holds} & MINE


def of_content(step: Step, trace: Trace) -> Iterator[Judgement]:
    """What the checks say that judge these requirements."""
    for registered in CHECKS:
        if MINE & set(registered.requirements):
            yield from registered.judgements(step, trace)


@frozen
class Case:
    requirement: str
    kind: str
    change: Callable[[Any], None]
    session: str
    place: int = -1


RUNS: dict[str, Object] = {
    "plain": run(record(metadata={"node_id": " a ", "wait_kind": " timer ", "session_id": " ", "wait_id": " w "})),
    "claimed": run(record("run_execution_claimed", metadata={"claim": {"claim_id": " c "}, "session_id": 7})),
    "gated": run(record(metadata={"wait_kind": "timer"}), checkpoint={"awaiting_gate": GATE, "last_failure": FAILURE}),
    "empty gate": run(record(), checkpoint={"awaiting_gate": {"node_id": "", "title": "t", "requested_at_ms": 1}}),
    "approval": run(record(metadata="text"), status="awaiting_approval", execution_claim=CLAIM),
    "defined": run(record(), automation_snapshot=DEFINITION),
    "twice": run(record(), record(), record(at=2)),
    "uneven": run(
        record(),
        checkpoint={"node_outputs": {"b": 1, "a": None}, "node_attempt_verdicts": {"a": [1, 2], "b": []}},
        pause_reason="tired",
    ),
    "full": run(
        record(metadata={"node_id": "a"}, x=canary("unknown")),
        checkpoint={"awaiting_gate": GATE, "last_failure": {**FAILURE, "x": canary("unknown")}},
        execution_claim=CLAIM,
    ),
}


@cache
def session(name: str) -> tuple[Step, Trace]:
    """the one pass of a session, and what was before it."""
    return last(pass_over(RUNS[name]))


FAILED = ("checkpoint", "last_failure")
GATED = ("checkpoint", "awaiting_gate")
POLICY = ("checkpoint", "awaiting_gate", "expiry_policy")
ACTOR = ("scope", "tenant_context", "actor_id")
CASES = {
    "an event with a member too many": Case("EVENT-1", "events", put("actor", {"kind": "group", "id": "g"}), "plain"),
    "an event with null for absent": Case("EVENT-1", "events", put("phase_transition", None), "plain"),
    "an event with null for no cause": Case("EVENT-1", "events", put("causation_id", None), "gated"),
    "an event without payload": Case("EVENT-1", "events", drop("payload"), "plain"),
    "an event of another time": Case("EVENT-1", "events", put("occurred_at_ms", 9), "plain"),
    "a payload with another status": Case("EVENT-2", "events", put("payload", "status", "paused"), "plain"),
    "a payload that is null": Case("EVENT-2", "events", put("payload", None), "plain"),
    "a payload that is a string": Case("EVENT-2", "events", put("payload", "text"), "plain"),
    "a payload without metadata": Case("EVENT-2", "events", put("payload", "metadata", None), "plain"),
    "a payload without a member": Case("EVENT-2", "events", drop("payload", "stop_kind"), "plain"),
    "an index of another record": Case("EVENT-3", "events", put("payload", "lifecycle_index", 1), "twice"),
    "an index that is none": Case("EVENT-3", "events", put("payload", "lifecycle_index", "0"), "plain"),
    "an index too high in a snapshot": Case("EVENT-3", "snapshots", put("metadata", "lifecycle_index", 3), "twice"),
    "two events of one index": Case("EVENT-3", "events", put("payload", "lifecycle_index", 0), "twice", 1),
    "a phase id not trimmed": Case("EVENT-4", "events", put("phase_id", " a "), "plain"),
    "a phase id left out": Case("EVENT-4", "snapshots", drop("phase_id"), "plain"),
    "a phase id from nowhere": Case("EVENT-4", "events", put("phase_id", "a"), "claimed"),
    "a gate passed over": Case("EVENT-4", "events", drop("phase_id"), "gated"),
    "a gate's phase id trimmed": Case("EVENT-5", "events", put("phase_id", "gate"), "gated"),
    "an empty phase id left out": Case("EVENT-5", "snapshots", drop("phase_id"), "empty gate"),
    "another wait at a gate": Case("EVENT-6", "events", put("wait_kind", "timer"), "gated"),
    "no wait for an approval": Case("EVENT-6", "events", drop("wait_kind"), "approval"),
    "a wait not trimmed": Case("EVENT-7", "events", drop("wait_kind"), "plain"),
    "a wait from nowhere": Case("EVENT-7", "events", put("wait_kind", "approval"), "claimed"),
    "a cause not trimmed": Case("EVENT-8", "events", put("causation_id", " w "), "plain"),
    "an empty cause": Case("EVENT-8", "events", put("causation_id", " "), "plain"),
    "a claim passed over": Case("EVENT-9", "events", drop("causation_id"), "claimed"),
    "a cause from nowhere": Case("EVENT-9", "events", put("causation_id", "s"), "approval"),
    "a claim taken for activity": Case("EVENT-10", "events", put("payload", "counts_as_activity", True), "claimed"),
    "a boundary without activity": Case("EVENT-10", "snapshots", put("metadata", "activity_boundary", False), "plain"),
    "a snapshot with another status": Case("SNAP-1", "snapshots", put("status", "paused"), "plain"),
    "a snapshot of another kind": Case("SNAP-1", "snapshots", put("source_record_kind", "workflow"), "plain"),
    "a snapshot with null for absent": Case("SNAP-1", "snapshots", put("workflow_definition_version", None), "plain"),
    "a snapshot without checkpoint": Case("SNAP-1", "snapshots", drop("checkpoint"), "plain"),
    "metadata with a member too many": Case("SNAP-2", "snapshots", put("metadata", "x", 1), "plain"),
    "metadata with another id": Case("SNAP-2", "snapshots", put("metadata", "event_id", "x"), "plain"),
    "metadata that are a list": Case("SNAP-2", "snapshots", put("metadata", []), "plain"),
    "a digest of something else": Case("SNAP-3", "snapshots", put("payload_digest", digest({})), "plain"),
    "a checkpoint with a member too many": Case("CKPT-1", "snapshots", put("checkpoint", "detail", None), "plain"),
    "a checkpoint that is null": Case("CKPT-1", "snapshots", put("checkpoint", None), "plain"),
    "a reason that is lost": Case("CKPT-1", "snapshots", put("checkpoint", "pause_reason", None), "uneven"),
    "counts without the empty ones": Case(
        "CKPT-2", "snapshots", put("checkpoint", "node_attempt_verdict_counts", {"a": 2}), "uneven"
    ),
    "another number of records": Case("CKPT-2", "snapshots", put("checkpoint", "lifecycle_event_count", 0), "plain"),
    "outputs not sorted": Case("CKPT-3", "snapshots", put("checkpoint", "node_output_ids", ["b", "a"]), "uneven"),
    "outputs without the null ones": Case("CKPT-3", "snapshots", put("checkpoint", "node_output_ids", ["b"]), "uneven"),
    "a gate without a list": Case("CKPT-4", "snapshots", drop(*GATED, "rework_targets"), "gated"),
    "a gate without policy": Case("CKPT-4", "snapshots", put(*POLICY, None), "gated"),
    "a policy with nulls": Case(
        "CKPT-5", "snapshots", put(*POLICY, "on_expiry", None), "gated"
    ),
    "an empty policy": Case("CKPT-5", "snapshots", put(*POLICY, {}), "gated"),
    "a failure with nulls": Case("CKPT-6", "snapshots", put(*FAILED, "failure_kind", None), "gated"),
    "a failure that is lost": Case("CKPT-6", "snapshots", put("checkpoint", "last_failure", None), "gated"),
    "a claim in part": Case("CKPT-7", "snapshots", drop("checkpoint", "execution_claim", "lease_epoch"), "approval"),
    "a scope without source": Case("SCOPE-1", "events", drop("scope", "tenant_context", "source"), "plain"),
    "a scope with another actor": Case("SCOPE-1", "snapshots", put(*ACTOR, "bob"), "plain"),
    "a scope with an empty field": Case("SCOPE-1", "events", put("scope", "delegation_grant_ids", []), "defined"),
    "a scope with a field from nowhere": Case("SCOPE-1", "events", put("scope", "risk_tier", "external_send"), "plain"),
    "a scope of another version": Case("SCOPE-1", "snapshots", put("scope", "schema_version", 2), "defined"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_fault_is_found_under_its_requirement_alone(name: str) -> None:
    case = CASES[name]
    step, trace = session(case.session)
    assert broken(step, trace) == set()
    assert case.requirement in judgements(step, trace)
    assert mine(spoiled(step, case.kind, case.change, case.place), trace) == {case.requirement}


def test_every_requirement_is_tried() -> None:
    """Those of SNAP-4 and REDACT-1 to REDACT-5 stand in tests of their own."""
    tried = {case.requirement for case in CASES.values()}
    assert tried == {each for each in MINE if each != "SNAP-4" and not each.startswith("REDACT")}


# --- copies -----------------------------------------------------------------------------------------------------------

PLACES = ("outputs", "verdicts", "gate", "decisions", "unknown")


@pytest.mark.parametrize(
    ("requirement", "place"), [(f"REDACT-{number}", place) for number, place in enumerate(PLACES, start=1)]
)
@pytest.mark.parametrize(
    ("kind", "path", "also"),
    [("events", ("payload", "x"), "EVENT-2"), ("snapshots", ("checkpoint", "x"), "CKPT-1")],
)
def test_a_copy_is_found(requirement: str, place: str, kind: str, path: tuple[str, ...], also: str) -> None:
    step, trace = session("full")
    assert broken(step, trace) == set()
    assert requirement in judgements(step, trace)
    assert mine(spoiled(step, kind, put(*path, {"deep": [canary(place)]})), trace) == {requirement, also}


def test_metadata_of_records_and_of_the_last_failure_may_say_anything() -> None:
    step, trace = of_run(
        record(metadata={"x": "secret"}), checkpoint={"last_failure": {**FAILURE, "metadata": "secret"}}
    )
    assert broken(step, trace) == set()
    assert "secret" in str(step.shown_after().events)
    assert "secret" in str(step.shown_after().snapshots)


# --- the state of the pass --------------------------------------------------------------------------------------------

EARLY = run(record(), pause_reason="early", checkpoint={"completed_nodes": ["a"]}, workflow_definition_version="1")
LATE = changed(
    run(record(), record(at=2), record(at=3), status="paused"),
    {"pause_reason": "late", "checkpoint": {"completed_nodes": ["a", "b"]}, "workflow_definition_version": "2",
     "tenant_context": {**TENANT, "actor_id": "bob"}},
)  # fmt: skip


@cache
def rebuilt() -> tuple[Step, Trace]:
    """a pass that writes the snapshot of its first record anew, and two more."""
    middle = run(record(), record(at=2))
    return last(
        pass_over(EARLY), pass_over(middle), ("prune", {"retention_ms": 1, "keep": 1, "now_ms": 50}), pass_over(LATE)
    )


def test_a_rebuilt_snapshot_has_the_state_of_the_pass() -> None:
    step, trace = rebuilt()
    assert [each["seq"] for each in step.shown_after().snapshots] == [1, 2, 3]
    assert broken(step, trace) == set()
    assert len(judgements(step, trace)["SNAP-4"]) == 2


@pytest.mark.parametrize("whole", [True, False])
def test_a_state_that_is_out_of_date_is_found(whole: bool) -> None:
    step, trace = rebuilt()
    first = next(each for each in trace.steps if each.op == "project").shown_after().snapshots[0]

    def change(snapshot: Any) -> None:
        names = ("checkpoint", "scope", "workflow_definition_version") if whole else ()
        snapshot |= {name: first[name] for name in (*names, "status")}

    assert mine(spoiled(step, "snapshots", change, 0), trace) == {"SNAP-4"}


def test_a_member_that_is_always_empty_is_no_earlier_state() -> None:
    history = record(), record(at=2)
    step, trace = last(
        pass_over(run(*history)),
        ("prune", {"retention_ms": 1, "keep": 1, "now_ms": 50}),
        pass_over(run(*history, pause_reason="late")),
    )
    wrong = spoiled(step, "snapshots", put("checkpoint", "pause_reason", None), 0)
    assert mine(wrong, trace) == {"CKPT-1"}


def test_snapshots_of_one_pass_that_differ_are_found() -> None:
    step, trace = session("twice")
    assert "SNAP-4" in judgements(step, trace)
    wrong = spoiled(step, "snapshots", put("checkpoint", "lifecycle_event_count", 1), 0)
    assert mine(wrong, trace) == {"SNAP-4", "CKPT-2"}


# --- what others say --------------------------------------------------------------------------------------------------


def test_what_was_there_is_not_judged_again() -> None:
    """That a pass changes what was there is the fault of other requirements: LOG-1 and SNAP-6."""
    step, trace = last(pass_over(run(record())), pass_over(run(record(), status="paused")))
    wrong = spoiled(spoiled(step, "snapshots", put("status", "paused")), "events", put("payload", "status", "paused"))
    assert mine(wrong, trace) == set()
    assert {"LOG-1", "SNAP-6"} <= broken(wrong, trace)


def test_events_of_another_tenant_are_not_judged() -> None:
    step, trace = session("plain")
    other = put("scope", "tenant_context", "org_id", "org-b")
    wrong = spoiled(spoiled(step, "events", other), "snapshots", other)
    assert mine(wrong, trace) == set()


@pytest.mark.parametrize("id_of", [lambda old, n: f"{old}-{n}", lambda _, n: f"event-{n}"])
def test_wrong_ids_are_no_fault_of_the_content(id_of: Callable[[str, int], str]) -> None:
    step, trace = session("twice")
    events, snapshots = copy.deepcopy([step.shown_after().events, step.shown_after().snapshots])
    for n, (event, snapshot) in enumerate(zip(events, snapshots, strict=True)):
        event["event_id"] = snapshot["snapshot_id"] = snapshot["metadata"]["event_id"] = id_of(event["event_id"], n)
    wrong = shown(step, step.owner, events=tuple(events), snapshots=tuple(snapshots))
    assert mine(wrong, trace) == set()
    moved = spoiled(wrong, "events", put("payload", "lifecycle_index", 0))
    assert mine(moved, trace) == {"EVENT-3"}
    assert mine(spoiled(wrong, "snapshots", put("metadata", "lifecycle_index", 0)), trace) == {"EVENT-3"}


def test_a_number_that_was_misread_is_no_fault_of_the_copy() -> None:
    """The event has the identity that goes with what was read: it is chapter 3 that was broken."""
    given = run(record(metadata={"n": 1.0}), checkpoint={"last_failure": {**FAILURE, "metadata": {"n": 1.0}}})
    step, trace = last(
        pass_over(run(record(metadata={"n": 1}), checkpoint={"last_failure": {**FAILURE, "metadata": {"n": 1}}}))
    )
    misread = evolve(step, arguments={"run": given})
    assert step.shown_after().events[0]["event_id"] not in ids_of(given)
    assert mine(misread, trace) == set()


def test_a_number_that_was_copied_wrongly_is_one() -> None:
    step, trace = of_run(record(metadata={"n": 1.0}))
    assert mine(spoiled(step, "events", put("payload", "metadata", "n", 1)), trace) == {"EVENT-2"}


@pytest.mark.parametrize(
    ("metadata", "member", "value"),
    [
        ({"node_id": "\x1cnode-a"}, "phase_id", "node-a"),
        ({"node_id": "node-a\u3000"}, "phase_id", "node-a\u3000"),
        ({"session_id": "\x85s"}, "causation_id", "\x85s"),
        ({"wait_kind": "\x1ctimer"}, "wait_kind", "timer"),
        ({"wait_kind": "timer\x85"}, "wait_kind", None),
    ],
)
def test_another_notion_of_white_space_is_left_to_those_who_ask_for_it(
    metadata: Object, member: str, value: Any
) -> None:
    step, trace = of_run(record(metadata=metadata))
    changes = [("events", put(member, value) if value else drop(member))]
    changes += [("snapshots", put(member, value))] if member == "phase_id" else []
    for kind, change in changes:
        step = spoiled(step, kind, change)
    assert mine(step, trace) == set()


def test_a_digest_of_what_is_written_in_another_way_is_left_to_those_who_ask_for_it() -> None:
    step, trace = of_run(record(), checkpoint={"completed_nodes": ["größe"]})
    assert mine(spoiled(step, "snapshots", put("payload_digest", digest({}))), trace) == set()


@pytest.mark.parametrize("given", [{}, {"awaiting_gate": None}])
def test_what_is_null_is_judged_where_it_is_read(given: Object) -> None:
    step, trace = of_run(record(), checkpoint=given)
    shown_gate, approval = put("checkpoint", "awaiting_gate", {}), put("wait_kind", "approval")
    assert mine(spoiled(step, "snapshots", shown_gate), trace) == (set() if given else {"CKPT-4"})
    assert mine(spoiled(step, "events", approval), trace) == (set() if given else {"EVENT-7"})


def test_an_index_that_is_certainly_wrong_ties_nothing() -> None:
    step, trace = of_run(record(), record(), record("node_completed"))
    for place in range(3):
        for kind, member in (("events", "payload"), ("snapshots", "metadata")):
            step = spoiled(step, kind, put(member, "lifecycle_index", place + 1), place)
    assert broken(step, trace) & {"EVENT-3", "ALIAS-2", "PASS-6", "OCC-1", "ID-5"} == {"EVENT-3"}


def test_a_pass_that_is_refused_is_judged_up_to_there() -> None:
    retry = record("node_retry_backoff_scheduled", at=2)
    step, trace = last(
        pass_over(run(record(), status="running")), pass_over(run(record(), retry, record(at=3), status="queued"))
    )
    assert step.refusal == "phase_transition"
    assert broken(step, trace) == set()
    assert {"EVENT-1", "SNAP-1", "CKPT-1", "SCOPE-1", "REDACT-1"} <= judgements(step, trace).keys()


# --- whatever is shown ------------------------------------------------------------------------------------------------

ODD: tuple[Any, ...] = (None, "text", "", 7, -1, 1.5, True, [], [[]], {}, {"metadata": 7})


@pytest.mark.parametrize("path", [("payload",), ("payload", "lifecycle_index"), ("payload", "metadata")])
def test_no_check_minds_an_odd_payload(path: tuple[str, ...]) -> None:
    step, trace = session("full")
    for value in (each for each in ODD if each != 0):
        judge_content(spoiled(step, "events", put(*path, value)), trace)


@pytest.mark.parametrize(
    "path",
    [("metadata",), ("metadata", "lifecycle_index"), ("checkpoint",), ("checkpoint", "awaiting_gate"),
     ("checkpoint", "awaiting_gate", "expiry_policy"), ("checkpoint", "last_failure")],
)  # fmt: skip
def test_no_check_minds_an_odd_snapshot(path: tuple[str, ...]) -> None:
    step, trace = session("full")
    for value in ODD:
        judge_content(spoiled(step, "snapshots", put(*path, value)), trace)


def judge_content(step: Step, trace: Trace) -> None:
    assert all(each.what for each in of_content(step, trace))


def spoilings(value: Any, path: tuple[Any, ...] = ()) -> Iterator[Callable[[Any], None]]:
    """single changes: a member too many, one too few, one of another value, at every depth."""
    if isinstance(value, dict):
        yield put(*path, "zzz", 1)
        for name, inner in value.items():
            if name in {"phase", "phase_history", "allowed_next_phases"}:
                continue  # chapter 6 says what they are
            yield drop(*path, name)
            yield from (put(*path, name, each) for each in (None, "zzz", 77, [], {}))
            yield from spoilings(inner, (*path, name))


@pytest.mark.parametrize("kind", ["events", "snapshots"])
def test_whatever_no_pass_may_write_is_found(kind: str) -> None:
    """What the schemas of what is written refuse breaks a requirement, whichever it is."""
    step, trace = of_run(
        record(metadata={"node_id": "a"}),
        checkpoint={"awaiting_gate": GATE, "last_failure": FAILURE},
        execution_claim=CLAIM,
        automation_snapshot=DEFINITION,
    )
    name, document = kind.removesuffix("s"), getattr(step.shown_after(), kind)[0]
    written = f"{name}-written"
    assert schemas.is_valid(written, document)
    tried = 0
    for change in spoilings(document):
        wrong = copy.deepcopy(document)
        change(wrong)
        if wrong != document and not schemas.is_valid(written, wrong) and schemas.is_valid(f"{name}-stored", wrong):
            tried += 1
            spoilt = shown(step, step.owner, **{kind: (wrong,)})
            assert mine(spoilt, trace) or broken(spoilt, trace), schemas.problems(written, wrong)
    assert tried > 70
