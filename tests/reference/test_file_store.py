"""The file store: its layout, what a crash or damage leaves, its order of effects, its lock."""

import errno
import hashlib
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from builders import OTHER_TENANT, RUN_ID, TENANT_KEY, lifecycle, run_json, run_of, stored_snapshot
from lifecycle_conformance.execution.workspace import workspace
from lifecycle_projection import (
    FileStore,
    LifecycleProjectionError,
    PhaseTransitionError,
    ProjectionResult,
    RememberingStore,
    Run,
    StorageConflictError,
    StorageError,
    append_once,
    compact,
    identify,
    plan,
    project,
    project_or_warn,
    prune,
)
from lifecycle_projection.stores.effects import SystemEffects

HISTORY = (lifecycle("node_started", 10), lifecycle("node_completed", 20), lifecycle("node_started", 30))


@pytest.fixture(autouse=True, params=[FileStore, RememberingStore])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of this holds for both file stores: each in turn goes by the name of the plain one."""
    monkeypatch.setitem(globals(), "FileStore", request.param)


@pytest.fixture
def directory() -> Iterator[Path]:
    """A store on a memory file system where there is one: thousands of files are synced here."""
    with workspace() as path:
        store = Path(path, "store")
        store.mkdir()
        yield store


def log_of(directory: Path) -> Path:
    return directory / "stateful_events.jsonl"


def files_of(directory: Path) -> dict[str, str]:
    return {
        str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in directory.rglob("*")
        if path.is_file()
    }


def projected(directory: Path, run: Run) -> int:
    return project(run, FileStore(directory)).projected


# --- damage -----------------------------------------------------------------------------------------------------------


def test_a_tail_torn_anywhere_is_cut_off_and_recorded_again(directory: Path) -> None:
    """Whatever a crash left of the last line, torn inside a letter too, the next pass ends in the same files.

    (FILE-16)
    """
    run = run_of(*HISTORY[:2], lifecycle("node_completed", 40, reason="größe 😀"))
    project(run, FileStore(directory))
    whole, files = log_of(directory).read_bytes(), files_of(directory)
    start = whole.rindex(b"\n", 0, -1) + 1

    for end in range(start, len(whole) - 1):
        log_of(directory).write_bytes(whole[:end])
        project(run, FileStore(directory))
        assert files_of(directory) == files, f"torn after {end - start} bytes of the last line"


def test_a_torn_tail_that_is_removed_is_said_to_be_removed(directory: Path, caplog: pytest.LogCaptureFixture) -> None:
    """FILE-16, FILE-20: with the number of bytes, and only once something is appended."""
    log_of(directory).write_bytes(b'{"event_id"')
    with caplog.at_level(logging.WARNING):
        FileStore(directory).events()
        assert "removed" not in caplog.text
        project(run_of(*HISTORY), FileStore(directory))
    assert f"{log_of(directory)}: a torn last line was removed: 11 bytes" in caplog.text


def test_a_whole_last_line_without_its_newline_is_read_and_gets_it(directory: Path) -> None:
    """FILE-15, FILE-17: such a line counts at once; the newline comes before the next append."""
    project(run_of(*HISTORY[:1]), FileStore(directory))
    log_of(directory).write_bytes(log_of(directory).read_bytes().rstrip(b"\n"))

    assert len(FileStore(directory).events()) == 1
    assert projected(directory, run_of(*HISTORY)) == 2
    assert len(log_of(directory).read_bytes().splitlines()) == 3


@pytest.mark.parametrize("damage", [b"\xff\xfe\n", b"{\n", b'{"event_id":"x"}\n', b"[1]\n", b'"\\ud800"\n', b"\xc3\n"])
def test_only_the_damaged_line_of_a_log_is_skipped(
    directory: Path, damage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """Bytes that are no UTF-8, and lines that are no event, cost nothing but themselves, and a warning.

    (FILE-18, FILE-19, FILE-20 (H14))
    """
    run = run_of(*HISTORY)
    project(run, FileStore(directory))
    first, rest = log_of(directory).read_bytes().split(b"\n", 1)
    log_of(directory).write_bytes(first + b"\n" + damage + rest)

    with caplog.at_level(logging.WARNING):
        assert projected(directory, run) == 0
    assert f"{log_of(directory)}: line 2 skipped" in caplog.text


def test_a_known_member_twice_makes_a_line_unreadable_but_not_in_its_payload(directory: Path) -> None:
    """FILE-14: in an event a duplicate is damage, in its payload the last one wins."""
    project(run_of(*HISTORY[:1]), FileStore(directory))
    line = log_of(directory).read_bytes()
    log_of(directory).write_bytes(line.replace(b'"status":', b'"status":1,"status":'))
    assert [event.payload["status"] for event in FileStore(directory).events()] == ["running"]
    log_of(directory).write_bytes(line.replace(b'"run_id":', b'"run_id":"x","run_id":', 1))
    assert FileStore(directory).events() == []


def test_a_damaged_snapshot_stops_the_pass_and_is_skipped_in_listings(
    directory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The error names the path, nothing is lost, and the pass can be repeated once the file is mended.

    (SNAP-12, FILE-20, ERR-5)
    """
    run = run_of(*HISTORY)
    project(run, FileStore(directory))
    files = files_of(directory)
    path = min(directory.rglob("*.json"))
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])

    with pytest.raises(StorageError, match="can't be read") as caught:
        project(run, FileStore(directory))
    assert caught.value.path == str(path)
    with caplog.at_level(logging.WARNING):
        assert len(FileStore(directory).snapshots(RUN_ID)) == 2
    assert str(path) in caplog.text
    path.write_bytes(whole)
    assert projected(directory, run) == 0
    assert files_of(directory) == files


