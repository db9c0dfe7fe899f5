"""The prediction of an import, held against production's own imports, and against each rule by itself."""

import base64
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from builders import OTHER_TENANT, RUN_ID, TENANT, event, run_json, snapshot
from lifecycle_conformance.audit.finding import Finding
from lifecycle_conformance.audit.migration import collected, columns, kinds
from lifecycle_conformance.audit.migration.prediction import Prediction, predicted
from lifecycle_conformance.specification.requirements import load
from lifecycle_projection.errors import StorageError

HERE = Path(__file__).parent
LOG, SNAPSHOTS, RUNS = "stateful_events.jsonl", "stateful_snapshots", "automation_v2_runs.json"
WAITS, DATABASE = "stateful_waits.json", "stateful_runtime.sqlite3"
UNTOLD_FILES = {"F57-database-is-junk": {DATABASE: {"text": "junk"}}}
"""What an import had before it besides its `files`: databases are not among those."""

NOT_UTF8 = b'{"event_id": "\xff"}'
TOO_LARGE = 2**63

File = str | bytes | dict[str, Any]


def built(root: Path, files: dict[str, File]) -> Path:
    """The folder with these files: texts, bytes, JSON values, or files in the form of the vectors."""
    for name, file in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        match file:
            case {"folder": True}:
                path.mkdir(exist_ok=True)
            case {"link": target}:
                path.symlink_to(target)
            case {"base64": text}:
                path.write_bytes(base64.b64decode(text))
            case bytes():
                path.write_bytes(file)
            case _:
                path.write_text(file if isinstance(file, str) else file["text"], encoding="utf-8", newline="")
    return root


def told(findings: tuple[Finding, ...]) -> list[tuple[str, str]]:
    return [(finding.kind.name, str(finding.where)) for finding in findings]


def lines(*events: dict[str, Any] | str) -> str:
    return "".join(f"{each if isinstance(each, str) else json.dumps(each)}\n" for each in events)


def tenant(**members: Any) -> dict[str, Any]:
    return {**TENANT, **members}


# --- production's own imports -----------------------------------------------------------------------------------------


def vectors(name: str) -> list[dict[str, Any]]:
    with (HERE / "data" / name).open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


IMPORTS = vectors("imports.jsonl")


@pytest.mark.parametrize("vector", IMPORTS, ids=lambda vector: vector["name"])
def test_the_prediction_is_what_production_did(vector: dict[str, Any], tmp_path: Path) -> None:
    """DB-1 to DB-13: verdict and counts."""
    built(tmp_path, {**vector["files"], **UNTOLD_FILES.get(vector["name"], {})})
    prediction = predicted(tmp_path)
    assert prediction.succeeds == vector["imported"]
    assert prediction.counts == vector.get("counts")
    if prediction.counts is not None:
        dropped = [finding.kind.name for finding in prediction.changes]
        assert prediction.counts["events"] - dropped.count("event-dropped") == len(vector["event_rows"])
        assert prediction.counts["snapshots"] - dropped.count("snapshot-dropped") == len(vector["snapshot_rows"])


@pytest.mark.parametrize("vector", vectors("stores.jsonl"), ids=lambda vector: vector["name"])
def test_a_store_that_production_imported_is_lossless_and_its_counts_add_up(
    vector: dict[str, Any], tmp_path: Path
) -> None:
    """DB-13: the sum is the record count of the row that ends an import."""
    prediction = predicted(built(tmp_path, vector["files"]))
    assert prediction.is_lossless
    assert prediction.counts is not None
    for database in vector["databases"].values():
        table = database["tables"]["stateful_migrations"]
        names = [column["name"] for column in table["columns"]]
        assert [row[names.index("record_count")] for row in table["rows"]] == [sum(prediction.counts.values())]


# --- each rule by itself ----------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Case:
    """Files, and what is told of them; counts are those of events, snapshots and run records."""

    name: str
    files: dict[str, File]
    causes: tuple[tuple[str, str], ...] = ()
    changes: tuple[tuple[str, str], ...] = ()
    counts: tuple[int, int, int] = (0, 0, 0)


def of_log(name: str, log: str | bytes, *causes: tuple[str, int], changes: Any = (), events: int = 0) -> Case:
    places = tuple((kind, f"{LOG}:{line}") for kind, line in causes)
    changed = tuple((kind, f"{LOG}:{line}") for kind, line in changes)
    return Case(name=name, files={LOG: log}, causes=places, changes=changed, counts=(events, 0, 0))


