"""Checks of what an import by the driver protocol brings into a store."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

import orjson

from lifecycle_conformance.execution.file_operations import LOG
from lifecycle_conformance.execution.judgement import Judgement, canonical, judged, steps
from lifecycle_conformance.execution.trace import Object, Step, Trace, owner_of
from lifecycle_conformance.judges.registry import check
from lifecycle_conformance.model.json_text import large_integers
from lifecycle_conformance.model.phase_table import FILLED_IN
from lifecycle_conformance.specification import schemas
from lifecycle_conformance.specification.requirements import code_spans, tables
from lifecycle_projection.records import Json

_TYPES: Final = {
    name.removeprefix("stored."): {code_spans(row["member"])[0]: code_spans(row["type"])[0] for row in table}
    for name, table in tables().items()
    if name.startswith("stored.")
}


@check("DRIVER-9", "FILE-11", on=steps("import"))
def imports(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge that what was imported is shown as it was given, and that nothing that is there kept it out.

    That large integers are refused is a matter of reading them (JSON-10, REC-7).
    """
    if trace.is_damaged or (step.refusal == "invalid_input" and large_integers(step.arguments)):
        return
    if step.refusal in {"invalid_input", "storage_conflict"}:
        yield judged("DRIVER-9", "the refusal of readable records", expected=None, actual=step.refusal)
    if step.refusal == "invalid_input":
        yield judged("FILE-11", "the refusal of readable records", expected=None, actual=step.refusal)
    if step.refusal is not None:
        return
    events: list[Object] = step.arguments["events"]
    for text, given in _grouped("event", events).items():
        owner = owner_of(given[0])
        there = [_normal("event", each) for each in step.after[owner].events]
        before = [_normal("event", each) for each in step.before[owner].events]
        expected = _counted(text, before) + len(given)
        what = f"how often the event {given[0]['event_id']!r} is shown as it was given"
        yield judged("DRIVER-9", what, expected=expected, actual=_counted(text, there))
    for snapshot in _alone(step):
        shown = [each for each in step.after[owner_of(snapshot)].snapshots if _id_of(each) == _id_of(snapshot)]
        kept = [_as_given(snapshot, each) for each in shown]
        given_so = _normal("snapshot", snapshot)
        if "phase" not in snapshot:  # how that reads, says SNAP-7
            given_so, *kept = ({name: each[name] for name in each.keys() - FILLED_IN} for each in (given_so, *kept))
        yield judged(
            "DRIVER-9",
            f"the snapshot {snapshot['snapshot_id']!r} as it was given",
            expected=[given_so],
            actual=kept,
        )
    yield from _in_order(step)


# --- what was imported ------------------------------------------------------------------------------------------------


def _grouped(record: str, given: Sequence[Object]) -> dict[bytes, list[Object]]:
    groups: dict[bytes, list[Object]] = {}
    for each in given:
        groups.setdefault(canonical(_normal(record, each)), []).append(each)
    return groups


def _counted(text: bytes, records: Sequence[Json]) -> int:
    return Counter(map(canonical, records))[text]


def _alone(step: Step) -> list[Object]:
    """The imported snapshots that surely meet no other at their place (FILE-4, TENANT-7)."""
    given: list[Object] = step.arguments["snapshots"]
    there = Counter(_place(each) for shown in step.before.values() for each in shown.snapshots)
    places = Counter(map(_place, given)) + there
    return [each for each in given if places[_place(each)] == 1]


def _place(snapshot: Object) -> tuple[str, str]:
    return _segment(snapshot["run_id"]), _segment(snapshot["snapshot_id"])


def _segment(text: str) -> str:
    # Upper and lower case are one to some file systems.
    return "".join(each if each.isascii() and (each.isalnum() or each in "-_.") else "_" for each in text).lower()


def _id_of(snapshot: Object) -> str:
    snapshot_id: str = snapshot["snapshot_id"]
    return snapshot_id


def _as_given(given: Object, shown: Object) -> Json:
    """A snapshot as it is shown, without what was filled in where nothing was given (SNAP-7, SNAP-8)."""
    return _normal("snapshot", {name: each for name, each in shown.items() if name in given or name not in FILLED_IN})


def _in_order(step: Step) -> Iterator[Judgement]:
    """Judge the order of imported events where the log can be read: that in which they are shown goes by seq."""
    given: list[Object] = step.arguments["events"]
    if len(given) < 2 or step.files_before is None or step.files_after is None:
        return
    before, after = (files.get(LOG, b"") for files in (step.files_before, step.files_after))
    if not after.startswith(before):
        return
    new = [_event_in(line) for line in after[len(before) :].split(b"\n") if line]
    ids = [None if each is None else [each["event_id"], each["seq"]] for each in new]
    expected = [[each["event_id"], each["seq"]] for each in given]
    if Counter(map(canonical, ids)) == Counter(map(canonical, expected)):
        yield judged("DRIVER-9", "the order of the events in the log", expected=expected, actual=ids)


def _event_in(line: bytes) -> Object | None:
    try:
        event = orjson.loads(line)
    except ValueError:
        return None
    return event if schemas.is_valid("event-stored", event) else None


def _normal(type_: str, value: Json) -> Json:
    """A readable stored value so that two with the same meaning are equal: defaults there, nothing else empty.

    How numbers in free-form values are read is no matter of the protocol: they count by their first digits.
    """
    if type_ == "any":
        return _without_digits(value)
    if type_.startswith("["):
        return [_normal(type_[1:-1], each) for each in value]
    if type_ not in _TYPES:
        return value
    members = {
        name: _normal(member_type, value[name])
        for name, member_type in _TYPES[type_].items()
        if value.get(name) is not None and (value[name] != [] or name in FILLED_IN or member_type == "any")
    }
    return {**_defaults(type_), **members}


def _defaults(type_: str) -> Object:
    names = _TYPES[type_].keys()
    defaults: Object = {"schema_version": 1, "payload": None}
    source: Object = {"source": "local_implicit"} if type_ == "tenant" else {}
    return {**{name: value for name, value in defaults.items() if name in names}, **source}


def _without_digits(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _without_digits(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_without_digits(each) for each in value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return float(f"{value + 0.0:.9g}")
