"""Random healthy stores: what engines of each generation leave of a few runs, through retention, refusals and crashes.

Generation 1 gives ids by position, and writes every snapshot anew at each pass. Generation 2 gives stable ids, and
writes a snapshot once; neither of the two has a guard, or builds a phase history. What generation 3 leaves can't be
told from today's, as long as nothing was compacted: to the reference it is the same.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

from attrs import define, evolve, field, frozen
from hypothesis import strategies as st

from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.generation.run_states import states
from lifecycle_conformance.generation.strategies import (
    LATEST_MS,
    STATUSES,
    automation_ids,
    changed,
    lifecycle_records,
    run_ids,
    run_record,
    tenants,
)
from lifecycle_conformance.model.identity import safe
from lifecycle_conformance.model.phase_table import NEXT, PHASE_OF
from lifecycle_projection import FileStore, LifecycleProjectionError, MemoryStore, compact, project, prune
from lifecycle_projection.codec import run_from
from lifecycle_projection.records import Event, Snapshot
from lifecycle_projection.stores.files import LOG_NAME
from lifecycle_projection.stores.store import Store

Object: TypeAlias = dict[str, Any]

CAPABILITIES: Final = InProcessDriver("files").hello.capabilities
GENERATIONS: Final[Mapping[str, Sequence[int]]] = {
    "G1": (1,),
    "G2": (2,),
    "G3": (3,),
    "G4": (4,),
    "all generations": (1, 2, 3, 4),
}
"""Which engines wrote a store, one after the other."""
IN_A_COMPACTION: Final = "it dies in a compaction"
IN_A_LINE: Final = "it dies inside a line"
DEATHS: Final = (IN_A_COMPACTION, IN_A_LINE, "it dies before a snapshot")
_LONG_NUMBERS: Final = (0.1234567890123456, 1234567890.1234567)
"""Numbers with digits that a careless reader loses (H9)."""


@frozen(kw_only=True)
class Step:
    """What happens to a store: a pass over a run, a compaction, a pruning, or a death."""

    name: str
    run: Object = field(factory=dict)
    generation: int = 4
    number: int = 0


# --- what happens -----------------------------------------------------------------------------------------------------


@st.composite
def plans(draw: st.DrawFn, generations: Sequence[int], *, crashes: bool = True) -> list[Step]:
    """What happens to a store under engines of these generations, each of which makes a pass or several."""
    runs = {run["run_id"]: run for run in draw(st.lists(_runs(), min_size=1, max_size=2))}
    steps: list[Step] = []
    for generation in generations:
        for _ in range(draw(st.integers(1, 6 // len(generations) + 1))):
            run_id = draw(st.sampled_from(sorted(runs)))
            runs[run_id] = draw(_later(runs[run_id]))
            steps.append(Step(name="pass", run=runs[run_id], generation=generation))
            retention = ["prune", "compact"] if generation == 4 else ["prune"]
            name = draw(st.sampled_from(["", "", *retention, *(DEATHS if crashes else ())]))
            steps += [Step(name=name, number=draw(st.integers(1, LATEST_MS)))] if name else []
    return steps


@st.composite
def _runs(draw: st.DrawFn) -> Object:
    run = run_record(draw(run_ids()), draw(tenants()), draw(st.sampled_from(STATUSES[:3])))
    return {**run, "automation_id": draw(automation_ids())}


@st.composite
def _later(draw: st.DrawFn, run: Object) -> Object:
    """The run after some more records, mostly in a status that the guard allows."""
    history = run["checkpoint"]["lifecycle_history"]
    records = draw(st.lists(lifecycle_records(CAPABILITIES), min_size=1, max_size=4))
    if draw(st.booleans()):
        records.append(draw(st.sampled_from([*history, *records])))
    if draw(st.booleans()):
        records[0] = {**records[0], "metadata": {"cost": draw(st.sampled_from(_LONG_NUMBERS))}}
    phase = PHASE_OF[run["status"]]
    legal = [status for status in STATUSES if PHASE_OF[status] == phase or PHASE_OF[status] in NEXT[phase]]
    status = draw(st.sampled_from([*legal, *legal, *STATUSES]))
    state = draw(states(CAPABILITIES)) if draw(st.booleans()) else {}
    return changed(
        run,
        {
            **state,
            "status": status,
            "checkpoint": {**state.get("checkpoint", {}), "lifecycle_history": [*history, *records]},
        },
    )


# --- how it happens ---------------------------------------------------------------------------------------------------


@define
class Engines:
    """The engines that write a store, one after the other.

    `runs` are the run records as of now, and `met` counts what really happened.
    """

    folder: Path
    runs: dict[str, Object] = field(factory=dict)
    met: Counter[str] = field(factory=Counter)
    _known: dict[str, list[str]] = field(factory=dict)

    def play(self, plan: Sequence[Step]) -> None:
        """Let a plan happen. What is refused, is refused, and life goes on."""
        store = FileStore(self.folder)
        for step in plan:
            match step.name:
                case "pass":
                    self.runs[step.run["run_id"]] = step.run
                    done = self._pass(step.run, step.generation, store)
                case "compact":
                    done = compact(store, retention_ms=1, now_ms=step.number + 1) > 0
                case "prune":
                    done = prune(store, retention_ms=1, keep=1, now_ms=step.number + 1) > 0
                case how:
                    done = self._die(store, how, step.number)
            self.met[step.name] += done

    def _pass(self, run: Object, generation: int, store: FileStore) -> bool:
        try:
            if generation > 2:
                project(run_from(run), store)
            else:
                older_pass(run, generation, store, self._known.setdefault(run["run_id"], []))
        except LifecycleProjectionError as refusal:
            self.met[refusal.kind] += generation > 2
            return False
        return True

    def _die(self, store: FileStore, how: str, number: int) -> bool:
        """Leave what the pass before leaves if it dies at its last event, or a compaction that dies after it."""
        if how == IN_A_COMPACTION:
            (self.folder / f"{LOG_NAME}.tmp").write_bytes(b"{")
            return True
        *_, last = store.events() or [None]
        place = None if last is None else store.place(last.run_id, last.event_id, last.scope.tenant_context.key)
        there = None if place is None else store.snapshot_at(place)
        if last is None or place is None or there is None or there.snapshot_id != last.event_id:
            return False
        store.delete_snapshot(place)
        if how == IN_A_LINE:
            log = self.folder / LOG_NAME
            *before, line = log.read_bytes().splitlines(keepends=True)
            log.write_bytes(b"".join([*before, line[: len(line) * number // LATEST_MS]]))
        return True


def older_pass(run: Object, generation: int, store: Store, known: list[str]) -> None:
    """A pass of generation 1 or 2; `known` are the ids under which the first records of the history are recorded."""
    memory = MemoryStore()
    project(run_from(run), memory)
    of_event = {each.snapshot_id: each for each in memory.snapshots().values()}
    with store.lock():
        store.mend_log()
        recorded = {each.event_id for each in store.events(run["run_id"])}
        while known and known[-1] not in recorded:  # a crash cut its line off
            known.pop()
        for index, event in enumerate(memory.events()):
            snapshot = of_event[event.event_id]
            if index == len(known):
                own = _by_index(event, index) if generation == 1 else event
                known.append(own.event_id)
                store.append(evolve(own, seq=_next_seq(store, event)))
            own_snapshot = _renamed(snapshot, known[index], _seq_of(store, event, known[index]))
            place = store.place(run["run_id"], known[index], event.scope.tenant_context.key)
            there = store.snapshot_at(place)
            if there is None or (generation == 1 and there.snapshot_id == known[index]):
                store.write_snapshot(own_snapshot)
    store.sync(run["run_id"])


def _by_index(event: Event, index: int) -> Event:
    """An event as generation 1 made it: with an id by position, and without the occurrence."""
    name = str(event.payload["event"])
    payload = {name: value for name, value in event.payload.items() if name != "lifecycle_occurrence"}
    return evolve(event, event_id=f"automation-v2-lifecycle-{event.run_id}-{index}-{safe(name)}", payload=payload)


def _renamed(snapshot: Snapshot, event_id: str, seq: int) -> Snapshot:
    return evolve(snapshot, snapshot_id=event_id, seq=seq, metadata={**snapshot.metadata, "event_id": event_id})


def _next_seq(store: Store, event: Event) -> int:
    return 1 + max((each.seq for each in _own(store, event)), default=0)


def _seq_of(store: Store, event: Event, event_id: str) -> int:
    return next(each.seq for each in _own(store, event) if each.event_id == event_id)


def _own(store: Store, event: Event) -> list[Event]:
    tenant = event.scope.tenant_context.key
    return [each for each in store.events(event.run_id) if each.scope.tenant_context.key == tenant]
