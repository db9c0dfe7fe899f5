"""The remembering store answers as one that remembers nothing, whatever happens to its files between operations."""

import logging
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from attrs import frozen
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from builders import event, lifecycle, run_json, run_of
from lifecycle_conformance.execution.workspace import workspace
from lifecycle_projection import (
    FileStore,
    LifecycleProjectionError,
    RememberingStore,
    Run,
    Store,
    append_once,
    compact,
    project,
    prune,
)
from lifecycle_projection.codec import event_from, run_from
from lifecycle_projection.stores import file_state
from lifecycle_projection.stores.effects import SystemEffects

EXAMPLES = int(os.environ.get("REMEMBERING_EXAMPLES", "2000"))
EXAMPLES_OF_A_PART = 1000
"""Hypothesis keeps what it has tried: so many examples stay small in memory, and parts run side by side."""
TICK_NS = 4_000_000
"""A tick of the clock from which Linux takes the times of files, before it had finer ones (6.13)."""
SETTLED_NS = 3 * TICK_NS
"""After so long, the times of a file differ on a :class:`CoarseClock` above a system that has itself such ticks."""

RECORDS = [
    lifecycle("node_started", 10),
    lifecycle("node_completed", 20, metadata={"node_id": "ü", "n": 1.5}),
    lifecycle("x" * 300, 30),
]
RUNS = st.builds(
    run_of,
    *[st.sampled_from(RECORDS[:2])] * 2,
    run_id=st.sampled_from(["r", "s"]),
    status=st.sampled_from(["running", "running", "queued", "completed"]),
) | st.lists(st.sampled_from(RECORDS), min_size=1, max_size=4).map(lambda history: run_of(*history, run_id="r"))

Operation = Callable[[Store], Any]


def passing(run: Run) -> Operation:
    return lambda store: project(run, store)


def compacting(now_ms: int) -> Operation:
    return lambda store: compact(store, retention_ms=1, now_ms=now_ms)


def pruning(now_ms: int) -> Operation:
    return lambda store: prune(store, retention_ms=1, keep=1, now_ms=now_ms)


def appending(event_id: str) -> Operation:
    given = event_from(event(event_id, payload={"b": [1, {}], "a": None}, run_id="r"))
    return lambda store: append_once(store, given)


OPERATIONS = st.one_of(
    RUNS.map(passing),
    RUNS.map(passing),
    st.sampled_from([15, 100]).map(compacting),
    st.sampled_from([15, 100]).map(pruning),
    st.sampled_from(["by-hand", "another"]).map(appending),
)


# --- what is read, and how often --------------------------------------------------------------------------------------


class Counted(SystemEffects):
    """The system's effects; `read` are the files that were read."""

    def __init__(self) -> None:
        self.read_from: list[str] = []

    def open(self, path: str, flags: int) -> int:
        if not flags & (os.O_DIRECTORY | os.O_WRONLY | os.O_RDWR):
            self.read_from.append(path.rpartition("/")[2])
        return super().open(path, flags)

    def taken(self) -> list[str]:
        """What was read since this was asked last."""
        taken, self.read_from = self.read_from, []
        return sorted(taken)


LOG = "stateful_events.jsonl"
THREE = run_of(*(lifecycle("x", at) for at in range(3)))


@pytest.fixture
def directory() -> Iterator[Path]:
    with workspace() as path:
        yield Path(path)


def settle() -> None:
    """What changed within a tick of the clock could change again unseen."""
    time.sleep(0.03)


def test_what_it_wrote_it_never_reads(directory: Path) -> None:
    """What stands in the log is known from the first look on."""
    effects = Counted()
    store = RememberingStore(directory, effects=effects)
    assert project(THREE, store).projected == 3
    ids = [event.event_id for event in store.events(THREE.run_id)]
    assert effects.taken() == [LOG]
    assert project(THREE, store).projected == 0
    assert {each.snapshot_id for each in store.snapshots(THREE.run_id).values()} == set(ids)
    assert effects.taken() == []