def test_a_duplicate_member_in_a_snapshot_file_does_no_harm(directory: Path) -> None:
    """FILE-14: there the last one wins everywhere."""
    run = run_of(*HISTORY[:1])
    project(run, FileStore(directory))
    (path,) = directory.rglob("*.json")
    path.write_bytes(path.read_bytes().replace(b'"seq": 1', b'"seq": "?",\n  "seq": 1'))
    assert [each.seq for each in FileStore(directory).snapshots(RUN_ID).values()] == [1]
    assert projected(directory, run) == 0


# --- what stands in a snapshot's place --------------------------------------------------------------------------------


def test_another_tenants_snapshot_is_not_overwritten(directory: Path) -> None:
    """The second tenant's pass stops where the snapshots meet, after its event and before the guard.

    (SNAP-11, TENANT-7 (H3))
    """
    project(run_of(*HISTORY), FileStore(directory))
    files = files_of(directory)
    other = run_of(*HISTORY, tenant_context=OTHER_TENANT, status="failed")

    with pytest.raises(StorageConflictError) as caught:
        project(other, FileStore(directory))
    assert caught.value.found.scope.tenant_context.key == TENANT_KEY
    assert [event.seq for event in caught.value.done.events] == [1]
    assert caught.value.done.projected == 0
    changed = files_of(directory)
    assert {name for name in files if changed[name] != files[name]} == {"stateful_events.jsonl"}
    assert changed.keys() == files.keys()


@pytest.mark.parametrize("member", ["run_id", "snapshot_id"])
def test_a_snapshot_of_another_run_or_id_at_the_path_is_not_overwritten(directory: Path, member: str) -> None:
    """SNAP-11 (H3): two ids may share a file name; the second is refused."""
    run = run_of(*HISTORY[:1])
    project(run, FileStore(directory))
    (path,) = directory.rglob("*.json")
    altered = path.read_bytes().replace(f'"{member}": "'.encode(), f'"{member}": "~'.encode())
    path.write_bytes(altered)

    with pytest.raises(StorageConflictError):
        project(run, FileStore(directory))
    assert path.read_bytes() == altered


def test_a_name_too_long_is_a_storage_error_after_the_guard_and_the_event_stays(directory: Path) -> None:
    """FILE-22, FILE-23 (H8): the error names the id; no file is left behind but the log."""
    run = run_of(lifecycle("n" * 300, 10))
    for _ in range(2):
        with pytest.raises(StorageError, match=r"automation-v2-lifecycle-run-1-nnn.*too long"):
            project(run, FileStore(directory))
    assert [event.seq for event in FileStore(directory).events()] == [1]
    assert list(files_of(directory)) == ["stateful_events.jsonl"]


