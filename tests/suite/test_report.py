"""How a report reads: failures worst first, each with its session told shortly, then how everything fared."""

import json
from collections.abc import Iterable
from typing import Any

import click
import pytest
from attrs import evolve

from builders import OTHER_TENANT, indexed_event, lifecycle, run_json, stored_snapshot
from lifecycle_conformance.driver.interface import Breakdown, Hello
from lifecycle_conformance.driver.safe_text import safe
from lifecycle_conformance.execution.coverage import Coverage
from lifecycle_conformance.execution.trace import Request
from lifecycle_conformance.mutants import MUTANTS
from lifecycle_conformance.report.as_json import as_json
from lifecycle_conformance.report.difference import difference
from lifecycle_conformance.report.ranking import name_of, worst_first
from lifecycle_conformance.report.request_lines import request_lines
from lifecycle_conformance.report.search_depth import ALLOWED, FORBIDDEN
from lifecycle_conformance.report.terminal import render
from lifecycle_conformance.report.wording import short_id, written
from lifecycle_conformance.runner.verdicts import Failure, JudgeResult, KnownFailure, Report, Result, Verdict
from lifecycle_conformance.specification import requirements, schemas
from lifecycle_projection.codec import to_json

KNOWN = requirements.load()
HELLO = Hello(
    protocol=1, name="mine", version="0.1", language="C", spec="1.0.0", capabilities=frozenset({"import", "append"})
)
OPEN: Request = ("open", {"store": 0})
STARTED = lifecycle("node_started", 20, metadata={"node_id": "a"})
ONE = run_json(STARTED)
NOT_RECORDED = Failure(
    requests=(OPEN, ("project", {"run": ONE})),
    message="the indexes of the records that got an event",
    expected=[0],
    actual=[],
    compared=True,
    shrunk=True,
    case="cases/PASS-2-0a1b2c3d.json",
)
DIFFERING = JudgeResult(agreed=4, differing=1)
ACCEPTED = KnownFailure(requirement="vectors", verdict=Verdict.FAIL)


def result(id_: str, verdict: Verdict = Verdict.PASS, **members: Any) -> Result:
    return Result(**{"requirement": KNOWN[id_], "verdict": verdict, "cases": 40, "wanted": 20, **members})


def failed(id_: str, verdict: Verdict = Verdict.FAIL, *, broken: int = 4, **members: Any) -> Result:
    failure = evolve(NOT_RECORDED, **{"case": f"cases/{id_}-0a1b2c3d.json", **members})
    return result(id_, verdict, broken=broken, failure=failure)


def report(*results: Result, **members: Any) -> Report:
    coverage = Coverage(sessions=3, steps=30, passes=9, refusals=1)
    coverage.phases.update({"queued": 2, "running_phase": 1})
    coverage.moves.update(["queued → running_phase", "completed → queued", "queued → running_phase"])
    coverage.generations.update(["index ids"])
    coverage.targets.update({"a torn log": 2})
    coverage.depth["records"] += [1, 4, 24]
    return Report(
        **{
            "hello": HELLO,
            "profile": "quick",
            "seed": 7,
            "seconds": 12.34,
            "coverage": coverage,
            "results": results,
            **members,
        }
    )


def told(*requests: Request) -> list[str]:
    """Requests as text, without the numbers and what is left of them."""
    return [line.strip() for line in request_lines((OPEN, *requests), width=118)]


def projected(*runs: dict[str, Any]) -> list[str]:
    return told(*(("project", {"run": run}) for run in runs))


# --- a failure --------------------------------------------------------------------------------------------------------


