"""The engine that says which wrong reading explains what was seen."""

from typing import Any

from builders import OPEN, project
from lifecycle_conformance.execution.trace import Trace
from lifecycle_conformance.judges.attribution import alias_hypotheses
from lifecycle_conformance.judges.attribution.hypotheses import Evidence, Hypothesis, Observation, named
from lifecycle_conformance.judges.attribution.recognition import recognition
from lifecycle_conformance.model.alias_alterations import ALTERATIONS
from lifecycle_conformance.mutants import MUTANTS
from traces import executed

BROAD = Hypothesis("WHOLE-1", "all are wrong", covers=frozenset({"ODD-1"}))
ODD = Hypothesis("ODD-1", "odd ones are wrong")
OTHER = Hypothesis("OTHER-1", "wrong in another way")


def seen(actual: dict[str, str], odd: set[str]) -> Observation[str, str]:
    """Let parts be seen, all of which are right as `x`; the broad mistake makes `!` of each, the narrow one of some."""
    right = dict.fromkeys(actual, "x")
    predictions = {
        BROAD: dict.fromkeys(actual, "!"),
        ODD: {part: "!" if part in odd else "x" for part in actual},
        OTHER: dict.fromkeys(actual, "?"),
    }
    return Observation(expected=right, actual=actual, predictions=predictions)


def test_a_broad_mistake_covers_its_special_cases() -> None:
    one = seen({"a": "!"}, odd={"a"})
    assert one.differing == ["a"]
    assert one.explaining(["a"]) == [BROAD, ODD]
    assert Evidence([one]).certain(one, ["a"]) == {"WHOLE-1"}


def test_what_was_right_elsewhere_refutes_the_broad_one() -> None:
    one, right = seen({"a": "!"}, odd={"a"}), seen({"b": "x"}, odd=set())
    assert [(each, part) for each, part in right.refuted() if each is not OTHER] == [(BROAD, "b")]
    assert Evidence([right, one]).certain(one, ["a"]) == {"ODD-1"}
    both = seen({"a": "!", "b": "x"}, odd={"a"})
    assert Evidence([both]).certain(both, ["a"]) == {"ODD-1"}


def test_what_nothing_predicts_has_no_name() -> None:
    one = seen({"a": "~"}, odd={"a"})
    assert one.differing == ["a"]
    assert Evidence([one]).certain(one, ["a"]) == frozenset()
    assert Evidence([one]).blamed(one, "a") == frozenset()


def test_several_parts_need_one_mistake_that_explains_them_all() -> None:
    mixed = seen({"a": "!", "b": "?"}, odd={"a"})
    evidence = Evidence([mixed])
    assert evidence.certain(mixed, mixed.differing) == frozenset()
    assert evidence.blamed(mixed, "a") == {"WHOLE-1"}
    assert evidence.blamed(mixed, "b") == {"OTHER-1"}


def test_of_several_the_one_that_explains_most_is_named() -> None:
    one, more = seen({"a": "!"}, odd={"a"}), seen({"b": "!"}, odd=set())
    unrelated = Hypothesis("ELSE-1", "the first one only")
    one = Observation(expected=one.expected, actual=one.actual, predictions={**one.predictions, unrelated: {"a": "!"}})
    assert Evidence([one]).certain(one, ["a"]) == {"WHOLE-1", "ELSE-1"}
    assert Evidence([one, more]).certain(one, ["a"]) == {"WHOLE-1"}


def test_where_two_mistakes_meet_the_one_that_is_certain_elsewhere_is_blamed() -> None:
    plain, meeting, right = seen({"a": "!"}, odd={"a"}), seen({"b": "!?"}, odd={"b"}), seen({"c": "x"}, odd=set())
    assert Evidence([meeting, right]).blamed(meeting, "b") == frozenset()
    assert Evidence([plain, meeting, right]).blamed(meeting, "b") == {"ODD-1"}


def test_what_is_irregular_is_not_refuted_and_comes_last() -> None:
    now_and_then = Hypothesis("ODD-2", "wrong now and then", irregular=True)

    def with_it(observation: Observation[str, str]) -> Observation[str, str]:
        predictions = {**observation.predictions, now_and_then: dict.fromkeys(observation.actual, "!")}
        return Observation(expected=observation.expected, actual=observation.actual, predictions=predictions)

    one, right = with_it(seen({"a": "!"}, odd=set())), with_it(seen({"b": "x"}, odd=set()))
    assert Evidence([one]).certain(one, ["a"]) == {"WHOLE-1"}
    assert Evidence([one, right]).certain(one, ["a"]) == {"ODD-2"}


def test_parts_may_be_missing_on_either_side() -> None:
    hypotheses: dict[Hypothesis, Any] = {ODD: {}, OTHER: {"a": "x", "b": "y"}}
    missing = Observation(expected={"a": "x"}, actual={}, predictions=hypotheses)
    assert (missing.differing, missing.explaining(["a"]), missing.shows(OTHER)) == (["a"], [ODD], ["b"])
    more = Observation(expected={"a": "x"}, actual={"a": "x", "b": "y"}, predictions=hypotheses)
    assert (more.differing, more.explaining(["b"])) == (["b"], [OTHER])
    assert [*more.refuted()] == [(ODD, "a")]


def test_what_fits_need_not_be_equal() -> None:
    def starts_alike(one: str, other: str) -> bool:
        return one[0] == other[0]

    loose = Observation(expected={"a": "x1"}, actual={"a": "x2"}, predictions={ODD: {"a": "x3"}}, fits=starts_alike)
    assert (loose.differing, loose.shows(ODD)) == ([], [])


def test_ways_are_named_by_requirement_and_by_what_they_do() -> None:
    assert named({"A-1": {"x": 1, "y": 2}, "A-2": {"x": 3}}) == {
        Hypothesis("A-1", "x"): 1,
        Hypothesis("A-1", "y"): 2,
        Hypothesis("A-2", "x"): 3,
    }


# --- what they are called ---------------------------------------------------------------------------------------------


def test_each_wrong_alias_table_has_a_name_of_its_own() -> None:
    names = [what for alterations in ALTERATIONS.values() for what in alterations]
    assert len({*names}) == len(names)
    assert alias_hypotheses._COVERS.keys() <= {*names}


def test_what_an_implementation_does_with_a_marker_has_a_name() -> None:
    history = project("a", "b")
    with MUTANTS["compacted-ids-ignored"].applied():
        session = executed([OPEN, history, ("compact", {"retention_ms": 1, "now_ms": 99}), history])
    *earlier, step = session.trace.steps
    found = recognition(step, Trace(earlier))
    assert found is not None
    assert found.mismatched == [0]
    named_so = found.observation.explaining(found.mismatched)
    assert Hypothesis("ALIAS-4", "what a marker lists is not known") in named_so
