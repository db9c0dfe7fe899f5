"""The page of a check: what it says, how a session is drawn, and that no text of a driver can become part of it."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import click
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import event, lifecycle, run_json, snapshot
from html_pages import HOSTILE, Parsed, in_json, texts, well_formed
from lifecycle_conformance.driver.interface import Breakdown, Hello
from lifecycle_conformance.driver.safe_text import safe
from lifecycle_conformance.execution.coverage import Coverage
from lifecycle_conformance.execution.step_summary import seen_of
from lifecycle_conformance.execution.trace import Object, Request, Step
from lifecycle_conformance.model.phase_table import NEXT
from lifecycle_conformance.report.difference import difference, left_out, places
from lifecycle_conformance.report.page.check_page import IN_FULL, CheckPage, check_page
from lifecycle_conformance.report.page.check_timeline import timeline
from lifecycle_conformance.report.page.drawing import drawn
from lifecycle_conformance.report.page.page import rendered
from lifecycle_conformance.report.page.phase_graph import Edge, graph
from lifecycle_conformance.report.page.timeline import Column, Lane, Mark, Presence, Timeline, Tone
from lifecycle_conformance.runner.rehearsal import rehearsed
from lifecycle_conformance.runner.verdicts import Failure, JudgeResult, Report, Verdict
from test_report import HELLO, KNOWN, NOT_RECORDED, ONE, OPEN, STARTED, failed, report, result

DRIVER = ("./my driver", "--fast")
LATER = run_json(STARTED, lifecycle("node_completed", 30), status="completed")
TWO_PASSES: tuple[Request, ...] = (OPEN, ("project", {"run": ONE}), ("project", {"run": LATER}))
NOTHING: Object = {"answer": {"ok": {"projected": 0}}, "appended": [], "written": [], "gone": []}


def by_reference(requests: Sequence[Request]) -> Sequence[Step]:
    return rehearsed(requests, HELLO.capabilities)


def page(found: Report) -> CheckPage:
    return check_page(found, DRIVER, by_reference)


def everything() -> Report:
    """A report with something in every part of the page."""
    crash = Failure(
        requests=TWO_PASSES, message="asked for project: it ended", broke=Breakdown.CRASH, stderr="Traceback\n  line 2"
    )
    return report(
        result("ALIAS-1"),
        failed("SNAP-5", requests=TWO_PASSES, expected={"a": {"b": 1}}, actual={"a": {"c": 2}}, seen=NOTHING),
        failed("PASS-2", seen=NOTHING, again=Verdict.STATE_LEAK, shrunk=False),
        result("PASS-3"),
        result("PASS-4", Verdict.NOT_EXERCISED, cases=3, why="too few"),
        result("COMPACT-1", Verdict.NOT_DECLARED, cases=0, why="the driver doesn't declare compact"),
        result("FILE-9", Verdict.NOT_JUDGED_HERE, cases=0),
        result("DRIVER-2", Verdict.CRASH, broken=1, failure=crash),
        failed("DRIVER-5", compared=False, problems=("`scope` is missing",)),
        vectors=JudgeResult(agreed=450, differing=2, failures=(("edge-1", "events[0].seq: expected 1, got 2"),)),
        agreement=JudgeResult(agreed=7, differing=2, failure=NOT_RECORDED),
        lost=("a shard: killed",),
        errors=("of_events: Traceback",),
    )


# --- what it says -----------------------------------------------------------------------------------------------------


def test_a_page_with_all_there_is_is_well_formed() -> None:
    parsed = well_formed(rendered(page(everything())))
    parts = {"begin", "failures", "requirements", "judges", "search", "lost", "defects"}
    assert parts | {"failure-PASS-2", "failure-agreement", "chapter-09-pass", "PASS-3"} <= {*parsed.ids}
    for said in (
        "mine 0.1",
        "Falls short in 5 requirements",
        "profile quick, seed 7",
        "append, import",
        "lifecycle-projection replay cases/PASS-2-0a1b2c3d.json -- './my driver' --fast",
        "in a fresh process it holds",
        "not shrunk",
        "line 2",
        "`scope` is missing".replace("`", ""),
        "edge-1",
        "450 agree, 2 differ",
        "a shard: killed",
    ):
        assert said in parsed.text.replace("`", "")


def test_the_same_report_gives_the_same_page() -> None:
    assert rendered(page(everything())) == rendered(page(everything()))


@pytest.mark.parametrize(
    ("results", "members", "tone", "said"),
    [
        ([result("PASS-2")], {}, Tone.GOOD, "Conforms, as far as it was checked"),
        ([failed("PASS-2")], {}, Tone.BAD, "Falls short in 1 requirement"),
        ([result("PASS-2")], {"vectors": JudgeResult(differing=1)}, Tone.BAD, "Differs from production's answers"),
        ([result("PASS-2", Verdict.UNDECIDED)], {"cut": "c"}, Tone.DOUBT, "Is undecided: the check was cut off"),
        ([result("PASS-2")], {"interrupted": True}, Tone.NOTE, "Was judged in part: the check was interrupted"),
    ],
)
def test_the_verdict_is_that_of_the_report(results: Any, members: Any, tone: Tone, said: str) -> None:
    shown = page(report(*results, **members))
    assert (shown.verdict.tone, shown.verdict.word) == (tone, said)
    assert (shown.begin is None) == (tone is Tone.GOOD)
    well_formed(rendered(shown))


def test_a_driver_that_cannot_be_judged_has_a_page_that_says_what_to_mend() -> None:
    shown = page(report(unusable=True, cut="asked for open: it ended"))
    text = well_formed(rendered(shown)).text
    assert (shown.begin, shown.searched, shown.chapters) == (None, None, [])
    assert "asked for open: it ended" in text
    assert "Mend that first: answer" in text


def test_one_begins_with_the_worst() -> None:
    shown = page(everything())
    assert shown.begin is not None
    assert [each.about.id for each in shown.failures][:2] == ["DRIVER-2", "DRIVER-5"]
    assert shown.begin.anchor == "failure-DRIVER-2"
    assert "DRIVER-2 (" in shown.begin.mend


def test_what_passes_and_what_was_not_judged_is_folded() -> None:
    chapters = {each.anchor: each for each in page(everything()).chapters}
    passes = chapters["chapter-09-pass"]
    assert [each.id for each in passes.open] == ["PASS-2", "PASS-4"]
    assert [(each.id, each.cases) for each in passes.holding] == [("PASS-3", "40")]
    assert [(each.cases, each.why, each.anchor) for each in passes.open] == [
        ("40", "", "failure-PASS-2"),
        ("3 of 20", "too few", None),
    ]
    assert [each.word for each in passes.badges] == ["1 pass", "1 fail", "1 not exercised"]
    assert [each.why for each in chapters["chapter-13-retention"].unjudged] == ["the driver doesn't declare compact"]


def test_many_failures_are_folded() -> None:
    ids = [each for each in KNOWN if each.startswith("PASS-")][: IN_FULL + 2]
    parsed = well_formed(rendered(page(report(*map(failed, ids)))))
    assert "2 more failures" in parsed.text
    assert sum(each.startswith("failure-") and each.endswith("-title") for each in parsed.ids) == IN_FULL + 2


def test_the_level_is_the_highest_that_is_whole() -> None:
    for capabilities, level in (
        ((), "below core"),
        (("identify",), "core"),
        (("identify", "import"), "core"),
        (("identify", "import", "append", "durable"), "history"),
    ):
        shown = page(report(result("PASS-2"), hello=evolve(HELLO, capabilities=frozenset(capabilities))))
        assert {each.name: each.text for each in shown.totals}["Level"] == level


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ([], [{"a": 1}, {"b": 2}]),
        ([], [1, 2]),
        ("yes", None),
        ({"a": 1, "b": [1, 2]}, {"a": 2, "c": {}}),
        ({"long": "x" * 400}, {"long": "x" * 300 + "y"}),
        ([{"a": n} for n in range(20)], [{"a": n + 1} for n in range(20)]),
    ],
)
def test_a_page_shows_the_same_places_as_a_terminal(expected: Any, actual: Any) -> None:
    text = " ".join(click.unstyle(" ".join(difference(expected, actual, 2_000))).split())
    found = [*places(expected, actual)]
    assert 0 < len(found) <= 12
    for each in found:
        for side in (each.path, each.expected, each.actual):
            assert side is None or " ".join(side.split()) in text
    more = left_out(expected, actual)
    assert (f"and {more} more" in text) == (more > 0)


# --- the time line ----------------------------------------------------------------------------------------------------


def line(seen: Object | None, requests: tuple[Request, ...] = TWO_PASSES, **members: Any) -> Timeline:
    found = evolve(NOT_RECORDED, requests=requests, seen=seen, **members)
    return timeline("line", found, by_reference(requests))


def stages(shown: Timeline) -> list[str]:
    return [each.stage.label for each in shown.cells if isinstance(each, Column) and each.stage is not None]


def marks(shown: Timeline, lane: Lane) -> list[Mark | None]:
    return [each.marks.get(lane) if isinstance(each, Column) else None for each in shown.cells]


def wrong(shown: Timeline) -> list[tuple[int, Lane, str]]:
    """The column, lane and detail of each mark that isn't as it should be."""
    return [
        (at, lane, mark.detail or mark.caption)
        for lane in Lane
        for at, mark in enumerate(marks(shown, lane))
        if mark is not None and mark.tone is not None
    ]


