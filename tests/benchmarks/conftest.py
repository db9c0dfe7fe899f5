"""Collects what the benchmarks measure, and prints one small table after everything else."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

MEMORY = Path("/dev/shm")


class Measures:
    """What was measured: work with its floor and aim, points of growth, and what is said besides."""

    def __init__(self) -> None:
        self.rows: list[str] = []
        self.growth: list[tuple[int, float, float]] = []
        self.notes: list[str] = []

    def row(self, work: str, floor: str, way: Any, times: tuple[float, float], aim: float | None) -> None:
        """Add the times of some work, done in some way, and its floor."""
        self.add(work, f"{way.name}, fresh" if way.fresh else way.name, floor, times, aim)

    def add(self, work: str, how: str, floor: str, times: tuple[float, float], aim: float | None) -> None:
        """Add the times of something and its floor."""
        took, least = times
        aimed = "" if aim is None else f"{aim:>6}"
        self.rows.append(
            f"{work:<36}{how:<17}{took * 1e3:>9.1f}{least * 1e3:>8.1f}{took / least:>7.1f}{aimed:<7}{floor}"
        )

    def lines(self) -> Iterator[str]:
        yield f"{'work':<36}{'way':<17}{'ms':>9}{'floor':>8}{'ratio':>7}{'aim':>6} floor is"
        yield from self.rows
        yield from self.notes
        earlier = None
        for runs, took, memory in self.growth:
            times = "" if earlier is None else f"   x {took / earlier:.2f} (aim: 3.2 to 4.8)"
            yield f"`project`, nothing new, {runs:>5,} runs of 10: {took:>7.3f} s, {memory:.0f} MiB{times}"
            earlier = took


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
    if not found.rows and not found.growth and not found.notes:
        return
    where = f"{MEMORY}" if os.access(MEMORY, os.W_OK) else "this machine's own file system: there is no /dev/shm"
    terminalreporter.section(f"ratios to floors of the same run, on {where} (medians of 5)")
    for line in found.lines():
        terminalreporter.write_line(line)