def test_a_run_id_too_long_is_a_storage_error_after_the_event_as_well(directory: Path) -> None:
    """FILE-22, FILE-23 (H8): no folder of such a name can have been made, so there is nothing in it to be synced."""
    for _ in range(2):
        with pytest.raises(StorageError, match="too long"):
            project(run_of(*HISTORY, run_id="r" * 300), FileStore(directory))
    assert [event.seq for event in FileStore(directory).events()] == [1]


def test_a_refused_move_comes_before_a_name_too_long(directory: Path) -> None:
    """FILE-23 (H8): a snapshot that can't be written is guarded first."""
    project(run_of(*HISTORY[:1], status="completed"), FileStore(directory))
    with pytest.raises(PhaseTransitionError, match="terminal phase completed to running_phase") as caught:
        project(run_of(*HISTORY[:1], lifecycle("n" * 300, 10)), FileStore(directory))
    assert (caught.value.lifecycle_index, caught.value.done.projected) == (1, 0)
    assert len(caught.value.done.events) == 1


def test_the_greater_id_is_the_latest_of_two_with_the_same_seq(directory: Path) -> None:
    """PASS-7 (H7): directory order doesn't decide; the snapshots' names on disk say the opposite here."""
    store = FileStore(directory)
    store.write_snapshot(stored_snapshot("b", 5, "completed"))
    store.write_snapshot(stored_snapshot("a", 5, "running"))
    with pytest.raises(PhaseTransitionError, match="terminal phase completed"):
        project(run_of(*HISTORY[:1]), store)


def test_files_are_read_by_content_and_looked_up_by_path(directory: Path) -> None:
    """FILE-21, FILE-22: a copy under another name is listed, but isn't the snapshot that a look-up finds."""
    run = run_of(*HISTORY[:1])
    project(run, FileStore(directory))
    (path,) = directory.rglob("*.json")
    path.rename(path.with_name("copy.json"))
    assert len(FileStore(directory).snapshots(RUN_ID)) == 1
    assert projected(directory, run) == 1
    assert len(FileStore(directory).snapshots(RUN_ID)) == 2


# --- plans ------------------------------------------------------------------------------------------------------------

LONG = lifecycle("n" * 300, 30)


@pytest.mark.parametrize(
    ("before", "run", "failure", "recorded"),
    [
        (None, run_of(*HISTORY), None, 3),
        (run_of(*HISTORY[:2]), run_of(*HISTORY), None, 1),
        (run_of(*HISTORY), run_of(*HISTORY), None, 0),
        (run_of(HISTORY[0], status="completed"), run_of(*HISTORY), PhaseTransitionError, 1),
        (run_of(HISTORY[1], tenant_context=OTHER_TENANT), run_of(*HISTORY), StorageConflictError, 2),
        (None, run_of(HISTORY[0], LONG, HISTORY[1]), StorageError, 2),
    ],
    ids=["new", "grown", "nothing new", "refused", "in conflict", "too long"],
)
def test_a_plan_writes_nothing_and_a_pass_does_what_it_says(
    directory: Path, before: Run | None, run: Run, failure: type[Exception] | None, recorded: int
) -> None:
    """PASS-10, PASS-11: the plan ends with the event of the record that fails, and so does the pass."""
    store = FileStore(directory)
    if before is not None:
        project(before, store)
    files = files_of(directory)
    planned = plan(run, store)
    assert files_of(directory) == files
    assert len(planned.result.events) == recorded
    found = ended_with(lambda: project(run, store))
    assert type(found) is (failure or ProjectionResult)
    assert getattr(found, "done", found) == planned.result
    assert str(found) == str(planned.result if planned.failure is None else planned.failure)
    assert store.events()[-recorded:] == list(planned.result.events) or recorded == 0


def ended_with(work: Callable[[], object]) -> object:
    """What some work answers, or the error that it ends with."""
    try:
        return work()
    except LifecycleProjectionError as error:
        return error


# --- effects ----------------------------------------------------------------------------------------------------------


