"""Faults in what is refused: what an error says, of which kind it is, and what is left behind."""

from collections.abc import Callable
from typing import Any, TypeAlias

from attrs import evolve

from lifecycle_conformance.driver import server
from lifecycle_conformance.driver.server import Server
from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import (
    InvalidInputError,
    LifecycleProjectionError,
    PhaseTransitionError,
    ProjectionResult,
    Run,
    StorageConflictError,
    StorageError,
    Store,
)
from lifecycle_projection.records import Json
from lifecycle_projection.text import member

_Answering: TypeAlias = Callable[[Server, Json], dict[str, Json]]
_Data: TypeAlias = Callable[[LifecycleProjectionError], dict[str, Json]]
_Project: TypeAlias = Callable[[Run, Store], ProjectionResult]


# --- what is left behind ----------------------------------------------------------------------------------------------


@fault("ERR-1", "DRIVER-15", why="A history is read record by record, as it is projected.")
def history_projected_up_to_what_is_refused() -> Patches:
    """A run whose history holds something unreadable is refused after the records before that were recorded."""

    def wrong(project: _Answering) -> _Answering:
        def projected(self: Server, request: Json) -> dict[str, Json]:
            try:
                return project(self, request)
            except InvalidInputError:
                _record_before(self, project, request)
                raise

        return projected

    yield replaced(Server, "_project", wrong)


def _record_before(self: Server, project: _Answering, request: Json) -> None:
    history = member(member(request.get("run"), "checkpoint"), "lifecycle_history")
    for count in range(len(history) - 1, 0, -1) if isinstance(history, list) else ():
        run = request["run"]
        cut = {**run, "checkpoint": {**run["checkpoint"], "lifecycle_history": history[:count]}}
        try:
            project(self, {**request, "run": cut})
        except LifecycleProjectionError:
            continue
        return


@fault("ERR-1", "DRIVER-9", "DRIVER-15", why="What is read can be stored while the next is read.")
def readable_part_of_an_import_stored() -> Patches:
    """An import with an unreadable record is refused after the events before it were stored."""

    def wrong(import_: _Answering) -> _Answering:
        def imported(self: Server, request: Json) -> dict[str, Json]:
            try:
                return import_(self, request)
            except InvalidInputError:
                _store_before(self, import_, request)
                raise

        return imported

    yield replaced(Server, "_import", wrong)


def _store_before(self: Server, import_: _Answering, request: Json) -> None:
    for event in request["events"] if isinstance(request.get("events"), list) else ():
        try:
            import_(self, {**request, "events": [event], "snapshots": []})
        except LifecycleProjectionError:
            return


# --- what a refused move says -----------------------------------------------------------------------------------------


@fault("ERR-3", why="The phase that is asked for comes first in a sentence.")
def phases_of_a_refused_move_swapped() -> Patches:
    """The error for a refused move names the two phases the other way round."""
    yield from _of_moves(lambda error: {"from_phase": error.to_phase, "to_phase": error.from_phase})


@fault("ERR-3", why="People count from 1.")
def index_of_a_refused_move_from_1() -> Patches:
    """The error for a refused move counts the records of the history from 1."""
    yield from _of_moves(lambda error: {"lifecycle_index": error.lifecycle_index + 1})


@fault("ERR-3", why="The events that were appended are at hand in a list.")
def event_of_the_refused_record_counted() -> Patches:
    """The error for a refused move counts the events that the pass appended, that of the refused record as well."""
    yield from _of_moves(lambda error: {"projected": len(error.done.events)})


@fault("ERR-3", why="Snapshots are what a guard stops.")
def written_snapshots_counted_before_a_refused_move() -> Patches:
    """The error for a refused move counts the snapshots that the pass wrote, not the records with a new event only."""
    yield from _of_moves(lambda error: {"projected": len(error.done.snapshots)})


@fault("ERR-3", why="The index of a loop over what is new is at hand.")
def index_of_a_refused_move_among_the_new() -> Patches:
    """The index in the error for a refused move is that among the records that count in this pass."""
    yield from _of_moves(lambda error: {"lifecycle_index": error.done.projected})


def _of_moves(said: Callable[[PhaseTransitionError], dict[str, Json]]) -> Patches:
    yield from _saying(lambda error: said(error) if isinstance(error, PhaseTransitionError) else {})


def _saying(said: Callable[[LifecycleProjectionError], dict[str, Json]]) -> Patches:
    def wrong(data: _Data) -> _Data:
        return lambda error: {**data(error), **said(error)}

    yield replaced(server, "data_of", wrong)


# --- what a failure of storage says, and leaves -----------------------------------------------------------------------


@fault("ERR-4", why="What was found is in the error as well.")
def id_of_what_is_in_the_way_reported() -> Patches:
    """The error for a storage conflict names the id of the snapshot that stands there."""
    yield from _saying(
        lambda error: {"snapshot_id": error.found.snapshot_id} if isinstance(error, StorageConflictError) else {}
    )


@fault("ERR-5", why="The system's own words seem to say enough.")
def storage_error_without_a_path() -> Patches:
    """The message of a storage error says what is wrong, not where."""
    yield replaced(StorageError, "__str__", lambda _: lambda error: error.problem)


@fault("FILE-23", "PASS-11", why="A transaction is all or nothing.")
def events_of_a_failed_pass_taken_back() -> Patches:
    """A pass that ends in a storage error takes its events out of the log again."""

    def wrong(project: _Project) -> _Project:
        def projected(run: Run, store: Store) -> ProjectionResult:
            before = store.events()
            try:
                return project(run, store)
            except StorageError:
                with store.lock():
                    if store.events() != before:
                        store.replace_log(before)
                raise

        return projected

    yield replaced(server, "project", wrong)


@fault(
    "ERR-5", "SNAP-12", "FILE-23", "PASS-1", why="A store that has failed once is closed until somebody looks at it."
)
def storage_error_remembered() -> Patches:
    """After a storage error every further pass over that run fails as well, until the store is opened again."""

    def wrong(project: _Project) -> _Project:
        failed: dict[tuple[int, str], StorageError] = {}

        def projected(run: Run, store: Store) -> ProjectionResult:
            key = id(store), run.run_id
            if key in failed:
                raise evolve(failed[key])
            try:
                return project(run, store)
            except StorageError as error:
                failed[key] = error
                raise

        return projected

    yield replaced(server, "project", wrong)


# --- the kinds --------------------------------------------------------------------------------------------------------


@fault("SNAP-11", "ERR-4", "ERR-7", "TENANT-7", why="All that concerns the store is storage.")
def storage_conflict_called_storage() -> Patches:
    """What is a storage conflict is answered as `storage`."""
    yield replaced(StorageConflictError, "kind", lambda _: "storage")


@fault("ERR-7", why="Nobody thought of it, and so it goes where all goes that nobody thought of.")
def unreadable_text_is_internal() -> Patches:
    """A `run_json` that can't be read is answered as `internal`."""

    def wrong(run_of: Any) -> Any:
        def read(self: Server, request: Json) -> Run:
            try:
                return run_of(self, request)  # type: ignore[no-any-return]
            except InvalidInputError as error:
                if "run_json" in request and "run" not in request:
                    raise RuntimeError("unreadable") from error
                raise

        return read

    yield replaced(Server, "_run_of", wrong)


@fault("PHASE-7", "ERR-3", "ERR-7", why="A refused move is a fault of the input, for its author.")
def refused_move_called_invalid_input() -> Patches:
    """What the guard refuses is answered as `invalid_input`."""
    yield replaced(PhaseTransitionError, "kind", lambda _: "invalid_input")
