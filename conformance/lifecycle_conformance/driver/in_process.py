"""The reference as a driver in this process, for speed: the same code as behind a pipe."""

from collections import deque
from collections.abc import Collection
from itertools import count
from typing import Final

from lifecycle_conformance.driver.interface import PROTOCOLS, Answer, Breakdown, BrokenDriverError, ExitStatus, Hello
from lifecycle_conformance.driver.messages import NoAnswerError, hello_from, read_answer, request_id, request_line
from lifecycle_conformance.driver.server import Server, StoreKind
from lifecycle_projection.records import Json

_TRACEBACKS_KEPT: Final = 5


class InProcessDriver:
    """Ask the reference, on files or in memory, by the same lines that a child process would get.

    `without` names capabilities that it neither declares nor offers; `server` is what answers, if not the reference's.
    """

    def __init__(
        self, store: StoreKind = "files", *, without: Collection[str] = (), server: type[Server] = Server
    ) -> None:
        self._store = store
        self._made_by = server
        self._without = frozenset(without)
        self._ids = count(1)
        self.restart()

    @property
    def hello(self) -> Hello:
        """How it introduced itself."""
        return self._hello

    def ask(self, op: str, /, **arguments: Json) -> Answer:
        """Send a request and return its answer. Raises :class:`BrokenDriverError` for an answer of a wrong shape."""
        number = request_id(next(self._ids), self._hello.capabilities)
        return self._exchange(request_line(number, op, arguments), number, op)

    def say(self, line: bytes) -> Answer:
        """Send a line that is no request, and return its answer. Raises :class:`BrokenDriverError` likewise."""
        return self._exchange(line + b"\n", None, "a line that is no request")

    def _exchange(self, line: bytes, request_id: int | None, op: str) -> Answer:
        try:
            answer = self._server.answer(line)
        except Exception as error:
            raise BrokenDriverError(
                verdict=Breakdown.CRASH, message=f"asked for {op}: it raised {error!r}", stderr=self.stderr_tail()
            ) from error
        try:
            return read_answer(answer, request_id, op)
        except NoAnswerError as failure:
            raise BrokenDriverError(
                verdict=failure.verdict,
                message=f"asked for {op}: {failure}",
                stderr=self.stderr_tail(),
                breaks=failure.breaks,
            ) from None

    def restart(self, *, kill: bool = False) -> ExitStatus:
        """Start anew: nothing is left but what is on the disk. Returns the status that a process would end with."""
        self._tracebacks: deque[str] = deque(maxlen=_TRACEBACKS_KEPT)
        self._server = self._made_by(self._store, without=self._without, report=self._tracebacks.append)
        number = next(self._ids)
        greeting = request_line(number, "hello", {"protocols": list(PROTOCOLS)})
        self._hello = hello_from(self._exchange(greeting, number, "hello"))
        return None if kill else 0

    def close(self) -> ExitStatus:
        """Do nothing, as there is no process."""
        return 0

    def stderr_tail(self) -> str:
        """The latest tracebacks."""
        return "".join(self._tracebacks)
