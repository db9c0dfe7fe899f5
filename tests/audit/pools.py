"""Pools of random healthy stores, made once for all tests: of engines of each generation, and of the state machine."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import hypothesis
from hypothesis import HealthCheck, Phase

from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.driver.interface import Answer
from lifecycle_conformance.execution.workspace import workspace
from lifecycle_conformance.generation.targets import targets
from random_stores import GENERATIONS, Engines, plans
from sessions import sessions_around
from stored_files import StoredFiles

FOREIGN: Final = frozenset({"import", "append", "files"})
"""What lets a session put into a store what no pass leaves."""
MACHINE: Final = "the state machine"
MAKERS: Final = (*GENERATIONS, MACHINE)


@cache
def pool(maker: str, size: int, seed: int = 0) -> Sequence[StoredFiles]:
    """So many stores of one maker, all of them healthy."""
    return _of_sessions(size, seed) if maker == MACHINE else _of_engines(maker, size, seed)


def _of_engines(maker: str, size: int, seed: int) -> list[StoredFiles]:
    found = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=size,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(plans(GENERATIONS[maker], crashes=False))
    def live(plan: Any) -> None:
        with workspace() as folder:
            engines = Engines(Path(folder))
            engines.play(plan)
            found.append(StoredFiles.read(engines.folder, engines.runs))

    live()
    return found


class _Keeping(InProcessDriver):
    """The reference on files; what its stores held at last is kept."""

    def __init__(self) -> None:
        super().__init__("files", without=FOREIGN)
        self.kept: dict[str, StoredFiles] = {}
        self._store, self._runs = "", dict[str, Any]()

    def ask(self, op: str, /, **arguments: Any) -> Answer:
        answer = super().ask(op, **arguments)
        if op == "open":
            self._store, self._runs = arguments["store"], {}
        elif op in {"project", "compact", "prune"}:
            if op == "project" and (answer.error is None or answer.error.kind != "invalid_input"):
                self._runs[arguments["run"]["run_id"]] = arguments["run"]
            self.kept[self._store] = StoredFiles.read(Path(self._store), self._runs)
        return answer


def _of_sessions(size: int, seed: int) -> list[StoredFiles]:
    """A store of a session round each target, and round each again, until there are enough."""
    driver = _Keeping()
    aims = [*targets(driver.hello.capabilities)]
    for number in range(size):
        if len(driver.kept) >= size:
            break
        sessions_around(driver, aims[number % len(aims)], examples=2, seed=seed + number)
    return [*driver.kept.values()][:size]
