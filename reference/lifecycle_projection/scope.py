"""The scope of a run: its tenant, and the enterprise scope of its definition (chapter *Scope and definition*).

Begin with :func:`scope_of`, at the end: the table before it says what it merges, and the parsers what the table takes.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from attrs import evolve

from lifecycle_projection.codec import structure
from lifecycle_projection.errors import InvalidInputError
from lifecycle_projection.records import Json, Principal, ResourceScope, Run, Scope
from lifecycle_projection.text import member, trimmed
from lifecycle_projection.words import DataClass, RiskTier

_Parsed = TypeVar("_Parsed")
_Parser = Callable[[Json], Any]

SOURCES: Final = ("resource_access", "automation_webhook", "enterprise_scope")
"""The members of the definition's metadata that say something of the scope; a later one replaces an earlier one."""


# --- what parses: any other value gives `None` ------------------------------------------------------------------------


def text_or_number(value: Json) -> str | None:
    """A string that is more than white space, trimmed, or an unsigned integer as its digits (SCOPE-7)."""
    return str(value) if type(value) is int and value >= 0 else trimmed(value)


def one_data_class(value: Json) -> tuple[DataClass, ...] | None:
    """A single data class, as a list of one (SCOPE-8)."""
    return typed(tuple[DataClass, ...])([value])


def typed(record: type[_Parsed]) -> Callable[[Json], _Parsed | None]:
    """A parser for values of a type, by the rules of run records (SCOPE-5, SCOPE-6, SCOPE-8, SCOPE-9)."""

    def parse(value: Json) -> _Parsed | None:
        try:
            return structure(_last_ones(value), record)
        except InvalidInputError:
            return None

    return parse


def _last_ones(value: Json) -> Json:
    """Keep the last of duplicate members: the metadata that holds the value is free-form (SCOPE-5, REC-13)."""
    match value:
        case dict():
            return {name: _last_ones(each) for name, each in value.items()}
        case list():
            return [_last_ones(each) for each in value]
    return value


SPELLINGS: Final[tuple[tuple[str, tuple[str, ...], _Parser], ...]] = (
    ("owner_principal", ("owner_principal", "ownerPrincipal"), typed(Principal)),
    ("owning_org_unit_id", ("owning_org_unit_id", "owningOrgUnitId"), text_or_number),
    ("resource_scope", ("resource_scope", "resourceScope"), typed(ResourceScope)),
    ("data_classes", ("data_classes", "dataClasses"), typed(tuple[DataClass, ...])),
    ("data_classes", ("data_class", "dataClass"), one_data_class),
    ("risk_tier", ("risk_tier", "riskTier"), typed(RiskTier)),
    (
        "policy_version_id",
        ("policy_version_id", "policyVersionId", "policy_version", "policyVersion"),
        text_or_number,
    ),
    ("delegation_grant_ids", ("delegation_grant_ids", "delegationGrantIds"), typed(tuple[str, ...])),
)
"""The table of SCOPE-4: a field, its spellings in the order in which they are tried, and what their value parses as."""


# --- the scope --------------------------------------------------------------------------------------------------------


def scope_of(run: Run) -> Scope:
    """The scope of a run: what the sources of its definition bring, merged field by field, then put in normal form.

    The example of the chapter, where `harmless` is no risk tier, so that the next spelling counts:

        resource_access      data_classes: public        delegation_grant_ids: " g2", "g1", "g1", " "
        automation_webhook   risk_tier: external_send    owning_org_unit_id: "17"
        enterprise_scope     data_classes: restricted    owning_org_unit_id: "ÄRZTE"

        merged               data_classes: restricted    delegation_grant_ids: " g2", "g1", "g1", " "
                             risk_tier: external_send    owning_org_unit_id: "ÄRZTE"
        in normal form       data_classes: restricted    delegation_grant_ids: "g1", "g2"
                             risk_tier: external_send    owning_org_unit_id: "ärzte"

    (SCOPE-1 to SCOPE-4, SCOPE-11)
    """
    definition = run.automation_snapshot
    metadata = None if definition is None else definition.metadata
    merged: dict[str, Any] = {}
    for source in SOURCES:
        merged |= _brought_by(member(metadata, source))
    return in_normal_form(Scope(tenant_context=run.tenant_context, **merged))


def _brought_by(source: Json) -> dict[str, Any]:
    """The fields that one source brings: of each field the first spelling that is there and parses."""
    brought: dict[str, Any] = {}
    for field, spellings, parse in SPELLINGS:
        for spelling in spellings:
            value = member(source, spelling)
            if value is not None and field not in brought and (parsed := parse(value)) is not None:
                brought[field] = parsed
    return brought


def in_normal_form(scope: Scope) -> Scope:
    """What becomes of a scope after all merges (SCOPE-10)."""
    unit = scope.owning_org_unit_id
    grants = {trimmed(each) for each in scope.delegation_grant_ids}
    # Strings sort by code point, which is the order of their UTF-8 bytes.
    return evolve(
        scope,
        owning_org_unit_id=None if unit is None else unit.lower(),
        data_classes=tuple(sorted(set(scope.data_classes))),
        delegation_grant_ids=tuple(sorted(grant for grant in grants if grant is not None)),
    )
