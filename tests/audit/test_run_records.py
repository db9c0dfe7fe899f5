"""The run records that an audit is given: every form, the newest of each run, and what is damaged hides no other."""

import json
import os
import pickle
from pathlib import Path
from typing import Any

import pytest

from builders import run_json
from lifecycle_conformance.audit import run_pieces, run_records
from lifecycle_conformance.audit.finding import Kind
from lifecycle_conformance.audit.kinds import of_run_records
from lifecycle_conformance.audit.run_records import RunRecords
from lifecycle_conformance.specification.requirements import load
from lifecycle_projection import InvalidInputError, StorageError
from stores import put_database, put_files, shared, state_of

STORES = {each["name"]: each for each in shared()}


def record(run_id: str, at: int = 200, **members: Any) -> Any:
    return run_json("x", run_id=run_id, updated_at_ms=at, **members)


ONE, TWO, THREE = record("one"), record("two"), record("three")


def put(path: Path, text: Any) -> str:
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(text if isinstance(text, str) else json.dumps(text, indent=2), encoding="utf-8")
    return str(path)


def lines(*records: Any) -> str:
    return "".join(json.dumps(each) + "\n" for each in records)


def told(records: RunRecords) -> list[tuple[str, str]]:
    return [(each.kind.name, str(each.where)) for each in records.findings()]


