"""Readings for the chapter *Records*: driven by its tables, each member of each record in its place."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeVar

from hypothesis import strategies as st

from lifecycle_conformance.execution.trace import Object
from lifecycle_conformance.generation.input_cases.runs import (
    FULL,
    KEY,
    PLACES,
    RECORDS,
    TYPED,
    WORDS,
    Path,
    Place,
    at,
    change,
    default_of,
    drop,
    item_type,
    plain_value,
    small_run,
    text_with,
    text_with_twice,
)
from lifecycle_conformance.generation.input_cases.sessions import (
    Cases,
    Requests,
    Sessions,
    grown,
    plain,
    reading,
    refusals,
    small,
    words,
    written,
)
from lifecycle_conformance.generation.input_cases.texts import minus_zero
from lifecycle_conformance.model.identity import WHITE_SPACE
from lifecycle_conformance.model.shown_metadata import SHOWN_AS, WAIT_KINDS
from lifecycle_projection.records import Json

SNAPSHOT: Final = "automation_snapshot"
_METADATA: Final[Path] = ("checkpoint", "lifecycle_history", 0, "metadata")
_LATEST: Final = 2**53 - 1
"""The greatest integer that every driver can be sent."""
_Place = TypeVar("_Place")
_Drawn = TypeVar("_Drawn")


def _not_an_object(capabilities: frozenset[str]) -> Sessions:
    """Put something else where a typed record belongs; `null` only among items, elsewhere it is REC-3's business."""

    def spoilt(run: Object, path: Path) -> st.SearchStrategy[Object]:
        nothing = [None] if path and isinstance(path[-1], int) else []
        values = st.sampled_from(["text", "", 7, True, False, *nothing]) | words
        return values.flatmap(lambda value: written(change(run, path, value), capabilities))

    return refusals("REC-1", capabilities, _each(grown, TYPED, spoilt))


def _missing(capabilities: frozenset[str]) -> Sessions:
    """Leave out a required member, or write its name otherwise."""
    places = [each.path for each in PLACES if each.member.sort == "required"]

    def spoilt(run: Object, path: Path) -> st.SearchStrategy[Object]:
        *way, name = path
        without = drop(run, path)
        others = (str(name).upper(), _camel(str(name)), f" {name}", f"{name}_")
        renamed = (change(without, (*way, other), at(run, path)) for other in others if other != name)
        return st.sampled_from([without, *renamed]).flatmap(lambda run: written(run, capabilities))

    return refusals("REC-2", capabilities, _each(grown, places, spoilt))


def _null(capabilities: frozenset[str]) -> Sessions:
    """Write `null` for a member that is required, or as often for one that has a default, which readers let pass."""

    def spoilt(run: Object, path: Path) -> st.SearchStrategy[Object]:
        return written(change(run, path, None), capabilities)

    kinds = ([each.path for each in PLACES if each.member.sort == sort] for sort in ("defaulted", "required"))
    return refusals("REC-3", capabilities, st.one_of(*(_each(grown, places, spoilt) for places in kinds)))


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
    """Put a value of another type; records and words are the business of REC-1 and REC-9, `null` that of REC-3."""
    any_other = [(each.path, value) for each in PLACES for value in _wrong(each.member.type)]

    def spoilt(run: Object, spoiling: tuple[Path, Json]) -> st.SearchStrategy[Object]:
        return written(change(run, *spoiling), capabilities)

    kinds = (_each(grown, changes, spoilt) for changes in (*_CONVERSIONS, any_other))
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
        _each(grown, _INTEGERS, accepted), refusals("REC-7", capabilities, _each(grown, _INTEGERS, refused))
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

    sessions = refusals("REC-8", capabilities, _each(grown, _INTEGERS, spoilt))
    first = minus_zero(capabilities)
    if first is None:
        return sessions
    zeros = refusals(
        "REC-8",
        capabilities,
        _each(grown, _INTEGERS, lambda run, place: st.just({"run_json": text_with(run, place[0], "-0")})),
    )
    return sessions | st.builds(list.__add__, first, zeros)


