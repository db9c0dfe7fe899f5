"""The free-form parts of what a pass writes: they have the members of their tables, each of the right form."""

from collections.abc import Iterator, Sequence
from typing import Final

from attrs import frozen

from lifecycle_conformance.audit.checks.content import DETERMINED
from lifecycle_conformance.audit.finding import NOTHING, Finding, Nothing
from lifecycle_conformance.audit.lives import Life
from lifecycle_conformance.audit.stored import Row
from lifecycle_conformance.execution.trace import Object, member
from lifecycle_conformance.model.identity import is_unsigned
from lifecycle_conformance.specification import schemas
from lifecycle_projection.records import Json


@frozen
class _Part:
    """A part of a record: the member that holds it, its schema, and the kind of what is wrong there."""

    name: str
    schema: str
    kind: str


_PAYLOAD: Final = _Part("payload", "event-written", "wrong-payload-member")
_MARKER: Final = _Part("payload", "compaction-marker", "wrong-marker-member")
_OF_GOALS: Final = frozenset({"goal_id", "projection_snapshot_ref", "projection_snapshot"})
_METADATA: Final = _Part("metadata", "snapshot-written", "wrong-snapshot-metadata")
_CHECKPOINT: Final = _Part("checkpoint", "snapshot-written", "wrong-checkpoint-member")


def members(life: Life) -> Iterator[Finding]:
    """What is missing in payloads, metadata and checkpoints, too much there, or of another form.

    (EVENT-2, SNAP-2, CKPT-1, COMPACT-8)

    What the record determines, `content` compares; the rest is what the run was at that time.
    """
    events, markers, snapshots = life.lifecycle_events, life.markers, life.lifecycle_snapshots
    yield from _misformed(life, _PAYLOAD, events, [_plain(life, _of_today(row.value.get("payload"))) for row in events])
    yield from _misformed(life, _MARKER, markers, [_plain(life, row.value.get("payload")) for row in markers])
    yield from _misformed(life, _METADATA, snapshots, [row.value.get("metadata") for row in snapshots])
    yield from _misformed(life, _CHECKPOINT, snapshots, [row.value.get("checkpoint") for row in snapshots])
    for row in snapshots:
        yield from _inconsistent(life, row)


def _of_today(payload: Json) -> Json:
    """A payload with what the first generation left out; its metadata are free, and need no look."""
    return {"lifecycle_occurrence": 0, **payload, "metadata": None} if isinstance(payload, dict) else payload


def _plain(life: Life, payload: Json) -> Json:
    """A payload without what a database puts into that of a run of a goal (DB-15)."""
    if not (life.shared_seqs and isinstance(payload, dict)):
        return payload
    return {name: value for name, value in payload.items() if name not in _OF_GOALS}


def _misformed(life: Life, part: _Part, rows: Sequence[Row], values: Sequence[Json]) -> Iterator[Finding]:
    if schemas.are_valid(part.schema, values, part.name):
        return
    for row, value in zip(rows, values, strict=True):
        if not schemas.is_valid(part.schema, value, part.name):
            yield from _faults(life, row, part, value)


def _faults(life: Life, row: Row, part: _Part, value: Json) -> Iterator[Finding]:
    for fault in schemas.faults(part.schema, value, part.name):
        if fault.path[:1] and part is not _MARKER and fault.path[0] in DETERMINED.get(part.name, ()):
            continue
        expected = fault.message.removeprefix("expected ").partition(", found ")[0]
        place = schemas.json_path(fault.path).replace("$", part.name, 1)
        yield life.finding(part.kind, f"`{place}`", row, expected=expected, actual=_at(value, fault.path))


def _at(value: Json, path: tuple[str | int, ...]) -> Json | Nothing:
    for each in path:
        match value:
            case dict() if each in value:
                value = value[str(each)]
            case list():
                value = value[int(each)]
            case _:
                return NOTHING
    return value


def _inconsistent(life: Life, row: Row) -> Iterator[Finding]:
    """Names of outputs that aren't sorted, and a history that ends before its record (CKPT-2, CKPT-3)."""
    checkpoint, snapshot = row.value.get("checkpoint"), row.value
    names = member(checkpoint, "node_output_ids")
    if isinstance(names, list) and len(names) > 1 and names != (ordered := sorted(names, key=str)):
        yield life.finding(
            "wrong-checkpoint-member", "`checkpoint.node_output_ids`", row, expected=ordered, actual=names
        )
    index, length = _index_of(snapshot), member(checkpoint, "lifecycle_event_count")
    if isinstance(index, int) and isinstance(length, int) and is_unsigned(index) and length <= index:
        yield life.finding(
            "wrong-checkpoint-member",
            f"`checkpoint.lifecycle_event_count` is too low: the record stands at index {index} of the history",
            row,
            expected=f"at least {index + 1}",
            actual=length,
        )


def _index_of(snapshot: Object) -> Json:
    return member(snapshot.get("metadata"), "lifecycle_index")
