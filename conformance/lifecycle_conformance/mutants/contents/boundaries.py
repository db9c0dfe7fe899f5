"""Faults in the snapshots: what they hold, which are written, overwritten and deleted, and which is the latest."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, TypeAlias

from attrs import evolve, frozen

from lifecycle_conformance.driver import server
from lifecycle_conformance.mutants.mutant import Mutant, replaced
from lifecycle_projection import ProjectionResult, Run, Snapshot, Store, content, projection, snapshots
from lifecycle_projection.phases import GuardedPhase, Refused
from lifecycle_projection.records import Json, TenantKey
from lifecycle_projection.retention import prunable
from lifecycle_projection.stores.store import Place
from lifecycle_projection.words import StatefulStatus

_Project: TypeAlias = Callable[[Run, Store], ProjectionResult]
_Guard: TypeAlias = Callable[..., GuardedPhase | Refused]
_Summary: TypeAlias = Callable[[Run], dict[str, Json]]


class SnapshotsRewritten(Mutant):
    """A pass gives all snapshots of its run that are there already the status that the run has now."""

    name = "snapshots-rewritten"
    why = "A status that changed seems to be stale in older snapshots."
    chief = "SNAP-6"
    breaks = frozenset({"SNAP-6", "PASS-1", "PASS-4", "PASS-9"})

    def patches(self) -> Iterator[AbstractContextManager[Any]]:
        """Rewrite them after each pass that succeeds."""

        def wrong(project: _Project) -> _Project:
            def rewriting(run: Run, store: Store) -> ProjectionResult:
                result, tenant = project(run, store), run.tenant_context.key
                for place, kept in store.snapshots(run.run_id).items():
                    if place == store.place(*_key(kept)) and kept.scope.tenant_context.key == tenant:
                        store.write_snapshot(evolve(kept, status=StatefulStatus(run.status)))
                return result

            return rewriting

        yield replaced(server, "project", wrong)


class GuardOff(Mutant):
    """No move is refused: one that isn't in the table goes to its phase and leaves the phase history as it was."""

    name = "guard-off"
    why = "The table of moves looks like advice."
    chief = "PHASE-7"
    breaks = frozenset({"PHASE-7"})
    hides = frozenset({"ERR-3", "FILE-22", "PASS-10", "PASS-11", "PASS-12"})

    def patches(self) -> Iterator[AbstractContextManager[Any]]:
        """Put a phase in the place of each refusal."""

        def wrong(guard: _Guard) -> _Guard:
            def yielding(latest: Any, **asked: Any) -> GuardedPhase:
                guarded = guard(latest, **asked)
                if isinstance(guarded, Refused):
                    return GuardedPhase(phase=guarded.to_phase, history=latest.phase_history)
                return guarded

            return yielding

        yield replaced(projection, "guard", wrong)


class NodeOutputsCopied(Mutant):
    """The checkpoint summary holds the outputs of the nodes."""

    name = "node-outputs-copied"
    why = "A summary of the checkpoint is quickly made by copying its members."
    chief = "REDACT-1"
    breaks = frozenset({"REDACT-1", "CKPT-1"})

    def patches(self) -> Iterator[AbstractContextManager[Any]]:
        """Add them to the summary."""

        def wrong(summary: _Summary) -> _Summary:
            return lambda run: {**summary(run), "node_outputs": run.checkpoint.node_outputs}

        yield replaced(content, "checkpoint_summary", wrong)


class LesserOfTwoLatest(Mutant):
    """Of several snapshots with the highest seq, the one with the least id is the latest (hazard H7)."""

    name = "lesser-of-two-latest"
    why = "`max` returns the first of equals."
    chief = "PASS-7"
    breaks = frozenset({"PASS-7"})

    def patches(self) -> Iterator[AbstractContextManager[Any]]:
        """Take the first of them, in the order in which they are shown."""

        def wrong(kept: Iterable[Snapshot], run_id: str, tenant: TenantKey) -> Snapshot | None:
            seen = snapshots.visible(kept, run_id, tenant)
            return next((each for each in seen if each.seq == seen[-1].seq), None)

        yield replaced(projection, "latest_of", lambda _: wrong)


class NamesakesPruned(Mutant):
    """Pruning deletes by snapshot id, in every run that has a snapshot of the id, and counts the ids (hazard H20)."""

    name = "namesakes-pruned"
    why = "A snapshot id looks as if it were unique."
    chief = "PRUNE-2"
    breaks = frozenset({"PRUNE-2", "PRUNE-4"})

    def patches(self) -> Iterator[AbstractContextManager[Any]]:
        """Delete all that have the id of one that is to be deleted."""

        def wrong(store: Store, *, retention_ms: int, keep: int, now_ms: int) -> int:
            if retention_ms == 0:
                return 0
            with store.lock():
                kept = store.snapshots()
                old = prunable(kept, keep=keep, cutoff_ms=max(0, now_ms - retention_ms))
                ids = {kept[place].snapshot_id for place in old}
                for place, each in kept.items():
                    if each.snapshot_id in ids:
                        store.delete_snapshot(place)
            return len(ids)

        yield replaced(server, "prune", lambda _: wrong)


class AnothersSnapshotOverwritten(Mutant):
    """A pass overwrites what it finds in the place of its own snapshot, whosever it is (hazard H3)."""

    name = "anothers-snapshot-overwritten"
    why = "Writing a file replaces it without a question."
    chief = "SNAP-11"
    breaks = frozenset({"SNAP-11", "TENANT-4", "TENANT-7"})
    hides = frozenset({"ERR-4"})

    def patches(self) -> Iterator[AbstractContextManager[Any]]:
        """Show a pass its own snapshots only, each as if nothing else could stand in its place."""

        def wrong(project: _Project) -> _Project:
            return lambda run, store: project(run, _Apart(store, run.tenant_context.key))

        yield replaced(server, "project", wrong)


@frozen
class _Apart:
    """A store that seems to have a place of its own for every snapshot, and none of other tenants."""

    _store: Store
    _tenant: TenantKey

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def place(self, run_id: str, snapshot_id: str, tenant: TenantKey) -> Place:
        return json.dumps([run_id, snapshot_id, tenant])

    def snapshots(self, run_id: str | None = None) -> Mapping[Place, Snapshot]:
        kept = self._store.snapshots(run_id).items()
        return {self._apart(place, each): each for place, each in kept if each.scope.tenant_context.key == self._tenant}

    def _apart(self, place: Place, snapshot: Snapshot) -> Place:
        key = _key(snapshot)
        return self.place(*key) if place == self._store.place(*key) else place

    def snapshot_at(self, place: Place) -> Snapshot | None:
        run_id, snapshot_id, tenant = json.loads(place)
        found = self._store.snapshot_at(self._store.place(run_id, snapshot_id, tuple(tenant)))
        return found if found is not None and self.place(*_key(found)) == place else None


def _key(snapshot: Snapshot) -> tuple[str, str, TenantKey]:
    return snapshot.run_id, snapshot.snapshot_id, snapshot.scope.tenant_context.key
