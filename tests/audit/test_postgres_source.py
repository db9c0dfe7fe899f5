"""What an audit reads of production's database on PostgreSQL: the same as on SQLite, and nothing is changed."""

import pickle
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from lifecycle_conformance.audit.auditing import audit
from lifecycle_conformance.audit.database import Reading
from lifecycle_conformance.audit.database_source import DatabaseSource
from lifecycle_conformance.audit.finding import Finding
from lifecycle_conformance.audit.postgres_source import PostgresSource
from lifecycle_conformance.audit.sqlite_source import SqliteSource
from lifecycle_conformance.audit.stored import StoredRun
from lifecycle_projection import StorageError
from postgres import Server, changed, put_postgres
from stores import WRONG_ROWS, put_database, shared

STORES = {each["name"]: each for each in shared()}
DATABASES = [
    pytest.param(database, id=f"{store['name']}-{state}")
    for store in STORES.values()
    for state, database in store["databases"].items()
]
PLAIN = STORES["01-g4-plain"]["databases"]["root"]


def everything(source: DatabaseSource) -> tuple[dict[str, StoredRun], list[Finding]]:
    runs = [run for part in source.parts() for run in source.runs(part)]
    return {run.run_id: run for run in runs}, [*audit(source)]


def told(source: DatabaseSource) -> list[tuple[str, str | None]]:
    return [(each.kind.name, each.run_id) for each in everything(source)[1]]


def named(address: str, path: str = "store") -> PostgresSource:
    """A source whose places are called as those in a file are."""
    source = PostgresSource(address)
    source._database.path = path  # type: ignore[misc]
    return source


@pytest.fixture
def address(server: Server) -> str:
    return put_postgres(PLAIN, server.database())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return put_database(PLAIN, tmp_path / "store")


# --- what SQLite says, too --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("database", DATABASES)
def test_the_same_rows_say_the_same_as_in_sqlite(database: dict[str, Any], server: Server, tmp_path: Path) -> None:
    here = SqliteSource(put_database(database, tmp_path / "store"))
    there = named(put_postgres(database, server.database()))
    assert everything(there) == everything(here)
    assert there.run_ids() == here.run_ids()
    assert there.authority_since_ms() == here.authority_since_ms()
    assert [*map(there.run_record, there.run_ids())] == [*map(here.run_record, here.run_ids())]


