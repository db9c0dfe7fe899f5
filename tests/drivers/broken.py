"""Drivers that are broken in one way each, to see what the suite says of them.

    python broken.py NAME

Each is the reference in memory behind the protocol, a driver that conforms, with one fault: a class whose docstring
says what it does wrong. Its name is that of the class, in small letters with hyphens.
"""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final, Never

from lifecycle_conformance.driver.server import CAPABILITIES_OF, Server

Message = dict[str, Any]
_VISIBLE: Final = ("events", "snapshots")


class Conforming:
    """Nothing is wrong with it."""

    def __init__(self) -> None:
        self.server = Server("memory", without=CAPABILITIES_OF["memory"] - {"identify"})

    def run(self) -> None:
        """Answer requests, one a line, until their end."""
        for line in sys.stdin.buffer:
            self.take(line)

    def take(self, line: bytes) -> None:
        """Take a line, and write its answer."""
        _write(self.answer(line))

    def answer(self, line: bytes) -> bytes:
        """The line that answers a line."""
        return json.dumps(self.spoil(_request(line), json.loads(self.server.answer(line)))).encode() + b"\n"

    def spoil(self, request: Message, answer: Message) -> Message:
        """Change an answer."""
        op = request.get("op")
        if "ok" in answer and op in _VISIBLE:
            return {**answer, "ok": {op: [self.show(op, each) for each in answer["ok"][op]]}}
        return {**answer, "ok": self.introduction(answer["ok"])} if "ok" in answer and op == "hello" else answer

    def introduction(self, ok: Message) -> Message:
        """Change the introduction."""
        return ok

    def show(self, _: str, record: Message) -> Any:
        """Change an event or a snapshot that is shown."""
        return record


def _request(line: bytes) -> Message:
    try:
        request = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return request if isinstance(request, dict) else {}


def _ok(request: Message, **members: Any) -> bytes:
    return json.dumps({"id": request.get("id"), "ok": members}).encode() + b"\n"


def _write(text: bytes) -> None:
    sys.stdout.buffer.write(text)
    sys.stdout.buffer.flush()


def _hang() -> Never:
    while True:
        time.sleep(1)


# --- at the start -----------------------------------------------------------------------------------------------------


class ExitsAtStart(Conforming):
    """Finds no database and ends."""

    def run(self) -> None:
        sys.exit("no such database: state.db")


class NeverSaysHello(Conforming):
    """Hangs when it is greeted."""

    def take(self, line: bytes) -> None:
        if _request(line).get("op") == "hello":
            _hang()


class SpeaksAnotherProtocol(Conforming):
    """Chooses a version that wasn't offered."""

    def introduction(self, ok: Message) -> Message:
        return {**ok, "protocol": 2}


# --- ends, and hangs --------------------------------------------------------------------------------------------------


class ExitsAfterHello(Conforming):
    """Takes its introduction for all there is to do."""

    def take(self, line: bytes) -> None:
        super().take(line)
        sys.exit(0)


class DiesAtRandom(Conforming):
    """Dies at one request in 50, whichever it is, but comes up each time."""

    def take(self, line: bytes) -> None:
        if _request(line).get("op") != "hello" and not random.SystemRandom().randrange(50):
            os.kill(os.getpid(), signal.SIGKILL)
        super().take(line)


class HangsAtAPass(Conforming):
    """Never comes back from a pass."""

    def take(self, line: bytes) -> None:
        if _request(line).get("op") == "project":
            _hang()
        super().take(line)


class IsSlow(Conforming):
    """Takes a fifth of a second for each answer."""

    def take(self, line: bytes) -> None:
        time.sleep(0.2)
        super().take(line)


# --- what is shown ----------------------------------------------------------------------------------------------------


class ShowsEventsByNumber(Conforming):
    """Shows events as an object, not as a list."""

    def spoil(self, request: Message, answer: Message) -> Message:
        if request.get("op") != "events" or "ok" not in answer:
            return answer
        return {**answer, "ok": {"events": {str(number): each for number, each in enumerate(answer["ok"]["events"])}}}


class _Shows(Conforming):
    """Shows the members of events and snapshots otherwise."""

    kind = "events"
    without: tuple[str, ...] = ()

    def show(self, kind: str, record: Message) -> Any:
        if kind != self.kind:
            return record
        return {name: self.member(name, value) for name, value in record.items() if name not in self.without}

    def member(self, _: str, value: Any) -> Any:
        """Change a member."""
        return value


