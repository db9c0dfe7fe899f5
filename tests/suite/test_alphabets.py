"""The awkward texts: each unmasks the faulty implementation that it is there for."""

import pytest

from builders import OPEN, Object, Request, lifecycle
from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.generation import alphabets
from lifecycle_conformance.generation.alphabets import AWKWARD
from lifecycle_conformance.generation.strategies import run_record
from lifecycle_conformance.mutants import MUTANTS, Mutant
from lifecycle_conformance.runner.likeness import Behaviour, behaviour

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


def of_mutant(mutant: Mutant, text: str) -> Behaviour:
    with mutant.applied():
        return behaviour(InProcessDriver(mutant.store), session(text))


def of_reference(mutant: Mutant, text: str) -> Behaviour:
    return behaviour(InProcessDriver(mutant.store), session(text))


@pytest.mark.parametrize(("text", "name"), AWKWARD, ids=[ascii(text) for text, _ in AWKWARD])
def test_each_unmasks_the_fault_that_it_is_there_for(text: str, name: str) -> None:
    mutant = MUTANTS[name]
    assert not of_mutant(mutant, text).is_like(of_reference(mutant, text))
    assert of_mutant(mutant, _PLAIN).is_like(of_reference(mutant, _PLAIN)), "any text would do"


@pytest.mark.parametrize(
    "texts",
    ["EVENT_NAMES", "RUN_IDS", "AUTOMATION_IDS", "SESSION_IDS", "NODE_IDS", "TRIGGERS", "TEXTS", "MEMBER_NAMES"],
)
def test_each_may_stand_in_each_place(texts: str) -> None:
    assert {text for text, _ in AWKWARD} <= {*vars(alphabets)[texts]}
