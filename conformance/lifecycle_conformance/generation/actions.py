"""What happens in sessions, action by action: the state of a session, and what may happen to it.

An action draws what it needs first and runs then, so that what it does can't change what is drawn.
"""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from lifecycle_conformance.driver.interface import BringUpError, BrokenDriverError, Driver
from lifecycle_conformance.execution.coverage import Coverage
from lifecycle_conformance.execution.judgement import Registered
from lifecycle_conformance.execution.session import Session, SessionOverError
from lifecycle_conformance.execution.trace import Object, Owner, Request, Shown, Step, history_of, owner_of_run
from lifecycle_conformance.generation import file_faults, legacy_stores
from lifecycle_conformance.generation.file_faults import Situation
from lifecycle_conformance.generation.strategies import (
    LATEST_MS,
    STATUSES,
    automation_ids,
    changed,
    evenly,
    lifecycle_records,
    run_ids,
    run_record,
    states,
    tenants,
)
from lifecycle_conformance.model.identity import listed_by
from lifecycle_conformance.model.phase_table import NEXT, PHASE_OF, phase_status
from lifecycle_conformance.model.recorded import highest_seq

LONGEST_HISTORY: Final = 24
AFTER_ALL_MS: Final = LATEST_MS + 2
"""A time after all that sessions record."""
PRUNINGS: Final = ("early", "late", "off")
COMPACTIONS: Final = (*PRUNINGS, "for two tenants")
BETWEEN: Final = ("nothing", "an append", "a compaction", "a late compaction")
"""What may happen between an import and the pass after it."""
retentions = evenly([10, 1, 30, LATEST_MS])
places = evenly(range(LONGEST_HISTORY + 1))
_APART: Final = ("\U0001f600", "\uffff", "z")
"""Run ids that UTF-16 puts in another order than code points."""
_TENANT: Final = ("org_id", "workspace_id", "deployment_id", "actor_id", "source")
Judge = Callable[[Session, BrokenDriverError | None], None]


