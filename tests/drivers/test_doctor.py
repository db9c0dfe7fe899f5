"""`doctor`: each way in which a driver can be unfinished is explained in words, with the requirement and what to do."""

import json
import re
import shlex
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import click
import pytest
from attrs import frozen

from calling import call
from drivers import broken
from lifecycle_conformance.driver.client import SubprocessDriver
from lifecycle_conformance.driver.interface import CAPABILITIES
from lifecycle_conformance.driver.transcript import Exchange, OverheardProcess
from lifecycle_conformance.report.examination_report import as_json, render
from lifecycle_conformance.runner.examination import Examination, examined
from lifecycle_conformance.runner.next_capability import additions
from lifecycle_conformance.specification import schemas
from lifecycle_conformance.specification.requirements import Judge, levels, load

PATIENT_S: Final = "60"
README: Final = Path(__file__).resolve().parents[2] / "README.md"
DRIVER: Final = """
import json, os, sys, time

EVENT = {"schema_version": 1, "event_id": "e", "run_id": "run-1", "seq": 1, "event_type": "note", "occurred_at_ms": 1,
         "scope": {"schema_version": 1, "tenant_context": {"org_id": "o", "workspace_id": "w", "source": "explicit"}},
         "payload": None}
HELLO = {"protocol": 1, "name": "mine", "version": "0.1", "language": "Python", "spec": "1", "capabilities": []}
OK = {"hello": HELLO, "open": {}, "project": {"projected": 1}, "events": {"events": [EVENT]},
      "snapshots": {"snapshots": []}}

def refused(kind, message="no"):
    return {"error": {"kind": kind, "message": message}}

def answer(request):
    if request["op"] not in OK or "run_json" in request:
        return refused("unsupported")
    return {"ok": OK[request["op"]]}

def unreadable(line):
    return {"id": None, **refused("invalid_input")}

def take(line):
    try:
        request = json.loads(line)
    except ValueError:
        write(unreadable(line))
    else:
        write({"id": request["id"], **answer(request)})

def write(value):
    print(json.dumps(value), flush=True)

def end():
    pass
"""
LOOP: Final = """
for line in sys.stdin:
    take(line)
end()
"""
INSTEAD: Final = """
def answer(request, right=answer):
    return ({value}) if request["op"] == "{op}" else right(request)
"""

REFUSED_ONCE: Final = 'refused({}) if "run" in request else right(request)'
"""A refusal of a run record, not of its text."""


def instead(op: str, value: str) -> str:
    """A driver that gives another answer to an operation."""
    return INSTEAD.format(op=op, value=value)


@frozen(kw_only=True)
class Row:
    """What a driver does otherwise than a good one, under which requirement that comes, and what is said of it."""

    name: str
    fault: str
    requirement: str
    words: tuple[str, ...]
    exit_code: int = 1
    timeout_s: str = PATIENT_S


