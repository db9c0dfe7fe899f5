"""What the values of a scope parse as, rightly and in the ways that break a requirement (SCOPE-5 to SCOPE-9)."""

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, TypeAlias

import orjson
from attrs import asdict

from lifecycle_conformance.execution.trace import Object
from lifecycle_conformance.judges.attribution.canonical_writing import write
from lifecycle_conformance.judges.attribution.hypotheses import Hypothesis
from lifecycle_projection.codec import structure, to_json
from lifecycle_projection.errors import InvalidInputError
from lifecycle_projection.records import Json, Principal, ResourceScope
from lifecycle_projection.text import trimmed
from lifecycle_projection.words import DataClass, RiskTier

Parser: TypeAlias = Callable[[Json], Json]
"""What a value parses as, `None` for one that doesn't."""
_Wrong: TypeAlias = tuple[Hypothesis, tuple[str, Parser]]
_TYPED: Final = {"principal": Principal, "resource_scope": ResourceScope}
_CAMEL: Final = re.compile(r"(?<=[a-z])([A-Z])")


def _read(value: Json, kind: Any) -> Any:
    """Read a typed value, `None` where it can't be read."""
    try:
        return structure(value, kind)
    except InvalidInputError:
        return None


def _record(kind: type, shown: Callable[[Any], Json] = to_json) -> Parser:
    """Parse a typed record; `shown` gives it as JSON."""

    def parse(value: Json) -> Json:
        parsed = _read(value, kind)
        return None if parsed is None else shown(parsed)

    return parse


def _data_classes(value: Json) -> Json:
    """Parse a list of data classes (SCOPE-8)."""
    parsed = _read(value, tuple[DataClass, ...])
    return None if parsed is None else list(map(str, parsed))


def _text_or_number(value: Json) -> Json:
    """Parse a text that isn't empty, or an unsigned integer (SCOPE-7)."""
    return str(value) if type(value) is int and value >= 0 else trimmed(value)


def _strings(value: Json) -> Json:
    """Parse a list of strings (SCOPE-9)."""
    return value if isinstance(value, list) and all(isinstance(item, str) for item in value) else None


PARSERS: Final[Mapping[str, Parser]] = {
    "principal": _record(Principal),
    "text": _text_or_number,
    "resource_scope": _record(ResourceScope),
    "classes": _data_classes,
    "class": lambda value: _data_classes([value]),
    "risk_tier": _record(RiskTier, str),
    "grants": _strings,
}
"""What parses, by kind."""


# --- wrong ways -------------------------------------------------------------------------------------------------------


def _wrong(requirement: str, kind: str, parsers: Mapping[str, Parser]) -> Iterator[_Wrong]:
    for what, parser in parsers.items():
        yield Hypothesis(requirement, f"{kind}: {what}"), (kind, parser)


def _typed() -> Iterator[_Wrong]:
    for kind, of in _TYPED.items():
        yield from _wrong(
            "SCOPE-5", kind, {"never": _never, "any object": _any(dict), "null is absent nowhere": _without_null(of)}
        )
        in_snake_case, all_but_lists = _read_after(_in_snake_case, of), _record(of, _all_but_empty_lists)
        yield from _wrong(
            "SCOPE-6",
            kind,
            {
                "unknown members are kept": _all_kept(of),
                "unknown members are refused": _strict(of),
                "camel case is read": in_snake_case,
            },
        )
        yield from _wrong("SCOPE-11", kind, {"absent members are null": all_but_lists})
    all_but_nulls = _record(ResourceScope, _all_but_nulls)
    with_path = _record(ResourceScope, _with_path)
    shown = {"empty lists are shown": all_but_nulls, "the root's empty path is shown": with_path}
    yield from _wrong("SCOPE-11", "resource_scope", shown)
    null_is_absent = _read_after(_without_nulls, ResourceScope)
    own_null_is_absent = _read_after(_without_own_nulls, ResourceScope)
    absent = {"null is absent everywhere": null_is_absent, "null is absent at its top": own_null_is_absent}
    yield from _wrong("SCOPE-5", "resource_scope", absent)
    ways = {
        "never": _never,
        "any string": _any(str),
        "trimmed": lambda value: PARSERS["risk_tier"](trimmed(value)),
        "in any case": lambda value: PARSERS["risk_tier"](value.lower() if isinstance(value, str) else value),
        "trimmed, in any case": _in_any_case,
    }
    yield from _wrong("SCOPE-5", "risk_tier", ways)


def _never(_: Json) -> Json:
    return None


def _any(kind: type) -> Parser:
    return lambda value: value if isinstance(value, kind) else None


def _read_after(changed: Callable[[Json], Json], kind: type) -> Parser:
    return lambda value: _record(kind)(changed(value))


