"""Wrong readings of the rules that are judged by fixed cases: some for each requirement.

A case touches a requirement if one of its wrong readings would show in it. Where an implementation departs from
production's answer, the wrong readings that give what it gave tell which requirement it breaks.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import permutations, product
from math import inf, isfinite, nextafter
from typing import Any, Final

import orjson
from attrs import asdict, evolve, frozen

from lifecycle_conformance.execution.trace import Object, member
from lifecycle_conformance.judges.vectors.rules import (
    FIELDS,
    HASH,
    RIGHT,
    SPELLINGS,
    Double,
    Parser,
    Rules,
    Tried,
    as_it_is,
    by_content,
    data_classes,
    digits_of,
    double,
    exponential,
    hash_of,
    is_plain,
    is_unsigned,
    named,
    plain,
    planned,
    read,
    record,
    revised,
    scalar,
    strings,
    written,
)
from lifecycle_projection.records import Json, Principal, ResourceScope
from lifecycle_projection.text import trimmed

_TYPED: Final = {"principal": Principal, "resource_scope": ResourceScope}
_KNOWN: Final = frozenset({"automation_id", "metadata"})
_NARROWER: Final = ((1e-4, 1e16), (1e-3, 1e16), (1e-5, 1e15), (1e-5, 1e7), (1e-3, 1e7))
_CAMEL: Final = re.compile(r"(?<=[a-z])([A-Z])")


@frozen
class Fault:
    """One way to get a requirement wrong.

    One that is `irregular` goes wrong in some cases and not in others of the same kind: no case speaks against it.
    """

    requirement: str
    what: str
    rules: Rules
    irregular: bool = False


def _fault(requirement: str, what: str, **wrong: Any) -> Fault:
    return Fault(requirement, what, evolve(RIGHT, **wrong))


# --- the scope --------------------------------------------------------------------------------------------------------


def _sources() -> Iterator[Fault]:
    for order in permutations(RIGHT.sources):
        if order not in {RIGHT.sources, RIGHT.sources[::-1]}:  # the opposite order is an earlier source that stays
            yield _fault("SCOPE-2", f"the order {', '.join(order)}", sources=order)
    for source in RIGHT.sources:
        others = tuple(each for each in RIGHT.sources if each != source)
        yield _fault("SCOPE-2", f"not {source}", sources=others)
        yield _fault("SCOPE-2", f"only {source}", sources=(source,))
    yield _fault("SCOPE-2", "none of them", sources=())
    yield _fault("SCOPE-2", "a source that is no object is refused", refuses=_has_another_source)


def _has_another_source(run: Object) -> bool:
    metadata = member(run.get("automation_snapshot"), "metadata")
    return any(not isinstance(member(metadata, each), dict | None) for each in RIGHT.sources)


def _merges() -> Iterator[Fault]:
    yield _fault("SCOPE-3", "earlier sources stay", merged=lambda earlier, later: {**later, **earlier})
    yield _fault("SCOPE-3", "a source replaces all fields", merged=lambda earlier, later: later or earlier)
    yield _fault("SCOPE-3", "lists are united, records merged", merged=_united)


def _united(earlier: Object, later: Object) -> Object:
    return {**earlier, **{name: _with(earlier.get(name), value) for name, value in later.items()}}


def _with(earlier: Json, later: Json) -> Json:
    if isinstance(earlier, list):
        return [*earlier, *later]
    return {**earlier, **later} if isinstance(earlier, dict) else later


def _spellings() -> Iterator[Fault]:
    for spelling in SPELLINGS:
        others = tuple(each for each in SPELLINGS if each is not spelling)
        yield _fault("SCOPE-4", f"not the spelling {spelling[1]}", spellings=others)
    snake = tuple(each for each in SPELLINGS if each[1].islower())
    camel = tuple(each for each in SPELLINGS if not each[1].islower())
    yield _fault("SCOPE-4", "snake case only", spellings=snake)
    yield _fault("SCOPE-4", "camel case only", spellings=camel)
    yield _fault("SCOPE-4", "the last spelling that parses", spellings=SPELLINGS[::-1])
    yield _fault("SCOPE-4", "the first spelling that is there", decides=lambda tried: tried[0][1])
    yield _fault("SCOPE-4", "the first spelling that is there and not null", decides=_first_not_null)
    yield _fault("SCOPE-4", "a spelling that doesn't parse is refused", refuses=_has_another_spelling)


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


def _typed() -> Iterator[Fault]:
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


def _parses(requirement: str, kind: str, readings: Mapping[str, Parser]) -> Iterator[Fault]:
    for what, parser in readings.items():
        yield _fault(requirement, f"{kind}: {what}", parsers={**RIGHT.parsers, kind: parser})


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
    """Give a value with each member of its objects, at every depth, changed."""
    if isinstance(value, dict):
        members: Object = {}
        for name, each in value.items():
            members |= changed(name, _rebuilt(each, changed))
        return members
    return [_rebuilt(item, changed) for item in value] if isinstance(value, list) else value


def _in_any_case(value: Json) -> Json:
    return RIGHT.parsers["risk_tier"](value.strip().lower() if isinstance(value, str) else value)


def _texts() -> Iterator[Fault]:
    right = RIGHT.parsers["text"]
    yield from _parses(
        "SCOPE-7",
        "text",
        {
            "not trimmed": lambda value: value if trimmed(value) else right(value),
            "empty ones parse": lambda value: value.strip() if isinstance(value, str) else right(value),
            "strings don't": lambda value: None if isinstance(value, str) else right(value),
            "numbers don't": trimmed,
            "only up to 2^63 - 1": lambda value: None if is_unsigned(value) and value >= 2**63 else right(value),
            "any number": lambda value: _written(value) if _is_number(value) else trimmed(value),
            "booleans do": lambda value: _written(value) if isinstance(value, bool) else right(value),
        },
    )


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _written(value: Json) -> str:
    return written(value, double, in_order=True)


def _lists() -> Iterator[Fault]:
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
    return value if isinstance(value, str) else _written(value)


def _normal_forms() -> Iterator[Fault]:
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
            yield _fault("SCOPE-10", f"{name}: {what}", normal={**RIGHT.normal, name: form})


def _trimmed(values: list[str]) -> list[str]:
    return [text for each in values if (text := trimmed(each)) is not None]


def _lower_ascii(text: str) -> str:
    return "".join(each.lower() if each.isascii() else each for each in text)


def _lower_simply(text: str) -> str:
    """Lower-case by the simple mapping of Unicode: one letter for each, whatever stands around it."""
    return "".join(each.lower()[0] for each in text)


def _empty_fields() -> Iterator[Fault]:
    yield _fault("SCOPE-11", "empty lists are shown", empty=as_it_is)
    yield _fault(
        "SCOPE-11", "absent fields are null", empty=lambda said: {**dict.fromkeys(FIELDS), **RIGHT.empty(said)}
    )


# --- the definition ---------------------------------------------------------------------------------------------------


def _hashes() -> Iterator[Fault]:
    yield _fault("DEF-1", "the run's own doesn't count", own_hash=_never)
    yield _fault("DEF-1", "an empty one of the run doesn't count", own_hash=lambda own: own or None)
    yield _fault("DEF-1", "the run's own is trimmed", own_hash=lambda own: own.strip() if own else own)
    yield _fault("DEF-1", "absent where the run has none", own_hash=lambda own: own or "")
    changes: dict[str, Callable[[Object], Json]] = {
        "members sorted": _in_sorted_order,
        "nulls left out": _without_nulls,
        "members sorted, nulls left out": lambda value: _in_sorted_order(_without_nulls(value)),
        "known members only": lambda value: {name: value[name] for name in value if name in _KNOWN},
        "without metadata": lambda value: {name: value[name] for name in value if name != "metadata"},
    }
    for what, changed in changes.items():
        yield _fault("DEF-2", what, hashed=_hashed_after(changed))


def _in_sorted_order(value: Json) -> Json:
    return orjson.loads(orjson.dumps(value, option=orjson.OPT_SORT_KEYS))


def _hashed_after(changed: Callable[[Object], Json]) -> Callable[[Object], str]:
    return lambda value: RIGHT.hashed(changed(value))


def _versions() -> Iterator[Fault]:
    yield _fault("DEF-3", "the run's own doesn't count", own_version=_never)
    yield _fault("DEF-3", "an empty one of the run doesn't count", own_version=lambda own: own or None)
    yield _fault("DEF-3", "the run's own is trimmed", own_version=lambda own: own.strip() if own else own)
    yield _fault("DEF-3", "absent where the run has none", ways=())
    yield _fault("DEF-3", "a plan before a name", ways=(planned, named, by_content))
    for name in RIGHT.names:
        yield _fault("DEF-4", f"not {name}", names=tuple(each for each in RIGHT.names if each != name))
    yield _fault("DEF-4", "not at all", ways=(planned, by_content))
    yield _fault("DEF-4", "the opposite order", names=RIGHT.names[::-1])
    yield _fault("DEF-4", "only the first that is there", ways=(_first_that_is_there, planned, by_content))
    scalars: dict[str, Callable[[Json], Json]] = {
        "not trimmed": lambda value: value if trimmed(value) else scalar(value),
        "empty strings": lambda value: value.strip() if isinstance(value, str) else scalar(value),
        "strings only": trimmed,
        "no integers": lambda value: None if type(value) is int else scalar(value),
        "no doubles": lambda value: None if isinstance(value, float) else scalar(value),
        "whole doubles as integers": lambda value: int(value) if _is_whole(value) else scalar(value),
        "no booleans": lambda value: None if isinstance(value, bool) else scalar(value),
        "booleans as in Python": lambda value: str(value) if isinstance(value, bool) else scalar(value),
    }
    for what, reading in scalars.items():
        yield _fault("DEF-4", what, scalar=reading)


def _is_whole(value: Json) -> bool:
    return isinstance(value, float) and value.is_integer()


def _first_that_is_there(run: Object, rules: Rules) -> str | None:
    metadata = member(run["automation_snapshot"], "metadata")
    there = [name for name in rules.names if member(metadata, name) is not None]
    return named(run, evolve(rules, names=tuple(there[:1])))


def _plans() -> Iterator[Fault]:
    yield _fault("DEF-5", "not at all", ways=(named, by_content))
    yield _fault("DEF-5", "the opposite order", plans=RIGHT.plans[::-1])
    for plan in RIGHT.plans:
        yield _fault("DEF-5", f"not {plan[0]}", plans=tuple(each for each in RIGHT.plans if each != plan))
    yield _fault("DEF-5", "only the first plan that is there", ways=(named, _first_plan, by_content))
    yield _fault("DEF-5", "no revision is revision 0", plan=lambda plan_id, found: revised(plan_id, found or 0))
    yield _fault("DEF-5", "any revision", plan=_with_any_revision)


def _first_plan(run: Object, rules: Rules) -> str | None:
    metadata = member(run["automation_snapshot"], "metadata")
    there = [path for path in rules.plans if member(metadata, path[0]) is not None]
    return planned(run, evolve(rules, plans=tuple(there[:1])))


def _with_any_revision(plan_id: str, revision: Json) -> str | None:
    return None if revision is None else f"plan:{plan_id}:rev:{_as_text(revision)}"


def _by_content() -> Iterator[Fault]:
    ways = {
        "not at all": (),
        "the run's automation id": (_of_the_run,),
        "by the hash that the run records": (_by_the_run_s_hash,),
        "all digits": (_by_all_digits,),
    }
    for what, way in ways.items():
        yield _fault("DEF-6", what, ways=(named, planned, *way))


def _of_the_run(run: Object, rules: Rules) -> str:
    return _addressed(run["automation_id"], rules.hashed(run["automation_snapshot"]))


def _by_the_run_s_hash(run: Object, rules: Rules) -> str:
    snapshot = run["automation_snapshot"]
    return _addressed(snapshot["automation_id"], run.get(HASH) or rules.hashed(snapshot))


def _by_all_digits(run: Object, rules: Rules) -> str:
    snapshot = run["automation_snapshot"]
    return _addressed(snapshot["automation_id"], rules.hashed(snapshot), 64)


def _addressed(automation_id: str, found: str, digits: int = 16) -> str:
    return f"automation:{automation_id}@{found.removeprefix('sha256:')[:digits]}"


# --- numbers ----------------------------------------------------------------------------------------------------------


def _doubles() -> Iterator[Fault]:
    ways: dict[str, dict[str, Double]] = {
        "JSON-6": {"whole ones as integers": lambda value: str(int(value)) if _is_whole(value) else double(value)},
        "JSON-7": {
            **{f"{count} significant digits": _of_digits(count) for count in (17, 16, 15)},
            "all its digits": _where(is_plain, lambda value: plain(*digits_of(f"{value:.1100f}"))),
        },
        "JSON-8": {
            "as Python does": _where(is_plain, repr),
            "minus zero without sign": lambda value: double(value or 0.0),
            "nothing after the point": _where(is_plain, lambda value: double(value).removesuffix(".0")),
            **{f"only from {least} to {below}": _plain_only(least, below) for least, below in _NARROWER},
        },
        "JSON-9": {
            "no plus": _exponent(lambda text: text.replace("e+", "e")),
            "a capital E": _exponent(str.upper),
            "a capital E without plus": _exponent(lambda text: text.replace("e+", "e").upper()),
            "two digits of the exponent": _exponent(lambda text: re.sub(r"e([+-])(\d)$", r"e\g<1>0\2", text)),
            "always a point": _exponent(lambda text: re.sub(r"^(-?\d)e", r"\1.0e", text)),
            "plain up to 1e21": _where(lambda value: abs(value) < 1e21 and abs(value) >= 1, _plain),
            "plain from 1e-7": _where(lambda value: 1e-7 <= abs(value) < 1, _plain),
            "plain always": _plain,
        },
    }
    for requirement, wrong in ways.items():
        for what, way in wrong.items():
            yield _fault(requirement, what, double=way, hashed=_hashed_with(way))
    for towards, units in product((inf, -inf), (1, 2)):
        way = _read_off(towards, units)
        what = f"a long one read {units} off, towards {towards}"
        yield evolve(_fault("JSON-12", what, double=way, hashed=_hashed_with(way)), irregular=True)


def _hashed_with(way: Double) -> Callable[[Object], str]:
    return lambda value: hash_of(written(value, way, in_order=True))


def _where(applies: Callable[[float], bool], way: Double) -> Double:
    return lambda value: way(value) if applies(value) else double(value)


def _exponent(changed: Callable[[str], str]) -> Double:
    return lambda value: double(value) if is_plain(value) else changed(double(value))


def _plain(value: float) -> str:
    return plain(*digits_of(repr(value)))


def _of_digits(count: int) -> Double:
    def way(value: float) -> str:
        text = digits_of(f"{value:.{count - 1}e}")
        return plain(*text) if is_plain(value) else exponential(*text)

    return way


def _plain_only(least: float, below: float) -> Double:
    def way(value: float) -> str:
        outside = is_plain(value) and value and not least <= abs(value) < below
        return exponential(*digits_of(repr(value))) if outside else double(value)

    return way


def _read_off(towards: float, units: int) -> Double:
    def way(value: float) -> str:
        read = value
        for _ in range(units if len(digits_of(repr(value))[1]) > 15 else 0):
            read = nextafter(read, towards)
        return double(read if isfinite(read) else value)

    return way


FAULTS: Final[Mapping[str, tuple[Fault, ...]]] = {
    "scope": (
        *_sources(),
        *_merges(),
        *_spellings(),
        *_typed(),
        *_texts(),
        *_lists(),
        *_normal_forms(),
        *_empty_fields(),
    ),
    "definition": (*_hashes(), *_versions(), *_plans(), *_by_content(), *_doubles()),
    "number": tuple(_doubles()),
}
"""The wrong readings that a case may show, by its subject."""
