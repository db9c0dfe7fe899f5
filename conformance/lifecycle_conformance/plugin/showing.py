"""What is shown while the search runs, which is long for a test: its progress on a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest


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