class ShowsNoScope(_Shows):
    """Leaves the scope of events out, and their type."""

    without = ("scope", "event_type")


class ShowsWrongEventIds(_Shows):
    """Shows events under ids of its own."""

    def member(self, name: str, value: Any) -> Any:
        return f"{value}-x" if name == "event_id" else value


class ShowsNoPhase(_Shows):
    """Fills no phase in."""

    kind = "snapshots"
    without = ("phase", "phase_history", "allowed_next_phases")


class ShowsNoEnterpriseScope(_Shows):
    """Never shows the scope of an enterprise."""

    def member(self, name: str, value: Any) -> Any:
        if name != "scope":
            return value
        return {each: value[each] for each in ("schema_version", "tenant_context") if each in value}


class ShowsMetadataAsAList(_Shows):
    """Shows the payload of events as a list of pairs."""

    def member(self, name: str, value: Any) -> Any:
        return [*map(list, value.items())] if name == "payload" and isinstance(value, dict) else value


# --- what is done -----------------------------------------------------------------------------------------------------


class RefusesMovesAsStorage(Conforming):
    """Refuses what the guard refuses, but names it a failure of storage."""

    def spoil(self, _: Message, answer: Message) -> Message:
        if answer.get("error", {}).get("kind") == "phase_transition":
            return {**answer, "error": {"kind": "storage", "message": "no"}}
        return answer


class OpensTheFirstStoreAgain(Conforming):
    """Shows the first store whatever is opened."""

    opened = False

    def answer(self, line: bytes) -> bytes:
        request = _request(line)
        if self.opened and request.get("op") == "open" and Path(str(request.get("store"))).is_dir():
            return _ok(request)
        answer = super().answer(line)
        self.opened = self.opened or (request.get("op") == "open" and "ok" in _request(answer))
        return answer


class ForgetsAfterManyPasses(Conforming):
    """Keeps a table for all stores of its process: when it is full, no pass records anything."""

    passes = 0

    def answer(self, line: bytes) -> bytes:
        request = _request(line)
        self.passes += request.get("op") == "project"
        full = request.get("op") == "project" and self.passes > 60 and "run" in request
        return _ok(request, projected=0) if full else super().answer(line)


# --- no fault by the protocol -----------------------------------------------------------------------------------------


class TalksALot(Conforming):
    """Writes more to its standard error than a pipe holds, with each answer."""

    def take(self, line: bytes) -> None:
        sys.stderr.write("what it is about to do\n" * 5000)
        sys.stderr.flush()
        super().take(line)


class ColoursItsName(Conforming):
    """Has control characters in its name, and in its messages: colours, the title of a window, a turn of the text."""

    def introduction(self, ok: Message) -> Message:
        return {**ok, "name": "\x1b[31mred\x1b]0;title\x07 \u202eder\x9b2J\x7f", "version": "1\n2"}

    def spoil(self, request: Message, answer: Message) -> Message:
        if "error" in answer:
            return {**answer, "error": {"kind": "internal", "message": "\x1b[2J\u202e\x9bno\x7f"}}
        return super().spoil(request, answer)


class StartsADaemon(Conforming):
    """Starts a process in a session of its own, and leaves it behind."""

    def run(self) -> None:
        command = [sys.executable, "-S", "-c", "import time; time.sleep(600)", "left-behind-by-broken.py"]
        subprocess.Popen(command, start_new_session=True)
        super().run()


class LeavesFilesBeside(Conforming):
    """Puts a lock beside each store that it opens, and makes what isn't there in the folder where it was started."""

    def take(self, line: bytes) -> None:
        request = _request(line)
        store = request.get("store")
        if request.get("op") == "open" and isinstance(store, str):
            if not Path(store).is_absolute():
                Path(store).mkdir(parents=True, exist_ok=True)
            if Path(store).is_dir():
                Path(f"{store}.lock").touch()
        super().take(line)


def drivers() -> dict[str, type[Conforming]]:
    """All drivers by name."""
    found = {"conforming": Conforming}
    for each in list(globals().values()):
        if isinstance(each, type) and issubclass(each, Conforming) and not each.__name__.startswith("_"):
            found[re.sub(r"(?<=.)([A-Z])", r"-\1", each.__name__).lower()] = each
    return found


if __name__ == "__main__":
    drivers()[sys.argv[1]]().run()