FORMS = {
    "version 0": {"one": ONE, "two": TWO},
    "version 1": {"schema_version": 1, "runs": {"one": ONE, "two": TWO}},
    "version 1 from its end": {"runs": {"one": ONE, "two": TWO}, "schema_version": 1},
    "version 1 in one line": json.dumps({"schema_version": 1, "runs": {"one": ONE, "two": TWO}}),
    "lines": lines(ONE, TWO),
    "lines with blank ones": f"\n{lines(ONE)}\n  \n{json.dumps(TWO)}",
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_read(form: str, tmp_path: Path) -> None:
    records = RunRecords([put(tmp_path / "runs.json", FORMS[form])])
    assert records.run_ids() == ["one", "two"]
    assert [(found := records.get(run_id)) and found[0] for run_id in ("one", "two", "three")] == [ONE, TWO, None]
    assert told(records) == []


def test_a_single_record_and_a_tree_of_them_are_read(tmp_path: Path) -> None:
    put(tmp_path / "archive" / "2026" / "one.json", ONE)
    put(tmp_path / "archive" / "two.json", TWO)
    put(tmp_path / "archive" / "stateful_snapshots" / "x" / "y.json", "no record")
    put(tmp_path / "archive" / "notes.txt", "no record")
    records = RunRecords([str(tmp_path / "archive"), put(tmp_path / "three.json", THREE)])
    assert (records.run_ids(), told(records)) == (["one", "three", "two"], [])
    found = records.get("one")
    assert found is not None
    assert found[1].path == str(tmp_path / "archive" / "2026" / "one.json")


@pytest.mark.parametrize("store", list(STORES), ids=list(STORES))
def test_what_production_keeps_is_read(store: str, tmp_path: Path) -> None:
    folder = put_files(STORES[store]["files"], tmp_path)
    expected = json.loads((folder / "automation_v2_runs.json").read_bytes())
    expected = expected["runs"] if "schema_version" in expected else expected
    records = RunRecords([str(folder / "automation_v2_runs.json")])
    assert {run_id: (found := records.get(run_id)) and found[0] for run_id in records.run_ids()} == expected
    assert told(records) == []


def test_records_of_a_database_are_read(tmp_path: Path) -> None:
    file = put_database(STORES["21-goal"]["databases"]["root"], tmp_path / "x.sqlite3")
    for source in (str(file), f"sqlite:{file}"):
        records = RunRecords([source])
        found = records.get("run-2")
        assert found is not None
        assert (found[0]["run_id"], str(found[1])) == ("run-2", f"{file}:automation_runs[run-2]")


# --- several records of a run -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_newest_record_counts(order: tuple[int, int], tmp_path: Path) -> None:
    sources = [
        put(tmp_path / "old.json", record("one", 100, status="queued")),
        put(tmp_path / "new.json", {"schema_version": 1, "runs": {"one": record("one", 101)}}),
    ]
    records = RunRecords([sources[index] for index in order])
    found = records.get("one")
    assert found is not None
    assert (found[0]["updated_at_ms"], str(found[1])) == (101, f"{sources[1]}:$.runs.one")
    assert told(records) == []


def test_records_that_contradict_one_another_are_told(tmp_path: Path) -> None:
    source = put(tmp_path / "runs.jsonl", lines(ONE, ONE, record("one", status="paused"), TWO))
    records = RunRecords([source])
    assert told(records) == [("conflicting-records", f"{source}:3")]
    found = records.get("one")
    assert found is not None
    assert (found[0]["status"], found[1].line) == ("paused", 3)


def test_members_in_another_order_are_no_contradiction(tmp_path: Path) -> None:
    sources = [put(tmp_path / "a.json", ONE), put(tmp_path / "b.json", dict(reversed(ONE.items())))]
    assert told(RunRecords(sources)) == []


# --- damage -----------------------------------------------------------------------------------------------------------


def pretty(value: Any) -> str:
    """A runs file whose record of the run `two` lacks the bracket that ends its history."""
    before, name, after = json.dumps(value, indent=2).partition('"run_id": "two"')
    return before + name + after.replace("]", "", 1)


POOR = {name: each for name, each in TWO.items() if name != "automation_id"}


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ({"one": ONE, "two": POOR, "three": THREE}, [("unreadable-record", ":$.two")]),
        ({"one": ONE, "two": 5, "three": THREE}, [("unreadable-record", ":$.two")]),
        (
            {"schema_version": 1, "runs": {"one": ONE, "two": POOR, "three": THREE}},
            [("unreadable-record", ":$.runs.two")],
        ),
        (
            json.dumps({"one": ONE, "two": TWO, "three": THREE}).replace('"two"', '"two" 1', 2),
            [("unreadable-record", ":$")],
        ),
        (
            json.dumps({"one": ONE, "two": TWO, "three": THREE}).replace('}, "two"', '},, "two"'),
            [("unreadable-record", ":$")],
        ),
        (lines(ONE, POOR, THREE), [("unreadable-record", ":2")]),
        (lines(ONE) + '{"run_id": "tw\n' + lines(THREE), [("unreadable-record", ":2")]),
        ('{"run_id": "tw\n' + lines(ONE, THREE), [("unreadable-record", ":1")]),
        (lines(ONE, THREE) + '{"run_id": "tw', [("unreadable-record", ":3")]),
        (lines(ONE, THREE) + "[" * 10_000, [("unreadable-record", ":3")]),
        (json.dumps({"one": ONE, "three": THREE, "two": TWO}, indent=2)[:-90], [("broken-file", "")]),
        (
            json.dumps({"schema_version": 1, "runs": {"one": ONE, "three": THREE, "two": TWO}})[:-90],
            [("broken-file", "")],
        ),
        ({"schema_version": 2, "runs": {"one": ONE, "three": THREE}}, [("broken-file", "")]),
        (json.dumps({"one": ONE, "three": THREE}, indent=2) + "}", [("broken-file", "")]),
        (pretty({"one": ONE, "two": TWO, "three": THREE}), [("unreadable-record", ":$.two")]),
        (pretty({"two": TWO, "one": ONE, "three": THREE}), [("unreadable-record", ":$.two")]),
        (
            pretty({"schema_version": 1, "runs": {"one": ONE, "two": TWO, "three": THREE}}),
            [("unreadable-record", ":$.runs.two")],
        ),
        (pretty({"one": ONE, "three": THREE, "two": TWO}), [("broken-file", "")]),
        ({"one": ONE, "other": THREE}, [("other-key", ":$.other")]),
    ],
)
def test_damage_is_told_and_hides_no_other_record(text: Any, places: Any, tmp_path: Path) -> None:
    source = put(tmp_path / "runs.json", text)
    records = RunRecords([source])
    assert {"one", "three"} <= {*records.run_ids()} <= {"one", "three", "two"}
    assert told(records) == [(kind, f"{source}{place}") for kind, place in places]


