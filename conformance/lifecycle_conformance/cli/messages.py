"""Errors and warnings as this command line shows them, and the warnings that the reference logs among them."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import click


class _ToStandardError(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        warn(record.getMessage())


def warn(message: str) -> None:
    """Show a warning."""
    click.echo(f"{click.style('warning:', fg='yellow')} {message}", err=True)


def complain(message: str) -> None:
    """Show an error."""
    click.echo(f"{click.style('error:', fg='red')} {message}", err=True)


@contextmanager
def warnings_shown() -> Iterator[None]:
    """Show the warnings of the reference as this command line shows its own."""
    logger, handler = logging.getLogger("lifecycle_projection"), _ToStandardError(logging.WARNING)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
