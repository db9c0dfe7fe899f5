"""Faults of a third author in the log, tenants, retention, files and requests: each shows in rare situations only."""

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from attrs import evolve

from lifecycle_conformance.driver import server
from lifecycle_conformance.mutants.changes import Pass, highest_seq
from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import (
    Event,
    InvalidInputError,
    PhaseTransitionError,
    Snapshot,
    Store,
    codec,
    planning,
    retention,
)
from lifecycle_projection.identity import Identified
from lifecycle_projection.json_text import read_json
from lifecycle_projection.log import KnownIds
from lifecycle_projection.markers import listed_by
from lifecycle_projection.phases import GuardedPhase
from lifecycle_projection.planning import Plan
from lifecycle_projection.recognition import Recorded
from lifecycle_projection.records import Json, TenantKey
from lifecycle_projection.stores.files import FileStore
from lifecycle_projection.stores.memory import MemoryStore
from lifecycle_projection.stores.store import Place
from lifecycle_projection.text import member
from lifecycle_projection.words import ResourceKind

_KINDS: Final = frozenset(ResourceKind)
_PAGE: Final = 4096

# --- the log and tenants ----------------------------------------------------------------------------------------------


@fault("LOG-3", why="The order of ALIAS-9 was taken for that of LOG-3.")
def listed_before_own() -> Patches:
    """Of a marker that lists its own id, the log knows the seq that it lists."""

    def known(cls: Any, events: Iterable[Event]) -> Any:
        seqs: dict[str, int] = {}
        highest = 0
        for event in events:
            for event_id, seq in (*listed_by(event), (event.event_id, event.seq)):
                seqs.setdefault(event_id, seq)
                highest = max(highest, seq)
        return cls(seqs, highest)

    yield replaced(KnownIds, "of", lambda _: classmethod(known))


@fault("LOG-4", "COMPACT-14", why="Compactions list in the order of seq, so that the last entry is the highest.")
def highest_is_the_last_listed() -> Patches:
    """Of the entries that a marker lists, only the last one counts for the next seq."""

    def highest(events: list[Event]) -> int:
        last = (seq for event in events for _, seq in [*listed_by(event)][-1:])
        return max((*(event.seq for event in events), *last), default=0)

    yield highest_seq(highest)


@fault(
    "TENANT-6",
    *("TENANT-7", "TENANT-3"),
    why="A key by string interpolation: absent reads `null`.",
    store="memory",
)
def deployment_null() -> Patches:
    """A tenant without deployment and one whose deployment is called `null` have one place for their snapshots."""

    def place(_: MemoryStore, run_id: str, snapshot_id: str, tenant: TenantKey) -> Place:
        return "\0".join("null" if each is None else each for each in (run_id, snapshot_id, *tenant))

    yield replaced(MemoryStore, "place", lambda _: place)


# --- stored records ---------------------------------------------------------------------------------------------------


@fault(
    "DRIVER-7",
    *("FILE-25", "FILE-26", "FILE-11", "DRIVER-9"),
    why="A zero is what a missing number is read as, and so it is given the default.",
)
def schema_version_0() -> Patches:
    """A stored event or snapshot with `schema_version` 0 is read with 1."""

    def wrong(structure: Callable[[Json, Any], Any]) -> Callable[[Json, Any], Any]:
        def structured(value: Json, record: Any) -> Any:
            read = structure(value, record)
            return evolve(read, schema_version=1) if record in {Event, Snapshot} and not read.schema_version else read

        return structured

    yield replaced(codec, "structure", wrong)


def _of_known_kind(segment: Json) -> bool:
    """Whether a path segment has a kind that is known, or none that could be."""
    kind = member(segment, "kind")
    return not isinstance(kind, str) or kind in _KINDS


def _with_known_kinds(resource: Json) -> Json:
    """A resource without the segments of its path that are of unknown kinds."""
    path = member(resource, "parent_path")
    if not isinstance(path, list):
        return resource
    known = [*filter(_of_known_kind, path)]
    return resource if len(known) == len(path) else {**resource, "parent_path": known}


