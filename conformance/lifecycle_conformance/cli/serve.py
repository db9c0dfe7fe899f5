"""`lifecycle-projection serve`."""

import sys
from typing import Literal

import click

from lifecycle_conformance.cli.platform import require_posix

_EPILOG = """\b
EXAMPLES
  lifecycle-projection serve
  echo '{"id": 1, "op": "hello", "protocols": [1]}' | lifecycle-projection serve
  lifecycle-projection check -- lifecycle-projection serve --store memory
  lifecycle-projection check -- lifecycle-projection serve --generation g2"""


@click.command(epilog=_EPILOG)
@click.option(
    "--store",
    type=click.Choice(["files", "memory"]),
    default="files",
    show_default=True,
    help="Where it keeps things: in the directory that `open` names, or in memory, where tenants never meet.",
)
@click.option(
    "--generation",
    type=click.Choice(["g1", "g2", "g3"]),
    help="Answer as that older generation of production's engine would: it breaks some requirements.",
)
def command(store: Literal["files", "memory"], generation: str | None) -> None:
    """Offer the reference as a driver: one request a line on standard input, one answer a line on standard output.

    It speaks version 1 of the driver protocol (spec/16-driver-protocol.md) and ends when its input does. Use it to see
    how a driver behaves, or to compare your own with it.
    """
    if store == "files":
        require_posix("serve")
    from lifecycle_conformance.driver.server import serve  # noqa: PLC0415 - the reference, not needed for help

    if generation is None:
        serve(sys.stdin.buffer, sys.stdout.buffer, store)
        return
    from lifecycle_conformance.mutants.generations import GENERATIONS  # noqa: PLC0415

    with GENERATIONS[generation].applied():
        serve(sys.stdin.buffer, sys.stdout.buffer, store)
