"""JSON values to records and back, by the rules of the chapters *Records* and *Files on disk*.

cattrs walks through the records; the hooks here add what it is too lenient about: no conversion between types, `null`
only where it means absent, and no typed record with a known member twice.
"""

import json
from collections.abc import Callable, Iterator
from enum import StrEnum
from types import NoneType
from typing import Any, Final, TypeVar, get_args

from attrs import Attribute, evolve, fields, has
from cattrs import BaseConverter, ClassValidationError, Converter, IterableValidationError
from cattrs.cols import homogenous_tuple_structure_factory, mapping_structure_factory
from cattrs.gen import make_dict_structure_fn, override

from lifecycle_projection import words
from lifecycle_projection.canonical import in_canonical_order
from lifecycle_projection.errors import InvalidInputError, Problem
from lifecycle_projection.json_text import DuplicateMembers
from lifecycle_projection.records import (
    ALWAYS,
    NOT_NULL,
    U32,
    U64,
    WHOLE,
    AutomationSnapshot,
    Event,
    Json,
    Run,
    Snapshot,
    Tenant,
)

_Record = TypeVar("_Record")
_Hook = Callable[[Any, Any], Any]


def run_from(value: Json) -> Run:
    """Read a run record. Raises :class:`InvalidInputError` with the JSON path of each problem (REC-1 to REC-15)."""
    return structure(value, Run)


def event_from(value: Json) -> Event:
    """Read a stored event. Raises :class:`InvalidInputError` with the JSON path of each problem.

    (FILE-11 to FILE-14)
    """
    return structure(value, Event)


def snapshot_from(value: Json) -> Snapshot:
    """Read a stored snapshot, of any generation. Raises :class:`InvalidInputError` with the path of each problem.

    (FILE-11 to FILE-14)
    """
    return structure(value, Snapshot)


def tenant_from(value: Json) -> Tenant:
    """Read a tenant. Raises :class:`InvalidInputError` with the JSON path of each problem (REC-1 to REC-11)."""
    return structure(value, Tenant)


def structure(value: Json, record: type[_Record]) -> _Record:
    """Read a record of the given type. Raises :class:`InvalidInputError` with the JSON path of each problem.

    (REC-1 to REC-15)
    """
    try:
        return _QUICK.structure(value, record)
    except Exception:  # noqa: BLE001 - whatever it was, the second converter tells where and why
        return _explained(value, record)


def to_json(record: object) -> dict[str, Json]:
    """Give a record as a JSON object: members in the order of writing, absent ones left out, free-form ones sorted.

    (FILE-8, FILE-9, FILE-13)
    """
    document: dict[str, Json] = _QUICK.unstructure(record)
    return document


def _explained(value: Json, record: type[_Record]) -> _Record:
    try:
        return _THOROUGH.structure(value, record)
    except Exception as error:  # noqa: BLE001 - cattrs groups errors of every type
        raise InvalidInputError(problems=tuple(_problems(error, "$"))) from None


def _problems(error: Exception, path: str) -> Iterator[Problem]:
    """Walk through the groups in which cattrs collects errors: each knows its way from the group above it."""
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


# --- the converters ---------------------------------------------------------------------------------------------------


def _converter(*, detailed_validation: bool) -> Converter:
    converter = Converter(detailed_validation=detailed_validation)
    converter.register_structure_hook(str, _string)
    converter.register_structure_hook_func(lambda hint: hint == U64, _unsigned(64))
    converter.register_structure_hook_func(lambda hint: hint == U32, _unsigned(32))
    for closed_set in _CLOSED_SETS:
        converter.register_structure_hook(closed_set, _word_of(closed_set))
        converter.register_unstructure_hook(closed_set, str)
    converter.register_structure_hook_factory(_made_from(tuple), _list)
    converter.register_structure_hook_factory(_made_from(dict), _map)
    converter.register_structure_hook_factory(has, _typed_record)
    converter.register_structure_hook(AutomationSnapshot, _automation_snapshot(converter))
    converter.register_unstructure_hook_factory(has, _written)
    converter.register_unstructure_hook_func(lambda hint: hint is Any, in_canonical_order)
    return converter


