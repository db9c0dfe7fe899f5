"""What an audit reads of a store of files: each record where it stands, and what is wrong with the form of the rest."""

import json
import os
import pickle
import shutil
import threading
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import orjson
import pytest

from builders import lifecycle, run_json
from lifecycle_conformance.audit import confined, event_lines, log_index, snapshot_folder, stored_text
from lifecycle_conformance.audit.file_source import FileSource
from lifecycle_conformance.audit.finding import Finding, Kind, Severity
from lifecycle_conformance.audit.kinds import of_form
from lifecycle_conformance.audit.stored import StoredRun
from lifecycle_conformance.specification.requirements import load
from lifecycle_projection import FileStore, InvalidInputError, StorageError, compact, project, prune
from lifecycle_projection.codec import event_from, run_from, snapshot_from, to_json
from lifecycle_projection.json_text import read_json
from lifecycle_projection.markers import listed_by
from stores import SHARED, projected, put_files, state_of

LOG = "stateful_events.jsonl"
SNAPSHOTS = "stateful_snapshots"


def everything(source: FileSource) -> tuple[dict[str, StoredRun], list[Finding]]:
    runs = [run for part in source.parts() for run in source.runs(part)]
    assert len({run.run_id for run in runs}) == len(runs), "each run stands in one part"
    return {run.run_id: run for run in runs}, [each for run in runs for each in run.findings] + list(source.findings())


def told(folder: Path) -> list[tuple[str, str]]:
    """The findings about a store: of which kind, and where."""
    return [(each.kind.name, str(each.where)) for each in everything(FileSource(folder))[1]]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return projected(tmp_path / "store", lifecycle("x", 1), lifecycle("y", 2), lifecycle("z", 3))


def lines(store: Path) -> list[bytes]:
    return (store / LOG).read_bytes().splitlines(keepends=True)


def snapshot_files(store: Path) -> list[Path]:
    return sorted((store / SNAPSHOTS / "run-1").iterdir())


# --- healthy stores ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shared", SHARED)
def test_what_production_left_is_read_as_the_reference_reads_it(shared: dict[str, Any], tmp_path: Path) -> None:
    """All of it, in the same order, and nothing is said against it: every generation and compaction is among them."""
    folder = put_files(shared["files"], tmp_path)
    runs, findings = everything(FileSource(folder))
    reference = FileStore(folder)
    for run_id, run in runs.items():
        assert [to_json(event_from(row.value)) for row in run.events] == list(map(to_json, reference.events(run_id)))
        expected = {path: to_json(each) for path, each in reference.snapshots(run_id).items()}
        assert {f"{folder}/{row.where.path}": to_json(snapshot_from(row.value)) for row in run.snapshots} == expected
        assert (run.unread_events, run.unread_snapshots) == (0, 0)
    assert sum(len(run.events) for run in runs.values()) == len(reference.events()) > 0
    assert sum(len(run.snapshots) for run in runs.values()) == len(reference.snapshots()) > 0
    assert {each.kind.name for each in findings} <= {"foreign"}, "such as memory.key"


def test_each_run_says_how_many_bytes_were_read_for_it(store: Path) -> None:
    projected(store, lifecycle("x"), run_id="run-2")
    snapshot_files(store)[0].write_bytes(b"{")
    (store / LOG).write_bytes(b"".join([*lines(store), b"{\n"]))
    source = FileSource(store)
    read = sum(run.size for run in everything(source)[0].values())
    files = [path for path in store.rglob("*") if path.is_file()]
    assert read == sum(path.stat().st_size for path in files) - len(lines(store)) - len(b"{"), "without newlines"


def test_rows_name_the_line_and_the_file_where_they_stand(store: Path) -> None:
    runs, findings = everything(FileSource(store))
    assert findings == []
    for row in runs["run-1"].events:
        assert row.where.line is not None
        assert orjson.loads(lines(store)[row.where.line - 1]) == row.value
    for row in runs["run-1"].snapshots:
        assert orjson.loads((store / row.where.path).read_bytes()) == row.value


def test_runs_that_share_a_folder_are_one_part(store: Path) -> None:
    for run_id in ("a b", "a/b"):
        projected(store, lifecycle("x"), run_id=run_id)
    source = FileSource(store)
    assert source.parts() == ["a_b", "run-1"]
    assert [(run.run_id, len(run.events), len(run.snapshots)) for run in source.runs("a_b")] == [
        ("a b", 1, 1),
        ("a/b", 1, 1),
    ]


