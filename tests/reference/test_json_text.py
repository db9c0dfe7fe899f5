"""The strict reader and the canonical writer, against the measured facts of the specification."""

import json
import math
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecycle_projection import InvalidInputError
from lifecycle_projection.canonical import canonical_json, hash_in_order, stable_hash
from lifecycle_projection.json_text import DuplicateMembers, read_json


def same(left: Any, right: Any) -> bool:
    """Compare with integers, doubles and the sign of zero apart."""
    return repr(left) == repr(right)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-0", -0.0),
        ("[-0,-0.0,0]", [-0.0, -0.0, 0]),
        ('{"a":-0}', {"a": -0.0}),
        ('"-0"', "-0"),
        ("18446744073709551615", 2**64 - 1),
        ("18446744073709551616", 2.0**64),
        ("-9223372036854775808", -(2**63)),
        ("-9223372036854775809", -(2.0**63)),
        ("123456789012345678901234567890", 1.2345678901234568e29),
        ("1.0", 1.0),
        ("1E5", 100000.0),
        ("1e-400", 0.0),
        ("0.9341825998422749", 0.9341825998422749),
        ('{"a":1,"a":2}', {"a": 2}),
        ('"\\ud83d\\ude00"', "😀"),
        (" [ 1 ]\n", [1]),
        ("[" * 127 + "]" * 127, None),
        ('"' + "[" * 300 + '"', "[" * 300),
        (json.dumps({"a": ["[{"] * 200}), {"a": ["[{"] * 200}),
    ],
)
def test_reads(text: str, value: Any) -> None:
    read = read_json(text)
    assert value is None or same(dict(read) if isinstance(read, dict) else read, value)
    assert same(read_json(text.encode()), read)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "nul",
        "NaN",
        "-Infinity",
        "01",
        "1.",
        "+1",
        "1e400",
        "-1e400",
        "1" * 400,
        "\ufeff1",
        '"\\ud800"',
        '{"\\udc00":1}',
        '"\ud800"',
        '"\t"',
        "[1,]",
        "{'a':1}",
        "1 2",
        "[" * 128 + "]" * 128,
        '{"a":' * 128 + "1" + "}" * 128,
        "[" * 5000,
        b'"\xff"',
        b'"\xed\xa0\x80"',
    ],
    ids=repr,
)
def test_refuses(text: str | bytes) -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_json(text)
    assert [problem.path for problem in caught.value.problems] == ["$"]


def test_the_deepest_text_that_is_read_is_127_deep_wherever_the_depth_comes_from() -> None:
    for opening, closing in (("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")):
        step = opening.count("[") + opening.count("{")
        fits = 127 // step
        read_json(opening * fits + "1" + closing * fits)
        with pytest.raises(InvalidInputError, match="at most 127"):
            read_json(opening * (fits + 1) + "1" + closing * (fits + 1))


@pytest.mark.parametrize("limit", [3, 10, 126, 127, 128, 300])
def test_the_limit_of_depth_that_is_asked_for_counts(limit: int) -> None:
    """JSON-15: many flat arrays are not deep, whatever the limit; a limit above the usual one is one, too."""
    flat = f"[{','.join(['[]'] * 2 * limit)}]"
    assert len(read_json(flat, max_depth=limit)) == 2 * limit
    read_json("[" * limit + "]" * limit, max_depth=limit)
    with pytest.raises(InvalidInputError, match=f"at most {limit} arrays"):
        read_json("[" * (limit + 1) + "]" * (limit + 1), max_depth=limit)


def test_duplicates_are_kept_at_every_depth_or_forgotten() -> None:
    text = '{"a":[{"b":1,"b":-0}]}'
    kept = read_json(text)["a"][0]
    assert isinstance(kept, DuplicateMembers)
    assert kept.pairs == [("b", 1), ("b", -0.0)]
    assert type(read_json(text, keep_duplicates=False)["a"][0]) is dict


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(JSON, st.sampled_from([None, 1, 2]), st.booleans())
def test_every_value_is_read_back_from_any_way_of_writing_it(value: Any, indent: int | None, ascii_only: bool) -> None:
    """Members in another order, escapes and white space change nothing: both readers inside agree."""
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert same(read_json(text), value)
    assert same(read_json(canonical_json(value)), read_json(canonical_json(read_json(text))))


@given(JSON)
def test_canonical_text_is_a_fixed_point_and_sorted_by_code_point(value: Any) -> None:
    text = canonical_json(value)
    assert canonical_json(read_json(text)) == text
    assert stable_hash(value) == f"sha256:{sha256(text).hexdigest()}"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e16, "1e+16"),
        (1e15, "1000000000000000.0"),
        (1e-5, "0.00001"),
        (1e-6, "1e-6"),
        (-0.0, "-0.0"),
        (2.0**64, "1.8446744073709552e+19"),
        (1.0, "1.0"),
        (5e-324, "5e-324"),
        (123456.789, "123456.789"),
        (1.5e300, "1.5e+300"),
        ({"😀": 1, "\uffff": 2, "é": 3, "b": 4, "a": 5}, '{"a":5,"b":4,"é":3,"\uffff":2,"😀":1}'),
        ('"\\/\b\t\n\f\r\x00\x1f\x7f\u2028', '"\\"\\\\/\\b\\t\\n\\f\\r\\u0000\\u001f\x7f\u2028"'),
        ([], "[]"),
        ({}, "{}"),
    ],
)
def test_canonical_text(value: Any, text: str) -> None:
    """JSON-7 to JSON-9: an orjson older than 3.11.7 prints the first and the third otherwise."""
    assert canonical_json(value).decode() == text


def test_the_definition_is_hashed_in_the_order_of_its_text() -> None:
    assert hash_in_order({"b": 1, "a": 2}) == "sha256:" + sha256(b'{"b":1,"a":2}').hexdigest()
    assert hash_in_order({"b": 1, "a": 2}) != stable_hash({"b": 1, "a": 2})
    assert math.copysign(1, read_json(canonical_json(-0.0))) == -1
