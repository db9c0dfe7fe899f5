"""A step in brief: what it led to, for a report, and the number that stands for it, to count distinct cases."""

from collections.abc import Sequence
from hashlib import blake2b

import orjson

from lifecycle_conformance.execution.judgement import canonical
from lifecycle_conformance.execution.multiset import added
from lifecycle_conformance.execution.operations import WRITING
from lifecycle_conformance.execution.trace import Object, Request, Shown, Step, once_a_step


@once_a_step
def seen_of(step: Step) -> Object:
    """What a step led to: its answer, and where it may change the store, what is shown now and was not before."""
    answer = step.answer
    error = None if answer.error is None else {"kind": answer.error.kind, "message": answer.error.message}
    seen: Object = {"answer": {"ok": answer.ok} if error is None else {"error": {**error, "data": step.data}}}
    if step.op not in WRITING - {"import"}:
        return seen
    pairs = [(step.before.get(owner, Shown()), shown) for owner, shown in step.after.items()]
    appended = [each for before, after in pairs for each in added(before.events, after.events)]
    written = [each for before, after in pairs for each in added(before.snapshots, after.snapshots)]
    gone = [each["event_id"] for before, after in pairs for each in added(after.events, before.events)]
    gone += [each["snapshot_id"] for before, after in pairs for each in added(after.snapshots, before.snapshots)]
    return {**seen, "appended": _once(appended), "written": _once(written), "gone": list(dict.fromkeys(gone))}


def _once(records: Sequence[Object]) -> list[Object]:
    """Each record once: several owners may be shown the same."""
    return list({canonical(each): each for each in records}.values())


def number_of_session(requests: Sequence[Request]) -> int:
    """A number that stands for a session: for its requests."""
    return int.from_bytes(blake2b(canonical([list(each) for each in requests]), digest_size=8).digest())


def number_of_step(step: Step) -> int:
    """A number that stands for a step: for what was asked, and of what store."""
    store = [[owner.run_id, owner.tenant, shown.events, shown.snapshots] for owner, shown in step.before.items()]
    text = orjson.dumps([step.op, step.arguments, store], option=orjson.OPT_SORT_KEYS)
    return int.from_bytes(blake2b(text, digest_size=8).digest())
