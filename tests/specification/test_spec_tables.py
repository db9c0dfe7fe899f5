"""The tables of the specification say what the code does: they are held against it row by row."""

import inspect
import json
import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType, NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin

import attrs
import pytest

from builders import event, run_json
from lifecycle_conformance.specification.requirements import Table, code_spans, tables
from lifecycle_conformance.specification.texts import SPEC
from lifecycle_projection import MemoryStore, compact, project, projection, records
from lifecycle_projection.codec import event_from, run_from, to_json
from lifecycle_projection.identity import safe
from lifecycle_projection.phases import NEXT_PHASES, PHASE_OF_STATUS
from lifecycle_projection.scope import SPELLINGS
from lifecycle_projection.stores.files import segment

TABLES = tables()


def words(cell: str) -> list[str]:
    return list(code_spans(cell))


def only(cell: str) -> str:
    (word,) = code_spans(cell)
    return word


# --- phases and words -------------------------------------------------------------------------------------------------


def test_the_table_of_phases_is_that_of_the_code() -> None:
    """PHASE-5, PHASE-7, PHASE-10: which moves there are, and in which order they are listed."""
    assert [(only(row["phase"]), words(row["next"])) for row in TABLES["phases"]] == [
        (phase, list(next_phases)) for phase, next_phases in NEXT_PHASES.items()
    ]


def test_the_table_of_statuses_is_that_of_the_code() -> None:
    """PHASE-1: each status means one phase."""
    assert [(only(row["status"]), only(row["phase"])) for row in TABLES["statuses"]] == list(PHASE_OF_STATUS.items())


def of_the_code(name: str) -> Any:
    """The class of the code that has the name of a set or a table: `tenant_source` is `TenantSource`."""
    return getattr(records, "".join(part.capitalize() for part in name.split("_")))


SETS: Final = {only(row["set"]): row for name in ("words", "words.scope", "words.stored") for row in TABLES[name]}


def test_the_closed_sets_are_those_of_the_code() -> None:
    """REC-9, FILE-12: the same words in the same order."""
    assert len(SETS) == 11
    assert {name: words(row["words"]) for name, row in SETS.items()} == {name: [*of_the_code(name)] for name in SETS}


# --- members of the records -------------------------------------------------------------------------------------------

NAMES: Final[Mapping[Any, str]] = MappingProxyType(
    {
        str: "str",
        Any: "any",
        records.U64: "u64",
        records.U32: "u32",
        records.StatefulStatus: "status",
        records.Phase: "phase",
        **{of_the_code(name): name for name in SETS},
    }
)


def notation(hint: Any) -> str:
    """Write a type as the tables do."""
    if hint in NAMES:
        return NAMES[hint]
    arguments = get_args(hint)
    if get_origin(hint) in (Union, UnionType):
        return notation(next(each for each in arguments if each is not NoneType))
    if get_origin(hint) is tuple:
        return f"[{notation(arguments[0])}]"
    if get_origin(hint) is dict:
        return f"{{{notation(arguments[1])}}}"
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", str(hint.__name__)).lower()


def sort(attribute: "attrs.Attribute[Any]") -> str:
    if attribute.default is attrs.NOTHING:
        return "required"
    return "optional" if attribute.default is None and records.NULL_REFUSED not in attribute.metadata else "defaulted"


def written(attribute: "attrs.Attribute[Any]") -> str:
    if attribute.metadata or attribute.default is attrs.NOTHING:
        return "always"
    return "if any" if attribute.default is None else "if not empty"


def members(record: type) -> list["attrs.Attribute[Any]"]:
    return [each for each in attrs.fields(record) if each.name != "document"]


MEMBERS: Final = {
    table: of_the_code(table.rpartition(".")[2]) for table, rows in TABLES.items() if {"type", "sort"} <= rows[0].keys()
}
STORED: Final = {table: record for table, record in MEMBERS.items() if table.startswith("stored.")}


def test_the_tables_of_members_are_found() -> None:
    assert (len(MEMBERS), len(STORED)) == (24, 9)


@pytest.mark.parametrize(("table", "record"), [*MEMBERS.items()])
def test_the_members_of_a_record_are_those_of_the_code(table: str, record: type) -> None:
    """REC-2 to REC-7, FILE-8, FILE-11: name, type and sort of each member, in order."""
    assert [(only(row["member"]), only(row["type"]), row["sort"]) for row in TABLES[table]] == [
        (each.name, notation(each.type), sort(each)) for each in members(record)
    ]


