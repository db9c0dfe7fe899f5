"""What `audit` writes beside its report: a baseline, and a report for CI; and how these change what is told."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import orjson
import pytest

import damaging
from calling import call
from damaging import edited, put
from lifecycle_conformance.specification.schemas import problems
from stores import put_database, shared

ALONE = "\nThe store alone was looked at. With --runs RUNS it is held against the run records, too.\n"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    folder = tmp_path / "store"
    folder.mkdir()
    return damaging.healthy(folder, moved=True)


@pytest.fixture
def baseline(store: Path, tmp_path: Path) -> Path:
    """One violation is accepted, and a suspect is there."""
    edited(0, put(damaging.SECRET, "payload", "event"))(store)
    damaging.without_snapshot(3)(store)
    file = tmp_path / "accepted.json"
    assert call("audit", store, "--write-baseline", file).exit_code == 0
    return file


def report(*arguments: str | Path) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(call("audit", *arguments, "--json").stdout)
    return found


def interrupted(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def entries(file: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = orjson.loads(file.read_bytes())["accepted"]
    return found


# --- baselines --------------------------------------------------------------------------------------------------------


def test_accepted_findings_count_no_longer(store: Path, baseline: Path) -> None:
    assert call("audit", store).exit_code == 1
    done = call("audit", store, "--baseline", baseline)
    assert done.exit_code == 0
    assert done.stdout.splitlines()[0] == f"{store}: 2 runs, 1 suspect, 1 accepted"
    assert call("audit", store, "--baseline", baseline, "--fail-on", "suspect").exit_code == 1
    told = report(store, "--baseline", baseline)
    assert (told["accepted"], told["stale"], told["counts"]["violation"]) == (1, [], 0)


def test_a_new_finding_counts(store: Path, baseline: Path) -> None:
    edited(1, put("x", "payload", "event"))(store)
    done = call("audit", store, "--baseline", baseline)
    assert done.exit_code == 1
    assert done.stdout.splitlines()[0] == f"{store}: 2 runs, 1 violation, 1 suspect, 1 accepted"


def test_a_baseline_holds_what_counts_and_no_values(baseline: Path) -> None:
    (entry,) = entries(baseline)
    assert (entry["kind"], entry["requirement"], entry["path"]) == ("wrong-payload-member", "EVENT-2", damaging.LOG)
    assert entry["reason"] == ""
    assert "line" not in entry
    assert damaging.SECRET not in baseline.read_text(encoding="utf-8")


def test_suspects_are_accepted_where_they_count(store: Path, baseline: Path) -> None:
    call("audit", store, "--write-baseline", baseline, "--fail-on", "suspect")
    assert sorted(each["kind"] for each in entries(baseline)) == ["snapshot-missing", "wrong-payload-member"]


def test_a_stale_entry_falls_short(store: Path, baseline: Path) -> None:
    edited(0, put("run_created", "payload", "event"))(store)
    done = call("audit", store, "--baseline", baseline)
    assert done.exit_code == 1
    assert done.stdout.splitlines()[0] == f"{store}: 2 runs, 1 suspect, 1 stale entry"
    assert "STALE: 1 entry of the baseline\n" in done.stdout
    assert "\n  - $.accepted[0]: wrong-payload-member, stateful_events.jsonl, run run-1, event " in done.stdout
    (stale,) = report(store, "--baseline", baseline)["stale"]
    assert (stale["place"], stale["entry"]["kind"]) == ("$.accepted[0]", "wrong-payload-member")


def test_an_audit_of_another_run_leaves_no_entry_stale(store: Path, baseline: Path) -> None:
    edited(0, put("run_created", "payload", "event"))(store)
    codes = [call("audit", store, "--baseline", baseline, "--run", run).exit_code for run in ("run-1", "run-2")]
    assert codes == [1, 0]


def test_a_baseline_that_is_written_anew_keeps_its_reasons(store: Path, baseline: Path, tmp_path: Path) -> None:
    (entry,) = entries(baseline)
    baseline.write_bytes(orjson.dumps({"baseline": 1, "accepted": [{**entry, "reason": "known"}]}))
    edited(1, put("x", "payload", "event"))(store)
    assert call("audit", store, "--write-baseline", baseline).exit_code == 0
    assert sorted(each["reason"] for each in entries(baseline)) == ["", "known"]
    second = tmp_path / "second.json"
    assert call("audit", store, "--baseline", baseline, "--write-baseline", second).exit_code == 0
    assert second.read_bytes() == baseline.read_bytes()


def test_a_baseline_fits_however_the_store_is_named(
    store: Path, baseline: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.rename(tmp_path / "moved")
    monkeypatch.chdir(tmp_path)
    assert call("audit", "moved", "--baseline", baseline.name).exit_code == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "expected an object"),
        ('{"baseline": 1, "accepted": [{"kind": "seq-missing"}]}', "$.accepted[0].requirement"),
        ('{"baseline": 1, "accepted": [', "expected JSON text"),
    ],
)
@pytest.mark.parametrize("option", ["--baseline", "--write-baseline"])
def test_a_baseline_that_is_none_is_a_wrong_call(
    store: Path, tmp_path: Path, text: str, said: str, option: str
) -> None:
    file = tmp_path / "accepted.json"
    file.write_text(text, encoding="utf-8")
    done = call("audit", store, option, file)
    assert (done.exit_code, done.stdout) == (2, "")
    assert str(file) in done.stderr
    assert said in done.stderr
    assert file.read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("store", "--write-baseline", "store/accepted.json"), "expected a file outside of store"),
        (("store", "--write-baseline", "linked/accepted.json"), "expected a file outside of store"),
        (("store", "--write-baseline", "nowhere/accepted.json"), "expected a file in a folder that exists"),
        (("store", "--write-baseline", "."), "expected a regular file"),
        (("store", "--write-baseline", "a.json", "--run", "run-1"), "no --run, no --tenant"),
        (("store", "--write-baseline", "a.json", "--tenant", "org-a/ws-a"), "no --run, no --tenant"),
        (("store", "--baseline", "nowhere.json"), "nowhere.json"),
        (("--runs", "runs.jsonl", "--write-baseline", "runs.jsonl"), "expected a file outside of runs.jsonl"),
        (("store", "--migration", "--baseline", "a.json"), "--migration predicts an import"),
        (("store", "--migration", "--junit", "a.xml"), "--migration predicts an import"),
        (("store", "--junit", "store/audit.xml"), "expected a file outside of store"),
        (("store", "--junit", "stateful_runtime.sqlite3"), "expected a file outside of store"),
        (("sqlite:db", "--junit", "db"), "expected a file outside of sqlite:db"),
        (("db", "--junit", "db-wal"), "expected a file outside of db"),
        (("store", "--junit", "nowhere/audit.xml"), "expected a file in a folder that exists"),
        (("--runs", "runs.jsonl", "--junit", "runs.jsonl"), "expected a file outside of runs.jsonl"),
        (("store", "--junit", "a", "--write-baseline", "a"), "expected a file outside of a"),
        (("store", "--junit", "-", "--json"), "--json and --junit - would both write to standard output"),
    ],
)
def test_a_wrong_call_writes_nothing(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "linked").symlink_to(store)
    (tmp_path / "runs.jsonl").write_bytes(orjson.dumps(damaging.RUN) + b"\n")
    before = sorted(tmp_path.rglob("*"))
    done = call("audit", *arguments)
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())
    assert sorted(tmp_path.rglob("*")) == before


def test_a_file_that_is_written_anew_keeps_its_mode_and_the_link_to_it(store: Path, baseline: Path) -> None:
    baseline.chmod(0o600)
    link = baseline.with_name("link.json")
    link.symlink_to(baseline)
    assert call("audit", store, "--write-baseline", link, "--fail-on", "suspect").exit_code == 0
    assert link.is_symlink()
    assert baseline.stat().st_mode & 0o777 == 0o600
    assert len(entries(baseline)) == 2


def test_a_baseline_does_not_depend_on_the_number_of_processes(store: Path, baseline: Path, tmp_path: Path) -> None:
    shared_out = tmp_path / "shared-out.json"
    assert call("audit", store, "--write-baseline", shared_out, "--jobs", "2").exit_code == 0
    assert shared_out.read_bytes() == baseline.read_bytes()


def test_a_baseline_that_cannot_be_written_is_left_as_it_was(
    store: Path, baseline: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    before = baseline.read_bytes()
    monkeypatch.setattr("os.fsync", full)
    done = call("audit", store, "--write-baseline", baseline, "--fail-on", "suspect")
    assert done.exit_code == 2
    assert "No space left on device" in done.stderr
    assert baseline.read_bytes() == before
    assert sorted(each.name for each in baseline.parent.iterdir()) == ["accepted.json", "store"]


def test_an_interrupted_audit_writes_no_baseline_and_calls_nothing_stale(
    store: Path, baseline: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = baseline.read_bytes()
    monkeypatch.setattr("lifecycle_conformance.audit.auditing.audit", interrupted)
    for option in ("--baseline", "--write-baseline"):
        done = call("audit", store, option, baseline)
        assert done.exit_code == 130
        assert "STALE" not in done.stdout
        assert baseline.read_bytes() == before


# --- JUnit ------------------------------------------------------------------------------------------------------------


def junit(file: Path) -> ET.Element:
    suite = ET.parse(file).getroot().find("testsuite")
    assert suite is not None
    return suite


def outcomes(suite: ET.Element) -> dict[tuple[str, str], str]:
    """What became of each test, by its class and name."""
    found = {}
    for test in suite.iter("testcase"):
        ended = [each for each in ("failure", "error", "skipped") if test.find(each) is not None]
        found[test.attrib["classname"], test.attrib["name"]] = ended[0] if ended else "passed"
    return found


WELL = {("audit.store.audit", "complete"): "passed"}
NOT_STALE = {("audit.store.audit", "no-stale-entries"): "passed"}


def test_a_healthy_store_passes(store: Path, tmp_path: Path) -> None:
    file = tmp_path / "audit.xml"
    done = call("audit", store, "--junit", file)
    assert (done.exit_code, done.stdout) == (0, f"{store}: 2 runs, nothing wrong was found\n" + ALONE)
    suite = junit(file)
    assert outcomes(suite) == WELL
    assert suite.findtext("system-out") == f"{store}: 2 runs, nothing wrong was found"


def test_a_kind_of_finding_is_a_test_that_fails_where_it_counts(store: Path, tmp_path: Path) -> None:
    for number in range(3):
        edited(number, put("x", "payload", "event"))(store)
    damaging.without_snapshot(3)(store)
    file = tmp_path / "audit.xml"
    violation, suspect = ("audit.store.EVENT-2", "wrong-payload-member"), ("audit.store.SNAP-5", "snapshot-missing")
    for fail_on, of_suspect, failures in (("violation", "passed", "1"), ("suspect", "failure", "2")):
        assert call("audit", store, "--junit", file, "--fail-on", fail_on).exit_code == 1
        suite = junit(file)
        assert outcomes(suite) == {violation: "failure", suspect: of_suspect, **WELL}
        assert [suite.attrib[each] for each in ("tests", "failures", "errors")] == ["3", failures, "0"]
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert failure.attrib == {
        "message": "3 violations: A member of an event's payload isn't what the event itself makes it.",
        "type": "violation",
    }
    assert failure.text is not None
    assert [f"- {damaging.LOG}:{number}" in failure.text for number in (1, 2, 3, 4)] == [True, True, True, False]
    assert "To do: " in failure.text


def test_a_test_passes_and_tells_what_does_not_count(store: Path, tmp_path: Path) -> None:
    damaging.without_snapshot(3)(store)
    file = tmp_path / "audit.xml"
    assert call("audit", store, "--junit", file).exit_code == 0
    assert f"- {damaging.LOG}:4" in str(junit(file).findtext("testcase/system-out"))


def test_values_are_left_out_of_junit_unless_they_are_asked_for(store: Path, tmp_path: Path) -> None:
    edited(0, put(damaging.SECRET, "payload", "event"))(store)
    file = tmp_path / "audit.xml"
    told = []
    for asked in ([], ["--no-values"], ["--values"]):
        shown = call("audit", store, "--junit", file, *asked).stdout
        told.append((damaging.SECRET in shown, damaging.SECRET in file.read_text(encoding="utf-8")))
    assert told == [(True, False), (False, False), (True, True)]


def test_junit_takes_the_place_of_the_report_on_standard_output(store: Path, tmp_path: Path) -> None:
    edited(0, put("x", "payload", "event"))(store)
    file = tmp_path / "audit.xml"
    call("audit", store, "--junit", file)
    done = call("audit", store, "--junit", "-")
    assert done.exit_code == 1
    assert done.stdout_bytes == file.read_bytes()


FORBIDDEN = "\x00\x08\x1b[31m\x7f\ufffe]]><script>&amp;"


def test_what_xml_forbids_is_escaped(store: Path, tmp_path: Path) -> None:
    edited(0, put(FORBIDDEN, "payload", "event"))(store)
    edited(1, put(FORBIDDEN, "event_id"))(store)
    file = tmp_path / "audit.xml"
    call("audit", store, "--junit", file, "--values")
    texts = " ".join(junit(file).itertext())
    assert "\\u0000\\b\\u001b[31m\\u007f\\ufffe]]><script>&amp;" in texts
    assert not junit(file).findall(".//script")


def test_accepted_findings_are_skipped_with_their_reasons_and_stale_entries_fail(
    store: Path, baseline: Path, tmp_path: Path
) -> None:
    file = tmp_path / "audit.xml"
    arguments = ("audit", store, "--baseline", baseline, "--junit", file)
    given = orjson.loads(baseline.read_bytes())
    given["accepted"][0]["reason"] = "written by hand in May"
    baseline.write_bytes(orjson.dumps(given))
    assert call(*arguments).exit_code == 0
    about = (given["accepted"][0]["requirement"], given["accepted"][0]["kind"])
    assert outcomes(junit(file)) == {
        ("audit.store.SNAP-5", "snapshot-missing"): "passed",
        (f"audit.store.{about[0]}", about[1]): "skipped",
        **NOT_STALE,
        **WELL,
    }
    skipped = junit(file).find("testcase/skipped")
    assert skipped is not None
    assert skipped.attrib["message"] == "1 accepted: written by hand in May"
    edited(0, put("run_created", "payload", "event"))(store)
    assert call(*arguments).exit_code == 1
    assert outcomes(junit(file))["audit.store.audit", "no-stale-entries"] == "failure"
    assert "$.accepted[0]: wrong-payload-member" in str(junit(file).findtext("testcase/failure"))


def test_an_interrupted_audit_is_an_error(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "audit.xml"
    monkeypatch.setattr("lifecycle_conformance.audit.auditing.audit", interrupted)
    assert call("audit", store, "--junit", file).exit_code == 130
    assert outcomes(junit(file))["audit.store.audit", "complete"] == "error"
    assert junit(file).attrib["errors"] == "1"


# --- the report for programs ------------------------------------------------------------------------------------------


def torn(store: Path) -> str:
    log = store / damaging.LOG
    log.write_bytes(log.read_bytes()[:-9])
    return damaging.LOG


DAMAGES = {
    "payload": edited(0, put("x", "payload", "event")),
    "no values": edited(0, put(None, "payload", "event")),
    "dropped": damaging.dropped(1),
    "doubled": damaging.doubled,
    "swapped": damaging.swapped,
    "without snapshot": damaging.without_snapshot(3),
    "two tenants": damaging.of_another_tenant,
    "two latest": damaging.second_snapshot,
    "older generation": damaging.recorded_by_an_older_generation,
    "misread number": damaging.misread_number,
    "line without an end": torn,
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_report_fits_its_schema(tmp_path: Path, name: str) -> None:
    store = tmp_path / "store"
    store.mkdir()
    DAMAGES[name](damaging.healthy(store))
    runs = tmp_path / "runs.jsonl"
    runs.write_bytes(orjson.dumps(damaging.RUN) + b"\n")
    for asked in ([], ["--no-values"], ["--runs", runs]):
        told = report(store, *asked)
        assert told["findings"]
        assert problems("audit-report", told) == []


def test_a_report_with_stale_entries_fits_its_schema(store: Path, baseline: Path) -> None:
    edited(0, put("run_created", "payload", "event"))(store)
    told = report(store, "--baseline", baseline)
    assert told["stale"]
    assert problems("audit-report", told) == []


def test_a_report_on_a_database_fits_its_schema(tmp_path: Path) -> None:
    databases = [database for each in shared() for database in each["databases"].values()]
    kinds = set()
    for number, database in enumerate(databases):
        told = report(put_database(database, tmp_path / f"{number}.sqlite3", wal=False))
        kinds |= {each["kind"] for each in told["findings"] if "row" in each}
        assert problems("audit-report", told) == []
    assert len(kinds) > 3


def test_a_prediction_fits_the_schema(store: Path) -> None:
    assert problems("audit-report", report("--migration", store)) == []
    damaging.doubled(store)
    edited(1, put("other", "run_id"))(store)
    with (store / damaging.LOG).open("ab") as log:
        log.write(b"{\n" * 1200)
    told = report("--migration", store)
    assert told["import"]["unlisted"]
    assert {"kind", "path", "line"} <= told["import"]["causes"][0].keys()
    assert problems("audit-report", told) == []


def test_a_baseline_fits_its_schema(baseline: Path) -> None:
    assert problems("audit-baseline", orjson.loads(baseline.read_bytes())) == []


# --- since when -------------------------------------------------------------------------------------------------------


def test_earlier_findings_are_not_told(store: Path) -> None:
    """The events are of 100 to 140."""
    edited(0, put("x", "payload", "event"))(store)
    edited(4, put("x", "payload", "event"))(store)
    damaging.respelled(2, put("x", "metadata", "event"))(store)
    (store / "beside.txt").touch()
    kinds = [
        [each["kind"] for each in report(store, "--since-ms", since)["findings"]] for since in ("100", "120", "121")
    ]
    assert [len(each) for each in kinds] == [4, 3, 2]
    assert all("foreign" in each for each in kinds)
    assert call("audit", store, "--since-ms", "131").exit_code == 0
