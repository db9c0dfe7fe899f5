"""`lifecycle-projection doctor`."""

from functools import partial
from typing import TYPE_CHECKING, Final

import click

from lifecycle_conformance.cli import options
from lifecycle_conformance.cli.messages import echo_json, echo_report, width
from lifecycle_conformance.cli.platform import require_posix
from lifecycle_conformance.cli.progress import progress_line
from lifecycle_conformance.cli.signals import interruptible

if TYPE_CHECKING:
    from lifecycle_conformance.driver.transcript import Exchange

_EPILOG: Final = """\b
EXAMPLES
  lifecycle-projection doctor -- ./my-driver --fast   look at the driver that you write
  lifecycle-projection doctor                         see how the reference answers
  lifecycle-projection doctor --json -- ./my-driver   the whole transcript, for programs

\b
EXIT CODES
  0  all that it was asked is answered in the right form
  1  something is missing or malformed
  2  the call is wrong
  3  the driver would not start, or didn't say hello"""


@click.command(epilog=_EPILOG)
@options.driver_command
@options.timeout
@options.store
@options.as_json
@click.pass_context
def command(ctx: click.Context, driver_command: tuple[str, ...], timeout: float, store: str, *, as_json: bool) -> None:
    """Look at a driver that is being written, and explain what is missing or malformed.

    COMMAND starts the driver (spec/16-driver-protocol.md); without it the reference is looked at. It is greeted, then
    asked once for each operation that it offers, with a plain example, and for what it doesn't offer, which it must
    refuse. Whatever is wrong with the form of an answer is explained: the requirement, the place in the line, what to
    do. At the end stands which capability to declare next. What answers should hold, `check` judges.
    """
    require_posix("doctor")
    with progress_line() as show:
        show("loading the suite")
        # The examples are made where Hypothesis is loaded; the help should not wait for it.
        from lifecycle_conformance.cli.drivers import started  # noqa: PLC0415
        from lifecycle_conformance.driver import descendants  # noqa: PLC0415
        from lifecycle_conformance.driver.transcript import OverheardProcess  # noqa: PLC0415
        from lifecycle_conformance.report import examination_report  # noqa: PLC0415
        from lifecycle_conformance.runner.examination import examined  # noqa: PLC0415

    ctx.with_resource(interruptible())
    ctx.with_resource(descendants.adopting())
    transcript: list[Exchange] = []
    overheard = partial(OverheardProcess, transcript)
    examination = examined(partial(started, driver_command, store, timeout, overheard), transcript)
    if as_json:
        echo_json(examination_report.as_json(examination))
    else:
        echo_report(examination_report.render(examination, driver_command, width()))
    ctx.exit(examination.exit_code)
