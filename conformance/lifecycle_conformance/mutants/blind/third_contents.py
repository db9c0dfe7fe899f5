"""Faults of a third author in what is read of a run, hashed and identified: each shows in rare situations only."""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

import orjson

from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import canonical, content, identity, json_text, recognition, text
from lifecycle_projection.records import Json

_STRING: Final = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_STRING_OR_SECOND_SMALLEST: Final = re.compile(_STRING.pattern + rb"|1e-323\b", re.DOTALL)
_POSITIVE_EXPONENT: Final = re.compile(rb"\d[eE]\+?0*(\d+)")

# --- records ----------------------------------------------------------------------------------------------------------


@fault("REC-16", why="Tables of Unicode before 6.3 have the Mongolian vowel separator in White_Space.")
def mongolian_white_space() -> Patches:
    """Trimming takes U+180E away as well."""
    yield replaced(text, "_WHITE_SPACE", lambda right: f"{right}\u180e")


@fault("REC-13", why="The parser keeps the value that it had and the one that replaces it, and compares those two.")
def middle_of_three_unchecked() -> Patches:
    """Where a map names a member three times or more, only its first and its last value need be of the map's type."""

    def wrong(as_object: Callable[[Sequence[tuple[str, Json]]], Any]) -> Callable[[Sequence[tuple[str, Json]]], Any]:
        def read(pairs: Sequence[tuple[str, Json]]) -> Any:
            first: dict[str, int] = {}
            last: dict[str, int] = {}
            for index, (name, _) in enumerate(pairs):
                first.setdefault(name, index)
                last[name] = index
            return as_object([pair for index, pair in enumerate(pairs) if index in {first[pair[0]], last[pair[0]]}])

        return read

    yield replaced(json_text, "_object", wrong)


@fault("REC-17", "EVENT-9", why="A path library that looks through lists of one.")
def claim_in_a_list_of_one() -> Patches:
    """A `metadata.claim` that is a list of one object is taken for that object."""

    def wrong(member: Callable[[Json, str], Json]) -> Callable[[Json, str], Json]:
        def looked_up(value: Json, name: str) -> Json:
            if name == "claim_id" and isinstance(value, list) and len(value) == 1:
                value = value[0]
            return member(value, name)

        return looked_up

    yield replaced(content, "member", wrong)


# --- canonical JSON ---------------------------------------------------------------------------------------------------


def _sorted_but_in_nested_lists(value: Json, lists_around: int = 0) -> Json:
    match value:
        case dict():
            names = value if lists_around >= 2 else sorted(value)
            return {name: _sorted_but_in_nested_lists(value[name]) for name in names}
        case list() | tuple():
            return [_sorted_but_in_nested_lists(each, lists_around + 1) for each in value]
    return value


@fault("JSON-3", "FILE-9", why="The recursion goes through the objects of a list, and not through the lists of one.")
def unsorted_in_lists_of_lists() -> Patches:
    """The members of an object that is an item of a list in a list are written in the order of the text."""

    def canonical_json(value: Json) -> bytes:
        return orjson.dumps(_sorted_but_in_nested_lists(value))

    yield replaced(canonical, "canonical_json", lambda _: canonical_json)


@fault("JSON-7", why="Java's Double.toString has two digits at least: 4.9E-324 was seen to, 9.9E-324 was not.")
def second_smallest_double_has_two_digits() -> Patches:
    """The double 1e-323 is written as 9.9e-324 where it is hashed."""

    def as_java_writes(token: re.Match[bytes]) -> bytes:
        return b"9.9e-324" if token[0] == b"1e-323" else token[0]

    def wrong(canonical_json: Callable[[Json], bytes]) -> Callable[[Json], bytes]:
        return lambda value: _STRING_OR_SECOND_SMALLEST.sub(as_java_writes, canonical_json(value))

    yield replaced(canonical, "canonical_json", wrong)


@fault("JSON-12", why="Overflow is judged by the exponent as it is written.")
def overflow_by_the_exponent_alone() -> Patches:
    """A number with a written exponent above 308 is refused, also if it is zero or has a small enough mantissa."""

    def wrong(depth: Callable[..., int]) -> Callable[..., int]:
        def checked(raw: bytes, *, enough: int) -> int:
            for found in _POSITIVE_EXPONENT.finditer(_STRING.sub(b'""', raw)):
                if len(found[1]) > 3 or int(found[1]) > 308:
                    raise json_text._refusal("expected a number within the range of a double")  # noqa: SLF001
            return depth(raw, enough=enough)

        return checked

    yield replaced(json_text, "_depth", wrong)


# --- identity ---------------------------------------------------------------------------------------------------------


@fault("ID-5", *("SNAP-1", "EVENT-1"), why="JavaScript's replace() takes $$ in what it puts in for one $.")
def dollars_in_run_ids() -> Patches:
    """Of two dollar signs in a row in the run id, the event id has one."""

    def wrong(stable_event_id: Callable[..., str]) -> Callable[..., str]:
        return lambda run_id, *others: stable_event_id(run_id.replace("$$", "$"), *others)

    yield replaced(identity, "stable_event_id", wrong)
    yield replaced(recognition, "stable_event_id", wrong)


@fault(
    "ID-1",
    *("JSON-6", "JSON-7", "OCC-1", "OCC-2"),
    why="Equal to the record before is equal by ==, where 1 == 1.0 == true.",
)
def identity_of_an_equal_neighbour() -> Patches:
    """A record that differs from the one hashed before it only in 1, 1.0 and true has the identity of that one."""

    def wrong(identity_of: Callable[..., str]) -> Callable[..., str]:
        last: tuple[dict[str, Any], str] | None = None

        def kept(**said: Any) -> str:
            nonlocal last
            if last is None or said != last[0]:
                last = said, identity_of(**said)
            return last[1]

        return kept

    yield replaced(identity, "identity_of", wrong)
