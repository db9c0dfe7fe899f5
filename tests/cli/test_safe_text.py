"""Foreign text never acts upon a terminal: what comes from a driver or a file is escaped, in every command (C7)."""

import json
import re
import sys
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import Result

from builders import lifecycle, run_json
from calling import call
from lifecycle_conformance.driver.safe_text import safe, safe_output

EVIL: Final = "\x1b[31mred\x1b]0;title\x07\x00\x7f\x85\x9b\u200b\u202e\u2066\ufeff\u2028\u2800\U000e0041\r\t\b"
"""Escape sequences, C0 and C1, DEL, zero-width and bidirectional characters, a separator, a tag."""
RAW: Final = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202f\u2060-\u206f\u2800\ufeff\U000e0041]"
)

# A driver that says the evil text wherever a driver may say something.
DRIVER: Final = """
import json, sys

EVIL = json.loads(sys.argv[1])
FAULT = sys.argv[2]
for line in sys.stdin:
    request = json.loads(line)
    op = request["op"]
    sys.stderr.write(EVIL + chr(10))
    sys.stderr.flush()
    if op == "hello":
        answer = {"ok": {"protocol": 1, "name": EVIL, "version": EVIL, "language": EVIL, "spec": EVIL,
                         "capabilities": [EVIL] if FAULT == "unknown capability" else []}}
    elif FAULT == "stray line" and op == "project":
        print(EVIL.replace(chr(13), ""), flush=True)
        continue
    elif FAULT == "wrong shape" and op == "project":
        answer = {"ok": {EVIL: EVIL}}
    elif FAULT == "dies" and op == "project":
        sys.exit(EVIL)
    elif FAULT == "refuses" and op == "project":
        answer = {"error": {"kind": "invalid_input", "message": EVIL, "data": {EVIL: EVIL}}}
    elif FAULT == "unreadable" and op == "events":
        answer = {"ok": {"events": [{EVIL: EVIL, "event_id": EVIL, "seq": EVIL}]}}
    else:
        shown = {"project": {"projected": 0}, "events": {"events": []}, "snapshots": {"snapshots": []}}
        answer = {"ok": shown.get(op, {})}
    print(json.dumps({"id": request["id"], **answer}), flush=True)
"""
FAULTS: Final = ("nothing", "unknown capability", "stray line", "wrong shape", "dies", "refuses", "unreadable")


def assert_safe(done: Result) -> None:
    """Neither output holds a raw control or format character but the newline."""
    for text in (done.stdout, done.stderr):
        assert RAW.findall(text) == []


@pytest.fixture
def driver(tmp_path: Path) -> Any:
    path = tmp_path / "driver.py"
    path.write_text(DRIVER, encoding="utf-8")

    def command(fault: str) -> list[object]:
        return ["--", sys.executable, path, json.dumps(EVIL), fault]

    return command


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("vectors_read_once")
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("more", [[], ["--json"]], ids=["text", "json"])
def test_vectors(driver: Any, fault: str, more: list[str]) -> None:
    done = call("vectors", "--only", "fine-*", *more, *driver(fault))
    assert_safe(done)
    assert "red" in done.output


@pytest.mark.usefixtures("plain_cases")
@pytest.mark.parametrize(("fault", "more"), [("unreadable", []), ("dies", ["--json"])])
def test_check(driver: Any, fault: str, more: list[str]) -> None:
    options = ["--profile=quick", "--requirements=DRIVER-[25]", "--shrink-attempts=0", "--no-vectors", "--jobs=1"]
    done = call("check", *options, *more, *driver(fault))
    assert_safe(done)
    assert "red" in done.output


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("more", [[], ["--json"]], ids=["text", "json"])
def test_replay(driver: Any, fault: str, more: list[str], tmp_path: Path) -> None:
    run = run_json(lifecycle("node_started", 20, metadata={EVIL: EVIL}), run_id=EVIL)
    write_case(tmp_path, {"op": "project", "run": run})
    done = call("replay", "case.json", "case.json", *more, *driver(fault))
    assert done.exit_code in {1, 3}
    assert_safe(done)
    assert "red" in done.output


def test_a_case_that_is_refused(tmp_path: Path) -> None:
    say: dict[str, Any] = {"op": "say", "line": EVIL}
    write_case(
        tmp_path, say, {"op": "refuse", "request": {"op": EVIL, EVIL: EVIL}, "kind": "unsupported", "because": []}
    )
    done = call("replay", "case.json")
    assert done.exit_code == 2
    assert_safe(done)
    assert "red" in done.stderr


def write_case(folder: Path, *steps: dict[str, Any]) -> None:
    case = {"name": EVIL, "requirement": "PASS-2", "verdict": "fail", "message": EVIL}
    text = json.dumps({**case, "steps": [{"op": "open", "store": 0}, *steps]})
    (folder / "case.json").write_text(text, encoding="utf-8")


@pytest.mark.parametrize("more", [[], ["--json"]], ids=["text", "json"])
def test_project(tmp_path: Path, more: list[str]) -> None:
    runs = [
        run_json(lifecycle("node_started", 20), run_id=EVIL, status="completed"),
        run_json(lifecycle("node_started", 20), lifecycle(EVIL, 30), run_id=EVIL, status="queued"),
    ]
    (tmp_path / "runs.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in runs), encoding="utf-8")
    done = call("project", "runs.jsonl", "--store", "store", *more)
    assert done.exit_code == 1
    assert_safe(done)
    (tmp_path / "bad.json").write_text(json.dumps({EVIL: {"run_id": "x", "status": EVIL}}), encoding="utf-8")
    assert_safe(call("project", "bad.json", "--store", "store", *more))


@pytest.mark.parametrize("more", [[], ["--json"], ["--written"]], ids=["text", "json", "written"])
def test_validate(tmp_path: Path, more: list[str]) -> None:
    name = f"{EVIL.replace(chr(0), '')}.json"
    for content in ({"event_id": EVIL, EVIL: EVIL, "seq": EVIL}, {"run_id": EVIL, "status": EVIL}, EVIL):
        (tmp_path / name).write_text(json.dumps(content), encoding="utf-8")
        done = call("validate", name, *more)
        assert done.exit_code == 2
        assert_safe(done)
    assert_safe(call("validate", f"missing{name}", *more))


def test_a_driver_that_does_not_come_up(tmp_path: Path) -> None:
    (tmp_path / "driver.py").write_text("import json, sys\nsys.exit(json.loads(sys.argv[1]))", encoding="utf-8")
    done = call("check", "--", sys.executable, "driver.py", json.dumps(EVIL))
    assert done.exit_code == 3
    assert_safe(done)
    assert "red" in done.stderr


# --- the function -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "plain", "größe 漢字 😀 é", "a  b"])
def test_what_shows_stays_as_it_is(text: str) -> None:
    assert safe(text) == text


@pytest.mark.parametrize("character", [*EVIL.replace("red", "").replace("title", ""), "\ud800", "\u034f", "\u3164"])
def test_what_acts_or_hides_is_escaped_as_in_json(character: str) -> None:
    if character not in "[31m]0;":
        assert safe(character) != character
        assert json.loads(f'"{safe(character)}"') == character


def test_lines_stay_where_they_are_asked_for_and_colours_in_a_report() -> None:
    assert safe("a\nb") == "a\\nb"
    assert safe("a\nb\r", keep="\n") == "a\nb\\r"
    assert safe_output("\x1b[31mred\x1b[0m\x1b[2J\n") == "\x1b[31mred\x1b[0m\\u001b[2J\n"
