"""How the distilled corpus is grown: what is recorded, chosen and made smaller, and how a driver is held to it."""

from pathlib import Path
from typing import Any, Final

import pytest
from attrs import evolve

from builders import OPEN, OTHER_TENANT, RUN_ID, event, imported, pass_over, project, run_json, snapshot
from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.driver.interface import Answer
from lifecycle_conformance.execution.trace import Request
from lifecycle_conformance.judges import corpus
from lifecycle_conformance.judges.corpus import CorpusCase
from lifecycle_conformance.model.comparison import ABSENT
from lifecycle_conformance.mutants import MUTANTS
from lifecycle_conformance.runner.distilling import __main__ as distilling
from lifecycle_conformance.runner.distilling import growing
from lifecycle_conformance.runner.distilling.__main__ import main
from lifecycle_conformance.runner.distilling.covering import cover
from lifecycle_conformance.runner.distilling.gathering import Life
from lifecycle_conformance.runner.distilling.hunting import for_properties, found_in, hunted
from lifecycle_conformance.runner.distilling.killing import is_found, kills
from lifecycle_conformance.runner.distilling.recording import looking, recorded
from lifecycle_conformance.runner.distilling.reducing import Purpose, checked, made_smaller
from lifecycle_conformance.runner.pool import pool_of
from lifecycle_conformance.specification.requirements import Judge, load

EVENTS: Final[Request] = ("events", {"tenant": {"org_id": "org-a", "workspace_id": "ws-a"}, "run_id": RUN_ID})
SNAPSHOTS: Final[Request] = ("snapshots", EVENTS[1])
PRUNE: Final[Request] = ("prune", {"retention_ms": 0, "keep": 0, "now_ms": 1000})
RESTART: Final[Request] = ("restart", {"kill": False})


def case_of(*requests: Request, store: Any = "files") -> CorpusCase:
    case = recorded([OPEN, *requests], store)
    assert case is not None
    return case


def silent(_: str) -> None:
    pass


# --- recording --------------------------------------------------------------------------------------------------------


def test_a_session_looks_before_something_may_be_removed_and_in_the_end() -> None:
    first, second = project("a"), project("a", "b")
    assert looking([OPEN, first, second, PRUNE]) == (OPEN, first, second, EVENTS, SNAPSHOTS, PRUNE, EVENTS, SNAPSHOTS)
    assert looking([OPEN, first, EVENTS]) == (OPEN, first, EVENTS)


def test_a_case_has_an_answer_for_each_step_and_the_files() -> None:
    case = case_of(project("a"), EVENTS)
    assert [*map(len, (case.steps, case.answers))] == [3, 3]
    assert case.answers[1] == {"ok": {"projected": 1}}
    assert len(case.files or {}) == 2


@pytest.mark.parametrize(
    ("open_answer", "store"),
    [
        (("refuse", {"request": {"op": "project", "run": run_json()}, "kind": "storage", "because": []}), "files"),
        (("hello", {"protocols": [1]}), "files"),
        (imported(snapshot("s", 1), snapshot("s", 2)), "files"),
        (imported(snapshot("s", 1), snapshot("s", 2)), "memory"),
    ],
    ids=["refused otherwise", "a greeting while a store is open", "a place taken", "a place taken in memory"],
)
def test_a_case_ends_before_what_is_left_open(open_answer: Request, store: Any) -> None:
    assert case_of(project("a"), open_answer, EVENTS, store=store).steps == (OPEN, project("a"))


def test_a_pruning_that_must_choose_between_tenants_is_left_out() -> None:
    """The order of two tenants' snapshots that are equal in seq and id is left open."""
    twins = imported(snapshot("s", 1), snapshot("s", 1, tenant=OTHER_TENANT))
    assert case_of(twins, PRUNE, store="memory").steps == (OPEN, twins)
    others = imported(snapshot("s", 1), snapshot("t", 1, tenant=OTHER_TENANT))
    assert case_of(others, PRUNE, store="memory").steps == (OPEN, others, PRUNE)


SHARED: Final = (project("a"), pass_over(run_json("a", tenant=OTHER_TENANT)))


