"""Input from a file or from standard input."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import SEEK_END
from pathlib import Path
from typing import BinaryIO, Final

from lifecycle_conformance.cli.progress import megabytes, progress_line
from lifecycle_projection import InvalidInputError, Problem
from lifecycle_projection.runs import Progress, RunsFile

STANDARD_INPUT: Final = "-"


@contextmanager
def opened(source: str) -> Iterator[tuple[BinaryIO, str]]:
    """Open a file that can seek, or standard input for `-`. Yields it with the name by which messages call it.

    Raises :class:`InvalidInputError` where there is nothing to read.
    """
    if source == STANDARD_INPUT:
        with _seekable(sys.stdin.buffer) as file:
            yield file, "standard input"
        return
    try:
        found = Path(source).open("rb")  # noqa: SIM115 - closed below; here only what opening itself raises counts
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        problem = Problem("$", f"expected a readable file: {reason}")
        raise InvalidInputError(problems=(problem,), source=source) from error
    with found, _seekable(found) as file:
        yield file, source


def read_source(source: str) -> tuple[bytes, str]:
    """Read a file, or standard input for `-`, whole. Returns the text, and the name by which messages call it.

    Raises :class:`InvalidInputError` where there is nothing to read.
    """
    with opened(source) as (file, name):
        return file.read(), name


@contextmanager
def _seekable(file: BinaryIO) -> Iterator[BinaryIO]:
    """A file that can be read twice: input from a pipe is copied into a temporary one."""
    if file.seekable() and file.tell() == 0:
        yield file
        return
    with tempfile.TemporaryFile() as spooled:
        try:
            shutil.copyfileobj(file, spooled)
        except OSError as error:
            raise OSError(error.errno, error.strerror, tempfile.gettempdir()) from error
        yield spooled


@contextmanager
def read_runs(source: str) -> Iterator[RunsFile]:
    """Check run records in any of their forms, and yield them one at a time.

    Raises :class:`InvalidInputError` that names the file and each path.
    """
    with opened(source) as (file, name):
        with bytes_shown(file, name) as progress:
            runs = RunsFile(file, source=name, progress=progress)
        yield runs


@contextmanager
def bytes_shown(file: BinaryIO, name: str) -> Iterator[Progress]:
    """A function that shows how much of a file has been read, and how much there is; on a terminal only."""
    size = file.seek(0, SEEK_END)
    shown = -1
    with progress_line() as show:

        def progress(reached: int) -> None:
            nonlocal shown
            percent = 100 * reached // max(1, size)
            if percent != shown:
                shown = percent
                show(f"checking {name}: {megabytes(reached)} of {megabytes(size)} MB")

        yield progress
