"""The chapter on auditing says what the audit says: its kinds of findings, and its example."""

from pathlib import Path

import orjson

from calling import call
from lifecycle_conformance.audit.catalogue import KINDS
from lifecycle_conformance.specification.requirements import SPEC, code_spans, tables
from lifecycle_projection import FileStore, project
from lifecycle_projection.codec import run_from

CHAPTER = (SPEC / "19-auditing.md").read_text(encoding="utf-8")
NAMES = ("run_execution_claimed", "node_started", "node_completed")


def test_the_table_names_each_kind_with_its_severity_requirement_and_meaning() -> None:
    told = {
        code_spans(row["kind"])[0]: (code_spans(row["severity"])[0], row["about"], row["meaning"])
        for row in tables()["findings"]
    }
    assert told == {
        each.name: (
            str(each.severity),
            each.requirement if each.hazard is None else f"{each.requirement}, {each.hazard}",
            each.meaning,
        )
        for each in KINDS.values()
    }


def test_the_example_is_what_the_command_says(tmp_path: Path) -> None:
    metadata = [{}, {"metadata": {"node_id": "collect"}}, {"metadata": {"node_id": "collect"}}]
    history = [
        {"event": name, "recorded_at_ms": 1000 * number, **rest}
        for number, (name, rest) in enumerate(zip(NAMES, metadata, strict=True), 1)
    ]
    run = {
        "run_id": "run-1",
        "automation_id": "weekly-report",
        "trigger_type": "schedule",
        "status": "running",
        "created_at_ms": 1000,
        "updated_at_ms": 3000,
        "checkpoint": {"lifecycle_history": history},
    }
    store = tmp_path / "store"
    store.mkdir()
    project(run_from(run), FileStore(store))
    log = store / "stateful_events.jsonl"
    first, _, last = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(first + last)
    command, _, shown = CHAPTER.partition("```console\n$ ")[2].partition("```")[0].partition("\n")
    assert command == "lifecycle-projection audit store"
    done = call("audit", str(store))
    assert done.exit_code == 1
    assert done.stdout.replace(str(store), "store") == shown
    assert orjson.loads(call("audit", str(store), "--json").stdout)["counts"]["violation"] == 2