def _word(capabilities: frozenset[str]) -> Sessions:
    """Put each word where it belongs, and what is no word of the set."""
    places = [each for each in PLACES if each.member.type in WORDS]

    def accepted(run: Object, place: Place) -> Sessions:
        runs = st.sampled_from(WORDS[place.member.type]).map(lambda word: change(run, place.path, word))
        return runs.flatmap(lambda run: written(run, capabilities).map(lambda sent: reading("REC-9", run, sent)))

    def refused(run: Object, place: Place) -> st.SearchStrategy[Object]:
        spoilt = st.sampled_from(WORDS[place.member.type]).flatmap(lambda word: st.sampled_from(_misspelt(word)))
        values = spoilt | st.text(max_size=6).map(lambda text: f"{text}?")
        return values.flatmap(lambda value: written(change(run, place.path, value), capabilities))

    return st.one_of(_each(grown, places, accepted), refusals("REC-9", capabilities, _each(grown, places, refused)))


def _unknown(capabilities: frozenset[str]) -> Sessions:
    """Put members that a record's table doesn't name; never inside an automation snapshot, all of which counts."""
    paths = [path for path, record in TYPED.items() if record != SNAPSHOT]

    def sessions(run: Object, path: Path) -> Sessions:
        known = RECORDS[TYPED[path]]
        own, others = (st.sampled_from([each for each in some if each not in known]) for some in _other_names(known))
        names = own | others
        unknown = st.dictionaries(names, plain | st.none(), min_size=1, max_size=3)

        def session(more: Object, first: bool) -> Sessions:  # noqa: FBT001 - whether they stand before those that are known
            record = {**more, **at(run, path)} if first else {**at(run, path), **more}
            return written(change(run, path, record), capabilities).map(lambda sent: reading("REC-10", run, sent))

        return st.tuples(unknown, st.booleans()).flatmap(lambda drawn: session(*drawn))

    return _each(grown, paths, sessions)


def _twice(capabilities: frozenset[str]) -> Sessions:
    """Write a known member twice, or more often, with the same value or others."""
    places = [each for each in PLACES if (each.record, each.member.name) != (SNAPSHOT, "metadata")]

    def spoilt(run: Object, place: Place) -> st.SearchStrategy[Object]:
        values = [at(run, place.path), plain_value(place.member.type, "other")]
        values += [None] if place.member.sort == "optional" else []
        raws = st.lists(st.sampled_from([json.dumps(each) for each in values]), min_size=2, max_size=3)
        return raws.map(lambda drawn: {"run_json": text_with_twice(run, place.path, *drawn)})

    return refusals("REC-11", capabilities, _each(grown, places, spoilt))


def _local_tenant(capabilities: frozenset[str]) -> Sessions:
    """Leave out the tenant, of runs with and without what they may have."""
    optional = [name for name, each in RECORDS["run"].items() if each.sort == "optional"]
    tenant = {"org_id": "local", "workspace_id": "local", "source": "local_implicit"}

    def sessions(run: Object, left_out: list[str]) -> Sessions:
        for name in left_out:
            run = drop(run, (name,))
        means = change(run, ("tenant_context",), tenant)
        sent = written(drop(run, ("tenant_context",)), capabilities)
        return sent.map(lambda sent: reading("REC-12", means, sent))

    thinned = st.tuples(grown, st.lists(st.sampled_from(optional), unique=True))
    return thinned.flatmap(lambda drawn: sessions(*drawn))


