"""Which database is meant by what the user named."""

from typing import Final

from lifecycle_conformance.audit import postgres_address
from lifecycle_conformance.audit.database_source import DatabaseSource
from lifecycle_conformance.audit.postgres_source import PostgresSource
from lifecycle_conformance.audit.sqlite_file import is_sqlite
from lifecycle_conformance.audit.sqlite_source import SqliteSource

_SCHEME: Final = "sqlite:"


def is_address(name: str) -> bool:
    """Whether a database is named by its address, be there one or not."""
    return postgres_address.is_address(name) or name.startswith(_SCHEME)


def database_named(name: str) -> DatabaseSource | None:
    """The database that a file, `sqlite:FILE` or a `postgresql://` address names; `None` for what is none of them.

    Raises :class:`StorageError` where it can't be read, and :class:`InvalidInputError` for an address that is none.
    """
    if postgres_address.is_address(name):
        return PostgresSource(name)
    if name.startswith(_SCHEME) or is_sqlite(name):
        return SqliteSource(name.removeprefix(_SCHEME))
    return None
