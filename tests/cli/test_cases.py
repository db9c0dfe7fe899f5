"""Failures saved and replayed: the files, and the command that replays them."""

import json
import re
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest
from attrs import evolve

from builders import lifecycle, run_json
from calling import call
from idle import idle
from lifecycle_conformance import __version__
from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.driver.interface import Breakdown, Hello
from lifecycle_conformance.execution.coverage import Coverage
from lifecycle_conformance.execution.judgement import judged
from lifecycle_conformance.execution.session import Judged
from lifecycle_conformance.execution.trace import Request
from lifecycle_conformance.judges.agreement import AGREEMENT
from lifecycle_conformance.judges.vectors import derived
from lifecycle_conformance.runner import case_files, replay
from lifecycle_conformance.runner.verdicts import Failure, JudgeResult, Report, Verdict
from lifecycle_conformance.runner.verdicts import Result as Found
from lifecycle_conformance.specification import requirements, schemas
from lifecycle_conformance.specification.index import SPEC_VERSION
from lifecycle_conformance.specification.texts import VECTORS
from lifecycle_projection import InvalidInputError

KNOWN: Final = requirements.load()
HELLO: Final = Hello(protocol=1, name="mine", version="0.1", language="C", spec="1.0.0", capabilities=frozenset())
ONE: Final = run_json(lifecycle("node_started", 20))
OPEN: Final[Request] = ("open", {"store": 0})
SESSION: Final[tuple[Request, ...]] = (OPEN, ("identify", {"run": ONE}), ("project", {"run": ONE}))
FIXED: Final = (VECTORS / "edges.jsonl").read_text(encoding="utf-8").split("\n")[:2]


def found(id_: str = "PASS-2", *, verdict: Verdict = Verdict.FAIL, **members: Any) -> Found:
    failure = Failure(
        **{"requests": SESSION, "message": "a message", "expected": [0], "actual": [], "compared": True, **members}
    )
    return Found(requirement=KNOWN[id_], verdict=verdict, cases=4, wanted=20, broken=1, failure=failure)


def saved(folder: Path, result: Found | JudgeResult) -> Path:
    return case_files.save(folder, result, hello=HELLO, profile="quick", seed=7)


# --- the files --------------------------------------------------------------------------------------------------------


def test_a_case_says_what_was_found_and_comes_back_as_it_was(tmp_path: Path) -> None:
    path = saved(tmp_path / "a" / "b", found())
    document = json.loads(path.read_bytes())
    assert schemas.problems("case", document) == []
    assert {name: document[name] for name in document if name != "steps"} == {
        "name": path.stem,
        "requirement": "PASS-2",
        "verdict": "fail",
        "message": "a message",
        "expected": [0],
        "actual": [],
        "spec": SPEC_VERSION,
        "suite": __version__,
        "driver": "mine 0.1",
        "profile": "quick",
        "seed": 7,
        "presumes": {"declared": [], "undeclared": []},
    }
    assert document["steps"][2] == {"op": "project", "run": ONE}
    case = case_files.load(path)
    assert (case.requests, case.requirement, case.message, case.verdict) == (SESSION, "PASS-2", "a message", "fail")
    assert (case.name, case.source, case.scenario) == (path.stem, str(path), None)
    assert not case.about_a_breakdown


def test_the_same_session_is_the_same_file_and_another_one_another(tmp_path: Path) -> None:
    first = saved(tmp_path, found(message="before"))
    assert saved(tmp_path, found(message="after")) == first
    assert json.loads(first.read_bytes())["message"] == "after"
    others = {saved(tmp_path, found("PASS-3")), saved(tmp_path, found(requests=SESSION[:2]))}
    assert len({first, *others}) == 3


def test_values_survive_exactly(tmp_path: Path) -> None:
    value = [1.0, -0.0, 0.0, 1, 2**64 - 1, -(2**63), 1e16, 5e-324, 0.1 + 0.2, True, None, "\u2028\x1b\x7f😀"]
    run = run_json(lifecycle("x", 1, metadata=value))
    case = case_files.load(saved(tmp_path, found(requests=(OPEN, ("project", {"run": run})))))
    assert repr(case.requests[1][1]["run"]["checkpoint"]["lifecycle_history"][0]["metadata"]) == repr(value)
    assert case.presumed.declared == {"json-numbers", "exact-numbers"}