def of_snapshot(name: str, text: str | bytes, *causes: str) -> Case:
    path = f"{SNAPSHOTS}/r/s.json"
    return Case(name=name, files={path: text}, causes=tuple((kind, path) for kind in causes), counts=(0, 1, 0))


def of_runs(name: str, text: str, *causes: tuple[str, str | None], changes: Any = (), runs: int = 0) -> Case:
    def placed(findings: Any) -> tuple[tuple[str, str], ...]:
        return tuple((kind, RUNS if key is None else f"{RUNS}:{key}") for kind, key in findings)

    return Case(name=name, files={RUNS: text}, causes=placed(causes), changes=placed(changes), counts=(0, 0, runs))


def nested(depth: int) -> str:
    """An event that nests so deep: itself, its payload, and the arrays in it."""
    return lines(event("a", payload=None)).replace("null", "[" * (depth - 1) + "]" * (depth - 1))


def v1(**entries: Any) -> str:
    return json.dumps({"schema_version": 1, "runs": entries})


def v0(**entries: Any) -> str:
    return json.dumps(entries)


A, B = event("a", 1), event("b", 2)
RUN = run_json("one")

LOGS = [
    of_log("no event", lines(A, "{}"), ("log-line-unreadable", 2)),
    of_log("a member of another type", lines({**A, "seq": "1"}), ("log-line-unreadable", 1)),
    of_log("a known member twice", lines('{"run_id": "x", ' + json.dumps(A)[1:]), ("log-line-unreadable", 1)),
    of_log("each bad line", lines("[", A, "17"), ("log-line-unreadable", 1), ("log-line-unreadable", 3)),
    of_log("byte order mark", "\ufeff" + lines(A, B), ("log-byte-order-mark", 1)),
    of_log("no UTF-8", lines(A).encode() + NOT_UTF8 + b"\n", ("log-not-utf8", 2)),
    of_log("no UTF-8 in a blank line", lines(A).encode() + b" \xff\n", ("log-not-utf8", 2)),
    of_log("tail torn inside a letter", lines(A).encode() + b'{"event_id": "\xc3', ("log-not-utf8", 2)),
    of_log("torn tail", lines(A) + '{"event_id": "b', ("log-torn-tail", 2)),
    of_log("whole tail", lines(A) + json.dumps(B), events=2),
    of_log("blank tail", lines(A) + " \t", events=1),
    of_log("nesting of 127", nested(127), events=1),
    of_log("nesting of 128", nested(128), ("log-line-unreadable", 1)),
    of_log("nesting of 100,000", nested(100_000), ("log-line-unreadable", 1)),
    of_log("lone surrogate", lines(A).replace("note", r"\ud800"), ("log-line-unreadable", 1)),
    of_log("a number beyond the doubles", lines({**A, "payload": 1}).replace(": 1}\n", ": 1e400}\n"),
           ("log-line-unreadable", 1)),
    of_log("blank lines", f"\n\r\n{lines(A)}  \t\r\n\u00a0\u2003\n\x0b\x0c\n\u0085\u2028\u3000\n{lines(B)}", events=2),
    of_log("not blank: a separator that is no white space", "\x1c\n", ("log-line-unreadable", 1)),
    of_log("ends of lines as on Windows", lines(A, B).replace("\n", "\r\n"), events=2),
    of_log("empty", ""),
    of_log("seq twice, other ids", lines(A, event("b", 1)), ("event-seq-twice", 2)),
    of_log("seq twice, other tenant", lines(A, event("b", 1, tenant=OTHER_TENANT)), ("event-seq-twice", 2)),
    of_log("seq three times", lines(A, A, A), ("event-seq-twice", 2), ("event-seq-twice", 3)),
    of_log("seq twice, other runs", lines(A, event("b", 1, run_id="run-2")), events=2),
    of_log("two tenants, seqs apart", lines(A, event("b", 2, tenant=OTHER_TENANT)), events=2),
    of_log("two tenants, ids shared", lines(A, event("a", 2, tenant=OTHER_TENANT)), changes=[("event-dropped", 2)],
           events=2),
    of_log("id twice in a run", lines(A, B, event("a", 3)), changes=[("event-dropped", 3)], events=3),
    of_log("seq of 2^63 - 1", lines(event("a", TOO_LARGE - 1, TOO_LARGE - 1)), events=1),
    of_log("seq of 2^63", lines(event("a", TOO_LARGE)), ("event-number-too-large", 1)),
    of_log("time of 2^63", lines(event("a", 1, TOO_LARGE)), ("event-number-too-large", 1)),
    of_log("seq of 2^64", lines(event("a", 2**64)), ("log-line-unreadable", 1)),
    of_log("several causes of one line", lines(A, event("b", 1, TOO_LARGE, tenant=tenant(org_id="*"))),
           ("event-number-too-large", 2), ("event-tenant-reserved", 2), ("event-seq-twice", 2)),
]  # fmt: skip

