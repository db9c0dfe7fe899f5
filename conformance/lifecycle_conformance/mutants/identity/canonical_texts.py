"""Faults in canonical JSON: the hash, the order of members, and strings."""

import unicodedata
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from typing import Any

import orjson

from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import content, definition, identity
from lifecycle_projection.records import Json


def _hashed(hashed: Callable[[Json], str], in_order: Callable[[Json], str] | None = None) -> Patches:
    """Hash values in another way, and definitions, whose members stay in their order."""
    for module in (identity, content):
        yield replaced(module, "stable_hash", lambda _: hashed)
    if in_order is not None:
        yield replaced(definition, "hash_in_order", lambda _: in_order)


def written_with(**differently: Any) -> Patches:
    """Write values with one part of it done differently."""
    return _texts(partial(_write, **differently), partial(_write, **{**differently, "key": None}))


def _texts(write: Callable[[Json], str], in_order: Callable[[Json], str] | None = None) -> Patches:
    return _hashed(lambda value: _digest(write(value)), in_order and (lambda value: _digest(in_order(value))))


def _digest(text: str) -> str:
    return f"sha256:{sha256(text.encode()).hexdigest()}"


def right(value: Json) -> str:
    """A value as it is written, with its members in their order."""
    return orjson.dumps(value).decode()


def _write(  # noqa: PLR0913 - each of them can be got wrong
    value: Json,
    *,
    key: Callable[[str], Any] | None = str.encode,
    text: Callable[[str], str] = right,
    integer: Callable[[int], str] = right,
    double: Callable[[float], str] = right,
    comma: str = ",",
    colon: str = ":",
) -> str:
    again = partial(_write, key=key, text=text, integer=integer, double=double, comma=comma, colon=colon)
    match value:
        case None | bool():
            return right(value)
        case str():
            return text(value)
        case int():
            return integer(value)
        case float():
            return double(value)
        case list():
            return f"[{comma.join(map(again, value))}]"
        case _:
            names = value if key is None else sorted(value, key=key)
            return f"{{{comma.join(f'{text(name)}{colon}{again(value[name])}' for name in names)}}}"


# --- the hash ---------------------------------------------------------------------------------------------------------


@fault("JSON-1", "ID-1", "SNAP-3", why="`X` is as short as `x` where bytes are formatted.")
def digits_in_upper_case() -> Patches:
    """The digits of a hash are written in upper case."""

    def hashed(value: Json) -> str:
        return f"sha256:{sha256(_write(value).encode()).hexdigest().upper()}"

    return _hashed(hashed)


@fault("JSON-1", "ID-1", "SNAP-3", "DRIVER-8", why="Who calls it a SHA-256 need not say so in the value.")
def hash_without_its_name() -> Patches:
    """A hash is written without `sha256:`."""
    return _hashed(lambda value: sha256(_write(value).encode()).hexdigest())


@fault("JSON-1", "ID-1", "SNAP-3", why="Hashing twice guards against attacks on the length, and Bitcoin does it.")
def hashed_twice() -> Patches:
    """A hash is that of the hash."""
    return _hashed(lambda value: f"sha256:{sha256(sha256(_write(value).encode()).digest()).hexdigest()}")


@fault("JSON-2", "ID-1", "SNAP-3", why="`json.dumps` of Python puts a space behind commas and colons.")
def spaces_between_tokens() -> Patches:
    """A space stands behind each comma and each colon."""
    return written_with(comma=", ", colon=": ")


@fault("JSON-2", "ID-1", "SNAP-3", why="A file is written with a newline at its end, and hashed.")
def newline_at_the_end() -> Patches:
    """A newline stands at the end."""
    return _texts(lambda value: f"{_write(value)}\n", lambda value: f"{_write(value, key=None)}\n")


# --- the order of members ---------------------------------------------------------------------------------------------


@fault("JSON-3", why="JavaScript, Java and RFC 8785 sort by UTF-16 units.")
def sorted_by_utf_16() -> Patches:
    """Members are sorted by the UTF-16 units of their names."""
    return _texts(partial(_write, key=lambda name: name.encode("utf-16-be")))


@fault("JSON-3", why="People sort without regard to case.")
def sorted_without_case() -> Patches:
    """Members are sorted by their names in lower case."""
    return _texts(partial(_write, key=lambda name: (name.lower(), name)))