def test_a_source_can_be_sent_with_a_part_of_it_only(store: Path) -> None:
    for run_id in ("run-2", "run-3"):
        projected(store, lifecycle("x"), run_id=run_id)
    source = FileSource(store)
    parts = source.parts()
    assert parts == ["run-1", "run-2", "run-3"]
    sent = pickle.loads(pickle.dumps(source.limited_to(["run-2"])))
    assert list(sent.runs("run-2")) == list(source.runs("run-2"))
    assert len(pickle.dumps(source.limited_to(["run-2"]))) < len(pickle.dumps(source))
    assert sent.name == source.name == str(store)


def test_an_empty_folder_is_an_empty_store(tmp_path: Path) -> None:
    assert everything(FileSource(tmp_path)) == ({}, [])


@pytest.mark.parametrize("name", ["missing", "file"])
def test_what_is_no_folder_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=f"{tmp_path}/{name}: expected a directory that exists"):
        FileSource(tmp_path / name)


# --- damaged logs -----------------------------------------------------------------------------------------------------

DAMAGED: dict[str, tuple[Callable[[list[bytes]], list[bytes]], list[tuple[str, str]]]] = {
    "a line cut in the middle": (lambda log: [log[0], log[1][:90] + b"\n", log[2]], [("damaged-line", f"{LOG}:2")]),
    "a line cut at its beginning": (lambda log: [log[0], log[1][:9] + b"\n", log[2]], [("damaged-line", f"{LOG}:2")]),
    "zeros": (lambda log: [*log, b"\0" * 40 + b"\n"], [("damaged-line", f"{LOG}:4")]),
    "10,000 deep": (lambda log: [b"[" * 10_000 + b"]" * 10_000 + b"\n", *log], [("damaged-line", f"{LOG}:1")]),
    "no event": (lambda log: [*log, b'{"a":1}\n'], [("no-event", f"{LOG}:4")]),
    "a member lost": (lambda log: [log[0].replace(b'"seq":1,', b"")], [("no-event", f"{LOG}:1")]),
    "a seq below 0": (lambda log: [log[0].replace(b'"seq":1,', b'"seq":-1,')], [("no-event", f"{LOG}:1")]),
    "no UTF-8": (
        lambda log: [log[0], log[1].replace(b"run-1", b"run-\xff", 2), log[2]],
        [("line-not-utf8", f"{LOG}:2")],
    ),
    "torn": (lambda log: [log[0], log[1][:-9]], [("torn-tail", f"{LOG}:2")]),
    "torn at once": (lambda log: [log[0], b'{"sch'], [("torn-tail", f"{LOG}:2")]),
    "torn in a letter": (lambda log: [log[0], "ä".encode()[:1]], [("torn-character", f"{LOG}:2")]),
    "no newline": (lambda log: [log[0], log[1][:-1]], [("whole-tail", f"{LOG}:2")]),
    "blank lines": (lambda log: [log[0], b"\n", b" \t\r\n", *log[1:]], [("blank-lines", f"{LOG}:2")]),
    "written anew": (lambda log: [json.dumps(json.loads(log[0])).encode() + b"\n"], [("line-form", f"{LOG}:1")]),
    "a number written anew": (
        lambda log: [log[0].replace(b'"reason":null', b'"reason":1.0e0')],
        [("line-form", f"{LOG}:1")],
    ),
    "a member twice": (lambda log: [log[0].replace(b'"seq":1,', b'"seq":1,"seq":1,')], [("no-event", f"{LOG}:1")]),
    "the run twice": (lambda log: [log[0].replace(b'"seq":1,', b'"seq":1,"run_id":"a",')], [("no-event", f"{LOG}:1")]),
    "another order": (
        lambda log: [orjson.dumps(dict(reversed(orjson.loads(log[0]).items()))) + b"\n"],
        [("member-order", f"{LOG}:1")],
    ),
    "payload not sorted": (
        lambda log: [log[0].replace(b'"payload":{', b'"payload":{"zz":{"b":1,"a":2},')],
        [("not-sorted", f"{LOG}:1")],
    ),
    "an unknown member": (
        lambda log: [log[0].replace(b'"seq":1,', b'"seq":1,"x":1,')],
        [("unknown-member", f"{LOG}:1")],
    ),
    "a null": (
        lambda log: [log[0].replace(b',"payload"', b',"actor":null,"payload"')],
        [("member-order", f"{LOG}:1"), ("member-left", f"{LOG}:1")],
    ),
    "a default left out": (lambda log: [log[0].replace(b'"schema_version":1,', b"", 1)], [("member-left", f"{LOG}:1")]),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_what_is_wrong_with_a_line_is_told_where_it_stands(case: str, store: Path) -> None:
    damage, expected = DAMAGED[case]
    (store / LOG).write_bytes(b"".join(damage(lines(store))))
    assert told(store) == expected


@pytest.mark.parametrize("case", DAMAGED)
def test_damage_hides_no_other_line(case: str, store: Path) -> None:
    """What is read is what the reference reads, whatever stands between."""
    (store / LOG).write_bytes(b"".join(DAMAGED[case][0](lines(store))))
    runs, _ = everything(FileSource(store))
    found = [to_json(event_from(row.value)) for run in runs.values() for row in run.events]
    assert found == list(map(to_json, FileStore(store).events()))


def test_a_damaged_line_that_names_its_run_is_told_of_it(store: Path) -> None:
    first, second, third = lines(store)
    (store / LOG).write_bytes(first + second[:150] + b"\n" + third)
    runs, findings = everything(FileSource(store))
    assert [(each.run_id, each.kind.severity) for each in findings] == [("run-1", Severity.VIOLATION)]
    assert runs["run-1"].unread_events == 1


def test_lines_are_cut_at_newlines_only(store: Path) -> None:
    """A text may hold other characters that some count as the end of a line."""
    odd = "\u2028\u0085\x0b"
    projected(store, lifecycle("x", reason=odd), run_id="run-2")
    runs, findings = everything(FileSource(store))
    assert (runs["run-2"].events[0].value["payload"]["reason"], findings) == (odd, [])


def test_a_line_that_is_too_long_is_not_loaded(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (log_index, event_lines):
        monkeypatch.setattr(module, "LONGEST", 5_000)
    whole = lines(store)
    (store / LOG).write_bytes(b"".join([whole[0], b"x" * 3_000_000 + b"\n", *whole[1:]]))
    assert told(store) == [("line-too-long", f"{LOG}:2")]
    assert len(everything(FileSource(store))[0]["run-1"].events) == 3
    (store / LOG).write_bytes(b"".join([*whole, b"x" * 3_000_000]))
    assert told(store) == [("line-too-long", f"{LOG}:4")]


# --- snapshots and layout ---------------------------------------------------------------------------------------------


def test_a_snapshot_that_cannot_be_read_is_told_and_hides_no_other(store: Path) -> None:
    torn, poor, good = snapshot_files(store)
    torn.write_bytes(torn.read_bytes()[:-5])
    poor.write_bytes(poor.read_bytes().replace(b'"seq"', b'"sequence"'))
    runs, findings = everything(FileSource(store))
    assert [row.where.path for row in runs["run-1"].snapshots] == [f"{SNAPSHOTS}/run-1/{good.name}"]
    assert [(each.kind.name, each.where and each.where.path) for each in findings] == [
        ("unreadable-snapshot", f"{SNAPSHOTS}/run-1/{torn.name}"),
        ("unreadable-snapshot", f"{SNAPSHOTS}/run-1/{poor.name}"),
    ]
    assert runs["run-1"].unread_snapshots == 2


@pytest.mark.parametrize("share", [0, 0.5, 1, 2])
def test_a_snapshot_that_is_written_meanwhile_is_read_whole(
    share: float, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its size, when it was opened, was a share of what it has when it is read."""

    def opened_earlier(real: str) -> tuple[int, int]:
        descriptor, size = descriptor_of(real)
        return descriptor, int(share * size)

    descriptor_of = confined._descriptor
    monkeypatch.setattr(confined, "_descriptor", opened_earlier)
    monkeypatch.setattr(confined, "_PIECE", 100)
    assert told(store) == []


@pytest.mark.parametrize("grows", [False, True])
def test_a_snapshot_that_is_too_long_is_not_loaded(grows: bool, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, *others = snapshot_files(store)
    longest = max(map(os.path.getsize, others))
    first.write_bytes(first.read_bytes() + b" " * longest)
    descriptor_of = confined._descriptor
    if grows:
        monkeypatch.setattr(confined, "_descriptor", lambda real: (descriptor_of(real)[0], 10))
    monkeypatch.setattr(snapshot_folder, "LONGEST", longest)
    assert told(store) == [("file-too-long", f"{SNAPSHOTS}/run-1/{first.name}")]


def test_a_snapshot_in_the_wrong_place_is_told_with_the_right_one(store: Path) -> None:
    first, second, _ = snapshot_files(store)
    (store / SNAPSHOTS / "run-2").mkdir()
    first.rename(store / SNAPSHOTS / "run-2" / first.name)
    second.rename(second.with_name("other.json"))
    runs, findings = everything(FileSource(store))
    assert [(each.kind.name, each.actual, each.expected) for each in findings] == [
        ("misnamed-snapshot", f"{SNAPSHOTS}/run-1/other.json", f"{SNAPSHOTS}/run-1/{second.name}"),
        ("misplaced-snapshot", f"{SNAPSHOTS}/run-2/{first.name}", f"{SNAPSHOTS}/run-1/{first.name}"),
    ]
    assert len(runs["run-1"].snapshots) == 2, "a listing takes the misnamed one, and no look-up finds the other"


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (orjson.dumps, "file-form"),
        (lambda value: orjson.dumps(dict(reversed(value.items())), option=orjson.OPT_INDENT_2), "member-order"),
        (lambda value: pretty({**value, "checkpoint": dict(reversed(value["checkpoint"].items()))}), "not-sorted"),
        (lambda value: pretty({**value, "more": 1}), "unknown-member"),
        (lambda value: pretty({name: each for name, each in value.items() if name != "phase"}), None),
    ],
)
def test_a_snapshot_that_is_not_as_written_is_read_and_told(
    change: Callable[[Any], bytes], kind: str | None, store: Path
) -> None:
    """One without phase is an older engine's, and nothing is wrong with it."""
    file = snapshot_files(store)[0]
    file.write_bytes(change(orjson.loads(file.read_bytes())))
    assert told(store) == ([] if kind is None else [(kind, f"{SNAPSHOTS}/run-1/{file.name}")])
    assert len(everything(FileSource(store))[0]["run-1"].snapshots) == 3


def pretty(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2)


def test_what_does_not_belong_into_a_store_is_told(store: Path) -> None:
    folder = store / SNAPSHOTS / "run-1"
    (store / f"{LOG}.tmp").touch()
    (folder / "a.json.tmp").touch()
    (folder / "notes.txt").touch()
    (folder / "deeper").mkdir()
    (folder / "folder.json").mkdir()
    (store / SNAPSHOTS / "loose.json").touch()
    (store / SNAPSHOTS / "empty").mkdir()
    (store / "secret.key").touch()
    (store / "stateful_runtime.engine.lock").touch()
    assert told(store) == [
        ("leftover", f"{SNAPSHOTS}/run-1/a.json.tmp"),
        ("stray", f"{SNAPSHOTS}/run-1/deeper"),
        ("no-file", f"{SNAPSHOTS}/run-1/folder.json"),
        ("stray", f"{SNAPSHOTS}/run-1/notes.txt"),
        ("foreign", "secret.key"),
        ("leftover", f"{LOG}.tmp"),
        ("stray", f"{SNAPSHOTS}/loose.json"),
    ]


# --- hostile stores ---------------------------------------------------------------------------------------------------


def test_links_that_lead_outside_are_not_followed(store: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    file = snapshot_files(store)[0]
    file.rename(outside / file.name)
    file.symlink_to(outside / file.name)
    (store / SNAPSHOTS / "away").symlink_to(outside)
    (store / LOG).rename(outside / LOG)
    (store / LOG).symlink_to(outside / LOG)
    runs, findings = everything(FileSource(store))
    assert sorted((each.kind.name, each.where and each.where.path) for each in findings) == [
        ("leads-outside", LOG),
        ("leads-outside", f"{SNAPSHOTS}/away"),
        ("leads-outside", f"{SNAPSHOTS}/run-1/{file.name}"),
    ]
    assert (len(runs["run-1"].events), len(runs["run-1"].snapshots)) == (0, 2)


def test_links_inside_are_followed(store: Path) -> None:
    file = snapshot_files(store)[0]
    (store / "kept").mkdir()
    file.rename(store / "kept" / file.name)
    file.symlink_to(store / "kept" / file.name)
    assert told(store) == [("foreign", "kept")]


@pytest.mark.parametrize("place", [LOG, f"{SNAPSHOTS}/run-1/pipe.json", f"{SNAPSHOTS}/run-1", SNAPSHOTS])
def test_a_pipe_in_place_of_a_file_is_not_opened(place: str, tmp_path: Path) -> None:
    path = tmp_path / place
    path.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(path)
    kind = "stray" if place == f"{SNAPSHOTS}/run-1" else "no-file"
    assert told(tmp_path) == [(kind, place)]


def test_a_device_in_place_of_the_log_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / LOG).symlink_to("/dev/zero")
    assert told(tmp_path) == [("leads-outside", LOG)]


def test_a_link_to_nothing_is_told(store: Path) -> None:
    (store / SNAPSHOTS / "run-1" / "gone.json").symlink_to(store / "nothing")
    assert told(store) == [("no-file", f"{SNAPSHOTS}/run-1/gone.json")]


def test_ids_that_would_lead_elsewhere_lead_nowhere(store: Path) -> None:
    odd = ("..", "../../etc", "a\0b", "/etc/passwd")
    for run_id in odd:
        projected(store, lifecycle("x"), run_id=run_id)
    runs, findings = everything(FileSource(store))
    assert findings == []
    assert {run_id: (len(runs[run_id].events), len(runs[run_id].snapshots)) for run_id in odd} == dict.fromkeys(
        odd, (1, 1)
    )


# --- a store that changes, and that must not be changed ---------------------------------------------------------------


def test_what_is_appended_meanwhile_is_seen_with_its_snapshot(store: Path) -> None:
    source = FileSource(store)
    parts = source.parts()
    projected(store, *[lifecycle(name, at) for at, name in enumerate("xyzab", 1)])
    (run,) = source.runs(parts[0])
    events, snapshots = (
        {row.value[name] for row in rows} for rows, name in ((run.events, "event_id"), (run.snapshots, "snapshot_id"))
    )
    assert events == snapshots
    assert len(events) == 5


def test_a_log_that_is_replaced_meanwhile_is_read_anew(store: Path) -> None:
    projected(store, lifecycle("x"), run_id="run-0")
    source = FileSource(store)
    parts = source.parts()
    kept = lines(store)[1:]
    (store / "new").write_bytes(b"".join(kept))
    (store / "new").rename(store / LOG)
    found = {run.run_id: [row.where.line for row in run.events] for part in parts for run in source.runs(part)}
    assert found == {"run-0": [3], "run-1": [1, 2]}


def test_what_vanishes_meanwhile_is_passed_over(store: Path) -> None:
    source = FileSource(store)
    (part,) = source.parts()
    first, *others = snapshot_files(store)
    first.unlink()
    (run,) = source.runs(part)
    assert (len(run.events), len(run.snapshots), list(run.findings)) == (3, 2, [])
    for path in others:
        path.unlink()
    (store / SNAPSHOTS / "run-1").rmdir()
    (run,) = source.runs(part)
    assert (len(run.events), len(run.snapshots), list(source.findings())) == (3, 0, [])


def test_a_store_that_vanishes_is_not_one_in_which_nothing_is_wrong(store: Path) -> None:
    source, empty = FileSource(store), FileSource(store.parent)
    (part,) = source.parts()
    assert [*empty.runs(part)] == []
    (store / LOG).rename(store.parent / "elsewhere")
    with pytest.raises(StorageError, match=f"{LOG}: expected what was found there before"):
        [*source.runs(part)]
    shutil.rmtree(store.parent)
    with pytest.raises(StorageError, match="expected what was found there before"):
        [*empty.runs(part)]


_PASSING = {"leftover", "whole-tail", "torn-tail"}
"""What an audit may see that looks while an engine writes."""


def test_nothing_is_said_against_a_store_because_an_engine_is_at_work(store: Path) -> None:
    """It projects, compacts and prunes all the while, and no snapshot seems to lack its event."""
    over = threading.Event()

    def work() -> None:
        files, at = FileStore(store), 0
        while not over.is_set():
            at += 1
            history = [lifecycle("x", each) for each in range(max(1, at - 20), at + 1)]
            project(run_from(run_json(*history, run_id=f"run-{at % 3}")), files)
            if at % 7 == 0:
                compact(files, retention_ms=15, now_ms=at)
                prune(files, retention_ms=15, keep=3, now_ms=at)

    engine = threading.Thread(target=work)
    engine.start()
    seen = 0
    try:
        while seen < 60:  # so that it has looked often enough, however slow the machine is
            assert engine.is_alive()
            runs, findings = everything(FileSource(store))
            assert {each.kind.name for each in findings} <= _PASSING
            for run in runs.values():
                events = [event_from(row.value) for row in run.events]
                known = {each.event_id for each in events} | {id_ for each in events for id_, _ in listed_by(each)}
                assert {row.value["snapshot_id"] for row in run.snapshots} <= known
                seen += len(run.snapshots)
    finally:
        over.set()
        engine.join()


@pytest.mark.parametrize("case", ["no newline", "torn", "a line cut in the middle", "blank lines"])
def test_nothing_is_changed(case: str, store: Path) -> None:
    (store / LOG).write_bytes(b"".join(DAMAGED[case][0](lines(store))))
    before = state_of(store)
    everything(FileSource(store))
    assert state_of(store) == before


# --- the quick way and the strict one ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shared", SHARED)
def test_what_is_recognised_quickly_is_what_the_strict_reader_reads(shared: dict[str, Any]) -> None:
    """Each member is taken away, made null, or of another type: both readers give the same verdict."""
    texts = [
        (file["text"].partition("\n")[0] if name == LOG else file["text"], name == LOG)
        for name, file in list(shared["files"].items())[:3]
        if not name.startswith("automation")
    ]
    judged = 0
    for text, is_event in texts:
        for changed in damages(json.loads(text)):
            form, structure = (stored_text.LINE, event_from) if is_event else (stored_text.FILE, snapshot_from)
            raw = orjson.dumps(changed, option=form.option)
            try:
                structure(read_json(raw))
            except InvalidInputError:
                with pytest.raises(InvalidInputError):
                    stored_text.read(raw, form)
            else:
                assert stored_text.read(raw, form)[0] == changed
            judged += 1
    assert judged > 300


@pytest.mark.parametrize("form", [stored_text.LINE, stored_text.FILE], ids=["line", "file"])
def test_a_record_may_nest_as_deep_as_is_read(form: stored_text.Form, store: Path) -> None:
    text = lines(store)[0] if form is stored_text.LINE else snapshot_files(store)[0].read_bytes()
    for depth, is_read in ((126, True), (127, True), (128, False), (129, False)):
        nested = orjson.loads(b"[" * (depth - 1) + b"]" * (depth - 1))
        raw = orjson.dumps(orjson.loads(text) | {form.free[-1]: nested}, option=form.option)
        with nullcontext() if is_read else pytest.raises(InvalidInputError):
            assert stored_text.read(raw, form)[0][form.free[-1]] == nested


def damages(value: Any) -> list[Any]:
    """The value with each of its members changed, at every depth outside of free-form values."""
    found: list[Any] = []
    for name, each in value.items():
        rest = {other: value[other] for other in value if other != name}
        found.append(rest)
        found += [
            {**value, name: put} for put in (None, -1, 2**64 - 1, 1.5, True, "x", "", [], {}, [1], ["queued"], "queued")
        ]
        if isinstance(each, dict) and name not in ("payload", "checkpoint", "metadata"):
            found += [{**value, name: inner} for inner in damages(each)]
        if isinstance(each, list) and each and isinstance(each[0], dict):
            found += [{**value, name: [inner, *each[1:]]} for inner in damages(each[0])]
    return found


def test_each_kind_is_named_once_and_has_a_requirement_that_is_there() -> None:
    kinds = [each for each in vars(of_form).values() if isinstance(each, Kind)]
    assert len({kind.name for kind in kinds}) == len(kinds)
    assert {kind.requirement for kind in kinds} <= load().keys()
