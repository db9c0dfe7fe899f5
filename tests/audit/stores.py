"""The shared stores of production's making, and stores of the tests' own."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest

from builders import run_json
from lifecycle_projection import FileStore, project
from lifecycle_projection.codec import run_from, to_json

_DATA: Final = Path(__file__).parent / "data" / "stores.jsonl"


def shared() -> Iterator[dict[str, Any]]:
    """Each of the 14 stores: files, databases, and what production showed."""
    with _DATA.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


SHARED: Final = [pytest.param(each, id=each["name"]) for each in shared()]

_OTHER_KIND: Final = """UPDATE stateful_events SET event_json = replace(event_json, '"kind":"event"', '"kind":"run"')
    WHERE seq = 2"""
WRONG_ROWS: Final = [
    ("UPDATE stateful_events SET event_json = 'nonsense' WHERE seq = 2", "event-row-undecodable"),
    ("UPDATE stateful_events SET event_json = '{}' WHERE seq = 2", "event-row-undecodable"),
    ("UPDATE stateful_events SET org_id = 'other' WHERE seq = 2", "event-row-disagrees"),
    ("UPDATE stateful_events SET event_id = 'other' WHERE seq = 2", "event-row-disagrees"),
    ("UPDATE stateful_events SET seq = 99 WHERE seq = 2", "event-row-disagrees"),
    (_OTHER_KIND, "event-row-disagrees"),
    (
        "UPDATE stateful_snapshots SET snapshot_json = substr(snapshot_json, 1, 80) WHERE seq = 2",
        "snapshot-row-undecodable",
    ),
    ("UPDATE stateful_snapshots SET deployment_id = '' WHERE seq = 2", "snapshot-row-disagrees"),
    ("UPDATE automation_runs SET run_json = '[]'", "run-row-undecodable"),
    ("UPDATE automation_runs SET workspace_id = 'other'", "run-row-disagrees"),
    ("UPDATE schema_metadata SET schema_version = 6", "newer-schema"),
    ("ALTER TABLE stateful_events DROP COLUMN deployment_id", "older-schema"),
]
"""What is done to the first shared store, and the kind of what is then found."""


def put_files(files: dict[str, dict[str, str]], folder: Path) -> Path:
    """Make the files of a shared store."""
    for name, file in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file["text"], encoding="utf-8", newline="")
    return folder


def projected(folder: Path, *history: Any, **members: Any) -> Path:
    """A store into which the reference has projected a run."""
    folder.mkdir(exist_ok=True)
    project(run_from(run_json(*history, **members)), FileStore(folder))
    return folder


def state_of(folder: Path, *, owned: bool = False) -> dict[str, tuple[Any, ...]]:
    """All that must not change: names, contents, sizes, modes and times, of folders as well.

    With `owned` files may get the owner that they have already.
    """
    found = {}
    for path in [folder, *folder.rglob("*")]:
        state = path.lstat()
        content = path.read_bytes() if path.is_file() else path.readlink() if path.is_symlink() else None
        found[str(path)] = (content, state.st_mode, state.st_mtime_ns, state.st_ino, owned or state.st_ctime_ns)
    return found


def put_database(database: dict[str, Any], file: Path, *, wal: bool = True) -> Path:
    """Build a shared store's database: its tables with their keys and rows, in WAL mode as production has it."""
    with closing(sqlite3.connect(file)) as connection:
        if wal:
            connection.execute("PRAGMA journal_mode = WAL")
        for name, table in database["tables"].items():
            columns = [
                f"{each['name']} {each['type']}{' NOT NULL' * each.get('not_null', False)}" for each in table["columns"]
            ]
            keys = [
                each["name"]
                for each in sorted(table["columns"], key=lambda each: each.get("key", 0))
                if each.get("key")
            ]
            keyed = [f"PRIMARY KEY ({', '.join(keys)})"] if keys else []
            unique = [f"UNIQUE ({', '.join(each)})" for each in table.get("unique", [])]
            connection.execute(f"CREATE TABLE {name} ({', '.join([*columns, *keyed, *unique])})")
            marks = ", ".join("?" * len(columns))
            connection.executemany(f"INSERT INTO {name} VALUES ({marks})", table["rows"])
        connection.commit()
    return file


def as_database(store: Path, file: Path) -> Path:
    """The events and snapshots of a store of files as bare rows of a database."""
    held = FileStore(store)
    kept = (("event", held.events()), ("snapshot", held.snapshots().values()))
    with closing(sqlite3.connect(file)) as connection:
        for sort, records in kept:
            connection.execute(
                f"CREATE TABLE stateful_{sort}s ({sort}_id TEXT, run_id TEXT, seq INTEGER, {sort}_json TEXT)"
            )
            connection.executemany(
                f"INSERT INTO stateful_{sort}s VALUES (?, ?, ?, ?)",
                [(each[f"{sort}_id"], each["run_id"], each["seq"], json.dumps(each)) for each in map(to_json, records)],
            )
        connection.commit()
    return file