def of_reference(requests: tuple[Request, ...] = TWO_PASSES) -> Object:
    """What the reference is seen to do in the last step."""
    return seen_of(by_reference(requests)[-1])


def test_what_should_be_recorded_and_is_not_is_missing_in_the_last_step() -> None:
    shown = line(NOTHING)
    assert stages(shown) == ["1 project", "2 project fails"]
    assert [each and each.label for each in marks(shown, Lane.HISTORY)] == ["[0]", "[1]"]
    assert wrong(shown) == [(1, Lane.EVENTS, "missing"), (1, Lane.SNAPSHOTS, "missing")]
    missing = marks(shown, Lane.EVENTS)[1]
    assert missing is not None
    assert (missing.presence, missing.caption) == (Presence.MISSING, "node_completed")
    assert [each.phase for each in shown.cells if isinstance(each, Column)] == ["running_phase", None]


def test_what_is_as_the_reference_does_it_has_no_tone() -> None:
    shown = line(of_reference())
    assert wrong(shown) == []
    assert stages(shown) == ["1 project", "2 project fails"]
    assert "2 project fails" in drawn(shown)[0].description


def test_what_is_one_too_many_and_what_is_another_is_marked() -> None:
    seen = of_reference()
    extra = event("by-mistake", 9)
    other = {**seen["written"][0], "status": "failed"}
    shown = line({**seen, "appended": [*seen["appended"], extra], "written": [other]})
    assert wrong(shown) == [(2, Lane.EVENTS, "one too many"), (1, Lane.SNAPSHOTS, "not as expected")]


