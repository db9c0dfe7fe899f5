"""The lines of a log as they were read once, by the run that each names."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TypeAlias

import orjson
from attrs import evolve, frozen

from lifecycle_projection.stores.file_state import FileState
from lifecycle_projection.text import member

NumberedLine: TypeAlias = tuple[int, bytes]
"""A line of the log and its number, from 1."""

NamedLine: TypeAlias = tuple[str, bytes]
"""A line of the log and the run that it names."""


def numbered_lines(text: bytes) -> Iterator[NumberedLine]:
    """The lines of a log that aren't blank."""
    return ((number, line) for number, line in enumerate(text.split(b"\n"), start=1) if line.strip())


@frozen(kw_only=True)
class KeptLog:
    """A log in the state in which it was read or written; `None` is that of a log that isn't there.

    `of_no_run` are the lines that name no run, `last` is the number of the last one that ends.
    """

    state: FileState | None = None
    of_run: defaultdict[str, list[NumberedLine]]
    of_no_run: list[NumberedLine]
    last: int

    @classmethod
    def read(cls, text: bytes, state: FileState | None) -> "KeptLog":
        """The log that is this text."""
        of_run: defaultdict[str, list[NumberedLine]] = defaultdict(list)
        of_no_run: list[NumberedLine] = []
        for number, line in numbered_lines(text):
            run_id = _run_id(line)
            (of_no_run if run_id is None else of_run[run_id]).append((number, line))
        return cls(state=state, of_run=of_run, of_no_run=of_no_run, last=text.count(b"\n"))

    def grown(self, lines: Iterable[NamedLine], state: FileState) -> "KeptLog":
        """The log with lines that were appended to it; they are found in the earlier one as well."""
        last = self.last
        for run_id, line in lines:
            last += 1
            self.of_run[run_id].append((last, line))
        return evolve(self, state=state, last=last)


def _run_id(line: bytes) -> str | None:
    """The run that a line names. Whether the line is an event, shows when that run is asked for."""
    try:
        found = member(orjson.loads(line), "run_id")
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, str) else None
