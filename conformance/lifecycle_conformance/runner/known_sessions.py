"""The sessions of the distilled corpus, judged by all checks before a search makes up others.

Each of them once told a fault from the reference. So what a search must else find by luck, every check sees at once.
The reference's answers that the corpus keeps play no part in it: here the properties judge.
"""

from collections.abc import Sequence
from functools import cache
from typing import Final

from lifecycle_conformance.driver.interface import Driver
from lifecycle_conformance.execution.session import executed
from lifecycle_conformance.judges.corpus import CorpusCase, load
from lifecycle_conformance.runner.findings import Findings
from lifecycle_conformance.runner.own_driver import own_driver
from lifecycle_conformance.runner.patience import Patience
from lifecycle_conformance.runner.pool import Send, Size
from lifecycle_conformance.runner.search import Factory, checks_for

_KIND: Final = "known sessions"


def known_sessions(capabilities: frozenset[str], nearest_to: str | None = None) -> list[CorpusCase]:
    """The sessions that mean anything to a driver with these capabilities, first those that exercise a requirement."""
    cases = [case for case in _all() if case.needs <= capabilities]
    return sorted(cases, key=lambda case: nearest_to is not None and nearest_to not in case.requirements)


@cache
def _all() -> tuple[CorpusCase, ...]:
    return tuple(load())


def judged_by_known_sessions(send: Send, factory: Factory, requirements: Sequence[str] | None) -> None:
    """Play the known sessions to a driver of its own, and send :class:`Findings` of each."""
    with own_driver(send, factory, _KIND) as driver:
        if driver is not None:
            cases = known_sessions(driver.hello.capabilities)
            send(Size(len(cases)))
            played(send, driver, cases, requirements)


def played(send: Send, driver: Driver, cases: Sequence[CorpusCase], requirements: Sequence[str] | None = None) -> None:
    """Play sessions to a driver, until it has broken too often, and send :class:`Findings` of each."""
    checks, patience = checks_for(requirements), Patience()
    for case in cases:
        session, broke = executed(driver, case.steps, checks)
        findings = Findings()
        findings.note(session, broke)
        if broke is None:
            patience.held()
        elif reason := patience.broke(_KIND, broke.verdict):
            findings.lost.append(f"{_KIND}: given up, {reason}")
            findings.cut = patience.exhausted
            send(findings)
            return
        send(findings)
