"""The reference in a fork: it has nothing of its parent's but the memory."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lifecycle_conformance.driver import forked as module
from lifecycle_conformance.driver.client import SubprocessDriver
from lifecycle_conformance.driver.forked import forked, reference_command
from lifecycle_conformance.driver.interface import Breakdown, BringUpError, BrokenDriverError
from lifecycle_conformance.driver.process import Child, Start, executed

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is forked")


@pytest.fixture
def child() -> Iterator[Child]:
    found = forked(reference_command("memory"))
    yield found
    os.killpg(found.pid, signal.SIGKILL)
    found.wait()
    for pipe in (found.stdin, found.stdout, found.stderr):
        assert pipe is not None
        pipe.close()


def test_it_holds_no_file_of_its_parent(child: Child) -> None:
    """A pipe that it held would never end for those who wait for its parent."""
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(b'{"id":1,"op":"hello","protocols":[1]}\n')
    assert child.stdout.readline().startswith(b'{"id":1,"ok":')
    assert {path.name for path in Path(f"/proc/{child.pid}/fd").iterdir()} == {"0", "1", "2"}
    assert os.getsid(child.pid) == child.pid


@pytest.mark.parametrize("start", [executed, forked])
def test_it_ends_as_a_program_does(start: Start) -> None:
    driver = SubprocessDriver(reference_command("files"), start=start, timeout_s=30)
    assert driver.restart() == 0
    os.kill(driver.pid, signal.SIGTERM)
    with pytest.raises(BrokenDriverError, match="signal 15") as caught:
        driver.ask("events", tenant={}, run_id="r")
    assert caught.value.verdict is Breakdown.CRASH
    assert driver.restart() is None
    assert driver.close() == 0


@pytest.mark.parametrize("start", [executed, forked])
def test_arguments_that_are_wrong_are_told(start: Start) -> None:
    with pytest.raises(BringUpError, match="status 2") as caught:
        SubprocessDriver((*reference_command("files"), "--level", "some"), start=start, timeout_s=30)
    assert "unknown level: some" in caught.value.stderr


def test_what_leaves_the_program_ends_it(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """The child never goes on with what its parent was doing."""
    monkeypatch.setattr(module.program, "main", lambda _: 1 / 0)
    here = os.getpid()
    with pytest.raises(BringUpError, match="status 1") as caught:
        SubprocessDriver(reference_command("files"), start=forked, timeout_s=30)
    assert "ZeroDivisionError" in caught.value.stderr
    assert os.getpid() == here
    assert capfd.readouterr() == ("", "")


def test_waiting_for_it_ends_in_time(child: Child) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(0.01)


def test_elsewhere_it_is_a_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    driver = SubprocessDriver(reference_command("files"), start=forked, timeout_s=30)
    driver.ask("open", store=str(tmp_path))
    monkeypatch.undo()
    assert Path(f"/proc/{driver.pid}/cmdline").read_bytes().split(b"\0")[1:3] == [
        b"-m",
        b"lifecycle_conformance.driver",
    ]
    assert driver.close() == 0
