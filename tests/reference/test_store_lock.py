"""The lock of the file store: on the directory itself, by whatever path it was opened."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import lifecycle_conformance
import lifecycle_projection
from builders import lifecycle, run_json, run_of
from lifecycle_projection import FileStore, RememberingStore, StorageError, project

PROCESSES = 8
PASSES = 12
NOBODY = 65534

# One more record at each pass, so that every pass has to find the right seq among those of the others.
WRITER = """
import fcntl, json, os, sys
from lifecycle_projection import FileStore, project
from lifecycle_projection.codec import run_from
store, nobody = sys.argv[1], int(sys.argv[2])
if nobody and os.geteuid() == 0:
    os.setegid(nobody)
    os.seteuid(nobody)
for line in sys.stdin:
    project(run_from(json.loads(line)), FileStore(store, lock_timeout_s=300))
"""


def states(writer: str) -> str:
    """Write the states of the run that all share, each with one more record of this writer."""
    history = [lifecycle(f"{writer}-{number}", 1_000 + number) for number in range(PASSES)]
    return "".join(f"{json.dumps(run_json(*history[: number + 1], run_id='shared'))}\n" for number in range(PASSES))


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(str(lifecycle_projection.__file__)).parents[1])}


def writer(store: Path, *before: str, nobody: int = 0) -> "subprocess.Popen[str]":
    command = [*before, sys.executable, "-c", WRITER, str(store), str(nobody)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, text=True, env=environment())


def fed(writers: "list[subprocess.Popen[str]]") -> None:
    with ThreadPoolExecutor(len(writers)) as pool:
        list(pool.map(lambda each: each[1].communicate(states(str(each[0]))), enumerate(writers)))
    assert [each.returncode for each in writers] == [0] * len(writers)


def assert_nothing_is_doubled_or_lost(directory: Path, writers: int) -> None:
    expected = writers * PASSES
    store = FileStore(directory)
    events, snapshots = store.events("shared"), store.snapshots("shared")
    assert [event.seq for event in events] == list(range(1, expected + 1))
    assert len({event.event_id for event in events}) == expected
    assert {each.snapshot_id for each in snapshots.values()} == {event.event_id for event in events}
    assert sorted(path.name for path in directory.iterdir()) == ["stateful_events.jsonl", "stateful_snapshots"]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "parent" / "store").mkdir(parents=True)
    return tmp_path / "parent" / "store"


def test_eight_processes_double_and_lose_nothing(directory: Path) -> None:
    """FILE-7, FILE-10, LOG-6: and the lock leaves no file, in the store or beside it."""
    fed([writer(directory) for _ in range(PROCESSES)])
    assert_nothing_is_doubled_or_lost(directory, PROCESSES)
    assert list(directory.parent.iterdir()) == [directory]


def test_a_second_path_to_the_directory_leads_to_the_same_lock(directory: Path, tmp_path: Path) -> None:
    """FILE-10: a bind mount where they are allowed, in a name space of its own; otherwise a symbolic link."""
    second = tmp_path / "elsewhere" / "second"
    second.mkdir(parents=True)
    mount = ["unshare", "--mount", "--map-root-user", "sh", "-c", 'mount --bind "$0" "$1" && shift && exec "$@"']
    mounted = [*mount, str(directory), str(second)]
    if (
        shutil.which("unshare") is None
        or subprocess.run([*mounted, "true"], check=False, capture_output=True).returncode
    ):
        second.rmdir()
        second.symlink_to(directory)
        mounted = []
    fed([writer(second, *mounted) if number % 2 else writer(directory) for number in range(4)])
    assert_nothing_is_doubled_or_lost(directory, 4)


@pytest.fixture
def below_an_unwritable_parent() -> Iterator[Path]:
    """A store that its user may write below a directory that they may not write."""
    parent = Path(tempfile.mkdtemp())
    store = parent / "store"
    store.mkdir()
    if os.geteuid() == 0:
        os.chown(store, NOBODY, NOBODY)
    parent.chmod(0o555)
    yield store
    parent.chmod(0o755)
    shutil.rmtree(parent)


def test_the_parent_need_not_be_writable(below_an_unwritable_parent: Path) -> None:
    """FILE-10: the lock needs nothing but the directory."""
    fed([writer(below_an_unwritable_parent, nobody=NOBODY)])
    assert_nothing_is_doubled_or_lost(below_an_unwritable_parent, 1)


@pytest.mark.parametrize("made", [FileStore, RememberingStore])
def test_the_threads_of_a_process_exclude_each_other_with_one_store_or_several(
    directory: Path, made: type[FileStore]
) -> None:
    """FILE-10, LOG-6: each taking of the lock is one of its own."""
    shared = made(directory, lock_timeout_s=300)

    def write(number: int) -> None:
        store = shared if number % 2 else made(directory, lock_timeout_s=300)
        for line in states(str(number)).splitlines():
            project(run_of(**json.loads(line)), store)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert_nothing_is_doubled_or_lost(directory, 4)


FORKS = """
import os, sys
from lifecycle_projection import FileStore
reading, writing = os.pipe()
with FileStore(sys.argv[1]).lock():
    child = os.fork()
    if child == 0:
        os.read(reading, 1)
        os._exit(0)
try:
    with FileStore(sys.argv[1], lock_timeout_s=0).lock():
        pass
finally:
    os.write(writing, b"x")
    os.waitpid(child, 0)
"""


def test_a_child_that_was_forked_under_the_lock_does_not_keep_it(directory: Path) -> None:
    """FILE-10: it shares the open directory, and outlives the holder's block."""
    assert subprocess.run([sys.executable, "-c", FORKS, str(directory)], check=False, env=environment()).returncode == 0


def test_a_lock_that_can_not_be_had_is_given_up_after_the_time_limit(directory: Path) -> None:
    """ERR-6: at once with a limit of 0; a store that is gone meanwhile is a storage error, too."""
    store = FileStore(directory, lock_timeout_s=0)
    with FileStore(directory).lock(), pytest.raises(StorageError, match="another writer holds the store locked"):
        project(run_of(lifecycle("x", 1)), store)
    assert list(directory.iterdir()) == []
    directory.rmdir()
    with pytest.raises(StorageError, match="No such file or directory"), store.lock():
        pass


def test_where_there_is_no_flock_the_store_in_memory_works() -> None:
    """As on Windows: the package and the command line load."""
    program = (
        "import sys; sys.modules['fcntl'] = None\n"
        "import json, lifecycle_conformance.cli.project, lifecycle_conformance.cli.validate\n"
        "from lifecycle_projection import MemoryStore, parse_runs, project\n"
        "(run,) = parse_runs(sys.stdin.buffer.read(), source='-')\n"
        "assert project(run, MemoryStore()).projected == 1\n"
    )
    text = json.dumps(run_json(lifecycle("x", 1))).encode()
    packages = [str(Path(str(each.__file__)).parents[1]) for each in (lifecycle_projection, lifecycle_conformance)]
    known = {**os.environ, "PYTHONPATH": os.pathsep.join(packages)}
    assert subprocess.run([sys.executable, "-c", program], check=False, input=text, env=known).returncode == 0
