"""Checks of the chapter *The driver protocol*.

What a refusal must be is judged with the other refusals; that an answer comes at all, by whoever waits for it.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

import orjson

from lifecycle_conformance.execution.file_operations import LOG
from lifecycle_conformance.execution.judgement import Judgement, Steps, canonical, judged, none, steps
from lifecycle_conformance.execution.operations import NEW_PROCESS, ON_FILES, WRITING
from lifecycle_conformance.execution.trace import Object, Owner, Step, Trace, View, key_of
from lifecycle_conformance.judges.registry import check
from lifecycle_conformance.model.identity import is_unsigned
from lifecycle_conformance.specification.requirements import code_spans, tables
from lifecycle_projection.records import Json

_TABLES: Final = tables()
_SPOKEN: Final = 1
_MEMBERS: Final = {code_spans(row["op"])[0]: sorted(code_spans(row["ok"])) for row in _TABLES["operations"]}
_NEEDS: Final = {code_spans(row["op"])[0]: code_spans(row["capability"]) for row in _TABLES["operations"]}
_KNOWN: Final = {name for row in _TABLES["capabilities"] for name in code_spans(row["capability"])}
_NEVER_REFUSED_WITH: Final = {
    # What else may be wrong with their arguments is no matter of the table.
    "hello": frozenset[str](),
    "project": frozenset({"unsupported"}),
    # That what is declared isn't there at all is another matter (DRIVER-3).
    "import": frozenset({"phase_transition"}),
    "append": frozenset({"phase_transition", "storage_conflict"}),
    "compact": frozenset({"invalid_input", "phase_transition", "storage_conflict"}),
    "prune": frozenset({"invalid_input", "phase_transition", "storage_conflict"}),
}
"""The kinds with which an operation can't be refused, asked as the suite asks."""
_RECORDING: Final = frozenset({"project", "append"})
_TOUCHING_NO_STORE: Final = frozenset({"identify", "refuse", "say", "hello"})
_CHANGING_ANYTHING: Final = ON_FILES | NEW_PROCESS | {"open"}


