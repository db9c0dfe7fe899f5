"""Faults in the values of a scope: what parses, and what doesn't."""

import re
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeAlias

from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import scope
from lifecycle_projection.records import Json
from lifecycle_projection.text import trimmed
from lifecycle_projection.words import DataClass

_Parser: TypeAlias = Callable[[Json], Any]

_TEXTS: Final = frozenset({"owning_org_unit_id", "policy_version_id"})


def _parsing(fields: Iterable[str], changed: Callable[[_Parser], _Parser], spelling: str = "") -> Any:
    """Change how some fields parse; with a spelling, in the row of that one only."""
    named = frozenset(fields)
    return replaced(
        scope,
        "SPELLINGS",
        lambda table: tuple(
            (field, names, changed(parse) if field in named and (not spelling or spelling in names) else parse)
            for field, names, parse in table
        ),
    )


# --- what parses ------------------------------------------------------------------------------------------------------


@fault("SCOPE-5", why="Typed records of the run itself refuse a member that stands twice.")
def typed_values_with_a_member_twice_refused() -> Patches:
    """A principal or a resource scope with a member twice doesn't parse."""
    yield replaced(scope, "_last_ones", lambda _: lambda value: value)


@fault("SCOPE-5", why="Words are compared without regard to case in many places.")
def risk_tier_in_any_case() -> Patches:
    """A risk tier counts in upper case, too."""
    yield _parsing(["risk_tier"], lambda parse: lambda value: parse(value.lower() if isinstance(value, str) else value))


@fault("SCOPE-5", why="One helper trims all texts before they are looked at.")
def risk_tier_trimmed() -> Patches:
    """A risk tier counts with white space around it."""
    yield _parsing(["risk_tier"], lambda parse: lambda value: parse(trimmed(value)))


@fault("SCOPE-5", why="Readers of JSON often take `null` for a missing member, and a default for both.")
def null_lists_in_a_resource_scope() -> Patches:
    """A resource scope parses with `null` in the place of a list."""

    def lenient(parse: _Parser) -> _Parser:
        def parsed(value: Json) -> Any:
            kept = (
                {name: each for name, each in value.items() if each is not None} if isinstance(value, dict) else value
            )
            return parse(kept)

        return parsed

    yield _parsing(["resource_scope"], lenient)


@fault("SCOPE-6", why="If the fields may be in camel case, so may what is in them.")
def camel_case_inside() -> Patches:
    """Members inside a principal or a resource scope count in camel case, too."""

    def snake(value: Json) -> Json:
        match value:
            case dict():
                named = {re.sub("([A-Z])", r"_\1", name).lower(): snake(each) for name, each in value.items()}
                return {**named, **{name: snake(each) for name, each in value.items()}}
            case list():
                return [snake(each) for each in value]
        return value

    yield _parsing(["owner_principal", "resource_scope"], lambda parse: lambda value: parse(snake(value)))


@fault("SCOPE-6", why="A strict reader takes an unknown member for a typing error.")
def unknown_members_inside_refused() -> Patches:
    """A principal with a member that no table names doesn't parse."""
    known = {"kind", "id", "tenant_actor_id", "issuer", "subject"}
    yield _parsing(
        ["owner_principal"],
        lambda parse: lambda value: None if isinstance(value, dict) and value.keys() - known else parse(value),
    )


@fault(
    "SCOPE-7", "SCOPE-1", why="White space is looked at to see whether there is a text, and forgotten when it is taken."
)
def texts_of_a_scope_not_trimmed() -> Patches:
    """Unit ids and policy versions keep the white space around them."""
    yield _parsing(
        _TEXTS, lambda parse: lambda value: value if isinstance(value, str) and trimmed(value) else parse(value)
    )


@fault("SCOPE-7", why="A number is a number.")
def any_integer_in_a_scope() -> Patches:
    """Negative integers count as unit ids and policy versions, too."""
    yield _parsing(_TEXTS, lambda parse: lambda value: str(value) if type(value) is int else parse(value))


@fault("SCOPE-7", why="Most languages have signed integers, of 64 bits.")
def numbers_of_63_bits_in_a_scope() -> Patches:
    """Unit ids and policy versions parse as numbers below 2^63 only."""
    yield _parsing(_TEXTS, lambda parse: lambda value: None if type(value) is int and value >= 2**63 else parse(value))


@fault("SCOPE-7", why="Doubles have a text, too.")
def doubles_in_a_scope() -> Patches:
    """Unit ids and policy versions parse as doubles, too."""
    yield _parsing(_TEXTS, lambda parse: lambda value: str(value) if isinstance(value, float) else parse(value))


@fault("SCOPE-8", why="One word that nobody knows shouldn't cost the others.")
def unknown_classes_dropped() -> Patches:
    """Words that are no data class are dropped from a list."""
    known = frozenset(DataClass)
    yield _parsing(
        ["data_classes"],
        lambda parse: (
            lambda value: parse(
                [each for each in value if isinstance(each, str) and each in known]
                if isinstance(value, list)
                else value
            )
        ),
        "data_classes",
    )


@fault("SCOPE-8", why="An empty list says nothing.")
def an_empty_list_of_classes_is_none() -> Patches:
    """An empty list of data classes doesn't parse."""
    yield _parsing(["data_classes"], lambda parse: lambda value: parse(value) or None, "data_classes")


@fault("SCOPE-8", why="One helper parses all four spellings.")
def data_class_may_be_a_list() -> Patches:
    """`data_class` parses as a list, too."""
    several = scope.typed(tuple[DataClass, ...])
    yield _parsing(
        ["data_classes"],
        lambda parse: lambda value: several(value) if isinstance(value, list) else parse(value),
        "data_class",
    )


@fault("SCOPE-9", why="One grant that is no text shouldn't cost the others.")
def grants_that_are_no_strings_dropped() -> Patches:
    """Items that are no strings are dropped from a list of grants."""
    yield _parsing(
        ["delegation_grant_ids"],
        lambda parse: (
            lambda value: parse([each for each in value if isinstance(each, str)] if isinstance(value, list) else value)
        ),
    )


@fault("SCOPE-9", why="A single data class may stand without a list, and so may seem a grant.")
def one_grant_without_a_list() -> Patches:
    """A string parses as a list of one grant."""
    yield _parsing(
        ["delegation_grant_ids"], lambda parse: lambda value: parse([value] if isinstance(value, str) else value)
    )


@fault("SCOPE-9", why="An empty list says nothing.")
def an_empty_list_of_grants_is_none() -> Patches:
    """An empty list of grants doesn't parse."""
    yield _parsing(["delegation_grant_ids"], lambda parse: lambda value: parse(value) or None)
