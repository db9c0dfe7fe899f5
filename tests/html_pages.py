"""Pages as a strict parser sees them, and the texts that must not become part of one."""

import base64
import hashlib
import re
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise
from typing import Final

from hypothesis import strategies as st

_VOID: Final = {"meta", "br"}


class Parsed(HTMLParser):
    """A page as a strict parser sees it: each element is closed by its own end."""

    def __init__(self, document: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.ids: Counter[str] = Counter()
        self.links: list[str] = []
        self.headings: list[int] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(document.decode())
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_startendtag(tag, attrs)
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        self.tags.append((tag, tuple(named)))
        self.ids.update([named["id"]] if "id" in named else [])
        self.links += [named["href"]] if "href" in named else []
        if tag in {"h1", "h2", "h3", "h4"}:
            self.headings.append(int(tag[1]))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += "" if self.open[-1:] == ["style"] else data


def well_formed(document: bytes) -> Parsed:
    """What holds for every page."""
    page = Parsed(document)
    assert not {"script", "img", "iframe", "link", "form", "object", "base"} & {tag for tag, _ in page.tags}
    assert not [names for _, names in page.tags if any(name.startswith("on") or name == "style" for name in names)]
    assert max(page.ids.values()) == 1
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+", each) for each in page.ids)
    assert {link.removeprefix("#") for link in page.links} <= {*page.ids}
    assert page.headings[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(page.headings))
    text = document.decode()
    assert [each for each in {*text} - {"\n"} if not each.isprintable()] == []
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    allowed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{allowed}'; base-uri 'none'; form-action 'none'" in text
    return page


HOSTILE = (
    "</title></style></script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"\' onload=alert(1) x="',
    "--><svg/onload=alert(1)><!--",
    "]]>&lt;&amp;&#60;{{ 7 * 7 }}{% raw %}",
    "\x1b[31mred\x1b]0;title\x07\x00\x7f\x9b",
    "\u202eleft\u2066right\u200b\ufeff\u2028",
    "\ud800\udfff\ud83d",
    "javascript:alert(1)#",
)
texts = st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(codec=None, exclude_characters="`"), min_size=1))
in_json = texts.map(lambda text: text.encode(errors="replace").decode())
"""Records are JSON in UTF-8, which has no lone surrogates; the name of a file may have some."""
