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
_CHANCE: Final = random.SystemRandom()
"""Hypothesis seeds the other generators."""
_VISIBLE: Final = ("events", "snapshots")


class Conforming:
    """Nothing is wrong with it."""

    declares: frozenset[str] = frozenset({"identify"})
    boasts: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self.server = Server("memory", without=CAPABILITIES_OF["memory"] - self.declares)

    def run(self) -> None:
        """Answer requests, one a line, until their end."""
        for line in sys.stdin.buffer:
            self.take(line)

    def take(self, line: bytes) -> None:
        """Take a line, and write its answer."""
        _write(self.answer(line))

    def answer(self, line: bytes) -> bytes:
        """The line that answers a line."""
        answer, request = json.loads(self.server.answer(line)), _request(line)
        if request.get("op") == "hello" and "ok" in answer:
            answer["ok"]["capabilities"] += sorted(self.boasts)
        text = json.dumps(self.spoil(request, answer)).encode()
        return (self.line(text) if request.get("op") == "project" else text) + b"\n"

    def spoil(self, request: Message, answer: Message) -> Message:
        """Change an answer."""
        op = request.get("op")
        if "ok" in answer and op in _VISIBLE:
            return {**answer, "ok": {op: [self.show(op, each) for each in answer["ok"][op]]}}
        return self.passed(request, answer) if "ok" in answer and op == "project" else answer

    def passed(self, _: Message, answer: Message) -> Message:
        """Change the answer to a pass."""
        return answer

    def show(self, _: str, record: Message) -> Any:
        """Change an event or a snapshot that is shown."""
        return record

    def line(self, line: bytes) -> bytes:
        """Change the line that answers a pass."""
        return line


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


class PrintsABanner(Conforming):
    """Greets people first, on standard output."""

    def run(self) -> None:
        _write(b"broken driver 1.0, ready\n")
        super().run()


class NeedsTwoNewlines(Conforming):
    """Waits for an empty line after each request, as protocols with headers do."""

    def run(self) -> None:
        waiting = b""
        for line in sys.stdin.buffer:
            if line.strip():
                waiting = line
            else:
                self.take(waiting)


class _Introduced(Conforming):
    """Introduces itself otherwise."""

    def spoil(self, request: Message, answer: Message) -> Message:
        if request.get("op") != "hello" or "ok" not in answer:
            return answer
        return {**answer, "ok": self.introduction(answer["ok"])}

    def introduction(self, ok: Message) -> Message:
        """Change the introduction."""
        return ok


class DeclaresAnUnknownCapability(_Introduced):
    """Declares something that the protocol doesn't know."""

    def introduction(self, ok: Message) -> Message:
        return {**ok, "capabilities": [*ok["capabilities"], "teleport"]}


class SpeaksAnotherProtocol(_Introduced):
    """Chooses a version that wasn't offered."""

    def introduction(self, ok: Message) -> Message:
        return {**ok, "protocol": 2}


class DoesNotSayItsLanguage(_Introduced):
    """Leaves a member of its introduction out."""

    def introduction(self, ok: Message) -> Message:
        return {name: value for name, value in ok.items() if name != "language"}


class DeclaresTwice(_Introduced):
    """Declares a capability twice."""

    def introduction(self, ok: Message) -> Message:
        return {**ok, "capabilities": ok["capabilities"] * 2}


class BoastsCompact(Conforming):
    """Declares compact, and doesn't offer it."""

    boasts = frozenset({"compact"})


# --- ends, and hangs --------------------------------------------------------------------------------------------------


class ExitsAfterHello(Conforming):
    """Takes its introduction for all there is to do."""

    def take(self, line: bytes) -> None:
        super().take(line)
        sys.exit(0)


class DiesOnMalformedRequests(Conforming):
    """Has no answer to what it can't read."""

    def spoil(self, request: Message, answer: Message) -> Message:
        if answer.get("error", {}).get("kind") == "invalid_input":
            sys.exit("KeyError: 'run'")
        return super().spoil(request, answer)


