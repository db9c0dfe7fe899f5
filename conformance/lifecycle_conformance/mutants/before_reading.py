"""How a fault changes a run record before the reference reads it."""

from collections.abc import Callable, Mapping
from types import NoneType
from typing import Any, TypeAlias, get_args, get_origin

from attrs import NOTHING, fields, has

from lifecycle_conformance.driver import server
from lifecycle_conformance.mutants.mutant import Patches, replaced
from lifecycle_projection.errors import InvalidInputError, Problem
from lifecycle_projection.json_text import DuplicateMembers
from lifecycle_projection.records import Json, Run

Change: TypeAlias = Callable[[Json, Any], Json]
"""What becomes of a value where a type is wanted."""


def read_as(changed: Callable[[Json], Json]) -> Patches:
    """Change each run record before it is read, whether it comes as a value or as a text."""

    def wrong(structure: Callable[[Json, Any], Any]) -> Callable[[Json, Any], Any]:
        def structured(value: Json, record: Any) -> Any:
            has_run = type(value) is dict and "run" in value
            return structure({**value, "run": changed(value["run"])} if has_run else value, record)

        return structured

    yield replaced(server, "run_from", lambda run_from: lambda value: run_from(changed(value)))
    yield replaced(server, "structure", wrong)


def each_value(changed: Change) -> Patches:
    """Change each value of a run record whose type the tables say, the innermost first."""
    return read_as(lambda run: _walked(run, Run, changed))


def each_record(changed: Callable[[dict[str, Json], Any], Json]) -> Patches:
    """Change each typed record in a run record, the innermost first."""
    return each_value(lambda value, hint: changed(value, hint) if has(hint) and isinstance(value, dict) else value)


def _walked(value: Json, hint: Any, changed: Change) -> Json:
    hint = next((each for each in get_args(hint) if each is not NoneType), hint) if is_optional(hint) else hint
    if isinstance(value, list) and get_origin(hint) is tuple:
        value = [_walked(each, get_args(hint)[0], changed) for each in value]
    elif isinstance(value, dict) and (has(hint) or get_origin(hint) is dict):
        hints = members_of(hint) if has(hint) else dict.fromkeys(value, get_args(hint)[1])
        value = with_members(value, lambda name, each: _walked(each, hints.get(name, Any), changed))
    return changed(value, hint)


def is_optional(hint: Any) -> bool:
    """Whether the type of a member includes `None`."""
    return NoneType in get_args(hint)


def members_of(record: Any) -> Mapping[str, Any]:
    """The members of a typed record, each with its type."""
    return {each.name: each.type for each in fields(record) if each.name != "document"}


def required_of(record: Any) -> Mapping[str, Any]:
    """The members that a typed record needs, each with its type."""
    return {each.name: each.type for each in fields(record) if each.default is NOTHING}


def defaulted_of(record: Any) -> Mapping[str, Any]:
    """The members of a typed record that have a default, each with its type."""
    optional_or_required = {*required_of(record), *(name for name, hint in members_of(record).items() if hint is Any)}
    return {
        name: hint
        for name, hint in members_of(record).items()
        if name not in optional_or_required and not is_optional(hint)
    }


def with_members(value: dict[str, Json], changed: Callable[[str, Json], Json]) -> dict[str, Json]:
    """An object with each of its members changed, also where a name comes twice."""
    if isinstance(value, DuplicateMembers):
        return DuplicateMembers([(name, changed(name, each)) for name, each in value.pairs])
    return {name: changed(name, each) for name, each in value.items()}


def with_more(value: dict[str, Json], **members: Json) -> dict[str, Json]:
    """An object with members that it lacks."""
    return (
        DuplicateMembers([*value.pairs, *members.items()]) if isinstance(value, DuplicateMembers) else value | members
    )


def refusal(message: str) -> InvalidInputError:
    """A refusal of a run record that is right."""
    return InvalidInputError(problems=(Problem("$", message),))