@fault("JSON-3", why="Objects of JavaScript have members whose names are numbers first, in the order of these.")
def numbers_first() -> Patches:
    """Members whose names are numbers stand before all others."""
    return _texts(partial(_write, key=lambda name: (False, int(name), "") if name.isdecimal() else (True, 0, name)))


@fault("JSON-3", why="Names are escaped, and then sorted as they are written.")
def sorted_by_escaped_names() -> Patches:
    """Members are sorted by their names as they are escaped in the text."""
    return _texts(partial(_write, key=lambda name: right(name).encode()))


@fault("JSON-3", "ID-1", "SNAP-3", why="Canonical CBOR sorts by length first.")
def sorted_by_length() -> Patches:
    """Members with shorter names stand first."""
    return _texts(partial(_write, key=lambda name: (len(name.encode()), name.encode())))


@fault("JSON-3", why="A collation of a database or a language compares what letters look like.")
def sorted_by_letters() -> Patches:
    """Members are sorted by the letters of their names, without accents."""
    return _texts(partial(_write, key=lambda name: (unicodedata.normalize("NFD", name), name)))


@fault("JSON-3", "SNAP-3", why="Sorting a map sorts its own names only.")
def sorted_outside_only() -> Patches:
    """Only the outermost members are sorted, and those of an object in them."""

    def written(value: Json) -> str:
        two = {name: _in_order(value[name]) for name in sorted(value)} if isinstance(value, dict) else value
        return _write(two, key=None)

    return _texts(written)


def _in_order(value: Json) -> Json:
    return {name: value[name] for name in sorted(value)} if isinstance(value, dict) else value


@fault("JSON-3", why="A walk over objects that forgets the lists finds most of them.")
def unsorted_in_lists() -> Patches:
    """Members of objects in lists are not sorted."""

    def in_order(value: Json) -> Json:
        return {name: in_order(value[name]) for name in sorted(value)} if isinstance(value, dict) else value

    return _texts(lambda value: _write(in_order(value), key=None))


# --- strings ----------------------------------------------------------------------------------------------------------


def _escaped(*characters: str, form: str = "\\u{:04x}") -> Patches:
    escapes = {each: form.format(ord(each)) for each in characters}
    return written_with(text=lambda text: f'"{"".join(escapes.get(each, right(each)[1:-1]) for each in text)}"')


def _utf_16_escapes(text: str) -> str:
    units = text.encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


@fault("JSON-4", why="`ensure_ascii` is the default in Python.")
def ascii_only() -> Patches:
    """Characters beyond ASCII are escaped."""
    return written_with(
        text=lambda text: (
            f'"{"".join(right(each)[1:-1] if each.isascii() else _utf_16_escapes(each) for each in text)}"'
        )
    )


@fault("JSON-4", why="PHP escapes slashes, so that `</script>` does no harm.")
def slashes_escaped() -> Patches:
    """Slashes are escaped."""
    return _escaped("/", form="\\/")


@fault("JSON-4", why="Go's encoder escapes what HTML could take for its own.")
def html_escaped() -> Patches:
    """`<`, `>` and `&` are escaped, and U+2028 and U+2029."""
    return _escaped(*"<>&\u2028\u2029")


@fault("JSON-4", why="U+2028 ends a line in older JavaScript.")
def line_separators_escaped() -> Patches:
    """U+2028 and U+2029 are escaped."""
    return _escaped(*"\u2028\u2029")


@fault("JSON-4", why="U+007F is a control character as well.")
def delete_escaped() -> Patches:
    """U+007F is escaped."""
    return _escaped("\x7f")


@fault("JSON-4", why="Escapes are written by one rule for all control characters.")
def no_escapes_by_letter() -> Patches:
    """Backspace and form feed are escaped by number."""
    return _escaped(*"\b\f")


@fault("JSON-4", why="`%04X` is what older specifications show.")
def escapes_in_upper_case() -> Patches:
    """The digits of an escape are written in upper case."""
    return _escaped(*(set(map(chr, range(0x20))) - set("\b\t\n\f\r")), form="\\u{:04X}")


@fault("JSON-4", why="A text ends at its first NUL in C.")
def text_ends_at_nul() -> Patches:
    """A string is written up to its first NUL."""
    return written_with(text=lambda text: right(text.partition("\0")[0]))


@fault("JSON-4", why="Texts that look alike seem to be equal.")
def texts_normalised() -> Patches:
    """Strings are written in the normal form NFC."""
    return written_with(text=lambda text: right(unicodedata.normalize("NFC", text)))
