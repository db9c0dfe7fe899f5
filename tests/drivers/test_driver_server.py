"""The reference's own driver: every rule of the protocol, asked by lines."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from builders import OTHER_TENANT, RUN_ID, TENANT, event, lifecycle, run_json, snapshot
from lifecycle_conformance.driver.__main__ import main
from lifecycle_conformance.driver.interface import CAPABILITIES, OPERATIONS
from lifecycle_conformance.driver.server import Server, StoreKind, serve
from lifecycle_projection import SPEC_VERSION, MemoryStore

HISTORY = (lifecycle("node_started", 10), lifecycle("node_completed", 20))
VIEW = {"tenant": TENANT, "run_id": RUN_ID}
SNAPSHOT = snapshot("old", at=5, status="queued")
# An append gives it its seq.
EVENT = {name: value for name, value in event("by-hand", at=5).items() if name != "seq"}
EMPTY = ({"events": []}, {"snapshots": []})
RIGHT_ARGUMENTS: dict[str, dict[str, Any]] = {
    "hello": {"protocols": [1]},
    "project": {"run": run_json(*HISTORY)},
    "events": VIEW,
    "snapshots": VIEW,
    "identify": {"run": run_json(*HISTORY)},
    "import": {"events": [{**EVENT, "seq": 1}], "snapshots": [SNAPSHOT]},
    "append": {"tenant": TENANT, "event": EVENT},
    "compact": {"retention_ms": 1, "now_ms": 2},
    "prune": {"retention_ms": 1, "keep": 1, "now_ms": 2},
}


class Asker:
    """Asks a server by lines and counts the requests."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.count = 0

    def __call__(self, op: str, **arguments: Any) -> dict[str, Any]:
        self.count += 1
        answer = self.line(json.dumps({"id": self.count, "op": op, **arguments}).encode())
        assert answer.pop("id") == self.count
        return answer

    def line(self, request: bytes) -> dict[str, Any]:
        answer = self.server.answer(request + b"\n")
        assert answer.endswith(b"\n")
        assert answer.count(b"\n") == 1
        parsed: dict[str, Any] = json.loads(answer)
        assert sorted(parsed) in (["id", "ok"], ["error", "id"])
        return parsed

    def ok(self, op: str, **arguments: Any) -> Any:
        answer = self(op, **arguments)
        assert "ok" in answer, answer
        return answer["ok"]

    def refused(self, op: str, **arguments: Any) -> dict[str, Any]:
        answer = self(op, **arguments)
        assert sorted(answer.get("error", {})) == ["data", "kind", "message"], answer
        error: dict[str, Any] = answer["error"]
        return error

    def view(self) -> Any:
        return self.ok("events", **VIEW), self.ok("snapshots", **VIEW)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "store").mkdir()
    return tmp_path / "store"


def opened(directory: Path, store: StoreKind, **options: Any) -> Asker:
    """Asks a server that has a store open."""
    asker = Asker(Server(store, **options))
    asker.ok("open", store=str(directory))
    return asker


@pytest.fixture(params=["files", "memory"])
def ask(request: pytest.FixtureRequest, directory: Path) -> Asker:
    return opened(directory, request.param)


@pytest.fixture
def ask_files(directory: Path) -> Asker:
    return opened(directory, "files")


def content(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


# --- hello ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("store", "lacks"), [("files", {"tenants"}), ("memory", {"durable", "files"})], ids=["files", "memory"]
)
def test_hello_says_who_it_is_and_what_it_can_do(store: StoreKind, lacks: set[str]) -> None:
    """DRIVER-3: one of the offered versions, and only capabilities that the protocol knows."""
    said = Asker(Server(store)).ok("hello", protocols=[7, 1])
    assert sorted(said) == ["capabilities", "language", "name", "protocol", "spec", "version"]
    assert (said["protocol"], said["language"], said["spec"]) == (1, "Python", SPEC_VERSION)
    assert set(said["capabilities"]) == CAPABILITIES - lacks


@pytest.mark.parametrize("protocols", [[], [2], [0, 2**64 - 1]], ids=repr)
def test_no_common_version_is_unsupported(protocols: list[int]) -> None:
    """DRIVER-4: and both sides are named, as far as a driver can."""
    error = Asker(Server("memory")).refused("hello", protocols=protocols)
    assert error["kind"] == "unsupported"
    assert "[1]" in error["message"]


