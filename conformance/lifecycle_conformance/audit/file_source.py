"""A store of files as an audit reads it: a pass over the log tells where each run's lines stand, then run by run.

A part is a folder of snapshots, with the lines of the runs whose snapshots belong there. Snapshots are read before the
log is looked at once more: as each event is appended before its snapshot, none seems to lack its event because an
engine was at work meanwhile.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Final

from lifecycle_conformance.audit import confined
from lifecycle_conformance.audit.event_lines import EventLines
from lifecycle_conformance.audit.finding import Finding, Kind, Where
from lifecycle_conformance.audit.kinds import of_form as kinds
from lifecycle_conformance.audit.log_index import LogIndex
from lifecycle_conformance.audit.snapshot_folder import SnapshotFolder
from lifecycle_conformance.audit.stored import StoredRun
from lifecycle_conformance.execution.file_operations import LOG
from lifecycle_conformance.model.file_layout import SNAPSHOTS, segment
from lifecycle_projection.errors import StorageError

_KNOWN: Final = frozenset(
    {
        LOG,
        SNAPSHOTS,
        "automation_v2_runs.json",
        "stateful_legacy_import_backup",
        "stateful_runtime.engine.lock",
        "stateful_runtime.sqlite3",
        "stateful_runtime.sqlite3-shm",
        "stateful_runtime.sqlite3-wal",
        "stateful_waits.json",
    }
)
"""A store, and what production keeps beside it."""


class FileSource:
    """A store of files, read only. Raises :class:`StorageError` where there is no folder, or its log is closed to us.

    (FILE-1, FILE-3, FILE-17 to FILE-24)
    """

    def __init__(self, directory: str | Path, *, name: str | None = None) -> None:
        self._name = name or str(directory)
        self._root = os.path.realpath(directory)
        self._index = LogIndex()
        self._refused: confined.UnopenedError | None = None
        self._whole = True
        if not os.path.isdir(self._root):  # noqa: PTH112 - a Path raises for some names
            raise StorageError(path=self._name, problem="expected a directory that exists")

    @property
    def name(self) -> str:
        """The store as the user named it."""
        return self._name

    @property
    def is_whole(self) -> bool:
        """Whether each line that ends names a run; a torn one may do without."""
        return self._whole

    @property
    def shares_seqs(self) -> bool:
        """In files each tenant has sequence numbers of its own (LOG-5)."""
        return False

    def parts(self) -> Sequence[str]:
        """The folders of snapshots, those that are there and those that belong to a run of the log."""
        with self._log():
            there = [entry.name for entry in self._listed(SNAPSHOTS)[0] if entry.is_dir()]
            self._whole = all(span.torn for span in (*self._index.nameless(), *self._index.too_long()))
        return sorted({*self._index.folders(), *there})

    def part_of(self, run_id: str) -> str:
        """The folder of a run's snapshots (FILE-4)."""
        return segment(run_id)

    def limited_to(self, parts: Sequence[str]) -> "FileSource":
        """The same store, with the lines of these parts only."""
        limited = FileSource(self._root, name=self._name)
        limited._whole = self._whole
        limited._index = self._index.limited_to(parts)
        return limited

    def runs(self, part: str) -> Iterator[StoredRun]:
        """The runs of which a folder holds the snapshots.

        What is wrong in a folder, and concerns no run, is told with the first; if there is none, with one of its name.
        So is the size of its files.
        """
        folder = SnapshotFolder.read(self._root, part)
        told, size = folder.findings, folder.size
        with self._log() as log:
            for run_id in sorted({*self._index.runs(part), *folder.rows}) or [part] * bool(told):
                events = EventLines(log, run_id).read(self._index.of_run(run_id))
                yield StoredRun(
                    run_id=run_id,
                    events=events.rows,
                    snapshots=folder.rows.get(run_id, ()),
                    findings=[*events.findings, *told],
                    unread_events=events.unread,
                    unread_snapshots=folder.unread,
                    size=events.size + size,
                )
                told, size = [], 0

    def findings(self) -> Iterator[Finding]:
        """The lines that name no run, and what doesn't belong into the store."""
        with self._log() as log:
            if self._refused is not None:
                yield _at(LOG, self._refused.kind, self._refused.reason)
            for span in chain(self._index.nameless(), self._index.too_long()):
                yield from EventLines(log).read([span]).findings
            if self._index.blank:
                message = f"The log has {self._index.blank} blank lines, the first one here"
                yield _at(LOG, kinds.BLANK_LINES, message, self._index.first_blank)
        yield from self._strangers()

    @contextmanager
    def _log(self) -> Iterator[BinaryIO | None]:
        """The log, with the index of what it holds now."""
        self._refused, file = None, None
        try:
            file = confined.opened(f"{self._root}/{LOG}", inside=self._root)
        except confined.UnopenedError as error:
            if error.kind is kinds.CLOSED:
                raise StorageError(path=f"{self._name}/{LOG}", problem=error.reason) from error
            self._refused = error
        if file is None and self._refused is None:
            self._refuse_if_gone()
        with file or nullcontext() as log:
            if log is None:
                self._index = LogIndex()
            else:
                self._index.grow(log)
            yield log

    def _refuse_if_gone(self) -> None:
        """A store that isn't there any more, or not on this machine, isn't one in which nothing is wrong."""
        gone = LOG if self._index.lines else "" if not os.path.isdir(self._root) else None  # noqa: PTH112 - see above
        if gone is not None:
            raise StorageError(path=f"{self._root}/{gone}".rstrip("/"), problem="expected what was found there before")

    # --- the layout ---------------------------------------------------------------------------------------------------

    def _listed(self, path: str) -> "tuple[list[os.DirEntry[str]], Finding | None]":
        try:
            return confined.listed(f"{self._root}/{path}".rstrip("/"), inside=self._root), None
        except confined.UnopenedError as error:
            return [], _at(path, error.kind, error.reason)

    def _strangers(self) -> Iterator[Finding]:
        """What stands beside the log and beside the folders of snapshots (FILE-7)."""
        for entry in self._listed("")[0]:
            if entry.name == f"{LOG}.tmp":
                yield _at(entry.name, kinds.LEFTOVER, "A temporary file is left beside the log")
            elif entry.name not in _KNOWN:
                yield _at(entry.name, kinds.FOREIGN, "This is no part of a store")
        entries, refused = self._listed(SNAPSHOTS)
        if refused is not None:
            yield refused
        for entry in entries:
            if not entry.is_dir():
                yield _at(f"{SNAPSHOTS}/{entry.name}", kinds.STRAY, "This is no folder of snapshots")


def _at(path: str, kind: Kind, message: str, line: int | None = None) -> Finding:
    return Finding(kind=kind, message=message, where=Where(path=path, line=line))
