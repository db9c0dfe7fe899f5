"""A running Dask cluster, whose workers share the work of an audit in place of processes of this machine.

What is handed to them only reads and answers. So it can be done again: of a worker that dies, the scheduler gives to
others what it had in its hands, and what it had done and not yet told.
"""

import asyncio
import platform
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError, Executor, Future
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from attrs import evolve, frozen

from lifecycle_conformance import __version__
from lifecycle_projection.errors import StorageError

_T = TypeVar("_T")
_PATIENCE_S: Final = 10.0
"""How long a scheduler may take to answer."""
_LOUD: Final = ("distributed", "distributed.client", "tornado", "tornado.application", "asyncio")
"""What logs, of a cluster, to standard error: whatever the audit can't do without is raised, and said in a line."""


class ClusterError(ConnectionError):
    """The cluster can't be used, or was lost; the text says why."""


@contextmanager
def cluster_workers(address: str) -> Iterator[Executor]:
    """The workers of the cluster whose scheduler has an address. Raises :class:`ClusterError`."""
    distributed = _library()
    _refuse_unless_scheduler(address, distributed)
    with warnings.catch_warnings():
        # It warns of versions, which are looked at here, and of tasks with large run records.
        warnings.filterwarnings("ignore", module="distributed")
        with distributed.Client(address, timeout=_PATIENCE_S, set_as_default=False) as client:
            _refuse_other_versions(address, client)
            try:
                # The same task may find something else in a store that has grown: no answer is kept for it.
                yield _Cluster(client.get_executor(pure=False))
            except CancelledError:
                raise ClusterError(f"{address}: the scheduler went away") from None
            except distributed.KilledWorker as error:
                raise ClusterError(f"{address}: {error}") from None


@frozen
class _Cluster(Executor):
    """What a cluster gives, for tasks that say on which worker they failed."""

    workers: Executor

    def submit(self, task: Callable[..., _T], /, *args: Any, **kwargs: Any) -> Future[_T]:
        """Hand a task to a worker."""
        return self.workers.submit(_on_a_worker, task, *args, **kwargs)


def _on_a_worker(task: Callable[..., _T], *args: Any, **kwargs: Any) -> _T:
    """Do a task; where the store can't be read, tell which worker can't."""
    from distributed import get_worker  # noqa: PLC0415 - only a worker of a cluster calls this

    try:
        return task(*args, **kwargs)
    except StorageError as error:
        raise evolve(error, problem=f"{error.problem} (on the worker {get_worker().address})") from None


def _library() -> Any:
    try:
        import dask  # noqa: PLC0415 - an optional package

        # Only defaults: who has set up how much dask logs, gets that.
        dask.config.update_defaults({"logging": dict.fromkeys(_LOUD, "critical")})
        import distributed  # noqa: PLC0415
    except ImportError as error:
        raise ClusterError(f'--cluster: {error}; pip install "lifecycle-projection[cluster]"') from None
    return distributed


# --- what is refused --------------------------------------------------------------------------------------------------


def _refuse_unless_scheduler(address: str, distributed: Any) -> None:
    """Ask who is there, before a client does: one that can't connect complains on standard error when it is dropped."""

    async def identity() -> Mapping[str, Any]:
        known = distributed.Security().get_connection_args("client")
        async with distributed.rpc(address, connection_args=known) as scheduler:
            found: Mapping[str, Any] = await asyncio.wait_for(scheduler.identity(), _PATIENCE_S)
            return found

    try:
        found = asyncio.run(identity())
    except TimeoutError:
        raise ClusterError(f"{address}: no scheduler of Dask answers there within {_PATIENCE_S:g} s") from None
    except (ValueError, TypeError) as error:
        raise ClusterError(f"{address}: expected the address of a scheduler, tcp://HOST:PORT: {error}") from None
    except Exception as error:  # noqa: BLE001 - whatever it is that answers
        raise ClusterError(f"{address}: no scheduler of Dask answers there: {error}") from None
    if found.get("type") != "Scheduler":
        raise ClusterError(f"{address}: expected a scheduler of Dask, found a {found.get('type', 'stranger')}")
    if not found["workers"]:
        raise ClusterError(f"{address}: the cluster has no workers")


def _versions() -> dict[str, str]:
    """What must be the same everywhere, since tasks and findings travel as they are in memory."""
    from importlib.metadata import version  # noqa: PLC0415 - slow, and needed here only

    python = ".".join(platform.python_version_tuple()[:2])
    return {"lifecycle-projection": __version__, "distributed": version("distributed"), "Python": python}


def _refuse_other_versions(address: str, client: Any) -> None:
    try:
        scheduler = client.run_on_scheduler(_versions)
        workers = client.run(_versions, on_error="return")
    except Exception as error:  # noqa: BLE001 - whatever it is that the scheduler lacks
        raise ClusterError(_cannot(f"the scheduler {address}", error)) from None
    places = {f"the scheduler {address}": scheduler, **{f"the worker {each}": workers[each] for each in workers}}
    for place, found in places.items():
        if isinstance(found, OSError):
            continue  # it died meanwhile, which the others make good
        if isinstance(found, Exception):
            raise ClusterError(_cannot(place, found))
        for name, here in _versions().items():
            if found[name] != here:
                raise ClusterError(f"{place} has {name} {found[name]}, this process has {here}")


def _cannot(place: str, error: Exception) -> str:
    return f"{place} can't do the work; is the same lifecycle-projection installed there? {error}"
