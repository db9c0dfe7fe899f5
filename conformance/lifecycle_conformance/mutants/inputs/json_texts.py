"""Faults in reading JSON: numbers that change, and texts that are read although they are none, or too deep."""

import json
import re
from collections.abc import Callable
from decimal import ROUND_DOWN, Context, Decimal
from math import copysign, inf, isinf, nextafter
from sys import float_info
from typing import Any, Final, TypeAlias

from lifecycle_conformance.driver import server
from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import InvalidInputError, json_text
from lifecycle_projection.json_text import MAX_DEPTH
from lifecycle_projection.records import Json
from lifecycle_projection.stores import files

_Read: TypeAlias = Callable[..., Json]
_OBJECT: Final = vars(json_text)["_object"]
_INTEGER: Final[Callable[[str], int | float]] = vars(json_text)["_integer"]


# --- how a reader is made wrong ---------------------------------------------------------------------------------------


def _read_by(wrong: Callable[[_Read], _Read]) -> Patches:
    """Read requests, run records that are texts, and files in another way."""
    for module in (server, files):
        yield replaced(module, "read_json", wrong)


def _numbers(integer: Callable[[str], Json] = _INTEGER, double: Callable[[str], float] = float) -> Patches:
    def wrong(read_json: _Read) -> _Read:
        def read(text: bytes | str, *, keep_duplicates: bool = True, max_depth: int = MAX_DEPTH) -> Json:
            read_json(text, max_depth=max_depth)  # what must be refused is
            hook = _OBJECT if keep_duplicates else None
            return json.loads(text, object_pairs_hook=hook, parse_int=integer, parse_float=double)

        return read

    return _read_by(wrong)


def _mended(mend: Callable[[str], str]) -> Patches:
    """Read what is refused once more, mended."""

    def wrong(read_json: _Read) -> _Read:
        def read(text: bytes | str, **options: Any) -> Json:
            try:
                return read_json(text, **options)
            except InvalidInputError:
                mended = mend(text if isinstance(text, str) else text.decode(errors="surrogateescape"))
                return read_json(mended.encode(errors="surrogateescape"), **options)

        return read

    return _read_by(wrong)


_STRING: Final = r'"(?:[^"\\]|\\.)*"'


def _outside_strings(pattern: str, by: Callable[[str], str]) -> Callable[[str], str]:
    either = re.compile(f"({_STRING})|{pattern}", re.DOTALL)
    return lambda text: either.sub(lambda found: found[0] if found[1] else by(found[0]), text)


_NUMBER: Final = r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"
_LONE_SURROGATE: Final = (
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)


# --- numbers ----------------------------------------------------------------------------------------------------------


@fault(
    "JSON-10",
    "DRIVER-8",
    "FILE-14",
    "REC-7",
    why="Many readers know signed integers only, and take doubles for all others.",
)
def unsigned_read_as_doubles() -> Patches:
    """Integers of 2^63 and more that are no times or counts are read as doubles."""
    return _numbers(lambda digits: number if (number := _INTEGER(digits)) < 2**63 else float(digits))


@fault("JSON-10", "FILE-14", why="A conversion to an integer that overflows stops at the greatest one.")
def integers_saturate() -> Patches:
    """Integers beyond 64 bits are read as the greatest or the least one of 64 bits."""
    return _numbers(lambda digits: _INTEGER(digits) if digits == "-0" else max(-(2**63), min(2**64 - 1, int(digits))))


@fault("JSON-10", "FILE-14", why="In C, an integer that is too large loses its upper bits.")
def integers_wrap() -> Patches:
    """Of integers of 2^64 and more, the lower 64 bits are read."""
    return _numbers(lambda digits: _INTEGER(digits) if digits.startswith("-") else int(digits) % 2**64)


@fault("JSON-10", "FILE-14", why="The least integer is the one whose absolute value is no integer of 64 bits.")
def least_integer_is_a_double() -> Patches:
    """-2^63 is read as a double."""
    return _numbers(lambda digits: number if (number := _INTEGER(digits)) > -(2**63) else float(digits))


@fault("JSON-11", "FILE-14", why="`int('-0')` is 0 in every language.")
def minus_zero_is_an_integer() -> Patches:
    """The literal `-0` is read as the integer 0."""
    return _numbers(lambda digits: 0 if digits == "-0" else _INTEGER(digits))


@fault("JSON-11", "FILE-14", why="Zeros are equal, whatever their sign.")
def minus_zero_loses_its_sign() -> Patches:
    """The literal `-0` is read as the double 0.0."""
    return _numbers(lambda digits: 0.0 if digits == "-0" else _INTEGER(digits))


