"""`lifecycle-projection diff`."""

from typing import TYPE_CHECKING

import click

from lifecycle_conformance.cli import exits, options
from lifecycle_conformance.cli.messages import echo, width
from lifecycle_conformance.cli.progress import progress_line
from lifecycle_conformance.cli.signals import interruptible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lifecycle_conformance.audit.comparing import Compared
    from lifecycle_conformance.report.store_difference import Totals

_EPILOG = """\b
EXAMPLES
  lifecycle-projection diff store-before store-after
  lifecycle-projection diff data/runtime data/stateful_runtime.sqlite3
  lifecycle-projection diff left right --run run-7 --json

\b
EXIT CODES
  0  both stores hold the same
  1  they differ, or something in one of them can't be compared
  2  the call is wrong, or a store can't be read"""


@click.command(epilog=_EPILOG)
@click.argument("a", metavar="STORE_A")
@click.argument("b", metavar="STORE_B")
@click.option(
    "--run", "only", metavar="RUN_ID", multiple=True, help="Compare this run only. May be given several times."
)
@click.option(
    "--max-differences",
    "most",
    metavar="N",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    help="How many differences are shown; --json tells all.",
)
@click.option("--no-values", is_flag=True, help="Tell no data: of each value its length and a digest.")
@options.as_json
@click.pass_context
def command(  # noqa: PLR0913 - one parameter for each option
    ctx: click.Context, a: str, b: str, only: tuple[str, ...], most: int, *, no_values: bool, as_json: bool
) -> None:
    """Say where two stores differ: in which runs, events and snapshots, and in which of their members.

    Each store is a folder in production's layout, an SQLite database of production's, or a `postgresql://` URL of one.
    They are read and never changed.

    Events are matched by tenant and event id, snapshots by tenant and snapshot id, wherever they stand; of several with
    one id, the first is held against the first. Numbers are compared as JSON: 1 and 1.0 differ. The order of members
    doesn't count, nor how a record is spaced or spelled. What can't be read is named, for nobody knows whether it is
    the same. Run records aren't compared.
    """
    from lifecycle_conformance.audit.comparing import compared  # noqa: PLC0415 - only where stores are compared
    from lifecycle_conformance.audit.opening import opened  # noqa: PLC0415
    from lifecycle_conformance.audit.postgres_address import shown  # noqa: PLC0415
    from lifecycle_conformance.report import store_difference  # noqa: PLC0415

    names = shown(a), shown(b)
    totals, cut = store_difference.Totals(), False
    with interruptible():
        items = compared(opened(a), opened(b), only=frozenset(only))
        if as_json:
            stream = store_difference.Stream(names, values=not no_values)
            echo(stream.beginning())
            cut = _read(items, totals, lambda item: _echo_line(stream.add(item)))
            echo(stream.end(totals, cut=cut))
        else:
            form = store_difference.Form(width=width(), values=not no_values, most=most)
            text = store_difference.Text(names, form)
            cut = _read(items, totals, text.add)
            echo(text.rendered(totals, cut=cut))
    ctx.exit(exits.INTERRUPTED if cut else exits.WELL if totals.are_same else exits.FALLS_SHORT)


def _echo_line(text: str) -> None:
    if text:
        echo(text)


def _read(items: "Iterable[Compared]", totals: "Totals", tell: "Callable[[Compared], None]") -> bool:
    """Compare until all is read; whether the user interrupted that: then what is known so far is told."""
    with progress_line() as show:
        try:
            for item in items:
                totals.add(item)
                tell(item)
                show(f"comparing: {totals.runs:,} runs, {totals.differing:,} differ")
        except KeyboardInterrupt:
            return True
    return False
