"""Where each requirement is judged: the table that a search for faults begins by."""

from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.runner.reach import reach
from lifecycle_conformance.runner.search import kinds_of
from lifecycle_conformance.specification import requirements
from lifecycle_conformance.specification.requirements import Judge


def test_each_requirement_that_properties_judge_has_its_kinds_of_case() -> None:
    judged = {each.id for each in requirements.load().values() if each.judge in {Judge.PROPERTY, Judge.FILES}}
    assert judged <= reach().keys(), "run `make tags`"


def test_each_kind_of_case_is_one_that_there_is() -> None:
    there = {kind for store in ("files", "memory") for kind in kinds_of(InProcessDriver(store).hello.capabilities)}  # type: ignore[arg-type]
    assert {kind for kinds in reach().values() for kind in kinds} <= there
