"""The stateful machine: it drives an implementation through lives as production sees them.

Each life begins with a few records and a corner that it is to go round, so that rare ones are met as often as others;
then rules follow as Hypothesis draws them.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import ClassVar, Final

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from lifecycle_conformance.driver.interface import Driver
from lifecycle_conformance.execution.coverage import Census
from lifecycle_conformance.execution.judgement import Registered
from lifecycle_conformance.execution.trace import LOCAL, Object, key_of, owner_of_run, tenant_of
from lifecycle_conformance.generation import file_faults, legacy_stores
from lifecycle_conformance.generation.actions import BETWEEN, COMPACTIONS, PRUNINGS, Judge, Living, places
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


class LifeMachine(Living):
    """Let runs live in one store: each rule is a piece of life, and most of them end in a pass.

    `corner` is the name of what the life is to meet first; subclasses made by :func:`machine` fill it in.
    """

    corner: ClassVar[str | None]

    @initialize(data=st.data(), status=st.sampled_from(STATUSES[:3]), count=st.integers(1, 3))
    def begin(self, data: st.DataObject, status: str, count: int) -> None:
        """Open a store, let the first records arrive, and go round the corner."""
        self.make_run(data, status)
        self.live("a store is opened", lambda: self.do("open", store=0))
        self.records_arrive(data, count)
        if self.corner is not None:
            CORNERS[self.corner].meet(self, data)

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
        self.live("a record is removed", lambda: self.change(self.history[:where] + self.history[where + 1 :]))

    @rule(data=st.data(), choice=places)
    def the_run_moves_on(self, data: st.DataObject, choice: int) -> None:
        """Change the status as the table allows, and let a record arrive."""
        records = self.draw_records(data, 1)
        self.live("the run moves on", lambda: self.change([*self.history, *records], status=self.legal(choice)))

    @rule(data=st.data(), status=evenly(STATUSES), again=st.booleans())
    def the_run_moves_anywhere(self, data: st.DataObject, status: str, again: bool) -> None:  # noqa: FBT001
        """Change the status, also against the table; after a refusal, another pass, and then one that is allowed."""
        records, before = self.draw_records(data, 2), self.run["status"]

        def piece() -> None:
            if self.change([*self.history, *records], status=status) == "phase_transition":
                if again:
                    self.pass_()
                self.change(self.history, status=before)

        self.live("the run moves anywhere", piece)

    @rule(at=times)
    def a_node_is_retried(self, at: int) -> None:
        """Let the run be queued again because a node will be retried after a while."""
        retried = {"event": "node_retry_backoff_scheduled", "recorded_at_ms": at}
        self.live("a node is retried", lambda: self.change([*self.history, retried], status="queued"))

    @rule(data=st.data(), count=st.integers(0, 1))
    def the_state_changes(self, data: st.DataObject, count: int) -> None:
        """Change what else a run record holds, with or without a new record."""
        state, records = data.draw(states(self.capabilities)), self.draw_records(data, count)
        self.live("the state changes", lambda: self.change([*self.history, *records], state=state))

    @rule()
    def a_pass_again(self) -> None:
        """Project what was projected."""
        self.live("a pass again", self.pass_)

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
        self.live("another tenant has the same run id", lambda: self.change(history))

    @rule(data=st.data(), count=st.integers(1, 3), status=st.sampled_from(STATUSES[:3]))
    def two_tenants_begin_the_same_run(self, data: st.DataObject, count: int, status: str) -> None:
        """Go on with two new runs that are alike but for their tenants, one after the other."""
        self.begin_for_two_tenants(data, count, status, data.draw(tenants(self.capabilities)))

    @precondition(lambda self: self.runs)
    @rule(op=st.sampled_from(["events", "snapshots"]), other=evenly(_ASKING))
    def somebody_asks_in_another_way(self, op: str, other: Object) -> None:
        """Ask what there is of the run, as another actor of the tenant, or of a deployment that is none."""
        tenant = {**tenant_of(key_of(self.tenant)), **other}
        self.live("somebody asks in another way", lambda: self.do(op, tenant=tenant, run_id=self.run["run_id"]))

    @precondition(lambda self: len(self.runs) > 1)
    @rule(which=places)
    def an_earlier_run_goes_on(self, which: int) -> None:
        """Go on with a run that was left for another one."""
        others = [each for each in self.runs.values() if each is not self.run]
        self.run = others[which % len(others)]
        self.live("an earlier run goes on", self.pass_)

    # --- what older engines left --------------------------------------------------------------------------------------

    @precondition(lambda self: "import" in self.capabilities)
    @rule(data=st.data(), name=evenly(sorted(legacy_stores.PASTS)), between=evenly(BETWEEN))
    def an_older_engine_was_here(self, data: st.DataObject, name: str, between: str) -> None:
        """Import what an older engine left of this run, and pass over the run with the records that it knew."""
        self.go_on_with(data, name, between)

    @precondition(lambda self: "import" in self.capabilities)
    @rule(data=st.data(), choice=places)
    def another_run_was_left_in_some_phase(self, data: st.DataObject, choice: int) -> None:
        """Go on with another run, of which a snapshot in whichever phase is there, and move on from it."""
        records = self.draw_records(data, 1)
        self.make_run(data, STATUSES[0])
        past = data.draw(legacy_stores.phases_of_old(self.run, 1, self.capabilities))

        def piece() -> None:
            self.do("import", **past.left)
            if self.change([*past.records, *records], status=self.legal(choice)) == "phase_transition":
                self.pass_()

        self.live("another run was left in some phase", piece)

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
        self.live("an event is appended by hand", lambda: self.append([] if new else self.known_ids(), which, at))

    # --- what goes wrong ----------------------------------------------------------------------------------------------

    @rule(data=st.data())
    def input_is_refused(self, data: st.DataObject) -> None:
        """Send the run as no implementation may accept it; the life goes on."""
        request = data.draw(refusals(self.run, self.capabilities))

        def piece() -> None:
            self.send([request])
            self.pass_()

        self.live("input is refused", piece)

    @precondition(lambda self: self.corner == "the engine restarts")
    @rule(kill=st.booleans())
    def the_engine_restarts(self, kill: bool) -> None:  # noqa: FBT001 - Hypothesis passes by name
        """Open the same store in a fresh process; starting one is dear, so only some lives do."""

        def piece() -> None:
            self.do("restart", kill=kill)
            self.pass_()

        self.live("the engine restarts", piece)

    @precondition(lambda self: self.corner is not None and "files" in CORNERS[self.corner].needs)
    @rule(data=st.data(), name=evenly(file_faults.STORIES), compacted=evenly([False, True]))
    def something_befalls_the_files(self, data: st.DataObject, name: str, compacted: bool) -> None:  # noqa: FBT001
        """Damage the files of the store, or let names meet in them; much of a view is hard to judge from then on."""
        self.befall(data, name, compacted=compacted)


# --- corners ----------------------------------------------------------------------------------------------------------


_Way = Callable[[LifeMachine, st.DataObject], None]


class Corner:
    """Something that lives are to meet, the capabilities without which they can't, and how many meet it for each other.

    Some corners have many sides, of which each life sees one: more lives go there.
    """

    def __init__(self, needs: str, *ways: _Way, weight: int = 1) -> None:
        self.needs: frozenset[str] = frozenset(needs.split())
        self.weight: int = weight
        self._ways = ways

    def meet(self, machine: LifeMachine, data: st.DataObject) -> None:
        """Let a life meet it, as far as it lives: a way may rest on what the one before has done."""
        for way in self._ways:
            if not machine.over:
                way(machine, data)


def _past(name: str, between: str) -> _Way:
    return lambda machine, data: machine.go_on_with(data, name, between)


def _rule(name: str, **fixed: object) -> _Way:
    """Apply a rule with some arguments fixed, and the others at a reader's choice: data is drawn as usual."""
    return lambda machine, data: getattr(machine, name)(**{"data": data, **fixed})


