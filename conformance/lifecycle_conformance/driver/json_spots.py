"""The place where a text stops being valid JSON, why, and what stands around it."""

import json
import re
from typing import Final

import orjson
from attrs import frozen

_AROUND: Final = 40
_BRACKET: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


@frozen
class Spot:
    """A place in a text: how many bytes stand before it, what is wrong there, and what stands around it."""

    offset: int
    problem: str
    around: str


def offending(text: bytes, max_depth: int) -> Spot | None:
    """The first place that no strict reader takes, `None` where there is none.

    That is a byte that is no UTF-8, a bracket that opens a level beyond `max_depth`, or a place where JSON can't go on.
    """
    found = _undecodable(text) or _too_deep(text, max_depth) or _no_json(text)
    return None if found is None else Spot(*found, around=excerpt(text, found[0]))


def excerpt(text: bytes, offset: int) -> str:
    r"""Quote what stands around a place; bytes that are no UTF-8 as `\x…`."""
    start, end = max(0, offset - _AROUND), offset + _AROUND
    # A character is never cut: the excerpt begins and ends between two.
    while start > 0 and text[start] & 0xC0 == 0x80:
        start -= 1
    while end < len(text) and text[end] & 0xC0 == 0x80:
        end += 1
    shown = text[start:end].decode(errors="backslashreplace")
    return f"{'…' if start else ''}{shown}{'…' if end < len(text) else ''}"


def _undecodable(text: bytes) -> tuple[int, str] | None:
    try:
        text.decode()
    except UnicodeDecodeError as error:
        return error.start, "expected UTF-8"
    return None


def _too_deep(text: bytes, max_depth: int) -> tuple[int, str] | None:
    depth = 0
    for match in _BRACKET.finditer(text):
        if match[0] in {b"[", b"{"}:
            depth += 1
            if depth > max_depth:
                return match.start(), f"expected at most {max_depth} arrays and objects inside each other"
        elif match[0] in {b"]", b"}"}:
            depth -= 1
    return None


def _no_json(text: bytes) -> tuple[int, str] | None:
    try:
        orjson.loads(text)
    except json.JSONDecodeError as error:
        return len(error.doc[: error.pos].encode()), f"expected JSON: {error.msg}"
    return None
