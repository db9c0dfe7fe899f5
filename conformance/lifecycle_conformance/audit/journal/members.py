"""Which requirement a member of an event or a snapshot belongs to: the one that its row in the specification names."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from lifecycle_conformance.audit.journal.predicting import SNAPSHOT
from lifecycle_conformance.execution.trace import Object
from lifecycle_conformance.model.comparison import Mismatch, mismatches
from lifecycle_conformance.model.identity import MARKER
from lifecycle_conformance.specification.requirements import code_spans, tables

_OF_TABLE: Final = {
    "event": "EVENT-1",
    "event.payload": "EVENT-2",
    "marker": "COMPACT-8",
    "marker.payload": "COMPACT-8",
    "snapshot": "SNAP-1",
    "snapshot.metadata": "SNAP-2",
    "checkpoint": "CKPT-1",
}
"""The requirement of each table, which is that of the members whose rows name none."""
_INSIDE: Final = {"payload", "metadata", "checkpoint"}
"""The members that have a table of their own."""
_PATH: Final = re.compile(r"\$\.(\w+)(?:\.(\w+))?")
_ID: Final = re.compile(r"\b[A-Z]+-\d+\b")


def differing(sort: str, expected: Object, actual: Object) -> Iterator[tuple[str, list[Mismatch]]]:
    """The places where a stored record differs from the predicted one, by the requirement that they belong to."""
    found: dict[str, list[Mismatch]] = {}
    table = SNAPSHOT if sort == SNAPSHOT else "marker" if expected.get("event_type") == MARKER else sort
    for mismatch in mismatches(expected, actual):
        found.setdefault(_requirement(table, mismatch.path), []).append(mismatch)
    yield from found.items()


def _requirement(table: str, path: str) -> str:
    match = _PATH.match(path)
    name, inside = (None, None) if match is None else match.groups()
    if name in _INSIDE and inside is not None:
        table, name = "checkpoint" if name == "checkpoint" else f"{table}.{name}", inside
    return requirements_of_members().get((table, name), _OF_TABLE.get(table, "EVENT-1"))


@cache
def requirements_of_members() -> dict[tuple[str, str | None], str]:
    """The requirement of each member of each table: the first that its row names, or that of the table."""
    return {
        (table, code_spans(row["member"])[0]): (_ID.findall(row["where it comes from"]) or [requirement])[0]
        for table, requirement in _OF_TABLE.items()
        for row in tables()[table]
    }
