"""Where stores live that are made to be thrown away."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_MEMORY: Final = "/dev/shm"  # noqa: S108 - a directory of its own is made in it


@contextmanager
def workspace() -> Iterator[Path]:
    """Give a temporary directory, on a memory file system where there is one: stores sync at every step."""
    folder = _MEMORY if os.access(_MEMORY, os.W_OK | os.X_OK) else None
    with tempfile.TemporaryDirectory(prefix="lifecycle-projection-", dir=folder) as directory:
        yield Path(directory)
