"""What the text decides at the edges of its requirements, and in its table of odd requests, the reference does."""

import json
from pathlib import Path
from typing import Any

import pytest

from builders import RUN_ID, TENANT, event, run_json, snapshot
from lifecycle_conformance.driver.server import Server
from lifecycle_projection.stores.files import LOG_NAME, SNAPSHOTS_NAME

RUN = run_json("node_started")
EVENT, SNAPSHOT = event("by-hand", 1, 5), snapshot("by-hand", 1, 5)


class Driver:
    """The reference's driver with a store of files, asked with whole lines."""

    def __init__(self, directory: Path) -> None:
        self._server = Server("files")
        self.log = directory / LOG_NAME
        self.snapshots = directory / SNAPSHOTS_NAME
        self.directory = directory

    def line(self, line: str) -> Any:
        return json.loads(self._server.answer(line.encode()))

    def ask(self, op: str, **arguments: Any) -> Any:
        return self.line(json.dumps({"id": 1, "op": op, **arguments}))

    def shown(self, what: str) -> list[Any]:
        shown: list[Any] = self.ask(what, tenant=TENANT, run_id=RUN_ID)["ok"][what]
        return shown


@pytest.fixture
def started(tmp_path: Path) -> Driver:
    """A driver that has just been started."""
    return Driver(tmp_path)


@pytest.fixture
def opened(started: Driver) -> Driver:
    """A driver with an empty store open."""
    assert started.ask("open", store=str(started.directory)) == {"id": 1, "ok": {}}
    return started


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


# --- reading ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("member", "refused"), [("metadata", True), ("automation_id", True), ("name", False), ("schedule", False)]
)
def test_an_automation_snapshot_is_a_typed_record_too(opened: Driver, member: str, refused: bool) -> None:
    """REC-11, REC-13, REC-14: its two known members stand once; of any other the last counts."""
    text = json.dumps({**RUN, "automation_snapshot": {"automation_id": "a", "metadata": {}, "name": "n"}})
    twice = text.replace('"automation_snapshot": {', f'"automation_snapshot": {{"{member}": "first", ')
    if member == "schedule":
        twice = twice.replace('"schedule": "first"', '"schedule": "first", "schedule": "last"')
    answer = opened.ask("project", run_json=twice)
    assert (answer.get("error", {}).get("kind") == "invalid_input") is refused, answer


@pytest.mark.parametrize(("text", "read"), [(nested(126), True), (nested(127), False)])
def test_a_stored_event_nests_as_deep_as_a_run_record_may(opened: Driver, text: str, read: bool) -> None:
    """FILE-14, JSON-15: depth counts from the outermost value of the line."""
    opened.log.write_text(f'{json.dumps(EVENT)[:-1]}, "payload": {text}}}\n', encoding="utf-8")
    assert len(opened.shown("events")) == read


@pytest.mark.parametrize(("text", "read"), [(nested(126), True), (nested(127), False)])
def test_a_snapshot_file_nests_as_deep_as_a_run_record_may(opened: Driver, text: str, read: bool) -> None:
    """FILE-14, JSON-15: depth counts from the outermost value of the file."""
    folder = opened.snapshots / RUN_ID
    folder.mkdir(parents=True)
    (folder / "by-hand.json").write_text(f'{json.dumps(SNAPSHOT)[:-1]}, "metadata": {text}}}', encoding="utf-8")
    assert len(opened.shown("snapshots")) == read


@pytest.mark.parametrize(("number", "text"), [("1.50", "1.5"), ("1e3", "1000.0"), ("7", "7"), ("1e16", "1e+16")])
def test_a_number_names_a_version_in_its_canonical_form(opened: Driver, number: str, text: str) -> None:
    """DEF-4: the text of a number is its canonical JSON, however the run record writes it."""
    run = json.dumps({**RUN, "automation_snapshot": {"automation_id": "a", "metadata": {"version": "NUMBER"}}})
    assert opened.ask("project", run_json=run.replace('"NUMBER"', number))["ok"] == {"projected": 1}
    assert [each["workflow_definition_version"] for each in opened.shown("snapshots")] == [text]


# --- the tail of the log ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tail", ["[1e400]", '"\\ud800"', nested(128), "{", "\0\0"])
def test_a_tail_that_no_stored_record_could_be_is_cut_off(opened: Driver, tail: str) -> None:
    """FILE-15, FILE-16: what parses as JSON is said by the rules on reading."""
    opened.log.write_text(tail, encoding="utf-8")
    assert opened.ask("append", tenant=TENANT, event=EVENT)["ok"]["appended"]
    assert len(opened.log.read_text(encoding="utf-8").splitlines()) == 1


@pytest.mark.parametrize("tail", ["7", "[1, 2]", "null"])
def test_an_import_mends_the_tail_before_its_first_event(opened: Driver, tail: str) -> None:
    """FILE-15: it appends, too."""
    opened.log.write_text(tail, encoding="utf-8")
    assert opened.ask("import", events=[EVENT], snapshots=[]) == {"id": 1, "ok": {}}
    assert opened.log.read_text(encoding="utf-8").startswith(f"{tail}\n{{")
    assert len(opened.shown("events")) == 1


