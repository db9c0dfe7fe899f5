"""How values, names and lines are written in a report for people: on one line each, and safe for a terminal."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Final

import click

from lifecycle_projection.records import Json

WIDTH: Final = 118
"""No line is longer where that can be helped."""
_ELLIPSIS: Final = "…"
_PLAIN: Final = re.compile(r"[\w.:/@+-]+", re.ASCII)
_HEXADECIMAL: Final = re.compile(r"[0-9a-f]{16,}")
_STABLE: Final = "automation-v2-lifecycle-"
_LONGEST_ID: Final = 48


def printable(text: str) -> str:
    """Write as escapes what could act upon a terminal or would not show."""
    return "".join(each if each.isprintable() else _escaped(each) for each in text)


def _escaped(character: str) -> str:
    # JSON leaves the character DEL as it is.
    return "\\u007f" if character == "\x7f" else json.dumps(character)[1:-1]


def written(value: Json) -> str:
    """Write a JSON value."""
    return printable(json.dumps(value, ensure_ascii=False))


def named(text: Json) -> str:
    """Write a name: as it is where that is clear, otherwise as JSON."""
    return text if isinstance(text, str) and _PLAIN.fullmatch(text) else written(text)


def short(text: str, most: int) -> str:
    """Leave out the middle of a long text."""
    if len(text) <= most:
        return text
    tail = most // 3
    return f"{text[: most - tail - 1]}{_ELLIPSIS}{text[len(text) - tail :]}"


def short_id(text: Json) -> str:
    """Write an id, a long one always in the same way: what all ids begin with and most of a digest are left out."""
    if not isinstance(text, str):
        return written(text)
    brief = _HEXADECIMAL.sub(lambda match: f"{match[0][:6]}{_ELLIPSIS}", named(text))
    if len(text) > len(_STABLE) and text.startswith(_STABLE):
        brief = brief.replace(_STABLE, _ELLIPSIS, 1)
    return short(brief, _LONGEST_ID)


def counted(number: int, one: str, many: str | None = None) -> str:
    """Write a number with what it counts."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def wrapped(pieces: Iterable[str], *, first: str = "", rest: str | None = None, between: str = "  ") -> Iterator[str]:
    """Put pieces beside each other, as many as a line holds; lines after the first begin with `rest`."""
    line, empty = first, True
    for piece in pieces:
        if not empty and len(click.unstyle(line + between + piece)) > WIDTH:
            yield line.rstrip()
            line, empty = " " * len(click.unstyle(first)) if rest is None else rest, True
        line, empty = (line if empty else line + between) + piece, False
    if not empty or line.strip():
        yield line.rstrip()
