"""No violation is found in a store that lived a legal life: through passes, compaction, pruning and refusals."""

from typing import Any

import pytest

from lifecycle_conformance.audit.auditing import audit
from lifecycle_conformance.audit.file_source import FileSource
from lifecycle_conformance.audit.finding import Finding, Severity
from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.driver.interface import Answer
from lifecycle_conformance.generation.targets import targets
from sessions import sessions_around

_FOREIGN = {"import", "append", "files"}
"""What lets a session put into a store what no pass leaves."""
_EXAMPLES = 2


class Audited(InProcessDriver):
    """The reference on files, whose store is audited after each request that may have changed it."""

    def __init__(self) -> None:
        self.stores = 0
        self.audits = 0
        self.violations: list[Finding] = []
        self._path = ""
        super().__init__("files", without=_FOREIGN)

    def ask(self, op: str, /, **arguments: Any) -> Answer:
        answer = super().ask(op, **arguments)
        if op == "open":
            self._path = arguments["store"]
            self.stores += 1
        elif op in {"project", "compact", "prune"}:
            self.audits += 1
            found = audit(FileSource(self._path))
            self.violations += [each for each in found if each.kind.severity is Severity.VIOLATION]
        return answer


TARGETS = targets(InProcessDriver("files", without=_FOREIGN).hello.capabilities)


@pytest.mark.parametrize("target", [*TARGETS])
def test_a_legal_life_leaves_nothing_to_report(target: str) -> None:
    driver = Audited()
    sessions_around(driver, target, examples=_EXAMPLES, seed=0)
    assert driver.stores >= _EXAMPLES
    assert driver.audits > 0
    assert driver.violations == []
