"""The command line: `lifecycle-projection`. Each command has a module of its own, loaded when it is called."""

from lifecycle_conformance.cli.root import main

__all__ = ["main"]
