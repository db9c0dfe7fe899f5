"""The checks on reading and on refusals: each judgement is made where it should be, and can fail."""

import json
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from typing import Any

import orjson
import pytest
from attrs import evolve

from builders import OPEN
from lifecycle_conformance.execution.trace import LOCAL, Owner, Request, Step, Trace, key_of
from lifecycle_conformance.generation.input_cases.runs import change, drop, small_run, text_with
from lifecycle_conformance.judges.attribution.canonical_writing import write
from lifecycle_conformance.judges.attribution.digests import Digest
from lifecycle_conformance.judges.properties.errors import REASONS
from lifecycle_conformance.judges.properties.reading import difference
from lifecycle_conformance.runner.verdicts import Failure, Verdict
from traces import answered, broken, executed, judgements, last_of, refused, shown

OWNER = Owner(key_of(LOCAL), "run-1")
MINE = ("REC-", "JSON-", "ERR-", "DRIVER-15")
broken_here = partial(broken, of=MINE)
PLAIN = {"event": "node_started", "recorded_at_ms": 1, "metadata": {"note": "plain"}}
PATH = ("checkpoint", "lifecycle_history", 1, "metadata", "n")


def run_with(metadata: Any, **members: Any) -> dict[str, Any]:
    special = {"event": "node_completed", "recorded_at_ms": 2, "metadata": metadata}
    failure = {"node_id": "n", "reason": "r", "failed_at_ms": 3, "metadata": metadata}
    return {**small_run(PLAIN, special, last_failure=failure), **members}


def read(because: str, means: Any, **written: Any) -> tuple[Step, Trace]:
    session = executed([("read", {**(written or {"run": means}), "means": means, "because": because})], store="memory")
    return session.trace.steps[0], Trace()


def said(step: Step, trace: Trace) -> set[str]:
    """The requirements of these chapters that are judged."""
    return {id_ for id_ in judgements(step, trace) if id_.startswith(MINE)}


def edited(step: Step, what: str, edit: Callable[[dict[str, Any]], None]) -> Step:
    """A step after which each event or snapshot is shown edited."""
    records = json.loads(json.dumps(getattr(step.after[OWNER], what)))
    for record in records:
        edit(record)
    return shown(step, OWNER, **{what: tuple(records)})


def with_metadata(value: Any) -> Callable[[dict[str, Any]], None]:
    def edit(event: dict[str, Any]) -> None:
        if event["payload"]["event"] == "node_completed":
            event["payload"]["metadata"] = value

    return edit


