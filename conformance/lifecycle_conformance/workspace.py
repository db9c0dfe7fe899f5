"""Where stores live that are made to be thrown away."""

import os
import tempfile
from typing import Final

_MEMORY: Final = "/dev/shm"  # noqa: S108 - a directory of its own is made in it


def workspace() -> tempfile.TemporaryDirectory[str]:
    """Make a temporary directory, on a memory file system where there is one: stores sync at every step."""
    folder = _MEMORY if os.access(_MEMORY, os.W_OK | os.X_OK) else None
    return tempfile.TemporaryDirectory(prefix="lifecycle-projection-", dir=folder, ignore_cleanup_errors=True)
