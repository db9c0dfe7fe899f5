"""What an audit reads of production's database: what production shows of it, and what it can't decode."""

import json
import pickle
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from lifecycle_conformance.audit.finding import Finding, Kind
from lifecycle_conformance.audit.kinds import of_database
from lifecycle_conformance.audit.sqlite_file import SqliteFile
from lifecycle_conformance.audit.sqlite_source import SqliteSource
from lifecycle_conformance.audit.stored import StoredRun
from lifecycle_conformance.execution.trace import key_of, owner_of
from lifecycle_conformance.specification.requirements import load
from lifecycle_projection import StorageError
from lifecycle_projection.codec import event_from, snapshot_from, to_json
from stores import SHARED, WRONG_ROWS, put_database, shared, state_of

STORES = {each["name"]: each for each in shared()}
PLAIN = STORES["01-g4-plain"]


def everything(source: SqliteSource) -> tuple[dict[str, StoredRun], list[Finding]]:
    runs = [run for part in source.parts() for run in source.runs(part)]
    return {run.run_id: run for run in runs}, [each for run in runs for each in run.findings] + list(source.findings())


def built(store: dict[str, Any], folder: Path, state: str = "root") -> Path:
    return put_database(store["databases"][state], folder / "stateful_runtime.sqlite3")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return built(PLAIN, tmp_path)


