"""Collects what the benchmarks measure, and prints one small table after everything else."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest

MEMORY = Path("/dev/shm")


class Measures:
    """What was measured: work with its floor (or none) and aim, and points of growth."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, float, float | None, str]] = []
        self.growth: dict[str, list[tuple[int, float]]] = {}

    def lines(self) -> Iterator[str]:
        yield f"{'work':<44}{'took':>10}{'floor':>10}{'ratio':>8}{'aim':>8}"
        for work, took, floor, aim in self.rows:
            against = f"{'':>18}" if floor is None else f"{floor:>9.4f}s{took / floor:>8.1f}"
            yield f"{work:<44}{took:>9.4f}s{against}{aim:>8}".rstrip()
        for work, points in self.growth.items():
            yield ""
            yield f"growth, {work}: each doubling should double the time"
            for (amount, took), earlier in zip(points, [None, *(took for _, took in points)], strict=False):
                times = "" if earlier is None else f"   x {took / earlier:.2f}"
                yield f"{amount:>8}{took:>10.4f}s{times}"


MEASURES = pytest.StashKey[Measures]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[MEASURES] = Measures()


@pytest.fixture
def measures(request: pytest.FixtureRequest) -> Measures:
    return request.config.stash[MEASURES]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A directory on the memory file system, or on what the machine has."""
    directory = Path(mkdtemp(prefix="lifecycle-projection-bench-", dir=MEMORY if os.access(MEMORY, os.W_OK) else None))
    yield directory
    shutil.rmtree(directory)


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    found = config.stash[MEASURES]
    if not found.rows and not found.growth:
        return
    where = f"{MEMORY}" if os.access(MEMORY, os.W_OK) else "this machine's own file system: there is no /dev/shm"
    terminalreporter.section(f"ratios to floors of the same run, on {where} (best rounds)")
    for line in found.lines():
        terminalreporter.write_line(line)
