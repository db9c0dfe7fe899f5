"""The pool of processes that do the work, or this process alone.

A task sends what it finds part by part. So whatever ends it (a worker that is killed, the caller's limit of time,
Ctrl-C), the parts that it had sent are kept.
"""

import gc
import os
import signal
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import Any, Final, TypeAlias

from attrs import define, field, frozen

from lifecycle_conformance.driver import descendants
from lifecycle_conformance.execution.workspace import own_folder, share

Progress: TypeAlias = Callable[[str], None]
Send: TypeAlias = Callable[[Any], None]
"""What a task calls with a part of what it found."""
Take: TypeAlias = Callable[[int, Any], None]
"""What takes a part in, or :class:`Lost`, with the number of the task that sent it."""
_TICK_S: Final = 0.2
"""How often progress is shown anew, and the time looked at, while no part comes."""
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PARTING_S: Final = 1.0
"""How long processes have to end their drivers and themselves before they are killed."""


@frozen
class Size:
    """Sent by a task that finds out itself how many parts it will send, beside those that were known."""

    parts: int


@frozen
class Lost:
    """Sent for a task whose process was ended by somebody else: no more parts will come."""


class OutOfTimeError(KeyboardInterrupt):
    """The time that the caller gave is over. Like Ctrl-C, this passes all handlers of ordinary exceptions."""


@frozen(kw_only=True)
class Task:
    """A function to be called with a :data:`Send` and these arguments; `size` is how many parts it is known to send.

    With several processes all of it must be such that can be pickled.
    """

    name: str
    function: Callable[..., None]
    arguments: tuple[Any, ...]
    size: int = 0


class Pool:
    """Does tasks, alone or with others, until a reading of the monotonic clock, if there is one."""

    def __init__(self, jobs: int, progress: Progress, deadline: float | None) -> None:
        self._progress = progress
        self._deadline = deadline
        self._workers = [_Worker() for _ in range(jobs)]

    def do(self, what: str, tasks: Sequence[Task], take: Take) -> None:
        """Do all tasks, and hand on their parts. Raises what a task raises, and :class:`OutOfTimeError`."""
        counter = _Counter(what, sum(task.size for task in tasks), self._progress)

        def counted(number: int, part: Any) -> None:
            if isinstance(part, Size):
                counter.size += part.parts
            else:
                counter.done += 1
                take(number, part)
            self._look(counter)

        self._look(counter)
        if not self._workers:
            for number, task in enumerate(tasks):
                task.function(_sending(counted, number), *task.arguments)
        else:
            self._share(tasks, counted, counter)

    def _look(self, counter: "_Counter") -> None:
        counter.show()
        if self._deadline is not None and monotonic() > self._deadline:
            raise OutOfTimeError

    def _share(self, tasks: Sequence[Task], take: Take, counter: "_Counter") -> None:
        waiting, busy = deque(enumerate(tasks)), dict[Connection, tuple[_Worker, int]]()
        while waiting or busy:
            idle = [each for each in self._workers if each.pipe not in busy]
            for worker in idle[: len(waiting)]:
                number, task = waiting[0]
                if worker.give(task):
                    busy[worker.pipe] = worker, number
                    waiting.popleft()
                else:
                    self._replace(worker)
            for pipe in wait(list(busy), _TICK_S):
                assert isinstance(pipe, Connection)
                worker, number = busy[pipe]
                match worker.heard():
                    case _Part(part):
                        take(number, part)
                        continue
                    case _Raised(error):
                        raise error
                    case _Ended():
                        self._replace(worker)
                        take(number, Lost())
                del busy[pipe]
            self._look(counter)

    def _replace(self, worker: "_Worker") -> None:
        """Replace a process, once nothing is left of what the old one had started."""
        worker.kill()
        descendants.end_orphans()
        self._workers[self._workers.index(worker)] = _Worker()

    def end(self) -> None:
        """End all processes: each ends what it has started; one that doesn't end in time is killed."""
        for each in self._workers:
            each.leave()
        deadline = monotonic() + _PARTING_S
        for each in self._workers:
            each.wait(max(0.0, deadline - monotonic()))
            each.kill()