def test_what_another_wrote_is_read_once(directory: Path) -> None:
    """FILE-26: and again when it has changed, that file only."""
    effects = Counted()
    store = RememberingStore(directory, effects=effects)
    project(THREE, FileStore(directory))
    paths = sorted(directory.rglob("*.json"))
    settle()
    assert project(THREE, store).projected == 0
    assert effects.taken() == sorted([LOG, *(path.name for path in paths)])
    assert project(THREE, store).projected == 0
    assert effects.taken() == []
    paths[1].write_bytes(paths[1].read_bytes())
    settle()
    assert project(THREE, store).projected == 0
    assert effects.taken() == [paths[1].name]
    project(run_of("y", run_id="other"), FileStore(directory))
    settle()
    assert project(THREE, store).projected == 0
    assert effects.taken() == [LOG]
    compact(FileStore(directory), retention_ms=1, now_ms=10**9)
    settle()
    assert project(THREE, store).projected == 0
    assert project(THREE, store).projected == 0
    assert effects.taken() == [LOG]


def test_what_has_just_changed_is_read_until_the_clock_has_moved_on(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within a tick it could change again, and its state would be the same."""
    monkeypatch.setattr(file_state, "_TICK_NS", 3_600 * 10**9)
    effects = Counted()
    store = RememberingStore(directory, effects=effects)
    project(run_of("x"), FileStore(directory))
    (path,) = directory.rglob("*.json")
    for _ in range(3):
        assert project(run_of("x"), store).projected == 0
        assert effects.taken() == [path.name, LOG]


def test_it_remembers_so_many_snapshots_and_the_latest_first(directory: Path) -> None:
    effects = Counted()
    store = RememberingStore(directory, limit=2, effects=effects)
    project(THREE, store)
    effects.taken()
    names = [f"{event.event_id}.json" for event in store.events(THREE.run_id)]
    places = [f"{directory}/stateful_snapshots/run-1/{name}" for name in names]
    assert [store.snapshot_at(place).seq for place in (places[1], places[2])] == [2, 3]
    assert effects.taken() == []
    assert store.snapshot_at(places[0]).seq == 1
    assert effects.taken() == [names[0]]


def test_a_line_of_no_run_is_told_once(directory: Path, caplog: pytest.LogCaptureFixture) -> None:
    """FILE-20: and a line that names its run when that run is asked for."""
    (directory / LOG).write_bytes(b'{\n[1]\n{"run_id":1}\n\n{"run_id":"run-1"}\n')
    store = RememberingStore(directory)
    with caplog.at_level(logging.WARNING):
        assert [store.events(f"run-{number}") for number in range(3)] == [[], [], []]
    said = [record.getMessage().split(": ")[1] for record in caplog.records]
    assert said == ["line 1 skipped", "line 2 skipped", "line 3 skipped", "line 5 skipped"]


def test_a_run_that_is_changed_after_its_pass_changes_nothing_that_is_remembered(directory: Path) -> None:
    """What is remembered is what was written, whatever becomes of the values that it was made of."""
    document = run_json(lifecycle("x", metadata={"node_id": "n", "list": [1]}))
    store = RememberingStore(directory)
    project(run_from(document), store)
    document["checkpoint"]["lifecycle_history"][0]["metadata"]["list"].append(2)
    assert store.events("run-1") == FileStore(directory).events("run-1")
    assert store.snapshots("run-1") == FileStore(directory).snapshots("run-1")
    assert project(run_from(document), store).projected == 1


# --- what a hand does to a file ---------------------------------------------------------------------------------------


def overwritten(file: Path, text: bytes) -> None:
    """In place: the file stays the same one."""
    with file.open("r+b") as open_file:
        open_file.write(text)
        open_file.truncate()


def with_another_digit(text: bytes, at: int) -> bytes:
    """A text of the same size that reads otherwise: one of its digits is another."""
    digits = [index for index, byte in enumerate(text) if 48 <= byte <= 57]
    if not digits:
        return text
    index = digits[at % len(digits)]
    return text[:index] + bytes([48 + (text[index] - 47) % 10]) + text[index + 1 :]


def edit(file: Path, at: int) -> None:
    overwritten(file, with_another_digit(file.read_bytes(), at))


def edit_and_put_back_the_times(file: Path, at: int) -> None:
    """A tick later than the last write: within it, this is what no state of a file can show."""
    before = file.stat()
    while (early_ns := before.st_ctime_ns + SETTLED_NS - file_state.file_clock_ns()) > 0:
        time.sleep(early_ns / 1e9)
    edit(file, at)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def truncate(file: Path, at: int) -> None:
    os.truncate(file, at % (file.stat().st_size + 1))


def grow(file: Path, at: int) -> None:
    with file.open("ab") as open_file:
        open_file.write([b"\n", b"{}\n", b"torn", b'\n{"run_id":"r"}\n'][at % 4])


def repeat_a_line(file: Path, at: int) -> None:
    lines = file.read_bytes().splitlines(keepends=True) or [b""]
    overwritten(file, b"".join([*lines, lines[at % len(lines)]]))


def replace(file: Path, at: int) -> None:
    other = file.with_name("other")
    other.write_bytes(with_another_digit(file.read_bytes(), at))
    other.replace(file)


def touch(file: Path, at: int) -> None:
    os.utime(file, ns=(at, at))


def remove(file: Path, _: int) -> None:
    file.unlink()


def put_in_place_of_another(file: Path, at: int) -> None:
    others = sorted(file.parent.iterdir())
    if (other := others[at % len(others)]).is_file():
        shutil.copyfile(file, file.with_name("copy"))
        file.with_name("copy").replace(other)


HANDS = [
    *(edit, edit, edit, edit_and_put_back_the_times, edit_and_put_back_the_times, truncate, grow, repeat_a_line),
    *(replace, touch, remove, put_in_place_of_another),
]


@frozen
class Changes:
    """What a hand does to one of the files of a store; often to the log, for that is one of many."""

    hands: list[Callable[[Path, int], None]]
    which: int
    at: int

    def of(self, directory: Path) -> str | None:
        """The file, if there is any."""
        paths = sorted(tree(directory))
        return paths[max(0, self.which - 10) % len(paths)] if paths else None

    def make(self, directory: Path, path: str | None) -> None:
        """Change it, as long as it is there."""
        for hand in self.hands:
            if path is not None and (directory / path).exists():
                hand(directory / path, self.at)


CHANGES = st.builds(
    Changes,
    hands=st.lists(st.sampled_from(HANDS), min_size=1, max_size=2),
    which=st.integers(0, 30),
    at=st.integers(0, 999),
)


def ticks(time_ns: int) -> int:
    return time_ns - time_ns % TICK_NS


class CoarseClock:
    """The operating system as it was before times of files were finer than its clock; who sets one, sets it exactly."""

    fsencode, pathconf = staticmethod(os.fsencode), staticmethod(os.pathconf)

    def __init__(self) -> None:
        self.set: set[int] = set()

    def stat(self, path: str | int) -> SimpleNamespace:
        found = os.stat(path)  # noqa: PTH116 - it may be a descriptor
        mtime_ns, ctime_ns = found.st_mtime_ns, ticks(found.st_ctime_ns)
        mtime_ns = mtime_ns if mtime_ns in self.set else ticks(mtime_ns)
        identity = {"st_dev": found.st_dev, "st_ino": found.st_ino, "st_size": found.st_size}
        return SimpleNamespace(**identity, st_mtime_ns=mtime_ns, st_ctime_ns=ctime_ns)

    def utime(self, path: str, ns: tuple[int, int]) -> None:
        self.set.add(ns[1])
        os.utime(path, ns=ns)


# --- the machine ------------------------------------------------------------------------------------------------------


def outcome(operation: Operation, store: Store, directory: Path) -> tuple[object, ...]:
    """What an operation answers, or how it fails."""
    try:
        return "done", operation(store)
    except LifecycleProjectionError as error:
        return type(error), str(error).replace(str(directory), ""), getattr(error, "done", None)


def tree(directory: Path) -> dict[str, bytes]:
    files = (path for path in directory.rglob("*") if path.is_file())
    return {str(path.relative_to(directory)): path.read_bytes() for path in files}


def everything(store: Store, directory: Path) -> object:
    """All that a store can be asked."""
    paths = [path for path in tree(directory) if path.endswith(".json")]
    return [
        *(store.events(run_id) for run_id in ("r", "s", None)),
        *({place.removeprefix(str(directory)): each for place, each in store.snapshots(run).items()} for run in "rs"),
        *(
            outcome(lambda store, path=path: store.snapshot_at(f"{directory}/{path}"), store, directory)
            for path in paths
        ),
    ]


class Remembering(RuleBasedStateMachine):
    """Two directories to which the same happens: in one a store lives on, in the other each operation has a new one."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        folder = Path(self.stack.enter_context(workspace()))
        self.lived, self.plain = folder / "lived", folder / "plain"
        for directory in (self.lived, self.plain):
            directory.mkdir()

    @initialize(limit=st.sampled_from([20_000, 3, 0]), operation=OPERATIONS)
    def begin(self, limit: int, operation: Operation) -> None:
        self.store = RememberingStore(self.lived, limit=limit)
        self.operate(operation)

    @rule(operation=OPERATIONS)
    def operate(self, operation: Operation) -> None:
        found = outcome(operation, self.store, self.lived)
        assert found == outcome(operation, FileStore(self.plain), self.plain)
        assert tree(self.lived) == tree(self.plain)

    @rule(operation=OPERATIONS)
    def another_writes(self, operation: Operation) -> None:
        for directory in (self.lived, self.plain):
            outcome(operation, FileStore(directory), directory)

    @rule(operation=OPERATIONS, changes=CHANGES)
    def a_hand_follows_at_once(self, operation: Operation, changes: Changes) -> None:
        """Within the tick in which the store wrote."""
        expected = outcome(operation, FileStore(self.plain), self.plain)
        path = changes.of(self.plain)
        found = outcome(operation, self.store, self.lived)
        changes.make(self.lived, path)
        changes.make(self.plain, path)
        assert found == expected
        self.read()

    @rule(changes=CHANGES)
    def a_hand_changes_a_file(self, changes: Changes) -> None:
        path = changes.of(self.plain)
        changes.make(self.plain, path)
        changes.make(self.lived, path)

    @rule(first=CHANGES, second=CHANGES)
    def a_hand_changes_a_file_before_and_after_it_is_read(self, first: Changes, second: Changes) -> None:
        """Within one tick."""
        path = first.of(self.plain)
        first.make(self.plain, path)
        second.make(self.plain, path)
        first.make(self.lived, path)
        self.store.events("r")
        self.store.snapshots("r")
        second.make(self.lived, path)
        self.read()

    @rule()
    def read(self) -> None:
        assert everything(self.store, self.lived) == everything(FileStore(self.plain), self.plain)

    @rule()
    def the_clock_ticks_and_all_is_read(self) -> None:
        """What was read before is remembered from now on."""
        time.sleep(1.1 * SETTLED_NS / 1e9)
        self.read()

    def teardown(self) -> None:
        self.stack.close()


@pytest.mark.parametrize("system", [os, CoarseClock()], ids=["fine", "coarse"])
@pytest.mark.parametrize("part", range(-(-EXAMPLES // 2 // EXAMPLES_OF_A_PART)))
def test_it_answers_as_a_store_that_remembers_nothing(
    part: int, system: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FILE-26: also while others write, and a hand edits, truncates, replaces, touches, restores old times."""
    monkeypatch.setattr(file_state, "_TICK_NS", SETTLED_NS)
    monkeypatch.setattr(file_state, "os", system)
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        seed(part)(type("Remembering", (Remembering,), {})),
        settings=settings(
            max_examples=min(EXAMPLES // 2, EXAMPLES_OF_A_PART),
            stateful_step_count=12,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
