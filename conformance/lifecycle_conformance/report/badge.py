"""A badge from a statement of conformance: an SVG that loads nothing and says in words what its colours say."""

from typing import Final
from xml.etree import ElementTree as ET

from lifecycle_conformance.driver.safe_text import safe
from lifecycle_conformance.execution.trace import Object
from lifecycle_conformance.report.statement import CONFORMS, HOLDS_IN_PART, OUTCOME_FALLS_SHORT, OUTCOME_UNDECIDED

_COLOURS: Final = {
    CONFORMS: "#1a7f37",
    HOLDS_IN_PART: "#8a5a00",
    OUTCOME_UNDECIDED: "#8a5a00",
    OUTCOME_FALLS_SHORT: "#b42318",
}
"""Green, amber and red, dark enough for white text to be read on them."""
_GREY: Final = "#444c56"
_HEIGHT: Final = 20
_PADDING: Final = 7
_CHARACTER: Final = 6.6
"""How wide a character is on average, in this size; each text is fitted to its part, whatever font is there."""
_NAMESPACE: Final = "http://www.w3.org/2000/svg"


def badge(statement: Object) -> bytes:
    """The badge of a statement, an SVG document in UTF-8."""
    label, message = f"lifecycle-projection {safe(statement['spec'])}", _message(statement)
    left, right = _width(label), _width(message)
    root = ET.Element(
        "svg",
        {
            "xmlns": _NAMESPACE,
            "width": f"{left + right:g}",
            "height": str(_HEIGHT),
            "viewBox": f"0 0 {left + right:g} {_HEIGHT}",
            "role": "img",
            "aria-labelledby": "title desc",
        },
    )
    ET.SubElement(root, "title", {"id": "title"}).text = f"{label}: {message}"
    ET.SubElement(root, "desc", {"id": "desc"}).text = _described(statement)
    for start, width, colour, text in (
        (0.0, left, _GREY, label),
        (left, right, _COLOURS[statement["outcome"]], message),
    ):
        _part(root, start, width, colour, text)
    document: bytes = ET.tostring(root, encoding="utf-8")
    return document + b"\n"


def _width(text: str) -> float:
    return round(len(text) * _CHARACTER + 2 * _PADDING, 1)


def _part(root: ET.Element, start: float, width: float, colour: str, text: str) -> None:
    box = {"x": f"{start:g}", "width": f"{width:g}", "height": str(_HEIGHT), "fill": colour}
    ET.SubElement(root, "rect", box)
    letters = {
        "x": f"{start + _PADDING:g}",
        "y": "14",
        "textLength": f"{width - 2 * _PADDING:g}",
        "lengthAdjust": "spacingAndGlyphs",
        "fill": "#ffffff",
        "font-family": "Verdana, DejaVu Sans, sans-serif",
        "font-size": "11",
        "aria-hidden": "true",
    }
    ET.SubElement(root, "text", letters).text = text


def _message(statement: Object) -> str:
    if statement["outcome"] != CONFORMS:
        return str(statement["outcome"])
    level = statement["level"]
    return f"{CONFORMS} ({'no level' if level is None else level})"


def _described(statement: Object) -> str:
    """Who was judged, how, and what came of it, in sentences."""
    driver = statement["driver"]
    counts = ", ".join(f"{number} {verdict}" for verdict, number in statement["verdicts"].items() if number)
    how = f"profile {statement['profile']}, seed {statement['seed']}"
    said = (
        f"{driver['name']} {driver['version']}, judged by lifecycle-projection {statement['suite']} ({how}): {counts}."
    )
    return safe(" ".join([said, *(f"{each[:1].upper()}{each[1:]}." for each in statement["limits"])]))