def failing_with(value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda snapshot: snapshot["checkpoint"]["last_failure"].update(metadata=value)


def with_digests_of(writer: Callable[[Any], bytes], step: Step) -> Step:
    """A step after which all digests are those of values written otherwise."""

    def of_event(event: dict[str, Any]) -> None:
        payload = event["payload"]
        content = {
            **{name: payload[name] for name in ("automation_id", "event", "reason", "stop_kind", "metadata")},
            "run_id": event["run_id"],
            "recorded_at_ms": event["occurred_at_ms"],
        }
        digits = sha256(writer(content)).hexdigest()[:24]
        event["event_id"] = f"automation-v2-lifecycle-run-1-{payload['event']}-{digits}-0"

    def of_snapshot(snapshot: dict[str, Any]) -> None:
        snapshot["payload_digest"] = f"sha256:{sha256(writer(snapshot['checkpoint'])).hexdigest()}"

    return edited(edited(step, "events", of_event), "snapshots", of_snapshot)


# --- refusals ---------------------------------------------------------------------------------------------------------


def refusal(because: list[str], run: Any, kind: str = "invalid_input", store: Any = "files") -> tuple[Step, Trace]:
    request = {"op": "project", **({"run_json": run} if isinstance(run, str) else {"run": run})}
    project: Request = ("project", {"run": run_with({"note": "known"})})
    refuse: Request = ("refuse", {"request": request, "kind": kind, "because": because})
    return last_of(executed([OPEN, project, refuse], store=store))


NO_STATUS = drop(run_with({}), ("status",))


@pytest.mark.parametrize("requirement", [each for each in REASONS if not each.startswith("DRIVER-")])
def test_what_must_be_refused_and_is_accepted_breaks_its_requirement_only(requirement: str) -> None:
    step, trace = refusal([requirement], NO_STATUS)
    assert {requirement, "ERR-1", "ERR-7", "DRIVER-15"} <= judgements(step, trace).keys()
    assert broken(step, trace) == set()
    assert broken(answered(step, projected=2), trace) >= {requirement}
    assert broken_here(answered(step, projected=2), trace) <= {requirement}


@pytest.mark.parametrize(
    ("requirement", "kind"),
    [("DRIVER-4", "unsupported"), ("DRIVER-6", "storage"), ("DRIVER-9", "invalid_input"), ("DRIVER-11", "unsupported")],
)
def test_requirements_that_name_the_kind_are_broken_by_another_kind(requirement: str, kind: str) -> None:
    step, trace = refusal([requirement], NO_STATUS, kind)
    right = refused(step, kind)
    assert not {requirement, "ERR-7"} & broken(right, trace)
    assert {requirement, "ERR-7"} <= broken(refused(step, "internal"), trace)
    assert requirement in broken(answered(step, projected=2), trace)


def test_a_right_refusal_of_a_wrong_kind_breaks_the_requirement_on_kinds_only() -> None:
    step, trace = refusal(["REC-2"], NO_STATUS)
    wrong = refused(step, "internal")
    assert broken_here(wrong, trace) == {"ERR-7"}
    (judgement,) = judgements(wrong, trace)["ERR-7"]
    failure = Failure(
        requests=(), message=judgement.what, expected=judgement.expected, actual=judgement.actual, compared=True
    )
    assert failure.verdict == Verdict.WRONG_REASON


@pytest.mark.parametrize("what", ["events", "snapshots"])
def test_a_refusal_that_changes_what_is_shown_breaks_that_it_does_not(what: str) -> None:
    step, trace = refusal(["REC-2"], NO_STATUS)
    assert broken_here(shown(step, OWNER, **{what: ()}), trace) == {"ERR-1", "DRIVER-15"}


def test_a_refusal_that_changes_files_breaks_that_it_does_not() -> None:
    step, trace = refusal(["REC-2"], NO_STATUS)
    assert step.files_after is not None
    assert broken_here(evolve(step, files_after={**step.files_after, "x": b""}), trace) == {"ERR-1", "DRIVER-15"}


def test_a_pass_that_was_begun_is_no_refusal_of_its_input() -> None:
    """An unknown status that is taken for another one can end in a move that isn't allowed."""
    step, trace = refusal(["REC-9"], change(run_with({}), ("status",), "done"))
    begun = shown(refused(step, "phase_transition"), OWNER, events=())
    assert broken_here(begun, trace) == {"REC-9"}
    assert broken_here(refused(step, "phase_transition"), trace) == {"ERR-7"}


def test_minus_zero_for_an_integer_is_judged_only_if_it_is_read_as_a_double() -> None:
    means = run_with({"n": -0.0})
    reading: Request = (
        "read",
        {"run_json": text_with(run_with({"n": 0}), PATH, "-0"), "means": means, "because": "JSON-11"},
    )
    text = text_with(run_with({}), ("updated_at_ms",), "-0")
    request = {"request": {"op": "project", "run_json": text}, "kind": "invalid_input", "because": ["REC-8"]}
    steps = executed([reading, OPEN, ("project", {"run": run_with({})}), ("refuse", request)]).trace.steps
    accepted = answered(steps[-1], projected=1)
    assert "REC-8" in broken(accepted, Trace(steps[:-1]))
    as_integer = edited(steps[0], "events", with_metadata({"n": 0}))
    assert "REC-8" not in judgements(accepted, Trace([as_integer, *steps[1:-1]]))
    fraction = change(steps[-1].arguments, ("request", "run_json"), text.replace("-0", "1.0"))
    assert "REC-8" in broken(evolve(accepted, arguments=fraction), Trace([as_integer, *steps[1:-1]]))


# --- what a run record means ------------------------------------------------------------------------------------------

TENANT = {"org_id": "local", "workspace_id": "local", "source": "local_implicit"}
SAME: dict[str, tuple[Any, dict[str, Any]]] = {
    "REC-4": (run_with({}), {"run": run_with({}, detail=None)}),
    "REC-5": (run_with({}, active_session_ids=[]), {"run": run_with({})}),
    "REC-10": (run_with({}), {"run": run_with({}, cost=7)}),
    "REC-12": (run_with({}, tenant_context=TENANT), {"run": run_with({})}),
    "REC-13": (run_with({"n": 2}), {"run_json": text_with(run_with({"n": 2}), PATH, '1, "n": 2')}),
}
ACCEPTED: dict[str, Any] = {
    "REC-7": run_with({}, updated_at_ms=2**64 - 1),
    "REC-9": run_with({}, status="blocked"),
    "REC-14": run_with({}, automation_snapshot={"automation_id": ""}),
    "REC-15": small_run({"event": "", "recorded_at_ms": 1}),
    "REC-17": run_with("node_id"),
}


@pytest.mark.parametrize("requirement", SAME)
def test_what_means_the_same_is_to_give_the_same(requirement: str) -> None:
    means, written = SAME[requirement]
    step, trace = read(requirement, means, **written)
    assert said(step, trace) == {requirement}
    assert broken(step, trace) == set()
    assert broken_here(refused(step, "invalid_input"), trace) == {requirement}
    assert broken_here(shown(step, OWNER, events=step.after[OWNER].events[:1]), trace) == {requirement}
    assert broken_here(edited(step, "snapshots", lambda each: each.update(status="queued")), trace) == {requirement}
    nothing_read = evolve(step, before=dict.fromkeys(step.before, evolve(step.before[OWNER], events=())))
    assert said(refused(nothing_read, "invalid_input"), trace) == set()


@pytest.mark.parametrize("requirement", ACCEPTED)
def test_what_may_be_sent_is_to_be_read(requirement: str) -> None:
    step, trace = read(requirement, ACCEPTED[requirement])
    assert said(step, trace) == {requirement}
    assert broken(step, trace) == set()
    assert broken_here(refused(step, "invalid_input"), trace) == {requirement}


def test_what_nests_no_deeper_than_it_may_is_to_be_read() -> None:
    deep = text_with(run_with({"n": 0}), PATH, "[" * 122 + "]" * 122)
    step, trace = read("JSON-15", run_with({}), run_json=deep)
    assert said(step, trace) == {"JSON-15"}
    assert broken_here(refused(step, "invalid_input"), trace) == {"JSON-15"}
    assert broken(step, trace) == set()


@pytest.mark.parametrize(
    ("member", "name", "text", "expected", "wrong"),
    [
        ("phase_id", "node_id", "\u2003\x1cnode\u3000", "\x1cnode", "node"),
        ("phase_id", "node_id", "\ufeff", "\ufeff", None),
        ("phase_id", "node_id", "\x85", None, "\x85"),
        ("wait_kind", "wait_kind", "\x85timer", "timer", None),
        ("wait_kind", "wait_kind", "\u200btimer", None, "timer"),
        ("causation_id", "handoff_id", "\u2028a b\t", "a b", "a b\t"),
    ],
)
def test_trimming_takes_white_space_and_nothing_else(
    member: str, name: str, text: str, expected: str | None, wrong: str | None
) -> None:
    control = {**PLAIN, "metadata": {name: " timer "}}
    run = small_run(control, {"event": "node_completed", "recorded_at_ms": 2, "metadata": {name: text}})
    step, trace = read("REC-16", run)
    (judgement,) = judgements(step, trace)["REC-16"]
    assert (judgement.expected, judgement.holds) == (expected, True)

    def otherwise(event: dict[str, Any]) -> None:
        if event["payload"]["event"] == "node_completed":
            event.update({member: wrong})

    assert broken_here(edited(step, "events", otherwise), trace) == {"REC-16"}
    nowhere = edited(step, "events", lambda event: event.update({member: f" {event.get(member)} "}))
    assert said(nowhere, trace) == set()


def test_in_what_is_no_object_no_member_is_found() -> None:
    step, trace = read("REC-17", small_run(PLAIN, {**PLAIN, "event": "node_completed", "metadata": ["node_id"]}))
    assert broken(step, trace) == set()

    def found(event: dict[str, Any]) -> None:
        if event["payload"]["event"] == "node_completed":
            event["phase_id"] = "n"

    assert broken_here(edited(step, "events", found), trace) == {"REC-17"}
    everywhere = edited(step, "events", lambda event: event.update(phase_id="n"))
    assert broken_here(everywhere, trace) == set()


# --- numbers ----------------------------------------------------------------------------------------------------------


def number(because: str, means: Any, text: str) -> tuple[Step, Trace]:
    return read(because, run_with({"n": means}), run_json=text_with(run_with({"n": 0}), PATH, text))


@pytest.mark.parametrize(
    ("requirement", "means", "text", "wrong"),
    [
        ("JSON-10", 2**64 - 1, "18446744073709551615", 1.8446744073709552e19),
        ("JSON-10", -(2**63), "-9223372036854775808", -9223372036854775807),
        ("JSON-10", 1.8446744073709552e19, "18446744073709551616", 0),
        ("JSON-11", -0.0, "-0", 0),
        ("JSON-11", -0.0, "-0", 0.0),
        (
            "JSON-12",
            [0.9341825998422749, 1e-17 / 3],
            f"[0.9341825998422749, {1e-17 / 3}]",
            [0.934182599842275, 1e-17 / 3],
        ),
        ("JSON-12", [0.5, 9007199254740992.0], "[0.5, 9007199254740993.0]", [0.5, 9007199254740994.0]),
    ],
)
def test_a_number_is_read_as_what_it_is(requirement: str, means: Any, text: str, wrong: Any) -> None:
    step, trace = number(requirement, means, text)
    assert said(step, trace) == {requirement}
    assert broken(step, trace) == set()
    assert broken_here(edited(step, "events", with_metadata({"n": wrong})), trace) == {requirement}
    assert broken_here(refused(step, "invalid_input"), trace) == {requirement}


@pytest.mark.parametrize(
    ("requirement", "means", "text", "hashed"),
    [("JSON-10", 1e20, "100000000000000000001", 10**20 + 1), ("JSON-11", -0.0, "-0", 0)],
)
def test_the_identity_tells_what_a_number_was_read_as(requirement: str, means: Any, text: str, hashed: int) -> None:
    step, trace = number(requirement, means, text)

    def as_integer(value: Any) -> bytes:
        return write({**value, "metadata": {"n": hashed}} if "event" in value else value).encode()

    wrong = with_digests_of(as_integer, step)
    assert broken_here(wrong, trace) == {requirement}
    # But who hashes a double like that, however it was written, has another fault.
    assert broken_here(evolve(wrong, before=wrong.after), trace) == set()


def test_the_value_of_a_double_is_not_how_it_is_shown() -> None:
    step, trace = number("JSON-12", [9007199254740992.0], "[9007199254740993.0]")
    as_integer = edited(step, "events", with_metadata({"n": [9007199254740992]}))
    assert (said(as_integer, trace), broken_here(as_integer, trace)) == ({"JSON-12"}, set())
    means, shown = [0.12345678901234568, 1 / 3], [0.123456789012346, 0.333333333333333]
    step, trace = number("JSON-12", means, "[0.1234567890123456789, 0.3333333333333333]")
    too_few_digits = edited(step, "events", with_metadata({"n": shown}))
    assert said(too_few_digits, trace) == set()


# --- writing ----------------------------------------------------------------------------------------------------------


def utf16(value: Any) -> bytes:
    return write(value, key=lambda name: name.encode("utf-16-be")).encode()


def as_it_came(value: Any) -> bytes:
    """Sort the members of the outermost object only."""
    return orjson.dumps(dict(sorted(value.items())))


def escaped(value: Any) -> bytes:
    return write(value, string=lambda text: json.dumps(text).replace("/", "\\/")).encode()


WRITTEN: list[tuple[str, Any, Callable[[Any], bytes]]] = [
    ("JSON-2", {"a": [1, 2]}, lambda value: json.dumps(value, sort_keys=True).encode()),
    ("JSON-2", {"a": 1}, lambda value: orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)),
    ("JSON-3", {"\uffff": 1, "😀": 1}, utf16),
    ("JSON-4", "a/ü", escaped),
    ("JSON-5", [1, 2**53 - 1], lambda value: write(value, integer=lambda number: f"{number}.0").encode()),
    ("JSON-6", [1.0], lambda value: write(value, double=lambda number: f"{number:.0f}").encode()),
]
SPECIAL = {requirement: value for requirement, value, _ in WRITTEN} | {"JSON-1": {"a": 1}}


