"""The run records that an audit is given, from any number of files, folders and databases: the newest of each run.

An index tells where each run's newest record stands; records are read when they are asked for. Files that were named
stay open meanwhile: a living engine replaces its runs file at every change.
"""

import os
import weakref
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import BinaryIO, Final

import orjson
from attrs import frozen

from lifecycle_conformance.audit import confined
from lifecycle_conformance.audit.database_source import DatabaseSource
from lifecycle_conformance.audit.databases import database_named
from lifecycle_conformance.audit.finding import NOTHING, Finding, Kind, Where
from lifecycle_conformance.audit.kinds import of_run_records as kinds
from lifecycle_conformance.audit.log_index import LONGEST
from lifecycle_conformance.audit.run_pieces import BrokenError, Piece, pieces
from lifecycle_conformance.execution.file_operations import LOG
from lifecycle_conformance.execution.trace import Object
from lifecycle_conformance.model.file_layout import SNAPSHOTS
from lifecycle_projection.codec import run_from
from lifecycle_projection.errors import InvalidInputError, Problem
from lifecycle_projection.json_stream import Span, cut
from lifecycle_projection.json_text import read_json

_ENDINGS: Final = (".json", ".jsonl")


@frozen
class _Place:
    """Where the newest record of a run stands; in a database the run id says enough."""

    updated_at_ms: int
    source: DatabaseSource | str
    span: Span
    where: Where


