"""A driver's process: lines in and out within a deadline, and an end that leaves no process behind."""

import os
import select
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import monotonic
from typing import IO, Final, Protocol, TypeAlias

from lifecycle_conformance.driver import descendants
from lifecycle_conformance.driver.interface import STILL_RUNNING, Breakdown, ExitStatus
from lifecycle_conformance.driver.messages import NoAnswerError, quoted

_CHUNK: Final = 1 << 16
_LONGEST_LINE: Final = 1 << 24
"""How many bytes an answer may have: 16 MiB, a hundred times the longest that the suite asks for."""
_BEGINNING: Final = 100
_STDERR_KEPT: Final = 1 << 14
# How long to wait for output before checking that the process is alive: another one may hold its pipe open.
_GLANCE_S: Final = 0.1
# A process that has closed its end of a pipe mostly ends soon.
_PARTING_S: Final = 1.0


class Child(Protocol):
    """A process as :class:`subprocess.Popen` has it, the leader of a session of its own."""

    pid: int
    stdin: IO[bytes] | None
    stdout: IO[bytes] | None
    stderr: IO[bytes] | None

    def poll(self) -> int | None:
        """The exit status once it has ended; negative for a signal."""

    def wait(self, timeout: float | None = None) -> int:
        """The exit status, waited for. Raises :class:`subprocess.TimeoutExpired`."""


Start: TypeAlias = Callable[[Sequence[str]], Child]
"""Starts a command. Raises :class:`OSError` or :class:`ValueError` where that can't be done."""


def executed(command: Sequence[str]) -> Child:
    """Start a command as any program is started."""
    return subprocess.Popen(  # noqa: S603 - an argument list, never a shell
        list(command),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        start_new_session=True,
    )


