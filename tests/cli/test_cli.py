"""The command line: what each command does, what it says about bad input, and how it leaves."""

import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pytest

from builders import RUN_ID, lifecycle, run_json
from calling import PATIENCE_S, PROGRAM, call, contents, environment, finished, started
from idle import idle
from lifecycle_conformance.cli.exits import INTERRUPTED
from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.judges.vectors.scenarios import FILES
from lifecycle_conformance.specification.texts import VECTORS
from lifecycle_projection import FileStore, compact

COMMANDS = ("check", "doctor", "mutants", "project", "replay", "serve", "show", "statement", "validate", "vectors")
BEL, ESC = "\x07", "\x1b"
Runs = Callable[[Any], Path]
"""Writes a file of run records."""


def record(run_id: str = RUN_ID, *, records: int = 2, **members: Any) -> dict[str, Any]:
    """Write a run record with so many lifecycle records."""
    history = [lifecycle("node_started", 1_000 + index, metadata={"node_id": f"n{index}"}) for index in range(records)]
    return run_json(*history, **{"run_id": run_id, **members})


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store directory that does not exist, with nothing beside it that a test doesn't put there."""
    parent = tmp_path / "stores"
    parent.mkdir()
    return parent / "store"


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    def write(content: Any) -> Path:
        path = tmp_path / "runs.json"
        text = content if isinstance(content, str | bytes) else json.dumps(content)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


# --- bad input --------------------------------------------------------------------------------------------------------


def edited(written: str, instead: str) -> str:
    """Write a run record with a part of its text replaced."""
    text = json.dumps(record())
    assert text.count(written) == 1
    return text.replace(written, instead)


def nested(levels: int) -> str:
    """Write a run record that nests so deep: the metadata of a lifecycle record start at the fifth level."""
    return edited('"metadata": {"node_id": "n0"}', f'"metadata": {"[" * (levels - 4)}{"]" * (levels - 4)}')


AT = '"created_at_ms": 100'
BAD: list[tuple[str, str | bytes, str, str]] = [
    ("not JSON", "{", "$", "expected JSON text"),
    ("no UTF-8", b'{"run_id": "\xff"}', "$", "expected JSON text"),
    ("no object", "[]", "$", "expected an object, found a list"),
    ("wrong type", edited(f'"run_id": "{RUN_ID}"', '"run_id": 7'), "$.run_id", "expected a string, found 7"),
    ("null where refused", edited('"trigger_type": "manual"', '"trigger_type": null'), "$.trigger_type", "a string"),
    ("negative integer", edited(AT, '"created_at_ms": -1'), "$.created_at_ms", "from 0 to 2^64 - 1, found -1"),
    ("fractional integer", edited(AT, '"created_at_ms": 1.5'), "$.created_at_ms", "found 1.5"),
    ("too large integer", edited(AT, f'"created_at_ms": {2**64}'), "$.created_at_ms", "from 0 to 2^64 - 1"),
    ("unknown status", edited('"status": "running"', '"status": "sleeping"'), "$.status", "expected one of queued,"),
    ("missing member", edited(f"{AT}, ", ""), "$.created_at_ms", "expected this member, found nothing"),
    ("duplicate member", edited(AT, f"{AT}, {AT}"), "$", "expected member 'created_at_ms' once, found it twice"),
    (
        "duplicate member inside",
        edited('"event": "node_started", "recorded_at_ms": 1000', '"event": "a", "event": "b", "recorded_at_ms": 1000'),
        "$.checkpoint.lifecycle_history[0]",
        "expected member 'event' once",
    ),
    ("nesting beyond 127", nested(128), "$", "expected at most 127 arrays and objects inside each other"),
    ("lone surrogate", edited('"n1"', r'"\ud800"'), "$", "expected JSON text"),
    ("number overflow", edited('"n1"', "1e999"), "$", "expected JSON text"),
    ("empty file", "", "$", "expected run records, found nothing"),
    ("blank file", " \n\n", "$", "expected run records, found nothing"),
    ("run id that is not its key", json.dumps({"a": record("b")}), "$['a'].run_id", 'the key of the record, found "b"'),
    (
        "run id that is not its key, version 1",
        json.dumps({"schema_version": 1, "runs": {"a": record("b")}}),
        "$.runs['a'].run_id",
        "expected the key of the record",
    ),
    (
        "version of the runs file",
        json.dumps({"schema_version": 2, "runs": {}}),
        "$.schema_version",
        "expected 1, found 2",
    ),
]


