"""Faults in what tenants see of each other, and in what becomes of two that use one run id."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, TypeAlias

from lifecycle_conformance.driver.server import Server
from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import MemoryStore, Snapshot, Store, log, projection, retention, snapshots
from lifecycle_projection.log import KnownIds
from lifecycle_projection.records import LOCAL_TENANT, Event, Json, Tenant, TenantKey

_AppendNew: TypeAlias = Callable[[Store, KnownIds, Event], Event | None]
_OF_ALL_THAT_SEE_TOO_MUCH: Final = (
    *("TENANT-5", "TENANT-6", "TENANT-7"),
    *("ALIAS-1", "LOG-2", "LOG-3", "LOG-4", "LOG-5", "PASS-2", "PASS-7", "SNAP-5"),
)
"""What fails where a pass takes what others recorded for its own."""


# --- who sees what ----------------------------------------------------------------------------------------------------


@fault("TENANT-1", *_OF_ALL_THAT_SEE_TOO_MUCH, why="An organisation seems to be the tenant.", store="memory")
def workspace_ignored() -> Patches:
    """Tenants of one organisation and deployment see each other's records, whatever their workspace."""
    yield from _seeing(lambda theirs, asking: theirs[::2] == asking[::2])


@fault(
    *("TENANT-1", "TENANT-3", *_OF_ALL_THAT_SEE_TOO_MUCH),
    why="The deployment came to the tenant later than its other parts.",
    store="memory",
)
def deployment_ignored() -> Patches:
    """Tenants that differ in their deployment only see each other's records."""
    yield from _seeing(lambda theirs, asking: theirs[:2] == asking[:2])


@fault("TENANT-1", *_OF_ALL_THAT_SEE_TOO_MUCH, why="Databases compare text without case.", store="memory")
def tenants_compared_without_case() -> Patches:
    """Tenants whose names differ in case only see each other's records."""

    def folded(key: TenantKey) -> list[str | None]:
        return [each and each.casefold() for each in key]

    yield from _seeing(lambda theirs, asking: folded(theirs) == folded(asking))


@fault("TENANT-1", *_OF_ALL_THAT_SEE_TOO_MUCH, why="A key of one text is handy.", store="memory")
def tenant_parts_run_together() -> Patches:
    """The parts of a tenant are joined by a slash to compare them, without a mark for one that is absent."""

    def joined(key: TenantKey) -> str:
        return "/".join(each for each in key if each is not None)

    yield from _seeing(lambda theirs, asking: joined(theirs) == joined(asking))


@fault(
    *("TENANT-5", "TENANT-1", *_OF_ALL_THAT_SEE_TOO_MUCH),
    why="The first three generations had it so: who is local owns the machine.",
    store="memory",
)
def local_tenant_sees_all() -> Patches:
    """The local implicit tenant sees the records of every tenant."""
    yield from _seeing(lambda theirs, asking: asking in (LOCAL_TENANT.key, theirs))


@fault(
    *("TENANT-3", "TENANT-1", *_OF_ALL_THAT_SEE_TOO_MUCH),
    why="An empty text is as false as none in many languages.",
    store="memory",
)
def empty_deployment_is_none() -> Patches:
    """A tenant with the empty deployment and one without any see each other's records."""

    def falsy(key: TenantKey) -> tuple[str, str, str]:
        return key[0], key[1], key[2] or ""

    yield from _seeing(lambda theirs, asking: falsy(theirs) == falsy(asking))


def _seeing(see: Callable[[TenantKey, TenantKey], bool]) -> Patches:
    """Let somebody see what `see` says, given the tenant of a record and the one who asks."""

    def visible(events: Iterable[Event], run_id: str, tenant: TenantKey) -> list[Event]:
        seen = (each for each in events if each.run_id == run_id and see(each.scope.tenant_context.key, tenant))
        return sorted(seen, key=lambda each: each.seq)

    def seen(kept: Iterable[Snapshot], run_id: str, tenant: TenantKey) -> Iterator[Snapshot]:
        return (each for each in kept if each.run_id == run_id and see(each.scope.tenant_context.key, tenant))

    for module in (log, projection):
        yield replaced(module, "visible", lambda _: visible)
    yield replaced(snapshots, "_seen", lambda _: seen)


