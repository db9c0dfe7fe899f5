"""The scope of a run: its tenant, and the enterprise scope of its definition (chapter *Scope and definition*).

The spellings of a field and what parses are SCOPE-4 to SCOPE-9.
"""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeVar

from lifecycle_projection.codec import structure
from lifecycle_projection.errors import InvalidInputError
from lifecycle_projection.records import Json, Principal, ResourceScope, Run, Scope
from lifecycle_projection.text import member, trimmed
from lifecycle_projection.words import DataClass, RiskTier

_Parsed = TypeVar("_Parsed")
_Parser = Callable[[Json], Any]

SOURCES: Final = ("resource_access", "automation_webhook", "enterprise_scope")
"""The members of the definition's metadata that say something of the scope; a later one replaces an earlier one."""


def scope_of(run: Run) -> Scope:
    """Give the scope of a run: what the sources of its definition bring, merged field by field, then normalised.

    (SCOPE-1 to SCOPE-3, SCOPE-10, SCOPE-11)
    """
    definition = run.automation_snapshot
    metadata = None if definition is None else definition.metadata
    merged: dict[str, Any] = {}
    for source in SOURCES:
        merged |= _brought_by(member(metadata, source))
    return Scope(tenant_context=run.tenant_context, **{name: NORMAL[name](value) for name, value in merged.items()})


def _brought_by(source: Json) -> dict[str, Any]:
    """Give the fields that one source brings: of each field the first spelling that parses."""
    brought: dict[str, Any] = {}
    if isinstance(source, dict):
        for field, spelling, parse in SPELLINGS:
            if field not in brought and (parsed := parse(source.get(spelling))) is not None:
                brought[field] = parsed
    return brought


# --- what parses ------------------------------------------------------------------------------------------------------


def text_or_number(value: Json) -> str | None:
    """Read a string that is more than white space, trimmed, or an unsigned integer as its digits (SCOPE-7)."""
    return str(value) if type(value) is int and value >= 0 else trimmed(value)


def _record(record: type[_Parsed]) -> Callable[[Json], _Parsed | None]:
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


def _one_data_class(value: Json) -> tuple[DataClass, ...] | None:
    parsed = _record(DataClass)(value)
    return None if parsed is None else (parsed,)


SPELLINGS: Final[tuple[tuple[str, str, _Parser], ...]] = (
    ("owner_principal", "owner_principal", _record(Principal)),
    ("owner_principal", "ownerPrincipal", _record(Principal)),
    ("owning_org_unit_id", "owning_org_unit_id", text_or_number),
    ("owning_org_unit_id", "owningOrgUnitId", text_or_number),
    ("resource_scope", "resource_scope", _record(ResourceScope)),
    ("resource_scope", "resourceScope", _record(ResourceScope)),
    ("data_classes", "data_classes", _record(tuple[DataClass, ...])),
    ("data_classes", "dataClasses", _record(tuple[DataClass, ...])),
    ("data_classes", "data_class", _one_data_class),
    ("data_classes", "dataClass", _one_data_class),
    ("risk_tier", "risk_tier", _record(RiskTier)),
    ("risk_tier", "riskTier", _record(RiskTier)),
    ("policy_version_id", "policy_version_id", text_or_number),
    ("policy_version_id", "policyVersionId", text_or_number),
    ("policy_version_id", "policy_version", text_or_number),
    ("policy_version_id", "policyVersion", text_or_number),
    ("delegation_grant_ids", "delegation_grant_ids", _record(tuple[str, ...])),
    ("delegation_grant_ids", "delegationGrantIds", _record(tuple[str, ...])),
)
"""Field, spelling, what it must parse as: in the order in which they are tried."""


# --- what becomes of it after all merges ------------------------------------------------------------------------------


def _as_it_is(value: _Parsed) -> _Parsed:
    return value


def _sorted_words(words: Iterable[str]) -> tuple[str, ...]:
    # By code point, which for strings of Unicode characters is the order of their UTF-8 bytes.
    return tuple(sorted(set(words)))


def _grants(ids: Iterable[str]) -> tuple[str, ...]:
    return _sorted_words(grant for each in ids if (grant := trimmed(each)) is not None)


NORMAL: Final[Mapping[str, Callable[[Any], Any]]] = MappingProxyType(
    {
        "owner_principal": _as_it_is,
        "owning_org_unit_id": str.lower,
        "resource_scope": _as_it_is,
        "data_classes": _sorted_words,
        "risk_tier": _as_it_is,
        "policy_version_id": _as_it_is,
        "delegation_grant_ids": _grants,
    }
)
