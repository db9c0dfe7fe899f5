"""JSON as it stands in a file: what is odd in it, how it is written, and where two texts differ."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Final

import orjson
from attrs import frozen

from lifecycle_conformance.execution.judgement import canonical
from lifecycle_conformance.execution.trace import Object
from lifecycle_projection.records import Json


class Members(dict[str, Json]):
    """An object as it stands in a text: of a name that stands there twice the last value counts."""

    def __init__(self, pairs: Sequence[tuple[str, Json]]) -> None:
        super().__init__(pairs)
        names = [name for name, _ in pairs]
        self.twice = frozenset(name for name in names if names.count(name) > 1) if len(self) < len(names) else None


class Oddity(StrEnum):
    """What a text may hold that needs a rule of reading; no writer writes it."""

    TWICE = "a member twice"
    MINUS_ZERO = "the literal -0"
    BEYOND_64_BITS = "an integer beyond 64 bits"
    OTHER_DIGITS = "a double with other digits than the shortest"
    OVERFLOW = "a number beyond the doubles"
    SURROGATE = "a lone surrogate"


REFUSED: Final = frozenset({Oddity.OVERFLOW, Oddity.SURROGATE})
"""What makes a text one that isn't read (JSON-13, JSON-14)."""


@frozen
class Looked:
    """A JSON text: its value, and what is odd about it."""

    value: Json
    odd: frozenset[Oddity]


@lru_cache(maxsize=4096)
def look(text: bytes) -> Looked:
    """Read JSON by the rules of RFC 8259 and note what is odd. Raises :class:`ValueError` for what is none.

    The value is the same object for the same text: most files don't change in a step.
    """
    odd: set[Oddity] = set()

    def integer(digits: str) -> int | float:
        if digits == "-0":
            odd.add(Oddity.MINUS_ZERO)
        elif len(digits) <= 20 and -(2**63) <= (number := int(digits)) < 2**64:
            return number
        else:
            odd.add(Oddity.BEYOND_64_BITS)
        return double(digits)

    def double(digits: str) -> float:
        number = float(digits)
        if math.isinf(number):
            odd.add(Oddity.OVERFLOW)
        elif "." in digits or "e" in digits or "E" in digits:
            odd.update([] if compact_text(number) == digits.encode() else [Oddity.OTHER_DIGITS])
        return number

    def members(pairs: list[tuple[str, Json]]) -> Members:
        found = Members(pairs)
        odd.update([Oddity.TWICE] if found.twice else [])
        return found

    try:
        value = json.loads(
            text.decode(), object_pairs_hook=members, parse_int=integer, parse_float=double, parse_constant=_refuse
        )
    except RecursionError:
        raise ValueError("too deep to be read") from None
    if b"\\u" in text and re.search("[\ud800-\udfff]", json.dumps(value, ensure_ascii=False)):
        odd.add(Oddity.SURROGATE)
    return Looked(value, frozenset(odd))


def _refuse(literal: str) -> float:
    raise ValueError(f"{literal} is no JSON")


def parse(text: bytes) -> Json:
    """Read JSON by the rules of *Canonical JSON*. Raises :class:`ValueError` (JSON-10 to JSON-14, JSON-16)."""
    looked = look(text)
    if looked.odd & REFUSED:
        raise ValueError("a text that is refused")
    return looked.value


def is_json(text: bytes) -> bool:
    """Whether a text is JSON, whatever value it is."""
    try:
        look(text)
    except ValueError:
        return False
    return True


def is_utf8(text: bytes) -> bool:
    """Whether bytes are UTF-8."""
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def may_be_asked(line: bytes, capabilities: frozenset[str]) -> bool:
    """Whether a driver with these capabilities can be held to the reading of all numbers in a text."""
    return {_NEEDED[each] for each in look(line).odd if each in _NEEDED} <= capabilities


_SAFE: Final = 2**53 - 1
_NEEDED: Final[Mapping[Oddity, str]] = {
    Oddity.MINUS_ZERO: "exact-numbers",
    Oddity.OTHER_DIGITS: "exact-numbers",
    Oddity.BEYOND_64_BITS: "json-numbers",
}
"""What a driver must have declared to be held to the reading of such numbers."""


def large_integers(value: Json) -> list[int]:
    """The integers in a value that a double may not hold, at every depth."""
    if isinstance(value, dict | list):
        inside = value.values() if isinstance(value, dict) else value
        return [integer for each in inside for integer in large_integers(each)]
    return [value] if type(value) is int and abs(value) > _SAFE else []


# --- comparing --------------------------------------------------------------------------------------------------------


def blurred(value: Json) -> Json:
    """A value without its doubles: whether they are read right is another requirement's business (JSON-12)."""
    match value:
        case float():
            return "a double"
        case list():
            return [blurred(each) for each in value]
        case dict():
            return {name: blurred(each) for name, each in value.items()}
        case _:
            return value


def difference(expected: Object, actual: Object) -> tuple[Object, Object]:
    """The members in which two objects differ; of two that say the same, none."""
    names = [
        name
        for name in {**expected, **actual}
        if (name in expected) != (name in actual) or canonical(expected.get(name)) != canonical(actual.get(name))
    ]
    return tuple({name: each[name] for name in names if name in each} for each in (expected, actual))  # type: ignore[return-value]


def apart(expected: bytes, actual: bytes) -> tuple[str, str]:
    """The parts of two texts from where they begin to differ; of two equal ones, nothing."""
    if expected == actual:
        return "", ""
    shorter = min(len(expected), len(actual))
    start = next((at for at in range(shorter) if expected[at] != actual[at]), shorter)
    return as_text(expected[max(0, start - 20) : start + 40]), as_text(actual[max(0, start - 20) : start + 40])


def as_text(raw: bytes) -> str:
    """Bytes as text for people, whatever they are."""
    return raw.decode(errors="backslashreplace")


def compact_text(value: Json) -> bytes:
    """Write a value in compact form, members in their own order."""
    return orjson.dumps(value)


def pretty_text(value: Json) -> bytes:
    """Write a value in pretty form, members in their own order (FILE-5)."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2)
