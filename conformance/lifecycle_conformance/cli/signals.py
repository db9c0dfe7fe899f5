"""What Ctrl-C, TERM and HUP do to a command: it ends, and can say first what it did."""

import atexit
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Final, NoReturn

from lifecycle_conformance.cli import exits
from lifecycle_conformance.execution.workspace import remove_own_folder

_ENDING: Final = tuple(signal.Signals[name] for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""The signals that ask a command to end; Windows has fewer."""


class Interruption:
    """Whether a signal asked this command to end."""

    def __init__(self, signals: Sequence[signal.Signals]) -> None:
        self.asked = False
        self._signals = signals
        self._deferred = False

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Raise nothing meanwhile: the command looks at :attr:`asked` where it can stop, such as between two writes."""
        self._deferred = True
        try:
            yield
        finally:
            self._deferred = False

    def take(self, _: int, __: FrameType | None) -> None:
        """Take the first signal; the next one ends the process."""
        self.asked = True
        for each in self._signals:
            signal.signal(each, _end_at_once)
        # While Python shuts down, a signal would kill the process, and change its exit code.
        atexit.register(self._ignore)
        if not self._deferred:
            raise KeyboardInterrupt

    def _ignore(self) -> None:
        for each in self._signals:
            signal.signal(each, signal.SIG_IGN)


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Raise :class:`KeyboardInterrupt` for the first of Ctrl-C, TERM and HUP; end the process at once for the second.

    A signal that is ignored when the command starts, as HUP is by `nohup`, stays ignored. After the first one, all that
    is left to do is to report; the second ends that, too.
    """
    heeded = [each for each in _ENDING if signal.getsignal(each) is not signal.SIG_IGN]
    interruption = Interruption(heeded)
    before = {each: signal.signal(each, interruption.take) for each in heeded}
    try:
        yield interruption
    finally:
        if not interruption.asked:
            for each, handler in before.items():
                signal.signal(each, handler)


def _end_at_once(_: int, __: FrameType | None) -> NoReturn:
    """End the process; its workers notice, and end themselves with all that they started."""
    remove_own_folder()
    os._exit(exits.INTERRUPTED)
