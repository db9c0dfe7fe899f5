"""Healthy stores of any size, which engines of any generations left: the same arguments give the same bytes."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import orjson

from lifecycle_projection import MemoryStore, compact, project
from lifecycle_projection.codec import run_from, to_json
from lifecycle_projection.stores.files import LOG_NAME, SNAPSHOTS_NAME, line_of, segment, text_of
from random_stores import Object, older_pass

_NAMES = ("node_started", "node_completed", "node_failed", "node_retry_backoff_scheduled", "run_paused", "run_resumed")


def run_record(number: int, records: int) -> Object:
    """A run record with a history of this length."""
    history = [
        {
            "event": _NAMES[(number + index) % len(_NAMES)],
            "recorded_at_ms": _time_of(number, index),
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


def _time_of(number: int, index: int) -> int:
    return 1_000_000 + number + 10 * index


def big_store(
    directory: Path,
    *,
    runs: int,
    records: int,
    generations: Sequence[int] = (4,),
    compacted: bool = False,
    seed: int = 0,
) -> int:
    """Write a store of so many runs with so many records each; returns how many bytes its log and snapshots have.

    `generations` are the engines that followed one another. Each run began under a random one of them, and each later
    one made a pass over it. In the end a random part of each log is `compacted`.
    """
    written, chance = 0, Random(seed)
    with (directory / LOG_NAME).open("wb") as log:
        for number in range(runs):
            store = MemoryStore()
            began = chance.randrange(len(generations))
            _pass_over(run_record(number, records), generations[began:], store)
            if compacted:
                compact(store, retention_ms=1, now_ms=1 + _time_of(number, chance.randrange(records)))
            for path, text in _files(store):
                written += len(text)
                if path is None:
                    log.write(text)
                else:
                    target = directory / SNAPSHOTS_NAME / path
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(text)
    return written


def _pass_over(run: Object, generations: Sequence[int], store: MemoryStore) -> None:
    """Let each engine make a pass over the run when its history had grown by the same share."""
    history, known = run["checkpoint"]["lifecycle_history"], list[str]()
    for number, generation in enumerate(generations, 1):
        part = history[: len(history) * number // len(generations)]
        earlier = {**run, "checkpoint": {"lifecycle_history": part}}
        if generation > 2:
            project(run_from(earlier), store)
        else:
            older_pass(earlier, generation, store, known)


def _files(store: MemoryStore) -> Iterator[tuple[str | None, bytes]]:
    """The lines of a store's log, without a path, and its snapshots."""
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
