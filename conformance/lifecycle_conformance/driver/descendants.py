"""The processes that drivers start and leave behind: on Linux this process adopts them, and ends them.

A process that leaves its process group, as a daemon does, survives the end of the group. On Linux it becomes a child of
the nearest ancestor that asked for orphans, which finds it in `/proc`. On other systems it can't be found again.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock
from typing import Final, NoReturn

_SET_CHILD_SUBREAPER: Final = 36
_kept: set[int] = set()
"""Children that are no orphans: running drivers, and processes that were started for other purposes."""
_adopting = False
starting: Final = RLock()
"""Held while a driver is started, so that :func:`end_everything` never runs while one is half started."""


def can_adopt() -> bool:
    """Whether this system lets a process adopt what its descendants leave behind."""
    return sys.platform == "linux"


@contextmanager
def adopting() -> Iterator[None]:
    """Adopt what descendants leave behind, and end it at the end at the latest; existing children are kept."""
    global _adopting  # noqa: PLW0603 - of a process, as the adoption is
    before, _adopting = _adopting, can_adopt() and _adopt(wanted=True)
    _kept.update(_children())
    try:
        yield
    finally:
        end_orphans()
        _adopting = before
        if can_adopt() and not before:
            _adopt(wanted=False)


def keep(pid: int) -> None:
    """Count a child as no orphan."""
    _kept.add(pid)


def let_go(pid: int) -> None:
    """Forget a child that has ended."""
    _kept.discard(pid)


def end_orphans() -> None:
    """End the adopted processes, and those that they leave behind in turn."""
    while _adopting and (orphans := _children() - _kept):
        for pid in orphans:
            _end(pid)


def end_everything() -> NoReturn:
    """End all children with their groups and all that they leave behind, and then this process at once."""
    starting.acquire()  # and never released: no driver is started any more
    for pid in _kept:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
    _kept.clear()
    end_orphans()
    os._exit(1)


def _adopt(*, wanted: bool) -> bool:
    status: int = ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, int(wanted), 0, 0, 0)
    return status == 0


def _children() -> set[int]:
    if not can_adopt():
        return set()
    names = (path.name for path in Path("/proc").iterdir())
    return {int(name) for name in names if name.isdigit() and _parent_of(name) == os.getpid()}


def _parent_of(process: str) -> int | None:
    try:
        with Path(f"/proc/{process}/stat").open("rb") as stat:
            # The name of a program, in parentheses, may hold anything.
            return int(stat.read().rpartition(b")")[2].split()[1])
    except OSError:
        return None


def _end(pid: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)
    with suppress(ChildProcessError):
        os.waitpid(pid, 0)
