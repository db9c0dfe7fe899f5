"""The group of all commands: it loads the one that is called, and turns errors into one line and an exit code."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any, Final, NoReturn

import click

from lifecycle_conformance import __version__
from lifecycle_conformance.cli import exits
from lifecycle_conformance.cli.epilogs import fitted
from lifecycle_conformance.cli.messages import complain, width

# Names only: a module is loaded when its command is called, so that help and `serve` start quickly.
_COMMANDS: Final = {
    "audit": "Find where a store departs from the specification.",
    "check": "Judge an implementation: fixed cases, then a search for failures.",
    "diff": "Say where two stores differ.",
    "doctor": "Explain what a driver that is being written lacks.",
    "mutants": "Measure which faulty implementations the suite finds, and how soon.",
    "project": "Project run records into a store of files.",
    "replay": "Replay a saved failure and say whether it still fails.",
    "serve": "Offer the reference as a driver, on standard input and output.",
    "show": "Show what a store holds: its runs, or the events and snapshots of one.",
    "statement": "Verify a statement of conformance, or make a badge of it.",
    "validate": "Say whether files hold what they should.",
    "vectors": "List the fixed cases or the distilled corpus, export them, or judge by them alone.",
}
_WIDEST_HELP: Final = 100
_WORKER_DIED: Final = (
    "a process that shared the work could not be started or was ended, as where memory is short; with --jobs 1 there "
    "is none"
)
_TRACEBACK: Final = "LIFECYCLE_PROJECTION_TRACEBACK"


class _Root(click.Group):
    """The commands by name, without loading them for a list."""

    def main(self, *arguments: Any, **options: Any) -> Any:
        """Run the command line, with all three standard streams."""
        _open_what_is_closed()
        return super().main(*arguments, **options)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"lifecycle_conformance.cli.{cmd_name}").command
        command.epilog = fitted(command.epilog or "", _columns())
        return command

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        self.epilog = fitted(self.epilog or "", _columns())
        super().format_epilog(ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        with _errors_told(ctx):  # --help and --version write already here
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        with _errors_told(ctx):
            return super().invoke(ctx)


@contextmanager
def _errors_told(ctx: click.Context) -> Iterator[None]:
    """Whatever goes wrong meanwhile becomes a line on standard error and an exit code."""
    try:
        try:
            yield
        finally:
            _flush()
    except (click.ClickException, click.exceptions.Exit):
        raise
    except BrokenPipeError:
        _leave_quietly(ctx)
    except (KeyboardInterrupt, click.Abort):
        ctx.exit(exits.INTERRUPTED)
    except Exception as error:  # noqa: BLE001 - a traceback is no answer to a wrong call
        _drop_what_cannot_be_written()
        _explain(ctx, error)


def _open_what_is_closed() -> None:
    """Put an empty stream in the place of each that the caller closed (`<&-`).

    Python has none then, and the next file that is opened would take its number.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115, PTH123 - open until the end


def _columns() -> int:
    """How wide a line of an epilog may be: click indents them, and leaves a margin."""
    return min(width(), _WIDEST_HELP) - 4


def _leave(ctx: click.Context, message: str, code: int) -> NoReturn:
    complain(message)
    ctx.exit(code)


def _leave_quietly(ctx: click.Context) -> NoReturn:
    _drop_what_cannot_be_written()
    ctx.exit(exits.READER_GONE)


def _flush() -> None:
    """Flush standard output, unless somebody has closed it."""
    if not sys.stdout.closed:
        sys.stdout.flush()


def _drop_what_cannot_be_written() -> None:
    """Empty the buffer of standard output: at exit Python would fail to write it, and exit with its own code."""
    try:
        _flush()
    except OSError:
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _explain(ctx: click.Context, error: Exception) -> NoReturn:
    """Say in a line what went wrong; only an unforeseen error has a traceback to show, on request."""
    from concurrent.futures import BrokenExecutor  # noqa: PLC0415 - not needed when all is well

    from lifecycle_conformance.driver.interface import DriverError  # noqa: PLC0415
    from lifecycle_projection import InvalidInputError, LifecycleProjectionError  # noqa: PLC0415

    match error:
        case InvalidInputError():
            for problem in error.problems:
                complain(f"{error.source}: {problem}")
            ctx.exit(exits.WRONG_CALL)
        case LifecycleProjectionError():
            _leave(ctx, str(error), exits.WRONG_CALL)
        case DriverError():
            _leave(ctx, str(error), exits.UNDECIDED)
        case BrokenExecutor():
            _leave(ctx, _WORKER_DIED, exits.WRONG_CALL)
        case OSError():
            named = f"{error.filename}: " if error.filename else ""
            _leave(ctx, f"{named}{error.strerror or error}", exits.WRONG_CALL)
    if os.environ.get(_TRACEBACK):
        raise error
    hint = f"this is a defect of lifecycle-projection; with {_TRACEBACK}=1 it shows where"
    _leave(ctx, f"{type(error).__name__}: {error} ({hint})", exits.UNDECIDED)


def _show_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 - click's signature
    if not wanted or ctx.resilient_parsing:
        return
    from lifecycle_conformance.specification.index import SPEC_VERSION  # noqa: PLC0415 - for this option only

    click.echo(f"lifecycle-projection {__version__}, specification {SPEC_VERSION}")
    ctx.exit()


_EPILOG: Final = """\b
EXAMPLES
  lifecycle-projection check                        judge the reference
  lifecycle-projection check -- ./my-driver --fast  judge your implementation
  lifecycle-projection project runs.json --store s  project run records
  lifecycle-projection vectors --list               see the fixed cases

\b
EXIT CODES
  0    all is well
  1    what was checked falls short
  2    the call or its input is wrong, or the store can't be used
  3    undecided: the driver would not start, or broke the protocol
  130  interrupted
  141  the reader of the output went away

\b
SHELL COMPLETION
  bash  eval "$(_LIFECYCLE_PROJECTION_COMPLETE=bash_source lifecycle-projection)"
  zsh   eval "$(_LIFECYCLE_PROJECTION_COMPLETE=zsh_source lifecycle-projection)"
  fish  _LIFECYCLE_PROJECTION_COMPLETE=fish_source lifecycle-projection | source

NO_COLOR, set to anything, turns colours off; a pipe never gets any."""


@click.group(
    cls=_Root,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": _WIDEST_HELP},
    epilog=_EPILOG,
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version, help="Show the versions."
)
@click.pass_context
def main(ctx: click.Context) -> None:
    """Project automation runs, and judge implementations of that projection.

    A run carries a lifecycle history that grows at the end. The projection records each of its records once, as an
    event in an append-only log and as a snapshot of the run at that boundary, however often it is called. `project`
    does that; `check` judges an implementation, in any language, by the numbered requirements of the specification.
    """
    if os.environ.get("NO_COLOR"):
        ctx.color = False