UNSTARTED: Final = [
    Row(
        name="ends-at-once",
        fault='sys.exit("no such database: state.db")',
        requirement="DRIVER-2",
        words=("it ended with status 1 instead of answering", "standard error ends:", "no such database: state.db"),
        exit_code=3,
    ),
    Row(
        name="answers-nothing",
        fault="def write(value): pass",
        requirement="DRIVER-2",
        words=("no answer within 1 s", "does it hang, or is the answer not flushed?"),
        exit_code=3,
        timeout_s="1",
    ),
    Row(
        name="forgets-the-newline",
        fault='def write(value): print(json.dumps(value), end="", flush=True)',
        requirement="DRIVER-2",
        words=("without a newline: is it missing", "ends in a newline, and flush"),
        exit_code=3,
        timeout_s="1",
    ),
    Row(
        name="logs-to-standard-output",
        fault='print("listening on standard input", flush=True)',
        requirement="DRIVER-1",
        words=("it wrote 'listening on standard input'", "what it logs belongs to standard error"),
        exit_code=3,
    ),
    Row(
        name="has-ids-of-text",
        fault='def write(value): print(json.dumps({**value, "id": str(value["id"])}), flush=True)',
        requirement="DRIVER-2",
        words=('expected the id 1, found "1"', "with the `id` of its request"),
        exit_code=3,
    ),
    Row(
        name="knows-another-capability",
        fault='HELLO["capabilities"] = ["telepathy"]',
        requirement="DRIVER-3",
        words=("the driver declares telepathy", "only capabilities that chapter 17 knows"),
        exit_code=3,
    ),
    Row(
        name="leaves-its-language-out",
        fault='del HELLO["language"]',
        requirement="DRIVER-3",
        words=("`language` is missing", "$.ok.language: expected this member", "exactly `protocol`, `name`, `version`"),
        exit_code=3,
    ),
    Row(
        name="refuses-hello",
        fault=instead("hello", 'refused("internal", "not ready")'),
        requirement="DRIVER-3",
        words=("it answered hello with internal: not ready",),
        exit_code=3,
    ),
]
STARTED: Final = [
    Row(
        name="counts-in-text",
        fault='OK["project"] = {"projected": "1"}',
        requirement="DRIVER-5",
        words=('$.ok.projected: expected an integer from 0 to 2^64 - 1, found "1"', "hold exactly `projected`"),
    ),
    Row(
        name="counts-in-doubles",
        fault='OK["project"] = {"projected": 1.0}',
        requirement="DRIVER-5",
        words=("$.ok.projected: expected an integer from 0 to 2^64 - 1, found 1.0",),
    ),
    Row(
        name="opens-with-a-member",
        fault='OK["open"] = {"path": "/"}',
        requirement="DRIVER-5",
        words=("$.ok.path: expected no such member", "Let `ok` of `open` hold no member"),
    ),
    Row(
        name="shows-no-scope",
        fault='del EVENT["scope"]',
        requirement="DRIVER-5",
        words=("$.ok.events[0].scope: expected this member, found nothing", "chapter 12 lists their members"),
    ),
    Row(
        name="refuses-a-pass",
        fault=instead("project", REFUSED_ONCE.format('"invalid_input", "no trigger"')),
        requirement="DRIVER-5",
        words=("it refuses a plain `project` with invalid_input: no trigger", "the request is right"),
    ),
    Row(
        name="fails-inside",
        fault='sys.stderr.write("KeyError: cost\\n")\n' + instead("project", REFUSED_ONCE.format('"internal"')),
        requirement="DRIVER-5",
        words=("with internal: no", "standard error ends:", "KeyError: cost"),
    ),
    Row(
        name="promises-too-much",
        fault='HELLO["capabilities"] = ["compact"]',
        requirement="DRIVER-3",
        words=("it declares `compact`, and answers `compact` with unsupported", "take it out of the `capabilities`"),
    ),
    Row(
        name="says-nothing-of-pruning",
        fault='OK["prune"] = {"pruned": 0}',
        requirement="DRIVER-11",
        words=("it answers `prune` with `ok`, and doesn't declare `prune`", "Declare `prune`"),
    ),
    Row(
        name="takes-text-for-a-run",
        fault=instead("project", '{"ok": {"projected": 0}}'),
        requirement="DRIVER-11",
        words=("it answers `run_json` with `ok`, and doesn't declare `text-input`",),
    ),
    Row(
        name="knows-every-operation",
        fault=instead("frobnicate", '{"ok": {}}'),
        requirement="DRIVER-11",
        words=("it answers `frobnicate`, an operation that there isn't",),
    ),
    Row(
        name="refuses-with-another-kind",
        fault=instead("frobnicate", 'refused("invalid_input")'),
        requirement="DRIVER-11",
        words=("with the kind invalid_input, not unsupported",),
    ),
    Row(
        name="dies-of-a-line-that-is-no-json",
        fault='def unreadable(line): sys.exit("ValueError")',
        requirement="DRIVER-2",
        words=("asked for a line that is no request: it ended with status 1", "ValueError"),
    ),
    Row(
        name="names-a-line-that-is-no-json",
        fault='def unreadable(line): return {"id": 7, **refused("invalid_input")}',
        requirement="DRIVER-12",
        words=("expected the id null, found 7", "with the id null"),
    ),
    Row(
        name="does-not-know-a-line-that-is-no-json",
        fault='def unreadable(line): return {"id": None, **refused("unsupported")}',
        requirement="DRIVER-12",
        words=("with the kind unsupported, not with the kind invalid_input",),
    ),
    Row(
        name="stays",
        fault="def end(): time.sleep(100)",
        requirement="DRIVER-16",
        words=("it doesn't end when its input has ended", "exit with status 0"),
        timeout_s="2",
    ),
    Row(
        name="ends-badly",
        fault="def end(): sys.exit(4)",
        requirement="DRIVER-16",
        words=("it ends with status 4 when its input has ended",),
    ),
    Row(
        name="lasts-in-words-only",
        fault='HELLO["capabilities"] = ["durable"]\nEVENT["seq"] = os.getpid()',
        requirement="DRIVER-7",
        words=("it declares `durable`, and in a new process `events` shows something else",),
    ),
    Row(
        name="keeps-no-files",
        fault='HELLO["capabilities"] = ["files"]',
        requirement="FILE-1",
        words=("after a pass the store directory holds no `stateful_events.jsonl`",),
    ),
    Row(
        name="logs-in-a-pass",
        fault=instead("project", '(print("a pass", flush=True), right(request))[1]'),
        requirement="DRIVER-1",
        words=("it wrote 'a pass'", "something printed to standard output"),
    ),
    Row(
        name="opens-nothing",
        fault=instead("open", 'refused("storage", "read-only")'),
        requirement="DRIVER-5",
        words=("it refuses a plain `open` with storage: read-only", "what needs an open store was not tried"),
    ),
    Row(
        name="hangs-and-hangs",
        fault=instead("project", "time.sleep(100)") + instead("events", "time.sleep(100)"),
        requirement="DRIVER-2",
        words=("no answer within 1 s", "the rest was not tried: the driver hung 2 times"),
        timeout_s="1",
    ),
    Row(
        name="comes-up-once",
        fault='if os.path.exists(__file__ + ".up"): sys.exit("port taken")\nopen(__file__ + ".up", "w")\n'
        + instead("project", "sys.exit()"),
        requirement="DRIVER-2",
        words=("came up once, and doesn't any more", "port taken"),
    ),
]

