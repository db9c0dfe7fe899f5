"""What an audit reads of production's database on PostgreSQL: the same as on SQLite, and nothing is changed."""

from pathlib import Path
from typing import Any

import pytest

from lifecycle_conformance.audit.auditing import audit
from lifecycle_conformance.audit.database_source import DatabaseSource
from lifecycle_conformance.audit.finding import Finding
from lifecycle_conformance.audit.postgres_source import PostgresSource
from lifecycle_conformance.audit.sqlite_source import SqliteSource
from lifecycle_conformance.audit.stored import StoredRun
from postgres import Server, put_postgres
from stores import put_database, shared

STORES = {each["name"]: each for each in shared()}
DATABASES = [
    pytest.param(database, id=f"{store['name']}-{state}")
    for store in STORES.values()
    for state, database in store["databases"].items()
]
PLAIN = STORES["01-g4-plain"]["databases"]["root"]


def everything(source: DatabaseSource) -> tuple[dict[str, StoredRun], list[Finding]]:
    runs = [run for part in source.parts() for run in source.runs(part)]
    return {run.run_id: run for run in runs}, [*audit(source)]


@pytest.mark.parametrize("database", DATABASES)
def test_the_same_rows_say_the_same_as_in_sqlite(database: dict[str, Any], server: Server, tmp_path: Path) -> None:
    here = SqliteSource(put_database(database, tmp_path / "store"))
    there = PostgresSource(put_postgres(database, server.database()))
    there._database.path = "store"  # type: ignore[misc]
    assert everything(there) == everything(here)
    assert there.run_ids() == here.run_ids()
    assert there.authority_since_ms() == here.authority_since_ms()
    assert [*map(there.run_record, there.run_ids())] == [*map(here.run_record, here.run_ids())]