class DiesOnTheFirstPass(Conforming):
    """Ends when it is asked for a pass."""

    def line(self, _: bytes) -> bytes:
        sys.exit("segmentation fault, so to speak")


class DiesAtRandom(Conforming):
    """Dies at one request in 50, whichever it is, but comes up each time."""

    def take(self, line: bytes) -> None:
        if _request(line).get("op") != "hello" and not _CHANCE.randrange(50):
            os.kill(os.getpid(), signal.SIGKILL)
        super().take(line)


class HangsAtAPass(Conforming):
    """Never comes back from a pass."""

    def line(self, _: bytes) -> bytes:
        _hang()


class HangsAtTheEnd(Conforming):
    """Goes on when its input has ended."""

    def run(self) -> None:
        super().run()
        _hang()


class IgnoresSigterm(HangsAtTheEnd):
    """Goes on when its input has ended, and when it is asked to end."""

    def run(self) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        super().run()


class HoldsAnswersBack(Conforming):
    """Gives each answer when the next request comes: it doesn't flush."""

    held = b""

    def take(self, line: bytes) -> None:
        if _request(line).get("op") == "hello":
            super().take(line)
        else:
            _write(self.held)
            self.held = self.answer(line)


class ClosesItsOutput(Conforming):
    """Closes its standard output at a pass, and goes on."""

    def line(self, _: bytes) -> bytes:
        os.close(1)
        _hang()


class IsSlow(Conforming):
    """Takes a fifth of a second for each answer."""

    def take(self, line: bytes) -> None:
        time.sleep(0.2)
        super().take(line)


# --- lines that are no answers ----------------------------------------------------------------------------------------


