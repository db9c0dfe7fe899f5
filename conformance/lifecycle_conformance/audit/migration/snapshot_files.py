"""What the import makes of the snapshots: every file that ends in .json, at any depth, has to be one."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TypeAlias

from attrs import frozen

from lifecycle_conformance.audit.finding import Where
from lifecycle_conformance.audit.migration import kinds
from lifecycle_conformance.audit.migration.collected import Collected
from lifecycle_conformance.audit.migration.columns import MOST_BYTES, fits, reserved_in
from lifecycle_conformance.audit.migration.event_log import digest
from lifecycle_conformance.audit.migration.places import Places, UnreadableError, opened
from lifecycle_projection.codec import snapshot_from
from lifecycle_projection.errors import InvalidInputError
from lifecycle_projection.json_text import read_json
from lifecycle_projection.records import Snapshot

_ENDING: Final = ".json"
"""How a file ends that is read; one that has no other name is no such file."""
_Order: TypeAlias = tuple[bytes, int]


@frozen
class _Taken:
    """A snapshot that was read: where, and its place in the order in which the import takes them."""

    path: str
    run_id: str
    seq: int

    @property
    def order(self) -> _Order:
        return self.run_id.encode(errors="surrogatepass"), self.seq


def snapshots_imported(places: Places, collected: Collected) -> int:
    """How many snapshots the import counts, dropped ones included (DB-6, DB-13)."""
    folder = _Folder(places, collected)
    for path in folder.paths():
        folder.take(path)
    folder.tell_dropped()
    return folder.snapshots


class _Folder:
    """The snapshots as far as they have been read: how many, and which holds each id and each seq."""

    def __init__(self, places: Places, collected: Collected) -> None:
        self.snapshots = 0
        self._places = places
        self._collected = collected
        self._first_of_id: dict[bytes, _Taken] = {}
        self._dropped: list[tuple[_Taken, bytes]] = []
        self._of_seq: dict[tuple[str, int], tuple[bytes, str]] = {}

    def paths(self) -> Iterator[str]:
        """The files that the import reads, folder by folder; what can't be listed is told."""
        top = self._places.snapshots
        waiting = [top] if Path(top).exists() else []
        while waiting:
            folder = waiting.pop()
            try:
                entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
            except OSError as error:
                message = "the folder can't be listed"
                self._collected.tell(
                    kinds.SNAPSHOTS_UNREADABLE, self._where(folder), message, expected=error.strerror or str(error)
                )
                continue
            waiting += (entry.path for entry in reversed(entries) if entry.is_dir(follow_symlinks=False))
            yield from (entry.path for entry in entries if self._is_read(entry))

    def _is_read(self, entry: "os.DirEntry[str]") -> bool:
        is_folder = Path(entry.path).is_dir()  # of a link that leads round in a circle, the entry itself would raise
        if is_folder and entry.is_symlink():
            self._collected.tell(kinds.LINKED_FOLDER, self._where(entry.path), "the link leads to a folder")
        return not is_folder and entry.name.endswith(_ENDING) and entry.name != _ENDING

    def take(self, path: str) -> None:
        """Look at a file."""
        where = self._where(path)
        try:
            text = _content(path)
            if text is None:
                self._collected.tell(kinds.TOO_LARGE, where, "the file is too large to be looked at")
                return
            snapshot = snapshot_from(read_json(text, keep_duplicates=False))
        except (InvalidInputError, UnreadableError) as error:
            message = "the file can't be read as a snapshot"
            self._collected.tell(kinds.SNAPSHOT_UNREADABLE, where, message, expected=str(error))
            return
        except FileNotFoundError:  # deleted since the folder was listed
            return
        self.snapshots += 1
        self._tell_columns(snapshot, where)
        self._enter(snapshot, where)

    def _tell_columns(self, snapshot: Snapshot, where: Where) -> None:
        ids = {"run_id": snapshot.run_id, "event_id": snapshot.snapshot_id}
        if not fits((snapshot.seq, snapshot.created_at_ms)):
            self._collected.tell(kinds.SNAPSHOT_NUMBER_TOO_LARGE, where, "its seq or time is 2^63 or more", **ids)
        if member := reserved_in(snapshot.scope.tenant_context):
            message = f"the {member} of its tenant is reserved"
            self._collected.tell(kinds.SNAPSHOT_TENANT_RESERVED, where, message, **ids)

    def _enter(self, snapshot: Snapshot, where: Where) -> None:
        own, taken = digest(snapshot.snapshot_id), _Taken(where.path, snapshot.run_id, snapshot.seq)
        other, path = self._of_seq.setdefault((taken.run_id, taken.seq), (own, taken.path))
        if other != own:
            message = f"{path} holds a snapshot of this run with the same seq and another id"
            self._collected.tell(
                kinds.SNAPSHOT_SEQ_TWICE, where, message, run_id=taken.run_id, event_id=snapshot.snapshot_id
            )
        first = self._first_of_id.setdefault(own, taken)
        if first is not taken:
            kept, dropped = (taken, first) if taken.order < first.order else (first, taken)
            self._first_of_id[own] = kept
            self._dropped.append((dropped, own))

    def tell_dropped(self) -> None:
        """Tell which snapshots are dropped, now that it is known which of each id stays."""
        for dropped, own in self._dropped:
            kept = self._first_of_id[own]
            message = (
                f"this one or {kept.path} is dropped: both are of one id, run and seq"
                if kept.order == dropped.order
                else f"it is dropped: {kept.path} holds a snapshot with its id"
            )
            self._collected.tell(kinds.SNAPSHOT_DROPPED, Where(path=dropped.path), message, run_id=dropped.run_id)

    def _where(self, path: str) -> Where:
        return Where(path=self._places.shown(path))


def _content(path: str) -> bytes | None:
    """What a file holds; `None` for one that is too large to be held. A link to nothing can't be read."""
    file = opened(path)
    if file is None:
        if Path(path).is_symlink():
            raise UnreadableError("expected a file, found a link that leads to nothing")
        raise FileNotFoundError(path)
    with file:
        return file.read() if os.fstat(file.fileno()).st_size <= MOST_BYTES else None
