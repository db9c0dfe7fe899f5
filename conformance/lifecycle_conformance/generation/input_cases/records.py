"""Input cases for the chapter *Records*, driven by its tables: which members a record has, and of which types."""

import json
from collections.abc import Callable
from typing import Final

from hypothesis import strategies as st

from lifecycle_conformance.execution.trace import Object
from lifecycle_conformance.generation.input_cases.runs import (
    PLACES,
    RECORDS,
    SNAPSHOT,
    TYPED,
    WORDS,
    Path,
    Place,
    at,
    change,
    default_of,
    drop,
    plain_value,
    text_with,
    text_with_twice,
)
from lifecycle_conformance.generation.input_cases.sessions import (
    Cases,
    Sessions,
    at_each,
    characters,
    grown,
    plain,
    reading,
    refusals,
    words,
    written,
)
from lifecycle_conformance.generation.input_cases.texts import minus_zero
from lifecycle_conformance.generation.input_cases.wrong_values import (
    CONVERSIONS,
    INTEGERS,
    camel,
    misspelt,
    other_names,
    other_types,
)
from lifecycle_projection.records import Json

_LATEST: Final = 2**53 - 1
"""The greatest integer that every driver can be sent."""


def _not_an_object(capabilities: frozenset[str]) -> Sessions:
    """Put something else where a typed record belongs; `null` only among items, elsewhere REC-3 says so."""

    def spoilt(run: Object, path: Path) -> st.SearchStrategy[Object]:
        nothing = [None] if path and isinstance(path[-1], int) else []
        values = st.sampled_from(["text", "", 7, True, False, *nothing]) | words
        return values.flatmap(lambda value: written(change(run, path, value), capabilities))

    return refusals("REC-1", capabilities, at_each(grown, TYPED, spoilt))


def _missing(capabilities: frozenset[str]) -> Sessions:
    """Leave out a required member, or write its name otherwise."""
    places = [each.path for each in PLACES if each.member.sort == "required"]

    def spoilt(run: Object, path: Path) -> st.SearchStrategy[Object]:
        *way, name = path
        without = drop(run, path)
        others = (str(name).upper(), camel(str(name)), f" {name}", f"{name}_")
        renamed = (change(without, (*way, other), at(run, path)) for other in others if other != name)
        return st.sampled_from([without, *renamed]).flatmap(lambda run: written(run, capabilities))

    return refusals("REC-2", capabilities, at_each(grown, places, spoilt))


def _null(capabilities: frozenset[str]) -> Sessions:
    """Write `null` for a member that is required, or as often for one that has a default, which readers let pass."""

    def spoilt(run: Object, path: Path) -> st.SearchStrategy[Object]:
        return written(change(run, path, None), capabilities)

    kinds = ([each.path for each in PLACES if each.member.sort == sort] for sort in ("defaulted", "required"))
    return refusals("REC-3", capabilities, st.one_of(*(at_each(grown, places, spoilt) for places in kinds)))


def _null_is_absent(capabilities: frozenset[str]) -> Sessions:
    """Write `null` for some optional members of one record; all of an automation snapshot is hashed, `null` or not."""

    def sessions(run: Object, path: Path, names: list[str]) -> Sessions:
        null, absent = run, run
        for name in names:
            null, absent = change(null, (*path, name), None), drop(absent, (*path, name))
        return written(null, capabilities).map(lambda sent: reading("REC-4", absent, sent))

    return _some_members("optional", sessions)


def _default(capabilities: frozenset[str]) -> Sessions:
    """Leave out some defaulted members of one record."""

    def sessions(run: Object, path: Path, names: list[str]) -> Sessions:
        left_out, spelt_out = run, run
        for name in names:
            default = default_of(RECORDS[TYPED[path]][name])
            left_out, spelt_out = drop(left_out, (*path, name)), change(spelt_out, (*path, name), default)
        return written(left_out, capabilities).map(lambda sent: reading("REC-5", spelt_out, sent))

    return _some_members("defaulted", sessions)


def _wrong_type(capabilities: frozenset[str]) -> Sessions:
    """Put a value of another type; records are for REC-1, words for REC-9, `null` for REC-3."""
    any_other = [(each.path, value) for each in PLACES for value in other_types(each.member.type)]

    def spoilt(run: Object, spoiling: tuple[Path, Json]) -> st.SearchStrategy[Object]:
        return written(change(run, *spoiling), capabilities)

    kinds = (at_each(grown, changes, spoilt) for changes in (*CONVERSIONS, any_other))
    return refusals("REC-6", capabilities, st.one_of(*kinds))


def _unsigned(capabilities: frozenset[str]) -> Sessions:
    """Put an integer at an end of its range, or a number that is none of the range."""
    exact = "json-numbers" in capabilities

    def accepted(run: Object, place: tuple[Path, int]) -> Sessions:
        path, bits = place
        most = 2**bits - 1 if exact else min(2**bits - 1, _LATEST)
        values = st.sampled_from([0, most]) | st.integers(0, most)
        return values.map(lambda value: change(run, path, value)).flatmap(
            lambda run: written(run, capabilities).map(lambda sent: reading("REC-7", run, sent))
        )

    def refused(run: Object, place: tuple[Path, int]) -> st.SearchStrategy[Object]:
        path, bits = place
        fractions = st.integers(-1000, 1000).map(lambda number: number + 0.5)
        values: st.SearchStrategy[Json] = st.integers(-(2**63) if exact else -_LATEST, -1) | fractions
        if bits == 32:
            values |= st.integers(2**32, 2**64 - 1 if exact else _LATEST)
        sent = values.flatmap(lambda value: written(change(run, path, value), capabilities))
        if exact and "text-input" in capabilities:
            sent |= st.integers(2**64, 2**70).map(lambda value: {"run_json": text_with(run, path, str(value))})
        return sent

    return st.one_of(
        at_each(grown, INTEGERS, accepted), refusals("REC-7", capabilities, at_each(grown, INTEGERS, refused))
    )


