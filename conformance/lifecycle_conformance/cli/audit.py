"""`lifecycle-projection audit`."""

import time
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from attrs import define, evolve, field, frozen

from lifecycle_conformance.cli import audit_options, exits, options
from lifecycle_conformance.cli.audit_tenant import Tenant
from lifecycle_conformance.cli.messages import echo, echo_json, width
from lifecycle_conformance.cli.progress import megabytes, progress_line, time_left
from lifecycle_conformance.cli.signals import interruptible
from lifecycle_conformance.report.wording import counted

if TYPE_CHECKING:
    from lifecycle_conformance.audit.auditing import Read
    from lifecycle_conformance.audit.finding import Finding
    from lifecycle_conformance.audit.journal.comparing import Journal
    from lifecycle_conformance.audit.run_records import RunRecords
    from lifecycle_conformance.audit.stored import StoreSource
    from lifecycle_conformance.cli.outputs import Outputs
    from lifecycle_conformance.report.audited import Audited
    from lifecycle_conformance.report.page.audit_page import ReadAgain

_EPILOG = """\b
EXAMPLES
  lifecycle-projection audit data/runtime --runs data/automation_v2_runs.json
  lifecycle-projection audit data/stateful_runtime.sqlite3
  lifecycle-projection audit postgresql://me@host/database
  lifecycle-projection audit store --run run-7 --json
  lifecycle-projection audit store --write-baseline accepted.json
  lifecycle-projection audit store --baseline accepted.json --junit audit.xml
  lifecycle-projection audit store --runs runs.json --html audit.html
  lifecycle-projection audit store --journal journal.jsonl
  lifecycle-projection audit --migration data
  lifecycle-projection audit --explain seq-missing

\b
EXIT CODES
  0  nothing wrong was found (--fail-on says from which severity on something is)
  1  the store departs from the specification; with --baseline: or an entry of it is stale;
     with --migration: the import would fail, or lose something
  2  the call is wrong, or the store can't be read"""
_NOT_COMPARED: Final = "\nThe store alone was looked at. With --runs RUNS it is held against the run records, too."
_SEVERITIES: Final = ("violation", "suspect", "note")


@frozen(kw_only=True)
class _Asked:
    """What the user asked for: each member is the argument or option of that name."""

    store: str | None
    sources: tuple[str, ...]
    only: tuple[str, ...]
    tenant: str | None
    fail_on: str
    most: int
    jobs: int | None
    cluster: str | None
    since_ms: int | None
    baseline: str | None
    write_baseline: str | None
    journal: str | None
    junit: str | None
    html: str | None
    values: bool | None
    as_json: bool

    @property
    def read(self) -> list[str]:
        """What is read, and never written, as reports may call it."""
        from lifecycle_conformance.audit.postgres_address import shown  # noqa: PLC0415 - only where an audit is made

        named = (self.store, *self.sources, self.journal)
        return [shown(each) for each in named if each is not None]

    @property
    def outputs(self) -> "Outputs":
        """What is written beside the report."""
        from lifecycle_conformance.cli.outputs import Outputs  # noqa: PLC0415 - only where an audit is made

        return Outputs(self.junit, self.html)


@define(kw_only=True)
class _Found:
    """What an audit has found so far, and in what."""

    findings: "list[Finding]" = field(factory=list)
    read: "Read"
    cut: bool = False
    source: "StoreSource | None" = None
    records: "RunRecords | None" = None
    journal: "Journal | None" = None


