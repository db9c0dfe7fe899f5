"""Readings put each requirement on reading to the test, and a fault in reading is reported as what it is."""

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache, partial
from hashlib import sha3_256
from typing import Any
from unittest.mock import Mock

import hypothesis
import orjson
import pytest
from hypothesis import HealthCheck, Phase

from faults import Fault, instead_of
from lifecycle_conformance.driver import server
from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.driver.interface import CAPABILITIES
from lifecycle_conformance.execution.session import executed as run_to_its_end
from lifecycle_conformance.execution.trace import Request
from lifecycle_conformance.generation.input_cases import free_form, input_cases, records, runs, texts
from lifecycle_conformance.judges.attribution.canonical_writing import write
from lifecycle_conformance.judges.properties import CHECKS
from lifecycle_conformance.specification.requirements import code_spans, load, tables
from lifecycle_projection import canonical, codec, content, identity, json_text, text
from lifecycle_projection.json_text import DuplicateMembers
from lifecycle_projection.words import PrincipalKind

NUMBERS = ("text-input", "json-numbers", "exact-numbers")
MEMORY = server.CAPABILITIES_OF["memory"]
IDS = {*records.CASES, *free_form.CASES, *texts.CASES}
SUBJECTS = ("REC", "JSON", "ID", "ERR", "DRIVER")
ABOUT_READING = [each for each in CHECKS if any(id_.split("-")[0] in SUBJECTS[:4] for id_ in each.requirements)]


@cache
def drawn(capabilities: frozenset[str], seed: int = 1) -> tuple[list[Request], ...]:
    """Draw a few sessions. (After ten, Hypothesis would go on with variations of what it drew before.)"""
    sessions = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=6,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(input_cases(capabilities))
    def draw(requests: list[Request]) -> None:
        sessions.append(requests)

    draw()
    return tuple(sessions)


def executed(driver: InProcessDriver, sessions: Iterable[list[Request]]) -> tuple[Counter[str], Counter[str]]:
    """Run sessions; give how often each requirement was judged, and how often it was broken."""
    judged, broken = Counter[str](), Counter[str]()
    for requests in sessions:
        session, broke = run_to_its_end(driver, requests, ABOUT_READING)
        assert (broke, session.errors) == (None, [])
        judged.update(each.judgement.requirement for each in session.judgements)
        broken.update(each.judgement.requirement for each in session.judgements if not each.judgement.holds)
    return judged, broken


def broken_by_readings(*expected: str, only_read: bool = False) -> set[str]:
    """What the reference breaks of these chapters in a few sessions, or in more until the expected is there."""
    found: set[str] = set()
    for seed in range(1, 11):
        sessions = [[each for each in session if each[0] == "read" or not only_read] for session in drawn(MEMORY, seed)]
        _, broken = executed(InProcessDriver("memory"), sessions)
        found |= {id_ for id_ in broken if id_.split("-")[0] in SUBJECTS}
        if found.issuperset(expected):
            break
    return found


# --- what is exercised ------------------------------------------------------------------------------------------------


def test_there_are_readings_for_each_requirement_on_reading() -> None:
    others = {"REC-18", *(f"JSON-{number}" for number in (7, 8, 9))}
    assert {id_ for id_ in load() if id_.startswith(("REC-", "JSON-"))} - others == IDS


@pytest.mark.parametrize(
    ("store", "without"), [("files", ()), ("memory", ()), ("memory", NUMBERS), ("files", NUMBERS[1:])]
)
def test_the_reference_reads_as_it_should_and_each_requirement_that_applies_is_judged(
    store: Any, without: tuple[str, ...]
) -> None:
    driver = InProcessDriver(store, without=without)
    capabilities = driver.hello.capabilities
    judged, broken = executed(driver, drawn(capabilities))
    assert broken == {}
    applies = {id_ for id_ in IDS if load()[id_].capabilities <= capabilities}
    assert {id_ for id_ in judged if id_ in IDS} == applies
    assert min(judged[id_] for id_ in applies | {"ERR-1", "ERR-7", "DRIVER-15"}) >= 5


def numbers(value: Any) -> Iterable[float]:
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from numbers(each)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield value


def depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth, inner), default=0)


def assert_plain(number: float) -> None:
    if isinstance(number, int):
        assert abs(number) <= 2**53 - 1
    else:
        assert not number.is_integer()
        assert float(f"{number:.15g}") == number
        assert 1e-22 <= abs(number) <= 1e22


def test_without_their_capabilities_no_texts_and_no_special_numbers_are_sent() -> None:
    for requests in drawn(CAPABILITIES - set(NUMBERS)):
        for _, arguments in requests:
            assert "run_json" not in json.dumps(arguments)
            for number in numbers(arguments):
                assert_plain(number)
    for requests in drawn(CAPABILITIES):
        for _, arguments in requests:
            sent = arguments.get("request", arguments)
            assert all(depth(sent[name]) <= 100 for name in ("run", "means") if name in sent)


