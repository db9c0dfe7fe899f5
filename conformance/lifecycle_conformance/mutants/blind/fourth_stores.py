"""Faults of a fourth author in passes, the log, tenants, retention and files: each shows in few situations."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from itertools import takewhile
from pathlib import Path
from typing import Any, Final

from attrs import evolve

from lifecycle_conformance.mutants.changes import Pass, highest_seq, step
from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import (
    Event,
    PhaseTransitionError,
    Run,
    Snapshot,
    StorageConflictError,
    StorageError,
    Store,
    Tenant,
    projection,
    retention,
)
from lifecycle_projection.identity import Identified
from lifecycle_projection.markers import listed_by
from lifecycle_projection.planning import Draft, Plan
from lifecycle_projection.records import Json
from lifecycle_projection.stores import files, kept_log, remembering
from lifecycle_projection.stores.file_state import is_too_long
from lifecycle_projection.stores.files import FileStore
from lifecycle_projection.stores.kept_log import NumberedLine
from lifecycle_projection.stores.store import Place

_LONGEST_LINE: Final = 65536
_ESCAPES: Final = {
    "<": rb"\u003c",
    ">": rb"\u003e",
    "&": rb"\u0026",
    "\u2028": rb"\u2028",
    "\u2029": rb"\u2029",
}

# --- passes -----------------------------------------------------------------------------------------------------------


@fault("PASS-10", why="All events first, then a look at all places, then the snapshots in one go.")
def no_snapshot_if_a_place_is_bad() -> Patches:
    """A pass that will stop at a snapshot that is another's, unreadable or has too long a name writes no snapshot."""

    def wrong(commit: Callable[[Plan, Store], None]) -> Callable[[Plan, Store], None]:
        def committed(planned: Plan, store: Store) -> None:
            if isinstance(planned.failure, StorageError | StorageConflictError):
                planned = evolve(planned, result=evolve(planned.result, snapshots=()), counted=())
            commit(planned, store)

        return committed

    yield replaced(projection, "commit", wrong)


@fault(
    "PASS-7",
    *("PASS-13", "PHASE-4", "PHASE-5", "PHASE-7"),
    why="A run without events is new, so its folder need not be listed.",
)
def no_events_no_latest_snapshot() -> Patches:
    """Where the log knows nothing of the run and tenant, a pass begins without the latest snapshot that there is."""

    def wrong(begun: Any) -> Any:
        def fresh(cls: Any, run: Run, draft: Draft) -> Any:
            made = begun.__func__(cls, run, draft)
            if not made.known.seqs:
                made.latest = None
            return made

        return classmethod(fresh)

    yield replaced(Pass, "begun", wrong)


@fault(
    "SNAP-11",
    *("ERR-7", "TENANT-7"),
    why="The phase was worked out with the rest of the snapshot, before its place was looked at.",
)
def guard_asked_before_conflict() -> Patches:
    """Where another's snapshot stands at the place and the guard would refuse, a pass stops with `phase_transition`."""

    def guarded_first(right: Callable[..., None], under_way: Any, each: Identified) -> None:
        try:
            right(under_way, each)
        except StorageConflictError as conflict:
            try:
                under_way._guarded(each)  # noqa: SLF001
            except PhaseTransitionError as refusal:
                raise refusal from None
            raise conflict from None

    yield step(guarded_first)


# --- the log and tenants ----------------------------------------------------------------------------------------------


@fault("LOG-4", "COMPACT-14", why="A number of TypeScript is a double.")
def next_seq_counted_in_doubles() -> Patches:
    """The next seq is worked out in doubles, so that from 2^53 on it may be the one of the last event again."""

    def highest(events: list[Event]) -> int:
        listed = (seq for event in events for _, seq in listed_by(event))
        known = max((*(event.seq for event in events), *listed), default=0)
        return int(float(known) + 1.0) - 1

    yield highest_seq(highest)


@fault(
    "FILE-25",
    *("ALIAS-1", "ALIAS-2", "ALIAS-3", "LOG-2", "LOG-3", "LOG-4", "LOG-7", "PASS-3", "PASS-8", "COMPACT-7", "FILE-26"),
    *("DRIVER-7",),
    why="bufio.Scanner ends at a line of more than 64 KiB, and its Err() is easily forgotten.",
)
def log_read_to_first_long_line() -> Patches:
    """Reading the log ends, without a word, before the first line of more than 65536 bytes."""

    def wrong(lines: Callable[[bytes], Iterator[NumberedLine]]) -> Callable[[bytes], Iterator[NumberedLine]]:
        return lambda text: takewhile(lambda line: len(line[1]) <= _LONGEST_LINE, lines(text))

    yield replaced(files, "numbered_lines", wrong)
    yield replaced(kept_log, "numbered_lines", wrong)


