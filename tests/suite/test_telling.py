"""What a failure is told by: the record that can't be read, what a request led to, why nothing was judged."""

import json
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner

from builders import lifecycle, run_json
from idle import idle
from lifecycle_conformance.cli.root import _COMMANDS, main
from lifecycle_conformance.driver.client import SubprocessDriver
from lifecycle_conformance.driver.json_spots import offending
from lifecycle_conformance.execution.session import executed
from lifecycle_conformance.execution.trace import Request
from lifecycle_conformance.judges.properties import CHECKS
from lifecycle_conformance.model.identity import ids_of
from lifecycle_conformance.report.as_json import as_json
from lifecycle_conformance.report.failures import session
from lifecycle_conformance.report.request_lines import request_lines
from lifecycle_conformance.report.spoilt import spoilt_members
from lifecycle_conformance.report.terminal import render
from lifecycle_conformance.runner import fixed_cases, runner
from lifecycle_conformance.runner.findings import ANSWERING, Findings
from lifecycle_conformance.runner.reasons import why_unjudged
from lifecycle_conformance.runner.verdicts import Report, Verdict
from lifecycle_conformance.specification import requirements, schemas
from searching import shorten

KNOWN: Final = requirements.load()
OPEN: Final[Request] = ("open", {"store": 0})
RUN: Final = run_json(lifecycle("node_started", 20))
TEXT: Final = json.dumps(RUN)

# Lets the idle driver show EVENTS after each pass that has something to record.
SHOWING: Final = """\
if op == "open":
            ok["events"] = {"events": []}
        if op == "project" and request["run"]["checkpoint"].get("lifecycle_history"):
            ok["events"] = {"events": EVENTS}
            answer = json.dumps({"id": request["id"], "ok": {"projected": len(EVENTS)}})
"""
EVENT: Final = {
    "event_id": "my-own-id",
    "seq": 1,
    "run_id": "run-1",
    "event_type": "stateful_runtime.automation_v2.node_started",
    "occurred_at_ms": 20,
    "scope": {"tenant_context": RUN["tenant_context"]},
}


@pytest.fixture
def driver(tmp_path: Path) -> Any:
    def factory(*events: dict[str, Any]) -> Any:
        return partial(SubprocessDriver, idle(tmp_path, SHOWING, first=f"EVENTS = {[*events]!r}"))

    return factory


@pytest.fixture
def crashing(tmp_path: Path) -> Any:
    return partial(SubprocessDriver, idle(tmp_path, 'sys.exit("no luck today")', at="project"))


def found(factory: Any, *requests: Request) -> Findings:
    """Run one session."""
    started, findings = factory(), Findings()
    try:
        findings.note(*executed(started, requests, CHECKS))
    finally:
        started.close()
    return findings


# --- records that can't be read (C3) ----------------------------------------------------------------------------------


def test_all_members_that_are_missing_are_said_at_once_and_positively(driver: Any) -> None:
    findings = found(driver({"event_id": "x", "seq": "1"}), OPEN, ("project", {"run": RUN}))
    failure = findings.failures["DRIVER-5"]
    assert failure.message == "item 0 of what `events` shows of run 'run-1' can't be read"
    assert failure.problems == (
        "`event_type`, `occurred_at_ms`, `run_id` and `scope` are missing",
        '`seq`: expected an integer from 0 to 2^64 - 1, got "1"',
    )
    assert failure.seen == {"shown": {"event_id": "x", "seq": "1"}}
    assert findings.ended["DRIVER-5"] == 1


def test_what_is_missing_inside_is_said_with_its_place() -> None:
    assert schemas.sentences("event-stored", {**EVENT, "scope": {"tenant_context": {}}}) == [
        "`org_id` and `workspace_id` are missing in `scope.tenant_context`"
    ]
    assert schemas.sentences("event-written", {**EVENT, "more": 1})[-1] == "`more` is one member too many"
    assert schemas.sentences("event-stored", EVENT) == []


# --- what a request led to (C4) ---------------------------------------------------------------------------------------


def test_what_was_appended_is_told_beside_what_was_expected(driver: Any) -> None:
    findings = found(driver(EVENT), OPEN, ("project", {"run": RUN}))
    failure = findings.failures["PASS-2"]
    assert (failure.expected, failure.actual) == (1, 0)
    assert "'my-own-id'" in failure.message
    assert failure.seen == {"answer": {"ok": {"projected": 1}}, "appended": [EVENT], "written": [], "gone": []}
    text = "\n".join(session(failure))
    assert '   the driver answered {"projected": 1}\n' in text
    assert "   it appended the event my-own-id, seq 1," in text


def test_an_event_under_the_stable_id_of_a_record_is_its_event(driver: Any) -> None:
    """What it says may be wrong; that it was appended is not."""
    (stable,) = ids_of(RUN)
    findings = found(driver({**EVENT, "event_id": stable, "event_type": "x"}), OPEN, ("project", {"run": RUN}))
    assert "PASS-2" not in findings.failures
    assert findings.failures["EVENT-1"].problems == ("`correlation_id`, `payload` and `schema_version` are missing",)