@fault(
    "TENANT-2",
    *("DRIVER-10", "DRIVER-9", "COMPACT-13"),
    why="Equality of records is there without a line of code, and compares all members.",
)
def actor_decides_on_visibility() -> Patches:
    """What a tenant recorded is seen only by who asks with the same `actor_id`."""
    yield from _keyed(lambda tenant: tenant.actor_id)


@fault("TENANT-2", "DRIVER-10", why="Equality of records is there without a line of code, and compares all members.")
def source_decides_on_visibility() -> Patches:
    """What a tenant recorded is seen only by who asks with the same `source`."""
    yield from _keyed(lambda tenant: tenant.source)


def _keyed(by: Callable[[Tenant], Any]) -> Patches:
    yield replaced(
        Tenant,
        "key",
        lambda _: property(lambda tenant: (tenant.org_id, tenant.workspace_id, tenant.deployment_id, by(tenant))),
    )
    yield replaced(retention, "marker_id", lambda made: lambda tenant, *rest: made(tenant[:3], *rest))


@fault("TENANT-3", why="A reader of options gives the empty text for `null`.")
def null_deployment_is_the_empty_one() -> Patches:
    """A deployment that is written as `null` is read as the empty one; one that is absent is none."""
    yield replaced(
        Server, "_perform", lambda perform: lambda server, request: perform(server, _with_empty_deployments(request))
    )


def _with_empty_deployments(value: Json) -> Json:
    if isinstance(value, list):
        return [_with_empty_deployments(each) for each in value]
    if type(value) is not dict:
        return value
    absent = "org_id" in value and value.get("deployment_id", "") is None
    read = {name: _with_empty_deployments(each) for name, each in value.items()}
    return {**read, "deployment_id": ""} if absent else read


# --- one run id, two tenants ------------------------------------------------------------------------------------------


@fault(
    *("TENANT-4", "LOG-1", "TENANT-6", "TENANT-7"),
    why="A table of events with the event id as its key takes the last one that comes.",
    store="memory",
)
def namesake_of_another_tenant_replaced() -> Patches:
    """An event that is appended takes the place of those of other tenants that have its id."""

    def wrong(append_new: _AppendNew) -> _AppendNew:
        def appended(store: Any, known: KnownIds, event: Event) -> Event | None:
            new = append_new(store, known, event)
            if new is not None:
                held = getattr(store, "held", store)
                others = [each for each in held.events() if each is new or each.event_id != new.event_id]
                if len(others) < len(held.events()):
                    held.replace_log(others)
            return new

        return appended

    for module in (projection, log):
        yield replaced(module, "append_new", wrong)


@fault("TENANT-6", "TENANT-7", why="A run id and an id with a hash seem to be key enough.", store="memory")
def one_place_for_all_tenants() -> Patches:
    """Snapshots have one place for each run id and id, so that a second tenant's pass ends with a conflict."""
    yield replaced(MemoryStore, "place", lambda place: lambda store, *ids: place(store, *ids[:2], LOCAL_TENANT.key))


@fault(
    *("TENANT-7", "SNAP-11", "ERR-4", "PASS-5", "SNAP-5"),
    why="Who looks a file up by its id expects to find what has that id.",
)
def anothers_snapshot_taken_for_own() -> Patches:
    """A pass that finds another tenant's snapshot of its run and id takes it for its own, and writes none."""

    def wrong(_: Any) -> Any:
        return lambda self, found, recorded: (found.run_id, found.snapshot_id) == (self.run.run_id, recorded.event_id)

    yield replaced(projection._Pass, "_is_there", wrong)  # noqa: SLF001
