"""An implementation in Python as a driver in this process: what it is asked, and how its methods become answers."""

import json
import traceback
from collections.abc import Callable, Iterable, Mapping
from itertools import count
from pathlib import Path
from typing import Final, Protocol, TypeAlias

from attrs import Factory, frozen

from lifecycle_conformance.driver.interface import (
    OPERATIONS,
    PROTOCOLS,
    Answer,
    Breakdown,
    BrokenDriverError,
    ExitStatus,
    Hello,
)
from lifecycle_conformance.driver.messages import NoAnswerError, read_answer
from lifecycle_conformance.driver.server import data_of
from lifecycle_conformance.specification.index import SPEC_VERSION
from lifecycle_projection import LifecycleProjectionError
from lifecycle_projection.records import Json

Object: TypeAlias = dict[str, Json]


class Implementation(Protocol):
    """A store of an implementation, with the operations that every one offers.

    Those that it may offer, too, each under the capability of the same name:

    - `identify(run) -> list` of `{"identity", "occurrence", "event_id"}`, a static method, since it needs no store;
    - `import_(events, snapshots) -> None`;
    - `append(tenant, event) -> tuple[bool, int]`: whether it was appended, and its seq;
    - `compact(retention_ms, now_ms) -> int` and `prune(retention_ms, keep, now_ms) -> int`.

    What they are given and give are JSON values; chapter 16 describes them. A method refuses by raising
    :class:`RefusedError`, or an error of `lifecycle_projection`; any other exception is a crash.
    """

    def project(self, run: Object, /) -> int:
        """Make a pass over a run record. Returns for how many records it wrote an event or a snapshot."""
        ...

    def events(self, tenant: Object, run_id: str, /) -> list[Object]:
        """The events of a run that a tenant sees."""
        ...

    def snapshots(self, tenant: Object, run_id: str, /) -> list[Object]:
        """The snapshots of a run that a tenant sees."""
        ...


@frozen
class RefusedError(Exception):
    """What an implementation raises to refuse a request; the kinds are those of chapter 15, such as `storage`."""

    kind: str
    message: str
    data: Object = Factory(dict)


