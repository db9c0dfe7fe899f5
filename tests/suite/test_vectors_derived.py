"""Cases made from production's answers: what they say, which requirement a difference tells of, and the tags."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Any
from unittest.mock import patch

import orjson
import pytest
from attrs import evolve
from click.testing import CliRunner

from lifecycle_conformance.cli.root import main
from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.driver.interface import Answer, Driver, Refusal
from lifecycle_conformance.judges.attribution.canonical_writing import DOUBLES as WRONG_DOUBLES
from lifecycle_conformance.judges.attribution.canonical_writing import double
from lifecycle_conformance.judges.properties import CHECKS
from lifecycle_conformance.judges.vectors import Scenario, derived, load
from lifecycle_conformance.judges.vectors.derived import Outcome, cases, touched_by, touches
from lifecycle_conformance.judges.vectors.derived.facts import DOUBLES
from lifecycle_conformance.judges.vectors.derived.scope_rules import SCOPES, ScopeRules
from lifecycle_conformance.judges.vectors.derived.scope_rules import scope as scope_by_rules
from lifecycle_conformance.judges.vectors.derived.subjects import SUBJECTS
from lifecycle_conformance.judges.vectors.tags import tags, tags_of
from lifecycle_conformance.mutants import MUTANTS
from lifecycle_conformance.specification import requirements
from lifecycle_conformance.specification.requirements import Judge
from lifecycle_projection import definition, scope
from lifecycle_projection.canonical import stable_hash
from lifecycle_projection.records import Scope

SCENARIOS = load()
VECTORS = {id_ for id_, each in requirements.load().items() if each.judge is Judge.VECTORS}
MINE = {id_ for id_ in VECTORS if id_.startswith(("SCOPE-", "DEF-", "JSON-"))}


def asked(driver: Driver, directory: Path, subjects: Iterable[str] = tuple(SUBJECTS)) -> list[Outcome]:
    wanted = [each for each in cases() if each.subject in subjects and each.needs <= driver.hello.capabilities]
    return derived.outcomes([(each, derived.ask(each, driver, directory)) for each in wanted])


def blamed(outcomes: Iterable[Outcome]) -> set[str]:
    return {id_ for outcome in outcomes for each in outcome.differences for id_ in each.requirements}


# --- the cases --------------------------------------------------------------------------------------------------------


def test_the_rules_give_what_production_answered() -> None:
    for case in cases():
        assert orjson.dumps(SUBJECTS[case.subject].right(case.run), option=orjson.OPT_SORT_KEYS) == orjson.dumps(
            case.expected, option=orjson.OPT_SORT_KEYS
        ), case.name


def test_each_requirement_is_touched_by_many_cases() -> None:
    counted = Counter(id_ for case in cases() for id_ in case.requirements)
    assert {id_: counted[id_] for id_ in MINE if counted[id_] < 20} == {}
    by_production = Counter(id_ for case in cases() if case.scenario is not None for id_ in case.requirements)
    assert {id_ for id_ in MINE if by_production[id_] < 20} == {"DEF-5", "SCOPE-6"}


def test_cases_have_names_of_their_own_and_ask_for_one_record() -> None:
    names = {scenario.name for scenario in SCENARIOS}
    assert len({case.name for case in cases()}) == len(cases())
    for case in cases():
        assert case.scenario is None or case.scenario in names
        assert len(case.run["checkpoint"]["lifecycle_history"]) == 1
        assert case.requests == (("open", {"store": 0}), ("project", {"run": case.run}))


def test_numbers_need_a_driver_that_can_take_them() -> None:
    needs = {case.name: case.needs for case in cases() if case.name.startswith("the double ")}
    assert needs["the double 0.1"] == {"json-numbers"}
    assert needs["the double 0.30000000000000004"] == {"json-numbers", "exact-numbers"}
    assert all(not case.needs for case in cases() if case.name.startswith("a plan of a bundle"))


@pytest.mark.parametrize("text", json.loads(DOUBLES.read_bytes()))
def test_the_doubles_stand_there_as_the_specification_words_it(text: str) -> None:
    """No shorter text reads back as the same double, and none of this length that does so is nearer."""
    value = float(text)
    assert double(value) == text
    digits = text.lstrip("-").partition("e")[0].replace(".", "").strip("0")
    if len(digits) > 1:
        assert all(float(each) != value for each in candidates(value, len(digits) - 1))
    alike = [each for each in candidates(value, len(digits) or 1) if float(each) == value]
    distances = [abs(Fraction(each) - Fraction(value)) for each in alike]
    assert distances.count(min(distances)) == 1, "two texts are equally near"
    assert min(distances) == abs(Fraction(text) - Fraction(value))


def candidates(value: float, count: int) -> list[str]:
    """The decimal numbers with that many digits that are nearest to a double."""
    mantissa, _, exponent = f"{value:.{count - 1}e}".partition("e")
    scale = int(exponent) - count + 1
    middle = int(mantissa.replace(".", ""))
    return [f"{middle + step}e{scale}" for step in (-1, 0, 1)]


def identified(name: str, *steps: tuple[dict[str, Any], dict[str, Any]]) -> Scenario:
    return Scenario(
        name=name, source="", steps=tuple(step for step, _ in steps), answers=tuple(ok for _, ok in steps), files={}
    )


LOCAL = {"org_id": "local", "workspace_id": "local"}


def project(**members: Any) -> dict[str, Any]:
    run = {"run_id": "r", "automation_id": "a", "trigger_type": "m", "status": "running", "created_at_ms": 1}
    record = {"event": "e", "recorded_at_ms": 1}
    run |= {"updated_at_ms": 2, "checkpoint": {"lifecycle_history": [record]}, **members}
    return {"op": "project", "run": run}


def snapshots(*versions: str) -> tuple[dict[str, Any], dict[str, Any]]:
    shown = [{"snapshot_id": each, "scope": {}, "workflow_definition_version": each} for each in versions]
    return {"op": "snapshots", "tenant": LOCAL, "run_id": "r"}, {"ok": {"snapshots": shown}}


PROJECTED: dict[str, Any] = {"ok": {"projected": 1}}


def test_a_snapshot_tells_of_the_only_pass_that_can_have_written_it() -> None:
    one = (project(workflow_definition_version="1"), PROJECTED)
    other = (project(workflow_definition_version="2"), PROJECTED)
    same = (project(workflow_definition_version="1", status="completed"), PROJECTED)
    refused = (project(workflow_definition_version="2"), {"error": {"kind": "invalid_input"}})
    imported = ({"op": "import", "events": [], "snapshots": [{"snapshot_id": "1"}]}, {"ok": {}})

    def said(*steps: tuple[dict[str, Any], dict[str, Any]]) -> bool:
        return "DEF-3" in touched_by(identified("s", *steps))

    assert said(one, snapshots("1"))
    assert said(one, same, snapshots("1"))
    assert said(one, refused, snapshots("1"))
    assert said(one, snapshots("1"), other, snapshots("1", "2"))
    assert not said(one, other, snapshots("1"))
    assert not said(imported, one, snapshots("1"))
    assert not said(snapshots("1"))


# --- what is touched --------------------------------------------------------------------------------------------------


def of_sources(**sources: Any) -> dict[str, Any]:
    return {"automation_id": "a", "automation_snapshot": {"automation_id": "b", "metadata": sources}}


@pytest.mark.parametrize(
    ("sources", "touched", "untouched"),
    [
        ({}, {"SCOPE-11"}, MINE - {"SCOPE-11"}),
        ({"enterprise_scope": {"risk_tier": "external_send"}}, {"SCOPE-2", "SCOPE-5"}, {"SCOPE-3", "SCOPE-10"}),
        ({"enterprise_scope": {"risk_tier": "no"}}, {"SCOPE-5"}, {"SCOPE-2", "SCOPE-3"}),
        ({"enterprise_scope": {"riskTier": "external_send"}}, {"SCOPE-4"}, {"SCOPE-3"}),
        ({"enterprise_scope": {"risk_tier": 1, "riskTier": "external_send"}}, {"SCOPE-4"}, {"SCOPE-3"}),
        (
            {"resource_access": {"data_class": "public"}, "enterprise_scope": {"data_class": "internal"}},
            {"SCOPE-3", "SCOPE-8"},
            {"SCOPE-10"},
        ),
        (
            {"resource_access": {"data_class": "public"}, "enterprise_scope": {"data_classes": []}},
            {"SCOPE-3", "SCOPE-8", "SCOPE-11"},
            {"SCOPE-10"},
        ),
        ({"enterprise_scope": {"data_classes": ["public", "no"]}}, {"SCOPE-8"}, {"SCOPE-10"}),
        ({"enterprise_scope": {"data_classes": ["public", "internal"]}}, {"SCOPE-8", "SCOPE-10"}, {"SCOPE-3"}),
        ({"enterprise_scope": {"owner_principal": {"kind": "group", "id": "g"}}}, {"SCOPE-5", "SCOPE-11"}, {"SCOPE-6"}),
        ({"enterprise_scope": {"owner_principal": {"kind": "group", "id": "g", "x": 1}}}, {"SCOPE-6"}, {"SCOPE-3"}),
        ({"enterprise_scope": {"policy_version": 7}}, {"SCOPE-7"}, {"SCOPE-10"}),
        ({"enterprise_scope": {"delegation_grant_ids": ["b", "a"]}}, {"SCOPE-9", "SCOPE-10"}, {"SCOPE-8"}),
        ({"enterprise_scope": []}, {"SCOPE-2"}, {"SCOPE-3", "SCOPE-4"}),
    ],
)
def test_a_run_touches_the_rules_of_the_scope_that_decide(
    sources: dict[str, Any], touched: set[str], untouched: set[str]
) -> None:
    found = touches("scope", of_sources(**sources))
    assert touched <= found
    assert not untouched & found


@pytest.mark.parametrize(
    ("run", "touched", "untouched"),
    [
        ({"automation_id": "a"}, set(), {"DEF-2", "DEF-3", "DEF-4", "DEF-5", "DEF-6"}),
        ({"workflow_definition_version": "1"}, {"DEF-3"}, {"DEF-4", "DEF-5", "DEF-6"}),
        (of_sources(), {"DEF-1", "DEF-3", "DEF-6"}, {"DEF-4", "DEF-5", "JSON-8"}),
        (of_sources(version="1"), {"DEF-4"}, {"DEF-5", "DEF-6"}),
        (of_sources(version=1e16), {"DEF-4", "JSON-9", "JSON-6"}, {"DEF-5", "DEF-6", "JSON-8"}),
        (of_sources(version=0.1), {"DEF-4", "JSON-7"}, {"JSON-9", "JSON-12"}),
        (of_sources(plan_package_bundle={"plan": {"plan_id": "p", "plan_revision": 1}}), {"DEF-5"}, {"DEF-4", "DEF-6"}),
        (of_sources(z=1, a=1), {"DEF-2", "DEF-6"}, {"DEF-4", "DEF-5"}),
    ],
)
def test_a_run_touches_the_rules_of_the_definition_that_decide(
    run: dict[str, Any], touched: set[str], untouched: set[str]
) -> None:
    found = touches("definition", run)
    assert touched <= found
    assert not untouched & found


@pytest.mark.parametrize(
    ("number", "touched"),
    [
        (0.5, set()),
        (-0.0, {"JSON-6", "JSON-8"}),
        (1.0, {"JSON-6", "JSON-8"}),
        (3.14, {"JSON-7"}),
        (0.30000000000000004, {"JSON-7", "JSON-12"}),
        (1e-5, {"JSON-7", "JSON-8"}),
        (1e15, {"JSON-6", "JSON-8"}),
        (1e16, {"JSON-6", "JSON-9"}),
        (2.0**-24, {"JSON-7", "JSON-9", "JSON-12"}),
    ],
)
def test_a_number_touches_the_rules_for_numbers_like_it(number: float, touched: set[str]) -> None:
    record = {"event": "e", "recorded_at_ms": 1, "metadata": {"n": [number]}}
    run = {"run_id": "r", "automation_id": "a", "checkpoint": {"lifecycle_history": [record]}}
    assert touches("number", run) == touched


# --- what is blamed ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("store", ["files", "memory"])
def test_the_reference_agrees_with_all_of_them(store: Any, tmp_path: Path) -> None:
    outcomes = asked(InProcessDriver(store), tmp_path)
    assert len(outcomes) == len(cases())
    assert all(each.judged and each.differences == () for each in outcomes)
    assert not list(tmp_path.iterdir())


def test_an_implementation_without_identify_is_judged_by_its_event_ids(tmp_path: Path) -> None:
    outcomes = asked(InProcessDriver("memory", without=["identify"]), tmp_path, ["number"])
    assert len(outcomes) > 100
    assert all(each.judged and each.differences == () for each in outcomes)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_each_wrong_reading_is_seen_and_told_from_those_of_other_requirements(subject: str) -> None:
    mine = [case for case in cases() if case.subject == subject]
    unseen = set()
    for hypothesis in SUBJECTS[subject].wrong:
        outcomes = derived.outcomes([(case, case.readings[hypothesis]) for case in mine])
        assert blamed(outcomes) <= {hypothesis.requirement}, hypothesis.what
        unseen |= set() if blamed(outcomes) else {hypothesis}
    # Of numbers only few stand in definitions.
    assert unseen <= (set(WRONG_DOUBLES) if subject == "definition" else set())


def wrong_scope(what: str) -> ScopeRules:
    return next(rules for hypothesis, rules in SCOPES.items() if hypothesis.what == what)


def test_two_wrong_readings_at_once_are_both_blamed() -> None:
    both = evolve(wrong_scope("snake case only"), normal=wrong_scope("data_classes: not sorted").normal)
    mine = [case for case in cases() if case.subject == "scope"]
    outcomes = derived.outcomes([(case, scope_by_rules(case.run, both)) for case in mine])
    assert blamed(outcomes) == {"SCOPE-4", "SCOPE-10"}


class Dropping(InProcessDriver):
    """The reference, which drops some members of the definition's metadata before it reads a run."""

    def __init__(self, *dropped: str) -> None:
        super().__init__("memory")
        self.dropped = dropped

    def ask(self, op: str, /, **arguments: Any) -> Answer:
        definition = arguments.get("run", {}).get("automation_snapshot", {})
        if isinstance(definition.get("metadata"), dict):
            left = {name: each for name, each in definition["metadata"].items() if name not in self.dropped}
            run = {**arguments["run"], "automation_snapshot": {**definition, "metadata": left}}
            arguments = {**arguments, "run": run}
        return super().ask(op, **arguments)


