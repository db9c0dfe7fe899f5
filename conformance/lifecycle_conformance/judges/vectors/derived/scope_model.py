"""How the enterprise scope is read from a run record, in parts that can be exchanged for wrong ones.

What it gives for the runs of the fixed cases agrees with production's answers; a test holds it to that.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from attrs import frozen

from lifecycle_conformance.execution.trace import Object, member
from lifecycle_projection.codec import structure, to_json
from lifecycle_projection.errors import InvalidInputError
from lifecycle_projection.records import Json, Principal, ResourceScope
from lifecycle_projection.text import trimmed
from lifecycle_projection.words import DataClass, RiskTier

Parser: TypeAlias = Callable[[Json], Json]
"""What a value parses as, `None` for one that doesn't."""
Tried: TypeAlias = list[tuple[Json, Json]]
"""The spellings of a field that are there, in order: each value, and what it parses as."""

REFUSED: Final[Object] = {"refused": True}
"""What comes of a run that is refused."""
SPELLINGS: Final = (
    ("owner_principal", "owner_principal", "principal"),
    ("owner_principal", "ownerPrincipal", "principal"),
    ("owning_org_unit_id", "owning_org_unit_id", "text"),
    ("owning_org_unit_id", "owningOrgUnitId", "text"),
    ("resource_scope", "resource_scope", "resource_scope"),
    ("resource_scope", "resourceScope", "resource_scope"),
    ("data_classes", "data_classes", "classes"),
    ("data_classes", "dataClasses", "classes"),
    ("data_classes", "data_class", "class"),
    ("data_classes", "dataClass", "class"),
    ("risk_tier", "risk_tier", "risk_tier"),
    ("risk_tier", "riskTier", "risk_tier"),
    ("policy_version_id", "policy_version_id", "text"),
    ("policy_version_id", "policyVersionId", "text"),
    ("policy_version_id", "policy_version", "text"),
    ("policy_version_id", "policyVersion", "text"),
    ("delegation_grant_ids", "delegation_grant_ids", "grants"),
    ("delegation_grant_ids", "delegationGrantIds", "grants"),
)
"""Field, spelling, and how it is parsed (SCOPE-4)."""
FIELDS: Final = tuple(dict.fromkeys(field for field, _, _ in SPELLINGS))
"""The fields of the enterprise scope."""


@frozen(kw_only=True)
class ScopeRules:
    """How a scope is read; a wrong reading differs from :data:`RIGHT` in some of these."""

    refuses: Callable[[Object], bool]
    sources: tuple[str, ...]
    spellings: tuple[tuple[str, str, str], ...]
    decides: Callable[[Tried], Json]
    merged: Callable[[Object, Object], Object]
    parsers: Mapping[str, Parser]
    normal: Mapping[str, Callable[[Any], Json]]
    empty: Callable[[Object], Object]


def scope(run: Object, rules: ScopeRules) -> Object:
    """The enterprise scope of a run."""
    if rules.refuses(run):
        return REFUSED
    metadata = member(run.get("automation_snapshot"), "metadata")
    merged: Object = {}
    for source in rules.sources:
        said = member(metadata, source)
        if isinstance(said, dict):
            merged = rules.merged(merged, _brought(said, rules))
    return rules.empty({field: rules.normal[field](value) for field, value in merged.items()})


def _brought(source: Object, rules: ScopeRules) -> Object:
    """The fields that a source brings."""
    tried: dict[str, Tried] = {}
    for field, spelling, kind in rules.spellings:
        if spelling in source:
            tried.setdefault(field, []).append((source[spelling], rules.parsers[kind](source[spelling])))
    decided = {field: rules.decides(values) for field, values in tried.items()}
    return {field: value for field, value in decided.items() if value is not None}


# --- what parses ------------------------------------------------------------------------------------------------------


def read(value: Json, kind: Any) -> Any:
    """Read a typed value, `None` where it can't be read."""
    try:
        return structure(value, kind)
    except InvalidInputError:
        return None


def record(kind: type, shown: Callable[[Any], Json] = to_json) -> Parser:
    """Parse a typed record; `shown` gives it as JSON."""

    def parse(value: Json) -> Json:
        parsed = read(value, kind)
        return None if parsed is None else shown(parsed)

    return parse


def data_classes(value: Json) -> Json:
    """Parse a list of data classes (SCOPE-8)."""
    parsed = read(value, tuple[DataClass, ...])
    return None if parsed is None else list(map(str, parsed))


def text_or_number(value: Json) -> Json:
    """Parse a text that isn't empty, or an unsigned integer (SCOPE-7)."""
    return str(value) if type(value) is int and value >= 0 else trimmed(value)


def strings(value: Json) -> Json:
    """Parse a list of strings (SCOPE-9)."""
    return value if isinstance(value, list) and all(isinstance(item, str) for item in value) else None


# --- all of them ------------------------------------------------------------------------------------------------------


def in_sorted_order(values: list[str]) -> list[str]:
    """Strings sorted, each once (SCOPE-10)."""
    return sorted(set(values))


def as_it_is(value: Any) -> Any:
    """What was given."""
    return value


RIGHT: Final = ScopeRules(
    refuses=lambda _: False,
    sources=("resource_access", "automation_webhook", "enterprise_scope"),
    spellings=SPELLINGS,
    decides=lambda tried: next((parsed for _, parsed in tried if parsed is not None), None),
    merged=lambda earlier, later: {**earlier, **later},
    parsers={
        "principal": record(Principal),
        "text": text_or_number,
        "resource_scope": record(ResourceScope),
        "classes": data_classes,
        "class": lambda value: data_classes([value]),
        "risk_tier": record(RiskTier, str),
        "grants": strings,
    },
    normal={
        **dict.fromkeys(FIELDS, as_it_is),
        "owning_org_unit_id": str.lower,
        "data_classes": in_sorted_order,
        "delegation_grant_ids": lambda grants: in_sorted_order(list(filter(None, map(trimmed, grants)))),
    },
    empty=lambda fields: {name: value for name, value in fields.items() if value != []},
)
"""The rules as the specification words them."""