def changed(file: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(file)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    return file


def told(file: Path) -> list[tuple[str, str]]:
    return [(each.kind.name, str(each.where and each.where.row)) for each in everything(SqliteSource(file))[1]]


# --- what production shows --------------------------------------------------------------------------------------------


def test_each_run_says_how_many_bytes_were_read_for_it(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        queries = (
            "SELECT sum(length(CAST(event_json AS BLOB))) FROM stateful_events",
            "SELECT sum(length(CAST(snapshot_json AS BLOB))) FROM stateful_snapshots",
        )
        texts = sum(connection.execute(query).fetchone()[0] for query in queries)
    assert sum(run.size for run in everything(SqliteSource(file))[0].values()) == texts > 0


@pytest.mark.parametrize("store", SHARED)
def test_each_run_is_read_as_production_shows_it(store: dict[str, Any], tmp_path: Path) -> None:
    """Where production shows nothing, as one row can't be decoded (H18), the others are read all the same."""
    runs, findings = everything(SqliteSource(built(store, tmp_path)))
    encrypted = "encrypted" in store["name"]
    for shown in store["shown"]:
        run, tenant = runs[shown["run_id"]], key_of(shown["tenant"])
        events = [to_json(event_from(row.value)) for row in run.events if owner_of(row.value).tenant == tenant]
        snapshots = [to_json(snapshot_from(row.value)) for row in run.snapshots if owner_of(row.value).tenant == tenant]
        if encrypted:
            assert (run.unread_events, run.unread_snapshots) == (len(shown["events"]), len(shown["snapshots"]))
        else:
            assert snapshots == list(map(written, shown["snapshots"]))
        if shown["events"] and not encrypted:
            assert events == [to_json(event_from(each)) for each in shown["events"]]
    expected = {"19-local-key-encrypted": {"ciphertext"}, "27a-damaged-event-row": {"event-row-undecodable"}}
    expected["31-run-row-two-tenants"] = {"run-row-disagrees"}
    assert {each.kind.name for each in findings} == expected.get(store["name"], set())


def written(snapshot: Any) -> Any:
    return to_json(snapshot_from(snapshot))


def test_bare_rows_of_an_older_engine_are_read(tmp_path: Path) -> None:
    runs, findings = everything(SqliteSource(built(STORES["26-older-engine-schema4"], tmp_path, "root-old")))
    assert (len(runs["run-2"].events), len(runs["run-2"].snapshots), findings) == (15, 15, [])


def test_goals_are_no_runs(tmp_path: Path) -> None:
    assert SqliteSource(built(STORES["21-goal"], tmp_path)).parts() == ["run-1", "run-2"]


def test_capitals_make_no_goal_of_a_run(file: Path) -> None:
    changed(file, "UPDATE stateful_events SET run_id = 'GOAL:1' WHERE seq = 2")
    assert SqliteSource(file).parts() == ["GOAL:1", "run-1"]


def test_a_damaged_row_is_told_and_hides_no_other(tmp_path: Path) -> None:
    file = built(STORES["27a-damaged-event-row"], tmp_path)
    runs, (finding,) = everything(SqliteSource(file))
    assert (finding.kind.hazard, finding.run_id, runs["run-2"].unread_events) == ("H18", "run-2", 1)
    assert finding.where is not None
    assert str(finding.where).startswith(
        "stateful_runtime.sqlite3:stateful_events[automation-v2-lifecycle-run-2-artifact"
    )
    assert (len(runs["run-1"].events), len(runs["run-2"].events)) == (11, 4)


def test_a_row_of_a_goal_that_cannot_be_decoded_hides_all_events_too(tmp_path: Path) -> None:
    file = changed(
        built(STORES["21-goal"], tmp_path), "UPDATE stateful_events SET event_json = '{' WHERE run_id LIKE 'goal:%'"
    )
    ((kind, _),) = told(file)
    assert kind == "event-row-undecodable"


def test_ciphertext_that_is_kept_as_bytes_is_counted_too(file: Path) -> None:
    changed(file, "UPDATE stateful_snapshots SET snapshot_json = CAST('tce1:00' AS BLOB) WHERE seq = 2")
    assert told(file) == [("ciphertext", "stateful_snapshots")]


def test_ciphertext_is_counted_by_its_mark(tmp_path: Path) -> None:
    _, findings = everything(SqliteSource(built(STORES["19-local-key-encrypted"], tmp_path)))
    assert [each.message for each in findings] == [
        f"{count} rows of {table} are encrypted: they begin with `tgs1:`"
        for count, table in ((20, "stateful_events"), (20, "stateful_snapshots"), (2, "automation_runs"))
    ]


# --- what is wrong with rows ------------------------------------------------------------------------------------------

WRONG = [
    *WRONG_ROWS,
    ("UPDATE stateful_events SET event_json = x'ff' WHERE seq = 2", "event-row-undecodable"),
    ("UPDATE stateful_events SET event_json = 5 WHERE seq = 2", "event-row-undecodable"),
]


@pytest.mark.parametrize(("statement", "kind"), WRONG)
def test_what_is_wrong_with_a_row_is_told(statement: str, kind: str, file: Path) -> None:
    assert [name for name, _ in told(changed(file, statement))] == [kind]


def test_a_transfer_in_progress_is_told(file: Path) -> None:
    changed(file, "CREATE TABLE stateful_backend_transfers (id)", "INSERT INTO stateful_backend_transfers VALUES (1)")
    assert told(file) == [("transfer", "stateful_backend_transfers")]


def test_run_records_are_read_from_their_table(tmp_path: Path) -> None:
    source = SqliteSource(built(STORES["21-goal"], tmp_path))
    assert source.run_ids() == ["run-2"]
    record = source.run_record("run-2")
    assert record is not None
    assert (record.value["run_id"], record.where.row) == ("run-2", "automation_runs[run-2]")
    assert source.run_record("run-1") is None


# --- what is no such database -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [None, b"", b"SQLite format 3", b"{}", b"SQLite format 3\0" + b"x" * 5000])
def test_what_is_no_database_is_refused_by_its_name(content: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "x.sqlite3"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(StorageError, match=f"{file}: "):
        SqliteSource(file)


def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.sqlite3"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE stateful_events (event_id)")
    with pytest.raises(StorageError, match="expected the columns run_id, seq, event_json in table stateful_events"):
        SqliteSource(file)
    changed(file, "DROP TABLE stateful_events")
    with pytest.raises(StorageError, match="expected a table stateful_events"):
        SqliteSource(file)


def test_a_damaged_page_is_a_clear_error(file: Path) -> None:
    whole = bytearray(file.read_bytes())
    whole[8192:-1024] = b"\xff" * (len(whole) - 8192 - 1024)
    file.write_bytes(whole)
    with pytest.raises(StorageError, match=f"{file}: the database can't be read: "):
        everything(SqliteSource(file))


def test_sql_in_an_id_is_an_id(file: Path) -> None:
    odd = "x'; DROP TABLE stateful_events; --"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE stateful_events SET run_id = ? WHERE seq = 2", (odd,))
        connection.commit()
    runs, findings = everything(SqliteSource(file))
    assert [(each.kind.name, each.run_id) for each in findings] == [("event-row-disagrees", odd)]
    assert len(runs[odd].events) == 1


# --- nothing is changed, whoever is at work ---------------------------------------------------------------------------


@pytest.fixture
def writing(file: Path) -> Iterator[sqlite3.Connection]:
    """A writer at work: it has committed a row to the log of changes, and begun another."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DELETE FROM stateful_snapshots WHERE seq = 1")
        connection.commit()
        connection.execute("DELETE FROM stateful_snapshots WHERE seq = 2")
        yield connection


def test_what_a_living_writer_has_committed_is_read(file: Path, writing: sqlite3.Connection) -> None:
    before = state_of(file.parent, owned=True)
    assert f"{file}-wal" in before
    source = SqliteSource(file)
    assert len(everything(source)[0]["run-1"].snapshots) == 13
    assert state_of(file.parent, owned=True) == before
    writing.commit()
    assert len(everything(source)[0]["run-1"].snapshots) == 12


@pytest.mark.parametrize("left", [("-wal", "-shm"), ("-wal",)])
def test_what_a_crash_left_is_read(
    left: tuple[str, ...], file: Path, writing: sqlite3.Connection, tmp_path: Path
) -> None:
    """Also where somebody copied the log of changes without its index."""
    (tmp_path / "copy").mkdir()
    for ending in ("", *left):
        shutil.copy(f"{file}{ending}", tmp_path / "copy")
    before = state_of(tmp_path / "copy", owned=True)
    source = pickle.loads(pickle.dumps(SqliteSource(tmp_path / "copy" / file.name)))
    assert len(everything(source)[0]["run-1"].snapshots) == 13
    assert state_of(tmp_path / "copy", owned=True) == before
    assert writing.in_transaction


def test_a_database_at_rest_is_not_changed(file: Path) -> None:
    before = state_of(file.parent)
    everything(SqliteSource(file))
    assert state_of(file.parent) == before


def test_a_folder_that_cannot_be_written_is_read(file: Path) -> None:
    file.parent.chmod(0o555)
    try:
        assert len(everything(SqliteSource(file))[0]["run-1"].events) == 14
    finally:
        file.parent.chmod(0o755)


def test_a_writer_that_begins_meanwhile_is_seen(file: Path) -> None:
    """What was read of a file that was thought to be at rest is read again."""
    looked = 0

    def work(db: sqlite3.Connection) -> int:
        nonlocal looked
        looked += 1
        if looked == 1:
            changed(file, "DELETE FROM stateful_events WHERE seq > 3")
        found: int = db.execute("SELECT count(*) FROM stateful_events").fetchone()[0]
        return found

    assert (SqliteFile(str(file)).read(work), looked) == (3, 2)


def test_each_kind_is_named_once_and_has_a_requirement() -> None:
    kinds = [each for each in vars(of_database).values() if isinstance(each, Kind)]
    assert len({kind.name for kind in kinds}) == len(kinds)
    assert {kind.requirement for kind in kinds} <= load().keys()


def test_a_bound_row_holds_the_record_itself(file: Path) -> None:
    runs, _ = everything(SqliteSource(file))
    with closing(sqlite3.connect(file)) as connection:
        texts = [text for (text,) in connection.execute("SELECT event_json FROM stateful_events ORDER BY seq")]
    assert [row.value for row in runs["run-1"].events] == [json.loads(text)["payload"] for text in texts]
