"""The epilog of a command's help, made to fit the terminal: click doesn't wrap text that is written line by line."""

import re
import textwrap
from typing import Final

_NUMBERED: Final = re.compile(r"  \d+ +")


def fitted(epilog: str, width: int) -> str:
    r"""Break the lines that are longer than `width`: an exit code's between words, a command's with `\` at the end."""
    return "\n".join(part for line in epilog.split("\n") for part in _broken(line, width))


def _broken(line: str, width: int) -> list[str]:
    if len(line) <= width:
        return [line]
    number = _NUMBERED.match(line)
    if number is not None:
        return textwrap.wrap(line, width, subsequent_indent=" " * number.end(), break_on_hyphens=False)
    parts = textwrap.wrap(line, width - 2, subsequent_indent="      ", break_long_words=False, break_on_hyphens=False)
    return [*(f"{part} \\" for part in parts[:-1]), parts[-1]]
