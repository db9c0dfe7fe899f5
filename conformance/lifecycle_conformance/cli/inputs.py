"""Input from a file or from standard input."""

import sys
from pathlib import Path
from typing import Final

from lifecycle_projection import InvalidInputError, Problem, Run, parse_runs

STANDARD_INPUT: Final = "-"


def read_source(source: str) -> tuple[bytes, str]:
    """Read a file, or standard input for `-`. Gives the text, and the name by which messages call it.

    Raises :class:`InvalidInputError` where there is nothing to read.
    """
    if source == STANDARD_INPUT:
        return sys.stdin.buffer.read(), "standard input"
    try:
        return Path(source).read_bytes(), source
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        problem = Problem("$", f"expected a readable file: {reason}")
        raise InvalidInputError(problems=(problem,), source=source) from error


def read_runs(source: str) -> list[Run]:
    """Read run records in any of their forms. Raises :class:`InvalidInputError` that names the file and each path."""
    text, name = read_source(source)
    return parse_runs(text, source=name)
