"""Input cases for the chapter *Canonical JSON*: values that are hard to write, and texts that are hard to read."""

import json
import math
from collections.abc import Callable, Sequence
from decimal import Context, Decimal
from functools import partial
from typing import Final, TypeAlias

from hypothesis import strategies as st

from lifecycle_conformance.execution.trace import Object
from lifecycle_conformance.generation.alphabets import CHARACTERS, NAMES_TO_SORT
from lifecycle_conformance.generation.input_cases.runs import KEY, PLACES, Path, small_run, text_with
from lifecycle_conformance.generation.input_cases.sessions import (
    HISTORY,
    Cases,
    Requests,
    Sessions,
    characters,
    grown,
    plain,
    reading,
    refusals,
    rewritten,
    small,
    together,
    words,
)
from lifecycle_projection.records import Json

SAFE: Final = 2**53 - 1
"""No integer is sent beyond this without `json-numbers`."""
MAX_DEPTH: Final = 127
_CONTROL: Final[Object] = {"event": "node_started", "recorded_at_ms": 1, "metadata": {"note": "plain"}}


# --- writing ----------------------------------------------------------------------------------------------------------


def _run_with(metadata: Json) -> Object:
    """A run whose last record holds a value, beside a plain one; its last failure does, too."""
    special = {"event": "node_completed", "recorded_at_ms": 2, "metadata": metadata}
    failure = {"node_id": "node-a", "reason": "reason", "failed_at_ms": 3, "metadata": metadata}
    return small_run(_CONTROL, special, last_failure=failure)


def _writing(because: str, values: st.SearchStrategy[Json], capabilities: frozenset[str]) -> Sessions:
    def sessions(run: Object) -> Sessions:
        return rewritten(run, capabilities).map(lambda sent: reading(because, run, sent))

    return values.map(_run_with).flatmap(sessions)


def _hash(capabilities: frozenset[str]) -> Sessions:
    return _writing("JSON-1", plain, capabilities)


def _compact(capabilities: frozenset[str]) -> Sessions:
    values = st.dictionaries(words, st.lists(plain, max_size=3) | plain, min_size=1, max_size=3)
    return _writing("JSON-2", values, capabilities)


def _order(capabilities: frozenset[str]) -> Sessions:
    names = st.permutations(NAMES_TO_SORT) | st.lists(
        st.sampled_from(NAMES_TO_SORT), min_size=2, max_size=6, unique=True
    )
    # Small ones: how large integers are written is another matter (JSON-5).
    objects = names.map(lambda names: {name: number % 9 for number, name in enumerate(names)})
    inside = st.sampled_from([lambda inner: [inner], lambda inner: [[inner]], lambda inner: {"b": [0, {"b": inner}]}])
    nested = objects | st.builds(lambda outer, put, inner: {**outer, "a": put(inner)}, objects, inside, objects)
    return _writing("JSON-3", nested, capabilities)


def _strings(capabilities: frozenset[str]) -> Sessions:
    special = st.permutations(CHARACTERS).map("".join)
    texts = special | st.text(alphabet=st.sampled_from(CHARACTERS) | characters, min_size=1, max_size=8)
    values = texts | st.builds(lambda text: [text], texts) | st.builds(lambda name: {name: 1}, texts)
    return _writing("JSON-4", values, capabilities)


def _integers(capabilities: frozenset[str]) -> Sessions:
    least, most = (-(2**63), 2**64 - 1) if "json-numbers" in capabilities else (-SAFE, SAFE)
    large = st.sampled_from([least, most, min(most, 2**63), SAFE, -SAFE]) | st.integers(least, most)
    numbers = st.integers(-9, 9) | large
    return _writing("JSON-5", numbers | st.lists(numbers | large, min_size=1, max_size=5), capabilities)


def _whole_doubles(capabilities: frozenset[str]) -> Sessions:
    # Plain forms of few digits, so that only the difference between integers and doubles is put to the test.
    doubles = st.integers(-(10**15) + 1, 10**15 - 1).map(float)
    return _writing("JSON-6", doubles | st.lists(doubles, min_size=1, max_size=3), capabilities)


# --- numbers ----------------------------------------------------------------------------------------------------------


_Token: TypeAlias = tuple[Json, str | None]
"""A number, and how it is written where no writer does so."""


