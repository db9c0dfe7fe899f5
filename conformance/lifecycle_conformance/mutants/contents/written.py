"""Faults in the snapshots that a pass writes: their members, the state that they carry, and which are there."""

from collections.abc import Callable, Iterable
from typing import Any, Final

import orjson
from attrs import evolve

from lifecycle_conformance.mutants import changes
from lifecycle_conformance.mutants.changes import Patch
from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import (
    Snapshot,
    content,
    projection,
)
from lifecycle_projection.canonical import digest, stable_hash
from lifecycle_projection.content import EVENT_TYPE_PREFIX
from lifecycle_projection.identity import safe

_Pass: Final = projection._Pass  # noqa: SLF001 - the pass is a class of one module


# --- members ----------------------------------------------------------------------------------------------------------


@fault("SNAP-1", "ALIAS-2", why="A snapshot is made in the loop over the history, where the index is at hand.")
def snapshot_seq_by_position() -> Patches:
    """The seq of a snapshot is the position of its record, from 1."""
    yield changes.snapshots(lambda _, identified, each: evolve(each, seq=identified.index + 1))


@fault("SNAP-1", why="A snapshot is created when it is written.")
def created_when_it_was_projected() -> Patches:
    """A snapshot was created when the run was updated."""
    yield changes.snapshots(lambda state, _, each: evolve(each, created_at_ms=state.run.updated_at_ms))


@fault("SNAP-2", why="The name is made safe for the id, and then used everywhere.")
def metadata_name_the_safe_event() -> Patches:
    """The metadata of a snapshot name the event as its id does."""
    yield changes.metadata(lambda _, identified, said: {**said, "event": safe(identified.record.event)})


@fault("SNAP-2", why="The event's type is what names it in the log.")
def metadata_name_the_event_type() -> Patches:
    """The metadata of a snapshot name the type of the event."""
    yield changes.metadata(
        lambda _, identified, said: {**said, "event": f"{EVENT_TYPE_PREFIX}{identified.record.event}"}
    )


@fault(
    "SNAP-2", why="Every record has a stable id, and where its event is recorded under an older one, that is forgotten."
)
def metadata_with_the_stable_id() -> Patches:
    """The metadata of a snapshot name the stable id of the event, under whatever id it is recorded."""
    yield changes.metadata(lambda _, identified, said: {**said, "event_id": identified.event_id})


@fault("SNAP-3", why="The summary is made in one order, and so is its text.")
def digest_in_the_order_of_the_summary() -> Patches:
    """The payload digest is taken over the summary with its members in the order in which they are made."""
    yield replaced(content, "stable_hash", lambda _: lambda value: digest(orjson.dumps(value)))


@fault("SNAP-3", why="The digest of a file is that of what stands in it, which is indented.")
def digest_of_the_indented_summary() -> Patches:
    """The payload digest is taken over the summary as its file has it."""
    indented = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2
    yield replaced(content, "stable_hash", lambda _: lambda value: digest(orjson.dumps(value, option=indented)))


# --- the state that they carry ----------------------------------------------------------------------------------------


def _of_latest(names: Iterable[str]) -> Patch:
    """Give the snapshot of every record but the last what the latest snapshot says under some names."""
    named = tuple(names)

    def wrong(write: Callable[..., Snapshot]) -> Callable[..., Snapshot]:
        def written(under_way: Any, identified: Any, recorded: Any, guarded: Any) -> Snapshot:
            latest, last = under_way.latest, len(under_way.run.checkpoint.lifecycle_history) - 1
            old = {} if latest is None or identified.index == last else {name: getattr(latest, name) for name in named}
            right: Callable[..., Snapshot] = vars(projection)["snapshot_of"]
            with replaced(projection, "snapshot_of", lambda _: lambda *made: evolve(right(*made), **old)):
                return write(under_way, identified, recorded, guarded)

        return written

    return replaced(_Pass, "_write", wrong)


@fault("SNAP-4", "CKPT-1", why="What happened before the last record, happened in the state before.")
def older_records_keep_the_older_state() -> Patches:
    """In a pass that catches up, all snapshots but the last carry the checkpoint of the snapshot before."""
    yield _of_latest(["checkpoint", "payload_digest"])


@fault("SNAP-4", why="A run seems to keep its definition for life.")
def the_definition_of_the_first_snapshot() -> Patches:
    """A snapshot carries the definition that the latest snapshot has."""
    named = ("workflow_definition_version", "workflow_definition_snapshot_hash")

    def wrong(write: Callable[..., Snapshot]) -> Callable[..., Snapshot]:
        def written(under_way: Any, *said: Any) -> Snapshot:
            latest = under_way.latest
            old = {} if latest is None else {name: getattr(latest, name) for name in named if getattr(latest, name)}
            right: Callable[..., Snapshot] = vars(projection)["snapshot_of"]
            with replaced(projection, "snapshot_of", lambda _: lambda *made: evolve(right(*made), **old)):
                return write(under_way, *said)

        return written

    yield replaced(_Pass, "_write", wrong)


@fault("SNAP-4", "CKPT-2", why="A snapshot at a record seems to know the records up to there.")
def events_counted_up_to_the_record() -> Patches:
    """The summary counts the records up to the snapshot's own."""

    def counted(_: Any, identified: Any, each: Snapshot) -> Snapshot:
        checkpoint = {**each.checkpoint, "lifecycle_event_count": identified.index + 1}
        return evolve(each, checkpoint=checkpoint, payload_digest=stable_hash(checkpoint))

    yield changes.snapshots(counted)


# --- which are written and which are there ----------------------------------------------------------------------------


@fault("SNAP-5", "PASS-5", why="Where the run did nothing, its state can't have changed.")
def no_snapshot_without_activity() -> Patches:
    """A record that doesn't count as activity gets no snapshot."""

    def wrong(write: Callable[..., Snapshot]) -> Callable[..., Snapshot | None]:
        def written(under_way: Any, identified: Any, *others: Any) -> Snapshot | None:
            if content.counts_as_activity(identified.record.event):
                return write(under_way, identified, *others)
            latest: Snapshot | None = under_way.latest
            return latest

        return written

    yield replaced(_Pass, "_write", wrong)


@fault(
    "ALIAS-2",
    "SNAP-1",
    "SNAP-2",
    "SNAP-5",
    "PASS-5",
    why="Every record has a stable id, under which its snapshot is looked for.",
)
def snapshots_under_the_stable_id() -> Patches:
    """A snapshot is looked up and written under the stable id, under whatever id the event is recorded."""

    def wrong(append: Callable[..., bool]) -> Callable[..., bool]:
        def appended(under_way: Any, identified: Any) -> bool:
            new = append(under_way, identified)
            stable = identified.event_id
            under_way.table[stable] = evolve(under_way.table[stable], event_id=stable)
            return new

        return appended

    yield replaced(_Pass, "_append_unless_known", wrong)


@fault("SNAP-6", "PASS-4", why="An event that is new seems to have no snapshot yet, or one that is out of date.")
def a_new_event_replaces_its_snapshot() -> Patches:
    """The snapshot of a record whose event was lost is written anew with the new event."""

    def wrong(found: Callable[..., Snapshot | None]) -> Callable[..., Snapshot | None]:
        def looked_up(under_way: Any, recorded: Any) -> Snapshot | None:
            kept = found(under_way, recorded)
            is_own = kept is not None and under_way._is_there(kept, recorded)  # noqa: SLF001
            new = recorded.event_id in {each.event_id for each in under_way.draft._events}  # noqa: SLF001
            return None if is_own and new else kept

        return looked_up

    yield replaced(_Pass, "_found", wrong)
