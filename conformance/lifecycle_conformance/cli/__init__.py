"""The command line: `lifecycle-projection`. Each command has a module of its own, loaded when it is called.

Begin with `check`. May import everything below it: `report`, `runner` and the rooms under them.
"""

import sys
from collections.abc import Sequence

from lifecycle_conformance.cli import exits

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None, prog_name: str | None = None) -> None:
    """Run the command line, with the arguments of the process or these, and exit with its code.

    What takes time to load is loaded here, so that Ctrl-C meanwhile ends the command without a traceback, too.
    """
    try:
        from lifecycle_conformance.cli.root import main as command  # noqa: PLC0415

        command(None if arguments is None else list(arguments), prog_name)
    except KeyboardInterrupt:
        sys.exit(exits.INTERRUPTED)
