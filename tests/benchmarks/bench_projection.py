"""What the reference costs, as ratios to floors that are measured in the same run. Work and floor take turns, and the
median of each counts.

`make bench` prints them; nothing here is part of the tests.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from attrs import frozen
from click.testing import CliRunner

from floors import bare_reads, bare_stats, bare_writes, contents
from lifecycle_conformance.cli.root import main
from lifecycle_projection import FileStore, MemoryStore, identify, project
from lifecycle_projection.codec import run_from
from lifecycle_projection.stores.effects import SystemEffects
from work import Document, Library, OverTheProtocol, Way, driver, run_record

ROUNDS = 5
RECORDS = 1_000
RUNS = (100, 400, 1_600)


@frozen
class Work:
    """Passes over these runs, in this order; `new` is the aim for them."""

    name: str
    documents: list[Document]
    new: float

    def filled(self, store: Path) -> Path:
        """A store that has seen all of it."""
        library = Library(fresh=False)
        library.opened(store)
        library.made(library.prepared(self.documents))
        return store


ONE = Work("1,000 records", [run_record(RECORDS)], new=3)
GROWING = Work("growing from 1 to 300, a pass each", [run_record(records) for records in range(1, 301)], new=5)
MANY = Work("200 runs of 5 records", [run_record(5, f"run-{number}") for number in range(200)], new=3)


@pytest.fixture(params=["library, fresh", "library", "protocol, fresh", "protocol"])
def way(request: pytest.FixtureRequest) -> Iterator[Way]:
    """Through the library or the protocol, by fresh stores or by one that remembers."""
    fresh = "fresh" in request.param
    if request.param.startswith("library"):
        yield Library(fresh=fresh)
    else:
        with driver() as process:
            yield OverTheProtocol(process, fresh=fresh)


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def empty(folder: Path) -> Path:
    return Path(mkdtemp(dir=folder))


def measured(
    benchmark: Any, work: Callable[[], object], setup: Callable[[], object], floor: Callable[[], object]
) -> Any:
    """The times of some work, and of its floor, taken in turn."""
    floors: list[float] = []

    def prepare() -> None:
        floors.append(seconds(floor))
        setup()

    benchmark.pedantic(work, setup=prepare, rounds=ROUNDS)
    return benchmark.stats.stats.median, sorted(floors)[len(floors) // 2]


def nothing() -> None:
    """Nothing has to be prepared."""


@pytest.mark.parametrize("work", [ONE, GROWING, MANY], ids=lambda work: work.name)
def test_new(benchmark: Any, folder: Path, measures: Any, way: Way, work: Work) -> None:
    """Into an empty store, against the bare system calls."""
    lines, texts = contents(work.filled(empty(folder)))
    runs = way.prepared(work.documents)
    times = measured(
        benchmark,
        lambda: way.made(runs),
        lambda: way.opened(empty(folder)),
        lambda: bare_writes(empty(folder), lines, texts, len(work.documents)),
    )
    measures.row(work.name, "bare system calls", way, times, None if way.fresh and work is not ONE else work.new)


@pytest.mark.parametrize("work", [ONE, MANY], ids=lambda work: work.name)
def test_again(benchmark: Any, folder: Path, measures: Any, way: Way, work: Work) -> None:
    """The same again with nothing new: warm, against a look at each file; cold, against reading and parsing."""
    runs, store = way.prepared(work.documents), empty(folder)
    way.opened(store)
    way.made(runs)
    floor = bare_reads if way.fresh else bare_stats
    times = measured(benchmark, lambda: way.made(runs), nothing, lambda: floor(store))
    if way.fresh:
        measures.row(f"{work.name} again, cold", "reading and parsing", way, times, 3 if work is ONE else None)
    else:
        measures.row(f"{work.name} again, warm", "a stat for each file", way, times, 8)


def test_new_on_the_disk(benchmark: Any, tmp_path: Path, measures: Any) -> None:
    """Into an empty store on the disk of the temporary folder."""
    lines, texts = contents(ONE.filled(empty(tmp_path)))
    way = Library(fresh=False)
    runs = way.prepared(ONE.documents)
    times = measured(
        benchmark,
        lambda: way.made(runs),
        lambda: way.opened(empty(tmp_path)),
        lambda: bare_writes(empty(tmp_path), lines, texts),
    )
    measures.row(f"{ONE.name}, on {tmp_path.parts[1]}", "bare system calls", way, times, 1.5)


class Syncs(SystemEffects):
    """The system's effects, with the syncs counted."""

    def __init__(self) -> None:
        self.count = 0

    def sync(self, descriptor: int) -> None:
        self.count += 1
        super().sync(descriptor)

    def sync_path(self, path: str) -> None:
        self.count += 1
        super().sync_path(path)


def test_syncs(benchmark: Any, folder: Path, measures: Any) -> None:
    """How often a pass over 1,000 records waits for the disk, in an empty store and behind a first run."""
    effects = Syncs()
    store = FileStore(empty(folder), effects=effects)
    benchmark.pedantic(project, args=(run_from(ONE.documents[0]), store))
    first, effects.count = effects.count, 0
    time.sleep(0.1)  # what was synced a moment ago is synced again, for it could have changed unseen
    project(run_from(run_record(RECORDS, "run-2")), store)
    measures.notes.append(
        f"syncs for {RECORDS:,} records: {first:,} in an empty store, {effects.count:,} behind a run (aim: 1,005)"
    )


def test_in_memory(benchmark: Any, measures: Any) -> None:
    """1,000 records into an empty memory store, against their identities."""
    run = run_from(ONE.documents[0])
    times = measured(benchmark, lambda: project(run, MemoryStore()), nothing, lambda: identify(run))
    measures.row("1,000 records in memory", "their identities", Library(fresh=False), times, None)


@pytest.mark.parametrize("runs", RUNS)
def test_growth_of_many_runs(benchmark: Any, folder: Path, measures: Any, runs: int) -> None:
    """The command over more runs with nothing new takes in proportion, and no more memory."""
    file, store = folder / f"{runs}.jsonl", folder / f"store-{runs}"
    lines = (json.dumps(run_record(10, f"run-{number}")) for number in range(runs))
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    arguments = ["project", str(file), "--store", str(store)]

    def command() -> None:
        assert CliRunner().invoke(main, arguments).exit_code == 0

    command()
    benchmark.pedantic(command, rounds=3)
    measures.growth.append((runs, benchmark.stats.stats.median, memory_of(arguments)))


def memory_of(arguments: list[str]) -> float:
    """The most memory that the command takes in a process of its own, in MiB."""
    program = [sys.executable, "-m", "lifecycle_conformance.cli", *arguments]
    process = subprocess.Popen(
        program, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_maxrss / 1024 if sys.platform != "darwin" else usage.ru_maxrss / 2**20
