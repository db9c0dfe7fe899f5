"""Honest mistakes in scopes, passes, the log, tenants, retention, files, errors and the driver: chapters 8 to 16."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from attrs import evolve

from lifecycle_conformance.driver import server
from lifecycle_conformance.mutants.changes import Pass, whole_pass
from lifecycle_conformance.mutants.mutant import Patches, fault, replaced
from lifecycle_projection import (
    Event,
    ProjectionResult,
    Run,
    Snapshot,
    Store,
    definition,
    log,
    projection,
    retention,
    scope,
)
from lifecycle_projection.identity import identify
from lifecycle_projection.log import KnownIds
from lifecycle_projection.markers import is_marker
from lifecycle_projection.planning import Plan
from lifecycle_projection.recognition import Recorded, aliases_of
from lifecycle_projection.records import Json
from lifecycle_projection.stores import files, kept_log
from lifecycle_projection.stores.files import FileStore
from lifecycle_projection.text import member, trimmed
from lifecycle_projection.words import WaitKind

# --- scope and definition ---------------------------------------------------------------------------------------------


@fault("SCOPE-4", why="The camel-case spellings look like one second try for the whole source.")
def snake_case_comes_before_camel_case() -> Patches:
    """Of the data classes, `data_class` is tried before `dataClasses`."""

    def ordered(rows: tuple[tuple[str, tuple[str, ...], Any], ...]) -> Any:
        several, one = (parse for field, _, parse in rows if field == "data_classes")
        tried = (("data_classes", several), ("data_class", one), ("dataClasses", several), ("dataClass", one))
        return (
            *(row for row in rows if row[0] != "data_classes"),
            *(("data_classes", (spelling,), parse) for spelling, parse in tried),
        )

    yield replaced(scope, "SPELLINGS", ordered)


@fault("SCOPE-10", "SCOPE-1", why="The grants were made a set before anybody thought of trimming.")
def grants_are_trimmed_after_duplicates_are_gone() -> Patches:
    """Two grants that differ in the white space around them are both kept, trimmed."""

    def wrong(right: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def normal(merged: Any) -> Any:
            grants = map(trimmed, set(merged.delegation_grant_ids))
            return evolve(right(merged), delegation_grant_ids=tuple(sorted(filter(None, grants))))

        return normal

    yield replaced(scope, "in_normal_form", wrong)


@fault("DEF-4", "DEF-5", why="Go's `%v` and JavaScript's `String` write a whole double without its point.")
def whole_versions_have_no_point() -> Patches:
    """A version that is a whole double is written like an integer."""

    def written(right: Callable[[Json], str | None]) -> Callable[[Json], str | None]:
        def text(value: Json) -> str | None:
            is_whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e21
            return str(int(value)) if is_whole else right(value)

        return text

    yield replaced(definition, "_scalar_text", written)


@fault("DEF-2", "DEF-1", "DEF-6", why="A definition that went through typed records has lost its nulls.")
def nulls_of_a_definition_are_not_hashed() -> Patches:
    """Members that are `null` are left out of the hash of the definition."""

    def without(value: Json) -> Json:
        if isinstance(value, dict):
            return {name: without(each) for name, each in value.items() if each is not None}
        return [without(each) for each in value] if isinstance(value, list) else value

    yield replaced(definition, "hash_in_order", lambda right: lambda value: right(without(value)))


# --- the pass ---------------------------------------------------------------------------------------------------------


@fault(
    "PASS-2",
    *("PASS-5", "PASS-6", "PASS-9", "PASS-12", "PASS-13", "PHASE-7", "SNAP-5", "SNAP-12", "PRUNE-6"),
    *("ALIAS-11", "ALIAS-12", "FILE-14", "FILE-18", "FILE-19", "ERR-5", "LOG-4", "EVENT-3"),
    why="A history seems to grow at its end only, so that nothing is new if the last record isn't.",
)
def a_recorded_end_ends_the_pass() -> Patches:
    """A pass answers 0 at once if the last record of the history has its event and its snapshot."""

    def wrong(right: Callable[[Run, Store], ProjectionResult], run: Run, store: Store) -> ProjectionResult:
        tenant = run.tenant_context.key
        for last in identify(run)[-1:]:
            seen = log.visible(store.events(run.run_id), run.run_id, tenant)
            recorded = aliases_of(run, seen).get(last.event_id)
            kept = store.snapshots(run.run_id).values()
            own = {each.snapshot_id for each in kept if each.scope.tenant_context.key == tenant}
            if recorded is not None and recorded.event_id in own:
                return ProjectionResult()
        return right(run, store)

    yield whole_pass(wrong)


@fault("PASS-10", "PASS-5", why="The snapshots of a pass are put into one transaction.")
def a_failed_pass_takes_its_snapshots_back() -> Patches:
    """Of a pass that fails only the events stay."""

    def taken_back(right: Callable[[Plan, Store], None]) -> Callable[[Plan, Store], None]:
        def commit(plan: Plan, store: Store) -> None:
            events_only = evolve(plan, result=evolve(plan.result, snapshots=()), counted=())
            right(plan if plan.failure is None else events_only, store)

        return commit

    yield replaced(projection, "commit", taken_back)


# --- the log and the tenants ------------------------------------------------------------------------------------------


@fault("LOG-4", "FILE-18", why="The latest snapshot is at hand, and its number looks like the highest.")
def a_seq_is_above_the_snapshots() -> Patches:
    """A pass gives seqs above that of the latest snapshot, even where the log knows none so high."""

    def wrong(right: Any) -> Any:
        def begun(cls: Any, run: Run, draft: Any) -> Any:
            under_way = right.__func__(cls, run, draft)
            if under_way.latest is not None:
                under_way.known.highest = max(under_way.known.highest, under_way.latest.seq)
            return under_way

        return classmethod(begun)

    yield replaced(Pass, "begun", wrong)


@fault("LOG-2", why="An id that comes again with something else is taken for a clash of ids.")
def an_event_is_known_by_id_and_type() -> Patches:
    """An append of a known id with another type of event is appended again."""

    def wrong(right: Callable[[Store, Event], tuple[bool, int]]) -> Callable[[Store, Event], tuple[bool, int]]:
        def appended(store: Store, event: Event) -> tuple[bool, int]:
            with store.lock():
                seen = log.visible(store.events(event.run_id), event.run_id, event.scope.tenant_context.key)
                types = {each.event_type for each in seen if each.event_id == event.event_id}
                if types and event.event_type not in types:
                    seq = KnownIds.of(seen).highest + 1
                    store.append(evolve(event, seq=seq))
                    return True, seq
            return right(store, event)

        return appended

    yield replaced(server, "append_once", wrong)


@fault("TENANT-2", "PASS-4", why="Two tenants are compared as a whole, where only their key is meant.")
def the_actor_belongs_to_the_tenant_of_a_snapshot() -> Patches:
    """A snapshot that is there is another's if its tenant has another actor or source."""

    def wrong(right: Callable[[Any, Snapshot, Recorded], bool]) -> Callable[[Any, Snapshot, Recorded], bool]:
        def is_there(under_way: Any, found: Snapshot, recorded: Recorded) -> bool:
            same = found.scope.tenant_context == under_way.run.tenant_context
            return same and right(under_way, found, recorded)

        return is_there

    yield replaced(Pass, "_is_there", wrong)


