"""Faults in the snapshots that are kept: how they read, in which order they are shown, what stands in their place."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from attrs import evolve

from lifecycle_conformance.driver import server
from lifecycle_conformance.driver.server import Server
from lifecycle_conformance.mutants.changes import Patch
from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import (
    Run,
    Snapshot,
    StorageConflictError,
    StorageError,
    Store,
    phases,
    projection,
    snapshots,
)
from lifecycle_projection.phases import NEXT_PHASES, PHASE_OF_STATUS
from lifecycle_projection.recognition import Recorded
from lifecycle_projection.records import Json
from lifecycle_projection.stores.files import FileStore
from lifecycle_projection.stores.remembering import RememberingStore
from lifecycle_projection.words import Phase

_Pass: Final = projection._Pass  # noqa: SLF001 - the pass is a class of one module


def _reading(changed: Callable[[Snapshot, Snapshot], Snapshot]) -> list[Patch]:
    """Change how a stored snapshot reads, in view of what is stored and of what it should read as."""

    def wrong(with_phase: Callable[[Snapshot], Snapshot]) -> Callable[[Snapshot], Snapshot]:
        return lambda stored: changed(stored, with_phase(stored))

    return [replaced(module, "with_phase", wrong) for module in (snapshots, projection)]


def _showing(order: Callable[[Snapshot], Any]) -> Patch:
    """Change the order in which snapshots are shown, and not which is the latest."""

    def wrong(visible: Callable[..., list[Snapshot]]) -> Callable[..., list[Snapshot]]:
        return lambda kept, run_id, tenant: sorted(visible(kept, run_id, tenant), key=order)

    return replaced(snapshots, "visible", wrong)


# --- how they read ----------------------------------------------------------------------------------------------------


@fault("SNAP-7", why="Whatever has no phase yet has just been created.")
def without_phase_is_created() -> Patches:
    """A snapshot stored without phase reads as `created`."""

    def created(stored: Snapshot, read: Snapshot) -> Snapshot:
        if stored.phase is not None:
            return read
        named = phases.with_phase(evolve(stored, phase=Phase.CREATED))
        return evolve(named, phase_history=read.phase_history)

    yield from _reading(created)


@fault("SNAP-7", why="A history that nobody wrote is empty.")
def without_phase_nothing_was_observed() -> Patches:
    """A snapshot stored without phase and history reads with an empty history."""
    yield from _reading(
        lambda stored, read: (
            evolve(read, phase_history=()) if stored.phase is None and stored.phase_history is None else read
        )
    )


@fault("SNAP-7", why="Without a phase the rest seems to be missing, too.")
def without_phase_all_is_filled_in() -> Patches:
    """A snapshot stored without phase reads with a history and next phases of its status, whatever it has of them."""

    def filled(stored: Snapshot, read: Snapshot) -> Snapshot:
        if stored.phase is not None:
            return read
        return phases.with_phase(evolve(stored, phase_history=None, allowed_next_phases=None))

    yield from _reading(filled)


@fault("SNAP-8", why="A history that is missing is filled in alike, one thinks, whatever else is there.")
def with_phase_something_was_observed() -> Patches:
    """A snapshot stored with phase and without history reads with one observed entry."""

    def observed(stored: Snapshot, read: Snapshot) -> Snapshot:
        if stored.phase is None or stored.phase_history is not None:
            return read
        return evolve(read, phase_history=phases.with_phase(evolve(stored, phase=None)).phase_history)

    yield from _reading(observed)


@fault("SNAP-8", why="A list that is missing is an empty one, by the reader's default.")
def with_phase_no_next_phases() -> Patches:
    """A snapshot stored with phase and without next phases reads with none."""
    yield from _reading(
        lambda stored, read: (
            evolve(read, allowed_next_phases=())
            if stored.phase is not None and stored.allowed_next_phases is None
            else read
        )
    )


@fault("SNAP-8", why="The status seems to decide the next phases, as it decides the phase.")
def next_phases_by_the_status() -> Patches:
    """A snapshot stored with phase and without next phases reads with those that its status gives."""
    yield from _reading(
        lambda stored, read: (
            evolve(read, allowed_next_phases=NEXT_PHASES[PHASE_OF_STATUS[stored.status]])
            if stored.phase is not None and stored.allowed_next_phases is None
            else read
        )
    )


@fault("SNAP-9", why="What has been worked out once should be kept.")
def showing_fills_in_the_files() -> Patches:
    """Whoever looks at snapshots has what is missing filled in the files, too."""

    def wrong(shown: Callable[[Server, Json], Json]) -> Callable[[Server, Json], Json]:
        def showing(asked: Server, request: Json) -> Json:
            answer, store = shown(asked, request), asked._opened  # noqa: SLF001
            with suppress(StorageError):
                for place, each in store.snapshots(request["run_id"]).items():
                    own = store.place(each.run_id, each.snapshot_id, each.scope.tenant_context.key)
                    if place == own and each != phases.with_phase(each):
                        store.write_snapshot(phases.with_phase(each))
            return answer

        return showing

    yield replaced(Server, "_snapshots", wrong)


@fault("SNAP-9", "SNAP-6", "PASS-4", why="A pass looks like the right moment to bring old files up to date.")
def a_pass_fills_in_the_latest() -> Patches:
    """A pass writes the latest snapshot with what was missing of its phase."""

    def wrong(project: Callable[..., Any]) -> Callable[..., Any]:
        def filling(run: Run, store: Store) -> Any:
            result, tenant = project(run, store), run.tenant_context.key
            latest = snapshots.latest_of(store.snapshots(run.run_id).values(), run.run_id, tenant)
            if latest is not None and run.checkpoint.lifecycle_history and latest != phases.with_phase(latest):
                store.write_snapshot(phases.with_phase(latest))
            return result

        return filling

    yield replaced(server, "project", wrong)


@fault("SNAP-10", why="Snapshots have a time, by which lists are shown.")
def shown_by_time() -> Patches:
    """Snapshots are shown in the order of their times."""
    yield _showing(lambda each: (each.created_at_ms, each.seq, each.snapshot_id))


@fault("SNAP-10", why="A seq that is part of a name, or of a key, sorts as text.")
def shown_by_seq_as_text() -> Patches:
    """Snapshots are shown in the order of the digits of their seqs."""
    yield _showing(lambda each: (str(each.seq), each.snapshot_id))


@fault("SNAP-10", why="Strings are sorted by UTF-16 units in Java, C# and JavaScript.")
def ties_shown_by_utf16() -> Patches:
    """Snapshots with one seq are shown in the order of the UTF-16 units of their ids."""
    yield _showing(lambda each: (each.seq, each.snapshot_id.encode("utf-16-be", "surrogatepass")))


@fault("SNAP-10", why="A stable sort keeps the order in which the folder lists them.")
def ties_shown_backwards() -> Patches:
    """Snapshots with one seq are shown in the order of the folder, the last one first."""

    def wrong(visible: Callable[..., list[Snapshot]]) -> Callable[..., list[Snapshot]]:
        def backwards(*asked: Any) -> list[Snapshot]:
            listed = visible(*asked)
            listed.reverse()
            return sorted(listed, key=lambda each: each.seq)

        return backwards

    yield replaced(snapshots, "visible", wrong)


# --- what stands in their place ---------------------------------------------------------------------------------------


def _own(members: Callable[[Snapshot], Any]) -> Patch:
    """Let what is found be the pass's own snapshot if it has some members of it."""

    def wrong(_: Callable[..., bool]) -> Callable[..., bool]:
        def is_there(under_way: Any, found: Snapshot, recorded: Any) -> bool:
            run = under_way.run
            scope = evolve(found.scope, tenant_context=run.tenant_context)
            own = evolve(found, run_id=run.run_id, scope=scope, snapshot_id=recorded.event_id)
            return bool(members(found) == members(own))

        return is_there

    return replaced(_Pass, "_is_there", wrong)


