"""The actions of a session: each changes the current run or its store, and most of them end in a pass.

An action draws what it needs first and runs then, so that what it does can't change what is drawn.
"""

from collections.abc import Sequence
from typing import Final

from hypothesis import strategies as st

from lifecycle_conformance.execution.trace import Object
from lifecycle_conformance.generation import legacy_stores
from lifecycle_conformance.generation.alphabets import IN_ORDER, SORTED_APART
from lifecycle_conformance.generation.file_faults.scenarios import possible
from lifecycle_conformance.generation.run_states import states, whole_states
from lifecycle_conformance.generation.session_state import AFTER_ALL_MS, SessionState, indexes
from lifecycle_conformance.generation.strategies import LATEST_MS, STATUSES, evenly, run_record, telling_records

_RETENTIONS: Final = ("early", "late", "off", "beyond the beginning")
PRUNINGS: Final = (*_RETENTIONS, "for two tenants", "of one seq")
COMPACTIONS: Final = (*_RETENTIONS, "for two tenants", "beside a run without snapshots", "twice")
TO_AND_FRO: Final = ("queued", "running", "paused", "running", "paused", "failed")
"""Statuses of which each may follow the one before, and one move comes twice."""
MANY_MOVES: Final = ("queued", *("running", "paused") * 5, "failed")
_ONE_FOR_EACH_PHASE: Final = STATUSES[:7]
_RETRIED: Final[Object] = {"event": "node_retry_backoff_scheduled", "recorded_at_ms": 1}
BETWEEN: Final = ("nothing", "an append", "a compaction", "a late compaction", "a compaction in vain")
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
            data.draw(legacy_stores.ALL[name](self.run, self.next_seq(), self.capabilities)),
            data.draw(indexes),
        )

        def action() -> None:
            self.coverage.generations[name] += 1
            self.do("import", **legacy.left)
            if between == "an append" and "append" in self.capabilities:
                self.append(self.ids_known_in_many_ways() or self.known_ids(), which, 1)
            if "compaction" in between and "compact" in self.capabilities:
                now_ms = AFTER_ALL_MS if between == "a late compaction" else self.moment("events", which) + 1
                self.do("compact", retention_ms=now_ms if between == "a compaction in vain" else 1, now_ms=now_ms)
            self.change([*self.history, *legacy.records])

        self.execute("an older engine was here", action)

    def go_on_with_what_is_left(self, data: st.DataObject, left: legacy_stores.Left) -> None:
        """Go on with a new run, of which an older engine left something, and with the records that belong to it."""
        self.make_run(data, STATUSES[0])
        legacy = data.draw(left(self.run, 1, self.capabilities))

        def action() -> None:
            self.do("import", **legacy.left)
            self.change(legacy.records)

        self.execute("an older engine left something of a new run", action)

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

    def say_much(self, data: st.DataObject) -> None:
        """Go on with a run of which everything is known, and with records that say much; then all of it changes."""
        self.make_run(data, data.draw(evenly(STATUSES)))
        state, changed_to = (data.draw(whole_states(self.capabilities)) for _ in range(2))
        first, second = ([data.draw(telling_records(self.capabilities)) for _ in range(4)] for _ in range(2))

        def action() -> None:
            self.change(first, state=state)
            changed_to["checkpoint"]["awaiting_gate"] = None
            self.change([*first, *second], state=changed_to)

        self.execute("a run of which everything is known", action)

    def begin_in_every_status(self, data: st.DataObject) -> None:
        """Go on with new runs that are alike but for their status, some of which begin with a retry."""
        records = self.draw_records(data, 1)
        self.make_run(data, STATUSES[0])
        run = self.run

        def action() -> None:
            for status in STATUSES:
                for name, first in (("", records), ("-retried", [dict(_RETRIED)])):
                    self.run = {**run, "run_id": f"{run['run_id']}-{status}{name}", "status": status}
                    self.change(first)

        self.execute("a run begins in every status", action)

    def be_refused_in_every_way(self, data: st.DataObject) -> None:
        """Go on with new runs that begin in each phase, and try all moves that it doesn't allow."""
        records = self.draw_records(data, 2)
        self.make_run(data, STATUSES[0])
        run = self.run

        def action() -> None:
            for begun in _ONE_FOR_EACH_PHASE:
                self.run = {**run, "run_id": f"{run['run_id']}-{begun}", "status": begun}
                self.change(records[:1])
                for status in self.illegal:
                    if status in _ONE_FOR_EACH_PHASE:
                        self.change(records, status=status)

        self.execute("moves are refused one after the other", action)

    def move_often(self, data: st.DataObject, statuses: Sequence[str], *, at_once: bool) -> None:
        """Go on with a new run that moves from status to status, at times all of it at one moment."""
        drawn = enumerate(self.draw_records(data, len(statuses)), start=1)
        records = [{**each, "recorded_at_ms": 1 if at_once else number} for number, each in drawn]
        self.make_run(data, statuses[0])

        def action() -> None:
            for number, status in enumerate(statuses, start=1):
                self.change(records[:number], status=status)

        self.execute("the run moves often", action)

    def be_refused_midway(self, data: st.DataObject) -> None:
        """Go on with a new run of which one pass makes a move that is allowed, and then one that isn't."""
        records = self.draw_records(data, 2)
        self.make_run(data, "running")

        def action() -> None:
            self.change(records[:1])
            self.change([records[0], dict(_RETRIED), records[1]], status="queued")
            self.pass_()
            self.change(self.history, status="running")

        self.execute("a pass is refused midway", action)

    def be_refused_between(self, data: st.DataObject) -> None:
        """Go on with a new run of two moves; a record between them is then refused the last one."""
        first, second, third, between = self.draw_records(data, 4)
        self.make_run(data, "running")

        def action() -> None:
            self.change([first])
            self.change([first, second], status="paused")
            self.change([first, second, third], status="queued")
            self.change([first, between, second, third])
            self.change(self.history, status="failed")

        self.execute("a record between others is refused", action)

    def go_on_as_others(self, data: st.DataObject) -> None:
        """Go on with the run as another actor of its tenant, and from another source: they see the same."""
        record, source = self.draw_records(data, 1), self.tenant.get("source")
        others: list[Object] = [
            {"actor_id": "somebody-else"},
            {"source": "local_implicit" if source == "explicit" else "explicit"},
        ]

        def action() -> None:
            for other in others:
                self.run = {**self.run, "tenant_context": {**self.tenant, **other}}
                self.pass_()
            self.change([*self.history, *record])

        self.execute("somebody else goes on", action)

    def compact(self, data: st.DataObject, how: str) -> None:
        """Compact in one of some ways, and pass; at times another tenant's snapshot of the same run id protects."""
        retention_ms = 0 if how == "off" else data.draw(retentions)
        which, later = data.draw(indexes), data.draw(st.integers(0, 1))

        def action() -> None:
            events = self.shown().events
            if how == "for two tenants" and events and "import" in self.capabilities:
                # Beyond all events, it decides on those that the own newest snapshot protects by itself.
                seq = self.next_seq() if which % 2 else events[which % len(events)]["seq"]
                self.do("import", events=[], snapshots=[self._foreign_snapshot(seq)])
            if how == "beside a run without snapshots" and "import" in self.capabilities:
                self.do("import", events=self._events_only(), snapshots=[])
            moment = self.moment("events", which) if how == "early" else AFTER_ALL_MS
            now_ms = moment + later + retention_ms
            kept_ms = now_ms + 1 if how == "beyond the beginning" else retention_ms
            self.do("compact", retention_ms=kept_ms, now_ms=now_ms)
            if how == "twice":
                # Now the marker is the only one that is old; or it stays, while all of another run is removed.
                stays = bool(which % 2) and "import" in self.capabilities
                if stays:
                    self.do("import", events=self._events_only(), snapshots=[])
                self.do("compact", retention_ms=1, now_ms=now_ms + (1 if stays else 2))
            self.pass_()

        self.execute("the log is compacted", action)

    def prune(self, data: st.DataObject, how: str) -> None:
        """Prune in one of some ways, and pass; at times the run has another status, or another state, by then."""
        retention_ms = 0 if how == "off" else data.draw(retentions)
        which, later, keep = data.draw(indexes), data.draw(st.integers(0, 1)), data.draw(st.integers(0, 4))
        state = data.draw(states(self.capabilities)) if which % 3 == 0 else None

        def action() -> None:
            moment = self.moment("snapshots", which) if how == "early" else AFTER_ALL_MS
            few = keep if how == "early" and which % 4 == 0 else keep % 2
            if "import" in self.capabilities and how in {"for two tenants", "of one seq"}:
                self.do("import", events=[], snapshots=self._more_snapshots(how, which))
            now_ms = moment + later + retention_ms
            kept_ms = now_ms + 1 if how == "beyond the beginning" else retention_ms
            self.do("prune", retention_ms=kept_ms, keep=few, now_ms=now_ms)
            self.change(self.history, status=self.legal(which) if which % 2 else None, state=state)

        self.execute("snapshots are pruned", action)

    def begin_for_two_tenants(
        self, data: st.DataObject, count: int, status: str, other: Object, first: Object | None = None
    ) -> None:
        """Go on with two new runs that are alike but for their tenants, one after the other."""
        records = self.draw_records(data, count)
        self.make_run(data, status)
        self.run = {**self.run, "tenant_context": first or self.run["tenant_context"]}

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
        retention_ms = data.draw(evenly([1, 1, AFTER_ALL_MS])) if compacted else 0  # the last one removes nothing

        def action() -> None:
            self.coverage.targets[name] += 1
            self.send(requests)
            if compacted and "compact" in self.capabilities:
                self.do("compact", retention_ms=retention_ms, now_ms=AFTER_ALL_MS)
            self.change([*self.history, *records])

        self.execute("something happens to the files", action)

    def _more_snapshots(self, how: str, which: int) -> list[Object]:
        """Write an old snapshot of another tenant; or several of the own one that are the newest, with one seq."""
        latest = self.next_seq() - 1
        if how == "for two tenants":
            return [self._foreign_snapshot(latest + which % 2)]
        letters = IN_ORDER[which % len(IN_ORDER)]
        own = {"scope": {"schema_version": 1, "tenant_context": self.tenant}, "seq": latest + 1}
        return [{**self._foreign_snapshot(0), **own, "snapshot_id": f"spare-{letter}"} for letter in letters]

    def _events_only(self) -> list[Object]:
        """Write events of a run that has no snapshot, each recorded by somebody else; at times their seqs are high."""
        number = len(self.session.requests)
        run_id, events = f"{self.run['run_id']}-{number}", []
        first = 2**63 if number % 2 and "json-numbers" in self.capabilities else 1
        for seq in (first, first + 1):
            note = self.by_hand(f"note-{seq}", seq - first + 1, plain=True)
            scope = {**note["scope"], "tenant_context": {**self.tenant, "actor_id": f"actor-{seq}"}}
            events.append({**note, "run_id": run_id, "seq": seq, "scope": scope})
        return events

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
