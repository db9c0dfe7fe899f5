"""Sly faults in tenants, retention, files, errors and the driver: each shows in a rare case."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final
from weakref import WeakKeyDictionary

from attrs import evolve

from lifecycle_conformance.driver.server import Server
from lifecycle_conformance.mutants.before_reading import refusal
from lifecycle_conformance.mutants.changes import step, whole_pass
from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import (
    Event,
    InvalidInputError,
    ProjectionResult,
    Run,
    Snapshot,
    StorageConflictError,
    StorageError,
    Store,
    log,
    projection,
    retention,
    snapshots,
)
from lifecycle_projection.canonical import canonical_json
from lifecycle_projection.identity import Identified
from lifecycle_projection.json_text import read_json
from lifecycle_projection.records import Json, TenantKey
from lifecycle_projection.stores import MemoryStore, RememberingStore
from lifecycle_projection.stores.files import FileStore, segment

_BLOCK: Final = 1024

# --- tenants ----------------------------------------------------------------------------------------------------------


def _padded(tenant: TenantKey) -> TenantKey:
    org_id, workspace_id, deployment_id = tenant
    return org_id.rstrip(" "), workspace_id.rstrip(" "), None if deployment_id is None else deployment_id.rstrip(" ")


@fault(
    "TENANT-1",
    *("TENANT-6", "TENANT-7", "LOG-5", "PASS-2", "SNAP-11"),
    why="SQL compares texts as if the shorter one were padded with spaces.",
)
def spaces_at_the_end_of_a_tenant_do_not_count() -> Patches:
    """A tenant sees what belongs to one whose ids differ in spaces at their ends only."""

    def visible(events: Iterable[Event], run_id: str, tenant: TenantKey) -> list[Event]:
        seen = [e for e in events if e.run_id == run_id and _padded(e.scope.tenant_context.key) == _padded(tenant)]
        return sorted(seen, key=lambda event: event.seq)

    def seen(kept: Iterable[Snapshot], run_id: str, tenant: TenantKey) -> list[Snapshot]:
        return [s for s in kept if s.run_id == run_id and _padded(s.scope.tenant_context.key) == _padded(tenant)]

    yield replaced(log, "visible", lambda _: visible)
    yield replaced(projection, "visible", lambda _: visible)
    yield replaced(snapshots, "_seen", lambda _: seen)


@fault("TENANT-6", store="memory", why="A key of texts has an empty one where there is no deployment.")
def no_deployment_has_the_place_of_the_empty_one() -> Patches:
    """Snapshots of a tenant without deployment and of one with an empty one have the same place."""

    def place(_: Any, run_id: str, snapshot_id: str, tenant: TenantKey) -> str:
        return canonical_json([run_id, snapshot_id, *(each or "" for each in tenant)]).decode()

    yield replaced(MemoryStore, "place", lambda _: place)


# --- retention --------------------------------------------------------------------------------------------------------


@fault(
    "COMPACT-6",
    *("COMPACT-8", "COMPACT-10", "COMPACT-11", "COMPACT-14"),
    why="The id of a marker is the same without deployment and with an empty one, so the key seems to be, too.",
)
def one_marker_for_no_deployment_and_the_empty_one() -> Patches:
    """A marker takes in the events of a tenant without deployment together with those of an empty deployment."""

    def wrong(right: Callable[[Event], Any]) -> Callable[[Event], Any]:
        def key(event: Event) -> Any:
            run_id, (org_id, workspace_id, deployment_id) = right(event)
            return run_id, (org_id, workspace_id, deployment_id or "")

        return key

    yield replaced(retention, "_key", wrong)


@fault("COMPACT-9", why="A seq is kept in a signed integer of 64 bits, and shows as negative from 2^63 on.")
def the_seq_in_the_id_of_a_marker_is_signed() -> Patches:
    """In the id of a marker, a seq from 2^63 on is hashed as a negative number."""

    def wrong(right: Callable[[TenantKey, str, int], str]) -> Callable[[TenantKey, str, int], str]:
        return lambda tenant, run_id, seq: right(tenant, run_id, seq - 2**64 if seq >= 2**63 else seq)

    yield replaced(retention, "marker_id", wrong)


# --- files ------------------------------------------------------------------------------------------------------------


@fault("FILE-24", "COMPACT-3", "PRUNE-2", "PRUNE-3", why="A run's snapshots are looked for in the folder of that run.")
def retention_passes_misplaced_snapshots_over() -> Patches:
    """Compaction and pruning see no snapshot that lies in a folder of another run."""

    def wrong(right: Callable[..., dict[str, Snapshot]]) -> Callable[..., dict[str, Snapshot]]:
        def kept(store: Any, run_id: str | None = None) -> dict[str, Snapshot]:
            found = right(store, run_id)
            if run_id is not None:
                return found
            folder_of = {path: Path(path).parent.name for path in found}
            return {path: each for path, each in found.items() if segment(each.run_id) == folder_of[path]}

        return kept

    yield replaced(FileStore, "snapshots", wrong)


@fault(
    "FILE-16",
    *("FILE-15", "FILE-25", "PASS-2", "PASS-8"),
    why="The end of the log is looked for in its last block.",
)
def a_long_tail_is_seen_in_part() -> Patches:
    """Of a torn tail that is longer than a block of 1024 bytes, only the last block is read and cut off."""

    def mend(store: Any, log_file: int) -> bool:
        size = os.fstat(log_file).st_size
        start = max(0, size - _BLOCK)
        block = os.pread(log_file, _BLOCK, start)
        if not block or block.endswith(b"\n"):
            return False
        tail = block.rpartition(b"\n")[2]
        try:
            read_json(tail)
        except InvalidInputError:
            store._effects.truncate(log_file, size - len(tail))  # noqa: SLF001
        else:
            store._effects.write(log_file, b"\n")  # noqa: SLF001
        return True

    yield replaced(FileStore, "_mend", lambda _: mend)


@fault("FILE-26", why="A file of the same size is taken for the same file.")
def a_snapshot_of_the_same_size_is_not_read_again() -> Patches:
    """A process reads a snapshot file again only if its size has changed, or it has written the file itself."""
    known: WeakKeyDictionary[Any, dict[str, tuple[int, Snapshot]]] = WeakKeyDictionary()

    def looked_up(right: Callable[[Any, str], Snapshot | None]) -> Callable[[Any, str], Snapshot | None]:
        def snapshot_at(store: Any, place: str) -> Snapshot | None:
            kept = known.setdefault(store, {})
            size = os.path.getsize(place) if os.path.isfile(place) else -1  # noqa: PTH113, PTH202 - of any length
            if place in kept and kept[place][0] == size:
                return kept[place][1]
            found = right(store, place)
            if found is not None:
                kept[place] = (size, found)
            return found

        return snapshot_at

    def written(right: Callable[[Any, Snapshot, bytes], str]) -> Callable[[Any, Snapshot, bytes], str]:
        def write(store: Any, snapshot: Snapshot, text: bytes) -> str:
            place = right(store, snapshot, text)
            known.setdefault(store, {}).pop(place, None)
            return place

        return write

    yield replaced(RememberingStore, "snapshot_at", looked_up)
    yield replaced(FileStore, "_write", written)


# --- errors -----------------------------------------------------------------------------------------------------------


@fault("ERR-4", why="The snapshot that stands there is at hand when the error is made.")
def a_conflict_names_what_stands_there() -> Patches:
    """The `snapshot_id` of a storage conflict is that of the snapshot that was found."""

    def wrong(right: Callable[..., None], under_way: Any, each: Identified) -> None:
        try:
            right(under_way, each)
        except StorageConflictError as error:
            raise evolve(error, snapshot_id=error.found.snapshot_id) from None

    yield step(wrong)


@fault("SNAP-12", "ERR-7", "ERR-5", why="The error of the reader is passed on, whatever it was that was read.")
def an_unreadable_snapshot_is_invalid_input() -> Patches:
    """A pass that needs a snapshot file that doesn't parse ends with `invalid_input`."""

    def wrong(right: Callable[[Run, Store], ProjectionResult], run: Run, store: Store) -> ProjectionResult:
        try:
            return right(run, store)
        except StorageError as error:
            if "the snapshot can't be read" not in error.problem:
                raise
            raise refusal(str(error)) from None

    yield whole_pass(wrong)