# --- the member that matters (C1) -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"run": {**RUN, "updated_at_ms": 1.5}}, ["updated_at_ms: 1.5 (at $.updated_at_ms)"]),
        ({"run_json": json.dumps({**RUN, "updated_at_ms": 1.5})}, ["updated_at_ms: 1.5 (at $.updated_at_ms)"]),
        ({"run": {k: v for k, v in RUN.items() if k != "status"}}, ["status is left out (at $.status)"]),
        ({"run_json": f'{{"status": "queued", {TEXT[1:]}'}, ['status: "queued", then "running" (at $.status)']),
        ({"run": 7}, ["run: 7 (at $.run)"]),
        ({"run": RUN, "run_json": TEXT}, ["run and run_json, both"]),
        ({"run": RUN}, []),
        ({"run_json": TEXT}, []),
    ],
)
def test_the_spoilt_member_of_a_request_is_found(request_: dict[str, Any], said: list[str]) -> None:
    assert list(spoilt_members({"op": "project", **request_})) == said


def test_of_a_long_text_the_spoilt_place_is_shown() -> None:
    text = json.dumps({**RUN, "detail": "x" * 3000})[:-1] + ",}"
    (said,) = spoilt_members({"op": "project", "run_json": text})
    assert said.endswith(f'xxxx",}} (at byte {len(text) - 2}: expected JSON: trailing comma is not allowed)')
    refuse: Request = ("refuse", {"request": {"op": "project", "run_json": text}, "kind": "invalid_input"})
    assert "at byte" in " ".join(request_lines((OPEN, refuse)))


@pytest.mark.parametrize(
    ("text", "offset", "problem"),
    [
        (b'{"a": "\xff"}', 7, "expected UTF-8"),
        ('{"ä": NaN}'.encode(), 7, "expected JSON: unexpected character"),
        (b'["[", ' + b"[" * 9, 8, "expected at most 3 arrays and objects inside each other"),
        (b'{"a": 1}', None, None),
    ],
)
def test_the_place_where_a_text_is_no_json(text: bytes, offset: int | None, problem: str | None) -> None:
    spot = offending(text, 3)
    assert spot is None if offset is None else (spot is not None and spot.offset == offset)
    assert spot is None or (problem is not None and spot.problem.startswith(problem))


# --- why something was not judged (C8) --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdict", "cases", "cut", "why"),
    [
        (Verdict.PASS, 20, "", ""),
        (Verdict.FAIL, 20, "", ""),
        (Verdict.NOT_DECLARED, 0, "", "the driver doesn't declare compact"),
        (Verdict.NOT_EXERCISED, 0, "", "no session met its precondition"),
        (Verdict.NOT_EXERCISED, 3, "", "its precondition was met in 3 of the 20 cases that are asked for"),
        (Verdict.UNDECIDED, 3, "the time was over", "the time was over; its precondition was met in 3 of the 20 cases"),
    ],
)
def test_why_a_requirement_was_not_judged(verdict: Verdict, cases: int, cut: str, why: str) -> None:
    said = why_unjudged(KNOWN["COMPACT-1"], verdict, {"import", "append"}, cases=cases, wanted=20, cut=cut)
    assert said.startswith(why)
    assert bool(said) == bool(why)


def report(factory: Any, **options: Any) -> Report:
    return runner.run(factory, profile="quick", seed=1, shrink_attempts=100, **{"vectors": False, **options})


def test_a_report_says_why(driver: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    shorten(monkeypatch, actions=2, input_cases=1, protocol_cases=1)
    told = report(driver(), only=["COMPACT-1", "LOG-1", "PASS-2"])
    whys = {each.requirement.id: each.why for each in told.results}
    assert whys["COMPACT-1"].startswith("the driver doesn't declare ")
    assert "compact" in whys["COMPACT-1"]
    assert whys["LOG-1"] == "no session met its precondition"
    assert whys["PASS-2"] == ""
    text = " ".join(render(told).split())
    assert "LOG-1 0/1 (no session met its precondition)" in text
    assert "not declared COMPACT-1 (" in text
    document = as_json(told)
    assert schemas.problems("report", document) == []
    assert [each["why"] for each in document["requirements"] if each["id"] == "COMPACT-1"] == [whys["COMPACT-1"]]


# --- small things (B15) -----------------------------------------------------------------------------------------------


def test_a_crash_counts_among_the_cases(crashing: Any) -> None:
    findings = found(crashing, OPEN, ("project", {"run": RUN}))
    assert findings.failures[ANSWERING].stderr.strip() == "no luck today"
    assert len(findings.broken[ANSWERING]) <= len(findings.cases[ANSWERING])
    assert findings.ended[ANSWERING] == 1


@pytest.mark.usefixtures("vectors_read_once")
def test_fixed_cases_that_stopped_early_are_named(crashing: Any) -> None:
    told: list[Any] = []
    fixed_cases.judged_by_small_cases(told.append, crashing, None)
    fixed_cases.compared_with_production(told.append, crashing)
    lost = [text for each in told if isinstance(each, Findings) for text in each.lost]
    assert [text.split(":")[0] for text in lost] == ["small fixed cases", "whole fixed cases"]
    assert all("given up" in text for text in lost)


def test_the_cause_of_a_crash_is_in_the_first_lines(crashing: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    shorten(monkeypatch, actions=2, input_cases=1, protocol_cases=1)
    start = " ".join(render(report(crashing)).split("\n\n")[0].split())
    assert "mend first DRIVER-2 (One answer for each request, in order): asked for project" in start
    assert "no luck today" in start


# --- the width of help (C5) -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [[], *([name] for name in _COMMANDS)], ids=["group", *_COMMANDS])
def test_help_fits_into_eighty_columns(command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    done = CliRunner().invoke(main, [*command, "--help"])
    assert [line for line in done.stdout.splitlines() if len(line) > 80] == []