# --- what is no request -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"nonsense",
        b'{"id": 1, "op": "hello", "protocols": [1]',
        b'{"id": 1, "op": "hello", "protocols": [1]} {}',
        b'{"id": 1, "op": "\\ud800"}',
        b'{"id": 1, "op": "hello", "protocols": [NaN]}',
        b'{"id": 1, "op": "\xff"}',
        b"[1]",
        b'"hello"',
        b"null",
    ],
    ids=repr,
)
def test_what_is_no_json_object_is_answered_without_id(ask: Asker, line: bytes) -> None:
    """DRIVER-12, DRIVER-15: and the driver goes on."""
    answer = ask.line(line)
    assert (answer["id"], answer["error"]["kind"]) == (None, "invalid_input")
    assert ask.view() == EMPTY


@pytest.mark.parametrize("request_id", [None, "1", -1, 1.0, True, [1], 2**64], ids=repr)
def test_an_id_that_is_no_number_is_not_repeated(ask: Asker, request_id: Any) -> None:
    """DRIVER-13: an id is an unsigned integer."""
    answer = ask.line(json.dumps({"id": request_id, "op": "identify", "run": run_json()}).encode())
    assert (answer["id"], answer["error"]["kind"]) == (None, "invalid_input")


@pytest.mark.parametrize(
    ("line", "request_id"),
    [
        (b'{"op": "hello", "protocols": [1]}', None),
        (b'{"id": 7, "protocols": [1]}', 7),
        (b'{"id": 7, "op": 1, "protocols": [1]}', 7),
        (b'{"id": 7, "op": null, "protocols": [1]}', 7),
        (b'{"id": 7, "op": "hello", "op": "hello", "protocols": [1]}', 7),
        (b'{"id": 7, "op": "hello", "protocols": [1], "protocols": [1]}', 7),
    ],
    ids=repr,
)
def test_a_request_without_one_id_and_one_operation_is_refused(ask: Asker, line: bytes, request_id: int | None) -> None:
    """DRIVER-13: whatever could be read of the id comes back."""
    answer = ask.line(line)
    assert (answer["id"], answer["error"]["kind"]) == (request_id, "invalid_input")


def test_members_that_no_operation_knows_are_ignored(ask: Asker) -> None:
    assert ask.ok("events", **VIEW, comment="later versions may say more") == {"events": []}


# --- what is not offered ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("op", ["frobnicate", "", "Hello", "__init__"])
def test_an_unknown_operation_is_unsupported(op: str) -> None:
    """DRIVER-11: before any store is open, too."""
    assert Asker(Server("memory")).refused(op)["kind"] == "unsupported"


@pytest.mark.parametrize("op", [op for op, capability in OPERATIONS.items() if capability])
def test_an_operation_outside_the_declared_capabilities_is_unsupported(op: str, directory: Path) -> None:
    """DRIVER-11: a lesser implementation doesn't do in secret what it doesn't declare."""
    ask = opened(directory, "memory", without={op})
    assert op not in ask.ok("hello", protocols=[1])["capabilities"]
    assert ask.refused(op, **RIGHT_ARGUMENTS[op])["kind"] == "unsupported"


@pytest.mark.parametrize("op", ["project", "identify"])
def test_text_input_is_a_capability_of_its_own(op: str, directory: Path) -> None:
    """DRIVER-11: `run_json` without it is unsupported, `run` is not."""
    ask = opened(directory, "memory", without={"text-input"})
    assert ask.refused(op, run_json=json.dumps(run_json()))["kind"] == "unsupported"
    ask.ok(op, run=run_json())


# --- before the first open, and opening -------------------------------------------------------------------------------


@pytest.mark.parametrize("op", [op for op in OPERATIONS if op not in ("hello", "open", "identify")])
def test_nothing_works_before_the_first_open(op: str) -> None:
    """DRIVER-14: right arguments don't help."""
    error = Asker(Server("files")).refused(op, **RIGHT_ARGUMENTS[op])
    assert error["kind"] == "invalid_input"
    assert "open" in error["message"]


