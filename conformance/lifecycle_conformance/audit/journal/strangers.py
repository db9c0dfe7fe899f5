"""Records that no step of a journal leaves: which of them only steps after its end can have left."""

from collections.abc import Iterator, Sequence

from lifecycle_conformance.audit.journal.predicting import EVENT, Key, Passes, Prediction
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
