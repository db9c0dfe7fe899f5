"""The processes that share the work of an audit."""

import signal
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from types import FrameType
from typing import Final, NoReturn

from lifecycle_conformance.audit.cluster import cluster_workers
from lifecycle_conformance.audit.stored import StoreSource
from lifecycle_conformance.driver.processors import processors

_SMALL: Final = 256
"""Up to how many parts a store is read sooner by one process than others are started."""


@contextmanager
def workers(source: StoreSource, jobs: int | None = None, cluster: str | None = None) -> Iterator[Executor | None]:
    """The processes that read a store; `None` where this one does, as `jobs` is 1 or the store is small.

    With `cluster`, the address of a Dask scheduler, its workers read, however small the store is: then it lies where
    they are, under the path that it has here.
    """
    if cluster is not None:
        with cluster_workers(cluster) as executor:
            yield executor
        return
    number = jobs or processors()
    if number == 1 or (jobs is None and len(source.parts()) <= _SMALL):
        yield None
        return
    executor = ProcessPoolExecutor(number, mp_context=get_context("spawn"), initializer=_leave_signals_to_the_first)
    try:
        yield executor
    except BaseException:  # above all Ctrl-C: a worker may wait for a server that doesn't answer
        for process in (executor._processes or {}).values():  # noqa: SLF001 - Python 3.14 has a method for it
            process.terminate()
        raise
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _leave_signals_to_the_first() -> None:
    """Ctrl-C reaches all processes of a terminal; the first one ends the others."""
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _end)


def _end(_: int, __: FrameType | None) -> NoReturn:
    """End, but tidily: a query is taken back, a copy is removed."""
    raise SystemExit