class Actions(RuleBasedStateMachine):
    """Runs in one store.

    `judge` is called with the session after each action, and may raise; it is told of a driver that broke, after which
    the the session is over. Subclasses fill in the class variables.
    """

    driver: ClassVar[Driver]
    coverage: ClassVar[Coverage]
    judge: ClassVar[Judge]
    checks: ClassVar[Sequence[Registered]]

    def __init__(self) -> None:
        super().__init__()
        self.capabilities = self.driver.hello.capabilities
        self.over = False
        self.passes = 0
        self.run: Object = {}
        self.runs: dict[Owner, Object] = {}
        self.session = Session(self.driver, self.checks)
        self.coverage.sessions += 1

    def teardown(self) -> None:
        """Count what the session met, and remove its store."""
        depth = self.coverage.depth
        depth["records"].append(max((len(history_of(each)) for each in self.runs.values()), default=0))
        depth["passes"].append(self.passes)
        depth["requests"].append(len(self.session.requests))
        snapshots = (each for shown in self.session.view.values() for each in shown.snapshots)
        self.coverage.phases.update({str(each.get("phase")) for each in snapshots})
        self.session.end()

    # --- actions ------------------------------------------------------------------------------------------------------

    def execute(self, name: str, action: Callable[[], Any]) -> None:
        """Run an action and have it judged; when the driver broke, or nothing can be relied on, the session is over."""
        if self.over:
            return
        self.coverage.rules[name] += 1
        broke: BrokenDriverError | None = None
        try:
            action()
        except SessionOverError:
            self.over = True
        except BrokenDriverError as error:
            self.over, broke = True, error
        except BringUpError as error:
            self.over, broke = True, error.as_breakdown()
        except Exception:  # noqa: BLE001 - an answer that nobody thought of ends this session, and is told
            self.over = True
            self.session.err(name)
        type(self).judge(self.session, broke)

    def insert_and_pass(self, name: str, where: int, records: list[Object]) -> None:
        """Put records into the history, and pass."""
        self.execute(name, lambda: self.change([*self.history[:where], *records, *self.history[where:]]))

    def go_on_with(self, data: st.DataObject, name: str, between: str) -> None:
        """Go on with what an older engine left of the run; at times something happens before the pass."""
        legacy, which = (
            data.draw(legacy_stores.LEGACY_STORES[name](self.run, self._next_seq(), self.capabilities)),
            data.draw(places),
        )

        def action() -> None:
            self.coverage.generations[name] += 1
            self.do("import", **legacy.left)
            if between == "an append" and "append" in self.capabilities:
                self.append(self.ids_known_in_many_ways() or self.known_ids(), which, 1)
            if "compaction" in between and "compact" in self.capabilities:
                now_ms = AFTER_ALL_MS if between == "a late compaction" else self._moment("events", which) + 1
                self.do("compact", retention_ms=1, now_ms=now_ms)
            self.change([*self.history, *legacy.records])

        self.execute("an older engine was here", action)

    def compact(self, data: st.DataObject, how: str) -> None:
        """Compact in one of some ways, and pass; at times another tenant's snapshot of the same run id protects."""
        retention_ms = 0 if how == "off" else data.draw(retentions)
        which, later = data.draw(places), data.draw(st.integers(0, 1))

        def action() -> None:
            events = self.shown().events
            if how == "for two tenants" and events and "import" in self.capabilities:
                # Beyond all events, it decides on those that the own newest snapshot protects by itself.
                seq = highest_seq(events) + 1 if which % 2 else events[which % len(events)]["seq"]
                self.do("import", events=[], snapshots=[self._foreign_snapshot(seq)])
            moment = self._moment("events", which) if how == "early" else AFTER_ALL_MS
            self.do("compact", retention_ms=retention_ms, now_ms=moment + later + retention_ms)
            self.pass_()

        self.execute("the log is compacted", action)

    def prune(self, data: st.DataObject, how: str) -> None:
        """Prune in one of some ways, and pass; at times the run has another status, or another state, by then."""
        retention_ms = 0 if how == "off" else data.draw(retentions)
        which, later, keep = data.draw(places), data.draw(st.integers(0, 1)), data.draw(st.integers(0, 4))
        state = data.draw(states(self.capabilities)) if which % 3 == 0 else None

        def action() -> None:
            moment = self._moment("snapshots", which) if how == "early" else AFTER_ALL_MS
            few = keep % 2 if how == "late" else keep
            self.do("prune", retention_ms=retention_ms, keep=few, now_ms=moment + later + retention_ms)
            self.change(self.history, status=self.legal(which) if which % 2 else None, state=state)

        self.execute("snapshots are pruned", action)

    def begin_for_two_tenants(self, data: st.DataObject, count: int, status: str, other: Object) -> None:
        """Go on with two new runs that are alike but for their tenants, one after the other."""
        records = self.draw_records(data, count)
        self.make_run(data, status)

        def action() -> None:
            self.change(records)
            self.run = {**self.run, "tenant_context": other}
            self.pass_()

        self.execute("two tenants begin the same run", action)

    def compact_runs_in_order(self, data: st.DataObject) -> None:
        """Compact the log of runs whose ids are in one order by code point, and in another by UTF-16 unit."""
        records = self.draw_records(data, 2)
        runs = [run_record(run_id, self.run["tenant_context"], STATUSES[0]) for run_id in _APART]

        def action() -> None:
            for self.run in runs:
                self.change(records)
            self.do("compact", retention_ms=1, now_ms=AFTER_ALL_MS)
            self.pass_()

        self.execute("the log of several runs is compacted", action)

    def prune_beside_a_namesake(self, data: st.DataObject) -> None:
        """Prune a snapshot whose id another run's newest snapshot has, too."""
        records = self.draw_records(data, 1)

        def action() -> None:
            self.change([*self.history, *records])
            for snapshot in self.shown().snapshots[:1]:
                namesake = {**snapshot, "run_id": f"{snapshot['run_id']}-namesake"}
                self.do("import", events=[], snapshots=[namesake])
            self.do("prune", retention_ms=1, keep=1, now_ms=AFTER_ALL_MS)
            self.pass_()

        self.execute("snapshots of one id are pruned", action)

    def damage_files(self, data: st.DataObject, name: str, *, compacted: bool) -> None:
        """Let the files be damaged, if it can; then the log may be compacted, and a record may arrive."""
        story = file_faults.stories(self._situation()).get(name)
        if story is None:
            return
        requests, records = data.draw(story), self.draw_records(data, data.draw(st.integers(0, 1)))

        def action() -> None:
            self.coverage.targets[name] += 1
            self.send(requests)
            if compacted and "compact" in self.capabilities:
                self.do("compact", retention_ms=1, now_ms=AFTER_ALL_MS)
            self.change([*self.history, *records])

        self.execute("something happens to the files", action)

    # --- what actions are made of -------------------------------------------------------------------------------------

    @property
    def history(self) -> list[Object]:
        """The lifecycle history of the run."""
        return history_of(self.run) if self.run else []

    @property
    def tenant(self) -> Object:
        """The tenant of the run, with its known members."""
        tenant = self.run["tenant_context"]
        return {name: tenant[name] for name in _TENANT if tenant.get(name) is not None}

    def make_run(self, data: st.DataObject, status: str) -> None:
        """Go on with a run of a new id, without history."""
        run_id = data.draw(run_ids())
        taken = {owner.run_id for owner in self.runs}
        run_id = run_id if run_id not in taken else f"{run_id}{len(taken)}"
        run = run_record(run_id, data.draw(tenants(self.capabilities)), status)
        state = data.draw(states(self.capabilities)) if data.draw(st.booleans()) else {}
        self.run = changed({**run, "automation_id": data.draw(automation_ids())}, state)

    def draw_records(self, data: st.DataObject, count: int) -> list[Object]:
        """Draw lifecycle records."""
        strategy = lifecycle_records(self.capabilities)
        return [data.draw(strategy) for _ in range(count)]

    def do(self, op: str, **arguments: Any) -> Step:
        """Take a step."""
        self.coverage.steps += 1
        return self.session.do(op, **arguments)

    def send(self, requests: Sequence[Request]) -> None:
        """Take some steps."""
        for op, arguments in requests:
            self.do(op, **arguments)

    def pass_(self) -> str | None:
        """Pass over the run, and give the kind of the refusal; its ids are asked for when it is new or has changed."""
        owner = owner_of_run(self.run)
        if "identify" in self.capabilities and self.runs.get(owner) is not self.run:
            self.do("identify", run=self.run)
        self.runs[owner] = self.run
        self.passes += 1
        self.coverage.passes += 1
        step = self.do("project", run=self.run)
        self.coverage.refusals += step.refusal is not None
        self._count_move(step)
        return step.refusal

    def change(
        self, history: Sequence[Object], *, status: str | None = None, state: Object | None = None
    ) -> str | None:
        """Give the run another history, status or state, and pass over it."""
        run = changed(self.run, state or {})
        checkpoint = {**run["checkpoint"], "lifecycle_history": [*history[:LONGEST_HISTORY]]}
        self.run = {**run, "status": status or run["status"], "checkpoint": checkpoint}
        return self.pass_()

    def append(self, ids: Sequence[str], which: int, at: int) -> None:
        """Append an event by hand, under one of some ids, or under a new one."""
        event_id = ids[which % len(ids)] if ids else f"by-hand-{len(self.session.requests)}"
        self.do("append", tenant=self.tenant, event=self._by_hand(event_id, at, plain=bool(which % 3)))

    def known_ids(self) -> list[str]:
        """Give the ids that the log knows, those first that markers list or that stand several times."""
        return [*self.ids_known_in_many_ways(), *(event["event_id"] for event in self.shown().events)]

    def ids_known_in_many_ways(self) -> list[str]:
        """Give the ids that markers list or that stand in the log several times."""
        events = self.shown().events
        own = [event["event_id"] for event in events]
        listed = [event_id for event in events for event_id, _ in listed_by(event)]
        return [*listed, *(each for each in own if own.count(each) > 1)]

    def legal(self, choice: int) -> str:
        """Give a status that the guard allows after the latest snapshot, where there is one: moves come first."""
        phase = self._phase()
        legal = [each for each in STATUSES if phase is None or _allowed(phase, each)]
        legal.sort(key=lambda each: PHASE_OF[each] == phase)
        status: str = legal[choice % len(legal)] if legal else self.run["status"]
        return status

    @property
    def illegal(self) -> list[str]:
        """The statuses that the guard refuses after the latest snapshot; all, where it would refuse none."""
        phase = self._phase()
        refused = [each for each in STATUSES if phase is not None and not _allowed(phase, each)]
        return refused or [*STATUSES]

    def shown(self) -> Shown:
        """Give what was shown of the run last."""
        return self.session.view.get(owner_of_run(self.run), Shown())

    def _next_seq(self) -> int:
        return highest_seq(self.shown().events) + 1

    def _moment(self, kind: str, which: int) -> int:
        """Give the time of an event or a snapshot of the run, or one after all."""
        member = "occurred_at_ms" if kind == "events" else "created_at_ms"
        moments = [*(each[member] for each in getattr(self.shown(), kind)), AFTER_ALL_MS]
        moment: int = moments[which % len(moments)]
        return moment

    def _phase(self) -> str | None:
        snapshots = self.shown().snapshots
        return snapshots[-1].get("phase") if snapshots else None

    def _situation(self) -> Situation:
        steps, phase = self.session.trace.steps, self._phase()
        return Situation(
            run=self.run,
            files=self.session.files() or {},
            last=steps[-1] if steps else None,
            number=len(steps),
            illegal=tuple(each for each in STATUSES if phase is not None and not _allowed(phase, each)),
            capabilities=self.capabilities,
            latest_ms=LATEST_MS,
        )

    def _count_move(self, step: Step) -> None:
        """Count the move that the newest record asked of the guard."""
        before = step.shown_before().snapshots
        if before and step.history and len(step.shown_after().snapshots) + (step.refusal is not None) > len(before):
            target = PHASE_OF[phase_status(step.run, step.history[-1])]
            self.coverage.moves[f"{before[-1].get('phase')} → {target}"] += 1

    def _foreign_snapshot(self, seq: int) -> Object:
        """Write a snapshot that another tenant has under the same run id."""
        return {
            "schema_version": 1,
            "snapshot_id": f"foreign-{len(self.session.requests)}",
            "run_id": self.run["run_id"],
            "seq": seq,
            "created_at_ms": 1,
            "scope": {
                "schema_version": 1,
                "tenant_context": {"org_id": "org-foreign", "workspace_id": "ws", "source": "explicit"},
            },
            "status": "running",
        }

    def _by_hand(self, event_id: str, at: int, *, plain: bool) -> Object:
        event: Object = {
            "schema_version": 1,
            "event_id": event_id,
            "run_id": self.run["run_id"],
            "seq": at,
            "event_type": "note",
            "occurred_at_ms": at,
            "scope": {"schema_version": 1, "tenant_context": self.tenant},
            "payload": None,
        }
        more: Object = {
            "actor": {"kind": "human_user", "id": "somebody"},
            "phase_id": "node-a",
            "wait_kind": "timer",
            "causation_id": "session-1",
            "correlation_id": "by hand",
            "payload": {"note": ["größe", None, 7]},
        }
        return event if plain else {**event, **more}


def _allowed(phase: str, status: str) -> bool:
    return PHASE_OF[status] in (phase, *NEXT[phase])
