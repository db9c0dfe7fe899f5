"""The rules that are judged by fixed cases, in parts that can be exchanged for wrong ones (`faults.py`).

What they give for the runs of the fixed cases agrees with production's answers; a test holds them to that. They serve
to tell which rule decides in a case, and which one an implementation breaks.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final, TypeAlias

import orjson
from attrs import frozen

from lifecycle_conformance.execution.trace import Object, member
from lifecycle_projection.codec import structure, to_json
from lifecycle_projection.errors import InvalidInputError
from lifecycle_projection.records import Json, Principal, ResourceScope
from lifecycle_projection.text import trimmed
from lifecycle_projection.words import DataClass, RiskTier

Parser: TypeAlias = Callable[[Json], Json]
"""Gives what a value parses as, `None` for one that doesn't."""
Tried: TypeAlias = list[tuple[Json, Json]]
"""The spellings of a field that are there, in order: each value, and what it parses as."""
Double: TypeAlias = Callable[[float], str]

REFUSED: Final[Object] = {"refused": True}
"""What comes of a run that is refused."""
VERSION: Final[str] = "workflow_definition_version"
HASH: Final[str] = "workflow_definition_snapshot_hash"
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
class Rules:
    """How a run record is read; a wrong reading differs from :data:`RIGHT` in some of these."""

    refuses: Callable[[Object], bool]
    sources: tuple[str, ...]
    spellings: tuple[tuple[str, str, str], ...]
    decides: Callable[[Tried], Json]
    merged: Callable[[Object, Object], Object]
    parsers: Mapping[str, Parser]
    normal: Mapping[str, Callable[[Any], Json]]
    empty: Callable[[Object], Object]
    own_version: Callable[[Json], Json]
    own_hash: Callable[[Json], Json]
    hashed: Callable[[Object], str]
    ways: tuple[Callable[[Object, "Rules"], str | None], ...]
    names: tuple[str, ...]
    scalar: Callable[[Json], Json]
    plans: tuple[tuple[str, ...], ...]
    plan: Callable[[str, Json], str | None]
    double: Double


def scope(run: Object, rules: Rules) -> Object:
    """Give the enterprise scope of a run."""
    if rules.refuses(run):
        return REFUSED
    metadata = member(run.get("automation_snapshot"), "metadata")
    merged: Object = {}
    for source in rules.sources:
        said = member(metadata, source)
        if isinstance(said, dict):
            merged = rules.merged(merged, brought(said, rules))
    return rules.empty({field: rules.normal[field](value) for field, value in merged.items()})


def brought(source: Object, rules: Rules) -> Object:
    """Give the fields that a source brings."""
    tried: dict[str, Tried] = {}
    for field, spelling, kind in rules.spellings:
        if spelling in source:
            tried.setdefault(field, []).append((source[spelling], rules.parsers[kind](source[spelling])))
    decided = {field: rules.decides(values) for field, values in tried.items()}
    return {field: value for field, value in decided.items() if value is not None}


def definition(run: Object, rules: Rules) -> Object:
    """Give version and hash of the definition of a run."""
    started_from = run.get("automation_snapshot")
    own_version, own_hash = rules.own_version(run.get(VERSION)), rules.own_hash(run.get(HASH))
    found: Object = {VERSION: own_version, HASH: own_hash}
    if started_from is not None and own_version is None:
        found[VERSION] = next((version for way in rules.ways if (version := way(run, rules)) is not None), None)
    if started_from is not None and own_hash is None:
        found[HASH] = rules.hashed(started_from)
    return {name: value for name, value in found.items() if value is not None}


def number(run: Object, rules: Rules) -> Object:
    """Give the digits of the identity that stand in the event id of the one record of a run (ID-1, ID-5)."""
    (record,) = run["checkpoint"]["lifecycle_history"]
    said = {**record, "run_id": run["run_id"], "automation_id": run["automation_id"]}
    names = ("automation_id", "event", "metadata", "reason", "recorded_at_ms", "run_id", "stop_kind")
    text = written({name: said.get(name) for name in names}, rules.double, in_order=False)
    return {"digits": sha256(text.encode()).hexdigest()[:24]}


SUBJECTS: Final[Mapping[str, Callable[[Object, Rules], Object]]] = {
    "scope": scope,
    "definition": definition,
    "number": number,
}
"""What a case may be about."""


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
    return str(value) if is_unsigned(value) else trimmed(value)


def strings(value: Json) -> Json:
    """Parse a list of strings (SCOPE-9)."""
    return value if isinstance(value, list) and all(isinstance(item, str) for item in value) else None