@click.command(epilog=_EPILOG)
@click.argument("store", metavar="[STORE]", required=False)
@click.option(
    "--runs",
    "sources",
    metavar="RUNS",
    multiple=True,
    help="Run records to hold the store against: a file of any form that `project` takes, or a folder of such files. "
    "May be given several times; of a run id, the record with the highest `updated_at_ms` counts.",
)
@click.option(
    "--run", "only", metavar="RUN_ID", multiple=True, help="Look at this run only. May be given several times."
)
@click.option("--tenant", metavar="ORG/WORKSPACE[/DEPLOYMENT]", help="Tell findings about this tenant only.")
@click.option(
    "--fail-on",
    type=click.Choice(_SEVERITIES),
    default="violation",
    show_default=True,
    help="The least severity with which a finding makes the exit code 1.",
)
@click.option(
    "--max-findings",
    "most",
    metavar="N",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="How many findings of a kind are shown; --json tells all, and the page of --html at least 50.",
)
@click.option(
    "--jobs",
    metavar="N",
    type=click.IntRange(min=1),
    help="How many processes share the work.  [default: one for each processor; one for a small store]",
)
@click.option(
    "--values/--no-values",
    default=None,
    help="Whether values are told, or of each its length and a digest.  "
    "[default: --values; --no-values in --junit and --html]",
)
@click.option(
    "--migration",
    is_flag=True,
    help="Say whether production's import of STORE into its database succeeds; what the store holds isn't judged.",
)
@click.option(
    "--explain",
    metavar="KIND|ID",
    help="Say what a kind of finding means, or those of a requirement or of a hazard (H1 to H20, what surprises in "
    "production); audit nothing.",
)
@audit_options.outputs
@options.as_json
@click.pass_context
def command(ctx: click.Context, /, store: str | None, explain: str | None, *, migration: bool, **others: Any) -> None:
    """Find where a store departs from the specification, and name the requirement.

    STORE is a folder in production's layout, an SQLite database of production's, or a `postgresql://` URL of one. It is
    read and never changed, also while an engine writes to it. With RUNS, its events and snapshots are held against the
    lifecycle histories, too; without STORE, RUNS alone are looked at.

    A *violation* is what no conforming engine leaves behind. A *suspect* is most likely wrong, but something legal
    may look the same. A *note* is good to know: a pass that is still to come, snapshots that were pruned.

    Each kind of finding belongs to a requirement of the specification, such as LOG-4; `--explain LOG-4` tells its
    kinds. Places in the store are told relative to it, those in RUNS as RUNS is named.
    """
    if explain is not None:
        _explain(explain, as_json=others["as_json"])
        return
    asked = _Asked(store=store, **others)
    if migration:
        of_findings = (asked.since_ms, asked.baseline, asked.write_baseline, asked.junit, asked.html)
        if any(each is not None for each in of_findings):
            raise click.UsageError("--migration predicts an import: it has no findings to filter, accept or write")
        if asked.journal is not None:
            raise click.UsageError("--migration predicts an import: it takes no --journal")
        _migration(ctx, store, as_json=asked.as_json)
    if store is None and asked.journal is not None:
        raise click.UsageError("expected STORE, to hold it against --journal")
    if store is None and not asked.sources:
        raise click.UsageError("expected STORE, or --runs RUNS, or both")
    if asked.jobs is not None and asked.cluster is not None:
        raise click.UsageError("--jobs and --cluster exclude each other: a cluster has workers of its own")
    audited, again = _judged(asked)
    _tell(audited, asked, again)
    ctx.exit(exits.INTERRUPTED if audited.cut else _code(audited))


def _judged(asked: _Asked) -> "tuple[Audited, ReadAgain]":
    """The audit, held against the baseline, and what reads its runs again; wrong calls are refused before it begins."""
    from lifecycle_conformance.audit.baseline import Scope  # noqa: PLC0415 - only where an audit is made
    from lifecycle_conformance.cli.audit_baseline import Baseline  # noqa: PLC0415
    from lifecycle_conformance.cli.audit_outputs import reader  # noqa: PLC0415
    from lifecycle_conformance.report.audited import Audited  # noqa: PLC0415

    tenant, only, counting = Tenant(asked.tenant), frozenset(asked.only), _counting(asked.fail_on)
    baselines = [each for each in (asked.baseline, asked.write_baseline) if each is not None]
    scope = Scope(asked.read, only, tenant.key)
    baseline = Baseline.asked(asked.baseline, asked.write_baseline, scope, asked.read)
    asked.outputs.check([*asked.read, *baselines], as_json=asked.as_json)
    found = _audited(asked, only, tenant)
    if not found.cut and found.journal is None:
        tenant.check(found.read, found.records)
    audited = Audited(
        store=asked.read[0] if asked.store else ", ".join(asked.read),
        told=baseline.held_against(found.findings, counting, cut=found.cut).since(asked.since_ms),
        read=found.read,
        counting=counting,
        cut=found.cut,
        has_baseline=bool(baselines),
        has_records=bool(asked.sources),
        journal=found.journal,
    )
    return audited, reader(found.source, found.records)


def _tell(audited: "Audited", asked: _Asked, again: "ReadAgain") -> None:
    """The report in the form that was asked for, and what is written beside it or in its place."""
    from lifecycle_conformance.cli import audit_outputs  # noqa: PLC0415 - only where an audit is made
    from lifecycle_conformance.report import audit_report, baseline_report, journal_report  # noqa: PLC0415

    told, shown = audited.told, asked.values is not False
    form = audit_report.Form(width=width(), values=shown, most=asked.most, also=baseline_report.summary(told))
    audit_outputs.write(asked.outputs, audited, evolve(form, values=asked.values is True), again)
    if asked.as_json:
        report = audit_report.as_json(audited.store, told.left, values=shown, cut=audited.cut)
        echo_json({**report, **baseline_report.as_json(told), **journal_report.as_json(audited.journal, told.left)})
    elif not asked.outputs.replace_report:
        echo(audit_report.rendered(audited.store, told.left, form, runs=audited.read.runs, cut=audited.cut))
        if audited.journal is not None:
            echo(f"\n{journal_report.rendered(audited.journal, told.left, form.width)}")
        elif not asked.sources:
            echo(_NOT_COMPARED)
        if asked.write_baseline is not None and not audited.cut:
            echo(f"\n{asked.write_baseline} accepts them. Look at each there, and say its reason.")
        if told.stale:
            echo(f"\n{baseline_report.rendered(told.stale, form.width)}")


