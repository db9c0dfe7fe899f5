"""`lifecycle-projection mutants`."""

from typing import Final

import click

from lifecycle_conformance.cli import exits, options
from lifecycle_conformance.cli.hypothesis_files import hypothesis_elsewhere
from lifecycle_conformance.cli.messages import echo, echo_json, width
from lifecycle_conformance.cli.platform import require_posix
from lifecycle_conformance.cli.progress import progress_line
from lifecycle_conformance.cli.signals import interruptible
from lifecycle_conformance.cli.syntactic_mutants import judged_syntactic
from lifecycle_conformance.driver.processors import MOST_USUAL, usual_jobs

_EPILOG: Final = """\b
EXAMPLES
  lifecycle-projection mutants                    the whole matrix
  lifecycle-projection mutants guard-off          how one is found
  lifecycle-projection mutants --thrifty          each by the first judge that finds it
  lifecycle-projection mutants --json > kills.json
  lifecycle-projection mutants --syntactic --sample 100
                                                  changes that nobody chose

\b
EXIT CODES
  0  every faulty implementation was found, under the right requirements alone
  1  one was not; with --syntactic: one was neither found nor is it explained why nothing could find it, or an
     explained one was found
  2  the call is wrong"""
_JUDGES: Final = ("properties", "fixed cases", "fixed sessions", "agreement")
_USUAL: Final = _JUDGES[:3]


@click.command(epilog=_EPILOG)
@click.argument("names", metavar="[NAME...]", nargs=-1)
@click.option(
    "--judge",
    "judges",
    type=click.Choice(_JUDGES),
    multiple=True,
    help="Ask this judge; may be given several times.  [default: all but agreement]",
)
@click.option("--thrifty", is_flag=True, help="Ask a judge only where none before it found the fault.")
@click.option(
    "--cases",
    metavar="INT",
    type=click.IntRange(min=1),
    default=300,
    show_default=True,
    help="In how many cases a search looks for each fault before it gives it up.",
)
@click.option("--seed", metavar="INT", type=click.IntRange(min=0), default=0, show_default=True)
@click.option(
    "--jobs",
    metavar="INT",
    type=click.IntRange(min=1),
    default=usual_jobs,
    show_default=f"one for each processor, {MOST_USUAL} at most",
    help="How many processes look for faults, each for one at a time.",
)
@click.option(
    "--syntactic",
    is_flag=True,
    help="Judge changes to the reference's syntax instead, by the first judge that finds each; NAMEs are their ids.",
)
@click.option(
    "--sample",
    metavar="INT",
    type=click.IntRange(min=1),
    help="With --syntactic: so many of them, drawn by the seed.  [default: all]",
)
@options.as_json
@click.pass_context
def command(  # noqa: PLR0913 - the options of the command
    ctx: click.Context,
    /,
    names: tuple[str, ...],
    judges: tuple[str, ...],
    *,
    thrifty: bool,
    cases: int,
    seed: int,
    jobs: int,
    syntactic: bool,
    sample: int | None,
    as_json: bool,
) -> None:
    """Measure what the suite catches: faulty implementations, each judged until it is found.

    Each is the reference with one fault that somebody might make, and says which requirements it breaks
    (`python -m lifecycle_conformance.mutants NAME` is one as a driver). For each and each judge the matrix says after
    how many cases and seconds it was found under its requirement. One that is found under a requirement that it doesn't
    break is found wrongly. Properties and fixed cases name a requirement; fixed sessions and agreement say only that
    something differs.
    """
    require_posix("mutants")
    if syntactic:
        well = judged_syntactic(names, sample=sample, seed=seed, jobs=jobs, as_json=as_json)
        ctx.exit(exits.WELL if well else exits.FALLS_SHORT)
    if sample is not None:
        raise click.UsageError("--sample is for --syntactic")
    with progress_line() as show:
        show("loading the suite")
        from lifecycle_conformance.mutants import MUTANTS  # noqa: PLC0415 - Hypothesis takes its time to load
        from lifecycle_conformance.report import kill_matrix  # noqa: PLC0415
        from lifecycle_conformance.runner.pool import pool_of  # noqa: PLC0415
        from lifecycle_conformance.runner.strength import kills  # noqa: PLC0415

    if unknown := [name for name in names if name not in MUTANTS]:
        raise click.BadParameter(f"there is no mutant {', '.join(unknown)}", param_hint="NAME")
    asked = judges or _USUAL
    with interruptible(), progress_line() as show, hypothesis_elsewhere(), pool_of(jobs, show) as pool:
        rows = kills.matrix(pool, names or [*MUTANTS], asked, most=cases, seed=seed, thrifty=thrifty)
    if as_json:
        echo_json(kill_matrix.as_json(rows))
    else:
        echo("\n".join(kill_matrix.rendered(rows, asked, width())))
    ctx.exit(exits.WELL if all(row.is_right for row in rows) else exits.FALLS_SHORT)