# --- stored records ---------------------------------------------------------------------------------------------------


def stored(changed: Callable[[dict[str, Any]], Json]) -> Patches:
    """Change each event and each snapshot before it is read, be it from a request or from a file."""

    def each(value: Json) -> Json:
        return changed(value) if isinstance(value, dict) else value

    def in_request(value: Json) -> Json:
        if type(value) is not dict:
            return value
        lists = {name: [each(one) for one in value[name]] for name in ("events", "snapshots") if _is_list(value, name)}
        return {**value, **lists, **({"event": each(value["event"])} if "event" in value else {})}

    yield replaced(server, "structure", lambda right: lambda value, record: right(in_request(value), record))
    yield replaced(files, "event_from", lambda right: lambda value: right(each(value)))
    yield replaced(files, "snapshot_from", lambda right: lambda value: right(each(value)))


def _is_list(value: dict[str, Json], name: str) -> bool:
    return isinstance(value.get(name), list)


@fault("FILE-11", "DRIVER-9", why="Go reads `null` into a list as the empty list.")
def null_lists_of_a_stored_scope_are_empty() -> Patches:
    """In a stored scope, `null` is read as an empty list."""

    def emptied(record: dict[str, Any]) -> Json:
        kept = record.get("scope")
        if not isinstance(kept, dict):
            return record
        lists = ("data_classes", "delegation_grant_ids")
        return {**record, "scope": {name: each for name, each in kept.items() if name not in lists or each is not None}}

    yield from stored(emptied)


