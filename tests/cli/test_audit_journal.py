"""`audit --journal` at the command line: what it says, in which form, and what it refuses."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from calling import call
from damaging import dropped, edited, put
from journals import LIFE, carried_out, lines
from lifecycle_conformance.specification.schemas import problems


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return carried_out(LIFE, tmp_path / "store")


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(lines(LIFE))
    return path


def report(*arguments: str | Path) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(call("audit", *arguments, "--json").stdout)
    assert problems("audit-report", found) == []
    return found


def test_a_store_that_its_journal_explains_is_well(store: Path, journal: Path) -> None:
    done = call("audit", store, "--journal", journal)
    assert done.exit_code == 0
    assert done.stdout.endswith("\nJournal: 9 steps. The store holds what they leave.\n")
    assert report(store, "--journal", journal)["journal"] == {"steps": 9, "made": 9}


def test_the_first_step_is_told_after_which_the_store_is_wrong(store: Path, journal: Path) -> None:
    edited(3, put("running", "payload", "status"))(store)
    assert call("audit", store).exit_code == 0
    done = call("audit", store, "--journal", journal)
    assert done.exit_code == 1
    assert "VIOLATION EVENT-2 journal-payload-member\n" in done.stdout
    assert "    `payload.status`, as left by step 5 (a pass over run-1)\n" in done.stdout
    told = f"9 steps. The store is right up to step 4, and wrong after step 5 (a pass over run-1), at {journal}:5."
    assert "".join(done.stdout.rpartition("Journal: ")[2].split()) == told.replace(" ", "")


def test_programs_get_the_step_and_the_line(store: Path, journal: Path) -> None:
    journal.write_bytes(b"\n" + journal.read_bytes())
    dropped(3)(store)
    found = report(store, "--journal", journal)
    assert found["journal"] == {"steps": 9, "made": 9, "shortest_prefix": 5, "line": 6}
    (missing,) = (each for each in found["findings"] if each["kind"] == "journal-event-missing")
    assert (missing["step"], missing["path"], missing["line"]) == (5, str(journal), 6)


def test_standard_input_is_a_journal_too(store: Path) -> None:
    done = call("audit", store, "--journal", "-", stdin=lines(LIFE[:5]))
    assert done.exit_code == 0
    assert "SUSPECT PASS-2 journal-ends-early" in done.stdout
    assert done.stdout.endswith("Journal: 5 steps. The store holds what they leave, and what later steps left.\n")
    assert call("audit", store, "--journal", "-", "--fail-on", "suspect", stdin=lines(LIFE[:5])).exit_code == 1


def test_a_store_that_is_behind_is_told_in_a_note(tmp_path: Path, journal: Path) -> None:
    behind = carried_out(LIFE[:4], tmp_path / "behind")
    done = call("audit", behind, "--journal", journal)
    assert done.exit_code == 0
    assert "    the last 5 steps of 9: the store is as left by step 4 (a compaction)\n" in done.stdout
    assert report(behind, "--journal", journal)["journal"] == {"steps": 9, "made": 4}


def test_a_record_that_no_step_leaves_shows_before_the_first(store: Path, tmp_path: Path) -> None:
    journal = tmp_path / "other.jsonl"
    journal.write_bytes(lines([("project", {"run": {**LIFE[0][1]["run"], "run_id": "run-3"}})]))
    done = call("audit", store, "--journal", journal)
    assert done.exit_code == 1
    assert "wrong before the first one: it holds what no step leaves" in " ".join(done.stdout.split())
    assert report(store, "--journal", journal)["journal"] == {"steps": 1, "made": 0, "shortest_prefix": 0}


def test_what_a_baseline_accepts_ends_no_prefix(store: Path, journal: Path, tmp_path: Path) -> None:
    edited(3, put("running", "payload", "status"))(store)
    baseline = tmp_path / "accepted.json"
    call("audit", store, "--journal", journal, "--write-baseline", baseline)
    done = call("audit", store, "--journal", journal, "--baseline", baseline)
    assert done.exit_code == 0
    assert "The store holds what they leave" in done.stdout


def test_findings_are_told_as_junit_without_values(store: Path, journal: Path) -> None:
    edited(3, put("running", "payload", "status"))(store)
    done = call("audit", store, "--journal", journal, "--junit", "-")
    assert 'name="journal-payload-member"' in done.stdout
    assert "paused" not in done.stdout


def test_runs_and_tenants_are_chosen_in_the_journal_too(store: Path, journal: Path) -> None:
    edited(3, put("running", "payload", "status"))(store)
    assert call("audit", store, "--journal", journal, "--run", "run-2").exit_code == 0
    assert call("audit", store, "--journal", journal, "--run", "run-1").exit_code == 1
    assert call("audit", store, "--journal", journal, "--tenant", "org-b/ws-a").exit_code == 0
    assert "there is no run" in call("audit", store, "--journal", journal, "--run", "run-3").stderr


def test_run_records_are_held_against_the_store_beside_the_journal(store: Path, journal: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs.jsonl"
    runs.write_bytes(orjson.dumps(LIFE[8][1]["run"]) + b"\n" + orjson.dumps(LIFE[5][1]["run"]) + b"\n")
    assert call("audit", store, "--journal", journal, "--runs", runs).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--migration", "STORE", "--journal", "JOURNAL"], "it takes no --journal"),
        (["--journal", "JOURNAL"], "expected STORE, to hold it against --journal"),
        (["STORE", "--journal", "nowhere.jsonl"], "nowhere.jsonl: expected a readable file"),
        (["STORE", "--journal", "JOURNAL", "--write-baseline", "JOURNAL"], "which is read and never changed"),
    ],
)
def test_a_wrong_call_is_refused(arguments: list[str], said: str, store: Path, journal: Path) -> None:
    places = {"STORE": str(store), "JOURNAL": str(journal)}
    done = call("audit", *(places.get(each, each) for each in arguments))
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())


def test_a_line_that_cannot_be_read_is_refused_before_the_audit(store: Path, journal: Path) -> None:
    journal.write_bytes(journal.read_bytes() + b'{"op": "compact", "now_ms": 1}\n')
    done = call("audit", store, "--journal", journal)
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"error: {journal}:10: expected" in done.stderr
    assert "$.retention_ms" in done.stderr
