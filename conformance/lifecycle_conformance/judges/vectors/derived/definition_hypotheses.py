"""Wrong ways to read the definition, each against one requirement."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final, TypeAlias

import orjson
from attrs import evolve

from lifecycle_conformance.execution.trace import Object, member
from lifecycle_conformance.judges.attribution.canonical_writing import write
from lifecycle_conformance.judges.attribution.hypotheses import Hypothesis
from lifecycle_conformance.judges.attribution.writing_hypotheses import DOUBLES
from lifecycle_conformance.judges.vectors.derived.definition_model import (
    HASH,
    RIGHT,
    DefinitionRules,
    addressed,
    by_content,
    hash_in_order,
    named,
    planned,
    revised,
    scalar,
)
from lifecycle_projection.records import Json
from lifecycle_projection.text import trimmed

_Wrong: TypeAlias = tuple[Hypothesis, DefinitionRules]
_KNOWN: Final = frozenset({"automation_id", "metadata"})


def _wrong(requirement: str, what: str, **altered: Any) -> _Wrong:
    return Hypothesis(requirement, what), evolve(RIGHT, **altered)


def _hashes() -> Iterator[_Wrong]:
    yield _wrong("DEF-1", "the run's own doesn't count", own_hash=lambda _: None)
    yield _wrong("DEF-1", "an empty one of the run doesn't count", own_hash=lambda own: own or None)
    yield _wrong("DEF-1", "the run's own is trimmed", own_hash=lambda own: own.strip() if own else own)
    yield _wrong("DEF-1", "absent where the run has none", own_hash=lambda own: own or "")
    changes: dict[str, Callable[[Object], Json]] = {
        "members sorted": _in_sorted_order,
        "nulls left out": _without_nulls,
        "members sorted, nulls left out": lambda value: _in_sorted_order(_without_nulls(value)),
        "known members only": lambda value: {name: value[name] for name in value if name in _KNOWN},
        "without metadata": lambda value: {name: value[name] for name in value if name != "metadata"},
    }
    for what, changed in changes.items():
        yield _wrong("DEF-2", what, hashed=_hashed_after(changed))


def _in_sorted_order(value: Json) -> Json:
    return orjson.loads(orjson.dumps(value, option=orjson.OPT_SORT_KEYS))


def _without_nulls(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _without_nulls(each) for name, each in value.items() if each is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _hashed_after(changed: Callable[[Object], Json]) -> Callable[[Object], str]:
    return lambda value: RIGHT.hashed(changed(value))


def _versions() -> Iterator[_Wrong]:
    yield _wrong("DEF-3", "the run's own doesn't count", own_version=lambda _: None)
    yield _wrong("DEF-3", "an empty one of the run doesn't count", own_version=lambda own: own or None)
    yield _wrong("DEF-3", "the run's own is trimmed", own_version=lambda own: own.strip() if own else own)
    yield _wrong("DEF-3", "absent where the run has none", ways=())
    yield _wrong("DEF-3", "a plan before a name", ways=(planned, named, by_content))
    for name in RIGHT.names:
        yield _wrong("DEF-4", f"not {name}", names=tuple(each for each in RIGHT.names if each != name))
    yield _wrong("DEF-4", "not at all", ways=(planned, by_content))
    yield _wrong("DEF-4", "the opposite order", names=RIGHT.names[::-1])
    yield _wrong("DEF-4", "only the first that is there", ways=(_first_that_is_there, planned, by_content))
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
        yield _wrong("DEF-4", what, scalar=reading)


def _is_whole(value: Json) -> bool:
    return isinstance(value, float) and value.is_integer()


def _first_that_is_there(run: Object, rules: DefinitionRules) -> str | None:
    metadata = member(run["automation_snapshot"], "metadata")
    there = [name for name in rules.names if member(metadata, name) is not None]
    return named(run, evolve(rules, names=tuple(there[:1])))


def _plans() -> Iterator[_Wrong]:
    yield _wrong("DEF-5", "not at all", ways=(named, by_content))
    yield _wrong("DEF-5", "the opposite order", plans=RIGHT.plans[::-1])
    for plan in RIGHT.plans:
        yield _wrong("DEF-5", f"not {plan[0]}", plans=tuple(each for each in RIGHT.plans if each != plan))
    yield _wrong("DEF-5", "only the first plan that is there", ways=(named, _first_plan, by_content))
    yield _wrong("DEF-5", "no revision is revision 0", plan=lambda plan_id, found: revised(plan_id, found or 0))
    yield _wrong("DEF-5", "any revision", plan=_with_any_revision)


def _first_plan(run: Object, rules: DefinitionRules) -> str | None:
    metadata = member(run["automation_snapshot"], "metadata")
    there = [path for path in rules.plans if member(metadata, path[0]) is not None]
    return planned(run, evolve(rules, plans=tuple(there[:1])))


def _with_any_revision(plan_id: str, revision: Json) -> str | None:
    if revision is None:
        return None
    return f"plan:{plan_id}:rev:{revision if isinstance(revision, str) else write(revision)}"


def _by_content() -> Iterator[_Wrong]:
    ways = {
        "not at all": (),
        "the run's automation id": (_of_the_run,),
        "by the hash that the run records": (_by_the_run_s_hash,),
        "all digits": (_by_all_digits,),
    }
    for what, way in ways.items():
        yield _wrong("DEF-6", what, ways=(named, planned, *way))


def _of_the_run(run: Object, rules: DefinitionRules) -> str:
    return addressed(run["automation_id"], rules.hashed(run["automation_snapshot"]))


def _by_the_run_s_hash(run: Object, rules: DefinitionRules) -> str:
    snapshot = run["automation_snapshot"]
    return addressed(snapshot["automation_id"], run.get(HASH) or rules.hashed(snapshot))


def _by_all_digits(run: Object, rules: DefinitionRules) -> str:
    snapshot = run["automation_snapshot"]
    return addressed(snapshot["automation_id"], rules.hashed(snapshot), 64)


def _writings() -> Iterator[_Wrong]:
    for hypothesis, way in DOUBLES.items():
        yield hypothesis, evolve(RIGHT, double=way, hashed=partial(hash_in_order, double=way))


DEFINITIONS: Final[Mapping[Hypothesis, DefinitionRules]] = dict(
    (*_hashes(), *_versions(), *_plans(), *_by_content(), *_writings())
)
"""The wrong readings of a definition."""
