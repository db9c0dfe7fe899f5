"""The state machine: it drives an implementation through sessions as production sees them.

Each session begins with a few records and a target, so that rare situations are met as often as others; then rules
follow as Hypothesis draws them.
"""

from collections.abc import Callable
from typing import Final

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from lifecycle_conformance.execution.trace import Object, key_of, owner_of_run, tenant_of
from lifecycle_conformance.generation import legacy_stores
from lifecycle_conformance.generation.actions import BETWEEN, COMPACTIONS, PRUNINGS, Actions
from lifecycle_conformance.generation.file_faults import scenarios
from lifecycle_conformance.generation.refused_requests import refusals
from lifecycle_conformance.generation.run_states import states
from lifecycle_conformance.generation.session_state import indexes
from lifecycle_conformance.generation.strategies import STATUSES, evenly, tenants, times

ASKING: Final[tuple[Object, ...]] = (
    {"actor_id": "somebody-else"},
    {"source": "explicit"},
    {"source": "local_implicit", "actor_id": ""},
    {"deployment_id": None},
    {"deployment_id": ""},
)


class Target:
    """A situation that sessions aim at, and the capabilities that it needs.

    `weight` is how many sessions aim at it for each that aims at another: more where it has variants, since a session
    meets only one of them.
    """

    def __init__(self, needs: str, *actions: "Action", weight: int = 1) -> None:
        self.needs: frozenset[str] = frozenset(needs.split())
        self.weight: int = weight
        self._actions = actions

    def meet(self, machine: "SessionMachine", data: st.DataObject) -> None:
        """Apply its actions, as long as the session goes on: one may rest on what the one before has done."""
        for action in self._actions:
            if not machine.over:
                action(machine, data)


