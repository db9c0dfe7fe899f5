"""What a session does where numbers are the least or the greatest that there are."""

from functools import partial

from hypothesis import strategies as st

from lifecycle_conformance.execution.trace import Object
from lifecycle_conformance.generation.actions import Actions
from lifecycle_conformance.generation.session_state import AFTER_ALL_MS
from lifecycle_conformance.generation.strategies import STATUSES


def at_zero(machine: Actions, data: st.DataObject) -> None:
    """Compact and prune a new run whose events and snapshots have seq 0 and time 0.

    Nothing is older than a time before all, which counts as 0; and a newest snapshot of seq 0 protects all events.
    """
    machine.make_run(data, STATUSES[0])

    def action() -> None:
        events = [{**_event(machine, f"first-{letter}"), "seq": 0} for letter in "ab"]
        machine.do("import", events=events, snapshots=[])
        machine.do("compact", retention_ms=2, now_ms=1)
        machine.do("import", events=[], snapshots=[_snapshot(machine, f"first-{letter}") for letter in "ab"])
        machine.do("prune", retention_ms=2, keep=1, now_ms=1)
        machine.do("compact", retention_ms=1, now_ms=AFTER_ALL_MS)

    machine.execute("a run begins at zero", action)


def at_the_last_seq(machine: Actions, data: st.DataObject) -> None:
    """Let a record of a new run get the greatest seq; then go on with another run, as this one has no seq left.

    Before, let a run get one that no double stands for.
    """
    records = machine.draw_records(data, 1)
    for seq in (2**53 + 2, 2**64 - 1) if "json-numbers" in machine.capabilities else (2**53 - 1,):
        machine.make_run(data, STATUSES[0])
        machine.execute("a run gets its last seq", partial(_get_seq, machine, records, seq))
    machine.make_run(data, STATUSES[0])


def _get_seq(machine: Actions, records: list[Object], seq: int) -> None:
    machine.do("import", events=[{**_event(machine, "one-before"), "seq": seq - 1}], snapshots=[])
    machine.change(records)


def at_the_far_end(machine: Actions, data: st.DataObject) -> None:
    """Compact and prune a new run of which something happens at the end of time, and keep more than there ever is.

    Then go on with another run: of this one, nothing can come later.
    """
    machine.make_run(data, STATUSES[0])
    ends = (2**63, 2**64 - 1) if "json-numbers" in machine.capabilities else (2**53 - 2, 2**53 - 1)

    def action() -> None:
        times = [0, *ends, 0]
        seqs = list(enumerate(times, start=1))
        events = [
            {**_event(machine, f"at-{at}-{seq}"), "schema_version": seq, "seq": seq, "occurred_at_ms": at}
            for seq, at in seqs
        ]
        snapshots = [{**_snapshot(machine, f"at-{at}-{seq}"), "seq": seq, "created_at_ms": at} for seq, at in seqs]
        machine.do("import", events=events, snapshots=[])
        machine.do("compact", retention_ms=1, now_ms=AFTER_ALL_MS)
        machine.do("import", events=[], snapshots=snapshots)
        machine.do("prune", retention_ms=1, keep=2**32 + 1, now_ms=AFTER_ALL_MS)
        machine.do("prune", retention_ms=1, keep=1, now_ms=AFTER_ALL_MS)
        machine.do("compact", retention_ms=1, now_ms=ends[-1])

    machine.execute("a run ends with time", action)
    machine.make_run(data, STATUSES[0])


def _event(machine: Actions, event_id: str) -> Object:
    return machine.by_hand(event_id, 0, plain=True)


def _snapshot(machine: Actions, snapshot_id: str) -> Object:
    return {
        "schema_version": 1,
        "snapshot_id": snapshot_id,
        "run_id": machine.run["run_id"],
        "seq": 0,
        "created_at_ms": 0,
        "scope": {"schema_version": 1, "tenant_context": machine.tenant},
        "status": machine.run["status"],
    }
