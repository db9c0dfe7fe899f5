"""The stores that the audit's benchmarks are made on."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from big_stores import big_store
from lifecycle_conformance.audit.auditing import audit
from lifecycle_conformance.audit.file_source import FileSource
from lifecycle_conformance.audit.finding import Severity
from lifecycle_conformance.audit.lives import is_index_id

MIXED: dict[str, Any] = {"runs": 20, "records": 12, "generations": (1, 2, 3, 4), "compacted": True}


def made(folder: Path, **arguments: Any) -> Path:
    folder.mkdir()
    big_store(folder, **arguments)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("arguments", [{"runs": 20, "records": 12}, MIXED], ids=["of today", "mixed"])
def test_the_same_seed_gives_the_same_bytes(arguments: dict[str, Any], tmp_path: Path) -> None:
    one, same, other = (made(tmp_path / f"{n}", **arguments, seed=n // 2) for n in (0, 1, 2))
    assert contents(one) == contents(same)
    assert (contents(one) == contents(other)) is (arguments is not MIXED), "nothing is random in what one engine left"


def test_a_store_has_what_each_engine_leaves_and_is_healthy(tmp_path: Path) -> None:
    source = FileSource(made(tmp_path / "store", **MIXED))
    runs = [run for part in source.parts() for run in source.runs(part)]
    assert len(runs) == MIXED["runs"]
    met: Counter[str] = Counter()
    for run in runs:
        for row in run.snapshots:
            met["by position" if is_index_id(row.value["snapshot_id"], run.run_id) else "by content"] += 1
        met["markers"] += any(row.value["event_type"].endswith("compacted") for row in run.events)
    assert {*met} == {"by position", "by content", "markers"}
    assert [each for each in audit(source) if each.kind.severity is Severity.VIOLATION] == []