@pytest.mark.parametrize(
    ("requests", "store", "needs"),
    [
        ([project("a"), EVENTS], "files", set()),
        ([project("a"), EVENTS], "memory", set()),
        ([imported(event("e"))], "files", {"import"}),
        ([project("a"), RESTART, EVENTS], "files", {"durable"}),
        ([project("a"), ("put", {"path": "x", "text": ""}), EVENTS], "files", {"durable", "files"}),
        (SHARED, "files", {"durable", "files"}),
        (SHARED, "memory", {"tenants"}),
        ([project({"event": "a", "recorded_at_ms": 2**60})], "files", {"json-numbers"}),
        ([project({"event": "a", "recorded_at_ms": 1, "metadata": 0.1234567890123456})], "files", {"exact-numbers"}),
    ],
)
def test_a_case_says_what_it_needs(requests: list[Request], store: Any, needs: set[str]) -> None:
    assert case_of(*requests, store=store).needs == needs


def test_a_text_needs_what_its_numbers_need() -> None:
    text = '{"run_id": "run-1", "x": [-0, 1e400, 12345678901234567890]}'
    refused: Request = (
        "refuse",
        {"request": {"op": "project", "run_json": text}, "kind": "invalid_input", "because": []},
    )
    assert case_of(refused).needs == {"text-input", "exact-numbers", "json-numbers"}


def test_a_text_that_is_none_needs_who_reads_texts() -> None:
    """Who doesn't may refuse it as not offered."""
    request = {"op": "project", **project("a")[1], "run_json": None}
    refused: Request = ("refuse", {"request": request, "kind": "invalid_input", "because": ["DRIVER-13"]})
    assert case_of(refused).needs == {"text-input"}


def test_what_holds_only_for_those_that_forget_is_no_case() -> None:
    assert recorded([OPEN, project("a"), ("open", {"store": 1}), OPEN, EVENTS], "memory") is None


# --- judging ----------------------------------------------------------------------------------------------------------


class Changed(InProcessDriver):
    """The reference, which answers one operation in another way."""

    def __init__(self, op: str, answer: Any) -> None:
        super().__init__("files")
        self._op, self._other = op, answer

    def ask(self, op: str, /, **arguments: Any) -> Answer:
        answer = super().ask(op, **arguments)
        return self._other(answer) if op == self._op else answer


def test_a_driver_that_answers_otherwise_is_told_where() -> None:
    case = case_of(project("a"), EVENTS)
    compared = corpus.compare(case, Changed("project", lambda _: Answer(ok={"projected": 1.0})))
    assert [str(each) for each in compared.differences] == ["step 1, project, $.ok.projected: expected 1, got 1.0"]


def test_files_are_compared_in_the_end() -> None:
    case = case_of(project("a"))
    left = corpus.compare(evolve(case, files={"gone.json": "0" * 64}), InProcessDriver("files")).differences
    assert {each.where for each in left} == {"files left behind"}
    assert [each.path for each in left if each.actual is ABSENT] == ['$["gone.json"]']
    assert corpus.compare(evolve(case, files={}), InProcessDriver("memory")).differences == []


def test_a_reading_shows_what_its_run_left() -> None:
    run = run_json("a")
    case = recorded([("greet", {}), ("read", {"run": {**run, "more": 1}, "means": run, "because": "REC-9"})], "files")
    assert case is not None
    assert [*case.answers[1]["ok"]] == ["projected", "events", "snapshots"]
    assert corpus.compare(case, InProcessDriver("memory")).differences == []


# --- choosing ---------------------------------------------------------------------------------------------------------


def test_few_cases_cover_what_all_cover() -> None:
    told = {"a": {0, 1}, "b": {1, 2}, "c": {2, 3}, "d": {3}, "nobody": set[int]()}
    assert cover(told, lambda _: 1) == {1: ["a", "b"], 3: ["c", "d"]}


def test_of_equals_the_cheapest_is_chosen() -> None:
    assert cover({"a": {0, 1, 2}}, lambda number: 10 - number) == {2: ["a"]}


def test_a_case_that_others_make_needless_is_left_out() -> None:
    """The first choice tells most, and yet the others must be there for the rest."""
    told = {"a": {0, 1}, "b": {0, 1}, "c": {0, 2}, "d": {0, 2}, "e": {1}, "f": {2}}
    assert cover(told, lambda _: 1) == {1: ["a", "b", "e"], 2: ["c", "d", "f"]}


