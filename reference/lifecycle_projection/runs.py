"""Files that hold run records (chapter *Records*, the part on files)."""

import json
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

from attrs import frozen

from lifecycle_projection.codec import run_from, structure
from lifecycle_projection.errors import InvalidInputError, NotJsonError, Problem
from lifecycle_projection.json_stream import (
    FirstValue,
    Member,
    ObjectScan,
    Span,
    cut,
    cut_line,
    first_object,
    line_end,
    line_number,
    next_not_blank,
)
from lifecycle_projection.json_text import read_json
from lifecycle_projection.records import U64, Json, Run

_RECORD_MEMBERS: Final = ("run_id", "automation_id", "trigger_type", "status", "created_at_ms", "updated_at_ms")
_FILE_MEMBERS: Final = ("schema_version", "runs")
_NAMES: Final = {*_RECORD_MEMBERS, *_FILE_MEMBERS, "version"}
_MOST_PROBLEMS: Final = 1_000

Progress: TypeAlias = Callable[[int], None]
"""Takes how many bytes of a file have been read."""


def load_runs(path: str | Path) -> list[Run]:
    """Read the run records of a file, whatever its form: see :class:`RunsFile`.

    Raises :class:`InvalidInputError` that names the file, also where it can't be read. (REC-18)
    """
    try:
        with Path(path).open("rb") as file:
            return list(RunsFile(file, source=str(path)))
    except OSError as error:
        problem = Problem("$", f"expected a readable file: {error.strerror or error}")
        raise InvalidInputError(problems=(problem,), source=str(path)) from error


def parse_runs(text: bytes, *, source: str) -> list[Run]:
    """Read the run records of a text, whatever its form: see :class:`RunsFile` (REC-18)."""
    return list(RunsFile(BytesIO(text), source=source))


class RunsFile:
    """The run records of a file, in the order of the text, read one at a time: memory is bounded by one of them.

    A runs file of version 0 (`{run_id: record, …}`) or 1 (`{"schema_version": 1, "runs": {…}}`), one record, or JSON
    Lines: one record a line, where the successive states of a run replay its life. Of a run id that comes twice in a
    runs file, the last record counts (REC-13). The file must be able to seek.

    To make one is to check the whole file: raises :class:`InvalidInputError` with `source`, and for JSON Lines the line
    number, in front of each JSON path. `progress` is told how far that has come. (REC-18, ERR-1, ERR-2)
    """

    def __init__(self, file: BinaryIO, *, source: str, progress: Progress = lambda _: None) -> None:
        self._file = file
        self._source = source
        self._last: dict[str, Span] = {}
        try:
            self._pieces: Callable[[], Iterator[_Piece]] = self._form()
            self._count = self._check(progress)
        except InvalidInputError as error:
            raise (error if error.source else error.located(source)) from None

    def __len__(self) -> int:
        """How many records count."""
        return self._count

    def __iter__(self) -> Iterator[Run]:
        """Read the records, one after the other, once more."""
        for piece in self._pieces():
            for run in self._read(piece):
                if not piece.keyed or self._last.get(run.run_id) == piece.span:
                    yield run

    def _check(self, progress: Progress) -> int:
        """Read everything; of what is wrong with the records of a runs file, tell all, up to a thousand problems."""
        problems: list[Problem] = []
        count = 0
        for piece in self._pieces():
            try:
                runs = self._read(piece)
            except NotJsonError:
                raise
            except InvalidInputError as error:
                if not piece.keyed:
                    raise
                problems += error.problems
                if len(problems) >= _MOST_PROBLEMS:
                    problems.append(Problem("$", "checking stopped here, after so many problems"))
                    break
            else:
                count += len(runs)
                self._last |= {run.run_id: piece.span for run in runs if piece.keyed}
            progress(piece.span[1])
        if problems:
            raise InvalidInputError(problems=tuple(problems))
        return len(self._last) or count

    def _read(self, piece: "_Piece") -> list[Run]:
        text = piece.before + cut(self._file, piece.span) + piece.after
        try:
            return piece.read(read_json(text))
        except NotJsonError as error:
            if piece.source:  # a line by itself, and the place is one in it
                raise error.located(piece.source) from None
            offset = max(piece.span[0], piece.span[0] - len(piece.before) + error.offset)
            raise self._not_json(error.reason, offset) from None
        except InvalidInputError as error:
            raise error.located(piece.source or self._source) from None

    def _not_json(self, reason: str, offset: int) -> InvalidInputError:
        place = f"at byte {offset}, in line {line_number(self._file, offset)}"
        return NotJsonError.at(place, reason, offset).located(self._source)

    # --- the forms ----------------------------------------------------------------------------------------------------

    def _form(self) -> "Callable[[], Iterator[_Piece]]":
        """Find out which form the file has, by the members of its first value."""
        start = next_not_blank(self._file, 0)
        if start is None:
            raise _refusal("$", "expected run records, found nothing")
        begins_with = cut(self._file, (start, start + 2))
        if begins_with.startswith(b"["):
            raise _refusal("$", "expected an object, found a list")
        if not begins_with.startswith(b"{") or begins_with.endswith(b"\0"):
            line = _Piece((start, line_end(self._file, start)), _record)
            return lambda: iter([line])
        first = first_object(self._file, start, _NAMES)
        if first.followed_at is not None:
            if first.in_one_line and first.followed_at > line_end(self._file, start):
                return self._lines
            raise self._not_json("a second value begins (JSON Lines have one a line)", first.followed_at)
        if any(_is_scalar(first, name) for name in _RECORD_MEMBERS):
            return lambda: iter([_Piece(first.span, _record)])
        if _is_scalar(first, "schema_version"):
            self._check_members(first)
            return lambda: self._around_and_inside(first)
        if _is_scalar(first, "version") and "runs" in first.members:
            raise _refusal("$.schema_version", "expected 1, found nothing (`version` is no member of a runs file)")
        return lambda: self._members(ObjectScan(self._file, start), b"{", b"}", _of_version_0)

    def _lines(self) -> "Iterator[_Piece]":
        number, start = 1, 0
        while line := cut_line(self._file, start):
            if line.strip():
                yield _Piece((start, start + len(line.rstrip())), _record, source=f"{self._source}:{number}")
            number, start = number + 1, start + len(line)

    def _check_members(self, first: FirstValue) -> None:
        """Check what stands around the records of a runs file of version 1."""
        for name in _FILE_MEMBERS:
            if len(first.members.get(name, ())) > 1:
                raise _refusal("$", f"expected member {name!r} once, found it twice")
        found = {name: first.members[name][0] for name in _FILE_MEMBERS if name in first.members}
        # The records are for later: an empty object stands for them.
        texts = {name: b"{}" if _is_object(each) else cut(self._file, each.value) for name, each in found.items()}
        file = structure({name: read_json(text) for name, text in texts.items()}, _RunsFile)
        if file.schema_version != 1:
            raise _refusal("$.schema_version", f"expected 1, found {file.schema_version}")

    def _around_and_inside(self, first: FirstValue) -> "Iterator[_Piece]":
        runs = first.members["runs"][0]
        around = ObjectScan(self._file, first.span[0], known=runs.span)
        for piece in self._members(around, b"{", b"}", _ignored):
            if piece.span != runs.span:
                yield piece
                continue
            scan = ObjectScan(self._file, runs.value[0])
            yield from self._members(scan, b'{"schema_version":1,"runs":{', b"}}", _of_version_1)
            yield _Piece((scan.end, runs.span[1]), lambda _: [], before=b"{}")

    @staticmethod
    def _members(scan: ObjectScan, before: bytes, after: bytes, read: "_Reader") -> "Iterator[_Piece]":
        """Cut an object into its members, each to be read as if it were the only one."""
        return (_Piece(span, read, before=before, after=after, keyed=read is not _ignored) for span in scan)


