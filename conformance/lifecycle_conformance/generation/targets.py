"""The targets: situations that sessions aim at, so that rare ones are met as often as others."""

from collections.abc import Mapping, Sequence
from functools import partial
from math import ceil
from typing import Final

from lifecycle_conformance.driver.interface import Driver
from lifecycle_conformance.execution.coverage import Coverage
from lifecycle_conformance.execution.judgement import Registered
from lifecycle_conformance.execution.trace import LOCAL, Object
from lifecycle_conformance.generation import legacy_stores, situations
from lifecycle_conformance.generation.actions import COMPACTIONS, MANY_MOVES, PRUNINGS, TO_AND_FRO, Actions
from lifecycle_conformance.generation.ends_of_ranges import at_the_far_end, at_the_last_seq, at_zero
from lifecycle_conformance.generation.file_faults import scenarios
from lifecycle_conformance.generation.legacy_crowds import every_phase, malformed_entries_together
from lifecycle_conformance.generation.session_state import Observer, indexes
from lifecycle_conformance.generation.state_machine import ASKING, Action, SessionMachine, Target
from lifecycle_conformance.generation.strategies import ALIKE, STATUSES, evenly, times

_NAMELESS: Final[Object] = {"event": "", "recorded_at_ms": 1}

_PLAIN: Final[Object] = {"event": "node_started", "recorded_at_ms": 1}
_MANY: Final = 11
"""So many that the last of them has an occurrence of two digits."""


def _legacy(name: str, between: str) -> Action:
    return lambda machine, data: machine.go_on_with(data, name, between)


def _rule(name: str, **fixed: object) -> Action:
    """Apply a rule with all arguments fixed but `data`, from which it draws as usual."""
    return lambda machine, data: getattr(machine, name)(**{"data": data, **fixed})


def _damage(name: str, compacted: bool) -> Action:  # noqa: FBT001
    return lambda machine, data: machine.damage_files(data, name, compacted=compacted)


