"""No check raises, and no session does, whatever valid JSON a driver shows: what doesn't fit is a verdict."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders import lifecycle, run_json
from degenerate import Degenerate, of_records, with_members
from lifecycle_conformance.driver.interface import Answer, BrokenDriverError
from lifecycle_conformance.driver.messages import NoAnswerError, read_answer
from lifecycle_conformance.execution.session import Session, executed
from lifecycle_conformance.execution.trace import Object, Request
from lifecycle_conformance.judges import agreement
from lifecycle_conformance.judges.properties import CHECKS
from lifecycle_conformance.specification import schemas
from lifecycle_projection.records import Json
from sessions import sessions

_VALUES: Final[tuple[Json, ...]] = (
    *(None, True, 0, 1, -1, 7, 2**53, 2**63, 2**64 - 1, 1.0, 0.5, -0.0, 1e300),
    *("", "text", "running", "cancelled", "queued", "sleeping", "😀", "node_started", "\x00", "sha256:", "-0"),
    *([], {}, [[]], [None], {"": None}, {"event_id": 7, "seq": "1"}, [{"event_id": "a", "seq": 1.0}], {"a": {"a": []}}),
)
_FREE: Final = ("payload", "checkpoint", "metadata", "phase_history", "allowed_next_phases")


def spoiling(random: Random) -> Any:
    """The reference, some of whose answers are spoiled at some places, and remain answers of the protocol."""

    def change(op: str, _: Object, answer: Answer) -> Answer:
        if op == "hello" or answer.ok is None or random.random() < 0.8:
            return answer
        spoiled = json.loads(json.dumps(answer.ok))
        places = [*_places(spoiled)]
        inner = [each for each in places if set(each) & {*_FREE}]
        for _ in range(random.randint(1, 3)):
            if places:
                _spoil(spoiled, random.choice(inner if inner and random.random() < 0.6 else places), random)
        if not schemas.validator("driver-answer", op).is_valid({"id": 1, "ok": spoiled}):
            return answer
        try:
            return read_answer(json.dumps({"id": 1, "ok": spoiled}).encode(), 1, op)
        except NoAnswerError as error:
            raise BrokenDriverError(verdict=error.verdict, message=str(error), stderr="") from None

    return Degenerate(change)


def _places(value: Json, where: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of each value inside a value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inside:
        yield (*where, name)
        yield from _places(each, (*where, name))


def _spoil(value: Any, path: tuple[str | int, ...], random: Random) -> None:
    """Replace, remove, repeat or add something at a place, if it is still there."""
    *outer, last = path
    try:
        for name in outer:
            value = value[name]
        there = value[last]
    except (KeyError, IndexError, TypeError):
        return  # another spoiling has taken it away
    if isinstance(value, dict):
        del value[last]
        if random.random() < 0.8:
            value[last] = json.loads(json.dumps(random.choice(_VALUES)))
    elif isinstance(value, list) and isinstance(last, int):
        value[last:] = random.choice([[random.choice(_VALUES)], [], [there, *value[last:]]])


@settings(max_examples=50, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_no_check_raises_whatever_valid_json_is_shown(data: st.DataObject) -> None:
    session = data.draw(st.sampled_from(sessions()))
    driver = spoiling(Random(data.draw(st.integers(0, 2**32))))
    session, _ = executed(driver, session.requests, [*CHECKS, agreement.REGISTERED])
    assert session.errors == []


@pytest.mark.parametrize(
    ("kind", "name", "value", "says"),
    [
        ("events", "seq", 1.0, "`seq`"),
        ("snapshots", "seq", 1.0, "`seq`"),
        ("snapshots", "created_at_ms", 10.0, "`created_at_ms`"),
        ("events", "seq", True, "`seq`"),
        ("events", "scope", [], "`scope`"),
    ],
)
def test_a_record_that_does_not_fit_is_a_verdict(kind: str, name: str, value: Json, says: str) -> None:
    """A misfit is told under DRIVER-5, and ends the session."""
    requests: list[Request] = [("open", {"store": 0}), ("project", {"run": run_json(lifecycle("node_started", 10))})]
    showing: Any = Degenerate(of_records(kind, with_members(**{name: value})), "memory")
    session, broke = executed(showing, requests, [*CHECKS, agreement.REGISTERED])
    assert broke is None
    assert session.errors == []
    assert said(session) == ["DRIVER-5"]
    assert says in str(session.judgements[-1].judgement)


def said(session: Session) -> list[str]:
    return [each.judgement.requirement for each in session.judgements if not each.judgement.holds]
