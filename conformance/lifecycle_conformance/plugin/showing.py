"""What is shown while the search runs, which is long for a test: its progress on a terminal."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest

from lifecycle_conformance.driver.safe_text import safe
from lifecycle_conformance.report.wording import short

_NEXT_LINE: Final = "\n\r\x1b[K"
_BACK: Final = "\x1b[A\r"
_QUIETER: Final = -1
"""The verbosity of -q; with -q -q nobody wants to see how far anything is."""


@contextmanager
def progress(config: pytest.Config) -> Iterator[Callable[[str], None]]:
    """What shows how far the search is: in the line below that of the test which waits for it, emptied at the end.

    The line of the test itself, with what pytest has written there, stays as it is.
    """
    plugins = config.pluginmanager
    reporter: Any = plugins.get_plugin("terminalreporter")
    capture: Any = plugins.get_plugin("capturemanager")
    if reporter is None or capture is None or not _is_wanted(reporter):
        yield lambda _: None
        return
    writer = config.get_terminal_writer()

    def show(text: str) -> None:
        # Only without the capturing is it the terminal whose width is asked for.
        with capture.global_and_fixture_disabled():
            line = short(safe(" ".join(text.split())), writer.fullwidth - 1)
            column = writer.width_of_current_line % writer.fullwidth
            back = f"{_BACK}\x1b[{column}C" if column else _BACK
            # Not `write`, which would count this to the line of the test.
            writer.write_raw(f"{_NEXT_LINE}{line}{back}", flush=True)

    try:
        yield show
    finally:
        show("")


def _is_wanted(reporter: Any) -> bool:
    return reporter.isatty and reporter.verbosity >= _QUIETER and os.environ.get("TERM") != "dumb"