# --- the driver -------------------------------------------------------------------------------------------------------


@fault("DRIVER-2", why="In JavaScript all numbers are doubles.")
def a_large_id_is_rounded() -> Patches:
    """An answer to a request whose id is beyond 2^53 has the id of the nearest double."""

    def wrong(right: Callable[[Server, bytes], bytes]) -> Callable[[Server, bytes], bytes]:
        def answer(driver: Server, line: bytes) -> bytes:
            said = right(driver, line)
            number = member_id(said)
            rounded = number if number < 2**53 else int(float(number))
            return said.replace(b'"id":%d' % number, b'"id":%d' % rounded, 1)

        return answer

    def member_id(said: bytes) -> int:
        number = read_json(said).get("id")
        return number if type(number) is int else 0

    yield replaced(Server, "answer", wrong)


@fault(
    "DRIVER-9",
    "LOG-3",
    "LOG-7",
    "ALIAS-3",
    why="An import puts its events in by their keys, and a second one replaces the first.",
)
def an_import_keeps_one_event_of_each_id() -> Patches:
    """Of two events of one import with the same run id and event id, only the later one is stored."""

    def upserted(events: Json) -> Json:
        if not isinstance(events, list) or not all(isinstance(each, dict) for each in events):
            return events
        keys = [canonical_json([each.get("run_id"), each.get("event_id")]) for each in events]
        return [each for at, each in enumerate(events) if keys[at] not in keys[at + 1 :]]

    def wrong(right: Callable[[Server, Json], Json]) -> Callable[[Server, Json], Json]:
        return lambda driver, request: right(driver, {**request, "events": upserted(request.get("events"))})

    yield replaced(Server, "_import", wrong)