class WritesHalfALine(Conforming):
    """Hangs in the middle of an answer."""

    def line(self, line: bytes) -> bytes:
        _write(line[: len(line) // 2])
        _hang()


class WritesAHugeLine(Conforming):
    """Answers a pass with a line of 20 MB."""

    def line(self, line: bytes) -> bytes:
        return line[:-1] + b" " * 20_000_000 + line[-1:]


class NeverEndsALine(Conforming):
    """Writes on and on, without a newline."""

    def line(self, _: bytes) -> bytes:
        while True:
            _write(b"." * 65536)


class WritesNewlinesOnly(Conforming):
    """Writes newlines, and nothing else, for ever."""

    def line(self, _: bytes) -> bytes:
        while True:
            _write(b"\n" * 65536)


class AnswersTwice(Conforming):
    """Writes each answer to a pass twice."""

    def line(self, line: bytes) -> bytes:
        return line + b"\n" + line


class WritesNan(Conforming):
    """Writes NaN, which is no JSON."""

    def line(self, line: bytes) -> bytes:
        return re.sub(rb'"projected": \d+', b'"projected": NaN', line)


class WritesABadByte(Conforming):
    """Writes a byte that is no UTF-8."""

    def line(self, line: bytes) -> bytes:
        return line.replace(b"projected", b"pr\xffjected")


class WritesDeepAnswers(Conforming):
    """Nests 10,000 lists in an answer."""

    def line(self, line: bytes) -> bytes:
        return line[:-2] + b', "more": ' + b"[" * 10_000 + b"]" * 10_000 + b"}}"


class WritesMembersTwice(Conforming):
    """Names a member of an answer twice."""

    def line(self, line: bytes) -> bytes:
        return re.sub(rb'("projected": \d+)', rb"\1, \1", line)


class _Addressed(Conforming):
    """Answers a pass under another id."""

    def passed(self, _: Message, answer: Message) -> Message:
        return {**answer, "id": self.address(answer["id"])}

    def address(self, id_: int) -> Any:
        """Change an id."""
        return id_


class AnswersWithAWrongId(_Addressed):
    """Counts by itself."""

    def address(self, id_: int) -> Any:
        return id_ + 1


class AnswersWithAStringId(_Addressed):
    """Takes ids for text."""

    def address(self, id_: int) -> Any:
        return str(id_)


class AnswersWithNullId(_Addressed):
    """Forgets the id of good requests."""

    def address(self, _: int) -> Any:
        return None


class AnswersWithoutId(Conforming):
    """Leaves the id out."""

    def passed(self, _: Message, answer: Message) -> Message:
        return {"ok": answer["ok"]}


class AnswersOkAndError(Conforming):
    """Can't decide."""

    def passed(self, _: Message, answer: Message) -> Message:
        return {**answer, "error": {"kind": "internal", "message": "or not"}}


class NamesAnUnknownErrorKind(Conforming):
    """Has a kind of error of its own."""

    def spoil(self, _: Message, answer: Message) -> Message:
        if answer.get("error", {}).get("kind") == "phase_transition":
            return {**answer, "error": {"kind": "forbidden", "message": "no"}}
        return answer


class _Counted(Conforming):
    """Counts the records of a pass otherwise."""

    def passed(self, _: Message, answer: Message) -> Message:
        return {**answer, "ok": {"projected": self.count(answer["ok"]["projected"])}}

    def count(self, projected: int) -> Any:
        """Change a number."""
        return projected


class CountsInDoubles(_Counted):
    """Writes integers as doubles."""

    def count(self, projected: int) -> Any:
        return float(projected)


class CountsInText(_Counted):
    """Writes integers as text."""

    def count(self, projected: int) -> Any:
        return str(projected)


class CountsBelowZero(_Counted):
    """Says -1."""

    def count(self, _: int) -> Any:
        return -1


class DoesNotCount(Conforming):
    """Leaves out what a pass must answer."""

    def passed(self, _: Message, answer: Message) -> Message:
        return {**answer, "ok": {}}


# --- what is shown ----------------------------------------------------------------------------------------------------


class ShowsEventsByNumber(Conforming):
    """Shows events as an object, not as a list."""

    def spoil(self, request: Message, answer: Message) -> Message:
        if request.get("op") == "events" and "ok" in answer:
            return {
                **answer,
                "ok": {"events": {str(number): each for number, each in enumerate(answer["ok"]["events"])}},
            }
        return answer


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


class ShowsNoPayload(_Shows):
    """Leaves the payload of events out."""

    without = ("payload",)


class ShowsSeqInDoubles(_Shows):
    """Shows 1.0 where 1 was stored."""

    def member(self, name: str, value: Any) -> Any:
        return float(value) if name == "seq" else value


class ShowsWrongEventIds(_Shows):
    """Shows events under ids of its own."""

    def member(self, name: str, value: Any) -> Any:
        return f"{value}-x" if name == "event_id" else value


class ShowsNoPhase(_Shows):
    """Fills no phase in."""

    kind = "snapshots"
    without = ("phase", "phase_history", "allowed_next_phases")


class ShowsAnUnknownPhase(_Shows):
    """Has phases of its own."""

    kind = "snapshots"

    def member(self, name: str, value: Any) -> Any:
        return "in_flight" if name == "phase" else value


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


class AnswersAtRandom(Conforming):
    """Is wrong in one answer of twelve."""

    def spoil(self, request: Message, answer: Message) -> Message:
        op = request.get("op")
        if "ok" not in answer or _CHANCE.randrange(12):
            return answer
        if op == "project":
            return {**answer, "ok": {"projected": answer["ok"]["projected"] + 1}}
        return {**answer, "ok": {op: answer["ok"][op][:-1]}} if op in _VISIBLE else answer


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
        if request.get("op") == "project" and self.passes > 60 and "run" in request:
            return _ok(request, projected=0)
        return super().answer(line)


# --- no fault by the protocol -----------------------------------------------------------------------------------------


class TalksALot(Conforming):
    """Writes more to its standard error than a pipe holds, with each answer."""

    def take(self, line: bytes) -> None:
        sys.stderr.write("what it is about to do\n" * 5000)
        sys.stderr.flush()
        super().take(line)


class ColoursItsName(_Introduced):
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
