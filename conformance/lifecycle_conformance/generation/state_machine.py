"""The stateful machine: it drives an implementation through sessions as production sees them.

Each session begins with a few records and a target that it is to go round, so that rare ones are met as often as
others; then rules follow as Hypothesis draws them.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import ClassVar, Final

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from lifecycle_conformance.driver.interface import Driver
from lifecycle_conformance.execution.coverage import Coverage
from lifecycle_conformance.execution.judgement import Registered
from lifecycle_conformance.execution.trace import LOCAL, Object, key_of, owner_of_run, tenant_of
from lifecycle_conformance.generation import file_faults, legacy_stores
from lifecycle_conformance.generation.actions import BETWEEN, COMPACTIONS, PRUNINGS, Actions, Judge, places
from lifecycle_conformance.generation.refused_requests import refusals
from lifecycle_conformance.generation.strategies import STATUSES, evenly, states, tenants, times

_ASKING: Final[tuple[Object, ...]] = (
    {"actor_id": "somebody-else"},
    {"source": "explicit"},
    {"source": "local_implicit", "actor_id": ""},
    {"deployment_id": None},
    {"deployment_id": ""},
)


_NAMELESS: Final[Object] = {"event": "", "recorded_at_ms": 1}


class SessionMachine(Actions):
    """Let runs share one store: each rule is an action, and most of them end in a pass.

    `target` is the name of what the session is to meet first; subclasses made by :func:`machine` fill it in.
    """

    target: ClassVar[str | None]

    @initialize(data=st.data(), status=st.sampled_from(STATUSES[:3]), count=st.integers(1, 3))
    def begin(self, data: st.DataObject, status: str, count: int) -> None:
        """Open a store, let the first records arrive, and go round the target."""
        self.make_run(data, status)
        self.execute("a store is opened", lambda: self.do("open", store=0))
        self.records_arrive(data, count)
        if self.target is not None:
            TARGETS[self.target].meet(self, data)

    # --- what happens to a run ----------------------------------------------------------------------------------------

    @rule(data=st.data(), count=st.integers(1, 3))
    def records_arrive(self, data: st.DataObject, count: int) -> None:
        """Let the history grow at its end."""
        self.insert_and_pass("records arrive", len(self.history), self.draw_records(data, count))

    @precondition(lambda self: self.history)
    @rule(which=places)
    def an_identical_record_arrives_again(self, which: int) -> None:
        """Let a record that is there arrive once more."""
        again = self.history[which % len(self.history)]
        self.insert_and_pass("an identical record arrives again", len(self.history), [again])

    @precondition(lambda self: self.history)
    @rule(data=st.data(), where=places)
    def a_record_is_inserted(self, data: st.DataObject, where: int) -> None:
        """Put a record before others."""
        self.insert_and_pass("a record is inserted", where % len(self.history), self.draw_records(data, 1))

    @precondition(lambda self: self.history)
    @rule(where=places)
    def a_record_is_removed(self, where: int) -> None:
        """Take a record out."""
        where %= len(self.history)
        self.execute("a record is removed", lambda: self.change(self.history[:where] + self.history[where + 1 :]))

    @rule(data=st.data(), choice=places)
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
        """Let the run be queued again because a node will be retried after a while."""
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
    @rule(op=st.sampled_from(["events", "snapshots"]), other=evenly(_ASKING))
    def somebody_asks_in_another_way(self, op: str, other: Object) -> None:
        """Ask what there is of the run, as another actor of the tenant, or of a deployment that is none."""
        tenant = {**tenant_of(key_of(self.tenant)), **other}
        self.execute("somebody asks in another way", lambda: self.do(op, tenant=tenant, run_id=self.run["run_id"]))

    @precondition(lambda self: len(self.runs) > 1)
    @rule(which=places)
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
    @rule(data=st.data(), choice=places)
    def another_run_was_left_in_some_phase(self, data: st.DataObject, choice: int) -> None:
        """Go on with another run, of which a snapshot in whichever phase is there, and move on from it."""
        records = self.draw_records(data, 1)
        self.make_run(data, STATUSES[0])
        legacy = data.draw(legacy_stores.phases_of_old(self.run, 1, self.capabilities))

        def action() -> None:
            self.do("import", **legacy.left)
            if self.change([*legacy.records, *records], status=self.legal(choice)) == "phase_transition":
                self.pass_()

        self.execute("another run was left in some phase", action)

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
    @rule(new=st.booleans(), which=places, at=times)
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

    @precondition(lambda self: self.target == "the engine restarts")
    @rule(kill=st.booleans())
    def the_engine_restarts(self, kill: bool) -> None:  # noqa: FBT001 - Hypothesis passes by name
        """Open the same store in a fresh process; starting one is dear, so only some sessions do."""

        def action() -> None:
            self.do("restart", kill=kill)
            self.pass_()

        self.execute("the engine restarts", action)

    @precondition(lambda self: self.target is not None and "files" in TARGETS[self.target].needs)
    @rule(data=st.data(), name=evenly(file_faults.SCENARIOS), compacted=evenly([False, True]))
    def something_befalls_the_files(self, data: st.DataObject, name: str, compacted: bool) -> None:  # noqa: FBT001
        """Damage the files of the store, or let names meet in them; much of a view is hard to judge from then on."""
        self.damage_files(data, name, compacted=compacted)


# --- targets ----------------------------------------------------------------------------------------------------------


_Way = Callable[[SessionMachine, st.DataObject], None]


class Target:
    """A situation that sessions aim at, the capabilities that it needs, and how many aim at it for each at another.

    Some targets have many sides, of which each session sees one: more sessions go there.
    """

    def __init__(self, needs: str, *ways: _Way, weight: int = 1) -> None:
        self.needs: frozenset[str] = frozenset(needs.split())
        self.weight: int = weight
        self._ways = ways

    def meet(self, machine: SessionMachine, data: st.DataObject) -> None:
        """Let a session meet it, as long as it goes on: a way may rest on what the one before has done."""
        for way in self._ways:
            if not machine.over:
                way(machine, data)


def _legacy(name: str, between: str) -> _Way:
    return lambda machine, data: machine.go_on_with(data, name, between)


def _rule(name: str, **fixed: object) -> _Way:
    """Apply a rule with some arguments fixed, and the others at a reader's choice: data is drawn as usual."""
    return lambda machine, data: getattr(machine, name)(**{"data": data, **fixed})


