"""The client against drivers that are broken in every way: each gets its verdict, and nothing of it is left running."""

import json
import os
import signal
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from builders import RUN_ID, TENANT, lifecycle, run_json
from lifecycle_conformance.driver import process as process_module
from lifecycle_conformance.driver.client import SubprocessDriver
from lifecycle_conformance.driver.forked import forked, reference_command
from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.driver.interface import (
    OPERATIONS,
    STILL_RUNNING,
    Answer,
    Breakdown,
    BringUpError,
    BrokenDriverError,
    Driver,
    IncompatibleDriverError,
    Refusal,
)
from lifecycle_conformance.driver.messages import _SHAPES, request_id
from lifecycle_conformance.driver.process import executed

LONG = 30.0
SHORT = 1.0
"""Long enough for a process to begin on a busy machine: a restart waits no longer, either."""
VIEW: dict[str, Any] = {"tenant": {"org_id": "o", "workspace_id": "w"}, "run_id": "r"}

PRELUDE = """
import json, os, signal, subprocess, sys, time

HELLO = {"protocol": 1, "name": "miniature", "version": "0", "language": "Python", "spec": "1", "capabilities": []}

def read():
    line = sys.stdin.readline()
    if not line:
        sys.exit(0)
    return json.loads(line)

def write(text):
    sys.stdout.write(text)
    sys.stdout.flush()

def line(request, **answer):
    return json.dumps({"id": request["id"], **answer}) + "\\n"

def answer(request, ok):
    write(line(request, ok=ok))

def hello(**changes):
    answer(read(), {**HELLO, **changes})

def sleep():
    time.sleep(1000)
"""

# What a good driver does after hello: `compact` runs the fault, everything else is answered.
WORKING = """
hello()
while True:
    request = read()
    if request["op"] == "compact":
        fault(request)
    else:
        answer(request, {"events": []})
"""

Command = Callable[..., list[str]]
Start = Callable[..., SubprocessDriver]


@pytest.fixture
def miniature(tmp_path: Path) -> Command:
    """Write a small driver and give the command that runs it."""

    def command(program: str, *arguments: str) -> list[str]:
        script = tmp_path / "miniature.py"
        script.write_text(PRELUDE + program)
        return [sys.executable, "-I", "-S", str(script), *arguments]

    return command


@pytest.fixture
def start(miniature: Command) -> Iterator[Start]:
    """Start a driver that works but for the given fault; all are ended afterwards."""
    started: list[SubprocessDriver] = []

    def driver(fault: str, *, timeout_s: float = LONG) -> SubprocessDriver:
        indented = "".join(f"    {line}\n" for line in fault.splitlines())
        started.append(SubprocessDriver(miniature(f"def fault(request):\n{indented}{WORKING}"), timeout_s=LONG))
        started[-1]._timeout_s = timeout_s
        return started[-1]

    yield driver
    for each in started:
        each._process.kill()