def test_a_failure_is_told_in_full() -> None:
    text = render(report(failed("PASS-2")), driver=("./my driver", "--fast"))
    assert text.startswith(
        """\
how far       0 requirements hold, 1 is broken
mend first    PASS-2 (Each new record is recorded once, in order): the indexes
              of the records that got an event: expected [0], got []
see it again  lifecycle-projection replay cases/PASS-2-0a1b2c3d.json -- './my driver' --fast

── PASS-2: Each new record is recorded once, in order ── fail, in 4 of 40 cases
   Going through the history in its order, a pass MUST append one event for each
   record whose stable id isn't in the table, under its stable id, and enter
   that id into the table. It MUST append no other event.

    1  project  run-1  of org-a/ws-a  running
                + [0] node_started @20 {"metadata": {"node_id": "a"}}

   the indexes of the records that got an event:
     expected  [0]
     got       []
   again: lifecycle-projection replay cases/PASS-2-0a1b2c3d.json -- './my driver' --fast

"""
    )


def test_a_failure_that_comes_now_and_then_points_to_the_requirement_that_answers_agree() -> None:
    """Whatever else fails now and then stands behind DRIVER-17, which shows two answers to the same requests."""
    differing = Verdict.NONDETERMINISTIC
    ids = "PASS-2", "DRIVER-17", "REC-1"
    found = report(*(failed(each, differing, again=differing, broken=count) for count, each in enumerate(ids, start=1)))
    assert order(found) == ["DRIVER-17", "PASS-2", "REC-1"]
    assert "fresh processes answer the same requests in different ways (DRIVER-17)\n" in render(found, width=120)


def test_what_a_failure_may_say_besides() -> None:
    members = {
        "shrunk": False,
        "again": Verdict.STATE_LEAK,
        "case": None,
        "stderr": "\n".join(f"line {n}" for n in range(12)),
    }
    text = render(report(result("PASS-2", Verdict.STATE_LEAK, failure=evolve(NOT_RECORDED, **members))))
    assert "   in a fresh process it holds: something was kept of a store that was open\n" in text
    assert "   standard error, its end:\n     line 2\n" in text
    assert "line 1\n" not in text.replace("line 11\n", "")
    assert "   (not shrunk: the time for that was spent)\n" in text
    assert "replay" not in text


def test_what_behaves_alike_is_named_beneath_the_failure() -> None:
    failure = evolve(NOT_RECORDED, like=("guard-off",))
    found = report(result("PASS-2", Verdict.FAIL, failure=failure))
    assert f"behaves like guard-off: {MUTANTS['guard-off'].__doc__}"[:60] in render(found)
    assert "guard-off" in as_json(found)["requirements"][0]["failure"]["like"]


def test_a_driver_that_broke_shows_what_it_did_and_nothing_is_compared() -> None:
    failure = Failure(
        requests=(OPEN,),
        message="asked for project: it ended",
        broke=Breakdown.CRASH,
        shrunk=True,
        stderr="bad\x1b[31m",
    )
    text = render(report(result("DRIVER-2", Verdict.CRASH, failure=failure)))
    assert "── crash\n" in text
    assert "   asked for project: it ended\n   standard error, its end:\n     bad\\u001b[31m\n" in text
    assert "expected" not in text


def test_a_should_is_called_one() -> None:
    should = next(each for each in KNOWN.values() if each.level is requirements.Level.SHOULD)
    assert f"{should.title} ── fail (SHOULD), in 4 of 40 cases\n" in render(report(failed(should.id)), width=120)


def order(found: Report) -> list[str]:
    return [name_of(each) for each in worst_first(found)]


def test_blockers_come_before_symptoms() -> None:
    """C2: what keeps everything else from being judged comes first, whatever its place in the text."""
    unreadable = failed("DRIVER-5", broken=1, compared=False, problems=("`scope` is missing",))
    found = report(
        failed("REC-1", broken=40),
        failed("PASS-7", Verdict.STATE_LEAK),
        unreadable,
        failed("DRIVER-2", Verdict.CRASH, broken=1),
        failed("DRIVER-17", Verdict.NONDETERMINISTIC, broken=1),
    )
    assert order(found) == ["DRIVER-17", "DRIVER-2", "DRIVER-5", "PASS-7", "REC-1"]


