"""A store in production's own files, byte for byte (chapter *Files on disk*)."""

import errno
import logging
import os
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Final

import orjson

from lifecycle_projection.codec import event_from, snapshot_from, to_json
from lifecycle_projection.errors import InvalidInputError, StorageError
from lifecycle_projection.json_text import read_json
from lifecycle_projection.records import Event, Json, Snapshot, TenantKey
from lifecycle_projection.stores.durable import Durable
from lifecycle_projection.stores.effects import Effects, SystemEffects
from lifecycle_projection.stores.file_state import ABSENT, is_too_long, state_of
from lifecycle_projection.stores.flock import try_lock, unlock
from lifecycle_projection.stores.kept_log import NumberedLine, numbered_lines
from lifecycle_projection.stores.store import Place
from lifecycle_projection.text import member

LOG_NAME: Final = "stateful_events.jsonl"
SNAPSHOTS_NAME: Final = "stateful_snapshots"
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]")
_LOGGER: Final = logging.getLogger(__name__)

_RETRY_S: Final = 0.002


@lru_cache(maxsize=4096)
def segment(name: str) -> str:
    """The name of the directory or file for a run id or a snapshot id (FILE-4)."""
    safe = _UNSAFE.sub("_", name)
    return "_" if safe in ("", ".", "..") else safe


def line_of(event: dict[str, Json]) -> bytes:
    """An event as a line of the log (FILE-1, FILE-8)."""
    return orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE)


def text_of(snapshot: dict[str, Json]) -> bytes:
    """A snapshot as the content of its file (FILE-5, FILE-8)."""
    return orjson.dumps(snapshot, option=orjson.OPT_INDENT_2)


