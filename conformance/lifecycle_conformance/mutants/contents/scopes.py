"""Faults in the scope: what it holds, where it comes from, and its normal form."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final, TypeAlias

from attrs import evolve

from lifecycle_conformance.driver import server
from lifecycle_conformance.mutants import changes
from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import Run, content, scope
from lifecycle_projection.records import Json, Scope, Tenant
from lifecycle_projection.stores import files, remembering
from lifecycle_projection.text import member, trimmed
from lifecycle_projection.words import DataClass, TenantSource

_Brought: TypeAlias = dict[str, Any]

_LISTS: Final = frozenset({"data_classes", "delegation_grant_ids"})


def _normal(changed: Callable[[Scope, Scope], Scope]) -> AbstractContextManager[Any]:
    """Change the normal form of a scope, in view of what was merged."""
    return replaced(scope, "in_normal_form", lambda right: lambda merged: changed(merged, right(merged)))


def _sources(*names: str) -> AbstractContextManager[Any]:
    return replaced(scope, "SOURCES", lambda _: names)


def _merging(merged: Callable[[list[_Brought]], _Brought]) -> AbstractContextManager[Any]:
    """Change how what the sources bring becomes one."""

    def wrong(_: Callable[[Run], Scope]) -> Callable[[Run], Scope]:
        def scope_of(run: Run) -> Scope:
            metadata = None if run.automation_snapshot is None else run.automation_snapshot.metadata
            brought = [scope._brought_by(member(metadata, source)) for source in scope.SOURCES]  # noqa: SLF001
            return scope.in_normal_form(Scope(tenant_context=run.tenant_context, **merged(brought)))

        return scope_of

    return replaced(content, "scope_of", wrong)


def _showing(changed: Callable[[dict[str, Json]], dict[str, Json]]) -> Patches:
    """Change how scopes are written, those that hold more than the tenant."""

    def wrong(to_json: Callable[[Any], dict[str, Json]]) -> Callable[[Any], dict[str, Json]]:
        def written(record: Any) -> dict[str, Json]:
            document = to_json(record)
            found = document.get("scope", {})
            return {**document, "scope": changed(found)} if len(found) > 2 else document

        return written

    for module in (server, files, remembering):
        yield replaced(module, "to_json", wrong)


# --- what a scope holds -----------------------------------------------------------------------------------------------


def _tenants(changed: Callable[[Tenant], Tenant]) -> AbstractContextManager[Any]:
    return replaced(
        content,
        "scope_of",
        lambda scope_of: lambda run: evolve(scope_of(run), tenant_context=changed(run.tenant_context)),
    )


@fault("SCOPE-1", why="Who acts decides nothing of who sees what.")
def tenant_without_actor() -> Patches:
    """The tenant in a scope has no actor."""
    yield _tenants(lambda tenant: evolve(tenant, actor_id=None))


@fault("SCOPE-1", why="A tenant that is named in the run record is an explicit one.")
def every_named_tenant_is_explicit() -> Patches:
    """The tenant in a scope is explicit unless it is the local one."""
    yield _tenants(lambda tenant: tenant if tenant.org_id == "local" else evolve(tenant, source=TenantSource.EXPLICIT))


@fault("SCOPE-1", why="Events say what happened, and snapshots how a run stands.")
def events_with_the_tenant_only() -> Patches:
    """The scope of an event holds the tenant only."""
    yield changes.events(lambda _, __, event: evolve(event, scope=Scope(tenant_context=event.scope.tenant_context)))


# --- where it comes from ----------------------------------------------------------------------------------------------


@fault("SCOPE-2", why="The first generation of the algorithm did so.")
def webhook_only() -> Patches:
    """Only `automation_webhook` is read."""
    yield _sources("automation_webhook")


@fault("SCOPE-2", why="Names are listed by the alphabet.")
def sources_by_name() -> Patches:
    """The sources are merged in the order of their names."""
    yield _sources("automation_webhook", "enterprise_scope", "resource_access")


@fault("SCOPE-2", why="The enterprise scope has the name of the whole, so that the others look like its forerunners.")
def enterprise_scope_first() -> Patches:
    """`enterprise_scope` is merged before the two others."""
    yield _sources("enterprise_scope", "resource_access", "automation_webhook")


@fault("SCOPE-3", why="A source looks like one value.")
def the_last_source_replaces_all() -> Patches:
    """The last source that brings anything replaces all that others brought."""
    yield _merging(lambda brought: next((each for each in reversed(brought) if each), {}))


@fault("SCOPE-3", why="What is there already seems to count.")
def the_first_source_counts() -> Patches:
    """A field that an earlier source brought stays."""
    yield _merging(lambda brought: {name: value for each in reversed(brought) for name, value in each.items()})


@fault("SCOPE-3", why="Lists that are merged are joined.")
def lists_of_sources_joined() -> Patches:
    """Lists of several sources are joined."""

    def joined(brought: list[_Brought]) -> _Brought:
        merged: _Brought = {}
        for each in brought:
            lists = {name: (*merged.get(name, ()), *each[name]) for name in _LISTS & each.keys()}
            merged |= {**each, **lists}
        return merged

    yield _merging(joined)


@fault("SCOPE-4", why="The first spelling that is there is taken, and parsed afterwards.")
def the_first_spelling_that_is_there() -> Patches:
    """Of each field the first spelling that is there decides, whether it parses or not."""

    def wrong(_: Callable[[Json], _Brought]) -> Callable[[Json], _Brought]:
        def brought_by(source: Json) -> _Brought:
            brought: _Brought = {}
            for field, spellings, parse in scope.SPELLINGS:
                there = next((name for name in spellings if member(source, name) is not None), None)
                if there is not None and field not in brought and (parsed := parse(member(source, there))) is not None:
                    brought[field] = parsed
            return brought

        return brought_by

    yield replaced(scope, "_brought_by", wrong)


@fault("SCOPE-4", why="Camel case is the form that the interface writes.")
def camel_case_first() -> Patches:
    """The camel-case spellings are tried first."""
    yield replaced(
        scope,
        "SPELLINGS",
        lambda table: tuple(
            (field, sorted(names, key=lambda name: "_" in name), parse) for field, names, parse in table
        ),
    )


@fault("SCOPE-4", why="One class is more precise than a list of them.")
def one_class_first() -> Patches:
    """A single data class counts before the list."""
    yield replaced(scope, "SPELLINGS", lambda table: tuple(sorted(table, key=lambda row: "data_classes" in row[1])))


@fault("SCOPE-4", why="The last two spellings of one row are easily overlooked.")
def policy_version_ids_only() -> Patches:
    """Of the spellings of a policy version, the first two are known."""
    yield replaced(scope, "SPELLINGS", lambda table: tuple((field, names[:2], parse) for field, names, parse in table))


# --- the normal form --------------------------------------------------------------------------------------------------


def _units(lowered: Callable[[str], str]) -> AbstractContextManager[Any]:
    return _normal(
        lambda merged, normal: evolve(
            normal, owning_org_unit_id=merged.owning_org_unit_id and lowered(merged.owning_org_unit_id)
        )
    )


@fault("SCOPE-10", why="A language's plain lower-casing goes from character to character.")
def unit_lowered_letter_by_letter() -> Patches:
    """A unit id is lower-cased by simple mapping: a sigma at the end doesn't become a final one."""
    yield _units(lambda unit: "".join(map(str.lower, unit)))


