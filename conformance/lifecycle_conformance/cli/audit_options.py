"""The options of `audit` that say who does the work, choose among its findings, and write them to files."""

from collections.abc import Callable
from typing import Any, Final

import click

_OPTIONS: Final = (
    click.option(
        "--cluster",
        metavar="ADDRESS",
        help="Share the work out to the workers of a running Dask cluster, of which ADDRESS is the scheduler: "
        "tcp://HOST:PORT. All of them need this version of lifecycle-projection, and the workers must see STORE under "
        "the path that it has here.",
    ),
    click.option(
        "--journal",
        metavar="FILE",
        help="What the engine was asked to do, in order: JSON Lines of `project` with its `run`, `compact` and "
        "`prune`, in the form of the driver protocol. The store must hold exactly what they leave; the first step is "
        "told after which it doesn't. `-` is standard input.",
    ),
    click.option(
        "--since-ms",
        metavar="MS",
        type=click.IntRange(min=0),
        help="Tell findings about events and snapshots of this time or later only (`occurred_at_ms`, `created_at_ms`); "
        "findings about no time, such as those about a file, are told, too.",
    ),
    click.option(
        "--baseline",
        metavar="FILE",
        help="Accepted findings, which no longer count and are told as a number. An entry that fits no finding any "
        "more is stale, and makes the exit code 1.",
    ),
    click.option(
        "--write-baseline",
        metavar="FILE",
        help="Accept the findings of this audit that --fail-on counts: write them to FILE. The reasons that FILE, or "
        "that of --baseline, gives are kept.",
    ),
    click.option(
        "--junit",
        metavar="FILE",
        help="Write the findings to FILE as JUnit XML, for CI: one test for each kind of finding, failed where "
        "--fail-on counts it. `-` is standard output, instead of the report.",
    ),
    click.option(
        "--html",
        metavar="FILE",
        help="Write the findings to FILE as one page for a browser, which loads nothing: by requirement, with the time "
        "line of each run that they are about. `-` is standard output, instead of the report.",
    ),
)


def outputs(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add these options to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
