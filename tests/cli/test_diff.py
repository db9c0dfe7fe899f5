"""`diff` at the command line: what it says of two stores, in which form, and its exit codes."""

from pathlib import Path
from typing import Any

import orjson
import pytest

import damaging
import stores
from calling import call
from damaging import edited, put, respelled, without_snapshot

ESC = "\x1b"


@pytest.fixture
def a(tmp_path: Path) -> Path:
    return healthy(tmp_path / "a")


@pytest.fixture
def b(tmp_path: Path) -> Path:
    return healthy(tmp_path / "b")


def healthy(folder: Path) -> Path:
    folder.mkdir()
    return damaging.healthy(folder, moved=True)


def report(*arguments: object) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(call("diff", *arguments, "--json").stdout)
    return found


def test_equal_stores_are_said_to_be_equal(a: Path, b: Path) -> None:
    done = call("diff", a, b)
    assert (done.exit_code, done.stdout) == (0, f"2 runs compared, no difference\n  A  {a}\n  B  {b}\n")
    found = report(a, b)
    assert (found["same"], found["partial"], found["runs"], found["unread"]) == (True, False, [], [])
    assert found["counts"]["runs"] == 2


def test_each_difference_is_told_under_its_run(a: Path, b: Path) -> None:
    edited(0, put("x", "payload", "event"))(b)
    without_snapshot(1)(a)
    done = call("diff", a, b)
    first, second = (each["event_id"] for each in damaging.events(a)[:2])
    assert done.exit_code == 1
    assert done.stdout == (
        f"2 runs compared: 1 differs, in 1 event and 1 snapshot\n  A  {a}\n  B  {b}\n\n"
        "run run-1, tenant org-a/ws-a\n"
        f'  event {first}\n    $.payload.event: A "run_created", B "x"\n'
        f"  snapshot {second}: only in B\n"
    )


def test_the_report_for_programs_has_each_place(a: Path, b: Path) -> None:
    edited(0, put("x", "payload", "more"))(b)
    stores.projected(b, "y", run_id="run-3")
    found = report(a, b)
    differing, missing = found["runs"]
    assert (found["a"], found["b"], found["same"]) == (str(a), str(b), False)
    assert differing["only_in"] is None
    (difference,) = differing["differences"]
    assert (difference["record"], difference["where"]) == (
        "event",
        {"a": "stateful_events.jsonl:1", "b": "stateful_events.jsonl:1"},
    )
    assert difference["members"] == [{"path": "$.payload.more", "b": "x"}]
    assert (missing["run_id"], missing["only_in"], missing["a"], missing["b"]) == (
        "run-3",
        "b",
        None,
        {"events": 1, "snapshots": 1, "unread": 0},
    )
    assert found["counts"] == {
        "runs": 3,
        "differing_runs": 1,
        "runs_only_in_a": 0,
        "runs_only_in_b": 1,
        "differing_events": 1,
        "differing_snapshots": 0,
    }


def test_without_values_none_is_told(a: Path, b: Path) -> None:
    edited(0, put("a secret of a customer", "payload", "event"))(b)
    for form in ((), ("--json",)):
        done = call("diff", a, b, "--no-values", *form)
        assert done.exit_code == 1
        assert "secret" not in done.stdout
        assert 'run_created"' not in done.stdout
        assert "sha256" in done.stdout


def test_no_more_differences_are_shown_than_asked_for(a: Path, b: Path) -> None:
    for number in range(3):
        edited(number, put("x", "payload", "one"))(b)
        edited(number, put("x", "payload", "two"))(b)
    done = call("diff", a, b, "--max-differences", "3")
    assert done.stdout.count("$.payload") == 3
    assert "… and 3 more differences; --json shows all\n" in done.stdout
    assert "in 3 events\n" in done.stdout
    assert "more difference" not in call("diff", a, b, "--max-differences", "6").stdout
    assert len(report(a, b, "--max-differences", "1")["runs"][0]["differences"]) == 3


def test_one_run_is_compared(a: Path, b: Path) -> None:
    edited(0, put("x", "payload", "event"))(b)
    assert call("diff", a, b, "--run", "run-2").exit_code == 0
    assert call("diff", a, b, "--run", "run-2", "--run", "run-1").exit_code == 1


def test_what_cannot_be_read_is_told_and_counts(a: Path, b: Path) -> None:
    for store in (a, b):
        (store / "stateful_events.jsonl").write_bytes(b"".join([*damaging.lines(store), b"{\n", b"{\n"]))
    done = call("diff", a, b)
    assert done.exit_code == 1
    assert done.stdout.startswith("2 runs compared, what can be read is the same\n")
    line = f"stateful_events.jsonl:{len(damaging.lines(a)) - 1}: The line is no JSON"
    for side in ("A", "B"):
        assert f"  {side}: damaged-line, {line}" in " ".join(done.stdout.split()).replace(f"{side}:", f"  {side}:")
    found = report(a, b)
    assert [(each["store"], each["kind"], each["number"]) for each in found["unread"]] == [
        ("a", "damaged-line", 2),
        ("b", "damaged-line", 2),
    ]
    assert not found["same"]


def test_a_run_that_one_store_holds_encrypted_is_told_so(tmp_path: Path) -> None:
    shared = next(each for each in stores.shared() if each["name"] == "19-local-key-encrypted")
    files = stores.put_files(shared["files"], tmp_path / "files")
    database = stores.put_database(shared["databases"]["root"], tmp_path / "database.sqlite3")
    done = call("diff", files, database)
    assert "run run-1: only in A (14 events, 14 snapshots); in B 28 records can't be read\n" in done.stdout
    assert done.stdout.count("  B: ciphertext, ") == 2


def test_no_text_of_a_store_acts_upon_the_terminal(a: Path, b: Path) -> None:
    edited(0, put(f"{ESC}[31m", "payload", f"{ESC}[2J"))(b)
    respelled(0, put(f"{ESC}[31m", "metadata", "x"))(b)
    for form in ((), ("--json",)):
        done = call("diff", a, b, *form)
        assert ESC not in done.stdout
        assert "\\u001b" in done.stdout


@pytest.mark.parametrize("arguments", [["a"], ["a", "missing"], ["missing", "a"], ["a", "a", "--max-differences", "0"]])
def test_a_wrong_call_is_refused(
    arguments: list[str], a: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert a.name == "a"
    done = call("diff", *arguments)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert "rror" in done.stderr


def test_interrupted_it_tells_what_is_known_so_far(a: Path, b: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from lifecycle_conformance.audit import file_source  # noqa: PLC0415 - to break it here only

    edited(0, put("x", "payload", "event"))(b)
    read = file_source.SnapshotFolder.read

    def interrupted(root: str, name: str) -> Any:
        if name == "run-2":
            raise KeyboardInterrupt
        return read(root, name)

    monkeypatch.setattr(file_source.SnapshotFolder, "read", interrupted)
    done = call("diff", a, b)
    assert done.exit_code == 130
    assert done.stdout.startswith("1 run compared: 1 differs, in 1 event (partial: the comparison was interrupted)\n")
    done = call("diff", a, b, "--json")
    found = orjson.loads(done.stdout)
    assert (done.exit_code, found["partial"], found["same"], len(found["runs"])) == (130, True, False, 1)