class SessionMachine(Actions):
    """Runs that share one store: each rule is an action, and most of them end in a pass.

    The session meets `target` first, if there is one. :func:`~lifecycle_conformance.generation.targets.machine` makes
    subclasses with all class variables filled in.
    """

    target: Target | None

    @initialize(data=st.data(), status=st.sampled_from(STATUSES[:3]), count=st.integers(1, 3))
    def begin(self, data: st.DataObject, status: str, count: int) -> None:
        """Open a store, let the first records arrive, and meet the target."""
        self.make_run(data, status)
        self.execute("a store is opened", lambda: self.do("open", store=0))
        self.records_arrive(data, count)
        if self.target is not None:
            self.target.meet(self, data)

    # --- what happens to a run ----------------------------------------------------------------------------------------

    @rule(data=st.data(), count=st.integers(1, 3))
    def records_arrive(self, data: st.DataObject, count: int) -> None:
        """Add records at the end of the history."""
        self.insert_and_pass("records arrive", len(self.history), self.draw_records(data, count))

    @precondition(lambda self: self.history)
    @rule(which=indexes)
    def an_identical_record_arrives_again(self, which: int) -> None:
        """Add a record that is there once more."""
        again = self.history[which % len(self.history)]
        self.insert_and_pass("an identical record arrives again", len(self.history), [again])

    @precondition(lambda self: self.history)
    @rule(data=st.data(), where=indexes)
    def a_record_is_inserted(self, data: st.DataObject, where: int) -> None:
        """Put a record before others."""
        self.insert_and_pass("a record is inserted", where % len(self.history), self.draw_records(data, 1))

    @precondition(lambda self: self.history)
    @rule(where=indexes)
    def a_record_is_removed(self, where: int) -> None:
        """Take a record out."""
        where %= len(self.history)
        self.execute("a record is removed", lambda: self.change(self.history[:where] + self.history[where + 1 :]))

    @rule(data=st.data(), choice=indexes)
    def the_run_moves_on(self, data: st.DataObject, choice: int) -> None:
        """Change the status as the table allows, and let a record arrive."""
        records = self.draw_records(data, 1)
        self.execute("the run moves on", lambda: self.change([*self.history, *records], status=self.legal(choice)))

    @rule(data=st.data(), status=evenly(STATUSES), again=st.booleans())
    def the_run_moves_anywhere(self, data: st.DataObject, status: str, again: bool) -> None:  # noqa: FBT001
        """Change the status, also against the table; after a refusal, another pass, and then one that is allowed."""
        records, before = self.draw_records(data, 2), self.run["status"]

        def action() -> None:
            if self.change([*self.history, *records], status=status) == "phase_transition":
                if again:
                    self.pass_()
                self.change(self.history, status=before)

        self.execute("the run moves anywhere", action)

    @rule(at=times)
    def a_node_is_retried(self, at: int) -> None:
        """Queue the run again because a node will be retried after a while."""
        retried = {"event": "node_retry_backoff_scheduled", "recorded_at_ms": at}
        self.execute("a node is retried", lambda: self.change([*self.history, retried], status="queued"))

    @rule(data=st.data(), count=st.integers(0, 1))
    def the_state_changes(self, data: st.DataObject, count: int) -> None:
        """Change what else a run record holds, with or without a new record."""
        state, records = data.draw(states(self.capabilities)), self.draw_records(data, count)
        self.execute("the state changes", lambda: self.change([*self.history, *records], state=state))

    @rule()
    def a_pass_again(self) -> None:
        """Project what was projected."""
        self.execute("a pass again", self.pass_)

    # --- other runs and tenants ---------------------------------------------------------------------------------------

    @precondition(lambda self: self.history)
    @rule(data=st.data(), status=st.sampled_from(STATUSES[:3]))
    def another_run_begins(self, data: st.DataObject, status: str) -> None:
        """Go on with another run in the same store, of whichever tenant."""
        records = self.draw_records(data, 1)
        self.make_run(data, status)
        self.insert_and_pass("another run begins", 0, records)

    @precondition(lambda self: self.history)
    @rule(data=st.data(), same=st.booleans(), deployment=st.sampled_from([None, "", "drawn"]))
    def another_tenant_has_the_same_run_id(self, data: st.DataObject, same: bool, deployment: str | None) -> None:  # noqa: FBT001
        """Go on with a run of another tenant under the same id, with the same history or one of its own."""
        history = self.history if same else self.draw_records(data, 2)
        alike = {**tenant_of(key_of(self.tenant)), "deployment_id": deployment}
        run = {**self.run, "tenant_context": data.draw(tenants(self.capabilities)) if deployment == "drawn" else alike}
        if owner_of_run(run) not in self.runs:
            self.run = run
        self.execute("another tenant has the same run id", lambda: self.change(history))

    @rule(data=st.data(), count=st.integers(1, 3), status=st.sampled_from(STATUSES[:3]))
    def two_tenants_begin_the_same_run(self, data: st.DataObject, count: int, status: str) -> None:
        """Go on with two new runs that are alike but for their tenants, one after the other."""
        self.begin_for_two_tenants(data, count, status, data.draw(tenants(self.capabilities)))

    @precondition(lambda self: self.runs)
    @rule(op=st.sampled_from(["events", "snapshots"]), other=evenly(ASKING))
    def somebody_asks_in_another_way(self, op: str, other: Object) -> None:
        """Ask what there is of the run, as another actor of the tenant, or of a deployment that is none."""
        tenant = {**tenant_of(key_of(self.tenant)), **other}
        self.execute("somebody asks in another way", lambda: self.do(op, tenant=tenant, run_id=self.run["run_id"]))

    @precondition(lambda self: len(self.runs) > 1)
    @rule(which=indexes)
    def an_earlier_run_goes_on(self, which: int) -> None:
        """Go on with a run that was left for another one."""
        others = [each for each in self.runs.values() if each is not self.run]
        self.run = others[which % len(others)]
        self.execute("an earlier run goes on", self.pass_)

    # --- what older engines left --------------------------------------------------------------------------------------

    @precondition(lambda self: "import" in self.capabilities)
    @rule(data=st.data(), name=evenly(sorted(legacy_stores.LEGACY_STORES)), between=evenly(BETWEEN))
    def an_older_engine_was_here(self, data: st.DataObject, name: str, between: str) -> None:
        """Import what an older engine left of this run, and pass over the run with the records that it knew."""
        self.go_on_with(data, name, between)

    @precondition(lambda self: "import" in self.capabilities)
    @rule(data=st.data(), choice=indexes)
    def another_run_was_left_in_some_phase(self, data: st.DataObject, choice: int) -> None:
        """Go on with another run, of which a snapshot in whichever phase is there, and move on from it."""
        self.move_on_from(data, legacy_stores.phases_of_old, choice)

    # --- retention, appends -------------------------------------------------------------------------------------------

    @precondition(lambda self: "compact" in self.capabilities)
    @rule(data=st.data(), how=evenly(COMPACTIONS))
    def the_log_is_compacted(self, data: st.DataObject, how: str) -> None:
        """Compact up to the time of an event, or just beyond, or all that is not protected, and pass."""
        self.compact(data, how)

    @precondition(lambda self: "prune" in self.capabilities)
    @rule(data=st.data(), how=evenly(PRUNINGS))
    def snapshots_are_pruned(self, data: st.DataObject, how: str) -> None:
        """Prune up to the time of a snapshot, or just beyond, or all but the newest, and pass again."""
        self.prune(data, how)

    @precondition(lambda self: "append" in self.capabilities)
    @rule(new=st.booleans(), which=indexes, at=times)
    def an_event_is_appended_by_hand(self, new: bool, which: int, at: int) -> None:  # noqa: FBT001
        """Append an event whose id is new, or known to the log: as that of an event, or as a compacted one."""
        self.execute("an event is appended by hand", lambda: self.append([] if new else self.known_ids(), which, at))

    # --- what goes wrong ----------------------------------------------------------------------------------------------

    @rule(data=st.data())
    def input_is_refused(self, data: st.DataObject) -> None:
        """Send the run as no implementation may accept it; the session goes on."""
        request = data.draw(refusals(self.run, self.capabilities))

        def action() -> None:
            self.send([request])
            self.pass_()

        self.execute("input is refused", action)

    @precondition(lambda self: self.target is not None and "durable" in self.target.needs)
    @rule(kill=st.booleans())
    def the_engine_restarts(self, kill: bool) -> None:  # noqa: FBT001 - Hypothesis passes by name
        """Open the same store in a fresh process; that is expensive, so only sessions that aim at a restart do it."""

        def action() -> None:
            self.do("restart", kill=kill)
            self.pass_()

        self.execute("the engine restarts", action)

    @precondition(lambda self: self.target is not None and "files" in self.target.needs)
    @rule(data=st.data(), name=evenly(scenarios.NAMES), compacted=evenly([False, True]))
    def store_files_are_damaged(self, data: st.DataObject, name: str, compacted: bool) -> None:  # noqa: FBT001
        """Damage the files of the store, or let names meet in them: much of what is shown later is hard to judge."""
        self.damage_files(data, name, compacted=compacted)


Action = Callable[[SessionMachine, st.DataObject], None]
"""What a target does with a session, and what it draws from."""
