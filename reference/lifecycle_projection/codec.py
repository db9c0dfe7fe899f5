"""JSON values to records and back, by the rules of the chapters *Records* and *Files on disk*.

cattrs walks through the records. The hooks here are what it calls for the types of the chapters; they add what it is
too lenient about: no conversion between types, `null` only where it means absent, no typed record with a known member
twice.
"""

import json
from collections.abc import Callable, Iterator
from types import NoneType, UnionType
from typing import Any, Final, TypeVar, get_args, get_origin

from attrs import NOTHING, Attribute, evolve, fields, has
from cattrs import BaseConverter, ClassValidationError, Converter, IterableValidationError, override
from cattrs.cols import homogenous_tuple_structure_factory, mapping_structure_factory
from cattrs.gen import make_dict_structure_fn

from lifecycle_projection.canonical import in_canonical_order
from lifecycle_projection.errors import InvalidInputError, Problem
from lifecycle_projection.json_text import DuplicateMembers
from lifecycle_projection.records import (
    ALWAYS_WRITTEN,
    NULL_REFUSED,
    U32,
    U64,
    AutomationSnapshot,
    Event,
    Json,
    Run,
    Snapshot,
    Tenant,
)
from lifecycle_projection.words import ClosedSet

_Record = TypeVar("_Record")
_Hook = Callable[[Any, Any], Any]


def run_from(value: Json) -> Run:
    """A run record. Raises :class:`InvalidInputError` with the JSON path of each problem (REC-1 to REC-15)."""
    return structure(value, Run)


def event_from(value: Json) -> Event:
    """A stored event. Raises :class:`InvalidInputError` with the JSON path of each problem (FILE-11 to FILE-14)."""
    return structure(value, Event)


def snapshot_from(value: Json) -> Snapshot:
    """A stored snapshot, of any generation. Raises :class:`InvalidInputError` with the path of each problem.

    (FILE-11 to FILE-14)
    """
    return structure(value, Snapshot)


def tenant_from(value: Json) -> Tenant:
    """A tenant. Raises :class:`InvalidInputError` with the JSON path of each problem (REC-1 to REC-11)."""
    return structure(value, Tenant)


def structure(value: Json, record: type[_Record]) -> _Record:
    """A record of the given type. Raises :class:`InvalidInputError` with the JSON path of each problem.

    (REC-1 to REC-15)
    """
    try:
        return _QUICK.structure(value, record)
    except Exception:  # noqa: BLE001 - whatever it was, the other converter tells where and why
        return _explained(value, record)


def to_json(record: object) -> dict[str, Json]:
    """A record as a JSON object: members in the order of writing, absent ones left out, free-form ones sorted.

    (FILE-8, FILE-9, FILE-13)
    """
    document: dict[str, Json] = _QUICK.unstructure(record)
    return document


def _explained(value: Json, record: type[_Record]) -> _Record:
    try:
        return _DETAILED.structure(value, record)
    except Exception as error:  # noqa: BLE001 - cattrs groups errors of every type
        raise InvalidInputError(problems=tuple(_problems(error, "$"))) from None


def _problems(error: Exception, path: str) -> Iterator[Problem]:
    """The problems in the groups in which cattrs collects errors: each knows its way from the group above it.

    For the run `{"status": "done", "checkpoint": {"pending_nodes": ["a", 1]}, …}` cattrs raises

        ClassValidationError               at $
            ValueError                     at $.status
            ClassValidationError           at $.checkpoint
                IterableValidationError    at $.checkpoint.pending_nodes
                    ValueError             at $.checkpoint.pending_nodes[1]

    and each error that is no group becomes a problem. A group also holds errors that are about all of its value.
    """
    match error:
        case ClassValidationError():
            of_members, of_all = error.group_exceptions()
            for each, member in of_members:
                yield from _problems(each, f"{path}.{member.name}")
        case IterableValidationError():
            of_items, of_all = error.group_exceptions()
            for each, item in of_items:
                yield from _problems(each, f"{path}[{item.index!r}]")
        case KeyError():
            of_all = []
            yield Problem(path, "expected this member, found nothing")
        case _:
            of_all = []
            yield Problem(path, str(error))
    for each in of_all:
        yield from _problems(each, path)


_QUICK: Final = Converter(detailed_validation=False)
"""Same result as :data:`_DETAILED`, faster: it stops at the first thing that is wrong, and doesn't know where that is.

The hooks below are registered with it; :data:`_DETAILED` is a copy of it.
"""


# --- reading: single values -------------------------------------------------------------------------------------------


def _mismatch(expected: str, value: Json) -> ValueError:
    return ValueError(f"expected {expected}, found {_shown(value)}")


def _shown(value: Json) -> str:
    match value:
        case dict():
            return "an object"
        case list():
            return "a list"
        case _:
            return json.dumps(value, ensure_ascii=False)[:60]


@_QUICK.register_structure_hook
def _string(value: Json, _: Any) -> str:
    if not isinstance(value, str):
        raise _mismatch("a string", value)
    return value


@_QUICK.register_structure_hook_factory(lambda hint: hint in (U64, U32))
def _unsigned(hint: Any) -> _Hook:
    bits = 64 if hint == U64 else 32
    highest = 2**bits - 1

    def unsigned(value: Json, _: Any) -> int:
        # `1.0` and `-0` are doubles by now, and a bool is no number.
        if type(value) is not int or not 0 <= value <= highest:
            raise _mismatch(f"an integer from 0 to 2^{bits} - 1", value)
        return value

    return unsigned


