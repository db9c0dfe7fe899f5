"""Canonical JSON, written part by part, so that each part can be exchanged for a wrong one.

It owes nothing to the reference, and its doubles nothing to any library that writes JSON.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeAlias

import orjson

from lifecycle_projection.records import Json

Double: TypeAlias = Callable[[float], str]


def double(value: float) -> str:
    """How a double is written (JSON-7 to JSON-9)."""
    return plain(*digits_of(repr(value))) if is_plain(value) else exponential(*digits_of(repr(value)))


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


def is_plain(value: float) -> bool:
    """Whether a double is written without exponent (JSON-8)."""
    return value == 0 or 1e-5 <= abs(value) < 1e16


def digits_of(text: str) -> tuple[str, str, int]:
    """Sign and digits of a number, and the exponent of its first digit.

    Python's own `repr` of a double has the shortest digits, and of those the nearest (JSON-7).
    """
    sign, digits, exponent = Decimal(text).as_tuple()
    assert isinstance(exponent, int)
    found = "".join(map(str, digits))
    return "-" * sign, found.rstrip("0") or "0", exponent + len(found) - 1 if any(digits) else 0


def plain(sign: str, digits: str, exponent: int) -> str:
    """A number without exponent (JSON-8)."""
    if exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
    return f"{sign}{digits[: exponent + 1].ljust(exponent + 1, '0')}.{digits[exponent + 1 :] or '0'}"


def exponential(sign: str, digits: str, exponent: int) -> str:
    """A number with exponent (JSON-9)."""
    rest = f".{digits[1:]}" if digits[1:] else ""
    return f"{sign}{digits[0]}{rest}e{exponent:+d}"
