"""JSON text in, values out: a strict reader (chapter *Canonical JSON*, the part on reading)."""

import json
import re
from collections.abc import Sequence
from typing import Final

import orjson

from lifecycle_projection.errors import InvalidInputError, NotJsonError, Problem
from lifecycle_projection.records import Json

MAX_DEPTH: Final = 127
_MIN_I64: Final = -(2**63)
_MAX_U64: Final = 2**64 - 1
_BRACKET: Final = re.compile(rb"[\[\]{}]")
# By what a text in another encoding begins with; the longer marks come first.
_ENCODINGS: Final = (
    (b"\xff\xfe\0\0", "UTF-32"),
    (b"\0\0\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
    (b"\xef\xbb\xbf", "a byte order mark before it"),
)


class DuplicateMembers(dict[str, Json]):
    """An object whose text named a member more than once: the last value counts, `pairs` holds them all.

    (REC-11, REC-13)
    """

    def __init__(self, pairs: Sequence[tuple[str, Json]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs


def read_json(text: bytes | str, *, keep_duplicates: bool = True, max_depth: int = MAX_DEPTH) -> Json:
    """Read one JSON text.

    Integers that fit neither i64 nor u64, and the literal `-0`, come back as doubles; doubles are rounded correctly;
    an object with duplicate members comes back as :class:`DuplicateMembers`, or without `keep_duplicates` as a plain
    `dict` with the last one. Raises :class:`InvalidInputError` for what is no JSON or no UTF-8, a lone surrogate, a
    number beyond the doubles, or more than `max_depth` arrays and objects inside each other (JSON-10 to JSON-16).
    """
    try:
        raw = text.encode() if isinstance(text, str) else text
        value = orjson.loads(raw)  # refuses what is no JSON, and beyond that reads too leniently
    except UnicodeEncodeError:
        raise _refusal("expected JSON text: a lone surrogate is no character") from None
    except orjson.JSONDecodeError as error:
        raise _not_json(raw, error) from None
    if _depth(raw, enough=max_depth) > max_depth:
        raise _refusal(f"expected at most {max_depth} arrays and objects inside each other")
    if _comes_out_as_it_went_in(raw, value):
        return value
    return json.loads(raw, object_pairs_hook=_object if keep_duplicates else None, parse_int=_integer)


def _comes_out_as_it_went_in(raw: bytes, value: Json) -> bool:
    """Whether a value that the lenient reader made of a text is written as that very text.

    Same result, faster: that reader takes `-0` for 0, hides duplicate members and rounds large integers. All of that
    shows when the value is written again, so that a text which comes out as it went in needs no second reading.
    """
    try:
        return raw == orjson.dumps(value, option=orjson.OPT_INDENT_2 if b"\n" in raw else None)
    except orjson.JSONEncodeError:  # it writes nothing as deep as it reads
        return False


def _depth(raw: bytes, *, enough: int) -> int:
    """How deep a text nests.

    Same result, faster: where there are no more brackets than is `enough` to know, their number does as an upper bound.
    """
    brackets = raw.count(b"[") + raw.count(b"{")
    if brackets <= enough:
        return brackets
    depth = deepest = 0
    # Without escaped characters each quotation mark begins or ends a string, and every other piece is outside of one.
    pieces = raw.replace(rb"\\", b"").replace(rb"\"", b"").split(b'"')
    for bracket in _BRACKET.findall(b"".join(pieces[::2])):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _object(pairs: Sequence[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    return members if len(members) == len(pairs) else DuplicateMembers(pairs)


def _integer(digits: str) -> int | float:
    # No 64-bit integer has more than 20 characters; Python need not build the number of a longer one.
    if digits != "-0" and len(digits) <= 20 and _MIN_I64 <= (number := int(digits)) <= _MAX_U64:
        return number
    return float(digits)


def _not_json(raw: bytes, error: orjson.JSONDecodeError) -> InvalidInputError:
    """What is wrong and where; the line only where there are several, for who reads a file knows its number."""
    for mark, encoding in _ENCODINGS:
        if raw.startswith(mark):
            return _refusal(f"expected JSON text in UTF-8, found {encoding}")
    if b"\0" in raw[:4]:
        return _refusal("expected JSON text in UTF-8, found what looks like UTF-16 or UTF-32")
    try:
        text = raw.decode()
    except UnicodeDecodeError as broken:
        offset, reason = broken.start, f"byte {raw[broken.start]:#04x} is no UTF-8"
        text = raw[:offset].decode()
    else:
        text = text[: error.pos]
        offset, reason = len(text.encode()), error.msg
    line, column = text.count("\n") + 1, len(text) - text.rfind("\n")
    place = f"at line {line}, column {column}" if b"\n" in raw.rstrip() else f"at column {column}"
    return NotJsonError.at(place, reason, offset)


def _refusal(message: str) -> InvalidInputError:
    return InvalidInputError(problems=(Problem("$", message),))
