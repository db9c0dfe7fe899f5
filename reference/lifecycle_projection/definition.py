"""Which definition a run was started from: its version and its hash (chapter *Scope and definition*)."""

from typing import Final

import orjson

from lifecycle_projection.canonical import hash_in_order
from lifecycle_projection.records import AutomationSnapshot, Json, Run
from lifecycle_projection.text import member, trimmed

VERSION_MEMBERS: Final = (
    "definition_version",
    "workflow_definition_version",
    "automation_definition_version",
    "automation_version",
    "source_pack_version",
    "version",
)
"""Members of the definition's metadata that may name its version, in the order in which they are tried."""


def definition_hash(run: Run) -> str | None:
    """The hash that the run recorded, even an empty one, else that of its definition, if it has one.

    (DEF-1, DEF-2)
    """
    if run.workflow_definition_snapshot_hash is not None:
        return run.workflow_definition_snapshot_hash
    return None if run.automation_snapshot is None else hash_in_order(run.automation_snapshot.document)


def definition_version(run: Run) -> str | None:
    """The version that the run recorded, even an empty one, else the one that its definition gives.

    (DEF-3 to DEF-6)
    """
    if run.workflow_definition_version is not None:
        return run.workflow_definition_version
    definition = run.automation_snapshot
    if definition is None:
        return None
    return _named(definition.metadata) or _planned(definition.metadata) or _addressed_by_content(definition)


def _named(metadata: Json) -> str | None:
    """The first version that the metadata names (DEF-4)."""
    return next((text for name in VERSION_MEMBERS if (text := _scalar_text(member(metadata, name)))), None)


def _planned(metadata: Json) -> str | None:
    """The first plan that the metadata names, with its revision (DEF-5)."""
    for plan in (
        member(member(metadata, "plan_package_bundle"), "plan"),
        member(metadata, "approved_plan_materialization"),
    ):
        plan_id = _scalar_text(member(plan, "plan_id"))
        revision = member(plan, "plan_revision")
        if plan_id is not None and type(revision) is int and revision >= 0:
            return f"plan:{plan_id}:rev:{revision}"
    return None


def _addressed_by_content(definition: AutomationSnapshot) -> str:
    """The version by content: from the hash of the definition itself, even when the run records another one."""
    shortened = hash_in_order(definition.document).removeprefix("sha256:")[:16]
    return f"automation:{definition.automation_id}@{shortened}"


def _scalar_text(value: Json) -> str | None:
    """A string that is more than white space, trimmed, or a number or boolean as its JSON text."""
    return orjson.dumps(value).decode() if isinstance(value, bool | int | float) else trimmed(value)
