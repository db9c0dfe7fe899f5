"""Situations that sessions meet in new runs, where several things must come together that seldom do by chance."""

from typing import Final

from hypothesis import strategies as st

from lifecycle_conformance.execution.trace import Object
from lifecycle_conformance.generation.actions import Actions
from lifecycle_conformance.generation.file_faults.log import is_torn
from lifecycle_conformance.generation.legacy_records import contents_after, event_of, snapshot_of
from lifecycle_conformance.generation.strategies import changed
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
            machine.run = changed(machine.run, {"automation_snapshot": _definition(kind)})
            machine.change(history, status=status)
        machine.run = changed(machine.run, {"automation_snapshot": _definition(_AFTER)})
        machine.run = {**machine.run, "tenant_context": {**machine.tenant, "actor_id": "somebody-else"}}
        machine.change(records, status="paused")

    machine.execute("a snapshot comes late", action)


def _definition(kind: str) -> Object:
    principal = {"kind": kind, "id": "owner"}
    return {"automation_id": "automation-1", "metadata": {"enterprise_scope": {"owner_principal": principal}}}


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
