"""The schemas: sound in themselves, at one with specification, codec and vectors, and met by all that is written.

Every scenario of the vectors is gone through; a document that occurs again is validated once. The agreement with the
codec is tried on each single change of a few full documents.
"""

import copy
import json
import re
from collections.abc import Callable, Iterator, Mapping
from enum import EnumType, StrEnum
from types import MappingProxyType
from typing import Any, Final

import orjson
import pytest
from attrs import frozen
from jsonschema import Draft202012Validator

from lifecycle_conformance.driver.server import Server
from lifecycle_conformance.generation.input_cases.runs import at
from lifecycle_conformance.judges.vectors import Scenario
from lifecycle_conformance.judges.vectors import load as load_scenarios
from lifecycle_conformance.specification.requirements import code_spans, tables
from lifecycle_conformance.specification.schemas import is_valid, load, problems, validator
from lifecycle_conformance.specification.texts import SCHEMAS
from lifecycle_projection import InvalidInputError, parse_runs, records
from lifecycle_projection.codec import event_from, run_from, snapshot_from, structure, tenant_from
from lifecycle_projection.phases import NEXT_PHASES, PHASE_OF_STATUS
from schemas_broken import Broken, broken

LOADED: Final = load()
NAMES: Final = tuple(LOADED)
# Keywords that hold schemas which only decide or narrow: their members are described where they are declared.
NARROWING: Final = frozenset({"if", "then", "else", "allOf"})
SCENARIOS: Final = load_scenarios()


def example(name: str, index: int = -1) -> Any:
    return copy.deepcopy(LOADED[name]["examples"][index])


