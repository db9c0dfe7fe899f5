"""`lifecycle-projection replay`."""

from typing import Final

import click

from lifecycle_conformance.cli import options
from lifecycle_conformance.cli.inputs import read_source
from lifecycle_conformance.cli.messages import echo_json, echo_report, width
from lifecycle_conformance.cli.platform import require_posix
from lifecycle_conformance.cli.progress import progress_line
from lifecycle_conformance.cli.signals import interruptible

_EPILOG = """\b
EXAMPLES
  lifecycle-projection replay cases/PASS-2-0a1b2c3d.json
  lifecycle-projection replay cases/*.json -- ./my-driver --fast
  lifecycle-projection replay --json - < case.json
  lifecycle-projection vectors --export fixed
  lifecycle-projection replay fixed/edges.jsonl -- ./my-driver

\b
EXIT CODES
  0  what the cases are about holds now
  1  some of it still fails, or the driver crashed, hung or broke the protocol
  2  the call or a case is wrong
  3  undecided: the driver would not start, a case was not judged, the protocol was broken
     before anything could be, or no case applies to the driver"""

_DRIVER: Final = "driver"
_SEPARATOR: Final = "--"


class _WithDriver(click.Command):
    """A command whose own arguments end at `--`: what follows starts the driver."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        at = args.index(_SEPARATOR) if _SEPARATOR in args else len(args)
        ctx.meta[_DRIVER] = tuple(args[at + 1 :])
        return super().parse_args(ctx, args[:at])


@click.command(cls=_WithDriver, epilog=_EPILOG)
@click.argument("sources", metavar="CASE... [-- COMMAND...]", nargs=-1, required=True)
@options.timeout
@options.store
@options.as_json
@click.pass_context
def command(ctx: click.Context, sources: tuple[str, ...], timeout: float, store: str, *, as_json: bool) -> None:
    """Replay a saved failure, and say whether it still fails.

    CASE is a file that `check` saved, or one of the fixed cases, alone or as JSON Lines; `-` reads standard input.
    COMMAND starts the driver of an implementation; without it the reference is asked. A case that was found gets a
    fresh process and an empty store, and is judged by the requirement that it broke; what else it breaks is named. A
    fixed case is compared with production's answers.
    """
    require_posix("replay")
    # All checks take their time to load; the help should not wait for them.
    from lifecycle_conformance.cli.drivers import started  # noqa: PLC0415
    from lifecycle_conformance.driver import descendants  # noqa: PLC0415
    from lifecycle_conformance.report import replays  # noqa: PLC0415
    from lifecycle_conformance.runner.case_files import parse  # noqa: PLC0415
    from lifecycle_conformance.runner.replay import exit_code_of, replayed  # noqa: PLC0415

    cases = [case for source in sources for text, name in [read_source(source)] for case in parse(text, source=name)]
    ctx.with_resource(interruptible())
    ctx.with_resource(descendants.adopting())
    driver = started(ctx.meta[_DRIVER] or (), store, timeout)
    name, done = f"{driver.hello.name} {driver.hello.version}", []
    try:
        with progress_line() as show:
            for each in replayed(cases, driver):
                done.append(each)
                show(f"{len(done)} of {len(cases)} cases replayed")
    finally:
        driver.close()
    if as_json:
        echo_json(replays.as_json(name, done))
    else:
        wide, command_ = width(), ctx.meta[_DRIVER]
        shown = [line for each in done for line in (*replays.lines(each, wide), "")]
        start = [*replays.start(name, done, command_, wide), ""] if len(cases) > 1 else []
        echo_report("\n".join([*start, *shown, replays.summary(name, done)]))
    ctx.exit(exit_code_of(done))