def test_what_is_recorded_twice_stands_twice() -> None:
    seen = of_reference()
    twice = {**seen["appended"][0], "seq": 3}
    shown = line({**seen, "appended": [*seen["appended"], twice]})
    assert [each and each.label for each in marks(shown, Lane.EVENTS)] == ["#1", "#2", "#3"]
    assert [each and each.caption for each in marks(shown, Lane.HISTORY)][2] == "again"
    assert wrong(shown) == [(2, Lane.EVENTS, "one too many")]


COMPACTED: tuple[Request, ...] = (*TWO_PASSES, ("compact", {"retention_ms": 1, "now_ms": 10_000}))


def test_what_is_gone_stands_where_it_went() -> None:
    seen = of_reference(COMPACTED)
    assert seen["gone"]
    gone = [each for each in marks(line(seen, COMPACTED), Lane.EVENTS) if each is not None and each.caption == "gone"]
    assert [(each.label, each.tone) for each in gone] == [(f"\N{MINUS SIGN}{len(seen['gone'])}", None)]
    for changed, said in (({"gone": []}, "not removed"), ({"gone": [*seen["gone"], "other"]}, "gone")):
        assert (Lane.EVENTS, said) in {
            (lane, detail) for _, lane, detail in wrong(line({**seen, **changed}, COMPACTED))
        }


