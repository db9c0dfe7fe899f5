"""`audit` at the command line: what it says, in which form, and its exit codes."""

from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, NoReturn

import orjson
import pytest

import damaging
from builders import run_json
from calling import call
from damaging import edited, put
from lifecycle_conformance.audit import auditing
from lifecycle_conformance.cli.progress import CLEAR

ESC = "\x1b"

ALONE = "\nThe store alone was looked at. With --runs RUNS it is held against the run records, too.\n"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    folder = tmp_path / "store"
    folder.mkdir()
    return damaging.healthy(folder, moved=True)


def report(*arguments: str | Path) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(call("audit", *arguments, "--json").stdout)
    return found


def test_a_healthy_store_is_well(store: Path) -> None:
    done = call("audit", store)
    assert (done.exit_code, done.stdout) == (0, f"{store}: 2 runs, nothing wrong was found\n" + ALONE)


def test_progress_says_how_far_it_is(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = sum(path.stat().st_size for path in store.rglob("*") if path.is_file())
    monkeypatch.setattr("lifecycle_conformance.cli.progress.can_rewrite", lambda: True)
    monkeypatch.setattr("lifecycle_conformance.cli.audit.time_left", lambda *_: ", about 3 s left")
    edited(0, put("x", "payload", "event"))(store)
    *_, last, cleared = call("audit", store, "--jobs", "1").stderr.split(CLEAR)
    told = last.replace(f"{size / 1_000_000:,.1f}", "SIZE")
    assert (told, cleared) == ("auditing: 2 of 2 parts, SIZE MB, 2 runs, 1 finding, about 3 s left", "")


def test_a_damaged_store_falls_short(store: Path) -> None:
    place = edited(0, put("x", "payload", "event"))(store)
    done = call("audit", store)
    assert done.exit_code == 1
    head, _, violation, *_ = done.stdout.splitlines()
    assert head == f"{store}: 2 runs, 1 violation"
    assert violation == "VIOLATION EVENT-2 wrong-payload-member"
    assert f"  - {place}\n    run run-1, tenant org-a/ws-a\n" in done.stdout
    assert '    expected: "run_created"\n    actual:   "x"\n' in done.stdout


def test_the_report_for_programs_names_requirement_place_and_values(store: Path) -> None:
    edited(0, put("x", "payload", "event"))(store)
    found = report(store)
    assert found["counts"] == {"violation": 1, "suspect": 0, "note": 0}
    (finding,) = found["findings"]
    named = ("requirement", "severity", "kind", "run_id", "path", "line", "expected", "actual")
    assert [finding[name] for name in named] == [
        "EVENT-2",
        "violation",
        "wrong-payload-member",
        "run-1",
        damaging.LOG,
        1,
        "run_created",
        "x",
    ]
    assert finding["tenant"] == {"org_id": "org-a", "workspace_id": "ws-a", "deployment_id": None}


def test_findings_of_one_cause_are_told_together(store: Path) -> None:
    damaging.dropped(2)(store)
    text = call("audit", store).stdout
    assert text.startswith(f"{store}: 2 runs, 2 violations, 1 suspect (of 1 cause)\n\nVIOLATION LOG-1 seq-missing\n")
    assert text.count("To do: ") == 1
    assert "    - so also LOG-1 snapshot-without-event: neither the log" in text
    assert "    - so also OCC-1 occurrence-missing: occurrence 1 is recorded, and 0 is not\n" in text
    assert {each["cause"] for each in report(store)["findings"]} == {1}


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_no_values_tells_no_data(store: Path, form: list[str]) -> None:
    edited(0, put(damaging.SECRET, "payload", "event"))(store)
    assert damaging.SECRET in call("audit", store, *form).stdout
    shown = call("audit", store, "--no-values", *form).stdout
    assert damaging.SECRET not in shown
    assert '"length"' in shown


def test_fail_on_says_what_counts(store: Path) -> None:
    damaging.without_snapshot(3)(store)
    assert [report(store)["counts"][each] for each in ("violation", "suspect")] == [0, 1]
    codes = [call("audit", store, "--fail-on", each).exit_code for each in ("violation", "suspect", "note")]
    assert codes == [0, 1, 1]


def test_run_and_tenant_narrow_it_down(store: Path) -> None:
    edited(0, put("x", "payload", "event"))(store)
    assert report(store, "--run", "run-2")["findings"] == []
    assert len(report(store, "--run", "run-1", "--run", "run-2")["findings"]) == 1
    done = call("audit", store, "--tenant", "org-b/ws-a")
    assert (done.exit_code, "there is nothing of this tenant; there are org-a/ws-a" in done.stderr) == (2, True)
    assert len(report(store, "--tenant", "org-a/ws-a")["findings"]) == 1


def test_a_run_that_is_not_there_and_a_folder_that_is_no_store_are_wrong_calls(store: Path, tmp_path: Path) -> None:
    done = call("audit", store, "--run", "run-1", "--run", "run-99")
    assert (done.exit_code, "there is no run 'run-99'" in done.stderr) == (2, True)
    done = call("audit", tmp_path)
    assert (done.exit_code, "expected stateful_events.jsonl or stateful_snapshots in it" in done.stderr) == (2, True)
    assert "is it seq-missing or" in call("audit", "--explain", "seq-mising").stderr


def test_a_worker_that_dies_is_no_defect(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def died(*_: object, **__: object) -> NoReturn:
        raise BrokenProcessPool

    monkeypatch.setattr(auditing, "audit", died)
    done = call("audit", store)
    assert done.exit_code == 2
    assert done.stderr.startswith("error: a process that shared the work could not be started or was ended")
    assert "defect" not in done.stderr


def test_many_findings_of_a_kind_are_shown_in_part(store: Path) -> None:
    for number in range(6):
        edited(number, put("x", "payload", "event"))(store)
    shown = call("audit", store, "--max-findings", "2").stdout
    assert shown.count('    actual:   "x"') == 2
    assert "  … and 4 more; --json shows all\n" in shown


def test_run_records_alone_are_looked_at(tmp_path: Path) -> None:
    runs = tmp_path / "runs.jsonl"
    runs.write_bytes(orjson.dumps(run_json("a")) + b"\n")
    assert call("audit", "--runs", runs).exit_code == 0


def test_a_run_that_the_store_does_not_hold_is_a_note(store: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs.jsonl"
    runs.write_bytes(orjson.dumps(run_json("a", run_id="run-9")) + b"\n")
    (finding,) = (each for each in report(store, "--runs", runs)["findings"] if each["run_id"] == "run-9")
    assert (finding["severity"], finding["kind"], finding["record_index"]) == ("note", "records-not-projected", 0)


@pytest.mark.parametrize("asked", ["seq-missing", "LOG-1", "H9", "damaged-line"])
def test_kinds_of_findings_are_explained(asked: str) -> None:
    done = call("audit", "--explain", asked)
    assert done.exit_code == 0
    assert asked in done.stdout
    assert "To do: " in done.stdout


def test_a_requirement_without_kinds_is_explained_by_its_text() -> None:
    said = call("audit", "--explain", "json-1").stdout
    assert said.startswith("No kind of finding belongs to it.\n\nJSON-1 The stable hash (spec/03-canonical-json.md)\n")


def test_an_explanation_says_the_requirement() -> None:
    said = call("audit", "--explain", "seq-missing").stdout
    assert "\nLOG-1 The log only grows (spec/10-log.md)\n  A pass or an append MUST NOT " in said
    told = orjson.loads(call("audit", "--explain", "LOG-1", "--json").stdout)
    assert "seq-missing" in {each["kind"] for each in told}
    assert {each["requirement"] for each in told} == {"LOG-1"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "expected STORE, or --runs RUNS, or both"),
        (("--explain", "nothing"), "expected a kind of finding, or the id of a requirement or hazard"),
        (("--tenant", "org-a", "."), "expected ORG/WORKSPACE or ORG/WORKSPACE/DEPLOYMENT"),
        (("--migration",), "expected STORE"),
        (("/nowhere/store",), "expected a folder or an SQLite database, found nothing of this name"),
        (("--runs", "/nowhere/runs"), "/nowhere/runs"),
    ],
)
def test_a_wrong_call_is_said_in_a_line(arguments: tuple[str, ...], said: str) -> None:
    done = call("audit", *arguments)
    assert done.exit_code == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_in_a_store_acts_upon_the_terminal(store: Path) -> None:
    edited(0, put(f"{ESC}[31m\x07", "payload", "event"))(store)
    edited(1, put(f"{ESC}]0;x\x07", "event_id"))(store)
    for form in ([], ["--json"]):
        assert ESC not in call("audit", store, *form).stdout


def test_an_import_is_predicted(store: Path) -> None:
    assert call("audit", "--migration", store).exit_code == 0
    damaging.doubled(store)
    done = call("audit", "--migration", store, "--json")
    assert done.exit_code == 1
    assert orjson.loads(done.stdout)["import"]["succeeds"] is False
