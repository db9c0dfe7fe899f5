"""A production engine beside a store: while one runs, or where its database is the authority, nobody else may write.

No rule of the projection, and nothing that a store of its own needs. It is for programs that write into the folder of a
production engine, as the command line does.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from lifecycle_projection.errors import InvalidInputError, StorageError
from lifecycle_projection.json_text import read_json
from lifecycle_projection.stores.flock import try_lock
from lifecycle_projection.text import member

if TYPE_CHECKING:
    from sqlite3 import Connection

LOCK_NAME: Final = "stateful_runtime.engine.lock"
DATABASE_NAME: Final = "stateful_runtime.sqlite3"
_RUNTIME: Final = "runtime"
_IMPORT: Final = "legacy_stateful_runtime_v1"
_NEWEST_SCHEMA: Final = 5


@contextmanager
def engine_kept_out(directory: str | Path) -> Iterator[None]:
    """Keep a production engine from starting on a store while the context is open.

    The engine's files lie beside the log, or one folder higher where the log's folder is named `runtime`. Raises
    :class:`StorageError` where an engine runs, where its database is the authority (the log and the snapshots are then
    mirrors that nobody reads), and where the database can't tell that it isn't (H17). Where there are no such files,
    nothing happens, and none is made.
    """
    store = os.path.realpath(directory)
    with ExitStack() as held:
        for folder in _folders(store):
            held.enter_context(_lock_shared(store, f"{folder}/{LOCK_NAME}"))
        for database in databases_beside(store):
            _refuse_authority(store, database)
        yield


def databases_beside(directory: str | Path) -> list[str]:
    """The databases of an engine that lie beside a store; one of them may be the authority."""
    paths = [f"{folder}/{DATABASE_NAME}" for folder in _folders(os.path.realpath(directory))]
    return [path for path in paths if os.path.exists(path)]


def why_refused(database: str, connection: "Connection") -> str | None:
    """Why nobody may write into the files beside a database; `None` if the files are the authority."""
    unknown, complete = _unknown(connection), _import_is_complete(connection)
    if unknown:
        return undecided(database, unknown)
    return (
        f"the database {database} is the authority here, these files are mirrors that nobody reads"
        if complete
        else None
    )


def undecided(database: str, reason: str) -> str:
    """What is said of a database that can't be read, or that no engine of today would open."""
    return f"the database {database} can't tell whether it is the authority, or these files are: {reason}"


def _folders(store: str) -> list[str]:
    return [store, os.path.dirname(store)] if os.path.basename(store) == _RUNTIME else [store]


@contextmanager
def _lock_shared(store: str, path: str) -> Iterator[None]:
    """Hold the engine's lock where its file is there. Shared, so that only an engine, whose own is exclusive, waits."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        yield
        return
    except OSError as error:
        raise StorageError(path=path, problem=f"can't be opened: {error.strerror}") from error
    try:
        if not _locked(descriptor, path):
            raise StorageError(path=store, problem=f"an engine has this store open (pid {_pid(path)})")
        yield
    finally:
        os.close(descriptor)


def _locked(descriptor: int, path: str) -> bool:
    try:
        return try_lock(descriptor, shared=True)
    except OSError as error:
        raise StorageError(path=path, problem=f"can't be locked: {error.strerror}") from error


def _pid(path: str) -> object:
    try:
        return member(read_json(Path(path).read_bytes()), "pid") or "unknown"
    except (InvalidInputError, OSError):
        return "unknown"


def _refuse_authority(store: str, database: str) -> None:
    import sqlite3  # noqa: PLC0415 - most stores have no database beside them

    try:
        # A database that is opened for reading makes files beside it, unless nobody is said to write to it; and nobody
        # does, while the engine is kept out, or where nothing is left in the write-ahead log.
        waiting = os.path.exists(f"{database}-wal") and os.path.getsize(f"{database}-wal") > 0
        how = "mode=ro" if waiting else "immutable=1"
        connection = sqlite3.connect(f"file:{quote(database)}?{how}", uri=True)
        try:
            problem = why_refused(database, connection)
        finally:
            connection.close()
    except (sqlite3.Error, OSError) as error:
        problem = undecided(database, f"it can't be opened: {error}")
    if problem is not None:
        raise StorageError(path=store, problem=problem)


def _unknown(connection: "Connection") -> str | None:
    """Why an engine of today would not open a database, although it is one; `None` if it would."""
    versions = [row[0] for row in _rows(connection, "schema_metadata", "schema_version")]
    if any(not isinstance(version, int) or version > _NEWEST_SCHEMA for version in versions):
        return f"its schema has version {versions[0]}, and {_NEWEST_SCHEMA} is the newest known"
    if _rows(connection, "stateful_backend_transfers", "1"):
        return "a transfer to another database is recorded in it"
    return None


def _import_is_complete(connection: "Connection") -> bool:
    return (_IMPORT, "complete") in _rows(connection, "stateful_migrations", "migration_id, status")


def _rows(connection: "Connection", table: str, columns: str) -> list[tuple[object, ...]]:
    """The rows of a table; one that isn't there has none."""
    known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    return connection.execute(f"SELECT {columns} FROM {table}").fetchall() if known else []  # noqa: S608 - our own names