@pytest.mark.parametrize(("text", "path", "expected"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
@pytest.mark.parametrize("source", ["file", "-"])
def test_bad_input_is_named_and_nothing_is_written(
    runs: Runs, store: Path, text: str | bytes, path: str, expected: str, source: str
) -> None:
    """ERR-1, ERR-2: the file, the JSON path and what was expected, in one line."""
    file = runs(text)
    named, argument, stdin = (str(file), file, b"") if source == "file" else ("standard input", "-", file.read_bytes())
    for command in (["project", argument, "--store", store], ["validate", "--as", "run", argument]):
        done = call(*command, stdin=stdin)
        assert done.exit_code == 2
        assert done.stderr.startswith(f"error: {named}: expected ")
        assert done.stderr.endswith(f" at {path}\n") == (path != "$")
        assert expected in done.stderr
        assert done.stderr.count("\n") == 1
    assert list(store.parent.iterdir()) == []


def test_nesting_of_127_is_allowed(runs: Runs, store: Path) -> None:
    assert call("project", runs(nested(127)), "--store", store).exit_code == 0


@pytest.mark.parametrize(
    ("command", "name", "reason"),
    [
        ("project", ".", "Is a directory"),
        ("project", "missing.json", "No such file or directory"),
        ("validate", "missing.json", "No such file or directory"),
        ("project", "runs.json/inside", "Not a directory"),
        ("validate", "runs.json/inside", "Not a directory"),
    ],
)
def test_a_file_that_can_not_be_read_is_bad_input(
    tmp_path: Path, runs: Runs, store: Path, command: str, name: str, reason: str
) -> None:
    runs(record())
    path = tmp_path / name
    done = call(command, path, *(["--store", store] if command == "project" else []))
    assert (done.exit_code, done.stderr) == (2, f"error: {path}: expected a readable file: {reason}\n")
    assert not store.exists()


def test_a_bad_record_anywhere_keeps_all_from_being_written(runs: Runs, store: Path) -> None:
    lines = [json.dumps(record(f"run-{index}")) for index in range(5)]
    lines[3] = lines[3].replace('"running"', '"walking"')
    done = call("project", file := runs("\n".join(lines)), "--store", store)
    assert done.exit_code == 2
    assert done.stderr.startswith(f"error: {file}:4: expected one of queued, ")
    assert done.stderr.endswith(', found "walking" at $.status\n')
    assert not store.exists()


def test_each_problem_has_a_line(runs: Runs, store: Path) -> None:
    done = call("project", runs(record(status="x", created_at_ms=-1)), "--store", store)
    assert done.exit_code == 2
    assert [line.rpartition(" ")[2] for line in done.stderr.splitlines()] == ["$.status", "$.created_at_ms"]


@pytest.mark.usefixtures("vectors_read_once")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["project"], "Missing argument 'RUNS'"),
        (["project", "runs.json"], "Missing option '--store'"),
        (["validate"], "Missing argument 'FILE|DIR...'"),
        (["validate", "--as", "story", "x"], "'story' is not one of 'run', 'event', 'snapshot', 'log'"),
        (["check", "--profile", "slow"], "'slow' is not one of 'quick', 'default', 'thorough'"),
        (["check", "--seed", "x"], "'x' is not a valid integer"),
        (["check", "--timeout", "0"], "0.0 is not in the range x>0"),
        (["vectors", "--only", "nothing-*"], "no case matches nothing-*"),
        (["serve", "--store", "cloud"], "'cloud' is not one of 'files', 'memory'"),
    ],
)
def test_a_wrong_call_is_explained(arguments: list[str], said: str) -> None:
    done = call(*arguments)
    assert done.exit_code == 2
    assert said in done.stderr
    assert done.stdout == ""


# --- project ----------------------------------------------------------------------------------------------------------


ONE, TWO = record("run-1"), record("run-2", records=3)


@pytest.mark.parametrize(
    "content",
    [
        {"run-1": ONE, "run-2": TWO},
        {"schema_version": 1, "runs": {"run-1": ONE, "run-2": TWO}},
        f"{json.dumps(ONE)}\n\n{json.dumps(TWO)}\n",
    ],
    ids=["version 0", "version 1", "JSON Lines"],
)
def test_project_takes_every_form_of_runs(runs: Runs, store: Path, content: Any) -> None:
    done = call("project", runs(content), "--store", store)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == "run-1: 2 projected\nrun-2: 3 projected\n2 passes, 5 projected\n"
    assert [event.run_id for event in FileStore(store).events()] == ["run-1"] * 2 + ["run-2"] * 3


