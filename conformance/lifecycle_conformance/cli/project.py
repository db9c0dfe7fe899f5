"""`lifecycle-projection project`."""

import errno
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import click
from attrs import define, frozen

from lifecycle_conformance.cli import exits, options
from lifecycle_conformance.cli.inputs import read_runs
from lifecycle_conformance.cli.messages import complain, echo, warn
from lifecycle_conformance.cli.platform import require_posix
from lifecycle_conformance.cli.progress import progress_line
from lifecycle_conformance.cli.signals import Interruption, interruptible
from lifecycle_conformance.cli.warnings import warnings_shown
from lifecycle_projection import (
    LifecycleProjectionError,
    PhaseTransitionError,
    ProjectionResult,
    RememberingStore,
    Run,
    StorageConflictError,
    StorageError,
    project,
)
from lifecycle_projection.records import Json
from lifecycle_projection.runs import RunsFile
from lifecycle_projection.stores.effects import SystemEffects
from lifecycle_projection.stores.engine import engine_kept_out
from lifecycle_projection.stores.files import SNAPSHOTS_NAME

_EPILOG = """\b
EXAMPLES
  lifecycle-projection project automation_v2_runs.json --store store
  lifecycle-projection project life.jsonl --store store --json
  jq -c . run.json | lifecycle-projection project - --store store

\b
EXIT CODES
  0    every pass went through
  1    a run was stopped by the guard; the others went on
  2    the input was refused and nothing was written, or the store failed, for a run or as a whole
  130  interrupted: what was recorded before stays
  141  all is done, but the reader of the output went away"""


@frozen(kw_only=True)
class _Pass:
    """One run record and the result of its pass; `ending` says in words what stopped it early, if anything did."""

    run: Run
    result: ProjectionResult
    error: LifecycleProjectionError | None = None
    message: str = ""
    ending: str = ""

    @property
    def code(self) -> int:
        """The exit code that this pass asks for."""
        if self.error is None:
            return exits.WELL
        return exits.FALLS_SHORT if isinstance(self.error, PhaseTransitionError) else exits.WRONG_CALL


@define
class _Totals:
    """The totals of all passes so far."""

    records: int
    passes: int = 0
    projected: int = 0
    failed: int = 0
    code: int = exits.WELL
    interrupted: bool = False

    def add(self, done: _Pass) -> None:
        """Count a pass."""
        self.passes += 1
        self.projected += done.result.projected
        self.failed += done.error is not None
        self.code = max(self.code, done.code)

    @property
    def left(self) -> int:
        """How many records were not tried."""
        return self.records - self.passes


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
@options.as_json
@click.pass_context
def command(ctx: click.Context, runs: str, directory: Path, lock_timeout: float, *, as_json: bool) -> None:
    """Project run records into a store of files, each lifecycle record once.

    RUNS is a runs file of version 0 or 1, a single run record, or JSON Lines of run records, one pass a line in their
    order, so that the successive states of a run replay its life; `-` reads standard input. All of it is checked
    before anything is written, and read one record at a time. Killed, interrupted or failed, the same call can be made
    again.

    A pass that is stopped (by the guard, by another snapshot in the place of one, by a snapshot that can't be read or
    written) is a warning, and the next one goes on. A store that fails as a whole (locked by another writer, not
    writable) ends the command. What was recorded before stays, and the call can be repeated.

    In the state folder of a production engine nothing is written while the engine runs, nor where its database is the
    authority; otherwise the engine is kept from starting meanwhile.
    """
    require_posix("project")
    report = _Json(directory) if as_json else _Text()
    with interruptible() as interruption:
        try:
            with read_runs(runs) as records, engine_kept_out(directory):
                store = _opened(directory, lock_timeout, interruption)
                with warnings_shown(), interruption.deferred():
                    totals, unwritten = _projected(records, store, interruption, report)
        except KeyboardInterrupt:
            complain("interrupted before anything was written")
            raise
    if unwritten is not None:
        raise unwritten
    ctx.exit(exits.INTERRUPTED if totals.interrupted else totals.code)


class _Stoppable(SystemEffects):
    """The system's effects; once the command has been asked to stop, nothing more is begun.

    What is being written is written to its end, so that the report of a pass is exact.
    """

    def __init__(self, interruption: Interruption) -> None:
        self._interruption = interruption

    def open(self, path: str, flags: int) -> int:
        """Open a file, unless it is for taking the lock or for writing and the command was asked to stop."""
        if self._interruption.asked and flags & (os.O_DIRECTORY | os.O_WRONLY | os.O_RDWR):
            raise InterruptedError(errno.EINTR, "interrupted")
        return super().open(path, flags)


def _opened(directory: Path, lock_timeout: float, interruption: Interruption) -> RememberingStore:
    try:
        directory.mkdir()
    except FileExistsError:
        pass
    except OSError as error:
        raise StorageError(path=str(directory), problem=f"can't be made: {error.strerror or error}") from error
    return RememberingStore(directory, lock_timeout_s=lock_timeout, effects=_Stoppable(interruption))


