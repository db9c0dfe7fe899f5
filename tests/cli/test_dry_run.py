"""`project --dry-run`: it touches nothing, and a real call afterwards does exactly what it told."""

import json
import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import orjson
import pytest

import stores
from builders import OTHER_TENANT, lifecycle, run_json
from calling import call
from lifecycle_conformance.judges.vectors import Scenario, load
from lifecycle_projection import FileStore
from lifecycle_projection.stores.effects import SystemEffects

ASKED: Final = {
    "a life of several passes": "life-1",
    "one that the guard stops": "life-4",
    "passes of two tenants": "life-6",
    "names that are too long": "names-8",
    "the same, many": "names-204",
}
SCENARIOS: Final = {each.name: each for each in load() if each.name in ASKED.values()}
GUARDED: Final = (
    run_json(lifecycle("run_started", 10), status="completed"),
    run_json(lifecycle("run_started", 10), lifecycle("run_completed", 20), status="running"),
)


def passes_of(scenario: Scenario) -> list[Any]:
    """The runs of the passes that are asked for, but for those that are refused as input."""
    steps = zip(scenario.steps, scenario.answers, strict=True)
    invalid = {"kind": "invalid_input"}
    return [step["run"] for step, answer in steps if step["op"] == "project" and answer.get("error") != invalid]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "state" / "store"


def written(folder: Path, *runs: Any) -> Path:
    path = folder / "runs.jsonl"
    path.write_text("".join(f"{json.dumps(run)}\n" for run in runs), encoding="utf-8")
    return path


def report(*arguments: object) -> tuple[int, dict[str, Any]]:
    done = call("project", *arguments, "--json")
    found: dict[str, Any] = orjson.loads(done.stdout)
    return done.exit_code, found


def recorded(store: Path) -> dict[str, dict[str, Any]]:
    """The seq of each event and the seq and phase of each snapshot that a store holds, by id."""
    held = FileStore(store)
    return {
        "events": {each.event_id: each.seq for each in held.events()},
        "snapshots": {each.snapshot_id: (each.seq, each.phase) for each in held.snapshots().values()},
    }


