"""`lifecycle-projection project`."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from lifecycle_conformance.cli import exits, options
from lifecycle_conformance.cli.dry_run import DryRun
from lifecycle_conformance.cli.inputs import read_runs
from lifecycle_conformance.cli.messages import complain, echo, warn
from lifecycle_conformance.cli.platform import require_posix
from lifecycle_conformance.cli.progress import progress_line
from lifecycle_conformance.cli.projection_report import JsonObject, Pass, Text, Totals
from lifecycle_conformance.cli.signals import Interruption, interruptible
from lifecycle_conformance.cli.warnings import warnings_shown
from lifecycle_projection import (
    PhaseTransitionError,
    ProjectionResult,
    RememberingStore,
    Run,
    StorageConflictError,
    StorageError,
    project,
)
from lifecycle_projection.runs import RunsFile
from lifecycle_projection.stores.effects import SystemEffects
from lifecycle_projection.stores.engine import engine_kept_out
from lifecycle_projection.stores.files import SNAPSHOTS_NAME

_EPILOG = """\b
EXAMPLES
  lifecycle-projection project automation_v2_runs.json --store store
  lifecycle-projection project life.jsonl --store store --json
  lifecycle-projection project life.jsonl --store store --dry-run
  jq -c . run.json | lifecycle-projection project - --store store

\b
EXIT CODES
  0    every pass went through
  1    a run was stopped by the guard; the others went on
  2    the input was refused and nothing was written, or the store failed, for a run or as a whole
  130  interrupted: what was recorded before stays
  141  all is done, but the reader of the output went away"""


class _Folder(click.Path):
    """A folder, and not the address of a database: that would be taken for the name of a folder to be made."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read it, or refuse it as click does, without showing it: there may be a password in it."""
        if ":" in str(value):
            from lifecycle_conformance.audit.databases import is_address  # noqa: PLC0415 - seldom is there a colon

            if is_address(str(value)):
                said = "expected a folder, found the address of a database; passes are recorded in files"
                self.fail(said, param, ctx)
        return super().convert(value, param, ctx)


@click.command(epilog=_EPILOG)
@click.argument("runs", metavar="RUNS")
@click.option(
    "--store",
    "directory",
    metavar="DIR",
    required=True,
    type=_Folder(path_type=Path),
    help="The directory of the store. It is made if it is missing and the one above it exists.",
)
@click.option(
    "--lock-timeout",
    metavar="SECONDS",
    type=options.Seconds(min=0),
    default=10.0,
    show_default=True,
    help="How long to wait for another writer.",
)
@click.option(
    "--dry-run", is_flag=True, help="Say what would be appended and written, and touch nothing: no lock, no new folder."
)
@options.as_json
@click.pass_context
def command(  # noqa: PLR0913 - one parameter for each option
    ctx: click.Context, runs: str, directory: Path, lock_timeout: float, *, dry_run: bool, as_json: bool
) -> None:
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

    With --dry-run each pass is planned on what the store holds and what the passes before it would have recorded. The
    exit codes are those of a real call, which alone shows whether another writer or an engine is at work, or the disk
    fails.
    """
    require_posix("project")
    report = JsonObject(directory, dry_run=dry_run) if as_json else Text(dry_run=dry_run)
    with interruptible() as interruption:
        try:
            with read_runs(runs) as records, nullcontext() if dry_run else engine_kept_out(directory):
                store = DryRun(directory) if dry_run else _opened(directory, lock_timeout, interruption)
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
    records: RunsFile, store: DryRun | RememberingStore, interruption: Interruption, report: Text | JsonObject
) -> tuple[Totals, OSError | None]:
    """Make all passes and report each; the totals, and why standard output could not be written, if so."""
    totals, reader = Totals(records=len(records)), _Reader()
    reader.write(report.beginning())
    try:
        with progress_line() as show:
            for done in _passes(records, store, interruption):
                totals.add(done)
                show("")
                _warn(done, planned_only=isinstance(store, DryRun))
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


def _passes(runs: RunsFile, store: DryRun | RememberingStore, interruption: Interruption) -> Iterator[Pass]:
    """Make or plan a pass for each run, up to the first failure that is not of a snapshot alone but of the store."""
    for run in runs:
        if interruption.asked:
            return
        try:
            yield Pass(run=run, result=_pass(run, store))
        except StorageError as error:
            result = error.done or ProjectionResult()
            if isinstance(error.__cause__, InterruptedError) or interruption.asked:
                yield Pass(run=run, result=result, ending="interrupted")
                return
            yield Pass(run=run, result=result, error=error, message=str(error), ending="the store failed")
            if not _of_a_snapshot(error):
                return
        except StorageConflictError as error:
            place = store.place(run.run_id, error.snapshot_id, run.tenant_context.key)
            yield Pass(run=run, result=error.done, error=error, message=f"{place}: {error}", ending="stopped")
        except PhaseTransitionError as error:
            yield Pass(run=run, result=error.done, error=error, message=str(error), ending="stopped")


def _pass(run: Run, store: DryRun | RememberingStore) -> ProjectionResult:
    return store.project(run) if isinstance(store, DryRun) else project(run, store)


def _of_a_snapshot(error: StorageError) -> bool:
    """Whether an error concerns one snapshot, and so one run, and not the whole store."""
    return f"/{SNAPSHOTS_NAME}/" in error.path


def _warn(done: Pass, *, planned_only: bool) -> None:
    """Say what failed; that a pass would be stopped is part of the plan, and no failure."""
    if done.error is not None:
        of_store = isinstance(done.error, StorageError) and not _of_a_snapshot(done.error)
        say: Callable[[str], None] = complain if of_store else warn
        if of_store or not planned_only:
            say(f"projection of run {done.run.run_id!r} failed: {done.message}")
