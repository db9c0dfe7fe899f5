"""Run records and stored records in, typed errors with the path of each problem out."""

import json
from pathlib import Path
from typing import Any

import pytest

from builders import TENANT, lifecycle, run_json
from lifecycle_projection import InvalidInputError, load_runs, parse_runs
from lifecycle_projection.codec import event_from, run_from, snapshot_from, to_json
from lifecycle_projection.json_text import read_json
from lifecycle_projection.records import LOCAL_TENANT
from lifecycle_projection.scope import scope_of

GATE = {"node_id": "n", "title": "t", "requested_at_ms": 1}
MISSING = object()


def edited(document: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Copy a document with the member at a dotted path set, or left out."""
    copy: dict[str, Any] = json.loads(json.dumps(document))
    *way, last = path.split(".")
    inner: Any = copy
    for step in way:
        inner = inner[int(step) if step.isdigit() else step]
    if value is MISSING:
        del inner[last]
    else:
        inner[last] = value
    return copy


BASE = run_json(
    lifecycle("node_started", 1, metadata={}),
    checkpoint={"awaiting_gate": GATE, "node_attempts": {"a": 1}, "node_attempt_verdicts": {"a": []}},
)


@pytest.mark.parametrize(
    ("path", "value", "where", "expected"),
    [
        ("run_id", 7, "$.run_id", "expected a string, found 7"),
        ("run_id", MISSING, "$.run_id", "expected this member, found nothing"),
        ("status", "sleeping", "$.status", 'expected one of queued, running, .*, found "sleeping"'),
        ("status", None, "$.status", "expected one of queued"),
        ("status", {"queued": None}, "$.status", "found an object"),
        ("created_at_ms", -1, "$.created_at_ms", r"from 0 to 2\^64 - 1, found -1"),
        ("created_at_ms", 1.0, "$.created_at_ms", "found 1.0"),
        ("created_at_ms", 1.5, "$.created_at_ms", "found 1.5"),
        ("created_at_ms", -0.0, "$.created_at_ms", "found -0.0"),
        ("created_at_ms", 2**64, "$.created_at_ms", r"found 1\.8446744073709552e\+19"),
        ("created_at_ms", True, "$.created_at_ms", "found true"),
        ("updated_at_ms", "1", "$.updated_at_ms", 'found "1"'),
        ("tenant_context", None, "$.tenant_context", "expected an object, found null"),
        ("tenant_context.source", None, "$.tenant_context.source", "expected one of local_implicit, explicit"),
        ("active_session_ids", None, "$.active_session_ids", "expected a list, found null"),
        ("active_session_ids", "abc", "$.active_session_ids", "expected a list"),
        ("execution_claim_epoch", None, "$.execution_claim_epoch", "found null"),
        ("checkpoint", [], "$.checkpoint", "expected an object, found a list"),
        ("checkpoint.node_outputs", None, "$.checkpoint.node_outputs", "expected an object"),
        ("checkpoint.node_attempts.a", 2**32, "$.checkpoint.node_attempts['a']", r"2\^32 - 1"),
        ("checkpoint.node_attempt_verdicts.a", {}, "$.checkpoint.node_attempt_verdicts['a']", "expected a list"),
        ("checkpoint.awaiting_gate.title", None, "$.checkpoint.awaiting_gate.title", "expected a string"),
        (
            "checkpoint.lifecycle_history.0.recorded_at_ms",
            "x",
            "$.checkpoint.lifecycle_history[0].recorded_at_ms",
            "expected an integer",
        ),
        ("automation_snapshot", {}, "$.automation_snapshot.automation_id", "expected this member"),
    ],
)
def test_a_bad_member_is_refused_with_its_path(path: str, value: Any, where: str, expected: str) -> None:
    with pytest.raises(InvalidInputError, match=expected) as caught:
        run_from(read_json(json.dumps(edited(BASE, path, value))))
    assert [problem.path for problem in caught.value.problems] == [where]


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(InvalidInputError) as caught:
        run_from(edited(edited(BASE, "status", "x"), "checkpoint.awaiting_gate.node_id", 1))
    assert {problem.path for problem in caught.value.problems} == {"$.status", "$.checkpoint.awaiting_gate.node_id"}


@pytest.mark.parametrize("path", ["started_at_ms", "detail", "automation_snapshot", "checkpoint.last_failure"])
def test_null_is_absent_for_what_may_be_absent(path: str) -> None:
    assert run_from(edited(BASE, path, None)) == run_from(BASE)


def test_what_may_be_left_out_has_its_default_and_unknown_members_are_ignored() -> None:
    run = run_from(edited(edited(BASE, "tenant_context", MISSING), "cost", {"usd": 1}))
    assert run.tenant_context == LOCAL_TENANT
    assert (run.active_session_ids, run.execution_claim_epoch, run.checkpoint.node_outputs) == ((), 0, {})


@pytest.mark.parametrize(
    ("written", "twice", "refused"),
    [
        ('"run_id": "run-1"', '"run_id": "run-1", "run_id": "run-1"', True),
        ('"source": "explicit"', '"source": "explicit", "source": "explicit"', True),
        ('"event": "node_started"', '"event": "x", "event": "node_started"', True),
        ('"trigger_type": "manual"', '"unknown": 1, "unknown": 2, "trigger_type": "manual"', False),
        ('"metadata": {}', '"metadata": {"a": 1, "a": 2}', False),
        ('"node_attempts": {"a": 1}', '"node_attempts": {"a": 2, "a": 1}', False),
        ('"node_attempts": {"a": 1}', '"node_attempts": {"a": -2, "a": 1}', True),
    ],
)
def test_a_known_member_twice_is_refused_and_in_maps_the_last_one_wins(written: str, twice: str, refused: bool) -> None:
    text = json.dumps(BASE)
    assert written in text
    doubled = read_json(text.replace(written, twice))
    if refused:
        with pytest.raises(InvalidInputError):
            run_from(doubled)
    else:
        assert run_from(doubled).checkpoint.node_attempts == {"a": 1}


@pytest.mark.parametrize("unknown", ["x", "document"])
def test_an_unknown_member_of_a_definition_may_stand_twice_whatever_its_name(unknown: str) -> None:
    """REC-11, REC-14: only the members of its table may not, and the reader's own attributes are none."""
    text = json.dumps({**BASE, "automation_snapshot": {"automation_id": "a", unknown: 1}})
    run = run_from(read_json(text.replace(f'"{unknown}": 1', f'"{unknown}": 1, "{unknown}": 2')))
    assert run.automation_snapshot is not None
    assert run.automation_snapshot.document == {"automation_id": "a", unknown: 2}


EVENT = {
    "event_id": "e",
    "run_id": "r",
    "seq": 1,
    "event_type": "t",
    "occurred_at_ms": 1,
    "scope": {"tenant_context": TENANT},
}
SNAPSHOT = {
    "snapshot_id": "s",
    "run_id": "r",
    "seq": 1,
    "created_at_ms": 1,
    "scope": {"tenant_context": TENANT},
    "status": "sleeping",
}


@pytest.mark.parametrize("member", sorted(EVENT))
def test_an_event_needs_its_members(member: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        event_from(edited(EVENT, member, MISSING))
    assert [problem.path for problem in caught.value.problems] == [f"$.{member}"]


NO_NULLS = [*sorted(SNAPSHOT), "phase", "phase_history", "allowed_next_phases", "schema_version"]


@pytest.mark.parametrize("member", NO_NULLS)
def test_null_is_refused_for_what_is_required_or_defaulted_in_a_snapshot(member: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        snapshot_from({**SNAPSHOT, member: None})
    assert [problem.path for problem in caught.value.problems] == [f"$.{member}"]


def test_records_are_written_in_order_with_their_defaults_and_without_what_is_absent() -> None:
    document = {**EVENT, "wait_kind": None, "cost": 1, "payload": {"b": 1, "a": {"d": 1, "c": 2}}}
    assert json.dumps(to_json(event_from(document))) == json.dumps(
        {
            "schema_version": 1,
            **{name: EVENT[name] for name in ("event_id", "run_id", "seq", "event_type", "occurred_at_ms")},
            "scope": {"schema_version": 1, "tenant_context": TENANT},
            "payload": {"a": {"c": 2, "d": 1}, "b": 1},
        }
    )
    assert to_json(event_from(EVENT))["payload"] is None
    assert "phase_history" not in to_json(snapshot_from(SNAPSHOT))
    assert to_json(snapshot_from({**SNAPSHOT, "phase_history": []}))["phase_history"] == []


# --- files that hold run records --------------------------------------------------------------------------------------


def runs_of(value: Any) -> list[str]:
    return [run.run_id for run in parse_runs(json.dumps(value).encode(), source="runs.json")]


def test_every_form_of_runs_is_read_in_order() -> None:
    """REC-18: a runs file of version 0 or 1, one record, or JSON Lines."""
    one, two = run_json(), run_json(run_id="run-0")
    assert runs_of(one) == ["run-1"]
    assert runs_of({"run-1": one, "run-0": two}) == ["run-1", "run-0"]
    assert runs_of({"schema_version": 1, "runs": {"run-1": one, "run-0": two}}) == ["run-1", "run-0"]
    lines = f"{json.dumps(one)}\n\n{json.dumps(two)}\n{json.dumps(one)}\n".encode()
    assert [run.run_id for run in parse_runs(lines, source="-")] == ["run-1", "run-0", "run-1"]
    assert runs_of({}) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"runs\.json: expected run records, found nothing$"),
        ("{", r"runs\.json: expected JSON text: .*"),
        ("[]", r"runs\.json: expected an object, found a list$"),
        (json.dumps({"a": run_json()}), r"found \"run-1\" at \$\['a'\]\.run_id"),
        (json.dumps({"a": 1}), r"expected an object, found 1 at \$\['a'\]"),
        (json.dumps({"schema_version": 2, "runs": {}}), r"expected 1, found 2 at \$\.schema_version"),
        (json.dumps({"schema_version": 1}), r"expected this member, found nothing at \$\.runs"),
        (json.dumps({"schema_version": 1, "runs": {"a": run_json()}}), r"at \$\.runs\['a'\]\.run_id"),
        (json.dumps(run_json(status="x")), r"at \$\.status"),
        (f"{json.dumps(run_json())}\n{json.dumps(run_json(status='x'))}", r"runs\.json:2: .* at \$\.status"),
        (f"{json.dumps(run_json())}\n{{", r"runs\.json:2: expected JSON text"),
    ],
)
def test_a_bad_file_is_refused_with_its_name_and_path(text: str, message: str) -> None:
    """ERR-2: the message names the file, the JSON path and what was expected."""
    with pytest.raises(InvalidInputError, match=message):
        parse_runs(text.encode(), source="runs.json")


def test_a_file_that_can_not_be_read_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"missing\.json: expected a readable file: No such file"):
        load_runs(tmp_path / "missing.json")
    with pytest.raises(InvalidInputError, match="Is a directory"):
        load_runs(tmp_path)


def test_inside_free_form_metadata_the_last_duplicate_counts_also_in_a_principal() -> None:
    """SCOPE-5, REC-13: the metadata of a definition is free-form, so a principal in it is no typed record yet."""
    owner = '{"kind": "group", "id": "first", "id": "last", "id": "last"}'
    metadata = f'{{"enterprise_scope": {{"owner_principal": {owner}}}}}'
    text = json.dumps({**BASE, "automation_snapshot": {"automation_id": "a", "metadata": "OWNER"}})
    run = run_from(read_json(text.replace('"OWNER"', metadata)))
    principal = scope_of(run).owner_principal
    assert principal is not None
    assert principal.id == "last"
