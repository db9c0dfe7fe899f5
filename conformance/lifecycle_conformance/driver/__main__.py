"""`python -m lifecycle_conformance.driver`: the reference as a driver, quick to start."""

import argparse
import sys
from collections.abc import Sequence
from typing import Final

from lifecycle_conformance.driver.interface import CAPABILITIES
from lifecycle_conformance.driver.server import CAPABILITIES_OF, serve

_EPILOG: Final = """examples:
  python -m lifecycle_conformance.driver --store memory
  python -m lifecycle_conformance.driver --level core
  python -m lifecycle_conformance.driver --without identify,append --without prune"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Read requests from standard input and answer them on standard output until the end of input (DRIVER-16)."""
    parser = argparse.ArgumentParser(
        prog="python -m lifecycle_conformance.driver",
        description=main.__doc__,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--store", choices=("files", "memory"), default="files", help="where the reference keeps things"
    )
    parser.add_argument("--level", help="declare the capabilities of this level only (spec/17-conformance.md)")
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        metavar="CAPABILITY[,CAPABILITY...]",
        help="capabilities that it doesn't declare and doesn't offer; without `durable` everything is kept in memory",
    )
    given = parser.parse_args(arguments)
    without = {name.strip() for names in given.without for name in names.split(",")}
    if unknown := without - CAPABILITIES:
        parser.error(f"unknown capabilities: {', '.join(sorted(unknown))}; known are {', '.join(sorted(CAPABILITIES))}")
    if given.level is not None:
        without |= CAPABILITIES - _of_level(given.level, parser)
    if CAPABILITIES_OF[given.store] - without & {"durable", "files"} == {"files"}:
        parser.error("`files` needs `durable`: add `files` to --without, or use --store memory")
    serve(sys.stdin.buffer, sys.stdout.buffer, given.store, without=without)


def _of_level(level: str, parser: argparse.ArgumentParser) -> frozenset[str]:
    from lifecycle_conformance.specification.requirements import levels  # noqa: PLC0415 - seldom needed, and it reads all of spec/

    known = levels()
    if level not in known:
        parser.error(f"unknown level: {level}; known are {', '.join(known)}")
    return known[level]


if __name__ == "__main__":
    main()
