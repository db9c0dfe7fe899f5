"""Sessions run with the reference, and steps made wrong by hand, for the tests of the checks."""

from collections.abc import Iterable, Iterator
from typing import Any

from attrs import evolve

from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.driver.interface import Answer
from lifecycle_conformance.execution.judgement import Judgement
from lifecycle_conformance.execution.presuppositions import counted
from lifecycle_conformance.execution.session import Session
from lifecycle_conformance.execution.session import executed as run_to_its_end
from lifecycle_conformance.execution.trace import Owner, Request, Step, Trace
from lifecycle_conformance.judges.properties import CHECKS

OPEN: Request = ("open", {"store": 0})


def executed(requests: Iterable[Request], store: Any = "files", without: Iterable[str] = ()) -> Session:
    """Run a session with the reference."""
    driver = InProcessDriver(store, without=frozenset(without))
    session, broke = run_to_its_end(driver, [*requests], CHECKS)
    assert broke is None
    assert session.errors == [], "\n".join(each.traceback for each in session.errors)
    return session


def judgements(step: Step, trace: Trace) -> dict[str, list[Judgement]]:
    """Let all checks judge a step; give what they said of each requirement."""
    said: dict[str, list[Judgement]] = {}
    for each in counted(_said(step, trace)):
        said.setdefault(each.requirement, []).append(each)
    return said


def _said(step: Step, trace: Trace) -> Iterator[Judgement]:
    for registered in CHECKS:
        for each in registered.judgements(step, trace):
            assert each.requirement in registered.requirements
            yield each


def broken(step: Step, trace: Trace) -> set[str]:
    """Name the requirements that a step breaks."""
    return {id_ for id_, said in judgements(step, trace).items() if not all(each.holds for each in said)}


def shown(step: Step, owner: Owner, **changes: Any) -> Step:
    """Give a step after which other `events` or `snapshots` of an owner are shown."""
    return evolve(step, after={**step.after, owner: evolve(step.after[owner], **changes)})


def answered(step: Step, **ok: Any) -> Step:
    """Give a step that was answered otherwise."""
    return evolve(step, answer=Answer(ok=ok))
