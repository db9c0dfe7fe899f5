"""`python -m lifecycle_conformance.driver [--store files|memory]`: the reference as a driver, quick to start."""

import argparse
import sys
from collections.abc import Sequence

from lifecycle_conformance.driver.server import serve


def main(arguments: Sequence[str] | None = None) -> None:
    """Read requests from standard input and answer them on standard output until the end of input (DRIVER-16)."""
    parser = argparse.ArgumentParser(prog="python -m lifecycle_conformance.driver", description=main.__doc__)
    parser.add_argument(
        "--store", choices=("files", "memory"), default="files", help="where the reference keeps things"
    )
    serve(sys.stdin.buffer, sys.stdout.buffer, parser.parse_args(arguments).store)


if __name__ == "__main__":
    main()
