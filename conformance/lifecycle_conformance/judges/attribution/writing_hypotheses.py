"""Ways in which libraries get canonical JSON wrong, each against one requirement."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from math import inf, isfinite, nextafter
from typing import Final, TypeAlias

import orjson

from lifecycle_conformance.judges.attribution.canonical_writing import (
    Double,
    digits_of,
    double,
    exponential,
    is_plain,
    plain,
    write,
)
from lifecycle_conformance.judges.attribution.hypotheses import Hypothesis
from lifecycle_projection.records import Json

_Writer: TypeAlias = Callable[[Json], bytes]

# --- strings ----------------------------------------------------------------------------------------------------------


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


# --- doubles ----------------------------------------------------------------------------------------------------------


def _where(applies: Callable[[float], bool], way: Double) -> Double:
    return lambda value: way(value) if applies(value) else double(value)


def _exponent(changed: Callable[[str], str]) -> Double:
    return lambda value: double(value) if is_plain(value) else changed(double(value))


def _plain(value: float) -> str:
    return plain(*digits_of(repr(value)))


def _of_digits(count: int) -> Double:
    def way(value: float) -> str:
        text = digits_of(f"{value:.{count - 1}e}")
        return plain(*text) if is_plain(value) else exponential(*text)

    return way


def _plain_only(least: float, below: float) -> Double:
    def way(value: float) -> str:
        outside = is_plain(value) and value and not least <= abs(value) < below
        return exponential(*digits_of(repr(value))) if outside else double(value)

    return way


def _read_one_off(towards: float) -> Double:
    def way(value: float) -> str:
        read = nextafter(value, towards) if len(digits_of(repr(value))[1]) > 15 else value
        return double(read if isfinite(read) else value)

    return way


_NARROWER: Final = ((1e-4, 1e16), (1e-3, 1e16), (1e-5, 1e15), (1e-5, 1e7), (1e-3, 1e7))
_DOUBLES: Final[Mapping[str, Mapping[str, Double]]] = {
    "JSON-6": {"whole ones as integers": _where(float.is_integer, lambda value: str(int(value)))},
    "JSON-7": {
        **{f"{count} significant digits": _of_digits(count) for count in (17, 16, 15)},
        "all its digits": _where(is_plain, lambda value: plain(*digits_of(f"{value:.1100f}"))),
    },
    "JSON-8": {
        "as Python does": _where(is_plain, repr),
        "minus zero without sign": lambda value: double(value or 0.0),
        "nothing after the point": _where(is_plain, lambda value: double(value).removesuffix(".0")),
        **{f"only from {least} to {below}": _plain_only(least, below) for least, below in _NARROWER},
    },
    "JSON-9": {
        "no plus": _exponent(lambda text: text.replace("e+", "e")),
        "a capital E": _exponent(str.upper),
        "a capital E without plus": _exponent(lambda text: text.replace("e+", "e").upper()),
        "two digits of the exponent": _exponent(lambda text: re.sub(r"e([+-])(\d)$", r"e\g<1>0\2", text)),
        "always a point": _exponent(lambda text: re.sub(r"^(-?\d)e", r"\1.0e", text)),
        "plain up to 1e21": _where(lambda value: abs(value) < 1e21 and abs(value) >= 1, _plain),
        "plain from 1e-7": _where(lambda value: 1e-7 <= abs(value) < 1, _plain),
        "plain always": _plain,
    },
    "JSON-12": {f"long ones read one off, towards {towards}": _read_one_off(towards) for towards in (inf, -inf)},
}
DOUBLES: Final[Mapping[Hypothesis, Double]] = {
    Hypothesis(requirement, f"doubles: {what}"): way
    for requirement, ways in _DOUBLES.items()
    for what, way in ways.items()
}
"""Wrong ways to write a double, and to read one."""

# --- all of it --------------------------------------------------------------------------------------------------------

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
    "escapes in upper case": _replacing(*(set(_CONTROLS) - set("\b\t\n\f\r")), escape="\\u{:04X}"),
}
_INTEGERS: Final[Mapping[str, Callable[[int], str]]] = {
    "integers written as doubles": lambda number: f"{number}.0",
    "integers written with exponents": lambda number: f"{number:e}",
}


def _text(written: Callable[[Json], str]) -> _Writer:
    return lambda value: written(value).encode()


WRITERS: Final[Mapping[Hypothesis, _Writer]] = {
    Hypothesis("JSON-2", "white space between tokens"): _text(partial(write, comma=", ", colon=": ")),
    Hypothesis("JSON-2", "white space after colons"): _text(partial(write, colon=": ")),
    Hypothesis("JSON-2", "indentation"): lambda value: orjson.dumps(
        value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS
    ),
    Hypothesis("JSON-2", "a newline at the end"): _text(lambda value: f"{write(value)}\n"),
    Hypothesis("JSON-2", "a byte order mark"): _text(lambda value: f"\ufeff{write(value)}"),
    Hypothesis("JSON-2", "UTF-16"): lambda value: write(value).encode("utf-16-le"),
    Hypothesis("JSON-2", "UTF-16, big-endian"): lambda value: write(value).encode("utf-16-be"),
    **{Hypothesis("JSON-3", what): _text(partial(write, key=key)) for what, key in _KEYS.items()},
    **{Hypothesis("JSON-4", what): _text(partial(write, string=string)) for what, string in _STRINGS.items()},
    **{Hypothesis("JSON-5", what): _text(partial(write, integer=integer)) for what, integer in _INTEGERS.items()},
    **{hypothesis: _text(partial(write, double=way)) for hypothesis, way in DOUBLES.items()},
}
"""Wrong ways to write a value."""
