"""`lifecycle-projection statement`."""

from functools import partial
from typing import TYPE_CHECKING, Final

import click

from lifecycle_conformance.cli import exits, options
from lifecycle_conformance.cli.epilogs import fitted
from lifecycle_conformance.cli.hypothesis_files import hypothesis_elsewhere
from lifecycle_conformance.cli.inputs import read_source
from lifecycle_conformance.cli.messages import echo, echo_json, echo_report, width
from lifecycle_conformance.cli.platform import require_posix
from lifecycle_conformance.cli.progress import progress_line
from lifecycle_conformance.cli.result_files import check_target
from lifecycle_conformance.cli.signals import interruptible
from lifecycle_conformance.runner.whole_file import write_whole

if TYPE_CHECKING:
    from lifecycle_conformance.execution.trace import Object
    from lifecycle_conformance.report.statement import Asked
    from lifecycle_conformance.runner.search import Factory
    from lifecycle_conformance.runner.verdicts import Report

_EPILOG: Final = """\b
EXAMPLES
  lifecycle-projection check --statement mine.json -- ./my-driver
  lifecycle-projection statement verify mine.json -- ./my-driver
  lifecycle-projection statement badge mine.json > mine.svg"""
_VERIFY_EPILOG: Final = """\b
EXAMPLES
  lifecycle-projection statement verify mine.json -- ./my-driver --fast
  lifecycle-projection statement verify mine.json --json -- ./my-driver

\b
EXIT CODES
  0  the statement holds
  1  it doesn't: what differs is said
  2  the call is wrong, or the statement malformed, or about another specification
  3  the driver would not start"""
_BADGE_EPILOG: Final = """\b
EXAMPLES
  lifecycle-projection statement badge mine.json > mine.svg
  lifecycle-projection statement badge mine.json --output mine.svg

\b
EXIT CODES
  0  the badge is written, whatever it says
  2  the call is wrong, or the statement malformed"""


class _Group(click.Group):
    """The commands, with epilogs as wide as the terminal."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        command = super().get_command(ctx, cmd_name)
        if command is not None:
            widest = min(width(), ctx.max_content_width or width())
            command.epilog = fitted(command.epilog or "", widest - 4)  # click indents it, and leaves a margin
        return command


@click.group(cls=_Group, epilog=_EPILOG)
def command() -> None:
    """Verify a statement of conformance, or make a badge of it.

    `check --statement FILE` makes one: who was judged, by which versions, seed and profile, at which level, and what
    came of it (spec/17-conformance.md).
    """


@command.command(epilog=_VERIFY_EPILOG)
@click.argument("source", metavar="FILE")
@options.driver_command
@options.timeout
@options.store
@options.jobs
@options.as_json
@click.pass_context
def verify(  # noqa: PLR0913 - one parameter an option
    ctx: click.Context,
    /,
    source: str,
    driver_command: tuple[str, ...],
    *,
    timeout: float,
    store: str,
    jobs: int,
    as_json: bool,
) -> None:
    """Make the check of a statement again, and say whether the statement holds.

    FILE is what `check --statement` wrote; `-` reads standard input. COMMAND starts the driver; without it the
    reference is judged. Profile, seed and requirements are those of the statement, and so must be the verdicts, the
    counts and the digest. A statement on a check that was cut off, or on a driver whose answers vary, can't be repeated
    to the letter: there, only what contradicts it counts.
    """
    require_posix("statement verify")
    with progress_line() as show:
        show("loading the suite")
        from lifecycle_conformance.cli.drivers import started  # noqa: PLC0415 - the help should not wait for it
        from lifecycle_conformance.report import statement as statements  # noqa: PLC0415
        from lifecycle_conformance.report import verification  # noqa: PLC0415

    stated = statements.parse(*read_source(source))
    verification.check_specification(stated, source)
    asked = statements.Asked(**stated["asked"])
    report = _checked_again(partial(started, driver_command, store, timeout), stated, asked, jobs)
    if report.interrupted:
        ctx.exit(exits.INTERRUPTED)
    found = statements.statement_of(report, asked)
    verified = verification.verified(stated, found)
    if as_json:
        echo_json(verification.as_json(source, verified, found))
    else:
        echo_report("\n".join(verification.lines(source, stated, verified, width())))
    ctx.exit(exits.WELL if verified.holds else exits.FALLS_SHORT)


def _checked_again(factory: "Factory", stated: "Object", asked: "Asked", jobs: int) -> "Report":
    """The report of the check that a statement is about, made again."""
    from lifecycle_conformance.runner import runner  # noqa: PLC0415 - it takes its time to load

    with interruptible(), progress_line() as show, hypothesis_elsewhere():
        return runner.run(
            factory,
            profile=stated["profile"],
            seed=stated["seed"],
            only=asked.requirements,
            spec=asked.spec,
            vectors=asked.fixed_cases,
            shrink_attempts=asked.shrink_attempts,
            jobs=jobs,
            progress=show,
        )


@command.command(epilog=_BADGE_EPILOG)
@click.argument("source", metavar="FILE")
@click.option("--output", metavar="FILE.svg", help="Write the badge to this file, not to standard output.")
def badge(source: str, output: str | None) -> None:
    """Make a badge of a statement: an SVG that loads nothing.

    It is green where the implementation conforms, amber where that is undecided or was judged in part, red where it
    falls short; its title and description say the same in words. A badge says what its statement says: whoever doubts
    that verifies it.
    """
    from lifecycle_conformance.report import statement as statements  # noqa: PLC0415 - the help should not wait for it
    from lifecycle_conformance.report.badge import badge as drawn  # noqa: PLC0415

    if output is not None:
        check_target("--output", output, [source])
    picture = drawn(statements.parse(*read_source(source)))
    if output is None:
        echo(picture.decode().rstrip("\n"))
    else:
        write_whole(output, picture)