@pytest.mark.parametrize("op", ["hello", "identify"])
def test_hello_and_identify_need_no_store(op: str) -> None:
    """DRIVER-8, DRIVER-14."""
    Asker(Server("files")).ok(op, **RIGHT_ARGUMENTS[op])


@pytest.mark.parametrize("name", ["missing", "a file", "with\0zero"])
def test_opening_what_is_no_directory_is_a_storage_error_and_the_open_store_stays(
    ask: Asker, directory: Path, name: str
) -> None:
    """DRIVER-6, DRIVER-15."""
    (directory.parent / "a file").write_text("")
    ask.ok("project", run=run_json(*HISTORY))
    error = ask.refused("open", store=f"{directory.parent}/{name}")
    assert error["kind"] == "storage"
    assert name in error["message"]
    assert len(ask.ok("events", **VIEW)["events"]) == 2


def test_opening_again_shows_what_a_durable_store_holds(ask_files: Asker, directory: Path) -> None:
    """DRIVER-6, DRIVER-7: in the same process or another."""
    ask_files.ok("project", run=run_json(*HISTORY))
    seen = ask_files.view()
    (directory.parent / "other").mkdir()
    ask_files.ok("open", store=str(directory.parent / "other"))
    assert ask_files.view() == EMPTY
    ask_files.ok("open", store=str(directory))
    assert ask_files.view() == seen
    assert opened(directory, "files").view() == seen


def test_opening_again_shows_an_empty_store_in_memory(directory: Path) -> None:
    """DRIVER-7."""
    ask = opened(directory, "memory")
    ask.ok("project", run=run_json(*HISTORY))
    ask.ok("open", store=str(directory))
    assert ask.view() == EMPTY
    assert not content(directory)


# --- arguments --------------------------------------------------------------------------------------------------------

UNREADABLE: list[tuple[str, str, Any]] = [
    ("hello", "protocols", "1"),
    ("hello", "protocols", ["1"]),
    ("hello", "protocols", [1.0]),
    ("open", "store", 7),
    ("project", "run", {}),
    ("project", "run", []),
    ("identify", "run", {**run_json(), "run_id": 7}),
    ("events", "tenant", {"org_id": "o"}),
    ("events", "tenant", None),
    ("events", "run_id", 7),
    ("snapshots", "tenant", "t"),
    ("snapshots", "run_id", None),
    ("import", "events", {}),
    ("import", "events", [EVENT]),
    ("import", "snapshots", [{**SNAPSHOT, "phase": None}]),
    ("append", "tenant", {}),
    ("append", "event", []),
    ("append", "event", {**EVENT, "run_id": None}),
    ("compact", "retention_ms", -1),
    ("compact", "now_ms", 2**64),
    ("compact", "now_ms", 1.0),
    ("prune", "retention_ms", "1"),
    ("prune", "keep", None),
    ("prune", "keep", True),
    ("prune", "now_ms", 1.5),
]


@pytest.mark.parametrize(("op", "name", "value"), UNREADABLE, ids=lambda value: str(value)[:40])
def test_an_unreadable_argument_is_refused_by_its_path(ask: Asker, op: str, name: str, value: Any) -> None:
    """DRIVER-13, DRIVER-15, ERR-2: nothing changes, and the driver goes on."""
    arguments = {"open": {"store": "."}, **RIGHT_ARGUMENTS}[op]
    error = ask.refused(op, **{**arguments, name: value})
    assert error["kind"] == "invalid_input"
    assert f"$.{name}" in error["message"]
    assert ask.view() == EMPTY


@pytest.mark.parametrize(
    ("op", "name"),
    [(op, name) for op, arguments in RIGHT_ARGUMENTS.items() for name in arguments] + [("open", "store")],
)
def test_a_missing_argument_is_refused(ask: Asker, op: str, name: str) -> None:
    """DRIVER-13."""
    arguments = {other: value for other, value in RIGHT_ARGUMENTS.get(op, {}).items() if other != name}
    error = ask.refused(op, **arguments)
    assert error["kind"] == "invalid_input"
    assert name in error["message"]


