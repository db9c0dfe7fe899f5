"""How the prediction of an import is told."""

import json
from pathlib import Path

import pytest

from builders import event, run_json, snapshot
from lifecycle_conformance.audit.migration import collected
from lifecycle_conformance.audit.migration.prediction import predicted
from lifecycle_conformance.cli.migration_report import as_json, exit_code, shown

LOG, RUNS = "stateful_events.jsonl", "automation_v2_runs.json"


def log(root: Path, *events: object) -> None:
    (root / LOG).write_text("".join(f"{json.dumps(each)}\n" for each in events), encoding="utf-8")


def test_of_an_import_that_loses_nothing_one_line_says_so(tmp_path: Path) -> None:
    log(tmp_path, event("a"), event("b", 2))
    (tmp_path / RUNS).write_text(json.dumps({"run-1": run_json("one")}), encoding="utf-8")
    prediction = predicted(tmp_path)
    assert shown(prediction) == (
        "The import succeeds, and nothing is lost: it counts 2 events, 0 snapshots, 1 run. "
        "What the files hold isn't judged: audit them, too."
    )
    assert exit_code(prediction) == 0
    assert as_json(prediction) == {
        "import": {
            "succeeds": True,
            "imported_already": False,
            "counts": {"events": 2, "snapshots": 0, "automation_runs": 1},
            "causes": [],
            "changes": [],
        }
    }


def test_of_an_empty_folder_it_asks_whether_it_is_the_right_one(tmp_path: Path) -> None:
    """The import succeeds, but who asks has most likely named another folder."""
    assert shown(predicted(tmp_path)).endswith("Nothing to import was found: is this the right folder?")


def test_a_silent_change_is_told_with_its_place_and_a_way_out(tmp_path: Path) -> None:
    log(tmp_path, event("a"), event("a", 2))
    prediction = predicted(tmp_path)
    verdict, _, heading, kind, place, way_out = shown(prediction).split("\n")
    assert verdict.startswith("The import succeeds, but not all of it arrives as it is: it counts 2 events")
    assert heading == "What it changes without a word:"
    assert kind.startswith("  event-dropped (DB-11, hazard H16): ")
    assert place == f"    {LOG}:2: it is dropped: line 1 holds an event with its id"
    assert way_out.startswith("    way out: ")
    assert exit_code(prediction) == 1
    report = as_json(prediction)["import"]
    assert (report["succeeds"], report["causes"]) == (True, [])
    (change,) = report["changes"]
    assert change.pop("advice") in way_out
    assert change == {
        "kind": "event-dropped",
        "path": LOG,
        "line": 2,
        "run_id": "run-1",
        "event_id": "a",
        "message": "it is dropped: line 1 holds an event with its id",
        "requirement": "DB-11",
        "hazard": "H16",
    }


def test_causes_come_first_each_kind_once_and_no_counts(tmp_path: Path) -> None:
    log(tmp_path, event("a"), {}, event("a", 2), {})
    (tmp_path / RUNS).write_text('{"x": []}', encoding="utf-8")
    prediction = predicted(tmp_path)
    lines = shown(prediction).split("\n")
    assert lines[0] == "The import fails. The files stay as they are, and remain the authority."
    headings = [line for line in lines if line and not line.startswith("    ")]
    assert [line.partition(" (")[0].strip() for line in headings[1:]] == [
        "Why it fails:",
        "log-line-unreadable",
        "run-entry-no-object",
        "What it would change without a word, once it succeeds:",
        "event-dropped",
    ]
    assert exit_code(prediction) == 1
    report = as_json(prediction)["import"]
    assert "counts" not in report
    assert [(each["kind"], each.get("line"), each.get("row")) for each in report["causes"]] == [
        ("log-line-unreadable", 2, None),
        ("log-line-unreadable", 4, None),
        ("run-entry-no-object", None, "x"),
    ]


def test_of_many_places_ten_are_shown_and_the_number_of_the_others(tmp_path: Path) -> None:
    log(tmp_path, *[{}] * (collected.MOST + 5))
    prediction = predicted(tmp_path)
    lines = shown(prediction).split("\n")
    assert sum(LOG in line for line in lines) == 10
    assert f"    and {collected.MOST - 5} more" in lines
    assert as_json(prediction)["import"]["unlisted"] == {"log-line-unreadable": 5}


@pytest.mark.parametrize("name", ["\x1b[31mred", "\u202eback", "\udcff"])
def test_names_act_upon_no_terminal_and_stay_json(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "stateful_snapshots"
    folder.mkdir()
    (folder / f"{name}.json").write_text(json.dumps(snapshot("a", 2**63)), encoding="utf-8")
    prediction = predicted(tmp_path)
    assert name not in shown(prediction)
    assert shown(prediction).replace("\n", "").isprintable()
    (cause,) = json.loads(json.dumps(as_json(prediction)))["import"]["causes"]
    assert cause["path"] == f"stateful_snapshots/{name}.json"
