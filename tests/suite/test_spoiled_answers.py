"""No check raises, and no session does, whatever valid JSON a driver shows: what doesn't fit is a verdict."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders import lifecycle, run_json
from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.driver.interface import Answer, BrokenDriverError
from lifecycle_conformance.driver.messages import NoAnswerError, read_answer
from lifecycle_conformance.execution.session import Session, executed
from lifecycle_conformance.execution.trace import Request
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


class Spoiling:
    """The reference, some of whose answers are spoiled at some places, and remain answers of the protocol."""

    def __init__(self, random: Random) -> None:
        self._inner = InProcessDriver("files")
        self._random = random

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def ask(self, op: str, **arguments: Any) -> Answer:
        answer = self._inner.ask(op, **arguments)
        if op == "hello" or answer.ok is None or self._random.random() < 0.8:
            return answer
        spoiled = json.loads(json.dumps(answer.ok))
        places = [*_places(spoiled)]
        inner = [each for each in places if set(each) & {*_FREE}]
        for _ in range(self._random.randint(1, 3)):
            if places:
                _spoil(
                    spoiled,
                    self._random.choice(inner if inner and self._random.random() < 0.6 else places),
                    self._random,
                )
        if not schemas.validator("driver-answer", op).is_valid({"id": 1, "ok": spoiled}):
            return answer
        try:
            return read_answer(json.dumps({"id": 1, "ok": spoiled}).encode(), 1, op)
        except NoAnswerError as error:
            raise BrokenDriverError(verdict=error.verdict, message=str(error), stderr="") from None


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


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_no_check_raises_whatever_valid_json_is_shown(data: st.DataObject) -> None:
    session = data.draw(st.sampled_from(sessions()))
    driver = Spoiling(Random(data.draw(st.integers(0, 2**32))))
    session, _ = executed(driver, session.requests, [*CHECKS, agreement.REGISTERED])
    assert session.errors == []


class Showing:
    """The reference, with one member of each event or snapshot replaced."""

    def __init__(self, kind: str, name: str, value: Json) -> None:
        self._inner = InProcessDriver("memory")
        self._kind, self._name, self._value = kind, name, value

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def ask(self, op: str, **arguments: Any) -> Answer:
        answer = self._inner.ask(op, **arguments)
        if op != self._kind or answer.ok is None:
            return answer
        return Answer(ok={op: [{**each, self._name: self._value} for each in answer.ok[op]]})


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
    session, broke = executed(Showing(kind, name, value), requests, [*CHECKS, agreement.REGISTERED])
    assert broke is None
    assert session.errors == []
    assert said(session) == ["DRIVER-5"]
    assert says in str(session.judgements[-1].judgement)


def said(session: Session) -> list[str]:
    return [each.judgement.requirement for each in session.judgements if not each.judgement.holds]
