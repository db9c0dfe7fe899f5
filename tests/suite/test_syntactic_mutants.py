"""Mutants that nobody chose: what is changed, how they are loaded, and that the suite finds them."""

import ast
import sys
from pathlib import Path

import orjson
import pytest

import lifecycle_projection
from calling import call
from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.driver.server import Server
from lifecycle_conformance.mutants.syntactic import equivalents
from lifecycle_conformance.mutants.syntactic.equivalents import outdated, reasons
from lifecycle_conformance.mutants.syntactic.loading import server_with
from lifecycle_conformance.mutants.syntactic.mutation import MODULES, Mutation, code_of, mutations, sampled
from lifecycle_conformance.mutants.syntactic.operators import variants
from lifecycle_conformance.report import syntactic as report
from lifecycle_conformance.runner.pool import pool_of
from lifecycle_conformance.runner.strength import syntactic
from lifecycle_conformance.runner.strength.syntactic import Fate
from lifecycle_projection.records import Json

SAMPLE, SEED = 28, 9881
EMPTY_NAME = "identity:safe:constant-2"
"""An empty name becomes `event~` in the id, not `event`."""


def fate(name: str) -> Fate:
    found: list[Fate] = []
    syntactic.judged(found.append, name, 0, 0)
    return found[0]


# --- what is changed --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "changed"),
    [
        ("a < b", {"a <= b", "a >= b"}),
        ("a is not b", {"a is b"}),
        ("a and b", {"a or b", "a", "b"}),
        ("not a", {"a"}),
        ("a + b", {"a - b"}),
        ("a if b else c", {"a", "c"}),
        ("(a, b)", {"(a,)", "(b,)"}),
        ("{a: b}", {"{}"}),
        ("7", {"8", "6"}),
        ("True", {"False"}),
        ("'a'", {"'a~'"}),
        ("None", {"''"}),
        ("sorted(a, key=b)", {"list(a)", "sorted(a)"}),
        ("a.strip(b)", {"a.lstrip(b)", "b"}),
        ("f(a)", {"a"}),
    ],
)
def test_an_expression_is_changed_in_each_way(source: str, changed: set[str]) -> None:
    assert {ast.unparse(each) for _, each in variants(ast.parse(source, mode="eval").body)} == changed


@pytest.mark.parametrize(
    ("source", "changed"),
    [
        ("if a: b", {"if False:\n    b", "if True:\n    b"}),
        ("a()", {"pass"}),
        ("a += b", {"a -= b", "pass"}),
        ("a.b = c", {"pass"}),
        ("a = b", set()),
        ("raise a", {"pass"}),
        ("return a", {"return None"}),
        ("return None", set()),
    ],
)
def test_a_statement_is_changed_in_each_way(source: str, changed: set[str]) -> None:
    assert {ast.unparse(each) for _, each in variants(ast.parse(source).body[0])} == changed


def test_a_slice_loses_each_bound() -> None:
    assert {ast.unparse(each) for _, each in variants(ast.parse("a[b:c]", mode="eval").body.slice)} == {"b:", ":c"}  # type: ignore[attr-defined]


def test_each_mutant_has_an_id_and_changes_the_text() -> None:
    known = mutations()
    assert len(known) > 1000
    assert {each.module for each in known.values()} == {*MODULES}
    same = [each.id for each in known.values() if each.was == each.becomes]
    assert same == []


def test_the_modules_are_those_that_touch_nothing_outside_and_keep_nothing() -> None:
    root = Path(lifecycle_projection.__path__[0])
    rest = {"__init__", "json_stream", "runs"}
    assert {*MODULES} == {path.stem for path in root.glob("*.py")} - rest


def test_a_sample_is_spread_over_the_text_and_the_same_each_time() -> None:
    drawn = sampled(SAMPLE, 1)
    assert drawn == sampled(SAMPLE, 1) != sampled(SAMPLE, 2)
    assert len(drawn) == SAMPLE
    assert len({each.module for each in drawn}) > len(MODULES) / 2
    assert sampled(None, 1) == [*mutations().values()]


# --- how it is loaded -------------------------------------------------------------------------------------------------


def asked(driver: InProcessDriver) -> Json:
    run = {
        "run_id": "r",
        "automation_id": "a",
        "trigger_type": "manual",
        "status": "queued",
        "created_at_ms": 1,
        "updated_at_ms": 1,
        "checkpoint": {"lifecycle_history": [{"event": "", "recorded_at_ms": 1}]},
    }
    return driver.ask("identify", run=run).ok