@fault("FILE-18", *("FILE-12", "DRIVER-9"), why="A reader that skips list items of kinds that it doesn't know.")
def unknown_path_segments() -> Patches:
    """In a stored resource scope, a path segment of an unknown kind is dropped, and the record is read."""

    def known_only(value: Json, record: Any) -> Json:
        within = member(member(value, "scope"), "resource_scope")
        if record not in {Event, Snapshot} or not isinstance(within, dict):
            return value
        changed = {
            name: [*map(_with_known_kinds, each)] if isinstance(each, list) else _with_known_kinds(each)
            for name, each in within.items()
        }
        return value if changed == within else {**value, "scope": {**value["scope"], "resource_scope": changed}}

    yield replaced(codec, "structure", lambda right: lambda value, record: right(known_only(value, record), record))


# --- retention --------------------------------------------------------------------------------------------------------


@fault(
    "COMPACT-2",
    "COMPACT-13",
    why="Java and SQL have no unsigned 64-bit integers: the highest are negative there.",
)
def far_future_is_old() -> Patches:
    """An event from 2^63 ms on is old at every compaction."""

    def wrong(is_removed: Callable[..., bool]) -> Callable[..., bool]:
        def removed(event: Event, cutoff_ms: int, *protection: Any) -> bool:
            if event.occurred_at_ms >= 2**63:
                event, cutoff_ms = evolve(event, occurred_at_ms=0), max(1, cutoff_ms)
            return is_removed(event, cutoff_ms, *protection)

        return removed

    yield replaced(retention, "_is_removed", wrong)


def _is_event(line: bytes) -> bool:
    try:
        codec.event_from(read_json(line))
    except InvalidInputError:
        return False
    return True


@fault(
    "COMPACT-5",
    "FILE-18",
    why="FILE-18 has damaged lines stay until a compaction; but one that removes nothing is none.",
)
def compaction_sweeps() -> Patches:
    """A compaction that removes nothing takes the damaged lines out of the log."""

    def wrong(mend_log: Callable[[Any], None]) -> Callable[[Any], None]:
        def mended(store: Any) -> None:
            mend_log(store)
            before = store._read_log()  # noqa: SLF001
            kept = b"".join(line + b"\n" for line in before.split(b"\n") if line.strip() and _is_event(line))
            if before and kept != before:
                store._replace(store._log, kept)  # noqa: SLF001

        return mended

    yield replaced(FileStore, "mend_log", wrong)


@fault("PRUNE-2", "PRUNE-4", why="The number becomes a 32-bit one where it is handed to LIMIT.")
def keep_in_32_bits() -> Patches:
    """Of `keep` only the lowest 32 bits count."""

    def wrong(prunable: Callable[..., list[Place]]) -> Callable[..., list[Place]]:
        return lambda kept, *, keep, cutoff_ms: prunable(kept, keep=keep & 0xFFFFFFFF, cutoff_ms=cutoff_ms)

    yield replaced(retention, "prunable", wrong)


# --- files ------------------------------------------------------------------------------------------------------------


@fault(
    "FILE-5",
    *("FILE-7", "FILE-6", "SNAP-12"),
    why="The sibling is opened without O_TRUNC: usually it isn't there.",
)
def sibling_not_cut_off() -> Patches:
    """A longer temporary sibling that a crash left keeps its end behind the new content."""

    def replace(store: Any, path: str, text: bytes) -> None:
        temporary, effects = f"{path}.tmp", store._effects  # noqa: SLF001
        descriptor = effects.open(temporary, os.O_WRONLY | os.O_CREAT)
        try:
            effects.write(descriptor, text)
            effects.sync(descriptor)
        finally:
            effects.close(descriptor)
        effects.rename(temporary, path)

    yield replaced(FileStore, "_replace", lambda _: replace)


