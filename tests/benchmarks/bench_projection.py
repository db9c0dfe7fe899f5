"""What the reference costs, as ratios to floors that are measured in the same run, on a memory file system.
Work and floor take turns, and the best of each counts: whatever else the machine does only makes a round slower.

`make bench` prints them; nothing here is part of the tests. A floor is the least that any implementation must do:
the bare system calls that make the files durable, or parsing of what must be read.
"""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from lifecycle_conformance.cli import main
from lifecycle_projection import FileStore, MemoryStore, Run, identify, project
from lifecycle_projection.codec import run_from
from lifecycle_projection.stores.files import LOG_NAME, SNAPSHOTS_NAME

RECORDS = 1_000
GROWING = 300
SIZES = (250, 500, 1_000, 2_000)
ROUNDS = 5
RUNS = (100, 200, 400)
RUN_ID = "run-1"


def history(records: int) -> Run:
    """Make a run with records such as production writes, and small metadata."""
    return run_from(run_record(records, RUN_ID))


def run_record(records: int, run_id: str) -> dict[str, Any]:
    """Write such a run."""
    return {
        "run_id": run_id,
        "automation_id": "automation-1",
        "trigger_type": "manual",
        "status": "running",
        "created_at_ms": 1,
        "updated_at_ms": 2,
        "checkpoint": {
            "completed_nodes": ["collect", "draft"],
            "node_attempts": {"collect": 1},
            "lifecycle_history": [
                {
                    "event": "node_started",
                    "recorded_at_ms": 1_000 + index,
                    "reason": "scheduled",
                    "metadata": {
                        "node_id": f"node-{index}",
                        "session_id": "session-1",
                        "effective_execution_profile": "strict",
                    },
                }
                for index in range(records)
            ],
        },
    }


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def fresh(folder: Path) -> Path:
    return Path(mkdtemp(dir=folder))