@pytest.mark.parametrize(("statement", "kind"), WRONG_ROWS)
def test_the_same_damage_is_told_as_in_sqlite(statement: str, kind: str, address: str, file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(statement)
        connection.commit()
    found = everything(named(changed(address, statement)))
    assert found == everything(SqliteSource(file))
    assert kind in {each.kind.name for each in found[1]}


def test_a_transfer_in_progress_is_told(address: str) -> None:
    changed(
        address,
        "CREATE TABLE stateful_backend_transfers (id TEXT)",
        "INSERT INTO stateful_backend_transfers VALUES ('1')",
    )
    assert told(PostgresSource(address)) == [("transfer", None)]


def test_sql_in_an_id_is_an_id(address: str, file: Path) -> None:
    odd = "x'; DROP TABLE stateful_events; --%s%(x)s$1\\"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE stateful_events SET run_id = ? WHERE seq = 2", (odd,))
        connection.commit()
    with closing(psycopg.connect(address)) as other:
        other.execute("UPDATE stateful_events SET run_id = %s WHERE seq = 2", (odd,))
        other.commit()
    found = everything(named(address))
    assert len(found[0][odd].events) == 1
    assert found == everything(SqliteSource(file))


# --- texts ------------------------------------------------------------------------------------------------------------


def test_bytes_that_are_no_utf8_are_told_as_in_sqlite(server: Server, file: Path) -> None:
    """A database in SQL_ASCII takes any bytes, as SQLite does."""
    address = put_postgres(PLAIN, server.database(encoding="SQL_ASCII"))
    odd, damaged = "X'72756eff'", "X'7bff7d'"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(f"UPDATE stateful_events SET run_id = CAST({odd} AS TEXT) WHERE seq = 2")
        connection.execute(f"UPDATE stateful_snapshots SET snapshot_json = CAST({damaged} AS TEXT) WHERE seq = 3")
        connection.commit()
    changed(
        address,
        r"UPDATE stateful_events SET run_id = E'run\xff' WHERE seq = 2",
        r"UPDATE stateful_snapshots SET snapshot_json = E'{\xff}' WHERE seq = 3",
    )
    source = named(address)
    assert source.parts() == ["run-1", "run\udcff"]
    assert everything(source) == everything(SqliteSource(file))
    assert ("snapshot-row-undecodable", "run-1") in told(source)


def test_another_encoding_is_read_as_what_it_means(server: Server, tmp_path: Path) -> None:
    """Nor is a run id looked for in vain that the database can't even write."""
    database = STORES["08-pruned"]["databases"]["root"]
    address, file = (
        put_postgres(database, server.database(encoding="LATIN1")),
        put_database(database, tmp_path / "store"),
    )
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE stateful_events SET run_id = 'größe' WHERE seq = 2")
        connection.commit()
    changed(address, r"UPDATE stateful_events SET run_id = U&'gr\00f6\00dfe' WHERE seq = 2")
    source = named(address)
    assert "größe" in source.parts()
    assert everything(source) == everything(SqliteSource(file))
    assert is_empty(source, "жук")
    assert not is_empty(source, "größe")


def is_empty(source: DatabaseSource, run_id: str) -> bool:
    (run,) = source.runs(run_id)
    return run == StoredRun(run_id=run_id, events=[], snapshots=[], findings=[])


@pytest.mark.parametrize("run_id", ["run-1\0", "\0", "run\udcff"])
@pytest.mark.parametrize("encoding", ["UTF8", "SQL_ASCII"])
def test_a_run_id_that_no_row_can_hold_is_that_of_no_run(run_id: str, encoding: str, server: Server) -> None:
    source = PostgresSource(put_postgres(PLAIN, server.database(encoding=encoding)))
    assert is_empty(source, run_id)
    assert source.run_record(run_id) is None
    assert len(next(iter(source.runs("run-1"))).events) == 14


# --- tables -----------------------------------------------------------------------------------------------------------


def altered(address: str, type_: str) -> str:
    tables = {"stateful_events": "event_json", "stateful_snapshots": "snapshot_json", "automation_runs": "run_json"}
    return changed(
        address,
        *(f"ALTER TABLE {table} ALTER {each} TYPE {type_} USING {each}::{type_}" for table, each in tables.items()),
    )


def test_json_is_read_as_text_is(address: str, file: Path) -> None:
    assert everything(named(altered(address, "JSON"))) == everything(SqliteSource(file))


def test_of_jsonb_only_what_records_say_is_judged(server: Server, tmp_path: Path) -> None:
    """It sorts members and spaces them anew: nothing is said against that, and each table is noted."""
    for number, store in enumerate(("01-g4-plain", "05-g1-g2-g3-then-g4", "07-compacted", "31-run-row-two-tenants")):
        database = STORES[store]["databases"]["root"]
        here = everything(SqliteSource(put_database(database, tmp_path / f"{number}")))
        there = everything(named(altered(put_postgres(database, server.database()), "JSONB"), f"{number}"))
        assert there[0] == here[0]
        assert [each for each in there[1] if each.kind.name != "json-rewritten"] == here[1]
        assert sum(each.kind.name == "json-rewritten" for each in there[1]) == 3


def test_the_search_path_decides_which_tables_are_meant(server: Server) -> None:
    address = put_postgres(PLAIN, server.database())
    changed(address, "CREATE SCHEMA other", *(f"ALTER TABLE {each} SET SCHEMA other" for each in PLAIN["tables"]))
    with pytest.raises(
        StorageError, match=r"expected a table stateful_events in a schema of the search path, which \?opt"
    ):
        PostgresSource(address)
    source = PostgresSource(f"{address}&options=-csearch_path%3Dother")
    assert source.parts() == ["run-1"]
    assert source.name == address.partition("?")[0]


def test_a_database_of_something_else_is_refused(server: Server) -> None:
    address = changed(server.database(), "CREATE TABLE stateful_events (event_id TEXT)")
    with pytest.raises(StorageError, match="expected the columns run_id, seq, event_json in table stateful_events"):
        PostgresSource(address)


def test_columns_of_other_types_are_told_and_stop_nothing(address: str) -> None:
    changed(
        address,
        "ALTER TABLE stateful_events ALTER seq TYPE NUMERIC",
        "ALTER TABLE stateful_events ALTER org_id TYPE BYTEA USING 'x'",
    )
    runs, findings = everything(PostgresSource(address))
    assert {each.kind.name for each in findings} == {"event-row-disagrees"}
    assert len(runs["run-1"].events) == 14


def test_a_user_from_whom_rows_are_hidden_is_refused(server: Server, address: str) -> None:
    changed(
        address,
        "CREATE ROLE watched LOGIN",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO watched",
        "ALTER TABLE stateful_snapshots ENABLE ROW LEVEL SECURITY",
    )
    assert PostgresSource(address).parts() == ["run-1"], "not from its owner"
    with pytest.raises(StorageError, match="row-level security hides rows of stateful_snapshots from this user"):
        PostgresSource(server.address(address.partition("?")[0].rpartition("/")[2], "watched"))


# --- nothing is changed, whoever is at work ---------------------------------------------------------------------------


@pytest.fixture
def writing(address: str) -> Iterator[psycopg.Connection]:
    """A writer at work: it has committed a change, and begun another."""
    with closing(psycopg.connect(address)) as connection:
        connection.execute("DELETE FROM stateful_snapshots WHERE seq = 1")
        connection.commit()
        connection.execute("DELETE FROM stateful_snapshots WHERE seq = 2")
        yield connection


def test_what_a_living_writer_has_committed_is_read(address: str, writing: psycopg.Connection) -> None:
    source = PostgresSource(address)
    assert len(everything(source)[0]["run-1"].snapshots) == 13
    writing.commit()
    assert len(everything(source)[0]["run-1"].snapshots) == 12


def test_a_read_sees_one_state_whatever_is_committed_meanwhile(address: str, writing: psycopg.Connection) -> None:
    source = PostgresSource(address)

    def counted(db: Reading) -> int:
        ((number,),) = db.rows("SELECT count(*) FROM stateful_snapshots")
        return int(number)

    def work(db: Reading) -> tuple[int, int]:
        before = counted(db)
        writing.commit()
        return before, counted(db)

    assert source._database.read(work) == (13, 13)
    assert source._database.read(counted) == 12


def state_of(address: str) -> list[Any]:
    """All rows with what PostgreSQL keeps of their versions: also a lock on a row would show."""
    with closing(psycopg.connect(address)) as connection:
        return [
            connection.execute(f"SELECT ctid::text, xmin::text, xmax::text, t.* FROM {table} t".encode()).fetchall()
            for table in PLAIN["tables"]
        ]


def test_nothing_is_changed_and_who_may_only_read_can_audit(server: Server, address: str) -> None:
    changed(address, "CREATE ROLE reader LOGIN", "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
    before = state_of(address)
    source = PostgresSource(server.address(address.partition("?")[0].rpartition("/")[2], "reader"))
    assert everything(source) == everything(PostgresSource(address))
    assert source.run_record("run-1") is not None
    assert state_of(address) == before


def test_no_read_can_write(address: str) -> None:
    source = PostgresSource(address)
    changed(address, "CREATE SEQUENCE counter")
    with pytest.raises(StorageError, match=r"cannot execute nextval.* in a read-only transaction"):
        source._database.read(lambda db: [*db.rows("SELECT nextval('counter')")])
    with pytest.raises(StorageError, match="cannot execute DELETE in a read-only transaction"):
        source._database.read(lambda db: [*db.rows("DELETE FROM stateful_events WHERE run_id = $1", b"run-1")])
    assert len(everything(source)[0]["run-1"].events) == 14


def test_tables_stay_at_the_server_and_no_limit_of_its_ends_their_reading(server: Server, address: str) -> None:
    changed(address, "ALTER ROLE postgres SET statement_timeout = '5s'")
    try:
        settings = "current_setting('statement_timeout'), current_setting('transaction_isolation')"
        query = f"SELECT name, {settings} FROM pg_cursors"
        assert PostgresSource(address)._database.read(lambda db: [*db.rows(query)]) == [
            (b"rows", b"0", b"repeatable read")
        ]
    finally:
        server.run("ALTER ROLE postgres RESET statement_timeout")


def test_a_source_can_be_sent_and_connects_anew(address: str) -> None:
    source = PostgresSource(address)
    sent = pickle.loads(pickle.dumps(source.limited_to(source.parts())))
    assert everything(sent) == everything(source)


def test_a_connection_that_the_server_ends_is_a_clear_error(address: str) -> None:
    source = PostgresSource(address)
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    changed(address, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
    with pytest.raises(StorageError, match=r"/store_\d+: the database can't be read: .*terminat"):
        source.parts()
