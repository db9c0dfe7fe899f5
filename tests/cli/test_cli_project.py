"""`lifecycle-projection project` beside others: readers that go, signals, engines, full disks, many runs."""

import fcntl
import json
import os
import pty
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import calling
import lifecycle_projection
from builders import lifecycle, run_json
from calling import PATIENCE_S, call, contents, finished
from lifecycle_conformance.execution.workspace import workspace
from lifecycle_projection import FileStore
from lifecycle_projection.stores.effects import SystemEffects
from lifecycle_projection.stores.engine import LOCK_NAME


@pytest.fixture
def folder() -> Iterator[Path]:
    """A directory on a memory file system where there is one: thousands of files are synced here."""
    with workspace() as path:
        yield Path(path)


def started(*arguments: object, **options: Any) -> Any:
    return calling.started("project", *arguments, **{"stdin": subprocess.DEVNULL, **options})


def record(number: int, records: int = 2) -> dict[str, Any]:
    return run_json(*(lifecycle(f"event-{at}", at) for at in range(records)), run_id=f"run-{number}")


def written(folder: Path, runs: int, records: int = 2) -> Path:
    path = folder / "runs.jsonl"
    path.write_text("".join(f"{json.dumps(record(number, records))}\n" for number in range(runs)), encoding="utf-8")
    return path