class PythonDriver:
    """Ask an implementation in this process; `opened` is called with the directory of each store that is opened.

    Often that is a class. `capabilities` are those that it declares.
    """

    def __init__(
        self, opened: Callable[[Path], Implementation], capabilities: Iterable[str] = (), *, name: str = ""
    ) -> None:
        self._opened = opened
        self._store: Implementation | None = None
        self._ids = count(1)
        self._stderr = ""
        self._hello: Final = Hello(
            protocol=max(PROTOCOLS),
            name=name or getattr(opened, "__name__", "an implementation in Python"),
            version="",
            language="Python",
            spec=SPEC_VERSION,
            capabilities=frozenset(capabilities),
        )

    @property
    def hello(self) -> Hello:
        """How it is introduced."""
        return self._hello

    def ask(self, op: str, /, **arguments: Json) -> Answer:
        """Call what is asked for. Raises :class:`BrokenDriverError` where that raises what is no refusal."""
        # Through JSON, as with any driver: neither side sees what the other does to a value later.
        asked = json.loads(json.dumps(arguments))
        try:
            return self._answer(op, {"ok": self._perform(op, asked)})
        except RefusedError as refusal:
            return self._answer(op, {"error": {"kind": refusal.kind, "message": refusal.message, "data": refusal.data}})
        except LifecycleProjectionError as error:
            return self._answer(op, {"error": {"kind": error.kind, "message": str(error), "data": data_of(error)}})
        except BrokenDriverError:
            raise
        except Exception as error:
            raise self._broken(op, Breakdown.CRASH, f"{type(error).__name__}: {error}") from error

    def say(self, line: bytes) -> Answer:
        """Refuse a line that is no request, on behalf of the implementation, which gets none."""
        return self._answer("", {"error": {"kind": "invalid_input", "message": f"no request: {line!r}", "data": {}}})

    def restart(self, *, kill: bool = False) -> ExitStatus:
        """Forget the store, as a new process would."""
        self._store = None
        return None if kill else 0

    def close(self) -> ExitStatus:
        """Forget the store."""
        return self.restart()

    def stderr_tail(self) -> str:
        """The traceback of the latest crash."""
        return self._stderr

    # --- one request --------------------------------------------------------------------------------------------------

    def _perform(self, op: str, asked: Object) -> Object:
        if op == "hello":
            return self._introduced(asked)
        if op not in OPERATIONS or OPERATIONS[op] not in {None, *self._hello.capabilities} or "run_json" in asked:
            raise RefusedError("unsupported", f"{op!r} with these arguments is not offered")
        if wrong := [name for name, fits in _ARGUMENTS[op].items() if not fits(asked.get(name))]:
            raise RefusedError("invalid_input", f"expected other arguments: {', '.join(wrong)}")
        arguments = [asked[name] for name in _ARGUMENTS[op]]
        if op == "open":
            self._store = self._opened(_existing(arguments[0]))
            return {}
        if op == "identify":
            return {"ids": self._opened.identify(*arguments)}  # type: ignore[attr-defined]
        if self._store is None:
            raise RefusedError("invalid_input", "expected `open` first: no store is open")
        return _ANSWERED[op](getattr(self._store, _METHODS.get(op, op))(*arguments))

    def _introduced(self, asked: Object) -> Object:
        protocols = asked.get("protocols")
        if not isinstance(protocols, list) or not all(map(_is_count, protocols)):
            raise RefusedError("invalid_input", "expected versions of the protocol")
        if not set(protocols) & set(PROTOCOLS):
            raise RefusedError("unsupported", f"expected one of the versions {list(PROTOCOLS)}")
        members = ("protocol", "name", "version", "language", "spec")
        capabilities = sorted(self._hello.capabilities)
        return {**{name: getattr(self._hello, name) for name in members}, "capabilities": capabilities}

    def _answer(self, op: str, answer: Object) -> Answer:
        """The answer, held to its shape as that of any driver."""
        request_id = next(self._ids) if op else None
        try:
            return read_answer(json.dumps({"id": request_id, **answer}).encode(), request_id, op)
        except NoAnswerError as failure:
            raise self._broken(op, failure.verdict, str(failure), failure.breaks) from None

    def _broken(self, op: str, verdict: Breakdown, problem: str, breaks: str | None = None) -> BrokenDriverError:
        self._stderr = traceback.format_exc() if verdict is Breakdown.CRASH else ""
        self._store = None
        message = f"asked for {op}: {problem}"
        return BrokenDriverError(verdict=verdict, message=message, stderr=self._stderr, breaks=breaks)


def _existing(directory: str) -> Path:
    path = Path(directory)
    if not path.is_dir():
        raise RefusedError("storage", f"expected a directory that exists, found {directory!r}")
    return path


# --- the operations ---------------------------------------------------------------------------------------------------


def _is_object(value: Json) -> bool:
    return isinstance(value, dict)


def _is_text(value: Json) -> bool:
    return isinstance(value, str)


def _is_list(value: Json) -> bool:
    return isinstance(value, list)


def _is_count(value: Json) -> bool:
    return type(value) is int and 0 <= value < 2**64


_ARGUMENTS: Final[Mapping[str, Mapping[str, Callable[[Json], bool]]]] = {
    "open": {"store": _is_text},
    "project": {"run": _is_object},
    "identify": {"run": _is_object},
    "events": {"tenant": _is_object, "run_id": _is_text},
    "snapshots": {"tenant": _is_object, "run_id": _is_text},
    "import": {"events": _is_list, "snapshots": _is_list},
    "append": {"tenant": _is_object, "event": _is_object},
    "compact": {"retention_ms": _is_count, "now_ms": _is_count},
    "prune": {"retention_ms": _is_count, "keep": _is_count, "now_ms": _is_count},
}
"""The arguments of each operation, in the order of the method's; what a record holds, the implementation must see."""
_METHODS: Final = {"import": "import_"}
_ANSWERED: Final[Mapping[str, Callable[[Json], Object]]] = {
    "project": lambda projected: {"projected": projected},
    "events": lambda events: {"events": [*events]},
    "snapshots": lambda snapshots: {"snapshots": [*snapshots]},
    "import": lambda _: {},
    "append": lambda appended: {"appended": appended[0], "seq": appended[1]},
    "compact": lambda pruned: {"pruned": pruned},
    "prune": lambda pruned: {"pruned": pruned},
}
