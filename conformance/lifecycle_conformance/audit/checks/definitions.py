"""The hash and the version of the definition in the snapshots of a run, beside each other."""

import re
from collections.abc import Iterator
from typing import Final

from lifecycle_conformance.audit.finding import NOTHING, Finding
from lifecycle_conformance.audit.lives import Life
from lifecycle_conformance.execution.trace import Object

_BY_CONTENT: Final = re.compile(r"automation:.*@[0-9a-f]{16}", re.DOTALL)


def definitions(life: Life) -> Iterator[Finding]:
    """Snapshots with another hash than that of their version by content, which another snapshot has (DEF-1, DEF-6)."""
    hashed = [(row, version, _hash(row.value)) for row in life.snapshots if (version := _version(row.value))]
    known = {version: found for _, version, found in hashed if _fits(found, version)}
    for row, version, found in hashed:
        if version in known and not _fits(found, version):
            yield life.finding(
                "definition-hash-differs",
                f"`workflow_definition_snapshot_hash`, in the version `{version}`",
                row,
                expected=known[version],
                actual=found or NOTHING,
            )


def _version(snapshot: Object) -> str:
    """The version of a definition by its content, if a snapshot has one."""
    version = snapshot.get("workflow_definition_version")
    return version if isinstance(version, str) and _BY_CONTENT.fullmatch(version) else ""


def _hash(snapshot: Object) -> str:
    return str(snapshot.get("workflow_definition_snapshot_hash", ""))


def _fits(found: str, version: str) -> bool:
    return found.startswith(f"sha256:{version[-16:]}")
