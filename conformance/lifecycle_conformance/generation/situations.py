"""Situations that sessions meet in new runs, where several things must come together that seldom do by chance."""

from typing import Final

from hypothesis import strategies as st

from lifecycle_conformance.execution.trace import Object
from lifecycle_conformance.generation.actions import Actions
from lifecycle_conformance.generation.file_faults.log import is_torn
from lifecycle_conformance.generation.legacy_records import (
    contents_after,
    event_of,
    id_by_index,
    marker_of,
    snapshot_of,
)
from lifecycle_conformance.generation.session_state import AFTER_ALL_MS
from lifecycle_conformance.generation.strategies import ENDING_IN_SPACES, changed
from lifecycle_conformance.model.identity import stable_id

_BEFORE: Final = "human_user"
_AFTER: Final = "automation"
_TORN: Final = '{"event_id": "torn", "größe'


def a_snapshot_comes_late(machine: Actions, data: st.DataObject) -> None:
    """Let a move be refused, change the definition and who acts, and let the run go on: the snapshot is of that day."""
    records = machine.draw_records(data, 3)
    machine.make_run(data, "running")

    def action() -> None:
        for kind, history, status in ((_BEFORE, records[:1], "running"), (_BEFORE, records[:2], "queued")):
            machine.run = changed(machine.run, {"automation_snapshot": _owned_by(kind)})
            machine.change(history, status=status)
        machine.run = changed(machine.run, {"automation_snapshot": _owned_by(_AFTER)})
        machine.run = {**machine.run, "tenant_context": {**machine.tenant, "actor_id": "somebody-else"}}
        machine.change(records, status="paused")

    machine.execute("a snapshot comes late", action)


def snapshots_come_late(machine: Actions, data: st.DataObject) -> None:
    """Let passes write snapshots for events of an earlier day, when the scope of the run was another, or the same."""
    records = machine.draw_records(data, 4)
    machine.make_run(data, "running")
    before = machine.run
    runs = {f"{before['run_id']}-{name}": since for name, since in _scopes_since(machine.tenant).items()}

    def action() -> None:
        events = []
        for run_id, (scope, _) in runs.items():
            run = {**before, "run_id": run_id}
            ids = [stable_id(*each) for each in contents_after(run, records)][:-1]
            dated = (event_of(run, record, ids[at], at + 1) for at, record in enumerate(records[:-1]))
            events += [{**each, "scope": {"schema_version": 1, **scope}} for each in dated]
        machine.do("import", events=events, snapshots=[])
        for run_id, (_, state) in runs.items():
            machine.run = changed({**before, "run_id": run_id}, state)
            machine.change(records)

    machine.execute("snapshots come late", action)


def _scopes_since(tenant: Object) -> dict[str, tuple[Object, Object]]:
    """The scope of an event, and the state of its run since then: each differs in one thing, the first in none."""
    source = "local_implicit" if tenant.get("source") == "explicit" else "explicit"
    fields = (
        ("owner_principal", _principal(_BEFORE), _principal(_AFTER)),
        ("policy_version_id", "1", "2"),
        ("risk_tier", "internal_write", "external_send"),
    )
    return {
        "nothing": ({"tenant_context": tenant}, {}),
        "actor": ({"tenant_context": {**tenant, "actor_id": "somebody-else"}}, {}),
        "source": ({"tenant_context": {**tenant, "source": source}}, {}),
        **{
            name: ({"tenant_context": tenant, name: old}, {"automation_snapshot": _definition({name: new})})
            for name, old, new in fields
        },
    }


def tenants_end_in_spaces(machine: Actions, data: st.DataObject) -> None:
    """Let tenants that differ in spaces at the end of one id begin the same run, and ask for what they have of it."""
    records = machine.draw_records(data, 1)
    machine.make_run(data, "running")

    def action() -> None:
        for tenant in ENDING_IN_SPACES:
            machine.run = {**machine.run, "tenant_context": tenant}
            machine.change(records)
        for tenant in ENDING_IN_SPACES:
            machine.do("events", tenant=tenant, run_id=machine.run["run_id"])
            machine.do("snapshots", tenant=tenant, run_id=machine.run["run_id"])

    machine.execute("tenants end in spaces", action)


