"""The commands that need a POSIX system say so on others."""

import os

import click

from lifecycle_conformance.cli import exits
from lifecycle_conformance.cli.messages import complain


def require_posix(command: str) -> None:
    """End with a message on other systems: drivers are ended as process groups, and directories are synced.

    Raises :class:`click.exceptions.Exit`.
    """
    if not hasattr(os, "killpg"):
        complain(f"`{command}` runs only on Linux, macOS and other POSIX systems; on Windows, use WSL")
        raise click.exceptions.Exit(exits.WRONG_CALL)
