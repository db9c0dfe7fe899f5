"""Where production looks for what it imports."""

import os
import stat
from pathlib import Path
from typing import BinaryIO, Final

from attrs import frozen

from lifecycle_projection.errors import StorageError
from lifecycle_projection.stores.files import LOG_NAME, SNAPSHOTS_NAME

RUNS_NAME: Final = "automation_v2_runs.json"
WAITS_NAME: Final = "stateful_waits.json"
DATABASE_NAME: Final = "stateful_runtime.sqlite3"
_RUNTIME: Final = "runtime"


@frozen(kw_only=True)
class Places:
    """The files of a store, and the folder from which findings name them."""

    root: str
    log: str
    snapshots: str
    runs: str
    waits: tuple[str, ...]
    database: str

    def shown(self, path: str) -> str:
        """A path as seen from the folder that was given."""
        return os.path.relpath(path, self.root)


def places_in(folder: Path) -> Places:
    """The places of a store, by the folder of its log, or by the data folder above `runtime` (DB-1).

    Raises :class:`StorageError` where there is no such folder.
    """
    if not folder.is_dir():
        raise StorageError(path=str(folder), problem="expected a folder that exists")
    root = Path(os.path.abspath(folder))  # noqa: PTH100 - `resolve` would follow links, and a link has a name of its own
    inside = root / _RUNTIME
    beside = any(os.path.lexists(root / name) for name in (LOG_NAME, SNAPSHOTS_NAME))
    logs = root if beside or not inside.is_dir() else inside
    data = logs.parent if logs.name == _RUNTIME else logs
    runs = data if os.path.lexists(data / RUNS_NAME) else logs
    return Places(
        root=str(root),
        log=str(logs / LOG_NAME),
        snapshots=str(logs / SNAPSHOTS_NAME),
        runs=str(runs / RUNS_NAME),
        waits=tuple(str(place / WAITS_NAME) for place in dict.fromkeys((logs, data))),
        database=str(data / DATABASE_NAME),
    )


class UnreadableError(Exception):
    """A file is there, but can't be read as one; the text says why."""


def opened(path: str) -> BinaryIO | None:
    """A file to read, or `None` where there is none, or a link that leads to none.

    Neither a pipe nor a device is opened, so that nothing waits. Raises :class:`UnreadableError`.
    """
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 - paths are strings here
            raise UnreadableError("expected a file, found a folder, a device or a pipe")
        # A pipe that has come into this place meanwhile doesn't make this wait, either.
        return open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb")  # noqa: PTH123
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UnreadableError(f"expected a readable file: {error.strerror or error}") from error
