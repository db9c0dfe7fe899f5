"""The broken drivers of `drivers/broken.py`: each gets its verdict, its exit code, and words that tell what is wrong.

None takes long, and none leaves anything behind: no process, no temporary folder, no file where the caller stands.
"""

import json
import os
import re
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final

import pytest
from attrs import frozen
from click.testing import CliRunner

from drivers import broken
from lifecycle_conformance.cli.root import main
from lifecycle_conformance.driver.client import SubprocessDriver
from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.driver.interface import Driver
from lifecycle_conformance.driver.messages import hello_from, request_line
from lifecycle_conformance.execution import workspace
from lifecycle_conformance.report.terminal import render
from lifecycle_conformance.runner import runner
from lifecycle_conformance.runner.verdicts import Verdict
from searching import shorten

SCRIPT: Final = Path(broken.__file__)
PROTOCOL: Final = ("DRIVER-*",)
PATIENT_S: Final = 60.0
UNSAFE: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]")
"""Characters that no report may hold, whatever a driver says."""


BROKEN: Final = (sys.executable, str(SCRIPT))


def command(*arguments: str) -> list[str]:
    return [sys.executable, str(SCRIPT), *arguments]


@frozen
class Row:
    """A driver, what it comes to, and words that stand in the report.

    `quick` asks for the whole profile of that name: where it counts how soon the suite gives up. A driver whose fault
    lies in its answers is asked `inside` this process, by the same lines.
    """

    name: str
    exit_code: int
    verdicts: dict[str, Verdict]
    words: tuple[str, ...]
    only: tuple[str, ...] = PROTOCOL
    quick: bool = False
    inside: bool = False
    vectors: bool = False

    def factory(self, timeout_s: float) -> Callable[[], Driver]:
        """What starts the driver."""
        if self.inside:
            return partial(Inside, broken.drivers()[self.name])
        return partial(SubprocessDriver, command(self.name), timeout_s=timeout_s)


class Inside(InProcessDriver):
    """A broken driver without a process."""

    def __init__(self, kind: type[broken.Conforming]) -> None:
        self._kind = kind
        super().__init__("memory")

    def restart(self, *, kill: bool = False) -> int | None:
        self._tracebacks = deque()
        self._server = self._kind()
        self._hello = hello_from(self._exchange(request_line(0, "hello", {"protocols": [1]}), 0, "hello"))
        return None if kill else 0


ANSWERS: Final = "DRIVER-2"


def ending(name: str, how: Verdict, *words: str, **options: Any) -> Row:
    """A driver that gives no answer to something."""
    return Row(name, 1, {ANSWERS: how}, words, **options)


def showing(name: str, requirement: str, *words: str, verdict: Verdict = Verdict.FAIL, only: str = "") -> Row:
    """A driver that answers everything, and breaks a requirement."""
    return Row(name, 1, {requirement: verdict}, words, only=tuple((only or requirement).split()), inside=True)


def fine(name: str) -> Row:
    """A driver that answers as the protocol says, whatever else it does."""
    return Row(name, 0, {ANSWERS: Verdict.PASS, "PASS-2": Verdict.PASS}, (), only=(ANSWERS, "PASS-2"))


# How each breach of the protocol is told is in test_driver_client.py: here, that a report names it.
ROWS: Final = [
    # it gives no answer
    ending("exits-after-hello", Verdict.CRASH, "it ended with status 0 instead of answering", quick=True),
    ending("dies-at-random", Verdict.CRASH, "it ended with signal 9"),
    ending("hangs-at-a-pass", Verdict.TIMEOUT, "asked for project: no answer within", quick=True),
    ending("shows-events-by-number", Verdict.PROTOCOL, "asked for events", "`events` is {", inside=True),
    # what it shows is no event
    showing("shows-no-scope", "DRIVER-5", "`event_type` and `scope` are missing"),
    # it does the wrong thing
    showing("shows-metadata-as-a-list", "EVENT-2", "payload"),
    showing("shows-wrong-event-ids", "ID-5", "the id of the event", "-0-x"),
    showing("shows-no-phase", "SNAP-1", "phase_history", "allowed_next_phases"),
    showing("refuses-moves-as-storage", "PHASE-7", "storage", "phase_transition", verdict=Verdict.WRONG_REASON),
    showing("opens-the-first-store-again", "DRIVER-6", "what an empty directory shows", only="DRIVER-*"),
    showing("forgets-after-many-passes", "PASS-2", "in a fresh process it holds", verdict=Verdict.STATE_LEAK),
    Row(
        "shows-no-enterprise-scope",
        1,
        {"SCOPE-2": Verdict.FAIL, **{f"SCOPE-{number}": Verdict.NOT_EXERCISED for number in range(3, 12)}},
        ("data_classes",),
        only=("SCOPE-*",),
        inside=True,
        vectors=True,
    ),
    # nothing is wrong with it, by the protocol
    *map(fine, ["talks-a-lot", "leaves-files-beside"]),
    Row("colours-its-name", 1, {"DRIVER-13": Verdict.WRONG_REASON}, ("internal",), only=("DRIVER-13",), inside=True),
]


# --- drivers that say hello -------------------------------------------------------------------------------------------


@pytest.fixture
def left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """Stand in an empty folder with a folder for stores, and tell what is left there, and which processes run."""
    here, stores, mark = tmp_path / "here", tmp_path / "stores", f"mark-{tmp_path}"
    here.mkdir()
    stores.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setattr(workspace, "_MEMORY", str(stores))
    monkeypatch.setattr(workspace, "_own", None, raising=False)
    monkeypatch.setenv("BROKEN_DRIVER", mark)

    def found() -> list[str]:
        # The folder of this process stays as long as it does, and is empty between one check and the next.
        return [*map(str, here.rglob("*")), *map(str, stores.glob("*/*")), *processes(mark)]

    return found