def _last_one_wins(capabilities: frozenset[str]) -> Sessions:
    """Write members of maps and of free-form objects twice; in maps, once with a value that isn't of the map's type."""
    counts, verdicts = ("checkpoint", "node_attempts"), ("checkpoint", "node_attempt_verdicts")
    places: dict[Path, st.SearchStrategy[Json]] = {
        _METADATA: plain,
        ("checkpoint", "last_failure", "metadata"): plain,
        ("checkpoint", "node_outputs"): plain,
        counts: small,
        verdicts: st.lists(small, max_size=3),
    }
    wrong: dict[Path, list[Json]] = {counts: [-2, "2", 0.5, [2], True], verdicts: ["text", 7, {}, True]}

    def sessions(run: Object, path: Path) -> Sessions:
        pairs = st.lists(st.tuples(words, places[path]), min_size=1, max_size=3)

        def session(first: list[tuple[str, Json]], last: Json) -> Requests:
            pairs = [*first, (first[0][0], last)]
            return reading("REC-13", change(run, path, dict(pairs)), {"run_json": text_with(run, path, _object(pairs))})

        return st.builds(session, pairs, places[path])

    def spoilt(run: Object, path: Path) -> st.SearchStrategy[Object]:
        pairs = st.tuples(words, st.sampled_from(wrong[path]), places[path])
        return pairs.map(lambda drawn: [(drawn[0], drawn[1]), (drawn[0], drawn[2])]).map(
            lambda pairs: {"run_json": text_with(run, path, _object(pairs))}
        )

    return st.one_of(_each(grown, places, sessions), refusals("REC-13", capabilities, _each(grown, wrong, spoilt)))


def _any_definition(capabilities: frozenset[str]) -> Sessions:
    """Give definitions that hold an automation id, and anything else or nothing."""
    names = st.sampled_from(["metadata", "name", "status", "schedule", "flow", "agents", "execution", "nodes"]) | words
    definitions = st.builds(
        lambda automation_id, more: {**more, "automation_id": automation_id},
        st.just("") | words,
        st.dictionaries(names, plain | st.none(), max_size=3),
    )

    def sessions(run: Object, definition: Object) -> Sessions:
        run = change(run, (SNAPSHOT,), definition)
        return written(run, capabilities).map(lambda sent: reading("REC-14", run, sent))

    return st.tuples(grown, definitions).flatmap(lambda drawn: sessions(*drawn))


def _any_event(capabilities: frozenset[str]) -> Sessions:
    names = st.sampled_from(["", " ", "/", "..", "Node Started", "\x00", "größe 😀", "\u2028"]) | st.text(max_size=30)

    def sessions(name: str) -> Sessions:
        run = small_run({"event": name, "recorded_at_ms": 1})
        return written(run, capabilities).map(lambda sent: reading("REC-15", run, sent))

    return names.flatmap(sessions)


def _padded(capabilities: frozenset[str]) -> Sessions:
    """Pad texts by white space, and by characters that some take for it; the first record has spaces only."""
    nothing = st.just("")
    white = nothing | st.permutations(WHITE_SPACE).map("".join) | st.text(alphabet=WHITE_SPACE, max_size=3)
    edges = nothing | st.permutations(_NOT_WHITE_SPACE).map(lambda drawn: "".join(drawn[:2]))

    def sessions(member: str) -> Sessions:
        inner = st.sampled_from(WAIT_KINDS if member == "wait_kind" else ["node", "node b"])
        cores = nothing | st.builds("{}{}{}".format, edges, inner, edges) | edges
        texts = st.builds("{}{}{}".format, white, cores, white)

        def session(padded: list[str]) -> Sessions:
            plainly = " timer " if member == "wait_kind" else " node "
            run = small_run(
                *(
                    {"event": event, "recorded_at_ms": 1, "metadata": _holding(member, text)}
                    for event, text in zip(_EVENTS, [plainly, *padded], strict=False)
                )
            )
            return written(run, capabilities).map(lambda sent: reading("REC-16", run, sent))

        return st.lists(texts, min_size=1, max_size=len(_EVENTS) - 1).flatmap(session)

    return st.sampled_from([*SHOWN_AS, "claim"]).flatmap(sessions)