def _without_null(kind: type) -> Parser:
    return lambda value: _record(kind)(value) if _without_nulls(value) == value else None


def _all_kept(kind: type) -> Parser:
    return lambda value: None if _read(value, kind) is None else _rebuilt(value, _unless_empty)


def _strict(kind: type) -> Parser:
    """Parse what has no other members than the known ones."""

    def parse(value: Json) -> Json:
        found = _record(kind)(value)
        return found if found == _all_kept(kind)(value) else None

    return parse


def _all_but_empty_lists(value: Any) -> Json:
    return _rebuilt(_in_full(value), lambda name, each: {} if each == [] else {name: each})


def _all_but_nulls(value: Any) -> Json:
    return _without_nulls(_in_full(value))


def _in_full(value: Any) -> Json:
    return orjson.loads(orjson.dumps(asdict(value)))


def _without_nulls(value: Json) -> Json:
    return _rebuilt(value, lambda name, each: {} if each is None else {name: each})


def _without_own_nulls(value: Json) -> Json:
    if not isinstance(value, dict):
        return value
    return {name: each for name, each in value.items() if each is not None}


def _with_path(value: Any) -> Json:
    found = to_json(value)
    return {**found, "root": {"parent_path": [], **found["root"]}}


def _unless_empty(name: str, value: Json) -> Object:
    return {} if value is None or value == [] else {name: value}


def _in_snake_case(value: Json) -> Json:
    return _rebuilt(value, lambda name, each: {_CAMEL.sub(lambda found: f"_{found[1].lower()}", name): each})


def _rebuilt(value: Json, changed: Callable[[str, Json], Object]) -> Json:
    """A value with each member of its objects, at every depth, changed."""
    if isinstance(value, dict):
        members: Object = {}
        for name, each in value.items():
            members |= changed(name, _rebuilt(each, changed))
        return members
    return [_rebuilt(item, changed) for item in value] if isinstance(value, list) else value


def _in_any_case(value: Json) -> Json:
    return PARSERS["risk_tier"](value.strip().lower() if isinstance(value, str) else value)


def _texts() -> Iterator[_Wrong]:
    right = PARSERS["text"]
    yield from _wrong(
        "SCOPE-7",
        "text",
        {
            "not trimmed": lambda value: value if trimmed(value) else right(value),
            "empty ones parse": lambda value: value.strip() if isinstance(value, str) else right(value),
            "strings don't": lambda value: None if isinstance(value, str) else right(value),
            "numbers don't": trimmed,
            "only up to 2^63 - 1": lambda value: None if type(value) is int and value >= 2**63 else right(value),
            "numbers are doubles": lambda value: _as_a_double(value) if type(value) is int else right(value),
            "any integer": lambda value: write(value) if type(value) is int else right(value),
            "doubles do": lambda value: write(value) if isinstance(value, float) else right(value),
            "any number": lambda value: write(value) if _is_number(value) else trimmed(value),
            "booleans do": lambda value: write(value) if isinstance(value, bool) else right(value),
        },
    )


def _as_a_double(value: int) -> Json:
    """The digits of an integer as JavaScript writes them: from 2^53 on, those of the nearest double, and then zeros."""
    return _text_or_number(int(Decimal(repr(float(value)))) if value > 2**53 else value)


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _lists() -> Iterator[_Wrong]:
    yield from _wrong(
        "SCOPE-8",
        "classes",
        {
            "never": _never,
            "wrong items are dropped": _those(lambda item: _data_classes([item]) is not None),
            "any strings": _strings,
            "not the empty list": lambda value: _data_classes(value) or None,
            "one word": lambda value: _data_classes([value] if isinstance(value, str) else value),
        },
    )
    yield from _wrong(
        "SCOPE-8",
        "class",
        {
            "never": _never,
            "any string": lambda value: _strings([value]),
            "a list": lambda value: _data_classes(value if isinstance(value, list) else [value]),
        },
    )
    yield from _wrong(
        "SCOPE-9",
        "grants",
        {
            "never": _never,
            "other items are dropped": _those(lambda item: isinstance(item, str)),
            "other items become text": lambda value: list(map(_as_text, value)) if isinstance(value, list) else None,
            "not the empty list": lambda value: _strings(value) or None,
            "one string": lambda value: _strings([value] if isinstance(value, str) else value),
        },
    )


def _those(fits: Callable[[Json], bool]) -> Parser:
    return lambda value: list(filter(fits, value)) if isinstance(value, list) else None


def _as_text(value: Json) -> str:
    return value if isinstance(value, str) else write(value)


WRONG_PARSERS: Final[Mapping[Hypothesis, tuple[str, Parser]]] = dict((*_typed(), *_texts(), *_lists()))
"""Wrong ways to parse, each with the kind of value that it is about."""
