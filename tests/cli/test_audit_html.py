"""`audit --html`: where the page goes, and what it says of the call."""

from pathlib import Path

import orjson
import pytest

import damaging
from calling import call, contents
from html_pages import Parsed


@pytest.fixture
def store(tmp_path: Path) -> Path:
    folder = tmp_path / "store"
    folder.mkdir()
    return damaging.healthy(folder, moved=True)


def interrupted(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_the_page_stands_beside_the_report(store: Path, tmp_path: Path) -> None:
    damaging.without_snapshot(3)(store)
    file, plain = tmp_path / "audit.html", call("audit", store)
    done = call("audit", store, "--html", file)
    assert (done.exit_code, done.stdout) == (plain.exit_code, plain.stdout)
    text = Parsed(file.read_bytes()).text
    for said in (str(store), "2 runs, 12 events, 11 snapshots", "0 violations, 1 suspect, 0 notes", "--runs RUNS"):
        assert said in text


def test_what_was_read_is_counted_by_every_process(store: Path, tmp_path: Path) -> None:
    pages = []
    for jobs in (1, 2):
        call("audit", store, "--html", tmp_path / f"{jobs}.html", "--jobs", jobs)
        pages.append((tmp_path / f"{jobs}.html").read_bytes())
    assert pages[0] == pages[1]
    assert b"2 runs, 12 events, 12 snapshots" in pages[0]


def test_the_page_takes_the_place_of_the_report_on_standard_output(store: Path, tmp_path: Path) -> None:
    damaging.edited(0, damaging.put("x", "payload", "event"))(store)
    call("audit", store, "--html", tmp_path / "audit.html")
    done = call("audit", store, "--html", "-")
    assert done.exit_code == 1
    assert done.stdout_bytes == (tmp_path / "audit.html").read_bytes()


def test_the_run_records_are_on_the_time_line_and_named(store: Path, tmp_path: Path) -> None:
    runs, file = tmp_path / "runs.jsonl", tmp_path / "audit.html"
    runs.write_bytes(orjson.dumps(damaging.RUN) + b"\n")
    damaging.without_snapshot(3)(store)
    call("audit", store, "--runs", runs, "--html", file)
    text = Parsed(file.read_bytes()).text
    assert "Lifecycle record [3], node_failed" in text
    assert f"{runs}:1" in text
    assert "The store alone was looked at" not in text


def test_run_records_alone_have_a_page(tmp_path: Path) -> None:
    runs, file = tmp_path / "runs.jsonl", tmp_path / "audit.html"
    runs.write_bytes(b"{\n" + orjson.dumps(damaging.RUN) + b"\n")
    assert call("audit", "--runs", runs, "--html", file).exit_code == 1
    text = Parsed(file.read_bytes()).text
    assert "What was read departs from the specification" in text
    assert "unreadable-record" in text or "broken-file" in text


def test_values_are_left_out_unless_they_are_asked_for(store: Path, tmp_path: Path) -> None:
    damaging.edited(0, damaging.put(damaging.SECRET, "payload", "event"))(store)
    file = tmp_path / "audit.html"
    told = []
    for asked in ([], ["--no-values"], ["--values"]):
        shown = call("audit", store, "--html", file, *asked).stdout
        told.append((damaging.SECRET in shown, damaging.SECRET in file.read_text(encoding="utf-8")))
    assert told == [(True, False), (False, False), (True, True)]


def test_accepted_findings_are_a_number_and_stale_entries_are_named(store: Path, tmp_path: Path) -> None:
    baseline, file = tmp_path / "accepted.json", tmp_path / "audit.html"
    damaging.edited(0, damaging.put("x", "payload", "event"))(store)
    call("audit", store, "--write-baseline", baseline)
    call("audit", store, "--baseline", baseline, "--html", file)
    assert "1 accepted" in Parsed(file.read_bytes()).text
    damaging.edited(0, damaging.put("run_created", "payload", "event"))(store)
    call("audit", store, "--baseline", baseline, "--html", file)
    page = Parsed(file.read_bytes())
    assert "$.accepted[0]: wrong-payload-member" in page.text
    assert page.ids["stale"] == 1


def test_the_page_of_an_interrupted_audit_says_that_it_is_partial(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "audit.html"
    monkeypatch.setattr("lifecycle_conformance.audit.auditing.audit", interrupted)
    assert call("audit", store, "--html", file).exit_code == 130
    text = Parsed(file.read_bytes()).text
    assert "this page is partial" in text
    assert "Nothing wrong was found until the audit was interrupted" in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("store", "--migration", "--html", "a.html"), "--migration predicts an import"),
        (("store", "--html", "store/audit.html"), "expected a file outside of store"),
        (("store", "--html", "nowhere/audit.html"), "expected a file in a folder that exists"),
        (("store", "--html", "store"), "expected a regular file"),
        (("--runs", "runs.jsonl", "--html", "runs.jsonl"), "expected a file outside of runs.jsonl"),
        (("store", "--html", "a", "--write-baseline", "a"), "expected a file outside of a"),
        (("store", "--html", "a", "--junit", "a"), "expected a file outside of a"),
        (("store", "--html", "-", "--json"), "--json and --html - would both write to standard output"),
        (("store", "--html", "-", "--junit", "-"), "--junit - and --html - would both write to standard output"),
    ],
)
def test_a_wrong_call_writes_nothing(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(store.parent)
    (tmp_path / "runs.jsonl").write_bytes(orjson.dumps(damaging.RUN) + b"\n")
    before = contents(tmp_path)
    done = call("audit", *arguments)
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())
    assert contents(tmp_path) == before
