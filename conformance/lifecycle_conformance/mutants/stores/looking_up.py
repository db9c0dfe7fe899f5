"""Faults in what is found of the snapshot files, and where their names are too long."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import evolve

from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import FileStore, Snapshot, StorageError, projection
from lifecycle_projection.planning import Draft
from lifecycle_projection.stores import files
from lifecycle_projection.stores.store import Place

# --- what is found ----------------------------------------------------------------------------------------------------


@fault("FILE-21", why="The name of a file says which snapshot is in it.")
def snapshots_listed_under_their_own_names_only() -> Patches:
    """A snapshot in a file of another name isn't listed."""
    yield from _listing(lambda path, each: Path(path).name == f"{files.segment(each.snapshot_id)}.json")


@fault("FILE-21", why="`*.json` in a shell leaves hidden files out.")
def hidden_snapshot_files_skipped() -> Patches:
    """A snapshot in a file whose name begins with a dot isn't listed."""
    yield from _listing(lambda path, _: not Path(path).name.startswith("."))


@fault("FILE-24", why="A folder belongs to a run, and what else lies there got there by mistake.")
def retention_skips_foreign_folders() -> Patches:
    """Compaction and pruning see the snapshots in their own run's folder only."""
    yield from _listing(lambda path, each: Path(path).parent.name == files.segment(each.run_id), of_runs=False)


def _listing(listed: Callable[[Place, Snapshot], bool], *, of_runs: bool = True) -> Patches:
    def wrong(right: Any) -> Any:
        def snapshots(store: FileStore, run_id: str | None = None) -> dict[Place, Snapshot]:
            found = right(store, run_id)
            if run_id is not None and not of_runs:
                return found  # type: ignore[no-any-return]
            return {path: each for path, each in found.items() if listed(path, each)}

        return snapshots

    yield replaced(FileStore, "snapshots", wrong)


@fault("FILE-24", why="Folders are what a listing of a directory gives.")
def retention_groups_by_folder() -> Patches:
    """Compaction and pruning take all snapshots of a folder for those of the run whose folder it is."""

    def wrong(right: Any) -> Any:
        def snapshots(store: FileStore, run_id: str | None = None) -> dict[Place, Snapshot]:
            found = right(store, run_id)
            if run_id is not None:
                return found  # type: ignore[no-any-return]
            own = {Path(path).parent.name: each.run_id for path, each in found.items() if _is_own(path, each)}
            folders = {path: Path(path).parent.name for path in found}
            return {path: evolve(each, run_id=own.get(folders[path], folders[path])) for path, each in found.items()}

        return snapshots

    yield replaced(FileStore, "snapshots", wrong)


def _is_own(path: Place, snapshot: Snapshot) -> bool:
    return Path(path).parent.name == files.segment(snapshot.run_id)


@fault("FILE-21", "SNAP-12", why="An error is better than silence.")
def damaged_file_ends_a_listing() -> Patches:
    """A snapshot file that doesn't parse makes every listing of its run fail."""

    def wrong(_: Any) -> Any:
        def listed(store: FileStore, path: str, run_id: str | None) -> Snapshot | None:
            snapshot = store.snapshot_at(path)
            return None if snapshot is None or run_id not in (None, snapshot.run_id) else snapshot

        return listed

    yield replaced(FileStore, "_listed", wrong)


@fault("FILE-22", why="What a listing has found need not be looked up.")
def snapshot_looked_up_by_what_files_hold() -> Patches:
    """A snapshot that stands under another name counts as there where a pass looks one up by its id."""

    def wrong(found: Any) -> Any:
        def looked_up(self: Any, recorded: Any) -> Snapshot | None:
            tenant = self.run.tenant_context.key
            listed = (each for each in self.kept.values() if each.scope.tenant_context.key == tenant)
            return found(self, recorded) or next(
                (each for each in listed if each.snapshot_id == recorded.event_id), None
            )

        return looked_up

    yield replaced(projection._Pass, "_found", wrong)  # noqa: SLF001


@fault("FILE-22", why="A path that can't be opened is an error.")
def name_too_long_looked_up_is_an_error() -> Patches:
    """The look-up of a snapshot whose name is too long ends the pass, before the guard is asked."""

    def wrong(found: Any) -> Any:
        def looked_up(self: Any, recorded: Any) -> Snapshot | None:
            if len(files.segment(recorded.event_id)) > 250:
                raise StorageError(path=recorded.event_id, problem=f"snapshot {recorded.event_id!r}: name too long")
            return found(self, recorded)  # type: ignore[no-any-return]

        return looked_up

    yield replaced(projection._Pass, "_found", wrong)  # noqa: SLF001


@fault("FILE-3", "FILE-23", why="A name that is too long can be cut.")
def long_names_cut() -> Patches:
    """The name of a snapshot file that would be too long is cut off."""
    yield replaced(files, "segment", lambda right: lambda name: right(name)[:240])


@fault("FILE-23", "PASS-5", "PASS-10", "SNAP-5", why="One record that can't be stored should not hold up all others.")
def snapshot_with_a_long_name_passed_over() -> Patches:
    """A pass writes no snapshot where its name is too long, and goes on."""

    def wrong(write: Any) -> Any:
        def written(draft: Any, snapshot: Snapshot) -> None:
            if draft.unwritable(snapshot) is None:
                write(draft, snapshot)

        return written

    yield replaced(Draft, "write_snapshot", wrong)


@fault("FILE-23", why="The system's own words seem to say enough.")
def long_name_refused_without_its_id() -> Patches:
    """The message of the error for a name that is too long names the folder, not the snapshot."""
    yield replaced(
        FileStore,
        "unwritable",
        lambda right: (
            lambda store, snapshot: (
                StorageError(path=files.SNAPSHOTS_NAME, problem="File name too long")
                if right(store, snapshot)
                else None
            )
        ),
    )
