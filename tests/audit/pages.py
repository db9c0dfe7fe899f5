"""Pages of audits for the tests to look at."""

from pathlib import Path
from typing import Final

import orjson

import damaging
from builders import lifecycle, run_json
from lifecycle_conformance.audit.auditing import Read, audit
from lifecycle_conformance.audit.baseline import Matched
from lifecycle_conformance.audit.finding import Finding
from lifecycle_conformance.audit.opening import opened
from lifecycle_conformance.audit.run_records import RunRecords
from lifecycle_conformance.cli.audit_outputs import reader
from lifecycle_conformance.report.audit_report import Form
from lifecycle_conformance.report.audited import Audited
from lifecycle_conformance.report.page.audit_page import ReadAgain, audit_page
from lifecycle_conformance.report.page.audit_parts import Page
from lifecycle_projection import FileStore, project
from lifecycle_projection.codec import run_from

LONG: Final = run_json(
    *(lifecycle(f"node_{'completed' if number % 2 else 'started'}", 1_000 + number) for number in range(24)),
    run_id="run-long",
)
"""A run with more records than its time line shows."""


def damaged(folder: Path) -> tuple[Path, Path]:
    """A store with faults of each severity, in a short run and in a long one, and the run records beside it."""
    store, runs = folder / "store", folder / "runs.jsonl"
    store.mkdir()
    damaging.healthy(store)
    project(run_from(LONG), FileStore(store))
    damaging.edited(0, damaging.put(damaging.SECRET, "payload", "event"))(store)
    damaging.dropped(2)(store)
    for number in (8, 9, 17, 24):
        event_id = damaging.events(store)[number]["event_id"]
        (store / "stateful_snapshots" / "run-long" / f"{event_id}.json").unlink()
    records = [
        damaging.RUN,
        dict(LONG, checkpoint={"lifecycle_history": [*history(LONG), lifecycle("run_paused", 2_000)]}),
    ]
    runs.write_bytes(b"".join(orjson.dumps(each) + b"\n" for each in records))
    return store, runs


def history(run: dict[str, object]) -> list[object]:
    checkpoint = run["checkpoint"]
    assert isinstance(checkpoint, dict)
    found: list[object] = checkpoint["lifecycle_history"]
    return found


def audited(findings: list[Finding], **members: object) -> Audited:
    """An audit with these findings, and nothing else to say."""
    known: dict[str, object] = {
        "store": "store",
        "told": Matched(left=findings, accepted=[]),
        "read": Read(runs=1, events=1, snapshots=1),
        "counting": ("violation",),
        "cut": False,
        "has_baseline": False,
        "has_records": True,
    }
    return Audited(**{**known, **members})  # type: ignore[arg-type]


def form(*, values: bool = False, most: int = 5) -> Form:
    return Form(width=80, values=values, most=most)


def nothing(_: str) -> None:
    """What is read again of a run where there is no store."""


def page_of(store: Path, runs: Path | None = None, *, values: bool = False) -> Page:
    """The page of an audit of a store."""
    source, records = opened(str(store)), None if runs is None else RunRecords([str(runs)])
    findings = [*audit(source, records)]
    again: ReadAgain = reader(source, records)
    return audit_page(audited(findings, has_records=runs is not None), form(values=values), again)
