"""The reference's own driver (chapter *The driver protocol*)."""

import os
import sys
import traceback
from collections.abc import Callable, Collection, Mapping
from typing import BinaryIO, ClassVar, Final, Literal, TypeAlias

import orjson
from attrs import frozen

from lifecycle_conformance import __version__
from lifecycle_conformance.driver.interface import CAPABILITIES, OPERATIONS, PROTOCOLS
from lifecycle_projection import (
    SPEC_VERSION,
    Event,
    InvalidInputError,
    LifecycleProjectionError,
    MemoryStore,
    PhaseTransitionError,
    Problem,
    ProjectionResult,
    RememberingStore,
    Run,
    Snapshot,
    StorageConflictError,
    StorageError,
    Store,
    Tenant,
    append_once,
    compact,
    identify,
    log,
    project,
    prune,
    snapshots,
)
from lifecycle_projection.codec import run_from, structure, to_json
from lifecycle_projection.json_text import DuplicateMembers, read_json
from lifecycle_projection.records import U64, Json

StoreKind: TypeAlias = Literal["files", "memory"]

CAPABILITIES_OF: Final[Mapping[StoreKind, frozenset[str]]] = {
    "files": CAPABILITIES - {"tenants"},
    "memory": CAPABILITIES - {"durable", "files"},
}
"""What the reference can do on each of its stores."""

# Shorter than the timeout of a driver, so that a locked store is refused and not taken for a hang.
_LOCK_TIMEOUT_S: Final = 5.0


class UnsupportedError(LifecycleProjectionError):
    """Something that this driver doesn't offer was asked for (DRIVER-4, DRIVER-11)."""

    kind: ClassVar[str] = "unsupported"


def serve(requests: BinaryIO, answers: BinaryIO, store: StoreKind, *, without: Collection[str] = ()) -> None:
    """Answer requests, one a line, until their end, `without` some capabilities (DRIVER-1, DRIVER-2, DRIVER-16)."""
    server = Server(store, without=without)
    for line in requests:
        answers.write(server.answer(line))
        answers.flush()


