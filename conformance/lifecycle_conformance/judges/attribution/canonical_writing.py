"""Canonical JSON, written rightly and in the ways in which libraries get it wrong, each against one requirement.

The right way owes nothing to the reference, and its doubles nothing to any library that writes JSON.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from itertools import product
from math import inf, isfinite, nextafter
from typing import Any, Final, Literal, TypeAlias

import orjson

from lifecycle_conformance.judges.attribution.hypotheses import Hypothesis, named
from lifecycle_projection.records import Json

Double: TypeAlias = Callable[[float], str]
_Writer: TypeAlias = Callable[[Json], bytes]


def double(value: float) -> str:
    """How a double is written (JSON-7 to JSON-9)."""
    return _plain(*_digits_of(repr(value))) if _is_plain(value) else _exponential(*_digits_of(repr(value)))


def write(  # noqa: PLR0913 - a writer may go wrong in each of these
    value: Json,
    *,
    key: Callable[[str], Any] | None = str.encode,
    string: Callable[[str], str] = lambda text: orjson.dumps(text).decode(),
    integer: Callable[[int], str] = str,
    double: Double = double,
    comma: str = ",",
    colon: str = ":",
) -> str:
    """Canonical JSON of a value, or with one part of that done in another way; integers may have any size.

    Without a `key` to sort them by, members stay in their order.
    """

    def written(value: Json) -> str:
        match value:
            case bool() | None:
                return {True: "true", False: "false", None: "null"}[value]
            case int():
                return integer(value)
            case float():
                return double(value)
            case str():
                return string(value)
            case list():
                return f"[{comma.join(map(written, value))}]"
            case _:
                names = value if key is None else sorted(value, key=key)
                return f"{{{comma.join(string(name) + colon + written(value[name]) for name in names)}}}"

    return written(value)


def _is_plain(value: float) -> bool:
    """Whether a double is written without exponent (JSON-8)."""
    return value == 0 or 1e-5 <= abs(value) < 1e16


def _digits_of(text: str) -> tuple[str, str, int]:
    """Sign and digits of a number, and the exponent of its first digit.

    Python's own `repr` of a double has the shortest digits, and of those the nearest (JSON-7).
    """
    sign, digits, exponent = Decimal(text).as_tuple()
    assert isinstance(exponent, int)
    found = "".join(map(str, digits))
    return "-" * sign, found.rstrip("0") or "0", exponent + len(found) - 1 if any(digits) else 0


def _plain(sign: str, digits: str, exponent: int) -> str:
    """A number without exponent (JSON-8)."""
    if exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
    return f"{sign}{digits[: exponent + 1].ljust(exponent + 1, '0')}.{digits[exponent + 1 :] or '0'}"


def _exponential(sign: str, digits: str, exponent: int) -> str:
    """A number with exponent (JSON-9)."""
    rest = f".{digits[1:]}" if digits[1:] else ""
    return f"{sign}{digits[0]}{rest}e{exponent:+d}"


# --- wrong strings ----------------------------------------------------------------------------------------------------


def _replacing(*characters: str, escape: str = "\\u{:04x}") -> Callable[[str], str]:
    """A writer of strings that escapes characters which stand for themselves, or as others are escaped."""
    table = {each: escape.format(ord(each)) for each in characters}

    def string(text: str) -> str:
        return "".join(table.get(each, orjson.dumps(each).decode()[1:-1]) for each in text).join('""')

    return string


def _ascii(last: str, digits: str) -> Callable[[str], str]:
    """A writer of strings that escapes everything beyond a character, which is one of the last of ASCII."""

    def string(text: str) -> str:
        actions = []
        for each in text:
            units = each.encode("utf-16-be")
            escapes = (f"\\u{int.from_bytes(units[i : i + 2]):{digits}}" for i in range(0, len(units), 2))
            actions.append(orjson.dumps(each).decode()[1:-1] if each <= last else "".join(escapes))
        return "".join(actions).join('""')

    return string


def _normalised(form: Literal["NFC", "NFD"]) -> Callable[[str], str]:
    return lambda text: orjson.dumps(unicodedata.normalize(form, text)).decode()


# --- wrong orders -----------------------------------------------------------------------------------------------------


def _sorted_down_to(objects: float, *, lists: float = inf) -> Callable[[Json], str]:
    """A writer that sorts the members of so many objects inside each other, in so many lists inside each other."""

    def in_order(value: Json, objects: float, lists_left: float) -> Json:
        if isinstance(value, list) and lists_left > 0:
            return [in_order(each, objects, lists_left - 1) for each in value]
        if isinstance(value, dict) and objects > 0:
            return {name: in_order(value[name], objects - 1, lists) for name in sorted(value)}
        return value

    return lambda value: write(in_order(value, objects, lists), key=None)


# --- wrong doubles ----------------------------------------------------------------------------------------------------


def _where(applies: Callable[[float], bool], way: Double) -> Double:
    return lambda value: way(value) if applies(value) else double(value)


def _exponent(changed: Callable[[str], str]) -> Double:
    return lambda value: double(value) if _is_plain(value) else changed(double(value))


def _in_plain(value: float) -> str:
    return _plain(*_digits_of(repr(value)))


def _of_digits(count: int) -> Double:
    def way(value: float) -> str:
        text = _digits_of(f"{value:.{count - 1}e}")
        return _plain(*text) if _is_plain(value) else _exponential(*text)

    return way


def _plain_only(least: float, below: float) -> Double:
    def way(value: float) -> str:
        outside = _is_plain(value) and value and not least <= abs(value) < below
        return _exponential(*_digits_of(repr(value))) if outside else double(value)

    return way


def _read_off(towards: float, units: int) -> Double:
    def way(value: float) -> str:
        read = value
        for _ in range(units if len(_digits_of(repr(value))[1]) > 15 else 0):
            read = nextafter(read, towards)
        return double(read if isfinite(read) else value)

    return way


_NARROWER: Final = ((1e-4, 1e16), (1e-3, 1e16), (1e-5, 1e15), (1e-5, 1e7), (1e-3, 1e7))
DOUBLES: Final[Mapping[Hypothesis, Double]] = named(
    {
        "JSON-6": {"whole doubles as integers": _where(float.is_integer, lambda value: str(int(value)))},
        "JSON-7": {
            **{f"{count} significant digits": _of_digits(count) for count in (17, 16, 15)},
            "all its digits": _where(_is_plain, lambda value: _plain(*_digits_of(f"{value:.1100f}"))),
        },
        "JSON-8": {
            "as Python does": _where(_is_plain, repr),
            "minus zero without sign": lambda value: double(value or 0.0),
            "nothing after the point": _where(_is_plain, lambda value: double(value).removesuffix(".0")),
            **{f"only from {least} to {below}": _plain_only(least, below) for least, below in _NARROWER},
        },
        "JSON-9": {
            "no plus": _exponent(lambda text: text.replace("e+", "e")),
            "a capital E": _exponent(str.upper),
            "a capital E without plus": _exponent(lambda text: text.replace("e+", "e").upper()),
            "two digits of the exponent": _exponent(lambda text: re.sub(r"e([+-])(\d)$", r"e\g<1>0\2", text)),
            "always a point": _exponent(lambda text: re.sub(r"^(-?\d)e", r"\1.0e", text)),
            "plain up to 1e21": _where(lambda value: abs(value) < 1e21 and abs(value) >= 1, _in_plain),
            "plain from 1e-6": _where(lambda value: 1e-6 <= abs(value) < 1, _in_plain),
            "plain from 1e-7": _where(lambda value: 1e-7 <= abs(value) < 1, _in_plain),
            "plain always": _in_plain,
        },
    }
) | named(
    {
        "JSON-12": {
            f"a long one read {units} off, towards {towards}": _read_off(towards, units)
            for towards, units in product((inf, -inf), (1, 2))
        }
    },
    irregular=True,
)
"""Wrong ways to write a double, and to read one."""

# --- all wrong ways ---------------------------------------------------------------------------------------------------

_CONTROLS: Final = tuple(map(chr, range(0x20)))
_KEYS: Final[Mapping[str, Callable[[str], object]]] = {
    "members sorted by UTF-16 units": lambda name: name.encode("utf-16-be"),
    "members sorted without regard to case": str.casefold,
    "members sorted by length": lambda name: (len(name), name),
}
_STRINGS: Final[Mapping[str, Callable[[str], str]]] = {
    "everything beyond ASCII escaped": _ascii("\x7f", "04x"),
    "the same, in upper case": _ascii("\x7f", "04X"),
    "everything beyond `~` escaped": _ascii("~", "04x"),
    "slashes escaped": _replacing("/", escape="\\/"),
    "`<`, `>` and `&` escaped": _replacing(*"<>&"),
    "the same, and U+2028": _replacing(*"<>&\u2028\u2029"),
    "U+2028 escaped": _replacing(*"\u2028\u2029"),
    "U+007F escaped": _replacing("\x7f"),
    "no escapes by letter": _replacing(*_CONTROLS),
    "no `\\b` and `\\f`": _replacing(*"\b\f"),
    **{f"in the normal form {form}": _normalised(form) for form in ("NFC", "NFD")},
    "each up to its first NUL": lambda text: orjson.dumps(text.partition("\0")[0]).decode(),
    "escapes in upper case": _replacing(*(set(_CONTROLS) - set("\b\t\n\f\r")), escape="\\u{:04X}"),
}
_INTEGERS: Final[Mapping[str, Callable[[int], str]]] = {
    "integers written as doubles": lambda number: f"{number}.0",
    "integers written with exponents": lambda number: f"{number:e}",
}


def _text(written: Callable[[Json], str]) -> _Writer:
    return lambda value: written(value).encode()


WRITERS: Final[Mapping[Hypothesis, _Writer]] = {
    **named(
        {
            "JSON-2": {
                "white space between tokens": _text(partial(write, comma=", ", colon=": ")),
                "white space after colons": _text(partial(write, colon=": ")),
                "indentation": lambda value: orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS),
                "a newline at the end": _text(lambda value: f"{write(value)}\n"),
                "a byte order mark": _text(lambda value: f"\ufeff{write(value)}"),
                "UTF-16": lambda value: write(value).encode("utf-16-le"),
                "UTF-16, big-endian": lambda value: write(value).encode("utf-16-be"),
            },
            "JSON-3": {
                **{what: _text(partial(write, key=key)) for what, key in _KEYS.items()},
                **{f"members sorted in {count} levels only": _text(_sorted_down_to(count)) for count in (1, 2, 3)},
                "members in lists not sorted": _text(_sorted_down_to(inf, lists=0)),
                "members in lists of lists not sorted": _text(_sorted_down_to(inf, lists=1)),
            },
            "JSON-4": {what: _text(partial(write, string=string)) for what, string in _STRINGS.items()},
            "JSON-5": {what: _text(partial(write, integer=integer)) for what, integer in _INTEGERS.items()},
        }
    ),
    **{hypothesis: _text(partial(write, double=way)) for hypothesis, way in DOUBLES.items()},
}
"""Wrong ways to write a value."""
