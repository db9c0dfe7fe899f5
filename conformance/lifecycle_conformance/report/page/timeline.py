"""A run's time line as data: what stands in each lane, and what is left out of a long one.

From left to right is the order, not the time: a run sleeps for weeks, and then does ten things in a second.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final, TypeAlias

from attrs import frozen


class Tone(StrEnum):
    """How bad something is."""

    BAD = "bad"
    DOUBT = "doubt"
    NOTE = "note"
    GOOD = "good"


class Lane(StrEnum):
    """A row of a time line; phases are a row below these."""

    HISTORY = "history"
    EVENTS = "events"
    SNAPSHOTS = "snapshots"


class Presence(StrEnum):
    """Whether something stands where it is drawn."""

    WHOLE = "whole"
    MISSING = "missing"
    """It should be there, and isn't."""
    ELSEWHERE = "elsewhere"
    """It stands in another place, such as in a compaction marker."""


@frozen(kw_only=True)
class Fault:
    """What is wrong with a mark: a number that refers to a finding, and its name."""

    number: int
    tone: Tone
    name: str


@frozen(kw_only=True)
class Mark:
    """Something in a lane: a label such as `#4`, two short lines below it, and all that is known of it as a text.

    `own_tone` is for what is wrong without a number to refer to.
    """

    label: str
    caption: str
    detail: str = ""
    text: str
    presence: Presence = Presence.WHOLE
    faults: Sequence[Fault] = ()
    own_tone: Tone | None = None

    @property
    def tone(self) -> Tone | None:
        """That of the worst that is wrong with it."""
        return min((each.tone for each in self.faults), key=[*Tone].index, default=self.own_tone)


@frozen(kw_only=True)
class Stage:
    """A step that columns belong to: what it is in short, all that is known of it as a text, and how bad it is."""

    label: str
    text: str
    tone: Tone | None = None


@frozen(kw_only=True)
class Column:
    """What belongs together: a lifecycle record, its event, its snapshot, the phase of that, and the step it is of."""

    marks: Mapping[Lane, Mark]
    phase: str | None = None
    stage: Stage | None = None

    @property
    def faults(self) -> list[Fault]:
        """All that is wrong in it."""
        return [fault for lane in Lane if lane in self.marks for fault in self.marks[lane].faults]


@frozen
class Gap:
    """Columns that are left out, and how many of them have faults."""

    columns: int
    faulty: int = 0

    @property
    def text(self) -> str:
        """Such as `12 left out, 2 of them with findings`."""
        return f"{self.columns} left out{f', {self.faulty} with findings' if self.faulty else ''}"


Cell: TypeAlias = Column | Gap


@frozen(kw_only=True)
class Timeline:
    """A time line. `beside` are faults that are about no place on it."""

    title: str
    lanes: Sequence[Lane]
    cells: Sequence[Cell]
    beside: Sequence[Fault] = ()

    @property
    def has_stages(self) -> bool:
        """Whether its columns belong to steps."""
        return any(isinstance(each, Column) and each.stage is not None for each in self.cells)


# --- what is left out -------------------------------------------------------------------------------------------------

_AROUND: Final = 2
_SHORT: Final = 14
"""Up to how many columns nothing is left out: two strips."""
_MOST: Final = 42


def kept(count: int, faulty: Sequence[int]) -> list[int | Gap]:
    """The numbers of the columns that are shown: those near faults, or the newest; gaps stand for the others."""
    if count <= _SHORT:
        return [*range(count)]
    near = {each for at in faulty for each in range(at - _AROUND, at + _AROUND + 1) if 0 <= each < count}
    wanted = sorted(near or range(count - _SHORT // 2, count))[:_MOST]
    found: list[int | Gap] = []
    before = -1
    for index in [*wanted, count]:
        left_out = range(before + 1, index)
        if len(left_out) == 1:  # a gap would take as much room
            found += left_out
        elif left_out:
            found.append(Gap(len(left_out), sum(at in left_out for at in {*faulty})))
        found += [index] * (index < count)
        before = index
    return found