def _projected(
    records: RunsFile, store: RememberingStore, interruption: Interruption, report: "_Text | _Json"
) -> tuple[_Totals, OSError | None]:
    """Make all passes and report each; the totals, and why standard output could not be written, if so."""
    totals, reader = _Totals(records=len(records)), _Reader()
    reader.write(report.beginning())
    try:
        with progress_line() as show:
            for done in _passes(records, store, interruption):
                totals.add(done)
                show("")
                _warn(done)
                reader.write(report.of_pass(done))
                show(f"run {totals.passes:,} of {totals.records:,}, {totals.projected:,} projected")
    finally:
        totals.interrupted = interruption.asked
        reader.write(report.end(totals))
    return totals, reader.error


class _Reader:
    """The reader of standard output. The work goes on where it goes away, or its disk is full."""

    def __init__(self) -> None:
        self.error: OSError | None = None

    def write(self, text: str) -> None:
        """Write a text, unless that failed before."""
        if text and self.error is None:
            try:
                echo(text)
            except OSError as error:
                self.error = error


def _passes(runs: RunsFile, store: RememberingStore, interruption: Interruption) -> Iterator[_Pass]:
    """Make a pass for each run, up to the first failure that is not of a snapshot alone but of the store."""
    for run in runs:
        if interruption.asked:
            return
        try:
            yield _Pass(run=run, result=project(run, store))
        except StorageError as error:
            result = error.done or ProjectionResult()
            if isinstance(error.__cause__, InterruptedError) or interruption.asked:
                yield _Pass(run=run, result=result, ending="interrupted")
                return
            yield _Pass(run=run, result=result, error=error, message=str(error), ending="the store failed")
            if not _of_a_snapshot(error):
                return
        except StorageConflictError as error:
            place = store.place(run.run_id, error.snapshot_id, run.tenant_context.key)
            yield _Pass(run=run, result=error.done, error=error, message=f"{place}: {error}", ending="stopped")
        except PhaseTransitionError as error:
            yield _Pass(run=run, result=error.done, error=error, message=str(error), ending="stopped")


def _of_a_snapshot(error: StorageError) -> bool:
    """Whether an error concerns one snapshot, and so one run, and not the whole store."""
    return f"/{SNAPSHOTS_NAME}/" in error.path


def _warn(done: _Pass) -> None:
    if done.error is not None:
        of_store = isinstance(done.error, StorageError) and not _of_a_snapshot(done.error)
        say: Callable[[str], None] = complain if of_store else warn
        say(f"projection of run {done.run.run_id!r} failed: {done.message}")


# --- the two ways of reporting ----------------------------------------------------------------------------------------


class _Text:
    """A line for each pass, and one for all."""

    def beginning(self) -> str:
        """Nothing: text needs no opening."""
        return ""

    def of_pass(self, done: _Pass) -> str:
        """How much was projected, and why no more."""
        run_id = done.run.run_id if done.run.run_id.isprintable() else json.dumps(done.run.run_id)
        return f"{run_id}: {done.result.projected} projected{f', then {done.ending}' if done.ending else ''}"

    def end(self, totals: _Totals) -> str:
        """The totals of all passes."""
        counts = [f"{totals.passes} {'pass' if totals.passes == 1 else 'passes'}", f"{totals.projected} projected"]
        counts += [f"{totals.failed} failed"] if totals.failed else []
        counts += ["interrupted"] if totals.interrupted else []
        counts += [f"{totals.left} not tried"] if totals.left else []
        return ", ".join(counts)


class _Json:
    """One JSON object, written as the passes go by; each pass has a line."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._held = ""

    def beginning(self) -> str:
        """Open the object and the list of passes."""
        return f'{{\n  "store": {json.dumps(str(self._directory), ensure_ascii=False)},\n  "passes": ['

    def of_pass(self, done: _Pass) -> str:
        """The pass before this one, which is held back until it is known whether another one follows."""
        before, self._held = self._held, f"    {json.dumps(_entry(done), ensure_ascii=False)}"
        return before and f"{before},"

    def end(self, totals: _Totals) -> str:
        """Close the list, and add the totals of all passes."""
        counts = {
            "projected": totals.projected,
            "failed": totals.failed,
            "interrupted": totals.interrupted,
            "not_tried": totals.left,
        }
        held = self._held and f"{self._held}\n"
        return f"{held}  ],{json.dumps(counts, indent=2)[1:]}"


def _entry(done: _Pass) -> dict[str, Json]:
    return {
        "run_id": done.run.run_id,
        "projected": done.result.projected,
        "events": [event.event_id for event in done.result.events],
        "snapshots": [snapshot.snapshot_id for snapshot in done.result.snapshots],
        "error": None if done.error is None else {"kind": done.error.kind, "message": done.message},
    }