def test_an_import_shows_what_it_was_given() -> None:
    given_: Object = {"events": [event("e", 4)], "snapshots": [snapshot("e", 4)]}
    requests: tuple[Request, ...] = (OPEN, ("import", given_), ("project", {"run": ONE}))
    shown = line(NOTHING, requests)
    assert stages(shown)[:1] == ["1 import"]
    assert [mark and mark.label for lane in (Lane.EVENTS, Lane.SNAPSHOTS) for mark in marks(shown, lane)[:1]] == [
        "#4"
    ] * 2


def test_a_step_that_changes_nothing_or_is_refused_has_a_column() -> None:
    illegal = run_json(STARTED, lifecycle("a", 40), status="queued")
    requests: tuple[Request, ...] = (
        OPEN,
        ("project", {"run": ONE}),
        ("restart", {"kill": True}),
        ("project", {"run": illegal}),
    )
    shown = line(NOTHING, (*requests, ("project", {"run": LATER})))
    assert stages(shown)[:3] == ["1 project", "2 restart", "3 project refused"]


def test_of_a_driver_that_broke_the_session_is_drawn_as_the_reference_takes_it() -> None:
    shown = line(None, broke=Breakdown.CRASH, message="asked for project: it ended")
    assert wrong(shown) == []
    last = [each.stage for each in shown.cells if isinstance(each, Column)][-1]
    assert last is not None
    assert (last.tone, "it ended" in last.text) == (Tone.BAD, True)
    (failure,) = page(
        report(result("DRIVER-2", Verdict.CRASH, failure=evolve(NOT_RECORDED, broke=Breakdown.CRASH)))
    ).failures
    assert "All steps are drawn as the reference takes them" in failure.note


def test_where_the_reference_takes_no_step_what_came_is_drawn() -> None:
    found = evolve(NOT_RECORDED, requests=TWO_PASSES, seen=of_reference())
    shown = timeline("line", found, ())
    assert [each and each.label for each in marks(shown, Lane.EVENTS)] == [None, "#2"]
    assert wrong(shown) == []


def test_a_step_on_a_file_that_the_reference_can_not_take_ends_what_it_shows() -> None:
    """The session was made with an implementation that had a folder where the reference has a file."""
    requests: tuple[Request, ...] = (
        *TWO_PASSES[:2],
        ("put", {"path": "stateful_events.jsonl/x", "text": ""}),
        TWO_PASSES[2],
    )
    assert [step.op for step in by_reference(requests)] == ["open", "project"]
    assert stages(line(NOTHING, requests)) == ["1 project", "2 put", "3 project fails"]


def test_tenants_that_share_a_run_id_are_kept_apart_where_the_implementation_does() -> None:
    other = {**ONE, "tenant_context": {"org_id": "org-b", "workspace_id": "ws-b"}}
    requests: tuple[Request, ...] = (OPEN, ("project", {"run": ONE}), ("project", {"run": other}))
    ends = [rehearsed(requests, capabilities)[-1].refusal for capabilities in ((), ("tenants",))]
    assert ends == ["storage_conflict", None]


def test_a_strip_is_drawn_inside_its_frame_and_its_bands_side_by_side() -> None:
    requests = (*TWO_PASSES, *TWO_PASSES[1:] * 5, ("prune", {"run_id": "run-1", "keep": 1, "tenant": {}}))
    for strip in drawn(line(NOTHING, requests)):
        assert all(x + width <= strip.width for x, _, width, _, _ in strip.stages)
        assert all(x + width <= other for (x, _, width, _, _), (other, *_) in pairwise(strip.stages))
        assert all(mark.y > 40 for mark in strip.marks)


# --- the graph --------------------------------------------------------------------------------------------------------


def test_the_graph_has_each_phase_and_each_move_that_is_allowed() -> None:
    shown = graph({"queued": 2}, {"queued → running_phase": 3, "completed → queued": 1})
    assert [each.name for each in shown.nodes] == [*NEXT]
    assert {each.name for each in shown.edges} == {f"{one} → {other}" for one in NEXT for other in NEXT[one]}
    assert {each.name: each.walked for each in shown.edges if each.walked} == {"queued → running_phase": 3}
    assert {each.name: each.seen for each in shown.nodes if each.seen} == {"queued": 2}


