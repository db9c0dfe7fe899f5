"""Two stores compared: the same in whatever form, and each difference named with its member and both values."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

import damaging
import stores
from builders import OTHER_TENANT
from damaging import doubled, dropped, dropped_with_snapshot, edited, put, respelled, without_snapshot
from lifecycle_conformance.audit.comparing import Compared, RecordDifference, RunComparison, Side, Unread, compared
from lifecycle_conformance.audit.opening import opened
from lifecycle_conformance.execution.trace import LOCAL
from lifecycle_conformance.model.comparison import ABSENT
from lifecycle_projection.records import Json

STORES: Final = {each["name"]: each for each in stores.shared()}
IMPORTED: Final = ("01-g4-plain", "02-g4-definition", "05-g1-g2-g3-then-g4", "07-compacted", "08-pruned")
"""Stores of files that production imported into its database, whole and as they were."""


@pytest.fixture
def a(tmp_path: Path) -> Path:
    return healthy(tmp_path / "a")


@pytest.fixture
def b(tmp_path: Path) -> Path:
    return healthy(tmp_path / "b")


def healthy(folder: Path) -> Path:
    folder.mkdir()
    return damaging.healthy(folder, moved=True)


def all_of(a: Path, b: Path, *only: str) -> list[Compared]:
    return [*compared(opened(str(a)), opened(str(b)), only=frozenset(only))]


def runs(a: Path, b: Path, *only: str) -> list[RunComparison]:
    return [each for each in all_of(a, b, *only) if isinstance(each, RunComparison)]


def unread(a: Path, b: Path, *only: str) -> list[tuple[Side, str]]:
    return [(each.side, each.finding.kind.name) for each in all_of(a, b, *only) if isinstance(each, Unread)]


def differing(a: Path, b: Path) -> list[RecordDifference]:
    return [record for run in runs(a, b) for record in run.records]


def places(a: Path, b: Path) -> list[tuple[str, Any, Any]]:
    return [(each.path, each.expected, each.actual) for record in differing(a, b) for each in record.places]


# --- the same -----------------------------------------------------------------------------------------------------


def test_of_two_equal_stores_each_run_is_the_same(a: Path, b: Path) -> None:
    compared_runs = runs(a, b)
    assert [(each.run_id, each.is_same) for each in compared_runs] == [("run-1", True), ("run-2", True)]
    assert {*compared_runs[0].counts} == {Side.A, Side.B}
    assert compared_runs[0].counts[Side.A].events == len(damaging.HISTORY)
    assert unread(a, b) == []


@pytest.mark.parametrize("name", IMPORTED)
def test_files_and_the_database_into_which_production_imported_them_are_the_same(name: str, tmp_path: Path) -> None:
    files = stores.put_files(STORES[name]["files"], tmp_path / "files")
    database = stores.put_database(STORES[name]["databases"]["root"], tmp_path / "database.sqlite3")
    assert [each.is_same for each in runs(files, database)] == [True]


def test_nothing_is_changed(a: Path, b: Path) -> None:
    before = stores.state_of(a), stores.state_of(b)
    all_of(a, b)
    assert (stores.state_of(a), stores.state_of(b)) == before


def test_the_order_of_members_does_not_count(a: Path, b: Path) -> None:
    def turned(event: dict[str, Json]) -> None:
        members = [*event.items()]
        event.clear()
        event.update(reversed(members))

    respelled(0, turned)(b)
    assert unread(a, b) == []
    assert differing(a, b) == []


@pytest.mark.parametrize("kinds", ["folder and folder", "folder and database", "database and folder"])
def test_runs_that_share_a_folder_are_held_apart(kinds: str, tmp_path: Path) -> None:
    """Of files they are one part, of a database each is a part of its own."""
    for name in ("a", "b"):
        for run_id in ("run_1", "run:1", "run/1", "run-1", "other"):
            stores.projected(tmp_path / name, "x", run_id=run_id)
    stores.projected(tmp_path / "b", "x", "y", run_id="run:1")
    a, b = (
        stores.as_database(tmp_path / name, tmp_path / f"{name}.sqlite3") if kind == "database" else tmp_path / name
        for name, kind in zip("ab", kinds.split(" and "), strict=True)
    )
    found = runs(a, b)
    assert [each.run_id for each in found] == ["other", "run-1", "run/1", "run:1", "run_1"]
    assert [(each.run_id, [*each.counts]) for each in found if not each.is_same] == [("run:1", [Side.A, Side.B])]


# --- what differs -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (put("x", "payload", "event"), ("$.payload.event", "run_created", "x")),
        (put(7, "seq"), ("$.seq", 1, 7)),
        (put(1.0, "payload", "more"), ("$.payload.more", ABSENT, 1.0)),
    ],
)
def test_a_member_that_differs_is_named_with_both_values(
    a: Path, b: Path, change: Callable[[Any], Any], place: tuple[str, Any, Any]
) -> None:
    edited(0, change)(b)
    assert places(a, b) == [place]


def test_a_member_of_a_snapshot_that_differs_is_named(a: Path, b: Path) -> None:
    respelled(0, put("other", "metadata", "lifecycle_event_kind"))(b)
    assert places(a, b) == [("$.metadata.lifecycle_event_kind", ABSENT, "other")]


def test_one_and_one_as_a_double_differ(a: Path, b: Path) -> None:
    edited(0, put(1, "payload", "more"))(a)
    edited(0, put(1.0, "payload", "more"))(b)
    ((path, left, right),) = places(a, b)
    assert (path, repr(left), repr(right)) == ("$.payload.more", "1", "1.0")


def test_an_event_and_a_snapshot_that_one_store_lacks(a: Path, b: Path) -> None:
    dropped(1)(a)
    without_snapshot(0)(b)
    found = [(each.sort, each.a is None, each.b is None, each.places) for each in differing(a, b)]
    assert found == [("event", True, False, []), ("snapshot", False, True, [])]


def test_events_with_one_id_are_matched_in_their_order(a: Path, b: Path) -> None:
    doubled(b)
    (record,) = differing(a, b)
    assert (record.sort, record.a, record.places) == ("event", None, [])
    doubled(a)
    assert differing(a, b) == []


def test_another_tenant_is_another_record(tmp_path: Path) -> None:
    for name, tenant in (("a", LOCAL), ("b", OTHER_TENANT)):
        stores.projected(tmp_path / name, "x", tenant_context=tenant)
    found = differing(tmp_path / "a", tmp_path / "b")
    assert [(each.sort, each.a is None) for each in found] == [
        ("event", False),
        ("event", True),
        ("snapshot", False),
        ("snapshot", True),
    ]
    assert len({each.tenant for each in found}) == 2


def test_a_run_of_one_store_is_named_without_its_records(tmp_path: Path) -> None:
    stores.projected(tmp_path / "a", "x")
    stores.projected(tmp_path / "b", "x")
    stores.projected(tmp_path / "b", "x", "y", run_id="another")
    another, same = runs(tmp_path / "a", tmp_path / "b")
    assert (another.run_id, another.only_in, another.records, another.is_same) == ("another", Side.B, (), False)
    assert (another.counts[Side.B].events, another.counts[Side.B].snapshots) == (2, 2)
    assert same.is_same


def test_only_the_runs_that_are_asked_for(a: Path, b: Path) -> None:
    dropped_with_snapshot(0)(b)
    assert [each.run_id for each in runs(a, b, "run-2")] == ["run-2"]
    assert runs(a, b, "run-3") == []


# --- what can't be read ---------------------------------------------------------------------------------------------


def test_a_line_and_a_file_that_cannot_be_read_are_told_of_the_store_that_has_them(a: Path, b: Path) -> None:
    lines = damaging.lines(a)
    (a / "stateful_events.jsonl").write_bytes(b"\n".join([b"{", *lines]) + b"\n")
    damaging.snapshot_path(b, 0).write_bytes(b"[]")
    assert unread(a, b) == [(Side.A, "damaged-line"), (Side.B, "unreadable-snapshot")]
    run = runs(a, b, "run-1")[0]
    assert run.counts[Side.B].unread == 1


def test_a_snapshot_in_another_folder_is_told(a: Path, b: Path) -> None:
    path = damaging.snapshot_path(b, 0)
    path.rename(b / "stateful_snapshots" / "run-2" / path.name)
    assert (Side.B, "misplaced-snapshot") in unread(a, b)


def test_encrypted_rows_are_told_by_table_and_run(tmp_path: Path) -> None:
    shared = STORES["19-local-key-encrypted"]
    files = stores.put_files(shared["files"], tmp_path / "files")
    database = stores.put_database(shared["databases"]["root"], tmp_path / "database.sqlite3")
    assert unread(files, database) == [(Side.B, "ciphertext"), (Side.B, "ciphertext")]
    tables = shared["databases"]["root"]["tables"]
    rows = [row for table in ("stateful_events", "stateful_snapshots") for row in tables[table]["rows"]]
    for run in runs(files, database):
        assert (run.only_in, run.counts[Side.B].unread) == (Side.A, sum(run.run_id in row for row in rows))


def test_an_undecodable_row_is_told(tmp_path: Path) -> None:
    shared = STORES["27a-damaged-event-row"]
    database = stores.put_database(shared["databases"]["root"], tmp_path / "database.sqlite3")
    assert unread(database, database) == [(side, "event-row-undecodable") for side in Side]
