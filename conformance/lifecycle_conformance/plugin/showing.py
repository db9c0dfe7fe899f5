"""What is shown while the search runs, which is long for a test: its progress on a terminal, and no warnings."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest

_REFERENCE: Final = logging.getLogger("lifecycle_projection")


@contextmanager
def without_warnings() -> Iterator[None]:
    """Keep what the reference warns of, which judges beside the driver, out of the first test that fails."""
    propagated, nowhere = _REFERENCE.propagate, logging.NullHandler()
    _REFERENCE.propagate = False
    _REFERENCE.addHandler(nowhere)
    try:
        yield
    finally:
        _REFERENCE.removeHandler(nowhere)
        _REFERENCE.propagate = propagated


@contextmanager
def progress(config: pytest.Config, test: str) -> Iterator[Callable[[str], None]]:
    """What shows how far the search is, in the line of the test that waits for it, which is written anew afterwards."""
    plugins = config.pluginmanager
    reporter: Any = plugins.get_plugin("terminalreporter")
    capture: Any = plugins.get_plugin("capturemanager")
    if reporter is None or capture is None or not reporter.isatty:
        yield lambda _: None
        return

    def show(text: str) -> None:
        with capture.global_and_fixture_disabled():
            reporter.rewrite(text, erase=True)

    try:
        yield show
    finally:
        show(f"{test if reporter.verbosity > 0 else test.partition('::')[0]} ")
