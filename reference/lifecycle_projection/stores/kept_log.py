"""The log as it was read once, for the passes of many runs: same events, faster, as each gets its own lines only."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from lifecycle_projection.errors import InvalidInputError
from lifecycle_projection.json_text import read_json
from lifecycle_projection.text import member

NumberedLine: TypeAlias = tuple[int, bytes]
"""A line of the log and its number, from 1."""


def numbered_lines(text: bytes) -> Iterator[NumberedLine]:
    """The lines of a log that aren't blank."""
    return ((number, line) for number, line in enumerate(text.split(b"\n"), start=1) if line.strip())


class KeptLog:
    """The lines of a log by the run that they name, for as long as the file is in the state in which it was read.

    A state is whatever tells one state of the file from another. Writers that hold the lock only append to the file,
    which changes its size, or put another in its place.
    """

    def __init__(self) -> None:
        self.of_no_run: list[NumberedLine] = []
        self._of_run: dict[str, list[NumberedLine]] = {}
        self._last = 0
        self._state: object = None

    def holds(self, state: object) -> bool:
        """Whether this is the log in that state."""
        return self._state == state

    def of_run(self, run_id: str) -> list[NumberedLine]:
        """The lines that name a run, in log order."""
        return self._of_run.get(run_id, [])

    def replace(self, text: bytes, state: object) -> None:
        """Take the whole log, as it was read in a state."""
        of_run: defaultdict[str, list[NumberedLine]] = defaultdict(list)
        self.of_no_run = []
        for number, line in numbered_lines(text):
            run_id = _run_id(line)
            (self.of_no_run if run_id is None else of_run[run_id]).append((number, line))
        self._of_run = dict(of_run)
        self._last = text.count(b"\n")
        self._state = state

    def append(self, lines: Iterable[tuple[str, bytes]], *, before: object, after: object) -> None:
        """Take more lines, each with its run, that changed the state of the file, if what is kept is the log before."""
        if self.holds(before):
            for run_id, line in lines:
                self._last += 1
                self._of_run.setdefault(run_id, []).append((self._last, line))
            self._state = after


def _run_id(line: bytes) -> str | None:
    try:
        found = member(read_json(line), "run_id")
    except InvalidInputError:
        return None
    return found if isinstance(found, str) else None