def _numbers(because: str, tokens: st.SearchStrategy[_Token]) -> Sessions:
    """Read a number: as a value, or as a text where it is written as no writer does."""
    return st.builds(partial(_number, because), tokens, words, small)


def _number(because: str, token: _Token, note: str, at_ms: int) -> Requests:
    number, text = token
    special = {"event": "node_completed", "recorded_at_ms": at_ms, "metadata": {"n": number, "note": note}}
    run = small_run(_CONTROL, special)
    sent: Object = {"run": run} if text is None else {"run_json": text_with(run, (*_LAST, "metadata", "n"), text)}
    return reading(because, run, sent)


_LAST: Final[Path] = (*HISTORY, 1)


_ENDS: Final = (-(2**63), 2**63 - 1, 2**63, 2**64 - 1)
"""The ends of what integers of 64 bits can be, signed or not."""


def _beyond_64_bits(capabilities: frozenset[str]) -> Sessions:
    """Read each end of the 64 bits, and an integer within them or beyond."""
    ways: list[Callable[[int], _Token]] = [lambda number: (number, None)]
    if "text-input" in capabilities:
        ways.append(lambda number: (number, str(number)))
    within = st.integers(-(2**63), 2**64 - 1) | st.just(2**53 + 1)
    tokens: st.SearchStrategy[_Token] = st.one_of(*map(within.map, ways))
    if "text-input" in capabilities:
        ends = st.integers(0, 10**6)
        beyond = st.one_of(
            ends.map(lambda more: 2**64 + more),
            ends.map(lambda more: -(2**63) - 1 - more),
            st.builds(lambda digits, zeros: digits * 10**zeros, st.integers(10**14, 10**15 - 1), st.integers(6, 22)),
            st.integers(2**64, 10**40),
        )
        tokens = beyond.map(lambda number: (float(number), str(number))) | tokens
    at_ends = (st.sampled_from([way(number) for way in ways]) for number in _ENDS)
    sessions = [_numbers("JSON-10", token) for token in (*at_ends, tokens)]
    return st.tuples(*sessions).map(together)


def minus_zero(capabilities: frozenset[str]) -> Sessions | None:
    """Read the literal `-0`, which only a text can hold: writers write the double as `-0.0`."""
    if not {"text-input", "json-numbers", "exact-numbers"} <= capabilities:
        return None
    return _numbers("JSON-11", st.just((-0.0, "-0")))


def _nearest(capabilities: frozenset[str]) -> Sessions:
    """Read doubles of many digits: as they are written, with more digits than that, and halfway between two."""
    digits, exponents = st.integers(10**15, 10**17 - 1), st.integers(-340, 290)
    scientific = st.builds(lambda digits, exponent: f"{digits}e{exponent}", digits, exponents)
    fractions = digits.map("0.{}".format)
    known = st.sampled_from(
        [
            *("0.9341825998422749", "0.1234567890123456789", "9007199254740993.0"),
            *("5e-324", "1e-310", "1e-400", "0e400", "0.001e310"),
        ]
    )
    texts = known | scientific | fractions
    tokens: st.SearchStrategy[tuple[float, str | None]] = texts.map(lambda text: (float(text), None))
    if "text-input" in capabilities:
        more_digits = st.integers(10**17, 10**30)
        texts = st.one_of(
            texts,
            st.builds(lambda digits, exponent: f"{digits}.0E{exponent - 13}", more_digits, exponents),
            more_digits.map("-0.{}".format),
            *(st.builds(_halfway, fractions.map(float), st.just(more)) for more in ("", "1")),
        )
        tokens |= texts.map(lambda text: (float(text), text))

    def several(tokens: list[tuple[float, str | None]]) -> tuple[Json, str | None]:
        numbers = [number for number, _ in tokens]
        written = (text or repr(number) for number, text in tokens)
        return numbers, f"[{', '.join(written)}]" if any(text for _, text in tokens) else None

    return _numbers("JSON-12", st.lists(tokens, min_size=2, max_size=8).map(several))


def _halfway(number: float, more: str) -> str:
    """Write the middle between a double and the next one, with all its digits, or a number just above the middle."""
    exact = Context(prec=200)
    middle = exact.divide(exact.add(Decimal(number), Decimal(math.nextafter(number, math.inf))), Decimal(2))
    text = f"{middle:f}"
    return f"{text if '.' in text else f'{text}.0'}{more}"


