"""Passes that are planned and not made: each finds what those before it would have recorded, and nothing is touched.

No lock is taken and no folder made, so that whether another writer or an engine is at work shows in a real call only.
"""

import errno
import os
from collections import defaultdict
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lifecycle_projection import Event, FileStore, ProjectionResult, RememberingStore, Run, Snapshot, StorageError, plan
from lifecycle_projection.records import TenantKey
from lifecycle_projection.stores.engine import databases_beside, undecided, why_refused
from lifecycle_projection.stores.files import LOG_NAME, SNAPSHOTS_NAME
from lifecycle_projection.stores.store import Held, Place

if TYPE_CHECKING:
    from sqlite3 import Connection


class DryRun:
    """A store as it would be: what it holds, and what the passes planned so far would append and write.

    Raises :class:`StorageError` where a real call would find no store and could make none, or where the database of an
    engine is the authority.
    """

    def __init__(self, directory: Path) -> None:
        _refuse_authority(directory)
        self._held = _held(directory)
        self._events: defaultdict[str, list[Event]] = defaultdict(list)
        self._snapshots: dict[Place, Snapshot] = {}
        self._of_run: defaultdict[str, list[Place]] = defaultdict(list)

    def project(self, run: Run) -> ProjectionResult:
        """What a pass over a run would do; it raises what the pass would raise."""
        if not run.checkpoint.lifecycle_history:
            return ProjectionResult()
        planned = plan(run, self)
        self._events[run.run_id] += planned.result.events
        for snapshot in planned.result.snapshots:
            place = self.place(snapshot.run_id, snapshot.snapshot_id, snapshot.scope.tenant_context.key)
            self._snapshots[place] = snapshot
            self._of_run[snapshot.run_id].append(place)
        if planned.failure is not None:
            raise planned.failure
        return planned.result

    # --- what a plan asks ---------------------------------------------------------------------------------------------

    def events(self, run_id: str | None = None) -> list[Event]:
        """The events of one run, or of all, with those that would be appended."""
        noted = self._events.get(run_id, []) if run_id is not None else [e for es in self._events.values() for e in es]
        return [*self._held.events(run_id), *noted]

    def place(self, run_id: str, snapshot_id: str, tenant: TenantKey) -> Place:
        """Where a snapshot belongs."""
        return self._held.place(run_id, snapshot_id, tenant)

    def snapshots(self, run_id: str | None = None) -> Mapping[Place, Snapshot]:
        """The snapshots of one run, or of all, with those that would be written."""
        places = self._snapshots if run_id is None else self._of_run.get(run_id, [])
        return {**self._held.snapshots(run_id), **{place: self._snapshots[place] for place in places}}

    def snapshot_at(self, place: Place) -> Snapshot | None:
        """What stands in a place, or would stand there."""
        return self._snapshots.get(place) or self._held.snapshot_at(place)

    def unwritable(self, snapshot: Snapshot) -> StorageError | None:
        """Why a snapshot can't be written, where that is known before."""
        return self._held.unwritable(snapshot)


class _Unmade(FileStore):
    """The store that a real call would make in a folder that isn't there: it reads as an empty one."""

    def __init__(self, directory: Path) -> None:
        root = os.path.realpath(directory)
        super().__init__(Path(root).parent)
        self._log, self._snapshots = f"{root}/{LOG_NAME}", f"{root}/{SNAPSHOTS_NAME}"


def _held(directory: Path) -> Held:
    try:
        directory.lstat()
    except OSError as error:
        if error.errno == errno.ENOENT and directory.parent.is_dir():
            return _Unmade(directory)
        raise StorageError(path=str(directory), problem=f"can't be made: {error.strerror or error}") from error
    return RememberingStore(directory)


def _refuse_authority(directory: Path) -> None:
    """Refuse what a real call refuses (H17), and read the database in a way that leaves no trace."""
    from lifecycle_conformance.audit.sqlite_file import SqliteFile  # noqa: PLC0415 - seldom is there a database

    for database in databases_beside(directory):
        if Path(database).stat().st_size:  # an empty file is a database without tables
            try:
                problem = SqliteFile(database).read(partial(_why_refused, database))
            except StorageError as error:
                problem = undecided(database, error.problem)
            if problem is not None:
                raise StorageError(path=os.path.realpath(directory), problem=problem)


def _why_refused(database: str, connection: "Connection") -> str | None:
    connection.text_factory = str
    return why_refused(database, connection)