def _to_standard_error(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


class Server:
    """Answer requests with the reference, on files or in memory.

    `without` names capabilities that are neither declared nor offered; without `durable` everything is kept in memory
    (DRIVER-7). `report` takes the traceback of what is answered as an internal
    error. Raises :class:`ValueError` for `files` without `durable`, which nobody can offer.
    """

    def __init__(
        self,
        store: StoreKind,
        *,
        without: Collection[str] = (),
        report: Callable[[str], None] = _to_standard_error,
    ) -> None:
        self._capabilities = CAPABILITIES_OF[store] - set(without)
        if self._capabilities & {"durable", "files"} == {"files"}:
            raise ValueError("expected no `files` without `durable`: files last")
        self._report = report
        self._store: Store | None = None
        self._operations: Final[dict[str, Callable[[Json], Json]]] = {
            "hello": self._hello,
            "open": self._open,
            "project": self._project,
            "events": self._events,
            "snapshots": self._snapshots,
            "identify": self._identify,
            "import": self._import,
            "append": self._append,
            "compact": self._compact,
            "prune": self._prune,
        }

    def answer(self, line: bytes) -> bytes:
        """The answer to one request, a line for any line: a refused one changes nothing.

        (DRIVER-2, DRIVER-12, DRIVER-13, DRIVER-15, ERR-7)
        """
        request_id: int | None = None
        try:
            request = read_json(line.rstrip(b"\n"))
            request_id = _id_of(request)
            return _line({"id": request_id, "ok": self._perform(request)})
        except LifecycleProjectionError as error:
            refusal = {"kind": error.kind, "message": str(error), "data": data_of(error)}
        except Exception as error:  # noqa: BLE001 - a failure of the implementation is an answer, too
            self._report(traceback.format_exc())
            refusal = {"kind": "internal", "message": f"{type(error).__name__}: {error}", "data": {}}
        return _line({"id": request_id, "error": refusal})

    def act_on(self, store: Store, request: Json) -> Json:
        """Do what a request asks for to a store of the caller's, and answer what the protocol answers.

        Raises what the reference raises; :class:`InvalidInputError` before anything is done.
        """
        self._store = store
        return self._perform(request)

    def _perform(self, request: Json) -> Json:
        op = structure(request, _Envelope).op
        if op not in OPERATIONS or OPERATIONS[op] not in {None, *self._capabilities}:
            raise UnsupportedError(f"this driver does not offer the operation {op!r}")
        return self._operations[op](request)

    @property
    def _opened(self) -> Store:
        """The store that the requests are about (DRIVER-14)."""
        if self._store is None:
            raise _invalid("$.op", "expected `open` first: no store is open")
        return self._store

    # --- the operations -----------------------------------------------------------------------------------------------

    def _hello(self, request: Json) -> Json:
        spoken = [each for each in structure(request, _HelloArguments).protocols if each in PROTOCOLS]
        if not spoken:
            raise UnsupportedError(f"this driver speaks the protocol versions {list(PROTOCOLS)} only")
        return {
            "protocol": max(spoken),
            "name": "lifecycle-projection reference",
            "version": __version__,
            "language": "Python",
            "spec": SPEC_VERSION,
            "capabilities": sorted(self._capabilities),
        }

    def _open(self, request: Json) -> Json:
        directory = structure(request, _OpenArguments).store
        if not os.path.isdir(directory):  # noqa: PTH112 - it knows about paths that can't be, and a Path doesn't
            raise StorageError(path=directory, problem="expected a directory that exists")
        lasts = "durable" in self._capabilities
        self._store = RememberingStore(directory, lock_timeout_s=_LOCK_TIMEOUT_S) if lasts else MemoryStore()
        return {}

    def _project(self, request: Json) -> Json:
        store = self._opened
        return {"projected": project(self._run_of(request), store).projected}

    def _identify(self, request: Json) -> Json:
        return {
            "ids": [
                {"identity": each.identity, "occurrence": each.occurrence, "event_id": each.event_id}
                for each in identify(self._run_of(request))
            ]
        }

    def _run_of(self, request: Json) -> Run:
        if ("run" in request) == ("run_json" in request):
            raise _invalid("$", "expected either `run` or `run_json`")
        if "run" in request:
            return structure(request, _RunArguments).run
        if "text-input" not in self._capabilities:
            raise UnsupportedError("this driver does not read `run_json`")
        text = structure(request, _RunTextArguments).run_json
        try:
            return run_from(read_json(text))
        except InvalidInputError as error:
            raise error.located("run_json") from None

    def _events(self, request: Json) -> Json:
        store, asked = self._opened, structure(request, _ViewArguments)
        seen = log.visible(store.events(asked.run_id), asked.run_id, asked.tenant.key)
        return {"events": list(map(to_json, seen))}

    def _snapshots(self, request: Json) -> Json:
        store, asked = self._opened, structure(request, _ViewArguments)
        seen = snapshots.visible(store.snapshots(asked.run_id).values(), asked.run_id, asked.tenant.key)
        return {"snapshots": list(map(to_json, seen))}

    def _import(self, request: Json) -> Json:
        store, left = self._opened, structure(request, _ImportArguments)
        with store.lock():
            if left.events:
                store.append(*left.events)
            for snapshot in left.snapshots:
                store.write_snapshot(snapshot)
            for run_id in {snapshot.run_id for snapshot in left.snapshots}:
                store.sync(run_id)
        return {}

    def _append(self, request: Json) -> Json:
        store, asked = self._opened, structure(_with_any_seq(request), _AppendArguments)
        if asked.event.scope.tenant_context.key != asked.tenant.key:
            raise _invalid("$.event.scope.tenant_context", "expected a tenant that sees what `tenant` sees")
        appended, seq = append_once(store, asked.event)
        return {"appended": appended, "seq": seq}

    def _compact(self, request: Json) -> Json:
        store, asked = self._opened, structure(request, _CompactArguments)
        return {"pruned": compact(store, retention_ms=asked.retention_ms, now_ms=asked.now_ms)}

    def _prune(self, request: Json) -> Json:
        store, asked = self._opened, structure(request, _PruneArguments)
        return {"pruned": prune(store, retention_ms=asked.retention_ms, keep=asked.keep, now_ms=asked.now_ms)}


# --- the arguments of the operations ----------------------------------------------------------------------------------


@frozen(kw_only=True)
class _Envelope:
    id: U64
    op: str


@frozen(kw_only=True)
class _HelloArguments:
    protocols: tuple[U64, ...]


@frozen(kw_only=True)
class _OpenArguments:
    store: str


@frozen(kw_only=True)
class _RunArguments:
    run: Run


@frozen(kw_only=True)
class _RunTextArguments:
    run_json: str


@frozen(kw_only=True)
class _ViewArguments:
    tenant: Tenant
    run_id: str


@frozen(kw_only=True)
class _ImportArguments:
    events: tuple[Event, ...]
    snapshots: tuple[Snapshot, ...]


@frozen(kw_only=True)
class _AppendArguments:
    tenant: Tenant
    event: Event


@frozen(kw_only=True)
class _CompactArguments:
    retention_ms: U64
    now_ms: U64


@frozen(kw_only=True)
class _PruneArguments:
    retention_ms: U64
    keep: U64
    now_ms: U64


def _with_any_seq(request: dict[str, Json]) -> dict[str, Json]:
    """The request with a seq that can be read in its event: whatever stands there is ignored (DRIVER-10)."""
    event = request.get("event")
    if isinstance(event, DuplicateMembers):
        numbered: Json = DuplicateMembers([*(pair for pair in event.pairs if pair[0] != "seq"), ("seq", 0)])
    elif isinstance(event, dict):
        numbered = {**event, "seq": 0}
    else:
        return request
    return {**request, "event": numbered}


# --- the parts of an answer -------------------------------------------------------------------------------------------


def _id_of(request: Json) -> int | None:
    found = request.get("id") if isinstance(request, dict) else None
    return found if type(found) is int and found >= 0 else None


def data_of(error: LifecycleProjectionError) -> dict[str, Json]:
    """The data that belong to an error of this kind (ERR-3 to ERR-5)."""
    match error:
        case PhaseTransitionError():
            return {
                "from_phase": error.from_phase,
                "to_phase": error.to_phase,
                "lifecycle_index": error.lifecycle_index,
                "projected": error.done.projected,
            }
        case StorageConflictError():
            return {"snapshot_id": error.snapshot_id}
        case StorageError(done=ProjectionResult() as done):
            return {"projected": done.projected}
    return {}


def _invalid(path: str, message: str) -> InvalidInputError:
    return InvalidInputError(problems=(Problem(path, message),))


def _line(answer: dict[str, Json]) -> bytes:
    return orjson.dumps(answer, option=orjson.OPT_APPEND_NEWLINE)
