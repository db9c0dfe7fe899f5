"""`lifecycle-projection show`: what a store holds, in a table and as JSON."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from builders import OTHER_TENANT, lifecycle, run_json
from calling import call
from lifecycle_projection import FileStore, compact, project
from lifecycle_projection.codec import run_from
from stores import projected, put_database, put_files, shared, state_of

STORES = {each["name"]: each for each in shared()}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    projected(tmp_path / "store", lifecycle("x", 1), lifecycle("y", 2_000))
    return projected(tmp_path / "store", lifecycle("x", 1), run_id="run-2", tenant=OTHER_TENANT, status="paused")


def test_all_runs_are_shown_with_their_tenants_and_numbers(store: Path) -> None:
    done = call("show", store)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "RUN    TENANT      EVENTS  SNAPSHOTS  PHASE                      IDS",
        "run-1  org-a/ws-a       2          2  running_phase              2 stable",
        "run-2  org-b/ws-a       1          1  paused_attention_required  1 stable",
        "2 runs, 3 events, 3 snapshots",
    ]
    shown = json.loads(call("show", store, "--json").stdout)
    assert [(run["run_id"], run["unread_events"]) for run in shown["runs"]] == [("run-1", 0), ("run-2", 0)]
    assert shown["runs"][1]["tenants"] == [
        {
            "tenant": {"org_id": "org-b", "workspace_id": "ws-a"},
            "events": 1,
            "snapshots": 1,
            "phase": "paused_attention_required",
            "ids": {"index": 0, "stable": 1, "marker": 0, "other": 0},
        }
    ]


def test_runs_stand_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for run_id in ("run-10", "run-2", "a", "run-²", "7"):
        projected(tmp_path / "store", lifecycle("x", 1), run_id=run_id)
    shown = json.loads(call("show", tmp_path / "store", "--json").stdout)
    assert [run["run_id"] for run in shown["runs"]] == ["7", "a", "run-2", "run-10", "run-²"]


def test_what_the_sequence_lacks_is_marked(tmp_path: Path) -> None:
    store = projected(tmp_path / "store", *(lifecycle("x", at_ms) for at_ms in range(1, 8)))
    log = store / "stateful_events.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join([lines[0], lines[4], lines[6]]))
    for path in (store / "stateful_snapshots" / "run-1").iterdir():
        if json.loads(path.read_bytes())["seq"] in {2, 4}:
            path.unlink()
    done = call("show", store, "run-1")
    assert [line.split()[1:4:2] for line in done.stdout.splitlines()[1:-1]] == [
        ["1", "x"],
        ["2", "(missing)"],
        ["3", "(no"],
        ["4", "(missing)"],
        ["5", "x"],
        ["6", "(no"],
        ["7", "x"],
    ]
    tenant = {"org_id": "org-a", "workspace_id": "ws-a"}
    assert json.loads(call("show", store, "run-1", "--json").stdout)["missing"] == [
        {"tenant": tenant, "from_seq": seq, "to_seq": seq} for seq in (2, 4)
    ]


def test_the_places_of_what_cannot_be_read_are_told(store: Path) -> None:
    first, _ = sorted((store / "stateful_snapshots" / "run-1").iterdir())
    first.write_text("{}")
    with (store / "stateful_events.jsonl").open("ab") as log:
        log.write(b'{"run_id":"run-2"}\n{"run')
    of_run_1 = f"  stateful_snapshots/run-1/{first.name}: The file can't be read as a snapshot"
    of_run_2 = "  stateful_events.jsonl:4: The line can't be read as an event, at $.event_id"
    begins = ["", "Not shown, for it can't be read or stands in a wrong place:"]
    told = call("show", store).stdout.splitlines()
    assert told[-5:] == [*begins, of_run_1, of_run_2, "  stateful_events.jsonl:5: The log ends inside a line"]
    assert told[-6] == "2 runs, 3 events, 2 snapshots, 1 event that can't be read, 1 snapshot that can't be read"
    assert call("show", store, "run-2").stdout.splitlines()[-3:] == [*begins, of_run_2]
    unread = json.loads(call("show", store, "--json").stdout)["unread"]
    assert [(each["kind"], each["where"]["line"]) for each in unread] == [
        ("unreadable-snapshot", None),
        ("no-event", 4),
        ("torn-tail", 5),
    ]
    assert json.loads(call("show", store, "run-2", "--json").stdout)["unread"] == [unread[1]]


def test_of_many_places_the_first_are_told(store: Path) -> None:
    with (store / "stateful_events.jsonl").open("ab") as log:
        log.write(b'{"run_id":"run-2"}\n' * 23)
    told = call("show", store).stdout.splitlines()
    assert told[-1] == "  and 3 more, which `audit` tells"
    assert sum("can't be read as an event" in line for line in told) == 20
    assert len(json.loads(call("show", store, "--json").stdout)["unread"]) == 23


def test_a_run_is_shown_in_order_each_event_with_its_snapshot(store: Path) -> None:
    first, _ = sorted((store / "stateful_snapshots" / "run-1").iterdir())
    first.unlink()
    done = call("show", store, "run-1")
    assert done.stdout.splitlines() == [
        "TENANT      SEQ  TIME                      EVENT  ID      SNAPSHOT       PLACE",
        "org-a/ws-a    1  1970-01-01T00:00:00.001Z  x      stable  -              stateful_events.jsonl:1",
        "org-a/ws-a    2  1970-01-01T00:00:02.000Z  y      stable  running_phase  stateful_events.jsonl:2",
        "run run-1: 2 events, 1 snapshot",
    ]
    first_entry, second = json.loads(call("show", store, "run-1", "--json").stdout)["entries"]
    assert (first_entry["snapshot"], second["event"]["line"]) == (None, 2)
    assert second["snapshot"]["path"] == f"stateful_snapshots/run-1/{second['id']}.json"


def test_what_was_compacted_is_told_from_what_has_no_event(store: Path) -> None:
    files = FileStore(store)
    compact(files, retention_ms=100, now_ms=1_500)
    project(run_from(run_json(lifecycle("z"), run_id="run-3")), files)
    log = store / "stateful_events.jsonl"
    log.write_bytes(b"".join(line for line in log.read_bytes().splitlines(keepends=True) if b"run-3" not in line))
    assert [line.split()[3:6] for line in call("show", store, "run-3").stdout.splitlines()[1:-1]] == [
        ["(no", "event)", "-"]
    ]
    shown = [line.split()[3] for line in call("show", store, "run-1").stdout.splitlines()[1:-1]]
    assert shown == ["(1", "(compacted)", "y"]


@pytest.mark.parametrize("name", [name for name in STORES if "encrypted" not in name])
def test_a_database_is_shown_as_production_shows_it(name: str, tmp_path: Path) -> None:
    """But for events that one damaged row hides from production."""
    file = put_database(STORES[name]["databases"]["root"], tmp_path / "x.sqlite3")
    shown = {run["run_id"]: run["tenants"] for run in json.loads(call("show", file, "--json").stdout)["runs"]}
    for each in STORES[name]["shown"]:
        tenant = {
            key: each["tenant"][key] for key in ("org_id", "workspace_id", "deployment_id") if key in each["tenant"]
        }
        (found,) = [of_tenant for of_tenant in shown[each["run_id"]] if of_tenant["tenant"] == tenant]
        assert found["snapshots"] == len(each["snapshots"])
        assert found["events"] == len(each["events"]) or not each["events"]
    assert call("show", file, STORES[name]["shown"][0]["run_id"]).exit_code == 0


def test_generations_are_told_apart(tmp_path: Path) -> None:
    put_files(STORES["05-g1-g2-g3-then-g4"]["files"], tmp_path)
    assert "3 index, 8 stable" in call("show", tmp_path).stdout


def test_what_cannot_be_read_is_counted(store: Path, tmp_path: Path) -> None:
    log = store / "stateful_events.jsonl"
    log.write_bytes(log.read_bytes().replace(b'"seq":2', b'"seq":-2'))
    assert "\n2 runs, 2 events, 3 snapshots, 1 event that can't be read\n" in call("show", store).stdout
    assert ": 1 event, 2 snapshots, 1 event that can't be read\n" in call("show", store, "run-1").stdout
    file = put_database(STORES["19-local-key-encrypted"]["databases"]["root"], tmp_path / "x.sqlite3")
    shown, _, unread = call("show", file).stdout.partition("\n\n")
    assert shown.splitlines()[1:] == [
        "run-1  -            0          0  -      -",
        "run-2  -            0          0  -      -",
        "2 runs, 0 events, 0 snapshots, 20 events that can't be read, 20 snapshots that can't be read",
    ]
    assert [line.partition(":")[0] for line in unread.splitlines()[1:]] == [f"  {file.name}"] * 2


def test_of_files_and_a_database_the_authority_is_shown_and_named(tmp_path: Path) -> None:
    put_files(STORES["13-two-tenants-h16"]["files"], tmp_path)
    put_database(STORES["13-two-tenants-h16"]["databases"]["root"], tmp_path / "stateful_runtime.sqlite3")
    done = call("show", tmp_path)
    assert done.stderr.startswith("warning: stateful_runtime.sqlite3: The files were imported")
    assert "org-b/workspace-a" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "nowhere: expected a folder or an SQLite database"),
        (["sqlite:nowhere"], "nowhere: expected an SQLite database"),
        (["postgresql:u:secret@h/d"], "PostgreSQL: expected postgresql://[USER[:PASSWORD]@]HOST"),
        (["{store}", "run-9"], "there is no run 'run-9'"),
        (["{store}", "../run-1"], "there is no run '../run-1'"),
    ],
)
def test_what_is_not_there_is_named(arguments: list[str], said: str, store: Path) -> None:
    done = call("show", *(each.format(store=store) for each in arguments))
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
    assert "secret" not in done.stderr


def test_an_empty_store_is_shown_as_such_and_an_empty_folder_is_none(tmp_path: Path) -> None:
    assert call("show", tmp_path).exit_code == 2
    (tmp_path / "stateful_events.jsonl").touch()
    done = call("show", tmp_path)
    assert done.stdout == "RUN  TENANT  EVENTS  SNAPSHOTS  PHASE  IDS\n0 runs, 0 events, 0 snapshots\n"


def test_no_text_of_a_store_acts_upon_a_terminal(store: Path, tmp_path: Path) -> None:
    odd = "\x1b[31mred\n\u202e'; DROP TABLE x"
    projected(store, lifecycle(odd), run_id=odd, tenant={"org_id": odd, "workspace_id": "w"})
    file = put_database(STORES["01-g4-plain"]["databases"]["root"], tmp_path / "x.sqlite3")
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE stateful_events SET run_id = ?", (odd,))
        connection.commit()
    for arguments in (
        [store],
        [store, odd],
        [store, "--json"],
        [store, odd, "--json"],
        [file],
        [file, odd],
        [store, f"{odd}x"],
    ):
        done = call("show", *arguments)
        assert "\x1b" not in done.output
        assert "\u202e" not in done.output
    assert len(call("show", store).stdout.splitlines()) == 5
    assert call("show", store, odd).stdout.splitlines()[1].count("\\u001b[31mred\\n") == 2


def test_a_time_beyond_the_calendar_is_shown_as_a_number(store: Path) -> None:
    projected(store, lifecycle("x", 2**64 - 1), run_id="late")
    assert f"{2**64 - 1}  x" in call("show", store, "late").stdout


def test_nothing_is_changed(store: Path) -> None:
    before = state_of(store)
    call("show", store)
    call("show", store, "run-1")
    assert state_of(store) == before
