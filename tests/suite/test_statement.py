"""A statement of conformance: what it says of a report, what it promises, and when it holds."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

import pytest
from attrs import evolve

from calling import call
from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.report.as_json import as_json
from lifecycle_conformance.report.badge import badge
from lifecycle_conformance.report.statement import Asked, as_text, digest, parse, statement_of
from lifecycle_conformance.report.verification import verified
from lifecycle_conformance.runner import runner
from lifecycle_conformance.runner.verdicts import JudgeResult, KnownFailure, Report, Verdict
from lifecycle_conformance.specification import schemas
from lifecycle_conformance.specification.requirements import levels
from lifecycle_projection import InvalidInputError
from searching import shorten
from test_report import HELLO, failed, report, result

WHOLE: Final = Asked(shrink_attempts=5_000)
SVG: Final = "{http://www.w3.org/2000/svg}"


def stated(*results: Any, asked: Asked = WHOLE, **members: Any) -> dict[str, Any]:
    statement = statement_of(report(*(results or (result("PASS-2"),)), **members), asked)
    assert schemas.problems("statement", statement) == []
    return statement


# --- what it says -----------------------------------------------------------------------------------------------------


def test_it_says_who_was_judged_how_and_what_came_of_it() -> None:
    statement = stated(result("PASS-2"), failed("LOG-1"), result("SNAP-1", Verdict.NOT_DECLARED), seed=7)
    assert (statement["driver"]["name"], statement["profile"], statement["seed"]) == ("mine", "quick", 7)
    assert statement["asked"] == {"requirements": [], "spec": None, "fixed_cases": True, "shrink_attempts": 5_000}
    assert {name: number for name, number in statement["verdicts"].items() if number} == {
        "pass": 1,
        "fail": 1,
        "not declared": 1,
    }
    assert statement["not_passed"] == [
        {"requirement": "LOG-1", "verdict": "fail"},
        {"requirement": "SNAP-1", "verdict": "not declared"},
    ]
    assert statement["known_failures"] == []


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, "conforms"),
        ({"results": (result("PASS-2"), result("LOG-1", Verdict.NOT_DECLARED))}, "conforms"),
        ({"results": (result("PASS-2"), result("LOG-1", Verdict.FAIL))}, "falls short"),
        ({"results": (result("PASS-2"), result("LOG-1", Verdict.NOT_EXERCISED))}, "falls short"),
        ({"agreement": JudgeResult(agreed=1, differing=1)}, "falls short"),
        ({"absent": ("compact",)}, "falls short"),
        ({"results": (result("PASS-2"), result("LOG-1", Verdict.UNDECIDED)), "cut": "time was over"}, "undecided"),
        ({"errors": ("a check: a traceback",)}, "undecided"),
        ({"cut": "time was over"}, "holds in part"),
        ({"lost": ("part 3",)}, "holds in part"),
    ],
)
def test_the_outcome(changes: dict[str, Any], outcome: str) -> None:
    statement = statement_of(evolve(report(result("PASS-2")), **changes), WHOLE)
    assert statement["outcome"] == outcome


@pytest.mark.parametrize(
    ("asked", "limit"),
    [
        (Asked(requirements=("PASS-*", "LOG-1"), shrink_attempts=0), "only the requirements that match PASS-*, LOG-1"),
        (Asked(fixed_cases=False, shrink_attempts=0), "the fixed cases were left out"),
    ],
)
def test_a_part_never_conforms(asked: Asked, limit: str) -> None:
    statement = stated(asked=asked)
    assert statement["outcome"] == "holds in part"
    assert statement["limits"][0].startswith(limit)


def test_with_known_failures_nothing_conforms() -> None:
    accepted = KnownFailure(requirement="PASS-2", verdict=Verdict.FAIL, shapes=("x",), reason="it is old")
    failing = result("PASS-2", Verdict.FAIL)
    statement = statement_of(report(evolve(failing, known=accepted)), WHOLE)
    expected = {"requirement": "PASS-2", "verdict": "fail", "reason": "it is old", "link": ""}
    assert (statement["outcome"], statement["known_failures"]) == ("falls short", [expected])
    assert statement["digest"] == statement_of(report(failing), WHOLE)["digest"]


@pytest.mark.parametrize(
    ("declared", "level", "beyond"),
    [
        ((), None, []),
        (("append", "import"), None, ["append", "import"]),
        (("identify", "append"), "core", ["append"]),
        ((*levels()["retention"], "tenants"), "retention", ["tenants"]),
        ((*levels()["files"],), "files", []),
    ],
)
def test_the_level_is_the_highest_whose_capabilities_are_all_there(
    declared: tuple[str, ...], level: str | None, beyond: list[str]
) -> None:
    statement = stated(hello=evolve(HELLO, capabilities=frozenset(declared)))
    assert (statement["level"], statement["beyond_level"]) == (level, beyond)


def test_what_is_not_offered_counts_for_no_level() -> None:
    hello = evolve(HELLO, capabilities=levels()["history"])
    assert stated(hello=hello, absent=("import",))["level"] == "core"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, None),
        ({"results": (failed("PASS-2"),)}, None),
        ({"cut": "the 4 s that were given were over"}, "cut off"),
        ({"lost": ("part 3",)}, "cut off"),
        ({"results": (failed("PASS-2", again=Verdict.STATE_LEAK, verdict=Verdict.STATE_LEAK),)}, "did before"),
        ({"results": (result("DRIVER-17", Verdict.NONDETERMINISTIC),)}, "differ from time to time"),
        ({"results": (result("DRIVER-2", Verdict.TIMEOUT),)}, "depends on the machine"),
    ],
)
def test_it_says_where_the_same_seed_promises_nothing(changes: dict[str, Any], why: str | None) -> None:
    said = statement_of(evolve(report(result("PASS-2")), **changes), WHOLE)["not_repeatable"]
    assert said == why or (why is not None and why in said)


# --- the digest -------------------------------------------------------------------------------------------------------

BASE: Final = report(result("PASS-2"), failed("LOG-1"), agreement=JudgeResult(agreed=9, differing=1))


@pytest.mark.parametrize(
    "same",
    [
        evolve(BASE, seconds=99.0),
        evolve(BASE, results=(result("PASS-2"), failed("LOG-1", case="elsewhere.json", stderr="pid 7"))),
        evolve(BASE, agreement=JudgeResult(agreed=9, differing=1, failures=(("agreement", "at /tmp/x"),))),
    ],
    ids=["time", "failure", "judge"],
)
def test_what_may_differ_by_chance_is_not_in_the_digest(same: Report) -> None:
    assert digest(as_json(same)) == digest(as_json(BASE))


@pytest.mark.parametrize(
    "other",
    [
        evolve(BASE, seed=8),
        evolve(BASE, results=(result("PASS-2", cases=41), failed("LOG-1"))),
        evolve(BASE, results=(result("PASS-2"), failed("LOG-1", broken=5))),
        evolve(BASE, hello=evolve(HELLO, version="0.2")),
        evolve(BASE, agreement=JudgeResult(agreed=8, differing=1)),
    ],
    ids=["seed", "cases", "broken", "driver", "agreement"],
)
def test_what_is_found_is_in_the_digest(other: Report) -> None:
    assert digest(as_json(other)) != digest(as_json(BASE))


# --- whether it holds -------------------------------------------------------------------------------------------------


def differences(said: dict[str, Any], found: dict[str, Any]) -> str:
    return "\n".join(verified(said, found).differences)


def test_it_holds_where_the_same_is_found() -> None:
    statement = stated(result("PASS-2"), failed("LOG-1"))
    assert verified(statement, copy.deepcopy(statement)).holds


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (stated(failed("PASS-2")), "PASS-2: the statement says pass, this check says fail"),
        (
            stated(failed("PASS-2")),
            'verdicts: the statement says {"pass": 1, "fail": 0}, this check says {"pass": 0, "',
        ),
        (stated(result("PASS-2", cases=41)), "the verdicts are the same, and the reports aren't"),
        (
            stated(hello=evolve(HELLO, version="0.2")),
            "the driver's version: the statement says 0.1, this check says 0.2",
        ),
        (stated(hello=evolve(HELLO, capabilities=frozenset({"import"}))), "the driver doesn't declare append"),
        (stated(hello=evolve(HELLO, capabilities=HELLO.capabilities | {"prune"})), "the driver declares prune"),
        (stated(agreement=JudgeResult(agreed=1)), "agreement with the reference: the statement says null"),
    ],
)
def test_what_differs_is_said(found: dict[str, Any], words: str) -> None:
    assert words in differences(stated(), found)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("outcome", "conforms"),
        ("level", "files"),
        ("beyond_level", []),
        ("limits", ["x"]),
        ("verdicts", {"pass": 2}),
        ("not_passed", []),
        ("digest", "sha256:" + "0" * 64),
    ],
)
def test_no_member_can_be_forged(member: str, value: Any) -> None:
    true = stated(result("PASS-2"), failed("LOG-1"))
    assert not verified({**true, member: value}, true).holds


def test_of_a_check_that_was_cut_off_only_contradictions_count() -> None:
    cut = stated(result("PASS-2"), failed("LOG-1"), result("SNAP-1", Verdict.UNDECIDED), cut="time was over")
    whole = stated(result("PASS-2", cases=99), failed("LOG-1", broken=9), result("SNAP-1"))
    verification = verified(cut, whole)
    assert verification.holds
    assert "equality can't be expected, for the check was cut off" in verification.notes[0]
    assert "LOG-1" in differences(cut, stated(result("PASS-2"), result("LOG-1"), result("SNAP-1")))
    assert "PASS-2" in differences(cut, stated(failed("PASS-2"), failed("LOG-1"), result("SNAP-1")))


def test_what_was_cut_off_conforms_only_if_the_whole_does() -> None:
    forged = {**stated(cut="time was over"), "outcome": "conforms"}
    assert "the outcome" in differences(forged, stated(result("PASS-2"), failed("LOG-1")))


@pytest.mark.parametrize(("member", "named"), [("suite", "the suite"), ("hypothesis", "Hypothesis")])
def test_another_version_of_what_searches_may_search_elsewhere(member: str, named: str) -> None:
    statement = stated()
    older = {**statement, member: "0.0.1", "digest": "sha256:" + "0" * 64}
    verification = verified(older, stated(result("PASS-2", cases=99)))
    assert verification.holds
    assert f"version 0.0.1 of {named}" in verification.notes[0]
    assert "PASS-2" in differences(older, stated(failed("PASS-2")))


# --- its file ---------------------------------------------------------------------------------------------------------


def test_a_statement_is_read_as_it_was_written() -> None:
    statement = stated(result("PASS-2"), failed("LOG-1"))
    assert parse(as_text(statement), "s.json") == statement


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"seed": -1}, "expected an integer from 0 to 2^64 - 1, found -1 at $.seed"),
        ({"outcome": "good"}, "expected one of conforms, holds in part, falls short, undecided"),
        ({"more": 1}, "expected no such member at $.more"),
        (
            {"verdicts": {"pass": 1, "wrong reason": 1}},
            "expected 0, the number in `not_passed`, found 1 at $.verdicts[",
        ),
        ({"limits": ["only a part was judged"]}, "expected no 'conforms' beside limits or requirements that fail at"),
        (
            {"not_passed": [{"requirement": "LOG-1", "verdict": "fail"}], "verdicts": {"fail": 1}},
            "expected no 'conforms' beside limits or requirements that fail at $.outcome",
        ),
        (
            {"asked": {"requirements": ["X-*"], "fixed_cases": True, "shrink_attempts": 1}},
            "expected patterns that some requirement matches at $.asked.requirements",
        ),
    ],
)
def test_a_malformed_statement_is_refused_with_its_path(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse(as_text({**stated(), **change}), "s.json")
    assert str(caught.value).startswith("s.json: ")
    assert problem in str(caught.value)


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"statement": 1}'])
def test_what_is_no_statement_is_refused(text: bytes) -> None:
    with pytest.raises(InvalidInputError, match=r"^s\.json: expected "):
        parse(text, "s.json")


# --- the badge --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("members", "message", "colour"),
    [
        ({"outcome": "conforms", "level": "files"}, "conforms (files)", "#1a7f37"),
        ({"outcome": "conforms", "level": None}, "conforms (no level)", "#1a7f37"),
        ({"outcome": "holds in part"}, "holds in part", "#8a5a00"),
        ({"outcome": "undecided"}, "undecided", "#8a5a00"),
        ({"outcome": "falls short"}, "falls short", "#b42318"),
    ],
)
def test_a_badge_says_in_words_what_its_colour_says(members: dict[str, Any], message: str, colour: str) -> None:
    root = ET.fromstring(badge({**stated(), "spec": "1.0", **members}))
    assert (root.tag, root.attrib["role"]) == (f"{SVG}svg", "img")
    assert root.findtext(f"{SVG}title") == f"lifecycle-projection 1.0: {message}"
    assert "mine 0.1, judged by lifecycle-projection" in (root.findtext(f"{SVG}desc") or "")
    assert [each.text for each in root.iter(f"{SVG}text")] == ["lifecycle-projection 1.0", message]
    assert [each.attrib["fill"] for each in root.iter(f"{SVG}rect")][1] == colour


@pytest.mark.parametrize("colour", ["#1a7f37", "#8a5a00", "#b42318", "#444c56"])
def test_white_text_can_be_read_on_each_colour(colour: str) -> None:
    """WCAG's contrast of 4.5 to 1."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    assert 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05) >= 4.5