def test_of_the_others_what_blocks_most_comes_first() -> None:
    """MUST before SHOULD, then what ended most sessions, then the largest share, then the most cases, then the text."""
    must = evolve(KNOWN["PASS-3"], id="MUST-1", level=requirements.Level.MUST)
    should = evolve(must, id="SHOULD-1", level=requirements.Level.SHOULD)
    found = report(
        evolve(failed("PASS-3", broken=40), requirement=should),
        evolve(failed("PASS-3", broken=3), requirement=must),
        evolve(failed("PASS-4", broken=40), cases=40),
        evolve(failed("PASS-6", broken=400), cases=400),
        evolve(failed("PASS-8", broken=1), ended=3),
        result("PASS-5"),
        evolve(failed("PASS-9", broken=40), cases=40),
    )
    assert order(found) == ["PASS-8", "PASS-6", "PASS-4", "PASS-9", "MUST-1", "SHOULD-1"]


def test_agreement_stands_near_the_top() -> None:
    agreement = JudgeResult(agreed=1, differing=9, failure=NOT_RECORDED)
    assert order(report(failed("PASS-2"), failed("PASS-3"), agreement=agreement))[1] == "agreement"
    assert order(report(result("PASS-2"), agreement=agreement)) == ["agreement"]
    longer = evolve(NOT_RECORDED, requests=NOT_RECORDED.requests * 2)
    behind = [evolve(failed("PASS-2"), failure=longer), failed("DRIVER-2", Verdict.CRASH)]
    assert order(report(*behind, agreement=agreement)) == ["DRIVER-2", "agreement", "PASS-2"]


def test_many_failures_are_told_in_a_line_each_unless_all_are_asked_for() -> None:
    ids = [f"PASS-{number}" for number in range(1, 15)]
    found = report(*(failed(id_, broken=40 - n) for n, id_ in enumerate(ids)))
    text = render(found)
    assert text.count("── fail") == 12
    assert "2 more, in full with --verbose:\n" in text
    line = f"  PASS-13    fail, in 28 of 40 cases: {KNOWN['PASS-13'].title}\n             cases/PASS-13-0a1b2c3d.json\n"
    assert line in text
    verbose = render(found, verbose=True)
    assert verbose.count("── fail") == 14
    assert line not in verbose


def test_colours_are_only_where_they_are_asked_for() -> None:
    found = report(failed("PASS-2"), result("PASS-3"))
    plain, coloured = render(found), render(found, colour=True)
    assert "\x1b" not in plain
    assert "\x1b[31mfail\x1b[0m" in coloured
    assert "\x1b[32mpass" in coloured
    assert click.unstyle(coloured) == plain


# --- operations -------------------------------------------------------------------------------------------------------


def test_that_the_first_store_is_opened_is_not_told_and_that_another_is_is() -> None:
    assert list(request_lines((OPEN, ("open", {"store": 1}), ("open", {"store": 0}), ("greet", {})))) == [
        "    1  open   store 1",
        "    2  open   store 0",
        "    3  greet",
    ]
    assert list(request_lines(())) == []


def test_of_a_run_only_what_is_new_is_told() -> None:
    gate = {"node_id": "g", "title": "t", "requested_at_ms": 3}
    later = run_json(STARTED, lifecycle("node_completed", 30), status="completed", checkpoint={"awaiting_gate": gate})
    moved = {**later, "checkpoint": {**later["checkpoint"], "awaiting_gate": {**gate, "requested_at_ms": 4}}}
    assert projected(ONE, ONE, later, moved) == [
        '1  project  run-1  of org-a/ws-a  running  + [0] node_started @20 {"metadata": {"node_id": "a"}}',
        "2  project  run-1  the same again",
        "3  project  run-1  status running → completed",
        'checkpoint.awaiting_gate nothing → {"node_id": "g", "title": "t", "requested_at_ms": 3}',
        "+ [1] node_completed @30",
        "4  project  run-1  checkpoint.awaiting_gate.requested_at_ms 3 → 4",
    ]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("a", "ab", "+ [1] b @1"),
        ("ab", "aab", "+ [0] a @1, inserted"),
        ("a", "aa", "+ [1] a @1, the same as [0]"),
        ("ac", "abc", "+ [1] b @1, inserted"),
        ("abc", "ac", "- [1] b @1"),
        ("ab", "ac", "- [1] b @1  + [1] c @1"),
        ("", "abcdefghijk", "and 3 more"),
    ],
)
def test_records_that_come_and_go_are_told_by_their_places(before: str, after: str, said: str) -> None:
    lines = projected(*(run_json(*(lifecycle(name, 1) for name in names)) for names in (before, after)))
    assert lines[-1].removeprefix("2  project  run-1  ").endswith(said)


