"""Faults in pruning: which snapshots go, what is answered, and what comes back."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from attrs import evolve

from lifecycle_conformance.driver import server
from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import FileStore, Snapshot, Store, projection, retention
from lifecycle_projection.phases import with_phase
from lifecycle_projection.snapshots import order
from lifecycle_projection.stores.store import Place

_Prune: TypeAlias = Callable[..., int]
_Kept: TypeAlias = Mapping[Place, Snapshot]


# --- which of them go -------------------------------------------------------------------------------------------------


@fault("PRUNE-1", why="A retention of 0 reads like: keep nothing that is old.")
def retention_0_prunes_all() -> Patches:
    """With a retention of 0 a pruning deletes what is older than now, but for the newest."""
    yield from _pruning(lambda store, _, keep, now_ms: _delete(store, keep, now_ms))


@fault("PRUNE-2", why="Who asks to keep none means none.")
def keep_0_keeps_none() -> Patches:
    """A pruning with `keep` 0 deletes also the newest snapshot of a run."""
    yield from _choosing(lambda order, keep: order[: len(order) - keep])


@fault("PRUNE-3", why="A tenant's newest snapshots seem to be its own affair.", store="memory")
def newest_of_each_tenant_kept() -> Patches:
    """The newest snapshots of a run are kept for each tenant by itself."""
    yield from _grouping(lambda each: (each.run_id, each.scope.tenant_context.key))


@fault("PRUNE-2", "PRUNE-3", why="The newest of some things are those with the latest time.")
def newest_by_time() -> Patches:
    """The newest snapshots are those with the latest `created_at_ms`."""
    yield replaced(retention, "order", lambda _: lambda each: (each.created_at_ms, each.seq, each.snapshot_id))


@fault("PRUNE-2", "PRUNE-3", why="`keep` reads like a limit for the store.")
def newest_of_all_runs_kept() -> Patches:
    """The newest `keep` of all snapshots are kept, whosever run they are of."""
    yield from _grouping(lambda _: None)


@fault("PRUNE-2", "PRUNE-3", why="A sort by seq leaves ties in the order of a directory listing turned around.")
def lesser_ids_kept_of_one_seq() -> Patches:
    """Of snapshots with the same seq those with the lesser ids count as newer."""

    def wrong(_: Any) -> Any:
        return lambda each: (each.seq, [-ord(letter) for letter in each.snapshot_id])

    yield replaced(retention, "order", wrong)


@fault("PRUNE-3", why="*Older than* and *not younger than* are one character apart.")
def snapshot_at_the_cutoff_pruned() -> Patches:
    """A snapshot whose time is the cutoff is deleted as well."""
    yield from _pruning(
        lambda store, retention_ms, keep, now_ms: (
            _delete(store, keep, max(0, now_ms - retention_ms) + 1) if retention_ms else 0
        )
    )


@fault("PRUNE-3", why="Unsigned numbers wrap around in a release build.")
def pruning_cutoff_wraps_below_0() -> Patches:
    """Where the retention reaches back behind time 0, the cutoff lies far in the future, and all is old."""
    yield from _pruning(
        lambda store, retention_ms, keep, now_ms: (
            _delete(store, keep, (now_ms - retention_ms) % 2**64) if retention_ms else 0
        )
    )


@fault("PRUNE-3", why="`keep` alone looks like all that a pruning has to know.")
def all_but_the_newest_pruned() -> Patches:
    """All snapshots but the newest are deleted, however young they are."""
    yield from _pruning(lambda store, retention_ms, keep, _: _delete(store, keep, 2**64) if retention_ms else 0)


@fault("PRUNE-3", why="The old ones are found first, and of these the newest are kept.")
def newest_of_the_old_kept() -> Patches:
    """Of the snapshots before the cutoff, not of all, the newest `keep` are kept."""

    def wrong(prunable: Any) -> Any:
        return lambda kept, *, keep, cutoff_ms: prunable(
            {place: each for place, each in kept.items() if each.created_at_ms < cutoff_ms},
            keep=keep,
            cutoff_ms=cutoff_ms,
        )

    yield replaced(retention, "prunable", wrong)


def _choosing(others: Callable[[list[Place], int], list[Place]]) -> Patches:
    def wrong(kept: _Kept, *, keep: int, cutoff_ms: int) -> list[Place]:
        of_run: defaultdict[str, list[Place]] = defaultdict(list)
        for place in sorted(kept, key=lambda place: order(kept[place])):
            of_run[kept[place].run_id].append(place)
        return [
            place
            for places in of_run.values()
            for place in others(places, keep)
            if kept[place].created_at_ms < cutoff_ms
        ]

    yield replaced(retention, "prunable", lambda _: wrong)


def _grouping(group: Callable[[Snapshot], Any]) -> Patches:
    def wrong(prunable: Any) -> Any:
        def by_group(kept: _Kept, **limits: int) -> list[Place]:
            groups: defaultdict[Any, dict[Place, Snapshot]] = defaultdict(dict)
            for place, each in kept.items():
                groups[group(each)][place] = each
            return [place for each in groups.values() for place in prunable(_as_one_run(each), **limits)]

        return by_group

    yield replaced(retention, "prunable", wrong)


def _as_one_run(kept: _Kept) -> _Kept:
    run_ids = {each.run_id for each in kept.values()}
    return kept if len(run_ids) == 1 else {place: _renamed(each) for place, each in kept.items()}


def _renamed(snapshot: Snapshot) -> Snapshot:
    return evolve(snapshot, run_id="")


def _pruning(wrong: Callable[[Store, int, int, int], int]) -> Patches:
    yield replaced(
        server,
        "prune",
        lambda _: lambda store, *, retention_ms, keep, now_ms: wrong(store, retention_ms, keep, now_ms),
    )


def _delete(store: Store, keep: int, cutoff_ms: int) -> int:
    with store.lock():
        places = retention.prunable(store.snapshots(), keep=keep, cutoff_ms=cutoff_ms)
        for place in places:
            store.delete_snapshot(place)
    return len(places)


# --- what is answered, and what else happens --------------------------------------------------------------------------


@fault("PRUNE-4", why="What is beyond `keep` seems to be what is pruned.")
def prunable_snapshots_answered() -> Patches:
    """A pruning answers how many snapshots are beyond the newest `keep`, also those that are too young."""
    yield from _around(
        lambda before, _, keep: len(retention.prunable(before, keep=keep, cutoff_ms=2**64)),
    )


@fault("PRUNE-4", why="A caller seems to ask how many are there now.")
def snapshots_left_answered() -> Patches:
    """A pruning answers how many snapshots are left."""
    yield from _around(lambda _, after, __: len(after))


@fault("PRUNE-4", why="A pruning works run by run, and reports as it works.")
def runs_pruned_answered() -> Patches:
    """A pruning answers of how many runs it deleted snapshots."""
    yield from _around(lambda before, after, _: len({before[place].run_id for place in before.keys() - after.keys()}))


def _around(answer: Callable[[_Kept, _Kept, int], int]) -> Patches:
    def wrong(prune: _Prune) -> _Prune:
        def answered(store: Store, *, retention_ms: int, keep: int, now_ms: int) -> int:
            before = store.snapshots()
            prune(store, retention_ms=retention_ms, keep=keep, now_ms=now_ms)
            return answer(before, store.snapshots(), keep) if retention_ms else 0

        return answered

    yield replaced(server, "prune", wrong)


@fault("PRUNE-5", why="An event without its snapshot looks incomplete.")
def events_of_pruned_snapshots_removed() -> Patches:
    """A pruning removes the events of the snapshots that it deletes from the log."""

    def removed(store: Store, before: _Kept) -> None:
        gone = {before[place].snapshot_id for place in before.keys() - store.snapshots().keys()}
        if gone:
            store.replace_log([each for each in store.events() if each.event_id not in gone])

    yield from _then(removed)


@fault("PRUNE-5", "SNAP-9", why="What is read with its phase filled in is written back so.")
def kept_snapshots_written_anew() -> Patches:
    """A pruning that deletes something writes the snapshots that it keeps anew, with their phases filled in."""

    def rewritten(store: Store, before: _Kept) -> None:
        after = store.snapshots()
        for place, each in after.items() if before.keys() != after.keys() else ():
            if place == store.place(each.run_id, each.snapshot_id, each.scope.tenant_context.key):
                store.write_snapshot(with_phase(each))

    yield from _then(rewritten)


@fault("PRUNE-5", why="An empty folder looks like rubbish.")
def empty_folders_removed() -> Patches:
    """A pruning removes the folders that it leaves empty."""

    def wrong(delete: Callable[[FileStore, Place], None]) -> Callable[[FileStore, Place], None]:
        def deleted(store: FileStore, place: Place) -> None:
            delete(store, place)
            folder = Path(place).parent
            if not [*folder.iterdir()]:
                folder.rmdir()

        return deleted

    yield replaced(FileStore, "delete_snapshot", wrong)


def _then(done: Callable[[Store, _Kept], None]) -> Patches:
    def wrong(prune: _Prune) -> _Prune:
        def and_more(store: Store, **asked: int) -> int:
            before = store.snapshots()
            deleted = prune(store, **asked)
            if asked["retention_ms"]:
                with store.lock():
                    done(store, before)
            return deleted

        return and_more

    yield replaced(server, "prune", wrong)


# --- what comes back --------------------------------------------------------------------------------------------------


@fault("PRUNE-6", "PASS-5", "PASS-12", "PASS-14", "SNAP-5", why="A record whose event is there has been projected.")
def pruned_snapshots_stay_away() -> Patches:
    """A pass writes no snapshot for a record whose event was there before."""

    def wrong(project: Any) -> Any:
        def projected(self: Any, identified: Any) -> None:
            recorded = self.table.get(identified.event_id)
            if recorded is None or self._found(recorded) is not None:
                project(self, identified)

        return projected

    yield replaced(projection._Pass, "project", wrong)  # noqa: SLF001


@fault("PRUNE-6", "PASS-6", why="What a pass projects are events, and snapshots are a by-product.")
def pruned_snapshots_not_counted() -> Patches:
    """A pass doesn't count a record of which it wrote the snapshot only."""

    def wrong(project: Any) -> Any:
        def projected(self: Any, identified: Any) -> None:
            before, known = self.draft.projected, identified.event_id in self.table
            project(self, identified)
            self.draft.projected = before if known else self.draft.projected

        return projected

    yield replaced(projection._Pass, "project", wrong)  # noqa: SLF001