def _made_from(origin: type) -> Callable[[Any], bool]:
    return lambda hint: getattr(hint, "__origin__", None) is origin


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


def _string(value: Json, _: Any) -> str:
    if not isinstance(value, str):
        raise _mismatch("a string", value)
    return value


def _unsigned(bits: int) -> _Hook:
    highest = 2**bits - 1

    def unsigned(value: Json, _: Any) -> int:
        # `1.0` and `-0` are doubles by now, and a bool is no number.
        if type(value) is not int or not 0 <= value <= highest:
            raise _mismatch(f"an integer from 0 to 2^{bits} - 1", value)
        return value

    return unsigned


def _word_of(closed_set: type[StrEnum]) -> _Hook:
    members = {member.value: member for member in closed_set}

    def word(value: Json, _: Any) -> StrEnum:
        found = members.get(value) if isinstance(value, str) else None
        if found is None:
            raise _mismatch(f"one of {', '.join(members)}", value)
        return found

    return word


def _list(hint: Any, converter: BaseConverter) -> _Hook:
    structure_items = homogenous_tuple_structure_factory(hint, converter)

    def items(value: Json, _: Any) -> Any:
        if not isinstance(value, list):
            raise _mismatch("a list", value)
        return structure_items(value, hint)

    return items


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


def _typed_record(hint: Any, converter: BaseConverter) -> _Hook:
    known = {attribute.name for attribute in fields(hint)}
    overrides: dict[str, Any] = {attribute.name: _reading(attribute, converter) for attribute in fields(hint)}
    structure_known = make_dict_structure_fn(
        hint, converter, _cattrs_detailed_validation=converter.detailed_validation, **overrides
    )

    def typed_record(value: Json, _: Any) -> Any:
        if not isinstance(value, dict):
            raise _mismatch("an object", value)
        if isinstance(value, DuplicateMembers):
            _refuse_duplicates(value, known)
        return structure_known(value, hint)

    return typed_record


def _reading(attribute: "Attribute[Any]", converter: BaseConverter) -> Any:
    if attribute.metadata == WHOLE:
        return override(omit=True)
    if attribute.metadata == NOT_NULL:
        (only,) = (option for option in get_args(attribute.type) if option is not NoneType)
        return override(struct_hook=converter.get_structure_hook(only))
    return override()


def _refuse_duplicates(value: DuplicateMembers, known: set[str]) -> None:
    seen = set()
    for name, _ in value.pairs:
        if name in seen and name in known:
            raise ValueError(f"expected member {name!r} once, found it twice")
        seen.add(name)


def _automation_snapshot(converter: BaseConverter) -> _Hook:
    structure_known = _typed_record(AutomationSnapshot, converter)

    def automation_snapshot(value: Json, hint: Any) -> Any:
        return evolve(structure_known(value, hint), document=value)

    return automation_snapshot


def _written(hint: Any, converter: BaseConverter) -> Callable[[Any], dict[str, Json]]:
    # cattrs' own function would put the members that may be left out behind all others.
    members = [
        (
            each.name,
            converter.get_unstructure_hook(each.type),
            _ALWAYS_WRITTEN if each.metadata == ALWAYS else each.default,
        )
        for each in fields(hint)
    ]

    def written(record: Any) -> dict[str, Json]:
        return {
            name: unstructure(value)
            for name, unstructure, left_out in members
            if (value := getattr(record, name)) != left_out
        }

    return written


_ALWAYS_WRITTEN: Final = object()
_CLOSED_SETS: Final = [each for each in vars(words).values() if isinstance(each, type) and StrEnum in each.__bases__]
_QUICK: Final = _converter(detailed_validation=False)
_THOROUGH: Final = _converter(detailed_validation=True)