def _digits_of(text: str) -> int:
    return len(re.sub(r"[eE].*|\D", "", text).lstrip("0"))


@fault("JSON-12", "FILE-14", why="17 digits tell all doubles apart, so more seem to be none of their business.")
def digits_cut_at_17() -> Patches:
    """Of the digits of a double all behind the seventeenth are passed over."""
    cut = Context(prec=17, rounding=ROUND_DOWN, Emax=10**9, Emin=-(10**9))
    return _numbers(double=lambda text: float(cut.create_decimal(text)))


@fault("JSON-12", "FILE-14", why="A conversion that cuts off is cheaper than one that rounds.")
def doubles_rounded_to_zero() -> Patches:
    """A double of more than 15 digits is read as the nearest one towards zero."""

    def read(text: str) -> float:
        number = float(text)
        farther = _digits_of(text) > 15 and abs(Decimal(number)) > abs(Decimal(text))
        return nextafter(number, 0.0) if farther and not isinf(number) else number

    return _numbers(double=read)


@fault("JSON-12", "FILE-14", why="Processors are told to flush what is so small to zero, for speed.")
def small_doubles_flushed() -> Patches:
    """A double below the normal ones is read as zero."""

    def read(text: str) -> float:
        number = float(text)
        return copysign(0.0, number) if abs(number) < float_info.min else number

    return _numbers(double=read)


@fault("JSON-12", "FILE-14", why="Rounding half up is what is taught at school.")
def ties_rounded_up() -> Patches:
    """A double whose text lies in the middle of two is read as the greater of them."""

    def read(text: str) -> float:
        number = float(text)
        above = nextafter(number, copysign(inf, number))
        exact = Context(prec=1200)
        middle = exact.divide(exact.add(Decimal(number), Decimal(above)), 2) if not isinf(above) else None
        return above if middle is not None and Decimal(text) == middle else number

    return _numbers(double=read)


# --- what must be refused ---------------------------------------------------------------------------------------------


@fault("JSON-13", "FILE-14", why="A number that is too large is read as infinity, and written as the greatest one.")
def overflow_saturates() -> Patches:
    """A number beyond the doubles is read as the greatest or the least of them."""

    def saturated(text: str) -> str:
        return text if not isinf(float(text)) else f"{'-' * text.startswith('-')}{float_info.max!r}"

    return _mended(_outside_strings(_NUMBER, saturated))


@fault("JSON-13", "FILE-14", why="`JSON.stringify(Infinity)` is null.")
def overflow_is_null() -> Patches:
    """A number beyond the doubles is read as null."""
    return _mended(_outside_strings(_NUMBER, lambda text: "null" if isinf(float(text)) else text))


@fault("JSON-13", "FILE-14", why="Only the exponents of doubles are looked at.")
def long_integers_saturate() -> Patches:
    """An integer beyond the doubles is read as the greatest or the least of them."""

    def saturated(text: str) -> str:
        is_long = text.lstrip("-").isdecimal() and isinf(float(text))
        return f"{'-' * text.startswith('-')}{float_info.max!r}" if is_long else text

    return _mended(_outside_strings(_NUMBER, saturated))


@fault("JSON-14", "FILE-14", why="Go and many decoders put the replacement character where they find none.")
def surrogates_replaced() -> Patches:
    """A lone surrogate is read as U+FFFD."""
    return _mended(lambda text: re.sub(_LONE_SURROGATE, r"\\ufffd", text))


@fault("JSON-14", "FILE-14", why="Names come out of another routine than values.")
def surrogates_in_names_replaced() -> Patches:
    """A lone surrogate in the name of a member is read as U+FFFD."""
    name = re.compile(rf"{_STRING}(?=\s*:)", re.DOTALL)
    return _mended(lambda text: name.sub(lambda found: re.sub(_LONE_SURROGATE, r"\\ufffd", found[0]), text))


def _deep(change: int) -> Patches:
    def wrong(read_json: _Read) -> _Read:
        return lambda text, **options: read_json(text, **{**options, "max_depth": MAX_DEPTH + change})

    return _read_by(wrong)


@fault("JSON-15", "FILE-14", why="A limit of 128 is easily taken for the last depth that is read.")
def depth_of_128_read() -> Patches:
    """128 arrays and objects inside each other are read."""
    return _deep(1)


@fault("JSON-15", "FILE-14", why="The outermost value is easily counted twice, or the innermost one as well.")
def depth_of_127_refused() -> Patches:
    """127 arrays and objects inside each other are refused."""
    return _deep(-1)