class _Path(tuple[str, str, str | None]):
    """The key of a tenant, told from others by the path of its names."""

    __slots__ = ()

    def told(self) -> str:
        return "/".join(each for each in self if each is not None)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Path) and self.told() == other.told()

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self.told())


@fault(
    "TENANT-1",
    *("TENANT-4", "SNAP-11", "LOG-5", "COMPACT-6", "DRIVER-10"),
    why="A tenant's key is the path of its names.",
)
def tenants_told_apart_by_path() -> Patches:
    """Tenants are told apart by `org/workspace/deployment` as one text: `a/b`, `c` is `a`, `b/c` and `a`, `b`, `c`."""
    yield replaced(Tenant, "key", lambda key: property(lambda tenant: _Path(key.fget(tenant))))


# --- retention --------------------------------------------------------------------------------------------------------


@fault("COMPACT-7", why="The writer stamps its own version, as it does on new events.")
def compaction_restamps_versions() -> Patches:
    """Events that a compaction leaves in the log get `schema_version` 1."""

    def wrong(replace_log: Callable[[Any, Sequence[Event]], None]) -> Callable[[Any, Sequence[Event]], None]:
        return lambda store, events: replace_log(store, [evolve(event, schema_version=1) for event in events])

    yield replaced(FileStore, "replace_log", wrong)


@fault("PRUNE-3", "PRUNE-4", why="Java's long is signed, and `<` compares it so.")
def late_snapshots_look_old() -> Patches:
    """For pruning, snapshots of 2^63 ms and later are older than all others."""

    def signed(each: Snapshot) -> Snapshot:
        return evolve(each, created_at_ms=0) if each.created_at_ms >= 2**63 else each

    def wrong(prunable: Callable[..., list[Place]]) -> Callable[..., list[Place]]:
        def pruned(kept: Mapping[Place, Snapshot], **asked: int) -> list[Place]:
            return prunable({place: signed(each) for place, each in kept.items()}, **asked)

        return pruned

    yield replaced(retention, "prunable", wrong)


# --- the log on disk --------------------------------------------------------------------------------------------------


@fault("FILE-1", why="json.Marshal of Go escapes for HTML unless told otherwise.")
def log_lines_escaped_for_html() -> Patches:
    """In lines of the log, `<`, `>`, `&`, U+2028 and U+2029 are written as escapes."""

    def wrong(line_of: Callable[[dict[str, Json]], bytes]) -> Callable[[dict[str, Json]], bytes]:
        def line(event: dict[str, Json]) -> bytes:
            written = line_of(event)
            for character, escape in _ESCAPES.items():
                written = written.replace(character.encode(), escape)
            return written

        return line

    yield replaced(files, "line_of", wrong)
    yield replaced(remembering, "line_of", wrong)


@fault("FILE-7", why="Nothing should ever be thrown away.")
def torn_tail_is_put_aside() -> Patches:
    """A torn tail that is cut off is kept in a file `stateful_events.jsonl.torn` in the store directory."""

    def wrong(mend: Callable[[Any, int], bool]) -> Callable[[Any, int], bool]:
        def mended(store: Any, log_file: int) -> bool:
            before = store._read_log()  # noqa: SLF001
            done = mend(store, log_file)
            after = os.fstat(log_file).st_size
            if after < len(before):
                with Path(f"{store._log}.torn").open("ab") as aside:  # noqa: SLF001
                    aside.write(before[after:] + b"\n")
            return done

        return mended

    yield replaced(FileStore, "_mend", wrong)


@fault(
    "FILE-16",
    *("FILE-15", "FILE-1", "LOG-1", "LOG-2", "PASS-8"),
    why="lastIndexOf gives -1, and the function returns early.",
)
def only_line_is_never_mended() -> Patches:
    """A torn tail that is the only line of the log is not mended, and what is appended is glued to it."""

    def wrong(mend: Callable[[Any, int], bool]) -> Callable[[Any, int], bool]:
        return lambda store, log_file: b"\n" in store._read_log() and mend(store, log_file)  # noqa: SLF001

    yield replaced(FileStore, "_mend", wrong)