def test_a_driver_that_broke_leaves_nothing_to_compare(tmp_path: Path) -> None:
    broke = found("DRIVER-2", verdict=Verdict.CRASH, compared=False, broke=Breakdown.CRASH)
    path = saved(tmp_path, broke)
    assert not {"expected", "actual"} & json.loads(path.read_bytes()).keys()
    assert case_files.load(path).about_a_breakdown


def test_a_report_gets_a_case_for_each_failure_that_has_a_session(tmp_path: Path) -> None:
    report = Report(
        hello=HELLO,
        profile="quick",
        seed=7,
        seconds=1.0,
        coverage=Coverage(),
        results=(found(), evolve(found("PASS-3"), failure=None), found("PASS-4", requests=())),
        agreement=JudgeResult(differing=1, failure=found().failure),
    )
    told = case_files.save_all(tmp_path, report)
    first, second, third = (each.failure for each in told.results)
    assert first is not None
    assert first.case is not None
    assert case_files.load(first.case).requirement == "PASS-2"
    assert (second, third) == (None, found("PASS-4", requests=()).failure)
    assert told.agreement is not None
    assert told.agreement.failure is not None
    assert case_files.load(str(told.agreement.failure.case)).requirement == AGREEMENT
    assert len(list(tmp_path.iterdir())) == 2


def test_nothing_is_made_where_nothing_failed(tmp_path: Path) -> None:
    report = Report(hello=HELLO, profile="quick", seed=7, seconds=1.0, coverage=Coverage(), results=())
    assert case_files.save_all(tmp_path / "cases", report) == report
    assert not (tmp_path / "cases").exists()


def test_a_fixed_case_is_one_too_and_so_are_several_lines() -> None:
    (one,) = case_files.parse(FIXED[0].encode(), source="x")
    assert (one.source, one.requirement) == ("x", None)
    assert one.scenario is not None
    assert len(one.scenario.answers) == len(one.requests)
    assert one.presumed.declared == one.scenario.needs
    indented = json.dumps(json.loads(FIXED[0]), indent=2).encode()
    assert case_files.parse(indented, source="x") == (one,)
    both = case_files.parse("\n".join([*FIXED, ""]).encode(), source="x")
    assert [each.source for each in both] == ["x:1", "x:2"]


MINIMAL: Final[dict[str, Any]] = {"name": "n", "requirement": "PASS-2", "steps": [{"op": "open", "store": 0}]}


def stepped(*steps: dict[str, Any]) -> str:
    return json.dumps({**MINIMAL, "steps": [*steps]})


@pytest.mark.parametrize(
    ("text", "path", "said"),
    [
        ("", "$", "expected a case, found nothing"),
        ("{", "$", "expected JSON text"),
        ("[]", "$", "expected an object, found an empty list"),
        (json.dumps({"name": "n", "steps": []}), "$.answers", "expected this member, found nothing"),
        (json.dumps({**MINIMAL, "requirement": "PASS-99"}), "$.requirement", 'a requirement, found "PASS-99"'),
        (json.dumps({**MINIMAL, "seed": "7"}), "$.seed", 'expected an integer from 0 to 2^64 - 1, found "7"'),
        (stepped({"op": "look"}), "$.steps[0].op", "expected one of hello, project,"),
        (stepped({"op": "open", "store": "/tmp"}), "$.steps[0].store", "expected an integer"),
        (stepped({"op": "project", "run": {**ONE, "status": "x"}}), "$.steps[0].run.status", "expected one of queued"),
        (
            stepped(MINIMAL["steps"][0], {"op": "remove", "path": "../x"}),
            "$.steps[1].path",
            "expected path inside",
        ),
        (stepped({"op": "restart", "kill": True}), "$.steps[0].op", "expected open before restart"),
        (
            stepped(MINIMAL["steps"][0], {"op": "greet"}, {"op": "remove", "path": "x"}),
            "$.steps[2].op",
            "expected open before remove, found no store open",
        ),
        (
            stepped(MINIMAL["steps"][0], {"op": "read", "run": ONE, "means": ONE, "because": "REC-9"}),
            "$.steps[1].op",
            "expected no store open before read, found one",
        ),
        (
            json.dumps({"name": "n", "steps": [], "answers": [{"ok": {}}], "files": {}}),
            "$.answers",
            "expected 0 answers, found 1",
        ),
    ],
)
def test_what_is_no_case_is_refused_by_its_place(text: str, path: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "case.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInputError) as caught:
        case_files.load(file)
    assert caught.value.source == str(file)
    assert path in {problem.path for problem in caught.value.problems}
    assert said in str(caught.value)


def test_a_file_that_is_not_there_or_has_many_cases_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="expected a readable file: No such file"):
        case_files.load(tmp_path / "case.json")
    (tmp_path / "two.jsonl").write_text("\n".join(FIXED), encoding="utf-8")
    with pytest.raises(InvalidInputError, match="expected one case, found 2"):
        case_files.load(tmp_path / "two.jsonl")


