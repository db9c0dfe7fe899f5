"""`lifecycle-projection check`."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from attrs import evolve

from lifecycle_conformance.cli import options
from lifecycle_conformance.cli.hypothesis_files import hypothesis_elsewhere
from lifecycle_conformance.cli.known_failures import KnownFailuresFiles
from lifecycle_conformance.cli.messages import echo_json, echo_report, warn, width
from lifecycle_conformance.cli.outputs import Outputs
from lifecycle_conformance.cli.platform import require_posix
from lifecycle_conformance.cli.progress import progress_line
from lifecycle_conformance.cli.signals import interruptible

if TYPE_CHECKING:
    from lifecycle_conformance.runner.search import Factory
    from lifecycle_conformance.runner.verdicts import Report

_EPILOG = """\b
EXAMPLES
  lifecycle-projection check                          judge the reference
  lifecycle-projection check --profile quick          with fewer cases of each kind
  lifecycle-projection check --seconds 60             see how far a minute gets
  lifecycle-projection check -- ./my-driver --fast    judge your implementation
  lifecycle-projection check --seed 7 -- ./my-driver  search somewhere else
  lifecycle-projection check --requirements 'ALIAS-*' -- ./my-driver
  lifecycle-projection check --spec 1.0 -- ./my-driver
  lifecycle-projection check --json -- ./my-driver > report.json
  lifecycle-projection check --junit check.xml --html check.html -- ./my-driver
  lifecycle-projection check --write-known-failures known.toml -- ./my-driver
  lifecycle-projection check --known-failures known.toml -- ./my-driver
  lifecycle-projection check --statement mine.json -- ./my-driver