def test_the_graph_is_drawn_inside_its_frame_and_no_line_begins_or_ends_in_a_box() -> None:
    shown = graph({}, {})
    for node in shown.nodes:
        assert 0 <= node.x <= node.x + node.width <= shown.width
        assert 0 <= node.y <= node.y + node.height <= shown.height

    def ends(edge: Edge) -> list[tuple[float, float]]:
        numbers = [float(each) for each in edge.path.replace("M", "").replace("Q", "").split()]
        return [(numbers[0], numbers[1]), (numbers[4], numbers[5])]

    for x, y in (each for edge in shown.edges for each in ends(edge)):
        assert not any(n.x < x < n.x + n.width and n.y < y < n.y + n.height for n in shown.nodes)


def test_each_move_is_told_in_a_table_too() -> None:
    searched = page(report(result("PASS-2"))).searched
    assert searched is not None
    assert dict(searched.allowed)["queued → running_phase"] == 2
    assert dict(searched.forbidden)["completed → queued"] == 1
    assert (len(searched.allowed), len(searched.forbidden)) == (33, 77)


# --- hostile texts ----------------------------------------------------------------------------------------------------


def hostile_page(outside: str, inside: str) -> bytes:
    """A page with a text in each place where a driver's or a session's can stand."""
    run = run_json(
        lifecycle(inside, 5), run_id=inside, automation_id=inside, tenant={"org_id": inside, "workspace_id": inside}
    )
    requests: tuple[Request, ...] = (OPEN, ("project", {"run": run}))
    appended = event(f"id {inside}", 7, run_id=inside, event_type=inside)
    seen: Object = {
        "answer": {"error": {"kind": outside, "message": outside, "data": {outside: outside}}},
        "appended": [appended],
        "written": [snapshot(f"id {inside}", 7, run_id=inside)],
        "gone": [f"gone {inside}"],
    }
    members: dict[str, Any] = {"requests": requests, "message": f"m{outside}", "stderr": f"x{outside}", "case": outside}
    coverage = Coverage(sessions=1)
    coverage.phases.update([f"phase {outside}"])
    coverage.generations.update([outside])
    coverage.targets.update([outside])
    found = report(
        failed("PASS-2", **members, seen=seen, expected={inside: [inside]}, actual={inside: {inside: inside}}),
        result("PASS-4", Verdict.NOT_EXERCISED, why=outside),
        failed("DRIVER-5", **members, compared=False, problems=(outside,)),
        hello=Hello(
            protocol=1,
            name=f"n{outside}",
            version=outside,
            language=outside,
            spec=outside,
            capabilities=frozenset({outside}),
        ),
        profile=outside,
        coverage=coverage,
        vectors=JudgeResult(differing=1, failures=((outside, outside),)),
        cut=f"c{outside}",
        lost=(outside,),
        errors=(outside,),
    )
    return rendered(check_page(found, (outside,), by_reference))


_SHORT = 20
BENIGN = Parsed(hostile_page("benign", "harmless")).tags


@settings(deadline=None, max_examples=60)
@given(texts, in_json)
def test_no_text_becomes_part_of_the_page(outside: str, inside: str) -> None:
    # With a longer run id the reference refuses the pass, and less is drawn.
    assert well_formed(hostile_page(outside, inside[:_SHORT])).tags == BENIGN


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_shown_as_it_is_written(text: str) -> None:
    assert safe(text) in Parsed(hostile_page(text, "x")).text


@given(st.text(st.characters(codec="utf-8"), max_size=20))
@settings(max_examples=20, deadline=None)
def test_a_session_that_the_reference_refuses_is_drawn_all_the_same(text: str) -> None:
    broken: Request = ("refuse", {"request": {"op": "project", "run": text}, "kind": "invalid_input", "because": []})
    well_formed(rendered(page(report(failed("REC-1", requests=(OPEN, broken), seen={"answer": {"ok": {}}})))))
