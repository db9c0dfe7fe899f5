"""How long programs take until they say something, as multiples of a Python that does nothing."""

import os
import pty
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

PROGRAM = (sys.executable, "-m", "lifecycle_conformance.cli")
ROUNDS = 9
HELLO = b'{"id":1,"op":"hello","protocols":[1]}\n'


def until_it_ends(command: Sequence[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def until_it_answers(command: Sequence[str]) -> float:
    """With a request written at once."""
    start = time.perf_counter()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(HELLO)
        process.stdin.flush()
        assert process.stdout.readline().startswith(b'{"id":1,"ok":')
        return time.perf_counter() - start


def until_it_shows_something(command: Sequence[str]) -> float:
    """On a terminal, where a pipe would see nothing before the end."""
    ours, theirs = pty.openpty()
    start = time.perf_counter()
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
    try:
        assert os.read(ours, 1)
        return time.perf_counter() - start
    finally:
        process.terminate()
        os.close(theirs)
        while _reads(ours):
            pass
        process.wait()
        os.close(ours)


def _reads(terminal: int) -> bool:
    try:
        return bool(os.read(terminal, 1 << 16))
    except OSError:  # nobody holds its other end any more
        return False


@pytest.mark.parametrize(
    ("what", "measure", "arguments", "aim"),
    [
        ("--help", until_it_ends, ["--help"], 5),
        ("--version", until_it_ends, ["--version"], 5),
        ("serve, to its first answer", until_it_answers, ["serve"], 6),
        ("check, to its first line", until_it_shows_something, ["check", "--profile", "quick"], 15),
    ],
)
def test_startup(
    benchmark: Any,
    measures: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
    measure: Callable[[Sequence[str]], float],
    arguments: list[str],
    aim: float,
) -> None:
    """Work and floor take turns, and the median of each counts."""
    monkeypatch.chdir(tmp_path)
    rounds = [(measure([*PROGRAM, *arguments]), until_it_ends([sys.executable, "-c", "pass"])) for _ in range(ROUNDS)]
    took, floor = (sorted(times)[ROUNDS // 2] for times in zip(*rounds, strict=True))
    measures.add(what, "start", "a Python that does nothing", (took, floor), aim)
    benchmark.pedantic(measure, ([*PROGRAM, *arguments],), rounds=1)
