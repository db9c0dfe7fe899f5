"""Stored records, readable and unreadable: driven by the tables of the chapter *Files*."""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from functools import cache
from random import Random
from typing import Final, TypeAlias, TypeVar

from hypothesis import strategies as st

from lifecycle_conformance.execution.judgement import canonical
from lifecycle_conformance.execution.trace import Object, Request
from lifecycle_conformance.generation.requests import TENANT
from lifecycle_conformance.generation.strategies import texts, values
from lifecycle_conformance.specification.requirements import code_spans, tables
from lifecycle_projection.records import Json

_Value = TypeVar("_Value")

STRANGERS: Final[tuple[Object, ...]] = (
    {**TENANT, "org_id": "org-b"},
    {**TENANT, "workspace_id": "ws-b"},
    {**TENANT, "deployment_id": ""},
    {**TENANT, "deployment_id": "d"},
    {**TENANT, "org_id": "ORG-A"},
    {**TENANT, "workspace_id": "ws-a "},
    {"org_id": "local", "workspace_id": "local"},
)
"""Tenants that don't see what the first one sees (TENANT-1)."""
ALIASES: Final[tuple[Object, ...]] = (
    {**TENANT, "actor_id": "someone"},
    {**TENANT, "source": "local_implicit"},
    {**TENANT, "deployment_id": None},
)
"""Other ways to name the first tenant: they see the same (TENANT-2)."""
_TABLES: Final = tables()
_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    **{
        code_spans(row["set"])[0]: code_spans(row["words"])
        for name in ("words", "words.scope", "words.stored")
        for row in _TABLES[name]
    },
    **{
        name: tuple(code_spans(row[name])[0] for row in _TABLES[table])
        for name, table in (("status", "statuses"), ("phase", "phases"))
    },
}


# --- readable records -------------------------------------------------------------------------------------------------


def _rows(record: str) -> list[tuple[str, str, str]]:
    """Member, type and sort of each row of the table of a stored record."""
    return [
        (code_spans(row["member"])[0], code_spans(row["type"])[0], row["sort"]) for row in _TABLES[f"stored.{record}"]
    ]


def imports(capabilities: frozenset[str]) -> st.SearchStrategy[Request]:
    """Import what an older engine may have left: members left out or null, ids and seqs twice."""
    free = values(capabilities)
    fixed: Object = {"run_id": "left-behind"}
    ids = st.sampled_from([f"left-{n}" for n in range(4)])
    few = st.sampled_from(["left-0", "left-1"])
    event = _stored("event", free, {**fixed, "event_type": "note"}, {"event_id": few})
    snapshot = _stored("snapshot", free, fixed, {"snapshot_id": ids})
    events = st.lists(event, min_size=1, max_size=4)
    snapshots = st.lists(snapshot, min_size=1, max_size=2, unique_by=lambda given: str(given["snapshot_id"]))
    none = st.just(list[Object]())
    return st.one_of(st.tuples(events, none), st.tuples(none, snapshots), st.tuples(events, snapshots)).map(
        lambda given: ("import", {"events": given[0], "snapshots": given[1]})
    )


def _stored(
    record: str, free: st.SearchStrategy[Json], fixed: Object, drawn: Mapping[str, st.SearchStrategy[str]]
) -> st.SearchStrategy[Object]:
    """Readable stored records; `fixed` and `drawn` replace what the table allows for some members."""
    members = {name: (_value(type_, free), sort) for name, type_, sort in _rows(record)}
    members |= {name: (st.just(value), members[name][1]) for name, value in fixed.items()}
    members |= {name: (strategy, members[name][1]) for name, strategy in drawn.items()}
    return st.fixed_dictionaries(
        {name: strategy for name, (strategy, sort) in members.items() if sort == "required"},
        optional={
            name: st.none() | strategy if sort == "optional" else strategy
            for name, (strategy, sort) in members.items()
            if sort != "required"
        },
    )