def test_the_line_of_a_bad_case_is_named() -> None:
    with pytest.raises(InvalidInputError, match=r"^x:2: .*expected this member, found nothing at \$\.name"):
        case_files.parse(f"{FIXED[0]}\n{{}}\n".encode(), source="x")


# --- replaying --------------------------------------------------------------------------------------------------------

replayed = partial(call, "replay")


def driver(folder: Path, fault: str = "pass") -> list[str]:
    """A driver that has a fault where it is asked for a pass."""
    return ["--", *idle(folder, fault, at="project")]


def test_what_the_reference_does_right_holds(tmp_path: Path) -> None:
    done = replayed(saved(tmp_path, found()), "--store", "memory")
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("── PASS-2: Each new record is recorded once, in order ── holds\n")
    assert "    1  identify  run-1  of org-a/ws-a  running  + [0] node_started @20\n" in done.stdout
    assert re.search(r"\n   it holds, judged \d+ times?\n", done.stdout)
    assert done.stdout.endswith(": 1 case: 1 holds\n")


def test_what_an_implementation_does_wrong_still_fails(tmp_path: Path) -> None:
    """It doesn't offer `identify`: the session goes without."""
    path = saved(tmp_path, found(message="the indexes of the records that got an event"))
    done = replayed(path, *driver(tmp_path))
    assert done.exit_code == 1
    assert "── fails\n" in done.stdout
    assert "    1  project  run-1  of org-a/ws-a  running  + [0] node_started @20\n" in done.stdout
    assert "     expected  1\n     got       0\n" in done.stdout
    assert done.stdout.endswith("idle 1: 1 case: 1 fails\n")


def test_replays_are_told_as_json(tmp_path: Path) -> None:
    path = saved(tmp_path, found())
    told = json.loads(replayed("--json", "-", path, *driver(tmp_path), stdin=path.read_bytes()).stdout)
    assert told["driver"] == "idle 1"
    assert [each["case"] for each in told["cases"]] == ["standard input", str(path)]
    first = told["cases"][0]
    assert first["judged"] > 0
    assert first["message"]
    assert first | {"judged": 1, "message": "", "also_broken": []} == {
        "case": "standard input",
        "name": path.stem,
        "requirement": "PASS-2",
        "outcome": "fails",
        "judged": 1,
        "verdict": "fail",
        "message": "",
        "expected": 1,
        "actual": 0,
        "seen": {"answer": {"ok": {"projected": 0}}, "appended": [], "written": [], "gone": []},
        "steps": [{"op": "open", "store": 0}, {"op": "project", "run": ONE}],
        "leaks": False,
        "like": [],
        "stderr": "",
        "also_broken": [],
    }


def test_several_cases_begin_with_what_to_mend_first(tmp_path: Path) -> None:
    """As a check does: how they fared, the first to mend, and the command that shows it again."""
    path = saved(tmp_path, found())
    done = replayed(saved(tmp_path, found("COMPACT-1")), path, *driver(tmp_path))
    start = done.stdout.split("\n\n")[0]
    assert start.startswith("how far       idle 1: 2 cases: 1 fails, 1 not applicable\n")
    assert "mend first PASS-2: Each new record is recorded once, in order. " in " ".join(start.split())
    assert start.splitlines()[-1].startswith(f"see it again  lifecycle-projection replay {path} -- ")
    assert not replayed(path, *driver(tmp_path)).stdout.startswith("how far")


