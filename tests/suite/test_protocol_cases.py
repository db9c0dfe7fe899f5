"""Greetings: what they ask for has an answer that the specification fixes, and shows the faults of a driver's door."""

import itertools
from collections import Counter, defaultdict
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from faults import Fault, instead_of
from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.driver.interface import CAPABILITIES, OPERATIONS
from lifecycle_conformance.driver.server import CAPABILITIES_OF, Server, StoreKind
from lifecycle_conformance.execution.session import Session
from lifecycle_conformance.execution.trace import Request, key_of
from lifecycle_conformance.generation.protocol_cases import protocol_cases
from lifecycle_conformance.generation.protocol_cases.stored_records import STRANGERS, unreadable
from lifecycle_conformance.generation.requests import TENANT, refusal
from lifecycle_conformance.judges.properties.errors import REASONS
from lifecycle_conformance.specification import schemas
from lifecycle_conformance.specification.requirements import load
from lifecycle_projection import InvalidInputError
from traces import executed

MINE = {f"DRIVER-{number}" for number in (3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17)} | {"FILE-11", "FILE-12"}
LESSER = ("json-numbers", "exact-numbers", "text-input", "compact", "identify", "import")


@cache
def asked(capabilities: frozenset[str], count: int = 40) -> list[list[Request]]:
    """Protocol cases for a driver with these capabilities."""
    found: list[list[Request]] = []

    @seed(1)
    @settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(protocol_cases(capabilities))
    def ask(requests: list[Request]) -> None:
        found.append(requests)

    ask()
    return found


def sessions(store: StoreKind, without: Collection[str] = (), *, count: int = 40) -> list[Session]:
    """Run protocol cases with the reference, or with what was made of it."""
    return [executed(requests, store, without) for requests in asked(CAPABILITIES_OF[store] - set(without))[:count]]


def broken(found: list[Session]) -> set[str]:
    return {each.judgement.requirement for session in found for each in session.judgements if not each.judgement.holds}


@pytest.mark.parametrize(("store", "without"), [("files", ()), ("memory", ()), ("files", LESSER)], ids=str)
def test_the_reference_gives_the_answers_that_are_fixed(store: StoreKind, without: Collection[str]) -> None:
    """Each requirement that applies is judged in many distinct cases, and holds."""
    found = sessions(store, without)
    assert broken(found) == set()
    steps = [step for session in found for step in session.trace.steps]
    assert all(step.refusal == step.arguments["kind"] for step in steps if step.op == "refuse")
    cases = defaultdict[str, set[int]](set)
    for each in (each for session in found for each in session.judgements):
        cases[each.judgement.requirement].add(each.step)
    declared = CAPABILITIES_OF[store] - set(without)
    applying = {id_ for id_ in MINE if load()[id_].capabilities <= declared}
    assert {id_: len(cases[id_]) for id_ in applying if len(cases[id_]) < 5} == {}
    assert ("FILE-25" in cases) == ("durable" in declared)