@pytest.mark.parametrize(
    "text", ["", " \n", "{}", "[]", "5", "nonsense", '{"schema_version": 1}', "\0" * 50, "{" * 300]
)
def test_what_holds_no_records_is_told(text: str, tmp_path: Path) -> None:
    records = RunRecords([put(tmp_path / "runs.json", text)])
    assert records.run_ids() == []
    ((kind, _),) = told(records)
    assert kind in {"no-records", "broken-file", "unreadable-record"}


def test_what_is_missing_is_refused_by_its_name(tmp_path: Path) -> None:
    for source in (tmp_path / "nowhere.json", Path("/dev/zero")):
        with pytest.raises(InvalidInputError, match=f"{source}: expected run records"):
            RunRecords([str(source)])
    with pytest.raises(InvalidInputError, match="embedded null"):
        RunRecords(["\0"])
    with pytest.raises(StorageError, match="expected an SQLite database"):
        RunRecords([f"sqlite:{tmp_path}/nowhere"])


def test_pipes_and_links_in_a_tree_are_not_opened(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    put(tree / "one.json", ONE)
    os.mkfifo(tree / "pipe.json")
    (tree / "away.json").symlink_to(put(tmp_path / "two.json", TWO))
    records = RunRecords([str(tree)])
    assert records.run_ids() == ["one"]
    assert told(records) == [("no-records", f"{tree}/away.json"), ("no-records", f"{tree}/pipe.json")]


def test_a_record_that_is_too_long_is_not_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (run_pieces, run_records):
        monkeypatch.setattr(module, "LONGEST", 5_000)
    source = put(tmp_path / "runs.jsonl", lines(ONE, record("two", detail="x" * 10_000), THREE))
    records = RunRecords([source])
    assert (records.run_ids(), told(records)) == (["one", "three"], [("unreadable-record", f"{source}:2")])


def test_a_text_without_end_is_not_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_pieces, "LONGEST", 100_000)
    source = put(tmp_path / "runs.json", json.dumps({"one": ONE, "odd": "x" * 9_000_000, "three": THREE}, indent=1))
    records = RunRecords([source])
    assert (records.run_ids(), told(records)) == (["one", "three"], [("unreadable-record", f"{source}:$.odd")])


# --- what isn't changed, and what is sent -----------------------------------------------------------------------------


def test_nothing_is_changed(tmp_path: Path) -> None:
    put(tmp_path / "runs.json", {"one": ONE, "two": POOR})
    before = state_of(tmp_path)
    records = RunRecords([str(tmp_path), str(tmp_path / "runs.json")])
    records.get("one")
    assert state_of(tmp_path) == before


def test_records_can_be_sent_with_some_runs_only(tmp_path: Path) -> None:
    records = RunRecords([put(tmp_path / "runs.json", {"one": ONE, "two": TWO})])
    sent = pickle.loads(pickle.dumps(records.limited_to(["two", "other"])))
    assert (sent.run_ids(), sent.get("two"), sent.get("one")) == (["two"], records.get("two"), None)


def test_a_runs_file_that_is_replaced_meanwhile_is_read_as_it_was(tmp_path: Path) -> None:
    """A living engine does so at every change."""
    source = put(tmp_path / "runs.json", {"one": ONE, "two": TWO})
    records = RunRecords([source])
    Path(put(tmp_path / "new", {"zero": record("zero"), "one": record("one", 300)})).rename(source)
    assert [(found := records.get(run_id)) and found[0] for run_id in ("one", "two")] == [ONE, TWO]


def test_an_archived_record_that_is_gone_meanwhile_is_none(tmp_path: Path) -> None:
    paths = [put(tmp_path / "archive" / f"{each['run_id']}.json", each) for each in (ONE, TWO)]
    records = RunRecords([str(tmp_path / "archive")])
    Path(paths[0]).unlink()
    put(Path(paths[1]), "something else")
    assert [records.get(run_id) for run_id in ("one", "two")] == [None, None]


def test_each_kind_is_named_once_and_has_a_requirement_that_is_there() -> None:
    kinds = [each for each in vars(of_run_records).values() if isinstance(each, Kind)]
    assert len({kind.name for kind in kinds}) == len(kinds)
    assert {kind.requirement for kind in kinds} <= load().keys()
