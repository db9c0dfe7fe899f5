"""A driver in another language: it is brought up, keeps to the protocol, and is told apart when it doesn't."""

import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from lifecycle_conformance.driver.client import SubprocessDriver
from lifecycle_conformance.driver.interface import (
    Answer,
    Breakdown,
    BrokenDriverError,
)
from lifecycle_conformance.execution.judgement import Judgement
from lifecycle_conformance.execution.session import executed
from lifecycle_conformance.execution.trace import Object, Request
from lifecycle_conformance.generation.protocol_cases import protocol_cases
from lifecycle_conformance.judges.properties import CHECKS
from lifecycle_conformance.runner import runner
from lifecycle_conformance.runner.verdicts import Verdict
from searching import shorten

CANNED = Path(__file__).parent / "canned.mjs"
LONG = 30.0
RUN: Object = {"run_id": "r\u2028", "checkpoint": {}}
VIEW: Object = {"tenant": {"org_id": "o", "workspace_id": "w"}, "run_id": "r"}

Start = Callable[..., SubprocessDriver]


@pytest.fixture(scope="module")
def node() -> str:
    found = shutil.which("node")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("expected `node` on the path: in continuous integration this test may not be left out")
        pytest.skip("no `node` here")
    return found


@pytest.fixture
def start(node: str) -> Iterator[Start]:
    """Start the driver with a fault, or none; all are ended afterwards."""
    started: list[SubprocessDriver] = []

    def driver(*arguments: str) -> SubprocessDriver:
        started.append(SubprocessDriver([node, str(CANNED), *arguments], timeout_s=LONG))
        return started[-1]

    yield driver
    for each in started:
        each.close()


def driver_judgements(driver: SubprocessDriver, requests: list[Request]) -> list[Judgement]:
    """Run a session and give what was judged by the requirements of the protocol."""
    checks = [each for each in CHECKS if any(id_.startswith("DRIVER-") for id_ in each.requirements)]
    session, broke = executed(driver, requests, checks)
    assert (broke, session.errors) == (None, [])
    return [each.judgement for each in session.judgements if each.judgement.requirement.startswith("DRIVER-")]


def test_it_says_hello(start: Start) -> None:
    hello = start().hello
    assert (hello.protocol, hello.name, hello.language) == (1, "canned", "JavaScript")
    assert hello.capabilities == frozenset()


def test_it_answers_what_every_driver_must(start: Start, tmp_path: Path) -> None:
    driver = start()
    assert driver.ask("open", store=str(tmp_path)) == Answer(ok={})
    assert driver.ask("project", run=RUN) == Answer(ok={"projected": 0})
    assert driver.ask("events", **VIEW) == Answer(ok={"events": []})
    assert driver.ask("snapshots", **VIEW) == Answer(ok={"snapshots": []})
    assert driver.close() == 0


def test_it_holds_the_protocol_in_many_greetings(start: Start) -> None:
    """Without any capability: what needs none is judged, and nothing is broken."""
    driver, judged, broken = start(), set[str](), list[Judgement]()

    @settings(
        max_examples=15, phases=[Phase.generate], database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(protocol_cases(driver.hello.capabilities))
    def greeted(requests: list[Request]) -> None:
        for each in driver_judgements(driver, requests):
            judged.add(each.requirement)
            broken.extend([] if each.holds else [each])

    greeted()
    assert broken == []
    assert judged >= {f"DRIVER-{number}" for number in (3, 4, 5, 6, 11, 12, 13, 14, 16, 17)}


@pytest.mark.parametrize(
    ("fault", "verdict", "says", "stderr"),
    [
        ("crash", Breakdown.CRASH, "ended with status 3", "canned: out of memory\n"),
        ("stray", Breakdown.PROTOCOL, "print to standard error", ""),
    ],
)
def test_a_fault_gets_its_verdict(start: Start, fault: str, verdict: Breakdown, says: str, stderr: str) -> None:
    driver = start(fault, "events")
    with pytest.raises(BrokenDriverError) as caught:
        driver.ask("events", **VIEW)
    assert caught.value.verdict is verdict
    assert says.lower() in caught.value.message.lower()
    assert caught.value.stderr == stderr
    refused = driver.ask("project", run=RUN).error
    assert refused is not None, "a fresh process has no store open"
    assert refused.kind == "invalid_input"


def test_a_wrong_status_at_the_end_breaks_its_requirement_only(start: Start) -> None:
    judgements = driver_judgements(start("status"), [("greet", {}), ("open", {"store": 0}), ("project", {"run": RUN})])
    assert {each.requirement for each in judgements if not each.holds} == {"DRIVER-16"}


def test_it_is_judged_from_end_to_end(node: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """How it breaks is told, and what it answers before is judged all the same."""
    shorten(monkeypatch, among=slice(4), protocol_cases=8)
    factory = partial(SubprocessDriver, [node, str(CANNED), "crash", "events"], timeout_s=LONG)
    report = runner.run(factory, profile="quick", vectors=False, shrink_attempts=0)
    assert report.hello.language == "JavaScript"
    assert report.verdicts["DRIVER-2"] is Verdict.CRASH
    assert report.verdicts["DRIVER-4"] is report.verdicts["DRIVER-14"] is Verdict.PASS
    assert report.exit_code == 1
    assert report.errors == ()