TENANTS = [
    *[(member, name) for member in ("org_id", "workspace_id", "deployment_id") for name in ("", "*", "all", "DEFAULT")],
    *[("org_id", name) for name in ("global", " Default ", "\u00a0All\u3000", "  ", "\n*\t", "GLOBAL")],
]
GOOD_TENANTS = ["defaults", "a*", "all-of-us", "-", "\x1cdefault", "d\u0435fault", "local"]

SNAPSHOT_FILES = [
    of_snapshot("no JSON", "{", "snapshot-unreadable"),
    of_snapshot("no snapshot", json.dumps(A), "snapshot-unreadable"),
    of_snapshot("no UTF-8", b'"\xff"', "snapshot-unreadable"),
    of_snapshot("byte order mark", "\ufeff" + json.dumps(snapshot("s")), "snapshot-unreadable"),
    of_snapshot("phase null", json.dumps(snapshot("s", phase=None)), "snapshot-unreadable"),
    of_snapshot("a known member twice", '{"seq": "x", ' + json.dumps(snapshot("s"))[1:]),
    of_snapshot("no phase", json.dumps(snapshot("s"))),
    of_snapshot("seq of 2^63", json.dumps(snapshot("s", TOO_LARGE)), "snapshot-number-too-large"),
    of_snapshot("time of 2^63", json.dumps(snapshot("s", 1, TOO_LARGE)), "snapshot-number-too-large"),
    of_snapshot("tenant", json.dumps(snapshot("s", tenant=tenant(workspace_id="All"))), "snapshot-tenant-reserved"),
]


def snapshots(*files: tuple[str, dict[str, Any]]) -> dict[str, File]:
    return {f"{SNAPSHOTS}/{name}": json.dumps(each) for name, each in files}


def place(name: str) -> str:
    return f"{SNAPSHOTS}/{name}"


SNAPSHOT_FOLDERS = [
    Case(
        name="any depth and name",
        files=snapshots(("z.json", snapshot("a", 1)), ("a/b/c/..json", snapshot("b", 2)), ("x.json/y", snapshot("c"))),
        counts=(0, 2, 0),
    ),
    Case(
        name="other names are ignored",
        files={place(each): "no JSON" for each in ("a.json.tmp", "r/.json", "r/a.JSON", "json", "r/b.jsonl")},
    ),
    Case(
        name="one seq, two ids",
        files=snapshots(("r/a.json", snapshot("a", 1)), ("r/b.json", snapshot("b", 1))),
        causes=(("snapshot-seq-twice", place("r/b.json")),),
    ),
    Case(
        name="one seq, two ids, two tenants",
        files=snapshots(("r/a.json", snapshot("a", 1)), ("r/b.json", snapshot("b", 1, tenant=OTHER_TENANT))),
        causes=(("snapshot-seq-twice", place("r/b.json")),),
    ),
    Case(
        name="one seq, two runs",
        files=snapshots(("r/a.json", snapshot("a", 1)), ("r/b.json", snapshot("b", 1, run_id="r"))),
        counts=(0, 2, 0),
    ),
    Case(
        name="one id in a run: the lowest seq stays",
        files=snapshots(("r/1.json", snapshot("a", 3)), ("r/2.json", snapshot("a", 1)), ("r/3.json", snapshot("a", 2))),
        changes=(("snapshot-dropped", place("r/1.json")), ("snapshot-dropped", place("r/3.json"))),
        counts=(0, 3, 0),
    ),
    Case(
        name="one id in two runs: the lowest run id stays, by its bytes",
        files=snapshots(("1.json", snapshot("a", run_id="\uffff")), ("2.json", snapshot("a", run_id="\U00010000"))),
        changes=(("snapshot-dropped", place("2.json")),),
        counts=(0, 2, 0),
    ),
    Case(name="a file", files={SNAPSHOTS: "x"}, causes=(("snapshots-unreadable", SNAPSHOTS),)),
    Case(
        name="links",
        files={
            "aside/a.json": json.dumps(snapshot("a")),
            place("r/a.json"): {"link": "../../aside/a.json"},
            place("r/gone"): {"link": "nowhere"},
            place("r/gone.json"): {"link": "nowhere"},
            place("r/loop.json"): {"link": "loop.json"},
        },
        causes=(("snapshot-unreadable", place("r/gone.json")), ("snapshot-unreadable", place("r/loop.json"))),
    ),
    Case(
        name="a link to a folder",
        files={place("r/a.json"): json.dumps(snapshot("a")), place("around"): {"link": "."}},
        changes=(("linked-folder", place("around")),),
        counts=(0, 1, 0),
    ),
]  # fmt: skip

