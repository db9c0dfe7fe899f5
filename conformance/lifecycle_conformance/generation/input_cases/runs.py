"""A run record with every member of the tables, the places in it, and ways to change and to write it."""

import json
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from attrs import frozen

from lifecycle_conformance.execution.trace import Object
from lifecycle_conformance.specification.requirements import code_spans, tables
from lifecycle_projection.records import Json

Path: TypeAlias = tuple[str | int, ...]
"""The names and indexes that lead to a value."""


@frozen(kw_only=True)
class Member:
    """A row of a table of the chapter *Records*."""

    name: str
    type: str
    sort: str


@frozen(kw_only=True)
class Place:
    """Where a member stands in a run record, and in a record of which table."""

    path: Path
    record: str
    member: Member


_TABLES: Final = tables()
_NAMES: Final[Mapping[str, str]] = {
    "run": "run",
    "checkpoint": "run.checkpoint",
    **{
        name: name
        for name in (
            *("lifecycle_record", "gate", "expiry_policy", "gate_decision", "actor", "failure", "claim", "tenant"),
            "automation_snapshot",
        )
    },
}
RECORDS: Final[Mapping[str, Mapping[str, Member]]] = {
    record: {
        name: Member(name=name, type=code_spans(row["type"])[0], sort=row["sort"])
        for row in _TABLES[table]
        for name in code_spans(row["member"])
    }
    for record, table in _NAMES.items()
}
"""The members of each record, by name."""
WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    code_spans(row["set"])[0]: code_spans(row["words"]) for row in _TABLES["words"]
}
"""The closed sets of words."""
SNAPSHOT: Final = "automation_snapshot"
"""The record that is hashed as a whole, members that no table names included."""
KEY: Final = "node-a"
"""The one name in each map of the full run record."""
_EVENTS: Final = ("node_started", "node_completed")
_DEFAULTS: Final[Mapping[str, Json]] = {"u64": 0, "tenant_source": "local_implicit"}


def item_type(type_: str) -> str | None:
    """The type of the items of a list, or of the values of a map; `None` for what is neither."""
    return type_[1:-1] if type_[0] in "[{" else None


def default_of(member: Member) -> Json:
    """The default of a member of sort `defaulted`, other than the tenant."""
    if item_type(member.type) is not None:
        return [] if member.type.startswith("[") else {}
    return _DEFAULTS[member.type]


def plain_value(type_: str, name: str) -> Json:
    """A value of a type, as plain as possible, that isn't the default of a member."""
    inner = item_type(type_)
    if inner is not None:
        return [plain_value(inner, name)] if type_.startswith("[") else {KEY: plain_value(inner, name)}
    if type_ in RECORDS:
        return {each.name: plain_value(each.type, each.name) for each in RECORDS[type_].values()}
    if type_ in WORDS:
        return WORDS[type_][1]
    plain: Mapping[str, Json] = {"str": f"{name}-1", "u64": 7, "u32": 2, "any": {"note": "plain"}}
    return plain[type_]


def full_run() -> Object:
    """A run record that has every member of every table, with two lifecycle records."""
    run: Object = plain_value("run", "run")
    (record,) = run["checkpoint"]["lifecycle_history"]
    full: Object = change(run, ("checkpoint", "lifecycle_history"), [{**record, "event": each} for each in _EVENTS])
    return full


def small_run(*history: Object, last_failure: Object | None = None) -> Object:
    """A run record with the members that are required, the lists that have a default, and a history."""
    lists: Object = {each.name: [] for each in RECORDS["checkpoint"].values() if each.type.startswith("[")}
    failure = {} if last_failure is None else {"last_failure": last_failure}
    return {
        "run_id": "run-1",
        "automation_id": "automation-1",
        "trigger_type": "manual",
        "status": "running",
        "created_at_ms": 1,
        "updated_at_ms": 2,
        "checkpoint": {**lists, "lifecycle_history": [*history], **failure},
    }


# --- places -----------------------------------------------------------------------------------------------------------


def _places(type_: str, value: Json, path: Path) -> Iterator[Place]:
    inner = item_type(type_)
    if inner is not None:
        items: Mapping[str | int, Json] = value if isinstance(value, dict) else dict(enumerate(value))
        for at, item in items.items():
            yield from _places(inner, item, (*path, at))
    elif type_ in RECORDS:
        for name, each in RECORDS[type_].items():
            yield Place(path=(*path, name), record=type_, member=each)
            yield from _places(each.type, value[name], (*path, name))


# --- changes ----------------------------------------------------------------------------------------------------------


def at(value: Json, path: Path) -> Json:
    """What stands at a place."""
    for step in path:
        value = value[step]
    return value


def change(value: Json, path: Path, new: Json) -> Json:
    """A copy with another value at a place, which need not be there yet."""
    if not path:
        return new
    first, *rest = path
    if isinstance(value, list):
        return [change(each, tuple(rest), new) if i == first else each for i, each in enumerate(value)]
    return {**value, first: change(value.get(first), tuple(rest), new)}


def drop(value: Json, path: Path) -> Json:
    """A copy without the member at a place."""
    *way, last = path
    inside = {name: each for name, each in at(value, tuple(way)).items() if name != last}
    return change(value, tuple(way), inside)


FULL: Final = full_run()
"""A run record that has every member of every table; never to be changed in place."""
PLACES: Final = tuple(_places("run", FULL, ()))
"""All members of typed records in it."""
TYPED: Final[Mapping[Path, str]] = {place.path[:-1]: place.record for place in PLACES}
"""Where typed records stand in it, each with its table."""


# --- texts ------------------------------------------------------------------------------------------------------------

_RAW: Final = "\ue000"


def text_with(run: Json, path: Path, raw: str) -> str:
    """Write a run record as text, with a text of its own in one place, be it JSON or not."""
    return json.dumps(change(run, path, _RAW), ensure_ascii=False).replace(f'"{_RAW}"', raw)


def text_with_twice(run: Json, path: Path, *raws: str) -> str:
    """Write a run record as text, with one member written several times, each with a value of its own."""
    pairs = f", {json.dumps(path[-1], ensure_ascii=False)}: ".join(raws)
    return text_with(run, path, pairs)
