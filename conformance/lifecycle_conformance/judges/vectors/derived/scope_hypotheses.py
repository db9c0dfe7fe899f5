"""Wrong ways to read the enterprise scope, each against one requirement."""

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import permutations
from typing import Any, Final, TypeAlias

import orjson
from attrs import asdict, evolve

from lifecycle_conformance.execution.trace import Object, member
from lifecycle_conformance.judges.attribution.canonical_writing import write
from lifecycle_conformance.judges.attribution.hypotheses import Hypothesis
from lifecycle_conformance.judges.vectors.derived.scope_model import (
    FIELDS,
    RIGHT,
    SPELLINGS,
    Parser,
    ScopeRules,
    Tried,
    as_it_is,
    data_classes,
    read,
    record,
    strings,
)
from lifecycle_projection.records import Json, Principal, ResourceScope
from lifecycle_projection.text import trimmed

_Wrong: TypeAlias = tuple[Hypothesis, ScopeRules]
_TYPED: Final = {"principal": Principal, "resource_scope": ResourceScope}
_CAMEL: Final = re.compile(r"(?<=[a-z])([A-Z])")


def _wrong(requirement: str, what: str, **altered: Any) -> _Wrong:
    return Hypothesis(requirement, what), evolve(RIGHT, **altered)


def _sources() -> Iterator[_Wrong]:
    for order in permutations(RIGHT.sources):
        if order not in {RIGHT.sources, RIGHT.sources[::-1]}:  # the opposite order is an earlier source that stays
            yield _wrong("SCOPE-2", f"the order {', '.join(order)}", sources=order)
    for source in RIGHT.sources:
        others = tuple(each for each in RIGHT.sources if each != source)
        yield _wrong("SCOPE-2", f"not {source}", sources=others)
        yield _wrong("SCOPE-2", f"only {source}", sources=(source,))
    yield _wrong("SCOPE-2", "none of them", sources=())
    yield _wrong("SCOPE-2", "a source that is no object is refused", refuses=_has_another_source)


def _has_another_source(run: Object) -> bool:
    metadata = member(run.get("automation_snapshot"), "metadata")
    return any(not isinstance(member(metadata, each), dict | None) for each in RIGHT.sources)


def _merges() -> Iterator[_Wrong]:
    yield _wrong("SCOPE-3", "earlier sources stay", merged=lambda earlier, later: {**later, **earlier})
    yield _wrong("SCOPE-3", "a source replaces all fields", merged=lambda earlier, later: later or earlier)
    yield _wrong("SCOPE-3", "lists are united, records merged", merged=_united)


def _united(earlier: Object, later: Object) -> Object:
    return {**earlier, **{name: _with(earlier.get(name), value) for name, value in later.items()}}


def _with(earlier: Json, later: Json) -> Json:
    if isinstance(earlier, list):
        return [*earlier, *later]
    return {**earlier, **later} if isinstance(earlier, dict) else later


def _spellings() -> Iterator[_Wrong]:
    for spelling in SPELLINGS:
        others = tuple(each for each in SPELLINGS if each is not spelling)
        yield _wrong("SCOPE-4", f"not the spelling {spelling[1]}", spellings=others)
    snake = tuple(each for each in SPELLINGS if each[1].islower())
    camel = tuple(each for each in SPELLINGS if not each[1].islower())
    yield _wrong("SCOPE-4", "snake case only", spellings=snake)
    yield _wrong("SCOPE-4", "camel case only", spellings=camel)
    yield _wrong("SCOPE-4", "the last spelling that parses", spellings=SPELLINGS[::-1])
    yield _wrong("SCOPE-4", "the first spelling that is there", decides=lambda tried: tried[0][1])
    yield _wrong("SCOPE-4", "the first spelling that is there and not null", decides=_first_not_null)
    yield _wrong("SCOPE-4", "a spelling that doesn't parse is refused", refuses=_has_another_spelling)


def _first_not_null(tried: Tried) -> Json:
    return next((parsed for value, parsed in tried if value is not None), None)


def _has_another_spelling(run: Object) -> bool:
    metadata = member(run.get("automation_snapshot"), "metadata")
    sources = [said for source in RIGHT.sources if isinstance(said := member(metadata, source), dict)]
    return any(
        said.get(spelling) is not None and RIGHT.parsers[kind](said[spelling]) is None
        for said in sources
        for _, spelling, kind in SPELLINGS
    )


def _typed() -> Iterator[_Wrong]:
    for kind, of in _TYPED.items():
        yield from _parses(
            "SCOPE-5", kind, {"never": _never, "any object": _any(dict), "null is absent nowhere": _without_null(of)}
        )
        in_snake_case, all_but_lists = _read_after(_in_snake_case, of), record(of, _all_but_empty_lists)
        yield from _parses(
            "SCOPE-6",
            kind,
            {
                "unknown members are kept": _all_kept(of),
                "unknown members are refused": _strict(of),
                "camel case is read": in_snake_case,
            },
        )
        yield from _parses("SCOPE-11", kind, {"absent members are null": all_but_lists})
    all_but_nulls = record(ResourceScope, _all_but_nulls)
    yield from _parses("SCOPE-11", "resource_scope", {"empty lists are shown": all_but_nulls})
    null_is_absent = _read_after(_without_nulls, ResourceScope)
    yield from _parses("SCOPE-5", "resource_scope", {"null is absent everywhere": null_is_absent})
    yield from _parses("SCOPE-5", "risk_tier", {"never": _never, "any string": _any(str), "in any case": _in_any_case})


