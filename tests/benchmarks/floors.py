"""Floors: the least that any implementation must do for some work, by system calls and parsing alone."""

import os
from pathlib import Path

import orjson

from lifecycle_projection.stores.files import LOG_NAME, SNAPSHOTS_NAME


def contents(store: Path) -> tuple[list[bytes], list[bytes]]:
    """The lines of a store's log and the text of each of its snapshots."""
    lines = (store / LOG_NAME).read_bytes().splitlines(keepends=True)
    return lines, [path.read_bytes() for path in sorted((store / SNAPSHOTS_NAME).rglob("*.json"))]


def bare_writes(store: Path, lines: list[bytes], texts: list[bytes], passes: int = 1) -> None:
    """Make the same bytes durable in so many passes: the log by one write and one sync, files put in place whole."""
    share, number = len(lines) // passes, 0
    for first in range(0, len(lines), share):
        number = _bare_pass(store, lines[first : first + share], texts[first : first + share], number)


def _bare_pass(store: Path, lines: list[bytes], texts: list[bytes], number: int) -> int:
    log = os.open(f"{store}/log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(log, b"".join(lines))
    os.fsync(log)
    os.close(log)
    for text in texts:
        number += 1
        path = f"{store}/{number}"
        file = os.open(f"{path}.tmp", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.write(file, text)
        os.fsync(file)
        os.close(file)
        os.rename(f"{path}.tmp", path)  # noqa: PTH104
    directory = os.open(store, os.O_RDONLY)
    os.fsync(directory)
    os.close(directory)
    return number


def bare_stats(store: Path) -> None:
    """Look at the state of the log and of every snapshot."""
    os.stat(f"{store}/{LOG_NAME}")  # noqa: PTH116 - a floor pays for no path objects
    for path in _snapshot_paths(store):
        os.stat(path)  # noqa: PTH116


def bare_reads(store: Path) -> None:
    """Read and parse the log and every snapshot."""
    for line in (store / LOG_NAME).read_bytes().splitlines():
        orjson.loads(line)
    for path in _snapshot_paths(store):
        with open(path, "rb") as file:  # noqa: PTH123
            orjson.loads(file.read())


def _snapshot_paths(store: Path) -> list[str]:
    folders = [f"{store}/{SNAPSHOTS_NAME}/{name}" for name in os.listdir(store / SNAPSHOTS_NAME)]  # noqa: PTH208
    return [f"{folder}/{name}" for folder in folders for name in os.listdir(folder)]  # noqa: PTH208
