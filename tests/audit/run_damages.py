"""Damages that show beside the run records of a store only."""

import math
from collections.abc import Iterable
from random import Random
from typing import Any, Final

from damage import BY_HAND, Damage, Hurt, Seen, found
from lifecycle_conformance.execution.trace import owner_of, owner_of_run
from lifecycle_conformance.model.identity import ids_of
from lifecycle_projection.canonical import stable_hash
from stored_files import Object, StoredFiles, pick, place

SECRET: Final = "the quarterly figures, which nobody may copy"


def altered(stored: StoredFiles, random: Random) -> str | None:
    """What an event says was changed, and its id still is that of its record."""
    number = pick(random, [number for number, _ in _explained(stored)])
    if number is None:
        return None
    event = stored.event(number)
    event["payload"]["reason"] = BY_HAND
    return stored.put(number, event)


def altered_by_position(stored: StoredFiles, random: Random) -> str | None:
    """What an event of the first generation says was changed: its id doesn't tell."""
    number = pick(random, [each for each in stored.by_position() if _run_of(stored, each) is not None])
    if number is None:
        return None
    event = stored.event(number)
    event["payload"]["reason"] = BY_HAND
    return stored.put(number, event)


def record_gone(stored: StoredFiles, random: Random) -> str | None:
    """A record is gone from the history, which had no other one like it."""
    fit = [each for each in _explained(stored) if _is_alone(stored, *each)]
    chosen = pick(random, fit)
    if chosen is None:
        return None
    number, index = chosen
    run = stored.runs[stored.event(number)["run_id"]]
    history = [each for n, each in enumerate(run["checkpoint"]["lifecycle_history"]) if n != index]
    _put_run(stored, run, {"lifecycle_history": history})
    return place(number)


def misread_record(stored: StoredFiles, random: Random) -> str | None:
    """H9: a number of a record was changed when the run record was written again."""
    fit = [each for each in _explained(stored) if _has_long_cost(stored, each[1], each[0]) and _is_alone(stored, *each)]
    chosen = pick(random, fit)
    if chosen is None:
        return None
    number, index = chosen
    run = stored.runs[stored.event(number)["run_id"]]
    history = [*run["checkpoint"]["lifecycle_history"]]
    cost = math.nextafter(history[index]["metadata"]["cost"], math.inf)
    history[index] = {**history[index], "metadata": {**history[index]["metadata"], "cost": cost}}
    _put_run(stored, run, {"lifecycle_history": history})
    return place(number)


def copied(checkpoint: Object, *, into: str) -> Hurt:
    """A text that a run record holds where nothing may be copied from stands in a member of a snapshot's checkpoint."""

    def hurt(stored: StoredFiles, random: Random) -> str | None:
        fit = [path for path in stored.with_event() if _is_of_run(stored, stored.snapshot(path))]
        path = pick(random, fit)
        if path is None:
            return None
        snapshot = stored.snapshot(path)
        snapshot["checkpoint"][into] = [SECRET]
        snapshot["payload_digest"] = stable_hash(snapshot["checkpoint"])
        _put_run(stored, stored.runs[snapshot["run_id"]], checkpoint)
        return stored.put_snapshot(path, snapshot)

    return hurt


# --- help -------------------------------------------------------------------------------------------------------------


def _put_run(stored: StoredFiles, run: Object, checkpoint: Object) -> None:
    stored.runs[run["run_id"]] = {**run, "checkpoint": {**run["checkpoint"], **checkpoint}}


def _is_of_run(stored: StoredFiles, record: Object) -> bool:
    run = stored.runs.get(record["run_id"])
    return run is not None and owner_of_run(run) == owner_of(record)


def _run_of(stored: StoredFiles, number: int) -> Object | None:
    event = stored.event(number)
    return stored.runs[event["run_id"]] if _is_of_run(stored, event) else None


def _explained(stored: StoredFiles) -> Iterable[tuple[int, int]]:
    """The events with stable ids, each with the index of its record in the history."""
    for number in stored.stable():
        run = _run_of(stored, number)
        event_id = stored.event(number)["event_id"]
        if run is not None and event_id in (ids := ids_of(run)):
            yield number, ids.index(event_id)


def _is_alone(stored: StoredFiles, number: int, index: int) -> bool:
    run: Any = _run_of(stored, number)
    stem = ids_of(run)[index].rpartition("-")[0]
    return sum(each.rpartition("-")[0] == stem for each in ids_of(run)) == 1


def _has_long_cost(stored: StoredFiles, index: int, number: int) -> bool:
    run: Any = _run_of(stored, number)
    metadata = run["checkpoint"]["lifecycle_history"][index].get("metadata")
    cost = metadata.get("cost") if isinstance(metadata, dict) else None
    return isinstance(cost, float) and len(str(cost)) > 16


_GATE: Final[Object] = {
    "node_id": "",
    "title": "",
    "decisions": [],
    "rework_targets": [],
    "requested_at_ms": 1,
    "upstream_node_ids": [],
    "instructions": SECRET,
}
_DECISION: Final[Object] = {"node_id": "n", "decision": "approve", "reason": SECRET, "decided_at_ms": 1}
_COPIES: Final[dict[str, tuple[str, Object]]] = {
    "an output": ("copied-outputs", {"node_outputs": {"n": {"table": SECRET}}}),
    "a verdict": ("copied-verdicts", {"node_attempt_verdicts": {"n": [SECRET]}}),
    "a gate's instruction": ("copied-gate", {"awaiting_gate": _GATE}),
    "a decision": ("copied-decisions", {"gate_history": [_DECISION]}),
}


def _of_its_own(kind: str, checkpoint: Object) -> Damage:
    return found(kind, copied(checkpoint, into="table"), "wrong-checkpoint-member", seen_from=Seen.RUNS)


def _doubtful(kind: str, checkpoint: Object) -> Damage:
    return found(f"perhaps-{kind}", copied(checkpoint, into="blocked_nodes"), seen_from=Seen.RUNS)


BESIDE_RUNS: Final[dict[str, Damage]] = {
    "an event says otherwise than its record": found("event-altered", altered, "wrong-event-id", seen_from=Seen.RUNS),
    "an old event says otherwise than its record": found(
        "event-not-explained", altered_by_position, breaks="ALIAS-7", seen_from=Seen.RUNS
    ),
    "a record is gone from the history": found("event-not-explained", record_gone, seen_from=Seen.RUNS),
    "a record was misread (H9)": found("number-changed", misread_record, seen_from=Seen.RUNS),
    **{f"{what} was copied": _of_its_own(kind, checkpoint) for what, (kind, checkpoint) in _COPIES.items()},
    **{f"{what} may have been copied": _doubtful(kind, checkpoint) for what, (kind, checkpoint) in _COPIES.items()},
}
