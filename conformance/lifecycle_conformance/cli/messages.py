"""Errors and warnings as this command line shows them, and the warnings that the reference logs among them."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import click

from lifecycle_conformance.cli.progress import CLEAR


class _ToStandardError(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        warn(record.getMessage())


def warn(message: str) -> None:
    """Show a warning."""
    _tell(f"{click.style('warning:', fg='yellow')} {message}")


def complain(message: str) -> None:
    """Show an error."""
    _tell(f"{click.style('error:', fg='red')} {message}")


def _tell(text: str) -> None:
    """Write to standard error, in the place of a line of progress; that nobody reads it ends no work."""
    try:
        click.echo(f"{CLEAR if sys.stderr.isatty() else ''}{text}", err=True)
    except OSError:
        with suppress(OSError, ValueError):  # what is still in the buffer would fail again at the end
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


@contextmanager
def warnings_shown() -> Iterator[None]:
    """Show the warnings of the reference as this command line shows its own."""
    logger, handler = logging.getLogger("lifecycle_projection"), _ToStandardError(logging.WARNING)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
