"""An implementation asked for what a case is about, in a store of its own."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from lifecycle_conformance.driver.interface import Driver
from lifecycle_conformance.execution.trace import Object, history_of, member
from lifecycle_conformance.judges.vectors.derived.cases import DerivedCase
from lifecycle_conformance.judges.vectors.derived.definition_rules import HASH, VERSION
from lifecycle_conformance.judges.vectors.derived.facts import RUN, enterprise
from lifecycle_conformance.judges.vectors.derived.scope_rules import REFUSED
from lifecycle_conformance.judges.vectors.derived.subjects import SUBJECTS, same
from lifecycle_conformance.model.json_text import large_integers
from lifecycle_projection.records import Json

_INTEGERS: Final = "integers"
_DIGITS: Final = re.compile(r"(?<![0-9a-f])[0-9a-f]{24}(?![0-9a-f])")


def ask(case: DerivedCase, driver: Driver, directory: Path) -> Object | None:
    """Ask an implementation for the subject of a case, in a new store inside `directory`.

    `None` where the answer would not tell about the subject: the pass records nothing, or what differs is wrong
    without the subject as well. Raises what :meth:`Driver.ask` raises.
    """
    shown = _shown(case.subject, case.run, case.expected, driver, directory)
    if shown is None or same(shown, case.expected):
        return shown
    return shown if _is_right_without(case, driver, directory) else None


def _is_right_without(case: DerivedCase, driver: Driver, directory: Path) -> bool:
    """Whether an implementation is right about the same run without what the case is about."""
    if case.subject == "number":
        (record,) = history_of(case.run)
        plain = {**record, "metadata": _without_doubles(record["metadata"])}
        run = {**case.run, "checkpoint": {"lifecycle_history": [plain]}}
    else:
        bare = {"automation_snapshot": {"automation_id": "a", "metadata": {}}} if case.subject == "scope" else {}
        run = {**RUN, **bare}
    expected = SUBJECTS[case.subject].right(run)
    shown = _shown(case.subject, run, expected, driver, directory)
    return shown is not None and same(shown, expected) and _are_read(large_integers(case.run), driver, directory)


def _are_read(integers: list[int], driver: Driver, directory: Path) -> bool:
    """Whether an implementation shows integers as they are, where they stand in a record: else JSON-10 is broken."""
    (record,) = history_of(RUN)
    run = {**RUN, "checkpoint": {"lifecycle_history": [{**record, "metadata": integers}]}}
    expected = {_INTEGERS: integers}
    shown = _shown(_INTEGERS, run, expected, driver, directory) if integers else expected
    return shown is not None and same(shown, expected)


def _without_doubles(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _without_doubles(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_without_doubles(each) for each in value]
    return 7 if isinstance(value, float) else value


def _shown(subject: str, run: Object, expected: Object, driver: Driver, directory: Path) -> Object | None:
    if subject == "number" and "identify" in driver.hello.capabilities:
        ids = (driver.ask("identify", run=run).ok or {}).get("ids")
        identity = member(ids[0], "identity") if isinstance(ids, list) and ids else None
        return {"digits": identity.removeprefix("sha256:")[:24]} if isinstance(identity, str) else None
    # What an implementation puts beside its store is to go with it.
    with TemporaryDirectory(dir=directory, prefix="derived-", ignore_cleanup_errors=True) as workspace:
        store = Path(workspace) / "store"
        store.mkdir()
        if driver.ask("open", store=str(store)).ok is None:
            return None
        if driver.ask("project", run=run).ok is None:
            return REFUSED if subject == "scope" else None
        asked: Object = {"tenant": {"org_id": "local", "workspace_id": "local"}, "run_id": run["run_id"]}
        events, snapshots = (_records(driver.ask(kind, **asked).ok, kind) for kind in ("events", "snapshots"))
    return _SEEN[subject](events, snapshots, expected)


def _scope_seen(events: list[Object], snapshots: list[Object], expected: Object) -> Object | None:
    scopes = [enterprise(each["scope"]) for each in (*events, *snapshots) if isinstance(each.get("scope"), dict)]
    return next((each for each in scopes if not same(each, expected)), expected) if scopes else None


def _definition_seen(_: list[Object], snapshots: list[Object], __: Object) -> Object | None:
    return {name: snapshots[0][name] for name in (VERSION, HASH) if name in snapshots[0]} if snapshots else None


def _number_seen(events: list[Object], _: list[Object], expected: Object) -> Object | None:
    digits = _DIGITS.findall(str(events[0].get("event_id"))) if events else []
    if expected["digits"] in digits:
        return expected
    return {"digits": digits[-1]} if digits else None


_SEEN: Final[Mapping[str, Callable[[list[Object], list[Object], Object], Object | None]]] = {
    "scope": _scope_seen,
    "definition": _definition_seen,
    "number": _number_seen,
    _INTEGERS: lambda events, _, __: {_INTEGERS: member(events[0].get("payload"), "metadata")} if events else None,
}


def _records(ok: Json, kind: str) -> list[Object]:
    shown = member(ok, kind)
    return [each for each in shown if isinstance(each, dict)] if isinstance(shown, list) else []