@pytest.mark.parametrize("tail", ["7", "{"])
def test_what_appends_nothing_leaves_the_tail_as_it_is(opened: Driver, tail: str) -> None:
    """LOG-2, PASS-8, FILE-15: an event that is known, and a pass that has nothing new."""
    opened.ask("project", run=RUN)
    opened.ask("append", tenant=TENANT, event=EVENT)
    with opened.log.open("a", encoding="utf-8") as log:
        log.write(tail)
    before = opened.log.read_bytes()
    assert opened.ask("append", tenant=TENANT, event=EVENT)["ok"] == {"appended": False, "seq": 2}
    assert opened.ask("project", run=RUN)["ok"] == {"projected": 0}
    assert opened.log.read_bytes() == before


# --- files and folders ------------------------------------------------------------------------------------------------


def test_every_name_that_ends_in_json_is_listed_and_only_folders_directly_below(opened: Driver) -> None:
    """FILE-21, FILE-24: names that begin with a dot count; what lies deeper, or beside the folders, does not."""
    for name, seq in ((f"{RUN_ID}/.hidden.json", 3), (f"{RUN_ID}/deeper/x.json", 9), ("x.json", 9)):
        path = opened.snapshots / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({**SNAPSHOT, "seq": seq}), encoding="utf-8")
    assert [each["seq"] for each in opened.shown("snapshots")] == [3]
    for seq in (2, 4):
        opened.ask("import", events=[{**EVENT, "event_id": f"note-{seq}", "seq": seq}], snapshots=[])
    assert opened.ask("compact", retention_ms=1, now_ms=1000)["ok"] == {"pruned": 1}
    assert [each["seq"] for each in opened.shown("events")] == [2, 4]


def test_the_name_of_the_temporary_sibling_counts(opened: Driver) -> None:
    """FILE-23: 246 bytes and `.json.tmp` are the 255 that a name may have."""
    for length, kind in ((246, None), (247, "storage")):
        snapshot = {**SNAPSHOT, "snapshot_id": "x" * length}
        answer = opened.ask("import", events=[], snapshots=[snapshot])
        assert answer.get("error", {}).get("kind") == kind


# --- odd requests -----------------------------------------------------------------------------------------------------

HELLO = '"op": "hello", "protocols": [1]'


@pytest.mark.parametrize(
    ("line", "answered", "kind"),
    [
        (f"{{{HELLO}}}", None, "invalid_input"),
        (f'{{"id": null, {HELLO}}}', None, "invalid_input"),
        (f'{{"id": -1, {HELLO}}}', None, "invalid_input"),
        (f'{{"id": 1.0, {HELLO}}}', None, "invalid_input"),
        (f'{{"id": "1", {HELLO}}}', None, "invalid_input"),
        ('{"id": 1}', 1, "invalid_input"),
        ('{"id": 1, "op": 7}', 1, "invalid_input"),
        ("[1]", None, "invalid_input"),
        ('"text"', None, "invalid_input"),
        ("", None, "invalid_input"),
        ("  ", None, "invalid_input"),
        (f' {{"id": 1, {HELLO}}} \r\n', 1, None),
        (f'{{"id": 1, {HELLO}, "unknown": [1]}}', 1, None),
        ('{"id": 1, "op": "frobnicate"}', 1, "unsupported"),
        ('{"id": 1, "op": "hello", "protocols": []}', 1, "unsupported"),
        ('{"id": 1, "op": "hello", "protocols": [7, 1]}', 1, None),
        ('{"id": 1, "op": "events"}', 1, "invalid_input"),
        ('{"id": 1, "op": "identify", "run": null}', 1, "invalid_input"),
        ('{"id": 1, "op": "identify", "run_json": null}', 1, "invalid_input"),
        (f'{{"id": 1, "op": "identify", "run_json": null, "run": {json.dumps(RUN)}}}', 1, "invalid_input"),
        (f'{{"id": 1, "op": "identify", "run_json": "{{}}", "run": {json.dumps(RUN)}}}', 1, "invalid_input"),
    ],
)
def test_odd_requests_are_answered_as_their_table_says(
    started: Driver, line: str, answered: int | None, kind: str | None
) -> None:
    """DRIVER-2, DRIVER-3, DRIVER-11 to DRIVER-14: before a store is open."""
    answer = started.line(line)
    assert (answer["id"], answer.get("error", {}).get("kind")) == (answered, kind)


@pytest.mark.parametrize("seq", [{}, {"seq": "text"}, {"seq": None}])
def test_the_seq_of_an_event_that_is_appended_may_be_anything(opened: Driver, seq: dict[str, Any]) -> None:
    """LOG-8, DRIVER-10."""
    event = {name: value for name, value in EVENT.items() if name != "seq"} | seq
    assert opened.ask("append", tenant=TENANT, event=event)["ok"] == {"appended": True, "seq": 1}


def test_an_import_stores_nothing_if_one_record_is_unreadable(opened: Driver) -> None:
    """DRIVER-9, ERR-1: all are read before the first is stored."""
    answer = opened.ask("import", events=[EVENT, {**EVENT, "run_id": 7}], snapshots=[SNAPSHOT])
    assert answer["error"]["kind"] == "invalid_input"
    assert not opened.log.exists()
    assert not opened.snapshots.exists()
