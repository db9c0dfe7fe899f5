"""How version and hash of a definition are read from a run record, rightly and in the ways that break a requirement.

What it gives for the runs of the fixed cases agrees with production's answers; a test holds it to that.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from hashlib import sha256
from typing import Any, Final, TypeAlias

import orjson
from attrs import evolve, frozen

from lifecycle_conformance.execution.trace import Object, member, once_an_object
from lifecycle_conformance.judges.attribution.canonical_writing import DOUBLES, Double, double, write
from lifecycle_conformance.judges.attribution.hypotheses import Hypothesis
from lifecycle_conformance.model.identity import is_unsigned
from lifecycle_projection.records import Json
from lifecycle_projection.text import trimmed

Way: TypeAlias = Callable[[Object, "DefinitionRules"], str | None]
"""One of the ways in which a version is found, `None` where there is none."""

VERSION: Final[str] = "workflow_definition_version"
HASH: Final[str] = "workflow_definition_snapshot_hash"


@frozen(kw_only=True)
class DefinitionRules:
    """How a definition is read; a wrong reading differs from :data:`RIGHT` in some of these."""

    own_version: Callable[[Json], Json]
    own_hash: Callable[[Json], Json]
    hashed: Callable[[Object], str]
    ways: tuple[Way, ...]
    names: tuple[str, ...]
    scalar: Callable[[Json], Json]
    plans: tuple[tuple[str, ...], ...]
    plan: Callable[[str, Json], str | None]
    double: Double


def definition(run: Object, rules: DefinitionRules) -> Object:
    """Version and hash of the definition of a run."""
    started_from = run.get("automation_snapshot")
    own_version, own_hash = rules.own_version(run.get(VERSION)), rules.own_hash(run.get(HASH))
    found: Object = {VERSION: own_version, HASH: own_hash}
    if started_from is not None and own_version is None:
        found[VERSION] = next((version for way in rules.ways if (version := way(run, rules)) is not None), None)
    if started_from is not None and own_hash is None:
        found[HASH] = rules.hashed(started_from)
    return {name: value for name, value in found.items() if value is not None}


def by_its_own_hash(shown: Object, right: Object) -> Object:
    """What is shown, a wrong hash taken for granted in a version that is made of it (DEF-6): it is judged by itself."""
    shown_hash, right_hash, version = shown.get(HASH), right.get(HASH), shown.get(VERSION)
    if not (isinstance(shown_hash, str) and isinstance(right_hash, str) and isinstance(version, str)):
        return shown
    digits, right_digits = f"@{shown_hash[7:23]}", f"@{right_hash[7:23]}"
    of_this_hash = version.endswith(digits) and str(right.get(VERSION)).endswith(right_digits)
    return {**shown, VERSION: version.removesuffix(digits) + right_digits} if of_this_hash else shown


def named(run: Object, rules: DefinitionRules) -> str | None:
    """A version that is named (DEF-4)."""
    metadata = member(run["automation_snapshot"], "metadata")
    values = (rules.scalar(member(metadata, name)) for name in rules.names)
    return next((_text(value, rules) for value in values if value is not None), None)


def planned(run: Object, rules: DefinitionRules) -> str | None:
    """The version of a plan (DEF-5)."""
    for path in rules.plans:
        plan = member(run["automation_snapshot"], "metadata")
        for name in path:
            plan = member(plan, name)
        plan_id = rules.scalar(member(plan, "plan_id"))
        version = None if plan_id is None else rules.plan(_text(plan_id, rules), member(plan, "plan_revision"))
        if version is not None:
            return version or None
    return None


def by_content(run: Object, rules: DefinitionRules) -> str:
    """The version by content (DEF-6)."""
    snapshot = run["automation_snapshot"]
    return addressed(snapshot["automation_id"], rules.hashed(snapshot))


def addressed(automation_id: str, found: str, digits: int = 16) -> str:
    """A version by content, from some of the digits of a hash."""
    return f"automation:{automation_id}@{found.removeprefix('sha256:')[:digits]}"


def scalar(value: Json) -> Json:
    """A string trimmed, a number or a boolean as it is, `None` for anything else (DEF-4)."""
    return value if isinstance(value, bool | int | float) else trimmed(value)


def revised(plan_id: str, revision: Json) -> str | None:
    """The version of a plan with a revision that is an unsigned integer (DEF-5)."""
    return f"plan:{plan_id}:rev:{revision}" if is_unsigned(revision) else None


@once_an_object
def _hash_in_order(value: Json, double: Double) -> str:
    return f"sha256:{sha256(write(value, key=None, double=double).encode()).hexdigest()}"


def hash_in_order(value: Json, double: Double = double) -> str:
    """The hash of a value with its members in their order (DEF-2), its doubles written in some way."""
    return _hash_in_order(value, double)


def _text(value: Json, rules: DefinitionRules) -> str:
    return value if isinstance(value, str) else write(value, double=rules.double)


RIGHT: Final = DefinitionRules(
    own_version=lambda own: own,
    own_hash=lambda own: own,
    hashed=hash_in_order,
    ways=(named, planned, by_content),
    names=(
        "definition_version",
        "workflow_definition_version",
        "automation_definition_version",
        "automation_version",
        "source_pack_version",
        "version",
    ),
    scalar=scalar,
    plans=(("plan_package_bundle", "plan"), ("approved_plan_materialization",)),
    plan=revised,
    double=double,
)
"""The rules as the specification words them."""


# --- wrong ways -------------------------------------------------------------------------------------------------------

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
        "members sorted but for the outermost": lambda value: {name: _in_sorted_order(value[name]) for name in value},
        "nulls left out": _without_nulls,
        "members sorted, nulls left out": lambda value: _in_sorted_order(_without_nulls(value)),
        "members named by numbers first": _numbers_first,
        "known members only": lambda value: {name: value[name] for name in value if name in _KNOWN},
        "without metadata": lambda value: {name: value[name] for name in value if name != "metadata"},
    }
    for what, changed in changes.items():
        yield _wrong("DEF-2", what, hashed=_hashed_after(changed))


def _in_sorted_order(value: Json) -> Json:
    return orjson.loads(orjson.dumps(value, option=orjson.OPT_SORT_KEYS))


def _numbers_first(value: Json) -> Json:
    """As objects of JavaScript order their members."""
    if isinstance(value, dict):
        numbers = sorted((name for name in value if _is_index(name)), key=int)
        return {
            name: _numbers_first(value[name]) for name in [*numbers, *(name for name in value if name not in numbers)]
        }
    return [_numbers_first(item) for item in value] if isinstance(value, list) else value


def _is_index(name: str) -> bool:
    return name.isascii() and name.isdigit() and name == str(int(name))


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
    yield _wrong("DEF-4", "version first", names=(RIGHT.names[-1], *RIGHT.names[:-1]))
    yield _wrong("DEF-4", "only the first that is there", ways=(_first_that_is_there, planned, by_content))
    scalars: dict[str, Callable[[Json], Json]] = {
        "not trimmed": lambda value: value if trimmed(value) else scalar(value),
        "empty strings": lambda value: value.strip() if isinstance(value, str) else scalar(value),
        "strings only": trimmed,
        "no integers": lambda value: None if type(value) is int else scalar(value),
        "no doubles": lambda value: None if isinstance(value, float) else scalar(value),
        "whole doubles as integers": lambda value: int(value) if _is_whole(value) else scalar(value),
        "doubles as in Python": lambda value: repr(value) if isinstance(value, float) else scalar(value),
        "neither 0 nor false": lambda value: scalar(value) if value else None,
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
    yield _wrong("DEF-5", "only the first plan with an id", plan=lambda plan_id, found: revised(plan_id, found) or "")
    yield _wrong("DEF-5", "its id isn't trimmed", ways=(named, _plan_as_it_is, by_content))
    yield _wrong("DEF-5", "not revision 0", plan=lambda plan_id, found: revised(plan_id, found) if found else None)
    yield _wrong("DEF-5", "a text of digits as revision", plan=_with_digits)
    yield _wrong("DEF-5", "no revision is revision 0", plan=lambda plan_id, found: revised(plan_id, found or 0))
    yield _wrong("DEF-5", "any revision", plan=_with_any_revision)


def _first_plan(run: Object, rules: DefinitionRules) -> str | None:
    metadata = member(run["automation_snapshot"], "metadata")
    there = [path for path in rules.plans if member(metadata, path[0]) is not None]
    return planned(run, evolve(rules, plans=tuple(there[:1])))


def _plan_as_it_is(run: Object, rules: DefinitionRules) -> str | None:
    untrimmed = evolve(rules, scalar=lambda value: value if trimmed(value) else scalar(value))
    return planned(run, untrimmed)


def _with_digits(plan_id: str, revision: Json) -> str | None:
    digits = isinstance(revision, str) and revision.isdigit()
    return f"plan:{plan_id}:rev:{revision}" if digits else revised(plan_id, revision)


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
