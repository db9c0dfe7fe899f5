"""Files that a command writes its results to, beside its report: never into what it read."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

STANDARD_OUTPUT: Final = "-"
"""What names standard output in the place of a file."""
_OF_A_DATABASE: Final = ("wal", "shm", "journal")


def check_target(option: str, target: str, read: Sequence[str]) -> None:
    """Refuse a file that can't be written, or that belongs to what is read: before the work, not after it."""
    path = Path(os.path.realpath(target))
    if not path.parent.is_dir():
        raise click.BadParameter(f"expected a file in a folder that exists: {target}", param_hint=f"'{option}'")
    if path.exists() and not path.is_file():
        raise click.BadParameter(f"expected a regular file: {target}", param_hint=f"'{option}'")
    for each in read:
        if _belongs_to(path, Path(os.path.realpath(each.removeprefix("sqlite:")))):
            said = f"expected a file outside of {each}, which is read and never changed: {target}"
            raise click.BadParameter(said, param_hint=f"'{option}'")


def _belongs_to(path: Path, read: Path) -> bool:
    """Whether a path is what is read, or lies in it, or is one of the files of its database, which may be beside it."""
    from lifecycle_conformance.audit.opening import DATABASE  # noqa: PLC0415 - not needed where nothing is written

    database = read.with_name(DATABASE) if read.is_dir() else read
    files = {database, *(database.with_name(f"{database.name}-{end}") for end in _OF_A_DATABASE)}
    return path.is_relative_to(read) or path in files