def test_in_json_everything_is_whole(tmp_path: Path) -> None:
    long = run_json(lifecycle("node_started", 20, reason="y" * 5000))
    path = saved(tmp_path, found(requests=(OPEN, ("project", {"run": long}))))
    told = replayed("--json", path, *driver(tmp_path)).stdout
    assert json.loads(told)["cases"][0]["steps"][1]["run"] == long
    assert "…" not in told
    assert None not in json.loads(told)["cases"][0].values()


def test_a_replay_tells_what_the_driver_did_and_what_it_wrote_to_standard_error(tmp_path: Path) -> None:
    talking = "sys.stderr.write('recorded nothing\\n'); sys.stderr.flush()"
    # Standard error is read beside the answers: the later ones give it the time.
    done = replayed(saved(tmp_path, found(requests=SESSION * 5)), *driver(tmp_path, talking))
    assert '   the driver answered {"projected": 0}\n' in done.stdout
    assert "   it appended no event and wrote no snapshot\n" in done.stdout
    assert "   standard error, its end:\n     recorded nothing\n" in done.stdout


def test_of_several_ways_to_break_a_requirement_the_one_that_was_found_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = [judged("PASS-2", what, expected=what, actual=None) for what in ("another", "a message")]

    def shown(count: int) -> Any:
        judgements = [Judged(judgement=each, step=1, length=2) for each in said[:count]]
        return lambda *_: (SimpleNamespace(judgements=judgements), None)

    monkeypatch.setattr(replay, "executed", shown(2))
    case = case_files.load(saved(tmp_path, found()))
    (again,) = replay.replayed([case], InProcessDriver("memory"))
    assert again.outcome is replay.Outcome.FAILS
    assert again.failure is not None
    assert again.failure.expected == "a message"
    monkeypatch.setattr(replay, "executed", shown(1))
    (again,) = replay.replayed([case], InProcessDriver("memory"))
    assert again.failure is not None
    assert again.failure.expected == "another"


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        ("sys.exit('out of luck')", 1, "── fails (crash)\n"),
        ("import time; time.sleep(9)", 1, "── fails (timeout)\n"),
        ("print('a stray line', flush=True)", 1, "── fails (protocol)\n"),
    ],
)
def test_a_driver_that_breaks_is_told(fault: str, code: int, said: str, tmp_path: Path) -> None:
    broke = found("DRIVER-2", verdict=Verdict.CRASH, compared=False, broke=Breakdown.CRASH)
    done = replayed(saved(tmp_path, broke), "--timeout", "1", *driver(tmp_path, fault))
    assert (done.exit_code, said in done.stdout) == (code, True)


def test_a_driver_that_breaks_no_more_is_well(tmp_path: Path) -> None:
    broke = found("DRIVER-2", verdict=Verdict.CRASH, compared=False, broke=Breakdown.CRASH, requests=(OPEN,))
    done = replayed(saved(tmp_path, broke), *driver(tmp_path))
    assert (done.exit_code, "\n   it holds\n" in done.stdout) == (0, True)


def test_a_leak_of_state_that_does_not_show_by_itself_is_explained(tmp_path: Path) -> None:
    done = replayed(saved(tmp_path, found(verdict=Verdict.STATE_LEAK)))
    assert done.exit_code == 0
    assert "what broke it were other sessions before it" in " ".join(done.stdout.split())


def test_what_was_not_judged_is_undecided(tmp_path: Path) -> None:
    done = replayed(saved(tmp_path, found("PHASE-7")), *driver(tmp_path))
    assert done.exit_code == 3
    assert "\n   nothing in this session was judged by PHASE-7\n" in done.stdout


