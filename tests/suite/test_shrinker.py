"""How sessions are made smaller: whatever the proof, what is left still proves it, and nothing more can go."""

from collections.abc import Sequence
from typing import Any

import pytest

import builders
from builders import OPEN, lifecycle
from lifecycle_conformance.driver.interface import Breakdown
from lifecycle_conformance.execution.trace import Request
from lifecycle_conformance.runner.shrinker import reduced
from lifecycle_conformance.runner.verdicts import Failure

MANY = 10_000


def project(*events: str, **members: Any) -> Request:
    history = [lifecycle(each, 7, metadata={"node_id": "n", "list": [1, 2]}) for each in events]
    return builders.project(*history, **{"run_id": "a long run id", "created_at_ms": 1000, **members})


class Proof:
    """Holds while some event is projected after a compaction, and counts how often it is asked."""

    def __init__(self, event: str) -> None:
        self.asked = 0
        self._event = event

    def __call__(self, requests: Sequence[Request]) -> Failure | None:
        self.asked += 1
        ops = [op for op, _ in requests]
        after = requests[ops.index("compact") :] if "compact" in ops else ()
        names = [
            record["event"]
            for op, arguments in after
            if op == "project"
            for record in arguments["run"]["checkpoint"].get("lifecycle_history", [])
        ]
        return Failure(requests=tuple(requests), message="proved") if self._event in names else None


SESSION: tuple[Request, ...] = (
    OPEN,
    project("one"),
    project("one", "two", pause_reason="tired"),
    ("compact", {"retention_ms": 10, "now_ms": 100}),
    ("restart", {"kill": True}),
    project("one", "two", "needed", "three", active_session_ids=["s"]),
    ("prune", {"retention_ms": 10, "keep": 1, "now_ms": 100}),
    project("one", "two", "needed", "three"),
)


def test_what_is_not_needed_goes_and_what_is_needed_stays() -> None:
    found = reduced(Failure(requests=SESSION, message="found"), Proof("needed"), MANY)
    assert found.shrunk
    assert found.message == "proved"
    opened, compacted, projected = found.requests
    assert (opened, compacted) == (OPEN, ("compact", {"retention_ms": 0, "now_ms": 0}))
    run = projected[1]["run"]
    assert run["checkpoint"] == {"lifecycle_history": [{"event": "needed", "recorded_at_ms": 0}]}
    assert run.keys() == {
        "run_id", "automation_id", "trigger_type", "status", "created_at_ms", "updated_at_ms", "checkpoint",
    }  # fmt: skip


@pytest.mark.parametrize("needed", [project("one"), ("put", {"path": "a", "text": ""}), ("restart", {"kill": True})])
def test_the_store_that_a_request_needs_stays_open(needed: Request) -> None:
    """Else the request would be refused for that (DRIVER-14), and the refusal taken for the failure."""

    def proof(requests: Sequence[Request]) -> Failure | None:
        return Failure(requests=tuple(requests), message="proved")

    greet: Request = ("greet", {})
    session = (greet, OPEN, project("two"), needed, ("refuse", {"request": {}, "kind": "unsupported", "because": []}))
    assert [op for op, _ in reduced(Failure(requests=session, message="found"), proof, MANY).requests][-1] == "refuse"
    found = reduced(Failure(requests=session[:-1], message="found"), proof, MANY)
    assert [op for op, _ in found.requests] == ["open", needed[0]]


def test_what_can_not_be_done_without_a_request_keeps_it() -> None:
    """Where a folder stands in the way of a file, the suite itself fails."""

    def proof(requests: Sequence[Request]) -> Failure | None:
        if ("put", {"path": "a", "text": ""}) not in requests:
            raise IsADirectoryError
        return Failure(requests=tuple(requests), message="proved")

    session = (OPEN, ("put", {"path": "a", "text": ""}), project("one"), ("remove", {"path": "a"}))
    found = reduced(Failure(requests=session, message="found"), proof, MANY)
    assert found.requests == (OPEN, session[1], session[3])


def test_no_request_that_breaks_the_protocol_is_tried() -> None:
    """Whatever is tried is valid by the schema of requests: else a right refusal would be taken for a fault."""
    tried: list[Sequence[Request]] = []

    def proof(requests: Sequence[Request]) -> Failure | None:
        tried.append(requests)
        return Failure(requests=tuple(requests), message="")

    reduced(Failure(requests=SESSION, message=""), proof, MANY)
    assert tried
    for requests in tried:
        assert requests[0][0] == "open"
        assert all("status" in arguments["run"] for op, arguments in requests if op == "project")


def test_a_reading_that_does_not_matter_goes_also_where_it_comes_first() -> None:
    """B15: what follows on cases of input must begin with a store of its own."""
    plain = {"run": {}, "means": {}, "because": "REC-4"}
    refuse: Request = ("refuse", {"request": {"op": "dance"}, "kind": "unsupported", "because": ["REC-1"]})

    def proof(requests: Sequence[Request]) -> Failure | None:
        return Failure(requests=tuple(requests), message="") if refuse in requests else None

    found = reduced(Failure(requests=(("read", plain), OPEN, refuse), message=""), proof, 1000)
    assert found.requests == (OPEN, refuse)


def test_without_attempts_the_session_is_told_as_it_was_found() -> None:
    failure = Failure(requests=SESSION, message="found")
    proof = Proof("needed")
    assert reduced(failure, proof, 0) == failure
    assert proof.asked == 0


def test_what_was_tried_is_not_tried_again() -> None:
    proof = Proof("needed")
    smallest = reduced(Failure(requests=SESSION, message="found"), proof, MANY)
    again = Proof("needed")
    assert reduced(smallest, again, MANY).requests == smallest.requests
    assert again.asked < proof.asked


def test_attempts_are_counted_and_hangs_are_few() -> None:
    """No clock decides how small a session becomes."""
    proof = Proof("needed")
    assert reduced(Failure(requests=SESSION, message="found"), proof, 7).message == "proved"
    assert proof.asked == 7
    hangs = 0

    def hanging(requests: Sequence[Request]) -> Failure | None:
        nonlocal hangs
        hangs += 1
        return Failure(requests=tuple(requests), message="", broke=Breakdown.TIMEOUT)

    assert len(reduced(Failure(requests=SESSION, message=""), hanging, MANY).requests) < len(SESSION)
    assert hangs == 3