BROKEN = {**RUN, "status": "no status"}
RUNS_FILES = [
    of_runs("empty", ""),
    of_runs("blank", " \r\n\t"),
    of_runs("version 0", v0(a=RUN), runs=1),
    of_runs("version 0 without runs", "{}"),
    of_runs("version 1", v1(a=RUN), runs=1),
    of_runs("version 1 without entries", v1()),
    of_runs("version 0 that says so", '{"runs": {}, "schema_version": 0}'),
    of_runs("others around the runs", '{"x": [1], "runs": {}, "schema_version": 1, "y": null}'),
    of_runs("no JSON", "{", ("runs-not-json", None)),
    of_runs("no JSON behind it", '{"schema_version": 1, "runs": {}} x', ("runs-not-json", None)),
    of_runs("no JSON between", '{"schema_version": 1,, "runs": {}}', ("runs-not-json", None)),
    of_runs("no JSON inside", '{"schema_version": 1, "runs": {,}}', ("runs-not-json", None)),
    of_runs("no JSON in an unknown member", '{"a": {"automation_id": "a", "x": 1e400}}', ("runs-not-json", None)),
    of_runs("byte order mark", "\ufeff{}", ("runs-not-json", None)),
    of_runs("a list", "[]", ("runs-no-object", None)),
    of_runs("a number", "17", ("runs-no-object", None)),
    of_runs("version 2", '{"schema_version": 2, "runs": {}}', ("runs-schema-version", None)),
    of_runs("a version that is none", '{"schema_version": "1", "runs": {}}', ("runs-schema-version", None)),
    of_runs("version 0 without runs", '{"schema_version": 0}', ("runs-missing", None)),
    of_runs("runs are a list", '{"schema_version": 1, "runs": []}', ("runs-missing", None)),
    of_runs("runs without version", json.dumps({"runs": {"a": RUN}}), ("run-without-automation", "runs")),
    of_runs("entry no object", v1(a=RUN, b=[], c=None), ("run-entry-no-object", "b"), ("run-entry-no-object", "c")),
    of_runs("automation_id null", v0(a={**RUN, "automation_id": None}), ("run-without-automation", "a")),
    of_runs("recovered", v0(a=BROKEN), changes=[("run-recovered", "a")], runs=1),
    of_runs("recovered without run_id", v0(a={"automation_id": "x"}), changes=[("run-recovered", "a")], runs=1),
    of_runs("a known member twice", '{"a": {"status": "x", ' + json.dumps(RUN)[1:] + "}", runs=1),
    of_runs("later key", v1(b=RUN, a=BROKEN), changes=[("run-replaced", "a")], runs=1),
    of_runs("later key recovered", v1(a=RUN, b=BROKEN), changes=[("run-replaced", "a"), ("run-recovered", "b")],
            runs=1),
    of_runs("the key of another", v0(a={**RUN, "run_id": "b"}, b={**RUN, "run_id": "a"}), runs=2),
    of_runs("one key twice", '{"a": [], "a": ' + json.dumps(RUN) + "}", changes=[("run-replaced", "a")], runs=1),
    of_runs("created too late", v0(a={**RUN, "created_at_ms": TOO_LARGE}), ("run-number-too-large", "a")),
    of_runs("updated too late", v0(a={**RUN, "updated_at_ms": TOO_LARGE}), ("run-number-too-large", "a")),
    of_runs("finished too late", v0(a={**RUN, "finished_at_ms": TOO_LARGE}), runs=1),
    of_runs("tenant", v0(a={**RUN, "tenant_context": tenant(org_id="")}), ("run-tenant-reserved", "a")),
    of_runs("no tenant", v0(a={name: each for name, each in RUN.items() if name != "tenant_context"}), runs=1),
]  # fmt: skip

