"""Records that no step of a journal leaves: which of them only steps after its end can have left."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from itertools import accumulate

from lifecycle_conformance.audit.journal.predicting import EVENT, SNAPSHOT, Key, Passes, Prediction, Version
from lifecycle_conformance.audit.journal.reading import Beside
from lifecycle_conformance.audit.journal.telling import is_marker
from lifecycle_conformance.audit.stored import Row
from lifecycle_conformance.execution.trace import Object, Owner, TenantKey, member
from lifecycle_conformance.model.identity import is_unsigned


class Strangers:
    """What no step leaves, once a store shows `made` steps. Where steps are still to come, nothing is later than all.

    `later` collects what only steps after the journal's end can have left.
    """

    def __init__(self, prediction: Prediction, made: int) -> None:
        self.later: list[tuple[Key, Row]] = []
        self._compactions = prediction.compactions
        self._passes = prediction.passes
        self._in_files = prediction.store.in_files
        self._whole = made == len(prediction.steps)

    def not_later(self, run: Beside) -> list[tuple[Key, Row]]:
        """Those of a run's strange records that the journal's own steps left, if any did. Collects the others."""
        known, highest = {each.key for each in run.versions}, self._highest(run)
        left, news = [], set[object]()
        for key, row in run.strange:  # events come before snapshots
            passes = self._passes.get(Owner(key[1], run.run_id), Passes())
            if key[0] == SNAPSHOT:
                may_be = key not in known or bool(news)  # one that was pruned comes back with the next pass
                is_later = key[1:] in news or (may_be and _is_of_later_pass(row.value, passes))
            else:
                is_later = key not in known and self._follows(key, row.value, passes, highest)
            if self._whole and is_later:
                news.add(key[1:])
                self.later.append((key, row))
            else:
                left.append((key, row))
        return left

    def _highest(self, run: Beside) -> defaultdict[TenantKey | None, int]:
        """The highest seq that the journal gives each tenant."""
        found: defaultdict[TenantKey | None, int] = defaultdict(int)
        for version in run.versions:
            if version.sort == EVENT:
                numbered = self._numbered(version.key[1])
                found[numbered] = max(found[numbered], version.record.seq)
        return found

    def _numbered(self, tenant: TenantKey) -> TenantKey | None:
        """Whose events are numbered together: in a database those of all tenants of a run (DB-16)."""
        return tenant if self._in_files else None

    def _follows(self, key: Key, value: Object, passes: Passes, highest: dict[TenantKey | None, int]) -> bool:
        """Whether an event follows on the journal: it has the next seq, and isn't one that the journal's passes had."""
        _, tenant, event_id = key
        numbered = self._numbered(tenant)
        if is_marker(value):
            follows = value["occurred_at_ms"] not in self._compactions
        else:
            is_new = event_id not in passes.ids or member(value.get("payload"), "status") not in passes.statuses
            follows = is_new and value["seq"] == highest[numbered] + 1
        if follows:
            highest[numbered] = max(highest[numbered], value["seq"])
        return follows


def _is_of_later_pass(snapshot: Object, passes: Passes) -> bool:
    """Whether a snapshot holds a state of its run that no pass of the journal had."""
    count = member(snapshot.get("checkpoint"), "lifecycle_event_count")
    return snapshot["status"] not in passes.statuses or (is_unsigned(count) and count > passes.longest)


def looks_pruned(run: Beside, missing: Sequence[Version], made: int) -> bool:
    """Whether a pruning may have deleted these snapshots, which are missing: it deletes the old ones, but the newest.

    (PRUNE-2, PRUNE-3)
    """
    held = [each.value for each in run.versions if each.held and each.stands_after(made) and each.sort == SNAPSHOT]
    held.sort(key=_seq)
    newest = max([*map(_seq, held), *(_seq(row.value) for key, row in run.strange if key[0] == SNAPSHOT)], default=0)
    seqs = [*map(_seq, held)]
    oldest_ms = [*accumulate((each["created_at_ms"] for each in held), min)]
    for lost in (each.value for each in missing):
        older = bisect_left(seqs, _seq(lost))
        if _seq(lost) >= newest or (older and oldest_ms[older - 1] <= lost["created_at_ms"]):
            return False
    return True


def _seq(value: Object) -> int:
    seq: int = value["seq"]
    return seq
