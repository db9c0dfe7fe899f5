"""What stands in the place of the database before an import, read without leaving a trace."""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from lifecycle_conformance.audit.finding import Where
from lifecycle_conformance.audit.migration import kinds
from lifecycle_conformance.audit.migration.collected import Collected
from lifecycle_conformance.audit.migration.places import Places, UnreadableError, opened

NEWEST_SCHEMA: Final = 5
"""The newest version of the schema that is known."""

_COMPLETE: Final = (
    "SELECT count(*) FROM stateful_migrations WHERE migration_id = 'legacy_stateful_runtime_v1' AND status = 'complete'"
)
_VERSION: Final = "SELECT max(schema_version) FROM schema_metadata"
_TRANSFERS: Final = "SELECT count(*) FROM stateful_backend_transfers"


def is_imported(places: Places, collected: Collected) -> bool:
    """Whether the one-time import is complete; a database that can't be opened is told (DB-2, DB-10)."""
    path = places.shown(places.database)
    try:
        file = opened(places.database)
        if file is None:
            return False
        file.close()
        with _connected(Path(places.database)) as connection:
            _tell_what_keeps_it_closed(connection, path, collected)
            return bool(_asked(connection, "stateful_migrations", _COMPLETE))
    except (UnreadableError, sqlite3.Error, OSError) as error:
        collected.tell(kinds.DATABASE_UNREADABLE, Where(path=path), "it is no database", expected=str(error))
    return False


def _tell_what_keeps_it_closed(connection: sqlite3.Connection, path: str, collected: Collected) -> None:
    version = _asked(connection, "schema_metadata", _VERSION)
    if isinstance(version, int) and version > NEWEST_SCHEMA:
        where = Where(path=path, row="schema_metadata")
        collected.tell(kinds.DATABASE_NEWER, where, f"its schema is of a version above {NEWEST_SCHEMA}")
    if _asked(connection, "stateful_backend_transfers", _TRANSFERS):
        where = Where(path=path, row="stateful_backend_transfers")
        collected.tell(kinds.DATABASE_IN_TRANSFER, where, "a transfer to another database is in progress")


def _asked(connection: sqlite3.Connection, table: str, query: str) -> object:
    """The answer to a query on a table; `None` where there is no such table (a view might compute for ever)."""
    known = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?"
    if connection.execute(known, (table,)).fetchone() == (0,):
        return None
    answer: object = connection.execute(query).fetchone()[0]
    return answer


@contextmanager
def _connected(path: Path) -> Iterator[sqlite3.Connection]:
    """A database to read: itself, or a copy where a part of it still stands in its write-ahead log.

    SQLite would make or change files beside a database with such a log, even for who only reads.
    """
    log = Path(f"{path}-wal")
    if not log.is_file() or log.stat().st_size == 0:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            yield connection
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, path.name)
        shutil.copyfile(path, copy)
        with suppress(FileNotFoundError):  # its last user has closed it meanwhile
            shutil.copyfile(log, f"{copy}-wal")
        with closing(sqlite3.connect(copy)) as connection:
            yield connection