def test_project_takes_a_single_record_and_standard_input(store: Path) -> None:
    done = call("project", "-", "--store", store, stdin=json.dumps(ONE))
    assert (done.exit_code, done.stdout) == (0, "run-1: 2 projected\n1 pass, 2 projected\n")


def test_project_again_has_nothing_new(runs: Runs, store: Path) -> None:
    file = runs({"run-1": ONE})
    call("project", file, "--store", store)
    before = contents(store)
    done = call("project", file, "--store", store)
    assert (done.exit_code, done.stdout) == (0, "run-1: 0 projected\n1 pass, 0 projected\n")
    assert contents(store) == before


def test_json_lines_replay_the_life_of_a_run(runs: Runs, store: Path) -> None:
    """Each line is a state of the run; the phases follow each other as they did when it executed."""
    queued = record(records=1, status="queued")
    running = record(records=2, status="running")
    done = record(records=3, status="completed")
    called = call("project", runs("\n".join(map(json.dumps, (queued, running, done)))), "--store", store)
    assert called.exit_code == 0
    assert called.stdout.splitlines() == [f"{RUN_ID}: 1 projected"] * 3 + ["3 passes, 3 projected"]
    last = max(FileStore(store).snapshots().values(), key=lambda snapshot: snapshot.seq)
    assert last.phase_history is not None
    assert [str(entry.to_phase) for entry in last.phase_history] == ["queued", "running_phase", "completed"]


def test_project_reports_as_json(runs: Runs, store: Path) -> None:
    done = call("project", runs({"run-1": ONE, "run-2": {**TWO, "checkpoint": {}}}), "--store", store, "--json")
    report = json.loads(done.stdout)
    events = [event.event_id for event in FileStore(store).events()]
    assert report == {
        "store": str(store),
        "projected": 2,
        "failed": 0,
        "interrupted": False,
        "not_tried": 0,
        "passes": [
            {"run_id": "run-1", "projected": 2, "events": events, "snapshots": events, "error": None},
            {"run_id": "run-2", "projected": 0, "events": [], "snapshots": [], "error": None},
        ],
    }


def refused(run_id: str = "run-1") -> str:
    """Write two states of a run between which no move leads."""
    before, after = record(run_id, records=1, status="completed"), record(run_id, status="running")
    return f"{json.dumps(before)}\n{json.dumps(after)}\n"


def test_a_refused_move_is_a_warning_and_the_others_go_on(runs: Runs, store: Path) -> None:
    file = runs(refused() + json.dumps(TWO))
    done = call("project", file, "--store", store)
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        "run-1: 1 projected",
        "run-1: 0 projected, then stopped",
        "run-2: 3 projected",
        "3 passes, 4 projected, 1 failed",
    ]
    assert done.stderr.startswith(
        "warning: projection of run 'run-1' failed: workflow phase transition from terminal phase completed to"
        " running_phase is not allowed"
    )
    assert done.stderr.count("\n") == 1
    report = json.loads(call("project", file, "--store", f"{store}-too", "--json").stdout)
    assert report["passes"][1]["error"]["kind"] == "phase_transition"


def test_a_damaged_snapshot_stops_its_run_only_and_nothing_is_lost(runs: Runs, store: Path) -> None:
    call("project", runs({"run-1": ONE}), "--store", store)
    path = min((store / "stateful_snapshots" / "run-1").iterdir())
    path.write_text("{", encoding="utf-8")
    before = contents(store)
    file = runs({"run-1": ONE, "run-2": TWO})
    done = call("project", file, "--store", store)
    assert done.exit_code == 2
    assert f"warning: projection of run 'run-1' failed: {path}: the snapshot can't be read" in done.stderr
    assert (
        done.stdout
        == "run-1: 0 projected, then the store failed\nrun-2: 3 projected\n2 passes, 3 projected, 1 failed\n"
    )
    assert {name: contents(store)[name] for name in before if name.endswith(".json")} == {
        name: content for name, content in before.items() if name.endswith(".json")
    }
    path.unlink()
    assert call("project", file, "--store", store).exit_code == 0


