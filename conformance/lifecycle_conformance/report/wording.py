"""How values, names and lines are written in a report for people: safe for a terminal, and as wide as it is."""

import json
import re
import textwrap
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import click

from lifecycle_conformance.driver.safe_text import safe

if TYPE_CHECKING:
    from lifecycle_projection.records import Json

WIDTH: Final = 80
"""How many columns a line may have where nothing else is known, as in a pipe."""
_ELLIPSIS: Final = "…"
_PLAIN: Final = re.compile(r"[\w.:/@+-]+", re.ASCII)
_HEXADECIMAL: Final = re.compile(r"[0-9a-f]{16,}")
_STABLE: Final = "automation-v2-lifecycle-"
_LONGEST_ID: Final = 48
_NARROWEST: Final = 20
_YEAR_10000_MS: Final = 253_402_300_800_000


def written(value: "Json") -> str:
    """Write a JSON value."""
    return safe(json.dumps(value, ensure_ascii=False))


def named(text: "Json") -> str:
    """Write a name: as it is where that is clear, otherwise as JSON."""
    return text if isinstance(text, str) and _PLAIN.fullmatch(text) else written(text)


def short(text: str, most: int) -> str:
    """Leave out the middle of a long text."""
    if len(text) <= most:
        return text
    tail = most // 3
    return f"{text[: most - tail - 1]}{_ELLIPSIS}{text[len(text) - tail :]}"


def short_id(text: "Json") -> str:
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


def time_text(time_ms: int) -> str:
    """Write a time; the number itself where no calendar has it."""
    if time_ms >= _YEAR_10000_MS:
        return str(time_ms)
    return datetime.fromtimestamp(time_ms // 1000, UTC).strftime(f"%Y-%m-%dT%H:%M:%S.{time_ms % 1000:03}Z")


def paragraph(text: str, width: int, *, first: str = "", rest: str | None = None) -> list[str]:
    """Break a text between words, and a word only where it is longer than a line.

    The first line begins with `first`, others with `rest`, or as far to the right. Neither may hold colours.
    """
    rest = " " * len(first) if rest is None else rest
    widest = max(width, len(first) + _NARROWEST, len(rest) + _NARROWEST)
    lines = textwrap.wrap(text, widest, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)
    return lines or [first.rstrip()]


def wrapped(
    phrases: Iterable[str], width: int, *, first: str = "", rest: str | None = None, between: str = "  "
) -> Iterator[str]:
    """Put phrases beside each other, as many as a line holds; lines after the first begin with `rest`.

    A phrase that is longer than a line is broken between its words, unless it has colours.
    """
    rest = " " * len(click.unstyle(first)) if rest is None else rest
    line, empty = first, True
    for phrase in phrases:
        if not empty and len(click.unstyle(line + between + phrase)) > width:
            yield line.rstrip()
            line, empty = rest, True
        whole = phrase if empty else between + phrase
        if len(click.unstyle(line + whole)) > width and click.unstyle(phrase) == phrase:
            *full, last = paragraph(phrase, width - len(rest), rest="")
            yield from (f"{line if not number else rest}{each}" for number, each in enumerate(full))
            line, whole = (rest if full else line), last
        line, empty = line + whole, False
    if not empty or line.strip():
        yield line.rstrip()
