"""Faults in the snapshots: what they hold, which are written, which are overwritten."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any
from unittest.mock import patch

from attrs import evolve, frozen

from lifecycle_conformance.driver import server
from lifecycle_conformance.mutants.mutant import Mutant
from lifecycle_projection import ProjectionResult, Run, Snapshot, Store, content, projection
from lifecycle_projection.checkpoint import checkpoint_summary
from lifecycle_projection.phases import GuardedPhase, Refused, guard
from lifecycle_projection.projection import project
from lifecycle_projection.records import Json, TenantKey
from lifecycle_projection.stores.store import Place
from lifecycle_projection.words import StatefulStatus


class SnapshotsRewritten(Mutant):
    """A pass gives all snapshots of its run that are there already the status that the run has now."""

    name = "snapshots-rewritten"
    chief = "SNAP-6"
    breaks = frozenset({"SNAP-6", "PASS-1", "PASS-4", "PASS-9"})

    def patches(self) -> Iterator[AbstractContextManager[Any]]:
        """Rewrite them after each pass that succeeds."""

        def wrong(run: Run, store: Store) -> ProjectionResult:
            result, tenant = project(run, store), run.tenant_context.key
            for place, kept in store.snapshots(run.run_id).items():
                if place == store.place(kept.run_id, kept.snapshot_id, tenant) and _is_of(kept, tenant):
                    store.write_snapshot(evolve(kept, status=StatefulStatus(run.status)))
            return result

        yield patch.object(server, "project", wrong)


class GuardOff(Mutant):
    """No move is refused: one that isn't in the table goes to its phase and leaves the phase history as it was."""

    name = "guard-off"
    chief = "PHASE-7"
    breaks = frozenset({"PHASE-7"})
    hides = frozenset({"ERR-3", "FILE-22", "PASS-10", "PASS-11", "PASS-12"})

    def patches(self) -> Iterator[AbstractContextManager[Any]]:
        """Put a phase in the place of each refusal."""

        def wrong(latest: Any, **asked: Any) -> GuardedPhase:
            guarded = guard(latest, **asked)
            if isinstance(guarded, Refused):
                return GuardedPhase(phase=guarded.to_phase, history=latest.phase_history)
            return guarded

        yield patch.object(projection, "guard", wrong)


class NodeOutputsCopied(Mutant):
    """The checkpoint summary holds the outputs of the nodes."""

    name = "node-outputs-copied"
    chief = "REDACT-1"
    breaks = frozenset({"REDACT-1", "CKPT-1"})

    def patches(self) -> Iterator[AbstractContextManager[Any]]:
        """Add them to the summary."""

        def wrong(run: Run) -> dict[str, Json]:
            return {**checkpoint_summary(run), "node_outputs": run.checkpoint.node_outputs}

        yield patch.object(content, "checkpoint_summary", wrong)


class AnothersSnapshotOverwritten(Mutant):
    """A pass that finds another tenant's snapshot in the place of its own overwrites it (hazard H3)."""

    name = "anothers-snapshot-overwritten"
    chief = "SNAP-11"
    breaks = frozenset({"SNAP-11", "SNAP-6", "TENANT-4", "TENANT-7"})

    def patches(self) -> Iterator[AbstractContextManager[Any]]:
        """Show a pass no snapshot of another tenant."""

        def wrong(run: Run, store: Store) -> ProjectionResult:
            return project(run, _OwnOnly(store, run.tenant_context.key))

        yield patch.object(server, "project", wrong)


@frozen
class _OwnOnly:
    """A store in which one tenant's snapshots are seen only."""

    _store: Store
    _tenant: TenantKey

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def snapshots(self, run_id: str | None = None) -> Mapping[Place, Snapshot]:
        kept = self._store.snapshots(run_id)
        return {place: each for place, each in kept.items() if _is_of(each, self._tenant)}

    def snapshot_at(self, place: Place) -> Snapshot | None:
        found = self._store.snapshot_at(place)
        return found if found is not None and _is_of(found, self._tenant) else None


def _is_of(snapshot: Snapshot, tenant: TenantKey) -> bool:
    return snapshot.scope.tenant_context.key == tenant