def test_a_store_below_a_missing_directory_is_refused(runs: Runs, store: Path) -> None:
    inside = store / "inside"
    done = call("project", runs(ONE), "--store", inside)
    assert (done.exit_code, done.stderr) == (2, f"error: {inside}: can't be made: No such file or directory\n")
    assert not store.exists()


def test_a_store_that_is_a_file_is_refused(runs: Runs, store: Path) -> None:
    store.write_text("", encoding="utf-8")
    done = call("project", runs(ONE), "--store", store)
    assert (done.exit_code, done.stderr) == (2, f"error: {store}: expected a directory that exists\n")


@pytest.mark.parametrize(
    "address", ["sqlite:state.sqlite3", "postgresql://me:secret@host/state", "postgres://host/state"]
)
def test_the_address_of_a_database_is_no_folder_to_be_made(
    runs: Runs, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = runs(ONE)
    monkeypatch.chdir(tmp_path)
    before = contents(tmp_path)
    for more in ((), ("--dry-run",)):
        done = call("project", file, "--store", address, *more)
        assert done.exit_code == 2
        assert "expected a folder, found the address of a database; passes are recorded in files" in done.stderr
        assert "secret" not in done.stderr
    assert contents(tmp_path) == before


def test_a_locked_store_is_said_to_be_locked(runs: Runs, store: Path) -> None:
    store.mkdir()
    with FileStore(store).lock():
        done = finished(*PROGRAM, "project", runs(ONE), "--store", store, "--lock-timeout", "0.1")
    assert done.returncode == 2
    assert f"{store}: another writer holds the store locked" in done.stderr
    assert contents(store) == {}


def test_a_damaged_line_of_the_log_is_a_warning(runs: Runs, store: Path) -> None:
    """H14: only the damaged line is lost."""
    call("project", runs({"run-1": ONE}), "--store", store)
    log = store / "stateful_events.jsonl"
    log.write_bytes(b"\xff\n" + log.read_bytes())
    done = call("project", runs({"run-1": ONE}), "--store", store)
    assert (done.exit_code, done.stdout) == (0, "run-1: 0 projected\n1 pass, 0 projected\n")
    assert done.stderr.startswith(f"warning: {log}: line 1 skipped: expected JSON text")


# --- validate ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def projected(runs: Runs, store: Path) -> Path:
    call("project", runs({"run-1": ONE}), "--store", store)
    return store


def test_validate_recognises_what_a_file_holds(runs: Runs, projected: Path, tmp_path: Path) -> None:
    log = projected / "stateful_events.jsonl"
    event = tmp_path / "event.json"
    event.write_bytes(log.read_bytes().splitlines()[0])
    snapshot = min((projected / "stateful_snapshots" / "run-1").iterdir())
    done = call("validate", runs({"run-1": ONE, "run-2": TWO}), log, event, snapshot)
    assert (done.exit_code, done.stderr) == (0, "")
    assert [line.partition(": ")[2] for line in done.stdout.splitlines()] == [
        "run, 2 records, well",
        "log, 2 records, well",
        "event, 1 record, well",
        "snapshot, 1 record, well",
    ]


def test_validate_knows_what_a_compaction_writes(projected: Path) -> None:
    compact(FileStore(projected), retention_ms=1, now_ms=10**15)
    log = projected / "stateful_events.jsonl"
    assert b"event_log_compacted" in log.read_bytes()
    assert call("validate", "--written", log).exit_code == 0


def test_validate_holds_what_is_written_to_the_schemas(projected: Path) -> None:
    log, snapshot = projected / "stateful_events.jsonl", min((projected / "stateful_snapshots" / "run-1").iterdir())
    assert call("validate", "--written", log, snapshot).exit_code == 0
    log.write_text(log.read_text(encoding="utf-8").replace('"lifecycle_occurrence":0,', "", 1), encoding="utf-8")
    assert call("validate", log).exit_code == 0
    done = call("validate", "--written", log)
    assert (done.exit_code, done.stdout) == (1, f"{log}: log, 2 records, 1 not as written today\n")
    expected = "expected this member, found nothing at $.payload.lifecycle_occurrence"
    assert f"error: {log}:1: {expected}\n" in done.stderr


def test_validate_reads_as_it_is_told(projected: Path) -> None:
    done = call("validate", "--as", "event", snapshot := min((projected / "stateful_snapshots" / "run-1").iterdir()))
    assert (done.exit_code, done.stdout) == (2, f"{snapshot}: refused\n")
    assert "expected this member, found nothing at $.event_id" in done.stderr


def test_validate_reports_as_json(runs: Runs) -> None:
    done = call("validate", "--json", file := runs(record(status="x")), "-", stdin=json.dumps(ONE))
    assert done.exit_code == 2
    first, second = json.loads(done.stdout)["files"]
    (problem,) = first["problems"]
    assert (problem["source"], problem["path"], problem["refused"]) == (str(file), "$.status", True)
    assert second == {"file": "standard input", "kind": "run", "records": 1, "problems": []}


# --- vectors and check ------------------------------------------------------------------------------------------------


def names() -> list[str]:
    return [
        json.loads(line)["name"]
        for name in ("production", "generations", "edges")
        for line in (VECTORS / f"{name}.jsonl").read_bytes().splitlines()
    ]


@pytest.mark.usefixtures("vectors_read_once")
def test_vectors_are_listed(tmp_path: Path) -> None:
    assert call("vectors", "--list").stdout.splitlines() == names()
    listed = json.loads(call("vectors", "--list", "--json").stdout)["vectors"]
    assert [entry["name"] for entry in listed] == names()
    assert set(listed[0]) == {"name", "source", "steps", "needs", "requirements"}
    assert list(tmp_path.iterdir()) == []


def test_vectors_are_exported_as_they_are(tmp_path: Path) -> None:
    done = call("vectors", "--export", tmp_path / "cases")
    assert done.exit_code == 0
    exported = contents(tmp_path / "cases")
    cases = {name: content for name, content in exported.items() if name.endswith(".jsonl")}
    assert cases == {path.name: path.read_bytes() for path in VECTORS.glob("*.jsonl")}
    assert exported.keys() - cases.keys() == {"README.md", "index.json"}
    assert done.stdout.splitlines() == [str(tmp_path / "cases" / name) for name in (*FILES, "README.md", "index.json")]


def test_the_index_leads_from_a_requirement_to_its_cases(tmp_path: Path) -> None:
    call("vectors", "--export", tmp_path)
    index = json.loads((tmp_path / "index.json").read_bytes())
    assert [*index["cases"]] == names()
    by_requirement = {each for touched in index["requirements"].values() for each in touched}
    assert by_requirement <= {*index["cases"]}
    listed = call("vectors", "--list", "--requirements", "ALIAS-1").stdout.splitlines()
    assert [f"{name} ALIAS-1" for name in index["requirements"]["ALIAS-1"]] == listed


def test_the_recipe_runs_the_cases_without_a_driver(tmp_path: Path) -> None:
    """Step by step as the file that is exported says, in one case of each kind."""
    call("vectors", "--export", tmp_path)
    index = json.loads((tmp_path / "index.json").read_bytes())
    run: list[str] = []
    for name, about in [*index["cases"].items()][::40]:
        line = (tmp_path / about["file"]).read_text(encoding="utf-8").split("\n")[about["line"] - 1]
        case, driver = json.loads(line), InProcessDriver("files")
        store = tmp_path / f"store-{len(run)}"
        store.mkdir()
        assert {*about["needs"]} <= driver.hello.capabilities
        driver.ask("open", store=str(store))
        for step, answer in zip(case["steps"], case["answers"], strict=True):
            came = driver.ask(step["op"], **{name: value for name, value in step.items() if name != "op"})
            got = {"ok": came.ok} if came.error is None else {"error": {"kind": came.error.kind}}
            assert json.dumps(got, sort_keys=True) == json.dumps(answer, sort_keys=True)
        assert {path: sha256(content).hexdigest() for path, content in contents(store).items()} == case["files"]
        assert case["name"] == name
        run.append(name)
    assert len(run) > 10


def test_an_export_onto_a_full_disk_names_the_file_and_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was there before is still there."""

    def full(source: Path, target: Path) -> None:
        Path(target).write_bytes(b"{")
        raise OSError(28, os.strerror(28), str(source))

    assert call("vectors", "--export", tmp_path).exit_code == 0
    before = contents(tmp_path)
    monkeypatch.setattr(shutil, "copyfile", full)
    done = call("vectors", "--export", tmp_path)
    assert done.exit_code == 2
    assert re.fullmatch(rf"error: {tmp_path}/\w+\.jsonl: No space left on device\n", done.stderr)
    assert contents(tmp_path) == before
    assert call("vectors", "--export", tmp_path / "new").exit_code == 2
    assert contents(tmp_path / "new") == {}


def some() -> list[str]:
    return ["--only", names()[0], "--only", names()[1]]


@pytest.mark.usefixtures("vectors_read_once")
def test_vectors_judge_the_reference_and_any_driver() -> None:
    assert call("vectors", *some()).stdout.endswith(": 2 cases: 2 pass\n")
    driver = [sys.executable, "-m", "lifecycle_conformance.driver", "--store", "memory"]
    done = call("vectors", *some(), "--json", "--", *driver)
    report = json.loads(done.stdout)
    assert (done.exit_code, report["counts"]["pass"]) == (0, 2)


SOON: Final = ("--profile=quick", "--seed=1", "--jobs=1", "--no-vectors", "--shrink-attempts=0")
"""So a check is over soon, with the fixture `plain_cases`."""


@pytest.mark.usefixtures("plain_cases", "vectors_read_once")
@pytest.mark.parametrize("command", [["vectors"], ["check", *SOON, "--requirements=PASS-2"]], ids=["vectors", "check"])
def test_a_driver_that_does_nothing_falls_short(tmp_path: Path, command: list[str]) -> None:
    done = call(*command, "--", *idle(tmp_path))
    assert done.exit_code == 1
    assert "fail" in done.stdout


@pytest.mark.usefixtures("plain_cases")
def test_check_judges_the_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole of it is what `make check` runs; here it is enough that the parts meet, and leave nothing behind."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", environment()["PYTHONPATH"])
    done = call("check", *SOON, "--store", "memory", "--requirements", "ID-1")
    assert done.exit_code == 0, done.output
    assert "conforms, as far as it was checked" in " ".join(done.stdout.split())
    assert list(tmp_path.iterdir()) == []


def test_check_shows_how_far_it_is_on_a_terminal(tmp_path: Path) -> None:
    """Feedback C6: cases done, of how many, how fast and what is left; in a pipe there is nothing of that."""
    ours, theirs = pty.openpty()
    process = started(
        *("check", "--profile", "quick", "--store", "memory"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        cwd=tmp_path,
    )
    os.close(theirs)
    shown, deadline = b"", time.monotonic() + PATIENCE_S
    far = re.compile(rb"sessions and fixed cases: [1-9]\d* of \d{3,}, (\d+ a second, )?about \d+ (s|min) left")
    try:
        while not far.search(shown) and time.monotonic() < deadline:
            shown += os.read(ours, 4096)
    finally:
        process.terminate()
        process.wait()
        os.close(ours)
    assert b"starting the driver" in shown
    assert far.search(shown)


# --- serve ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["files", "memory"])
def test_serve_is_a_driver(tmp_path: Path, kind: str) -> None:
    store = tmp_path / "store"
    store.mkdir()
    requests = [
        {"id": 1, "op": "hello", "protocols": [1]},
        {"id": 2, "op": "open", "store": str(store)},
        {"id": 3, "op": "project", "run": ONE},
        {"id": 4, "op": "project", "run": ONE},
    ]
    with started("serve", "--store", kind) as process:
        out, err = process.communicate("".join(f"{json.dumps(each)}\n" for each in requests).encode(), PATIENCE_S)
    answers = [json.loads(line) for line in out.splitlines()]
    assert (process.returncode, err) == (0, b"")
    assert ("files" in answers[0]["ok"]["capabilities"]) == (kind == "files")
    assert answers[1:] == [
        {"id": 2, "ok": {}},
        {"id": 3, "ok": {"projected": 2}},
        {"id": 4, "ok": {"projected": 0}},
    ]
    assert bool(contents(store)) == (kind == "files")


def test_serve_answers_before_its_input_ends() -> None:
    with started("serve") as process:
        process.stdin.write(b'{"id": 1, "op": "hello", "protocols": [1]}\n')
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["ok"]["protocol"] == 1
        process.stdin.close()
        assert process.wait(PATIENCE_S) == 0


# --- help, colours, pipes and interrupts ------------------------------------------------------------------------------


@pytest.mark.parametrize("option", ["-h", "--help"])
@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)], ids=["group", *COMMANDS])
def test_help_teaches(command: tuple[str, ...], option: str) -> None:
    done = call(*command, option)
    assert (done.exit_code, done.stderr) == (0, "")
    assert "  EXAMPLES\n    lifecycle-projection " in done.stdout
    assert all(len(line) <= 100 for line in done.stdout.splitlines())


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_the_examples_in_the_help_name_options_that_exist(command: str) -> None:
    text = call(*([command] if command else []), "--help").stdout
    examples = re.findall(r"lifecycle-projection (\w+)([^|>\n]*)", text.partition("EXAMPLES")[2].partition("EXIT")[0])
    for name, rest in examples:
        known = call(name, "--help").stdout
        ours = rest.partition(" -- ")[0]
        assert [option for option in re.findall(r"(?<!\S)--\w[\w-]*", ours) if option not in known] == []


def test_the_group_help_names_every_command_and_exit_code_and_the_completion() -> None:
    text = call("--help").stdout
    assert all(re.search(rf"^  {name}\b", text, re.MULTILINE) for name in COMMANDS)
    assert all(re.search(rf"^    {code} ", text, re.MULTILINE) for code in (0, 1, 2, 3))
    assert "_LIFECYCLE_PROJECTION_COMPLETE=bash_source" in text


def test_version_tells_package_and_specification() -> None:
    assert re.fullmatch(r"lifecycle-projection .+, specification \S+\n", call("--version").stdout)


def test_shell_completion_knows_the_commands() -> None:
    completion = environment(
        _LIFECYCLE_PROJECTION_COMPLETE="bash_complete", COMP_WORDS="lifecycle-projection va", COMP_CWORD="1"
    )
    program = "from lifecycle_conformance.cli import main; main(prog_name='lifecycle-projection')"
    assert finished(sys.executable, "-c", program, env=completion).stdout == "plain,validate\n"


@pytest.mark.parametrize(
    ("arguments", "heavy"),
    [
        (["--help"], ["attr", "hypothesis", "jsonschema", "lifecycle_projection"]),
        (["--version"], ["attr", "hypothesis", "jsonschema", "lifecycle_projection"]),
        (["serve", "--help"], ["hypothesis", "jsonschema", "lifecycle_projection"]),
        (["project", "--help"], ["hypothesis", "jsonschema"]),
    ],
    ids=" ".join,
)
def test_what_must_be_quick_loads_nothing_heavy(arguments: list[str], heavy: list[str]) -> None:
    program = (
        "import sys\nfrom lifecycle_conformance.cli.root import main\n"
        f"main({arguments!r}, standalone_mode=False)\n"
        f"sys.exit(not sys.modules.keys().isdisjoint({heavy!r}))"
    )
    assert finished(sys.executable, "-c", program).returncode == 0


def test_colours_are_for_terminals(runs: Runs, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    arguments = ["project", runs("{"), "--store", store]
    assert ESC in call(*arguments, color=True).stderr
    assert ESC not in call(*arguments).stderr
    monkeypatch.setenv("NO_COLOR", "1")
    assert ESC not in call(*arguments, color=True).stderr


def test_an_interrupt_while_commands_are_loaded_is_quiet() -> None:
    program = (
        "import sys\nfrom lifecycle_conformance.cli import main\n"
        "class Interrupted:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'click': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupted())\n"
        "main(['--version'])"
    )
    done = finished(sys.executable, "-c", program)
    assert (done.returncode, done.stdout, done.stderr) == (INTERRUPTED, "", "")


def test_an_interrupt_is_quiet() -> None:
    with started("serve") as process:
        process.stdin.write(b'{"id": 1, "op": "hello", "protocols": [1]}\n')
        process.stdin.flush()
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 130
        assert process.stderr.read() == b""


@pytest.fixture
def unforeseen(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(source: str) -> None:
        raise ZeroDivisionError(source)

    monkeypatch.setattr("lifecycle_conformance.cli.project.read_runs", broken)


@pytest.mark.usefixtures("unforeseen")
def test_a_defect_is_a_line_too_and_tells_how_to_see_more(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = call("project", "x", "--store", store)
    assert done.exit_code == 3
    assert done.stderr.startswith("error: ZeroDivisionError: x (this is a defect of lifecycle-projection;")
    monkeypatch.setenv("LIFECYCLE_PROJECTION_TRACEBACK", "1")
    assert isinstance(call("project", "x", "--store", store).exception, ZeroDivisionError)