def living(group: int) -> list[int]:
    """The members of a process group that run."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, _, process_group = (entry / "stat").read_text().rpartition(")")[2].split()[:3]
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(process_group) == group and state not in "ZX":
                found.append(int(entry.name))
    return found


def gone(group: int) -> bool:
    """Whether a process group ends: what was killed is on its way out for a moment still."""
    deadline = time.monotonic() + LONG
    while living(group) and time.monotonic() < deadline:
        time.sleep(0.001)
    return not living(group)


def broken(driver: SubprocessDriver, op: str = "compact", **arguments: Any) -> BrokenDriverError:
    """Ask for what breaks the driver, and see that nothing of it is left and that the next request is answered."""
    group = driver.pid
    with pytest.raises(BrokenDriverError) as caught:
        driver.ask(op, **arguments)
    assert gone(group)
    driver._timeout_s = LONG
    assert driver.ask("events") == Answer(ok={"events": []})
    assert driver.pid != group
    return caught.value


# --- bring-up ---------------------------------------------------------------------------------------------------------


def test_a_driver_that_says_hello_is_introduced(miniature: Command) -> None:
    driver = SubprocessDriver(miniature('hello(capabilities=["files", "identify"])\nread()'), timeout_s=LONG)
    assert driver.hello.name == "miniature"
    assert driver.hello.capabilities == {"files", "identify"}
    assert driver.close() == 0


def test_the_command_is_a_list_of_arguments_that_no_shell_sees(miniature: Command) -> None:
    argument = "two words; $HOME `id` \"'*"
    driver = SubprocessDriver(miniature("hello(name=sys.argv[1])\nread()", argument), timeout_s=LONG)
    assert driver.hello.name == argument
    driver.close()


@pytest.mark.parametrize(
    "command",
    [[], ["/no/such/command"], ["/"], ["with\0zero"], [__file__]],
    ids=["empty", "missing", "directory", "zero", "not-executable"],
)
def test_a_command_that_cannot_be_started(command: list[str]) -> None:
    with pytest.raises(BringUpError, match="can't be started") as caught:
        SubprocessDriver(command)
    assert caught.value.command == tuple(command)
    assert not isinstance(caught.value, IncompatibleDriverError)


@pytest.mark.parametrize(
    ("program", "says"),
    [
        ("sys.exit('no database')", "status 1"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "signal 9 (Killed)"),
        ("write('Traceback, in the wrong place')\nsys.exit(3)", "Traceback, in the wrong place"),
        ("write('what is hello?\\n')\nread()", "standard output, which is for answers only"),
        ("write('Listening …\\n')\nhello()\nread()", "Listening"),
        ("write('[debug] ')\nhello()\nread()", "a newline missing"),
        ("write(line(read(), ok=HELLO).rstrip())\nread()", "no answer within 1 s, only '{"),
        ("sys.stdout.write(line(read(), ok=HELLO))\nread()", "no answer within 1 s, and nothing on standard output"),
        ("read()\nsleep()", "no answer within 1 s"),
        ("sleep()", "no answer within 1 s"),
        ("write(line(read(), error={'kind': 'internal', 'message': 'no idea'}))\nread()", "internal: no idea"),
        (
            "answer(read(), {'protocol': 1})\nread()",
            "`capabilities` is missing; `language` is missing; `name` is missing",
        ),
        ("hello(protocol='1')\nread()", '`protocol` is "1"'),
        ("hello(capabilities={})\nread()", "`capabilities` is {}"),
        ("hello(mood='good')\nread()", "`mood` is one member too many"),
        ("hello(capabilities=['files', 'identify', 'files'])\nread()", "it declares files twice"),
    ],
)
def test_a_driver_that_does_not_say_hello(miniature: Command, program: str, says: str) -> None:
    """The error names the command, what happened and, where it can be guessed, why."""
    command = miniature("sys.stderr.write('why: ' + str(os.getpid()))\nsys.stderr.flush()\n" + program)
    with pytest.raises(BringUpError) as caught:
        SubprocessDriver(command, timeout_s=1.0 if "no answer within" in says else LONG)
    assert not isinstance(caught.value, IncompatibleDriverError)
    assert caught.value.command == tuple(command)
    assert says in caught.value.problem
    assert "asked for hello" in caught.value.problem
    assert command[-1] in str(caught.value)
    assert caught.value.stderr.strip() in str(caught.value)
    group = int(caught.value.stderr.split("why: ")[1].split("no database")[0])
    assert gone(group)


@pytest.mark.parametrize(
    ("program", "sides"),
    [
        ("hello(protocol=2)", ("versions [1]", "version 2")),
        (
            "write(line(read(), error={'kind': 'unsupported', 'message': 'I speak 7 only'}))",
            ("versions [1]", "I speak 7 only"),
        ),
        ("hello(capabilities=['identify', 'telepathy', 'durable'])", ("declares telepathy,", "exact-numbers, files")),
    ],
    ids=["version-chosen", "version-refused", "capability"],
)
def test_a_driver_that_does_not_fit_is_an_error_that_names_both_sides(
    miniature: Command, program: str, sides: tuple[str, ...]
) -> None:
    """DRIVER-3, DRIVER-4: the version rule."""
    command = miniature(f"sys.stderr.write(str(os.getpid()))\nsys.stderr.flush()\n{program}\nread()")
    with pytest.raises(IncompatibleDriverError) as caught:
        SubprocessDriver(command, timeout_s=LONG)
    for side in sides:
        assert side in str(caught.value)
    assert gone(int(caught.value.stderr))


def test_a_driver_that_does_not_come_up_again_is_a_bring_up_error(miniature: Command, tmp_path: Path) -> None:
    """It stops the run once, not once a case."""
    mark = tmp_path / "started"
    program = (
        f"import os.path\nif os.path.exists({str(mark)!r}): sys.exit(4)\nopen({str(mark)!r}, 'w')\nhello()\nread()"
    )
    driver = SubprocessDriver(miniature(program), timeout_s=LONG)
    with pytest.raises(BrokenDriverError):
        driver.ask("events")
    for _ in range(2):
        with pytest.raises(BringUpError, match="status 4"):
            driver.ask("events")
    driver.close()


# --- requests that get no answer --------------------------------------------------------------------------------------

CRASH, TIMEOUT, PROTOCOL = Breakdown.CRASH, Breakdown.TIMEOUT, Breakdown.PROTOCOL

FAULTS: list[tuple[str, Breakdown, str]] = [
    # it dies
    ("sys.exit(7)", CRASH, "status 7"),
    ("os._exit(0)", CRASH, "status 0"),
    ("os.kill(os.getpid(), signal.SIGSEGV)", CRASH, "signal 11"),
    ("raise ValueError('bug')", CRASH, "status 1"),
    ('write(\'{"id": 2, "ok"\')\nos._exit(1)', CRASH, '\'{"id": 2, "ok"\''),
    # it hangs
    ("sleep()", TIMEOUT, "does it hang"),
    ("signal.signal(signal.SIGTERM, signal.SIG_IGN)\nsleep()", TIMEOUT, "does it hang"),
    ("sys.stdout.write(line(request, ok={'pruned': 1}))\nsleep()", TIMEOUT, "not flushed"),
    ("write(line(request, ok={'pruned': 1}).rstrip())\nsleep()", TIMEOUT, "without a newline"),
    ("write('{\"id\"')\nsleep()", TIMEOUT, '{"id"'),
    # it writes what is no answer
    ("write('pruning\\n')\nanswer(request, {'pruned': 1})", PROTOCOL, "'pruning'"),
    ("write('pruning ')\nanswer(request, {'pruned': 1})", PROTOCOL, "newline missing"),
    ("write(line(request, ok={'pruned': 1}).rstrip() * 2 + '\\n')", PROTOCOL, "newline missing"),
    ("write('\\n')\nanswer(request, {'pruned': 1})", PROTOCOL, "an empty line"),
    ("while True: write('\\n' * 65536)", PROTOCOL, "an empty line: is a newline written twice?"),
    ("write('{\\n \"id\": 2}\\n')", PROTOCOL, "standard output"),
    ("sys.stdout.buffer.write(b'\\xff\\n')\nsys.stdout.flush()", PROTOCOL, "no answer"),
    ('write(\'{"id": 2, "ok": {"pruned": 1, "x": "\\\\ud800"}}\\n\')', PROTOCOL, "lenient reader"),
    ("write('[' * 100000 + '\\n')", PROTOCOL, "inside each other"),
    (
        "write('{' + ' ' * 9000 + '\"id\": 2, \"ok\": {\"pruned\": NaN}}\\n')",
        PROTOCOL,
        '"pruned": NaN}}',
    ),
    ("write('{' + ' ' * 9000 + '\"id\": 7, \"ok\": {\"pruned\": 1}}\\n')", PROTOCOL, '"id": 7, "ok"'),
    (
        "sys.stdout.buffer.write(b'[' + b' ' * 900 + b'\\xff]\\n')\nsys.stdout.flush()",
        PROTOCOL,
        "at byte 901 of them",
    ),
    ("write('7\\n')", PROTOCOL, "an answer is an object"),
    # the id
    ("answer({'id': request['id'] + 1}, {'pruned': 1})", PROTOCOL, "expected the id 2, found 3"),
    ("answer({'id': request['id'] - 1}, {'pruned': 1})", PROTOCOL, "earlier request"),
    ("answer({'id': str(request['id'])}, {'pruned': 1})", PROTOCOL, "expected the id 2"),
    ("answer({'id': float(request['id'])}, {'pruned': 1})", PROTOCOL, "expected the id 2"),
    ("write(line({'id': None}, error={'kind': 'invalid_input', 'message': 'eh?'}))", PROTOCOL, "had not been JSON"),
    ('write(\'{"ok": {"pruned": 1}}\\n\')', PROTOCOL, "expected the id 2, found no id"),
    # members that stand twice
    ('write(\'{"id": 2, "ok": {"pruned": 1, "pruned": 1}}\\n\')', PROTOCOL, "the member `pruned` stands twice"),
    ('write(\'{"id": 2, "ok": {"pruned": [{"a": {"b": 1, "b": 2}}]}}\\n\')', PROTOCOL, "the member `b` stands twice"),
    # the shape
    ("write(line(request))", PROTOCOL, "one of the two"),
    ("write(line(request, ok={'pruned': 1}, error={'kind': 'storage', 'message': ''}))", PROTOCOL, "one of the two"),
    ("write(line(request, ok={'pruned': 1}, took_ms=3))", PROTOCOL, "no more"),
    ("write(line(request, ok=1))", PROTOCOL, "one of the two"),
    ("write(line(request, ok=None))", PROTOCOL, "one of the two"),
    ("write(line(request, error='storage'))", PROTOCOL, "one of the two"),
    ("write(line(request, error={'message': ''}))", PROTOCOL, "kind and message"),
    ("write(line(request, error={'kind': 'storage'}))", PROTOCOL, "kind and message"),
    ("write(line(request, error={'kind': 'storage', 'message': '', 'data': []}))", PROTOCOL, "kind and message"),
    ("write(line(request, error={'kind': 'storage', 'message': '', 'path': '/'}))", PROTOCOL, "no more"),
    ("write(line(request, error={'kind': 'oops', 'message': ''}))", PROTOCOL, "phase_transition, storage"),
    ("answer(request, {})", PROTOCOL, "`pruned` is missing"),
    ("answer(request, {'pruned': -1})", PROTOCOL, "`pruned` is -1"),
    ("answer(request, {'pruned': 1.0})", PROTOCOL, "`pruned` is 1.0"),
    ("answer(request, {'pruned': '1'})", PROTOCOL, '`pruned` is "1"'),
    ("answer(request, {'pruned': True})", PROTOCOL, "`pruned` is true"),
    ("answer(request, {'pruned': 1, 'took_ms': 3})", PROTOCOL, "`took_ms` is one member too many"),
]


@pytest.mark.parametrize(("fault", "verdict", "says"), FAULTS, ids=[fault for fault, _, _ in FAULTS])
def test_a_request_that_gets_no_answer(start: Start, fault: str, verdict: Breakdown, says: str) -> None:
    driver = start(f"sys.stderr.write('on fault')\n{fault}", timeout_s=SHORT if verdict is TIMEOUT else LONG)
    error = broken(driver)
    assert error.verdict is verdict
    assert "asked for compact" in error.message
    assert says in error.message
    assert error.stderr.startswith("on fault") or not error.stderr
    assert str(error).startswith(f"{verdict}: ")


def test_standard_error_never_decides_and_is_attached(start: Start) -> None:
    driver = start("sys.stderr.write('Error: all is well\\n')\nanswer(request, {'pruned': 0})")
    assert driver.ask("compact") == Answer(ok={"pruned": 0})
    driver.close()
    assert driver.stderr_tail() == "Error: all is well\n"
    driver = start("sys.stderr.write('why it died\\n')\nos._exit(9)")
    assert broken(driver).stderr == "why it died\n"


def test_a_second_answer_is_noticed_at_the_next_request(start: Start) -> None:
    driver = start("write(line(request, ok={'pruned': 1}) * 2)")
    driver.ask("compact")
    error = broken(driver, "events")
    assert error.verdict is PROTOCOL
    assert "earlier request" in error.message


def test_a_driver_that_died_between_two_requests_is_a_crash(start: Start) -> None:
    driver = start("answer(request, {'pruned': 1})\ntime.sleep(0.05)\nwrite('out of paper')\nos._exit(5)")
    driver.ask("compact")
    assert gone(driver.pid)
    error = broken(driver, "events")
    assert error.verdict is CRASH
    assert "status 5" in error.message
    assert "'out of paper'" in error.message


def test_what_is_no_operation_may_be_answered_with_anything(start: Start) -> None:
    driver = start("pass")
    assert driver.ask("frobnicate") == Answer(ok={"events": []})


def test_a_driver_that_closes_its_output_and_goes_on(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_module, "_PARTING_S", 0.1)
    error = broken(start("os.close(1)\nsleep()"))
    assert error.verdict is TIMEOUT
    assert "closed its pipe" in error.message


def test_a_request_that_is_interrupted_leaves_no_answer_behind(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = start("answer(request, {'pruned': 1})")
    group = driver.pid
    with monkeypatch.context() as patch:
        patch.setattr(driver._process, "_wait", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            driver.ask("compact")
    assert gone(group)
    assert driver.ask("compact") == Answer(ok={"pruned": 1})


def test_a_bring_up_that_is_interrupted_leaves_nothing_behind(
    miniature: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups: list[int] = []

    def interrupted(process: process_module.DriverProcess, *_: object) -> None:
        groups.append(process.pid)
        raise KeyboardInterrupt

    monkeypatch.setattr(process_module.DriverProcess, "_wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        SubprocessDriver(miniature("sleep()"))
    (group,) = groups
    assert gone(group)


# --- large requests and answers, and much on standard error -----------------------------------------------------------


def test_large_requests_and_answers_travel_whole(start: Start) -> None:
    """Larger than any pipe's buffer, both ways, and again right after."""
    driver = start("answer(request, {'pruned': len(request['text'])})")
    assert driver.ask("compact", text="é" * 2_500_000) == Answer(ok={"pruned": 2_500_000})
    driver = start("write(line(request, error={'kind': 'storage', 'message': 'x' * 5_000_000}))")
    for _ in range(2):
        error = driver.ask("compact").error
        assert error is not None
        assert len(error.message) == 5_000_000


