"""Input cases for the chapter *Records*, driven by its tables: which members a record has, and of which types."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from hypothesis import strategies as st

from lifecycle_conformance.execution.trace import Object, history_of
from lifecycle_conformance.generation.input_cases.runs import (
    PLACES,
    RECORDS,
    SNAPSHOT,
    TYPED,
    WORDS,
    Member,
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
    HISTORY,
    Cases,
    Sessions,
    at_each,
    grown,
    plain,
    reading,
    refusals,
    written,
)
from lifecycle_conformance.generation.input_cases.texts import minus_zero
from lifecycle_conformance.generation.input_cases.wrong_values import (
    CONVERSIONS,
    INTEGERS,
    SPELLINGS,
    camel,
    misspelt,
    other_names,
    other_types,
)
from lifecycle_projection.records import Json

_LATEST: Final = 2**53 - 1
"""The greatest integer that every driver can be sent."""


def _not_an_object(capabilities: frozenset[str]) -> Sessions:
    """Put something else where a typed record belongs; `null` only among items, elsewhere REC-3 says so.

    What some take for nothing stands as often where nothing is missing then, in records that require no member.
    """
    items = [path for path in TYPED if path and isinstance(path[-1], int)]
    undemanding = [
        path for path, name in TYPED.items() if all(each.sort != "required" for each in RECORDS[name].values())
    ]

    def spoilt(*values: Json) -> Callable[[Object, Path], st.SearchStrategy[Object]]:
        def sent(run: Object, path: Path) -> st.SearchStrategy[Object]:
            return st.sampled_from(values).flatmap(lambda value: written(change(run, path, value), capabilities))

        return sent

    kinds = (
        at_each(grown, TYPED, spoilt("text", "", 7, 0, True, False)),
        at_each(grown, undemanding, spoilt("", 0, False)),
        at_each(grown, items, spoilt(None)),
    )
    return refusals("REC-1", capabilities, st.one_of(*kinds))


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
    """Write `null` for some optional members, or for all; all of an automation snapshot is hashed, `null` or not."""

    def sessions(run: Object, places: Sequence[Path]) -> Sessions:
        null, absent = run, run
        for path in places:
            null, absent = change(null, path, None), drop(absent, path)
        return written(null, capabilities).map(lambda sent: reading("REC-4", absent, sent))

    return _some_members("optional", sessions)


def _default(capabilities: frozenset[str]) -> Sessions:
    """Leave out some defaulted members, or all."""

    def sessions(run: Object, places: Sequence[Path]) -> Sessions:
        left_out, spelt_out = run, run
        for *way, name in places:
            default = default_of(RECORDS[TYPED[tuple(way)]][str(name)])
            left_out, spelt_out = drop(left_out, (*way, name)), change(spelt_out, (*way, name), default)
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
    """Put integers at the ends of their ranges, one or all of them, or a number that is none of the range."""
    exact = "json-numbers" in capabilities

    def most(bits: int) -> int:
        greatest: int = 2**bits - 1
        return greatest if exact else min(greatest, _LATEST)

    def one(run: Object, place: tuple[Path, int]) -> st.SearchStrategy[Object]:
        path, bits = place
        values = st.sampled_from([0, most(bits)]) | st.integers(0, most(bits))
        return values.map(lambda value: change(run, path, value))

    def everywhere(run: Object, greatest: bool) -> Object:  # noqa: FBT001 - else all are the least
        for path, bits in INTEGERS:
            run = change(run, path, most(bits) if greatest else 0)
        return run

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

    kinds = [[each for each in INTEGERS if each[1] == bits] for bits in (64, 32)]
    runs = st.one_of(*(at_each(grown, places, one) for places in kinds), st.builds(everywhere, grown, st.booleans()))
    accepted = runs.map(lambda run: reading("REC-7", run, {"run": run}))
    spoilt = st.one_of(*(at_each(grown, places, refused) for places in kinds))
    return st.builds(list.__add__, accepted, refusals("REC-7", capabilities, spoilt))


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

    def one(run: Object, place: Place) -> st.SearchStrategy[Object]:
        return st.sampled_from(WORDS[place.member.type]).map(lambda word: change(run, place.path, word))

    def refused(run: Object, place: Place) -> st.SearchStrategy[Object]:
        word = st.sampled_from(WORDS[place.member.type])
        values = word.flatmap(lambda word: st.sampled_from(misspelt(word)).flatmap(st.sampled_from))
        return values.flatmap(lambda value: written(change(run, place.path, value), capabilities))

    runs = at_each(grown, places, one) | grown.map(_with_all_words)
    accepted = runs.map(lambda run: reading("REC-9", run, {"run": run}))
    return st.builds(list.__add__, accepted, refusals("REC-9", capabilities, at_each(grown, places, refused)))


def _with_all_words(run: Object) -> Object:
    """A run with a lifecycle record for each stop kind, and a decision of each kind of actor."""
    record, decision = history_of(run)[-1], run["checkpoint"]["gate_history"][0]
    records = [{**record, "event": word, "stop_kind": word} for word in WORDS["stop_kind"]]
    decisions = [{**decision, "decided_by": {"kind": word}} for word in WORDS["actor_kind"]]
    more: Object = change(run, HISTORY, [*history_of(run), *records])
    return {**more, "checkpoint": {**more["checkpoint"], "gate_history": decisions}}


def _unknown(capabilities: frozenset[str]) -> Sessions:
    """Put members that a record's table doesn't name; never inside an automation snapshot, all of which counts.

    At times the record has only the members that it needs, so that another spelling stands for none that is there.
    """
    paths = [path for path, record in TYPED.items() if record != SNAPSHOT]

    def needed(run: Object, path: Path) -> Object:
        for name, each in RECORDS[TYPED[path]].items():
            if each.sort != "required" and name not in {"lifecycle_history", "tenant_context"}:
                run = drop(run, (*path, name))
        return run

    def sessions(run: Object, path: Path) -> Sessions:
        return st.booleans().flatmap(lambda thin: with_unknown(needed(run, path) if thin else run, path))

    def with_unknown(run: Object, path: Path) -> Sessions:
        known = RECORDS[TYPED[path]]
        names = st.sampled_from([each for each in other_names() if each not in known])
        some = st.dictionaries(names, plain | st.none(), min_size=1, max_size=3)
        unknown = some | st.sampled_from([_spelt(known, spelling) for spelling in SPELLINGS])

        def session(more: Object, first: bool) -> Sessions:  # noqa: FBT001 - whether they stand before those that are known
            record = {**more, **at(run, path)} if first else {**at(run, path), **more}
            return written(change(run, path, record), capabilities).map(lambda sent: reading("REC-10", run, sent))

        return st.tuples(unknown, st.booleans()).flatmap(lambda drawn: session(*drawn))

    return at_each(grown, paths, sessions)


def _spelt(known: Mapping[str, Member], spelling: Callable[[str], str]) -> Object:
    """All members of a record in another spelling, each with a value that could be its own."""
    spelt = {spelling(name): plain_value(each.type, "other") for name, each in known.items()}
    return {name: value for name, value in spelt.items() if name not in known}


def _twice(capabilities: frozenset[str]) -> Sessions:
    """Write a known member twice, or more often, with the same value or others."""
    places = [each for each in PLACES if (each.record, each.member.name) != (SNAPSHOT, "metadata")]
    by_record = [[each for each in places if each.record == record] for record in RECORDS]

    def spoilt(run: Object, place: Place) -> st.SearchStrategy[Object]:
        values = [at(run, place.path), plain_value(place.member.type, "other")]
        values += [None] if place.member.sort == "optional" else []
        raws = st.lists(st.sampled_from([json.dumps(each) for each in values]), min_size=2, max_size=3)
        return raws.map(lambda drawn: {"run_json": text_with_twice(run, place.path, *drawn)})

    return refusals("REC-11", capabilities, st.one_of(*(at_each(grown, each, spoilt) for each in by_record)))


def _some_members(sort: str, make: Callable[[Object, Sequence[Path]], Sessions]) -> Sessions:
    """Draw a run record and some members of a sort, of one typed record in it or all there are, and go on from there.

    Those of an inner record come before the record itself.
    """
    places = [
        each.path
        for each in PLACES
        if each.member.sort == sort
        and each.record != SNAPSHOT
        and each.member.name not in {"lifecycle_history", "tenant_context"}
    ]
    innermost_first = sorted(places, key=len, reverse=True)
    of_one = {path: [each for each in places if each[:-1] == path] for path in TYPED}

    def sessions(run: Object, some: Sequence[Path]) -> Sessions:
        return st.lists(st.sampled_from(some), min_size=1, max_size=3, unique=True).flatmap(
            lambda drawn: make(run, drawn)
        )

    one = at_each(grown, list(filter(None, of_one.values())), sessions)
    return one | grown.flatmap(lambda run: make(run, innermost_first))


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
