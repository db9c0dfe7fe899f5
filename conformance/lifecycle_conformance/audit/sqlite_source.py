"""A store in production's SQLite database."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from lifecycle_conformance.audit.database import Reading
from lifecycle_conformance.audit.database_source import DatabaseSource
from lifecycle_conformance.audit.sqlite_file import SqliteFile

_T = TypeVar("_T")


class SqliteSource(DatabaseSource):
    """A store in an SQLite database, read only.

    Raises :class:`StorageError` where there is no such database, or it lacks the tables (DB-14, DB-15).
    """

    def __init__(self, file: str | Path, *, name: str | None = None) -> None:
        super().__init__(_SqliteDatabase(str(file)), name=name)


class _SqliteDatabase:
    tables_of = ""

    def __init__(self, file: str) -> None:
        self.name, self.path = file, Path(file).name
        self._file = SqliteFile(file)

    def read(self, work: Callable[[Reading], _T]) -> _T:
        return self._file.read(lambda connection: work(_SqliteReading(connection)))


class _SqliteReading:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def columns(self, table: str) -> Mapping[str, bool]:
        return {
            row[1].decode(errors="replace"): True for row in self._connection.execute(f"PRAGMA table_info({table})")
        }

    def rows(self, query: str, text: bytes | None = None) -> Iterator[tuple[Any, ...]]:
        return iter(self._connection.execute(query, {} if text is None else {"1": text}))