def test_runs_are_told_apart_by_tenant_and_what_else_a_new_one_has_is_named() -> None:
    local = {name: value for name, value in ONE.items() if name != "tenant_context"}
    lines = projected(ONE, {**ONE, "tenant_context": OTHER_TENANT}, {**local, "cost": 5, "detail": "x"})
    assert lines[1].startswith("2  project  run-1  of org-b/ws-a  running  + [0]")
    assert lines[2].startswith("3  project  run-1  running  + [0]")
    assert " ".join(lines[2:]).endswith('cost 5  detail "x"')
    many = {f"m{n}": n for n in range(8)}
    assert " ".join(projected({**local, **many})).endswith("with m0, m1, m2, m3, m4, m5 and 2 more")


def test_what_is_imported_is_told_in_brief() -> None:
    event = to_json(indexed_event(0, "node_started", 5, 3))
    stable = f"automation-v2-lifecycle-run-1-node_started-{'0123456789ab' * 2}-0"
    marker = {**event, "seq": 4, "event_type": "stateful_runtime.event_log_compacted", "event_id": "marker"}
    marker["payload"] = {"compacted_event_ids": [{"event_id": stable, "seq": 1}]}
    bare = to_json(stored_snapshot(stable, 2, "running"))
    phased = to_json(stored_snapshot("s", 2, "failed", phase="failed"))
    lines = told(("import", {"events": [event, marker], "snapshots": [bare, phased]}), ("import", {"events": []}))
    text = " ".join(lines)
    assert "run-1 of org-a/ws-a  event seq 3 node_started …run-1-0-node_started" in text
    assert "event seq 4 event_log_compacted marker that lists …run-1-node_started-012345…-0" in text
    assert "snapshot seq 2 running without phase …run-1-node_started-012345…-0" in text
    assert "snapshot seq 2 failed in failed s" in text
    assert lines[-1] == "2  import  nothing"


@pytest.mark.parametrize(
    ("correlations", "said"),
    [
        ([ONE["automation_id"]], ""),
        ([None], "and events correlated with none"),
        (["other", ONE["automation_id"], None], "and events correlated with other, none"),
    ],
)
def test_old_events_of_another_automation_are_told_with_that_of_the_run(correlations: list[Any], said: str) -> None:
    event = to_json(indexed_event(0, "node_started", 5, 3))
    events = [{**event, "correlation_id": each} for each in correlations]
    text = " ".join(told(("import", {"events": events}), ("project", {"run": ONE})))
    assert text.endswith(f"automation {ONE['automation_id']}, {said}") if said else "correlated" not in text