@fault("FILE-15", "FILE-16", "LOG-1", why="The last newline is looked for in the last page of the log only.")
def tail_longer_than_a_page() -> Patches:
    """Of a torn tail of more than 4096 bytes, only these are looked at, and cut off."""

    def wrong(mend: Callable[[Any, int], bool]) -> Callable[[Any, int], bool]:
        def mended(store: Any, log_file: int) -> bool:
            size = os.fstat(log_file).st_size
            if size <= _PAGE or b"\n" in os.pread(log_file, _PAGE, size - _PAGE):
                return mend(store, log_file)
            store._effects.truncate(log_file, size - _PAGE)  # noqa: SLF001
            store._effects.write(log_file, b"\n")  # noqa: SLF001
            return True

        return mended

    yield replaced(FileStore, "_mend", wrong)


@fault("FILE-17", "LOG-1", why="The tail is mended before anything is written, and not only before an event is.")
def snapshots_mend_the_tail() -> Patches:
    """A pass that appends nothing and writes a missing snapshot mends a torn tail."""

    def wrong(write: Callable[..., None]) -> Callable[..., None]:
        def written(plan: Plan, store: Store, done: list[Snapshot]) -> None:
            if plan.result.snapshots and not plan.result.events:
                store.mend_log()
            write(plan, store, done)

        return written

    yield replaced(planning, "_write", wrong)


@fault(
    "FILE-22",
    *("SNAP-5", "PASS-5"),
    why="The listing is read anyway, so that the look-up goes by an index over its ids.",
)
def found_under_another_name() -> Patches:
    """A snapshot that lies in its folder under another file name is found at the look-up."""

    def wrong(found: Callable[[Any, Recorded], Snapshot | None]) -> Callable[[Any, Recorded], Snapshot | None]:
        def looked_up(under_way: Any, recorded: Recorded) -> Snapshot | None:
            tenant = under_way.run.tenant_context.key
            kept: Iterable[Snapshot] = under_way.kept.values()
            for each in kept:
                if each.snapshot_id == recorded.event_id and each.scope.tenant_context.key == tenant:
                    return each
            return found(under_way, recorded)

        return looked_up

    yield replaced(Pass, "_found", wrong)


# --- errors and requests ----------------------------------------------------------------------------------------------


@fault("ERR-3", why="The number of snapshots written was taken for that of the records that count.")
def refusal_counts_snapshots() -> Patches:
    """`projected` of a refused move leaves out the records that count because of their event alone."""

    def wrong(guarded: Callable[[Any, Identified], GuardedPhase]) -> Callable[[Any, Identified], GuardedPhase]:
        def refused(under_way: Any, each: Identified) -> GuardedPhase:
            try:
                return guarded(under_way, each)
            except PhaseTransitionError as error:
                raise evolve(error, done=evolve(error.done, projected=len(error.done.snapshots))) from None

        return refused

    yield replaced(Pass, "_guarded", wrong)


@fault(
    "FILE-1",
    *("DRIVER-9", "LOG-3", "COMPACT-10", "COMPACT-11", "COMPACT-13"),
    why="A write that is tried again may have been done: what stands at the end isn't written twice.",
)
def equal_lines_in_a_row() -> Patches:
    """An event that is imported right behind an exactly equal one is not stored."""

    def wrong(append: Callable[[Any, Sequence[bytes]], None]) -> Callable[[Any, Iterable[bytes]], None]:
        def appended(store: Any, lines: Iterable[bytes]) -> None:
            last = store._read_log().rstrip(b"\n").rpartition(b"\n")[2] + b"\n"  # noqa: SLF001
            kept: list[bytes] = []
            for line in lines:
                if line != last:
                    kept.append(line)
                last = line
            append(store, kept)

        return appended

    yield replaced(FileStore, "_append", wrong)


@fault("DRIVER-13", "REC-3", why="Who asks may leave the source open, in whatever way.")
def source_null_in_a_question() -> Patches:
    """A tenant argument with `"source": null` is read."""

    def without_null(value: Json, record: Any) -> Json:
        tenant = member(value, "tenant") if record is server._ViewArguments else None  # noqa: SLF001
        if not isinstance(tenant, dict) or tenant.get("source", "") is not None:
            return value
        return {**value, "tenant": {name: each for name, each in tenant.items() if name != "source"}}

    yield replaced(server, "structure", lambda right: lambda value, record: right(without_null(value, record), record))
