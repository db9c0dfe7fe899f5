"""Text from a driver or a file, made safe to show: nothing in it can act upon a terminal, hide, or reorder a line.

All such text passes through :func:`safe`, and once more, with all else that the command line writes, on its way out.
"""

import json
import re
from typing import Final

_STYLES: Final = re.compile(r"(\x1b\[(?:[0-9]|3[0-7]|9[0-7])m)")
"""The escape sequences of this command line's own colours."""
_HIDDEN: Final = frozenset(
    {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0}
    | {*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)}
)
"""Characters that Unicode counts among letters and marks and that show nothing."""


def safe(text: str, *, keep: str = "") -> str:
    r"""Write as escapes of JSON, such as `\u001b`, what could act upon a terminal or would not show.

    These are control and format characters (bidirectional and zero-width ones among them), lone surrogates, unassigned
    characters, and white space other than the plain space; those in `keep` stay. In a JSON text that holds them inside
    strings only, the same values are meant as before.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(each if each in keep or _shows(each) else _escaped(each) for each in text)


def safe_output(text: str) -> str:
    """Make all that is written at once safe: lines and this command line's own colours stay."""
    parts = _STYLES.split(text)
    return "".join(part if index % 2 else safe(part, keep="\n") for index, part in enumerate(parts))


def _shows(character: str) -> bool:
    return character.isprintable() and ord(character) not in _HIDDEN


def _escaped(character: str) -> str:
    # JSON leaves the character DEL as it is.
    return "\\u007f" if character == "\x7f" else json.dumps(character)[1:-1]
