"""Which faulty implementations a driver is said to be like."""

import sys
from contextlib import closing

import pytest

from builders import OPEN, Request, lifecycle, run_json
from lifecycle_conformance.driver.client import SubprocessDriver
from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.judges.agreement import AGREEMENT
from lifecycle_conformance.mutants import MUTANTS
from lifecycle_conformance.report.failures import likeness
from lifecycle_conformance.runner.strength.likeness import alike
from lifecycle_conformance.runner.verdicts import Failure

TWINS = (OPEN, ("project", {"run": run_json(lifecycle("node_started"), lifecycle("node_started"))}))
"""Two equal records, which only their occurrences tell apart."""
ONE = (OPEN, ("project", {"run": run_json(lifecycle("node_started"))}))


def like(name: str, subject: str, requests: tuple[Request, ...]) -> tuple[str, ...]:
    """What a faulty implementation in a process of its own is like."""
    with closing(SubprocessDriver([sys.executable, "-m", "lifecycle_conformance.mutants", name])) as driver:
        return alike(driver, requests, subject)


@pytest.mark.parametrize("subject", ["OCC-1", AGREEMENT])
def test_a_faulty_implementation_is_like_itself_where_its_fault_shows(subject: str) -> None:
    found = like("occurrence-always-0", subject, TWINS)
    assert "occurrence-always-0" in found
    assert "guard-off" not in found


def test_nothing_is_like_what_does_as_the_reference_does() -> None:
    assert like("occurrence-always-0", "OCC-1", ONE) == ()
    assert alike(InProcessDriver(), TWINS, AGREEMENT) == ()


def test_only_what_breaks_the_requirement_is_suspected() -> None:
    assert like("occurrence-always-0", "GUARD-NONE", TWINS) == ()


def test_a_fault_that_shows_in_the_files_alone_is_recognised() -> None:
    found = like("log-lines-with-spaces", "FILE-1", ONE)
    assert "log-lines-with-spaces" in found


def test_a_report_says_what_the_first_ones_do_and_names_the_others() -> None:
    names = ("guard-off", "tenant-ignored", "occurrence-always-0", "position-in-the-id", "node-outputs-copied")
    lines = [*likeness(Failure(requests=TWINS, message="wrong", like=names))]
    assert lines[0] == f"behaves like guard-off: {MUTANTS['guard-off'].__doc__}"
    assert lines[3:] == ["and like 2 others: position-in-the-id, node-outputs-copied"]
    assert [*likeness(Failure(requests=TWINS, message="wrong"))] == []