@pytest.mark.parametrize("requirement", SPECIAL)
def test_canonical_json_is_judged_by_the_digests(requirement: str) -> None:
    step, trace = read(requirement, run_with(SPECIAL[requirement]))
    assert said(step, trace) == {requirement}
    assert broken(step, trace) == set()


@pytest.mark.parametrize(("requirement", "value", "writer"), WRITTEN)
def test_digests_of_canonical_json_that_is_written_wrongly_break_its_requirement(
    requirement: str, value: Any, writer: Callable[[Any], bytes]
) -> None:
    step, trace = read(requirement, run_with(value))
    assert broken_here(with_digests_of(writer, step), trace) == {requirement}


@pytest.mark.parametrize("requirement", SPECIAL)
def test_other_digests_than_the_hash_of_what_is_shown_break_one_requirement_at_most(requirement: str) -> None:
    """Digests of who knows what say that the hash is wrong; as to how values are written, they say nothing."""
    step, trace = read(requirement, run_with(SPECIAL[requirement]))
    wrong = with_digests_of(lambda value: b"?" + orjson.dumps(value), step)
    assert broken_here(wrong, trace) == ({"JSON-1"} if requirement == "JSON-1" else set())
    no_digests = edited(wrong, "events", lambda event: event.update(event_id="automation-v2-lifecycle-run-1-0-x"))
    assert said(no_digests, trace) == set()
    ids_only = evolve(wrong, after={OWNER: evolve(wrong.after[OWNER], snapshots=step.after[OWNER].snapshots)})
    assert broken_here(ids_only, trace) == set()