def wait_until(said: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not said():
        assert time.monotonic() < deadline
        time.sleep(0.005)


# --- readers that go away ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [[], ["--json"]], ids=["text", "JSON"])
@pytest.mark.parametrize("errors", [subprocess.PIPE, subprocess.STDOUT], ids=["output alone", "errors, too"])
def test_the_work_is_done_whoever_reads(folder: Path, options: list[str], errors: int) -> None:
    """As in `lifecycle-projection project … | head -1`, and with a damaged line to be warned of."""
    store = folder / "store"
    store.mkdir()
    (store / "stateful_events.jsonl").write_text("{\n", encoding="utf-8")
    with started(written(folder, 50), "--store", store, *options, stderr=errors) as process:
        process.stdout.readline()
        process.stdout.close()
        said = b"" if process.stderr is None else process.stderr.read()
        assert process.wait(PATIENCE_S) == 141
    assert [line for line in said.splitlines() if b"line 1 skipped" not in line] == []
    assert len(FileStore(store).events()) == 100
    assert len(FileStore(store).snapshots()) == 100


@pytest.mark.parametrize("options", [[], ["--json"]], ids=["text", "JSON"])
def test_a_full_disk_under_its_output_is_told_and_the_work_is_done(folder: Path, options: list[str]) -> None:
    store = folder / "store"
    with (
        Path("/dev/full").open("wb") as full,
        started(written(folder, 5), "--store", store, *options, stdout=full) as process,
    ):
        said = b"" if process.stderr is None else process.stderr.read()
        assert process.wait(PATIENCE_S) == 2
    assert said == b"error: No space left on device\n"
    assert len(FileStore(store).events()) == 10


def test_a_runs_file_that_changes_meanwhile_ends_it_and_it_says_what_was_done(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All was checked before; what comes then instead is refused, and the report is whole."""
    file = folder / "runs.jsonl"
    lines = [json.dumps({**record(number), "detail": "x" * 200_000}) for number in range(3)]
    file.write_text("\n".join(lines), encoding="utf-8")
    projected = lifecycle_projection.project

    def and_spoil(run: Any, store: FileStore) -> Any:
        with file.open("r+b") as spoilt:
            spoilt.seek(len(lines[0]) + 1)
            spoilt.write(b"?" * len(lines[1]))
        return projected(run, store)

    monkeypatch.setattr("lifecycle_conformance.cli.project.project", and_spoil)
    done = call("project", file, "--store", folder / "store", "--json")
    assert done.exit_code == 2
    assert done.stderr.startswith(f"error: {file}:2: expected JSON text")
    report = json.loads(done.stdout)
    assert (report["projected"], report["not_tried"], len(report["passes"])) == (2, 2, 1)


# --- signals ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reached", [0, 60, 250])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_signal_ends_it_between_two_writes_and_it_says_what_was_done(
    folder: Path, number: signal.Signals, reached: int
) -> None:
    """What is said is exactly what is there, and the next call goes on from it."""
    store, file = folder / "store", written(folder, 3, records=4_000)
    log, folder_of_run = store / "stateful_events.jsonl", store / "stateful_snapshots" / "run-0"
    with started(file, "--store", store) as process:
        wait_until(lambda: log.exists() and log.stat().st_size > 0 and len(list(folder_of_run.glob("*"))) >= reached)
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, err) == (130, b"")
    events, snapshots = len(FileStore(store).events()), len(FileStore(store).snapshots())
    assert reached <= snapshots < events == 4_000
    assert out.decode().splitlines() == [
        f"run-0: {snapshots} projected, then interrupted",
        f"1 pass, {snapshots} projected, interrupted, 2 not tried",
    ]
    assert not list(store.rglob("*.tmp"))


def test_a_signal_while_it_waits_for_another_writer_ends_it(folder: Path) -> None:
    """The report is whole; no run got anywhere."""
    store = folder / "store"
    store.mkdir()
    with FileStore(store).lock(), started(written(folder, 2), "--store", store, "--json") as process:
        beginning = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        report = json.loads(beginning + process.stdout.read())
        assert (process.wait(PATIENCE_S), process.stderr.read()) == (130, b"")
    assert (report["store"], report["projected"], report["interrupted"]) == (str(store), 0, True)
    assert report["not_tried"] == 2 - len(report["passes"])


def test_a_signal_before_anything_was_written_is_said(folder: Path) -> None:
    with started("-", "--store", folder / "store", stdin=subprocess.PIPE) as process:
        process.stdin.write(b"{")
        process.stdin.flush()
        wait_until(lambda: sleeps_with_a_handler(process.pid))
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 130
        assert process.stderr.read() == b"error: interrupted before anything was written\n"
    assert not (folder / "store").exists()


def sleeps_with_a_handler(pid: int) -> bool:
    """Whether a process waits, here for its input, and has set a handler for the last of the signals."""

    def status(name: str) -> str:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
        return next(line.split()[1] for line in lines if line.startswith(f"{name}:"))

    return bool(int(status("SigCgt"), 16) >> (signal.SIGHUP - 1) & 1) and {
        status("State") for _ in range(10) if time.sleep(0.01) is None
    } == {"S"}


def test_the_second_signal_ends_it_at_once() -> None:
    program = (
        "import os, signal\n"
        "from lifecycle_conformance.cli.signals import interruptible\n"
        "with interruptible() as interruption, interruption.deferred():\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    assert interruption.asked\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    print('still here')\n"
    )
    done = finished(sys.executable, "-c", program)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_what_is_ignored_stays_ignored() -> None:
    """As HUP is by `nohup`."""
    program = (
        "import os, signal\n"
        "from lifecycle_conformance.cli.signals import interruptible\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "with interruptible() as interruption:\n"
        "    os.kill(os.getpid(), signal.SIGHUP)\n"
        "    assert not interruption.asked\n"
    )
    assert finished(sys.executable, "-c", program).returncode == 0


# --- killed at any moment ---------------------------------------------------------------------------------------------


def test_killed_and_called_again_it_ends_in_the_same_files(folder: Path) -> None:
    """100 runs with 50 records each, killed at random moments, each time a little further."""
    file, undisturbed, disturbed = written(folder, 100, records=50), folder / "undisturbed", folder / "disturbed"
    assert call("project", file, "--store", undisturbed).exit_code == 0
    log, size = disturbed / "stateful_events.jsonl", (undisturbed / "stateful_events.jsonl").stat().st_size
    generator = random.Random(1)
    for reached in sorted(generator.uniform(0, 0.95 * size) for _ in range(5)):
        kill_after(file, disturbed, log, reached, generator.uniform(0, 0.002))
    assert call("project", file, "--store", disturbed).exit_code == 0
    assert contents(disturbed) == contents(undisturbed)


def kill_after(file: Path, store: Path, log: Path, size: float, moment_s: float) -> None:
    """Start a pass over the runs and kill it a moment after the log has come so far."""
    with started(file, "--store", store, stdout=subprocess.DEVNULL) as process:
        while not log.exists() or log.stat().st_size < size:
            assert process.poll() is None, "it ended before it could be killed"
            time.sleep(0.0005)
        time.sleep(moment_s)
        process.kill()
        assert process.wait(PATIENCE_S) == -signal.SIGKILL


# --- a store that fails, an engine ------------------------------------------------------------------------------------


class Full(SystemEffects):
    """A disk that takes so many writes: one for all events of a pass, and one for each snapshot."""

    def __init__(self, *_: object) -> None:
        self.left = 5

    def write(self, descriptor: int, data: bytes) -> None:
        self.left -= 1
        if self.left < 0:
            raise OSError(28, os.strerror(28))
        super().write(descriptor, data)


def test_a_storage_failure_tells_what_was_done(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two records are a run, and the snapshot of the fourth record isn't written."""
    monkeypatch.setattr("lifecycle_conformance.cli.project._Stoppable", Full)
    file = written(folder, 3)
    done = call("project", file, "--store", folder / "text")
    assert done.exit_code == 2
    assert done.stdout.splitlines() == [
        "run-0: 2 projected",
        "run-1: 1 projected, then the store failed",
        "run-2: 0 projected, then the store failed",
        "3 passes, 3 projected, 2 failed",
    ]
    assert done.stderr.startswith(f"warning: projection of run 'run-1' failed: {folder}/text/stateful_snapshots/run-1/")
    report = json.loads(call("project", file, "--store", folder / "json", "--json").stdout)
    failed = report["passes"][1]
    assert (report["projected"], failed["projected"], failed["error"]["kind"]) == (3, 1, "storage")
    assert (len(failed["events"]), len(failed["snapshots"])) == (2, 1)


def test_the_state_folder_of_a_running_engine_is_refused(folder: Path) -> None:
    lock = folder / LOCK_NAME
    lock.write_text('{"pid": 4711}', encoding="utf-8")
    file = written(folder, 1)
    descriptor = os.open(lock, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        done = call("project", file, "--store", folder / "runtime")
    finally:
        os.close(descriptor)
    refusal = f"error: {folder / 'runtime'}: an engine has this store open (pid 4711)\n"
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", refusal)
    assert not (folder / "runtime").exists()
    assert call("project", file, "--store", folder / "runtime").exit_code == 0


def test_the_engine_is_kept_out_while_it_writes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = folder / "store"
    store.mkdir()
    (store / LOCK_NAME).touch()
    tried = []

    class Engine(SystemEffects):
        def __init__(self, *_: object) -> None:
            pass

        def write(self, descriptor: int, data: bytes) -> None:
            with (store / LOCK_NAME).open("rb") as lock, pytest.raises(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            tried.append(descriptor)
            super().write(descriptor, data)

    monkeypatch.setattr("lifecycle_conformance.cli.project._Stoppable", Engine)
    assert call("project", written(folder, 2), "--store", store).exit_code == 0
    assert len(tried) == 6


# --- many runs, large files -------------------------------------------------------------------------------------------


def test_many_runs_with_nothing_new_read_the_log_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Linear in the runs: the log once, and of each run its own snapshots."""
    opened: list[str] = []

    class Counted(SystemEffects):
        def __init__(self, *_: object) -> None:
            pass

        def open(self, path: str, flags: int) -> int:
            opened.append(path)
            return super().open(path, flags)

    file, store = written(folder, 100), folder / "store"
    monkeypatch.setattr("lifecycle_conformance.cli.project._Stoppable", Counted)
    for projected in (200, 0):
        opened.clear()
        time.sleep(0.03)  # what changed within a tick of the clock is read again
        done = call("project", file, "--store", store)
        assert done.stdout.endswith(f"100 passes, {projected} projected\n")
        read = [path for path in opened if path.endswith("stateful_events.jsonl")]
        assert len(read) == projected // 2 + 1, "an opening for each pass that appends, and one to read"
    assert len([path for path in opened if path.endswith(".json")]) == 200


def test_what_another_writer_records_meanwhile_is_seen(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log is kept only as long as it is the same: here another process records run 1 after the pass of run 0."""
    file, store = written(folder, 2), folder / "store"
    projected = lifecycle_projection.project

    def with_another(run: Any, into: FileStore) -> Any:
        result = projected(run, into)
        if run.run_id == "run-0":
            for each in lifecycle_projection.load_runs(file):
                projected(each, FileStore(store))
        return result

    monkeypatch.setattr("lifecycle_conformance.cli.project.project", with_another)
    done = call("project", file, "--store", store)
    assert done.stdout == "run-0: 2 projected\nrun-1: 0 projected\n2 passes, 2 projected\n"
    assert [(event.run_id, event.seq) for event in FileStore(store).events()] == [
        ("run-0", 1),
        ("run-0", 2),
        ("run-1", 1),
        ("run-1", 2),
    ]


MEMORY = """
import resource, sys
from lifecycle_conformance.cli.root import main
try:
    main(sys.argv[1:])
except SystemExit as end:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
    raise
"""


@pytest.mark.parametrize("source", ["a file", "a pipe"])
@pytest.mark.parametrize("command", ["validate", "project"])
def test_memory_is_bounded_by_one_record(folder: Path, command: str, source: str) -> None:
    """A file of 50 MB costs at most 20 MB more than one of 1 MB."""

    def peak(runs: int) -> int:
        path = folder / f"{runs}.json"
        with path.open("w", encoding="utf-8") as file:
            file.write('{"schema_version": 1, "runs": {')
            for number in range(runs):
                run = {**record(number, records=0), "detail": "x" * 100_000}
                file.write(f'{"," if number else ""}"run-{number}": {json.dumps(run)}')
            file.write("}}")
        arguments = [command, "-" if source == "a pipe" else str(path)]
        arguments += ["--store", str(folder / "store")] if command == "project" else []
        with subprocess.Popen(["cat", str(path)], stdout=subprocess.PIPE) as feeding:
            done = finished(sys.executable, "-c", MEMORY, *arguments, stdin=feeding.stdout)
        assert done.returncode == 0, done.stderr
        return int(done.stderr)

    few = peak(10)
    assert peak(500) < few + 20_000


def test_progress_is_shown_on_a_terminal_with_what_is_left(folder: Path) -> None:
    """Bytes while the file is checked, runs while they are projected; a warning stands on a line of its own."""
    store = folder / "store"
    store.mkdir()
    (store / "stateful_events.jsonl").write_text("{\n", encoding="utf-8")
    ours, theirs = pty.openpty()
    with started(written(folder, 20), "--store", store, stdout=subprocess.DEVNULL, stderr=theirs) as process:
        os.close(theirs)
        said = b""
        while chunk := read_or_nothing(ours):
            said += chunk
        assert process.wait(PATIENCE_S) == 0
    os.close(ours)
    shown = said.decode().split("\r\x1b[K")
    assert any(line.startswith("checking ") and line.endswith("0.0 of 0.0 MB") for line in shown)
    assert "run 20 of 20, 40 projected" in shown
    assert any("warning:" in line and "line 1 skipped" in line for line in shown)


def read_or_nothing(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65_536)
    except OSError:  # the other end is closed
        return b""
