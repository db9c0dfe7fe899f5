"""The chapter on databases says what production's own databases look like."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from lifecycle_conformance.specification.requirements import code_spans, tables

with (Path(__file__).parent / "data" / "stores.jsonl").open(encoding="utf-8") as _file:
    STORES: Final = {store["name"]: store for store in map(json.loads, _file)}
TABLES: Final = {code_spans(row["table"])[0]: row for row in tables()["database"]}
RECORDS: Final = {
    "stateful_events": ("event_json", "event", "event_id"),
    "stateful_snapshots": ("snapshot_json", "snapshot", "snapshot_id"),
    "automation_runs": ("run_json", "run", "run_id"),
}
DAMAGED: Final = {"27a-damaged-event-row": 1}
"""How many rows of a database were cut by hand."""


def databases() -> list[Any]:
    return [
        pytest.param(store, database, id=f"{store['name']}-{part}")
        for store in STORES.values()
        for part, database in store["databases"].items()
    ]


def rows(database: dict[str, Any], table: str) -> Iterator[dict[str, Any]]:
    names = [column["name"] for column in database["tables"][table]["columns"]]
    return (dict(zip(names, row, strict=True)) for row in database["tables"][table]["rows"])


@pytest.mark.parametrize(("store", "database"), databases())
def test_the_tables_of_the_chapter_are_those_of_production(store: dict[str, Any], database: dict[str, Any]) -> None:
    """DB-14: columns, keys and unique indexes."""
    del store
    for name, row in TABLES.items():
        columns = database["tables"][name]["columns"]
        assert [column["name"] for column in columns] == list(code_spans(row["columns"]))
        assert [column["name"] for column in columns if column.get("key")] == list(code_spans(row["key"]))
    for name in ("stateful_events", "stateful_snapshots"):
        assert ["run_id", "seq"] in database["tables"][name]["unique"]


def form_of(table: str, row: dict[str, Any]) -> str:
    """How the record of a row is written."""
    column, kind, key = RECORDS[table]
    text = row[column]
    if re.match(r"t[a-z]+\d+:", text):
        return "ciphertext"
    try:
        value = json.loads(text)
    except ValueError:
        return "damaged"
    if list(value) != ["tenant_context", "kind", "id", "payload"]:
        return "bare" if value[key] == row[key] else "damaged"
    tenant = value["tenant_context"]
    own = (value["kind"], value["id"], tenant["org_id"], tenant["workspace_id"], tenant.get("deployment_id"))
    agrees = own == (kind, row[key], row["org_id"], row["workspace_id"], row["deployment_id"])
    return "bound" if agrees and value["payload"][key] == row[key] else "at odds"


@pytest.mark.parametrize(("store", "database"), databases())
def test_each_row_is_bound_or_bare_or_ciphertext(store: dict[str, Any], database: dict[str, Any]) -> None:
    """DB-15; hazard H19 makes the row that is at odds with its columns."""
    forms = Counter(form_of(table, row) for table in RECORDS for row in rows(database, table))
    assert forms["damaged"] == DAMAGED.get(store["name"], 0)
    assert forms["at odds"] == (store["name"] == "31-run-row-two-tenants")
    expected = {"19-local-key-encrypted": {"ciphertext"}, "26-older-engine-schema4": {"bare", "bound"}}
    assert set(forms) - {"damaged", "at odds"} <= expected.get(store["name"], {"bound"})


def test_an_id_of_another_tenant_is_not_recorded_again_and_a_seq_is_above_those_of_all_tenants() -> None:
    """DB-16: a second tenant passed the same history, with one record more, and took the snapshots."""
    (database,) = STORES["13-two-tenants-h16"]["databases"].values()
    seqs: dict[str, list[int]] = {}
    for row in rows(database, "stateful_events"):
        seqs.setdefault(row["org_id"], []).append(row["seq"])
    assert {tenant: sorted(each) for tenant, each in seqs.items()} == {"org-a": [*range(1, 19)], "org-b": [19]}
    assert {row["org_id"] for row in rows(database, "stateful_snapshots")} == {"org-b"}
