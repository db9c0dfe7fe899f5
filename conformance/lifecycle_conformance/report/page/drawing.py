"""How a time line is drawn: where each shape, line and text of it stands, in pixels.

A time line that is wider than a page goes on in a further strip.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Final

from attrs import frozen

from lifecycle_conformance.report.page.timeline import Cell, Column, Fault, Gap, Lane, Mark, Presence, Timeline, Tone
from lifecycle_conformance.report.wording import counted, short

PER_STRIP: Final = 7
_GUTTER: Final = 86
_COLUMN: Final = 134
_MARK_X: Final = 10
_TEXT_X: Final = 26
_MARK_Y: Final = 14
_CAPTION: Final = 17
"""How many characters a column has room for."""
_HEIGHTS: Final = {Lane.HISTORY: 58, Lane.EVENTS: 76, Lane.SNAPSHOTS: 60}
_BAND: Final = 24
_PILLS: Final = 3


@frozen(kw_only=True)
class Text:
    """A line of text at a place; `sort` is what the style knows it by."""

    x: int
    y: int
    text: str
    sort: str


@frozen(kw_only=True)
class DrawnMark:
    """A mark at a place, with the texts and numbers beside it; `tone` is that of its worst fault."""

    x: int
    y: int
    lane: Lane
    mark: Mark
    tone: Tone | None
    texts: Sequence[Text]
    pills: Sequence[tuple[int, int, Fault]]


@frozen(kw_only=True)
class Strip:
    """A part of a time line as it is drawn: sizes and places in pixels."""

    title: str
    description: str
    width: int
    height: int
    lanes: Sequence[Text]
    lines: Sequence[tuple[int, int, int]]
    marks: Sequence[DrawnMark]
    gaps: Sequence[Text]
    bands: Sequence[tuple[int, int, int, str]]


def drawn(timeline: Timeline) -> list[Strip]:
    """The strips of a time line."""
    parts = [timeline.cells[at : at + PER_STRIP] for at in range(0, len(timeline.cells), PER_STRIP)]
    of = "" if len(parts) == 1 else " (part {} of {})"
    return [
        _strip(timeline.title + of.format(number, len(parts)), timeline.lanes, part)
        for number, part in enumerate(parts, start=1)
    ]


def _strip(title: str, lanes: Sequence[Lane], cells: Sequence[Cell]) -> Strip:
    tops: dict[Lane, int] = {}
    below = 4
    for lane in lanes:
        tops[lane], below = below, below + _HEIGHTS[lane]
    placed = [(_GUTTER + number * _COLUMN, cell) for number, cell in enumerate(cells)]
    names = [Text(x=0, y=tops[lane] + _MARK_Y + 4, text=lane, sort="lane") for lane in lanes]
    return Strip(
        title=title,
        description=_described(cells),
        width=_GUTTER + len(cells) * _COLUMN,
        height=below + _BAND + 4,
        lanes=[*names, Text(x=0, y=below + 16, text="phases", sort="lane")],
        lines=[line for x, cell in placed if isinstance(cell, Column) for line in _lines(x, cell, tops)],
        marks=[mark for x, cell in placed if isinstance(cell, Column) for mark in _marks(x, cell, tops)],
        gaps=[text for x, cell in placed if isinstance(cell, Gap) for text in _gap(x, cell, tops)],
        bands=[*_bands(placed, below)],
    )


def _described(cells: Sequence[Cell]) -> str:
    """What the strip shows, for those who don't see it."""
    faults = [fault for cell in cells if isinstance(cell, Column) for fault in cell.faults]
    columns = counted(sum(isinstance(cell, Column) for cell in cells), "column")
    named = "; ".join(f"finding {each.number}, {each.name}" for each in faults)
    return f"{columns} from left to right, in their order; {named or 'no findings'}."


def _lines(x: int, column: Column, tops: Mapping[Lane, int]) -> Iterator[tuple[int, int, int]]:
    """A line from each mark to the one below it that belongs to it."""
    ys = [tops[lane] + _MARK_Y for lane in tops if _holds(column, lane)]
    yield from ((x + _MARK_X, upper, lower) for upper, lower in pairwise(ys))


def _holds(column: Column, lane: Lane) -> bool:
    return lane in column.marks and column.marks[lane].presence is not Presence.MISSING


def _marks(x: int, column: Column, tops: Mapping[Lane, int]) -> Iterator[DrawnMark]:
    for lane, top in tops.items():
        if (mark := column.marks.get(lane)) is None:
            continue
        y = top + _MARK_Y
        lines = [(mark.label, "label"), (mark.caption, "caption"), (mark.detail, "detail")]
        yield DrawnMark(
            x=x + _MARK_X,
            y=y,
            lane=lane,
            mark=mark,
            tone=min((each.tone for each in mark.faults), key=[*Tone].index, default=None),
            texts=[
                Text(x=x + _TEXT_X, y=y + 4 + 17 * number, text=short(text, _CAPTION), sort=sort)
                for number, (text, sort) in enumerate(lines)
                if text
            ],
            pills=[*_pills(x + _TEXT_X + 9 * len(short(mark.label, _CAPTION)) + 3, mark.faults)],
        )


def _pills(x: int, faults: Sequence[Fault]) -> Iterator[tuple[int, int, Fault]]:
    """The numbers of the first faults, each with its width; the others stand in the text of the mark."""
    for fault in faults[:_PILLS]:
        width = 10 + 7 * len(str(fault.number))
        yield x, width, fault
        x += width + 3


def _gap(x: int, gap: Gap, tops: Mapping[Lane, int]) -> Iterator[Text]:
    y = tops[Lane.EVENTS] + _MARK_Y + 4
    yield Text(x=x + _TEXT_X, y=y, text=f"… {gap.columns} left out", sort="gap")
    if gap.faulty:
        yield Text(x=x + _TEXT_X, y=y + 17, text=f"{gap.faulty} with findings", sort="gap")


def _bands(placed: Sequence[tuple[int, Cell]], top: int) -> Iterator[tuple[int, int, int, str]]:
    """A band for each phase, from the first to the last of its columns that stand side by side."""
    for phase, group in groupby(placed, key=lambda each: each[1].phase if isinstance(each[1], Column) else None):
        xs = [x for x, _ in group]
        if phase is not None:
            width = len(xs) * _COLUMN - 8
            yield xs[0], top, width, short(phase, width // 8)