def test_every_word_of_the_suite_is_told() -> None:
    event = {name: value for name, value in to_json(indexed_event(3, "x", 5, 2)).items() if name != "seq"}
    sleeping = {"op": "project", "run": {**ONE, "status": "sleeping"}}
    assert told(
        ("project", {"run": ONE}),
        ("refuse", {"request": sleeping, "kind": "invalid_input", "because": ["REC-8"]}),
        ("refuse", {"request": {"op": "dance", "with": 7}, "kind": "unsupported", "because": []}),
        ("read", {"run": {**ONE, "detail": None}, "means": ONE, "because": "REC-9"}),
        ("read", {"run_json": "{ }", "means": {}}),
        ("append", {"tenant": OTHER_TENANT, "event": event}),
        ("events", {"tenant": OTHER_TENANT, "run_id": "r"}),
        ("compact", {"retention_ms": 1, "now_ms": 5}),
        ("restart", {"kill": True}),
        ("restart", {"kill": False}),
        ("say", {"line": "\x1b"}),
        ("tear", {"text": "{}", "bytes": 1}),
        ("put", {"path": "a b", "text": "x\n"}),
        ("put", {"path": "a", "bytes": "ff"}),
        ("remove", {"path": "a"}),
        ("say", {"bytes": "ff"}),
    )[1:] == [
        '2  refuse   project  status: "sleeping" (at $.status)  to be refused as invalid_input (REC-8)',
        "3  refuse   dance  with 7  to be refused as unsupported",
        "4  read     run-1  detail nothing → null  (REC-9)",
        "5  read     the text { }  that means {}",
        "6  append   run-1 of org-b/ws-a  event x …run-1-3-x  @5",
        "7  events   r of org-b/ws-a",
        "8  compact  retention_ms 1  now_ms 5",
        "9  restart  killed",
        "10  restart  ended",
        '11  say      "\\u001b"',
        '12  tear     1 bytes of "{}"',
        '13  put      "a b"  "x\\n"',
        '14  put      a  the bytes "ff"',
        "15  remove   a",
        '16  say      the bytes "ff"',
    ]


@pytest.mark.parametrize(
    "run", [7, None, {}, {"checkpoint": 7}, {"checkpoint": {"lifecycle_history": 7}}, run_json(7, {}, {"event": []})]
)
def test_a_run_of_any_shape_can_be_told(run: Any) -> None:
    """Fixed cases hold runs that must be refused."""
    assert len(projected(run, ONE, run)) >= 3
    assert told(("project", {"run": ONE}), ("refuse", {"request": {"op": "project", "run": run}, "kind": "x"}))
    assert told(("append", {"event": 7}), ("import", {"events": [7, {}]}), ("refuse", {}), ("put", {}), ("tear", {}))


@pytest.mark.parametrize("width", [40, 80, 120])
def test_lines_are_no_longer_than_a_terminal_is_wide(width: int) -> None:
    """C5: whatever the width, and but for the commands, which are there to be copied."""
    many = run_json(*(lifecycle("x" * 40, n, reason="y" * 300) for n in range(9)), **{f"m{n}" * 9: 1 for n in range(9)})
    long = {"requests": (OPEN, ("project", {"run": many})), "stderr": "z" * 500, "message": "w " * 250}
    seen = {"answer": {"ok": {"n": "a" * 400}}, "appended": [{"event_id": "e" * 300}], "written": [], "gone": []}
    found = report(
        failed("PASS-2", **long, expected={"a": "b" * 400, "m": 1}, actual={"a": "c"}, seen=seen),
        failed("DRIVER-5", compared=False, problems=(f"`{'p' * 200}` is missing",)),
        result("ID-3", Verdict.NOT_EXERCISED, cases=0, why="w" * 200),
        vectors=JudgeResult(differing=1, failures=(("edge", "d " * 90),)),
        lost=("l " * 200,),
        errors=("e" * 200,),
    )
    lines = [line for line in render(found, width=width).splitlines() if "lifecycle-projection replay" not in line]
    assert [line for line in lines if len(line) > width] == []
    assert "".join(lines).count("w") > 440


def test_words_are_not_broken_where_a_line_ends() -> None:
    text = render(report(failed("PASS-2", message="understandable " * 30)), width=60)
    assert text.count("understandable") >= 30


# --- expected against actual ------------------------------------------------------------------------------------------


def lines(expected: Any, actual: Any) -> list[str]:
    return [click.unstyle(line).strip() for line in difference(expected, actual)]


