"""A store in production's own files, byte for byte (chapter *Files on disk*)."""

import errno
import logging
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import orjson
from filelock import FileLock, Timeout

from lifecycle_projection.codec import event_from, snapshot_from, to_json
from lifecycle_projection.errors import InvalidInputError, StorageError
from lifecycle_projection.json_text import read_json
from lifecycle_projection.records import Event, Json, Snapshot, TenantKey
from lifecycle_projection.stores.effects import Effects, SystemEffects
from lifecycle_projection.stores.store import Place
from lifecycle_projection.text import member

LOG_NAME: Final = "stateful_events.jsonl"
SNAPSHOTS_NAME: Final = "stateful_snapshots"
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]")
_LOGGER: Final = logging.getLogger(__name__)


def segment(name: str) -> str:
    """Turn a run id or a snapshot id into the name of a directory or file (FILE-4)."""
    safe = _UNSAFE.sub("_", name)
    return "_" if safe in ("", ".", "..") else safe


def event_line(event: Event) -> bytes:
    """Write an event as a line of the log (FILE-1, FILE-8)."""
    return orjson.dumps(to_json(event), option=orjson.OPT_APPEND_NEWLINE)


def snapshot_text(snapshot: Snapshot) -> bytes:
    """Write a snapshot as the content of its file (FILE-5, FILE-8)."""
    return orjson.dumps(to_json(snapshot), option=orjson.OPT_INDENT_2)