def is_unsigned(value: Json) -> bool:
    """Tell whether a value is an unsigned integer."""
    return type(value) is int and value >= 0


# --- the definition ---------------------------------------------------------------------------------------------------


def named(run: Object, rules: Rules) -> str | None:
    """Give a version that is named (DEF-4)."""
    metadata = member(run["automation_snapshot"], "metadata")
    values = (rules.scalar(member(metadata, name)) for name in rules.names)
    return next((_text(value, rules) for value in values if value is not None), None)


def planned(run: Object, rules: Rules) -> str | None:
    """Give the version of a plan (DEF-5)."""
    for path in rules.plans:
        plan = member(run["automation_snapshot"], "metadata")
        for name in path:
            plan = member(plan, name)
        plan_id = rules.scalar(member(plan, "plan_id"))
        version = None if plan_id is None else rules.plan(_text(plan_id, rules), member(plan, "plan_revision"))
        if version is not None:
            return version
    return None


def by_content(run: Object, rules: Rules) -> str:
    """Give the version by content (DEF-6)."""
    snapshot = run["automation_snapshot"]
    return f"automation:{snapshot['automation_id']}@{rules.hashed(snapshot)[7:23]}"


def scalar(value: Json) -> Json:
    """Give a string trimmed, a number or a boolean as it is, `None` for anything else (DEF-4)."""
    return value if isinstance(value, bool | int | float) else trimmed(value)


def revised(plan_id: str, revision: Json) -> str | None:
    """Give the version of a plan with a revision that is an unsigned integer (DEF-5)."""
    return f"plan:{plan_id}:rev:{revision}" if is_unsigned(revision) else None


def _text(value: Json, rules: Rules) -> str:
    return value if isinstance(value, str) else written(value, rules.double, in_order=True)


def hash_of(text: str) -> str:
    """Hash a text (JSON-1)."""
    return f"sha256:{sha256(text.encode()).hexdigest()}"


# --- numbers ----------------------------------------------------------------------------------------------------------


def written(value: Json, double: Double, *, in_order: bool) -> str:
    """Write a value compactly, with its doubles as `double` writes them, its members in their order or sorted."""
    if isinstance(value, dict):
        names = value if in_order else sorted(value)
        return f"{{{','.join(f'{_quoted(name)}:{written(value[name], double, in_order=in_order)}' for name in names)}}}"
    if isinstance(value, list):
        return f"[{','.join(written(item, double, in_order=in_order) for item in value)}]"
    return double(value) if isinstance(value, float) else _quoted(value)


def _quoted(value: Json) -> str:
    return orjson.dumps(value).decode()


def double(value: float) -> str:
    """Write a double (JSON-7 to JSON-9)."""
    return plain(*digits_of(repr(value))) if is_plain(value) else exponential(*digits_of(repr(value)))


def is_plain(value: float) -> bool:
    """Tell whether a double is written without exponent (JSON-8)."""
    return value == 0 or 1e-5 <= abs(value) < 1e16


def digits_of(text: str) -> tuple[str, str, int]:
    """Give sign and digits of a number, and the exponent of its first digit.

    Python's own `repr` of a double has the shortest digits, and of those the nearest (JSON-7).
    """
    sign, digits, exponent = Decimal(text).as_tuple()
    assert isinstance(exponent, int)
    found = "".join(map(str, digits))
    return "-" * sign, found.rstrip("0") or "0", exponent + len(found) - 1 if any(digits) else 0


def plain(sign: str, digits: str, exponent: int) -> str:
    """Write a number without exponent (JSON-8)."""
    if exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
    return f"{sign}{digits[: exponent + 1].ljust(exponent + 1, '0')}.{digits[exponent + 1 :] or '0'}"


def exponential(sign: str, digits: str, exponent: int) -> str:
    """Write a number with exponent (JSON-9)."""
    rest = f".{digits[1:]}" if digits[1:] else ""
    return f"{sign}{digits[0]}{rest}e{exponent:+d}"


# --- all of them ------------------------------------------------------------------------------------------------------


def in_sorted_order(values: list[str]) -> list[str]:
    """Give strings sorted, each once (SCOPE-10)."""
    return sorted(set(values))


def as_it_is(value: Any) -> Any:
    """Give what was given."""
    return value


RIGHT: Final = Rules(
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
    own_version=as_it_is,
    own_hash=as_it_is,
    hashed=lambda snapshot: hash_of(orjson.dumps(snapshot).decode()),
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
