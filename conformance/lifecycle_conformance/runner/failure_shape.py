"""The shape of a failure: its message without what is another one in another session.

The same fault has the same few shapes whatever the seed, the time and the session that shows it: so a failure that was
accepted is known again.
"""

import re
from functools import cache, lru_cache
from typing import Final

from lifecycle_conformance.driver.safe_text import safe
from lifecycle_conformance.model.phase_table import NEXT, PHASE_OF

_MASK: Final = "…"
_KEPT: Final = 4096
_QUOTED: Final = r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*\""""
_ASIDE: Final = re.compile(r" ?\([^()]*\)")
_MOVE: Final = r"(?:no phase|\S+) → \w+"
_ID_OR_PATH: Final = r"\S*[0-9/]\S*\w"
_NUMBER: Final = "[0-9]"


@lru_cache(maxsize=_KEPT)
def shape_of(message: str) -> str:
    """The first line of a message without what is in brackets, and with `…` for each value of the session in it.

    A value is what stands in quotation marks, a move, a word with a digit or a slash (an id, a path, a number), a phase
    or a status.
    """
    first, *_ = message.splitlines() or [""]
    return safe(_ASIDE.sub("", _values().sub(_MASK, first)))


@cache
def _values() -> re.Pattern[str]:
    words = sorted({*NEXT, *PHASE_OF}, key=lambda word: (-len(word), word))
    named = rf"\b(?:{'|'.join(words)})\b"
    return re.compile(f"{_QUOTED}|{_MOVE}|{_ID_OR_PATH}|{_NUMBER}|{named}")