@fault("JSON-15", why="Brackets are counted before the text is read, and strings may hold some.")
def brackets_in_strings_nest() -> Patches:
    """A text with more than 127 opening brackets that aren't closed is refused, strings or not."""

    def wrong(read_json: _Read) -> _Read:
        def read(text: bytes | str, **options: Any) -> Json:
            if isinstance(text, str) and _surplus(text) > MAX_DEPTH:
                read_json("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))
            return read_json(text, **options)

        return read

    return _read_by(wrong)


def _surplus(text: str) -> int:
    depth = deepest = 0
    for each in re.findall(r"[\[\]{}]", text):
        depth += 1 if each in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


@fault("JSON-15", "FILE-14", why="Arrays are what hostile texts nest.")
def only_arrays_counted() -> Patches:
    """Objects don't count where it is measured how deep a text nests."""

    def wrong(read_json: _Read) -> _Read:
        def read(text: bytes | str, **options: Any) -> Json:
            value = read_json(text, **{**options, "max_depth": 1000})
            if _depth_of_arrays(value) > MAX_DEPTH:
                read_json(text, **options)
            return value

        return read

    return _read_by(wrong)


def _depth_of_arrays(value: Json) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return isinstance(value, list) + max(map(_depth_of_arrays, inner), default=0)


# --- what is no JSON --------------------------------------------------------------------------------------------------


def _lenient(*, why: str) -> Callable[[Callable[[], Patches]], Any]:
    return fault("JSON-16", "DRIVER-12", "DRIVER-2", "FILE-14", "FILE-16", why=why)


@_lenient(why="Python's own reader takes NaN and the infinities.")
def not_a_number_is_null() -> Patches:
    """`NaN`, `Infinity` and `-Infinity` are read as null."""
    return _mended(_outside_strings("-?Infinity|NaN", lambda _: "null"))


@_lenient(why="Files from Windows begin with one.")
def byte_order_mark_skipped() -> Patches:
    """A byte order mark at the start is passed over."""
    return _mended(lambda text: text.removeprefix("\ufeff"))


@_lenient(why="Readers of configuration files forgive a comma behind the last item.")
def comma_too_many() -> Patches:
    """A comma behind the last item or member is passed over."""
    return _mended(_outside_strings(r",\s*(?=[\]}])", lambda _: ""))


@_lenient(why="Readers of configuration files allow comments.")
def comments_skipped() -> Patches:
    """Comments, as JavaScript has them, are passed over."""
    return _mended(_outside_strings(r"/\*.*?\*/|//[^\n]*", lambda _: " "))


@_lenient(why="`json.loads(text, strict=False)` is what messages of copied texts lead to.")
def control_characters_read() -> Patches:
    """A control character may stand in a string as it is."""

    def escaped(found: "re.Match[str]") -> str:
        return re.sub("[\0-\x1f]", lambda each: f"\\u{ord(each[0]):04x}", found[0])

    return _mended(lambda text: re.sub(_STRING, escaped, text, flags=re.DOTALL))


@_lenient(why="A reader of a stream stops where the first value ends.")
def text_after_the_value_ignored() -> Patches:
    """What stands behind the value is ignored."""

    def first(text: str) -> str:
        try:
            return text[
                : json.JSONDecoder().raw_decode(text.lstrip(" \t\r\n"))[1] + len(text) - len(text.lstrip(" \t\r\n"))
            ]
        except ValueError:
            return text

    return _mended(first)


@_lenient(why="`strip` takes more than the white space of JSON.")
def any_white_space_around() -> Patches:
    """All that Python takes for white space, and NULs, may stand around the value."""
    return _mended(lambda text: text.strip().strip("\0"))


@_lenient(why="Leading zeros are read in most languages.")
def leading_zeros_read() -> Patches:
    """Zeros may stand before a number."""
    return _mended(_outside_strings(r"(?<![\d.eE+])(?<![eE]-)0+(?=\d)", lambda _: ""))


@_lenient(why="JavaScript reads `.5` and `1.`, and many readers of JSON do so, too.")
def points_at_the_ends_read() -> Patches:
    """A number may begin or end with its point."""
    dots = _outside_strings(r"(?<!\d)\.(?=\d)", lambda _: "0.")
    return _mended(lambda text: _outside_strings(r"(?<=\d)\.(?!\d)", lambda _: ".0")(dots(text)))


@fault("DRIVER-12", "DRIVER-2", "JSON-16", "FILE-14", "FILE-19", why="Go's decoders replace what they can't read.")
def broken_bytes_replaced() -> Patches:
    """Bytes that are no UTF-8 are read as U+FFFD."""
    return _mended(lambda text: text.encode(errors="surrogateescape").decode(errors="replace"))