def test_where_no_wrong_reading_gives_what_was_shown_the_requirement_that_holds_the_whole_is_blamed(
    tmp_path: Path,
) -> None:
    outcomes = asked(Dropping("resource_access", "automation_webhook", "enterprise_scope"), tmp_path)
    assert blamed(outcomes) == {"SCOPE-2", "DEF-2"}
    # Where the version is missing, a wrong reading of DEF-4 gives just what is shown.
    assert blamed(asked(Dropping("version", "enterprise_scope"), tmp_path)) == {"SCOPE-2", "DEF-2", "DEF-4"}


@pytest.mark.parametrize(
    ("members", "run", "expected"),
    [
        ({"workflow_definition_snapshot_hash": "?"}, of_sources(), "DEF-2"),
        ({"workflow_definition_snapshot_hash": "?"}, {"workflow_definition_snapshot_hash": "own"}, "DEF-1"),
        ({"workflow_definition_snapshot_hash": "?"}, {}, "DEF-1"),
        ({"workflow_definition_version": "automation:b@0123456789abcdef"}, of_sources(), "DEF-2"),
        ({"workflow_definition_version": "?"}, of_sources(), "DEF-3"),
        ({"workflow_definition_version": "?"}, of_sources(version="1"), "DEF-3"),
        ({"workflow_definition_version": "?"}, {}, "DEF-3"),
    ],
)
def test_a_definition_that_nothing_explains_is_blamed_on_what_says_where_it_comes_from(
    members: dict[str, Any], run: dict[str, Any], expected: str
) -> None:
    right = SUBJECTS["definition"].right(run)
    (name,) = members
    assert SUBJECTS["definition"].whole(run, {**right, **members}, name) == expected