def _parses(requirement: str, kind: str, readings: Mapping[str, Parser]) -> Iterator[_Wrong]:
    for what, parser in readings.items():
        yield _wrong(requirement, f"{kind}: {what}", parsers={**RIGHT.parsers, kind: parser})


def _never(_: Json) -> Json:
    return None


def _any(kind: type) -> Parser:
    return lambda value: value if isinstance(value, kind) else None


def _read_after(changed: Callable[[Json], Json], kind: type) -> Parser:
    return lambda value: record(kind)(changed(value))


def _without_null(kind: type) -> Parser:
    return lambda value: record(kind)(value) if _without_nulls(value) == value else None


def _all_kept(kind: type) -> Parser:
    return lambda value: None if read(value, kind) is None else _rebuilt(value, _unless_empty)


def _strict(kind: type) -> Parser:
    """Parse what has no other members than the known ones."""

    def parse(value: Json) -> Json:
        found = record(kind)(value)
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
    return RIGHT.parsers["risk_tier"](value.strip().lower() if isinstance(value, str) else value)


def _texts() -> Iterator[_Wrong]:
    right = RIGHT.parsers["text"]
    yield from _parses(
        "SCOPE-7",
        "text",
        {
            "not trimmed": lambda value: value if trimmed(value) else right(value),
            "empty ones parse": lambda value: value.strip() if isinstance(value, str) else right(value),
            "strings don't": lambda value: None if isinstance(value, str) else right(value),
            "numbers don't": trimmed,
            "only up to 2^63 - 1": lambda value: None if type(value) is int and value >= 2**63 else right(value),
            "any number": lambda value: write(value) if _is_number(value) else trimmed(value),
            "booleans do": lambda value: write(value) if isinstance(value, bool) else right(value),
        },
    )


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _lists() -> Iterator[_Wrong]:
    yield from _parses(
        "SCOPE-8",
        "classes",
        {
            "never": _never,
            "wrong items are dropped": _those(lambda item: data_classes([item]) is not None),
            "any strings": strings,
            "not the empty list": lambda value: data_classes(value) or None,
            "one word": lambda value: data_classes([value] if isinstance(value, str) else value),
        },
    )
    yield from _parses(
        "SCOPE-8",
        "class",
        {
            "never": _never,
            "any string": lambda value: strings([value]),
            "a list": lambda value: data_classes(value if isinstance(value, list) else [value]),
        },
    )
    yield from _parses(
        "SCOPE-9",
        "grants",
        {
            "never": _never,
            "other items are dropped": _those(lambda item: isinstance(item, str)),
            "other items become text": lambda value: list(map(_as_text, value)) if isinstance(value, list) else None,
            "not the empty list": lambda value: strings(value) or None,
            "one string": lambda value: strings([value] if isinstance(value, str) else value),
        },
    )


def _those(fits: Callable[[Json], bool]) -> Parser:
    return lambda value: list(filter(fits, value)) if isinstance(value, list) else None


def _as_text(value: Json) -> str:
    return value if isinstance(value, str) else write(value)


def _normal_forms() -> Iterator[_Wrong]:
    forms: dict[str, dict[str, Callable[[Any], Json]]] = {
        "owning_org_unit_id": {
            "not lower-cased": as_it_is,
            "only ASCII is lower-cased": _lower_ascii,
            "lower-cased letter by letter": _lower_simply,
            "case-folded": str.casefold,
        },
        "policy_version_id": {"lower-cased": str.lower},
        "data_classes": {
            "as they are": as_it_is,
            "not sorted": lambda values: list(dict.fromkeys(values)),
            "duplicates stay": sorted,
        },
        "delegation_grant_ids": {
            "as they are": as_it_is,
            "not sorted": lambda values: list(dict.fromkeys(_trimmed(values))),
            "duplicates stay": lambda values: sorted(_trimmed(values)),
            "not trimmed": lambda values: sorted({each for each in values if trimmed(each)}),
            "empty ones stay": lambda values: sorted({trimmed(each) or "" for each in values}),
            "lower-cased": lambda values: sorted({each.lower() for each in _trimmed(values)}),
        },
    }
    for name, wrong in forms.items():
        for what, form in wrong.items():
            yield _wrong("SCOPE-10", f"{name}: {what}", normal={**RIGHT.normal, name: form})


def _trimmed(values: list[str]) -> list[str]:
    return [text for each in values if (text := trimmed(each)) is not None]


def _lower_ascii(text: str) -> str:
    return "".join(each.lower() if each.isascii() else each for each in text)


def _lower_simply(text: str) -> str:
    """Lower-case by the simple mapping of Unicode: one letter for each, whatever stands around it."""
    return "".join(each.lower()[0] for each in text)


def _empty_fields() -> Iterator[_Wrong]:
    yield _wrong("SCOPE-11", "empty lists are shown", empty=as_it_is)
    yield _wrong(
        "SCOPE-11", "absent fields are null", empty=lambda said: {**dict.fromkeys(FIELDS), **RIGHT.empty(said)}
    )


SCOPES: Final[Mapping[Hypothesis, ScopeRules]] = dict(
    (
        *_sources(),
        *_merges(),
        *_spellings(),
        *_typed(),
        *_texts(),
        *_lists(),
        *_normal_forms(),
        *_empty_fields(),
    )
)
"""The wrong readings of a scope."""
