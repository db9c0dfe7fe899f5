"""The work that is measured: passes through the library or the protocol, by a fresh store or one that lives on."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import lifecycle_conformance
import lifecycle_projection
from lifecycle_projection import FileStore, RememberingStore, Run, project
from lifecycle_projection.codec import run_from

Document = dict[str, Any]


def run_record(records: int, run_id: str = "run-1") -> Document:
    """A run with records such as production writes, and small metadata."""
    return {
        "run_id": run_id,
        "automation_id": "automation-1",
        "trigger_type": "manual",
        "status": "running",
        "created_at_ms": 1,
        "updated_at_ms": 2,
        "checkpoint": {
            "completed_nodes": ["collect", "draft"],
            "node_attempts": {"collect": 1},
            "lifecycle_history": [
                {
                    "event": "node_started",
                    "recorded_at_ms": 1_000 + index,
                    "reason": "scheduled",
                    "metadata": {
                        "node_id": f"node-{index}",
                        "session_id": "session-1",
                        "effective_execution_profile": "strict",
                    },
                }
                for index in range(records)
            ],
        },
    }


class Way(Protocol):
    """How passes are made: what they need is prepared before anything is measured."""

    name: str
    fresh: bool
    """Whether each pass has a store of its own, which remembers nothing."""

    def prepared(self, documents: Iterable[Document]) -> list[Any]:
        """The runs in the form in which they are given."""
        ...

    def opened(self, store: Path) -> None:
        """Open a store."""
        ...

    def made(self, runs: list[Any]) -> None:
        """Make a pass for each run."""
        ...


class Library:
    """Passes by calls of the library."""

    def __init__(self, *, fresh: bool) -> None:
        self.name, self.fresh = "library", fresh

    def prepared(self, documents: Iterable[Document]) -> list[Run]:
        return list(map(run_from, documents))

    def opened(self, store: Path) -> None:
        self._directory, self._store = store, RememberingStore(store)

    def made(self, runs: list[Run]) -> None:
        for run in runs:
            project(run, FileStore(self._directory) if self.fresh else self._store)


class OverTheProtocol:
    """Passes by requests to the reference's driver, a process of its own that answers each before the next."""

    def __init__(self, process: "subprocess.Popen[bytes]", *, fresh: bool) -> None:
        self.name, self.fresh = "protocol", fresh
        self._process = process

    def prepared(self, documents: Iterable[Document]) -> list[bytes]:
        return [_line({"id": 1, "op": "project", "run": document}) for document in documents]

    def opened(self, store: Path) -> None:
        self._open = _line({"id": 1, "op": "open", "store": str(store)})
        self._ask(self._open)

    def made(self, runs: list[bytes]) -> None:
        for line in runs:
            if self.fresh:
                self._ask(self._open)
            self._ask(line)

    def _ask(self, line: bytes) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line)
        self._process.stdin.flush()
        assert b'"ok"' in self._process.stdout.readline()


@contextmanager
def driver() -> Iterator["subprocess.Popen[bytes]"]:
    """The reference's driver, until its input ends."""
    packages = [str(Path(str(each.__file__)).parents[1]) for each in (lifecycle_projection, lifecycle_conformance)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(packages)}
    command = [sys.executable, "-m", "lifecycle_conformance.driver", "--store", "files"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:
        yield process


def _line(request: Document) -> bytes:
    return json.dumps(request).encode() + b"\n"