def hash_of(text: str) -> str:
    return f"sha256:{sha256(text.encode()).hexdigest()}"


def with_commas(value: Any) -> str:
    return hash_of(re.sub(r"(?<=\d)\.(?=\d)", ",", orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()))


def as_python_writes(value: Any) -> str:
    return hash_of(json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False))


@pytest.mark.parametrize(("hashed", "expected"), [(with_commas, {"JSON-7"}), (as_python_writes, {"JSON-8", "JSON-9"})])
def test_numbers_written_as_nobody_does_are_blamed_on_what_holds_the_whole_and_others_on_their_rules(
    hashed: Callable[[Any], str], expected: set[str], tmp_path: Path
) -> None:
    with patch("lifecycle_projection.identity.stable_hash", hashed):
        outcomes = asked(InProcessDriver("memory"), tmp_path, ["number"])
    assert all(each.judged for each in outcomes)
    assert blamed(outcomes) == expected


def spellings_in_reverse() -> tuple[Any, ...]:
    return tuple((field, spellings[::-1], parse) for field, spellings, parse in scope.SPELLINGS[::-1])


def with_member(*, changed: str, by: Callable[[str], str]) -> Callable[[Scope], Scope]:
    in_normal_form = scope.in_normal_form

    def wrong(merged: Scope) -> Scope:
        value = getattr(merged, changed)
        return in_normal_form(merged) if value is None else evolve(in_normal_form(merged), **{changed: by(value)})

    return wrong