def _mishap(name: str, compacted: bool) -> _Way:  # noqa: FBT001
    return lambda machine, data: machine.befall(data, name, compacted=compacted)


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
"""How many lives, at least, go round corners for each one that a profile asks for, however few corners there are."""
_COMPACTING: Final = {"for two tenants": "compact import"}
CORNERS: Final[Mapping[str, Corner]] = {
    **{name: Corner("import", _past(name, "nothing"), weight=_WEIGHTS.get(name, 1)) for name in legacy_stores.PASTS},
    **{
        f"{name}, then an append": Corner("import append", _past(name, "an append"), weight=3)
        for name in ("markers", "overlapping")
    },
    **{
        f"{name}, then {between}": Corner("import compact", _past(name, between))
        for name, between in (
            ("first generation", "a late compaction"),
            ("first generation", "a compaction"),
            ("compactable twins", "a compaction"),
            ("mixed", "a compaction"),
        )
    },
    **{
        f"compaction {how}": Corner(
            _COMPACTING.get(how, "compact"), partial(Living.compact, how=how), weight=_WEIGHTS.get(how, 1)
        )
        for how in COMPACTIONS
    },
    **{
        f"pruning {how}": Corner("prune", partial(Living.prune, how=how), weight=_WEIGHTS.get(how, 1))
        for how in PRUNINGS
    },
    **{
        f"{name}, then {after}": Corner("files", _mishap(name, compacted), weight=_WEIGHTS.get(name, 1))
        for name in file_faults.STORIES
        for after, compacted in (("a record", False), ("a compaction", True))
    },
    "compaction of several runs": Corner("compact", lambda machine, data: machine.compact_runs_in_order(data)),
    "pruning beside a namesake": Corner("prune import", lambda machine, data: machine.prune_beside_a_namesake(data)),
    "a tenant with the same history": Corner(
        "", _rule("another_tenant_has_the_same_run_id", same=True, deployment="drawn")
    ),
    "a deployment without name": Corner(
        "",
        _rule("another_tenant_has_the_same_run_id", same=False, deployment=""),
        _rule("another_tenant_has_the_same_run_id", same=False, deployment=None),
    ),
    "two tenants": Corner("", _rule("two_tenants_begin_the_same_run", count=2, status="running")),
    "the local tenant": Corner("", lambda machine, data: machine.begin_for_two_tenants(data, 1, STATUSES[0], LOCAL)),
    "somebody else who asks": Corner(
        "",
        lambda machine, data: machine.somebody_asks_in_another_way(op="events", other=data.draw(evenly(_ASKING))),
        lambda machine, data: machine.somebody_asks_in_another_way(op="snapshots", other=data.draw(evenly(_ASKING))),
    ),
    "a record before all others": Corner(
        "",
        _rule("the_run_moves_on", choice=1),
        _rule("a_record_is_inserted", where=0),
        weight=2,
    ),
    "a move that is refused": Corner(
        "",
        lambda machine, data: machine.the_run_moves_anywhere(
            data=data, status=data.draw(evenly(machine.illegal)), again=True
        ),
    ),
    "an empty name": Corner(
        "",
        lambda machine, _: machine.insert_and_pass("a record without a name", len(machine.history), [dict(_NAMELESS)]),
    ),
    "some phase": Corner("import", _rule("another_run_was_left_in_some_phase", choice=1)),
    "a retry": Corner("", lambda machine, _: machine.a_node_is_retried(at=1), weight=4),
    "the engine restarts": Corner("durable", lambda machine, _: machine.the_engine_restarts(kill=True)),
    "a run without history": Corner(
        "", lambda machine, _: machine.live("a run without history", lambda: machine.change([]))
    ),
    "records that are twins": Corner(
        "",
        lambda machine, _: machine.an_identical_record_arrives_again(which=0),
        lambda machine, _: machine.a_record_is_removed(where=0),
        weight=2,
    ),
}
"""What lives are to meet, each as often as the others, by name."""


def corners(capabilities: frozenset[str]) -> dict[str, int]:
    """Name the corners that lives of a driver with these capabilities can go round, each with its weight.

    Where there are few, more lives go round each: what is met by chance in many lives is to be met in these, too.
    """
    weights = {name: corner.weight for name, corner in CORNERS.items() if corner.needs <= capabilities}
    times = max(1, _LEAST // sum(weights.values()))
    return {name: weight * times for name, weight in weights.items()}


def machine(
    driver: Driver, census: Census, judge: Judge, checks: Sequence[Registered], corner: str | None = None
) -> type[LifeMachine]:
    """Make a machine that drives this driver and has each piece of life judged by these checks."""
    members = {"driver": driver, "census": census, "judge": staticmethod(judge), "checks": checks, "corner": corner}
    return type("Lives", (LifeMachine,), members)
