"""The versions of the specification by their sets of requirements, each frozen in a file beside the chapters."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import attrs

from lifecycle_conformance.specification.texts import SPEC

_NAME: Final = "requirements-{}.txt"


def versions(spec: Path | None = None) -> dict[str, frozenset[str]]:
    """The ids of each version, the oldest first."""
    files = (spec or SPEC).glob(_NAME.format("*"))
    found = {path.stem.removeprefix("requirements-"): _ids(path) for path in files}
    return dict(sorted(found.items(), key=lambda each: [int(part) for part in each[0].split(".")]))


def requirements_of(version: str, spec: Path | None = None) -> frozenset[str]:
    """The ids of a version. Raises :class:`UnknownVersionError`."""
    known = versions(spec)
    if version not in known:
        raise UnknownVersionError(version, [*known])
    return known[version]


@attrs.frozen(str=False)
class UnknownVersionError(Exception):
    """No set of requirements was frozen for a version."""

    version: str
    known: Sequence[str]

    def __str__(self) -> str:
        """The versions that there are, and what was asked for."""
        return f"expected a version of the specification ({', '.join(self.known)}), found {self.version!r}"


def _ids(path: Path) -> frozenset[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))