@fault("SNAP-11", "SNAP-5", "PASS-5", why="The file was looked for by its name, so that its id seems to be known.")
def another_id_counts_as_there() -> Patches:
    """A snapshot of another id that stands in the place of one counts as that."""
    yield _own(lambda each: (each.run_id, each.scope.tenant_context.key))


@fault("SNAP-11", "SNAP-5", "PASS-5", why="The folder was looked for by its name, so that the run seems to be known.")
def another_runs_counts_as_there() -> Patches:
    """A snapshot of another run that stands in the place of one counts as that."""
    yield _own(lambda each: (each.snapshot_id, each.scope.tenant_context.key))


@fault("SNAP-11", "SNAP-5", "PASS-5", "TENANT-7", why="Run ids look as if they were unique everywhere.")
def another_tenants_counts_as_there() -> Patches:
    """Another tenant's snapshot that stands in the place of one counts as that."""
    yield _own(lambda each: (each.run_id, each.snapshot_id))


@fault("SNAP-11", "PASS-11", why="It seems better to look at the place before anything is written.")
def a_conflict_is_seen_first() -> Patches:
    """A pass that meets another's snapshot stops before it appends the event."""

    def wrong(project: Callable[..., None]) -> Callable[..., None]:
        def projecting(under_way: Any, identified: Any) -> None:
            recorded = under_way.table.get(identified.event_id) or Recorded(identified.event_id, 0)
            with suppress(StorageError):
                found = under_way._found(recorded)  # noqa: SLF001
                if found is not None and not under_way._is_there(found, recorded):  # noqa: SLF001
                    raise StorageConflictError(
                        snapshot_id=recorded.event_id, found=found, done=under_way.draft.result()
                    )
            project(under_way, identified)

        return projecting

    yield replaced(_Pass, "project", wrong)


@fault("SNAP-12", why="A file that can't be read is as good as none, as in a list.")
def unreadable_counts_as_missing() -> Patches:
    """A snapshot that can't be read is overwritten."""

    def wrong(snapshot_at: Callable[..., Snapshot | None]) -> Callable[..., Snapshot | None]:
        def found(store: FileStore, place: str) -> Snapshot | None:
            try:
                return snapshot_at(store, place)
            except StorageError:
                return None

        return found

    yield replaced(RememberingStore, "snapshot_at", wrong)