class FileStore:
    """Keep the log in one file and each snapshot in a file of its own, in a directory that exists.

    One writer at a time, across threads and processes: the lock is an advisory one on the directory itself, so that
    it excludes by whatever path the store was opened, and leaves no file. Readers never wait. Raises
    :class:`StorageError` where the directory is missing, can't be read or written, or stays locked for longer than
    `lock_timeout_s` seconds. Every operation reads the files anew. (FILE-1 to FILE-27, ERR-5, ERR-6)
    """

    def __init__(
        self,
        directory: str | Path,
        *,
        lock_timeout_s: float = 10.0,
        effects: Effects | None = None,
    ) -> None:
        root = os.path.realpath(directory)
        if not os.path.isdir(root):
            raise StorageError(path=str(directory), problem="expected a directory that exists")
        self._root = root
        self._log = f"{root}/{LOG_NAME}"
        self._snapshots = f"{root}/{SNAPSHOTS_NAME}"
        self._effects: Effects = effects or SystemEffects()
        self._lock_timeout_s = lock_timeout_s
        self._durable = Durable(self._effects)
        self._parent_synced = False

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other threads and processes from writing; the system frees the lock of a process that dies.

        (FILE-10, LOG-6, ERR-6)
        """
        deadline = time.monotonic() + self._lock_timeout_s
        while (directory := self._locked()) is None:
            if time.monotonic() >= deadline:
                raise StorageError(path=self._root, problem="another writer holds the store locked")
            time.sleep(_RETRY_S)
        try:
            yield
        finally:
            self._durable.unlock()
            unlock(directory)
            self._effects.close(directory)

    def _locked(self) -> int | None:
        """Open the directory and lock it: each opening has a lock of its own, also within one process."""
        with _storage_errors(self._root):
            directory = self._effects.open(self._root, os.O_RDONLY | os.O_DIRECTORY)
            got = False
            try:
                got = try_lock(directory)
            finally:
                if not got:
                    self._effects.close(directory)
            return directory if got else None

    def sync(self, run_id: str) -> None:
        """Make durable what a writer relies on: it is found here, but who wrote it may have died before its sync.

        (FILE-27)
        """
        # What may not be read can't be synced; where it is needed, reading it fails later.
        if not self._parent_synced:
            with _storage_errors(self._root), suppress(PermissionError):
                self._effects.sync_path(os.path.dirname(self._root))
            self._parent_synced = True
        for path in (self._root, self._log, self._snapshots, f"{self._snapshots}/{segment(run_id)}"):
            with _storage_errors(path), suppress(PermissionError, NotADirectoryError):
                self._durable.sync_if_changed(path)

    # --- the log ------------------------------------------------------------------------------------------------------

    def events(self, run_id: str | None = None) -> list[Event]:
        """The events of one run, or of all, in log order; lines that are no events are skipped with a warning.

        (FILE-17 to FILE-20, FILE-26)
        """
        read = (self._event(line, number, run_id) for number, line in self._lines(run_id))
        return [event for event in read if event is not None]

    def _lines(self, run_id: str | None) -> Iterable[NumberedLine]:  # noqa: ARG002
        """The lines in which events of a run may stand: here all."""
        return numbered_lines(self._read_log())

    def _read_log(self) -> bytes:
        with _storage_errors(self._log):
            return self._content(self._log) or b""

    def _event(self, line: bytes, number: int, run_id: str | None) -> Event | None:
        try:
            value = read_json(line)
            if run_id is not None and _of_another_run(value, run_id):
                return None
            return event_from(value)
        except InvalidInputError as error:
            _LOGGER.warning("%s: line %d skipped: %s", self._log, number, error)
            return None

    def append(self, *events: Event) -> None:
        """Put events at the end of the log in one write, after mending the end that a crash may have left.

        (FILE-2, FILE-15, FILE-16)
        """
        self._append(line_of(to_json(event)) for event in events)

    def _append(self, lines: Iterable[bytes]) -> None:
        with _storage_errors(self._log), self._opened(self._log, os.O_RDWR | os.O_CREAT | os.O_APPEND) as log:
            self._mend(log)
            self._effects.write(log, b"".join(lines))
            self._effects.sync(log)
            self._durable.note(self._log, state_of(log))
            self._durable.sync(self._root)

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
            _LOGGER.warning("%s: a torn last line was removed: %d bytes", self._log, len(tail))
        else:
            self._effects.write(log, b"\n")
        return True

    def replace_log(self, events: Sequence[Event]) -> None:
        """Put these events in place of the whole log (FILE-6)."""
        with _storage_errors(self._log):
            self._replace(self._log, b"".join(line_of(to_json(event)) for event in events))
            self._durable.sync(self._root)

    # --- the snapshots ------------------------------------------------------------------------------------------------

    def place(self, run_id: str, snapshot_id: str, tenant: TenantKey) -> Place:  # noqa: ARG002
        """The path of a snapshot: the tenant is not in it, and two ids may share one (H3) (FILE-3, TENANT-7)."""
        return f"{self._snapshots}/{segment(run_id)}/{segment(snapshot_id)}.json"

    def snapshots(self, run_id: str | None = None) -> dict[Place, Snapshot]:
        """The snapshots of one run, or of all, each with its path; damaged files are skipped with a warning.

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
        """What the file at a path holds; a name too long for the file system counts as not there.

        (FILE-22, SNAP-12)
        """
        with _storage_errors(place):
            text = self._content(place)
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
        self._write(snapshot, text_of(to_json(snapshot)))

    def _write(self, snapshot: Snapshot, text: bytes) -> Place:
        path = self.place(snapshot.run_id, snapshot.snapshot_id, snapshot.scope.tenant_context.key)
        folder = os.path.dirname(path)
        with _storage_errors(path, f"snapshot {snapshot.snapshot_id!r}: "):
            if folder not in self._durable:
                self._make_directory(folder)
            self._durable.note(folder, None)
            self._replace(path, text)
        return path

    def unwritable(self, snapshot: Snapshot) -> StorageError | None:
        """Why a snapshot can't be written: a name is too long for the file system, that of the temporary sibling too.

        (FILE-23)
        """
        path = self.place(snapshot.run_id, snapshot.snapshot_id, snapshot.scope.tenant_context.key)
        if not is_too_long(f"{path}.tmp", below=self._root):
            return None
        problem = f"snapshot {snapshot.snapshot_id!r}: {os.strerror(errno.ENAMETOOLONG)}"
        return StorageError(path=path, problem=problem)

    def delete_snapshot(self, place: Place) -> None:
        """Remove the file at a path; its directory stays (PRUNE-3)."""
        with _storage_errors(place):
            self._effects.unlink(place)
            self._effects.sync_path(os.path.dirname(place))

    # --- reading and writing ------------------------------------------------------------------------------------------

    def _content(self, path: str) -> bytes | None:
        try:
            descriptor = self._effects.open(path, os.O_RDONLY)
        except OSError as error:
            if error.errno in ABSENT:
                return None
            raise
        try:
            return self._effects.read(descriptor)
        finally:
            self._effects.close(descriptor)

    def _make_directory(self, path: str) -> None:
        """Make a directory and those above it, each name on the disk before anything is put into it."""
        if os.path.isdir(path):
            return
        parent = os.path.dirname(path)
        self._make_directory(parent)
        self._effects.make_directory(path)
        self._durable.sync(parent)

    def _replace(self, path: str, content: bytes) -> None:
        """Put content in the place of a file, or leave the file as it is."""
        temporary = f"{path}.tmp"
        try:
            descriptor = self._effects.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            try:
                self._effects.write(descriptor, content)
                self._effects.sync(descriptor)
            finally:
                self._effects.close(descriptor)
            self._effects.rename(temporary, path)
        except BaseException:  # an interruption, too, leaves nothing behind
            with suppress(OSError):
                self._effects.unlink(temporary)
            raise

    @contextmanager
    def _opened(self, path: str, flags: int) -> Iterator[int]:
        descriptor = self._effects.open(path, flags)
        try:
            yield descriptor
        finally:
            self._effects.close(descriptor)


def _of_another_run(value: Json, run_id: str) -> bool:
    """Whether an event is of another run than the one that is asked for.

    Same events, faster: a log holds those of all runs, and what isn't asked for isn't read any further.
    """
    found = member(value, "run_id")
    return isinstance(found, str) and found != run_id


def _names(directory: str) -> list[str]:
    """The names in a directory, in a stable order; one that can't be read counts as empty."""
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
