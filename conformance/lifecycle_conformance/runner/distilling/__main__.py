"""`python -m lifecycle_conformance.runner.distilling`: grow the distilled corpus anew, or let it grow on."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import monotonic
from typing import Final

from lifecycle_conformance.judges.corpus import as_line, load
from lifecycle_conformance.judges.corpus.cases import CORPUS
from lifecycle_conformance.mutants import MUTANTS
from lifecycle_conformance.runner.distilling.growing import Effort, Grown, grown
from lifecycle_conformance.runner.distilling.untold import why_untold
from lifecycle_conformance.runner.pool import pool_of

_SHOWN_EVERY_S: Final = 5.0


def main(arguments: Sequence[str] | None = None) -> None:
    """Write a corpus that tells all faulty implementations, and exercises all requirements, that sessions can."""
    parser = argparse.ArgumentParser(prog="python -m lifecycle_conformance.runner.distilling", description=main.__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="these faulty implementations only")
    parser.add_argument("--output", type=Path, default=CORPUS, help="default: the file that the suite has")
    parser.add_argument(
        "--add", action="store_true", help="begin with its cases, and look only for what they don't tell"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2, help="processes; what is found doesn't depend on it")
    parser.add_argument("--waves", type=int, default=Effort().waves, help="how often more lives are made up")
    given = parser.parse_args(arguments)
    if unknown := sorted({*given.names} - MUTANTS.keys()):
        parser.error(f"there is no mutant {', '.join(unknown)}")
    if given.add and given.names:
        parser.error("--add looks for all that its cases don't tell: leave NAME out")
    begun = monotonic()
    with pool_of(given.jobs, _progress()) as pool:
        kept = load(given.output) if given.add else []
        found = grown(pool, given.names or [*MUTANTS], given.seed, Effort(waves=given.waves), kept)
    written = "".join(f"{as_line(case)}\n" for case in found.cases).encode()
    given.output.write_bytes(written)
    sys.stdout.write("".join(f"{line}\n" for line in _told(found, len(written), monotonic() - begun)))


class _progress:  # noqa: N801 - it is called like a function
    """Shows progress now and then, and each new kind of work at once."""

    def __init__(self) -> None:
        self._what, self._shown, self._begun = "", 0.0, monotonic()

    def __call__(self, text: str) -> None:
        what, now = text.partition(":")[0], monotonic()
        if what != self._what or now > self._shown + _SHOWN_EVERY_S:
            self._what, self._shown = what, now
            sys.stderr.write(f"{(now - self._begun) / 60:5.1f} min  {text}\n")


def _told(found: Grown, size: int, seconds: float) -> Iterator[str]:
    """What was found, and what no case tells."""
    kills = {name for case in found.cases for name in case.kills}
    exercised = {each for case in found.cases for each in case.requirements}
    yield (
        f"{len(found.cases)} cases, {size} bytes: {len(kills)} faults told, {len(exercised)} requirements exercised,"
        f" in {seconds / 60:.1f} minutes"
    )
    for name in found.untold:
        reason = why_untold(name) or "for no reason that is known: put it into untold.py"
        yield f"no case tells {name} ({MUTANTS[name].chief}), {reason}: {MUTANTS[name].__doc__}"
    for name in sorted(name for name in kills if why_untold(name)):
        yield f"{name} is told now: take it out of untold.py"
    for name in found.unfound:
        yield f"the properties find {name} ({MUTANTS[name].chief}) in no case: {MUTANTS[name].__doc__}"
    for each in found.unexercised:
        yield f"no case exercises {each}"
    for each in found.rejected:
        yield f"the properties are against a case: {each}"


if __name__ == "__main__":
    main()