# --- what is refused, wherever it stands ------------------------------------------------------------------------------

_ANYTHING: Final[tuple[Path, ...]] = (
    *(each.path for each in PLACES if each.member.type == "any"),
    ("checkpoint", "node_outputs", KEY),
    ("checkpoint", "node_attempt_verdicts", KEY, 0),
)
"""Where any value may stand; not inside a member that the tables don't name, where it may be read or not."""
_TEXTS: Final[tuple[Path, ...]] = tuple(each.path for each in PLACES if each.member.type == "str")
_MAPS: Final[tuple[Path, ...]] = tuple(each.path for each in PLACES if each.member.type == "{any}")


def _refused_texts(
    because: str, capabilities: frozenset[str], raws: st.SearchStrategy[str], places: Sequence[Path] = _ANYTHING
) -> Sessions:
    texts = st.builds(text_with, grown, st.sampled_from(places), raws)
    return refusals(because, capabilities, texts.map(lambda text: {"run_json": text}))


def _within(raws: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Put a text for a value into a list or an object, or nowhere."""
    wrappers = st.sampled_from(["{}", "[{}]", '{{"a": {}}}', "[1, {}, 2]"])
    return st.builds(str.format, wrappers, raws)


def _overflow(capabilities: frozenset[str]) -> Sessions:
    signs, digits = st.sampled_from(["", "-"]), st.integers(1, 10**6)
    powers = st.builds(lambda sign, digits, more: f"{sign}{digits}e{309 + more}", signs, digits, st.integers(0, 5000))
    points = st.builds(lambda sign, digits: f"{sign}1.8{digits}E+308", signs, digits)
    integers = st.builds(
        lambda sign, digits, zeros: f"{sign}{digits}{'0' * zeros}", signs, digits, st.integers(309, 500)
    )
    return _refused_texts("JSON-13", capabilities, _within(st.just("1e400") | powers | points | integers))


def _surrogates(capabilities: frozenset[str]) -> Sessions:
    """Escape a surrogate that is not part of a pair: in values and in names, of maps and of free-form objects."""
    high, low = st.integers(0xD800, 0xDBFF), st.integers(0xDC00, 0xDFFF)
    one = st.sampled_from(["\\ud800", "\\udfff", "\\uDBFF", "\\uDC00"]) | (high | low).map("\\u{:04x}".format)
    lone = st.one_of(
        one,
        st.builds("\\u{:04x}\\u{:04x}".format, low, high),
        st.builds("\\u{:04x}\\u{:04x}".format, high, high),
        st.builds("\\u{:04X}\\n\\u{:04X}".format, high, low),
    )
    texts = st.builds(lambda before, text, after: f'"{before}{text}{after}"', words | st.just(""), lone, words)
    named = texts.map(lambda text: f"{{{text}: 1}}")
    return st.one_of(
        _refused_texts("JSON-14", capabilities, _within(texts | named)),
        _refused_texts("JSON-14", capabilities, texts, _TEXTS),
        _refused_texts("JSON-14", capabilities, named, _MAPS),
    )


def _depth(capabilities: frozenset[str]) -> Sessions:
    """Nest up to the limit, and beyond it; brackets in strings, and those beside each other, don't nest.

    A string that ends in a backslash is over, though the quotation mark behind it may look like an escaped one.
    """

    def nested(path: Path, depth: int, opening: str, closing: str) -> str:
        levels = depth - len(path)  # each step of the path leads into one more array or object
        return opening * levels + "1" + closing * levels

    kinds = st.sampled_from([("[", "]"), ('{"a":', "}")])
    places = st.sampled_from(_ANYTHING)

    def accepted(run: Object, path: Path, raw: str) -> Requests:
        return reading("JSON-15", run, {"run_json": text_with(run, path, raw)})

    def deep(run: Object, path: Path, depth: int, kind: tuple[str, str]) -> Requests:
        return accepted(run, path, nested(path, depth, *kind))

    flat = st.sampled_from(['"{}"', '["{}", 1]', '["\\\\", "{}"]']).flatmap(
        lambda form: st.builds(lambda kind, count: form.format(kind * count), st.sampled_from("[{"), _many)
    ) | _many.map(lambda count: f"[{', '.join(['[]'] * count)}]")
    texts = st.builds(
        lambda run, path, depth, kind: {"run_json": text_with(run, path, nested(path, depth, *kind))},
        grown,
        places,
        st.just(MAX_DEPTH + 1) | st.integers(MAX_DEPTH + 1, 1000),
        kinds,
    )
    return st.one_of(
        st.builds(deep, grown, places, st.just(MAX_DEPTH) | st.integers(101, MAX_DEPTH), kinds),
        st.builds(accepted, grown, places, flat),
        refusals("JSON-15", capabilities, texts),
    )


_many: Final = st.integers(128, 400)


def _not_json(capabilities: frozenset[str]) -> Sessions:
    """Spoil a text: a value in it, its end or its start, white space, or all of it."""
    inside = (
        st.builds(text_with, grown, st.sampled_from(_ANYTHING), _within(values))
        for values in (*map(st.sampled_from, _NO_VALUES), st.builds(_with_control, st.integers(0, 0x1F), words, words))
    )
    whole = (
        st.builds(lambda run, spoil: spoil(json.dumps(run)), grown, st.sampled_from(spoiling)) for spoiling in _SPOILT
    )
    parts = st.builds(lambda run, parts: json.dumps(run)[: -1 - parts], grown, st.integers(0, 400))
    nothing = st.sampled_from(["", " ", "\n\t", "\ufeff", "{", "}", "nothing"])
    texts = st.one_of(*inside, *whole, parts, nothing)
    return refusals("JSON-16", capabilities, texts.map(lambda text: {"run_json": text}), most=12)


def _with_control(code_point: int, before: str, after: str) -> str:
    return f'"{before}{chr(code_point)}{after}"'


_NO_VALUES: Final = (
    ("NaN", "Infinity", "-Infinity", "nan", "undefined", "True", "None", "nul", "text", "`1`"),
    ("01", "-01", "00", "0x1F", "1_000", "+1", "-", "1 2"),
    ("1.", "-1.", ".5", "1e", "1e+", "1.e5"),
    ("[1,]", '{"a": 1,}'),
    ("[,1]", "[1,,2]", '{,"a": 1}', '{"a": 1 "b": 2}', "[1 2]", "[1}", "[1"),
    ('{"a" 1}', '{"a": }', '{"a"}', "{1: 2}", "{a: 1}"),
    ("1 /* one */", "1 // one\n", "1 # one\n", "/**/ 1"),
    ('"\\x41"', '"\\u12"', '"\\u00g0"', '"\\\'"', '"\\a"', '"a', "'text'"),
    ("\u00a01", "1\u2028", "1\x0b", "1\x0c", "\ufeff1", "\x001"),
)
"""What is no JSON value: names of numbers, their digits, points, commas, names of members, comments, texts, spaces."""
_SPOILT: Final[tuple[tuple[Callable[[str], str], ...], ...]] = (
    (lambda text: f"\ufeff{text}",),
    (lambda text: f"/* a run */{text}", lambda text: f"({text})"),
    (lambda text: f"{text},", lambda text: f"{text}}}", lambda text: f"{text}{text}", lambda text: f"{text} x"),
    (lambda text: f"{text}\x00", lambda text: f"{text}\u00a0", lambda text: f"\x0b{text}"),
    (
        lambda text: f"{text}// the end",
        lambda text: f"{text[:-1]},}}",
        lambda text: text.replace('"', "'"),
        lambda text: text.replace(": ", " = ", 1),
        lambda text: text.replace(", ", " ", 1),
        lambda text: text.replace(", ", ",, ", 1),
        lambda text: text.replace('"run_id"', "run_id", 1),
        lambda text: text.replace(": ", ":\u2003", 1),
    ),
)
"""Ways to spoil the text of an object that is JSON: before it, behind it, by white space, and inside."""

CASES: Final[Cases] = {
    "JSON-1": _hash,
    "JSON-2": _compact,
    "JSON-3": _order,
    "JSON-4": _strings,
    "JSON-5": _integers,
    "JSON-6": _whole_doubles,
    "JSON-10": _beyond_64_bits,
    "JSON-11": minus_zero,
    "JSON-12": _nearest,
    "JSON-13": _overflow,
    "JSON-14": _surrogates,
    "JSON-15": _depth,
    "JSON-16": _not_json,
}
