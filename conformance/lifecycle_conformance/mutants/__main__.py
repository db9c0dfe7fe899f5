"""`python -m lifecycle_conformance.mutants NAME… [--store files|memory]`: a faulty implementation as a driver."""

import argparse
import sys
from collections.abc import Sequence

from lifecycle_conformance.driver import server
from lifecycle_conformance.mutants import MUTANTS, Composed


def main(arguments: Sequence[str] | None = None) -> None:
    """Answer requests from standard input on standard output as the reference with one fault, or several, would."""
    parser = argparse.ArgumentParser(prog="python -m lifecycle_conformance.mutants", description=main.__doc__)
    parser.add_argument("names", nargs="+", choices=MUTANTS, metavar="NAME", help=f"one of {', '.join(MUTANTS)}")
    parser.add_argument("--store", choices=("files", "memory"), help="default: the one on which the fault shows best")
    given = parser.parse_args(arguments)
    mutant = Composed(*(MUTANTS[name] for name in given.names))
    with mutant.applied():
        server.serve(sys.stdin.buffer, sys.stdout.buffer, given.store or mutant.store)


if __name__ == "__main__":
    main()
