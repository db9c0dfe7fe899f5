"""The actions of a session: each changes the current run or its store, and most of them end in a pass.

An action draws what it needs first and runs then, so that what it does can't change what is drawn.
"""

from typing import Final

from hypothesis import strategies as st

from lifecycle_conformance.execution.trace import Object
from lifecycle_conformance.generation import legacy_stores
from lifecycle_conformance.generation.alphabets import SORTED_APART
from lifecycle_conformance.generation.file_faults.scenarios import possible
from lifecycle_conformance.generation.run_states import states
from lifecycle_conformance.generation.session_state import AFTER_ALL_MS, SessionState, indexes
from lifecycle_conformance.generation.strategies import LATEST_MS, STATUSES, evenly, run_record
from lifecycle_conformance.model.recorded import highest_seq

PRUNINGS: Final = ("early", "late", "off")
COMPACTIONS: Final = (*PRUNINGS, "for two tenants")
BETWEEN: Final = ("nothing", "an append", "a compaction", "a late compaction")
"""What may happen between an import and the pass after it."""
retentions = evenly([10, 1, 30, LATEST_MS])


class Actions(SessionState):
    """What may happen to the current run."""

    def insert_and_pass(self, name: str, where: int, records: list[Object]) -> None:
        """Put records into the history, and pass."""
        self.execute(name, lambda: self.change([*self.history[:where], *records, *self.history[where:]]))

    def part_twins(self, data: st.DataObject) -> None:
        """Let a record arrive twice, and later another one between the two."""
        twin, other = self.draw_records(data, 2)

        def action() -> None:
            before = self.history
            self.change([*before, twin, twin], status=self.legal(0))
            self.change([*before, twin, other, twin])

        self.execute("twins are parted", action)

    def go_on_with(self, data: st.DataObject, name: str, between: str) -> None:
        """Go on with what an older engine left of the run; at times something happens before the pass."""
        legacy, which = (
            data.draw(legacy_stores.LEGACY_STORES[name](self.run, self.next_seq(), self.capabilities)),
            data.draw(indexes),
        )

        def action() -> None:
            self.coverage.generations[name] += 1
            self.do("import", **legacy.left)
            if between == "an append" and "append" in self.capabilities:
                self.append(self.ids_known_in_many_ways() or self.known_ids(), which, 1)
            if "compaction" in between and "compact" in self.capabilities:
                now_ms = AFTER_ALL_MS if between == "a late compaction" else self.moment("events", which) + 1
                self.do("compact", retention_ms=1, now_ms=now_ms)
            self.change([*self.history, *legacy.records])

        self.execute("an older engine was here", action)

    def move_on_from(self, data: st.DataObject, left: legacy_stores.Left, choice: int) -> None:
        """Go on with another run, of which an older engine left snapshots, and move on from the latest of them."""
        records = self.draw_records(data, 1)
        self.make_run(data, STATUSES[0])
        legacy = data.draw(left(self.run, 1, self.capabilities))

        def action() -> None:
            self.do("import", **legacy.left)
            if self.change([*legacy.records, *records], status=self.legal(choice)) == "phase_transition":
                self.pass_()

        self.execute("another run was left in some phase", action)

    def compact(self, data: st.DataObject, how: str) -> None:
        """Compact in one of some ways, and pass; at times another tenant's snapshot of the same run id protects."""
        retention_ms = 0 if how == "off" else data.draw(retentions)
        which, later = data.draw(indexes), data.draw(st.integers(0, 1))

        def action() -> None:
            events = self.shown().events
            if how == "for two tenants" and events and "import" in self.capabilities:
                # Beyond all events, it decides on those that the own newest snapshot protects by itself.
                seq = highest_seq(events) + 1 if which % 2 else events[which % len(events)]["seq"]
                self.do("import", events=[], snapshots=[self._foreign_snapshot(seq)])
            moment = self.moment("events", which) if how == "early" else AFTER_ALL_MS
            self.do("compact", retention_ms=retention_ms, now_ms=moment + later + retention_ms)
            self.pass_()

        self.execute("the log is compacted", action)

    def prune(self, data: st.DataObject, how: str) -> None:
        """Prune in one of some ways, and pass; at times the run has another status, or another state, by then."""
        retention_ms = 0 if how == "off" else data.draw(retentions)
        which, later, keep = data.draw(indexes), data.draw(st.integers(0, 1)), data.draw(st.integers(0, 4))
        state = data.draw(states(self.capabilities)) if which % 3 == 0 else None

        def action() -> None:
            moment = self.moment("snapshots", which) if how == "early" else AFTER_ALL_MS
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
        runs = [run_record(run_id, self.run["tenant_context"], STATUSES[0]) for run_id in SORTED_APART]

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
        """Damage the files, if this fault is possible now; then the log may be compacted, and a record may arrive."""
        scenario = possible(self.situation()).get(name)
        if scenario is None:
            return
        requests, records = data.draw(scenario), self.draw_records(data, data.draw(st.integers(0, 1)))

        def action() -> None:
            self.coverage.targets[name] += 1
            self.send(requests)
            if compacted and "compact" in self.capabilities:
                self.do("compact", retention_ms=1, now_ms=AFTER_ALL_MS)
            self.change([*self.history, *records])

        self.execute("something happens to the files", action)

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