def test_a_mutant_is_loaded_beside_the_right_reference() -> None:
    loaded, right = dict(sys.modules), asked(InProcessDriver("memory"))
    mutation = mutations()[EMPTY_NAME]
    faulty = server_with(mutation.module, code_of(mutation))
    assert faulty is not Server
    wrong = asked(InProcessDriver("memory", server=faulty))
    assert wrong["ids"][0]["event_id"] == right["ids"][0]["event_id"].replace("-event-", "-event~-")
    assert asked(InProcessDriver("memory")) == right
    ours = {name for name in loaded if name.startswith(("lifecycle_projection", "lifecycle_conformance.driver"))}
    assert all(sys.modules[name] is loaded[name] for name in ours)
    assert lifecycle_projection.identity is sys.modules["lifecycle_projection.identity"]


# --- what becomes of it -----------------------------------------------------------------------------------------------


def test_a_mutant_is_found_by_the_first_judge_that_sees_it() -> None:
    found = fate(EMPTY_NAME)
    assert found.killed
    assert found.judge in {syntactic.SESSIONS, syntactic.CASES}


def test_what_can_not_be_loaded_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syntactic, "code_of", lambda _: compile("raise ValueError", "it", "exec"))
    assert fate(EMPTY_NAME).judge == syntactic.LOADING


def test_what_never_ends_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Path(lifecycle_projection.__path__[0], "identity.py").read_text(encoding="utf-8")
    endless = source.replace("    return tuple(identified)", "    while True:\n        pass")
    monkeypatch.setattr(syntactic, "code_of", lambda _: compile(endless, "it", "exec"))
    monkeypatch.setattr(syntactic, "_PATIENCE_S", 0.5)
    assert fate(EMPTY_NAME).judge == syntactic.HANGING


def test_a_sample_is_found_or_explained() -> None:
    """All of them are judged in `make nightly`."""
    with pool_of(0, lambda _: None) as pool:
        found = syntactic.fates(pool, sampled(SAMPLE, SEED), reasons(), seed=0)
    told = [each.mutation.id for each in report.survivors(found, reasons())]
    assert told == []
    assert report.wrongly_explained(found, reasons()) == []
    assert sum(each.killed for each in found) > SAMPLE / 2


# --- those that nothing could find ------------------------------------------------------------------------------------


def test_what_is_explained_is_there_and_still_means_the_same_change() -> None:
    assert outdated() == []


def test_each_reason_is_a_sentence() -> None:
    assert {reason for reason in reasons().values() if not reason.endswith(".") or len(reason) < 40} == set()


@pytest.mark.parametrize(
    ("name", "text"),
    [("identity:safe:constant-99", "'event'  =>  'event~'"), (EMPTY_NAME, "'other'  =>  'event~'")],
)
def test_an_explanation_of_another_change_is_outdated(name: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(equivalents, "_groups", lambda: [{"because": "Nothing.", "mutants": {name: text}}])
    equivalents.reasons.cache_clear()
    try:
        assert outdated() == [name]
    finally:
        equivalents.reasons.cache_clear()


# --- what is told -----------------------------------------------------------------------------------------------------


def made(name: str, judge: str = "", seconds: float = 0.5) -> Fate:
    mutation = Mutation(id=f"identity:safe:{name}-1", module="identity", line=90, was="a", becomes="b")
    return Fate(mutation=mutation, judge=judge, cases=3, seconds=seconds)


def test_the_report_tells_what_is_not_found_and_what_is_found_although_explained() -> None:
    fates = [
        made("sign", "properties"),
        made("sign", "loading", 2),
        made("call"),
        made("bound"),
        made("case", "hanging"),
    ]
    why = {"identity:safe:bound-1": "It is the same.", "identity:safe:case-1": "Nobody calls it."}
    assert list(report.rendered(fates, why)) == [
        "OPERATOR  MUTANTS  FOUND  EXPLAINED  NOT FOUND",
        "bound           1      0          1          0",
        "call            1      0          0          1",
        "case            1      1          0          0",
        "sign            2      2          0          0",
        "",
        "5 mutants: 3 found, 1 explained, 1 not found (75.0%)",
        "found first by: properties 1, loading 1, hanging 1",
        "seconds to find one: median 0.50, worst 2.0",
        "not found: identity:safe:call-1 (line 90): a  =>  b",
        "found by hanging, although explained: identity:safe:case-1 (line 90): a  =>  b (Nobody calls it.)",
    ]


def test_the_command_judges_what_is_named() -> None:
    done = call("mutants", "--syntactic", EMPTY_NAME, "--json", "--jobs", "1")
    assert done.exit_code == 0
    (row,) = orjson.loads(done.stdout)["mutants"]
    assert (row["mutant"], row["change"], row["equivalent"]) == (EMPTY_NAME, "'event'  =>  'event~'", None)
    assert row["found_by"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--syntactic", "identity:safe:constant-99"), "there is no mutant identity:safe:constant-99"),
        (("--sample", "3"), "--sample is for --syntactic"),
    ],
)
def test_a_wrong_call_is_refused(arguments: tuple[str, ...], told: str) -> None:
    done = call("mutants", *arguments)
    assert done.exit_code == 2
    assert told in done.stderr
