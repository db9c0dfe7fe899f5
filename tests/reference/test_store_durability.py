"""What a pass relies on is on the disk before it answers, whoever wrote it and died."""

import os
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from builders import lifecycle, run_of
from lifecycle_projection import Event, FileStore, RememberingStore, append_once, project
from lifecycle_projection.stores import file_state
from lifecycle_projection.stores.effects import SystemEffects

HISTORY = (lifecycle("node_started", 10), lifecycle("node_completed", 20), lifecycle("node_started", 30))
BEGUN, GROWN = run_of(*HISTORY[:1]), run_of(*HISTORY)


@pytest.fixture(autouse=True, params=[FileStore, RememberingStore])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of this holds for both file stores: each in turn goes by the name of the plain one."""
    monkeypatch.setitem(globals(), "FileStore", request.param)


class Died(BaseException):
    """The process was killed."""


class Disk(SystemEffects):
    """The system's effects, and what of their outcome would outlive a power failure.

    That is the content of a file when it was last synced, under the names of its directories when they were last
    synced. The process dies before the effect number `dies_at`, or before the effect `dies_before`.
    """

    def __init__(self, parent: Path) -> None:
        self.parent = parent
        self.done: list[str] = []
        self.dies_at: int | None = None
        self.dies_before = ""
        self._contents: dict[int, bytes] = {}
        self._names: dict[int, dict[str, int]] = {}
        self._paths: dict[int, str] = {}

    def _note(self, what: str, path: str) -> None:
        effect = f"{what} {os.path.relpath(path, self.parent)}"
        if effect == self.dies_before or (self.dies_at is not None and len(self.done) >= self.dies_at):
            raise Died
        self.done.append(effect)

    def open(self, path: str, flags: int) -> int:
        self._note("open", path)
        descriptor = super().open(path, flags)
        self._paths[descriptor] = path
        return descriptor

    def write(self, descriptor: int, data: bytes) -> None:
        self._note("write", self._paths[descriptor])
        super().write(descriptor, data)

    def sync(self, descriptor: int) -> None:
        self._note("sync", self._paths[descriptor])
        super().sync(descriptor)
        self._keep(self._paths[descriptor])

    def rename(self, source: str, target: str) -> None:
        self._note("rename", target)
        super().rename(source, target)

    def unlink(self, path: str) -> None:
        self._note("unlink", path)
        super().unlink(path)

    def make_directory(self, path: str) -> None:
        self._note("make", path)
        super().make_directory(path)

    def sync_path(self, path: str) -> None:
        self._note("sync", path)
        super().sync_path(path)
        self._keep(path)

    def _keep(self, path: str) -> None:
        inode = Path(path).stat().st_ino
        if Path(path).is_dir():
            with os.scandir(path) as entries:
                self._names[inode] = {entry.name: entry.inode() for entry in entries}
        else:
            self._contents[inode] = Path(path).read_bytes()

    def survivors(self) -> dict[str, bytes]:
        """The files that would be there after a power failure."""
        return dict(self._below(self.parent.stat().st_ino, ""))

    def _below(self, inode: int, path: str) -> "list[tuple[str, bytes]]":
        found = []
        for name, each in self._names.get(inode, {}).items():
            if each in self._contents:
                found.append((f"{path}/{name}", self._contents[each]))
            found += self._below(each, f"{path}/{name}")
        return found


def visible(parent: Path) -> dict[str, bytes]:
    """The files of the store that are there while the power is on."""
    files = (path for path in parent.rglob("*") if path.is_file() and path.suffix != ".tmp")
    return {f"/{path.relative_to(parent)}": path.read_bytes() for path in files}


def prepared(folder: Path) -> tuple[Path, Disk]:
    """Make a store directory, as somebody did who died before the directory above it was synced."""
    (folder / "store").mkdir(parents=True)
    return folder / "store", Disk(folder)


LOG = "/store/stateful_events.jsonl"


def pass_over_all(store: FileStore) -> Callable[[str], bool]:
    """Rely on all that is there."""
    project(GROWN, store)
    return lambda _: True


def append_what_is_there(store: FileStore) -> Callable[[str], bool]:
    """Rely on the log, if it holds anything."""
    events = store.events()
    assert [append_once(store, event) for event in events] == [(False, event.seq) for event in events]
    return lambda path: bool(events) and path == LOG


@pytest.mark.parametrize("work", [pass_over_all, append_what_is_there])
@pytest.mark.parametrize("opened", ["afterwards", "before"])
def test_what_is_answered_outlives_a_power_failure_whoever_died_before(
    tmp_path: Path, work: Callable[[FileStore], Callable[[str], bool]], opened: str
) -> None:
    """FILE-27: a writer dies before any of its effects; another finds what it left, answers, and the power fails."""
    for number in count():
        directory, disk = prepared(tmp_path / str(number))
        store = FileStore(directory, effects=disk)
        if opened == "before":
            project(BEGUN, store)
        disk.dies_at = len(disk.done) + number
        try:
            project(GROWN, FileStore(directory, effects=disk))
        except Died:
            disk.dies_at = None
        else:
            break
        relied_on = work(store)
        durable = disk.survivors()
        lost = {path for path, content in visible(disk.parent).items() if durable.get(path) != content}
        assert set(filter(relied_on, lost)) == set(), f"killed before effect {number}"
    assert number > 20


def test_a_snapshot_never_outlives_its_event(tmp_path: Path) -> None:
    """FILE-27: also where the event was found and only the snapshot is written, at any moment."""

    class Watched(Disk):
        def _note(self, what: str, path: str) -> None:
            super()._note(what, path)
            durable = self.survivors()
            log = durable.pop(LOG, b"").decode()
            assert [name for name in durable if Path(name).stem not in log] == []

    directory, _ = prepared(tmp_path / "x")
    disk = Watched(directory.parent)
    disk.dies_before = f"sync {LOG[1:]}"
    with pytest.raises(Died):
        project(GROWN, FileStore(directory, effects=disk))
    assert visible(disk.parent)[LOG].endswith(b"\n"), "the line is there"
    assert disk.survivors() == {}, "and not on the disk"
    disk.dies_before = ""
    assert project(GROWN, FileStore(directory, effects=disk)).projected == 3
    assert disk.survivors() == visible(disk.parent)


def test_where_nothing_is_new_each_thing_that_was_found_is_synced_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FILE-27: what is in the state in which this store has synced it costs nothing again."""
    directory, disk = prepared(tmp_path / "x")
    project(GROWN, FileStore(directory))
    # The clock of the file system ticks: what changed within its last tick could change again unseen.
    an_hour_later = time.time_ns() + 3_600 * 10**9
    monkeypatch.setattr(file_state, "file_clock_ns", lambda: an_hour_later)
    store = FileStore(directory, effects=disk)
    assert project(GROWN, store).projected == 0
    assert [what for what in disk.done if what.startswith("sync")] == [
        "sync .",
        "sync store",
        "sync store/stateful_events.jsonl",
        "sync store/stateful_snapshots",
        "sync store/stateful_snapshots/run-1",
    ]
    disk.done.clear()
    assert project(GROWN, store).projected == 0
    assert not [what for what in disk.done if what.startswith("sync")]


def test_readers_sync_nothing(tmp_path: Path) -> None:
    """FILE-10: they never wait, neither for the lock nor for the disk."""
    directory, disk = prepared(tmp_path / "x")
    project(GROWN, FileStore(directory))
    store = FileStore(directory, effects=disk)
    found: list[Event] = store.events("run-1")
    assert (len(found), len(store.snapshots())) == (3, 3)
    assert {what.partition(" ")[0] for what in disk.done} == {"open"}
