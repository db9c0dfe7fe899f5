"""A file of run records cut into its records, so that one that is damaged hides no other.

The reference reads such a file whole or not at all (REC-18); whoever looks for damage wants what is left.
"""

import re
from collections.abc import Iterator, Sequence
from io import SEEK_END
from typing import BinaryIO, Final

import orjson
from attrs import frozen

from lifecycle_conformance.audit.log_index import LONGEST
from lifecycle_conformance.execution.trace import member
from lifecycle_conformance.specification.schemas import json_path
from lifecycle_projection.errors import InvalidInputError
from lifecycle_projection.json_stream import (
    Member,
    ObjectScan,
    Span,
    cut,
    line_end,
    member_at,
    next_not_blank,
)
from lifecycle_projection.json_text import MAX_DEPTH

_SCALARS: Final = frozenset({"run_id", "automation_id", "trigger_type", "status", "created_at_ms", "updated_at_ms"})
"""Members that a record has, and that no map of records has: its values are objects."""
_VERSION_1: Final = re.compile(rb'\s*\{\s*"schema_version"\s*:\s*\d+\s*,\s*"runs"\s*:\s*(?=\{)')
"""How engines begin a runs file, for one that has no end."""
_INDENT: Final = re.compile(rb'[ \t\r]*\n([ \t]*)"')


@frozen(kw_only=True)
class Piece:
    """A place where a record should stand: the span of its text, and how deep that may nest.

    `line` numbers a line of JSON Lines; `key` and `path` are those of an entry of a runs file.
    """

    span: Span
    depth: int = MAX_DEPTH
    line: int | None = None
    key: str | None = None
    path: str | None = None


class BrokenError(Exception):
    """The text ends or is no JSON from some place on; what came before was cut out of it."""


def pieces(file: BinaryIO, *, lines: bool) -> Iterator[Piece]:
    """The records of a file; `lines` tells that it holds JSON Lines for certain (REC-18).

    Raises :class:`BrokenError` where the rest can't be cut.
    """
    start = next_not_blank(file, 0)
    if start is None:
        return
    if lines or _has_lines(file, start):
        yield from _lines(file)
    elif cut(file, (start, start + 1)) != b"{":
        yield Piece(span=(start, file.seek(0, SEEK_END)))
    else:
        yield from _of_object(file, start)


def _has_lines(file: BinaryIO, start: int) -> bool:
    """Whether the file has a value in each of several lines; the first one may be damaged."""
    end = line_end(file, start) + 1
    if next_not_blank(file, end) is None:
        return False
    if _is_object(cut(file, (start, min(end, start + LONGEST)))):
        return True
    file.seek(end)
    return _is_object(second := file.readline(LONGEST)) and isinstance(member(orjson.loads(second), "run_id"), str)


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(orjson.loads(line), dict)
    except orjson.JSONDecodeError:
        return False


def _lines(file: BinaryIO) -> Iterator[Piece]:
    number, start = 1, 0
    while True:
        file.seek(start)
        if not (line := file.readline(LONGEST + 1)):
            return
        end = start + len(line) if len(line) <= LONGEST else line_end(file, start) + 1
        if line.strip():
            yield Piece(span=(start, start + len(line.rstrip()) if len(line) <= LONGEST else end), line=number)
        number, start = number + 1, end


def _of_object(file: BinaryIO, start: int) -> Iterator[Piece]:
    """The object is a record, a runs file of version 1, or one of version 0."""
    scan, broken = ObjectScan(file, start, longest=LONGEST), False
    found: dict[str, Member] = {}
    try:
        for span in scan:
            if (each := member_at(file, span)) is not None and each.name in {*_SCALARS, "schema_version", "runs"}:
                found[each.name] = each
    except InvalidInputError:
        broken = True
    if any(_is_scalar(found.get(name)) for name in _SCALARS):
        yield Piece(span=(start, file.seek(0, SEEK_END)))
        return
    version, runs = found.get("schema_version"), found.get("runs")
    if broken and (match := _VERSION_1.match(cut(file, (start, start + 200)))):
        yield from _entries(file, start + match.end(), ("runs",))
    elif not _is_scalar(version):
        yield from _entries(file, start, ())
    elif runs is None or runs.begins_with != b"{":
        raise BrokenError("expected an object as `runs`")
    else:
        yield from _entries(file, runs.value[0], ("runs",))
        if version is not None and cut(file, version.value).strip() != b"1":
            raise BrokenError("expected 1 as `schema_version`")
    if not broken and next_not_blank(file, scan.end) is not None:
        raise BrokenError("something follows the records")


def _is_scalar(found: Member | None) -> bool:
    return found is not None and found.begins_with != b"{"


def _entries(file: BinaryIO, start: int, path: Sequence[str]) -> Iterator[Piece]:
    """The members of a map of records. Where a bracket is missing in one, go on with the next that begins a line."""
    match = _INDENT.match(cut(file, (start + 1, start + 200)))
    indent = None if match is None else match[1]
    while True:
        spans, rest = _spans(file, start, inside=bool(path))
        for span in spans:
            yield _entry(file, span, path)
        if rest is None:
            return
        resumed = None if indent is None else _line_after(file, rest, indent + b'"')
        if indent is None or resumed is None:
            raise BrokenError("a bracket is missing, or the end")
        yield _entry(file, (rest, resumed), path)
        start = resumed + len(indent) - 1


def _spans(file: BinaryIO, start: int, *, inside: bool) -> tuple[list[Span], int | None]:
    """The members of a map, and where the first begins that has no end, if there is one.

    A bracket that is missing `inside` of another object may be taken for that object's.
    """
    scan, spans = ObjectScan(file, start, longest=LONGEST), []
    try:
        for span in scan:
            spans.append(span)  # noqa: PERF402 - what came before a failure counts
    except InvalidInputError:
        return spans, spans[-1][1] + 1 if spans else start + 1
    if inside and spans and next_not_blank(file, scan.end) is None:
        return spans[:-1], spans[-1][0]
    return spans, None


def _entry(file: BinaryIO, span: Span, path: Sequence[str]) -> Piece:
    entry = member_at(file, span)
    if entry is None:
        return Piece(span=span, path=json_path(path))
    here = json_path((*path, entry.name))
    return Piece(span=entry.value, depth=MAX_DEPTH - 1 - len(path), key=entry.name, path=here)


def _line_after(file: BinaryIO, start: int, beginning: bytes) -> int | None:
    """Where the second line begins, from `start` on, that begins so; the first is that of the entry itself."""
    file.seek(start)
    found = 0
    while line := file.readline(LONGEST):
        found += line.startswith(beginning)
        if found == 2:
            return file.tell() - len(line)
    return None
