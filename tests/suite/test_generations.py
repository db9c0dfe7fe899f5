"""What a check says of the older generations of production's engine is what is known of them.

`GENERATION_SECONDS` says how long each is searched; by `0` a whole quick check is made, which finds all of it.
"""

import os
import subprocess
import sys

import pytest

from calling import environment
from lifecycle_conformance.driver.client import SubprocessDriver
from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.mutants.generations import GENERATIONS
from lifecycle_conformance.runner import runner
from lifecycle_conformance.runner.verdicts import FAILURES, Verdict
from lifecycle_conformance.specification import requirements

SECONDS = float(os.environ.get("GENERATION_SECONDS", "8")) or None


@pytest.mark.parametrize("name", GENERATIONS)
def test_it_breaks_what_is_known_and_nothing_else(name: str) -> None:
    generation = GENERATIONS[name]
    with generation.applied():
        report = runner.run(
            InProcessDriver, profile="quick", seconds=SECONDS, shrink_attempts=0, vectors=SECONDS is None
        )
    failed = {
        each.requirement.id
        for each in report.results
        if each.verdict in FAILURES and each.verdict is not Verdict.NOT_EXERCISED
    }
    assert report.errors == ()
    assert failed <= generation.fails
    assert failed
    assert failed == generation.fails or SECONDS is not None


def test_what_they_break_are_requirements() -> None:
    known = requirements.load().keys()
    assert [name for name, each in GENERATIONS.items() if not {each.chief} <= each.fails <= known] == []


@pytest.mark.parametrize("name", GENERATIONS)
def test_each_is_served_as_a_driver(name: str) -> None:
    command = [sys.executable, "-m", "lifecycle_conformance.cli", "serve", "--generation", name, "--store", "memory"]
    driver = SubprocessDriver(command, timeout_s=60)
    try:
        assert driver.hello.name.endswith(f"faulty: {name}")
    finally:
        assert driver.close() == 0


def test_an_unknown_generation_is_a_wrong_call() -> None:
    command = [sys.executable, "-m", "lifecycle_conformance.cli", "serve", "--generation", "g4"]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "'g1', 'g2', 'g3'" in done.stderr
