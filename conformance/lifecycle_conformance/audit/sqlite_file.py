"""Reading an SQLite database without changing anything: neither it, nor what lies beside it, nor a time of them.

How that is done depends on what lies beside it. Without a log of changes (`-wal`) nobody writes, and the file is read
as one that never changes; whether that was so, is looked at afterwards. With a log and its index (`-shm`), both are
read only. With a log alone, as a copy that somebody made while an engine ran may have it, SQLite would make the index:
so both files are copied and the copy is read. (To root SQLite is less polite: it gives the log and its index the owner
that they have already, which shows in the times of their last change of state, and nowhere else.)
"""

import os
import shutil
import sqlite3
import tempfile
import weakref
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar
from urllib.parse import quote

from lifecycle_conformance.audit import confined
from lifecycle_projection.errors import StorageError

_T = TypeVar("_T")
_HEADER: Final = b"SQLite format 3\0"
_ATTEMPTS: Final = 5
_State: TypeAlias = tuple[tuple[int, int] | None, ...]


def is_sqlite(path: str) -> bool:
    """Whether a file begins as an SQLite database does; what is no file doesn't (DB-1)."""
    try:
        file = confined.opened(path, inside=str(Path(os.path.realpath(path)).parent))
    except (confined.UnopenedError, ValueError):  # some texts can't be a path
        return False
    if file is None:
        return False
    with file:
        return file.read(len(_HEADER)) == _HEADER


class SqliteFile:
    """A database in a file, read only. Raises :class:`StorageError` where it is none (DB-14)."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._copy: tuple[_State, str] | None = None
        if not is_sqlite(path):
            raise StorageError(path=path, problem="expected an SQLite database")

    def __getstate__(self) -> dict[str, Any]:
        """The path only, as other processes find it too: a copy is this process's own."""
        return {"path": os.path.abspath(self.path), "_copy": None}  # noqa: PTH100 - a Path raises for some names

    def read(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """What is read in one transaction. Texts come as bytes."""
        for _ in range(_ATTEMPTS):
            state = self._state()
            try:
                found = self._read(work, state)
            except sqlite3.Error as error:
                if self._state() == state:
                    raise StorageError(path=self.path, problem=f"the database can't be read: {error}") from error
                continue
            if state[1] is not None or self._state() == state:
                return found
        raise StorageError(path=self.path, problem="the database changes faster than it can be read")

    def _read(self, work: Callable[[sqlite3.Connection], _T], state: _State) -> _T:
        path, options = self._way(state)
        with closing(sqlite3.connect(f"file:{quote(path)}?{options}", uri=True, isolation_level=None)) as connection:
            connection.text_factory = bytes
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("BEGIN")
            return work(connection)

    def _way(self, state: _State) -> tuple[str, str]:
        """Which file is opened, and how, so that nothing is changed."""
        _, log, index, journal = state
        path = os.path.abspath(self.path)  # noqa: PTH100 - it is put into an address
        if log is None and journal is None:
            return path, "mode=ro&immutable=1"
        if log is not None and index is None:
            return self._copied(state), "mode=ro"
        return path, "mode=ro&readonly_shm=1"

    def _state(self) -> _State:
        """Size and time of the file and of those beside it; an empty one counts as none."""
        found: list[tuple[int, int] | None] = []
        for ending in ("", "-wal", "-shm", "-journal"):
            try:
                state = Path(f"{self.path}{ending}").stat()
            except OSError:
                found.append(None)
            else:
                found.append((state.st_size, state.st_mtime_ns) if state.st_size else None)
        return tuple(found)

    def _copied(self, state: _State) -> str:
        if self._copy is None or self._copy[0] != state:
            folder = tempfile.mkdtemp(prefix="lifecycle-projection-")
            weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
            for ending in ("", "-wal"):
                shutil.copyfile(f"{self.path}{ending}", f"{folder}/database{ending}")
            self._copy = state, folder
        return f"{self._copy[1]}/database"
