"""`lifecycle-projection validate` on directories: each file for itself, and what lies between them is not looked at."""

import json
import shutil
from pathlib import Path

import pytest

from builders import lifecycle, run_json
from calling import call

RUN = run_json(lifecycle("x", 1), lifecycle("y", 2))


@pytest.fixture
def store(tmp_path: Path) -> Path:
    runs = tmp_path / "runs.json"
    runs.write_text(json.dumps(RUN), encoding="utf-8")
    assert call("project", runs, "--store", tmp_path / "store").exit_code == 0
    return tmp_path / "store"


def test_a_store_is_looked_at_file_by_file(store: Path) -> None:
    for options in ([], ["--written"]):
        done = call("validate", *options, store)
        assert (done.exit_code, done.stderr) == (0, "")
        assert (
            done.stdout
            == f"{store}: 3 files, 4 records, well; what is wrong between files is not looked at (`audit` does)\n"
        )


def test_what_is_wrong_in_a_store_is_named_with_its_place(store: Path) -> None:
    """A damaged line, a snapshot that is cut off, and one without a member."""
    log = store / "stateful_events.jsonl"
    log.write_bytes(log.read_bytes() + b'{"event_id": 1}\n')
    torn, poor = sorted((store / "stateful_snapshots" / "run-1").iterdir())
    torn.write_bytes(torn.read_bytes()[:-5])
    snapshot = json.loads(poor.read_bytes())
    del snapshot["run_id"]
    poor.write_text(json.dumps(snapshot), encoding="utf-8")
    done = call("validate", store)
    assert done.exit_code == 2
    assert f"error: {log}:3: expected a string, found 1 at $.event_id\n" in done.stderr
    assert f"error: {torn}: expected JSON text: unexpected end of data" in done.stderr
    assert f"error: {poor}: expected this member, found nothing at $.run_id\n" in done.stderr
    assert done.stdout.startswith(f"{store}: 3 files, 5 records, 3 refused; ")


def test_what_a_pass_would_not_write_is_counted_apart(store: Path) -> None:
    log = store / "stateful_events.jsonl"
    log.write_text(log.read_text(encoding="utf-8").replace('"lifecycle_occurrence":0,', "", 1), encoding="utf-8")
    assert call("validate", store).exit_code == 0
    done = call("validate", "--written", store)
    assert done.exit_code == 1
    assert "3 files, 4 records, 1 not as written today;" in done.stdout


def test_what_is_between_files_is_said_not_to_be_looked_at(store: Path) -> None:
    """An event twice is wrong, but no file shows it; the report says so, in JSON, too."""
    log = store / "stateful_events.jsonl"
    log.write_bytes(log.read_bytes() * 2)
    min((store / "stateful_snapshots" / "run-1").iterdir()).unlink()
    done = call("validate", "--json", store)
    assert done.exit_code == 0
    report = json.loads(done.stdout)
    assert report["between_files"] == "not looked at"
    assert [(Path(each["file"]).name == log.name, each["kind"]) for each in report["files"]] == [
        (True, "log"),
        (False, "snapshot"),
    ]


def test_a_tree_of_archived_records(tmp_path: Path) -> None:
    """At any depth; what is no JSON by its name is left alone."""
    archive = tmp_path / "archive"
    for number, folder in enumerate(("2026/01", "2026/02", "2026/02/x")):
        (archive / folder).mkdir(parents=True)
        (archive / folder / "run.json").write_text(json.dumps({**RUN, "run_id": f"{number}"}), encoding="utf-8")
    (archive / "notes.txt").write_text("{", encoding="utf-8")
    assert call("validate", archive).stdout.startswith(f"{archive}: 3 files, 3 records, well; ")
    bad = archive / "2026" / "02" / "run.json"
    bad.write_text("[]", encoding="utf-8")
    done = call("validate", archive)
    assert (done.exit_code, done.stderr) == (2, f"error: {bad}: expected an object, found a list\n")


def test_a_directory_with_nothing_to_look_at_is_not_well(tmp_path: Path) -> None:
    done = call("validate", tmp_path)
    assert (done.exit_code, done.stderr) == (
        2,
        f"error: {tmp_path}: expected files that end in .json or .jsonl, found none\n",
    )


def test_a_log_is_known_by_its_name_whatever_its_first_line(store: Path) -> None:
    log = store / "stateful_events.jsonl"
    log.write_bytes(b"{\n" + log.read_bytes())
    done = call("validate", log)
    assert (done.exit_code, done.stdout) == (2, f"{log}: log, 3 records, 1 refused\n")
    shutil.copy(log, other := log.with_name("other.jsonl"))
    assert call("validate", other).exit_code == 2