def subschemas(schema: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """A schema and those inside it, with their paths; the conditions of `if` decide and refuse nothing."""
    if not isinstance(schema, dict):
        return
    yield path, schema
    for keyword, value in schema.items():
        here = (*path, keyword)
        if keyword in {"properties", "$defs"}:
            for name, inner in value.items():
                yield from subschemas(inner, (*here, name))
        elif keyword in {"allOf", "anyOf", "oneOf"}:
            for index, inner in enumerate(value):
                yield from subschemas(inner, (*here, str(index)))
        elif keyword in {"items", "additionalProperties", "then", "else"}:
            yield from subschemas(value, here)


# --- the schemas in themselves ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(LOADED[name])
    assert LOADED[name]["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_pretty_printed(name: str) -> None:
    text = (SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8")
    assert text == json.dumps(LOADED[name], ensure_ascii=False, indent=2) + "\n"


def test_the_readme_lists_the_schemas() -> None:
    text = (SCHEMAS / "README.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| `([a-z-]+)` \|", text, re.MULTILINE)) == list(NAMES)
    assert len(NAMES) == 23


def test_the_ids_are_unique_and_named_after_the_files() -> None:
    assert {name: schema["$id"] for name, schema in LOADED.items()} == {
        name: f"urn:lifecycle-projection:schema:1:{name}" for name in NAMES
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_schema_definition_and_member_is_described(name: str) -> None:
    for path, schema in subschemas(LOADED[name]):
        declared = path == () or (len(path) == 2 and path[0] == "$defs")
        if declared:
            assert schema["title"], path
        if declared or (path[-2:-1] == ("properties",) and not NARROWING.intersection(path)):
            assert schema["description"].endswith("."), path


@pytest.mark.parametrize("name", NAMES)
def test_every_reference_leads_somewhere(name: str) -> None:
    resolver = validator(name)._resolver
    for _, schema in subschemas(LOADED[name]):
        if "$ref" in schema:
            assert isinstance(resolver.lookup(schema["$ref"]).contents, dict)


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_validate(name: str) -> None:
    assert LOADED[name]["examples"]
    for document in LOADED[name]["examples"]:
        assert problems(name, document) == []


def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises(KeyError):
        validator("event")
    with pytest.raises(KeyError):
        validator("event-written", "event")


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith("-written") or name == "compaction-marker"])
def test_written_schemas_are_closed(name: str) -> None:
    """Every object that has members takes no others; maps and free-form values have none."""
    for path, schema in subschemas(LOADED[name]):
        if "properties" in schema and "$ref" not in schema and not NARROWING.intersection(path):
            narrowed_elsewhere = name == "phase-entry-written" and path[-1:] in {("observed",), ("transition",)}
            assert schema.get("additionalProperties") is False or narrowed_elsewhere, path


# --- against the specification ----------------------------------------------------------------------------------------

TABLES: Final = tables()
READ: Final = MappingProxyType(
    {
        "run": ("run", None),
        "run.checkpoint": ("run", "checkpoint"),
        **{name: ("run", name) for name in ("lifecycle_record", "gate", "expiry_policy", "gate_decision", "actor")},
        **{name: ("run", name) for name in ("failure", "claim", "automation_snapshot")},
        "tenant": ("tenant", None),
        "stored.tenant": ("tenant", None),
        "stored.scope": ("scope-stored", None),
        **{
            f"stored.{name}": ("scope-stored", name)
            for name in ("principal", "resource_scope", "resource", "path_segment")
        },
        "stored.phase_entry": ("phase-entry-stored", None),
        "stored.event": ("event-stored", None),
        "stored.snapshot": ("snapshot-stored", None),
    }
)
WRITTEN: Final = MappingProxyType(
    {
        "event": ("event-written", None),
        "event.payload": ("event-written", "payload"),
        "snapshot": ("snapshot-written", None),
        "snapshot.metadata": ("snapshot-written", "metadata"),
        "checkpoint": ("snapshot-written", "checkpoint"),
        "marker": ("compaction-marker", None),
        "marker.payload": ("compaction-marker", "payload"),
    }
)


def declared(name: str, definition: str | None) -> tuple[dict[str, Any], set[str]]:
    """The members of a schema, with what it refers to in its own file, and which are required."""
    schema = LOADED[name] if definition is None else LOADED[name]["$defs"][definition]
    members = dict(schema.get("properties", {}))
    required = set(schema.get("required", ()))
    if schema.get("$ref", "").startswith("#/$defs/"):
        more, needed = declared(name, schema["$ref"].removeprefix("#/$defs/"))
        members = more | members
        required |= needed
    return members, required


@pytest.mark.parametrize("table", READ)
def test_what_is_read_is_as_the_specification_says(table: str) -> None:
    """REC-3 to REC-6, FILE-11: which members there are, which must be there, and which may be null."""
    name, definition = READ[table]
    members, required = declared(name, definition)
    rows = {code_spans(row["member"])[0]: row for row in TABLES[table]}
    assert set(members) == set(rows)
    assert required == {member for member, row in rows.items() if row["sort"] == "required"}
    for member, row in rows.items():
        nullable = validator(name).evolve(schema=members[member]).is_valid(None)
        assert nullable is (row["sort"] == "optional" or "any" in code_spans(row["type"])), member


@pytest.mark.parametrize("table", WRITTEN)
def test_what_is_written_is_as_the_specification_says(table: str) -> None:
    """EVENT-1, EVENT-2, SNAP-1, SNAP-2, CKPT-1, COMPACT-8: exactly these members."""
    members, required = declared(*WRITTEN[table])
    when = {code_spans(row["member"])[0]: row["written when"] for row in TABLES[table]}
    assert set(members) == {member for member, written in when.items() if written != "never"}
    assert required == {member for member, written in when.items() if written == "always"}


ENUMERATIONS: Final = [each for each in vars(records).values() if isinstance(each, EnumType) and each is not StrEnum]


@pytest.mark.parametrize("words", ENUMERATIONS)
def test_the_closed_sets_are_those_of_the_code(words: type[StrEnum]) -> None:
    sets = [definition["enum"] for definition in LOADED["types"]["$defs"].values() if "enum" in definition]
    assert list(words) in sets
    assert len(sets) == len(ENUMERATIONS)


@pytest.mark.parametrize("status", records.RunStatus)
@pytest.mark.parametrize("phase", records.Phase)
@pytest.mark.parametrize("event", ["node_completed", "node_retry_backoff_scheduled"])
def test_a_snapshot_has_the_phase_of_its_status(status: str, phase: records.Phase, event: str) -> None:
    """PHASE-1, PHASE-2, PHASE-10."""
    snapshot = example("snapshot-written")
    snapshot["metadata"]["event"] = event
    snapshot |= {"status": status, "phase": phase, "allowed_next_phases": list(NEXT_PHASES[phase])}
    retries = status == "queued" and event == "node_retry_backoff_scheduled"
    of_status = PHASE_OF_STATUS[records.StatefulStatus("retrying" if retries else status)]
    assert validator("snapshot-written").is_valid(snapshot) is (phase is of_status)


@pytest.mark.parametrize("from_phase", records.Phase)
@pytest.mark.parametrize("to_phase", records.Phase)
def test_a_transition_is_a_move_of_the_table(from_phase: records.Phase, to_phase: records.Phase) -> None:
    """PHASE-5, PHASE-7."""
    entry = example("phase-entry-written")
    entry |= {"from_phase": from_phase, "to_phase": to_phase}
    entry["event_id"] = f"run-1:phase_transition:{from_phase}:{to_phase}:0"
    assert validator("phase-entry-written").is_valid(entry) is (to_phase in NEXT_PHASES[from_phase])


@pytest.mark.parametrize("phase", records.Phase)
@pytest.mark.parametrize("status", records.StatefulStatus)
def test_an_observed_phase_is_that_of_the_status(phase: records.Phase, status: records.StatefulStatus) -> None:
    """PHASE-3."""
    entry = example("phase-entry-written", 0)
    entry |= {"event_id": f"run-1:phase:{phase}:0", "to_phase": phase, "reason": f"observed_status:{status}"}
    assert validator("phase-entry-written").is_valid(entry) is (PHASE_OF_STATUS[status] is phase)


# --- what must be refused ---------------------------------------------------------------------------------------------

BROKEN: Final = broken()


@pytest.mark.parametrize("case", [pytest.param(case, id=case.row) for case in BROKEN])
def test_a_broken_document_is_refused_at_the_right_path(case: Broken) -> None:
    found = problems(case.schema, case.document, case.definition)
    assert {path for path, _ in found} == case.paths
    assert all(message.startswith("expected ") for _, message in found)


REFUSING: Final = frozenset(
    {"type", "enum", "const", "pattern", "minimum", "maximum", "maxLength", "minItems", "uniqueItems", "not"}
    | {"anyOf", "oneOf"}
)


def rules(schema: Any) -> Iterator[tuple[int, str, str]]:
    """All that a schema can refuse: keywords of its subschemas, and each required member for itself."""
    for keyword in schema:
        if keyword in REFUSING or (keyword == "additionalProperties" and schema[keyword] is False):
            yield id(schema), keyword, ""
    for member in schema.get("required", ()):
        yield id(schema), "required", member


def broken_rules(errors: Any) -> Iterator[tuple[int, str, str]]:
    for error in errors:
        if error.validator == "required":
            missing = (member for member in error.validator_value if member not in error.instance)
            yield from ((id(error.schema), "required", member) for member in missing)
        else:
            yield id(error.schema), error.validator, ""
        yield from broken_rules(error.context)


def test_every_rule_of_every_schema_is_broken_by_a_document() -> None:
    """All but those that tie a phase to what stands beside it, of which the tests above try each."""
    schemas = {name: validator(name).schema for name in NAMES}
    places = {
        rule: f"{name}#/{'/'.join(path)}: {rule[1]} {rule[2]}"
        for name, whole in schemas.items()
        for path, schema in subschemas(whole)
        for rule in rules(schema)
        if not (name in {"snapshot-written", "phase-entry-written"} and "allOf" in path)
    }
    seen = {
        rule
        for case in BROKEN
        for rule in broken_rules(validator(case.schema, case.definition).iter_errors(case.document))
    }
    assert sorted(place for rule, place in places.items() if rule not in seen) == []


# --- how a refusal reads ----------------------------------------------------------------------------------------------


def test_the_deepest_problem_comes_first() -> None:
    run = example("run")
    run["status"] = "gone"
    run["checkpoint"]["lifecycle_history"][1]["recorded_at_ms"] = "soon"
    assert problems("run", run) == [
        ("$.checkpoint.lifecycle_history[1].recorded_at_ms", 'expected an integer from 0 to 2^64 - 1, found "soon"'),
        ("$.status", f'expected one of {", ".join(records.RunStatus)}, found "gone"'),
    ]


def test_of_alternatives_the_closest_speaks() -> None:
    run = example("run")
    run["execution_claim"]["claim_id"] = None
    assert problems("run", run) == [("$.execution_claim.claim_id", "expected a string, found null")]
    run["execution_claim"] = 7
    assert problems("run", run) == [("$.execution_claim", "expected null or an object, found 7")]
    assert problems("driver-answer", {"id": 1, "ok": {"projected": "two"}}) == [
        ("$.ok.projected", 'expected an integer from 0 to 2^64 - 1, found "two"')
    ]


def test_a_missing_member_and_one_too_many_are_named_by_their_paths() -> None:
    request = {"id": 1, "op": "compact", "retention_ms": 5}
    assert problems("driver-request", request) == [("$.now_ms", "expected this member, found nothing")]
    answer = {"id": 1, "ok": {"pruned": 1, "not asked": 2}}
    assert problems("driver-answer", answer, "prune") == [("$.ok['not asked']", "expected no such member")]
    both = {"id": 1, "op": "project", "run": example("run", 0), "run_json": "{}"}
    assert problems("driver-request", both) == [("$", "expected either run or run_json, not both")]


# --- against the vectors ----------------------------------------------------------------------------------------------


class Once:
    """Collects what is wrong with documents, each kind of which is validated once."""

    def __init__(self) -> None:
        self._seen: set[tuple[str, str | None, bytes]] = set()
        self.wrong: list[str] = []
        self.counts: dict[str, int] = {}

    def accepts(self, name: str, document: Any, definition: str | None = None) -> None:
        self._judge(name, document, definition, valid=True)

    def refuses(self, name: str, document: Any) -> None:
        self._judge(name, document, None, valid=False)

    def _judge(self, name: str, document: Any, definition: str | None, *, valid: bool) -> None:
        key = (name, definition, orjson.dumps(document, option=orjson.OPT_SORT_KEYS))
        if key in self._seen:
            return
        self._seen.add(key)
        self.counts[name] = self.counts.get(name, 0) + 1
        # The fast validator, where there is one: test_validators.py holds it to what the normative one says.
        verdict = is_valid(name, document) if definition is None else validator(name, definition).is_valid(document)
        if verdict is not valid:
            self.wrong.append(f"{name} {definition}: {problems(name, document, definition)[:3]} {document}"[:2000])


def test_the_requests_and_runs_of_the_vectors_validate_unless_production_refused_them() -> None:
    once = Once()
    for scenario in SCENARIOS:
        for step, answer in zip(scenario.steps, scenario.answers, strict=True):
            refused = answer.get("error", {}).get("kind") == "invalid_input"
            judge = once.refuses if refused else once.accepts
            # Whatever else a request holds, all requests that production refused were refused for their run.
            judge("driver-request", {"id": 1, **step})
            if "run" in step:
                judge("run", step["run"])
    assert once.wrong == []
    assert once.counts["run"] > 1000


def test_what_the_vectors_import_and_append_validates_as_stored() -> None:
    once = Once()
    for scenario in SCENARIOS:
        for step in scenario.steps:
            for event in step.get("events", []):
                once.accepts("event-stored", event)
            for snapshot in step.get("snapshots", []):
                once.accepts("snapshot-stored", snapshot)
            if step["op"] == "append":
                once.accepts("event-stored", {**step["event"], "seq": 1})
    assert once.wrong == []
    assert min(once.counts.values()) > 300


def test_the_answers_of_production_validate() -> None:
    """Refusals in the vectors have a kind only; the rest of an error is judged in the answers of the reference."""
    once = Once()
    for scenario in SCENARIOS:
        for step, answer in zip(scenario.steps, scenario.answers, strict=True):
            if "ok" in answer:
                once.accepts("driver-answer", {"id": 1, **answer}, step["op"])
    assert once.wrong == []


def test_what_production_wrote_validates_as_written() -> None:
    """What the reference writes in these scenarios is the same: test_vectors.py holds that."""
    once = Once()
    for scenario in SCENARIOS:
        imported = Imported.by(scenario)
        for answer in scenario.answers:
            for event in answer.get("ok", {}).get("events", []):
                if event["event_id"] not in imported.events:
                    compacted = event["event_type"] == "stateful_runtime.event_log_compacted"
                    once.accepts("compaction-marker" if compacted else "event-written", event)
            for snapshot in answer.get("ok", {}).get("snapshots", []):
                if snapshot["snapshot_id"] not in imported.snapshots:
                    once.accepts("snapshot-written", snapshot)
                    for entry in snapshot["phase_history"]:
                        if entry["event_id"] not in imported.entries:
                            once.accepts("phase-entry-written", entry)
    assert once.wrong == []
    assert min(once.counts.values()) > 50
    assert {"event-written", "snapshot-written", "compaction-marker", "phase-entry-written"} == set(once.counts)


@frozen
class Imported:
    """The ids that a scenario brings along or appends by hand: what has them, no pass of today need have written."""

    events: frozenset[str]
    snapshots: frozenset[str]
    entries: frozenset[str]

    @classmethod
    def by(cls, scenario: Scenario) -> "Imported":
        events = [event for step in scenario.steps for event in step.get("events", [])]
        events += [step["event"] for step in scenario.steps if step["op"] == "append"]
        snapshots = [snapshot for step in scenario.steps for snapshot in step.get("snapshots", [])]
        return cls(
            frozenset(event["event_id"] for event in events),
            frozenset(snapshot["snapshot_id"] for snapshot in snapshots),
            frozenset(entry["event_id"] for each in snapshots for entry in each.get("phase_history", [])),
        )


# --- against the reference --------------------------------------------------------------------------------------------


def test_the_answers_of_the_reference_validate() -> None:
    """Every fourth scenario: the reference's answers, refusals with their data included."""
    once = Once()
    kinds = set()
    for scenario in SCENARIOS[::4]:
        server = Server("memory")
        server.answer(orjson.dumps({"id": 1, "op": "open", "store": "/"}))
        for step in scenario.steps:
            answer = orjson.loads(server.answer(orjson.dumps({"id": 1, **step})))
            kinds.add(answer.get("error", {}).get("kind"))
            once.accepts("driver-answer", answer, step["op"])
    assert once.wrong == []
    assert {None, "invalid_input", "phase_transition"} <= kinds


@pytest.mark.parametrize("line", [b"", b"7", b"{}", b'{"id": 1, "op": "frobnicate"}', b'{"id": 1, "op": "events"}'])
def test_the_refusals_of_the_reference_validate(line: bytes) -> None:
    assert problems("driver-answer", orjson.loads(Server("memory").answer(line))) == []


# --- against the codec ------------------------------------------------------------------------------------------------

READERS: Final[Mapping[str, Callable[[Any], object]]] = {
    "run": run_from,
    "runs": lambda document: parse_runs(orjson.dumps(document), source="runs"),
    "tenant": tenant_from,
    "scope-stored": lambda document: structure(document, records.Scope),
    "phase-entry-stored": lambda document: structure(document, records.PhaseEntry),
    "event-stored": event_from,
    "snapshot-stored": snapshot_from,
}
VALUES: Final = (None, True, "", "queued", 0, 7, -1, 2**32, 2**64 - 1, 1.5, [], [None], ["a"], {}, {"id": 1}, {"a": {}})


def places(document: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    if isinstance(document, dict | list):
        for key, value in document.items() if isinstance(document, dict) else enumerate(document):
            yield from places(value, (*at, key))


def changed(document: Any, place: tuple[Any, ...], value: Any) -> Any:
    if not place:
        return value
    first, *rest = place
    copied = dict(document) if isinstance(document, dict) else list(document)
    copied[first] = changed(document[first], tuple(rest), value)
    return copied


def without(document: Any, place: tuple[Any, ...]) -> Any:
    *parents, last = place
    parent = document
    for key in parents:
        parent = parent[key]
    remaining = [v for i, v in enumerate(parent) if i != last] if isinstance(parent, list) else {**parent}
    if isinstance(remaining, dict):
        del remaining[last]
    return changed(document, tuple(parents), remaining)


def reads(name: str, document: Any) -> bool:
    try:
        READERS[name](document)
    except InvalidInputError:
        return False
    return True


def excepted(name: str, document: Any) -> bool:
    """Where a schema can't follow the codec: the key of a run; and which form a file of runs is in."""
    if name != "runs" or not isinstance(document, dict):
        return False
    runs = document.get("runs", {})
    mismatched = isinstance(runs, dict) and any(
        isinstance(run, dict) and run.get("run_id") != key for key, run in runs.items()
    )
    return mismatched or "schema_version" not in document


@pytest.mark.parametrize("name", READERS)
def test_schema_and_codec_accept_and_refuse_alike(name: str) -> None:
    """Each place of a full document, with each of a few values and without it; one of these by both validators."""
    document = example(name)
    verdicts = set()
    for number, place in enumerate(places(document)):
        variants = [changed(document, place, value) for value in VALUES]
        if place:
            variants.append(without(document, place))
        for turn, variant in enumerate(variants):
            if not excepted(name, variant):
                verdict = reads(name, variant)
                verdicts.add(verdict)
                assert is_valid(name, variant) is verdict, (place, variant)
                if turn == number % len(variants):
                    assert validator(name).is_valid(variant) is verdict, (place, variant)
    assert verdicts == {True, False}


@pytest.mark.parametrize("number", [1.0, 1e3, -0.0])
def test_a_whole_double_is_no_integer(number: float) -> None:
    """REC-8, which the suite holds to where JSON Schema by itself does not."""
    run = example("run") | {"created_at_ms": number}
    assert problems("run", run) != []
    assert not reads("run", run)


@pytest.mark.parametrize("name", READERS)
def test_a_whole_double_is_no_integer_at_any_depth(name: str) -> None:
    """A schema to which another one refers is as strict as that one."""
    document = example(name)
    integers = [place for place in places(document) if type(at(document, place)) is int]
    assert integers
    for place in integers:
        variant = changed(document, place, float(at(document, place)))
        assert is_valid(name, variant) is reads(name, variant), place


def test_the_key_of_a_run_is_beyond_a_schema() -> None:
    """The documented difference: REC-18 wants each record under its own id."""
    runs = {"another": example("run", 0)}
    assert problems("runs", runs) == []
    assert not reads("runs", runs)