@pytest.mark.parametrize(("table", "record"), [*MEMBERS.items()])
def test_the_defaults_are_those_of_the_code(table: str, record: type) -> None:
    """REC-5, REC-12, FILE-11: those that the table writes as a value."""
    attributes = {each.name: each for each in members(record)}
    for row in TABLES[table]:
        default: Any = attributes[only(row["member"])].default
        if row["sort"] != "defaulted":
            assert row["default"] in ("", "`null`")
        elif row["default"].startswith("`"):
            value = default.factory() if hasattr(default, "factory") else default
            shown = value if isinstance(value, str) else json.dumps(value)
            assert shown == only(row["default"])


@pytest.mark.parametrize(("table", "record"), [*STORED.items()])
def test_what_is_left_out_is_as_in_the_code(table: str, record: type) -> None:
    """FILE-8: which members are written although they are null or empty."""
    assert [row["written"] for row in TABLES[table]] == [written(each) for each in members(record)]


# --- what a pass really writes ----------------------------------------------------------------------------------------

RECORD: Final = {
    "event": "node_started",
    "recorded_at_ms": 20,
    "reason": "because",
    "stop_kind": "panic",
    "metadata": {"node_id": "n", "wait_kind": "timer", "session_id": "s"},
}
FULL: Final = run_json(
    RECORD,
    run_id="run-7",
    automation_id="weekly-report",
    status="paused",
    active_session_ids=["s"],
    active_instance_ids=["i"],
    automation_snapshot={"automation_id": "weekly-report"},
    execution_claim={
        "claim_id": "c",
        "claimant_id": "w",
        "claimed_at_ms": 1,
        "lease_expires_at_ms": 2,
        "lease_epoch": 3,
    },
    execution_claim_epoch=3,
    pause_reason="pause",
    resume_reason="resume",
    stop_kind="shutdown",
    stop_reason="stop",
    checkpoint={
        "completed_nodes": ["a"],
        "pending_nodes": ["b"],
        "blocked_nodes": ["c"],
        "node_attempts": {"a": 1},
    },
)
BARE: Final = run_json("node_started", run_id="run-7", automation_id="weekly-report")
MOVED: Final = {**FULL, "status": "running", "checkpoint": {"lifecycle_history": [RECORD, {**RECORD, "reason": None}]}}


def written_by_a_pass(run: dict[str, Any]) -> dict[str, Any]:
    """Project a run and give what the last record got, by the names of the tables."""
    store = MemoryStore()
    if run is MOVED:
        project(run_from({**FULL, "checkpoint": {"lifecycle_history": [RECORD]}}), store)
    result = project(run_from(run), store)
    event, snapshot = to_json(result.events[-1]), to_json(result.snapshots[-1])
    entry = snapshot["phase_history"][-1]
    return {
        "event": event,
        "event.payload": event["payload"],
        "snapshot": snapshot,
        "snapshot.metadata": snapshot["metadata"],
        "checkpoint": snapshot["checkpoint"],
        "phase_entry.transition" if "from_phase" in entry else "phase_entry.observed": entry,
    }


WRITTEN: Final = {name: (run, written_by_a_pass(run)) for name, run in (("full", FULL), ("bare", BARE))}
CASES: Final = [(table, name) for name, (_, documents) in WRITTEN.items() for table in documents]


def rows_written(table: Table, *, full: bool) -> list[str]:
    return [
        only(row["member"])
        for row in table
        if row["written when"] == "always" or (full and row["written when"] == "if any")
    ]


def source_of(row: dict[str, str], run: dict[str, Any], document: dict[str, Any]) -> Any:
    """Compute what the second column says; what it says in words comes back as the document has it."""
    cell = row["where it comes from"]
    found = document.get(only(row["member"]))
    if not re.fullmatch(r"`[^`]+`", cell):
        return found
    notation = only(cell)
    record = run["checkpoint"]["lifecycle_history"][-1]
    if re.fullmatch(r"(run|record)(\.\w+)+", notation):
        return at_path(notation, run, record)
    if "{" not in notation:
        return json.loads(notation)
    parts = {
        "time": record["recorded_at_ms"],
        "phase": document.get("to_phase"),
        "from": document.get("from_phase"),
        "to": document.get("to_phase"),
        "phase status": run["status"],
    }
    return re.sub(r"\{([^}]+)\}", lambda part: str(parts.get(part[1]) or at_path(part[1], run, record)), notation)


def at_path(path: str, run: dict[str, Any], record: dict[str, Any]) -> Any:
    first, *names = path.split(".")
    value: Any = {"run": run, "record": record}[first]
    table = "run" if first == "run" else "lifecycle_record"
    for name in names:
        (row,) = (row for row in TABLES[table] if only(row["member"]) == name)
        default = json.loads(only(row["default"])) if row["default"].startswith("`") else None
        value = value.get(name, default)
        table = "run.checkpoint"
    return value


