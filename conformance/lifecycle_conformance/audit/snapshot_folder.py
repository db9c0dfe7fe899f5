"""The snapshots of one folder of a store, and what is wrong with the files in it, each by itself."""

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from attrs import define, field

from lifecycle_conformance.audit import confined, stored_text
from lifecycle_conformance.audit.finding import NOTHING, Finding, Kind, Where
from lifecycle_conformance.audit.kinds import of_form as kinds
from lifecycle_conformance.audit.log_index import LONGEST
from lifecycle_conformance.audit.stored import Row
from lifecycle_conformance.execution.trace import key_of
from lifecycle_conformance.model.file_layout import SNAPSHOTS, folder_of, path_of
from lifecycle_projection.errors import InvalidInputError

if TYPE_CHECKING:
    import os

_ENDING: Final = ".json"


@define
class SnapshotFolder:
    """What a folder holds: by run the snapshots that belong there, and findings; those of no run have none.

    `unread` counts the files that should be snapshots and can't be read, `size` the bytes that were read. (FILE-3,
    FILE-21)
    """

    root: str
    name: str
    rows: defaultdict[str, list[Row]] = field(factory=lambda: defaultdict(list))
    findings: list[Finding] = field(factory=list)
    unread: int = 0
    size: int = 0

    @classmethod
    def read(cls, root: str, name: str) -> "SnapshotFolder":
        """Read a folder of the store at `root`."""
        folder = cls(root, name)
        try:
            entries = confined.listed(f"{root}/{folder._path}", inside=root)
        except confined.UnopenedError as error:
            folder._tell(error.kind, error.reason, folder._path)
            return folder
        for entry in entries:
            folder._look_at(entry)
        return folder

    @property
    def _path(self) -> str:
        return f"{SNAPSHOTS}/{self.name}"

    def _look_at(self, entry: "os.DirEntry[str]") -> None:
        path = f"{self._path}/{entry.name}"
        if entry.name.endswith(f"{_ENDING}.tmp") and entry.is_file(follow_symlinks=False):
            self._tell(kinds.LEFTOVER, "A temporary file is left beside a snapshot", path)
        elif not entry.name.endswith(_ENDING):
            self._tell(kinds.STRAY, "This is no snapshot file", path)
        else:
            self._take(entry, path)

    def _take(self, entry: "os.DirEntry[str]", path: str) -> None:
        try:
            text = confined.content(entry, inside=self.root, most=LONGEST)
            if text is None:
                return
            self.size += len(text)
            value, departures = stored_text.read(text, stored_text.FILE)
        except confined.UnopenedError as error:
            self._unreadable(error.kind, error.reason, path)
        except InvalidInputError as error:
            self._unreadable(kinds.UNREADABLE_SNAPSHOT, "The file can't be read as a snapshot", path, error)
        else:
            row = Row(value=value, where=Where(path=path))
            for kind, place in departures:
                self._tell_of(row, kind, f"The snapshot isn't as it is written, at {place}")
            self._place(row)

    def _place(self, row: Row) -> None:
        """Hold the place of a snapshot against its ids: in another folder it isn't its run's (FILE-21)."""
        run_id, expected = row.value["run_id"], path_of(row.value["run_id"], row.value["snapshot_id"])
        if expected != row.where.path:
            if folder_of(run_id) != self._path:
                self._tell_of(row, kinds.MISPLACED_SNAPSHOT, "The snapshot lies in another run's folder", expected)
                return
            self._tell_of(row, kinds.MISNAMED_SNAPSHOT, "The file hasn't the name of its snapshot", expected)
        self.rows[run_id].append(row)

    def _unreadable(self, kind: Kind, message: str, path: str, error: InvalidInputError | None = None) -> None:
        self.unread += 1
        self._tell(kind, message, path, error)

    def _tell(self, kind: Kind, message: str, path: str, error: InvalidInputError | None = None) -> None:
        actual = NOTHING if error is None else str(error)
        self.findings.append(Finding(kind=kind, message=message, where=Where(path=path), actual=actual))

    def _tell_of(self, row: Row, kind: Kind, message: str, expected: str | None = None) -> None:
        self.findings.append(
            Finding(
                kind=kind,
                message=message,
                where=row.where,
                run_id=row.value["run_id"],
                tenant=key_of(row.value["scope"]["tenant_context"]),
                event_id=row.value["snapshot_id"],
                at_ms=row.at_ms,
                expected=NOTHING if expected is None else expected,
                actual=NOTHING if expected is None else row.where.path,
            )
        )
