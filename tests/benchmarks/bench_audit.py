"""How long an audit takes, as a multiple of parsing the same log and snapshots, and how much memory it needs."""

import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import orjson
import pytest

from big_stores import big_store
from lifecycle_conformance.audit import audit
from lifecycle_conformance.audit.opening import opened
from lifecycle_projection.stores.files import LOG_NAME, SNAPSHOTS_NAME

STORES = {
    "100 runs of 100": {"runs": 100, "records": 100},
    "400 runs of 25": {"runs": 400, "records": 25},
    "1,600 runs of 25": {"runs": 1600, "records": 25},
    "1,600 runs, mixed": {"runs": 1600, "records": 25, "generations": (1, 2, 3, 4), "compacted": True},
}
"""The first two hold the same number of events. In the last one engines of all generations made passes, of 25 records
in the end, and the logs are compacted."""
PROGRAM = (
    "import sys; from lifecycle_conformance.audit import audit; from lifecycle_conformance.audit.opening import opened"
)


def parsed(store: Path) -> float:
    """The seconds that it takes to parse all of a store's files, each as a whole or line by line."""
    start = time.perf_counter()
    with (store / LOG_NAME).open("rb") as log:
        for line in log:
            orjson.loads(line)
    for folder, _, names in os.walk(store / SNAPSHOTS_NAME):
        for name in names:
            with open(f"{folder}/{name}", "rb") as file:  # noqa: PTH123 - as fast as it can be
                orjson.loads(file.read())
    return time.perf_counter() - start


def peak_mib(store: Path) -> float:
    """The resident memory of a process that audits a store, on one core."""
    subprocess.run([sys.executable, "-c", f"{PROGRAM}; [*audit(opened(sys.argv[1]))]", store], check=True)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


@pytest.mark.parametrize("name", STORES)
def test_audit(benchmark: Any, folder: Path, measures: Any, name: str) -> None:
    """On one core, of a healthy store, without run records."""
    big_store(folder, **STORES[name])
    floors: list[float] = []
    told = {"index-ids-compacted"} if "generations" in STORES[name] else set()

    def audited() -> None:
        assert {each.kind.name for each in audit(opened(str(folder)))} == told

    benchmark.pedantic(audited, setup=lambda: floors.append(parsed(folder)), rounds=5)
    times = benchmark.stats.stats.median, sorted(floors)[len(floors) // 2]
    work = f"audit of {name}"
    measures.add(work, "one process", "parsing log and snapshots", times, 3)
    measures.notes.append(f"{work}: at most {peak_mib(folder):.0f} MiB")