def test_objects_differ_in_members_and_lists_of_objects_in_items() -> None:
    expected = {"seq": 1, "payload": {"status": "running", "same": 1}, "list": [{"a": 1}, 2], "odd name": None}
    actual = {"seq": 1, "payload": {"status": "queued", "same": 1}, "list": [{"a": 1.0}], "more": True}
    assert lines(expected, actual) == [
        'payload.status: expected "running", got "queued"',
        "list[0].a: expected 1, got 1.0",
        "list[1] is missing: expected 2",
        '["odd name"] is missing: expected null',
        "more is one too many: true",
    ]


def test_short_values_are_shown_whole() -> None:
    assert lines(0.0, -0.0) == ["expected  0.0", "got       -0.0"]
    assert lines([0, 1], [1]) == ["expected  [0, 1]", "got       [1]"]
    assert lines(list(range(50)), list(range(49))) == ["[49] is missing: expected 49"]


def test_of_long_texts_the_place_of_the_first_difference_is_shown() -> None:
    text = " ".join(lines({"m": "a" * 200 + "b"}, {"m": "a" * 200 + "c"}))
    assert 'ab" (203 characters) got' in text
    assert text.endswith('ac" (203 characters)')
    assert "a" * 100 not in text


def test_a_member_that_is_named_by_a_path_is_shown_by_it() -> None:
    assert lines({"$.answer.ok": 1}, {"$.answer.ok": 0}) == ["answer.ok: expected 1, got 0"]


def test_many_differences_are_counted() -> None:
    found = lines({f"m{n}": n for n in range(15)}, {})
    assert len(found) == 13
    assert found[-1] == "and 3 more places where they differ"


# --- the rest of a report ---------------------------------------------------------------------------------------------


def test_every_requirement_is_in_the_table_with_its_cases() -> None:
    text = render(
        report(
            result("ID-1"),
            result("ID-2", cases=3),
            result("ID-3", Verdict.NOT_EXERCISED, cases=4),
            result("TENANT-6", Verdict.NOT_DECLARED, cases=0, why="the driver doesn't declare tenants"),
            result("LOG-6", Verdict.NOT_JUDGED_HERE, cases=0),
        )
    )
    assert "(20 were\nasked for)\n" in text
    assert "04 identity: 2 pass, 1 not exercised\n" in text
    assert "  not exercised     ID-3 4/20  (too few cases met the precondition)\n" in text
    assert "  pass              ID-1 40  ID-2 3/20\n" in text
    assert "  not declared      TENANT-6  (tenants)\n" in text
    assert "  not judged here   LOG-6\n" in text
    assert "least judged  ID-2 3/20  ID-3 4/20  ID-1 40/20\n" in text


def test_the_table_is_short_where_all_is_well() -> None:
    """What holds is counted; how often each was judged is told with --verbose, and what wasn't judged anyway."""
    well = report(result("ID-1"), result("ID-2"), result("TENANT-6", Verdict.NOT_DECLARED, cases=0))
    text = render(well)
    assert text.startswith("Requirements by chapter")
    assert "04 identity: 2 pass\n11 tenants: 1 not declared\n  not declared      TENANT-6\n" in text
    assert "  pass              ID-1 40  ID-2 40\n" in render(well, verbose=True)


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"absent": ("compact", "prune")}, "mend first declared, but not there: compact, prune"),
        ({"cut": "the time was over"}, "1 requirement holds, 1 is broken; the time was over"),
        ({"interrupted": True}, "how far interrupted, so this is a part: 1 requirement holds"),
        ({"vectors": DIFFERING}, "1 requirement holds, 1 is broken, vectors differs mend first"),
        (
            {"vectors": DIFFERING, "agreement": evolve(DIFFERING, failure=NOT_RECORDED)},
            "1 is broken, agreement and vectors differ mend first",
        ),
        ({"vectors": evolve(DIFFERING, known=ACCEPTED)}, "1 is broken, vectors is known to differ"),
        ({}, "mend first PASS-2 (Each new record is recorded once, in order)"),
    ],
)
def test_the_first_lines_say_what_comes_first(members: Any, said: str) -> None:
    start = render(report(failed("PASS-2"), result("PASS-3"), **members)).split("\n\n")[0]
    assert said in " ".join(start.split())


