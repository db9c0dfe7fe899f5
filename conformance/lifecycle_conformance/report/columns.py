"""Tables for people: rows as lines, in columns."""

from collections.abc import Iterable, Iterator, Sequence

from lifecycle_conformance.driver.safe_text import safe


def in_columns(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Rows as lines, in columns as wide as their widest text; numbers stand to the right."""
    cells = [head, *([safe(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    numbers = [all(cell.isdigit() for cell in column) and len(column) > 0 for column in zip(*cells[1:], strict=True)]
    numbers = numbers or [False] * len(head)
    for line in cells:
        padded = (
            cell.rjust(width) if number else cell.ljust(width)
            for cell, width, number in zip(line, widths, numbers, strict=True)
        )
        yield "  ".join(padded).rstrip()
