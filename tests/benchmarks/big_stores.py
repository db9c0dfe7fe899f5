"""Stores of any size for the audit's benchmarks: the same numbers give the same bytes."""

from collections.abc import Iterator
from pathlib import Path

import orjson

from lifecycle_projection import MemoryStore, project
from lifecycle_projection.codec import run_from, to_json
from lifecycle_projection.stores.files import LOG_NAME, SNAPSHOTS_NAME, line_of, segment, text_of

_NAMES = ("node_started", "node_completed", "node_failed", "node_retry_backoff_scheduled", "run_paused", "run_resumed")


def run_record(number: int, records: int) -> dict[str, object]:
    """A run record with a history of this length."""
    history = [
        {
            "event": _NAMES[(number + index) % len(_NAMES)],
            "recorded_at_ms": 1_000_000 + number + 10 * index,
            "reason": f"reason {index % 7}",
            "metadata": {"node_id": f"node-{index % 9}", "attempt": index, "session_id": f"session-{number}"},
        }
        for index in range(records)
    ]
    return {
        "run_id": f"run-{number}",
        "automation_id": f"automation-{number % 50}",
        "tenant_context": {"org_id": f"org-{number % 5}", "workspace_id": "ws"},
        "trigger_type": "manual",
        "status": "running",
        "created_at_ms": 1_000_000 + number,
        "updated_at_ms": 2_000_000 + number,
        "checkpoint": {"lifecycle_history": history},
    }


def big_store(directory: Path, *, runs: int, records: int) -> int:
    """Write a store of so many runs with so many records each; returns how many bytes its log and snapshots have."""
    written = 0
    with (directory / LOG_NAME).open("wb") as log:
        for number in range(runs):
            for path, text in _run(number, records):
                written += len(text)
                if path is None:
                    log.write(text)
                else:
                    target = directory / SNAPSHOTS_NAME / path
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(text)
    return written


def _run(number: int, records: int) -> Iterator[tuple[str | None, bytes]]:
    store = MemoryStore()
    project(run_from(run_record(number, records)), store)
    for event in store.events():
        yield None, line_of(to_json(event))
    for snapshot in store.snapshots().values():
        name = f"{segment(snapshot.run_id)}/{segment(snapshot.snapshot_id)}.json"
        yield name, text_of(to_json(snapshot))


def runs_file(path: Path, *, runs: int, records: int) -> None:
    """Write the run records of such a store, as JSON Lines."""
    with path.open("wb") as file:
        for number in range(runs):
            file.write(orjson.dumps(run_record(number, records)) + b"\n")
