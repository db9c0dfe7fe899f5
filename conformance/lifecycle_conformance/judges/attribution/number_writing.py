"""Where a digest isn't the stable hash of its value: by which fault in writing canonical JSON it came about.

A digest is right or wrong as a whole. To say which requirement a wrong one breaks, the value is written in the ways in
which libraries get it wrong, each of them a fault against one requirement, until one gives the digest that was shown.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

import orjson
from attrs import frozen

from lifecycle_conformance.execution.judgement import canonical
from lifecycle_projection.records import Json

Form: TypeAlias = Callable[[str], str]
"""How hexadecimal digits are shown: whole behind `sha256:`, or shortened in an id."""
_Writer: TypeAlias = Callable[[Json], bytes]


@frozen(kw_only=True)
class Digest:
    """A digest that was shown, and the value that it is of."""

    value: Json
    shown: str
    form: Form

    @property
    def expected(self) -> str:
        """The digest that the value has."""
        return self.form(hashlib.sha256(canonical(self.value)).hexdigest())

    @property
    def is_right(self) -> bool:
        """Tell whether the value has that digest."""
        return self.shown == self.expected

    def faults(self) -> dict[str, str]:
        """Give the requirements against which a fault explains the digest, each with what the fault is."""
        found: dict[str, str] = {}
        for requirement, fault, digits in _wrong_digits(self.value):
            if self.shown == self.form(digits):
                found.setdefault(requirement, fault)
        if self.shown != self.expected and _digits_of(self.shown) == _digits_of(self.expected):
            found["JSON-1"] = "digits or prefix in another form"
        return found

    def is_that_of(self, text: str) -> bool:
        """Tell whether it is the digest of a text."""
        return self.shown == self.form(hashlib.sha256(text.encode()).hexdigest())


def write(  # noqa: PLR0913 - a writer may go wrong in each of these
    value: Json,
    *,
    key: Callable[[str], Any] = str.encode,
    string: Callable[[str], str] = lambda text: orjson.dumps(text).decode(),
    integer: Callable[[int], str] = str,
    double: Callable[[float], str] = lambda number: orjson.dumps(number).decode(),
    comma: str = ",",
    colon: str = ":",
) -> str:
    """Write a value as canonical JSON, or with one part of that done in another way; integers may have any size."""

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
                names = sorted(value, key=key)
                return f"{{{comma.join(string(name) + colon + written(value[name]) for name in names)}}}"

    return written(value)


# --- what goes wrong --------------------------------------------------------------------------------------------------


def _replacing(*characters: str, escape: str = "\\u{:04x}") -> Callable[[str], str]:
    """Give a writer of strings that escapes characters which stand for themselves, or as others are escaped."""
    table = {each: escape.format(ord(each)) for each in characters}

    def string(text: str) -> str:
        return "".join(table.get(each, orjson.dumps(each).decode()[1:-1]) for each in text).join('""')

    return string


def _ascii(last: str, digits: str) -> Callable[[str], str]:
    """Give a writer of strings that escapes everything beyond a character, which is one of the last of ASCII."""

    def string(text: str) -> str:
        actions = []
        for each in text:
            units = each.encode("utf-16-be")
            escapes = (f"\\u{int.from_bytes(units[i : i + 2]):{digits}}" for i in range(0, len(units), 2))
            actions.append(orjson.dumps(each).decode()[1:-1] if each <= last else "".join(escapes))
        return "".join(actions).join('""')

    return string


def _whole(number: float) -> str:
    return str(int(number)) if number.is_integer() else orjson.dumps(number).decode()


_CONTROLS: Final = tuple(map(chr, range(0x20)))
_FAULTS: Final[Mapping[str, Mapping[str, _Writer]]] = {
    "JSON-2": {
        "white space between tokens": lambda value: write(value, comma=", ", colon=": ").encode(),
        "white space after colons": lambda value: write(value, colon=": ").encode(),
        "indentation": lambda value: orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS),
        "a newline at the end": lambda value: canonical(value) + b"\n",
        "a byte order mark": lambda value: b"\xef\xbb\xbf" + canonical(value),
        "UTF-16": lambda value: write(value).encode("utf-16-le"),
        "UTF-16, big-endian": lambda value: write(value).encode("utf-16-be"),
    },
    "JSON-3": {
        "members sorted by UTF-16 units": lambda value: write(
            value, key=lambda name: name.encode("utf-16-be")
        ).encode(),
        "members sorted without regard to case": lambda value: write(value, key=str.casefold).encode(),
        "members sorted by length": lambda value: write(value, key=lambda name: (len(name), name)).encode(),
    },
    "JSON-4": {
        "everything beyond ASCII escaped": lambda value: write(value, string=_ascii("\x7f", "04x")).encode(),
        "the same, in upper case": lambda value: write(value, string=_ascii("\x7f", "04X")).encode(),
        "everything beyond `~` escaped": lambda value: write(value, string=_ascii("~", "04x")).encode(),
        "slashes escaped": lambda value: write(value, string=_replacing("/", escape="\\/")).encode(),
        "`<`, `>` and `&` escaped": lambda value: write(value, string=_replacing(*"<>&")).encode(),
        "the same, and U+2028": lambda value: write(value, string=_replacing(*"<>&\u2028\u2029")).encode(),
        "U+2028 escaped": lambda value: write(value, string=_replacing(*"\u2028\u2029")).encode(),
        "U+007F escaped": lambda value: write(value, string=_replacing("\x7f")).encode(),
        "no escapes by letter": lambda value: write(value, string=_replacing(*_CONTROLS)).encode(),
        "no `\\b` and `\\f`": lambda value: write(value, string=_replacing(*"\b\f")).encode(),
        "escapes in upper case": lambda value: write(
            value, string=_replacing(*(set(_CONTROLS) - set("\b\t\n\f\r")), escape="\\u{:04X}")
        ).encode(),
    },
    "JSON-5": {
        "integers written as doubles": lambda value: write(value, integer=lambda number: f"{number}.0").encode(),
        "integers written with exponents": lambda value: write(value, integer=lambda number: f"{number:e}").encode(),
    },
    "JSON-6": {"whole doubles written as integers": lambda value: write(value, double=_whole).encode()},
}
_OTHER_HASHES: Final[Sequence[str]] = (
    *("md5", "sha1", "sha224", "sha384", "sha512", "sha3_256", "sha3_512", "blake2b", "blake2s"),
)


def _wrong_digits(value: Json) -> Iterator[tuple[str, str, str]]:
    """Give the digits that each fault leads to, with its requirement; a fault that changes nothing is none."""
    right = canonical(value)
    for requirement, faults in _FAULTS.items():
        for fault, writer in faults.items():
            if (text := writer(value)) != right:
                yield requirement, fault, hashlib.sha256(text).hexdigest()
    for name in _OTHER_HASHES:
        yield "JSON-1", f"{name} instead of SHA-256", hashlib.new(name, right, usedforsecurity=False).hexdigest()


def _digits_of(shown: str) -> str:
    return shown.rpartition(":")[2].lower()
