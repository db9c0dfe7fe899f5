"""The command line: `lifecycle-projection`. Each command has a module of its own, loaded when it is called.

Begin with `check`. May import everything below it: `report`, `runner` and the rooms under them.
"""

from lifecycle_conformance.cli.root import main

__all__ = ["main"]
