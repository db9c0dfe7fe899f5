"""The state of a session under way: its store, its runs, what was shown of them; and the steps that actions take."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from lifecycle_conformance.driver.interface import BringUpError, BrokenDriverError, Driver
from lifecycle_conformance.execution.coverage import Coverage
from lifecycle_conformance.execution.judgement import Registered
from lifecycle_conformance.execution.session import Session, SessionOverError
from lifecycle_conformance.execution.trace import Object, Owner, Request, Shown, Step, history_of, owner_of_run
from lifecycle_conformance.generation.file_faults.scenarios import Situation
from lifecycle_conformance.generation.run_states import states
from lifecycle_conformance.generation.strategies import (
    LATEST_MS,
    STATUSES,
    automation_ids,
    changed,
    evenly,
    lifecycle_records,
    run_ids,
    run_record,
    tenants,
)
from lifecycle_conformance.model.identity import listed_by
from lifecycle_conformance.model.phase_table import NEXT, PHASE_OF, phase_status
from lifecycle_conformance.model.recorded import highest_seq

LONGEST_HISTORY: Final = 24
AFTER_ALL_MS: Final = LATEST_MS + 2
"""A time after all that sessions record."""
_LAST_MOMENT_MS: Final = 2**64 - 1 - LATEST_MS
_SEQS_TO_ADD: Final = 1_000
indexes = evenly(range(LONGEST_HISTORY + 1))
_TENANT: Final = ("org_id", "workspace_id", "deployment_id", "actor_id", "source")
Observer = Callable[[Session, BrokenDriverError | None], None]


class SessionState(RuleBasedStateMachine):
    """Runs in one store, of which `run` is the current one.

    `observe` is called with the session after each action, and with the error of a driver that broke, which ends the
    session; it may raise. Subclasses fill in the class variables.
    """

    driver: ClassVar[Driver]
    coverage: ClassVar[Coverage]
    observe: ClassVar[Observer]
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

    def execute(self, name: str, action: Callable[[], Any]) -> None:
        """Run an action, and have it observed; a driver that broke, or can't be relied on, ends the session."""
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
        except Exception:  # noqa: BLE001 - an unforeseen answer ends this session, and is reported
            self.over = True
            self.session.err(name)
        type(self).observe(self.session, broke)

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
        """Pass over the run; the kind of the refusal, if any. Its ids are asked for when it is new or has changed."""
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
        """Change history, status or state of the run, and pass over it."""
        run = changed(self.run, state or {})
        checkpoint = {**run["checkpoint"], "lifecycle_history": [*history[:LONGEST_HISTORY]]}
        self.run = {**run, "status": status or run["status"], "checkpoint": checkpoint}
        return self.pass_()

    def append(self, ids: Sequence[str], which: int, at: int) -> None:
        """Append an event by hand, under one of some ids, or under a new one."""
        event_id = ids[which % len(ids)] if ids else f"by-hand-{len(self.session.requests)}"
        self.do("append", tenant=self.tenant, event=self.by_hand(event_id, at, plain=bool(which % 3)))

    def known_ids(self) -> list[str]:
        """The ids that the log knows, those first that markers list or that stand several times."""
        return [*self.ids_known_in_many_ways(), *(event["event_id"] for event in self.shown().events)]

    def ids_known_in_many_ways(self) -> list[str]:
        """The ids that markers list or that stand in the log several times."""
        events = self.shown().events
        own = [event["event_id"] for event in events]
        listed = [event_id for event in events for event_id, _ in listed_by(event)]
        return [*listed, *(each for each in own if own.count(each) > 1)]

    def legal(self, choice: int) -> str:
        """A status that the guard allows after the latest snapshot, where there is one: moves come first."""
        phase = self._phase()
        legal = [each for each in STATUSES if phase is None or _allowed(phase, each)]
        legal.sort(key=lambda each: PHASE_OF[each] == phase)
        status: str = legal[choice % len(legal)] if legal else self.run["status"]
        return status

    @property
    def illegal(self) -> list[str]:
        """The statuses that the guard refuses after the latest snapshot; all statuses, where it would refuse none."""
        phase = self._phase()
        refused = [each for each in STATUSES if phase is not None and not _allowed(phase, each)]
        return refused or [*STATUSES]

    def shown(self) -> Shown:
        """What was shown of the run last."""
        return self.session.view.get(owner_of_run(self.run), Shown())

    def next_seq(self) -> int:
        """The seq that the next event of the run gets, as far as it is shown; some can be added to it."""
        greatest = 2**64 - 1 if "json-numbers" in self.capabilities else 2**53 - 1
        return min(highest_seq(self.shown().events) + 1, greatest - _SEQS_TO_ADD)

    def moment(self, kind: str, which: int) -> int:
        """The time of an event or a snapshot of the run, or one after all; a retention can be added to it."""
        member = "occurred_at_ms" if kind == "events" else "created_at_ms"
        moments: list[int] = [*(each[member] for each in getattr(self.shown(), kind)), AFTER_ALL_MS]
        return min(moments[which % len(moments)], _LAST_MOMENT_MS)

    def _phase(self) -> str | None:
        snapshots = self.shown().snapshots
        return snapshots[-1].get("phase") if snapshots else None

    def situation(self) -> Situation:
        """What decides which faults of the files are possible now."""
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

    def by_hand(self, event_id: str, at: int, *, plain: bool) -> Object:
        """An event for an append, with a seq of any sort: nobody reads it (LOG-8)."""
        seqs: list[Object] = [{}, {"seq": None}, {"seq": "first"}, {"seq": at}, {"seq": at + 60}]
        event: Object = {
            "schema_version": 1,
            "event_id": event_id,
            "run_id": self.run["run_id"],
            **seqs[at % len(seqs)],
            "event_type": "note",
            "occurred_at_ms": at,
            "scope": {"schema_version": 1, "tenant_context": self.tenant},
            "payload": None,
        }
        moved = {"event_id": "moved", "to_phase": "failed", "event_type": "moved", "occurred_at_ms": at}
        more: Object = {
            "actor": {"kind": "human_user", "id": "somebody"},
            "phase_transition": {"schema_version": 1, **moved},
            "phase_id": "node-a",
            "wait_kind": "timer",
            "causation_id": "session-1",
            "correlation_id": "by hand",
            "payload": {"note": ["größe", None, 7]},
        }
        return event if plain else {**event, **more}


def _allowed(phase: str, status: str) -> bool:
    return PHASE_OF[status] in (phase, *NEXT[phase])
