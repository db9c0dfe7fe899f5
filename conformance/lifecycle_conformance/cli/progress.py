"""The progress of a command, on one line of standard error that is rewritten again and again."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from lifecycle_conformance.driver.safe_text import safe
from lifecycle_conformance.report.wording import short

CLEAR: Final = "\r\x1b[K"
"""Empties the line on which the cursor stands."""


_TOO_EARLY_S: Final = 2


def time_left(spent_s: float, done: int, of: int) -> str:
    """How long the rest takes if it goes on like this, to stand behind a text; nothing where it is too early to say."""
    if spent_s < _TOO_EARLY_S or not done:
        return ""
    minutes, seconds = divmod(round(spent_s * (of - done) / done), 60)
    hours, minutes = divmod(minutes, 60)
    told = f"{hours} h {minutes} min" if hours else f"{minutes} min" if minutes else f"{seconds} s"
    return f", about {told} left"


def megabytes(size: int) -> str:
    """A number of bytes, in units of 1,000,000."""
    return f"{size / 1_000_000:,.1f}"


def can_rewrite() -> bool:
    """Whether standard error is a terminal that can empty a line."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


@contextmanager
def progress_line() -> Iterator[Callable[[str], None]]:
    """A function that shows a text: on a terminal only, and cleared at the end."""
    if not can_rewrite():
        yield lambda _: None
        return

    def show(text: str) -> None:
        # A text with a name in it may be long; its end, which says how far the command is, is kept.
        line = short(safe(" ".join(text.split())), shutil.get_terminal_size().columns - 1)
        sys.stderr.write(f"{CLEAR}{line}")
        sys.stderr.flush()

    try:
        yield show
    finally:
        sys.stderr.write(CLEAR)
        sys.stderr.flush()