Command = Callable[[str], list[str]]


@pytest.fixture
def driver(tmp_path: Path) -> Command:
    """Write a driver that answers in the right form but for a fault, and give the command that runs it."""

    def command(fault: str) -> list[str]:
        script = tmp_path / "driver.py"
        script.write_text(DRIVER + fault + LOOP, encoding="utf-8")
        return [sys.executable, "-I", "-S", str(script)]

    return command


def looked_at(command: list[str], timeout_s: str = PATIENT_S) -> tuple[Examination, str]:
    """What a first look shows, and how that is told, on one line."""
    transcript: list[Exchange] = []
    opened = partial(OverheardProcess, transcript)
    found = examined(partial(SubprocessDriver, command, timeout_s=float(timeout_s), opened=opened), transcript)
    assert schemas.problems("doctor-report", as_json(found)) == []
    return found, re.sub(r"\s+", " ", click.unstyle(render(found, command)))


@pytest.mark.parametrize("row", [*UNSTARTED, *STARTED], ids=lambda row: row.name)
def test_what_is_wrong_is_explained(row: Row, driver: Command) -> None:
    found, text = looked_at(driver(row.fault), row.timeout_s)
    for words in row.words:
        assert words in text
    assert f"{row.requirement}: {load()[row.requirement].title} (" in text
    assert (f"mend first {row.requirement}. " in text, found.exit_code) == (True, row.exit_code)
    assert {each.requirement for each in found.findings} == {row.requirement}
    assert "go on with" not in text
    assert ("declare next" in text) == (row.exit_code == 1)


def test_a_command_that_is_none_is_told(tmp_path: Path) -> None:
    done = call("doctor", "--", tmp_path / "nothing")
    text = re.sub(r"\s+", " ", done.stdout)
    assert (done.exit_code, done.stderr) == (3, "")
    assert "it can't be started: [Errno 2] No such file or directory" in text
    assert "To do: Give the command as you would type it in this folder" in text
    assert "Transcript" not in text


# --- what is well -----------------------------------------------------------------------------------------------------


def test_a_driver_that_is_well_is_sent_on(driver: Command) -> None:
    command = driver("")
    found, text = looked_at(command)
    assert found.exit_code == 0
    assert "mine 0.1: all that it was asked is answered in the right form, in 13 requests" in text
    assert f"go on with lifecycle-projection check -- {shlex.join(command)} " in text
    assert "declare next identify, for the level core: it unlocks 3 requirements; then import (16), append (4)" in text


def test_what_no_answer_shows_is_left_to_the_check(driver: Command) -> None:
    _, text = looked_at(driver('HELLO["capabilities"] = ["tenants", "exact-numbers"]'))
    assert "which also judges exact-numbers, tenants: no single answer shows these" in text