OTHERS = [
    Case(name="nothing at all", files={}),
    Case(name="other files", files={"stateful_reliability.json": "[", "notes.txt": NOT_UTF8, "x/y.json": "["}),
    Case(name="log is a folder", files={LOG: {"folder": True}}, causes=(("log-unreadable", LOG),)),
    Case(name="log leads to nothing", files={LOG: {"link": "x"}}, changes=(("link-to-nothing", LOG),)),
    Case(name="runs file is a folder", files={RUNS: {"folder": True}}, causes=(("runs-unreadable", RUNS),)),
    Case(name="waits", files={WAITS: "[]"}),
    Case(name="waits no JSON", files={WAITS: "{"}, causes=(("waits-unreadable", WAITS),)),
    Case(name="waits no records", files={WAITS: "[1]"}, causes=(("waits-unreadable", WAITS),)),
    Case(name="waits are a folder", files={WAITS: {"folder": True}}, causes=(("waits-unreadable", WAITS),)),
    Case(name="database is junk", files={DATABASE: "x" * 5000}, causes=(("database-unreadable", DATABASE),)),
    Case(name="database is a folder", files={DATABASE: {"folder": True}}, causes=(("database-unreadable", DATABASE),)),
    Case(name="database is empty", files={DATABASE: ""}),
    Case(
        name="all at once",
        files={LOG: "x\n", place("a.json"): "", RUNS: "[]", WAITS: "", DATABASE: "junk"},
        causes=(
            ("database-unreadable", DATABASE),
            ("log-line-unreadable", f"{LOG}:1"),
            ("snapshot-unreadable", place("a.json")),
            ("runs-no-object", RUNS),
            ("waits-unreadable", WAITS),
        ),
    ),
]  # fmt: skip

CASES = [*LOGS, *SNAPSHOT_FILES, *SNAPSHOT_FOLDERS, *RUNS_FILES, *OTHERS]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_cause_and_each_change_is_told_with_its_place(case: Case, tmp_path: Path) -> None:
    """DB-3 to DB-13."""
    prediction = predicted(built(tmp_path, case.files))
    assert told(prediction.causes) == list(case.causes)
    assert told(prediction.changes) == list(case.changes)
    counts = None if case.causes else dict(zip(("events", "snapshots", "automation_runs"), case.counts, strict=True))
    assert prediction.counts == counts


@pytest.mark.parametrize(("member", "name"), TENANTS)
def test_a_reserved_tenant_is_a_cause(member: str, name: str, tmp_path: Path) -> None:
    """DB-8."""
    prediction = predicted(built(tmp_path, {LOG: lines(event("a", tenant=tenant(**{member: name})))}))
    assert told(prediction.causes) == [("event-tenant-reserved", f"{LOG}:1")]


@pytest.mark.parametrize("name", GOOD_TENANTS)
def test_a_tenant_with_any_other_name_is_taken(name: str, tmp_path: Path) -> None:
    """DB-8."""
    members = {"org_id": name, "workspace_id": name, "deployment_id": name}
    assert predicted(built(tmp_path, {LOG: lines(event("a", tenant=tenant(**members)))})).is_lossless


def test_every_kind_is_met_by_a_case_or_by_a_test_of_its_own() -> None:
    """So that no kind is there that nothing tells."""
    met = {kind for case in CASES for kind, _ in (*case.causes, *case.changes)}
    alone = {"event-tenant-reserved", "database-newer", "database-in-transfer", "too-large"}
    assert {kind.name for kind in (*kinds.CAUSES, *kinds.CHANGES)} - met <= alone


def test_every_kind_names_a_requirement_of_the_chapter() -> None:
    requirements = load()
    for kind in (*kinds.CAUSES, *kinds.CHANGES):
        assert requirements[kind.requirement].chapter == "18-databases", kind.name