def _damage(name: str, compacted: bool) -> _Way:  # noqa: FBT001
    return lambda machine, data: machine.damage_files(data, name, compacted=compacted)


_WEIGHTS: Final = {
    "an event that is hard to read": 3,
    "a torn tail": 3,
    "a name too long": 3,
    "an interruption": 2,
    "snapshots in foreign folders": 3,
    "compacted twins": 5,
    "for two tenants": 3,
    "off": 2,
}
_LEAST: Final = 24
"""How many sessions, at least, go round targets for each one that a profile asks for, however few targets there are."""
_COMPACTING: Final = {"for two tenants": "compact import"}
TARGETS: Final[Mapping[str, Target]] = {
    **{
        name: Target("import", _legacy(name, "nothing"), weight=_WEIGHTS.get(name, 1))
        for name in legacy_stores.LEGACY_STORES
    },
    **{
        f"{name}, then an append": Target("import append", _legacy(name, "an append"), weight=3)
        for name in ("markers", "overlapping")
    },
    **{
        f"{name}, then {between}": Target("import compact", _legacy(name, between))
        for name, between in (
            ("first generation", "a late compaction"),
            ("first generation", "a compaction"),
            ("compactable twins", "a compaction"),
            ("mixed", "a compaction"),
        )
    },
    **{
        f"compaction {how}": Target(
            _COMPACTING.get(how, "compact"), partial(Actions.compact, how=how), weight=_WEIGHTS.get(how, 1)
        )
        for how in COMPACTIONS
    },
    **{
        f"pruning {how}": Target("prune", partial(Actions.prune, how=how), weight=_WEIGHTS.get(how, 1))
        for how in PRUNINGS
    },
    **{
        f"{name}, then {after}": Target("files", _damage(name, compacted), weight=_WEIGHTS.get(name, 1))
        for name in file_faults.SCENARIOS
        for after, compacted in (("a record", False), ("a compaction", True))
    },
    "compaction of several runs": Target("compact", lambda machine, data: machine.compact_runs_in_order(data)),
    "pruning beside a namesake": Target("prune import", lambda machine, data: machine.prune_beside_a_namesake(data)),
    "a tenant with the same history": Target(
        "", _rule("another_tenant_has_the_same_run_id", same=True, deployment="drawn")
    ),
    "a deployment without name": Target(
        "",
        _rule("another_tenant_has_the_same_run_id", same=False, deployment=""),
        _rule("another_tenant_has_the_same_run_id", same=False, deployment=None),
    ),
    "two tenants": Target("", _rule("two_tenants_begin_the_same_run", count=2, status="running")),
    "the local tenant": Target("", lambda machine, data: machine.begin_for_two_tenants(data, 1, STATUSES[0], LOCAL)),
    "somebody else who asks": Target(
        "",
        lambda machine, data: machine.somebody_asks_in_another_way(op="events", other=data.draw(evenly(_ASKING))),
        lambda machine, data: machine.somebody_asks_in_another_way(op="snapshots", other=data.draw(evenly(_ASKING))),
    ),
    "a record before all others": Target(
        "",
        _rule("the_run_moves_on", choice=1),
        _rule("a_record_is_inserted", where=0),
        weight=2,
    ),
    "a move that is refused": Target(
        "",
        lambda machine, data: machine.the_run_moves_anywhere(
            data=data, status=data.draw(evenly(machine.illegal)), again=True
        ),
    ),
    "an empty name": Target(
        "",
        lambda machine, _: machine.insert_and_pass("a record without a name", len(machine.history), [dict(_NAMELESS)]),
    ),
    "some phase": Target("import", _rule("another_run_was_left_in_some_phase", choice=1)),
    "a retry": Target("", lambda machine, _: machine.a_node_is_retried(at=1), weight=4),
    "the engine restarts": Target("durable", lambda machine, _: machine.the_engine_restarts(kill=True)),
    "a run without history": Target(
        "", lambda machine, _: machine.execute("a run without history", lambda: machine.change([]))
    ),
    "records that are twins": Target(
        "",
        lambda machine, _: machine.an_identical_record_arrives_again(which=0),
        lambda machine, _: machine.a_record_is_removed(where=0),
        weight=2,
    ),
}
"""What sessions are to meet, each as often as the others, by name."""


def targets(capabilities: frozenset[str]) -> dict[str, int]:
    """Name the targets that sessions of a driver with these capabilities can go round, each with its weight.

    Where there are few, more sessions go round each: what is met by chance in many sessions is to be met in these, too.
    """
    weights = {name: target.weight for name, target in TARGETS.items() if target.needs <= capabilities}
    times = max(1, _LEAST // sum(weights.values()))
    return {name: weight * times for name, weight in weights.items()}


def machine(
    driver: Driver, coverage: Coverage, judge: Judge, checks: Sequence[Registered], target: str | None = None
) -> type[SessionMachine]:
    """Make a machine that drives this driver and has each action judged by these checks."""
    members = {"driver": driver, "coverage": coverage, "judge": staticmethod(judge), "checks": checks, "target": target}
    return type("Sessions", (SessionMachine,), members)
