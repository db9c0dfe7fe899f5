"""Temporary stores: they stand in one folder of this process, which is removed when it ends.

The folder is locked as long as its process runs, so that a later one can find, and remove, what a process left behind
that was killed.
"""

import atexit
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from lifecycle_projection.stores.flock import try_lock

_MEMORY: Final = "/dev/shm"  # noqa: S108 - a directory of its own is made in it
_PREFIX: Final = "lifecycle-conformance-"
_own: Path | None = None


def workspace() -> tempfile.TemporaryDirectory[str]:
    """Make a temporary directory, on a memory file system where there is one: stores sync at every step."""
    return tempfile.TemporaryDirectory(prefix="", dir=own_folder(), ignore_cleanup_errors=True)


def own_folder() -> Path:
    """The folder in which all workspaces of this process are made; it is made, and locked, when it is needed."""
    global _own  # noqa: PLW0603 - of a process
    if _own is None:
        parent = Path(_MEMORY if os.access(_MEMORY, os.W_OK | os.X_OK) else tempfile.gettempdir())
        remove_leftovers(parent)
        _own = _made_and_locked(parent)
        atexit.register(remove_own_folder)
    return _own


def share(folder: Path) -> None:
    """Make all workspaces of this process in the folder of another one, which removes it."""
    global _own  # noqa: PLW0603
    _own = folder


def remove_own_folder() -> None:
    """Remove all workspaces of this process."""
    if _own is not None:
        shutil.rmtree(_own, ignore_errors=True)


def remove_leftovers(parent: Path) -> None:
    """Remove the folders of processes that were killed: those that nobody holds locked."""
    for folder in parent.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                if os.fstat(descriptor).st_uid == os.getuid() and try_lock(descriptor):
                    shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(descriptor)


def _made_and_locked(parent: Path) -> Path:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=parent))
        with suppress(FileNotFoundError):
            # Never closed: the lock ends with the process, however that ends.
            locked = try_lock(os.open(folder, os.O_RDONLY | os.O_DIRECTORY))
            # Before it was locked, somebody may have taken it for left behind.
            if locked and folder.exists():
                return folder
