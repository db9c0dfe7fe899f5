"""Accepted findings: known again whatever moves beside them, each once, and held to strictly."""

import itertools
from typing import Any

import pytest
from attrs import evolve

from lifecycle_conformance.audit.baseline import Accepted, Scope, document_of, entries_of, matched, renewed
from lifecycle_conformance.audit.finding import Finding, Kind, Severity, Where
from lifecycle_projection.errors import InvalidInputError

KIND = Kind(name="seq-missing", requirement="LOG-1", severity=Severity.VIOLATION, meaning="", advice="")
TENANT = ("org-a", "ws-a", "eu-1")
FINDING = Finding(
    kind=KIND,
    message="seq 2 is missing",
    where=Where(path="stateful_events.jsonl", line=2),
    run_id="run-1",
    tenant=TENANT,
    record_index=1,
    event_id="event-1",
    at_ms=100,
    expected=[2],
    actual=[],
)
HERE = Scope()
OTHERS = (
    evolve(FINDING, kind=evolve(KIND, name="seq-twice")),
    evolve(FINDING, kind=evolve(KIND, requirement="LOG-4")),
    evolve(FINDING, where=Where(path="other.jsonl")),
    evolve(FINDING, where=Where(path="stateful_events.jsonl", row="events[1]")),
    evolve(FINDING, where=None),
    evolve(FINDING, run_id="run-2"),
    evolve(FINDING, tenant=("org-a", "ws-a", None)),
    evolve(FINDING, record_index=2),
    evolve(FINDING, event_id="event-2"),
    evolve(FINDING, expected=[3]),
    evolve(FINDING, expected=[], actual=[2]),
)


def accepting(*findings: Finding) -> list[Accepted]:
    return renewed(findings, [], HERE)


def test_an_accepted_finding_is_left_out() -> None:
    found = matched([FINDING], accepting(FINDING), HERE)
    assert (found.left, found.accepted, found.stale) == ([], [(FINDING, "")], [])


@pytest.mark.parametrize(
    "moved",
    [
        evolve(FINDING, where=Where(path="stateful_events.jsonl", line=7)),
        evolve(FINDING, message="said in other words"),
        evolve(FINDING, kind=evolve(KIND, severity=Severity.SUSPECT)),
    ],
)
def test_a_finding_is_known_again(moved: Finding) -> None:
    assert matched([moved], accepting(FINDING), HERE).accepted == [(moved, "")]


@pytest.mark.parametrize("other", OTHERS)
def test_another_finding_is_not_accepted_and_leaves_the_entry_stale(other: Finding) -> None:
    (entry,) = accepting(FINDING)
    found = matched([other], [entry], HERE)
    assert (found.left, found.accepted, found.stale) == ([other], [], [(0, entry)])


def test_each_entry_accepts_one_finding() -> None:
    twice = matched([FINDING, FINDING], accepting(FINDING), HERE)
    assert (len(twice.left), len(twice.accepted)) == (1, 1)
    once = matched([FINDING], accepting(FINDING, FINDING), HERE)
    assert (len(once.left), len(once.accepted), [number for number, _ in once.stale]) == (0, 1, [1])


@pytest.mark.parametrize(
    ("scope", "is_stale"),
    [
        (Scope(runs=frozenset({"run-1"})), True),
        (Scope(runs=frozenset({"run-2"})), False),
        (Scope(tenant=TENANT), True),
        (Scope(tenant=("org-b", "ws-b", None)), False),
    ],
)
def test_what_was_not_looked_at_is_not_stale(scope: Scope, is_stale: bool) -> None:
    assert bool(matched([], accepting(FINDING), scope).stale) is is_stale
    (of_the_store,) = accepting(evolve(FINDING, run_id=None, tenant=None))
    assert matched([], [of_the_store], scope).stale == [(0, of_the_store)]


def test_earlier_findings_are_left_out_of_what_is_told() -> None:
    later, timeless = evolve(FINDING, at_ms=200), evolve(FINDING, at_ms=None)
    found = matched([FINDING, later, timeless], accepting(FINDING), HERE)
    assert found.since(None) is found
    assert found.since(100).accepted == [(FINDING, "")]
    assert found.since(101).accepted == []
    assert found.since(201).left == [timeless]


def test_reasons_stay_while_their_findings_do() -> None:
    other = evolve(FINDING, run_id="run-2")
    gone = evolve(FINDING, run_id="run-3")
    before = [evolve(each, reason=f"because of {each.run_id}") for each in accepting(FINDING, gone)]
    after = renewed([other, FINDING], before, HERE)
    assert [(each.run_id, each.reason) for each in after] == [("run-1", "because of run-1"), ("run-2", "")]


def test_reasons_of_like_findings_stay_in_their_order() -> None:
    before = [evolve(each, reason=reason) for each, reason in zip(accepting(FINDING, FINDING), "ab", strict=True)]
    assert [each.reason for each in renewed([FINDING] * 3, before, HERE)] == ["a", "b", ""]


def test_the_order_of_the_entries_does_not_depend_on_that_of_the_findings() -> None:
    orders = itertools.permutations([FINDING, *OTHERS[:3]])
    assert len({str(accepting(*each)) for each in orders}) == 1


def test_a_document_gives_the_same_entries_back() -> None:
    entries = [evolve(each, reason="known since March") for each in accepting(FINDING, *OTHERS)]
    again = entries_of(document_of(entries))
    assert again == entries
    assert {each.reason for each in again} == {"known since March"}


def test_no_value_stands_in_the_document() -> None:
    finding = evolve(FINDING, expected="secret", actual={"secret": "\ud800", "number": 2**70})
    assert "secret" not in str(document_of(accepting(finding)))


@pytest.mark.parametrize(
    ("named", "path", "kept"),
    [
        (["/srv/a/runs.json"], "/srv/a/runs.json", "runs.json"),
        (["archive/runs/"], "archive/runs/2024/run-1.json", "runs/2024/run-1.json"),
        (["store"], "stateful_events.jsonl", "stateful_events.jsonl"),
        (["/srv/a"], "/srv/ab/runs.json", "/srv/ab/runs.json"),
    ],
)
def test_a_path_is_kept_as_it_is_from_what_was_named(named: list[str], path: str, kept: str) -> None:
    assert Scope(named).accepted(evolve(FINDING, where=Where(path=path))).path == kept


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ([], "$"),
        ({"baseline": 2, "accepted": []}, "$.baseline"),
        ({"baseline": 1, "accepted": [{"kind": "seq-missing"}]}, "$.accepted[0].requirement"),
        ({"baseline": 1, "accepted": [{"kind": "a", "requirement": "b", "line": 3}]}, "$.accepted[0].line"),
    ],
)
def test_what_is_not_well_formed_is_named_by_its_path(document: Any, place: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        entries_of(document)
    assert [each.path for each in caught.value.problems] == [place]