def _value(type_: str, free: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    if type_.startswith("["):
        return st.lists(_value(type_[1:-1], free), max_size=2)
    if type_ in _WORDS:
        return st.sampled_from(_WORDS[type_])
    if type_ == "tenant":
        return st.sampled_from([TENANT, *STRANGERS, *ALIASES, {"org_id": "org-a", "workspace_id": "ws-a"}])
    simple = {"str": texts, "u64": st.integers(0, 5), "u32": st.integers(0, 5), "any": free}
    return simple[type_] if type_ in simple else _stored(type_, free, {}, {})


def import_of_all_members(random: Random) -> Request:
    """Import records that name every member at every depth, with nulls, empty texts and rare words among the others."""
    fixed: Object = {"run_id": "left-behind"}
    events = [{**_full(random, "event"), **fixed, "event_type": "note"} for _ in range(_OF_EACH)]
    snapshots = [{**_full(random, "snapshot"), **fixed, "snapshot_id": f"full-{n}"} for n in range(_OF_EACH)]
    return "import", {"events": events, "snapshots": snapshots}


def _full(random: Random, type_: str) -> Json:
    """A value of a type that leaves no member out, though some are null.

    Only tenants are plain ones, for they decide who sees the record.
    """
    if type_.startswith("["):
        return [_full(random, type_[1:-1]) for _ in range(random.randint(1, 2))]
    if type_ in _WORDS:
        return random.choice(_WORDS[type_])
    if type_ in _FULL:
        return random.choice(_FULL[type_])
    return {
        name: None if sort == "optional" and random.random() < _NULL else _full(random, member)
        for name, member, sort in _rows(type_)
    }


_NULL: Final = 0.1
_OF_EACH: Final = 3
_FULL: Final[Mapping[str, Sequence[Json]]] = {
    "tenant": [TENANT, *ALIASES],
    "str": ["", "text"],
    "u64": [0, 1],
    "u32": [0, 2**32 - 1],
    "any": [{"a": [1]}],
}


# --- unreadable records -----------------------------------------------------------------------------------------------


class Wrong(StrEnum):
    """What is wrong with a member; each is met as often, however many ways there are."""

    MISSING = "it is missing"
    NULL = "it is null"
    DEFAULT = "it is null, and has a default"
    TYPE = "its type"
    DOUBLE = "it is a whole number, written as a double"
    WORD = "its word"


_Spoiled: TypeAlias = Iterator[tuple[_Value, str, Wrong]]
"""Records or values, each with the requirement by which it is wrong, and what is wrong."""


@cache
def unreadable(record: str, capabilities: frozenset[str]) -> list[tuple[Object, str]]:
    """List stored records that can't be read, each with one thing wrong and the requirement by which it is wrong.

    Nothing is shown of the run that they would belong to.
    """
    return [(each, requirement) for each, requirement, _ in _asked(spoiled(record), capabilities)]


@cache
def unreadable_by(record: str, requirement: str, capabilities: frozenset[str]) -> list[list[Object]]:
    """The same of one requirement, those together in which the same is wrong; those of inner records apart.

    There are so many of the latter that the record's own members would hardly be met among them.
    """
    groups: list[list[Object]] = []
    for spoil in (_spoiled_itself, _spoiled_inside):
        found: dict[Wrong, list[Object]] = {}
        for each, by, wrong in _asked(spoil(record), capabilities):
            if by == requirement:
                found.setdefault(wrong, []).append(each)
        groups += found.values()
    return groups


_OWN: Final = ("event_id", "run_id", "seq")


def unreadable_like(event: Object, capabilities: frozenset[str]) -> list[Object]:
    """The same of events that have the id, the run, the seq and the tenant of another, where these aren't wrong."""
    example = _example("event")

    def placed(spoilt: Object) -> Object:
        right = (name for name in _OWN if canonical(spoilt.get(name)) == canonical(example[name]))
        own = {name: event[name] for name in right}
        scope = spoilt.get("scope")
        if isinstance(scope, dict) and scope.get("tenant_context") == example["scope"]["tenant_context"]:
            own["scope"] = {**scope, "tenant_context": event["scope"]["tenant_context"]}
        return {**spoilt, **own}

    return [placed(each) for each, _, wrong in spoiled("event") if _can_be_told(wrong, capabilities)]


def _asked(spoilt: _Spoiled[Object], capabilities: frozenset[str]) -> _Spoiled[Object]:
    """Those that a driver with these capabilities can be sent, where nobody sees them."""
    return (
        (_out_of_sight(each), requirement, wrong)
        for each, requirement, wrong in spoilt
        if _can_be_told(wrong, capabilities)
    )


def _can_be_told(wrong: Wrong, capabilities: frozenset[str]) -> bool:
    return wrong is not Wrong.DOUBLE or "json-numbers" in capabilities


def _out_of_sight(record: Object) -> Object:
    return {**record, "run_id": "unreadable"} if record.get("run_id") == "text" else record


def spoiled(record: str) -> _Spoiled[Object]:
    """Spoil each member of a record, at every depth."""
    yield from _spoiled_itself(record)
    yield from _spoiled_inside(record)


def _spoiled_itself(record: str) -> _Spoiled[Object]:
    whole = _example(record)
    for name, type_, sort in _rows(record):
        if sort == "required":
            yield {member: value for member, value in whole.items() if member != name}, "FILE-11", Wrong.MISSING
        if sort != "optional":
            yield {**whole, name: None}, "FILE-11", Wrong.NULL if sort == "required" else Wrong.DEFAULT
        for value, requirement, wrong in _wrong(type_):
            yield {**whole, name: value}, requirement, wrong


def _spoiled_inside(record: str) -> _Spoiled[Object]:
    whole = _example(record)
    for name, type_, _ in _rows(record):
        for value, requirement, wrong in _wrong_inside(type_):
            yield {**whole, name: value}, requirement, wrong


def _wrong(type_: str) -> _Spoiled[Json]:
    """Values that aren't of a type: by a word that isn't in its set (FILE-12), or else (FILE-11)."""
    if type_.startswith("["):
        yield from _as_second_item(type_[1:-1], _wrong(type_[1:-1]))
        others: tuple[Json, ...] = (7, "text", True, {})
    elif type_ in _WORDS:
        first, *_ = _WORDS[type_]
        for word in (f"{first}x", first.upper(), f" {first}", ""):
            yield word, "FILE-12", Wrong.WORD
        others = (7, True)
    else:
        others = {
            "str": (7, True, 1.5, ["text"], {}),
            "u64": ("1", True, -1, 1.5, [1]),
            "u32": ("1", True, -1, 1.5, 2**32),
            "any": (),
        }.get(type_, (7, "text", True))
    yield from ((value, "FILE-11", Wrong.TYPE) for value in others)
    if type_ in {"u64", "u32"}:
        yield 1.0, "FILE-11", Wrong.DOUBLE


def _wrong_inside(type_: str) -> _Spoiled[Json]:
    """Values in which a record isn't right."""
    if type_.startswith("["):
        yield from _as_second_item(type_[1:-1], _wrong_inside(type_[1:-1]))
    elif f"stored.{type_}" in _TABLES:
        yield from spoiled(type_)


def _as_second_item(type_: str, items: _Spoiled[Json]) -> _Spoiled[Json]:
    return (([_example(type_), value], requirement, wrong) for value, requirement, wrong in items)


def _example(type_: str) -> Json:
    """A value of a type, with all members."""
    if type_.startswith("["):
        return [_example(type_[1:-1])]
    if type_ in _WORDS:
        return _WORDS[type_][0]
    simple: Object = {"str": "text", "u64": 1, "u32": 1, "any": {"a": [1]}}
    return simple[type_] if type_ in simple else {name: _example(member) for name, member, _ in _rows(type_)}