def test_the_first_lines_show_the_operation_that_is_not_there() -> None:
    """B12: of several failures, the one of the operation that is declared and absent is the one to see again."""
    asked: Any = (OPEN, ("compact", {"retention_ms": 1, "now_ms": 2}))
    found = report(failed("PASS-2"), failed("DRIVER-5", requests=asked), absent=("compact",))
    assert "see it again  lifecycle-projection replay cases/DRIVER-5-0a1b2c3d.json\n" in render(found)


def test_what_ended_most_sessions_is_said_where_others_were_not_reached() -> None:
    most = evolve(failed("DRIVER-5"), ended=3)
    text = render(report(most, result("PASS-3", Verdict.NOT_EXERCISED, cases=0)))
    assert "1 was not reached: DRIVER-5 ended 3 sessions" in " ".join(text.split())


def test_the_judges_and_how_deep_sessions_went_are_told() -> None:
    smallest = evolve(NOT_RECORDED, case="cases/agreement-0a1b2c3d.json")
    vectors = JudgeResult(
        agreed=450, differing=11, not_declared=8, failures=tuple((f"edge-{n}", "x") for n in range(11))
    )
    agreement = JudgeResult(agreed=7, differing=2, failure=smallest)
    text = render(report(result("PASS-2"), result("DRIVER-1"), vectors=vectors, agreement=agreement))
    assert "── Agreement with the reference ── fail, in 2 of 9 cases\n" in text
    assert "again: lifecycle-projection replay cases/agreement-0a1b2c3d.json\n" in text
    assert "  property    1 requirements: 1 pass\n" in text
    assert "  production's fixed cases: 450 agree, 11 differ, 8 not declared\n    edge-0: x\n" in text
    assert "    edge-9: x\n    and 1 more, with --verbose\n" in text
    assert "  agreement with the reference: 7 agree, 2 differ\n" in text
    assert "sessions      3, with 30 requests judged, 9 passes (1 refused)\n" in text
    assert "of a session  records: median 4, at most 24\n" in text
    assert "phases        2 of 11 seen  queued 2  running_phase 1\n" in text
    assert f"moves         1 of {len(ALLOWED)} allowed ones, 1 of {len(FORBIDDEN)} forbidden ones\n" in text
    assert "targets       a torn log 2\n" in text


def test_where_no_session_was_executed_that_is_told() -> None:
    text = render(report(result("PASS-2"), coverage=Coverage()))
    assert "sessions      0, with 0 requests judged, 0 passes\nphases        0 of 11 seen\n" in text
    assert "targets       none\n" in text


def test_what_was_lost_and_the_suites_own_defects_are_told() -> None:
    text = render(report(result("PASS-2"), errors=("of_events: Traceback\n  line 5",), lost=("a shard: killed",)))
    assert "not looked at:\n  a shard: killed\n" in text
    assert "defects of this suite, which nobody else is to blame for:\n  of_events: Traceback\n    line 5\n" in text
    assert "mine 0.1 is undecided: this suite has a defect (quick, seed 7, 12 s)\n" in text


@pytest.mark.parametrize(
    ("results", "members", "outcome"),
    [
        ([result("PASS-2")], {}, "conforms, as far as it was checked"),
        ([failed("PASS-2"), result("PASS-3", Verdict.NOT_EXERCISED)], {}, "falls short in 2 requirements"),
        ([result("PASS-2")], {"vectors": JudgeResult(differing=1)}, "differs from production's answers"),
        ([result("PASS-2")], {"agreement": JudgeResult(differing=1)}, "differs from the reference"),
        ([evolve(failed("DRIVER-2", Verdict.PROTOCOL), cases=0)], {}, "is undecided: it broke the protocol"),
        ([failed("DRIVER-2", Verdict.PROTOCOL)], {}, "falls short in 1 requirement"),
        ([result("PASS-2", Verdict.UNDECIDED)], {}, "is undecided: the check was cut off"),
    ],
)
def test_the_last_lines_sum_up(results: Iterable[Result], members: Any, outcome: str) -> None:
    assert f"\nmine 0.1 {outcome} (quick, seed 7, 12 s)\n" in render(report(*results, **members))


