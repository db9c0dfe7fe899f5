"""A report of a check as JUnit XML: what becomes of each requirement, and of what is no requirement."""

from typing import Any
from xml.etree import ElementTree as ET

import click
import pytest
from attrs import evolve

from html_pages import HOSTILE
from lifecycle_conformance.driver.interface import Breakdown, Hello
from lifecycle_conformance.report.check_junit import as_junit
from lifecycle_conformance.report.failures import in_full
from lifecycle_conformance.runner.verdicts import Failure, JudgeResult, Report, Verdict
from test_report import HELLO, KNOWN, NOT_RECORDED, OPEN, failed, report, result

DRIVER = ("./my driver", "--fast")


def suite(found: Report) -> ET.Element:
    root = ET.fromstring(as_junit(found, DRIVER)).find("testsuite")
    assert root is not None
    return root


def outcomes(found: Report) -> dict[tuple[str, str], str]:
    return {
        (test.attrib["classname"], test.attrib["name"]): next(
            (each.tag for each in test if each.tag != "system-out"), "passed"
        )
        for test in suite(found).iter("testcase")
    }


def end_of(found: Report, name: str) -> ET.Element:
    """How the test of this name ended, which didn't pass."""
    (test,) = (each for each in suite(found).iter("testcase") if each.attrib["name"] == name)
    (ended,) = test
    return ended


@pytest.mark.parametrize(
    ("verdict", "outcome"),
    [
        (Verdict.PASS, "passed"),
        (Verdict.FAIL, "failure"),
        (Verdict.WRONG_REASON, "failure"),
        (Verdict.STATE_LEAK, "failure"),
        (Verdict.NONDETERMINISTIC, "failure"),
        (Verdict.NOT_EXERCISED, "failure"),
        (Verdict.CRASH, "error"),
        (Verdict.TIMEOUT, "error"),
        (Verdict.PROTOCOL, "error"),
        (Verdict.UNDECIDED, "error"),
        (Verdict.NOT_DECLARED, "skipped"),
        (Verdict.NOT_JUDGED_HERE, "skipped"),
    ],
)
def test_the_verdict_says_what_becomes_of_the_test(verdict: Verdict, outcome: str) -> None:
    found = report(result("PASS-2", verdict, why="for a reason"))
    assert outcomes(found)["check.mine.09-pass", "PASS-2"] == outcome
    if outcome != "passed":
        ended = end_of(found, "PASS-2")
        assert ended.attrib == {"message": f"{KNOWN['PASS-2'].title}: for a reason", "type": verdict.value}


def test_every_verdict_has_an_outcome() -> None:
    tests = outcomes(report(*(result(id_, verdict) for id_, verdict in zip(KNOWN, Verdict, strict=False))))
    assert sorted(tests.values()).count("passed") == 2  # the one that passes, and that the check is complete


def test_a_failure_reads_as_in_the_terminal() -> None:
    broken = failed("PASS-2")
    ended = end_of(report(broken), "PASS-2")
    assert ended.text == "\n".join(click.unstyle(each) for each in in_full(broken, DRIVER))
    assert "again: lifecycle-projection replay cases/PASS-2-0a1b2c3d.json -- './my driver' --fast" in str(ended.text)
    assert ended.attrib["message"] == (
        f"{KNOWN['PASS-2'].title}: the indexes of the records that got an event: expected [0], got []"
    )


def test_the_names_hold_neither_version_nor_dots_nor_what_was_found() -> None:
    names = [
        outcomes(report(*results, hello=evolve(HELLO, name="my.engine", version=version))).keys()
        for results, version in (([failed("PASS-2")], "1.0"), ([result("PASS-2")], "1.1"))
    ]
    assert names[0] == names[1]
    assert ("check.my_engine.09-pass", "PASS-2") in names[0]


def judges(**members: Any) -> list[str]:
    found = outcomes(report(result("PASS-2"), **members))
    return [found["check.mine.judges", name] for name in ("agreement", "fixed-cases")]


def test_the_judges_of_whole_answers_have_a_test_each() -> None:
    assert judges() == ["skipped", "skipped"]
    assert judges(agreement=JudgeResult(agreed=3), vectors=JudgeResult(agreed=450)) == ["passed", "passed"]
    differing = JudgeResult(agreed=3, differing=1, failures=(("edge-1", "step 0: expected 1, got 2"),))
    assert judges(agreement=evolve(differing, failure=NOT_RECORDED), vectors=differing) == ["failure", "failure"]
    found = report(agreement=evolve(differing, failure=NOT_RECORDED), vectors=differing)
    assert end_of(found, "fixed-cases").text == "edge-1: step 0: expected 1, got 2"
    assert "Agreement with the reference ── fail" in str(end_of(found, "agreement").text)


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"interrupted": True, "cut": "it was interrupted"}, "The check was interrupted"),
        ({"cut": "the 5 s that were given were over"}, "the 5 s that were given were over"),
        ({"errors": ("of_events: Traceback",)}, "This suite has a defect, which nobody else is to blame for"),
        ({"unusable": True, "cut": "it ended"}, "it ended"),
    ],
)
def test_a_check_that_was_not_whole_is_an_error(members: Any, message: str) -> None:
    found = report(result("PASS-2"), **members)
    assert end_of(found, "complete").tag == "error"
    assert end_of(found, "complete").attrib["message"] == message
    assert outcomes(report(result("PASS-2")))["check.mine.check", "complete"] == "passed"


def test_the_numbers_of_the_suite_are_those_of_its_tests() -> None:
    crash = Failure(requests=(OPEN,), message="it ended", broke=Breakdown.CRASH)
    found = report(
        failed("PASS-2"),
        result("PASS-3"),
        result("PASS-4", Verdict.NOT_DECLARED),
        result("DRIVER-2", Verdict.CRASH, failure=crash),
    )
    counts = [suite(found).attrib[name] for name in ("tests", "failures", "errors", "skipped")]
    assert counts == ["7", "1", "1", "3"]
    said = "mine 0.1 falls short in 2 requirements (quick, seed 7): 1 pass, 1 fail, 1 crash, 1 not declared"
    assert suite(found).findtext("system-out") == said


@pytest.mark.parametrize("text", HOSTILE)
def test_what_xml_forbids_is_escaped(text: str) -> None:
    hello = Hello(protocol=1, name=text, version=text, language=text, spec=text, capabilities=frozenset())
    broken = failed("PASS-2", message=text, expected=text, actual=[text], stderr=text, case=text, problems=(text,))
    found = report(broken, hello=hello, vectors=JudgeResult(differing=1, failures=((text, text),)), cut=text)
    root = suite(found)
    assert {each.tag for each in root.iter()} <= {"testsuite", "testcase", "failure", "error", "skipped", "system-out"}
    assert as_junit(found, (text,)) == as_junit(found, (text,))
