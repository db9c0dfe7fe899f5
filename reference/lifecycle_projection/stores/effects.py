"""Everything that the file store does to a disk, in one narrow place, so that a test can stop, fail or record it."""

import os
from typing import Final, Protocol

_PART: Final = 1 << 16


class Effects(Protocol):
    """The operations on a file system. Each may raise :class:`OSError`; each takes paths or descriptors."""

    def open(self, path: str, flags: int) -> int:
        """Open a file or a directory; the answer is its descriptor."""
        ...

    def read(self, descriptor: int) -> bytes:
        """Read a file from where its descriptor stands to its end."""
        ...

    def write(self, descriptor: int, data: bytes) -> None:
        """Write all of the data."""
        ...

    def truncate(self, descriptor: int, size: int) -> None:
        """Cut a file off at a size in bytes."""
        ...

    def sync(self, descriptor: int) -> None:
        """Return when all that was written is on the disk (FILE-2, FILE-27)."""
        ...

    def close(self, descriptor: int) -> None:
        """Let go of a descriptor, and of a lock that it holds."""
        ...

    def rename(self, source: str, target: str) -> None:
        """Put a file in the place of another, all or nothing."""
        ...

    def unlink(self, path: str) -> None:
        """Remove a file."""
        ...

    def make_directory(self, path: str) -> None:
        """Make a directory."""
        ...

    def sync_path(self, path: str) -> None:
        """Return when the content of a file, or the names in a directory, are on the disk, whoever wrote them."""
        ...


class SystemEffects:
    """The operations of the operating system."""

    def open(self, path: str, flags: int) -> int:
        """Open a file, close-on-exec, readable for all as the process's mask allows."""
        return os.open(path, flags | os.O_CLOEXEC, 0o666)

    def read(self, descriptor: int) -> bytes:
        """Read until nothing is left."""
        read = []
        while part := os.read(descriptor, _PART):
            read.append(part)
        return b"".join(read)

    def write(self, descriptor: int, data: bytes) -> None:
        """Write until nothing is left: the system may take less at a time."""
        left = memoryview(data)
        while left:
            left = left[os.write(descriptor, left) :]

    def truncate(self, descriptor: int, size: int) -> None:
        """Cut a file off."""
        os.ftruncate(descriptor, size)

    def sync(self, descriptor: int) -> None:
        """Flush a file to the disk."""
        os.fsync(descriptor)

    def close(self, descriptor: int) -> None:
        """Close a file."""
        os.close(descriptor)

    def rename(self, source: str, target: str) -> None:
        """Replace the target."""
        os.replace(source, target)

    def unlink(self, path: str) -> None:
        """Remove a file."""
        os.unlink(path)

    def make_directory(self, path: str) -> None:
        """Make a directory."""
        os.mkdir(path)

    def sync_path(self, path: str) -> None:
        """Flush a file or a directory to the disk."""
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
