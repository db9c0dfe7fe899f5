"""What compaction forgets of the first generation is told, before and after the pass that shows it (H11, H12)."""

from pathlib import Path
from typing import Final

import orjson
import pytest

from builders import indexed_event, lifecycle, run_json, stored_snapshot
from lifecycle_conformance.audit.auditing import audit
from lifecycle_conformance.audit.finding import Finding
from lifecycle_conformance.audit.opening import opened
from lifecycle_conformance.audit.run_records import RunRecords
from lifecycle_projection import FileStore, compact, project
from lifecycle_projection.codec import run_from

FAILED: Final = "node_failed"
RUN: Final = run_json(lifecycle(FAILED, 10), lifecycle(FAILED, 10), lifecycle("node_started", 30))


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Two identical events and another one of the first generation; a snapshot protects all but the first."""
    folder = tmp_path / "store"
    folder.mkdir()
    files = FileStore(folder)
    events = [indexed_event(index, each["event"], each["recorded_at_ms"], index + 1) for index, each in history()]
    files.append(*events)
    files.write_snapshot(stored_snapshot(events[1].event_id, 2, "running"))
    assert compact(files, retention_ms=1, now_ms=100) == 1
    return folder


def history() -> list[tuple[int, dict[str, object]]]:
    return [*enumerate(RUN["checkpoint"]["lifecycle_history"])]


def found(store: Path, hazard: str, runs: Path | None = None) -> list[Finding]:
    findings = audit(opened(str(store)), None if runs is None else RunRecords([str(runs)]))
    return [each for each in findings if each.kind.hazard == hazard]


def test_compacted_index_ids_are_named(store: Path) -> None:
    (finding,) = found(store, "H11")
    assert (finding.kind.name, finding.actual) == (
        "index-ids-compacted",
        ["automation-v2-lifecycle-run-1-0-node_failed"],
    )


def test_what_the_next_pass_records_again_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    folder.mkdir()
    files = FileStore(folder)
    files.append(indexed_event(0, "a", 10, 1), indexed_event(1, "b", 20, 2))
    files.write_snapshot(stored_snapshot("automation-v2-lifecycle-run-1-1-b", 2, "running"))
    assert compact(files, retention_ms=1, now_ms=100) == 1
    project(run_from(run_json(lifecycle("a", 10), lifecycle("b", 20))), files)
    named = {each.kind.name: each.expected for each in found(folder, "H11")}
    assert named["recorded-again-after-compaction"] == "automation-v2-lifecycle-run-1-0-a"
    assert len(files.events("run-1")) == 3


def test_a_counter_that_a_compaction_shifted_is_told_beside_the_history(store: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs.json"
    runs.write_bytes(orjson.dumps({"run-1": RUN}))
    assert found(store, "H12") == []  # a marker doesn't say what its ids recorded
    (finding,) = found(store, "H12", runs)
    assert (finding.kind.name, finding.event_id) == ("counter-shifted", "automation-v2-lifecycle-run-1-1-node_failed")
    assert (finding.expected, finding.actual) == (1, 0)
    files = FileStore(store)
    project(run_from(RUN), files)
    (again,) = (each for each in files.events("run-1") if each.seq > 3)
    assert again.payload["lifecycle_occurrence"] == 1  # the last of the identical ones, which has an event


def test_no_counter_is_shifted_where_another_record_was_compacted(store: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs.json"
    other = run_json(lifecycle(FAILED, 11), lifecycle(FAILED, 10), lifecycle("node_started", 30))
    runs.write_bytes(orjson.dumps({"run-1": other}))
    assert found(store, "H12", runs) == []
