"""Which store is meant, and which of two is the authority."""

import os
import pickle
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from builders import lifecycle
from lifecycle_conformance.audit.file_source import FileSource
from lifecycle_conformance.audit.opening import opened
from lifecycle_conformance.audit.sqlite_source import SqliteSource
from lifecycle_conformance.audit.stored import StoreSource
from lifecycle_projection import StorageError
from stores import projected, put_database, put_files, shared, state_of

STORES = {each["name"]: each for each in shared()}
LOG = "stateful_events.jsonl"


def both(name: str, folder: Path) -> Path:
    """The files of a shared store and its database, as the engine left them."""
    store = STORES[name]
    put_files(store["files"], folder)
    put_database(store["databases"]["root"], folder / "stateful_runtime.sqlite3")
    return folder


def told(source: StoreSource) -> list[tuple[str, str]]:
    return [(each.kind.name, str(each.where)) for each in source.findings()]


def test_a_folder_and_a_file_are_told_apart(tmp_path: Path) -> None:
    files = projected(tmp_path / "store", lifecycle("x"))
    database = put_database(STORES["01-g4-plain"]["databases"]["root"], tmp_path / "db")
    assert isinstance(opened(str(files)), FileSource)
    for name in (str(database), f"sqlite:{database}"):
        assert isinstance(opened(name), SqliteSource)
    for name in (f"{files}/{LOG}", f"{tmp_path}/nowhere", "/dev/zero", "\0"):
        with pytest.raises(StorageError, match="expected a folder or an SQLite database"):
            opened(name)


@pytest.mark.parametrize("name", [each for each in STORES if each != "15-continued-in-database"])
def test_an_imported_store_is_read_from_its_database(name: str, tmp_path: Path) -> None:
    """Its files are a mirror, or were left as they were; nothing is said against them but where an engine fell back."""
    source = opened(str(both(name, tmp_path)))
    assert source.name == str(tmp_path)
    assert source.parts() == SqliteSource(tmp_path / "stateful_runtime.sqlite3").parts()
    assert told(source)[0] == ("database-counts", "stateful_runtime.sqlite3")
    assert "files-went-on" not in dict(told(source))


def test_events_that_the_database_compacted_may_still_be_in_the_files(tmp_path: Path) -> None:
    assert told(opened(str(both("15-continued-in-database", tmp_path)))) == [
        ("database-counts", "stateful_runtime.sqlite3")
    ]


def test_what_an_engine_recorded_in_the_files_instead_is_told(tmp_path: Path) -> None:
    """The same ids under other seqs, as they come where the files were retired, or ids that the database lacks."""
    folder = both("01-g4-plain", tmp_path)
    log = (folder / LOG).read_bytes().splitlines(keepends=True)
    (folder / LOG).write_bytes(b"".join(log[3:]).replace(b'"seq":4,', b'"seq":1,'))
    assert told(opened(str(folder)))[1] == ("files-went-on", f"{LOG}:1")
    (folder / LOG).write_bytes(b"".join([*log, log[0].replace(b'-0","run_id"', b'-1","run_id"')]))
    assert told(opened(str(folder)))[1] == ("files-went-on", f"{LOG}:15")
    os.utime(folder / LOG, (1, 1))
    assert len(told(opened(str(folder)))) == 1, "it wasn't written since"


def test_a_database_without_a_complete_import_leaves_the_files_the_authority(tmp_path: Path) -> None:
    folder = both("01-g4-plain", tmp_path)
    with closing(sqlite3.connect(folder / "stateful_runtime.sqlite3")) as connection:
        connection.execute("UPDATE stateful_migrations SET status = 'started'")
        connection.commit()
    source = opened(str(folder))
    assert told(source) == [("files-count", "stateful_runtime.sqlite3")]
    assert len(next(iter(source.runs("run-1"))).events) == 14


def test_a_database_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    folder = projected(tmp_path / "store", lifecycle("x"))
    (folder / "stateful_runtime.sqlite3").write_bytes(b"nonsense")
    source = opened(str(folder))
    assert told(source) == [("unreadable-database", "stateful_runtime.sqlite3")]
    assert source.parts() == ["run-1"]


def test_the_default_layout_is_found_from_both_its_folders(tmp_path: Path) -> None:
    put_files(STORES["01-g4-plain"]["files"], tmp_path / "runtime")
    put_database(STORES["01-g4-plain"]["databases"]["root"], tmp_path / "stateful_runtime.sqlite3")
    for name in (tmp_path, tmp_path / "runtime"):
        source = opened(str(name))
        assert (source.name, source.parts()) == (str(name), ["run-1"])
        assert told(source) == [("database-counts", "stateful_runtime.sqlite3")]
    (tmp_path / "stateful_runtime.sqlite3").unlink()
    assert len(next(iter(opened(str(tmp_path)).runs("run-1"))).events) == 14


def test_nothing_is_changed_and_all_can_be_sent(tmp_path: Path) -> None:
    before = state_of(both("01-g4-plain", tmp_path))
    source = opened(str(tmp_path))
    sent = pickle.loads(pickle.dumps(source.limited_to(source.parts())))
    assert list(sent.runs("run-1")) == list(source.runs("run-1"))
    assert told(source)
    assert state_of(tmp_path) == before
