"""A small driver that takes every run and records nothing, as a script in which a test puts its fault."""

import sys
from pathlib import Path
from typing import Final

_SCRIPT: Final = """
import json, os, sys, time

ok = {
    "hello": {"protocol": 1, "name": "idle", "version": "1", "language": "Python", "spec": "1", "capabilities": []},
    "project": {"projected": 0}, "events": {"events": []}, "snapshots": {"snapshots": []},
}
refused = {"error": {"kind": "invalid_input", "message": "no request"}}

def request_of(line):
    try:
        request = json.loads(line)
    except ValueError:
        request = None
    is_one = isinstance(request, dict) and type(request.get("id")) is int and request["id"] >= 0
    return request if is_one else {"id": None, "op": "malformed"}

def write(text):
    sys.stdout.write(text)
    sys.stdout.flush()

FIRST
for line in sys.stdin:
    request = request_of(line)
    op = request["op"]
    answer = json.dumps({"id": request["id"], **(refused if op == "malformed" else {"ok": ok.get(op, {})})})
    if op != "hello":
        FAULT
    write(answer + "\\n")
LAST
"""


def idle(folder: Path, fault: str = "pass", *, at: str = "", first: str = "", last: str = "") -> list[str]:
    """The command of such a driver, with its fault at each request, or at those for one operation.

    What comes `first` is done before it reads a request, the `last` when its input has ended.
    """
    script = folder / "idle.py"
    fault = f"if op == {at!r}:\n            {fault}" if at else fault
    text = _SCRIPT.replace("FIRST", first).replace("FAULT", fault).replace("LAST", last)
    script.write_text(text, encoding="utf-8")
    return [sys.executable, str(script)]
