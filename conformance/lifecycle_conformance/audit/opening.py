"""What a user names as a store: a folder, a file of SQLite, or an address."""

from lifecycle_conformance.audit.file_source import FileSource
from lifecycle_conformance.audit.sqlite_file import is_sqlite
from lifecycle_conformance.audit.sqlite_source import SqliteSource
from lifecycle_conformance.audit.stored import StoreSource


def opened(store: str) -> StoreSource:
    """The source of what a user names as a store. Raises :class:`StorageError` where it can't be read."""
    path = store.removeprefix("sqlite:")
    return SqliteSource(path) if path != store or is_sqlite(path) else FileSource(store)
