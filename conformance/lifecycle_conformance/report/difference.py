"""What was expected against what came, member by member."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Final

import click
from attrs import frozen

from lifecycle_conformance.driver.safe_text import safe
from lifecycle_conformance.model.comparison import ABSENT, Mismatch, Side, mismatches
from lifecycle_conformance.report.wording import WIDTH, counted, paragraph, short, written
from lifecycle_projection.records import Json

_INDENT: Final = "     "
_MOST: Final = 12
_WHOLE: Final = 72
_LONG: Final = 160
_RECORD: Final = 640
"""Of a record that is missing, or one too many, most can be seen at once."""
_BEFORE: Final = 64
_COLOURS: Final = {"expected": "green", "got": "red"}


def difference(expected: Json, actual: Json, width: int = WIDTH) -> Iterator[str]:
    """Show where two values differ: short ones as they are, others by the paths of their members and items."""
    if expected == [] and isinstance(actual, list):
        yield f"{_INDENT}expected  none"
        yield from _items(actual, width)
    elif _are_plain(expected, actual):
        yield from _both(expected, actual, _INDENT, width)
    else:
        found = list(mismatches(expected, actual))
        for mismatch in found[:_MOST]:
            yield from place(mismatch, width)
        if len(found) > _MOST:
            yield f"{_INDENT}and {counted(len(found) - _MOST, 'more place')} where they differ"


@frozen(kw_only=True)
class Place:
    """A place where two values differ: its path, empty for the whole, and both sides as texts; none for nothing."""

    path: str
    expected: str | None
    actual: str | None


def places(expected: Json, actual: Json) -> Iterator[Place]:
    """The places where two values differ, the same as :func:`difference` shows."""
    if expected == [] and isinstance(actual, list) and not _are_plain([], actual):
        for item in actual[:_MOST]:
            text = safe(item) if isinstance(item, str) else _window(written(item), 0)
            yield Place(path="", expected=None, actual=text)
    elif _are_plain(expected, actual):
        left, right = _windows(expected, actual)
        yield Place(path="", expected="none" if expected == [] else left, actual=right)
    else:
        for each in islice(mismatches(expected, actual), _MOST):
            yield _place(each)


def _place(mismatch: Mismatch) -> Place:
    path, expected, actual = _path(mismatch.path), mismatch.expected, mismatch.actual
    if actual is ABSENT:
        return Place(path=path, expected=_window(_text(expected), 0, _RECORD), actual=None)
    if expected is ABSENT:
        return Place(path=path, expected=None, actual=_window(_text(actual), 0, _RECORD))
    left, right = _windows(expected, actual)
    return Place(path=path, expected=left, actual=right)


def left_out(expected: Json, actual: Json) -> int:
    """How many places are beyond those that are shown."""
    if _are_plain(expected, actual):
        return 0
    many = actual if expected == [] else [*mismatches(expected, actual)]
    return max(0, len(many) - _MOST)


def first_place(expected: Json, actual: Json) -> str:
    """The first place where two values differ, in a line."""
    mismatch = next(mismatches(expected, actual))
    left, right = (short(_text(side), _WHOLE) for side in (mismatch.expected, mismatch.actual))
    return f"{_path(mismatch.path)}: expected {left}, got {right}"


def _items(items: list[Json], width: int) -> Iterator[str]:
    """Show items where none was expected: plain ones beside each other if there is room, or each on a line."""
    if _are_plain([], items):
        yield from _said(f"{'got':8} ", written(items), _INDENT, width, _COLOURS["got"])
        return
    for number, item in enumerate(items[:_MOST]):
        text = safe(item) if isinstance(item, str) else _window(written(item), 0)
        yield from _said(f"{'' if number else 'got':8} ", text, _INDENT, width, _COLOURS["got"])
    if len(items) > _MOST:
        yield f"{_INDENT}{'':8}  and {len(items) - _MOST} more"


def _are_plain(expected: Json, actual: Json) -> bool:
    """Whether two values are seen at a glance: neither has members, nor is a long list."""
    if not isinstance(expected, list) or not isinstance(actual, list):
        return not (isinstance(expected, dict) and isinstance(actual, dict))
    return all(
        not any(isinstance(item, dict | list) for item in each) and len(written(each)) <= _WHOLE
        for each in (expected, actual)
    )


def place(mismatch: Mismatch, width: int) -> Iterator[str]:
    """Show one place where two values differ, on one line where there is room."""
    path, expected, actual = _path(mismatch.path), mismatch.expected, mismatch.actual
    if actual is ABSENT:
        yield from _said(f"{path} is missing: expected", _window(_text(expected), 0, _RECORD), _INDENT, width, "green")
    elif expected is ABSENT:
        yield from _said(f"{path} is one too many:", _window(_text(actual), 0, _RECORD), _INDENT, width, "red")
    else:
        left, right = _windows(expected, actual)
        if len(f"{_INDENT}{path}: expected {left}, got {right}") <= width:
            right, left = click.style(right, fg="red"), click.style(left, fg="green")
            yield f"{_INDENT}{path}: expected {left}, got {right}"
        else:
            yield from paragraph(f"{path}:", width, first=_INDENT)
            yield from _both(expected, actual, f"{_INDENT}  ", width)


def _both(expected: Side, actual: Side, indent: str, width: int) -> Iterator[str]:
    for name, text in zip(_COLOURS, _windows(expected, actual), strict=True):
        yield from _said(f"{name:8} ", text, indent, width, _COLOURS[name])


def _said(name: str, text: str, indent: str, width: int, colour: str) -> Iterator[str]:
    """A name and its text, the text in a colour, on as many lines as it takes."""
    first = f"{indent}{name} " if name else indent
    rest = " " * len(first) if len(first) < width // 2 else f"{indent}  "
    if len(first) + len(text) > width and len(first) >= width // 2:
        yield from paragraph(name, width, first=indent)
        first = rest
    for number, line in enumerate(paragraph(text, width, first=first, rest=rest)):
        begin = rest if number else first
        yield f"{begin}{click.style(line[len(begin) :], fg=colour)}"


def _path(path: str) -> str:
    """Write a path without its root; a member whose name is a path itself is one."""
    if path.startswith('$["$'):
        name, end = json.JSONDecoder().raw_decode(path, 2)
        path = f"{name}{path[end + 1 :]}"
    return safe(path.removeprefix("$").removeprefix(".")) or "$"


def _windows(expected: Side, actual: Side) -> tuple[str, str]:
    return windows(_text(expected), _text(actual))


def windows(left: str, right: str) -> tuple[str, str]:
    """Two texts; of long ones the part around their first difference."""
    common = next(
        (index for index, (one, other) in enumerate(zip(left, right, strict=False)) if one != other),
        min(len(left), len(right)),
    )
    start = max(0, common - _BEFORE) if max(len(left), len(right)) > _LONG else 0
    return _window(left, start), _window(right, start)


def _window(text: str, start: int, most: int = _LONG) -> str:
    end = start + most
    cut = f"{'…' if start else ''}{text[start:end]}{'…' if len(text) > end else ''}"
    return cut if len(text) <= end and not start else f"{cut} ({len(text)} characters)"


def _text(side: Side) -> str:
    return "nothing" if side is ABSENT else written(side)
