"""How a time line is drawn: where each shape, line and text of it stands, in pixels.

A time line that is wider than a page goes on in a further strip.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Final, TypeVar

from attrs import frozen

from lifecycle_conformance.report.page.timeline import (
    Cell,
    Column,
    Fault,
    Gap,
    Lane,
    Mark,
    Presence,
    Stage,
    Timeline,
    Tone,
)
from lifecycle_conformance.report.wording import counted, short

PER_STRIP: Final = 7
_GUTTER: Final = 86
_COLUMN: Final = 134
_BEYOND: Final = 12
"""How far the widest text of the last column goes beyond it."""
_MARK_X: Final = 10
_TEXT_X: Final = 26
_MARK_Y: Final = 14
_CAPTION: Final = 17
"""How many characters a column has room for."""
_HEIGHTS: Final = {Lane.HISTORY: 58, Lane.EVENTS: 76, Lane.SNAPSHOTS: 60}
_BAND: Final = 24
_ABOVE: Final = 40
"""How much room the bands of the steps take."""
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
    stages: Sequence[tuple[int, int, int, str, Stage]] = ()


def drawn(timeline: Timeline) -> list[Strip]:
    """The strips of a time line."""
    parts = [timeline.cells[at : at + PER_STRIP] for at in range(0, len(timeline.cells), PER_STRIP)]
    of = "" if len(parts) == 1 else " (part {} of {})"
    return [
        _strip(timeline.title + of.format(number, len(parts)), timeline, part)
        for number, part in enumerate(parts, start=1)
    ]


def _strip(title: str, timeline: Timeline, cells: Sequence[Cell]) -> Strip:
    tops: dict[Lane, int] = {}
    top = 4
    below = top + (_ABOVE if timeline.has_stages else 0)
    for lane in timeline.lanes:
        tops[lane], below = below, below + _HEIGHTS[lane]
    placed = [(_GUTTER + number * _COLUMN, cell) for number, cell in enumerate(cells)]
    names = [Text(x=0, y=y + _MARK_Y + 4, text=lane, sort="lane") for lane, y in tops.items()]
    names += [Text(x=0, y=top + 16, text="steps", sort="lane")] if timeline.has_stages else []
    return Strip(
        title=title,
        description=_described(cells, stages=timeline.has_stages),
        width=_GUTTER + len(cells) * _COLUMN + _BEYOND,
        height=below + _BAND + 4,
        lanes=[*names, Text(x=0, y=below + 16, text="phases", sort="lane")],
        lines=[line for x, cell in placed if isinstance(cell, Column) for line in _lines(x, cell, tops)],
        marks=[mark for x, cell in placed if isinstance(cell, Column) for mark in _marks(x, cell, tops)],
        gaps=[text for x, cell in placed if isinstance(cell, Gap) for text in _gap(x, cell, tops)],
        bands=[(x, below, width, short(phase, width // 8)) for x, width, phase in _side_by_side(placed, _phase)],
        stages=[
            (x, top, width, short(stage.label, width // 8), stage) for x, width, stage in _side_by_side(placed, _stage)
        ],
    )


def _described(cells: Sequence[Cell], *, stages: bool) -> str:
    """What the strip shows, for those who don't see it."""
    shown = [cell for cell in cells if isinstance(cell, Column)]
    wrong = [f"finding {each.number}, {each.name}" for cell in shown for each in cell.faults]
    wrong += dict.fromkeys(
        f"step {each.stage.label} fails" for each in shown if each.stage is not None and each.stage.tone is not None
    )
    nothing = "no step that fails" if stages else "no findings"
    columns = counted(len(shown), "column")
    return f"{columns} from left to right, in their order; {'; '.join(wrong) or nothing}."


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
            tone=mark.tone,
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


_T = TypeVar("_T")


def _side_by_side(
    placed: Sequence[tuple[int, Cell]], of: Callable[[Column], _T | None]
) -> Iterator[tuple[int, int, _T]]:
    """The places and widths of what several columns share that stand side by side, from the first to the last."""
    for shared, group in groupby(placed, key=lambda each: of(each[1]) if isinstance(each[1], Column) else None):
        xs = [x for x, _ in group]
        if shared is not None:
            yield xs[0], len(xs) * _COLUMN - 8, shared


def _phase(column: Column) -> str | None:
    return column.phase


def _stage(column: Column) -> Stage | None:
    return column.stage