def _double(capabilities: frozenset[str]) -> Sessions:
    """Put a whole number that is written as a double; `-0` only where it is known to be read as one."""
    endings = st.sampled_from([".0", ".000", "e0", "e3", "E+1", "00e-2", ".5e1"])
    tokens = st.just("-0.0") | st.builds(str.__add__, st.integers(0, 10**6).map(str), endings)

    def spoilt(run: Object, place: tuple[Path, int]) -> st.SearchStrategy[Object]:
        path, _ = place
        wholes = st.integers(0, 2**31).map(float) | st.just(-0.0)
        sent: st.SearchStrategy[Object] = wholes.map(lambda value: {"run": change(run, path, value)})
        if "text-input" in capabilities:
            sent |= tokens.map(lambda token: {"run_json": text_with(run, path, token)})
        return sent

    sessions = refusals("REC-8", capabilities, at_each(grown, INTEGERS, spoilt))
    first = minus_zero(capabilities)
    if first is None:
        return sessions
    zeros = refusals(
        "REC-8",
        capabilities,
        at_each(grown, INTEGERS, lambda run, place: st.just({"run_json": text_with(run, place[0], "-0")})),
    )
    return sessions | st.builds(list.__add__, first, zeros)


def _word(capabilities: frozenset[str]) -> Sessions:
    """Put each word where it belongs, and what is no word of the set."""
    places = [each for each in PLACES if each.member.type in WORDS]

    def accepted(run: Object, place: Place) -> Sessions:
        runs = st.sampled_from(WORDS[place.member.type]).map(lambda word: change(run, place.path, word))
        return runs.flatmap(lambda run: written(run, capabilities).map(lambda sent: reading("REC-9", run, sent)))

    def refused(run: Object, place: Place) -> st.SearchStrategy[Object]:
        spoilt = st.sampled_from(WORDS[place.member.type]).flatmap(lambda word: st.sampled_from(misspelt(word)))
        values = spoilt | st.text(characters, max_size=6).map(lambda text: f"{text}?")
        return values.flatmap(lambda value: written(change(run, place.path, value), capabilities))

    return st.one_of(at_each(grown, places, accepted), refusals("REC-9", capabilities, at_each(grown, places, refused)))


def _unknown(capabilities: frozenset[str]) -> Sessions:
    """Put members that a record's table doesn't name; never inside an automation snapshot, all of which counts."""
    paths = [path for path, record in TYPED.items() if record != SNAPSHOT]

    def sessions(run: Object, path: Path) -> Sessions:
        known = RECORDS[TYPED[path]]
        own, others = (st.sampled_from([each for each in some if each not in known]) for some in other_names(known))
        names = own | others
        unknown = st.dictionaries(names, plain | st.none(), min_size=1, max_size=3)

        def session(more: Object, first: bool) -> Sessions:  # noqa: FBT001 - whether they stand before those that are known
            record = {**more, **at(run, path)} if first else {**at(run, path), **more}
            return written(change(run, path, record), capabilities).map(lambda sent: reading("REC-10", run, sent))

        return st.tuples(unknown, st.booleans()).flatmap(lambda drawn: session(*drawn))

    return at_each(grown, paths, sessions)


def _twice(capabilities: frozenset[str]) -> Sessions:
    """Write a known member twice, or more often, with the same value or others."""
    places = [each for each in PLACES if (each.record, each.member.name) != (SNAPSHOT, "metadata")]

    def spoilt(run: Object, place: Place) -> st.SearchStrategy[Object]:
        values = [at(run, place.path), plain_value(place.member.type, "other")]
        values += [None] if place.member.sort == "optional" else []
        raws = st.lists(st.sampled_from([json.dumps(each) for each in values]), min_size=2, max_size=3)
        return raws.map(lambda drawn: {"run_json": text_with_twice(run, place.path, *drawn)})

    return refusals("REC-11", capabilities, at_each(grown, places, spoilt))


def _some_members(sort: str, make: Callable[[Object, Path, list[str]], Sessions]) -> Sessions:
    """Draw a run record, a typed record in it and some of that record's members of a sort, and go on from there."""
    names = {
        path: [
            name
            for name, each in RECORDS[record].items()
            if each.sort == sort and name not in {"lifecycle_history", "tenant_context"}
        ]
        for path, record in TYPED.items()
        if record != SNAPSHOT
    }

    def sessions(run: Object, path: Path) -> Sessions:
        some = st.lists(st.sampled_from(names[path]), min_size=1, max_size=3, unique=True)
        return some.flatmap(lambda drawn: make(run, path, drawn))

    return at_each(grown, [path for path, found in names.items() if found], sessions)


CASES: Final[Cases] = {
    "REC-1": _not_an_object,
    "REC-2": _missing,
    "REC-3": _null,
    "REC-4": _null_is_absent,
    "REC-5": _default,
    "REC-6": _wrong_type,
    "REC-7": _unsigned,
    "REC-8": _double,
    "REC-9": _word,
    "REC-10": _unknown,
    "REC-11": _twice,
}
