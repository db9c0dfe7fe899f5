"""Who does the work: this process, or several that share it."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any

from attrs import frozen

Progress = Callable[[str], None]
Task = tuple[Callable[..., Any], *tuple[Any, ...]]
"""A function and its arguments; with several processes all of them must be such that can be pickled."""


@frozen
class Workers:
    """Does tasks, and gives their results in the order of the tasks, however they were shared out."""

    jobs: int
    progress: Progress
    pool: ProcessPoolExecutor | None

    def all(self, what: str, tasks: Sequence[Task]) -> list[Any]:
        """Do all tasks. Raises what any of them raises."""
        if self.pool is None:
            results = []
            for number, (function, *arguments) in enumerate(tasks):
                self.progress(f"{what}: {number} of {len(tasks)} parts done")
                results.append(function(*arguments))
            return results
        futures = [self.pool.submit(function, *arguments) for function, *arguments in tasks]
        self.progress(f"{what}: 0 of {len(tasks)} parts done")
        for number, future in enumerate(as_completed(futures), start=1):
            future.result()
            self.progress(f"{what}: {number} of {len(tasks)} parts done")
        return [future.result() for future in futures]


@contextmanager
def workers(jobs: int, progress: Progress) -> Iterator[Workers]:
    """Give so many processes to work, or with 0 jobs this process itself.

    Hypothesis also draws constants that it finds in the modules of a process: only processes that are alike find alike.
    """
    if jobs == 0:
        yield Workers(1, progress, None)
        return
    # Not forked: the threads that drain standard errors would not come along, their locks would.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        try:
            yield Workers(jobs, progress, pool)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
