"""The distilled corpus: valid, held by the reference, and as strong as it says.

Whoever changes a faulty implementation or a requirement grows it anew, with `make corpus`. Every eighth faulty
implementation is tried, or every one with `CORPUS_EVERY=1`.
"""

import json
import os
import re
from typing import Final

import pytest

from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.driver.interface import CAPABILITIES
from lifecycle_conformance.driver.server import CAPABILITIES_OF
from lifecycle_conformance.judges import corpus
from lifecycle_conformance.judges.corpus import CorpusCase
from lifecycle_conformance.judges.corpus.cases import CORPUS
from lifecycle_conformance.mutants import MUTANTS
from lifecycle_conformance.runner.distilling.killing import kills
from lifecycle_conformance.runner.distilling.recording import store_of
from lifecycle_conformance.runner.distilling.reducing import checked
from lifecycle_conformance.runner.distilling.untold import why_untold
from lifecycle_conformance.runner.quiet import without_warnings
from lifecycle_conformance.specification import requirements, schemas
from lifecycle_conformance.specification.index import SPEC_VERSION
from lifecycle_conformance.specification.requirements import Judge, Level
from lifecycle_conformance.specification.texts import SPEC

CASES: Final = corpus.load()
EVERY: Final = int(os.environ.get("CORPUS_EVERY", "8"))
TOLD: Final = {name for case in CASES for name in case.kills}
EXERCISED: Final = {each for case in CASES for each in case.requirements}
named: Final = pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])


@pytest.fixture(autouse=True)
def quiet() -> object:
    with without_warnings():
        yield


@named
def test_the_reference_holds_a_case_with_what_it_needs_and_with_all(case: CorpusCase) -> None:
    store = store_of(case)
    assert case.needs <= CAPABILITIES_OF[store]
    for without in (frozenset[str](), CAPABILITIES - case.needs):
        compared = corpus.compare(case, InProcessDriver(store, without=without))
        assert (compared.differences, compared.broke, compared.compared) == ([], None, len(case.steps))


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES[::4]])
def test_the_properties_hold_in_a_case_and_judge_what_it_says(case: CorpusCase) -> None:
    shown = checked(case)
    assert shown.broken == set()
    there, told_only = requirements.load(), {Judge.VECTORS, Judge.FAULTS}
    assert {each for each in case.requirements if there[each].judge not in told_only} <= shown.judged


def test_the_cases_are_valid_and_of_this_version() -> None:
    lines = CORPUS.read_bytes().splitlines()
    assert [problem for line in lines for problem in schemas.problems("corpus-case", json.loads(line))] == []
    assert [corpus.as_line(case).encode() for case in CASES] == lines
    assert {case.spec for case in CASES} == {SPEC_VERSION}
    assert sorted({case.name for case in CASES}) == [case.name for case in CASES]


@pytest.mark.parametrize("name", [*MUTANTS][::EVERY])
def test_the_cases_tell_a_faulty_implementation_as_they_say(name: str) -> None:
    said = [case for case in CASES if name in case.kills]
    assert all(kills(MUTANTS[name], said))
    assert said or why_untold(name)


def test_each_faulty_implementation_is_told_or_there_is_a_reason() -> None:
    assert MUTANTS.keys() >= TOLD
    remedy = "run `make corpus ADD=1`; what it can't tell goes into runner/distilling/untold.py"
    assert [name for name in MUTANTS if (name in TOLD) is bool(why_untold(name))] == [], remedy


def test_each_requirement_that_sessions_can_show_is_exercised() -> None:
    there = requirements.load().values()
    wanted = {each.id for each in there if each.level is Level.MUST and each.judge is not Judge.UNIT}
    assert wanted == EXERCISED, "run `make corpus ADD=1`"


def test_the_readme_says_how_large_and_how_strong_it_is() -> None:
    text = " ".join((SPEC.parent / "README.md").read_text(encoding="utf-8").split())
    size = CORPUS.stat().st_size / 1e6
    said = (
        f"{len(CASES)} cases, {size:.1f} MB, that tell {len(TOLD)} of {len(MUTANTS)} faulty implementations and"
        f" exercise {len(EXERCISED)} requirements"
    )
    assert re.search(r"\d+ cases, [\d.]+ MB, that tell .*? requirements", text)
    assert said in text, f"README must say: {said}"