class RunRecords:
    """The newest record of each run among all sources, read only.

    A source is a runs file of version 0 or 1, a single record, JSON Lines, a folder with a tree of such files, or a
    database. Raises :class:`InvalidInputError` where a source isn't there, and :class:`StorageError` for a database
    that can't be read. (REC-18)
    """

    def __init__(self, sources: Sequence[str]) -> None:
        self._places: dict[str, _Place] = {}
        self._files: dict[str, BinaryIO] = {}
        self._loaded: dict[str, tuple[Object, Where]] = {}
        self._findings: list[Finding] = []
        for source in sources:
            database = database_named(source)
            if database is not None:
                self._take_database(database)
            elif os.path.isdir(source):  # noqa: PTH112 - a Path raises for some names
                self._take_folder(source)
            else:
                self._take_file(source, inside=None)

    def run_ids(self) -> Sequence[str]:
        """The ids of all runs, sorted."""
        return sorted({*self._places, *self._loaded})

    def get(self, run_id: str) -> tuple[Object, Where] | None:
        """The newest record of a run that can be read, and where it stands."""
        place = self._places.get(run_id)
        if place is None:
            return self._loaded.get(run_id)
        record = self._record_at(place, run_id)
        return None if record is None else (record, place.where)

    def findings(self) -> Iterator[Finding]:
        """Records that can't be read, and those that contradict one another."""
        yield from self._findings

    def limited_to(self, run_ids: Iterable[str]) -> "RunRecords":
        """The records of these runs, to be sent to another process: it need not see the files."""
        limited = RunRecords(())
        limited._loaded = {run_id: found for run_id in run_ids if (found := self.get(run_id)) is not None}
        return limited

    # --- sources ------------------------------------------------------------------------------------------------------

    def _take_folder(self, folder: str) -> None:
        """Take a tree of files; what belongs to a store beside them holds no run records."""
        inside = os.path.realpath(folder)
        for path, folders, names in os.walk(folder):
            folders[:] = sorted(name for name in folders if name != SNAPSHOTS)
            for name in sorted(names):
                if name.endswith(_ENDINGS) and name != LOG:
                    self._take_file(os.path.join(path, name), inside=inside)  # noqa: PTH118 - see `confined`

    def _take_file(self, path: str, *, inside: str | None) -> None:
        """Take a file; one that was named must be there, others may be no files, or vanish."""
        try:
            file = confined.opened(path, inside=inside or str(Path(os.path.realpath(path)).parent))
        except ValueError as error:  # some texts can't be a path
            raise _missing(path, str(error)) from error
        except confined.UnopenedError as error:
            if inside is None:
                raise _missing(path, error.reason) from error
            self._tell(kinds.NO_RECORDS, error.reason, Where(path=path))
            return
        if file is None:
            if inside is None:
                raise _missing(path, "there is no such file")
            return
        if inside is None:
            self._files[path] = file
            weakref.finalize(self, file.close)
            self._take_pieces(file, path)
        else:
            with file:
                self._take_pieces(file, path)

    def _take_pieces(self, file: BinaryIO, path: str) -> None:
        empty = True
        try:
            for piece in pieces(file, lines=path.endswith(".jsonl")):
                empty = False
                self._take(file, path, piece)
        except BrokenError as error:
            self._tell(kinds.BROKEN_FILE, "The file can't be read to its end", Where(path=path), str(error))
        else:
            if empty:
                self._tell(kinds.NO_RECORDS, "The file holds no run records", Where(path=path))

    def _take(self, file: BinaryIO, path: str, piece: Piece) -> None:
        where = Where(path=path, line=piece.line, row=piece.path)
        try:
            record = _read(file, piece.span, piece.depth)
            run = run_from(record)
        except InvalidInputError as error:
            message = f"The run record can't be read, at {error.problems[0].path}"
            self._tell(kinds.UNREADABLE_RECORD, message, where, str(error), piece.key)
            return
        if piece.key not in (None, run.run_id):
            self._tell(kinds.OTHER_KEY, "The key isn't the run id of its record", where, piece.key, run.run_id)
        self._keep(run.run_id, _Place(run.updated_at_ms, path, piece.span, where), record)

    def _take_database(self, source: DatabaseSource) -> None:
        for run_id in source.run_ids():
            row = source.run_record(run_id)
            if row is not None:
                where = Where(path=source.name, row=row.where.row)
                self._keep(run_id, _Place(row.value["updated_at_ms"], source, (0, 0), where), row.value)
        # What is wrong with its rows, the source tells where it is audited as a store.

    def _keep(self, run_id: str, place: _Place, record: Object) -> None:
        """Let the newest record count, and of several the last."""
        known = self._places.get(run_id)
        if known is not None and known.updated_at_ms > place.updated_at_ms:
            return
        if known is not None and known.updated_at_ms == place.updated_at_ms:
            before = self._record_at(known, run_id)
            if before is not None and _canonical(before) != _canonical(record):
                message = f"The record differs from the one at {known.where}, and neither is newer"
                self._tell(kinds.CONFLICT, message, place.where, run_id=run_id)
        self._places[run_id] = place

    def _record_at(self, place: _Place, run_id: str) -> Object | None:
        """The record that stands in a place; `None` where it doesn't any more."""
        if isinstance(place.source, DatabaseSource):
            row = place.source.run_record(run_id)
            return None if row is None else row.value
        kept = self._files.get(place.source)
        with suppress(OSError, InvalidInputError), nullcontext(kept) if kept else Path(place.source).open("rb") as file:
            record = _read(file, place.span)
            if record.get("run_id") == run_id:
                return record
        return None

    def _tell(
        self, kind: Kind, message: str, where: Where, actual: str | None = None, run_id: str | None = None
    ) -> None:
        shown = NOTHING if actual is None else actual
        self._findings.append(Finding(kind=kind, message=message, where=where, run_id=run_id, actual=shown))


def _read(file: BinaryIO, span: Span, depth: int | None = None) -> Object:
    if span[1] - span[0] > LONGEST:
        raise InvalidInputError(problems=(Problem("$", f"expected at most {LONGEST} bytes"),))
    text = cut(file, span)
    record = read_json(text) if depth is None else read_json(text, max_depth=depth)
    if not isinstance(record, dict):
        raise InvalidInputError(problems=(Problem("$", "expected an object"),))
    return record


def _canonical(record: Object) -> bytes:
    return orjson.dumps(record, option=orjson.OPT_SORT_KEYS)


def _missing(path: str, reason: str) -> InvalidInputError:
    return InvalidInputError(problems=(Problem("$", f"expected run records: {reason}"),), source=path)