@pytest.mark.parametrize(("table", "case"), CASES)
def test_exactly_the_members_of_the_table_are_written(table: str, case: str) -> None:
    """EVENT-1, EVENT-2, SNAP-1, SNAP-2, CKPT-1, PHASE-8: nothing else, and nothing missing."""
    _, documents = WRITTEN[case]
    expected = rows_written(TABLES[table], full=case == "full")
    found = list(documents[table])
    assert found == (expected if table in ("event", "snapshot", "phase_entry.observed") else sorted(expected))


@pytest.mark.parametrize(("table", "case"), CASES)
def test_each_member_comes_from_where_the_table_says(table: str, case: str) -> None:
    """EVENT-1, EVENT-2, SNAP-1, SNAP-2, CKPT-1, PHASE-8: constants, members of run and record, templates."""
    run, documents = WRITTEN[case]
    for row in TABLES[table]:
        if row["written when"] != "never":
            assert documents[table].get(only(row["member"])) == source_of(row, run, documents[table]), row


def test_a_transition_entry_is_as_its_table_says() -> None:
    """PHASE-9: members, order, and where they come from."""
    entry = written_by_a_pass(MOVED)["phase_entry.transition"]
    assert list(entry) == rows_written(TABLES["phase_entry.transition"], full=True)
    for row in TABLES["phase_entry.transition"]:
        assert entry[only(row["member"])] == source_of(row, MOVED, entry), row


def test_a_marker_is_as_its_tables_say() -> None:
    """COMPACT-8: exactly these members, and the constants among them."""
    store = MemoryStore()
    project(run_from(FULL), store)
    store.append(event_from(event("old", 0, 1, run_id="run-7")))
    assert compact(store, retention_ms=10, now_ms=1000) == 1
    marker = next(to_json(each) for each in store.events() if each.event_id != "old" and each.seq == 0)
    for table, document in (("marker", marker), ("marker.payload", marker["payload"])):
        assert sorted(document) == sorted(rows_written(TABLES[table], full=False))
        for row in TABLES[table]:
            if row["where it comes from"].startswith(("`1`", '`"')):
                assert document[only(row["member"])] == json.loads(only(row["where it comes from"]))


@pytest.mark.parametrize("table", ["event", "event.payload", "snapshot", "snapshot.metadata", "checkpoint"])
def test_every_source_is_a_value_a_path_a_template_or_words_with_an_id(table: str) -> None:
    for row in TABLES[table]:
        cell, when = row["where it comes from"], row["written when"]
        assert when in ("always", "if any", "never")
        assert (when == "never") == (not cell)
        if cell and not re.fullmatch(r"`[^`]+`", cell):
            assert re.search(r"\([A-Z]+-\d+(, [A-Z]+-\d+)*\)$", cell), cell


# --- the small tables -------------------------------------------------------------------------------------------------


def test_the_spellings_of_the_scope_are_those_of_the_code() -> None:
    """SCOPE-4: fields and their spellings, in the order in which they are tried."""
    listed = [(only(row["field"]), tuple(words(row["spellings, in order"]))) for row in TABLES["scope"]]
    assert listed == [(field, spellings) for field, spellings, _ in SPELLINGS]


def test_the_pass_has_the_outcome_table_of_its_chapter_as_a_comment() -> None:
    """Chapter 9: the same rows in the same order, each cell in its column."""
    chapter = (SPEC / "09-pass.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\|((?: (?:known|new) \|).*)\|$", chapter, re.MULTILINE)
    comment = [line.strip() for line in inspect.getsource(projection).splitlines() if line.strip().startswith("#   ")]
    columns = [match.span() for match in re.finditer("-+", comment[1])]
    written = [[line[start:end].strip() for start, end in columns] for line in comment[2:]]
    assert written == [[cell.strip(" `").replace("`", "") for cell in row.split("|")] for row in rows]
    assert len(written) == 10


def test_the_examples_of_safe_names_hold() -> None:
    """ID-6: one `-` for each code point that is not safe."""
    for row in TABLES["examples.safe"]:
        assert safe(words(row["name"])[0]) == only(row["safe form"])


def test_the_examples_of_segments_hold() -> None:
    """FILE-4: ids as names of files and folders."""
    for row in TABLES["examples.segment"]:
        assert segment(only(row["id"])) == only(row["segment"])


def test_every_set_of_words_is_an_enumeration_of_the_records() -> None:
    """None of the closed sets of the code is missing in the text."""
    enumerations = {each for each in vars(records).values() if isinstance(each, type) and issubclass(each, StrEnum)}
    assert enumerations - {StrEnum, records.StatefulStatus, records.Phase} == {*map(of_the_code, SETS)}