# --- where production looks -------------------------------------------------------------------------------------------

DEFAULT: dict[str, File] = {
    f"data/runtime/{LOG}": lines(A),
    f"data/runtime/{SNAPSHOTS}/r/a.json": json.dumps(snapshot("a")),
    f"data/{RUNS}": v1(a=RUN),
}


@pytest.mark.parametrize("given", ["data", "data/runtime"])
def test_of_the_default_layout_either_folder_may_be_given(given: str, tmp_path: Path) -> None:
    """DB-1: the runs file and the database lie above the folder of the log."""
    built(tmp_path, DEFAULT)
    assert predicted(tmp_path / given).counts == {"events": 1, "snapshots": 1, "automation_runs": 1}
    built(tmp_path, {f"data/{DATABASE}": "junk", f"data/runtime/{DATABASE}": "ignored", f"data/{RUNS}": "["})
    prefix = {"data": "", "data/runtime": "../"}[given]
    causes = told(predicted(tmp_path / given).causes)
    assert causes == [("database-unreadable", f"{prefix}{DATABASE}"), ("runs-not-json", f"{prefix}{RUNS}")]


def test_the_waits_of_the_default_layout_are_looked_for_in_both_folders(tmp_path: Path) -> None:
    """DB-10: where they lie is left open."""
    built(tmp_path, {**DEFAULT, f"data/{WAITS}": "{", f"data/runtime/{WAITS}": "{"})
    causes = told(predicted(tmp_path / "data").causes)
    assert causes == [("waits-unreadable", f"runtime/{WAITS}"), ("waits-unreadable", WAITS)]


def test_a_folder_given_by_its_own_place_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built(tmp_path, DEFAULT)
    monkeypatch.chdir(tmp_path / "data" / "runtime")
    assert predicted(Path()).counts == {"events": 1, "snapshots": 1, "automation_runs": 1}


@pytest.mark.parametrize("name", ["nowhere", "file"])
def test_what_is_no_folder_is_a_wrong_call(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="expected a folder that exists"):
        predicted(tmp_path / name)


# --- databases --------------------------------------------------------------------------------------------------------


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A database in WAL mode that an engine has open, beside a log that no import would take."""
    built(tmp_path, {LOG: "x\n"})
    with closing(sqlite3.connect(tmp_path / DATABASE)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE stateful_migrations (migration_id TEXT PRIMARY KEY, status TEXT)")
        connection.execute("CREATE TABLE schema_metadata (schema_version INTEGER)")
        connection.execute("CREATE TABLE stateful_backend_transfers (transfer_id TEXT)")
        connection.execute("INSERT INTO schema_metadata VALUES (5)")
        connection.commit()
        yield connection


@pytest.mark.parametrize("checkpointed", [True, False])
def test_a_complete_import_leaves_nothing_to_import(
    database: sqlite3.Connection, tmp_path: Path, *, checkpointed: bool
) -> None:
    """DB-2: the database is the authority, and the files don't matter any more."""
    database.execute("INSERT INTO stateful_migrations VALUES ('legacy_stateful_runtime_v1', 'complete')")
    database.commit()
    if checkpointed:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = state_of(tmp_path)
    prediction = predicted(tmp_path)
    assert state_of(tmp_path) == before
    assert (prediction.imported_already, prediction.is_lossless) == (True, True)
    assert prediction.counts == {"events": 0, "snapshots": 0, "automation_runs": 0}


@pytest.mark.parametrize("row", [("legacy_stateful_runtime_v1", "running"), ("another", "complete")])
def test_any_other_row_leaves_the_files_the_authority(
    database: sqlite3.Connection, row: tuple[str, str], tmp_path: Path
) -> None:
    """DB-2."""
    database.execute("INSERT INTO stateful_migrations VALUES (?, ?)", row)
    database.commit()
    prediction = predicted(tmp_path)
    assert not prediction.imported_already
    assert told(prediction.causes) == [("log-line-unreadable", f"{LOG}:1")]


