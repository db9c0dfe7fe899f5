"""What `project` reports of its passes, and of those that it only plans: lines for people, one object for programs."""

import json
from collections.abc import Iterator
from pathlib import Path

from attrs import define, frozen

from lifecycle_conformance.cli import exits
from lifecycle_conformance.driver.safe_text import safe
from lifecycle_conformance.report.wording import counted
from lifecycle_projection import LifecycleProjectionError, PhaseTransitionError, ProjectionResult, Run
from lifecycle_projection.records import Json
from lifecycle_projection.text import member


@frozen(kw_only=True)
class Pass:
    """One run record and the result of its pass; `ending` says in words what stopped it early, if anything did."""

    run: Run
    result: ProjectionResult
    error: LifecycleProjectionError | None = None
    message: str = ""
    ending: str = ""

    @property
    def code(self) -> int:
        """The exit code that this pass asks for."""
        if self.error is None:
            return exits.WELL
        return exits.FALLS_SHORT if isinstance(self.error, PhaseTransitionError) else exits.WRONG_CALL


@define
class Totals:
    """The totals of all passes so far."""

    records: int
    passes: int = 0
    projected: int = 0
    failed: int = 0
    code: int = exits.WELL
    interrupted: bool = False

    def add(self, done: Pass) -> None:
        """Count a pass."""
        self.passes += 1
        self.projected += done.result.projected
        self.failed += done.error is not None
        self.code = max(self.code, done.code)

    @property
    def left(self) -> int:
        """How many records were not tried."""
        return self.records - self.passes


class Text:
    """A line for each pass, and one for all; of a pass that is only planned, also what it would record."""

    def __init__(self, *, dry_run: bool) -> None:
        self._dry_run = dry_run

    def beginning(self) -> str:
        """Nothing: text needs no opening."""
        return ""

    def of_pass(self, done: Pass) -> str:
        """How much was projected, and why no more."""
        run_id = done.run.run_id if done.run.run_id.isprintable() else json.dumps(done.run.run_id)
        if self._dry_run:
            return "\n".join([f"{run_id}: {_planned(done.result)}", *_details(done)])
        return f"{run_id}: {done.result.projected} projected{f', then {done.ending}' if done.ending else ''}"

    def end(self, totals: Totals) -> str:
        """The totals of all passes."""
        passes, would = counted(totals.passes, "pass", "passes"), "would be " * self._dry_run
        counts = [passes, f"{totals.projected} {would}projected"]
        counts += [f"{totals.failed} {'would fail' if self._dry_run else 'failed'}"] if totals.failed else []
        counts += ["interrupted"] if totals.interrupted else []
        counts += [f"{totals.left} not tried"] if totals.left else []
        return ", ".join(counts) + "; nothing was written" * self._dry_run


def _planned(result: ProjectionResult) -> str:
    if not result.events and not result.snapshots:
        return "nothing to record"
    return f"would append {counted(len(result.events), 'event')} and write {counted(len(result.snapshots), 'snapshot')}"


def _before_recorded(done: Pass) -> int:
    """How many of the records that a pass would append an event for stand before one that has its event.

    Such a record came into the middle of the history, or its event is gone. Of a pass that would be stopped nothing can
    be told: what stands behind isn't looked at.
    """
    if done.error is not None:
        return 0
    new = {member(event.payload, "lifecycle_index") for event in done.result.events}
    last_known = max({*range(len(done.run.checkpoint.lifecycle_history))} - new, default=0)
    return sum(isinstance(index, int) and index < last_known for index in new)


def _details(done: Pass) -> Iterator[str]:
    """The events and snapshots of a pass by their ids, what is odd about them, and why there are no more."""
    for event in done.result.events:
        yield f"  event     seq {event.seq}  {safe(event.event_id)}"
    for snapshot in done.result.snapshots:
        yield f"  snapshot  seq {snapshot.seq}  {safe(snapshot.snapshot_id)}  {snapshot.phase}"
    if number := _before_recorded(done):
        yield (
            f"  {counted(number, 'event')} before one that is recorded: new in the middle of the history, or recorded"
            " before and gone (`audit` tells)"
        )
    if done.ending:
        yield f"  then {done.ending}: {safe(done.message)}" if done.message else f"  then {done.ending}"


class JsonObject:
    """One JSON object, written as the passes go by; each pass has a line."""

    def __init__(self, directory: Path, *, dry_run: bool) -> None:
        self._directory = directory
        self._dry_run = dry_run
        self._held = ""

    def beginning(self) -> str:
        """Open the object and the list of passes."""
        dry = '\n  "dry_run": true,' * self._dry_run
        return f'{{\n  "store": {json.dumps(str(self._directory), ensure_ascii=False)},{dry}\n  "passes": ['

    def of_pass(self, done: Pass) -> str:
        """The pass before this one, which is held back until it is known whether another one follows."""
        entry = {**_entry(done), **(_plan(done) if self._dry_run else {})}
        before, self._held = self._held, f"    {json.dumps(entry, ensure_ascii=False)}"
        return before and f"{before},"

    def end(self, totals: Totals) -> str:
        """Close the list, and add the totals of all passes."""
        counts = {
            "projected": totals.projected,
            "failed": totals.failed,
            "interrupted": totals.interrupted,
            "not_tried": totals.left,
        }
        held = self._held and f"{self._held}\n"
        return f"{held}  ],{json.dumps(counts, indent=2)[1:]}"


def _entry(done: Pass) -> dict[str, Json]:
    return {
        "run_id": done.run.run_id,
        "projected": done.result.projected,
        "events": [event.event_id for event in done.result.events],
        "snapshots": [snapshot.snapshot_id for snapshot in done.result.snapshots],
        "error": None if done.error is None else {"kind": done.error.kind, "message": done.message},
    }


def _plan(done: Pass) -> dict[str, Json]:
    """What a pass would record, in more than ids."""
    result = done.result
    return {
        "would_append": [{"event_id": event.event_id, "seq": event.seq} for event in result.events],
        "before_recorded": _before_recorded(done),
        "would_write": [
            {"snapshot_id": each.snapshot_id, "seq": each.seq, "phase": each.phase} for each in result.snapshots
        ],
    }
