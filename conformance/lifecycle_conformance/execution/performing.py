"""Doing the requests of a session: those of the protocol are sent, those of the harness are done by hand.

Whoever judges what comes of them, looks at the stores, or writes the answers down, stands on this.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from lifecycle_conformance.driver.interface import Answer, Driver
from lifecycle_conformance.execution.file_operations import append_partial_line, put, remove
from lifecycle_conformance.execution.trace import Object
from lifecycle_conformance.execution.workspace import workspace


def line_of(arguments: Object) -> bytes:
    """What a `say` sends, without the end of the line."""
    return arguments["line"].encode() if "line" in arguments else bytes.fromhex(arguments["bytes"])


class Performer:
    """Does requests, one after the other, in stores of its own; :meth:`Session.do` lists those of the harness.

    `store` is the number of the store that is open.
    """

    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        self.store: int | None = None
        self._workspace = workspace()
        self._by_hand: Final[Mapping[str, Callable[[Object], Answer]]] = {
            "greet": self._fresh_process,
            "open": self._open,
            "restart": self._restart,
            "refuse": self._refuse,
            "say": lambda arguments: self.driver.say(line_of(arguments)),
            "tear": self._on_files(append_partial_line),
            "put": self._on_files(put),
            "remove": self._on_files(remove),
        }

    def end(self) -> None:
        """Remove the stores."""
        self._workspace.cleanup()

    def do(self, op: str, arguments: Object) -> Answer:
        """Do a request. Raises what :meth:`Driver.ask` raises, and :class:`OutsideError`."""
        by_hand = self._by_hand.get(op)
        return self.driver.ask(op, **arguments) if by_hand is None else by_hand(arguments)

    def folder(self) -> Path:
        """The directory of the store that is open."""
        return Path(self.directory(f"store-{self.store}"))

    def directory(self, name: str) -> str:
        """A directory of this session; it is made anew where an implementation removed it."""
        directory = f"{self._workspace.name}/{name}"
        if not os.path.isdir(directory):  # noqa: PTH112 - this is asked twice a step
            os.mkdir(directory)  # noqa: PTH102
        return directory

    def _fresh_process(self, _: Object) -> Answer:
        self.store = None
        return Answer(ok={"exit_status": self.driver.restart()})

    def _open(self, arguments: Object) -> Answer:
        answer = self.driver.ask("open", store=self.directory(f"store-{arguments['store']}"))
        if answer.ok is not None:
            self.store = arguments["store"]
        return answer

    def _refuse(self, arguments: Object) -> Answer:
        request: Object = {**arguments["request"]}
        op: str = request.pop("op")
        if isinstance(store := request.get("store"), str):
            request["store"] = f"{self._workspace.name}/{store}"
        return self.driver.ask(op, **request)

    def _restart(self, arguments: Object) -> Answer:
        status = self.driver.restart(kill=bool(arguments["kill"]))
        answer = self.driver.ask("open", store=self.directory(f"store-{self.store}"))
        if answer.ok is None:
            self.store = None
            return answer
        return Answer(ok={"exit_status": status})

    def _on_files(self, operate: Callable[[Path, Object], None]) -> Callable[[Object], Answer]:
        def done(arguments: Object) -> Answer:
            operate(self.folder(), arguments)
            return Answer(ok={})

        return done
