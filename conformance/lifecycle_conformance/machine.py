"""The stateful machine: it drives an implementation through lives as production sees them."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final

from attrs import Factory, define
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from lifecycle_conformance.driver.interface import BrokenDriverError, Driver
from lifecycle_conformance.life import Life
from lifecycle_conformance.properties import CHECKS, Registered
from lifecycle_conformance.properties.changes import highest_seq
from lifecycle_conformance.properties.content_ids import MARKER, PREFIX, ids_of, listed_by
from lifecycle_conformance.properties.phases import NEXT, PHASE_OF
from lifecycle_conformance.strategies import (
    LATEST_MS,
    NAMES,
    REFUSED,
    STATUSES,
    gates,
    lifecycle_records,
    run_record,
    times,
)
from lifecycle_conformance.trace import Object, Owner, Shown, key_of

TENANT: Final[Object] = {"org_id": "org-a", "workspace_id": "ws-a", "source": "explicit"}
LONGEST_HISTORY: Final = 24
_retentions = st.sampled_from([0, 1, 10, 30, LATEST_MS])
_places = st.integers(0, LONGEST_HISTORY)


@define
class Census:
    """What lives met: how often each rule ran, how deep they went. A suite that idles shows here."""

    lives: int = 0
    steps: int = 0
    rules: Counter[str] = Factory(Counter)
    phases: Counter[str] = Factory(Counter)
    longest_history: int = 0
    most_passes: int = 0
    passes: int = 0
    refusals: int = 0


class LifeMachine(RuleBasedStateMachine):
    """Let a run live: each rule is a piece of life that ends in a pass.

    `judge` is called with the life after each piece, and may raise; it is told of a driver that broke, after which
    the life is over. Subclasses made by :func:`machine` fill in the class variables.
    """

    driver: ClassVar[Driver]
    census: ClassVar[Census]
    judge: ClassVar[Callable[[Life, BrokenDriverError | None], None]]
    checks: ClassVar[Sequence[Registered]]

    def __init__(self) -> None:
        super().__init__()
        self.capabilities = self.driver.hello.capabilities
        self.broken = False
        self.passes = 0
        self.number = 0
        self.run: Object = {}
        self.life: Life | None = None
        self.census.lives += 1

    # --- the pieces of a life -----------------------------------------------------------------------------------------

    @initialize(status=st.sampled_from(STATUSES[:3]))
    def begin(self, status: str) -> None:
        """Open a store and make a run that has no history yet."""
        self._live("begin", lambda: self._begin(status))

    @rule(data=st.data(), count=st.integers(1, 3))
    def records_arrive(self, data: st.DataObject, count: int) -> None:
        """Let the history grow at its end."""
        self._insert_and_pass("records arrive", len(self._history), self._draw_records(data, count))

    @precondition(lambda self: self._history)
    @rule(which=_places)
    def an_identical_record_arrives_again(self, which: int) -> None:
        """Let a record that is there arrive once more."""
        again = self._history[which % len(self._history)]
        self._insert_and_pass("an identical record arrives again", len(self._history), [again])

    @precondition(lambda self: self._history)
    @rule(data=st.data(), where=_places)
    def a_record_is_inserted(self, data: st.DataObject, where: int) -> None:
        """Put a record before others."""
        self._insert_and_pass("a record is inserted", where % len(self._history), self._draw_records(data, 1))

    @precondition(lambda self: self._history)
    @rule(where=_places)
    def a_record_is_removed(self, where: int) -> None:
        """Take a record out."""
        where %= len(self._history)
        self._live("a record is removed", lambda: self._change(self._history[:where] + self._history[where + 1 :]))

    @rule(data=st.data(), choice=st.integers(0, len(STATUSES)))
    def the_run_moves_on(self, data: st.DataObject, choice: int) -> None:
        """Change the status as the table allows, and let a record arrive."""
        legal = self._legal_statuses()
        status = legal[choice % len(legal)] if legal else self.run["status"]
        records = self._draw_records(data, 1)
        self._live("the run moves on", lambda: self._change([*self._history, *records], status=status))

    @rule(data=st.data(), status=st.sampled_from(STATUSES))
    def the_run_moves_anywhere(self, data: st.DataObject, status: str) -> None:
        """Change the status, also against the table; after a refusal, another pass, and then one that is allowed."""
        records, before = self._draw_records(data, 1), self.run["status"]

        def piece() -> None:
            if self._change([*self._history, *records], status=status) == "phase_transition":
                self._pass()
                self._change(self._history, status=before)

        self._live("the run moves anywhere", piece)

    @rule(at=times)
    def a_node_is_retried(self, at: int) -> None:
        """Let the run be queued again because a node will be retried after a while."""
        retried = {"event": "node_retry_backoff_scheduled", "recorded_at_ms": at}
        self._live("a node is retried", lambda: self._change([*self._history, retried], status="queued"))

    @rule(gate=st.none() | gates)
    def the_gate_changes(self, gate: Object | None) -> None:
        """Await a gate, or none any more."""
        self._live("the gate changes", lambda: self._change(self._history, checkpoint={"awaiting_gate": gate}))

    @rule()
    def a_pass_again(self) -> None:
        """Project what was projected."""
        self._live("a pass again", self._pass)

    @precondition(lambda self: "durable" in self.capabilities)
    @rule(kill=st.booleans())
    def the_engine_restarts(self, kill: bool) -> None:  # noqa: FBT001 - Hypothesis passes by name
        """Open the same store in a fresh process."""

        def piece() -> None:
            self._do("restart", kill=kill)
            self._pass()

        self._live("the engine restarts", piece)

    @precondition(lambda self: "import" in self.capabilities)
    @rule(data=st.data(), count=st.integers(1, 3), twice=st.booleans(), snapshots=st.booleans())
    def the_first_generation_was_here(self, data: st.DataObject, count: int, twice: bool, snapshots: bool) -> None:  # noqa: FBT001
        """Import events under index ids, some of them identical, with or without snapshots that have no phase."""
        records = self._draw_records(data, count)
        records += records[:1] if twice else []

        def piece() -> None:
            first, seq = len(self._history), self._next_seq()
            events = [self._indexed(record, first + n, seq + n) for n, record in enumerate(records)]
            left = [self._phaseless(event) for event in events] if snapshots else []
            self._do("import", events=events, snapshots=left)
            self._change([*self._history, *records])

        self._live("the first generation was here", piece)

    @precondition(lambda self: "import" in self.capabilities)
    @rule(data=st.data(), status=st.sampled_from(STATUSES[:4]), choice=_places)
    def another_run_left_a_phase_without_history(self, data: st.DataObject, status: str, choice: int) -> None:
        """Go on with another run, of which a snapshot is there that has a phase but no history."""
        records = self._draw_records(data, 1)

        def piece() -> None:
            event = self._indexed(records[0], 0, 1)
            left = {**self._phaseless(event), "snapshot_id": "left-behind", "phase": PHASE_OF[status]}
            self._do("import", events=[], snapshots=[left])
            legal = self._legal_statuses()
            self._change(records, status=legal[choice % len(legal)])

        self._begin_another(status)
        self._live("another run left a phase without history", piece)

    @precondition(lambda self: "import" in self.capabilities)
    @rule(data=st.data(), count=st.integers(1, 3), by_hand=st.booleans())
    def others_had_compacted(self, data: st.DataObject, count: int, by_hand: bool) -> None:  # noqa: FBT001
        """Import a compaction marker that lists, among malformed entries, the ids of records that are yet to come."""
        records = self._draw_records(data, count)

        def piece() -> None:
            run, seq = self._changed([*self._history, *records]), self._next_seq()
            ids = ids_of(run)[-len(records) :]
            self._do("import", events=[self._marker(ids, seq)], snapshots=[])
            if by_hand and "append" in self.capabilities:
                self._do("append", tenant=TENANT, event=self._by_hand(ids[0], 1))
            self._change([*self._history, *records])

        self._live("others had compacted", piece)

    @precondition(lambda self: "compact" in self.capabilities)
    @rule(retention_ms=_retentions, which=_places, later=st.integers(0, 1))
    def the_log_is_compacted(self, retention_ms: int, which: int, later: int) -> None:
        """Compact up to the time of an event, or just beyond, and pass."""

        def piece() -> None:
            now_ms = self._time_of(self._shown().events, "occurred_at_ms", which) + later + retention_ms
            self._do("compact", retention_ms=retention_ms, now_ms=now_ms)
            self._pass()

        self._live("the log is compacted", piece)

    @precondition(lambda self: "prune" in self.capabilities)
    @rule(retention_ms=_retentions, keep=st.integers(0, 4), which=_places, later=st.integers(0, 1))
    def snapshots_are_pruned(self, retention_ms: int, keep: int, which: int, later: int) -> None:
        """Prune up to the time of a snapshot, or just beyond, and pass."""

        def piece() -> None:
            now_ms = self._time_of(self._shown().snapshots, "created_at_ms", which) + later + retention_ms
            self._do("prune", retention_ms=retention_ms, keep=keep, now_ms=now_ms)
            self._pass()

        self._live("snapshots are pruned", piece)

    @precondition(lambda self: "append" in self.capabilities)
    @rule(kind=st.sampled_from(["new", "compacted", "own"]), which=_places, at=times)
    def an_event_is_appended_by_hand(self, kind: str, which: int, at: int) -> None:
        """Append an event whose id is new, stands for an event in the log, or was compacted."""

        def piece() -> None:
            events = self._shown().events
            ids = {
                "new": [],
                "own": [event["event_id"] for event in events],
                "compacted": [event_id for event in events for event_id, _ in listed_by(event)],
            }[kind] or [f"by-hand-{len(events)}"]
            self._do("append", tenant=TENANT, event=self._by_hand(ids[which % len(ids)], at))

        self._live("an event is appended by hand", piece)

    @precondition(lambda self: self._history)
    @rule(status=st.sampled_from(STATUSES[:3]))
    def another_run_begins(self, status: str) -> None:
        """Go on with another run in the same store."""
        self._begin_another(status)
        self._live("another run begins", self._pass)

    @rule(how=st.sampled_from(sorted(REFUSED)))
    def input_is_refused(self, how: str) -> None:
        """Send a run record that no implementation may accept."""
        self._live("input is refused", lambda: self._do("refuse", run=REFUSED[how](self._copy(self.run))))

    def teardown(self) -> None:
        """Count what the life met, and remove its store."""
        self.census.longest_history = max(self.census.longest_history, len(self._history))
        self.census.most_passes = max(self.census.most_passes, self.passes)
        if self.life is not None:
            snapshots = (each for shown in self.life.view.values() for each in shown.snapshots)
            self.census.phases.update({each["phase"] for each in snapshots})
            self.life.end()

    # --- how they are lived -------------------------------------------------------------------------------------------

    @property
    def _history(self) -> list[Object]:
        return [] if not self.run else list(self.run["checkpoint"]["lifecycle_history"])

    def _live(self, name: str, piece: Callable[[], Any]) -> None:
        """Live a piece of life and have it judged; a life whose driver broke is over."""
        if self.broken:
            return
        self.census.rules[name] += 1
        try:
            piece()
        except BrokenDriverError as error:
            self.broken = True
            if self.life is not None:
                type(self).judge(self.life, error)
            return
        if self.life is not None:
            type(self).judge(self.life, None)

    def _begin(self, status: str) -> None:
        self.life = Life(self.driver, self.checks)
        self.life.do("open", store=0)
        self.run = run_record("run-0", TENANT, status)

    def _begin_another(self, status: str) -> None:
        self.number += 1
        self.run = run_record(f"run-{self.number}", TENANT, status)

    def _do(self, op: str, **arguments: Any) -> str | None:
        assert self.life is not None
        self.census.steps += 1
        return self.life.do(op, **arguments).refusal

    def _pass(self) -> str | None:
        run = self._copy(self.run)
        if "identify" in self.capabilities:
            self._do("identify", run=run)
        self.passes += 1
        self.census.passes += 1
        refusal = self._do("project", run=run)
        self.census.refusals += refusal is not None
        return refusal

    def _change(
        self, history: list[Object], *, status: str | None = None, checkpoint: Object | None = None
    ) -> str | None:
        self.run = self._changed(history, status=status, checkpoint=checkpoint)
        return self._pass()

    def _changed(self, history: list[Object], *, status: str | None = None, checkpoint: Object | None = None) -> Object:
        changed = {**self.run["checkpoint"], **(checkpoint or {}), "lifecycle_history": history[:LONGEST_HISTORY]}
        return {**self.run, "status": status or self.run["status"], "checkpoint": changed}

    def _insert_and_pass(self, name: str, where: int, records: list[Object]) -> None:
        self._live(name, lambda: self._change([*self._history[:where], *records, *self._history[where:]]))

    def _draw_records(self, data: st.DataObject, count: int) -> list[Object]:
        strategy = lifecycle_records(self.capabilities)
        return [data.draw(strategy) for _ in range(count)]

    def _shown(self) -> Shown:
        assert self.life is not None
        return self.life.view.get(Owner(key_of(TENANT), self.run["run_id"]), Shown())

    def _next_seq(self) -> int:
        return highest_seq(self._shown().events) + 1

    @staticmethod
    def _time_of(records: Sequence[Object], member: str, which: int) -> int:
        return records[which % len(records)][member] if records else LATEST_MS

    def _legal_statuses(self) -> list[str]:
        """Give the statuses that the guard allows after the latest snapshot."""
        snapshots = self._shown().snapshots
        if not snapshots:
            return list(STATUSES)
        phase = snapshots[-1]["phase"]
        return [status for status in STATUSES if PHASE_OF[status] in (phase, *NEXT[phase])]

    @staticmethod
    def _copy(run: Object) -> Object:
        copy: Object = json.loads(json.dumps(run))
        return copy

    # --- what older engines left --------------------------------------------------------------------------------------

    def _indexed(self, record: Object, index: int, seq: int) -> Object:
        name = NAMES[0] if not record["event"].isascii() or not record["event"].isprintable() else record["event"]
        return {
            "schema_version": 1,
            "event_id": f"automation-v2-lifecycle-{self.run['run_id']}-{index}-{name.replace('/', '-') or 'event'}",
            "run_id": self.run["run_id"],
            "seq": seq,
            "event_type": f"{PREFIX}{record['event']}",
            "occurred_at_ms": record["recorded_at_ms"],
            "scope": {"schema_version": 1, "tenant_context": TENANT},
            "correlation_id": self.run["automation_id"],
            "payload": {
                "source": "automation_v2_lifecycle",
                "event": record["event"],
                "lifecycle_index": index,
                **{name: record.get(name) for name in ("reason", "stop_kind", "metadata")},
            },
        }

    def _phaseless(self, event: Object) -> Object:
        return {
            "schema_version": 1,
            "snapshot_id": event["event_id"],
            "run_id": event["run_id"],
            "seq": event["seq"],
            "created_at_ms": event["occurred_at_ms"],
            "scope": event["scope"],
            "status": self.run["status"],
        }

    def _marker(self, ids: list[str], seq: int) -> Object:
        entries: list[Any] = [{"event_id": f" {each}\u2003", "seq": seq + n} for n, each in enumerate(ids)]
        malformed = [7, {}, {"event_id": " ", "seq": 1}, {"event_id": "x", "seq": -1}, {"event_id": "y", "seq": 1.5}]
        return {
            "schema_version": 1,
            "event_id": f"stateful-compaction-by-others-{seq}",
            "run_id": self.run["run_id"],
            "seq": seq + len(ids),
            "event_type": MARKER,
            "occurred_at_ms": 1,
            "scope": {"schema_version": 1, "tenant_context": TENANT},
            "payload": {"compacted_event_ids": [*malformed, *entries]},
        }

    def _by_hand(self, event_id: str, at: int) -> Object:
        return {
            "schema_version": 1,
            "event_id": event_id,
            "run_id": self.run["run_id"],
            "seq": 0,
            "event_type": "note",
            "occurred_at_ms": at,
            "scope": {"schema_version": 1, "tenant_context": TENANT},
            "payload": None,
        }


def machine(
    driver: Driver,
    census: Census,
    judge: Callable[[Life, BrokenDriverError | None], None],
    checks: Sequence[Registered] = CHECKS,
) -> type[LifeMachine]:
    """Make a machine that drives this driver and has each piece of life judged by these checks."""
    members = {"driver": driver, "census": census, "judge": staticmethod(judge), "checks": checks}
    return type("Lives", (LifeMachine,), members)