\b
EXIT CODES
  0  every requirement that was judged holds, or its failure is known
  1  some don't, or a declared capability was never exercised, or a known failure is stale
  2  the call is wrong
  3  undecided: the driver would not start or broke the protocol, or --seconds were over
  130  interrupted; what was found by then is reported"""


@click.command(epilog=_EPILOG)
@options.driver_command
@click.option(
    "--profile",
    type=click.Choice(["quick", "default", "thorough"]),
    default="default",
    show_default=True,
    help="How much to search: quick is for every change, thorough for a release.",
)
@click.option(
    "--seed",
    metavar="INT",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Where the search starts: the same number goes through the same sessions, another one through others.",
)
@click.option(
    "--requirements",
    "only",
    metavar="PATTERN",
    multiple=True,
    help="Judge only the requirements whose ids match, such as 'ALIAS-*'; may be given several times.",
)
@click.option(
    "--spec",
    metavar="VERSION",
    help="Judge by the requirements of this version of the specification, such as 1.0, and by none that came later.",
)
@click.option(
    "--seconds",
    metavar="SECONDS",
    type=options.Seconds(min=0, min_open=True),
    help="How long the check may take; what it cuts off is undecided. Without it, counts alone end a check.",
)
@click.option(
    "--shrink-attempts",
    metavar="INT",
    type=click.IntRange(min=0),
    default=5_000,
    show_default=True,
    help="How many attempts to find smaller sessions, for all failures together; each failure has 200 at least.",
)
@options.timeout
@options.jobs
@click.option(
    "--cases",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("lifecycle-cases"),
    show_default=True,
    help="Where a case file is written for each failure, to be replayed; made with the first failure.",
)
@click.option(
    "--database",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where Hypothesis keeps the sessions that broke something, to begin with them the next time.",
)
@options.store
@click.option("--no-vectors", is_flag=True, help="Leave the fixed cases out, and the requirements that they judge.")
@click.option(
    "--junit",
    metavar="FILE",
    help="Write the report to FILE as JUnit XML, for CI: one test for each requirement, skipped where a capability is "
    "missing. `-` is standard output, instead of the report.",
)
@click.option(
    "--html",
    metavar="FILE",
    help="Write the report to FILE as one page for a browser, which loads nothing: each failure with its session drawn "
    "as a time line, all requirements, and what the search met. `-` is standard output, instead of the report.",
)
@click.option(
    "--known-failures",
    metavar="FILE",
    help="The failures that you accept (TOML), each with a reason: they don't count. One that is mended, or that fails "
    "otherwise, is an error.",
)
@click.option(
    "--write-known-failures",
    metavar="FILE",
    help="Write all that fails to FILE as known, with the reasons that it or --known-failures has.",
)
@click.option(
    "--statement",
    metavar="FILE",
    help="Write a statement of conformance to FILE: who was judged, how, and what came of it, to be verified by others "
    "(`statement verify`). `-` is standard output, instead of the report.",
)
@options.as_json
@click.option("-v", "--verbose", is_flag=True, help="Show every failure in full.")
@click.pass_context
def command(  # noqa: PLR0913 - one parameter an option
    ctx: click.Context,
    /,
    driver_command: tuple[str, ...],
    store: str,
    junit: str | None,
    html: str | None,
    *,
    known_failures: str | None,
    write_known_failures: str | None,
    statement: str | None,
    as_json: bool,
    verbose: bool,
    **search: Any,
) -> None:
    """Judge an implementation by the requirements of the specification.

    First the fixed cases are compared with production's answers, then a search goes through sessions of a store,
    looking for one that breaks a requirement, and shrinks what it finds. COMMAND starts the driver of an
    implementation, a program that answers requests on standard input (spec/16-driver-protocol.md); without it the
    reference is judged.

    The report says for each requirement its verdict and how often its precondition held: what was never put to the
    test shows. A failure comes with the shortest session that was found, and the seed that finds it again.
    """
    require_posix("check")
    known = KnownFailuresFiles.asked(known_failures, write_known_failures)
    outputs = _outputs(Outputs(junit, html, statement), search, known.taken, as_json=as_json)
    with progress_line() as show:
        show("loading the suite")
        # Hypothesis takes its time to load; the help should not wait for it.
        from lifecycle_conformance.cli.drivers import started  # noqa: PLC0415
        from lifecycle_conformance.report import as_json as json_report  # noqa: PLC0415
        from lifecycle_conformance.report import terminal  # noqa: PLC0415

    factory = partial(started, driver_command, store, search.pop("timeout"))
    report = known.held(_checked(factory, **search), all_cases=not search["no_vectors"])
    if as_json:
        echo_json(json_report.as_json(report))
    elif not outputs.replace_report:
        text = terminal.render(report, driver=driver_command, verbose=verbose, colour=True, width=width())
        echo_report(text.rstrip("\n"))
    # Last: should one of them fail, the report isn't lost.
    known.write()
    _write(outputs, report, driver_command, search)
    ctx.exit(report.exit_code)


def _outputs(outputs: Outputs, search: dict[str, Any], taken: Sequence[str], *, as_json: bool) -> Outputs:
    """What is written beside the report, where that can be, and not over what is `taken`.

    Raises :class:`click.UsageError`.
    """
    outputs.check(taken, as_json=as_json)
    if outputs.statement is not None and search["database"] is not None:
        raise click.UsageError("--statement and --database exclude each other: nobody else has what the database holds")
    return outputs


def _write(outputs: Outputs, report: "Report", driver: Sequence[str], search: dict[str, Any]) -> None:
    """Write what was asked for beside the report."""

    def junit() -> bytes:
        from lifecycle_conformance.report.check_junit import as_junit  # noqa: PLC0415 - only where it is asked for

        return as_junit(report, driver)

    def html() -> bytes:
        from lifecycle_conformance.report.page.check_page import check_page  # noqa: PLC0415 - likewise
        from lifecycle_conformance.report.page.page import rendered  # noqa: PLC0415
        from lifecycle_conformance.runner.rehearsal import rehearsed  # noqa: PLC0415

        return rendered(check_page(report, driver, partial(rehearsed, capabilities=report.hello.capabilities)))

    def statement() -> bytes:
        from lifecycle_conformance.report import statement as statements  # noqa: PLC0415 - likewise

        asked = statements.Asked(
            requirements=search["only"],
            spec=search["spec"],
            fixed_cases=not search["no_vectors"],
            shrink_attempts=search["shrink_attempts"],
        )
        return statements.as_text(statements.statement_of(report, asked))

    if outputs.statement is not None and report.interrupted:
        warn("no statement is made: the check was interrupted")
        outputs = evolve(outputs, statement=None)
    outputs.write(junit, html, statement)


def _checked(  # noqa: PLR0913 - the options that this looks at
    factory: "Factory",
    *,
    only: Sequence[str],
    spec: str | None,
    no_vectors: bool,
    cases: Path,
    database: Path | None,
    **search: Any,
) -> "Report":
    """Check the driver that a factory starts, and save its failures; `search` has the other options of `runner.run`."""
    from hypothesis.database import DirectoryBasedExampleDatabase  # noqa: PLC0415

    from lifecycle_conformance.driver import descendants  # noqa: PLC0415
    from lifecycle_conformance.runner import case_files, runner  # noqa: PLC0415
    from lifecycle_conformance.specification.versions import UnknownVersionError  # noqa: PLC0415

    try:
        if not runner.chosen(only, spec):
            raise click.BadParameter(f"no requirement matches {', '.join(only)}", param_hint="--requirements")
    except UnknownVersionError as error:
        raise click.BadParameter(str(error), param_hint="--spec") from None
    if not descendants.can_adopt():
        warn("on this system nobody can end what a driver starts in a session of its own")
    kept = None if database is None else DirectoryBasedExampleDatabase(database)
    with interruptible(), progress_line() as show, hypothesis_elsewhere():
        options = {"only": only, "spec": spec, "vectors": not no_vectors, "database": kept, **search}
        report = runner.run(factory, progress=show, **options)
    return case_files.save_all(cases, report)
