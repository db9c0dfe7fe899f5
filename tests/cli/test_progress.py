"""The time that is left is told once something can be known of it."""

import io

import pytest

from lifecycle_conformance.cli import progress
from lifecycle_conformance.cli.progress import time_left


@pytest.mark.parametrize(("term", "shown"), [("xterm", "\r\x1b[Khalf\r\x1b[K"), ("dumb", "")])
def test_a_terminal_that_can_not_empty_a_line_gets_no_progress(
    term: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", term)
    with progress.progress_line() as show:
        show("half")
    assert terminal.getvalue() == shown


@pytest.mark.parametrize(
    ("spent_s", "done", "of", "said"),
    [
        (1.9, 5, 10, ""),
        (100, 0, 10, ""),
        (2, 5, 10, ", about 2 s left"),
        (100, 10, 10, ", about 0 s left"),
        (60, 1, 3, ", about 2 min left"),
        (59.6, 1, 3, ", about 1 min left"),
        (3600, 2, 5, ", about 1 h 30 min left"),
    ],
)
def test_the_time_left_is_that_of_what_is_done_so_far(spent_s: float, done: int, of: int, said: str) -> None:
    assert time_left(spent_s, done, of) == said
