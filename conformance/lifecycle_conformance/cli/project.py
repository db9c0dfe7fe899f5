"""`lifecycle-projection project`."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from attrs import frozen

from lifecycle_conformance.cli import exits
from lifecycle_conformance.cli.inputs import read_runs
from lifecycle_conformance.cli.messages import complain, echo, echo_json, warn, warnings_shown
from lifecycle_projection import (
    FileStore,
    LifecycleProjectionError,
    PhaseTransitionError,
    ProjectionResult,
    Run,
    StorageConflictError,
    StorageError,
    project,
)
from lifecycle_projection.records import Json
from lifecycle_projection.stores.files import SNAPSHOTS_NAME

_EPILOG = """\b
EXAMPLES
  lifecycle-projection project automation_v2_runs.json --store store
  lifecycle-projection project life.jsonl --store store --json
  jq -c . run.json | lifecycle-projection project - --store store

\b
EXIT CODES
  0  every pass went through
  1  a run was stopped by the guard; the others went on
  2  the input was refused and nothing was written, or the store failed, for a run or as a whole"""


@frozen(kw_only=True)
class _Pass:
    """One run record and what became of it."""

    run: Run
    result: ProjectionResult | None
    error: LifecycleProjectionError | None = None
    message: str = ""

    @property
    def code(self) -> int:
        """The exit code that this pass asks for."""
        if self.error is None:
            return exits.WELL
        return exits.FALLS_SHORT if isinstance(self.error, PhaseTransitionError) else exits.WRONG_CALL


@click.command(epilog=_EPILOG)
@click.argument("runs", metavar="RUNS")
@click.option(
    "--store",
    "directory",
    metavar="DIR",
    required=True,
    type=click.Path(path_type=Path),
    help="The directory of the store. It is made if it is missing and the one above it exists.",
)
@click.option(
    "--lock-timeout",
    metavar="SECONDS",
    type=click.FloatRange(min=0),
    default=10.0,
    show_default=True,
    help="How long to wait for another writer.",
)
@click.option("--json", "as_json", is_flag=True, help="Report as one JSON object.")
@click.pass_context
def command(ctx: click.Context, runs: str, directory: Path, lock_timeout: float, *, as_json: bool) -> None:
    """Project run records into a store of files, each lifecycle record once.

    RUNS is a runs file of version 0 or 1, a single run record, or JSON Lines of run records, one pass a line in their
    order, so that the successive states of a run replay its life; `-` reads standard input. All of it is read and
    checked before anything is written. Killed or failed, the same call can be made again.

    A pass that is stopped (by the guard, by another snapshot in the place of one, by a snapshot that can't be read or
    written) is a warning, and the next one goes on. A store that fails as a whole (locked by another writer, not
    writable) ends the command. What was recorded before stays, and the call can be repeated.
    """
    records = read_runs(runs)
    store = _opened(directory, lock_timeout)
    with warnings_shown():
        passes = []
        for done in _passes(records, store):
            passes.append(done)
            if isinstance(done.error, StorageError) and not _of_a_snapshot(done.error):
                complain(f"projection of run {done.run.run_id!r} failed: {done.message}")
            elif done.error is not None:
                warn(f"projection of run {done.run.run_id!r} failed: {done.message}")
            if not as_json:
                echo(_line(done))
    left = len(records) - len(passes)
    if as_json:
        echo_json(_report(directory, passes, left))
    else:
        echo(_summary(passes, left))
    ctx.exit(max((done.code for done in passes), default=exits.WELL))


def _opened(directory: Path, lock_timeout: float) -> FileStore:
    try:
        directory.mkdir()
    except FileExistsError:
        pass
    except OSError as error:
        raise StorageError(path=str(directory), problem=f"can't be made: {error.strerror or error}") from error
    return FileStore(directory, lock_timeout_s=lock_timeout)


def _passes(runs: Sequence[Run], store: FileStore) -> Iterator[_Pass]:
    """Make a pass for each run, up to the first failure that is not of a snapshot alone but of the store."""
    for run in runs:
        try:
            yield _Pass(run=run, result=project(run, store))
        except StorageError as error:
            yield _Pass(run=run, result=None, error=error, message=str(error))
            if not _of_a_snapshot(error):
                return
        except StorageConflictError as error:
            place = store.place(run.run_id, error.snapshot_id, run.tenant_context.key)
            yield _Pass(run=run, result=error.done, error=error, message=f"{place}: {error}")
        except PhaseTransitionError as error:
            yield _Pass(run=run, result=error.done, error=error, message=str(error))


def _of_a_snapshot(error: StorageError) -> bool:
    """Tell whether an error concerns one snapshot, and so one run, and not the whole store."""
    return f"/{SNAPSHOTS_NAME}/" in error.path


def _line(done: _Pass) -> str:
    run_id = done.run.run_id if done.run.run_id.isprintable() else json.dumps(done.run.run_id)
    match done.error:
        case None:
            return f"{run_id}: {_projected(done)} projected"
        case StorageError():
            return f"{run_id}: the store failed"
    return f"{run_id}: {_projected(done)} projected, then stopped"


def _projected(done: _Pass) -> int:
    return 0 if done.result is None else done.result.projected


def _summary(passes: Sequence[_Pass], left: int) -> str:
    failed = sum(done.error is not None for done in passes)
    counts = [f"{_counted(len(passes), 'pass', 'passes')}", f"{sum(map(_projected, passes))} projected"]
    return ", ".join([*counts, *([f"{failed} failed"] if failed else []), *([f"{left} not tried"] if left else [])])


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _report(directory: Path, passes: Sequence[_Pass], left: int) -> dict[str, Json]:
    return {
        "store": str(directory),
        "projected": sum(map(_projected, passes)),
        "failed": sum(done.error is not None for done in passes),
        "not_tried": left,
        "passes": [_entry(done) for done in passes],
    }


def _entry(done: _Pass) -> dict[str, Json]:
    # A storage error says nothing of what was done before it; the next pass finds it.
    result = done.result
    return {
        "run_id": done.run.run_id,
        "projected": None if result is None else result.projected,
        "events": None if result is None else [event.event_id for event in result.events],
        "snapshots": None if result is None else [snapshot.snapshot_id for snapshot in result.snapshots],
        "error": None if done.error is None else {"kind": done.error.kind, "message": done.message},
    }