def _counting(fail_on: str) -> Sequence[str]:
    from lifecycle_conformance.audit.finding import Severity  # noqa: PLC0415

    return Severity(fail_on).and_worse


def _code(audited: "Audited") -> int:
    wrong = any(each.kind.severity in audited.counting for each in audited.told.left)
    return exits.FALLS_SHORT if wrong or audited.told.stale else exits.WELL


def _audited(asked: _Asked, only: frozenset[str], tenant: Tenant) -> _Found:
    """Audit until all is read, or the user interrupts: then what is known so far is told."""
    from lifecycle_conformance.audit.auditing import NoStore, Read, audit, unknown  # noqa: PLC0415
    from lifecycle_conformance.audit.journal.comparing import compared  # noqa: PLC0415
    from lifecycle_conformance.audit.journal.reading import Limits  # noqa: PLC0415
    from lifecycle_conformance.audit.opening import opened  # noqa: PLC0415
    from lifecycle_conformance.audit.run_records import RunRecords  # noqa: PLC0415
    from lifecycle_conformance.audit.workers import workers  # noqa: PLC0415
    from lifecycle_conformance.cli.audit_journal import prediction_of  # noqa: PLC0415

    found = _Found(read=Read())
    with interruptible(), progress_line() as show:
        try:
            show("auditing: reading where each run stands")
            found.records = records = RunRecords(asked.sources) if asked.sources else None
            found.source = source = NoStore() if asked.store is None else opened(asked.store)
            predicted = None if asked.journal is None else prediction_of(asked.journal, source, show)

            known = frozenset() if predicted is None else predicted.store.versions.keys()
            if missing := unknown(source, records, only - known):
                raise click.UsageError(f"there is no run {', '.join(map(repr, missing))}")
            if records is not None and asked.store is None:
                found.read = Read(runs=len(records.run_ids()))

            begun = time.monotonic()

            def progress(done: int, of: int, read: Read) -> None:
                found.read = max(read, found.read, key=lambda each: each.runs)
                left = time_left(time.monotonic() - begun, done, of)
                show(f"auditing: {done} of {of} parts, {_so_far(read, len(found.findings))}{left}")

            with workers(source, asked.jobs, asked.cluster) as executor:
                for finding in audit(source, records, only=only, progress=progress, executor=executor):
                    if tenant.concerns(finding):
                        found.findings.append(finding)
            if predicted is not None:
                found.journal, differing = compared(predicted, source, Limits(runs=only, tenant=tenant.key))
                found.findings += differing
        except KeyboardInterrupt:
            found.cut = True
    return found


def _so_far(read: "Read", findings: int) -> str:
    return f"{megabytes(read.size)} MB, {counted(read.runs, 'run')}, {counted(findings, 'finding')}"


def _explain(asked: str, *, as_json: bool) -> None:
    from lifecycle_conformance.audit.catalogue import KINDS  # noqa: PLC0415
    from lifecycle_conformance.report.audit_report import explained, kind_json, requirement_text  # noqa: PLC0415
    from lifecycle_conformance.specification import requirements  # noqa: PLC0415

    id_ = asked.upper()
    told = [each for each in KINDS.values() if asked.lower() == each.name or id_ in {each.requirement, each.hazard}]
    if not told and id_ in requirements.load() and not as_json:
        echo(f"No kind of finding belongs to it.\n\n{requirement_text(id_, width())}")
        return
    if not told:
        alike = get_close_matches(asked.lower(), KINDS, n=3, cutoff=0.5)
        hint = f"; is it {' or '.join(alike)}?" if alike else "; a report names its kinds"
        raise click.BadParameter(
            f"expected a kind of finding, or the id of a requirement or hazard{hint}", param_hint="'--explain'"
        )
    if as_json:
        echo_json([kind_json(each) for each in told])
    else:
        echo(explained(told, width()))


def _migration(ctx: click.Context, store: str | None, *, as_json: bool) -> None:
    from lifecycle_conformance.audit.migration.prediction import predicted  # noqa: PLC0415
    from lifecycle_conformance.audit.postgres_address import is_address  # noqa: PLC0415
    from lifecycle_conformance.cli import migration_report  # noqa: PLC0415

    if store is None:
        raise click.UsageError("expected STORE: the folder that holds the log, the snapshots and the runs file")
    if is_address(store):
        raise click.UsageError("--migration predicts an import of files: expected a folder, not the URL of a database")
    prediction = predicted(Path(store))
    if as_json:
        echo_json(migration_report.as_json(prediction))
    else:
        echo(migration_report.shown(prediction))
    ctx.exit(migration_report.exit_code(prediction))
