"""No violation is found in a store that lived a legal life, with compaction, pruning, refusals and crashes."""

import os
from collections import Counter
from pathlib import Path
from typing import Any, Final

import hypothesis
import orjson
import pytest
from hypothesis import HealthCheck

from lifecycle_conformance.audit.auditing import audit
from lifecycle_conformance.audit.file_source import FileSource
from lifecycle_conformance.audit.finding import Finding, Severity
from lifecycle_conformance.audit.run_records import RunRecords
from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.driver.interface import Answer
from lifecycle_conformance.execution.workspace import workspace
from lifecycle_conformance.generation.targets import targets
from pools import FOREIGN
from random_stores import DEATHS, GENERATIONS, Engines, Step, plans
from sessions import sessions_around

EXAMPLES: Final = int(os.environ.get("HEALTHY_EXAMPLES", "25"))
"""How many random stores there are of each generation."""
_SESSIONS: Final = 2


def violations(store: Path | str, records: RunRecords | None = None) -> list[Finding]:
    return [each for each in audit(FileSource(store), records) if each.kind.severity is Severity.VIOLATION]


class Audited(InProcessDriver):
    """The reference on files, whose store is audited after each request that may have changed it."""

    def __init__(self) -> None:
        self.stores = 0
        self.audits = 0
        self.violations: list[Finding] = []
        self._path = ""
        super().__init__("files", without=FOREIGN)

    def ask(self, op: str, /, **arguments: Any) -> Answer:
        answer = super().ask(op, **arguments)
        if op == "open":
            self._path = arguments["store"]
            self.stores += 1
        elif op in {"project", "compact", "prune"}:
            self.audits += 1
            self.violations += violations(self._path)
        return answer


TARGETS = targets(InProcessDriver("files", without=FOREIGN).hello.capabilities)


@pytest.mark.parametrize("target", [*TARGETS])
def test_a_legal_life_leaves_nothing_to_report(target: str) -> None:
    driver = Audited()
    sessions_around(driver, target, examples=_SESSIONS, seed=0)
    assert driver.stores >= _SESSIONS
    assert driver.audits > 0
    assert driver.violations == []


@pytest.mark.parametrize("generations", GENERATIONS)
def test_what_each_generation_leaves_is_healthy(generations: str) -> None:
    met: Counter[str] = Counter()

    @hypothesis.settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(plans(GENERATIONS[generations]))
    def live(plan: list[Step]) -> None:
        with workspace() as folder:
            store, runs = Path(folder) / "store", Path(folder) / "runs.json"
            store.mkdir()
            engines = Engines(store)
            engines.play(plan)
            runs.write_bytes(orjson.dumps(engines.runs))
            assert violations(store) == []
            assert violations(store, RunRecords([str(runs)])) == []
            met.update(engines.met)

    live()
    expected = {"pass", *DEATHS} | ({"prune"} if EXAMPLES >= 100 else set())
    expected |= {"phase_transition"} if GENERATIONS[generations][-1] > 2 else set()
    # A few lives of several generations may all end before the one that compacts, or prunes, has its turn.
    expected |= {"compact"} if GENERATIONS[generations][-1] > 3 and EXAMPLES >= 100 else set()
    assert expected - {name for name, count in met.items() if count} == set()