def _word_of(closed_set: type[ClosedSet]) -> _Hook:
    words = {word.value: word for word in closed_set}

    def word(value: Json, _: Any) -> ClosedSet:
        found = words.get(value) if isinstance(value, str) else None
        if found is None:
            raise _mismatch(f"one of {', '.join(words)}", value)
        return found

    return word


for _closed_set in ClosedSet.__subclasses__():
    _QUICK.register_structure_hook(_closed_set, _word_of(_closed_set))


# --- reading: lists, maps and typed records ---------------------------------------------------------------------------


def _made_from(origin: Any) -> Callable[[Any], bool]:
    return lambda hint: get_origin(hint) is origin


def _is_optional(hint: Any) -> bool:
    return get_origin(hint) is UnionType and len(get_args(hint)) == 2 and NoneType in get_args(hint)


def _if_present(hint: Any) -> Any:
    """The type of a member where it isn't `None`."""
    return next(option for option in get_args(hint) if option is not NoneType) if _is_optional(hint) else hint


@_QUICK.register_structure_hook_factory(_is_optional)
def _optional(hint: Any, converter: BaseConverter) -> _Hook:
    present = _if_present(hint)
    structure_present = converter.get_structure_hook(present)
    return lambda value, _: None if value is None else structure_present(value, present)


@_QUICK.register_structure_hook_factory(_made_from(tuple))
def _list(hint: Any, converter: BaseConverter) -> _Hook:
    structure_items = homogenous_tuple_structure_factory(hint, converter)

    def items(value: Json, _: Any) -> Any:
        if not isinstance(value, list):
            raise _mismatch("a list", value)
        return structure_items(value, hint)

    return items


@_QUICK.register_structure_hook_factory(_made_from(dict))
def _map(hint: Any, converter: BaseConverter) -> _Hook:
    structure_members = mapping_structure_factory(hint, converter)
    member_hint = get_args(hint)[1]
    structure_member = converter.get_structure_hook(member_hint)

    def members(value: Json, _: Any) -> Any:
        if not isinstance(value, dict):
            raise _mismatch("an object", value)
        if isinstance(value, DuplicateMembers):
            for _, each in value.pairs:  # the last one counts, but each must be of the type
                structure_member(each, member_hint)
        return structure_members(value, hint)

    return members


@_QUICK.register_structure_hook_factory(has)
def _typed_record(hint: Any, converter: BaseConverter, **overrides: Any) -> _Hook:
    known = {each.name for each in fields(hint) if each.name not in overrides}
    overrides |= {each.name: _never_null(each, converter) for each in fields(hint) if NULL_REFUSED in each.metadata}
    structure_known = make_dict_structure_fn(hint, converter, **overrides)

    def typed_record(value: Json, _: Any) -> Any:
        if not isinstance(value, dict):
            raise _mismatch("an object", value)
        if isinstance(value, DuplicateMembers):
            _refuse_duplicates(value, known)
        return structure_known(value, hint)

    return typed_record


def _never_null(attribute: "Attribute[Any]", converter: BaseConverter) -> Any:
    """Read a member as if `None` weren't part of its type."""
    hint = _if_present(attribute.type)
    structure_member = converter.get_structure_hook(hint)
    return override(struct_hook=lambda value, _: structure_member(value, hint))


def _refuse_duplicates(value: DuplicateMembers, known: set[str]) -> None:
    seen = set()
    for name, _ in value.pairs:
        if name in seen and name in known:
            raise ValueError(f"expected member {name!r} once, found it twice")
        seen.add(name)


@_QUICK.register_structure_hook_factory(lambda hint: hint is AutomationSnapshot)
def _automation_snapshot(hint: Any, converter: BaseConverter) -> _Hook:
    """Read it as a typed record that keeps the object it was read from."""
    structure_members = _typed_record(hint, converter, document=override(omit=True))

    def automation_snapshot(value: Json, _: Any) -> Any:
        return evolve(structure_members(value, hint), document=value)

    return automation_snapshot


# --- writing ----------------------------------------------------------------------------------------------------------


@_QUICK.register_unstructure_hook_factory(has)
def _object(hint: Any, converter: BaseConverter) -> Callable[[Any], dict[str, Json]]:
    """Write a record. cattrs' own function would put the members that may be left out behind all others."""
    members = [(each.name, _as_it_is_or_by(converter, each.type), _left_out(each)) for each in fields(hint)]

    def written(record: Any) -> dict[str, Json]:
        document = {}
        for name, unstructure, left_out in members:
            value = getattr(record, name)
            if value is not left_out and (left_out is None or value != left_out):
                document[name] = value if unstructure is None or value is None else unstructure(value)
        return document

    return written


def _as_it_is_or_by(converter: BaseConverter, hint: Any) -> Callable[[Any], Json] | None:
    """The function that writes a member of a type; `None` for texts and numbers, which are written as they are."""
    present = _if_present(hint)
    return None if present in (str, U64, U32) else converter.get_unstructure_hook(present)


def _left_out(attribute: "Attribute[Any]") -> Any:
    """The value with which a member isn't written."""
    return NOTHING if ALWAYS_WRITTEN in attribute.metadata else attribute.default


@_QUICK.register_unstructure_hook_factory(_made_from(tuple))
def _items(hint: Any, converter: BaseConverter) -> Callable[[Any], list[Json]]:
    unstructure = _as_it_is_or_by(converter, get_args(hint)[0])
    return lambda value: list(value if unstructure is None else map(unstructure, value))


_QUICK.register_unstructure_hook(ClosedSet, str)
_QUICK.register_unstructure_hook_func(lambda hint: hint is Any, in_canonical_order)

_DETAILED: Final = _QUICK.copy(detailed_validation=True)
"""Collects all that is wrong with a value, each with the way to it."""