def test_texts_only_without_number_capabilities_hold_plain_numbers() -> None:
    """A text may hold what a value can't, but no number that a value of such a driver can't be."""
    numbers: list[str] = []
    for requests in drawn(CAPABILITIES - set(NUMBERS[1:])):
        for op, arguments in requests:
            if op == "read" and "run_json" in arguments:
                json.loads(arguments["run_json"], parse_float=numbers.append, parse_int=numbers.append)
    assert numbers
    for number in numbers:
        assert number.lstrip("-").replace(".", "").isdigit()
        assert abs(float(number)) <= 2**53 - 1
        assert number != "-0"


def test_the_full_run_has_every_member_of_every_table() -> None:
    rows = [(record, name) for record, members in runs.RECORDS.items() for name in members]
    assert {(each.record, each.member.name) for each in runs.PLACES} == set(rows)
    known = {code_spans(row["member"])[0] for row in tables()["gate_decision"]}
    assert runs.at(runs.FULL, ("checkpoint", "gate_history", 0)).keys() == known


# --- what a fault is reported as --------------------------------------------------------------------------------------


def reading(change: Callable[[Any], Any]) -> Fault:
    """Read as the reference does, and change each value that was read, the inner ones first."""

    def walk(value: Any) -> Any:
        if isinstance(value, DuplicateMembers):
            return change(DuplicateMembers([(name, walk(each)) for name, each in value.pairs]))
        if isinstance(value, dict):
            return change({name: walk(each) for name, each in value.items()})
        return change(list(map(walk, value)) if isinstance(value, list) else value)

    return instead_of("read_json", server)(lambda read, line: walk(read(line)))


def of_objects(change: Callable[[dict[str, Any]], Any]) -> Fault:
    return reading(lambda value: change(value) if type(value) is dict else value)


def of_members(change: Callable[[str, Any], Any]) -> Fault:
    return of_objects(lambda members: {name: change(name, each) for name, each in members.items()})


LISTS = {each.member.name for each in runs.PLACES if each.member.type.startswith("[")}
INTEGERS = {each.member.name for each in runs.PLACES if each.member.type == "u64"}
CLOSED = {each.member.name: runs.WORDS[each.member.type] for each in runs.PLACES if each.member.type in runs.WORDS}


def without_null_lists(members: dict[str, Any]) -> Any:
    return {name: each for name, each in members.items() if each is not None or name not in LISTS}


def any_word(name: str, value: Any) -> Any:
    """Take a word of its set for one that isn't in it; but kinds of principals, whose member has the name, stay."""
    words = [*CLOSED.get(name, ()), *PrincipalKind]
    return CLOSED[name][0] if name in CLOSED and isinstance(value, str) and value not in words else value


def one_unit_off(value: Any) -> Any:
    return math.nextafter(value, math.inf) if isinstance(value, float) and float(f"{value:.15g}") != value else value


