"""A store in production's PostgreSQL database."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from lifecycle_conformance.audit import postgres_address
from lifecycle_conformance.audit.database import Reading
from lifecycle_conformance.audit.database_source import DatabaseSource
from lifecycle_projection.errors import InvalidInputError, Problem

if TYPE_CHECKING:
    from lifecycle_conformance.audit.postgres_connection import PostgresConnection

_T = TypeVar("_T")


class PostgresSource(DatabaseSource):
    """A store in a PostgreSQL database, read only.

    Raises :class:`StorageError` where there is no such database, or it lacks the tables (DB-14, DB-15), and
    :class:`InvalidInputError` for an address that is none, or where psycopg isn't installed.
    """

    def __init__(self, address: str) -> None:
        super().__init__(_PostgresDatabase(address))


class _PostgresDatabase:
    tables_of = " in a schema of the search path, which ?options=-csearch_path%3DSCHEMA sets"

    def __init__(self, address: str) -> None:
        self._address = address
        self._connection: PostgresConnection | None = None
        self.name = postgres_address.shown(address)
        self.path = self._connected().database

    def __getstate__(self) -> dict[str, Any]:
        """All but the connection: each process has its own."""
        return {**vars(self), "_connection": None}

    def read(self, work: Callable[[Reading], _T]) -> _T:
        return self._connected().read(work)

    def _connected(self) -> "PostgresConnection":
        if self._connection is None:
            try:
                from lifecycle_conformance.audit.postgres_connection import (  # noqa: PLC0415 - psycopg is optional
                    PostgresConnection,
                )
            except ImportError as error:
                problem = Problem("$", 'this needs psycopg: pip install "lifecycle-projection[postgres]"')
                raise InvalidInputError(problems=(problem,), source=self.name) from error
            self._connection = PostgresConnection(self._address, self.name)
        return self._connection
