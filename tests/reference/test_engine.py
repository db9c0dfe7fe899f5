"""A production engine beside a store is respected: its lock, and its database where that is the authority."""

import fcntl
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lifecycle_projection import StorageError
from lifecycle_projection.stores.engine import DATABASE_NAME, LOCK_NAME, engine_kept_out

COMPLETE = ("legacy_stateful_runtime_v1", "complete")


@pytest.fixture(params=["beside the log", "one folder higher"])
def folders(tmp_path: Path, request: pytest.FixtureRequest) -> tuple[Path, Path]:
    """The folder of the log and that of the engine's files, in both layouts."""
    store = tmp_path / "state" / ("runtime" if request.param == "one folder higher" else "store")
    store.mkdir(parents=True)
    return store, store.parent if store.name == "runtime" else store


def left_by_an_engine(folder: Path, pid: object = 4711) -> Path:
    lock = folder / LOCK_NAME
    content = {"pid": pid, "acquired_at_ms": 1, "process_start_hint": "x"}
    lock.write_text(json.dumps(content), encoding="utf-8")
    return lock


@contextmanager
def running(lock: Path) -> Iterator[None]:
    """Hold the lock as a running engine does."""
    descriptor = os.open(lock, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def database(
    folder: Path, *migrations: tuple[str, str], schema: int | str = 5, transfers: int = 0
) -> sqlite3.Connection:
    connection = sqlite3.connect(folder / DATABASE_NAME)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE stateful_migrations (migration_id TEXT PRIMARY KEY, status TEXT NOT NULL)")
    connection.executemany("INSERT INTO stateful_migrations VALUES (?, ?)", migrations)
    connection.execute("CREATE TABLE schema_metadata (schema_version INTEGER NOT NULL)")
    connection.execute("INSERT INTO schema_metadata VALUES (?)", (schema,))
    connection.execute("CREATE TABLE stateful_backend_transfers (transfer_id TEXT)")
    connection.executemany("INSERT INTO stateful_backend_transfers VALUES (?)", [("t",)] * transfers)
    connection.commit()
    return connection


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))


def refused(store: Path, match: str) -> None:
    before = names(store.parent)
    with pytest.raises(StorageError, match=match) as caught, engine_kept_out(store):
        pass
    assert caught.value.path == os.path.realpath(store)
    assert names(store.parent) == before


def test_in_an_ordinary_folder_nothing_happens(tmp_path: Path) -> None:
    store = tmp_path / "store"
    store.mkdir()
    database(tmp_path, COMPLETE).close()
    with running(left_by_an_engine(tmp_path)), engine_kept_out(store):
        assert names(store) == []


def test_a_running_engine_is_named(folders: tuple[Path, Path]) -> None:
    store, state = folders
    with running(left_by_an_engine(state)):
        refused(store, r": an engine has this store open \(pid 4711\)$")
        (state / LOCK_NAME).write_bytes(b"{")
        refused(store, r"\(pid unknown\)$")


def test_no_engine_starts_while_it_is_kept_out_but_others_may_write(folders: tuple[Path, Path]) -> None:
    store, state = folders
    lock = left_by_an_engine(state)
    with engine_kept_out(store), engine_kept_out(store), pytest.raises(BlockingIOError), running(lock):
        pass
    with running(lock):
        pass


def test_a_link_to_the_store_leads_to_the_same_engine(folders: tuple[Path, Path], tmp_path: Path) -> None:
    store, state = folders
    (tmp_path / "link").symlink_to(store)
    with running(left_by_an_engine(state)), pytest.raises(StorageError), engine_kept_out(tmp_path / "link"):
        pass


def test_a_database_that_is_the_authority_is_named(folders: tuple[Path, Path]) -> None:
    store, state = folders
    database(state, ("another", "complete"), COMPLETE).close()
    refused(store, f"the database .*{DATABASE_NAME} is the authority here, these files are mirrors that nobody reads$")


def test_what_only_the_write_ahead_log_holds_counts(folders: tuple[Path, Path], tmp_path: Path) -> None:
    """An engine that was killed leaves the row there."""
    store, state = folders
    killed = tmp_path / "killed"
    killed.mkdir()
    connection = database(killed, COMPLETE)
    for path in killed.iterdir():
        shutil.copy(path, state)
    connection.close()
    assert (state / f"{DATABASE_NAME}-wal").stat().st_size > 0
    refused(store, "is the authority here")


@pytest.mark.parametrize("rows", [[], [("legacy_stateful_runtime_v1", "failed")], [("another", "complete")]])
def test_a_database_without_a_complete_import_is_no_authority(
    folders: tuple[Path, Path], rows: list[tuple[str, str]]
) -> None:
    store, state = folders
    database(state, *rows).close()
    before = names(state)
    with engine_kept_out(store):
        pass
    assert names(state) == before


def test_an_empty_database_is_no_authority(folders: tuple[Path, Path]) -> None:
    (folders[1] / DATABASE_NAME).touch()
    with engine_kept_out(folders[0]):
        pass


def test_a_database_that_can_not_tell_is_refused_with_the_reason(folders: tuple[Path, Path]) -> None:
    """H17: production would fall back to the files, and record everything again."""
    store, state = folders
    path = state / DATABASE_NAME
    for schema, transfers, reason in (
        (6, 0, "its schema has version 6, and 5 is the newest known"),
        ("x", 0, "its schema has version x"),
        (5, 1, "a transfer to another database is recorded in it"),
    ):
        database(state, schema=schema, transfers=transfers).close()
        refused(store, f"can't tell whether it is the authority, or these files are: {reason}")
        path.unlink()
    path.write_bytes(b"no database" * 100)
    refused(store, "it can't be opened: file is not a database")
    path.unlink()
    path.mkdir()
    refused(store, "it can't be opened: ")


def test_a_lock_file_that_can_not_be_opened_is_refused(folders: tuple[Path, Path]) -> None:
    store, state = folders
    (state / LOCK_NAME).symlink_to(LOCK_NAME)
    with pytest.raises(StorageError, match="can't be opened"), engine_kept_out(store):
        pass
