"""What the reference warns of, shown as the command line shows its own warnings."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from lifecycle_conformance.cli.messages import warn


class _ToStandardError(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        warn(record.getMessage())


@contextmanager
def warnings_shown() -> Iterator[None]:
    """Show the warnings of the reference as this command line shows its own."""
    logger, handler = logging.getLogger("lifecycle_projection"), _ToStandardError(logging.WARNING)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