@pytest.mark.parametrize(
    ("statement", "cause"),
    [
        ("UPDATE schema_metadata SET schema_version = 6", ("database-newer", f"{DATABASE}:schema_metadata")),
        (
            "INSERT INTO stateful_backend_transfers VALUES ('t')",
            ("database-in-transfer", f"{DATABASE}:stateful_backend_transfers"),
        ),
    ],
)
def test_a_database_that_cannot_be_opened_is_a_cause(
    database: sqlite3.Connection, statement: str, cause: tuple[str, str], tmp_path: Path
) -> None:
    """DB-10: also of a store that was imported long since."""
    database.execute(statement)
    database.execute("INSERT INTO stateful_migrations VALUES ('legacy_stateful_runtime_v1', 'complete')")
    database.commit()
    prediction = predicted(tmp_path)
    assert told(prediction.causes) == [cause]
    assert (prediction.imported_already, prediction.counts) == (True, None)


def test_tables_that_are_views_are_not_asked(tmp_path: Path) -> None:
    """A view might compute for ever."""
    forever = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x FROM n) SELECT x AS schema_version FROM n"
    with closing(sqlite3.connect(tmp_path / DATABASE)) as connection:
        for name in ("schema_metadata", "stateful_migrations", "stateful_backend_transfers"):
            connection.execute(f"CREATE VIEW {name} AS {forever}")
    assert predicted(tmp_path).is_lossless


# --- it changes nothing, and waits for nothing ------------------------------------------------------------------------


def state_of(root: Path) -> dict[str, tuple[Any, ...]]:
    """Names, times and contents of all that a folder holds."""
    found = {}
    for path in sorted(root.rglob("*")):
        status = path.lstat()
        text = path.read_bytes() if path.is_file() else b""
        found[str(path)] = (status.st_mode, status.st_size, status.st_mtime_ns, status.st_ino, text)
    return found


@pytest.mark.parametrize("case", [case for case in CASES if case.files], ids=lambda case: case.name)
def test_nothing_is_changed(case: Case, tmp_path: Path) -> None:
    before = state_of(built(tmp_path, case.files))
    predicted(tmp_path)
    assert state_of(tmp_path) == before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (LOG, "log-unreadable"),
        (RUNS, "runs-unreadable"),
        (WAITS, "waits-unreadable"),
        (DATABASE, "database-unreadable"),
        (SNAPSHOTS, "snapshots-unreadable"),
        (place("a.json"), "snapshot-unreadable"),
    ],
)
@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")], ids=["pipe", "device"])
def test_nothing_waits_for_a_pipe_or_reads_a_device(
    make: Callable[[Path], None], name: str, kind: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    make(path)
    assert told(predicted(tmp_path).causes) == [(kind, name)]


@pytest.mark.parametrize(
    "files",
    [
        {LOG: f"{lines(A)}{' ' * 5000}\n{lines(B)}"},
        {place("a.json"): " " * 5000},
        {WAITS: " " * 5000},
        {RUNS: '{"a": "' + "x" * 5000 + '"}'},
    ],
    ids=["log", "snapshot", "waits", "runs"],
)
def test_what_is_too_large_is_told_and_not_held(
    files: dict[str, File], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("event_log", "snapshot_files", "waits", "runs_file"):
        monkeypatch.setattr(f"lifecycle_conformance.audit.migration.{module}.MOST_BYTES", 1000)
    assert columns.MOST_BYTES == 2**28
    (cause,) = predicted(built(tmp_path, files)).causes
    assert cause.kind is kinds.TOO_LARGE


def test_of_many_findings_of_a_kind_the_first_are_listed_and_the_others_counted(tmp_path: Path) -> None:
    prediction = predicted(built(tmp_path, {LOG: "x\n" * (collected.MOST + 7)}))
    assert len(prediction.causes) == collected.MOST
    assert prediction.unlisted == {"log-line-unreadable": 7}


def test_messages_hold_no_value_of_the_store(tmp_path: Path) -> None:
    """Whoever may not see the values still sees what is wrong and where."""
    secret = {**A, "seq": "SECRET-1", "scope": {"tenant_context": tenant(org_id="SECRET-2")}}
    entry = {**BROKEN, "status": "SECRET-3"}
    prediction: Prediction = predicted(built(tmp_path, {LOG: lines(secret), RUNS: v0(a=entry)}))
    findings = [*prediction.causes, *prediction.changes]
    assert len(findings) == 2
    assert "SECRET" not in "".join(finding.message for finding in findings)
    assert ["SECRET" in str(finding.expected) for finding in findings] == [True, True]
    assert prediction.changes[0].run_id == RUN_ID
