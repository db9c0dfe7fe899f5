"""`audit --cluster` on a real cluster of two workers, one of which is killed on the way; and clusters that are none."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import orjson
import pytest
from distributed import Client

import damaging
from calling import PROGRAM, call, environment, finished
from lifecycle_conformance.audit import auditing, cluster
from lifecycle_conformance.audit.cluster import cluster_workers
from lifecycle_conformance.audit.file_source import FileSource
from lifecycle_projection import FileStore, StorageError, project
from lifecycle_projection.codec import run_from

RUNS = 50
PATIENCE_S = 30.0
PROMPT_S = 10.0

STOPS_ITS_WORKERS = """
import os, signal
from lifecycle_conformance.audit import cluster
from lifecycle_conformance.cli.root import main

looked_at = cluster._refuse_other_versions

def stop(address, client):
    looked_at(address, client)
    for pid in client.run(os.getpid).values():
        os.kill(pid, signal.SIGSTOP)

cluster._refuse_other_versions = stop
main()
"""
"""The command line, which stops the workers just before they are given tasks."""


@contextmanager
def running(workers: int, **variables: str) -> Iterator["tuple[str, subprocess.Popen[bytes]]"]:
    """The address of a cluster's scheduler, and its process."""
    command = [sys.executable, Path(__file__).parent / "cluster.py", str(workers)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, env=environment(**variables), **pipes) as process:  # type: ignore[call-overload]
        yield process.stdout.readline().decode().strip(), process
        process.stdin.close()
        assert process.wait(PATIENCE_S) in {0, -signal.SIGKILL}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A cluster of two workers. Where one is killed, another one comes soon."""
    with running(2) as (found, _):
        yield found


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of many runs, in which something is wrong here and there, and a file that doesn't belong there."""
    folder = tmp_path_factory.mktemp("store")
    files = FileStore(folder)
    for number in range(RUNS):
        project(run_from({**damaging.RUN, "run_id": f"run-{number}"}), files)
    there = damaging.events(folder)
    for number in range(0, len(there), 17):
        there[number]["payload"]["event"] = "x"
    damaging.write(folder, there)
    (folder / "readme.txt").write_text("?")
    return folder


@contextmanager
def workers_of(client: Client) -> Iterator[dict[str, int]]:
    """The processes of a cluster's workers. Those that are stopped take tasks, and do none; they go on at the end."""
    workers: dict[str, int] = client.run(os.getpid)
    try:
        yield workers
    finally:
        for each in workers.values():
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGCONT)


def stopping_its_workers(store: Path, address: str) -> "subprocess.Popen[bytes]":
    """An audit whose tasks are taken and not done."""
    command = [sys.executable, "-c", STOPS_ITS_WORKERS, "audit", store, "--json", "--cluster", address]
    return subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def tasks_of(client: Client, worker: str) -> bool:
    return bool(client.processing([worker])[worker])


def test_a_worker_that_is_killed_loses_nothing(address: str, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditing, "_BATCH", 2)
    source = FileSource(store)
    expected = [*auditing.audit(source)]
    assert len(expected) > RUNS / 4
    with cluster_workers(address) as executor:
        client = executor.workers._client
        with workers_of(client) as workers, ThreadPoolExecutor(1) as beside:
            for each in workers.values():
                os.kill(each, signal.SIGSTOP)
            found = beside.submit(list, auditing.audit(source, executor=executor))
            assert within(PATIENCE_S, lambda: all(tasks_of(client, each) for each in workers))
            killed = workers.popitem()[1]
            os.kill(killed, signal.SIGKILL)
            for each in workers.values():
                os.kill(each, signal.SIGCONT)
            assert found.result(PATIENCE_S) == expected
        assert killed not in client.run(os.getpid).values()


def test_the_command_tells_what_it_tells_without_a_cluster(address: str, store: Path) -> None:
    done = finished(*PROGRAM, "audit", store, "--json", "--cluster", address)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout == call("audit", store, "--json").stdout


def test_an_interruption_tells_what_is_known_so_far(address: str, store: Path) -> None:
    with Client(address, set_as_default=False) as client, workers_of(client) as workers:
        process = stopping_its_workers(store, address)
        assert within(PATIENCE_S, lambda: any(tasks_of(client, each) for each in workers))
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PROMPT_S)
    assert (process.returncode, err) == (130, b"")
    report = orjson.loads(out)
    assert [each["path"] for each in report["findings"]] == ["readme.txt"]
    assert report["partial"]