def test_a_case_made_smaller_tells_the_same_fault() -> None:
    mutant = MUTANTS["guard-off"]
    moves = [project("a", status="running"), project("a", "b", status="completed")]
    life = case_of(*moves, project("a", "b", "c", status="running"), *looking([OPEN, project("x")])[1:])
    assert [*kills(mutant, [life])] == [True]
    purpose = Purpose(life=Life(kind="any", store="files", case=life), mutants=(mutant.name,))
    with pool_of(0, silent) as pool:
        small = made_smaller(pool, [purpose], 60)[0]
    assert len(small.case.steps) < len(life.steps)
    assert [*kills(mutant, [small.case])] == [True]
    assert small.broken == set()


def test_a_fault_is_hunted_and_its_session_made_smaller() -> None:
    """What tells it by the reference's answers needn't show it to the properties."""
    mutant = MUTANTS["guard-off"]
    with pool_of(0, silent) as pool:
        lives = hunted(pool, [mutant.name], seed=0, most=60)
        life = lives[mutant.name]
        small = made_smaller(pool, [Purpose(life=life, found=(mutant.name,))], 60)[0]
        plain = checked(case_of(project("a")))
        assert found_in(pool, [mutant.name], [plain, small]) == {mutant.name: {1}}
    assert len(small.case.steps) < len(life.case.steps)
    assert is_found(mutant, small.case)


def test_nothing_is_hunted_where_no_session_shows_it() -> None:
    with pool_of(0, silent) as pool:
        assert hunted(pool, ["only-the-last-known-is-caught-up"], seed=0, most=1) == {}


def test_small_cases_judge_what_is_not_hunted() -> None:
    chiefs = {MUTANTS[name].chief for name in for_properties(MUTANTS)}
    judges = {load()[each].judge for each in chiefs}
    assert Judge.VECTORS not in judges
    assert Judge.PROPERTY in judges


# --- growing ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Growing from few lives: a whole one takes minutes."""
    monkeypatch.setattr(growing, "_all_kinds", lambda: ["more than ten twins", "every move that is refused"])
    monkeypatch.setattr(growing, "_to_be_exercised", lambda: ["PHASE-7", "SCOPE-2"])
    monkeypatch.setattr(growing, "small_lives", list)


@pytest.mark.usefixtures("little")
def test_a_corpus_is_grown_the_same_each_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ["guard-off", "occurrence-always-0"]
    written = []
    for number in range(2):
        path = tmp_path / f"{number}.jsonl"
        main([*names, "--output", str(path), "--jobs", "0", "--waves", "1"])
        written.append(path.read_bytes())
    assert written[0] == written[1]
    cases = corpus.load(path)
    assert {name for case in cases for name in case.kills} == {*names}
    assert {each for case in cases for each in case.requirements} == {"PHASE-7"}
    assert all(corpus.compare(case, InProcessDriver("files")).differences == [] for case in cases)
    said = capsys.readouterr().out
    assert "no case exercises SCOPE-2" in said


@pytest.mark.usefixtures("little")
def test_a_corpus_grows_on_by_what_its_cases_do_not_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "corpus.jsonl"
    grow = ["--output", str(path), "--jobs", "0", "--waves", "1"]
    main(["guard-off", *grow])
    looked_for: list[str] = []
    look_for = growing.looked_for

    def noting(pool: Any, names: Any, lives: Any, most: int) -> Any:
        looked_for.extend(names)
        return look_for(pool, names, lives, most)

    monkeypatch.setattr(growing, "looked_for", noting)
    monkeypatch.setattr(distilling, "MUTANTS", {name: MUTANTS[name] for name in ("guard-off", "occurrence-always-0")})
    main(["--add", *grow])
    assert looked_for == ["occurrence-always-0"]
    assert {name for case in corpus.load(path) for name in case.kills} == {"guard-off", "occurrence-always-0"}


def test_growing_on_is_for_all_faults(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--add", "guard-off"])
    assert "leave NAME out" in capsys.readouterr().err


def test_a_fault_that_there_is_not_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["no-such-fault"])
    assert "there is no mutant no-such-fault" in capsys.readouterr().err
