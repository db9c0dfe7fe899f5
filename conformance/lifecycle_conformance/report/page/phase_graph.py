"""The phases and the moves between them that the table allows, drawn as a graph with what a search walked.

The phases stand on an ellipse in the order of the table, so that no line crosses a phase.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from attrs import frozen

from lifecycle_conformance.model.phase_table import NEXT
from lifecycle_conformance.report.search_depth import move_name

_Point: TypeAlias = tuple[float, float]
WIDTH: Final = 800
HEIGHT: Final = 500
_CENTRE: Final = (WIDTH / 2, HEIGHT / 2)
_RADII: Final = (290.0, 205.0)
_NODE_HEIGHT: Final = 42
_CHARACTER: Final = 7.3
"""The width of a character of a phase's name."""
_INWARDS: Final = 0.35
"""How far a line bends to the centre: those of neighbours don't touch the phases between them."""
_ASIDE: Final = 14
"""How far a line bends to its left, so that the way back has its own."""
_CLEAR: Final = 4
_NUMBER: Final = 0.3
"""How far on its line the number stands, from 0 to 1."""
_NARROWEST: Final = 92


@frozen(kw_only=True)
class Node:
    """A phase at a place, with how often it was seen; the corner, the width and the middle of its box."""

    name: str
    seen: int
    x: float
    y: float
    width: float
    height: int = _NODE_HEIGHT

    @property
    def middle(self) -> _Point:
        """Where its texts are centred."""
        return self.x + self.width / 2, self.y + self.height / 2


@frozen(kw_only=True)
class Edge:
    """A move that is allowed, with how often it was walked, as a path of SVG.

    `weight` is the width of its line, `place` where the number stands on it.
    """

    name: str
    walked: int
    path: str
    weight: float
    place: _Point


@frozen(kw_only=True)
class Graph:
    """The graph as it is drawn."""

    nodes: Sequence[Node]
    edges: Sequence[Edge]
    width: int = WIDTH
    height: int = HEIGHT


def graph(phases: Mapping[str, int], moves: Mapping[str, int]) -> Graph:
    """The graph of all phases, with how often each was seen and each move was walked."""
    nodes = {name: _node(name, phases.get(name, 0), number) for number, name in enumerate(NEXT)}
    edges = [
        _edge(nodes[source], nodes[target], moves.get(move_name(source, target), 0))
        for source, following in NEXT.items()
        for target in following
    ]
    return Graph(nodes=[*nodes.values()], edges=sorted(edges, key=lambda edge: edge.walked > 0))


def _node(name: str, seen: int, number: int) -> Node:
    angle = math.tau * number / len(NEXT) - math.pi / 2
    width = max(_NARROWEST, round(_CHARACTER * len(name) + 22))
    x, y = (_CENTRE[0] + _RADII[0] * math.cos(angle), _CENTRE[1] + _RADII[1] * math.sin(angle))
    return Node(name=name, seen=seen, x=round(x - width / 2), y=round(y - _NODE_HEIGHT / 2), width=width)


def _edge(source: Node, target: Node, walked: int) -> Edge:
    bend = _bend(source.middle, target.middle)
    start, end = _border(source, bend), _border(target, bend)
    path = f"M{_said(start)} Q{_said(bend)} {_said(end)}"
    weight = round(min(4.0, 1.25 + math.log10(walked)), 2) if walked else 1.0
    return Edge(
        name=move_name(source.name, target.name),
        walked=walked,
        path=path,
        weight=weight,
        place=_on_the_way(start, bend, end),
    )


def _on_the_way(start: _Point, bend: _Point, end: _Point) -> _Point:
    """A point of a line near its start, where few others are."""
    before, after = (1 - _NUMBER) ** 2, _NUMBER**2
    beside = 2 * (1 - _NUMBER) * _NUMBER
    x, y = (before * one + beside * middle + after * other for one, middle, other in zip(start, bend, end, strict=True))
    return x, y


def _bend(start: _Point, end: _Point) -> _Point:
    """The point that a line bends to: towards the centre, and to the left of its way."""
    length = math.dist(start, end)
    aside = ((end[1] - start[1]) / length * _ASIDE, (start[0] - end[0]) / length * _ASIDE)
    x, y = (
        (one + other) / 2 * (1 - _INWARDS) + centre * _INWARDS + beside
        for one, other, centre, beside in zip(start, end, _CENTRE, aside, strict=True)
    )
    return x, y


def _border(node: Node, towards: _Point) -> _Point:
    """Where the line from the middle of a phase to a point leaves its box."""
    x, y = node.middle
    dx, dy = towards[0] - x, towards[1] - y
    sides = [(node.width / 2 + _CLEAR) / abs(dx)] if dx else []
    sides += [(node.height / 2 + _CLEAR) / abs(dy)] if dy else []
    share = min([*sides, 1.0])
    return x + dx * share, y + dy * share


def _said(point: _Point) -> str:
    return " ".join(f"{each:.1f}" for each in point)