@pytest.mark.parametrize("op", ["project", "identify"])
def test_a_run_comes_in_one_of_two_forms(ask: Asker, op: str) -> None:
    """DRIVER-13: both are one too many, even where one is null."""
    text = json.dumps(run_json())
    for arguments in ({}, {"run": run_json(), "run_json": text}, {"run": None, "run_json": text}):
        assert ask.refused(op, **arguments)["kind"] == "invalid_input"
    assert ask.ok("identify", run=run_json(*HISTORY)) == ask.ok("identify", run_json=json.dumps(run_json(*HISTORY)))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "expected JSON text"),
        (json.dumps({**run_json(), "status": "asleep"}), "$.status"),
        (json.dumps(run_json()).replace('"run_id"', '"run_id": "twice", "run_id"'), "run_id"),
        (
            json.dumps(run_json(lifecycle("x", 1, metadata=1))).replace(": 1}", ": " + "[" * 124 + "]" * 124 + "}"),
            "127",
        ),
    ],
    ids=lambda text: text[:30],
)
def test_the_text_of_a_run_is_read_as_strictly_as_a_file(ask: Asker, text: str, says: str) -> None:
    """ERR-1, ERR-2: the message names the argument and the path inside the text."""
    error = ask.refused("project", run_json=text)
    assert error["kind"] == "invalid_input"
    assert error["message"].startswith("run_json: ")
    assert says in error["message"]
    assert ask.view() == EMPTY


def test_a_text_at_the_limit_of_depth_is_read(ask: Asker) -> None:
    text = json.dumps(run_json(lifecycle("x", 1, metadata=1))).replace(": 1}", ": " + "[" * 123 + "]" * 123 + "}")
    assert ask.ok("project", run_json=text) == {"projected": 1}
    ask.view()


def test_a_duplicate_member_of_a_run_is_refused_in_either_form(ask: Asker) -> None:
    text = json.dumps(run_json()).replace('"run_id"', '"run_id": "twice", "run_id"')
    answer = ask.line(f'{{"id": 1, "op": "project", "run": {text}}}'.encode())
    assert answer["error"]["kind"] == "invalid_input"


# --- errors that the projection raises --------------------------------------------------------------------------------


def test_a_refused_move_tells_where_it_stopped(ask: Asker) -> None:
    """ERR-3."""
    ask.ok("project", run=run_json(HISTORY[0], status="completed"))
    error = ask.refused("project", run=run_json(*HISTORY, status="running"))
    assert error["kind"] == "phase_transition"
    assert error["data"] == {
        "from_phase": "completed",
        "to_phase": "running_phase",
        "lifecycle_index": 1,
        "projected": 0,
    }
    assert RUN_ID in error["message"]


def test_another_tenants_snapshot_in_the_place_is_a_conflict(ask_files: Asker) -> None:
    """ERR-4, SNAP-11."""
    ask_files.ok("project", run=run_json(*HISTORY))
    error = ask_files.refused("project", run=run_json(*HISTORY, tenant_context=OTHER_TENANT))
    snapshot_id = ask_files.ok("identify", run=run_json(*HISTORY))["ids"][0]["event_id"]
    assert (error["kind"], error["data"]) == ("storage_conflict", {"snapshot_id": snapshot_id})


def test_a_store_in_memory_keeps_tenants_apart(directory: Path) -> None:
    """TENANT-6: what the capability `tenants` says."""
    ask = opened(directory, "memory")
    for tenant in (TENANT, OTHER_TENANT):
        assert ask.ok("project", run=run_json(*HISTORY, tenant_context=tenant)) == {"projected": 2}
        assert len(ask.ok("snapshots", tenant=tenant, run_id=RUN_ID)["snapshots"]) == 2


def test_a_name_that_is_too_long_is_a_storage_error(ask_files: Asker) -> None:
    """H8: the event stays."""
    error = ask_files.refused("project", run=run_json(lifecycle("short", 5), lifecycle("x" * 300, 10)))
    assert (error["kind"], error["data"]) == ("storage", {"projected": 1})
    assert len(ask_files.ok("events", **VIEW)["events"]) == 2


