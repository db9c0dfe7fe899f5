"""What tells one state of a file or a directory from another: what hasn't changed need not be read or synced again."""

import errno
import os
import sys
import time
from functools import lru_cache
from typing import Final, TypeAlias

FileState: TypeAlias = tuple[int, int, int, int, int]

ABSENT: Final = frozenset({errno.ENOENT, errno.ENAMETOOLONG})
"""What the system says where no file is; none can be where its name is too long (FILE-22)."""

_SECOND_NS: Final = 1_000_000_000
_TICK_NS: Final = 20_000_000
_COARSE_CLOCK: Final = 5
"""`CLOCK_REALTIME_COARSE`, for which Python has no name."""


def state_of(path: str | int) -> FileState | None:
    """The state of what stands at a path, or is open as a descriptor; `None` where nothing does."""
    try:
        found = os.stat(path)
    except OSError as error:
        if error.errno in ABSENT:
            return None
        raise
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def is_settled(state: FileState) -> bool:
    """Whether any later change makes another state.

    Two changes within one tick of a file system's clock can't be told apart. The clock of Linux ticks every 10 ms at
    the latest; a time in whole seconds is that of a file system with a clock of its own, which may tick every two.
    """
    changed_ns = state[-1]
    tick_ns = _TICK_NS if changed_ns % _SECOND_NS else 2 * _SECOND_NS
    return changed_ns < file_clock_ns() - tick_ns


def file_clock_ns() -> int:
    """The time by the clock from which files get theirs.

    On a busy machine its ticks come late: so a finer clock may be further ahead than a tick is long.
    """
    return time.clock_gettime_ns(_COARSE_CLOCK) if sys.platform == "linux" else time.time_ns()


def stamped(path: str) -> FileState | None:
    """The state of a file that this process has just written, made one that any later change makes another.

    The file gets the time of a finer clock, which falls between two ticks of the file system's. `None` where that can't
    be: the file isn't ours, or its file system keeps no such times.
    """
    now_ns = time.time_ns()
    try:
        os.utime(path, ns=(now_ns, now_ns))
        state = state_of(path)
    except OSError:
        return None
    return state if state is not None and now_ns in state else None


def is_too_long(path: str, *, below: str) -> bool:
    """Whether a path, or a name in it below a directory that is there, is longer than the system takes (FILE-22)."""
    longest_name, longest_path = _limits(below)
    size = len(os.fsencode(path))
    if size <= longest_name:
        return False
    names = map(os.fsencode, path.removeprefix(below).split("/"))
    return size >= longest_path or max(map(len, names)) > longest_name


@lru_cache(maxsize=64)
def _limits(directory: str) -> tuple[int, int]:
    """How many bytes a name may have in a directory, and a path with its end."""
    return os.pathconf(directory, "PC_NAME_MAX"), os.pathconf(directory, "PC_PATH_MAX")
