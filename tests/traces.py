"""Sessions run with the reference, and steps made wrong by hand, for the tests of the checks."""

from collections.abc import Iterable, Iterator
from typing import Any

from attrs import evolve

from builders import OPEN, RUN_ID, TENANT_KEY
from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.driver.interface import Answer, Refusal
from lifecycle_conformance.execution.judgement import Judgement
from lifecycle_conformance.execution.presuppositions import counted
from lifecycle_conformance.execution.session import Session
from lifecycle_conformance.execution.session import executed as run_to_its_end
from lifecycle_conformance.execution.trace import Owner, Request, Step, Trace
from lifecycle_conformance.judges.properties import CHECKS

OWNER = Owner(TENANT_KEY, RUN_ID)


def executed(requests: Iterable[Request], store: Any = "files", without: Iterable[str] = ()) -> Session:
    """A session with the reference."""
    driver = InProcessDriver(store, without=frozenset(without))
    session, broke = run_to_its_end(driver, [*requests], CHECKS)
    assert broke is None
    assert session.errors == [], "\n".join(each.traceback for each in session.errors)
    return session


def last(*requests: Request, store: str = "files", without: Iterable[str] = ()) -> tuple[Step, Trace]:
    """The last step of a session with an open store, and the steps before it."""
    return last_of(executed([OPEN, *requests], store, without))


def last_of(session: Session) -> tuple[Step, Trace]:
    """The last step of a session, and the steps before it."""
    *earlier, step = session.trace.steps
    return step, Trace(earlier)


# --- what the checks say ----------------------------------------------------------------------------------------------


def judgements(step: Step, trace: Trace) -> dict[str, list[Judgement]]:
    """What all checks say of a step, by requirement."""
    said: dict[str, list[Judgement]] = {}
    for each in counted(_said(step, trace)):
        said.setdefault(each.requirement, []).append(each)
    return said


def _said(step: Step, trace: Trace) -> Iterator[Judgement]:
    for registered in CHECKS:
        for each in registered.judgements(step, trace):
            assert each.requirement in registered.requirements
            yield each


def broken(step: Step, trace: Trace, of: tuple[str, ...] = ("",)) -> set[str]:
    """The requirements that a step breaks, of those whose ids begin so."""
    said = judgements(step, trace)
    return {id_ for id_ in said if id_.startswith(of) and not all(each.holds for each in said[id_])}


def held(step: Step, trace: Trace, of: tuple[str, ...] = ("",)) -> set[str]:
    """The requirements that are judged in a step, of those whose ids begin so; the step breaks none at all."""
    assert broken(step, trace) == set()
    return {id_ for id_ in judgements(step, trace) if id_.startswith(of)}


def held_throughout(session: Session) -> set[str]:
    """The requirements that are judged in a session; no step breaks one."""
    steps = session.trace.steps
    return set[str]().union(*(held(step, Trace(steps[:number])) for number, step in enumerate(steps)))


def broken_in(session: Session, of: tuple[str, ...] = ("",)) -> set[str]:
    """The requirements that a session broke when it was executed, of those whose ids begin so."""
    said = (each.judgement for each in session.judgements)
    return {each.requirement for each in said if not each.holds and each.requirement.startswith(of)}


# --- steps made wrong -------------------------------------------------------------------------------------------------


def shown(step: Step, owner: Owner, **changes: Any) -> Step:
    """A step after which other `events` or `snapshots` of an owner are shown."""
    return evolve(step, after={**step.after, owner: evolve(step.after[owner], **changes)})


def answered(step: Step, **ok: Any) -> Step:
    """A step that was answered otherwise."""
    return evolve(step, answer=Answer(ok=ok))


def refused(step: Step, kind: str = "phase_transition", **data: Any) -> Step:
    """A step that was refused."""
    return evolve(step, answer=Answer(error=Refusal(kind, "no", data)))