def test_a_greeting_begins_with_a_fresh_process_and_is_short() -> None:
    assert all(requests[0] == ("greet", {}) for requests in asked(CAPABILITIES))
    lengths = sorted(map(len, asked(CAPABILITIES)))
    assert lengths[len(lengths) // 2] < 60
    assert lengths[-1] < 110


def test_no_request_names_a_place_outside_the_folder_of_the_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Feedback B9: a driver may make what it is asked to open, and the next check in that folder finds it there."""
    monkeypatch.chdir(tmp_path)
    opened: list[str] = []
    open_ = Server._open

    def made_on_demand(self: Server, request: Any) -> Any:
        if isinstance(request.get("store"), str):
            opened.append(request["store"])
            Path(request["store"]).mkdir(parents=True, exist_ok=True)
        return open_(self, request)

    monkeypatch.setattr(Server, "_open", made_on_demand)
    for _ in range(2):
        assert broken(sessions("files", count=20)) == {"DRIVER-6"}
    assert all(path.startswith("/") for path in opened)
    assert any("no-such-directory" in path for path in opened)
    assert not any(Path(path).exists() for path in opened)
    assert list(tmp_path.iterdir()) == []


def test_only_what_needs_no_store_is_asked_before_one_is_open() -> None:
    """DRIVER-14: and after a directory that isn't there, only the store is opened: what is open then is left open."""
    for requests in asked(CAPABILITIES):
        opened, missing = False, False
        for op, arguments in requests:
            wanted = arguments["request"]["op"] if op == "refuse" else op
            early = "DRIVER-14" in arguments.get("because", ())
            assert opened or early or wanted in {"greet", "say", "hello", "open", "identify"}
            assert op != "hello" or not opened
            assert not missing or op == "open"
            missing = "DRIVER-6" in arguments.get("because", ())
            opened = op == "open" or (opened and op != "greet")


def test_a_session_executed_again_asks_the_same_of_new_stores() -> None:
    twice = 0
    for requests in asked(CAPABILITIES):
        starts = [index for index, (op, _) in enumerate(requests) if op == "greet"]
        if len(starts) == 2 and starts[1] < len(requests) - 1:
            first, second = requests[: starts[1]], requests[starts[1] :]
            stores = [{each["store"] for op, each in half if op == "open"} for half in (first, second)]
            assert not stores[0] & stores[1]
            assert [each for each in first if each[0] != "open"] == [each for each in second if each[0] != "open"]
            twice += 1
    assert twice > 3


def test_a_lesser_driver_is_not_asked_for_what_it_does_not_declare() -> None:
    """But for what must be answered with `unsupported` (DRIVER-11)."""
    not_offered = Counter[str]()
    for requests in asked(CAPABILITIES - {*LESSER}):
        for op, arguments in requests:
            assert op not in LESSER
            if op == "refuse" and arguments["because"] != ["DRIVER-11"]:
                assert arguments["request"]["op"] not in LESSER
                assert "run_json" not in arguments["request"]
            elif op == "refuse":
                not_offered[arguments["request"]["op"]] += 1
    assert not_offered.keys() & LESSER
    assert not_offered.keys() - OPERATIONS.keys()


def test_each_reason_for_a_refusal_is_one_that_is_judged() -> None:
    reasons = {
        each
        for requests in asked(CAPABILITIES)
        for op, arguments in requests
        if op == "refuse"
        for each in arguments["because"]
    }
    assert reasons <= {*REASONS}
    assert len(reasons) >= 8


# --- stored records ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("record", ["event", "snapshot"])
def test_what_must_not_be_read_is_not_valid_by_the_schemas(record: str) -> None:
    """FILE-11, FILE-12: the schemas were written by themselves; each case has one thing wrong."""
    # To JSON Schema, 1.0 is an integer.
    spoiled = unreadable(record, CAPABILITIES - {"json-numbers"})
    assert len(spoiled) > 400
    for each, _ in spoiled:
        problems = schemas.problems(f"{record}-stored", each)
        assert len({path for path, _ in problems}) == 1, problems
    assert {requirement for _, requirement in spoiled} == {"FILE-11", "FILE-12"}
    assert all(each.get("run_id") != "text" for each, _ in spoiled), "nobody would look at what is stored of it"


def test_what_is_imported_is_valid_by_the_schemas_and_varied() -> None:
    given = [each for requests in asked(CAPABILITIES) for op, each in requests if op == "import"]
    for name, schema in (("events", "event-stored"), ("snapshots", "snapshot-stored")):
        records = [record for each in given for record in each[name]]
        assert all(schemas.is_valid(schema, record) for record in records)
        assert len(records) > 5
        assert any("schema_version" not in record for record in records)
    assert any("payload" not in event for each in given for event in each["events"])
    assert any("phase" not in snapshot for each in given for snapshot in each["snapshots"])


def test_strangers_see_something_else() -> None:
    assert key_of(TENANT) not in set(map(key_of, STRANGERS))


def test_a_refusal_is_written_with_all_that_it_needs() -> None:
    assert refusal(["DRIVER-6"], "storage", "open", store="x") == (
        "refuse",
        {"request": {"op": "open", "store": "x"}, "kind": "storage", "because": ["DRIVER-6"]},
    )


# --- faulty drivers ---------------------------------------------------------------------------------------------------


@instead_of("_hello", Server)
def hello_to_anybody(hello: Any, server: Server, request: Any) -> Any:
    offered = request.get("protocols")
    return hello(server, {**request, "protocols": [*offered, 1]} if isinstance(offered, list) else request)


@instead_of("_hello", Server)
def the_number_of_versions(hello: Any, server: Server, request: Any) -> Any:
    return {**hello(server, request), "protocol": len(request["protocols"])}


def is_request(value: Any) -> bool:
    """Whether it is an object with an id."""
    return isinstance(value, dict) and type(value.get("id")) is int and value["id"] >= 0


@instead_of("_perform", Server)
def no_store_is_an_empty_store(perform: Any, server: Server, request: Any) -> Any:
    empty = {"project": {"projected": 0}, "events": {"events": []}, "snapshots": {"snapshots": []}}
    is_early = server._store is None and is_request(request) and request["op"] in empty
    return empty[request["op"]] if is_early else perform(server, request)


@instead_of("_import", Server)
def an_import_of_anything(import_: Any, server: Server, request: Any) -> Any:
    try:
        return import_(server, request)
    except InvalidInputError:
        if server._store is None or not all(isinstance(request.get(each), list) for each in ("events", "snapshots")):
            raise
        return {}


@instead_of("_import", Server)
def an_import_that_drops_what_is_known(import_: Any, server: Server, request: Any) -> Any:
    events = request.get("events")
    if isinstance(events, list) and all(isinstance(each, dict) for each in events):
        once = {each.get("event_id"): each for each in events}
        request = {**request, "events": [*once.values()]}
    return import_(server, request)


@instead_of("_append", Server)
def an_append_for_anybody(append: Any, server: Server, request: Any) -> Any:
    try:
        return append(server, request)
    except InvalidInputError as error:
        if "sees what" not in str(error):
            raise
        return append(server, {**request, "tenant": request["event"]["scope"]["tenant_context"]})


@instead_of("_open", Server)
def a_directory_made_on_demand(open_: Any, server: Server, request: Any) -> Any:
    store = request.get("store")
    return {} if isinstance(store, str) and "no-such-directory" in store else open_(server, request)


@instead_of("_open", Server)
def one_store_for_all(open_: Any, server: Server, request: Any) -> Any:
    return open_(server, request) if server._store is None or not isinstance(request.get("store"), str) else {}


@instead_of("_perform", Server)
def any_operation(perform: Any, server: Server, request: Any) -> Any:
    return {} if is_request(request) and request.get("op") not in OPERATIONS else perform(server, request)


@instead_of("_perform", Server)
def any_argument(perform: Any, server: Server, request: Any) -> Any:
    harmless = {"events": {"events": []}, "snapshots": {"snapshots": []}, "prune": {"pruned": 0}}
    try:
        return perform(server, request)
    except InvalidInputError:
        if server._store is None or not is_request(request) or request["op"] not in harmless:
            raise
        return harmless[request["op"]]


@instead_of("answer", Server)
def a_line_is_unsupported(answer: Any, server: Server, line: bytes) -> bytes:
    said: bytes = answer(server, line)
    return said.replace(b"invalid_input", b"unsupported") if said.startswith(b'{"id":null') else said


@instead_of("restart", InProcessDriver)
def a_wrong_status(restart: Any, driver: InProcessDriver, *, kill: bool = False) -> int | None:
    return None if restart(driver, kill=kill) is None else 1


HELLOS: Final = itertools.count()


@instead_of("_hello", Server)
def a_version_that_counts(hello: Any, server: Server, request: Any) -> Any:
    return {**hello(server, request), "version": str(next(HELLOS))}


FAULTS: list[tuple[Fault, StoreKind, set[str]]] = [
    (hello_to_anybody, "files", {"DRIVER-4"}),
    (the_number_of_versions, "files", {"DRIVER-3"}),
    (no_store_is_an_empty_store, "files", {"DRIVER-14"}),
    (an_import_of_anything, "files", {"DRIVER-9", "FILE-11", "FILE-12"}),
    (an_import_that_drops_what_is_known, "files", {"DRIVER-9"}),
    (an_append_for_anybody, "files", {"DRIVER-10"}),
    (a_directory_made_on_demand, "files", {"DRIVER-6"}),
    (one_store_for_all, "files", {"DRIVER-6"}),
    (one_store_for_all, "memory", {"DRIVER-6", "DRIVER-7"}),
    (any_operation, "memory", {"DRIVER-11"}),
    (any_argument, "files", {"DRIVER-13"}),
    (a_line_is_unsupported, "files", {"DRIVER-12"}),
    (a_wrong_status, "files", {"DRIVER-16"}),
    (a_version_that_counts, "files", {"DRIVER-17"}),
]


@pytest.mark.parametrize(("fault", "store", "expected"), FAULTS, ids=lambda each: getattr(each, "__name__", None))
def test_a_fault_is_reported_under_what_it_breaks_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, fault: Fault, store: StoreKind, expected: set[str]
) -> None:
    fault(monkeypatch)
    assert (broken(sessions(store, count=12)) or broken(sessions(store))) == expected


def test_every_requirement_of_the_protocol_is_known_here() -> None:
    """DRIVER-1 and DRIVER-2 are judged by whoever waits for an answer, DRIVER-8 with the identities."""
    assert {id_ for id_ in load() if id_.startswith("DRIVER-")} - MINE == {"DRIVER-1", "DRIVER-2", "DRIVER-8"}
    assert {each for each in CAPABILITIES if each in OPERATIONS} == {each for each in OPERATIONS.values() if each}
