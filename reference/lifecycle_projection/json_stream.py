"""Where things stand in a large file of JSON text, without holding the file.

Nothing here reads a value: what was found is cut out and handed to the strict reader, so that every rule on reading is
in one place. What isn't JSON is cut somewhere, and refused there.
"""

import re
from collections.abc import Collection, Iterator
from io import SEEK_END
from typing import BinaryIO, Final, TypeAlias

from attrs import frozen

from lifecycle_projection.errors import InvalidInputError, Problem
from lifecycle_projection.json_text import read_json

Span: TypeAlias = tuple[int, int]
"""From where to where something stands in a file, in bytes; the end is the first byte behind it."""

_CHUNK: Final = 1 << 20
_NOT_BLANK: Final = re.compile(rb"[^ \t\n\r]")
_LINE_END: Final = re.compile(rb"\n")
_STRING: Final = rb'"[^"\\]*+(?:\\.[^"\\]*+)*"'


def _without_brackets(levels: int) -> bytes:
    """A pattern for text without brackets outside of strings, but for whole arrays and objects that nest no deeper."""
    inside = _without_brackets(levels - 1) if levels else b""
    whole = _STRING + (rb"|\{%b\}|\[%b\]" % (inside, inside) if levels else b"")
    return rb'[^"\[\]{}]*+(?:(?:%b)[^"\[\]{}]*+)*' % whole


# The next bracket that counts; small values are passed over at once. Between members also the next comma.
_BRACKET: Final = re.compile(_without_brackets(2) + rb"[\[\]{}]", re.DOTALL)
_BRACKET_OR_COMMA: Final = re.compile(rb'[^"\[\]{},]*+(?:%b[^"\[\]{},]*+)*[\[\]{},]' % _STRING, re.DOTALL)
_HEAD: Final = re.compile(rb"[ \t\n\r]*(%b)[ \t\n\r]*:[ \t\n\r]*(.)" % _STRING, re.DOTALL)
_LONGEST_HEAD: Final = 4096


@frozen
class Member:
    """A member of an object in a file: its span, its name, the span of its value, and with what that begins."""

    span: Span
    name: str
    value: Span
    begins_with: bytes


def cut(file: BinaryIO, span: Span) -> bytes:
    """What stands in a span (REC-18)."""
    start, end = span
    file.seek(start)
    return file.read(end - start)


def find(file: BinaryIO, pattern: re.Pattern[bytes], start: int) -> int | None:
    """Where a pattern of one character is found first from `start` on (REC-18)."""
    while chunk := cut(file, (start, start + _CHUNK)):
        if match := pattern.search(chunk):
            return start + match.start()
        start += len(chunk)
    return None


def next_not_blank(file: BinaryIO, start: int) -> int | None:
    """Where the next character stands that is no white space (JSON-16)."""
    return find(file, _NOT_BLANK, start)


def cut_line(file: BinaryIO, start: int) -> bytes:
    """The line that begins at `start`, with its end; nothing at the end of the file (REC-18)."""
    file.seek(start)
    return file.readline()


def line_end(file: BinaryIO, start: int) -> int:
    """Where the line that holds `start` ends, or else the file (REC-18)."""
    end = find(file, _LINE_END, start)
    return file.seek(0, SEEK_END) if end is None else end


def line_number(file: BinaryIO, offset: int) -> int:
    """The number of the line, from 1, in which a byte stands (ERR-2)."""
    number, start = 1, 0
    while start < offset and (chunk := cut(file, (start, min(offset, start + _CHUNK)))):
        number += chunk.count(b"\n")
        start += len(chunk)
    return number


class ObjectScan:
    """The members of an object whose `{` stands at `start`, one span after the other; `end` is known afterwards.

    A span holds what stands between two commas, be it a member, nothing, or anything else. That of a large member that
    is known already, `known`, is not walked over again. Raises :class:`InvalidInputError` where the object doesn't end,
    and where a piece without brackets, such as a string, has more than `longest` bytes: it is held while it is walked
    over.
    """

    def __init__(self, file: BinaryIO, start: int, *, known: Span | None = None, longest: int | None = None) -> None:
        self.end = start
        self._file = file
        self._start = start
        self._known = known
        self._longest = longest
        self._base, self._window, self._at = start + 1, b"", 0

    def __iter__(self) -> Iterator[Span]:
        """Walk over the object."""
        depth, begin = 1, self._start + 1
        first = next_not_blank(self._file, begin)
        if first is not None and cut(self._file, (first, first + 1)) == b"}":
            self.end = first + 1
            return
        while True:
            if self._known is not None and begin == self._known[0]:
                self._base, self._window, self._at = self._known[1], b"", 0
            at, found = self._next(_BRACKET_OR_COMMA if depth == 1 else _BRACKET)
            if found in b"[{":
                depth += 1
            elif found in b"]}":
                depth -= 1
            if depth == 0 or (depth == 1 and found == b","):
                yield begin, at
                begin = at + 1
            if depth == 0:
                if found != b"}":
                    raise _refusal(self._file, at, "expected JSON text: an object ends with `]`")
                self.end = begin
                return

    def _next(self, pattern: re.Pattern[bytes]) -> tuple[int, bytes]:
        while not (match := pattern.match(self._window, self._at)):
            self._base, self._window, self._at = self._base + self._at, self._window[self._at :], 0
            if self._longest is not None and len(self._window) > self._longest:
                raise _refusal(self._file, self._base, f"expected no piece of more than {self._longest} bytes")
            # Twice as much at a time: however long a string is, it is looked at only a few times.
            reached = self._base + len(self._window)
            more = cut(self._file, (reached, reached + max(_CHUNK, len(self._window))))
            if not more:
                raise _refusal(self._file, reached, "expected JSON text: it ends inside an object")
            self._window += more
        self._at = match.end()
        return self._base + self._at - 1, self._window[self._at - 1 : self._at]


def member_at(file: BinaryIO, span: Span) -> Member | None:
    """The member that a span of an object holds; `None` for what doesn't begin as a member does (REC-18)."""
    start, end = span
    match = _HEAD.match(cut(file, (start, min(end, start + _LONGEST_HEAD))))
    if match is None:
        return None
    try:
        name = read_json(match[1])
    except InvalidInputError:
        return None
    return Member(span, str(name), (start + match.start(2), end), match[2])


@frozen(kw_only=True)
class FirstValue:
    """The first value of a file that is an object: its span, some of its members, and what follows it."""

    span: Span
    members: dict[str, list[Member]]
    in_one_line: bool
    followed_at: int | None


def first_object(file: BinaryIO, start: int, names: Collection[str]) -> FirstValue:
    """Look at the object that begins at `start`; of its members, at those with certain names (REC-18)."""
    scan = ObjectScan(file, start)
    members: dict[str, list[Member]] = {}
    for span in scan:
        member = member_at(file, span)
        if member is not None and member.name in names:
            members.setdefault(member.name, []).append(member)
    return FirstValue(
        span=(start, scan.end),
        members=members,
        in_one_line=line_end(file, start) >= scan.end,
        followed_at=next_not_blank(file, scan.end),
    )


def _refusal(file: BinaryIO, offset: int, message: str) -> InvalidInputError:
    return InvalidInputError(problems=(Problem("$", f"{message} in line {line_number(file, offset)}"),))
