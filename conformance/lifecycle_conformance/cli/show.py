"""`lifecycle-projection show`."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

import click

from lifecycle_conformance.audit.contents import Entry, IdForm, Summary, entries, id_form, phase_of, summaries
from lifecycle_conformance.audit.opening import Chosen, opened
from lifecycle_conformance.audit.stored import Row, StoredRun, StoreSource
from lifecycle_conformance.cli import options
from lifecycle_conformance.cli.messages import echo, echo_json, warn
from lifecycle_conformance.driver.safe_text import safe
from lifecycle_conformance.execution.trace import TenantKey, tenant_of
from lifecycle_conformance.model.file_layout import segment
from lifecycle_conformance.model.identity import PREFIX, listed_by
from lifecycle_conformance.report.wording import counted
from lifecycle_projection.errors import StorageError
from lifecycle_projection.records import Json

_EPILOG = """\b
EXAMPLES
  lifecycle-projection show store
  lifecycle-projection show store run-1
  lifecycle-projection show stateful_runtime.sqlite3 --json

\b
EXIT CODES
  0    all that can be read was shown
  2    the store can't be read, or it holds no such run
  141  the reader of the output went away"""

_NOTHING: Final = "-"
_YEAR_10000_MS: Final = 253_402_300_800_000


@click.command(epilog=_EPILOG)
@click.argument("store", metavar="STORE")
@click.argument("run_id", metavar="[RUN]", required=False)
@options.as_json
def command(store: str, run_id: str | None, *, as_json: bool) -> None:
    """Show what a store holds: its runs, or of one RUN the events and snapshots in their order.

    STORE is a folder in the layout of files, an SQLite database of a production engine, or a `postgresql://` URL of
    one. Where a folder holds both, the one that is the authority is shown. Nothing is changed, and engines may be at
    work meanwhile.

    The column IDS tells which engines recorded the events. `index` ids, by the position in the history, are those of
    the first generation; `stable` ones are those of all later generations; a `marker` stands for events that were
    compacted away; `other` events are not of a lifecycle record.
    """
    source = opened(store)
    for note in source.notes if isinstance(source, Chosen) else ():
        warn(f"{note.where}: {note.message}")
    if run_id is None:
        _show_runs(source, as_json=as_json)
    else:
        _show_run(_run_of(source, run_id), as_json=as_json)


def _run_of(source: StoreSource, run_id: str) -> StoredRun:
    """A run of a store: its part has the name of its folder, or its own."""
    for part in {run_id, segment(run_id)} & {*source.parts()}:
        for run in source.runs(part):
            if run.run_id == run_id:
                return run
    raise StorageError(path=source.name, problem=f"there is no run {run_id!r}")


# --- all runs ---------------------------------------------------------------------------------------------------------


def _show_runs(source: StoreSource, *, as_json: bool) -> None:
    runs = [(run.run_id, summaries(run), _unread(run)) for part in source.parts() for run in source.runs(part)]
    if as_json:
        listed = [
            {"run_id": run_id, "tenants": list(map(_summary_json, each)), **_unread_json(unread)}
            for run_id, each, unread in runs
        ]
        echo_json({"store": source.name, "runs": listed})
        return
    rows = [row for run_id, of_run, _ in runs for row in _rows(run_id, of_run)]
    for line in _table(("RUN", "TENANT", "EVENTS", "SNAPSHOTS", "PHASE", "IDS"), rows):
        echo(line)
    echo(", ".join(_totals(runs)))


def _totals(runs: Sequence[tuple[str, list[Summary], tuple[int, int]]]) -> Iterator[str]:
    yield counted(len(runs), "run")
    yield counted(sum(each.events for _, of_run, _ in runs for each in of_run), "event")
    yield counted(sum(each.snapshots for _, of_run, _ in runs for each in of_run), "snapshot")
    events, snapshots = (sum(unread[which] for _, _, unread in runs) for which in (0, 1))
    yield from _unread_text((events, snapshots))


def _unread(run: StoredRun) -> tuple[int, int]:
    return run.unread_events, run.unread_snapshots


def _unread_text(unread: tuple[int, int]) -> Iterator[str]:
    for number, what in zip(unread, ("event", "snapshot"), strict=True):
        if number:
            yield f"{counted(number, what)} that can't be read"


def _unread_json(unread: tuple[int, int]) -> dict[str, Json]:
    return dict(zip(("unread_events", "unread_snapshots"), unread, strict=True))


def _rows(run_id: str, of_run: list[Summary]) -> list[tuple[str, ...]]:
    """The rows of a run; one of which nothing can be read has one all the same."""
    return list(map(_summary_row, of_run)) or [(run_id, _NOTHING, "0", "0", _NOTHING, _NOTHING)]


def _summary_row(summary: Summary) -> tuple[str, ...]:
    ids = ", ".join(f"{summary.ids[form]} {form}" for form in IdForm if summary.ids.get(form))
    counts = str(summary.events), str(summary.snapshots)
    owner = summary.owner
    return owner.run_id, _tenant(owner.tenant), *counts, summary.phase or _NOTHING, ids or _NOTHING


def _summary_json(summary: Summary) -> dict[str, Json]:
    return {
        "tenant": tenant_of(summary.owner.tenant),
        "events": summary.events,
        "snapshots": summary.snapshots,
        "phase": summary.phase,
        "ids": {form.value: summary.ids.get(form, 0) for form in IdForm},
    }


def _tenant(tenant: TenantKey) -> str:
    return "/".join(part for part in tenant if part is not None)


# --- one run ----------------------------------------------------------------------------------------------------------


def _show_run(run: StoredRun, *, as_json: bool) -> None:
    shown = entries(run)
    if as_json:
        listed = list(map(_entry_json, shown))
        echo_json({"run_id": run.run_id, "entries": listed, **_unread_json(_unread(run))})
        return
    rows = list(map(_entry_row, shown))
    for line in _table(("TENANT", "SEQ", "TIME", "EVENT", "ID", "SNAPSHOT", "PLACE"), rows):
        echo(line)
    echo(f"run {safe(run.run_id)}: {', '.join(_counts(run))}")


def _counts(run: StoredRun) -> Iterator[str]:
    yield counted(len(run.events), "event")
    yield counted(len(run.snapshots), "snapshot")
    yield from _unread_text(_unread(run))


def _entry_row(entry: Entry) -> tuple[str, ...]:
    event, snapshot = entry.event, entry.snapshot
    time_ms = entry.record["occurred_at_ms" if event else "created_at_ms"]
    return (
        _tenant(entry.owner.tenant),
        str(entry.record["seq"]),
        _time(time_ms),
        _event(entry),
        id_form(event.value) if event else _NOTHING,
        phase_of(snapshot.value) if snapshot else _NOTHING,
        _place(event or snapshot),
    )


def _event(entry: Entry) -> str:
    if entry.event is None:
        return "(compacted)" if entry.compacted else "(no event)"
    event = entry.event.value
    listed = sum(1 for _ in listed_by(event))
    event_type: str = event["event_type"]
    return f"({counted(listed, 'event')} compacted)" if listed else event_type.removeprefix(PREFIX) or '""'


def _place(row: Row | None) -> str:
    return _NOTHING if row is None else str(row.where)


def _time(time_ms: int) -> str:
    """A time for people; the number itself where no calendar has it."""
    if time_ms >= _YEAR_10000_MS:
        return str(time_ms)
    return datetime.fromtimestamp(time_ms // 1000, UTC).strftime(f"%Y-%m-%dT%H:%M:%S.{time_ms % 1000:03}Z")


def _entry_json(entry: Entry) -> dict[str, Json]:
    event, snapshot = entry.event, entry.snapshot
    return {
        "tenant": tenant_of(entry.owner.tenant),
        "id": entry.id,
        "seq": entry.record["seq"],
        "event": None if event is None else {"type": event.value["event_type"], **_where(event)},
        "id_form": None if event is None else id_form(event.value).value,
        "snapshot": None if snapshot is None else {"phase": phase_of(snapshot.value), **_where(snapshot)},
        "compacted": entry.compacted,
    }


def _where(row: Row) -> dict[str, Json]:
    return {"path": row.where.path, "line": row.where.line, "row": row.where.row}


# --- tables -----------------------------------------------------------------------------------------------------------


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Rows as lines, in columns as wide as their widest text; numbers stand to the right."""
    cells = [head, *([safe(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    numbers = [all(cell.isdigit() for cell in column) and len(column) > 0 for column in zip(*cells[1:], strict=True)]
    numbers = numbers or [False] * len(head)
    for line in cells:
        padded = (
            cell.rjust(width) if number else cell.ljust(width)
            for cell, width, number in zip(line, widths, numbers, strict=True)
        )
        yield "  ".join(padded).rstrip()