@contextmanager
def pool_of(jobs: int, progress: Progress, deadline: float | None = None) -> Iterator[Pool]:
    """A pool of so many processes, or with 0 jobs of this process itself."""
    if jobs == 0:
        yield Pool(0, progress, deadline)
        return
    with descendants.adopting():
        pool = Pool(jobs, progress, deadline)
        try:
            yield pool
        finally:
            pool.end()


@define
class _Counter:
    """How much of the work is done, shown so often that somebody who waits sees it move."""

    what: str
    size: int
    progress: Progress
    done: int = 0
    started: float = field(factory=monotonic)
    shown: float = 0.0

    def show(self) -> None:
        now = monotonic()
        if now < self.shown + _TICK_S / 2:
            return
        self.shown = now
        seconds, size = now - self.started, max(self.size, self.done)
        text = f"{self.what}: {self.done} of {size}"
        if self.done and seconds > 1:
            rate = self.done / seconds
            left = _duration((size - self.done) / rate)
            text += f", {rate:.0f} a second, about {left} left" if rate >= 1 else f", about {left} left"
        self.progress(text)


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _sending(take: Take, number: int) -> Send:
    return lambda part: take(number, part)


# --- a process that works ---------------------------------------------------------------------------------------------


@frozen
class _Part:
    part: Any


@frozen
class _Done:
    pass


@frozen
class _Raised:
    error: BaseException


@frozen
class _Ended:
    """The process is gone: no more messages will come."""


class _Worker:
    """A process that does one task after the other.

    `pipe` carries tasks and their parts. The life line carries nothing: it ends when this process does, or lets go of
    it, and then the worker ends with all that it has started.
    """

    def __init__(self) -> None:
        # Spawned: a fork would copy the locks of the caller's threads, and not the threads.
        context = get_context("spawn")
        self.pipe, theirs = context.Pipe()
        watched, self._life_line = context.Pipe(duplex=False)
        self._process = context.Process(target=_work, args=(theirs, watched, str(own_folder())), daemon=True)
        # It handles signals only once it is up: those that come before are held back for it.
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        theirs.close()
        watched.close()
        assert self._process.pid is not None
        descendants.keep(self._process.pid)
        _keep_the_resource_tracker()

    def give(self, task: Task) -> bool:
        """Send it a task; whether it was there to take it."""
        try:
            self.pipe.send((task.function, task.arguments))
        except OSError:
            return False
        return True

    def heard(self) -> _Part | _Done | _Raised | _Ended:
        try:
            said: _Part | _Done | _Raised = self.pipe.recv()
        except (EOFError, OSError):
            return _Ended()
        return said

    def leave(self) -> None:
        self._life_line.close()

    def wait(self, seconds: float) -> None:
        self._process.join(seconds)

    def kill(self) -> None:
        self.leave()
        self._process.kill()
        self._process.join()
        assert self._process.pid is not None
        descendants.let_go(self._process.pid)
        self.pipe.close()


def _keep_the_resource_tracker() -> None:
    """Keep the resource tracker, which Python starts with the first process; it ends by itself."""
    from multiprocessing import resource_tracker  # noqa: PLC0415

    pid = getattr(resource_tracker._resource_tracker, "_pid", None)  # noqa: SLF001
    if pid is not None:
        descendants.keep(pid)


def collect_seldom() -> None:
    """Collect garbage seldom: sessions make many objects in few circles, and collecting took a tenth of the time."""
    gc.set_threshold(200_000, 20, 100)


def _work(pipe: Connection, life_line: Connection, folder: str) -> None:
    """Do tasks until the caller needs no more of them."""
    # A session of its own: a signal to the caller's, such as Ctrl-C, is for the caller, who lets go of the life line.
    os.setsid()
    for number in _SIGNALS:
        signal.signal(number, lambda *_: descendants.end_everything())
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    Thread(target=_watch, args=(life_line,), daemon=True).start()
    share(Path(folder))
    collect_seldom()
    with descendants.adopting(), suppress(EOFError, OSError):
        while True:
            function, arguments = pipe.recv()
            try:
                function(lambda part: pipe.send(_Part(part)), *arguments)
            except BaseException as error:  # noqa: BLE001 - whatever it is, the caller raises it
                error.add_note(traceback.format_exc())
                pipe.send(_Raised(error))
            else:
                pipe.send(_Done())
    descendants.end_everything()


def _watch(life_line: Connection) -> None:
    with suppress(EOFError, OSError):
        life_line.recv_bytes()
    descendants.end_everything()
