"""Agreement with the reference: a judge of its own beside the properties, which never run it.

Before each step the reference is put where the implementation says that it stands; so one wrong step doesn't condemn
all that follow.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Final

from lifecycle_conformance.execution.judgement import Judgement, Registered, canonical, judged
from lifecycle_conformance.execution.trace import Object, Owner, Shown, Step, Trace, View, once_an_object
from lifecycle_conformance.model.comparison import ABSENT, mismatches
from lifecycle_projection import (
    Event,
    LifecycleProjectionError,
    MemoryStore,
    PhaseTransitionError,
    Snapshot,
    append_once,
    compact,
    identify,
    log,
    project,
    prune,
    snapshots,
)
from lifecycle_projection.codec import event_from, run_from, snapshot_from, to_json
from lifecycle_projection.json_text import read_json
from lifecycle_projection.records import Json
from lifecycle_projection.stores.files import segment

AGREEMENT: Final = "agreement"
"""What this judge's judgements name in place of a requirement."""
_KEPT: Final = 4096
_SHOWN: Final = 20


def agrees(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge a step by what the reference does from the same view: its answer, and all that is shown then."""
    if step.op not in _OPERATIONS or _out_of_sight(step, trace):
        return
    store = _seeded(step.before)
    expected = {"answer": _answered(step, store), "shown": [_shown(store, owner) for owner in step.before]}
    actual = {"answer": _answer_of(step), "shown": [_plain(step.after[owner]) for owner in step.before]}
    same = canonical(expected) == canonical(actual)
    differing = [] if same else list(mismatches(expected, actual))[:_SHOWN]
    yield judged(
        AGREEMENT,
        f"what {step.op} answers and what is shown then",
        expected={each.path: each.expected for each in differing if each.expected is not ABSENT},
        actual={each.path: each.actual for each in differing if each.actual is not ABSENT},
    )


REGISTERED: Final = Registered(check=agrees, requirements=(AGREEMENT,))


def _out_of_sight(step: Step, trace: Trace) -> bool:
    """Whether what decides can't be seen in a view: how names meet, what a damaged file holds."""
    if any(each.op in {"put", "remove"} for each in trace.steps) or (step.op == "prune" and _tied(step.before)):
        return True
    if "tenants" in step.capabilities:
        return False
    return step.refusal in {"storage", "storage_conflict"} or (step.op == "import" and _meeting(step))


def _tied(view: View) -> bool:
    """Whether tenants have snapshots of a run id that are equal in seq and id: which is kept is left open."""
    places = Counter(
        (owner.run_id, each["seq"], each["snapshot_id"]) for owner, shown in view.items() for each in shown.snapshots
    )
    return any(number > 1 for number in places.values())


def _meeting(step: Step) -> bool:
    """Whether imported snapshots may share a place with others, so that one of them is gone (TENANT-7)."""
    imported = step.arguments["snapshots"]
    there = [each for shown in step.before.values() for each in shown.snapshots]
    places = Counter((segment(each["run_id"]), segment(each["snapshot_id"])) for each in (*imported, *there))
    return any(number > 1 for number in places.values())


# --- the reference, put where an implementation stands ----------------------------------------------------------------


def _seeded(view: View) -> MemoryStore:
    store = MemoryStore()
    for shown in view.values():
        for event in shown.events:
            store.append(_event(canonical(event)))
        for snapshot in shown.snapshots:
            store.write_snapshot(_snapshot(canonical(snapshot)))
    return store


@lru_cache(maxsize=_KEPT)
def _event(text: bytes) -> Event:
    return event_from(read_json(text))


@lru_cache(maxsize=_KEPT)
def _snapshot(text: bytes) -> Snapshot:
    return snapshot_from(read_json(text))


def _project(store: MemoryStore, arguments: Object) -> Object:
    return {"projected": project(run_from(arguments["run"]), store).projected}


def _identify(_: MemoryStore, arguments: Object) -> Object:
    found = identify(run_from(arguments["run"]))
    return {
        "ids": [{"identity": each.identity, "occurrence": each.occurrence, "event_id": each.event_id} for each in found]
    }


def _import(store: MemoryStore, arguments: Object) -> Object:
    for event in arguments["events"]:
        store.append(event_from(event))
    for snapshot in arguments["snapshots"]:
        store.write_snapshot(snapshot_from(snapshot))
    return {}


def _append(store: MemoryStore, arguments: Object) -> Object:
    appended, seq = append_once(store, event_from({**arguments["event"], "seq": 0}))
    return {"appended": appended, "seq": seq}


_OPERATIONS: Final[Mapping[str, Callable[[MemoryStore, Object], Object]]] = {
    "project": _project,
    "identify": _identify,
    "import": _import,
    "append": _append,
    "compact": lambda store, arguments: {"pruned": compact(store, **arguments)},
    "prune": lambda store, arguments: {"pruned": prune(store, **arguments)},
}


def _answered(step: Step, store: MemoryStore) -> Object:
    try:
        return {"ok": _OPERATIONS[step.op](store, step.arguments)}
    except PhaseTransitionError as error:
        data = {
            "from_phase": error.from_phase.value,
            "to_phase": error.to_phase.value,
            "lifecycle_index": error.lifecycle_index,
            "projected": error.done.projected,
        }
        return {"error": {"kind": error.kind, "data": data}}
    except LifecycleProjectionError as error:
        return {"error": {"kind": error.kind, "data": {}}}


def _answer_of(step: Step) -> Object:
    if step.refusal is None:
        return {"ok": step.answer.ok}
    # What the data of other refusals hold is left open, or hangs on files (ERR-4, ERR-5).
    data = step.data if step.refusal == PhaseTransitionError.kind else {}
    return {"error": {"kind": step.refusal, "data": data}}


def _shown(store: MemoryStore, owner: Owner) -> Object:
    key, run_id = owner.tenant, owner.run_id
    return {
        "events": [_told(each) for each in log.visible(store.events(run_id), run_id, key)],
        "snapshots": [_told(each) for each in snapshots.visible(store.snapshots(run_id).values(), run_id, key)],
    }


@once_an_object
def _told(record: Event | Snapshot) -> Json:
    return to_json(record)


def _plain(shown: Shown) -> Object:
    return {"events": [*shown.events], "snapshots": [*shown.snapshots]}
