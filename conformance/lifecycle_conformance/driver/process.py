"""A driver's process: lines in and out within a deadline, and an end that leaves no process behind."""

import os
import select
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from threading import Thread
from time import monotonic
from typing import IO, Final

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


class DriverProcess:
    """A child process in a process group of its own, asked by lines.

    Neither side can block the other: requests and answers larger than a pipe's buffer travel while the other end
    writes, and standard error is drained all the time. Raises :class:`OSError` or :class:`ValueError` where the
    command can't be started.
    """

    def __init__(self, command: Sequence[str]) -> None:
        with descendants.starting:
            self._child = subprocess.Popen(  # noqa: S603 - an argument list, never a shell
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,
            )
            descendants.keep(self._child.pid)
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        assert self._child.stderr is not None
        self._requests, self._answers = self._child.stdin, self._child.stdout
        os.set_blocking(self._requests.fileno(), False)
        os.set_blocking(self._answers.fileno(), False)
        self._readable, self._usable = select.poll(), select.poll()
        self._readable.register(self._answers, select.POLLIN)
        self._usable.register(self._answers, select.POLLIN)
        self._usable.register(self._requests, select.POLLOUT)
        self._received = bytearray()
        self._searched = 0
        self._stderr = _Tail(self._child.stderr)
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
        with suppress(subprocess.TimeoutExpired):
            self._child.wait(max(0.0, deadline - monotonic()))
        status = self._child.poll()
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
        self._requests.close()
        self._answers.close()
        self._stderr.join()

    def stderr_tail(self) -> str:
        """The end of what it wrote to its standard error so far."""
        return self._stderr.text()

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
        """Read what the pipe holds."""
        try:
            chunk = os.read(self._answers.fileno(), _CHUNK)
        except BlockingIOError:
            return
        if not chunk:
            raise self._ended()
        self._received += chunk

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
        try:
            status = self._child.wait(_PARTING_S)
        except subprocess.TimeoutExpired:
            return NoAnswerError(Breakdown.TIMEOUT, f"it closed its pipe and goes on without{self._last_output()}")
        how = f"status {status}" if status >= 0 else f"signal {-status} ({signal.strsignal(-status)})"
        return NoAnswerError(Breakdown.CRASH, f"it ended with {how} instead of answering{self._last_output()}")

    def _last_output(self) -> str:
        with suppress(BlockingIOError):
            while len(self._received) < _CHUNK and (chunk := os.read(self._answers.fileno(), _CHUNK)):
                self._received += chunk
        return f", and wrote {quoted(bytes(self._received))}" if self._received else ""


class _Tail:
    """The last bytes of a stream, which a thread reads to its end so that the writer never waits."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._kept = b""
        # A daemon thread, as a process that left the group may hold the stream open for ever.
        self._thread = Thread(target=self._drain, name="standard error of the driver", daemon=True)
        self._thread.start()

    def _drain(self) -> None:
        with self._stream as stream:
            while chunk := stream.read(_CHUNK):
                self._kept = (self._kept + chunk)[-_STDERR_KEPT:]

    def join(self) -> None:
        self._thread.join(_PARTING_S)

    def text(self) -> str:
        return self._kept.decode(errors="replace")
