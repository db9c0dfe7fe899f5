"""The page of an audit: what it says, that it is well-formed, and that no text of a store can become part of it."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import damaging
import stores
import test_audit as tables
from builders import event, lifecycle, run_json, snapshot
from html_pages import HOSTILE, Parsed, in_json, texts, well_formed
from lifecycle_conformance.audit.catalogue import KINDS
from lifecycle_conformance.audit.finding import Finding, Where
from lifecycle_conformance.audit.kinds import of_form
from lifecycle_conformance.audit.kinds.of_runs import RUN_KINDS
from lifecycle_conformance.audit.stored import Row, StoredRun
from lifecycle_conformance.driver.safe_text import safe
from lifecycle_conformance.execution.trace import owner_of
from lifecycle_conformance.model.identity import PREFIX
from lifecycle_conformance.report.page import audit_timeline
from lifecycle_conformance.report.page.audit_page import ReadAgain, audit_page
from lifecycle_conformance.report.page.audit_parts import Page
from lifecycle_conformance.report.page.audit_timeline import RunAgain
from lifecycle_conformance.report.page.drawing import drawn
from lifecycle_conformance.report.page.page import anchor_of, rendered, spans
from lifecycle_conformance.report.page.timeline import Column, Gap, Lane, Mark, Presence, Timeline, Tone, kept
from lifecycle_projection.errors import StorageError
from pages import audited, damaged, form, nothing, page_of

DAMAGES = {
    f"{name} {damage}": (make, damages[damage][0], name == "with runs")
    for name, damages, make in (
        ("store", tables.ALONE, damaging.healthy),
        ("phases", tables.MOVED, lambda folder: damaging.healthy(folder, moved=True)),
        ("markers", tables.MARKERS, damaging.compacted),
        ("with runs", tables.WITH_RUNS, damaging.healthy),
    )
    for damage in damages
}


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    path = tmp_path / "runs.jsonl"
    path.write_bytes(orjson.dumps(damaging.RUN) + b"\n")
    return path


def only(page: Page) -> Timeline:
    """The one time line of a page."""
    ((timeline,),) = (run.timelines for run in page.runs)
    return timeline


def marks(timeline: Timeline, lane: Lane) -> list[Mark | None]:
    return [cell.marks.get(lane) if isinstance(cell, Column) else None for cell in timeline.cells]


def labels(timeline: Timeline, lane: Lane) -> list[str | None]:
    return [None if mark is None else mark.label for mark in marks(timeline, lane)]


def faulty(timeline: Timeline) -> list[tuple[int, Lane, str]]:
    """The column, lane and kind of each fault on a time line."""
    return [
        (at, lane, fault.name)
        for lane in Lane
        for at, mark in enumerate(marks(timeline, lane))
        if mark is not None
        for fault in mark.faults
    ]


# --- the page as a document -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DAMAGES)
def test_each_damage_gives_a_page_on_which_each_finding_of_a_run_has_one_place(
    store: Path, runs: Path, name: str
) -> None:
    make, damage, with_runs = DAMAGES[name]
    damage(make(store))
    page = page_of(store, runs if with_runs else None)
    well_formed(rendered(page))
    for run in page.runs:
        placed = [
            fault.number
            for timeline in run.timelines
            for each in timeline.cells
            for fault in (each.faults if isinstance(each, Column) else [])
        ]
        placed += [fault.number for timeline in run.timelines for fault in timeline.beside]
        assert sorted(placed) == sorted(int(each.text) for each in run.faults)


@pytest.mark.parametrize("shared", stores.SHARED)
def test_each_store_of_production_has_a_page(tmp_path: Path, shared: dict[str, Any]) -> None:
    for part, database in shared["databases"].items():
        file = stores.put_database(database, tmp_path / f"{part}.sqlite3")
        well_formed(rendered(page_of(file, file)))


def test_a_page_with_all_there_is_is_well_formed(tmp_path: Path) -> None:
    page = page_of(*damaged(tmp_path))
    document = rendered(page)
    parsed = well_formed(document)
    assert {"LOG-1", "SNAP-5", "finding-1", "run-run-1", "run-run-long", "begin", "runs"} <= {*parsed.ids}
    assert document == rendered(page_of(tmp_path / "store", tmp_path / "runs.jsonl"))


def test_a_healthy_store_has_a_page(store: Path, runs: Path) -> None:
    damaging.healthy(store)
    page = page_of(store, runs)
    text = well_formed(rendered(page)).text
    assert page.verdict.tone is Tone.GOOD
    assert "Nothing wrong was found" in text
    assert "0 violations, 0 suspects, 0 notes" in text
    assert page.runs == []


# --- what it says -----------------------------------------------------------------------------------------------------


def finding(kind: str = "seq-missing", number: int = 1, **members: object) -> Finding:
    known: dict[str, object] = {"where": Where(path="log", line=number), "run_id": f"run-{number}"}
    return Finding(kind=KINDS[kind], message="said", **{**known, **members})  # type: ignore[arg-type]


def page(findings: Iterable[Finding], again: ReadAgain = nothing, *, values: bool = False, **members: object) -> Page:
    return audit_page(audited([*findings], **members), form(values=values), again)


def test_one_begins_with_the_worst_and_with_what_cannot_be_read() -> None:
    names = ("time-backwards", "snapshot-missing", "seq-missing", "wrong-payload-member", "damaged-line")
    shown = page(finding(name) for name in names)
    assert shown.begin is not None
    assert shown.begin.group.name == "damaged-line"
    assert [each.id for each in shown.sections] == ["FILE-1", "LOG-1", "EVENT-2", "SNAP-5", "EVENT-1"]
    assert [item.number for each in shown.sections for group in each.groups for item in group.items] == [1, 2, 3, 4, 5]


def test_where_nothing_is_to_be_mended_one_begins_nowhere() -> None:
    shown = page([finding("time-backwards")])
    assert (shown.begin, [each.id for each in shown.sections]) == (None, ["EVENT-1"])
    assert "begin" not in well_formed(rendered(shown)).ids


def test_what_is_found_under_one_requirement_stands_together() -> None:
    shown = page(finding(name) for name in ("record-missing", "records-not-projected", "snapshot-missing"))
    (first, _) = shown.sections if shown.sections[0].id == "PASS-2" else reversed(shown.sections)
    assert [group.name for group in first.groups] == ["record-missing", "records-not-projected"]
    assert [each.word for each in first.badges] == ["1 suspect", "1 note"]


@pytest.mark.parametrize(
    ("kinds", "cut", "tone", "said"),
    [
        (["seq-missing", "time-backwards"], False, Tone.BAD, "The store departs from the specification"),
        (["snapshot-missing", "time-backwards"], False, Tone.DOUBT, "Something is most likely wrong"),
        (["time-backwards"], False, Tone.GOOD, "Nothing wrong was found"),
        ([], True, Tone.NOTE, "Nothing wrong was found until the audit was interrupted"),
    ],
)
def test_the_verdict_is_that_of_the_worst_finding(kinds: list[str], cut: bool, tone: Tone, said: str) -> None:
    shown = page(map(finding, kinds), cut=cut)
    assert (shown.verdict.tone, shown.verdict.word) == (tone, said)
    assert any("partial" in each for each in shown.notices) == cut


def test_a_finding_leads_to_the_others_of_its_cause(store: Path) -> None:
    damaging.dropped(1)(damaging.healthy(store))
    shown = page_of(store)
    items = [item for section in shown.sections for group in section.groups for item in group.items]
    kinds = {group.items[0].number: group.name for section in shown.sections for group in section.groups}
    assert {*kinds.values()} == {"seq-missing", "snapshot-without-event"}
    assert [[kinds[int(each.text)] for each in item.related] for item in items] == [
        [name for name in kinds.values() if name != kinds[item.number]] for item in items
    ]
    assert "Of one cause with:" in well_formed(rendered(shown)).text


def test_many_findings_are_bounded_and_counted() -> None:
    asked: list[str] = []

    def again(run_id: str) -> RunAgain:
        asked.append(run_id)
        row = Row(value=event("e", run_id=run_id), where=Where(path="log"))
        return RunAgain(stored=StoredRun(run_id=run_id, events=[row]))

    shown = page([finding(name, number) for name in ("seq-missing", "seq-twice") for number in range(70)], again)
    groups = [group for section in shown.sections for group in section.groups]
    assert [(group.total, len(group.items)) for group in groups] == [(70, 50)] * 2
    assert all("and 20 more;" in group.more for group in groups)
    assert (len(shown.runs), len(asked)) == (50, 50)
    assert "and 20 more runs with findings" in shown.more_runs
    assert "47 more findings of this kind" in well_formed(rendered(shown)).text


def test_a_run_that_cannot_be_read_again_has_no_time_line() -> None:
    def again(_: str) -> None:
        raise StorageError(path="store", problem="it went away")

    (run,) = page([finding()], again).runs
    assert run.timelines == ()
    assert run.unread is not None
    assert "it went away" in run.unread


def test_values_are_left_out_unless_they_are_asked_for() -> None:
    known = {"expected": {"a": "the secret"}, "actual": "the secret"}
    hidden, shown = (
        rendered(page([finding(**known)], values=values)).decode()  # type: ignore[arg-type]
        for values in (False, True)
    )
    assert "the secret" not in hidden
    assert "12 bytes, SHA-256 " in hidden
    assert "&#34;the secret&#34;" in shown
    assert "Values are left out" in hidden
    assert "Values are left out" not in shown


def test_no_value_of_a_store_stands_on_a_page_without_values(store: Path, runs: Path) -> None:
    """Neither what a finding compares nor what a time line shows."""
    damaging.healthy(store)
    for number in range(4):
        damaging.edited(number, damaging.put(damaging.SECRET, "payload", "event"))(store)
        damaging.respelled(number, damaging.put(damaging.SECRET, "metadata", "event"))(store)
    assert damaging.SECRET in rendered(page_of(store, runs, values=True)).decode()
    assert damaging.SECRET not in rendered(page_of(store, runs)).decode()


# --- hostile texts ----------------------------------------------------------------------------------------------------


def hostile_page(outside: str, inside: str) -> bytes:
    """A page with a text in each place where a name, a path or a value can stand."""
    tenant = {"org_id": inside, "workspace_id": inside}
    members = {"run_id": inside, "tenant": tenant}
    event_id = f"id {inside}"
    row = Row(
        value=event(event_id, event_type=PREFIX + inside, payload={"x": inside}, **members),
        where=Where(path=outside, line=1),
    )
    snapshots = [Row(value=snapshot(event_id, **members), where=Where(path=outside, row=inside))]
    run = StoredRun(run_id=inside, events=[row], snapshots=snapshots)
    record = run_json(lifecycle(inside), run_id=inside, tenant=tenant)
    found = [
        Finding(
            kind=RUN_KINDS[kind],
            message=outside,
            where=where,
            run_id=inside,
            tenant=(inside, inside, None),
            record_index=index,
            event_id=None if index == 0 else event_id,
            expected={inside: inside},
            actual=[inside],
        )
        for kind, where, index in (
            ("wrong-payload-member", row.where, None),
            ("snapshot-missing", snapshots[0].where, None),
            ("record-missing", Where(path=outside), 0),
            ("seq-missing", None, None),
        )
    ]
    again = RunAgain(stored=run, record=(record, Where(path=outside, row=inside)))
    shown = audit_page(audited(found, store=outside), form(values=True), lambda _: again)
    return rendered(shown)


BENIGN = Parsed(hostile_page("benign", "harmless")).tags


@settings(deadline=None, max_examples=100)
@given(texts, in_json)
def test_no_text_becomes_part_of_the_page(outside: str, inside: str) -> None:
    document = hostile_page(outside, inside)
    assert well_formed(document).tags == BENIGN


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_shown_as_it_is_written(text: str) -> None:
    assert safe(text) in Parsed(hostile_page(text, "x")).text


def test_the_error_of_a_run_that_cannot_be_read_is_no_markup() -> None:
    def again(_: str) -> None:
        raise StorageError(path=HOSTILE[0], problem=HOSTILE[1])

    well_formed(rendered(page([finding(run_id=HOSTILE[5])], again)))


@pytest.mark.parametrize("name", ["run-1", "a.b_c", *HOSTILE, "", "é", "a b"])
def test_an_anchor_is_readable_where_a_name_is_plain(name: str) -> None:
    plain = re.fullmatch(r"[A-Za-z0-9._-]+", name)
    assert re.fullmatch(r"run-[0-9a-f]{16}" if not plain else re.escape(f"run-{name}"), anchor_of("run", name))


def test_code_and_links_of_the_specification_become_pieces() -> None:
    text = "A `seq` ([chapter 13](13-retention.md)) of `1`"
    assert spans(text) == [("A ", False), ("seq", True), (" (chapter 13) of ", False), ("1", True)]


# --- the time line ----------------------------------------------------------------------------------------------------


def test_an_event_that_is_gone_with_its_snapshot_leaves_a_hole(store: Path) -> None:
    damaging.dropped_with_snapshot(1)(damaging.healthy(store))
    timeline = only(page_of(store))
    assert timeline.lanes == [Lane.EVENTS, Lane.SNAPSHOTS]
    assert labels(timeline, Lane.EVENTS) == ["#1", "#2", "#3", "#4", "#5", "#6"]
    assert faulty(timeline) == [(1, Lane.EVENTS, "seq-missing")]
    mark = marks(timeline, Lane.EVENTS)[1]
    assert mark is not None
    assert (mark.caption, mark.presence) == ("missing", Presence.MISSING)


def test_a_snapshot_that_is_gone_is_marked_where_it_would_stand(store: Path) -> None:
    damaging.without_snapshot(3)(damaging.healthy(store))
    timeline = only(page_of(store))
    assert faulty(timeline) == [(3, Lane.SNAPSHOTS, "snapshot-missing")]
    mark = marks(timeline, Lane.SNAPSHOTS)[3]
    assert mark is not None
    assert (mark.caption, mark.presence) == ("no snapshot", Presence.MISSING)


def test_a_record_stands_above_each_event_that_records_it(store: Path, runs: Path) -> None:
    damaging.recorded_by_an_older_generation(damaging.healthy(store))
    timeline = only(page_of(store, runs))
    assert labels(timeline, Lane.HISTORY) == ["[0]", "[1]", "[2]", "[3]", "[4]", "[5]", "[0]"]
    again = marks(timeline, Lane.HISTORY)[6]
    assert again is not None
    assert (again.caption, again.presence) == ("again", Presence.ELSEWHERE)
    assert (6, Lane.EVENTS, "record-recorded-twice") in faulty(timeline)


def test_a_record_without_an_event_stands_in_its_place(store: Path, runs: Path) -> None:
    damaging.dropped_with_snapshot(1)(damaging.healthy(store))
    timeline = only(page_of(store, runs))
    at = labels(timeline, Lane.HISTORY).index("[1]")
    assert labels(timeline, Lane.HISTORY)[at + 1] in {"[2]", None}
    assert (at, Lane.EVENTS, "record-missing") in faulty(timeline)


def test_what_was_compacted_stands_elsewhere(store: Path, runs: Path) -> None:
    damaging.compacted(store)
    damaging.edited(-1, damaging.put("x", "payload", "event"))(store)
    timeline = only(page_of(store, runs))
    compacted = [mark for mark in marks(timeline, Lane.EVENTS) if mark is not None and mark.caption == "compacted"]
    assert [mark.presence for mark in compacted] == [Presence.ELSEWHERE] * len(compacted)
    assert compacted
    assert any(mark is not None and "events compacted" in mark.caption for mark in marks(timeline, Lane.EVENTS))


def test_each_tenant_has_a_time_line_of_its_own(store: Path) -> None:
    damaging.of_another_tenant(damaging.healthy(store))
    damaging.edited(0, damaging.put("x", "payload", "event"))(store)
    damaging.edited(7, damaging.put("x", "payload", "event"))(store)
    ((ours, theirs),) = (run.timelines for run in page_of(store).runs)
    assert [each.title.rpartition(" ")[2] for each in (ours, theirs)] == ["org-a/ws-a", "org-b/ws-a"]
    assert (0, Lane.EVENTS, "wrong-payload-member") in faulty(ours)
    assert (1, Lane.EVENTS, "wrong-payload-member") in faulty(theirs)


def test_each_hole_has_a_column_and_its_finding_stands_at_the_first() -> None:
    rows = [Row(value=event(f"e{seq}", seq), where=Where(path="log", line=seq)) for seq in (1, 5, 7)]
    owner = owner_of(rows[0].value)
    again = RunAgain(
        stored=StoredRun(run_id="run-1", events=rows), gaps={owner: [range(3, 5), range(6, 7)]}, record=None
    )
    missing = finding(where=rows[1].where, tenant=owner.tenant, seqs=[3, 4])
    timeline = only(page([missing], lambda _: again))
    assert labels(timeline, Lane.EVENTS) == ["#1", "#3\N{EN DASH}#4", "#5", "#6", "#7"]
    assert faulty(timeline) == [(1, Lane.EVENTS, "seq-missing")]


def test_the_records_of_a_run_that_no_pass_has_seen_have_a_time_line() -> None:
    record = (run_json("a", "b"), Where(path="runs"))
    unseen = finding("records-not-projected", where=record[1], record_index=0, tenant=("org-a", "ws-a", None))
    timeline = only(page([unseen], lambda _: RunAgain(stored=StoredRun(run_id="run-1"), record=record)))
    assert labels(timeline, Lane.HISTORY) == ["[0]", "[1]"]
    assert faulty(timeline) == [(0, Lane.EVENTS, "records-not-projected")]


def test_a_finding_about_a_tenant_that_cannot_be_read_stands_beside_the_first_line() -> None:
    run = StoredRun(run_id="run-1", events=[Row(value=event("e"), where=Where(path="log", line=1))])
    other = finding("run-row-undecodable", where=Where(path="db"), tenant=("org-x", "ws-x", None))
    assert [each.name for each in only(page([other], lambda _: RunAgain(stored=run))).beside] == ["run-row-undecodable"]


def test_each_kind_that_has_a_lane_of_its_own_is_one() -> None:
    placed = audit_timeline.HOLES | audit_timeline.WITHOUT_EVENT | audit_timeline.WITHOUT_SNAPSHOT
    assert placed <= KINDS.keys()


def test_a_finding_about_no_event_stands_beside_the_line() -> None:
    run = StoredRun(run_id="run-1", events=[Row(value=event("e"), where=Where(path="log", line=1))])
    other = finding(where=Where(path="log", line=9), kind=of_form.DAMAGED_LINE.name)
    timeline = only(page([other], lambda _: RunAgain(stored=run)))
    assert [(each.number, each.name) for each in timeline.beside] == [(1, "damaged-line")]
    assert faulty(timeline) == []


def test_a_long_run_is_shown_round_its_faults(tmp_path: Path) -> None:
    (line,) = (run.timelines[0] for run in page_of(*damaged(tmp_path)).runs if run.name == "run-long")
    gaps = [cell.columns for cell in line.cells if isinstance(cell, Gap)]
    shown = [cell for cell in line.cells if isinstance(cell, Column)]
    assert sum(gaps) + len(shown) == 25
    assert 0 < len(shown) < 25
    assert "left out" in rendered(page_of(tmp_path / "store")).decode()


@given(st.integers(0, 400), st.data())
def test_what_is_left_out_is_counted(count: int, data: st.DataObject) -> None:
    faults = data.draw(st.lists(st.integers(0, count - 1), unique=True) if count else st.just([]))
    cells = kept(count, faults)
    shown = [cell for cell in cells if isinstance(cell, int)]
    gaps = [cell for cell in cells if isinstance(cell, Gap)]
    assert len(shown) + sum(gap.columns for gap in gaps) == count
    assert len({*shown} & {*faults}) + sum(gap.faulty for gap in gaps) == len(faults)
    assert shown == sorted({*shown})
    assert len(shown) <= 42 + 10  # a hole of one column is filled, round faults that are six columns apart
    assert all(gap.columns > 1 for gap in gaps)


def test_a_strip_is_drawn_inside_its_frame(tmp_path: Path) -> None:
    for run in page_of(*damaged(tmp_path)).runs:
        for strip in (strip for timeline in run.timelines for strip in drawn(timeline)):
            places = [(text.x, text.y) for mark in strip.marks for text in mark.texts]
            places += [(x + width, y + 24) for x, y, width, _ in strip.bands]
            places += [(x, lower) for x, _, lower in strip.lines]
            assert all(0 <= x <= strip.width and 0 <= y <= strip.height for x, y in places)
            assert len({(mark.x, mark.y) for mark in strip.marks}) == len(strip.marks)
            assert strip.width <= 1056