def sync_directory(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def contents(store: Path) -> tuple[list[bytes], list[bytes]]:
    """The lines of a store's log and the text of each of its snapshots."""
    lines = (store / LOG_NAME).read_bytes().splitlines(keepends=True)
    return lines, [path.read_bytes() for path in sorted((store / SNAPSHOTS_NAME / RUN_ID).iterdir())]


def bare_writes(store: Path, lines: list[bytes], texts: list[bytes]) -> None:
    """Make the same bytes durable by system calls alone: appended lines, and files that are put in place whole."""
    for line in lines:
        log = os.open(f"{store}/log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(log, line)
        os.fsync(log)
        os.close(log)
    for index, text in enumerate(texts):
        path = f"{store}/{index}"
        file = os.open(f"{path}.tmp", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.write(file, text)
        os.fsync(file)
        os.close(file)
        os.rename(f"{path}.tmp", path)  # noqa: PTH104
        sync_directory(str(store))


def bare_reads(store: Path) -> None:
    """Read and parse the log and every snapshot of the run."""
    for line in (store / LOG_NAME).read_bytes().splitlines():
        orjson.loads(line)
    folder = f"{store}/{SNAPSHOTS_NAME}/{RUN_ID}"
    for name in os.listdir(folder):  # noqa: PTH208 - a floor pays for no path objects
        with open(f"{folder}/{name}", "rb") as file:  # noqa: PTH123
            orjson.loads(file.read())


def filled(folder: Path, run: Run) -> Path:
    store = fresh(folder)
    project(run, FileStore(store))
    return store


def into_empty_store(folder: Path, run: Run) -> Callable[[], tuple[tuple[Run, FileStore], dict[str, Any]]]:
    return lambda: ((run, FileStore(fresh(folder))), {})


def test_new_records(benchmark: Any, folder: Path, measures: Any) -> None:
    """1,000 records into an empty file store, against the bare system calls."""
    run = history(RECORDS)
    lines, texts = contents(filled(folder, run))
    floors: list[float] = []

    def setup() -> tuple[tuple[Run, FileStore], dict[str, Any]]:
        floors.append(seconds(lambda: bare_writes(fresh(folder), lines, texts)))
        return (run, FileStore(fresh(folder))), {}

    benchmark.pedantic(project, setup=setup, rounds=ROUNDS)
    measures.rows.append((f"{RECORDS:,} records, empty file store", benchmark.stats.stats.min, min(floors), "<= 5"))


def test_nothing_new(benchmark: Any, folder: Path, measures: Any) -> None:
    """The same again with nothing new, against reading and parsing."""
    run = history(RECORDS)
    store = filled(folder, run)
    floors: list[float] = []

    def setup() -> tuple[tuple[Run, FileStore], dict[str, Any]]:
        floors.append(seconds(lambda: bare_reads(store)))
        return (run, FileStore(store)), {}

    benchmark.pedantic(project, setup=setup, rounds=ROUNDS)
    measures.rows.append((f"{RECORDS:,} records again, nothing new", benchmark.stats.stats.min, min(floors), "<= 4"))


def test_growing_history(benchmark: Any, folder: Path, measures: Any) -> None:
    """A history that grows from 1 to 300 records, a pass after each, against parsing at each pass."""
    runs = [history(records) for records in range(1, GROWING + 1)]

    def grow(store: Path) -> None:
        for run in runs:
            project(run, FileStore(store))

    def reads_while_growing(store: Path) -> float:
        spent = 0.0
        for run in runs:
            project(run, FileStore(store))
            spent += seconds(lambda: bare_reads(store))
        return spent

    floors: list[float] = []

    def setup() -> tuple[tuple[Path], dict[str, Any]]:
        floors.append(reads_while_growing(fresh(folder)))
        return (fresh(folder),), {}

    benchmark.pedantic(grow, setup=setup, rounds=3)
    measures.rows.append((f"1 to {GROWING} records, a pass each", benchmark.stats.stats.min, min(floors), "<= 3"))


def test_identify_in_memory(benchmark: Any, measures: Any) -> None:
    """The identities of 1,000 records."""
    benchmark.pedantic(identify, args=(history(RECORDS),), rounds=ROUNDS)
    measures.rows.append((f"identify {RECORDS:,} records", benchmark.stats.stats.min, None, ""))


def test_project_in_memory(benchmark: Any, measures: Any) -> None:
    """1,000 records into an empty memory store."""
    run = history(RECORDS)
    benchmark.pedantic(project, setup=lambda: ((run, MemoryStore()), {}), rounds=ROUNDS)
    measures.rows.append((f"project {RECORDS:,} records in memory", benchmark.stats.stats.min, None, ""))


@pytest.mark.parametrize("records", SIZES)
def test_growth_of_new_records(benchmark: Any, folder: Path, measures: Any, records: int) -> None:
    """More records into an empty file store take in proportion."""
    benchmark.pedantic(project, setup=into_empty_store(folder, history(records)), rounds=ROUNDS)
    measures.growth.setdefault("records into an empty file store", []).append((records, benchmark.stats.stats.min))


@pytest.mark.parametrize("records", SIZES)
def test_growth_of_nothing_new(benchmark: Any, folder: Path, measures: Any, records: int) -> None:
    """More records with nothing new take in proportion."""
    run = history(records)
    store = filled(folder, run)
    benchmark.pedantic(lambda: project(run, FileStore(store)), rounds=ROUNDS)
    measures.growth.setdefault("records again, nothing new", []).append((records, benchmark.stats.stats.min))


@pytest.mark.parametrize("runs", RUNS)
def test_growth_of_many_runs(benchmark: Any, folder: Path, measures: Any, runs: int) -> None:
    """The command over more runs with nothing new takes in proportion: the log is read once."""
    file = folder / f"{runs}.jsonl"
    lines = (json.dumps(run_record(10, f"run-{number}")) for number in range(runs))
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    arguments = ["project", str(file), "--store", str(folder / f"store-{runs}")]

    def command() -> None:
        assert CliRunner().invoke(main, arguments).exit_code == 0

    command()
    benchmark.pedantic(command, rounds=3)
    measures.growth.setdefault(
        "runs of 10 records, nothing new (at most 5 times as long for 4 times as many)", []
    ).append((runs, benchmark.stats.stats.min))