@pytest.mark.parametrize(
    ("target", "name", "wrong", "expected"),
    [
        (scope, "SOURCES", ("automation_webhook",), {"SCOPE-2"}),
        (scope, "SPELLINGS", spellings_in_reverse(), {"SCOPE-4"}),
        (scope, "in_normal_form", with_member(changed="owning_org_unit_id", by=str.upper), {"SCOPE-10"}),
        (definition, "hash_in_order", stable_hash, {"DEF-2"}),
        (definition, "_planned", lambda _: None, {"DEF-5"}),
        (definition, "VERSION_MEMBERS", definition.VERSION_MEMBERS[1:], {"DEF-4"}),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_fault_in_the_reference_is_blamed_on_its_requirement(
    target: Any, name: str, wrong: Any, expected: set[str], tmp_path: Path
) -> None:
    with patch.object(target, name, wrong):
        outcomes = asked(InProcessDriver("memory"), tmp_path)
    assert all(each.judged for each in outcomes)
    assert blamed(outcomes) == expected


def test_a_reader_that_is_one_off_writes_its_numbers_well(tmp_path: Path) -> None:
    with MUTANTS["long-doubles-read-one-off"].applied():
        assert blamed(asked(InProcessDriver("memory"), tmp_path)) == {"JSON-12"}


@pytest.mark.parametrize("name", ["position-in-the-id", "occurrence-always-0", "node-outputs-copied", "guard-off"])
@pytest.mark.parametrize("without", [[], ["identify"]])
def test_what_is_wrong_elsewhere_is_not_blamed_on_scope_definition_or_numbers(
    name: str, without: list[str], tmp_path: Path
) -> None:
    with MUTANTS[name].applied():
        outcomes = asked(InProcessDriver("memory", without=without), tmp_path)
    assert all(each.judged for each in outcomes)
    assert blamed(outcomes) == set()


def test_an_identity_that_is_wrong_anyway_says_nothing_of_numbers(tmp_path: Path) -> None:
    with patch("lifecycle_projection.identity.stable_hash", lambda value: stable_hash([value])):
        outcomes = asked(InProcessDriver("memory"), tmp_path, ["number"])
    assert not any(each.judged or each.differences for each in outcomes)


class Fussy(InProcessDriver):
    """The reference, refusing some runs."""

    def __init__(self, refuses: Callable[[dict[str, Any]], bool]) -> None:
        super().__init__("memory")
        self.refuses = refuses

    def ask(self, op: str, **arguments: Any) -> Answer:
        if op == "project" and self.refuses(arguments["run"]):
            return Answer(error=Refusal(kind="invalid_input", message="no"))
        return super().ask(op, **arguments)


def test_a_refusal_is_blamed_where_the_scope_is_its_cause(tmp_path: Path) -> None:
    refuses = wrong_scope("a spelling that doesn't parse is refused").refuses
    assert blamed(asked(Fussy(refuses), tmp_path, ["scope"])) == {"SCOPE-4"}
    outcomes = asked(Fussy(lambda run: "automation_snapshot" in run), tmp_path, ["scope", "definition"])
    assert blamed(outcomes) == set()
    assert {each.judged for each in outcomes if "automation_snapshot" in each.case.run} == {False}
    assert {each.judged for each in outcomes if "automation_snapshot" not in each.case.run} == {True}


def test_who_shows_nothing_is_not_judged(tmp_path: Path) -> None:
    class Idle(InProcessDriver):
        def ask(self, op: str, **arguments: Any) -> Answer:
            return Answer(ok={"projected": 0}) if op == "project" else super().ask(op, **arguments)

    outcomes = asked(Idle("memory", without=["identify"]), tmp_path)
    assert not any(each.judged or each.differences for each in outcomes)


def test_a_difference_names_member_and_values(tmp_path: Path) -> None:
    case = next(each for each in cases() if each.name == "a policy version in capitals")
    with patch.object(scope, "in_normal_form", with_member(changed="policy_version_id", by=str.lower)):
        (difference,) = derived.judge(case, InProcessDriver("memory"), tmp_path)
    assert (difference.path, difference.expected, difference.actual) == ("$.policy_version_id", "V2", "v2")
    assert difference.requirements == {"SCOPE-10"}


# --- tags -------------------------------------------------------------------------------------------------------------


def test_every_scenario_has_tags_that_exist() -> None:
    assert list(tags()) == [scenario.name for scenario in SCENARIOS]
    assert set().union(*tags().values()) <= requirements.load().keys()
    assert set().union(*tags().values()) >= MINE
    assert set().union(*tags().values()) <= VECTORS | {id_ for each in CHECKS for id_ in each.requirements}


@pytest.mark.parametrize("scenario", [pytest.param(each, id=each.name) for each in SCENARIOS[::12]])
def test_the_stored_tags_are_up_to_date(scenario: Scenario) -> None:
    """`python -m lifecycle_conformance.judges.vectors.tags` writes them anew."""
    assert tags()[scenario.name] == tags_of(scenario)


@pytest.mark.usefixtures("vectors_read_once")
def test_cases_are_chosen_by_what_they_touch() -> None:
    def listed(*options: str) -> list[str]:
        return CliRunner().invoke(main, ["vectors", "--list", *options]).output.splitlines()

    by_requirement = listed("--requirements", "DEF-[45]", "--only", "life-*")
    assert by_requirement
    for line in by_requirement:
        name, *ids = line.split(" ")
        assert ids == sorted(tags()[name] & {"DEF-4", "DEF-5"})
        assert name.startswith("life-")
    (one,) = json.loads("\n".join(listed("--json", "--only", "life-1")))["vectors"]
    assert one["requirements"] == sorted(tags()["life-1"])
    refused = CliRunner().invoke(main, ["vectors", "--requirements", "NO-*"])
    assert (refused.exit_code, "no case matches NO-*" in refused.output) == (2, True)
