"""What needs a POSIX system, and what the command line says where there is none."""

import os

import click

from lifecycle_conformance.cli import exits
from lifecycle_conformance.cli.messages import complain


def require_posix(command: str) -> None:
    """End with a sentence where no POSIX system is: drivers are ended as process groups, directories are synced.

    Raises :class:`click.exceptions.Exit`.
    """
    if not hasattr(os, "killpg"):
        complain(f"`{command}` runs only on Linux, macOS and other POSIX systems; on Windows, use WSL")
        raise click.exceptions.Exit(exits.WRONG_CALL)
