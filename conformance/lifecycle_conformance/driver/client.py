"""A driver that runs as a child process: any implementation, in any language."""

from collections.abc import Sequence
from itertools import count

from lifecycle_conformance.driver.interface import (
    PROTOCOLS,
    STILL_RUNNING,
    Answer,
    BringUpError,
    BrokenDriverError,
    ExitStatus,
    Hello,
    IncompatibleDriverError,
)
from lifecycle_conformance.driver.messages import (
    DisagreementError,
    NoAnswerError,
    hello_from,
    read_answer,
    request_id,
    request_line,
)
from lifecycle_conformance.driver.process import DriverProcess, Opened, Start, executed
from lifecycle_projection.records import Json


class SubprocessDriver:
    """Run a command, an argument list, as a driver; start, operation and end have `timeout_s` seconds each.

    `start` says how a command becomes a process, `opened` what exchanges lines with it. Raises :class:`BringUpError`
    where it doesn't come up, now or at any later start.

    A process that doesn't end in time after its input ended is waited for once; later ones are killed without waiting.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        timeout_s: float = 10.0,
        start: Start = executed,
        opened: Opened = DriverProcess,
    ) -> None:
        self._command = tuple(command)
        self._start = start
        self._opened = opened
        self._timeout_s = timeout_s
        self._ids = count(1)
        self._lingers = False
        self._process, self._hello = self._started()

    @property
    def hello(self) -> Hello:
        """How it introduced itself at its last start."""
        return self._hello

    @property
    def pid(self) -> int:
        """The id of its process, and of its process group."""
        return self._process.pid

    def ask(self, op: str, /, **arguments: Json) -> Answer:
        """Send a request and return its answer; a process that is gone is started anew first.

        Raises :class:`BrokenDriverError` where no answer comes, with the process group killed.
        """
        number = request_id(next(self._ids), self._hello.capabilities)
        return self._answer(request_line(number, op, arguments), number, op)

    def say(self, line: bytes) -> Answer:
        """Send a line that is no request, and return its answer. Raises :class:`BrokenDriverError` likewise."""
        return self._answer(line + b"\n", None, "a line that is no request")

    def _answer(self, line: bytes, request_id: int | None, op: str) -> Answer:
        if not self._process.running:
            self._process, self._hello = self._started()
        process = self._process
        try:
            return read_answer(process.exchange(line, self._timeout_s), request_id, op)
        except NoAnswerError as failure:
            process.kill()
            raise BrokenDriverError(
                verdict=failure.verdict,
                message=f"asked for {op}: {failure}",
                stderr=process.stderr_tail(),
                breaks=failure.breaks,
            ) from None
        except BaseException:
            # An answer may still come, and would be taken for that to the next request.
            process.kill()
            raise

    def restart(self, *, kill: bool = False) -> ExitStatus:
        """Start the same command in a new process, after the end of the old one's input or, with `kill`, a kill."""
        if kill:
            self._process.kill()
        status = None if kill else self.close()
        self._process, self._hello = self._started()
        return status

    def close(self) -> ExitStatus:
        """End the process: its input first, then what is left of its group (DRIVER-16).

        Returns the exit status; `STILL_RUNNING` where the process did not end in time; `None` where it had ended before
        or was killed at once because an earlier one did not end in time.
        """
        if self._lingers:
            self._process.kill()
            return None
        status = self._process.end(self._timeout_s)
        self._lingers = status == STILL_RUNNING
        return status

    def stderr_tail(self) -> str:
        """The end of what the current process, or if it has ended the last one, wrote to standard error."""
        return self._process.stderr_tail()

    def _started(self) -> tuple[DriverProcess, Hello]:
        try:
            process = self._opened(self._command, self._start)
        except (OSError, ValueError, IndexError) as error:
            raise BringUpError(command=self._command, problem=f"it can't be started: {error}", stderr="") from None
        try:
            number = next(self._ids)
            line = process.exchange(request_line(number, "hello", {"protocols": list(PROTOCOLS)}), self._timeout_s)
            return process, hello_from(read_answer(line, number, "hello"))
        except NoAnswerError as failure:
            process.kill()
            problem = f"asked for hello, {failure}"
            raise BringUpError(
                command=self._command, problem=problem, stderr=process.stderr_tail(), verdict=failure.verdict
            ) from None
        except DisagreementError as disagreement:
            process.kill()
            raise IncompatibleDriverError(
                command=self._command, problem=str(disagreement), stderr=process.stderr_tail()
            ) from None
        except BaseException:
            process.kill()
            raise
