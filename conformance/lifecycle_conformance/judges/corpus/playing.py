"""A session played to a driver, step by step, and what a case keeps of each answer."""

from collections.abc import Mapping
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Final

from lifecycle_conformance.driver.interface import Answer, Driver
from lifecycle_conformance.execution.file_operations import contents
from lifecycle_conformance.execution.operations import NEW_PROCESS
from lifecycle_conformance.execution.performing import Performer
from lifecycle_conformance.execution.trace import Object, owner_of_run, tenant_of

_FILES: Final = "files"
_WITH_DATA: Final = frozenset({"phase_transition", "storage_conflict"})
"""The refusals whose data are told in full by a requirement (ERR-3, ERR-4); others may have any, or none."""
_TEMPORARY: Final = ".tmp"


class Play:
    """The steps of one session, each answered as a case keeps it. Raises what :meth:`Performer.do` raises."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._performer = Performer(driver)
        self._readings = count()

    def end(self) -> None:
        """Remove the stores."""
        self._performer.end()

    def do(self, op: str, arguments: Object) -> Object:
        """Do a step, and tell its answer."""
        if op == "read":
            return self._read(arguments)
        return told(op, self._performer.do(op, arguments))

    def folder(self) -> Path | None:
        """The directory of the store that is open, where the driver declares `files`."""
        if self._performer.store is None or _FILES not in self._driver.hello.capabilities:
            return None
        return self._performer.folder()

    def digests(self) -> Mapping[str, str] | None:
        """The SHA-256 of each file of the store that is open, by its path; not of temporary ones, which may stay."""
        folder = self.folder()
        if folder is None:
            return None
        files = sorted(contents(folder).items())
        return {path: sha256(content).hexdigest() for path, content in files if not path.endswith(_TEMPORARY)}

    def _read(self, arguments: Object) -> Object:
        """A pass over a run record in a new store, and what is shown of the run then."""
        asked: Object = {name: arguments[name] for name in ("run", "run_json") if name in arguments}
        self._driver.ask("open", store=self._performer.directory(f"reading-{next(self._readings)}"))
        answer = told("project", self._driver.ask("project", **asked))
        owner = owner_of_run(arguments["means"])
        seen: Object = {"tenant": tenant_of(owner.tenant), "run_id": owner.run_id}
        shown = [told(op, self._driver.ask(op, **seen)) for op in ("events", "snapshots")]
        refused = next((each for each in (answer, *shown) if "error" in each), None)
        return refused or {"ok": {name: each for part in (answer, *shown) for name, each in part["ok"].items()}}


def told(op: str, answer: Answer) -> Object:
    """An answer as a case keeps it: without what the specification leaves to an implementation."""
    if answer.error is not None:
        data: Object = {"data": answer.error.data} if answer.error.kind in _WITH_DATA else {}
        return {"error": {"kind": answer.error.kind, **data}}
    if op in NEW_PROCESS:
        return {"ok": {}}
    ok = answer.ok or {}
    return {"ok": {"protocol": ok["protocol"]} if op == "hello" else ok}
