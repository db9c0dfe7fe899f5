"""What was expected against what came, member by member."""

import json
from collections.abc import Iterator
from typing import Final

import click

from lifecycle_conformance.report.wording import WIDTH, counted, printable, written
from lifecycle_conformance.vectors.comparison import ABSENT, Mismatch, Side, mismatches
from lifecycle_projection.records import Json

_INDENT: Final = "     "
_MOST: Final = 12
_WHOLE: Final = 72
_LINE: Final = 82
_BEFORE: Final = 32


def difference(expected: Json, actual: Json) -> Iterator[str]:
    """Show where two values differ: short ones as they are, others by the paths of their members and items."""
    if _are_plain(expected, actual):
        yield from _both(expected, actual, _INDENT)
        return
    found = list(mismatches(expected, actual))
    for mismatch in found[:_MOST]:
        yield from _place(mismatch)
    if len(found) > _MOST:
        yield f"{_INDENT}and {counted(len(found) - _MOST, 'more place')} where they differ"


def _are_plain(expected: Json, actual: Json) -> bool:
    """Tell whether two values are seen at a glance: neither has members, nor is a list that is long."""
    if not isinstance(expected, list) or not isinstance(actual, list):
        return not (isinstance(expected, dict) and isinstance(actual, dict))
    return all(
        not any(isinstance(item, dict | list) for item in each) and len(written(each)) <= _WHOLE
        for each in (expected, actual)
    )


def _place(mismatch: Mismatch) -> Iterator[str]:
    """Show one place, on one line where there is room."""
    left, right = _windows(mismatch.expected, mismatch.actual)
    path = _path(mismatch.path)
    line = f"{_INDENT}{path}: expected {_right(left)}, got {_wrong(right)}"
    if len(click.unstyle(line)) <= WIDTH:
        yield line
        return
    yield f"{_INDENT}{path}:"
    yield from _both(mismatch.expected, mismatch.actual, f"{_INDENT}  ")


def _both(expected: Side, actual: Side, indent: str) -> Iterator[str]:
    left, right = _windows(expected, actual)
    yield f"{indent}expected  {_right(left)}"
    yield f"{indent}got       {_wrong(right)}"


def _right(text: str) -> str:
    return click.style(text, fg="green")


def _wrong(text: str) -> str:
    return click.style(text, fg="red")


def _path(path: str) -> str:
    """Write a path without its root; a member whose name is a path itself is one."""
    if path.startswith('$["$'):
        name, end = json.JSONDecoder().raw_decode(path, 2)
        path = f"{name}{path[end + 1 :]}"
    return printable(path.removeprefix("$").removeprefix(".")) or "$"


def _windows(expected: Side, actual: Side) -> tuple[str, str]:
    """Write two values; of long ones the part around their first difference."""
    left, right = _text(expected), _text(actual)
    common = next(
        (index for index, (one, other) in enumerate(zip(left, right, strict=False)) if one != other),
        min(len(left), len(right)),
    )
    start = max(0, common - _BEFORE) if max(len(left), len(right)) > _LINE else 0
    return _window(left, start), _window(right, start)


def _window(text: str, start: int) -> str:
    end = start + _LINE
    cut = f"{'…' if start else ''}{text[start:end]}{'…' if len(text) > end else ''}"
    return cut if len(text) <= end and not start else f"{cut} ({len(text)} characters)"


def _text(side: Side) -> str:
    return "nothing" if side is ABSENT else written(side)