_WEIGHTS: Final = {
    "an event that is hard to read": 6,
    "a torn tail": 6,
    "a damaged line": 2,
    "a name too long": 6,
    "a snapshot that is spoiled": 2,
    "an interruption": 2,
    "snapshots in foreign folders": 3,
    "snapshots out of place": 3,
    "ids that meet": 3,
    "files that change beneath": 3,
    "compacted twins": 5,
    "for two tenants": 6,
    "off": 4,
    "odd events": 2,
    "markers": 3,
    "overlapping": 3,
    "mixed": 2,
    "known together": 2,
}
_TIMES: Final = {"markers": 4, "overlapping": 4, "mixed": 3}
"""How often a session meets what has many variants: cheaper than as many sessions."""
_LEAST: Final = 48
"""How many sessions aim at targets, at least, for each that a profile asks for, however few targets there are."""
_COMPACTING: Final = dict.fromkeys(("for two tenants", "beside a run without snapshots"), "compact import")
_PRUNING: Final = dict.fromkeys(("for two tenants", "of one seq"), "prune import")
TARGETS: Final[Mapping[str, Target]] = {
    "records that are twins": Target(
        "",
        lambda machine, _: machine.an_identical_record_arrives_again(which=0),
        lambda machine, _: machine.a_record_is_removed(where=0),
        weight=4,
    ),
    "twins that are parted": Target("", lambda machine, data: machine.part_twins(data)),
    "more than ten twins": Target(
        "", lambda machine, _: machine.insert_and_pass("many twins", len(machine.history), [_PLAIN] * _MANY)
    ),
    **{
        name: Target("import", *[_legacy(name, "nothing")] * _TIMES.get(name, 1), weight=_WEIGHTS.get(name, 1))
        for name in legacy_stores.ALL
    },
    **{
        f"{name}, then an append": Target("import append", _legacy(name, "an append"), weight=3)
        for name in ("markers", "overlapping", "known in many ways")
    },
    **{
        f"{name}, then {between}": Target("import compact", _legacy(name, between))
        for name, between in (
            ("first generation", "a late compaction"),
            ("first generation", "a compaction"),
            ("compactable twins", "a compaction"),
            ("mixed", "a compaction"),
            ("known in many ways", "a compaction in vain"),
            ("of one seq", "a compaction in vain"),
        )
    },
    **{
        f"compaction {how}": Target(
            _COMPACTING.get(how, "compact"), partial(Actions.compact, how=how), weight=_WEIGHTS.get(how, 1)
        )
        for how in COMPACTIONS
    },
    **{
        f"pruning {how}": Target(
            _PRUNING.get(how, "prune"), partial(Actions.prune, how=how), weight=_WEIGHTS.get(how, 1)
        )
        for how in PRUNINGS
    },
    **{
        f"{name}, then {after}": Target("files", _damage(name, compacted), weight=_WEIGHTS.get(name, 1))
        for name in scenarios.NAMES
        for after, compacted in (("a record", False), ("a compaction", True))
    },
    "compaction of what is known in many ways": Target(
        "import compact",
        _legacy("known in many ways", "nothing"),
        _rule("records_arrive", count=1),
        _rule("the_log_is_compacted", how="late"),
    ),
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
    "tenants that look alike": Target(
        "",
        *[lambda machine, data: machine.begin_for_two_tenants(data, 1, STATUSES[0], *data.draw(evenly(ALIKE)))] * 2,
        weight=3,
    ),
    "input that is refused": Target("", _rule("input_is_refused"), _rule("input_is_refused"), weight=2),
    "an event by hand": Target(
        "append",
        lambda machine, data: machine.an_event_is_appended_by_hand(
            new=True, which=data.draw(indexes), at=data.draw(times)
        ),
        weight=2,
    ),
    "somebody else who asks": Target(
        "",
        lambda machine, data: machine.somebody_asks_in_another_way(op="events", other=data.draw(evenly(ASKING))),
        lambda machine, data: machine.somebody_asks_in_another_way(op="snapshots", other=data.draw(evenly(ASKING))),
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
    "a run that begins in every status": Target("", lambda machine, data: machine.begin_in_every_status(data)),
    "every move that is refused": Target("", lambda machine, data: machine.be_refused_in_every_way(data)),
    "moves to and fro": Target("", lambda machine, data: machine.move_often(data, TO_AND_FRO, at_once=True)),
    "a run of which everything is known": Target("", lambda machine, data: machine.say_much(data), weight=4),
    "an empty name": Target(
        "",
        lambda machine, _: machine.insert_and_pass("a record without a name", len(machine.history), [dict(_NAMELESS)]),
    ),
    # A record must follow, for which the guard is asked: so not as the other legacy stores.
    "phases of old": Target("import", _rule("another_run_was_left_in_some_phase", choice=1)),
    "two latest snapshots": Target(
        "import", lambda machine, data: machine.move_on_from(data, legacy_stores.two_latest, 1), weight=5
    ),
    "a retry": Target("", lambda machine, _: machine.a_node_is_retried(at=1), weight=4),
    "the engine restarts": Target("durable", lambda machine, _: machine.the_engine_restarts(kill=True)),
    "a run without history": Target(
        "", lambda machine, _: machine.execute("a run without history", lambda: machine.change([])), weight=2
    ),
    "many moves": Target("", lambda machine, data: machine.move_often(data, MANY_MOVES, at_once=False)),
    "a pass that is refused midway": Target("", lambda machine, data: machine.be_refused_midway(data)),
    "somebody else who goes on": Target("", lambda machine, data: machine.go_on_as_others(data)),
    "a record between others": Target("", lambda machine, data: machine.be_refused_between(data)),
    "a record between old ones": Target(
        "import",
        _legacy("first generation", "nothing"),
        _rule("the_run_moves_on", choice=1),
        _rule("a_record_is_inserted", where=-1),
    ),
    "malformed entries together": Target(
        "import", lambda machine, data: machine.go_on_with_what_is_left(data, malformed_entries_together)
    ),
    "a phase of old again": Target("import", _rule("another_run_was_left_in_some_phase", choice=-1), weight=3),
    "a snapshot that comes late": Target("", situations.a_snapshot_comes_late),
    "a move that is refused beside a lone snapshot": Target(
        "import", situations.a_move_is_refused_beside_a_lone_snapshot
    ),
    "nothing behind a torn tail": Target("files", situations.nothing_is_passed_over_behind_a_torn_tail),
    "every phase of old": Target("import", lambda machine, data: machine.move_on_from(data, every_phase, 1)),
    "numbers at zero": Target("import compact prune", at_zero),
    "the last seq": Target("import", at_the_last_seq),
    "tenants that end in spaces": Target("", situations.tenants_end_in_spaces),
    "snapshots that come late": Target("import", situations.snapshots_come_late),
    "an automation without a name": Target("import", situations.an_automation_has_no_name),
    "numbers at the far end": Target("import compact prune", at_the_far_end),
    "an old marker that is taken in": Target("import compact", situations.an_old_marker_is_taken_in),
    "a record that is long": Target("", situations.a_record_is_long),
}
"""All targets, by name; each gets as many sessions as its weight says."""


def targets(capabilities: frozenset[str]) -> dict[str, int]:
    """The targets that sessions of a driver with these capabilities can aim at, each with its weight.

    Where there are few targets, more sessions aim at each: fewer sessions would meet less by chance.
    """
    weights = {name: target.weight for name, target in TARGETS.items() if target.needs <= capabilities}
    times = ceil(_LEAST / sum(weights.values()))
    return {name: weight * times for name, weight in weights.items()}


def machine(
    driver: Driver, coverage: Coverage, observe: Observer, checks: Sequence[Registered], target: str | None = None
) -> type[SessionMachine]:
    """A state machine for a driver and a target; `observe` is called after each action, which some checks judge."""
    members = {
        "driver": driver,
        "coverage": coverage,
        "observe": staticmethod(observe),
        "checks": checks,
        "target": None if target is None else TARGETS[target],
    }
    return type("Sessions", (SessionMachine,), members)
