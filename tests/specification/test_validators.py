"""The fast validator says the same as the normative one, on production's own records and on broken ones."""

import json
from itertools import islice

import pytest

from lifecycle_conformance.judges import vectors
from lifecycle_conformance.specification import schemas
from schemas_broken import broken

KINDS = {"events": ("event-stored", "event-written"), "snapshots": ("snapshot-stored", "snapshot-written")}


@pytest.mark.parametrize("kind", KINDS)
def test_both_judge_what_production_showed_alike(kind: str) -> None:
    shown = (
        record
        for scenario in vectors.stream()
        for answer in scenario.answers
        for record in answer.get("ok", {}).get(kind, ())
    )
    for record in islice({json.dumps(each): each for each in shown}.values(), 150):
        for name in KINDS[kind]:
            assert schemas.is_valid(name, record) == (not schemas.problems(name, record))


def test_both_refuse_what_is_broken_and_take_what_is_not() -> None:
    for each in broken():
        if each.definition is None:
            assert not schemas.is_valid(each.schema, each.document), each.row
    for name, schema in schemas.load().items():
        for example in schema.get("examples", ()):
            assert schemas.is_valid(name, example), name