@fault("FILE-12", "FILE-11", "DRIVER-9", why="An optional word that nobody knows seems not worth a refusal.")
def an_unknown_wait_is_left_out() -> Patches:
    """A stored event with a `wait_kind` that is no word of the set is read without it."""

    def left_out(record: dict[str, Any]) -> Json:
        kind = record.get("wait_kind")
        unknown = isinstance(kind, str) and kind not in set(WaitKind)
        return {name: each for name, each in record.items() if name != "wait_kind"} if unknown else record

    yield from stored(left_out)


# --- retention --------------------------------------------------------------------------------------------------------


@fault("COMPACT-10", why="The events that an older marker stands for are events, too.")
def a_marker_counts_what_older_ones_counted() -> Patches:
    """`pruned_events` counts for a marker that is taken in what that one counted."""

    def count(row: Event) -> int:
        said = member(row.payload, "pruned_events") if is_marker(row) else None
        return said if type(said) is int else 1

    def wrong(right: Callable[[Any, int], Event]) -> Callable[[Any, int], Event]:
        def marker(rows: Any, now_ms: int) -> Event:
            made = right(rows, now_ms)
            return evolve(made, payload={**made.payload, "pruned_events": sum(map(count, rows))})

        return marker

    yield replaced(retention, "_marker", wrong)


@fault("PRUNE-3", why="The difference of two unsigned integers wraps around below zero.")
def a_long_retention_prunes_everything() -> Patches:
    """A pruning with a retention that is longer than the time since 1970 takes all snapshots for old."""

    def wrapped(right: Callable[..., int]) -> Callable[..., int]:
        def pruned(store: Store, *, retention_ms: int, keep: int, now_ms: int) -> int:
            if retention_ms > now_ms:
                retention_ms, now_ms = 1, 2**64 + now_ms - retention_ms + 1
            return right(store, retention_ms=retention_ms, keep=keep, now_ms=now_ms)

        return pruned

    yield replaced(server, "prune", wrapped)


# --- files ------------------------------------------------------------------------------------------------------------


@fault(
    "FILE-18",
    *("FILE-1", "PASS-8", "PASS-3", "ALIAS-2", "LOG-2", "LOG-4", "FILE-17", "FILE-25", "FILE-26", "DRIVER-7"),
    why="Python's `splitlines` ends a line at U+0085, U+2028 and U+2029 as well.",
)
def lines_end_at_every_separator() -> Patches:
    """A line of the log that holds a line separator of Unicode is read as two."""

    def numbered(text: bytes) -> Iterator[tuple[int, bytes]]:
        lines = text.decode(errors="surrogateescape").splitlines()
        read = enumerate((line.encode(errors="surrogateescape") for line in lines), start=1)
        return ((number, line) for number, line in read if line.strip())

    yield replaced(files, "numbered_lines", lambda _: numbered)
    yield replaced(kept_log, "numbered_lines", lambda _: numbered)


@fault("FILE-18", "FILE-16", why="Whoever writes the log may as well tidy it up.")
def an_append_sweeps_damaged_lines_up() -> Patches:
    """Before anything is appended, damaged lines are taken out of the log."""

    def wrong(right: Callable[[Any, Iterable[bytes]], None]) -> Callable[[Any, Iterable[bytes]], None]:
        def append(store: Any, lines: Iterable[bytes]) -> None:
            *ended, tail = store._read_log().split(b"\n")  # noqa: SLF001
            whole = [line for line in ended if FileStore._event(store, line, 0, None)]  # noqa: SLF001
            if len(whole) < len(ended):
                store._replace(store._log, b"\n".join([*whole, tail]))  # noqa: SLF001
            right(store, lines)

        return append

    yield replaced(FileStore, "_append", wrong)