def test_a_fault_that_nobody_thought_of_breaks_the_requirement_where_plain_values_are_right() -> None:
    step, trace = read("JSON-3", run_with({"b": 1, "a": 1}))
    as_sent = edited(
        edited(step, "events", with_metadata({"b": 1, "a": 1})), "snapshots", failing_with({"b": 1, "a": 1})
    )
    assert broken_here(with_digests_of(as_it_came, as_sent), trace) == {"JSON-3"}


def test_a_digest_in_another_form_breaks_the_requirement_on_hashes() -> None:
    step, trace = read("JSON-1", run_with({}))
    in_capitals = edited(step, "snapshots", lambda each: each.update(payload_digest=each["payload_digest"].upper()))
    assert broken_here(in_capitals, trace) == {"JSON-1"}


def test_whole_doubles_that_are_shown_as_integers_are_not_told_apart() -> None:
    step, trace = read("JSON-6", run_with([1.0]))
    assert broken_here(edited(step, "events", with_metadata([1])), trace) == {"JSON-6"}
    assert said(edited(step, "events", with_metadata([2.0])), trace) == set()


# --- helpers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": 1}, {"a": 1}, None),
        ({"a": 1}, {"a": 1.0}, ("a", 1, 1.0)),
        ({"a": None}, {}, ("a", {"a": None}, {})),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}, ("a[1].b", 2, 3)),
        ({"a": [1]}, {"a": []}, ("the number of a", 1, 0)),
    ],
)
def test_the_first_difference_is_named(old: Any, new: Any, expected: Any) -> None:
    assert difference(old, new) == expected


@pytest.mark.parametrize("value", [None, True, [1, -2, 1.5, 1e21], {"😀": "\x00/ü", "\uffff": {}}, "\u2028\x7f"])
def test_the_right_way_to_write_a_value_is_canonical_json(value: Any) -> None:
    assert write(value).encode() == orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    digest = Digest(value=value, shown=sha256(write(value).encode()).hexdigest(), form=str)
    assert (digest.is_right, digest.faults()) == (True, {})
