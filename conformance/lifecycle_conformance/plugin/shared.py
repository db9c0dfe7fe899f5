"""One search for all tests of a run: whoever comes first makes it, and with xdist the other workers wait for that.

What it found goes from worker to worker in a file, in the folder that all workers of a run share.
"""

import os
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import TypeVar

_T = TypeVar("_T")


def made_once(file: Path, make: Callable[[], _T]) -> _T:
    """What `make` gives to the first process that asks; the others get the same. It must be such that can be pickled.

    Where the first one dies, the next one makes it.
    """
    with _locked(file.with_suffix(".lock")):
        if file.exists():
            found: _T = pickle.loads(file.read_bytes())  # noqa: S301 - a process of this run wrote it
            return found
        made = make()
        partial = file.with_suffix(".partial")
        partial.write_bytes(pickle.dumps(made))
        partial.replace(file)
        return made


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    descriptor = os.open(file, os.O_CREAT | os.O_RDWR)
    try:
        flock(descriptor, LOCK_EX)
        yield
    finally:
        os.close(descriptor)
