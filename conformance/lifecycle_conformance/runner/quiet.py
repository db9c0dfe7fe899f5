"""Work without the warnings of the reference: a search damages files by the hundred, and each would be told."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_REFERENCE: Final = logging.getLogger("lifecycle_projection")


@contextmanager
def without_warnings() -> Iterator[None]:
    """Keep to itself for a while what the reference warns of."""
    propagated, nowhere = _REFERENCE.propagate, logging.NullHandler()
    _REFERENCE.propagate = False
    _REFERENCE.addHandler(nowhere)
    try:
        yield
    finally:
        _REFERENCE.removeHandler(nowhere)
        _REFERENCE.propagate = propagated