class Recorded(SystemEffects):
    """The system's effects, written down; the effect number `fail_at` fails as a full disk does."""

    def __init__(self, root: Path, fail_at: int | None = None) -> None:
        self.root = root
        self.done: list[str] = []
        self.fail_at = fail_at
        self.names: dict[int, str] = {}

    def _note(self, what: str) -> None:
        if len(self.done) == self.fail_at:
            self.fail_at = None
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.done.append(what)

    def _name(self, path: str) -> str:
        relative = os.path.relpath(path, self.root)
        return relative.replace("automation-v2-lifecycle-run-1-", "…")

    def open(self, path: str, flags: int) -> int:
        writing = flags & (os.O_WRONLY | os.O_RDWR)
        self._note(f"{'open' if writing else 'look at'} {self._name(path)}")
        descriptor = super().open(path, flags)
        self.names[descriptor] = self._name(path)
        return descriptor

    def write(self, descriptor: int, data: bytes) -> None:
        self._note(f"write {self.names[descriptor]}")
        super().write(descriptor, data)

    def truncate(self, descriptor: int, size: int) -> None:
        self._note(f"truncate {self.names[descriptor]}")
        super().truncate(descriptor, size)

    def sync(self, descriptor: int) -> None:
        self._note(f"sync {self.names[descriptor]}")
        super().sync(descriptor)

    def close(self, descriptor: int) -> None:
        self.done.append(f"close {self.names[descriptor]}")
        super().close(descriptor)

    def rename(self, source: str, target: str) -> None:
        self._note(f"rename {self._name(source)} {self._name(target)}")
        super().rename(source, target)

    def unlink(self, path: str) -> None:
        self._note(f"unlink {self._name(path)}")
        super().unlink(path)

    def make_directory(self, path: str) -> None:
        self._note(f"make {self._name(path)}")
        super().make_directory(path)

    def sync_path(self, path: str) -> None:
        self._note(f"sync {self._name(path)}")
        super().sync_path(path)


def test_the_order_of_effects_makes_all_events_durable_before_any_snapshot(directory: Path) -> None:
    """FILE-2, FILE-6, FILE-27: the events are on disk before a snapshot is begun, which appears whole or not at all."""
    effects = Recorded(directory)
    project(run_of(*HISTORY[:2]), FileStore(directory, effects=effects))
    ids = [event.event_id.replace("automation-v2-lifecycle-run-1-", "…") for event in FileStore(directory).events()]
    first, second = (f"stateful_snapshots/run-1/{event_id}.json" for event_id in ids)
    assert [what for what in effects.done if not what.startswith("look at stateful")] == [
        "look at .",
        "sync ..",
        "sync .",
        "open stateful_events.jsonl",
        "write stateful_events.jsonl",
        "sync stateful_events.jsonl",
        "sync .",
        "close stateful_events.jsonl",
        "make stateful_snapshots",
        "sync .",
        "make stateful_snapshots/run-1",
        "sync stateful_snapshots",
        *written(first),
        *written(second),
        "sync stateful_snapshots/run-1",
        "close .",
    ]


def written(snapshot: str) -> list[str]:
    return [
        f"open {snapshot}.tmp",
        f"write {snapshot}.tmp",
        f"sync {snapshot}.tmp",
        f"close {snapshot}.tmp",
        f"rename {snapshot}.tmp {snapshot}",
    ]


def test_the_order_of_effects_of_compaction_and_pruning(directory: Path) -> None:
    """FILE-6, FILE-27: the log is replaced through a temporary sibling; a deletion is made durable."""
    project(run_of(*HISTORY), FileStore(directory))
    effects = Recorded(directory)
    assert compact(FileStore(directory, effects=effects), retention_ms=1, now_ms=1_000) == 2
    assert [what for what in effects.done if not what.startswith(("look", "open", "close"))] == [
        "write stateful_events.jsonl.tmp",
        "sync stateful_events.jsonl.tmp",
        "rename stateful_events.jsonl.tmp stateful_events.jsonl",
        "sync .",
    ]
    effects = Recorded(directory)
    assert prune(FileStore(directory, effects=effects), retention_ms=1, keep=2, now_ms=1_000) == 1
    done = [what.partition(" ")[0] for what in effects.done]
    assert [what for what in done if what not in {"look", "close"}] == ["unlink", "sync"]