# --- as JSON ----------------------------------------------------------------------------------------------------------


def test_a_report_as_json_is_valid_and_holds_everything() -> None:
    agreement = JudgeResult(agreed=7, differing=1, failures=(("agreement", "x"),), failure=NOT_RECORDED)
    vectors = JudgeResult(agreed=450, not_declared=8)
    broke = Failure(requests=(OPEN,), message="it ended", broke=Breakdown.CRASH)
    found = report(
        result("PASS-1"),
        failed("PASS-2", like=("guard-off", "nothing-for-a-record")),
        result("DRIVER-2", Verdict.CRASH, broken=1, failure=broke),
        vectors=vectors,
        agreement=agreement,
        errors=("e",),
        lost=("l",),
    )
    document = json.loads(json.dumps(as_json(found)))
    assert schemas.problems("report", document) == []
    assert document["worst_first"] == ["DRIVER-2", "PASS-2", "agreement"]
    assert document["explained"] == [{"like": ["guard-off", "nothing-for-a-record"], "of": ["PASS-2"]}]
    assert "explained" not in as_json(report(result("PASS-1")))
    assert document["verdicts"]["crash"] == 1
    assert document["requirements"][0] == {
        "id": "PASS-1",
        "title": KNOWN["PASS-1"].title,
        "chapter": "09-pass",
        "level": "MUST",
        "judge": KNOWN["PASS-1"].judge.value,
        "needs": [],
        "verdict": "pass",
        "cases": 40,
        "wanted": 20,
        "broken": 0,
        "ended": 0,
    }
    assert document["requirements"][1]["failure"] == {
        "message": "the indexes of the records that got an event",
        "expected": [0],
        "actual": [],
        "steps": [{"op": "open", "store": 0}, {"op": "project", "run": ONE}],
        "shrunk": True,
        "leaks": False,
        "like": ["guard-off", "nothing-for-a-record"],
        "stderr": "",
        "case": "cases/PASS-2-0a1b2c3d.json",
    }
    assert "expected" not in document["requirements"][2]["failure"]
    assert document["vectors"] == {"agreed": 450, "not_declared": 8, "differing": 0, "failures": []}
    assert document["agreement"]["failure"]["expected"] == [0]
    assert document["lives"]["depth"] == {"records": {"median": 4, "most": 24}}
    assert document["lives"]["moves"] == {
        "seen": {"queued → running_phase": 2, "completed → queued": 1},
        "allowed": {"seen": 1, "of": len(ALLOWED)},
        "forbidden": {"seen": 1, "of": len(FORBIDDEN)},
    }


def test_a_report_without_further_judges_is_valid_too() -> None:
    document = as_json(report())
    assert schemas.problems("report", document) == []
    assert (document["vectors"], document["agreement"], document["exit_code"]) == (None, None, 0)


# --- words ------------------------------------------------------------------------------------------------------------


def test_nothing_that_acts_upon_a_terminal_is_written() -> None:
    assert safe("a\x1b\x7f\u2028\x9b😀é") == "a\\u001b\\u007f\\u2028\\u009b😀é"
    assert json.loads(written("a\x1b\x7f\u2028\x9b😀é")) == "a\x1b\x7f\u2028\x9b😀é"


def test_an_id_is_shortened_in_the_middle_and_always_alike() -> None:
    assert short_id("by-hand-1") == "by-hand-1"
    assert short_id(f"automation-v2-lifecycle-run-1-x-{'ab' * 12}-12") == "…run-1-x-ababab…-12"
    long = short_id("x" * 100)
    assert (len(long), long[0], long[-1]) == (48, "x", "x")
    assert short_id(7) == "7"
