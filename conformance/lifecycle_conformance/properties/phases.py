"""Checks of the chapter *Phases and the guard*, with the tables of the specification's text."""

from collections.abc import Iterator
from typing import Final

from lifecycle_conformance.properties.changes import recorded, recorded_ids, written
from lifecycle_conformance.properties.content_ids import WHITE_SPACE
from lifecycle_conformance.properties.judgement import Judgement, judged, judges
from lifecycle_conformance.requirements import code_spans, tables
from lifecycle_conformance.trace import Object, Step, Trace

NEXT: Final[dict[str, list[str]]] = {
    code_spans(row["phase"])[0]: list(code_spans(row["next"])) for row in tables()["phases"]
}
PHASE_OF: Final[dict[str, str]] = {
    code_spans(row["status"])[0]: code_spans(row["phase"])[0] for row in tables()["statuses"]
}


def phase_status(run: Object, record: Object) -> str:
    """Give the status that decides the phase of a record (PHASE-2)."""
    status: str = run["status"]
    return "retrying" if (status, record["event"]) == ("queued", "node_retry_backoff_scheduled") else status


@judges(
    "PHASE-1", "PHASE-2", "PHASE-3", "PHASE-4", "PHASE-5", "PHASE-6", "PHASE-7", "PHASE-8", "PHASE-9", "PHASE-10",
    "PASS-7", "PASS-10", "PASS-11", "PASS-12", "PASS-13", "ERR-3",
)  # fmt: skip
def guarded(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge each snapshot that a pass wrote, and where it stopped, against the snapshot before it in the pass.

    The walk goes on from what the implementation showed, so that one wrong snapshot doesn't condemn the next.
    """
    if step.op != "project" or step.refusal not in {None, "phase_transition"}:
        return
    before = {each["snapshot_id"]: each for each in step.shown_before().snapshots}
    after = {each["snapshot_id"]: each for each in written(step)}
    latest = max(before.values(), key=lambda each: (each["seq"], each["snapshot_id"].encode()), default=None)
    first = True
    for index, (record, event_id) in enumerate(zip(step.history, recorded_ids(step), strict=True)):
        if event_id in before:
            latest, first = before[event_id], False
            continue
        move = _Move(step.run, record, latest)
        if not move.allowed:
            yield from _refused(step, trace, index, move)
            return
        if event_id not in after:
            if step.refusal is not None:
                yield judged("PHASE-5", f"whether {move} is refused", expected=None, actual=step.data)
            return  # that it wasn't written is judged by SNAP-5
        snapshot = after[event_id]
        yield from _snapshot(move, snapshot)
        if before and first:
            yield judged(
                "PASS-7", f"the phase history of {event_id}", expected=move.history, actual=snapshot["phase_history"]
            )
        elif latest is not None:
            yield judged(
                "PASS-13", f"the phase history of {event_id}", expected=move.history, actual=snapshot["phase_history"]
            )
        latest, first = snapshot, False
    if step.refusal is not None:
        yield judged("PHASE-5", "whether the pass is refused", expected=None, actual=step.refusal)


class _Move:
    """What the guard is asked for one record: from the latest snapshot's phase to that of the run's status."""

    def __init__(self, run: Object, record: Object, latest: Object | None) -> None:
        self.status = phase_status(run, record)
        self.retries = self.status != run["status"]
        self.source: str | None = None if latest is None else latest["phase"]
        self.target = PHASE_OF[self.status]
        self._run, self._record = run, record
        self._before: list[Object] = [] if latest is None else latest["phase_history"]

    def __str__(self) -> str:
        return f"{self.source} → {self.target}"

    @property
    def allowed(self) -> bool:
        return self.source in {None, self.target} or self.target in NEXT[str(self.source)]

    @property
    def requirement(self) -> str:
        """Name the case of the guard."""
        if self.source is None:
            return "PHASE-3"
        if self.source == self.target:
            return "PHASE-4"
        return "PHASE-5" if self._before else "PHASE-6"

    @property
    def history(self) -> list[Object]:
        """Give the history that the snapshot should have; `phase_id` is left out of new entries, see EVENT-4."""
        if self.requirement in {"PHASE-5", "PHASE-6"}:
            return [*self._before, self._entry()]
        return [*self._before] or [self._entry()]

    def _entry(self) -> Object:
        run_id, time = self._run["run_id"], self._record["recorded_at_ms"]
        entry: Object = {"schema_version": 1, "to_phase": self.target, "occurred_at_ms": time}
        if self.requirement in {"PHASE-5", "PHASE-6"}:
            entry |= {
                "event_id": f"{run_id}:phase_transition:{self.source}:{self.target}:{time}",
                "from_phase": self.source,
                "event_type": "stateful_runtime.phase.transition",
                "reason": f"automation_v2_lifecycle:{self._record['event']}",
            }
        else:
            entry |= {
                "event_id": f"{run_id}:phase:{self.target}:{time}",
                "event_type": "stateful_runtime.phase.observed",
                "reason": f"observed_status:{self.status}",
            }
        phase_id = _phase_id(self._run, self._record)
        return entry if phase_id is None else {**entry, "phase_id": phase_id}


def _snapshot(move: _Move, snapshot: Object) -> Iterator[Judgement]:
    what = f"of {snapshot['snapshot_id']} ({move})"
    yield judged(
        "PHASE-2" if move.retries else "PHASE-1", f"the phase {what}", expected=move.target, actual=snapshot["phase"]
    )
    yield judged(
        "PHASE-10",
        f"where it may go, {what}",
        expected=NEXT.get(snapshot["phase"]),
        actual=snapshot["allowed_next_phases"],
    )
    history = snapshot["phase_history"]
    yield judged(move.requirement, f"the phase history {what}", expected=move.history, actual=history)
    if len(history) == len(move.history) and history[:-1] == move.history[:-1]:
        form = "PHASE-9" if move.requirement in {"PHASE-5", "PHASE-6"} else "PHASE-8"
        if form == "PHASE-9" or move.requirement == "PHASE-3":
            yield judged(
                form, f"the newest entry of the phase history {what}", expected=move.history[-1], actual=history[-1]
            )


def _refused(step: Step, trace: Trace, index: int, move: _Move) -> Iterator[Judgement]:
    yield judged(
        "PHASE-7", f"the refusal of {move} at record {index}", expected="phase_transition", actual=step.refusal
    )
    if step.refusal != "phase_transition":
        return
    ids = recorded_ids(step)
    events = {event["event_id"] for event in step.shown_after().events}
    new_events = events - {event["event_id"] for event in step.shown_before().events}
    new_snapshots = {each["snapshot_id"] for each in written(step)}
    counted = sum(each in new_events | new_snapshots for each in dict.fromkeys(ids[:index]))
    expected = {"from_phase": move.source, "to_phase": move.target, "lifecycle_index": index, "projected": counted}
    yield judged("ERR-3", "the data of the refusal", expected=expected, actual=step.data)
    later = [each for each in ids[index + 1 :] if each in new_events | new_snapshots]
    yield judged("PASS-10", "what was recorded of later records", expected=[], actual=later)
    if ids[index] not in recorded(step.run, step.shown_before().events):
        stays = ids[index] in events
        yield judged("PASS-11", "whether the event of the failing record stays", expected=True, actual=stays)
    previous = trace.previous(step)
    if previous is not None and previous.op == "project" and _asks_the_same(previous, step):
        expected = previous.data["lifecycle_index"]
        yield judged("PASS-12", "where a later pass stops", expected=expected, actual=index)
        yield judged("PASS-12", "what a later pass appends", expected=[], actual=sorted(new_events))


def _asks_the_same(previous: Step, step: Step) -> bool:
    """Tell whether a pass that was refused is tried again with the same history and status."""
    return (
        previous.refusal == "phase_transition"
        and previous.owner == step.owner
        and previous.history == step.history
        and previous.run["status"] == step.run["status"]
    )


def _phase_id(run: Object, record: Object) -> str | None:
    metadata = record.get("metadata")
    node_id = metadata.get("node_id") if isinstance(metadata, dict) else None
    if isinstance(node_id, str) and node_id.strip(WHITE_SPACE):
        return node_id.strip(WHITE_SPACE)
    gate = run["checkpoint"].get("awaiting_gate")
    return None if gate is None else gate["node_id"]
