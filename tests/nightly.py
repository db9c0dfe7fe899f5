"""The long forms of the tests that search, one after the other: how long each took, its share, and how it ended."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from attrs import frozen

ROOT: Final = Path(__file__).parents[1]


@frozen
class Part:
    """A command, with the variables that make it long."""

    name: str
    command: tuple[str, ...]
    variables: dict[str, str]


def tests(name: str, path: str, **variables: str) -> Part:
    """A test file that takes its number of examples from a variable."""
    return Part(name, ("-m", "pytest", "-q", "-n", "auto", "--dist", "worksteal", path), variables)


def check(seed: int) -> Part:
    """A long search for faults of the reference, from another place."""
    command = ("-m", "lifecycle_conformance.cli", "check", "--profile", "thorough", "--seed", str(seed))
    return Part(f"check, thorough, seed {seed}", command, {})


PARTS: Final = (
    tests("2,000 healthy stores of each maker", "tests/audit/test_no_false_alarm.py", HEALTHY_EXAMPLES="2000"),
    tests("each damage on 150 stores of each maker", "tests/audit/test_random_damages.py", DAMAGE_EXAMPLES="150"),
    tests("50,000 lives of two stores", "tests/reference/test_remembering_store.py", REMEMBERING_EXAMPLES="50000"),
    tests("the older generations, each by a quick check", "tests/suite/test_generations.py", GENERATION_SECONDS="0"),
    Part("all syntactic mutants", ("-m", "lifecycle_conformance.cli", "mutants", "--syntactic"), {}),
    tests("200 seeds without a false alarm", "tests/suite/test_no_false_alarm_in_search.py", FALSE_ALARM_SEEDS="200"),
    tests("the distilled corpus with every faulty implementation", "tests/suite/test_corpus.py", CORPUS_EVERY="1"),
    *map(check, (1, 2, 3)),
)


def main() -> int:
    """Run all parts, whatever comes of one; the exit code is 1 where one failed."""
    told: list[tuple[Part, float, int]] = []
    for part in PARTS:
        _say(f"--- {part.name}")
        begun = time.monotonic()
        done = subprocess.run(
            [sys.executable, *part.command], cwd=ROOT, env={**os.environ, **part.variables}, check=False
        )
        told.append((part, time.monotonic() - begun, done.returncode))
    whole = sum(seconds for _, seconds, _ in told)
    _say(f"\n{'part':<46} minutes  share  ended")
    for part, seconds, code in told:
        ended = "well" if code == 0 else f"with exit code {code}"
        _say(f"{part.name:<46} {seconds / 60:>7.1f} {seconds / whole:>6.0%}  {ended}")
    return int(any(code for *_, code in told))


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - it is a report


if __name__ == "__main__":
    sys.exit(main())
