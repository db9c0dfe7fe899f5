"""How a command that writes is stopped by a signal: between two writes, so that it can say what it did."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from lifecycle_conformance.cli import exits
from lifecycle_conformance.cli.signals import ENDING


class Stopping:
    """Whether Ctrl-C, TERM or HUP asked this command to stop.

    The first of them raises :class:`KeyboardInterrupt`, or while it is deferred only sets :attr:`asked`. The second
    ends the process at once.
    """

    def __init__(self) -> None:
        self.asked = False
        self._deferred = False

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Leave it to the commands inside to look at :attr:`asked`."""
        self._deferred = True
        try:
            yield
        finally:
            self._deferred = False

    def handle(self, _: int, __: FrameType | None) -> None:
        """Take a signal."""
        if self.asked:
            os._exit(exits.INTERRUPTED)
        self.asked = True
        if not self._deferred:
            raise KeyboardInterrupt


@contextmanager
def stoppable() -> Iterator[Stopping]:
    """Let signals stop the commands inside. What is ignored when they start, as HUP is by `nohup`, stays ignored."""
    stopping = Stopping()
    heeded = [each for each in ENDING if signal.getsignal(each) is not signal.SIG_IGN]
    before = {each: signal.signal(each, stopping.handle) for each in heeded}
    try:
        yield stopping
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
