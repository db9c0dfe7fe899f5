"""What signals do to a command that has something to tell when it is interrupted."""

import atexit
import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final, NoReturn

from lifecycle_conformance.cli import exits
from lifecycle_conformance.execution.workspace import remove_own_folder

ENDING: Final = tuple(signal.Signals[name] for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""The signals that ask a command to end; Windows has fewer."""


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise :class:`KeyboardInterrupt` for the first of Ctrl-C, TERM and HUP; end the process at once for the second.

    What is ignored when the command starts, as HUP by `nohup`, stays so. After the first, all that is left to do is to
    tell what there is; the second ends that, too.
    """
    heeded = [each for each in ENDING if signal.getsignal(each) is not signal.SIG_IGN]

    def interrupt(_: int, __: FrameType | None) -> NoReturn:
        for each in heeded:
            signal.signal(each, _end_at_once)
        # At its very end Python would let a signal kill the process, as if it hadn't told its exit code.
        atexit.register(_ignore, heeded)
        raise KeyboardInterrupt

    before = {each: signal.signal(each, interrupt) for each in heeded}
    try:
        yield
    finally:
        if all(signal.getsignal(each) is interrupt for each in heeded):
            for number, handler in before.items():
                signal.signal(number, handler)


def _ignore(signals: Iterable[signal.Signals]) -> None:
    for each in signals:
        signal.signal(each, signal.SIG_IGN)


def _end_at_once(_: int, __: FrameType | None) -> NoReturn:
    """Leave; workers see that this process is gone, and end themselves with all that they started."""
    remove_own_folder()
    os._exit(exits.INTERRUPTED)
