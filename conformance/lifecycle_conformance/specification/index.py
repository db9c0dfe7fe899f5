"""The index of the specification, `spec/README.md`: its version. What is asked for at each start needs no more."""

import re
from pathlib import Path
from typing import Final

from lifecycle_conformance.specification.texts import SPEC

INDEX: Final = "README.md"
_VERSION: Final = re.compile(r"Version: (?P<version>\S+)")


class SpecificationError(Exception):
    """The text of the specification doesn't follow its format, so nothing that depends on it can be trusted."""

    def __init__(self, file: str, line: int, problem: str) -> None:
        super().__init__(file, line, problem)
        self.file = file
        self.line = line
        self.problem = problem

    def __str__(self) -> str:
        """The place, then the problem."""
        return f"{self.file}:{self.line}: {self.problem}"


def read_lines(path: Path) -> tuple[str, ...]:
    """The lines of a text. Raises :class:`SpecificationError`."""
    try:
        # Not splitlines: examples hold U+2028 and the like.
        return tuple(path.read_text(encoding="utf-8").split("\n"))
    except OSError as error:
        raise SpecificationError(str(path), 0, f"expected a readable file: {error.strerror or error}") from error


def version(spec: Path = SPEC) -> str:
    """The version of the specification. Raises :class:`SpecificationError`."""
    path = spec / INDEX
    for line in read_lines(path):
        if match := _VERSION.fullmatch(line):
            return match["version"]
    raise SpecificationError(str(path), 1, "expected a line 'Version: …', found none")


SPEC_VERSION: Final = version()
"""The version of the specification that this suite judges by."""
