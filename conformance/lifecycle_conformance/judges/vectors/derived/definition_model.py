"""How version and hash of a definition are read from a run record, in parts that can be exchanged for wrong ones.

What it gives for the runs of the fixed cases agrees with production's answers; a test holds it to that.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Final, TypeAlias

from attrs import frozen

from lifecycle_conformance.execution.trace import Object, member
from lifecycle_conformance.judges.attribution.canonical_writing import Double, double, write
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
            return version
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


def hash_in_order(value: Json, double: Double = double) -> str:
    """The hash of a value with its members in their order (DEF-2), its doubles written in some way."""
    return f"sha256:{sha256(write(value, key=None, double=double).encode()).hexdigest()}"


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
