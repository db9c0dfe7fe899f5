"""Reading a PostgreSQL database without changing anything: each read is a transaction that can't write.

Nothing is set for longer than a transaction, and nothing at the start of a session: a pooler between lends one session
to many. This module needs psycopg, which is optional: only who reads such a database may import it.
"""

import os
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final, TypeAlias, TypeVar

import psycopg
from psycopg import errors
from psycopg.abc import Buffer
from psycopg.adapt import AdaptersMap, Dumper, Loader
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import Format
from psycopg.types.bool import BoolLoader
from psycopg.types.numeric import IntDumper, IntLoader

from lifecycle_conformance.audit.database import Reading
from lifecycle_projection.errors import InvalidInputError, Problem, StorageError

_T = TypeVar("_T")
_Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]
_PATIENCE_S: Final = 10
"""How long a server may take to answer the first time, where the user says nothing else."""
_UNKNOWN_TEXT: Final = (errors.CharacterNotInRepertoire, errors.UntranslatableCharacter)


class PostgresConnection:
    """A connection of this process to the database that an address names.

    Raises :class:`StorageError` where there is none, and :class:`InvalidInputError` for what libpq can't read.
    """

    def __init__(self, address: str, name: str) -> None:
        self._name = name
        try:
            self._connection: _Connection = psycopg.connect(
                _with_defaults(address, name), prepare_threshold=None, context=_adapters()
            )
        except psycopg.Error as error:
            reason = _line(error).removeprefix("connection failed: ")
            raise StorageError(path=name, problem=f"can't connect: {reason}") from None
        weakref.finalize(self, self._connection.close)
        self._connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        self._connection.read_only = True

    @property
    def database(self) -> str:
        """The name of the database at its server."""
        return self._connection.info.dbname

    def read(self, work: Callable[[Reading], _T]) -> _T:
        """What is read in one transaction."""
        try:
            return work(_PostgresReading(self._connection, self._name))
        except psycopg.Error as error:
            raise StorageError(path=self._name, problem=f"the database can't be read: {_line(error)}") from error
        finally:
            with suppress(psycopg.Error):  # a connection that broke has no transaction any more
                self._connection.rollback()


class _PostgresReading:
    def __init__(self, connection: _Connection, name: str) -> None:
        self._connection, self._name = connection, name
        # Such a database doesn't know what its bytes mean: as UTF-8, those that are none would be refused.
        if connection.info.parameter_status("server_encoding") == "SQL_ASCII":
            connection.execute("SET LOCAL client_encoding TO SQL_ASCII")

    def columns(self, table: str) -> Mapping[str, bool]:
        query = """
            SELECT attname, atttypid <> CAST('jsonb' AS regtype), row_security_active(attrelid) FROM pg_attribute
            WHERE attrelid = to_regclass(CAST($1 AS TEXT)) AND attnum > 0 AND NOT attisdropped
        """
        found = [(name.decode(errors="replace"), *rest) for name, *rest in self.rows(query, table.encode())]
        if any(hidden for *_, hidden in found):
            problem = f"row-level security hides rows of {table} from this user, and a part can't be audited"
            raise StorageError(path=self._name, problem=problem)
        return {name: as_sent for name, as_sent, _ in found}

    def rows(self, query: str, text: bytes | None = None) -> Iterator[tuple[Any, ...]]:
        if text is not None:
            return self._rows_of(query, text)
        self._connection.execute("SET LOCAL statement_timeout = 0")  # it reads tables as a whole
        return self._all_rows(query)

    def _rows_of(self, query: str, text: bytes) -> Iterator[tuple[Any, ...]]:
        """The rows of one run, which is held whole anyway; none for a text that this database can't hold."""
        with psycopg.RawCursor(self._connection) as cursor:
            try:
                cursor.execute(query, [text])
            except _UNKNOWN_TEXT:
                if self._can_hold(text):
                    raise
                return
            yield from cursor

    def _all_rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        """The rows of a whole table, which stay at the server until they are asked for."""
        with psycopg.RawServerCursor(self._connection, "rows") as cursor:
            yield from cursor.execute(query)

    def _can_hold(self, text: bytes) -> bool:
        self._connection.rollback()
        with psycopg.RawCursor(self._connection) as cursor:
            try:
                cursor.execute("SELECT octet_length(CAST($1 AS TEXT))", [text])
            except _UNKNOWN_TEXT:
                self._connection.rollback()
                return False
        return True


class _BytesAsText(Dumper):
    """Sends bytes as the text that they are."""

    format = Format.BINARY
    oid = psycopg.adapters.types["text"].oid

    def dump(self, obj: bytes) -> bytes:
        return obj


class _AsBytes(Loader):
    """Takes any value as the server writes it."""

    def load(self, data: Buffer) -> bytes:
        return bytes(data)


def _with_defaults(address: str, name: str) -> str:
    options = {"client_encoding": "UTF8", "fallback_application_name": "lifecycle-projection"}
    try:
        if "connect_timeout" not in conninfo_to_dict(address) and "PGCONNECT_TIMEOUT" not in os.environ:
            options["connect_timeout"] = str(_PATIENCE_S)
    except psycopg.ProgrammingError:  # its text may show a password
        problem = Problem("$", "expected an address that libpq can read, with options that it knows")
        raise InvalidInputError(problems=(problem,), source=name) from None
    return make_conninfo(address, **options)


def _adapters() -> AdaptersMap:
    """How values are sent and taken: see :class:`Reading`."""
    adapters = AdaptersMap(types=psycopg.adapters.types)
    adapters.register_dumper(bytes, _BytesAsText)
    adapters.register_dumper(int, IntDumper)  # cursors say how many rows they want
    adapters.register_loader(0, _AsBytes)  # all types that aren't named
    adapters.register_loader("bool", BoolLoader)
    for name in ("int2", "int4", "int8"):
        adapters.register_loader(name, IntLoader)
    return adapters


def _line(error: psycopg.Error) -> str:
    """What went wrong, in one line."""
    return " ".join((error.diag.message_primary or str(error)).split())