@fault("SCOPE-10", why="Ids are ASCII in the examples.")
def unit_lowered_in_ascii_only() -> Patches:
    """Only ASCII letters of a unit id are lower-cased."""
    yield _units(lambda unit: "".join(each.lower() if each.isascii() else each for each in unit))


@fault("SCOPE-10", why="Case folding is the better way to compare texts.")
def unit_case_folded() -> Patches:
    """A unit id is case-folded."""
    yield _units(str.casefold)


@fault("SCOPE-10", why="The set lists its words from the harmless to the delicate.")
def classes_in_the_order_of_their_set() -> Patches:
    """Data classes are sorted as their set lists them."""
    rank = list(DataClass)
    yield _normal(lambda _, normal: evolve(normal, data_classes=tuple(sorted(normal.data_classes, key=rank.index))))


@fault("SCOPE-10", why="A list is left in the order in which it came.")
def classes_unsorted() -> Patches:
    """Data classes keep their order."""
    yield _normal(lambda merged, normal: evolve(normal, data_classes=tuple(dict.fromkeys(merged.data_classes))))


@fault("SCOPE-10", "SCOPE-1", why="Duplicates are dropped first, and white space afterwards.")
def grants_trimmed_at_last() -> Patches:
    """Grants that differ in the white space around them only are kept apart."""
    yield _normal(
        lambda merged, normal: evolve(
            normal, delegation_grant_ids=tuple(sorted(filter(None, map(trimmed, set(merged.delegation_grant_ids)))))
        )
    )


@fault("SCOPE-10", why="Strings are sorted by UTF-16 units in Java, C# and JavaScript.")
def grants_by_utf16() -> Patches:
    """Grants are sorted by UTF-16 units."""
    yield _normal(
        lambda _, normal: evolve(
            normal,
            delegation_grant_ids=tuple(sorted(normal.delegation_grant_ids, key=lambda each: each.encode("utf-16-be"))),
        )
    )


# --- what is left out -------------------------------------------------------------------------------------------------


@fault("SCOPE-11", "SCOPE-1", "FILE-8", why="A list has a default, which is written where nothing else is there.")
def empty_classes_written() -> Patches:
    """A scope that holds anything has a list of data classes, even if it is empty."""
    yield from _showing(lambda found: {"data_classes": [], **found})


@fault("SCOPE-11", "FILE-8", why="A list has a default, which is written where nothing else is there.")
def empty_paths_written() -> Patches:
    """The root of a resource scope has a parent path, even if it is empty."""

    def with_path(found: dict[str, Json]) -> dict[str, Json]:
        resources = found.get("resource_scope")
        if resources is None:
            return found
        return {**found, "resource_scope": {**resources, "root": {"parent_path": [], **resources["root"]}}}

    yield from _showing(with_path)