def test_a_scheduler_that_goes_away_is_told(store: Path) -> None:
    with running(1) as (address, cluster_process):
        with Client(address, set_as_default=False) as client:
            [(worker, pid)] = client.run(os.getpid).items()
            process = stopping_its_workers(store, address)
            assert within(PATIENCE_S, lambda: tasks_of(client, worker))
        cluster_process.kill()
        _, err = process.communicate(timeout=PATIENCE_S)
        os.kill(pid, signal.SIGKILL)  # stopped, it would never see that its scheduler is gone
    assert (process.returncode, err) == (2, f"error: {address}: the scheduler went away\n".encode())


def test_a_worker_that_does_not_see_the_store_is_named(address: str, store: Path, tmp_path: Path) -> None:
    here = Path(shutil.copytree(store, tmp_path / "here"))
    source = FileSource(here)
    parts = source.parts()[:2]
    there = source.limited_to(parts)
    here.rename(tmp_path / "there")
    with cluster_workers(address) as executor:
        workers = executor.workers._client.run(os.getpid)
        task = executor.submit(auditing._Task(there, parts, {}, frozenset()))
        with pytest.raises(StorageError) as caught:
            task.result(PATIENCE_S)
    message = str(caught.value)
    assert message.startswith(f"{here}/stateful_events.jsonl: expected what was found there before (on the worker tcp:")
    assert any(each in message for each in workers)


# --- clusters that are none -------------------------------------------------------------------------------------------


def refused(*arguments: object) -> str:
    """The line that says why a call is wrong."""
    done = call("audit", *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    line, rest = done.stderr.split("\n", 1)
    assert rest == ""
    return line


@pytest.mark.parametrize("named", ["nowhere", "tcp://127.0.0.1:port", "http://127.0.0.1:8786", "tls://127.0.0.1:8786"])
def test_an_address_that_is_none(named: str, store: Path) -> None:
    assert f"error: {named}: expected the address of a scheduler, tcp://HOST:PORT: " in refused(
        store, "--cluster", named
    )


def test_an_address_where_nobody_or_a_stranger_answers(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_PATIENCE_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        named = f"tcp://127.0.0.1:{stranger.getsockname()[1]}"
        expected = f"error: {named}: no scheduler of Dask answers there within 0.5 s"
        assert refused(store, "--cluster", named) == expected
    assert refused(store, "--cluster", named) == expected


def test_a_cluster_without_workers(store: Path) -> None:
    with running(0) as (named, _):
        assert refused(store, "--cluster", named) == f"error: {named}: the cluster has no workers"


def test_a_worker_is_no_scheduler(address: str, store: Path) -> None:
    with Client(address, set_as_default=False) as client:
        worker, *_ = client.run(os.getpid)
    assert refused(store, "--cluster", worker) == f"error: {worker}: expected a scheduler of Dask, found a Worker"


def test_a_cluster_without_the_package(store: Path, tmp_path: Path) -> None:
    (tmp_path / "lifecycle_conformance.py").touch()
    with running(1, PYTHONPATH=str(tmp_path)) as (named, _):
        line = refused(store, "--cluster", named)
    assert f"error: the scheduler {named} can't do the work; is the same lifecycle-projection installed there? " in line


def test_a_cluster_of_another_version(address: str, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = cluster.__version__
    monkeypatch.setattr(cluster, "__version__", "99")
    line = refused(store, "--cluster", address)
    assert line == f"error: the scheduler {address} has lifecycle-projection {there}, this process has 99"


def test_the_package_is_optional(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    line = refused(store, "--cluster", "tcp://127.0.0.1:8786")
    assert line.endswith('; pip install "lifecycle-projection[cluster]"')


def test_processes_are_those_of_the_cluster_or_of_this_machine(store: Path) -> None:
    done = call("audit", store, "--cluster", "tcp://127.0.0.1:8786", "--jobs", "2")
    assert (done.exit_code, "--jobs and --cluster exclude each other" in done.stderr) == (2, True)
