"""The awkward texts and numbers: each unmasks the faulty implementation that it is there for."""

from collections.abc import Sequence
from typing import Any

import pytest

from builders import OPEN, Object, Request, lifecycle
from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.generation import alphabets
from lifecycle_conformance.generation.alphabets import AWKWARD, AWKWARD_NUMBERS, AWKWARD_NUMBERS_TOLD_APART
from lifecycle_conformance.generation.strategies import numbers, run_record, unsigned
from lifecycle_conformance.mutants import MUTANTS, Mutant
from lifecycle_conformance.runner.strength.likeness import Behaviour, behaviour
from lifecycle_projection.records import Json

_PLAIN = "plain"


def session(text: str) -> list[Request]:
    """A pass over a run that holds a text wherever one may stand."""
    metadata = {**dict.fromkeys(("node_id", "wait_id", "delivery_id", text), text), "claim": {"claim_id": text}}
    history = [
        lifecycle(text, 1, metadata=metadata, reason=text),
        lifecycle("node_started", 2, metadata={"note": {"😀": 1, "#": 1, text: 1}}),
        lifecycle("node_started", 3, reason=text),
        # Beside one without it, so that each may count as the other.
        lifecycle("node_started", 3),
    ]
    checkpoint: Object = {
        "lifecycle_history": history,
        "completed_nodes": [text],
        "node_outputs": {text: None, "😀": None, "z": None},
    }
    tenant = {"org_id": text, "workspace_id": text}
    return [OPEN, ("project", {"run": run_record(text, tenant, "running", automation_id=text, checkpoint=checkpoint)})]


def session_with(number: Json) -> list[Request]:
    """Two passes over a run that holds a number wherever one may stand."""
    attempts = number if isinstance(number, int) and 0 <= number < 2**32 else 1
    checkpoint: Object = {
        "lifecycle_history": [
            lifecycle("node_started", 1, metadata={"note": number, "claim": {"claim_id": "a", "claim_epoch": number}}),
            lifecycle("node_started", number if isinstance(number, int) and number >= 0 else 1),
        ],
        "node_outputs": {"node-a": number},
        "node_attempts": {"node-a": attempts},
    }
    tenant = {"org_id": "org-a", "workspace_id": "ws-a"}
    run = run_record("run-1", tenant, "running", checkpoint=checkpoint)
    return [OPEN, ("project", {"run": run}), ("project", {"run": run})]


def of_mutant(mutant: Mutant, requests: Sequence[Request]) -> Behaviour:
    with mutant.applied():
        return behaviour(InProcessDriver(mutant.store), requests)


def differs(mutant: Mutant, requests: Sequence[Request]) -> bool:
    return not of_mutant(mutant, requests).is_like(behaviour(InProcessDriver(mutant.store), requests))


@pytest.mark.parametrize(("text", "name"), AWKWARD, ids=[ascii(text) for text, _ in AWKWARD])
def test_each_text_unmasks_the_fault_that_it_is_there_for(text: str, name: str) -> None:
    assert differs(MUTANTS[name], session(text))
    assert not differs(MUTANTS[name], session(_PLAIN)), "any text would do"


@pytest.mark.parametrize(("number", "name"), [*AWKWARD_NUMBERS, *AWKWARD_NUMBERS_TOLD_APART], ids=repr)
def test_each_number_unmasks_the_fault_that_it_is_there_for(number: Json, name: str) -> None:
    assert differs(MUTANTS[name], session_with(number))
    assert not differs(MUTANTS[name], session_with(1)), "any number would do"


def test_each_number_may_stand_in_each_place() -> None:
    for capabilities, table in (
        (frozenset[str](), AWKWARD_NUMBERS),
        (frozenset({"json-numbers"}), (*AWKWARD_NUMBERS, *AWKWARD_NUMBERS_TOLD_APART)),
    ):
        awkward = {repr(number) for number, _ in table}
        assert awkward <= {repr(each) for each in elements(numbers(capabilities))}
        whole = {repr(number) for number, _ in table if isinstance(number, int) and number >= 0}
        assert whole <= {repr(each) for each in elements(unsigned(capabilities))}


def elements(strategy: Any) -> Sequence[Json]:
    """What a strategy that samples from a list draws from."""
    found: Sequence[Json] = strategy.elements
    return found


@pytest.mark.parametrize(
    "texts",
    ["EVENT_NAMES", "RUN_IDS", "AUTOMATION_IDS", "SESSION_IDS", "NODE_IDS", "TRIGGERS", "TEXTS", "MEMBER_NAMES"],
)
def test_each_text_may_stand_in_each_place(texts: str) -> None:
    assert {text for text, _ in AWKWARD} <= {*vars(alphabets)[texts]}
