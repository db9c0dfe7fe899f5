"""Opening the files of a store that may be hostile: nothing is opened that could wait, act or lead out of the store."""

import os
import stat
from operator import attrgetter
from typing import BinaryIO, Final

from lifecycle_conformance.audit.finding import Kind
from lifecycle_conformance.audit.kinds import of_form as kinds
from lifecycle_projection.stores.file_state import ABSENT

_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)

_name: Final = attrgetter("name")
_PIECE: Final = 1 << 20
_NO_FILE: Final = "expected a regular file"


class UnopenedError(Exception):
    """Something stands in a place, but isn't opened: of which kind of finding that is, and why."""

    def __init__(self, kind: Kind, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason


def opened(path: str, *, inside: str) -> BinaryIO | None:
    """A regular file, opened for reading; `None` where none is. `inside` is the real path of the store.

    Raises :class:`UnopenedError` for everything else that stands there (FILE-21, FILE-22).
    """
    try:
        return os.fdopen(_descriptor(_regular(path, inside=inside))[0], "rb")
    except OSError as error:
        _raise_unless_absent(error, path)
        return None


def content(entry: "os.DirEntry[str]", *, inside: str, most: int) -> bytes | None:
    """What a regular file of a folder holds that was listed here; `None` where it is gone by now.

    Raises :class:`UnopenedError` for everything else, and for a file of more than so many bytes (FILE-21).
    """
    try:  # the folder is real, so that a file in it that is no link needs no look at both
        real = entry.path if entry.is_file(follow_symlinks=False) else _regular(entry.path, inside=inside)
        descriptor, size = _descriptor(real)
        try:  # a file object would take half as long again
            return _read(descriptor, size, most=most)
        finally:
            os.close(descriptor)
    except OSError as error:
        _raise_unless_absent(error, entry.path)
        return None


def _read(descriptor: int, size: int, *, most: int) -> bytes:
    """All of a file: more than its size, or less, where it is written meanwhile."""
    if size <= most:
        text = os.read(descriptor, size + 1)
        while size != len(text) <= most and (more := os.read(descriptor, _PIECE)):
            text += more
        if len(text) <= most:
            return text
    raise UnopenedError(kinds.FILE_TOO_LONG, f"expected at most {most} bytes")


def listed(path: str, *, inside: str) -> list["os.DirEntry[str]"]:
    """What a folder holds, by name; nothing where there is none. Raises :class:`UnopenedError` (FILE-21)."""
    try:
        with os.scandir(_real(path, inside=inside)) as entries:
            return sorted(entries, key=_name)
    except NotADirectoryError:
        raise UnopenedError(kinds.NO_FILE, "expected a folder") from None
    except OSError as error:
        _raise_unless_absent(error, path)
        return []


def _descriptor(real: str) -> tuple[int, int]:
    """A regular file that was opened, and its size."""
    descriptor = os.open(real, _FLAGS)
    state = os.fstat(descriptor)
    if stat.S_ISREG(state.st_mode):
        return descriptor, state.st_size
    os.close(descriptor)  # it was put there since it was looked at
    raise UnopenedError(kinds.NO_FILE, _NO_FILE)


def _regular(path: str, *, inside: str) -> str:
    """The real path of a regular file."""
    real = _real(path, inside=inside)
    if not stat.S_ISREG(os.stat(real).st_mode):  # noqa: PTH116 - see below
        raise UnopenedError(kinds.NO_FILE, _NO_FILE)
    return real


def _real(path: str, *, inside: str) -> str:
    real = os.path.realpath(path)  # strings, for a Path of each file takes longer than looking at it
    if real != inside and not real.startswith(f"{inside.rstrip('/')}/"):
        raise UnopenedError(kinds.LEADS_OUTSIDE, "expected a path inside of the store")
    return real


def _raise_unless_absent(error: OSError, path: str) -> None:
    """Pass over what isn't there, such as what a living engine has removed meanwhile."""
    if error.errno not in ABSENT:
        raise UnopenedError(kinds.CLOSED, error.strerror or str(error)) from error
    if os.path.islink(path):  # noqa: PTH114 - see above
        raise UnopenedError(kinds.NO_FILE, "expected a file, found a link to nothing") from error