def test_any_other_failure_is_internal_and_told_on_standard_error(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ERR-7: the driver goes on."""
    reports: list[str] = []
    ask = opened(directory, "memory", report=reports.append)
    with monkeypatch.context() as patch:
        patch.setattr(MemoryStore, "events", lambda *_: 1 / 0)
        error = ask.refused("project", run=run_json(*HISTORY))
    assert (error["kind"], error["message"]) == ("internal", "ZeroDivisionError: division by zero")
    (report,) = reports
    assert report.startswith("Traceback")
    assert ask.ok("project", run=run_json(*HISTORY)) == {"projected": 2}


def test_a_traceback_goes_to_standard_error_by_default(
    ask: Asker, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(ask.server._operations, "events", lambda _: 1 / 0)
    assert ask.refused("events", **VIEW)["kind"] == "internal"
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "ZeroDivisionError" in captured.err


def test_an_answer_that_cannot_be_written_is_internal(ask: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ask.server._operations, "events", lambda _: {"events": object()})
    assert ask.refused("events", **VIEW)["kind"] == "internal"


# --- import and append ------------------------------------------------------------------------------------------------


def test_import_stores_what_it_is_given_in_order(ask: Asker) -> None:
    """DRIVER-9: seqs and ids unchecked, defaults filled in."""
    events = [{**EVENT, "event_id": event_id, "seq": seq} for event_id, seq in (("b", 9), ("a", 9), ("a", 2))]
    ask.ok("import", events=events, snapshots=[SNAPSHOT])
    found = ask.ok("events", **VIEW)["events"]
    assert [(each["event_id"], each["seq"]) for each in found] == [("a", 2), ("b", 9), ("a", 9)]
    assert {(each["schema_version"], each["payload"]) for each in found} == {(1, None)}
    (shown,) = ask.ok("snapshots", **VIEW)["snapshots"]
    assert shown["phase"] == "queued"


def test_import_leaves_missing_what_older_engines_did_not_write(ask_files: Asker, directory: Path) -> None:
    """DRIVER-9."""
    ask_files.ok("import", events=[], snapshots=[SNAPSHOT])
    stored = json.loads((directory / "stateful_snapshots" / RUN_ID / "old.json").read_text())
    assert not {"phase", "phase_history", "allowed_next_phases"} & stored.keys()
    assert stored["schema_version"] == 1


def test_an_import_that_is_refused_changes_nothing(ask_files: Asker, directory: Path) -> None:
    """DRIVER-15: the last record is the unreadable one."""
    events = [{**EVENT, "seq": 1}, {**EVENT, "seq": 2}]
    error = ask_files.refused("import", events=events, snapshots=[SNAPSHOT, {**SNAPSHOT, "status": "asleep"}])
    assert error["kind"] == "invalid_input"
    assert "$.snapshots[1].status" in error["message"]
    assert not content(directory)


def test_append_appends_once_and_ignores_the_seq(ask: Asker) -> None:
    """DRIVER-10, LOG-2: whatever the seq is, also of a wrong type, twice, or missing."""
    assert ask.ok("append", tenant=TENANT, event={**EVENT, "seq": 99}) == {"appended": True, "seq": 1}
    for seq in (1, -3, "x", None):
        assert ask.ok("append", tenant=TENANT, event={**EVENT, "seq": seq}) == {"appended": False, "seq": 1}
    twice = json.dumps({**EVENT, "event_id": "other"})[:-1] + ', "seq": 1, "seq": 2}'
    answer = ask.line(f'{{"id": 1, "op": "append", "tenant": {json.dumps(TENANT)}, "event": {twice}}}'.encode())
    assert answer["ok"] == {"appended": True, "seq": 2}


def test_append_refuses_any_other_member_that_stands_twice(ask: Asker) -> None:
    twice = json.dumps(EVENT)[:-1] + ', "seq": 1, "run_id": "again"}'
    answer = ask.line(f'{{"id": 1, "op": "append", "tenant": {json.dumps(TENANT)}, "event": {twice}}}'.encode())
    assert answer["error"]["kind"] == "invalid_input"


def test_append_checks_that_the_tenant_sees_the_event(ask: Asker) -> None:
    """DRIVER-10, TENANT-1: who acts and where it comes from don't matter."""
    assert ask.refused("append", tenant=OTHER_TENANT, event=EVENT)["kind"] == "invalid_input"
    assert ask.view() == EMPTY
    same = {"org_id": TENANT["org_id"], "workspace_id": TENANT["workspace_id"], "actor_id": "someone"}
    assert ask.ok("append", tenant=same, event=EVENT)["appended"] is True


# --- retention --------------------------------------------------------------------------------------------------------


def test_compaction_and_pruning_answer_how_many(ask: Asker) -> None:
    ask.ok("project", run=run_json(*HISTORY))
    assert ask.ok("compact", retention_ms=1, now_ms=1000) == {"pruned": 1}
    assert ask.ok("prune", retention_ms=1, keep=1, now_ms=1000) == {"pruned": 1}


# --- the process ------------------------------------------------------------------------------------------------------


class Flushed(io.BytesIO):
    """Remembers what had been flushed, and when."""

    def __init__(self) -> None:
        super().__init__()
        self.flushed: list[int] = []

    def flush(self) -> None:
        self.flushed.append(len(self.getvalue().splitlines()))


def test_serve_answers_line_by_line_and_holds_nothing_back() -> None:
    """DRIVER-1, DRIVER-2: a last line without newline is a request, too."""
    requests = io.BytesIO(b'{"id": 3, "op": "hello", "protocols": [1]}\nnonsense\n{"id": 1, "op": "x"}')
    answers = Flushed()
    serve(requests, answers, "memory")
    assert [json.loads(line)["id"] for line in answers.getvalue().splitlines()] == [3, None, 1]
    assert answers.flushed == [1, 2, 3]


def test_strings_with_newlines_stay_on_one_line(ask: Asker) -> None:
    ask.ok("project", run=run_json(lifecycle("a\nb\u2028c\r", 10)))
    assert ask.ok("events", **VIEW)["events"][0]["payload"]["event"] == "a\nb\u2028c\r"


def test_the_module_serves_and_exits_with_0_at_the_end_of_input() -> None:
    """DRIVER-16: on files unless told otherwise."""

    def served(*arguments: str) -> set[str]:
        done = subprocess.run(
            [sys.executable, "-m", "lifecycle_conformance.driver", *arguments],
            input=b'{"id": 1, "op": "hello", "protocols": [1]}\n',
            capture_output=True,
            check=True,
        )
        assert done.stderr == b""
        return set(json.loads(done.stdout)["ok"]["capabilities"])

    assert "files" in served()
    assert "tenants" in served("--store", "memory")
    assert served("--level", "core") == {"identify"}
    assert served("--level", "durable") == {"identify", "import", "append", "compact", "prune", "durable"}
    assert served("--without", "identify,append", "--without", "files") == CAPABILITIES - {
        *("identify", "append", "files", "tenants")
    }


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--without", "identfy"], "unknown capabilities: identfy; known are append, compact"),
        (["--level", "hard"], "unknown level: hard; known are core, history, retention, durable, files"),
        (["--without", "durable"], "`files` needs `durable`"),
    ],
)
def test_the_module_refuses_capabilities_that_cannot_be(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert says in capsys.readouterr().err


def test_without_durable_every_store_is_empty(directory: Path) -> None:
    """DRIVER-7: on files, too."""
    ask = opened(directory, "files", without={"durable", "files"})
    ask.ok("project", run=run_json(*HISTORY))
    ask.ok("open", store=str(directory))
    assert ask.ok("events", **VIEW) == {"events": []}
    assert [*directory.iterdir()] == []
    with pytest.raises(ValueError, match="durable"):
        Server("files", without={"durable"})


def test_the_module_loads_only_what_it_needs() -> None:
    """A driver is started many times."""
    program = "import sys, lifecycle_conformance.driver.__main__; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert not {"click", "hypothesis", "jsonschema", "pytest", "rich"} & set(done.stdout.split())


def test_the_arguments_table_covers_every_operation() -> None:
    assert {*RIGHT_ARGUMENTS, "open"} == OPERATIONS.keys()


def test_the_same_requests_give_the_same_answers() -> None:
    """DRIVER-17."""
    line = json.dumps({"id": 1, "op": "identify", "run": run_json(*HISTORY)}).encode()
    server = Server("memory")
    assert server.answer(line) == server.answer(line) == Server("files").answer(line)
