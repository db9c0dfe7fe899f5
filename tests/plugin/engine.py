"""The reference as an implementation in Python, with all that it may offer in memory."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lifecycle_conformance.testing import RefusedError
from lifecycle_projection import MemoryStore, Tenant, append_once, compact, identify, log, project, prune, snapshots
from lifecycle_projection.codec import event_from, run_from, snapshot_from, structure, to_json

CAPABILITIES = ("identify", "import", "append", "compact", "prune", "tenants", "json-numbers", "exact-numbers")
Object = dict[str, Any]


class Engine:
    """A store in memory."""

    def __init__(self, _: Path) -> None:
        self.store = MemoryStore()

    @staticmethod
    def identify(run: Object) -> list[Object]:
        return [
            {"identity": each.identity, "occurrence": each.occurrence, "event_id": each.event_id}
            for each in identify(run_from(run))
        ]

    def project(self, run: Object) -> int:
        return project(run_from(run), self.store).projected

    def events(self, tenant: Object, run_id: str) -> list[Object]:
        seen = log.visible(self.store.events(run_id), run_id, structure(tenant, Tenant).key)
        return [to_json(each) for each in seen]

    def snapshots(self, tenant: Object, run_id: str) -> list[Object]:
        stored = self.store.snapshots(run_id).values()
        return [to_json(each) for each in snapshots.visible(stored, run_id, structure(tenant, Tenant).key)]

    def import_(self, events: Sequence[Object], stored: Sequence[Object]) -> None:
        left, written = [*map(event_from, events)], [*map(snapshot_from, stored)]
        self.store.append(*left)
        for each in written:
            self.store.write_snapshot(each)

    def append(self, tenant: Object, event: Object) -> tuple[bool, int]:
        new = event_from({**event, "seq": 0})
        if new.scope.tenant_context.key != structure(tenant, Tenant).key:
            raise RefusedError("invalid_input", "expected the tenant of the event")
        return append_once(self.store, new)

    def compact(self, retention_ms: int, now_ms: int) -> int:
        return compact(self.store, retention_ms=retention_ms, now_ms=now_ms)

    def prune(self, retention_ms: int, keep: int, now_ms: int) -> int:
        return prune(self.store, retention_ms=retention_ms, keep=keep, now_ms=now_ms)