NEVER_WRITTEN = lifecycle("n" * 300, 30)
HISTORIES = [
    history
    for length in (1, 2, 3)
    for history in product((*HISTORY[:2], NEVER_WRITTEN), repeat=length)
    if NEVER_WRITTEN not in history[:-1]
]


@pytest.mark.parametrize("before", [None, "running", "completed"])
def test_an_effect_that_fails_is_a_storage_error_and_the_next_pass_ends_in_the_same_files(
    directory: Path, before: str | None
) -> None:
    """Whichever effect fails, nothing is lost, nothing is left over, and the pass can be repeated.

    Every history of up to three records, with equal ones and one whose name is too long; in an empty store, behind its
    first record, and where the guard refuses all but that one. (ERR-5, PASS-10, PASS-14)
    """

    def begun(name: str, history: tuple[dict[str, Any], ...], fail_at: int | None) -> Recorded:
        """Make a store with what was there before; then pass, with one effect that fails."""
        store = directory.with_name(name)
        store.mkdir()
        if before is not None:
            ended(store, run_of(history[0], status=before))
        effects = Recorded(store, fail_at)
        ended(store, run_of(*history), effects)
        return effects

    for case, history in enumerate(HISTORIES):
        whole = begun(f"{case}", history, None)
        expected = (ended(whole.root, run_of(*history)), files_of(whole.root))
        for number in range(len(whole.done)):
            store = begun(f"{case}-{number}", history, number).root
            assert not list(store.rglob("*.tmp"))
            assert (ended(store, run_of(*history)), files_of(store)) == expected, f"effect {number} of {history}"


def ended(store: Path, run: Run, effects: Recorded | None = None) -> str:
    """Pass; the answer is the error that ended the pass, if one did."""
    try:
        project(run, FileStore(store, effects=effects))
    except (StorageError, PhaseTransitionError) as error:
        return type(error).__name__
    return ""


@pytest.mark.parametrize(
    ("failing", "done"),
    [("write stateful_events.jsonl", (0, 0, 0)), ("write stateful_snapshots/run-1/{}.json.tmp", (2, 3, 2))],
    ids=["its events", "its last snapshot"],
)
def test_a_storage_failure_tells_what_was_done_before_it(
    directory: Path, failing: str, done: tuple[int, int, int]
) -> None:
    """ERR-5: an event whose snapshot can't be written is told, but doesn't count."""
    third = identify(run_of(*HISTORY))[2].event_id.replace("automation-v2-lifecycle-run-1-", "…")
    effects = Recorded(directory)
    project(run_of(*HISTORY), FileStore(directory, effects=effects))
    number = effects.done.index(failing.format(third))
    another = directory.with_name("another")
    another.mkdir()
    with pytest.raises(StorageError, match="No space left on device") as caught:
        project(run_of(*HISTORY), FileStore(another, effects=Recorded(another, fail_at=number)))
    told = caught.value.done
    assert told is not None
    assert (told.projected, len(told.events), len(told.snapshots)) == done
    assert list(told.events) == FileStore(another).events()
    assert projected(another, run_of(*HISTORY)) == 3 - done[0]
    assert files_of(another) == files_of(directory)


def test_a_record_costs_one_sync(directory: Path) -> None:
    """FILE-2, FILE-6: more records wait for the disk once each, whatever a pass waits for besides."""

    def syncs(number: int) -> int:
        effects = Recorded(directory)
        history = (lifecycle("x", at) for at in range(number))
        project(run_of(*history, run_id=f"run-{number}"), FileStore(directory, effects=effects))
        return sum(what.startswith("sync") for what in effects.done)

    syncs(1)
    assert syncs(40) - syncs(10) == 30
    assert syncs(50) <= 50 + 8


# --- the lock ---------------------------------------------------------------------------------------------------------


IN_A_PROCESS = """
import sys
from lifecycle_projection import FileStore, load_runs, project
(run,) = load_runs(sys.argv[1])
project(run, FileStore(sys.argv[2], lock_timeout_s=60))
"""