@pytest.mark.parametrize("arguments", [(), ("--store", "memory")], ids=["files", "memory"])
def test_the_reference_is_well(arguments: tuple[str, ...]) -> None:
    done = call("doctor", *arguments)
    assert (done.exit_code, done.stderr) == (0, "")
    assert re.search(r"go on with +lifecycle-projection check\n", done.stdout)
    assert ("declare next" in done.stdout) == bool(arguments)  # in memory nothing lasts


def test_a_mutant_answers_in_the_right_form() -> None:
    """What it says is wrong, and that is not for a first look to find."""
    assert looked_at([sys.executable, "-m", "lifecycle_conformance.mutants", "guard-off"])[0].findings == ()


@pytest.mark.parametrize(("name", "requirements"), [("shows-wrong-event-ids", ()), ("shows-no-phase", ("DRIVER-5",))])
def test_broken_drivers(name: str, requirements: tuple[str, ...]) -> None:
    found, _ = looked_at([sys.executable, str(Path(broken.__file__)), name])
    assert tuple(each.requirement for each in found.findings) == requirements


def test_the_driver_of_the_readme_is_well(tmp_path: Path) -> None:
    (program,) = re.findall(r"```python\n(import json, sys\n.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    (script := tmp_path / "driver.py").write_text(program, encoding="utf-8")
    assert looked_at([sys.executable, str(script)])[0].findings == ()


# --- what is shown ----------------------------------------------------------------------------------------------------


def test_the_transcript_is_shortened_for_people_and_whole_for_programs(driver: Command) -> None:
    command = driver('EVENT["event_id"] = "e" * 3000')
    shown = call("doctor", "--", *command, env={"COLUMNS": "70"}).stdout
    assert max(len(line) for line in shown.splitlines() if "driver.py" not in line) <= 70
    assert "…" in shown
    assert "e" * 300 not in re.sub(r"\s", "", shown)
    told = json.loads(call("doctor", "--json", "--", *command).stdout)
    assert any("e" * 3000 in (each["answer"] or "") for each in told["transcript"])


def test_the_finding_names_its_place_in_the_transcript(driver: Command) -> None:
    report = as_json(looked_at(driver('OK["project"] = {"projected": -1}'))[0])
    (finding,) = report["findings"]
    exchange = report["transcript"][finding["exchange"] - 1]
    assert json.loads(exchange["request"])["op"] == "project"
    assert json.loads(exchange["answer"])["ok"] == {"projected": -1}
    assert finding["places"][0]["path"] == "$.ok.projected"


def test_after_a_break_the_rest_is_tried(driver: Command) -> None:
    found, _ = looked_at(driver(instead("project", "sys.exit(9)")))
    asked = [json.loads(each.request)["op"] for each in found.transcript[:-1]]
    assert asked[:6] == ["hello", "open", "project", "hello", "open", "events"]
    assert asked[-1] == "frobnicate"
    assert found.untried == ""


def test_nothing_that_a_driver_says_acts_on_the_terminal(driver: Command) -> None:
    fault = 'HELLO["name"] = "\\x1b[31m\\u202e"\n' + instead("events", 'refused("storage", "\\x1b]0;x\\x07")')
    shown = call("doctor", "--", *driver(fault), color=False).stdout
    assert "\\u001b[31m\\u202e 0.1: 1 thing to mend" in shown
    assert re.findall(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", shown) == []


# --- which capability comes next --------------------------------------------------------------------------------------


def test_capabilities_come_level_by_level_and_in_a_level_the_one_that_unlocks_most_first() -> None:
    left = additions([])
    order = [*levels(), None]
    assert [order.index(each.level) for each in left] == sorted(order.index(each.level) for each in left)
    of_retention = [len(each.unlocks) for each in left if each.level == "retention"]
    assert of_retention == sorted(of_retention, reverse=True)
    assert {each.capability for each in left} == CAPABILITIES - {"tenants"}


def test_all_that_is_declared_together_unlocks_everything_once() -> None:
    unlocked = [id_ for each in additions([]) for id_ in each.unlocks]
    judged = {each.id for each in load().values() if each.judge is not Judge.UNIT and each.capabilities}
    assert len(unlocked) == len(set(unlocked))
    assert judged - set(unlocked) == {id_ for id_ in judged if "tenants" in load()[id_].capabilities}


@pytest.mark.parametrize("excluded", ["files", "tenants"])
def test_files_and_tenants_exclude_each_other(excluded: str) -> None:
    other = ({"files", "tenants"} - {excluded}).pop()
    assert excluded not in {each.capability for each in additions([other])}
    assert additions(CAPABILITIES - {excluded}) == []
