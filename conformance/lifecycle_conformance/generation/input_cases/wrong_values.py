"""What readers may take for right and must not: values of other types, words and names in other spellings."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from lifecycle_conformance.generation.input_cases.runs import (
    FULL,
    KEY,
    PLACES,
    RECORDS,
    Path,
    at,
    item_type,
    plain_value,
)
from lifecycle_projection.records import Json

INTEGERS: Final[tuple[tuple[Path, int], ...]] = (
    *((each.path, int(each.member.type[1:])) for each in PLACES if each.member.type in {"u64", "u32"}),
    (("checkpoint", "node_attempts", KEY), 32),
)
"""Where integers stand, and how many bits they may have."""
_LISTS_OF_TEXTS: Final = [each.path for each in PLACES if each.member.type == "[str]"]
CONVERSIONS: Final[tuple[Sequence[tuple[Path, Json]], ...]] = (
    [(each.path, value) for each in PLACES if each.member.type == "str" for value in (7, 0)],
    [(path, value) for path, _ in INTEGERS for value in ("7", "0")],
    [(path, value) for path, _ in INTEGERS for value in (True, False)],
    [(each.path, at(FULL, each.path)[0]) for each in PLACES if each.member.type.startswith("[")],
    [(each.path, {} if each.member.type.startswith("[") else []) for each in PLACES if each.member.type[0] in "[{"],
    [(path, [item]) for path in _LISTS_OF_TEXTS for item in (7, None, ["text"])],
)
"""What some readers convert, or pass over.

A number to a string, a string or a truth value to a number, one value to a list, an empty list to a map or the other
way round, and items of another type.
"""


def other_types(type_: str) -> Iterator[Json]:
    """Values of other types than a member's, or with an item of another type."""
    yield from _OTHERS.get(type_, _OTHERS.get(type_[0], ()))
    inner = item_type(type_)
    if inner is not None:
        items = [*other_types(inner), *([None] if inner in {"str", "u32"} else [])]
        good = plain_value(inner, "item")
        if type_.startswith("["):
            yield from ([item] for item in items)
            yield from ([good, item] for item in items)
            yield good
        else:
            yield from ({KEY: item} for item in items)
            yield from ({"b": good, KEY: item} for item in items)
            yield [good]


_OTHERS: Final[Mapping[str, Sequence[Json]]] = {
    "str": (7, 0, 0.5, True, ["text"], {"text": "text"}, []),
    "u64": ("7", "", True, False, [7], [], {}),
    "u32": ("7", "", True, False, [7], [], {}),
    "[": ("text", "", 7, True, False, {}, {"0": "text"}),
    "{": ("text", "", 7, True, False, [], [["text", 7]]),
}


def misspelt(word: str) -> Sequence[list[Json]]:
    """What is near a word, and isn't it nor another one of its set: in another case, in other places, and so on."""
    return [
        [word.upper(), word.capitalize()],
        [word.replace("_", other) if "_" in word else f"{word}{other}" for other in "- "],
        [f" {word}", f"{word} ", f"{word}\n"],
        [f"{word}s", word[:-1], "", camel(word) if "_" in word else f"{word}?"],
        [0, 1, True, [word]],
    ]


def camel(name: str) -> str:
    """A name in camel case."""
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


SPELLINGS: Final[Sequence[Callable[[str], str]]] = (camel, str.upper, " {}".format, "{}s".format)
"""Other spellings of a name, which some readers take for it."""


def other_names() -> list[str]:
    """Names that a record may not know: those of all records, and of others."""
    everybodys = [name for record in RECORDS.values() for name in record]
    return list(dict.fromkeys(["unknown", "", "schema_version", "cost", "größe 😀", *everybodys]))