def test_concurrent_threads_record_each_record_once(directory: Path) -> None:
    """FILE-10, LOG-6: one writer at a time across threads."""
    runs = [run_of(*HISTORY, run_id=f"run-{number % 2}") for number in range(6)]
    with ThreadPoolExecutor(len(runs)) as pool:
        list(pool.map(lambda run: project(run, FileStore(directory, lock_timeout_s=60)), runs))
    assert_recorded_once(directory)


def test_concurrent_processes_record_each_record_once(directory: Path) -> None:
    """FILE-7, FILE-10, LOG-6: one writer at a time across processes; the lock leaves nothing in the layout."""
    for number in range(2):
        run = run_json(*HISTORY, run_id=f"run-{number}")
        directory.with_name(f"run-{number}.json").write_text(json.dumps(run), encoding="utf-8")
    commands = [
        [sys.executable, "-c", IN_A_PROCESS, str(directory.with_name(f"run-{number % 2}.json")), str(directory)]
        for number in range(6)
    ]
    processes = [subprocess.Popen(command) for command in commands]
    assert [process.wait() for process in processes] == [0] * 6
    assert_recorded_once(directory)


def assert_recorded_once(directory: Path) -> None:
    store = FileStore(directory)
    for run_id in ("run-0", "run-1"):
        assert [event.seq for event in store.events(run_id)] == [1, 2, 3]
    assert len(store.snapshots()) == 6
    assert sorted(path.name for path in directory.iterdir()) == ["stateful_events.jsonl", "stateful_snapshots"]


def test_a_locked_store_is_a_storage_error_for_writers_and_no_obstacle_for_readers(directory: Path) -> None:
    """FILE-10, ERR-6: a writer gives up after its time-out and names the directory; readers never wait."""
    run = run_of(*HISTORY)
    project(run, FileStore(directory))
    with FileStore(directory).lock():
        outcome: list[BaseException | ProjectionResult] = []

        def write() -> None:
            try:
                outcome.append(project(run, FileStore(directory, lock_timeout_s=0.05)))
            except StorageError as error:
                outcome.append(error)

        writer = threading.Thread(target=write)
        writer.start()
        writer.join()
        assert len(FileStore(directory).events()) == 3
    (error,) = outcome
    assert isinstance(error, StorageError)
    assert (error.path, error.problem) == (str(directory), "another writer holds the store locked")


# --- where it can't be ------------------------------------------------------------------------------------------------


def test_a_directory_that_is_not_there_is_a_storage_error(tmp_path: Path) -> None:
    """ERR-5: the store doesn't make its directory."""
    with pytest.raises(StorageError, match="expected a directory"):
        FileStore(tmp_path / "missing")


def test_a_log_that_is_a_directory_is_a_storage_error(directory: Path) -> None:
    """ERR-5: the error names the path; production's caller logs it with the run id and goes on."""
    log_of(directory).mkdir()
    with pytest.raises(StorageError, match=r"stateful_events\.jsonl: Is a directory"):
        project(run_of(*HISTORY), FileStore(directory))


def test_a_pass_over_nothing_asks_nothing_of_the_store(directory: Path) -> None:
    """PASS-1: so it answers even where the log can't be read."""
    log_of(directory).mkdir()
    assert project(run_of(), FileStore(directory)).projected == 0


def test_a_failed_pass_can_be_logged_as_a_warning_with_the_run_id(
    directory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """PASS-16: the caller of production logs the failure and goes on."""
    log_of(directory).mkdir()
    with caplog.at_level(logging.WARNING):
        assert project_or_warn(run_of(*HISTORY), FileStore(directory)) is None
    assert "projection of run 'run-1' failed" in caplog.text


def test_a_log_without_a_seq_left_refuses(directory: Path) -> None:
    """LOG-4: after 2^64 - 1 there is no number, and nothing is written."""
    store = FileStore(directory)
    (first,) = project(run_of(HISTORY[0]), store).events
    log_of(directory).write_bytes(log_of(directory).read_bytes().replace(b'"seq":1,', b'"seq":18446744073709551615,'))
    before = log_of(directory).read_bytes()
    with pytest.raises(StorageError, match="no seq is left"):
        project(run_of(*HISTORY), store)
    assert append_once(store, first) == (False, 2**64 - 1)
    assert log_of(directory).read_bytes() == before