def told(passes: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The same of what a dry run tells."""
    found: dict[str, dict[str, Any]] = {"events": {}, "snapshots": {}}
    for each in passes:
        assert [event["event_id"] for event in each["would_append"]] == each["events"]
        assert [snapshot["snapshot_id"] for snapshot in each["would_write"]] == each["snapshots"]
        found["events"] |= {event["event_id"]: event["seq"] for event in each["would_append"]}
        found["snapshots"] |= {one["snapshot_id"]: (one["seq"], one["phase"]) for one in each["would_write"]}
    return found


def stripped(found: dict[str, Any]) -> dict[str, Any]:
    """A dry run's report without what only dry runs have."""
    assert found.pop("dry_run") is True
    for each in found["passes"]:
        del each["would_append"], each["would_write"], each["before_recorded"]
    return found


# --- what it tells is what happens ------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [0, 1], ids=["into a new store", "after a pass"])
@pytest.mark.parametrize("name", ASKED.values(), ids=ASKED)
def test_a_real_call_does_what_was_told(name: str, before: int, tmp_path: Path, store: Path) -> None:
    store.parent.mkdir()
    runs = passes_of(SCENARIOS[name])
    first = written(tmp_path, *runs[:before])
    if before:
        call("project", first, "--store", store)
    held = recorded(store) if before else {"events": {}, "snapshots": {}}
    later = written(tmp_path, *runs)
    state = stores.state_of(store.parent)

    code, dry = report(later, "--store", store, "--dry-run")
    assert stores.state_of(store.parent) == state
    promised = told(dry["passes"])
    real_code, real = report(later, "--store", store)
    assert (real_code, real) == (code, stripped(dry))
    assert recorded(store) == {sort: held[sort] | promised[sort] for sort in held}


def test_the_scenarios_have_plans_that_end_early_and_passes_that_build_on_others(tmp_path: Path, store: Path) -> None:
    """Else the test above would show little."""
    store.parent.mkdir()
    found = [
        each
        for scenario in SCENARIOS.values()
        for each in report(written(tmp_path, *passes_of(scenario)), "--store", store, "--dry-run")[1]["passes"]
    ]
    assert len(SCENARIOS) == len(ASKED)
    assert {each["error"] and each["error"]["kind"] for each in found} == {None, "phase_transition", "storage"}
    assert any(each["would_append"] and each["would_append"][0]["seq"] > 1 for each in found)


def test_a_snapshot_of_another_run_in_the_way_is_told(tmp_path: Path, store: Path) -> None:
    """Two tenants with one run id share their paths (H3): the second pass meets what the first would have written."""
    store.mkdir(parents=True)
    runs = written(tmp_path, run_json("x"), run_json("x", tenant_context=OTHER_TENANT))
    code, dry = report(runs, "--store", store, "--dry-run")
    assert (code, dry["passes"][1]["error"]["kind"]) == (2, "storage_conflict")
    assert report(runs, "--store", store) == (code, stripped(dry))


def test_successive_states_of_a_run_build_on_each_other(tmp_path: Path, store: Path) -> None:
    store.mkdir(parents=True)
    runs = written(tmp_path, run_json("x"), run_json("x", "y"), run_json("x", "y"))
    _, dry = report(runs, "--store", store, "--dry-run")
    assert [each["projected"] for each in dry["passes"]] == [1, 1, 0]
    assert [[event["seq"] for event in each["would_append"]] for each in dry["passes"]] == [[1], [2], []]


def test_a_record_before_recorded_ones_is_told_of(tmp_path: Path, store: Path) -> None:
    """It came late, or its event is gone."""
    store.mkdir(parents=True)
    runs = written(tmp_path, run_json("x", "y", "z"))
    assert report(runs, "--store", store, "--dry-run")[1]["passes"][0]["before_recorded"] == 0
    report(runs, "--store", store)
    log = store / "stateful_events.jsonl"
    first, *others = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(others))
    assert report(runs, "--store", store, "--dry-run")[1]["passes"][0]["before_recorded"] == 1
    done = call("project", runs, "--store", store, "--dry-run")
    assert "  1 event before one that is recorded: new in the middle of the history, or recorded before" in done.stdout
    log.write_bytes(b"".join([first, *others[:1]]))
    assert "before one that is recorded" not in call("project", runs, "--store", store, "--dry-run").stdout


# --- how it is told ---------------------------------------------------------------------------------------------------


def test_the_text_names_what_would_be_recorded(tmp_path: Path, store: Path) -> None:
    store.mkdir(parents=True)
    done = call("project", written(tmp_path, run_json("x", status="queued")), "--store", store, "--dry-run")
    ((event_id, seq),) = told(report(tmp_path / "runs.jsonl", "--store", store, "--dry-run")[1]["passes"])[
        "events"
    ].items()
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == (
        "run-1: would append 1 event and write 1 snapshot\n"
        f"  event     seq {seq}  {event_id}\n"
        f"  snapshot  seq {seq}  {event_id}  queued\n"
        "1 pass, 1 would be projected; nothing was written\n"
    )


def test_a_refusal_by_the_guard_is_told_where_the_plan_ends(tmp_path: Path, store: Path) -> None:
    store.mkdir(parents=True)
    runs = written(tmp_path, *GUARDED, run_json("z", run_id="run-2"))
    done = call("project", runs, "--store", store, "--dry-run")
    real = call("project", runs, "--store", store)
    assert (done.exit_code, real.exit_code) == (1, 1)
    assert done.stderr == ""
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("  then stopped: ")]
    assert real.stderr == f"warning: projection of run 'run-1' failed: {line.removeprefix('  then stopped: ')}\n"
    assert "3 passes, 2 would be projected, 1 would fail; nothing was written\n" in done.stdout


def test_a_pass_with_nothing_to_do_says_so(tmp_path: Path) -> None:
    stores.projected(tmp_path / "filled", "x")
    done = call("project", written(tmp_path, run_json("x"), run_json()), "--store", tmp_path / "filled", "--dry-run")
    assert done.stdout == "run-1: nothing to record\n" * 2 + "2 passes, 0 would be projected; nothing was written\n"


# --- nothing is touched -----------------------------------------------------------------------------------------------