def _no_object(capabilities: frozenset[str]) -> Sessions:
    """Give metadata, claims and metadata of a definition that are no objects; the first record's are empty ones."""
    known = [*SHOWN_AS, "claim", "claim_id"]
    inside = st.sampled_from([{name: "node"} for name in known])
    values: st.SearchStrategy[Json] = st.one_of(
        st.sampled_from([*known, "", 7, True, False, []]),
        words,
        small,
        st.lists(inside | st.sampled_from(known), min_size=1, max_size=3),
    )

    def sessions(where: str, value: Json) -> Sessions:
        metadata = {"metadata": value, "claim": {"claim": value}}.get(where, {"note": "plain"})
        run = small_run(
            {"event": "node_started", "recorded_at_ms": 1, "metadata": {}},
            {"event": "node_completed", "recorded_at_ms": 2, "metadata": metadata},
        )
        if where == SNAPSHOT:
            run = {**run, SNAPSHOT: {"automation_id": "automation-1", "metadata": value}}
        return written(run, capabilities).map(lambda sent: reading("REC-17", run, sent))

    return st.tuples(st.sampled_from(["metadata", "claim", SNAPSHOT]), values).flatmap(lambda drawn: sessions(*drawn))


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
    "REC-12": _local_tenant,
    "REC-13": _last_one_wins,
    "REC-14": _any_definition,
    "REC-15": _any_event,
    "REC-16": _padded,
    "REC-17": _no_object,
}


# --- places and values ------------------------------------------------------------------------------------------------

_EVENTS: Final = ("node_started", "node_completed", "node_failed", "node_blocked", "node_recovered")
_NOT_WHITE_SPACE: Final = "\x1c\x1d\x1e\x1f\u180e\u200b\u2060\ufeff"
_INTEGERS: Final[tuple[tuple[Path, int], ...]] = (
    *((each.path, int(each.member.type[1:])) for each in PLACES if each.member.type in {"u64", "u32"}),
    (("checkpoint", "node_attempts", KEY), 32),
)
"""Where integers stand, and how many bits they may have."""


_CONVERSIONS: Final[tuple[Sequence[tuple[Path, Json]], ...]] = (
    [(each.path, value) for each in PLACES if each.member.type == "str" for value in (7, 0)],
    [(path, value) for path, _ in _INTEGERS for value in ("7", "0")],
    [(path, value) for path, _ in _INTEGERS for value in (True, False)],
    [(each.path, at(FULL, each.path)[0]) for each in PLACES if each.member.type.startswith("[")],
)
"""What some readers convert: a number to a string, a string or a truth value to a number, one value to a list."""


def _each(
    runs: st.SearchStrategy[Object],
    places: Iterable[_Place],
    make: Callable[[Object, _Place], st.SearchStrategy[_Drawn]],
) -> st.SearchStrategy[_Drawn]:
    """Draw a run record and one of the places in it, and go on from there."""
    return st.tuples(runs, st.sampled_from(list(places))).flatmap(lambda drawn: make(*drawn))


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

    return _each(grown, [path for path, found in names.items() if found], sessions)


def _wrong(type_: str) -> Iterator[Json]:
    """Give values of other types than a member's, or with an item of another type."""
    yield from _OTHERS.get(type_, _OTHERS.get(type_[0], ()))
    inner = item_type(type_)
    if inner is not None:
        items = [*_wrong(inner), *([None] if inner in {"str", "u32"} else [])]
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


def _misspelt(word: str) -> list[Json]:
    """Give what is near a word, and isn't it nor another one of its set."""
    spellings = {word.upper(), word.capitalize(), _camel(word), word.replace("_", "-"), word.replace("_", " ")} - {word}
    return [*sorted(spellings), f" {word}", f"{word} ", f"{word}\n", f"{word}s", word[:-1], "", 0, 1, True, [word]]


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


def _other_names(known: Iterable[str]) -> tuple[list[str], list[str]]:
    """Give names that a record may not know: other spellings of its own, and those of all records and of others."""
    everybodys = [name for record in RECORDS.values() for name in record]
    spellings = [spelling for name in known for spelling in (name.upper(), _camel(name), f" {name}", f"{name}s")]
    return spellings, list(dict.fromkeys(["unknown", "", "schema_version", "cost", "größe 😀", *everybodys]))


def _holding(member: str, text: str) -> Object:
    return {"claim": {"claim_id": text}} if member == "claim" else {member: text}


def _object(pairs: Iterable[tuple[str, Json]]) -> str:
    """Write an object with these members, the same name at times twice."""
    return "{" + ", ".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in pairs) + "}"