def test_one_failure_counts_more_than_what_is_undecided(tmp_path: Path) -> None:
    done = replayed(saved(tmp_path, found()), saved(tmp_path, found("PHASE-7")), *driver(tmp_path))
    assert done.exit_code == 1
    assert "also broken in this session: PASS-2" in done.stdout
    assert done.stdout.endswith("idle 1: 2 cases: 1 fails, 1 undecided\n")


# --- to whom a case applies -------------------------------------------------------------------------------------------


def refused(kind: str, because: str, **request: Any) -> Request:
    return ("refuse", {"request": request, "kind": kind, "because": [because]})


TEXT: Final = refused("unsupported", "DRIVER-11", op="project", run_json="{}")


@pytest.mark.parametrize(
    ("requirement", "requests", "declared", "undeclared"),
    [
        ("DRIVER-11", (OPEN, TEXT), set(), {"text-input"}),
        ("DRIVER-11", (OPEN, refused("unsupported", "DRIVER-11", op="prune", keep=1)), set(), {"prune"}),
        ("DRIVER-11", (OPEN, refused("unsupported", "DRIVER-11", op="frob")), set(), set()),
        ("DRIVER-13", (OPEN, refused("invalid_input", "DRIVER-13", op="prune", keep="x")), {"prune"}, set()),
        ("REC-11", (OPEN, refused("invalid_input", "REC-11", op="project", run_json="{")), {"text-input"}, set()),
        ("DRIVER-6", (OPEN, refused("storage", "DRIVER-6", op="open", store="x")), set(), set()),
        ("PASS-2", (OPEN, ("restart", {"kill": True}), ("project", {"run": ONE})), {"durable"}, set()),
        ("PASS-2", (OPEN, ("remove", {"path": "x"})), {"files"}, set()),
        ("PASS-2", (OPEN, ("identify", {"run": ONE}), ("project", {"run": ONE})), set(), set()),
        ("DRIVER-2", (OPEN, ("identify", {"run": ONE})), {"identify"}, set()),
        ("DRIVER-8", SESSION, {"identify"}, set()),
        (AGREEMENT, (OPEN, ("compact", {"retention_ms": 1, "now_ms": 2})), {"compact"}, set()),
    ],
)
def test_a_case_says_which_capabilities_it_presumes(
    requirement: str, requests: tuple[Request, ...], declared: set[str], undeclared: set[str], tmp_path: Path
) -> None:
    result = found(requirement, requests=requests) if requirement != AGREEMENT else None
    path = saved(tmp_path, result or JudgeResult(failure=found(requests=requests).failure))
    document = json.loads(path.read_bytes())
    assert document["presumes"] == {"declared": sorted(declared), "undeclared": sorted(undeclared)}
    del document["presumes"]  # as older files are
    for text in (path.read_text(encoding="utf-8"), json.dumps(document)):
        (case,) = case_files.parse(text.encode(), source="x")
        assert (case.presumed.declared, case.presumed.undeclared) == (declared, undeclared)


def test_what_a_case_says_that_it_presumes_counts() -> None:
    said = {"declared": ["files"], "undeclared": ["some-day"]}
    (case,) = case_files.parse(json.dumps({**MINIMAL, "presumes": said}).encode(), source="x")
    assert case.misfits(frozenset({"files"})) == ()
    assert case.misfits(frozenset({"some-day"})) == (
        "the driver doesn't declare files",
        "the driver declares some-day",
    )


def test_a_case_that_does_not_apply_says_so_and_is_no_failure(tmp_path: Path) -> None:
    """The reference declares `text-input`: what a driver without it must refuse, it need not."""
    path = saved(tmp_path, found("DRIVER-11", requests=(OPEN, TEXT), verdict=Verdict.WRONG_REASON))
    alone = replayed(path)
    assert alone.exit_code == 3
    assert "── not applicable\n" in alone.stdout
    assert "\n   the driver declares text-input\n" in alone.stdout
    beside = replayed(path, saved(tmp_path, found()))
    assert beside.exit_code == 0
    assert beside.stdout.endswith(": 2 cases: 1 holds, 1 not applicable\n")
    undeclared = replayed(saved(tmp_path, found("COMPACT-1")), *driver(tmp_path))
    assert (undeclared.exit_code, "the driver doesn't declare compact" in undeclared.stdout) == (3, True)