def _principal(kind: str) -> Object:
    return {"kind": kind, "id": "owner"}


def _owned_by(kind: str) -> Object:
    return _definition({"owner_principal": _principal(kind)})


def _definition(enterprise_scope: Object) -> Object:
    return {"automation_id": "automation-1", "metadata": {"enterprise_scope": enterprise_scope}}


def a_move_is_refused_beside_a_lone_snapshot(machine: Actions, data: st.DataObject) -> None:
    """Let a pass record an event whose snapshot is there already, and then be refused the move of the next record."""
    first, second = machine.draw_records(data, 2)
    machine.make_run(data, "running")

    def action() -> None:
        run = machine.run
        (content,) = contents_after(run, [first])
        event = event_of(run, first, stable_id(*content), 1)
        machine.do("import", events=[], snapshots=[snapshot_of(event, "completed")])
        machine.change([first, second])
        machine.change(machine.history, status="completed")

    machine.execute("a move is refused beside a lone snapshot", action)


def nothing_is_passed_over_behind_a_torn_tail(machine: Actions, data: st.DataObject) -> None:
    """Pass over nothing while the log ends in a line that breaks off, then over a record."""
    records = machine.draw_records(data, 1)
    count = data.draw(st.integers(1, len(_TORN.encode())))

    def action() -> None:
        history = machine.history
        if not is_torn(machine.session.files() or {}):
            machine.do("tear", text=_TORN, bytes=count)
        machine.change([])
        machine.change([*history, *records])

    machine.execute("nothing is passed over behind a torn tail", action)


def an_old_marker_is_taken_in(machine: Actions, data: st.DataObject) -> None:
    """Compact an event behind a marker of an earlier day, when somebody else acted for the run."""
    records = machine.draw_records(data, 1)
    machine.make_run(data, "running")

    def action() -> None:
        run = machine.run
        before = {**run, "tenant_context": {**machine.tenant, "actor_id": "somebody-before"}}
        marker = marker_of(before, "stateful-compaction-by-others-1", 1, [])
        machine.do("import", events=[marker, event_of(run, records[0], "behind-it", 2)], snapshots=[])
        machine.do("compact", retention_ms=1, now_ms=AFTER_ALL_MS)
        machine.change(records)

    machine.execute("an old marker is taken in", action)


def an_automation_has_no_name(machine: Actions, data: st.DataObject) -> None:
    """Pass over records of a run whose automation id is empty, behind events that name no automation at all."""
    records = machine.draw_records(data, 2)
    machine.make_run(data, "running")
    machine.run = {**machine.run, "automation_id": ""}

    def action() -> None:
        run = machine.run
        old = [event_of(run, record, id_by_index(run, record, at), at + 1) for at, record in enumerate(records)]
        events = [{name: each for name, each in event.items() if name != "correlation_id"} for event in old]
        machine.do("import", events=events, snapshots=[])
        machine.change(records)

    machine.execute("an automation has no name", action)


def a_record_is_long(machine: Actions, data: st.DataObject) -> None:
    """Record a text that is longer than many readers of lines expect, and go on, in a fresh process where it can."""
    machine.make_run(data, "running")
    long: Object = {"event": "node_failed", "recorded_at_ms": 1, "metadata": {"output": "größe " * _MANY_WORDS}}

    def action() -> None:
        machine.change([long])
        if "durable" in machine.capabilities:
            machine.do("restart", kill=True)
        machine.change([long, {"event": "node_started", "recorded_at_ms": 2}])

    machine.execute("a record is long", action)


_MANY_WORDS: Final = 10_000
"""More than 65,536 bytes of them."""