@check("DRIVER-3", on=steps("hello"))
def introductions(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge what a driver says of itself when it is greeted again, with a version that it speaks among others."""
    yield judged("DRIVER-3", "the refusal of a version that was spoken", expected=None, actual=step.refusal)
    if step.refusal is not None:
        return
    spoken, declared = step.ok.get("protocol"), step.ok.get("capabilities")
    # The others that are offered are versions that nobody speaks.
    yield judged("DRIVER-3", "the version that is spoken", expected=_SPOKEN, actual=spoken)
    unknown = [each for each in declared if each not in _KNOWN] if isinstance(declared, list) else declared
    yield judged("DRIVER-3", "the capabilities that the protocol doesn't know", expected=[], actual=unknown)
    missing = sorted({*_MEMBERS["hello"]} - step.ok.keys())
    yield none("DRIVER-3", "what it doesn't say of itself", missing)


@check("DRIVER-3")
def offers(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that what the driver declares is there."""
    needed = {"text-input"} if step.op == "read" and "run_json" in step.arguments else {*_NEEDS.get(step.op, ())}
    if needed and step.capabilities.issuperset(needed):
        what = f"whether {' and '.join(needed)}, which it declares, is there"
        yield judged("DRIVER-3", what, expected=True, actual=step.refusal != "unsupported")


@check("DRIVER-5")
def operations(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that what every driver must offer is offered, and that answers have the members of the table."""
    if step.op not in _MEMBERS or not step.capabilities.issuperset(_NEEDS[step.op]) or "run_json" in step.arguments:
        return
    if step.refusal is None:
        members = _MEMBERS[step.op]
        yield judged("DRIVER-5", f"the members of the answer to {step.op}", expected=members, actual=sorted(step.ok))
    elif step.refusal in _NEVER_REFUSED_WITH.get(step.op, frozenset() if _NEEDS[step.op] else {"unsupported"}):
        yield judged("DRIVER-5", f"the refusal of {step.op}, which is offered", expected=None, actual=step.refusal)


@check("DRIVER-6", "DRIVER-7", on=steps("open"))
def stores(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge what a store shows that was opened: an empty one at first, later what it showed before."""
    number = step.arguments["store"]
    known = any(each.op == "open" and each.arguments["store"] == number for each in trace.earlier(step))
    if step.refusal is not None:
        if not trace.is_damaged:
            yield judged("DRIVER-6", "the refusal of a directory that is there", expected=None, actual=step.refusal)
    elif not known:
        if step.after and any(map(_shows, _views_before(step, trace))):
            yield none("DRIVER-6", "what an empty directory shows", _all(step.after))
    elif not _shows(step.before) or trace.is_damaged:
        return
    elif "durable" in step.capabilities:
        # Who had nothing there may not have been looked for yet.
        shown = {owner: each for owner, each in step.before.items() if each.events or each.snapshots}
        yield _kept("DRIVER-7", "what the directory shows, opened again", shown, step.after)
    else:
        yield none("DRIVER-7", "what is shown after another open", _all(step.after))


@check("DRIVER-6", on=Steps(WRITING).with_files)
def the_store_is_in_its_directory(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge that what is recorded and shown is in the directory that was opened, and that something can be put there.

    A pass that finds no place for a snapshot has appended the event (PASS-11): so the directory isn't empty then.
    """
    if trace.is_damaged:
        return
    recorded = _all(step.after) if step.before != step.after else []
    if recorded:
        yield none("DRIVER-6", "what is shown of an empty directory", [] if step.files_after else recorded)
    elif step.op in _RECORDING and not step.files_before and not step.files_after:
        is_refused = step.refusal == "storage"
        yield judged("DRIVER-6", "whether an empty directory can't be used", expected=False, actual=is_refused)


@check("FILE-25", "DRIVER-7", on=steps("restart"))
def restarts(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge what is there after a kill (FILE-25), or after an end and a new start: what was there before."""
    if "durable" not in step.capabilities or not _shows(step.before) or trace.is_damaged:
        return
    requirement = "FILE-25" if step.arguments["kill"] else "DRIVER-7"
    if step.refusal is not None:
        yield judged(requirement, "the refusal of the directory", expected=None, actual=step.refusal)
        return
    yield _kept(requirement, "what is shown after the restart", step.before, step.after)
    if step.files_before is not None and step.files_after is not None:
        parts = {path: text for path, text in step.files_before.items() if _is_part(path)}
        lost = sorted(path for path, text in parts.items() if step.files_after.get(path) != text)
        yield none(requirement, "the files that are gone or changed", lost)


@check("DRIVER-10", on=steps("append"))
def appends(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that a tenant that sees the event isn't taken for one that doesn't.

    An event without a seq may have been refused for that (LOG-8).
    """
    if step.refusal not in {None, "invalid_input"} or (
        step.refusal and not is_unsigned(step.arguments["event"].get("seq"))
    ):
        return
    sees = key_of(step.arguments["tenant"]) == key_of(step.arguments["event"]["scope"]["tenant_context"])
    kind = None if sees else "invalid_input"
    yield judged("DRIVER-10", "the refusal of the tenant", expected=kind, actual=step.refusal)


@check("DRIVER-12", on=steps("say"))
def lines(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge the answer to a line that is no request. Whether it has the id `null`, sees who waits for it."""
    yield judged("DRIVER-12", "the refusal of the line", expected="invalid_input", actual=step.refusal)


@check("DRIVER-16", on=Steps(NEW_PROCESS))
def ends(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge the status with which a process ended at the end of its input, where it is known: it may not have ended."""
    status = step.ok.get("exit_status")
    if status is not None:
        yield judged("DRIVER-16", "the exit status at the end of input", expected=0, actual=status)


@check("DRIVER-17")
def repetitions(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge that the same requests get the same answers: from two processes, and twice from one if nothing changed."""
    other = _twin(step, trace) or _said_before(step, trace)
    if other is None:
        return
    yield judged("DRIVER-17", "the answer to the same request", expected=_said(other), actual=_said(step))
    if step.op != "identify":
        yield _kept("DRIVER-17", "what is shown after the same requests", other.after, step.after)


# --- the same requests ------------------------------------------------------------------------------------------------


def _said_before(step: Step, trace: Trace) -> Step | None:
    """The step that asked for the ids of the same run, if nothing happened since that a store would show.

    If something did, it is a matter of DRIVER-8.
    """
    if step.op != "identify":
        return None
    asked = _text(step)
    for each in trace.earlier(step):
        if each.op == "identify" and _text(each) == asked:
            return each
        if each.op in _CHANGING_ANYTHING or (each.op not in _TOUCHING_NO_STORE and each.before != each.after):
            return None
    return None


def _twin(step: Step, trace: Trace) -> Step | None:
    """The step that came after the same requests to another fresh process, in new stores as well."""
    steps = [*reversed([*trace.earlier(step)]), step]
    starts = [index for index, each in enumerate(steps) if each.op == "greet"]
    if len(starts) < 2 or step.op == "greet":
        return None
    own = _requests(steps, starts[-1], len(steps) - starts[-1])
    for start, end in pairwise(starts):
        if own is not None and end - start >= len(own) and _requests(steps, start, len(own)) == own:
            return steps[start + len(own) - 1]
    return None


def _requests(steps: Sequence[Step], start: int, count: int) -> list[bytes] | None:
    """Some requests as text, stores by the order in which they were opened; nothing if one was not new."""
    numbers: dict[int, int] = {}
    known = {each.arguments["store"] for each in steps[:start] if each.op == "open"}
    texts = []
    for each in steps[start : start + count]:
        if each.op != "open":
            texts.append(_text(each))
            continue
        number = each.arguments["store"]
        if number in known:
            return None
        texts.append(b"open %d" % numbers.setdefault(number, len(numbers)))
    return texts


def _text(step: Step) -> bytes:
    # Unsorted: of an automation snapshot the order of the members counts (DEF-2).
    return orjson.dumps([step.op, step.arguments])


def _said(step: Step) -> Json:
    """What was answered, without what is for people only or has no order."""
    if step.refusal is not None:
        return {"error": step.refusal, "data": step.data}
    if step.op == "restart":
        return {}
    declared = step.ok.get("capabilities")
    return {**step.ok, "capabilities": sorted(declared)} if isinstance(declared, list) else step.ok


# --- what is shown ----------------------------------------------------------------------------------------------------


def _shows(view: View) -> bool:
    return any(each.events or each.snapshots for each in view.values())


def _views_before(step: Step, trace: Trace) -> Iterator[View]:
    return (each.after for each in trace.earlier(step))


def _is_part(path: str) -> bool:
    """Whether a file is part of a store (FILE-1, FILE-3)."""
    return path == LOG or (path.startswith("stateful_snapshots/") and path.endswith(".json"))


def _all(view: View) -> list[Json]:
    """Name all that is shown."""
    return [
        *(event["event_id"] for shown in view.values() for event in shown.events),
        *(snapshot["snapshot_id"] for shown in view.values() for snapshot in shown.snapshots),
    ]


def _kept(requirement: str, what: str, before: View, after: View) -> Judgement:
    """Compare two views: where they differ, the first events and the first snapshots that do."""
    pairs = [
        (_records(before, owner, name), _records(after, owner, name))
        for owner in before
        for name in ("events", "snapshots")
    ]
    differing = [first for first in (_first_difference(*pair) for pair in pairs) if first is not None]
    return judged(requirement, what, expected=[each for each, _ in differing], actual=[each for _, each in differing])


def _records(view: View, owner: Owner, name: str) -> Sequence[Object]:
    records: Sequence[Object] = getattr(view[owner], name) if owner in view else ()
    return records


def _first_difference(before: Sequence[Object], after: Sequence[Object]) -> tuple[Json, Json] | None:
    for index in range(max(len(before), len(after))):
        pair = [*before[index : index + 1]], [*after[index : index + 1]]
        if canonical(pair[0]) != canonical(pair[1]):
            return pair
    return None