# --- one rule for exit codes ------------------------------------------------------------------------------------------

STRAY: Final = "print('a stray line', flush=True)"


@pytest.mark.usefixtures("plain_cases", "vectors_read_once")
def test_check_vectors_and_replay_give_the_same_exit_code(tmp_path: Path) -> None:
    command = driver(tmp_path, STRAY)
    case = saved(tmp_path, found())
    options = ["--profile=quick", "--requirements=PASS-2", "--shrink-attempts=0", "--no-vectors", "--jobs=1"]
    check = ["check", *options, "--cases", str(tmp_path / "cases")]
    for called in (check, ["vectors", "--only", "member-9"], ["replay", str(case)]):
        assert call(*called, *command).exit_code == 1, called


@pytest.mark.usefixtures("vectors_read_once")
def test_a_protocol_broken_before_anything_could_be_judged_leaves_it_undecided(tmp_path: Path) -> None:
    command = ["--", *idle(tmp_path, STRAY, at="open")]
    for called in (["vectors", "--only", "member-9"], ["replay", str(saved(tmp_path, found()))]):
        done = call(*called, *command)
        assert (done.exit_code, "protocol" in done.stdout) == (3, True), called


def test_agreement_with_the_reference_is_replayed(tmp_path: Path) -> None:
    path = saved(tmp_path, JudgeResult(differing=1, failure=found().failure))
    assert replayed(path).exit_code == 0
    done = replayed(path, *driver(tmp_path))
    assert done.exit_code == 1
    assert done.stdout.startswith("── Agreement with the reference ── fails\n")
    assert "     answer.ok.projected: expected 1, got 0\n" in done.stdout


def test_fixed_cases_are_compared_with_productions_answers(tmp_path: Path) -> None:
    (tmp_path / "fixed.jsonl").write_text("\n".join(FIXED), encoding="utf-8")
    done = replayed(tmp_path / "fixed.jsonl")
    assert done.exit_code == 0
    assert done.stdout.endswith(": 2 cases: 2 hold\n")
    plain = {
        "name": "plain",
        "steps": [{"op": "project", "run": ONE}],
        "answers": [{"ok": {"projected": 1}}],
        "files": {},
    }
    done = replayed("-", *driver(tmp_path), stdin=json.dumps(plain))
    assert done.exit_code == 1
    assert done.stdout.startswith("── plain ── fails\n   standard input\n")
    assert "   the answer to project:\n     ok.projected: expected 1, got 0\n" in done.stdout


def test_a_small_case_that_was_made_from_the_fixed_ones_is_asked_again(tmp_path: Path) -> None:
    small = next(each for each in derived.cases() if "SCOPE-4" in each.requirements)
    path = saved(tmp_path, found("SCOPE-4", requests=small.requests, message=f"$.x of the scope ({small.name})"))
    assert replayed(path).exit_code == 0
    done = replayed(path, *driver(tmp_path))
    assert done.exit_code == 3
    assert "what is asked for, the scope, was not to be seen" in done.stdout
    assert re.search(r"\n   also broken in this session: .*\bPASS-2\b", done.stdout)


def test_a_driver_that_comes_up_no_more_loses_nothing_that_was_told(tmp_path: Path) -> None:
    once = f"os.mkdir({str(tmp_path / 'started')!r})"
    both = (saved(tmp_path, found()), saved(tmp_path, found("PASS-3")))
    done = replayed(*both, "--", *idle(tmp_path, first=once))
    assert done.exit_code == 1
    assert "FileExistsError" in done.stdout
    assert done.stdout.endswith("idle 1: 2 cases: 1 fails, 1 undecided\n")


def test_a_bad_case_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    done = replayed(saved(tmp_path, found()), "-", "--", "/nowhere/driver", stdin=json.dumps({**MINIMAL, "steps": 7}))
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == "error: standard input: expected a list, found 7 at $.steps\n"
    assert replayed().exit_code == 2


def test_colours_are_for_terminals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    path = saved(tmp_path, found())
    assert "\x1b[31mfails" in replayed(path, *driver(tmp_path), color=True).stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in replayed(path, *driver(tmp_path), color=True).stdout
