"""The reference as a driver without a process: the same code as behind a pipe, for speed."""

from collections import deque
from collections.abc import Collection
from itertools import count
from typing import Final

from lifecycle_conformance.driver.interface import PROTOCOLS, Answer, BrokenDriverError, Hello
from lifecycle_conformance.driver.messages import NoAnswerError, hello_from, read_answer, request_line
from lifecycle_conformance.driver.server import Server, StoreKind
from lifecycle_projection.records import Json

_TRACEBACKS_KEPT: Final = 5


class InProcessDriver:
    """Ask the reference, on files or in memory, by the same lines that a child process would get.

    `without` names capabilities that it is not to have, as a lesser implementation.
    """

    def __init__(self, store: StoreKind = "files", *, without: Collection[str] = ()) -> None:
        self._store = store
        self._without = frozenset(without)
        self._ids = count(1)
        self.restart()

    @property
    def hello(self) -> Hello:
        """How it introduced itself."""
        return self._hello

    def ask(self, op: str, **arguments: Json) -> Answer:
        """Send a request and give its answer. Raises :class:`BrokenDriverError` for an answer of a wrong shape."""
        request_id = next(self._ids)
        line = self._server.answer(request_line(request_id, op, arguments))
        try:
            return read_answer(line, request_id, op)
        except NoAnswerError as failure:
            raise BrokenDriverError(
                verdict=failure.verdict, message=f"asked for {op}: {failure}", stderr=self.stderr_tail()
            ) from None

    def restart(self, *, kill: bool = False) -> None:  # noqa: ARG002 - there is nothing to kill
        """Start anew: nothing is left but what is on the disk."""
        self._tracebacks: deque[str] = deque(maxlen=_TRACEBACKS_KEPT)
        self._server = Server(self._store, without=self._without, report=self._tracebacks.append)
        self._hello = hello_from(self.ask("hello", protocols=list(PROTOCOLS)))

    def close(self) -> None:
        """Do nothing: there is no process."""

    def stderr_tail(self) -> str:
        """Give the latest tracebacks."""
        return "".join(self._tracebacks)