class DriverProcess:
    """A child process in a process group of its own, asked by lines.

    Neither side can block the other: requests and answers larger than a pipe's buffer travel while the other end
    writes, and standard error is drained whenever something is waited for. Raises what `start` raises.
    """

    def __init__(self, command: Sequence[str], start: Start = executed) -> None:
        with descendants.starting:
            self._child = start(command)
            descendants.keep(self._child.pid)
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        assert self._child.stderr is not None
        self._requests, self._answers, self._errors = self._child.stdin, self._child.stdout, self._child.stderr
        for pipe in (self._requests, self._answers, self._errors):
            os.set_blocking(pipe.fileno(), False)
        self._complaining = _poll(self._errors)
        self._readable = _poll(self._errors, self._answers)
        self._usable = _poll(self._errors, self._answers)
        self._usable.register(self._requests, select.POLLOUT)
        self._received = bytearray()
        self._searched = 0
        self._stderr = b""
        self.running = True

    @property
    def pid(self) -> int:
        """The process id, which is the id of the process group, too."""
        return self._child.pid

    def exchange(self, request: bytes, timeout_s: float) -> bytes:
        """Send a line and return the line that comes back.

        Raises :class:`NoAnswerError` when the process ends, or the time does, or the answer comes before the request
        was read. The process must be ended then: what it writes later would be taken for another answer.
        """
        deadline = monotonic() + timeout_s
        unsent = self._send(memoryview(request))
        while (line := self._next_line()) is None:
            self._wait(deadline, unsent, timeout_s)
            unsent = self._send(unsent)
            self._receive()
        if unsent:
            raise NoAnswerError(Breakdown.PROTOCOL, f"it wrote {quoted(line)} before it had read the request")
        return line

    def end(self, timeout_s: float) -> ExitStatus:
        """Close the input, wait for the process to end, then kill what is left of its group.

        Returns the exit status; `STILL_RUNNING` where the process had to be killed, `None` where it had ended before.
        """
        if not self.running:
            return None
        deadline = monotonic() + timeout_s
        self._requests.close()
        # Its output is read meanwhile, or a full pipe could keep it from ending.
        with suppress(NoAnswerError):
            while self._child.poll() is None and (left := deadline - monotonic()) > 0:
                self._readable.poll(min(left, _GLANCE_S) * 1000)
                self._receive()
                self._received.clear()
        status = self._status_by(deadline)
        self.kill()
        return STILL_RUNNING if status is None else status

    def kill(self) -> None:
        """Kill the process group, and what had left it if that can be found; close the pipes."""
        if not self.running:
            return
        self.running = False
        # The process may be gone and its children not: the group exists as long as one of them does.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()
        descendants.let_go(self._child.pid)
        descendants.end_orphans()
        self._drain()
        for pipe in (self._requests, self._answers, self._errors):
            pipe.close()

    def stderr_tail(self) -> str:
        """The end of what it wrote to its standard error so far."""
        self._drain()
        return self._stderr.decode(errors="replace")

    # --- the pipes ----------------------------------------------------------------------------------------------------

    def _send(self, unsent: memoryview) -> memoryview:
        """Write what the pipe takes; return the rest."""
        try:
            return unsent[os.write(self._requests.fileno(), unsent) :] if unsent else unsent
        except BlockingIOError:
            return unsent
        except BrokenPipeError:
            raise self._ended() from None

    def _receive(self) -> None:
        """Read what the pipes hold."""
        self._drain()
        try:
            chunk = os.read(self._answers.fileno(), _CHUNK)
        except BlockingIOError:
            return
        if not chunk:
            raise self._ended()
        self._received += chunk

    def _drain(self) -> None:
        """Read what standard error holds: a pipe that is full would keep the process from going on."""
        if self._errors.closed:
            return
        try:
            chunk = os.read(self._errors.fileno(), _CHUNK)
        except BlockingIOError:
            return
        self._stderr = (self._stderr + chunk)[-_STDERR_KEPT:]
        if not chunk:
            for poll in (self._complaining, self._readable, self._usable):
                poll.unregister(self._errors)
            self._errors.close()

    def _next_line(self) -> bytes | None:
        end = self._received.find(b"\n", self._searched)
        self._searched = len(self._received)
        if (self._searched if end < 0 else end) > _LONGEST_LINE:
            raise NoAnswerError(Breakdown.PROTOCOL, self._too_long())
        if end < 0:
            return None
        line = bytes(self._received[:end])
        del self._received[: end + 1]
        self._searched = 0
        return line

    def _wait(self, deadline: float, unsent: memoryview, timeout_s: float) -> None:
        """Wait until a pipe can be used, or for a moment."""
        left = deadline - monotonic()
        if left <= 0:
            raise NoAnswerError(Breakdown.TIMEOUT, self._overdue(unsent, timeout_s))
        poll = self._usable if unsent else self._readable
        if not poll.poll(min(left, _GLANCE_S) * 1000) and self._child.poll() is not None:
            raise self._ended()

    def _overdue(self, unsent: memoryview, timeout_s: float) -> str:
        problem = f"no answer within {timeout_s:g} s"
        if unsent:
            return f"{problem}, and {len(unsent)} bytes of the request unread: does it read its standard input?"
        if self._received:
            written = quoted(bytes(self._received))
            return f"{problem}, only {written} without a newline: is it missing, or not flushed?"
        return f"{problem}, and nothing on standard output: does it hang, or is the answer not flushed?"

    def _too_long(self) -> str:
        began = quoted(bytes(self._received[:_BEGINNING]))
        return (
            f"it wrote a line of more than {_LONGEST_LINE} bytes, the most that an answer may have, which began {began}"
        )

    def _ended(self) -> NoAnswerError:
        """How the process ended, once it has closed a pipe or died."""
        status = self._status_by(monotonic() + _PARTING_S)
        if status is None:
            return NoAnswerError(Breakdown.TIMEOUT, f"it closed its pipe and goes on without{self._last_output()}")
        how = f"status {status}" if status >= 0 else f"signal {-status} ({signal.strsignal(-status)})"
        return NoAnswerError(Breakdown.CRASH, f"it ended with {how} instead of answering{self._last_output()}")

    def _status_by(self, deadline: float) -> int | None:
        """The exit status, if the process ends before the deadline."""
        while not self._errors.closed and self._child.poll() is None and (left := deadline - monotonic()) > 0:
            self._complaining.poll(min(left, _GLANCE_S) * 1000)
            self._drain()
        with suppress(subprocess.TimeoutExpired):
            return self._child.wait(max(0.0, deadline - monotonic()))
        return None

    def _last_output(self) -> str:
        with suppress(BlockingIOError):
            while len(self._received) < _CHUNK and (chunk := os.read(self._answers.fileno(), _CHUNK)):
                self._received += chunk
        return f", and wrote {quoted(bytes(self._received))}" if self._received else ""


def _poll(*outputs: IO[bytes]) -> "select.poll":
    poll = select.poll()
    for output in outputs:
        poll.register(output, select.POLLIN)
    return poll


Opened: TypeAlias = Callable[[Sequence[str], Start], DriverProcess]
"""Starts a command, by a way to start one, as a process with which lines are exchanged. Raises as that does."""