@fault(
    "FILE-17",
    *("LOG-2", "PASS-8", "PRUNE-5", "FILE-15", "FILE-16"),
    why="Recovery belongs where the lock is taken.",
)
def tail_mended_when_locked() -> Patches:
    """Each operation that takes the lock mends a torn tail, even if it appends nothing."""

    def wrong(lock: Callable[[Any], AbstractContextManager[None]]) -> Callable[[Any], AbstractContextManager[None]]:
        @contextmanager
        def locked(store: Any) -> Iterator[None]:
            with lock(store):
                store.mend_log()
                yield

        return locked

    yield replaced(FileStore, "lock", wrong)


# --- snapshots on disk ------------------------------------------------------------------------------------------------


@fault("FILE-23", *("FILE-6", "FILE-7"), why='Path::with_extension("tmp") replaces the extension that is there.')
def temporary_sibling_without_json() -> Patches:
    """The temporary sibling of `x.json` is `x.tmp`: segments of 247 to 250 bytes, which can't be written, are."""

    def replace(store: Any, path: str, content: bytes) -> None:
        temporary, effects = f"{os.path.splitext(path)[0]}.tmp", store._effects  # noqa: PTH122, SLF001
        try:
            descriptor = effects.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            try:
                effects.write(descriptor, content)
                effects.sync(descriptor)
            finally:
                effects.close(descriptor)
            effects.rename(temporary, path)
        except BaseException:
            with suppress(OSError):
                effects.unlink(temporary)
            raise

    def wrong(unwritable: Callable[[Any, Snapshot], Any]) -> Callable[[Any, Snapshot], Any]:
        def why(store: Any, snapshot: Snapshot) -> Any:
            path = store.place(snapshot.run_id, snapshot.snapshot_id, snapshot.scope.tenant_context.key)
            return unwritable(store, snapshot) if is_too_long(path, below=store._root) else None  # noqa: SLF001

        return why

    yield replaced(FileStore, "_replace", lambda _: replace)
    yield replaced(FileStore, "unwritable", wrong)


@fault("SNAP-12", "ERR-5", why="A file of no bytes is what a crash leaves; it was to heal itself.")
def empty_snapshot_file_is_not_there() -> Patches:
    """A snapshot file of 0 bytes counts as not there, and is overwritten."""

    def is_empty(place: Place) -> bool:
        with suppress(OSError):
            return Path(place).is_file() and Path(place).stat().st_size == 0
        return False

    def wrong(snapshot_at: Callable[[Any, Place], Snapshot | None]) -> Callable[[Any, Place], Snapshot | None]:
        return lambda store, place: None if is_empty(place) else snapshot_at(store, place)

    yield replaced(FileStore, "snapshot_at", wrong)


@fault(
    "FILE-26",
    "SNAP-6",
    why="A folder that hasn't changed need not be read again; but files are written in place, too.",
)
def listing_kept_by_time_of_folder() -> Patches:
    """The listing of a run's snapshots is kept as long as the time of their folder stays, so that edits go unseen."""
    kept: dict[tuple[str, str], tuple[tuple[int, int], dict[Place, Snapshot]]] = {}

    def listing(listed: Callable[..., dict[Place, Snapshot]]) -> Callable[..., dict[Place, Snapshot]]:
        def quick(store: Any, run_id: str | None = None) -> dict[Place, Snapshot]:
            if run_id is None:
                return listed(store)
            folder = f"{store._snapshots}/{files.segment(run_id)}"  # noqa: SLF001
            try:
                found = Path(folder).stat()
            except OSError:
                return listed(store, run_id)
            state = found.st_ino, found.st_mtime_ns
            last = kept.get((folder, run_id))
            if last is None or last[0] != state:
                last = kept[folder, run_id] = state, listed(store, run_id)
            return dict(last[1])

        return quick

    def forgetting(right: Callable[..., None]) -> Callable[..., None]:
        def done(store: Any, path: str, *others: bytes) -> None:
            right(store, path, *others)
            for key in [each for each in kept if each[0] == str(Path(path).parent)]:
                del kept[key]

        return done

    yield replaced(FileStore, "snapshots", listing)
    yield replaced(FileStore, "_replace", forgetting)
    yield replaced(FileStore, "delete_snapshot", forgetting)