class FileStore:
    """Keep the log in one file and each snapshot in a file of its own, in a directory that exists.

    One writer at a time, across threads and processes: the lock is a file beside the directory, named after it, so
    that the directory holds nothing but the store. Readers never wait. Raises :class:`StorageError` where the
    directory is missing, can't be read or written, or stays locked for longer than `lock_timeout_s` seconds.
    (FILE-1 to FILE-27, ERR-5, ERR-6)
    """

    def __init__(self, directory: str | Path, *, lock_timeout_s: float = 10.0, effects: Effects | None = None) -> None:
        root = os.path.realpath(directory)
        if not os.path.isdir(root):
            raise StorageError(path=str(directory), problem="expected a directory that exists")
        self._root = root
        self._log = f"{root}/{LOG_NAME}"
        self._snapshots = f"{root}/{SNAPSHOTS_NAME}"
        self._effects: Effects = effects or SystemEffects()
        parent, name = os.path.split(root)
        self._lock = FileLock(f"{parent}/.{name}.lock", timeout=lock_timeout_s)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other threads and processes from writing; the system frees the lock of a process that dies.

        (FILE-10, ERR-6)
        """
        with _storage_errors(self._lock.lock_file):
            try:
                self._lock.acquire()
            except Timeout:
                raise StorageError(path=self._root, problem="another writer holds the store locked") from None
        try:
            yield
        finally:
            self._lock.release()

    # --- the log ------------------------------------------------------------------------------------------------------

    def events(self, run_id: str | None = None) -> list[Event]:
        """Give the events of one run, or of all, in log order; lines that are no events are skipped with a warning.

        They are read from the disk each time. (FILE-17 to FILE-20, FILE-26)
        """
        lines = enumerate(self._read_log().split(b"\n"), start=1)
        read = (self._event(line, number, run_id) for number, line in lines if line.strip())
        return [event for event in read if event is not None]

    def _read_log(self) -> bytes:
        with _storage_errors(self._log):
            return _content(self._log) or b""

    def _event(self, line: bytes, number: int, run_id: str | None) -> Event | None:
        try:
            value = read_json(line)
            if run_id is not None and _of_another_run(value, run_id):
                return None
            return event_from(value)
        except InvalidInputError as error:
            _LOGGER.warning("%s: line %d skipped: %s", self._log, number, error)
            return None

    def append(self, event: Event) -> None:
        """Put an event at the end of the log, after mending the end that a crash may have left.

        (FILE-2, FILE-15, FILE-16)
        """
        with _storage_errors(self._log), self._opened(self._log, os.O_RDWR | os.O_CREAT | os.O_APPEND) as log:
            self._mend(log)
            self._effects.write(log, event_line(event))
            self._effects.sync(log)
            self._effects.sync_directory(self._root)

    def mend_log(self) -> None:
        """End the log in a whole line: a last line that is JSON gets its newline, any other is cut off.

        (FILE-15, FILE-16)
        """
        with (
            _storage_errors(self._log),
            suppress(FileNotFoundError),
            self._opened(self._log, os.O_RDWR | os.O_APPEND) as log,
        ):
            if self._mend(log):
                self._effects.sync(log)

    def _mend(self, log: int) -> bool:
        size = os.fstat(log).st_size
        if size == 0 or os.pread(log, 1, size - 1) == b"\n":
            return False
        tail = self._read_log().rpartition(b"\n")[2]
        try:
            read_json(tail)
        except InvalidInputError:
            self._effects.truncate(log, size - len(tail))
        else:
            self._effects.write(log, b"\n")
        return True

    def replace_log(self, events: Sequence[Event]) -> None:
        """Put these events in place of the whole log (FILE-6)."""
        with _storage_errors(self._log):
            self._replace(self._log, b"".join(map(event_line, events)))

    # --- the snapshots ------------------------------------------------------------------------------------------------

    def place(self, run_id: str, snapshot_id: str, tenant: TenantKey) -> Place:  # noqa: ARG002
        """Tell the path of a snapshot: the tenant is not in it, and two ids may share one (H3) (FILE-3, TENANT-7)."""
        return f"{self._snapshots}/{segment(run_id)}/{segment(snapshot_id)}.json"

    def snapshots(self, run_id: str | None = None) -> dict[Place, Snapshot]:
        """Give the snapshots of one run, or of all, each with its path; damaged files are skipped with a warning.

        (FILE-21, FILE-24)
        """
        folders = _names(self._snapshots) if run_id is None else [segment(run_id)]
        kept: dict[Place, Snapshot] = {}
        for folder in folders:
            directory = f"{self._snapshots}/{folder}"
            for name in _names(directory):
                if name.endswith(".json"):
                    path = f"{directory}/{name}"
                    snapshot = self._listed(path, run_id)
                    if snapshot is not None:
                        kept[path] = snapshot
        return kept

    def _listed(self, path: str, run_id: str | None) -> Snapshot | None:
        try:
            snapshot = self.snapshot_at(path)
        except StorageError as error:
            _LOGGER.warning("snapshot skipped: %s", error)
            return None
        return None if snapshot is None or (run_id is not None and snapshot.run_id != run_id) else snapshot

    def snapshot_at(self, place: Place) -> Snapshot | None:
        """Give what the file at a path holds; a name too long for the file system counts as not there.

        (FILE-22, SNAP-12)
        """
        with _storage_errors(place):
            try:
                text = _content(place)
            except OSError as error:
                if error.errno == errno.ENAMETOOLONG:
                    return None
                raise
        if text is None:
            return None
        try:
            return snapshot_from(read_json(text, keep_duplicates=False))
        except InvalidInputError as error:
            raise StorageError(path=place, problem=f"the snapshot can't be read: {error}") from None

    def write_snapshot(self, snapshot: Snapshot) -> None:
        """Put a snapshot in its file, through a temporary sibling; its directory is made where it is missing.

        (FILE-5, FILE-6, FILE-23)
        """
        path = self.place(snapshot.run_id, snapshot.snapshot_id, snapshot.scope.tenant_context.key)
        with _storage_errors(path, f"snapshot {snapshot.snapshot_id!r}: "):
            self._make_directory(os.path.dirname(path))
            self._replace(path, snapshot_text(snapshot))

    def delete_snapshot(self, place: Place) -> None:
        """Remove the file at a path; its directory stays (PRUNE-3)."""
        with _storage_errors(place):
            self._effects.unlink(place)
            self._effects.sync_directory(os.path.dirname(place))

    # --- writing ------------------------------------------------------------------------------------------------------

    def _make_directory(self, path: str) -> None:
        """Make a directory and those above it, each name on the disk before anything is put into it."""
        if os.path.isdir(path):
            return
        parent = os.path.dirname(path)
        self._make_directory(parent)
        self._effects.make_directory(path)
        self._effects.sync_directory(parent)

    def _replace(self, path: str, content: bytes) -> None:
        """Put content in the place of a file, or leave the file as it is."""
        temporary = f"{path}.tmp"
        try:
            with self._opened(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) as descriptor:
                self._effects.write(descriptor, content)
                self._effects.sync(descriptor)
            self._effects.rename(temporary, path)
        except OSError:
            with suppress(OSError):
                self._effects.unlink(temporary)
            raise
        self._effects.sync_directory(os.path.dirname(path))

    @contextmanager
    def _opened(self, path: str, flags: int) -> Iterator[int]:
        descriptor = self._effects.open(path, flags)
        try:
            yield descriptor
        finally:
            self._effects.close(descriptor)


def _of_another_run(value: Json, run_id: str) -> bool:
    """Tell whether an event is of another run, without reading all of it: a log holds the events of all runs."""
    found = member(value, "run_id")
    return isinstance(found, str) and found != run_id


def _content(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def _names(directory: str) -> list[str]:
    """List a directory in a stable order; one that can't be read lists as empty."""
    try:
        return sorted(os.listdir(directory))
    except OSError:
        return []


@contextmanager
def _storage_errors(path: str, context: str = "") -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(path=path, problem=f"{context}{error.strerror or error}") from error