def whole_numbers_are_integers(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


def first_one_wins(value: Any) -> Any:
    return DuplicateMembers(value.pairs[::-1]) if isinstance(value, DuplicateMembers) else value


def last_one_alone_counts(value: Any) -> Any:
    return dict(value) if isinstance(value, DuplicateMembers) else value


def any_spelling(members: dict[str, Any]) -> Any:
    return {name.lower(): each for name, each in members.items()}


def numbers_from_digits(name: str, value: Any) -> Any:
    return int(value) if name in INTEGERS and isinstance(value, str) and value.isdigit() else value


def lists_of_one(name: str, value: Any) -> Any:
    return [value] if name in LISTS and isinstance(value, str) else value


@instead_of("_integer", json_text)
def minus_zero_is_the_integer(integer: Any, digits: str) -> Any:
    return 0 if digits == "-0" else integer(digits)


def large_integers_stay_integers(patch: pytest.MonkeyPatch) -> None:
    """They are shown alike, for the suite reads them as doubles; it is the identity that tells."""
    patch.setattr(json_text, "_integer", lambda digits: -0.0 if digits == "-0" else int(digits))
    patch.setattr(canonical, "canonical_json", lambda value: write(value).encode())
    patch.setattr(canonical, "in_canonical_order", lambda value: value)


READERS: dict[str, tuple[Fault, set[str]]] = {
    "null is an empty list": (of_objects(without_null_lists), {"REC-3"}),
    "any word is one of the set": (of_members(any_word), {"REC-9"}),
    "doubles of many digits are one unit off": (reading(one_unit_off), {"JSON-12"}),
    "whole doubles are integers": (reading(whole_numbers_are_integers), {"JSON-6", "REC-8", "JSON-11"}),
    "the first duplicate wins": (reading(first_one_wins), {"REC-13"}),
    "duplicates are not seen": (reading(last_one_alone_counts), {"REC-11", "REC-13"}),
    "names in any case": (of_objects(any_spelling), {"REC-2", "REC-10"}),
    "a string of digits is a number": (of_members(numbers_from_digits), {"REC-6"}),
    "one value is a list of one": (of_members(lists_of_one), {"REC-6"}),
    "minus zero is the integer": (minus_zero_is_the_integer, {"JSON-11"}),
    "large integers stay integers": (large_integers_stay_integers, {"JSON-10"}),
    "known members may stand twice": (lambda patch: patch.setattr(codec, "_refuse_duplicates", Mock()), {"REC-11"}),
    # Python's `str.strip` takes four characters more.
    "other trimming": (lambda patch: patch.setattr(text, "_WHITE_SPACE", None), {"REC-16"}),
    "a lower limit of depth": (
        instead_of("read_json", server)(lambda read, line: read(line, max_depth=110)),
        {"JSON-15"},
    ),
}


@pytest.mark.parametrize(("fault", "expected"), READERS.values(), ids=READERS)
def test_a_fault_in_reading_is_reported_under_its_requirement_only(
    fault: Fault, expected: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fault(monkeypatch)
    assert broken_by_readings(*expected) == expected


def test_a_lenient_reader_is_reported_under_what_it_lets_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's own reader, for one, knows `NaN`, infinities, lone surrogates and any depth."""
    monkeypatch.setattr(server, "read_json", lambda line: json.loads(line, object_pairs_hook=json_text._object))
    broken = broken_by_readings("JSON-13", "JSON-15", "JSON-16")
    assert broken >= {"JSON-13", "JSON-15", "JSON-16"}
    assert not broken & {"REC-2", "REC-3", "REC-6", "REC-9", "REC-11", "REC-13", "REC-16", "JSON-12"}


def with_u0008(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\\b", "\\u0008")


def rounded(number: int) -> str:
    return str(number) if abs(number) < 9 else f"{number:.3e}"


def whole_as_integer(number: float) -> str:
    return str(int(number)) if number.is_integer() else orjson.dumps(number).decode()


WRITERS: dict[str, tuple[Callable[[Any], str], str]] = {
    "white space": (partial(write, comma=", ", colon=": "), "JSON-2"),
    "a newline": (lambda value: f"{write(value)}\n", "JSON-2"),
    "UTF-16 order": (partial(write, key=lambda name: name.encode("utf-16-be")), "JSON-3"),
    "ASCII only": (partial(write, string=json.dumps), "JSON-4"),
    "other escapes": (partial(write, string=with_u0008), "JSON-4"),
    "integers as doubles": (partial(write, integer=lambda number: f"{number}.0"), "JSON-5"),
    "large integers as doubles": (partial(write, integer=rounded), "JSON-5"),
    "whole doubles as integers": (partial(write, double=whole_as_integer), "JSON-6"),
}


@pytest.mark.parametrize(("writer", "expected"), WRITERS.values(), ids=WRITERS)
def test_a_fault_in_writing_is_reported_under_its_requirement_only(
    writer: Callable[[Any], str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for user in (identity, content):
        monkeypatch.setattr(user, "stable_hash", lambda value: canonical.digest(writer(value).encode()))
    broken = broken_by_readings(expected, only_read=True)
    assert {id_ for id_ in broken if id_.startswith(("REC-", "JSON-"))} == {expected}


def hashing(stable_hash: Callable[[Any], str], *users: Any) -> tuple[set[str], set[str]]:
    """The requirements on reading that are judged and broken where modules of the reference hash otherwise."""
    with pytest.MonkeyPatch.context() as patch:
        for user in users:
            patch.setattr(user, "stable_hash", stable_hash)
        reads = [[each for each in session if each[0] == "read"] for session in drawn(MEMORY)]
        judged, broken = executed(InProcessDriver("memory"), reads)
    return {*judged}, {id_ for id_ in broken if id_.startswith(("REC-", "JSON-"))}


def test_a_fault_in_what_is_hashed_is_no_fault_in_writing() -> None:
    """A position in the identity, or a digest of something else, is left to the requirements that are about those."""
    right = canonical.stable_hash
    for wrong, user in (
        (lambda value: right({**value, "position": 0}), identity),
        (lambda value: right([value]), content),
    ):
        judged, broken = hashing(wrong, user)
        assert (broken, "JSON-3" in judged) == (set(), True)


def test_another_hash_is_reported_under_its_requirement_only() -> None:
    for other in (
        lambda value: f"sha256:{sha3_256(canonical.canonical_json(value)).hexdigest()}",
        lambda _: "sha256:" + "0" * 64,
    ):
        assert hashing(other, identity, content)[1] == {"JSON-1"}
