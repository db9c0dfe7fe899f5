"""The older generations of production's engine, each as a whole, as far as they differ from today's.

What they share with today's engine, such as its hazards, isn't here. `fails` was derived from what is known of each
generation before it was judged for the first time; each correction since says why.
"""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Final
from unittest.mock import patch

from attrs import evolve

from lifecycle_conformance.driver import server
from lifecycle_conformance.mutants.changes import index_id
from lifecycle_conformance.mutants.mutant import Mutant, replaced
from lifecycle_projection import Event, Run, Snapshot, log, projection, recognition, scope, snapshots
from lifecycle_projection.identity import Identified
from lifecycle_projection.records import LOCAL_TENANT, TenantKey

_Patches = Iterator[AbstractContextManager[Any]]


class Generation(Mutant):
    """A generation of the engine. `fails` names the requirements that a check of it reports as failed, all of them."""

    fails: frozenset[str]


# --- what several generations have in common --------------------------------------------------------------------------


def _local_sees_all() -> _Patches:
    """The local tenant, which is nobody's in particular, sees the records of every tenant."""

    def is_seen(record: Event | Snapshot, run_id: str, tenant: TenantKey) -> bool:
        return record.run_id == run_id and tenant in {record.scope.tenant_context.key, LOCAL_TENANT.key}

    def visible(events: Iterable[Event], run_id: str, tenant: TenantKey) -> list[Event]:
        return sorted((each for each in events if is_seen(each, run_id, tenant)), key=lambda each: each.seq)

    def seen(kept: Iterable[Snapshot], run_id: str, tenant: TenantKey) -> Iterator[Snapshot]:
        return (each for each in kept if is_seen(each, run_id, tenant))

    for module in (log, projection):
        yield patch.object(module, "visible", visible)
    yield patch.object(snapshots, "_seen", seen)


def _markers_unknown() -> _Patches:
    """What a compaction marker lists is known neither to a pass nor to the log."""
    for module in (recognition, log):
        yield patch.object(module, "listed_by", lambda _: iter(()))


def _no_phases_before() -> _Patches:
    """No move is refused, no history is kept, and a run that waits for a retry is queued."""
    yield replaced(projection, "guard", lambda guard: lambda _, **asked: guard(None, **asked))
    yield patch.object(projection, "phase_status", lambda status, _: status)


# --- the generations --------------------------------------------------------------------------------------------------

# Corrected: ALIAS-5 is kept, as whoever enters no entry enters no malformed one.
# Corrected: where several wrong readings of a marker give what was recorded anew, ALIAS-2 alone is named.
_MARKERS: Final = frozenset({"ALIAS-2", "ALIAS-4", "COMPACT-14", "LOG-3", "LOG-4"})
# Corrected: what others have influences the local tenant (LOG-5), and those of `local` with the deployment "", too.
_LOCAL: Final = frozenset({"TENANT-1", "TENANT-3", "TENANT-5", "LOG-5"})
# Corrected: and a pass of the local tenant takes what others recorded for its own (ALIAS-1).
_LOCAL_KNOWS_ALL: Final = _LOCAL | {"ALIAS-1"}
# Corrected: where no snapshot is taken for the latest, it is neither the run's latest (PASS-7) nor the one before.
_NO_GUARD: Final = frozenset({"PHASE-2", "PHASE-4", "PHASE-5", "PHASE-6", "PHASE-7", "PASS-7", "PASS-13"})


class G1(Generation):
    """The first generation: ids by position, snapshots written anew by every pass, no phases before the newest."""

    name = "g1"
    why = "Production began so, on 2026-06-29."
    chief = "ID-3"
    fails = (
        # Corrected: ALIAS-2 speaks of right ids, too.
        (_MARKERS - {"ALIAS-2"})
        | _LOCAL
        | _NO_GUARD
        # The id says the position, not the content. Corrected: that the id of an event is wrong is ID-5's alone to say,
        # and no longer EVENT-1's; and an index id that is told looks as if it were looked up in the store (DRIVER-8).
        | {"ID-3", "ID-5", "DRIVER-8"}
        # No occurrence is recorded. Corrected: an event without one doesn't have the right one either (OCC-1).
        | {"EVENT-2", "OCC-1"}
        # What moved is new. Corrected: ALIAS-6 and PASS-2 speak of right ids, which are never met.
        | {"PASS-9"}
        # Every pass writes every snapshot, counts all records, and overwrites whatever is there. Corrected: so it fills
        # in what an older snapshot lacks on the disk, too (SNAP-9).
        | {"SNAP-6", "SNAP-9", "SNAP-11", "PASS-4", "PASS-6", "PASS-8", "TENANT-4", "TENANT-7"}
        # Only one source of the enterprise scope is read.
        | {"SCOPE-2"}
    )
    breaks = fails

    def patches(self) -> _Patches:
        """Put the first generation in the place of today's."""
        for module in (projection, server):
            yield replaced(module, "identify", lambda identify: lambda run: tuple(map(_by_index(run), identify(run))))
        yield replaced(recognition, "_stable_id", lambda _: lambda event, _: event.event_id)
        yield replaced(projection, "event_of", lambda made: lambda *of: _without_occurrence(made(*of)))
        yield replaced(projection._Pass, "_found", lambda _: lambda *_: None)  # noqa: SLF001 - no other place decides it
        yield patch.object(scope, "SOURCES", ("automation_webhook",))
        yield from (*_no_phases_before(), *_markers_unknown(), *_local_sees_all())


def _by_index(run: Run) -> Any:
    def identified(each: Identified) -> Identified:
        return evolve(each, event_id=index_id(run, each))

    return identified


def _without_occurrence(event: Event) -> Event:
    assert isinstance(event.payload, dict)
    payload = {name: value for name, value in event.payload.items() if name != "lifecycle_occurrence"}
    return evolve(event, payload=payload)


class G2(Generation):
    """The second generation: ids by content, which know the first one's events; no phases before the newest."""

    name = "g2"
    why = "Production ran so for hours, on 2026-07-03."
    chief = "PHASE-7"
    fails = _MARKERS | _LOCAL_KNOWS_ALL | _NO_GUARD
    breaks = fails

    def patches(self) -> _Patches:
        """Put the second generation in the place of today's."""
        yield from (*_no_phases_before(), *_markers_unknown(), *_local_sees_all())


class G3(Generation):
    """The third generation: all but compaction markers, which neither it nor its store knows."""

    name = "g3"
    why = "Production ran so for a day, until 2026-07-04."
    chief = "ALIAS-4"
    fails = _MARKERS | _LOCAL_KNOWS_ALL
    breaks = fails

    def patches(self) -> _Patches:
        """Put the third generation in the place of today's."""
        yield from (*_markers_unknown(), *_local_sees_all())


GENERATIONS: Final = {each.name: each for each in (G1(), G2(), G3())}
"""The older generations, by name."""
