"""Options that several commands have."""

import math
from typing import Any

import click

from lifecycle_conformance.driver.processors import MOST_USUAL, usual_jobs


class Seconds(click.FloatRange):
    """A number of seconds; what is no number, which is neither more nor less than any, would never be over."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read it, or refuse it as click does."""
        seconds: float = super().convert(value, param, ctx)
        if not math.isfinite(seconds):
            self.fail(f"expected a finite number of seconds, found {value}", param, ctx)
        return seconds


driver_command = click.argument("driver_command", metavar="[-- COMMAND...]", nargs=-1)
store = click.option(
    "--store",
    type=click.Choice(["files", "memory"]),
    default="files",
    show_default=True,
    help="Without COMMAND: the store of the reference.",
)
timeout = click.option(
    "--timeout",
    metavar="SECONDS",
    type=Seconds(min=0, min_open=True),
    default=10.0,
    show_default=True,
    help="How long the driver may take to start, to answer and to end.",
)
jobs = click.option(
    "--jobs",
    metavar="INT",
    type=click.IntRange(min=1),
    default=usual_jobs,
    show_default=f"one for each processor, {MOST_USUAL} at most",
    help="How many processes search, each with a driver of its own; what they find is the same with any number.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Report as one JSON object.")
