"""A check that is killed, or whose workers or drivers are, at any moment: nothing stays, and what was found is told."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from calling import PROGRAM, environment, finished, started
from lifecycle_conformance.driver import descendants
from lifecycle_conformance.driver.client import SubprocessDriver
from lifecycle_conformance.execution.workspace import _MEMORY, _PREFIX

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks into /proc")

LONG_S = 60.0
"""Patience for what takes a second or two, on a machine that does a lot beside."""
PROMPT_S = 10.0
"""What users are to see within 2 s when nothing else runs."""
# The reference, which leaves a process behind that has a session of its own.
DRIVER = """
import subprocess, sys
subprocess.Popen(["setsid", "sh", "-c", "sleep 1000 & sleep 1000"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
from lifecycle_conformance.driver.__main__ import main
main([])
"""


class Run:
    """A check that runs, and all processes that it has started, or that these have: they carry a mark."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.mark = uuid4().hex
        self.folder = folder
        self.driver = folder / "driver.py"
        self.driver.write_text(DRIVER)
        self.process = started(
            *("check", "--profile", "thorough", "--json", "--jobs", "2"),
            *(*options, "--", sys.executable, self.driver),
            env=environment(MARK=self.mark),
            cwd=folder,
            stdin=subprocess.DEVNULL,
        )

    def living(self, what: str = "") -> list[int]:
        """The processes that live, but for the check itself: those whose command line holds a text."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != self.process.pid:
                try:
                    marked = f"MARK={self.mark}".encode() in (entry / "environ").read_bytes().split(b"\0")
                    command, state = (entry / "cmdline").read_text(), (entry / "stat").read_text().rpartition(")")[2]
                except OSError:
                    continue
                if marked and what in command and state.split()[0] not in "ZX":
                    found.append(int(entry.name))
        return sorted(found)

    def searching(self) -> bool:
        """Whether both workers have a driver: the first one that starts is asked for its introduction only."""
        parents = set()
        for pid in self.living("driver.py"):
            with suppress(OSError):
                parents.add(int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]))
        return len(parents.intersection(self.living("spawn_main"))) == 2

    def folders(self) -> list[Path]:
        return list(Path(_MEMORY).glob(f"{_PREFIX}{self.process.pid}-*"))

    def wait_for(self, what: str) -> list[int]:
        assert within(LONG_S, lambda: bool(self.living(what)) or self.process.poll() is not None)
        return self.living(what)

    def end(self) -> None:
        for pid in self.living():
            os.kill(pid, signal.SIGKILL)
        self.process.kill()
        self.process.communicate()


Start = Callable[..., Run]


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Start]:
    started: list[Run] = []

    def start(*options: str) -> Run:
        started.append(Run(tmp_path, *options))
        return started[-1]

    yield start
    for each in started:
        each.end()


def reported(run: Run, *, within_s: float = PROMPT_S) -> dict[str, Any]:
    """What a check that was interrupted says: it ends soon, nothing stays, and it complains of nothing."""
    begun = time.monotonic()
    out, err = run.process.communicate(timeout=LONG_S)
    assert time.monotonic() - begun < within_s
    assert err == b""
    assert run.process.returncode == 130
    assert within(PROMPT_S, lambda: not run.living())
    assert run.folders() == []
    report: dict[str, Any] = json.loads(out)
    assert report["interrupted"]
    return report


ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)


@pytest.mark.parametrize(("signal_", "pause_s"), [(signal.SIGINT, 0.0), (signal.SIGTERM, 0.3), (signal.SIGHUP, 2.0)])
def test_a_check_that_is_interrupted_reports_what_it_found(run: Start, signal_: signal.Signals, pause_s: float) -> None:
    check = run()
    assert within(LONG_S, check.searching)
    time.sleep(pause_s)
    check.process.send_signal(signal_)
    report = reported(check)
    assert report["cut"]
    assert report["verdicts"]["undecided"] > 0
    assert report["verdicts"]["not exercised"] == 0


@pytest.mark.parametrize("pause_s", [0.0, 0.2])
def test_a_check_that_is_killed_leaves_nothing_but_a_folder_that_the_next_one_removes(
    run: Start, pause_s: float
) -> None:
    check = run()
    check.wait_for("spawn_main")
    time.sleep(pause_s)
    check.process.kill()
    assert within(PROMPT_S, lambda: not check.living()), check.living()
    _, err = check.process.communicate()
    assert b"Traceback" not in err
    next_one = finished(*PROGRAM, "check", "--jobs", "1", "--", "/nowhere/driver")
    assert next_one.returncode == 3
    assert check.folders() == []


@pytest.mark.parametrize("gap", [0.0, 0.3])
def test_a_second_interruption_ends_it_at_once(run: Start, gap: float) -> None:
    check = run()
    check.wait_for("driver.py")
    check.process.send_signal(signal.SIGINT)
    time.sleep(gap)
    check.process.send_signal(signal.SIGINT)
    _, err = check.process.communicate(timeout=PROMPT_S)
    assert check.process.returncode == 130
    assert err == b""
    assert within(PROMPT_S, lambda: not check.living())
    assert check.folders() == []


def test_workers_that_are_killed_cost_their_parts_of_the_search(run: Start) -> None:
    """One after the other, in one check: a start is what takes the time."""
    check = run()
    for signal_, pause_s in zip(ENDINGS, (0.0, 0.2, 0.0, 0.2), strict=True):
        assert within(LONG_S, check.searching)
        time.sleep(pause_s)
        killed = check.living("spawn_main")[0]
        os.kill(killed, signal_)
        assert within(LONG_S, lambda: len(workers := check.living("spawn_main")) == 2 and killed not in workers)  # noqa: B023
        assert within(LONG_S, check.searching), "another one goes on"
        nothing_is_left = within(PROMPT_S, lambda: len(check.living("sleep")) <= 3 * len(check.living("driver.py")))
        assert nothing_is_left, "nothing of the first"
    check.process.send_signal(signal.SIGINT)
    report = reported(check)
    assert len(report["lost"]) == len(ENDINGS)
    assert all("was ended from outside" in lost for lost in report["lost"])
    assert report["errors"] == []


def test_drivers_that_are_killed_cost_a_case_each(run: Start) -> None:
    check = run()
    for signal_ in ENDINGS:
        assert within(LONG_S, check.searching)
        time.sleep(0.1)
        killed = check.living("driver.py")[0]
        os.kill(killed, signal_)
        assert within(LONG_S, lambda: killed not in check.living("driver.py"))  # noqa: B023 - it is called at once
    time.sleep(1)
    check.process.send_signal(signal.SIGINT)
    report = reported(check)
    assert report["errors"] == []
    assert report["lost"] == []
    assert {each["verdict"] for each in report["requirements"]} <= {
        *("pass", "undecided", "not declared", "not judged here", "crash", "nondeterministic", "not exercised"),
    }


def test_time_that_is_over_cuts_a_check_off(run: Start) -> None:
    """Feedback B2: it is never the implementation that falls short for want of time."""
    check = run("--seconds", "6")
    out, err = check.process.communicate(timeout=LONG_S)
    assert err == b""
    assert check.process.returncode == 3
    assert not check.living()
    assert check.folders() == []
    report = json.loads(out)
    assert report["cut"] == "the 6 s that were given were over"
    assert report["verdicts"]["not exercised"] == 0
    undecided = [each for each in report["requirements"] if each["verdict"] == "undecided"]
    assert undecided
    assert all("the 6 s that were given were over" in each["why"] for each in undecided)


@pytest.mark.skipif(not descendants.can_adopt(), reason="nobody adopts orphans here")
@pytest.mark.parametrize("signal_", [None, signal.SIGTERM])
def test_vectors_leaves_nothing_behind(run: Start, signal_: signal.Signals | None) -> None:
    some = ["--only", "fine-*"] if signal_ is None else []
    check = run()
    check.end()
    command = ("vectors", *some, "--", sys.executable, check.driver)
    check.process = started(*command, env=environment(MARK=check.mark), stdin=subprocess.DEVNULL)
    if signal_ is not None:
        check.wait_for("sleep")
        check.process.send_signal(signal_)
    _, err = check.process.communicate(timeout=LONG_S)
    assert (check.process.returncode, err) == (0 if signal_ is None else 130, b"")
    assert check.living() == []
    assert check.folders() == []


@pytest.mark.skipif(not descendants.can_adopt(), reason="nobody adopts orphans here")
def test_what_a_driver_leaves_behind_ends_with_it(tmp_path: Path) -> None:
    """Feedback D3: sessions of their own, several generations deep; other children of this process stay."""
    script, pids = tmp_path / "driver.py", tmp_path / "pids"
    script.write_text(f"""
import json, os, subprocess, sys
left_behind = "(setsid sleep 1000 & echo $! >> {pids}); sleep 1000 & echo $! >> {pids}; wait"
subprocess.Popen(["setsid", "sh", "-c", left_behind])
for line in sys.stdin:
    ok = {{"protocol": 1, "name": "x", "version": "1", "language": "Python", "spec": "1", "capabilities": []}}
    print(json.dumps({{"id": json.loads(line)["id"], "ok": ok}}), flush=True)
""")
    other = subprocess.Popen(["sleep", "1000"])
    try:
        with descendants.adopting():
            driver = SubprocessDriver([sys.executable, str(script)])
            assert within(LONG_S, lambda: pids.exists() and len(pids.read_text().split()) == 2)
            driver.close()
            assert [pid for pid in pids.read_text().split() if Path(f"/proc/{pid}").exists()] == []
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()