def test_nothing_in_a_statement_acts_in_a_badge() -> None:
    hostile = '</title><script>alert(1)</script>"\x00\u202e'
    hello = evolve(HELLO, name=hostile, version=hostile)
    drawn = badge({**stated(hello=hello), "spec": hostile, "limits": [hostile]})
    root = ET.fromstring(drawn)
    assert {each.tag for each in root.iter()} == {f"{SVG}{name}" for name in ("svg", "title", "desc", "rect", "text")}
    assert not {"\x00", "\u202e"} & set(drawn.decode())


# --- the commands -----------------------------------------------------------------------------------------------------

Make = Callable[..., Path]


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Write a statement by `check`, whose search finds a given report; so does every later one."""

    def make(found: Report, *options: str) -> Path:
        monkeypatch.setattr(runner, "run", lambda *_, **__: found)
        path = tmp_path / "s.json"
        done = call("check", "--statement", path, "--cases", tmp_path / "cases", *options)
        assert (done.exit_code, done.stderr) == (found.exit_code, "")
        return path

    return make


def test_check_writes_a_statement_that_verify_confirms(made: Make) -> None:
    path = made(BASE, "--requirements", "PASS-*", "--spec", "1.0", "--no-vectors", "--shrink-attempts", "7")
    assert json.loads(path.read_text())["asked"] == {
        "requirements": ["PASS-*"],
        "spec": "1.0",
        "fixed_cases": False,
        "shrink_attempts": 7,
    }
    done = call("statement", "verify", path, "--", "./my-driver")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "mine 0.1 falls short (quick, seed 7)" in " ".join(done.stdout.split())
    assert done.stdout.endswith("it holds\n")


def test_verify_makes_the_check_that_the_statement_is_about(made: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    path, asked = made(BASE, "--requirements", "PASS-*", "--spec", "1.0", "--no-vectors", "--shrink-attempts", "7"), {}

    def run(_: Any, **options: Any) -> Report:
        asked.update(options)
        return BASE

    monkeypatch.setattr(runner, "run", run)
    assert call("statement", "verify", path, "--jobs", "1").exit_code == 0
    assert {name: asked[name] for name in ("profile", "seed", "spec", "vectors", "shrink_attempts", "jobs")} == {
        "profile": "quick",
        "spec": "1.0",
        "seed": 7,
        "vectors": False,
        "shrink_attempts": 7,
        "jobs": 1,
    }
    assert [*asked["only"]] == ["PASS-*"]
    assert asked.get("seconds") is None


def test_verify_says_what_differs(made: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made(report(result("PASS-2")))
    monkeypatch.setattr(runner, "run", lambda *_, **__: report(failed("PASS-2")))
    done = call("statement", "verify", path)
    assert done.exit_code == 1
    assert "it doesn't hold:\n  - PASS-2: the statement says pass, this check says fail\n" in done.stdout
    told = json.loads(call("statement", "verify", "--json", path).stdout)
    assert (told["holds"], told["found"]["outcome"]) == (False, "falls short")
    assert "PASS-2: the statement says pass, this check says fail" in told["differences"]


def test_verify_refuses_what_it_can_not_judge(made: Make) -> None:
    path = made(report(result("PASS-2")))
    document = json.loads(path.read_text())
    path.write_text(json.dumps({**document, "spec": "7.0"}))
    done = call("statement", "verify", path)
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"error: {path}: expected " in done.stderr
    assert 'found "7.0"; verify it with version' in done.stderr
    assert "at $.spec\n" in done.stderr
    assert call("statement", "verify", path.with_name("none")).exit_code == 2


def test_verify_that_is_interrupted_says_nothing(made: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made(BASE)
    monkeypatch.setattr(runner, "run", lambda *_, **__: evolve(BASE, interrupted=True))
    done = call("statement", "verify", path)
    assert (done.exit_code, done.stdout) == (130, "")


def test_an_interrupted_check_makes_no_statement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = report(result("PASS-2"), interrupted=True, cut="it was interrupted")
    monkeypatch.setattr(runner, "run", lambda *_, **__: found)
    done = call("check", "--statement", tmp_path / "s.json")
    assert (done.exit_code, [*tmp_path.iterdir()]) == (130, [])
    assert "no statement is made: the check was interrupted" in done.stderr


def test_a_statement_and_a_database_exclude_each_other(tmp_path: Path) -> None:
    done = call("check", "--statement", tmp_path / "s.json", "--database", tmp_path / "d")
    assert done.exit_code == 2
    assert "exclude each other" in done.stderr


def test_a_statement_on_standard_output_takes_the_place_of_the_report(made: Make, tmp_path: Path) -> None:
    path = made(BASE)
    done = call("check", "--statement", "-", "--cases", tmp_path / "cases")
    assert done.stdout_bytes == path.read_bytes()
    assert "--json and --statement - would both" in call("check", "--statement", "-", "--json").stderr


def test_the_badge_goes_to_a_file_or_to_standard_output(made: Make, tmp_path: Path) -> None:
    path, target = made(BASE), tmp_path / "b.svg"
    shown = call("statement", "badge", path)
    assert call("statement", "badge", path, "--output", target).stdout == ""
    assert shown.stdout_bytes == target.read_bytes()
    assert "falls short" in target.read_text()
    assert call("statement", "badge", path, "--output", path).exit_code == 2
    assert call("statement", "badge", target).exit_code == 2


@pytest.mark.parametrize("command", ["verify", "badge"])
def test_help_teaches(command: str) -> None:
    text = call("statement", command, "--help", env={"COLUMNS": "200"}).stdout
    assert max(map(len, text.splitlines())) <= 100
    assert f"  EXAMPLES\n    lifecycle-projection statement {command} " in text
    assert "EXIT CODES" in text


# --- a search ---------------------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    """And another one doesn't; in processes of their own the parts find the same."""
    shorten(monkeypatch, among=slice(2))

    def found(seed: int) -> dict[str, Any]:
        judged = runner.run(InProcessDriver, profile="quick", seed=seed, only=["PASS-*"], vectors=False)
        return statement_of(judged, Asked(requirements=("PASS-*",), fixed_cases=False, shrink_attempts=5_000))

    first = found(3)
    assert found(3) == first
    assert found(4)["digest"] != first["digest"]
