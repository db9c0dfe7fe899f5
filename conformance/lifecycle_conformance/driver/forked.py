"""The reference as a driver in a forked child: what this process has loaded needn't be loaded again.

A search starts its driver over a hundred times, and a Python that has to load the reference first takes twenty times as
long as a fork.
"""

import fcntl
import gc
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Sequence
from time import monotonic, sleep
from typing import IO, Final, NoReturn

from lifecycle_conformance.driver import __main__ as program
from lifecycle_conformance.driver.process import Child, executed

_MODULE: Final = ("-m", "lifecycle_conformance.driver")
_GLANCE_S: Final = 0.001


def reference_command(store: str) -> tuple[str, ...]:
    """The command that runs the reference as a driver, in this Python."""
    return (sys.executable, *_MODULE, "--store", store)


def forked(command: Sequence[str]) -> Child:
    """Start a :func:`reference_command` in a fork of this process; where that isn't safe, as any program."""
    return _Fork(command[1 + len(_MODULE) :]) if sys.platform == "linux" else executed(command)


class _Fork:
    """A child of this process that runs the reference, with the members of :class:`subprocess.Popen`."""

    stdin: IO[bytes] | None
    stdout: IO[bytes] | None
    stderr: IO[bytes] | None

    def __init__(self, arguments: Sequence[str]) -> None:
        (requests, our_requests), (our_answers, answers), (our_errors, errors) = os.pipe(), os.pipe(), os.pipe()
        self._status: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            _run(arguments, (requests, answers, errors))
        for theirs in (requests, answers, errors):
            os.close(theirs)
        self.stdin = open(our_requests, "wb", buffering=0)  # noqa: SIM115, PTH123 - closed by who uses them
        self.stdout = open(our_answers, "rb", buffering=0)  # noqa: SIM115, PTH123
        self.stderr = open(our_errors, "rb", buffering=0)  # noqa: SIM115, PTH123

    def poll(self) -> int | None:
        if self._status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self._status = os.waitstatus_to_exitcode(status) if pid else None
        return self._status

    def wait(self, timeout: float | None = None) -> int:
        deadline = None if timeout is None else monotonic() + timeout
        while (status := self.poll()) is None:
            if deadline is not None and monotonic() > deadline:
                raise subprocess.TimeoutExpired("the reference", timeout or 0)
            sleep(_GLANCE_S)
        return status


def _run(arguments: Sequence[str], pipes: Sequence[int]) -> NoReturn:
    """Be the driver, with nothing of the parent's but its memory, and never return to what the parent was doing.

    The threads of the parent aren't there: the suite has one, which waits, and holds no lock.
    """
    status = 1
    try:
        os.setsid()
        _take(pipes)
        _forget_the_parent()
        program.main(arguments)
        sys.stdout.flush()
        status = 0
    except SystemExit as asked:
        status = asked.code if isinstance(asked.code, int) else 1
    except BaseException:  # noqa: BLE001 - what leaves a program is shown, and ends it
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def _take(pipes: Sequence[int]) -> None:
    """Have these pipes as the standard ones, and no other file."""
    clear_of_them = [fcntl.fcntl(pipe, fcntl.F_DUPFD, 3) for pipe in pipes]
    for standard, pipe in enumerate(clear_of_them):
        os.dup2(pipe, standard)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115


def _forget_the_parent() -> None:
    """Handle signals as a new program does, and let no object of the parent's end: it may hold the number of a file."""
    gc.freeze()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
