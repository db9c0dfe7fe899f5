"""Where in a log the lines of each run stand: three numbers a line, so that a log of any size can be read by runs.

Which run a line names is seen at its beginning, where every engine writes it. Whether it is an event, is found out when
its run is read.
"""

import os
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO, Final, NamedTuple

import orjson
from attrs import define, evolve, field

from lifecycle_conformance.execution.trace import member
from lifecycle_conformance.model.file_layout import segment

LONGEST: Final = 64 << 20
"""The longest line or file that is read, in bytes."""

_NO_NUMBERS: Final = array("Q")
_NEWLINE: Final = ord("\n")
_HEAD: Final = re.compile(rb'\{"schema_version":1,"event_id":"[^"\\]*","run_id":"([^"\\]*)",')


class Span(NamedTuple):
    """A line: its number, from 1, where it begins, and how long it is without its end; a torn one has no end."""

    number: int
    start: int
    length: int
    torn: bool = False


def _spans(numbers: "array[int]") -> Iterator[Span]:
    return map(Span, numbers[::3], numbers[1::3], numbers[2::3])


@define
class LogIndex:
    """The lines of a log up to the end that it had when it was looked at last.

    Runs are grouped by the folder that holds their snapshots (FILE-3).
    """

    lines: int = 0
    blank: int = 0
    first_blank: int = 0
    _torn: tuple[str | None, Span] | None = None
    _of_run: dict[str, "array[int]"] = field(factory=dict)
    _of_name: dict[bytes, "array[int]"] = field(factory=dict)
    _of_folder: dict[str, list[str]] = field(factory=dict)
    _nameless: "array[int]" = field(factory=lambda: array("Q"))
    _too_long: "array[int]" = field(factory=lambda: array("Q"))
    _end: int = 0
    _file: int | None = None

    def grow(self, log: BinaryIO) -> None:
        """Take in what was appended since; all of it where the log was replaced meanwhile, or cut."""
        state = os.fstat(log.fileno())
        # The device isn't looked at: a file that several machines share has another one on each.
        if self._file not in (None, state.st_ino) or state.st_size < self._end:
            self.__init__()  # type: ignore[misc]
        self._file = state.st_ino
        if state.st_size > self._end:
            log.seek(self._end)
            self._take_in(log)

    def folders(self) -> Iterable[str]:
        """The folders to which the runs belong."""
        return self._of_folder.keys()

    def runs(self, folder: str) -> Sequence[str]:
        """The run ids that lines name and that belong to a folder."""
        return self._of_folder.get(folder, ())

    def of_run(self, run_id: str) -> Iterator[Span]:
        """The lines that name a run, in their order."""
        yield from _spans(self._of_run.get(run_id) or _NO_NUMBERS)
        if self._torn is not None and self._torn[0] == run_id:
            yield self._torn[1]

    def nameless(self) -> Iterator[Span]:
        """The lines that name no run."""
        yield from _spans(self._nameless)
        if self._torn is not None and self._torn[0] is None:
            yield self._torn[1]

    def too_long(self) -> Iterator[Span]:
        """The lines that are too long to be read."""
        return _spans(self._too_long)

    def limited_to(self, folders: Iterable[str]) -> "LogIndex":
        """The same index, which knows the lines of these folders' runs only."""
        of_folder = {folder: self._of_folder[folder] for folder in folders if folder in self._of_folder}
        of_run = {run_id: self._of_run[run_id] for run_ids in of_folder.values() for run_id in run_ids}
        return evolve(self, of_run=of_run, of_name={}, of_folder=of_folder, nameless=array("Q"), too_long=array("Q"))

    # --- taking in ----------------------------------------------------------------------------------------------------

    def _take_in(self, log: BinaryIO) -> None:
        """Read on to the end; a line without its end is taken in, too, and read again next time."""
        self._torn = None
        number, start = self.lines, self._end
        while line := log.readline(LONGEST + 1):
            number, length = number + 1, len(line) - 1
            if line[-1] != _NEWLINE:
                length, has_end = _rest(log, line)
                if not has_end:
                    self._torn = _run_named(line), Span(number, start, length, torn=True)
                    self._numbers_of(self._torn[0])
                    break
            # Most lines are of a run that was met before, and tell it at their beginning.
            match = _HEAD.match(line)
            numbers = self._of_name.get(match[1]) if match and length <= LONGEST else None
            (self._numbers(line, number, length) if numbers is None else numbers).extend((number, start, length))
            start += length + 1
            self._end, self.lines = start, number

    def _numbers(self, line: bytes, number: int, length: int) -> "array[int]":
        """The numbers to which those of a line belong."""
        if length > LONGEST:
            return self._too_long
        if line.isspace():
            self.first_blank, self.blank = self.first_blank or number, self.blank + 1
            return array("Q")
        numbers = self._numbers_of(_run_named(line))
        if match := _HEAD.match(line):
            self._of_name[match[1]] = numbers
        return numbers

    def _numbers_of(self, run_id: str | None) -> "array[int]":
        if run_id is None:
            return self._nameless
        numbers = self._of_run.get(run_id)
        if numbers is None:
            numbers = self._of_run[run_id] = array("Q")
            self._of_folder.setdefault(segment(run_id), []).append(run_id)
        return numbers


def _rest(log: BinaryIO, begun: bytes) -> tuple[int, bool]:
    """How long a line is of which the beginning was read, and whether it has an end."""
    length = len(begun)
    while more := log.readline(1 << 20):
        length += len(more)
        if more[-1] == _NEWLINE:
            return length - 1, True
    return length, False


def _run_named(line: bytes) -> str | None:
    match = _HEAD.match(line)
    try:
        found = match[1].decode() if match else member(orjson.loads(line), "run_id")
    except ValueError:
        return None
    return found if isinstance(found, str) else None