@pytest.mark.parametrize(
    ("then", "verdict", "says"),
    [
        ('write(\'{"id": 3, "ok": {"pruned": 1}}\\n\')\nsleep()', PROTOCOL, "before it had read the request"),
        ("sleep()", TIMEOUT, "unread"),
        ("while True: write('x' * 65536)", PROTOCOL, "a line of more than 1048576 bytes"),
    ],
)
def test_a_driver_that_does_not_read_a_large_request(
    start: Start, then: str, verdict: Breakdown, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two that both write and don't read would wait for each other for ever."""
    monkeypatch.setattr(process_module, "_LONGEST_LINE", 1 << 20)
    driver = start(f"answer(request, {{'pruned': 1}})\n{then}")
    driver.ask("compact")
    driver._timeout_s = SHORT if verdict is TIMEOUT else LONG
    error = broken(driver, "compact", text="x" * 5_000_000)
    assert error.verdict is verdict
    assert says in error.message


@pytest.mark.parametrize(
    "fault",
    [
        "while True: write('x' * 65536)",
        "write(line(request, ok={'pruned': 1, 'text': 'x' * 100_000_000}))",
        "write('[' * 20_000_000 + '\\n')",
    ],
    ids=["without-end", "100-MB", "just-too-long"],
)
def test_a_line_that_is_too_long_is_cut_short_and_costs_no_memory(start: Start, fault: str) -> None:
    tracemalloc.start()
    try:
        error = broken(start(fault))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 4 * process_module._LONGEST_LINE
    assert error.verdict is PROTOCOL
    assert "a line of more than 16777216 bytes" in error.message


def test_a_line_that_is_too_long_by_a_byte(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newline does not count, and may come with the byte before it."""
    monkeypatch.setattr(process_module, "_LONGEST_LINE", 1 << 20)
    driver = start("write(json.dumps({'id': request['id'], 'ok': {'pruned': 1}}).ljust(request['length']) + '\\n')")
    assert driver.ask("compact", length=1 << 20) == Answer(ok={"pruned": 1})
    error = broken(driver, "compact", length=(1 << 20) + 1)
    assert error.verdict is PROTOCOL
    assert "a line of more than 1048576 bytes" in error.message


def test_standard_error_is_drained_all_the_time_and_its_end_is_kept(start: Start) -> None:
    driver = start(
        "for _ in range(160): sys.stderr.write('x' * 65536)\n"
        "sys.stderr.write('the end')\nsys.stderr.flush()\nanswer(request, {'pruned': 1})"
    )
    assert driver.ask("compact") == Answer(ok={"pruned": 1})
    driver.close()
    tail = driver.stderr_tail()
    assert tail.endswith("the end")
    assert len(tail) == 1 << 14


# --- lines that are no request ----------------------------------------------------------------------------------------

SAYING = """
hello()
while True:
    said = sys.stdin.readline()
    if not said:
        break
    if said.startswith('{"id"'):
        answer(json.loads(said), {"events": []})
    else:
        fault(said)
"""


@pytest.fixture
def say(miniature: Command) -> Iterator[Start]:
    """Start a driver that answers requests, and lines that are none as it is told."""
    started: list[SubprocessDriver] = []

    def driver(fault: str) -> SubprocessDriver:
        started.append(SubprocessDriver(miniature(f"def fault(said):\n    {fault}\n{SAYING}"), timeout_s=LONG))
        return started[-1]

    yield driver
    for each in started:
        each._process.kill()


def test_a_line_that_is_no_request_goes_out_as_it_is_and_is_answered_with_the_id_null(
    say: Start,
) -> None:
    """DRIVER-12."""
    driver = say("write(json.dumps({'id': None, 'error': {'kind': 'invalid_input', 'message': said}}) + '\\n')")
    group = driver.pid
    assert driver.say('nope {"größe"'.encode()) == Answer(error=Refusal("invalid_input", 'nope {"größe"\n'))
    assert driver.say(b"{") == Answer(error=Refusal("invalid_input", "{\n"))
    assert driver.ask("events") == Answer(ok={"events": []})
    assert driver.pid == group


@pytest.mark.parametrize(
    ("fault", "verdict", "says"),
    [
        ("answer({'id': 1}, {})", PROTOCOL, "expected the id null, found 1"),
        ("answer({'id': 0}, {})", PROTOCOL, "expected the id null, found 0"),
        ("write('{\"ok\": {}}\\n')", PROTOCOL, "expected the id null, found"),
        ("write('nope?\\n')", PROTOCOL, "standard output"),
        ("raise ValueError(said)", CRASH, "status 1"),
    ],
)
def test_a_line_that_is_no_request_may_break_a_driver(say: Start, fault: str, verdict: Breakdown, says: str) -> None:
    driver = say(fault)
    group = driver.pid
    with pytest.raises(BrokenDriverError) as caught:
        driver.say(b"nope")
    assert caught.value.verdict is verdict
    assert "asked for a line that is no request" in caught.value.message
    assert says in caught.value.message
    assert gone(group)
    assert driver.ask("events") == Answer(ok={"events": []})


# --- the end ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("answer(request, {'pruned': 1})", 0),
        ("answer(request, {'pruned': 1})\nread_all = sys.stdin.read()\nos._exit(3)", 3),
        ("answer(request, {'pruned': 1})\nsys.stdin.read()\nwrite('x' * 1_000_000)\nsys.exit(0)", 0),
        ("answer(request, {'pruned': 1})\nsys.stdin.read()\nos.close(1)\ntime.sleep(0.3)\nos._exit(0)", 0),
    ],
    ids=["at-once", "with-status", "with-much-to-say", "in-steps"],
)
def test_a_driver_ends_when_its_input_does(start: Start, fault: str, status: int) -> None:
    """DRIVER-16: the status is told."""
    driver = start(fault)
    group = driver.pid
    driver.ask("compact")
    assert driver.close() == status
    assert gone(group)
    assert driver.close() is None


@pytest.mark.parametrize("at_first", ["", "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"])
def test_a_driver_that_ignores_the_end_of_its_input_is_killed(start: Start, at_first: str) -> None:
    """Also if it ignores that it is asked to end."""
    driver = start(f"{at_first}answer(request, {{'pruned': 1}})\nsys.stdin.read()\nsleep()", timeout_s=SHORT)
    group = driver.pid
    driver.ask("compact")
    assert driver.close() == STILL_RUNNING
    assert gone(group)


# The child holds standard output and standard error open.
GRANDCHILD = "child = subprocess.Popen(['sleep', '1000'])\n"


@pytest.mark.parametrize("ending", ["close", "kill"])
def test_what_a_driver_started_ends_with_it(start: Start, ending: str) -> None:
    driver = start(f"{GRANDCHILD}answer(request, {{'pruned': child.pid}})")
    answer = driver.ask("compact")
    assert answer.ok is not None
    group, child = driver.pid, answer.ok["pruned"]
    assert child in living(group)
    begun = time.monotonic()
    if ending == "close":
        assert driver.close() == 0
    else:
        driver.restart(kill=True)
    assert time.monotonic() - begun < LONG / 3
    assert gone(group)


def test_a_dead_driver_is_noticed_although_its_child_holds_the_pipe(start: Start) -> None:
    """No end of file comes then, and nobody waits for the deadline."""
    begun = time.monotonic()
    error = broken(start(f"{GRANDCHILD}os._exit(6)"))
    assert time.monotonic() - begun < LONG / 3
    assert error.verdict is CRASH
    assert "status 6" in error.message


@pytest.mark.parametrize("kill", [False, True])
def test_restart_starts_the_same_command_anew(start: Start, *, kill: bool) -> None:
    driver = start("answer(request, {'pruned': 1})")
    before = driver.pid
    driver.restart(kill=kill)
    assert driver.pid != before
    assert gone(before)
    assert driver.ask("compact") == Answer(ok={"pruned": 1})


@pytest.mark.parametrize("status", [0, 3])
def test_restart_tells_with_which_status_the_old_process_ended(start: Start, status: int) -> None:
    """DRIVER-16: only of one that ended by itself when its input did."""
    driver = start(f"answer(request, {{'pruned': 1}})\nsys.stdin.read()\nos._exit({status})")
    driver.ask("compact")
    assert driver.restart() == status
    driver.ask("compact")
    assert driver.restart(kill=True) is None
    driver.close()
    assert driver.restart() is None, "it had ended before"


def test_restart_tells_of_a_process_that_did_not_end_and_never_waits_for_another_one(
    start: Start,
) -> None:
    """DRIVER-16: one wait is enough to know it."""
    driver = start("answer(request, {'pruned': 1})\nsys.stdin.read()\nsleep()")
    driver.ask("compact")
    group, driver._timeout_s = driver.pid, SHORT
    status = driver.restart()
    assert status == STILL_RUNNING
    assert gone(group)
    driver.ask("compact")
    group, driver._timeout_s, begun = driver.pid, LONG, time.monotonic()
    assert driver.restart() is None
    assert gone(group)
    driver.ask("compact")
    assert driver.close() is None
    assert time.monotonic() - begun < LONG / 2


def test_a_driver_whose_output_never_ends_is_not_waited_for(start: Start) -> None:
    driver = start("answer(request, {'pruned': 1})\nsys.stdin.read()\nwhile True: write('x' * 65536)", timeout_s=SHORT)
    driver.ask("compact")
    assert driver.restart() == STILL_RUNNING


def test_a_driver_that_was_killed_from_outside_is_started_anew(start: Start) -> None:
    driver = start("pass")
    os.kill(driver.pid, signal.SIGKILL)
    assert gone(driver.pid)
    assert "signal 9" in broken(driver, "events").message


# --- the reference ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=[executed, forked], ids=lambda start: start.__name__)
def reference(request: pytest.FixtureRequest) -> Iterator[SubprocessDriver]:
    driver = SubprocessDriver(reference_command("files"), timeout_s=LONG, start=request.param)
    yield driver
    driver.close()


def test_the_reference_answers_alike_with_and_without_a_pipe(reference: SubprocessDriver, tmp_path: Path) -> None:
    """Answers, refusals and their data."""
    run = run_json(lifecycle("e", 1, metadata={"x": [1, 1.0, -0.0]}), status="completed")
    other = run_json(lifecycle("f", 2))
    requests: list[tuple[str, dict[str, Any]]] = [
        ("hello", {"protocols": [1]}),
        ("hello", {"protocols": [2]}),
        ("frobnicate", {}),
        ("project", {"run": run}),
        ("project", {"run": other}),
        ("identify", {"run_json": json.dumps(run)}),
        ("events", {"tenant": TENANT, "run_id": RUN_ID}),
        ("snapshots", {"tenant": TENANT, "run_id": RUN_ID}),
        ("compact", {"retention_ms": 1}),
    ]
    answers = []
    drivers: list[Driver] = [reference, InProcessDriver()]
    for number, driver in enumerate(drivers):
        directory = tmp_path / f"store-{number}"
        directory.mkdir()
        assert driver.ask("open", store=str(directory)) == Answer(ok={})
        answers.append([driver.ask(op, **arguments) for op, arguments in requests])
    assert answers[0] == answers[1]
    assert [answer.error.kind for answer in answers[0] if answer.error] == [
        "unsupported",
        "unsupported",
        "phase_transition",
        "invalid_input",
    ]
    assert repr(answers[0][6].ok).count("[1, 1.0, -0.0]") == 1


def test_what_was_answered_survives_a_kill(reference: SubprocessDriver, tmp_path: Path) -> None:
    """The capability `durable`."""
    run = run_json("e")
    reference.ask("open", store=str(tmp_path))
    assert reference.ask("project", run=run) == Answer(ok={"projected": 1})
    reference.restart(kill=True)
    reference.ask("open", store=str(tmp_path))
    assert reference.ask("project", run=run) == Answer(ok={"projected": 0})


def test_an_answer_is_waited_for_without_sleeping(
    reference: SubprocessDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that slept between looks would make each of thousands of requests take 10 ms and more."""
    monkeypatch.setattr(time, "sleep", lambda _: pytest.fail("it sleeps"))
    reference.ask("open", store=str(tmp_path))
    assert reference.ask("events", **VIEW) == Answer(ok={"events": []})


def kind_of(answer: Answer) -> str | None:
    return answer.error and answer.error.kind


def test_in_process_a_restart_forgets_what_is_not_on_the_disk(tmp_path: Path) -> None:
    driver = InProcessDriver("memory", without={"compact"})
    assert driver.hello.capabilities.isdisjoint({"compact", "files"})
    driver.ask("open", store=str(tmp_path))
    assert driver.ask("events", **VIEW).error is None
    driver.restart(kill=True)
    assert kind_of(driver.ask("events", **VIEW)) == "invalid_input"
    driver.close()


def test_in_process_a_line_that_is_no_request_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    driver = InProcessDriver()
    assert kind_of(driver.say(b"{")) == "invalid_input"
    monkeypatch.setattr(driver._server, "answer", lambda _: b'{"id":7,"ok":{}}\n')
    with pytest.raises(BrokenDriverError, match="expected the id null, found 7"):
        driver.say(b"{")


@pytest.mark.parametrize(("kill", "status"), [(False, 0), (True, None)])
def test_in_process_a_restart_tells_the_status_of_a_process(*, kill: bool, status: int | None) -> None:
    assert InProcessDriver("memory").restart(kill=kill) == status


def test_in_process_a_failure_leaves_its_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = InProcessDriver("memory")
    driver.ask("open", store=str(tmp_path))
    monkeypatch.setitem(driver._server._operations, "events", lambda _: 1 / 0)
    assert kind_of(driver.ask("events", **VIEW)) == "internal"
    assert "ZeroDivisionError" in driver.stderr_tail()


def test_in_process_an_answer_of_a_wrong_shape_is_one_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = InProcessDriver("memory")
    driver.ask("open", store=str(tmp_path))
    monkeypatch.setitem(driver._server._operations, "events", lambda _: {"events": 1})
    with pytest.raises(BrokenDriverError, match="`events` is 1") as caught:
        driver.ask("events", **VIEW)
    assert caught.value.verdict is PROTOCOL


def test_every_operation_has_a_shape() -> None:
    assert _SHAPES.keys() == OPERATIONS.keys()


@pytest.mark.parametrize("tells_apart", [False, True])
def test_some_ids_are_held_by_no_double_for_drivers_that_tell_numbers_apart(tells_apart: bool) -> None:
    capabilities = frozenset({"json-numbers"}) if tells_apart else frozenset[str]()
    ids = [request_id(number, capabilities) for number in range(1, 100)]
    assert len({*ids}) == len(ids)
    assert max(ids) < 2**64
    assert any(int(float(each)) != each for each in ids) is tells_apart