def processes(mark: str) -> list[str]:
    """The processes that were started with a mark in their environment, and are no corpses."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                if f"BROKEN_DRIVER={mark}".encode() in (entry / "environ").read_bytes().split(b"\0"):
                    found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    own = Path(f"/proc/{os.getpid()}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    # What Python starts to look after the workers of this process ends with it.
    return [each for each in found if each not in {own, ""} and "resource_tracker" not in each]


def settled(left: Callable[[], list[str]]) -> list[str]:
    """What is left; what was killed is on its way out for a moment still."""
    deadline = monotonic() + PATIENT_S
    while left() and monotonic() < deadline:
        sleep(0.05)
    return left()


@pytest.fixture(scope="module")
def impatient_s() -> float:
    """Several times what a good driver takes to start here and now: enough for one that hangs."""
    started = monotonic()
    SubprocessDriver(command("conforming"), timeout_s=PATIENT_S).close()
    return max(1.0, 5 * (monotonic() - started))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_broken_driver_gets_its_verdict(
    row: Row, impatient_s: float, monkeypatch: pytest.MonkeyPatch, left: Callable[[], list[str]]
) -> None:
    if not row.quick:
        # Enough for a driver that answers everything: such a fault shows at once or never.
        among = slice(12 if row.inside else 4)
        shorten(monkeypatch, among=among, actions=6, input_cases=3, protocol_cases=5)
    factory = row.factory(impatient_s if Verdict.TIMEOUT in row.verdicts.values() else PATIENT_S)
    report = runner.run(factory, profile="quick", seed=0, vectors=row.vectors, only=row.only)
    text = render(report, driver=command(row.name))
    assert {id_: report.verdicts[id_] for id_ in row.verdicts} == row.verdicts
    assert report.exit_code == row.exit_code
    assert report.errors == ()
    for words in row.words:
        assert words in re.sub(r"\s+", " ", text)
    assert UNSAFE.findall(text) == []
    assert settled(left) == []


@pytest.mark.parametrize("name", ["is-slow", "starts-a-daemon"])
def test_what_the_time_of_the_caller_cut_off_is_undecided(name: str, left: Callable[[], list[str]]) -> None:
    """A slow driver falls short of nothing, however little was judged by then. What a driver left is ended, too."""
    called = ["check", "--profile=quick", "--jobs=1", "--seconds=4", "--no-vectors", "--requirements=PASS-*"]
    command_line = [sys.executable, "-m", "lifecycle_conformance.cli", *called, "--", *BROKEN, name]
    done = subprocess.run(command_line, capture_output=True, text=True, check=False)
    assert (done.returncode, "falls short" in done.stdout) == (3, False)
    assert settled(left) == []


# --- drivers that don't -----------------------------------------------------------------------------------------------


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """A case for `replay`, the command that asks for least."""
    path = tmp_path / "case.json"
    path.write_text(json.dumps({"name": "n", "requirement": "PASS-2", "steps": [{"op": "open", "store": 0}]}))
    return path


@pytest.mark.parametrize(
    ("arguments", "timeout_s", "said"),
    [
        ((*BROKEN, "exits-at-start"), PATIENT_S, ("it ended with status 1", "no such database: state.db")),
        ((*BROKEN, "never-says-hello"), 1, ("asked for hello, no answer within 1 s",)),
        ((*BROKEN, "speaks-another-protocol"), PATIENT_S, ("the driver chose version 2",)),
        (("sh", "-c", "echo ready"), PATIENT_S, ("ready",)),
        (("sh", "-c", "exit 7"), PATIENT_S, ("it ended with status 7",)),
        (("sh", "-c", "kill -9 $$"), PATIENT_S, ("it ended with signal 9",)),
        (("cat",), PATIENT_S, ("one of the two and no more",)),
        (("true",), PATIENT_S, ("it ended with status 0",)),
        (("yes",), PATIENT_S, ("wrote 'y'",)),
        (("no-such-driver",), PATIENT_S, ("it can't be started",)),
    ],
    ids=lambda value: "-".join(value).rpartition("/")[2] if isinstance(value, tuple) else None,
)
def test_a_driver_that_does_not_come_up_is_told_once(
    arguments: tuple[str, ...], timeout_s: float, said: tuple[str, ...], case: Path, left: Callable[[], list[str]]
) -> None:
    done = CliRunner().invoke(main, ["replay", str(case), "--timeout", str(timeout_s), "--", *arguments])
    assert (done.exit_code, done.stdout) == (3, "")
    assert done.stderr.startswith("error: the driver `")
    for words in said:
        assert words in re.sub(r"\s+", " ", done.stderr)
    assert settled(left) == []


def test_check_and_replay_say_the_same_of_a_driver_that_does_not_come_up(
    case: Path, left: Callable[[], list[str]]
) -> None:
    driver = ["--", *BROKEN, "exits-at-start"]
    calls = [["vectors", "--only", "member-9"], ["replay", str(case)], ["check", "--profile=quick"]]
    told = [CliRunner().invoke(main, [*called, *driver]) for called in calls]
    assert [each.exit_code for each in told] == [3, 3, 3]
    assert len({each.stderr for each in told}) == 1
    assert settled(left) == []


def test_every_broken_driver_is_tried() -> None:
    tried = {"conforming", "is-slow", "starts-a-daemon", *(row.name for row in ROWS)}
    marks = test_a_driver_that_does_not_come_up_is_told_once.pytestmark  # type: ignore[attr-defined]
    tried |= {arguments[2] for arguments, _, _ in marks[0].args[1] if arguments[:2] == BROKEN}
    assert tried == broken.drivers().keys()
