"""How a page becomes HTML, and what pages of all sorts hold: each command that reports can have one.

All that is put into the templates is escaped, and passes through :func:`safe` before: no text of a store can become
markup, act, hide or reorder a line. The page has no script at all, and a policy by which the browser would run none.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Final, Protocol

from attrs import frozen
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from lifecycle_conformance import __version__
from lifecycle_conformance.driver.safe_text import safe
from lifecycle_conformance.report.page.drawing import drawn
from lifecycle_conformance.report.page.timeline import Tone
from lifecycle_conformance.report.wording import counted
from lifecycle_conformance.specification.index import SPEC_VERSION

_TEMPLATES: Final = Path(__file__).parent / "templates"
_LINK: Final = re.compile(r"\[([^\]]+)\]\([^)\s]+\)")
OPEN_ITEMS: Final = 3
"""How many items of a group are seen before the group is unfolded."""


@frozen
class Badge:
    """A word with its tone, such as a severity."""

    word: str
    tone: Tone


@frozen(kw_only=True)
class Fact:
    """Something that is said of an item: a name and a text, which may lead to a place on the page.

    A `code` is shown as it stands there, to the letter.
    """

    name: str
    text: str
    anchor: str | None = None
    code: bool = False


@frozen(kw_only=True)
class Listing:
    """What else is to be told, entry by entry."""

    anchor: str
    title: str
    lead: str
    entries: Sequence[str]


class Templated(Protocol):
    """A page of any sort, which knows its template; all extend `skeleton.html`."""

    template: ClassVar[str]


def rendered(page: Templated) -> bytes:
    """A page as HTML in UTF-8."""
    style = Markup((_TEMPLATES / "page.css").read_text(encoding="utf-8"))  # noqa: S704 - a file of ours
    return (
        _environment()
        .get_template(page.template)
        .render(page=page, style=style, style_hash=_hash(style), made_by=_made_by(), open_items=OPEN_ITEMS)
        .encode()
    )


def anchor_of(prefix: str, name: str) -> str:
    """The id of an element about something that has a name of the user's: readable where it is plain."""
    plain = name.isascii() and name.replace("-", "").replace("_", "").replace(".", "").isalnum()
    return f"{prefix}-{name if plain else hashlib.sha256(name.encode(errors='surrogatepass')).hexdigest()[:16]}"


def spans(text: str) -> list[tuple[str, bool]]:
    """A text of the specification or of a finding in pieces, each with whether it is code; links lead nowhere here."""
    pieces = _LINK.sub(r"\1", text).split("`")
    return [(piece, number % 2 == 1) for number, piece in enumerate(pieces) if piece]


def _made_by() -> str:
    return f"lifecycle-projection {__version__}, specification {SPEC_VERSION}"


def _hash(style: str) -> str:
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        finalize=_safe,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals.update(drawn=drawn, counted=counted, spans=spans)
    return environment


def _safe(value: Any) -> Any:
    return safe(value) if isinstance(value, str) and not isinstance(value, Markup) else value
