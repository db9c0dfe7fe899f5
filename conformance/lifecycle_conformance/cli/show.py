"""`lifecycle-projection show`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import click

from lifecycle_conformance.audit.comparing import unread_among
from lifecycle_conformance.audit.contents import Entry, IdForm, Summary, entries, gaps, id_form, phase_of, summaries
from lifecycle_conformance.audit.finding import Finding, Where
from lifecycle_conformance.audit.opening import Chosen, opened
from lifecycle_conformance.audit.stored import Row, StoredRun, StoreSource
from lifecycle_conformance.cli import options
from lifecycle_conformance.cli.messages import echo, echo_json, warn
from lifecycle_conformance.driver.safe_text import safe
from lifecycle_conformance.execution.trace import Owner, TenantKey, tenant_of
from lifecycle_conformance.model.file_layout import segment
from lifecycle_conformance.model.identity import PREFIX, listed_by
from lifecycle_conformance.report.columns import in_columns
from lifecycle_conformance.report.wording import counted, time_text
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
_MOST: Final = 20
"""How many places of what can't be read are told."""


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
    compacted away; `other` events are not of a lifecycle record. `(missing)` stands where the numbers of the sequence
    have a hole. Places that hold what can't be read are listed at the end.
    """
    source = opened(store)
    for note in source.notes if isinstance(source, Chosen) else ():
        warn(f"{note.where}: {note.message}")
    if run_id is None:
        _show_runs(source, as_json=as_json)
    else:
        _show_run(source, _run_of(source, run_id), as_json=as_json)


def _run_of(source: StoreSource, run_id: str) -> StoredRun:
    """A run of a store: its part has the name of its folder, or its own."""
    for part in {run_id, segment(run_id)} & {*source.parts()}:
        for run in source.runs(part):
            if run.run_id == run_id:
                return run
    raise StorageError(path=source.name, problem=f"there is no run {run_id!r}")


def _in_order(run_id: str) -> list[tuple[int, str]]:
    """Puts `run-10` behind `run-2`."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d+)", run_id)]


# --- all runs ---------------------------------------------------------------------------------------------------------


def _show_runs(source: StoreSource, *, as_json: bool) -> None:
    runs, unread = [], list[Finding]()
    for run in (run for part in source.parts() for run in source.runs(part)):
        runs.append((run.run_id, summaries(run), _unread(run)))
        unread += unread_among(run.findings)
    runs.sort(key=lambda each: _in_order(each[0]))
    unread += unread_among(source.findings())
    if as_json:
        listed = [
            {"run_id": run_id, "tenants": list(map(_summary_json, each)), **_unread_json(of_run)}
            for run_id, each, of_run in runs
        ]
        echo_json({"store": source.name, "runs": listed, "unread": list(map(_unread_entry, unread))})
        return
    rows = [row for run_id, of_run, _ in runs for row in _rows(run_id, of_run)]
    for line in in_columns(("RUN", "TENANT", "EVENTS", "SNAPSHOTS", "PHASE", "IDS"), rows):
        echo(line)
    echo(", ".join(_totals(runs)))
    _tell_unread(unread)


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


def _tell_unread(unread: Sequence[Finding]) -> None:
    """Where something stands that can't be read, or isn't looked for."""
    if unread:
        echo("\nNot shown, for it can't be read or stands in a wrong place:")
        for each in unread[:_MOST]:
            echo(f"  {safe(str(each.where))}: {safe(each.message)}")
    if len(unread) > _MOST:
        echo(f"  and {len(unread) - _MOST:,} more, which `audit` tells")


def _unread_entry(finding: Finding) -> dict[str, Json]:
    where = None if finding.where is None else _place_json(finding.where)
    return {"kind": finding.kind.name, "message": finding.message, "where": where}


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


def _show_run(source: StoreSource, run: StoredRun, *, as_json: bool) -> None:
    shown, missing, unread = entries(run), gaps(run, source), [*unread_among(run.findings)]
    if as_json:
        listed = list(map(_entry_json, shown))
        holes = [_hole_json(owner, each) for owner, of_owner in missing.items() for each in of_owner]
        told: dict[str, Json] = {**_unread_json(_unread(run)), "unread": list(map(_unread_entry, unread))}
        echo_json({"run_id": run.run_id, "entries": listed, "missing": holes, **told})
        return
    rows = [*_entry_rows(shown, missing)]
    for line in in_columns(("TENANT", "SEQ", "TIME", "EVENT", "ID", "SNAPSHOT", "PLACE"), rows):
        echo(line)
    echo(f"run {safe(run.run_id)}: {', '.join(_counts(run))}")
    _tell_unread(unread)


def _counts(run: StoredRun) -> Iterator[str]:
    yield counted(len(run.events), "event")
    yield counted(len(run.snapshots), "snapshot")
    yield from _unread_text(_unread(run))


def _entry_rows(shown: Sequence[Entry], missing: Mapping[Owner, Sequence[range]]) -> Iterator[tuple[str, ...]]:
    """The rows of a run; one that says so stands where numbers are missing."""
    waiting = {owner: [*holes] for owner, holes in missing.items()}
    for entry in shown:
        holes = waiting[entry.owner]
        while holes and holes[0].stop <= entry.record["seq"]:
            yield _hole_row(entry.owner, holes.pop(0))
        yield _entry_row(entry)


def _hole_row(owner: Owner, hole: range) -> tuple[str, ...]:
    seqs = str(hole.start) if hole.stop == hole.start + 1 else f"{hole.start}-{hole.stop - 1}"
    return _tenant(owner.tenant), seqs, _NOTHING, "(missing)", _NOTHING, _NOTHING, _NOTHING


def _hole_json(owner: Owner, hole: range) -> dict[str, Json]:
    return {"tenant": tenant_of(owner.tenant), "from_seq": hole.start, "to_seq": hole.stop - 1}


def _entry_row(entry: Entry) -> tuple[str, ...]:
    event, snapshot = entry.event, entry.snapshot
    time_ms = entry.record["occurred_at_ms" if event else "created_at_ms"]
    return (
        _tenant(entry.owner.tenant),
        str(entry.record["seq"]),
        time_text(time_ms),
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
    return _place_json(row.where)


def _place_json(where: Where) -> dict[str, Json]:
    return {"path": where.path, "line": where.line, "row": where.row}