_Reader: TypeAlias = Callable[[Json], list[Run]]


@frozen
class _Piece:
    """A part of a file that can be read for itself, between what makes it a document.

    `source` is its own name, if it has one; `keyed` tells that it holds a member of a map of run records.
    """

    span: Span
    read: _Reader
    before: bytes = b""
    after: bytes = b""
    source: str | None = None
    keyed: bool = False


@frozen(kw_only=True)
class _RunsFile:
    """A runs file of version 1."""

    schema_version: U64
    runs: dict[str, Run]


def _record(value: Json) -> list[Run]:
    return [run_from(value)]


def _of_version_0(value: Json) -> list[Run]:
    return _keyed(structure(value, dict[str, Run]), "$")


def _of_version_1(value: Json) -> list[Run]:
    return _keyed(structure(value, _RunsFile).runs, "$.runs")


def _ignored(value: Json) -> list[Run]:
    _expect_a_member(value)
    return []


def _keyed(runs: dict[str, Run], path: str) -> list[Run]:
    _expect_a_member(runs)
    ((key, run),) = runs.items()
    if run.run_id != key:
        raise _refusal(f"{path}[{key!r}].run_id", f"expected the key of the record, found {json.dumps(run.run_id)}")
    return [run]


def _expect_a_member(members: dict[str, Json]) -> None:
    """Refuse nothing between two commas, or between a comma and the end: read by itself, it looks like `{}`."""
    if not members:
        raise NotJsonError.at("", "a comma is followed by nothing", 0)


def _is_object(member: Member) -> bool:
    return member.begins_with == b"{"


def _is_scalar(first: FirstValue, name: str) -> bool:
    """Whether a name is that of a record's member, and not of an entry in a map of records, which is an object.

    Of members that share the name, the last counts.
    """
    return name in first.members and not _is_object(first.members[name][-1])


def _refusal(path: str, message: str) -> InvalidInputError:
    return InvalidInputError(problems=(Problem(path, message),))
