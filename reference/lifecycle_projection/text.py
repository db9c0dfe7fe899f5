"""Trimming as production trims: by Unicode White_Space (chapter *Records*)."""

from typing import Final

from lifecycle_projection.records import Json

# `str.strip` would also take U+001C to U+001F, which are not in White_Space. There is no other difference.
_CODE_POINTS: Final = (
    *range(0x9, 0xE),
    *(0x20, 0x85, 0xA0, 0x1680),
    *range(0x2000, 0x200B),
    *(0x2028, 0x2029, 0x202F, 0x205F, 0x3000),
)
_WHITE_SPACE: Final = "".join(map(chr, _CODE_POINTS))


def trimmed(value: Json) -> str | None:
    """A string without the white space around it; `None` for what is no string, or nothing but white space.

    (REC-16)
    """
    return (value.strip(_WHITE_SPACE) or None) if isinstance(value, str) else None


def member(value: Json, name: str) -> Json:
    """A member of a value; `None` where it is missing or the value is no object (REC-17)."""
    return value.get(name) if isinstance(value, dict) else None
