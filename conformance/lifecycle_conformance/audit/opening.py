"""Which store is meant by what the user named, and which is the authority where a folder holds two of them (DB-2)."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from attrs import field, frozen

from lifecycle_conformance.audit.databases import database_named
from lifecycle_conformance.audit.file_source import FileSource
from lifecycle_conformance.audit.finding import Finding, Kind, Where
from lifecycle_conformance.audit.kinds import of_database as kinds
from lifecycle_conformance.audit.sqlite_source import SqliteSource
from lifecycle_conformance.audit.stored import Row, StoredRun, StoreSource
from lifecycle_conformance.execution.file_operations import LOG
from lifecycle_conformance.model.file_layout import SNAPSHOTS
from lifecycle_projection.codec import event_from
from lifecycle_projection.errors import StorageError
from lifecycle_projection.markers import is_marker, listed_by

DATABASE: Final = "stateful_runtime.sqlite3"
_RUNTIME: Final = "runtime"


def opened(store: str) -> StoreSource:
    """The store that a folder, a database file, `sqlite:FILE` or a `postgresql://` address names (DB-1, DB-2).

    Raises :class:`StorageError` where there is none, and :class:`InvalidInputError` for an address that is none.
    """
    database = database_named(store)
    if database is not None:
        return database
    if os.path.isdir(store):  # noqa: PTH112 - a Path raises for some names
        return _of_folder(_store_folder(Path(store)), store)
    raise StorageError(path=store, problem=_neither(store))


def _neither(store: str) -> str:
    there = os.path.lexists(store)
    return f"expected a folder or an SQLite database{'' if there else ', found nothing of this name'}"


@frozen(kw_only=True)
class Chosen:
    """The authority of two stores, with what is to be said of the other one."""

    source: StoreSource
    name: str
    notes: Sequence[Finding] = ()
    later: "Later | None" = field(default=None)

    @property
    def is_whole(self) -> bool:
        """As of the authority."""
        return self.source.is_whole

    @property
    def shares_seqs(self) -> bool:
        """As of the authority."""
        return self.source.shares_seqs

    def part_of(self, run_id: str) -> str:
        """As of the authority."""
        return self.source.part_of(run_id)

    def parts(self) -> Sequence[str]:
        """Those of the authority."""
        return self.source.parts()

    def runs(self, part: str) -> Iterator[StoredRun]:
        """Those of the authority."""
        return self.source.runs(part)

    def limited_to(self, parts: Sequence[str]) -> StoreSource:
        """The authority: the rest is told by whoever has both."""
        return self.source.limited_to(parts)

    def findings(self) -> Iterator[Finding]:
        """Those of the authority, and how the two stand to one another."""
        yield from self.notes
        if self.later is not None:
            yield from self.later.findings()
        yield from self.source.findings()


@frozen
class Later:
    """Files that were written after the database became the authority: as a mirror, or by an engine that fell back."""

    files: FileSource
    database: SqliteSource

    def findings(self) -> Iterator[Finding]:
        """The runs whose events in the log aren't those of the database (H17)."""
        for part in self.files.parts():
            for run in self.files.runs(part):
                known = self._seqs(run.run_id)
                news = [] if known is None else [row for row in run.events if not _is_mirrored(row, known)]
                if news:
                    message = f"{len(news)} events of the log aren't in the database, or have another seq there"
                    yield Finding(kind=kinds.FILES_WENT_ON, message=message, where=news[0].where, run_id=run.run_id)

    def _seqs(self, run_id: str) -> dict[str, int | None] | None:
        """The seq of each event of a run in the database, none for a compacted one; `None` if not all can be read."""
        (run,) = self.database.runs(run_id)
        if run.unread_events:
            return None
        events = [event_from(row.value) for row in run.events]
        listed = {event_id: None for each in events if is_marker(each) for event_id, _ in listed_by(each)}
        return {**listed, **{each.event_id: each.seq for each in events}}


def _is_mirrored(row: Row, known: dict[str, int | None]) -> bool:
    event_id = row.value["event_id"]
    return event_id in known and known[event_id] in {None, row.value["seq"]}


def _store_folder(folder: Path) -> Path:
    """The folder with the log: that of an engine's data, by its default, is one lower."""
    inside = folder / _RUNTIME
    is_store = any((folder / name).exists() for name in (LOG, SNAPSHOTS))
    return inside if not is_store and inside.is_dir() and not inside.is_symlink() else folder


def _of_folder(folder: Path, name: str) -> StoreSource:
    files = FileSource(folder, name=name)
    database = _database_of(folder)
    if database is None:
        if not any(os.path.lexists(folder / each) for each in (LOG, SNAPSHOTS)):
            raise StorageError(path=name, problem=f"expected {LOG} or {SNAPSHOTS} in it, found neither")
        return files
    path = str(database)
    try:
        rows = SqliteSource(database, name=name)
        since_ms = rows.authority_since_ms()
    except StorageError as error:
        note = _note(kinds.UNREADABLE_DATABASE, "The database can't be read", path, error.problem)
        return Chosen(source=files, name=name, notes=[note])
    if since_ms is None:
        return Chosen(source=files, name=name, notes=[_note(kinds.FILES_COUNT, "The files were not imported", path)])
    note = _note(kinds.DATABASE_COUNTS, f"The files were imported, at {since_ms}", path)
    later = Later(files, rows) if _written_since(folder / LOG, since_ms) else None
    return Chosen(source=rows, name=name, notes=[note], later=later)


def _database_of(folder: Path) -> Path | None:
    """The database of a store, where an engine looks for it (DB-1)."""
    above = folder.absolute().parent if folder.absolute().name == _RUNTIME else folder
    return next((path / DATABASE for path in (folder, above) if (path / DATABASE).is_file()), None)


def _written_since(path: Path, since_ms: int) -> bool:
    try:
        return path.stat().st_mtime_ns > since_ms * 1_000_000
    except OSError:
        return False


def _note(kind: Kind, message: str, path: str, problem: str | None = None) -> Finding:
    said = message if problem is None else f"{message}: {problem}"
    return Finding(kind=kind, message=said, where=Where(path=Path(path).name))
