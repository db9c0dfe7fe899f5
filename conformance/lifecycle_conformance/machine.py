"""The stateful machine: it drives an implementation through lives as production sees them."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar, Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from lifecycle_conformance import mishaps, pasts
from lifecycle_conformance.census import Census
from lifecycle_conformance.driver.interface import BrokenDriverError, Driver
from lifecycle_conformance.life import Life, LifeOverError
from lifecycle_conformance.mishaps import Situation
from lifecycle_conformance.properties import CHECKS, Registered
from lifecycle_conformance.properties.changes import highest_seq
from lifecycle_conformance.properties.content_ids import listed_by
from lifecycle_conformance.properties.phases import NEXT, PHASE_OF, phase_status
from lifecycle_conformance.refusals import refusals
from lifecycle_conformance.strategies import (
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
    times,
)
from lifecycle_conformance.trace import Object, Owner, Request, Shown, Step, history_of, key_of, owner_of_run, tenant_of

LONGEST_HISTORY: Final = 24
_retentions = evenly([10, 1, 30, LATEST_MS])
_places = evenly(range(LONGEST_HISTORY + 1))
_RETENTIONS: Final = ("early", "late", "off")
_COMPACTIONS: Final = (*_RETENTIONS, "for two tenants")
_CORNERS: Final = 3
_TENANT: Final = ("org_id", "workspace_id", "deployment_id", "actor_id", "source")
_ASKING: Final[tuple[Object, ...]] = (
    {"actor_id": "somebody-else"},
    {"source": "explicit"},
    {"source": "local_implicit", "actor_id": ""},
    {"deployment_id": None},
    {"deployment_id": ""},
)
_Judge = Callable[[Life, BrokenDriverError | None], None]


class LifeMachine(RuleBasedStateMachine):
    """Let runs live in one store: each rule is a piece of life, and most of them end in a pass.

    `judge` is called with the life after each piece, and may raise; it is told of a driver that broke, after which
    the life is over. Subclasses made by :func:`machine` fill in the class variables.
    """

    driver: ClassVar[Driver]
    census: ClassVar[Census]
    judge: ClassVar[_Judge]
    checks: ClassVar[Sequence[Registered]]

    def __init__(self) -> None:
        super().__init__()
        self.capabilities = self.driver.hello.capabilities
        self.over = self.damaged = False
        self.passes = 0
        self.restarts_left = 0
        self.run: Object = {}
        self.runs: dict[Owner, Object] = {}
        self.life = Life(self.driver, self.checks)
        self.census.lives += 1

    # --- how a life begins --------------------------------------------------------------------------------------------

    @initialize(data=st.data(), status=st.sampled_from(STATUSES[:3]), restarts=evenly([0, 0, 0, 0, 0, 1]))
    def begin(self, data: st.DataObject, status: str, restarts: int) -> None:
        """Open a store, let the first records arrive, and go round some corners, each as often as the others.

        What befalls files makes much of a view hard to judge, so only every third life meets that.
        """
        self.restarts_left = restarts
        self.damaged = "files" in self.capabilities and data.draw(evenly([False, False, True]))
        self._make_run(data, status)
        self._live("a store is opened", lambda: self._do("open", store=0))
        self.records_arrive(data, 2)
        for _ in range(_CORNERS):
            self._go_round_a_corner(data)

    def _go_round_a_corner(self, data: st.DataObject) -> None:
        corners: dict[str, Callable[[], None]] = {}
        if self.damaged:
            corners = {name: partial(self._befall, data, name) for name in mishaps.stories(self._situation())}
        else:
            if "import" in self.capabilities:
                corners |= {name: partial(self._go_on_with, data, name) for name in pasts.PASTS}
            if "compact" in self.capabilities:
                corners |= {f"compaction {name}": partial(self._compact, data, name) for name in _COMPACTIONS}
            if "prune" in self.capabilities:
                corners |= {f"pruning {name}": partial(self._prune, data, name) for name in _RETENTIONS}
        if corners and not self.over:
            corners[data.draw(evenly(sorted(corners)))]()

    # --- what happens to a run ----------------------------------------------------------------------------------------

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

    @rule(data=st.data(), choice=_places)
    def the_run_moves_on(self, data: st.DataObject, choice: int) -> None:
        """Change the status as the table allows, and let a record arrive."""
        records = self._draw_records(data, 1)
        self._live("the run moves on", lambda: self._change([*self._history, *records], status=self._legal(choice)))

    @rule(data=st.data(), status=st.sampled_from(STATUSES), again=st.booleans())
    def the_run_moves_anywhere(self, data: st.DataObject, status: str, again: bool) -> None:  # noqa: FBT001
        """Change the status, also against the table; after a refusal, another pass, and then one that is allowed."""
        records, before = self._draw_records(data, 1), self.run["status"]

        def piece() -> None:
            if self._change([*self._history, *records], status=status) == "phase_transition":
                if again:
                    self._pass()
                self._change(self._history, status=before)

        self._live("the run moves anywhere", piece)

    @rule(at=times)
    def a_node_is_retried(self, at: int) -> None:
        """Let the run be queued again because a node will be retried after a while."""
        retried = {"event": "node_retry_backoff_scheduled", "recorded_at_ms": at}
        self._live("a node is retried", lambda: self._change([*self._history, retried], status="queued"))

    @rule(data=st.data(), count=st.integers(0, 1))
    def the_state_changes(self, data: st.DataObject, count: int) -> None:
        """Change what else a run record holds, with or without a new record."""
        state, records = data.draw(states(self.capabilities)), self._draw_records(data, count)
        self._live("the state changes", lambda: self._change([*self._history, *records], state=state))

    @rule()
    def a_pass_again(self) -> None:
        """Project what was projected."""
        self._live("a pass again", self._pass)

    # --- other runs and tenants ---------------------------------------------------------------------------------------

    @precondition(lambda self: self._history)
    @rule(data=st.data(), status=st.sampled_from(STATUSES[:3]))
    def another_run_begins(self, data: st.DataObject, status: str) -> None:
        """Go on with another run in the same store, of whichever tenant."""
        records = self._draw_records(data, 1)
        self._make_run(data, status)
        self._insert_and_pass("another run begins", 0, records)

    @precondition(lambda self: self._history)
    @rule(data=st.data(), same=st.booleans())
    def another_tenant_has_the_same_run_id(self, data: st.DataObject, same: bool) -> None:  # noqa: FBT001
        """Go on with a run of another tenant under the same id, with the same history or one of its own."""
        history = self._history if same else self._draw_records(data, 2)
        run = {**self.run, "tenant_context": data.draw(tenants(self.capabilities))}
        if owner_of_run(run) not in self.runs:
            self.run = run
        self._live("another tenant has the same run id", lambda: self._change(history))

    @rule(data=st.data(), count=st.integers(1, 3), status=st.sampled_from(STATUSES[:3]))
    def two_tenants_begin_the_same_run(self, data: st.DataObject, count: int, status: str) -> None:
        """Go on with two new runs that are alike but for their tenants, one after the other."""
        records = self._draw_records(data, count)
        self._make_run(data, status)
        other = data.draw(tenants(self.capabilities))

        def piece() -> None:
            self._change(records)
            self.run = {**self.run, "tenant_context": other}
            self._pass()

        self._live("two tenants begin the same run", piece)

    @precondition(lambda self: self.runs)
    @rule(op=st.sampled_from(["events", "snapshots"]), other=st.sampled_from(_ASKING))
    def somebody_asks_in_another_way(self, op: str, other: Object) -> None:
        """Ask what there is of the run, as another actor of the tenant, or of a deployment that is none."""

        def piece() -> None:
            tenant = {**tenant_of(key_of(self._tenant)), **other}
            self._do(op, tenant=tenant, run_id=self.run["run_id"])

        self._live("somebody asks in another way", piece)

    @precondition(lambda self: len(self.runs) > 1)
    @rule(which=_places)
    def an_earlier_run_goes_on(self, which: int) -> None:
        """Go on with a run that was left for another one."""
        others = [each for each in self.runs.values() if each is not self.run]
        self.run = others[which % len(others)]
        self._live("an earlier run goes on", self._pass)

    # --- what older engines left --------------------------------------------------------------------------------------

    @precondition(lambda self: "import" in self.capabilities)
    @rule(data=st.data(), name=evenly(sorted(pasts.PASTS)))
    def an_older_engine_was_here(self, data: st.DataObject, name: str) -> None:
        """Import what an older engine left of this run, and pass over the run with the records that it knew."""
        self._go_on_with(data, name)

    def _go_on_with(self, data: st.DataObject, name: str) -> None:
        """Go on with what an older engine left; at times something is appended, or compacted, before the pass."""
        past = data.draw(pasts.PASTS[name](self.run, self._next_seq(), self.capabilities))
        between, which = (
            data.draw(evenly(["nothing", "an append", "a compaction", "a late compaction"])),
            data.draw(_places),
        )

        def piece() -> None:
            self.census.generations[name] += 1
            self._do("import", **past.left)
            if between == "an append" and "append" in self.capabilities:
                self._append(self._known_ids(), which, 1)
            if "compaction" in between and "compact" in self.capabilities:
                moments = [each["occurred_at_ms"] for each in self._shown().events]
                late = LATEST_MS if between == "a late compaction" or not moments else moments[which % len(moments)]
                self._do("compact", retention_ms=1, now_ms=late + 2)
            self._change([*self._history, *past.records])

        self._live("an older engine was here", piece)

    @precondition(lambda self: "import" in self.capabilities)
    @rule(data=st.data(), choice=_places)
    def another_run_was_left_in_some_phase(self, data: st.DataObject, choice: int) -> None:
        """Go on with another run, of which a snapshot in whichever phase is there, and move on from it."""
        records = self._draw_records(data, 1)
        self._make_run(data, STATUSES[0])
        past = data.draw(pasts.phases_of_old(self.run, 1, self.capabilities))

        def piece() -> None:
            self._do("import", **past.left)
            if self._change([*past.records, *records], status=self._legal(choice)) == "phase_transition":
                self._pass()

        self._live("another run was left in some phase", piece)

    # --- retention, appends -------------------------------------------------------------------------------------------

    @precondition(lambda self: "compact" in self.capabilities and self.runs)
    @rule(data=st.data(), how=evenly(_COMPACTIONS))
    def the_log_is_compacted(self, data: st.DataObject, how: str) -> None:
        """Compact up to the time of an event, or just beyond, or all that is not protected, and pass."""
        self._compact(data, how)

    def _compact(self, data: st.DataObject, how: str) -> None:
        """Compact in one of some ways; at times another tenant's snapshot of the same run id protects."""
        retention_ms = 0 if how == "off" else data.draw(_retentions)
        which, later = data.draw(_places), data.draw(st.integers(0, 1))

        def piece() -> None:
            events = self._shown().events
            if how == "for two tenants" and events and "import" in self.capabilities:
                self._do("import", events=[], snapshots=[self._foreign_snapshot(events[which % len(events)]["seq"])])
            late = how in {"late", "off", "for two tenants"}
            moment = LATEST_MS + 1 if late else self._moment(events, "occurred_at_ms", which)
            self._do("compact", retention_ms=retention_ms, now_ms=moment + later + retention_ms)
            self._pass()

        self._live("the log is compacted", piece)

    @precondition(lambda self: "prune" in self.capabilities and self.runs)
    @rule(data=st.data(), how=evenly(_RETENTIONS))
    def snapshots_are_pruned(self, data: st.DataObject, how: str) -> None:
        """Prune up to the time of a snapshot, or just beyond, or all but the newest, and pass, also in another status."""
        self._prune(data, how)

    def _prune(self, data: st.DataObject, how: str) -> None:
        retention_ms = 0 if how == "off" else data.draw(_retentions)
        which, later, keep = data.draw(_places), data.draw(st.integers(0, 1)), data.draw(st.integers(0, 4))

        def piece() -> None:
            moment = LATEST_MS + 1 if how != "early" else self._moment(self._shown().snapshots, "created_at_ms", which)
            few = keep % 2 if how == "late" else keep
            self._do("prune", retention_ms=retention_ms, keep=few, now_ms=moment + later + retention_ms)
            self._change(self._history, status=self._legal(which) if which % 2 else None)

        self._live("snapshots are pruned", piece)

    @precondition(lambda self: "append" in self.capabilities and self.runs)
    @rule(new=st.booleans(), which=_places, at=times)
    def an_event_is_appended_by_hand(self, new: bool, which: int, at: int) -> None:  # noqa: FBT001
        """Append an event whose id is new, or known to the log: as that of an event, or as a compacted one."""
        self._live("an event is appended by hand", lambda: self._append([] if new else self._known_ids(), which, at))

    # --- what goes wrong ----------------------------------------------------------------------------------------------

    @rule(data=st.data())
    def input_is_refused(self, data: st.DataObject) -> None:
        """Send the run as no implementation may accept it; the life goes on."""
        request = data.draw(refusals(self.run, self.capabilities))

        def piece() -> None:
            self._send([request])
            self._pass()

        self._live("input is refused", piece)

    @precondition(lambda self: "durable" in self.capabilities and self.restarts_left > 0)
    @rule(kill=st.booleans())
    def the_engine_restarts(self, kill: bool) -> None:  # noqa: FBT001 - Hypothesis passes by name
        """Open the same store in a fresh process."""

        def piece() -> None:
            self.restarts_left -= 1
            self._do("restart", kill=kill)
            self._pass()

        self._live("the engine restarts", piece)

    @precondition(lambda self: self.damaged and not self.over)
    @rule(data=st.data())
    def something_befalls_the_files(self, data: st.DataObject) -> None:
        """Damage the files of the store, or let names meet in them, and pass over the run."""
        self._go_round_a_corner(data)

    def _befall(self, data: st.DataObject, name: str) -> None:
        requests = data.draw(mishaps.stories(self._situation())[name])
        compacted = "compact" in self.capabilities and data.draw(evenly([False, True]))

        def piece() -> None:
            self.census.corners[name] += 1
            self._send(requests)
            if compacted:
                self._do("compact", retention_ms=1, now_ms=LATEST_MS + 2)
            self._pass()

        self._live("something befalls the files", piece)

    def teardown(self) -> None:
        """Count what the life met, and remove its store."""
        depth = self.census.depth
        depth["records"].append(max((len(history_of(each)) for each in self.runs.values()), default=0))
        depth["passes"].append(self.passes)
        depth["requests"].append(len(self.life.requests))
        snapshots = (each for shown in self.life.view.values() for each in shown.snapshots)
        self.census.phases.update({str(each.get("phase")) for each in snapshots})
        self.life.end()

    # --- how they are lived -------------------------------------------------------------------------------------------

    @property
    def _history(self) -> list[Object]:
        return history_of(self.run) if self.run else []

    @property
    def _tenant(self) -> Object:
        return {
            name: value for name, value in self.run["tenant_context"].items() if name in _TENANT and value is not None
        }

    def _live(self, name: str, piece: Callable[[], Any]) -> None:
        """Live a piece of life and have it judged; when the driver broke, or nothing can be relied on, life is over."""
        if self.over:
            return
        self.census.rules[name] += 1
        broke: BrokenDriverError | None = None
        try:
            piece()
        except LifeOverError:
            self.over = True
        except BrokenDriverError as error:
            self.over, broke = True, error
        except Exception:  # noqa: BLE001 - an answer that nobody thought of ends this life, and is told
            self.over = True
            self.life.err(name)
        type(self).judge(self.life, broke)

    def _make_run(self, data: st.DataObject, status: str) -> None:
        run_id = data.draw(run_ids())
        taken = {owner.run_id for owner in self.runs}
        run_id = run_id if run_id not in taken else f"{run_id}{len(taken)}"
        run = run_record(run_id, data.draw(tenants(self.capabilities)), status)
        self.run = {**run, "automation_id": data.draw(automation_ids())}

    def _do(self, op: str, **arguments: Any) -> Step:
        self.census.steps += 1
        return self.life.do(op, **arguments)

    def _send(self, requests: Sequence[Request]) -> None:
        for op, arguments in requests:
            self._do(op, **arguments)

    def _pass(self) -> str | None:
        """Pass over the run; its ids are asked for when it is new or has changed."""
        owner = owner_of_run(self.run)
        if "identify" in self.capabilities and self.runs.get(owner) is not self.run:
            self._do("identify", run=self.run)
        self.runs[owner] = self.run
        self.passes += 1
        self.census.passes += 1
        step = self._do("project", run=self.run)
        self.census.refusals += step.refusal is not None
        self._count_move(step)
        return step.refusal

    def _change(
        self, history: Sequence[Object], *, status: str | None = None, state: Object | None = None
    ) -> str | None:
        """Give the run another history, status or state, and pass over it."""
        run = changed(self.run, state or {})
        checkpoint = {**run["checkpoint"], "lifecycle_history": [*history[:LONGEST_HISTORY]]}
        self.run = {**run, "status": status or run["status"], "checkpoint": checkpoint}
        return self._pass()

    def _insert_and_pass(self, name: str, where: int, records: list[Object]) -> None:
        self._live(name, lambda: self._change([*self._history[:where], *records, *self._history[where:]]))

    def _draw_records(self, data: st.DataObject, count: int) -> list[Object]:
        strategy = lifecycle_records(self.capabilities)
        return [data.draw(strategy) for _ in range(count)]

    def _shown(self) -> Shown:
        return self.life.view.get(owner_of_run(self.run), Shown())

    def _next_seq(self) -> int:
        return highest_seq(self._shown().events) + 1

    @staticmethod
    def _moment(records: Sequence[Object], member: str, which: int) -> int:
        """Give the time of a record, or one after all."""
        times = [*(each[member] for each in records), LATEST_MS + 1]
        time: int = times[which % len(times)]
        return time

    def _known_ids(self) -> list[str]:
        """Give the ids that the log knows, those first that markers list or that stand several times."""
        events = self._shown().events
        listed = [event_id for event in events for event_id, _ in listed_by(event)]
        own = [event["event_id"] for event in events]
        return [*listed, *(each for each in own if own.count(each) > 1), *own]

    def _append(self, ids: Sequence[str], which: int, at: int) -> None:
        event_id = ids[which % len(ids)] if ids else f"by-hand-{len(self.life.requests)}"
        self._do("append", tenant=self._tenant, event=self._by_hand(event_id, at, plain=bool(which % 3)))

    def _foreign_snapshot(self, seq: int) -> Object:
        """Write a snapshot that another tenant has under the same run id."""
        return {
            "schema_version": 1,
            "snapshot_id": f"foreign-{len(self.life.requests)}",
            "run_id": self.run["run_id"],
            "seq": seq,
            "created_at_ms": 1,
            "scope": {
                "schema_version": 1,
                "tenant_context": {"org_id": "org-foreign", "workspace_id": "ws", "source": "explicit"},
            },
            "status": "running",
        }

    def _situation(self) -> Situation:
        steps = self.life.trace.steps
        snapshots = self._shown().snapshots
        phase = snapshots[-1].get("phase") if snapshots else None
        return Situation(
            run=self.run,
            files=self.life.files() or {},
            last=steps[-1] if steps else None,
            number=len(steps),
            illegal=tuple(each for each in STATUSES if phase is not None and not self._allowed(phase, each)),
            capabilities=self.capabilities,
            latest_ms=LATEST_MS,
        )

    @staticmethod
    def _allowed(phase: str, status: str) -> bool:
        return PHASE_OF[status] in (phase, *NEXT[phase])

    def _legal(self, choice: int) -> str:
        """Give a status that the guard allows after the latest snapshot, where there is one."""
        snapshots = self._shown().snapshots
        phase = snapshots[-1].get("phase") if snapshots else None
        legal = [each for each in STATUSES if phase is None or self._allowed(phase, each)]
        status: str = legal[choice % len(legal)] if legal else self.run["status"]
        return status

    def _count_move(self, step: Step) -> None:
        """Count the move that the newest record asked of the guard."""
        before = step.shown_before().snapshots
        if before and step.history and len(step.shown_after().snapshots) + (step.refusal is not None) > len(before):
            target = PHASE_OF[phase_status(step.run, step.history[-1])]
            self.census.moves[f"{before[-1].get('phase')} → {target}"] += 1

    def _by_hand(self, event_id: str, at: int, *, plain: bool) -> Object:
        event: Object = {
            "schema_version": 1,
            "event_id": event_id,
            "run_id": self.run["run_id"],
            "seq": at,
            "event_type": "note",
            "occurred_at_ms": at,
            "scope": {"schema_version": 1, "tenant_context": self._tenant},
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


def machine(driver: Driver, census: Census, judge: _Judge, checks: Sequence[Registered] = CHECKS) -> type[LifeMachine]:
    """Make a machine that drives this driver and has each piece of life judged by these checks."""
    members = {"driver": driver, "census": census, "judge": staticmethod(judge), "checks": checks}
    return type("Lives", (LifeMachine,), members)
