"""Checks of the chapter *Errors*: input and requests that must be refused."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from lifecycle_conformance.execution.judgement import Judgement, Steps, canonical, judged, none, steps
from lifecycle_conformance.execution.operations import ALL
from lifecycle_conformance.execution.trace import Files, Object, Shown, Step, Trace, View
from lifecycle_conformance.judges.properties.reading import of_readings
from lifecycle_conformance.judges.registry import check
from lifecycle_projection.records import Json

_KINDS: Final[Mapping[str, str]] = {
    "DRIVER-4": "unsupported",
    "DRIVER-6": "storage",
    "DRIVER-9": "invalid_input",
    "DRIVER-10": "invalid_input",
    "DRIVER-11": "unsupported",
    "DRIVER-13": "invalid_input",
    "DRIVER-14": "invalid_input",
}
"""The requirements that name the kind of the refusal themselves; elsewhere that is ERR-7's business."""
REASONS: Final = (
    *(f"REC-{number}" for number in (1, 2, 3, 6, 7, 8, 9, 11, 13)),
    *(f"JSON-{number}" for number in (13, 14, 15, 16)),
    *("FILE-11", "FILE-12", "DRIVER-3", *_KINDS),
)
"""The requirements for which a request may have to be refused."""
_MINUS_ZERO: Final = re.compile(r"-0(?=[\s,\]}])")
_WITHOUT_EFFECT: Final = frozenset({"invalid_input", "unsupported"})
_AFTER_READING: Final = frozenset({"phase_transition", "storage_conflict"})
"""What ends a pass that has begun: where something was recorded before that, the input was accepted."""


@check("ERR-1", "ERR-7", "DRIVER-15", *REASONS, on=steps("refuse"))
def what_must_be_refused(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge the answer to a request that must be refused, and that nothing came of it."""
    kind, changes = step.arguments["kind"], _changes(step)
    has_begun = step.refusal in _AFTER_READING and (changes or _was_accepted_before(step, trace))
    refused = step.refusal is not None and not has_begun
    for requirement in step.arguments["because"]:
        if requirement in _KINDS:
            yield judged(requirement, "the kind of the refusal", expected=_KINDS[requirement], actual=step.refusal)
        elif _is_well_founded(requirement, step, trace):
            yield judged(requirement, "whether it was refused", expected=True, actual=refused)
    if not refused:
        return
    yield judged("ERR-7", "the kind of the refusal", expected=kind, actual=step.refusal)
    if not step.before and step.files_before is None:
        return
    if kind == "invalid_input":
        yield none("ERR-1", "what a refused input changed", changes)
    if step.refusal in _WITHOUT_EFFECT:
        yield none("DRIVER-15", "what a refused request changed", changes)


@check("ERR-7", on=Steps(ALL - {"refuse"}))
def internal_is_always_a_fault(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge a request that failed for no reason of its own."""
    if step.refusal == "internal":
        yield judged("ERR-7", f"whether {step.op} failed with `internal`", expected=False, actual=True)


def _is_well_founded(requirement: str, step: Step, trace: Trace) -> bool:
    """Whether nothing that was read earlier in this session broke what the refusal rests on.

    Who reads `-0` as an integer (JSON-11) can't refuse it as a double (REC-8), and is told the former only.
    """
    if requirement != "REC-8" or not _MINUS_ZERO.search(step.arguments["request"].get("run_json", "")):
        return True
    readings = (each for other in trace.steps if other.op == "read" for each in of_readings(other, trace))
    return all(each.holds for each in readings if each.requirement == "JSON-11")


def _was_accepted_before(step: Step, trace: Trace) -> bool:
    """Whether something that must be refused changed what is shown earlier in this session.

    A pass that begins with what that left may end as no pass should, and change nothing.
    """
    return any(each.op == "refuse" and _changes(each) for each in trace.earlier(step))


def _changes(step: Step) -> list[Json]:
    """Name what is shown, and what the files hold, otherwise than before."""
    return [*_changed_views(step.before, step.after), *_changed_files(step.files_before, step.files_after)]


def _changed_views(before: View, after: View) -> Iterator[Object]:
    for owner, shown in before.items():
        now = after.get(owner, Shown())
        for what, old, new in (("events", shown.events, now.events), ("snapshots", shown.snapshots, now.snapshots)):
            if canonical([*old]) != canonical([*new]):
                yield {"run_id": owner.run_id, "changed": what, "before": len(old), "after": len(new)}


def _changed_files(before: Files | None, after: Files | None) -> Iterator[Object]:
    if before is None or after is None:
        return
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) != after.get(path):
            yield {"file": path, "there": [path in before, path in after]}
