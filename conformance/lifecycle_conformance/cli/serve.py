"""`lifecycle-projection serve`."""

import sys
from typing import Literal

import click

from lifecycle_conformance.cli.platform import require_posix

_EPILOG = """\b
EXAMPLES
  lifecycle-projection serve
  echo '{"id": 1, "op": "hello", "protocols": [1]}' | lifecycle-projection serve
  lifecycle-projection check -- lifecycle-projection serve --store memory"""


@click.command(epilog=_EPILOG)
@click.option(
    "--store",
    type=click.Choice(["files", "memory"]),
    default="files",
    show_default=True,
    help="Where it keeps things: in the directory that `open` names, or in memory, where tenants never meet.",
)
def command(store: Literal["files", "memory"]) -> None:
    """Offer the reference as a driver: one request a line on standard input, one answer a line on standard output.

    It speaks version 1 of the driver protocol (spec/16-driver-protocol.md) and ends when its input does. Use it to see
    how a driver behaves, or to compare your own with it.
    """
    if store == "files":
        require_posix("serve")
    from lifecycle_conformance.driver.server import serve  # noqa: PLC0415 - the reference, not needed for help

    serve(sys.stdin.buffer, sys.stdout.buffer, store)
