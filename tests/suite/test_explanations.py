"""Few causes for many failures: what explains most of them comes first, and what it breaks is mended first."""

import pytest
from attrs import evolve

from lifecycle_conformance.report.explanations import Explanation, explanations
from lifecycle_conformance.report.ranking import name_of, worst_first
from lifecycle_conformance.report.start import behaves_like, mend_first
from lifecycle_conformance.runner.verdicts import JudgeResult
from test_report import NOT_RECORDED, failed, report

BY_NAME, BY_NAME_AND_TIME, REPLACING = "occurrence-per-event-name", "occurrence-per-name-and-time", "listed-ids-replace"
SKIPPING_0 = "listed-with-seq-0-skipped"
TWO_FAULTS = {
    "ALIAS-2": (REPLACING,),
    "ALIAS-4": (SKIPPING_0, REPLACING),
    "OCC-1": (BY_NAME, BY_NAME_AND_TIME),
    "EVENT-3": (BY_NAME_AND_TIME,),
    "PASS-12": (BY_NAME_AND_TIME,),
    "LOG-1": (),
}


@pytest.mark.parametrize(
    ("like", "expected"),
    [
        ({}, []),
        ({"OCC-1": ()}, []),
        ({"OCC-1": (BY_NAME, BY_NAME_AND_TIME)}, [((BY_NAME, BY_NAME_AND_TIME), ("OCC-1",))]),
        (
            TWO_FAULTS,
            [((BY_NAME_AND_TIME,), ("OCC-1", "EVENT-3", "PASS-12")), ((REPLACING,), ("ALIAS-2", "ALIAS-4"))],
        ),
        # Of those that explain equally much, one whose requirement is broken comes first.
        (
            {"PASS-12": (REPLACING, BY_NAME), "OCC-1": (BY_NAME, REPLACING)},
            [((BY_NAME, REPLACING), ("PASS-12", "OCC-1"))],
        ),
    ],
)
def test_what_explains_most_comes_first(
    like: dict[str, tuple[str, ...]], expected: list[tuple[tuple[str, ...], tuple[str, ...]]]
) -> None:
    assert explanations(like) == [Explanation(*each) for each in expected]


def test_what_a_fault_breaks_is_mended_before_its_consequences() -> None:
    """EVENT-3 is broken in a larger share of its cases than OCC-1, of which it is a consequence."""
    found = report(*(failed(id_, broken=3 + 4 * n, like=like) for n, (id_, like) in enumerate(TWO_FAULTS.items())))
    order = worst_first(found)
    assert [name_of(each) for each in order] == ["OCC-1", "ALIAS-4", "LOG-1", "PASS-12", "EVENT-3", "ALIAS-2"]
    assert mend_first(found, order).startswith("OCC-1 ")
    told = f"{BY_NAME_AND_TIME} in OCC-1, PASS-12, EVENT-3; {REPLACING} in ALIAS-4, ALIAS-2"
    assert behaves_like(order) == told


def test_one_failure_alone_is_ranked_by_its_weight() -> None:
    found = report(failed("OCC-1", broken=4, like=(BY_NAME,)), failed("LOG-1", broken=40))
    assert [name_of(each) for each in worst_first(found)] == ["LOG-1", "OCC-1"]
    assert behaves_like(worst_first(found)) == f"{BY_NAME} in OCC-1"


def test_requirements_are_named_before_agreement() -> None:
    agreement = JudgeResult(agreed=1, differing=9, failure=evolve(NOT_RECORDED, like=(BY_NAME,)))
    longer = evolve(NOT_RECORDED, requests=NOT_RECORDED.requests * 2, like=(BY_NAME,))
    found = report(evolve(failed("OCC-1"), failure=longer), agreement=agreement)
    assert [name_of(each) for each in worst_first(found)] == ["agreement", "OCC-1"]
    assert behaves_like(worst_first(found)) == f"{BY_NAME} in OCC-1, agreement"


def test_agreement_comes_first_only_where_its_session_is_the_shortest() -> None:
    """A requirement that the same session breaks says more than that whole answers differ."""
    longer = evolve(NOT_RECORDED, requests=NOT_RECORDED.requests * 2)
    found = report(
        evolve(failed("PASS-2", broken=40), failure=longer),
        failed("PASS-3"),
        agreement=JudgeResult(agreed=1, differing=9, failure=NOT_RECORDED),
    )
    assert [name_of(each) for each in worst_first(found)] == ["PASS-2", "agreement", "PASS-3"]


def test_many_explanations_are_told_shortly() -> None:
    faults = BY_NAME, REPLACING, SKIPPING_0, "guard-off"
    found = report(*(failed(f"PASS-{number}", like=(fault,)) for number, fault in enumerate(faults, start=2)))
    assert behaves_like(worst_first(found)).endswith("; 1 more")
    many = report(failed("OCC-1", like=(BY_NAME, BY_NAME_AND_TIME, REPLACING, SKIPPING_0)))
    assert behaves_like(worst_first(many)) == f"{BY_NAME}, {BY_NAME_AND_TIME} or 2 others in OCC-1"
    assert behaves_like(worst_first(report(failed("OCC-1")))) == ""
