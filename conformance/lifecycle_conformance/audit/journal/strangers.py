"""Records that no step of a journal leaves: which of them only steps after its end can have left."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate

from lifecycle_conformance.audit.journal.predicting import EVENT, SNAPSHOT, Key, Passes, Prediction, Version
from lifecycle_conformance.audit.journal.reading import Beside
from lifecycle_conformance.audit.journal.telling import is_marker
from lifecycle_conformance.audit.stored import Row
from lifecycle_conformance.execution.trace import Object, Owner, member


class Strangers:
    """What no step leaves, once a store shows `made` steps. Where steps are still to come, nothing is later than all.

    `later` collects what only steps after the journal's end can have left; `compactions` are its own, by their times.
    """

    def __init__(self, prediction: Prediction, made: int) -> None:
        self.later: list[tuple[Key, Row]] = []
        compactions = (each for each in prediction.steps[:made] if each.op == "compact")
        self.compactions = {each.now_ms: each.number for each in compactions if each.now_ms is not None}
        self._passes = prediction.passes
        self._whole = made == len(prediction.steps)

    def not_later(self, run: Beside, rows: Sequence[tuple[Key, Row]]) -> Iterator[tuple[Key, Row]]:
        """Those of a run's records that the journal's own steps should have left, if any did. Collects the others."""
        highest: dict[object, int] = {}
        for version in run.versions:
            if version.sort == EVENT:
                owner = version.key[1]
                highest[owner] = max(highest.get(owner, 0), version.record.seq)
        news: set[object] = set()
        for key, row in rows:  # events come before snapshots
            passes = self._passes.get(Owner(key[1], run.run_id), Passes())
            if self._whole and self._is_later(key, row.value, passes, highest.get(key[1], 0), news):
                news.add(key[1:])
                self.later.append((key, row))
            else:
                yield key, row

    def _is_later(self, key: Key, value: Object, passes: Passes, highest: int, news: set[object]) -> bool:
        sort, tenant, id_ = key
        if is_marker(value):
            return value["occurred_at_ms"] not in self.compactions
        if sort == EVENT:
            status = member(value.get("payload"), "status")
            return value["seq"] > highest and not (id_ in passes.ids and status in passes.statuses)
        return (tenant, id_) in news or value["status"] not in passes.statuses


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