def test_no_folder_is_made(tmp_path: Path, store: Path) -> None:
    store.parent.mkdir()
    assert call("project", written(tmp_path, run_json("x")), "--store", store, "--dry-run").exit_code == 0
    assert [*store.parent.iterdir()] == []


def test_no_lock_is_taken_and_nothing_is_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another writer holds the lock meanwhile, and whoever syncs or writes is caught."""
    filled = stores.projected(tmp_path / "filled", "x")

    def forbidden(*_: object) -> None:
        raise AssertionError

    names = ("write", "sync", "sync_path", "truncate", "rename", "unlink", "make_directory")
    with FileStore(filled).lock():
        for name in names:
            assert hasattr(SystemEffects, name)
            monkeypatch.setattr(SystemEffects, name, forbidden)
        done = call("project", written(tmp_path, run_json("x", "y")), "--store", filled, "--dry-run")
    assert done.exit_code == 0


def test_a_torn_log_stays_torn(tmp_path: Path) -> None:
    filled = stores.projected(tmp_path / "filled", "x")
    with (filled / "stateful_events.jsonl").open("ab") as log:
        log.write(b'{"schema_version":1')
    state = stores.state_of(filled)
    runs = written(tmp_path, run_json("x", "y"))
    code, dry = report(runs, "--store", filled, "--dry-run")
    assert stores.state_of(filled) == state
    assert report(runs, "--store", filled) == (code, stripped(dry))


@pytest.mark.parametrize("damage", ["in the way", "no folder above", "a file above"])
def test_a_place_where_no_store_can_be_is_refused_as_in_a_real_call(damage: str, tmp_path: Path, store: Path) -> None:
    if damage == "in the way":
        store.parent.mkdir()
        store.write_text("")
    elif damage == "a file above":
        store.parent.write_text("")
    runs = written(tmp_path, run_json("x"))
    dry = call("project", runs, "--store", store, "--dry-run")
    real = call("project", runs, "--store", store)
    assert (dry.exit_code, dry.stdout, dry.stderr) == (real.exit_code, real.stdout, real.stderr) == (2, "", dry.stderr)


def test_a_snapshot_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    filled = stores.projected(tmp_path / "filled", "x")
    (path,) = (filled / "stateful_snapshots").rglob("*.json")
    path.write_bytes(b"{")
    runs = written(tmp_path, run_json("x", "y"))
    code, dry = report(runs, "--store", filled, "--dry-run")
    assert (code, dry["passes"][0]["error"]["kind"]) == (2, "storage")
    assert report(runs, "--store", filled) == (code, stripped(dry))


@pytest.mark.parametrize("state", ["whole", "with its log of changes", "damaged", "empty"])
def test_a_database_that_is_the_authority_is_respected_and_left_alone(state: str, tmp_path: Path) -> None:
    """Opening a database that has a log of changes would make an index beside it."""
    shared = next(each for each in stores.shared() if each["name"] == "01-g4-plain")
    filled = stores.projected(tmp_path / "filled", "x")
    database = filled / "stateful_runtime.sqlite3"
    if state == "whole":
        stores.put_database(shared["databases"]["root"], database)
    elif state == "with its log of changes":
        source = stores.put_database(shared["databases"]["root"], tmp_path / "source.sqlite3")
        with closing(sqlite3.connect(source)) as connection:
            connection.execute("CREATE TABLE more (column)")
            for ending in ("", "-wal"):
                shutil.copyfile(f"{source}{ending}", f"{database}{ending}")
    else:
        database.write_bytes(b"" if state == "empty" else b"no database")
    before = stores.state_of(filled)
    runs = written(tmp_path, run_json("x", "y"))
    dry = call("project", runs, "--store", filled, "--dry-run")
    assert stores.state_of(filled) == before
    real = call("project", runs, "--store", filled)
    assert (dry.exit_code, real.exit_code) == ((0, 0) if state == "empty" else (2, 2))
    if state.startswith("w"):
        assert dry.stderr == real.stderr
        assert "is the authority here" in dry.stderr
    elif state == "damaged":
        assert "can't tell whether it is the authority" in dry.stderr
