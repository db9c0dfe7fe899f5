"""Faults of snapshot files: misplaced, spoiled, in the way of each other, or under names that are no file names."""

from collections.abc import Mapping, Sequence
from typing import Final

from hypothesis import strategies as st

from lifecycle_conformance.execution.trace import Files, Object, Request, owner_of_run
from lifecycle_conformance.generation.alphabets import NO_FILE_NAMES
from lifecycle_conformance.generation.file_faults.requests import (
    Requests,
    pretty,
    project,
    put,
    tenant_of_run,
    unused,
    with_record,
)
from lifecycle_conformance.generation.strategies import evenly
from lifecycle_conformance.model.file_layout import SNAPSHOTS, folder_of, listed_for, path_of, snapshots_of
from lifecycle_conformance.model.identity import ids_of
from lifecycle_conformance.model.phase_table import FILLED_IN
from lifecycle_projection.records import Json

LONG_NAME: Final = "node_" + "x" * 300
"""The name of an event that makes a snapshot's name longer than any file system takes."""
_SPOILED: Final = (b"", b"{", b"null", b"7", b"{}", b"no snapshot", b"\xff\xfe", b'{"snapshot_id": 7}')


def misplaced_snapshots(run: Object, files: Files) -> st.SearchStrategy[Requests]:
    """Put snapshots under names and into folders that are not their own, at times spoiled; the run must have one.

    The snapshots have ids that no record has, so that none stands for a record twice.
    """
    owner = owner_of_run(run)
    latest = max(listed_for(files, owner), key=lambda each: (each["seq"], each["snapshot_id"]))
    folder, name = folder_of(owner.run_id), unused("spare", files)
    tenant = {"org_id": "else", "workspace_id": "where"}

    def spare(number: int, **members: Json) -> Object:
        return {**latest, "snapshot_id": f"{name}-{number}", **members}

    def own(number: int, content: bytes) -> Request:
        return put(f"{folder}/{name}-{number}.json", content)

    text = pretty(spare(2)).decode()
    without_phase = {member: value for member, value in spare(1).items() if member not in FILLED_IN}
    odd_names = (f"any name of {name}.json", f".{name}.json", f"{name}.txt", f"{name}.json.tmp")
    odd = [
        own(0, pretty(spare(0, unknown=1))),
        own(1, pretty(without_phase)),
        own(2, text.replace('"seq"', '"seq": 0,\n  "seq"', 1).encode()),
    ]
    # These are removed again: the operations don't show them, so nothing else could be judged.
    foreign = (
        spare(0, run_id=f"{owner.run_id}-other"),
        spare(0, scope={**latest["scope"], "tenant_context": tenant}),
    )
    gone: Request = "remove", {"path": f"{folder}/{name}-0.json"}
    # All of a kind at once, each with an id of its own, so that a short search meets each.
    return evenly(
        [
            [put(f"{folder}/{each}", pretty(spare(number))) for number, each in enumerate(odd_names)],
            [own(0, text[: len(text) // 2].encode()), own(1, b"\xff")],
            odd,
            odd,
            *([own(0, pretty(each)), gone] for each in foreign),
        ]
    )


def snapshots_in_foreign_folders(run: Object, files: Files, latest_ms: int) -> st.SearchStrategy[Requests]:
    """Put a snapshot of the run into a folder of no run, and compact or prune: it protects, and is kept, as any other.

    The run must have an event and a snapshot. `latest_ms` is a time that no record of the session is later than.
    """
    owner = owner_of_run(run)
    latest = max(listed_for(files, owner), key=lambda each: (each["seq"], each["snapshot_id"]))
    name, later = unused("spare", files), latest_ms + 2
    asked: Mapping[str, Object] = {
        "compact": {"retention_ms": 1, "now_ms": later},
        "prune": {"retention_ms": 1, "now_ms": later, "keep": 1},
    }

    def scenario(drawn: tuple[str, int]) -> Requests:
        op, above = drawn
        spare = {**latest, "snapshot_id": name, "seq": max(1, latest["seq"] + above)}
        path = f"{SNAPSHOTS}/elsewhere/{name}.json"
        return [put(path, pretty(spare)), (op, asked[op]), ("remove", {"path": path})]

    return st.tuples(st.sampled_from(sorted(asked)), st.integers(-1, 2)).map(scenario)


def spoiled_snapshots(run: Object, files: Files) -> st.SearchStrategy[Requests]:
    """Spoil a snapshot of a record of the run, pass, put it right or remove it, and pass again.

    Some record's snapshot must be there under its own name.
    """
    paths = [path for each in ids_of(run) if (path := path_of(run["run_id"], each)) in snapshots_of(files)]

    def scenario(drawn: tuple[str, bytes, bool]) -> Requests:
        path, text, restored = drawn
        mended: Request = put(path, files[path]) if restored else ("remove", {"path": path})
        return [put(path, text), project(run), mended, project(run)]

    halves = st.sampled_from(paths).flatmap(
        lambda path: st.tuples(st.just(path), st.integers(0, len(files[path]) - 1), st.booleans()).map(
            lambda drawn: scenario((drawn[0], files[drawn[0]][: drawn[1]], drawn[2]))
        )
    )
    return halves | st.tuples(st.sampled_from(paths), st.sampled_from(_SPOILED), st.booleans()).map(scenario)


def has_own_snapshots(run: Object, files: Files) -> bool:
    """Whether the snapshot of some record of the run is there under its own name."""
    return any(path_of(run["run_id"], each) in snapshots_of(files) for each in ids_of(run))


def blocked_folders(run: Object, number: int) -> st.SearchStrategy[Requests]:
    """Put a file where the folder of a new run's snapshots should be, and remove it. The run needs a history."""
    blocked = {**run, "run_id": f"blocked-{number}"}
    path = folder_of(blocked["run_id"])
    scenario = [put(path, b""), project(blocked), ("remove", {"path": path}), project(blocked)]
    return st.just(scenario)


def meeting_ids(run: Object, number: int) -> st.SearchStrategy[Requests]:
    """Put another snapshot at the path of a run's own: a tenant's, a run's, or one of another id.

    The run needs a history. No scenario touches its own snapshots.
    """
    tenant: Json = {"org_id": f"org-{number}", "workspace_id": "ws", "source": "explicit"}
    own = {**run, "run_id": f"größe/{number}"}
    template = _snapshot_like(own)

    def taken(at: int, **members: Json) -> Requests:
        event_id = ids_of(own)[at % len(ids_of(own))]
        another = {**template, "run_id": own["run_id"], "snapshot_id": event_id, **members}
        path = path_of(own["run_id"], event_id)
        # After an empty pass the session looks at the run, so that what is put there isn't taken for written.
        first = project({**own, "checkpoint": {**own["checkpoint"], "lifecycle_history": []}})
        return [first, put(path, pretty(another)), project(own), ("remove", {"path": path}), project(own)]

    def scenario(drawn: tuple[str, int]) -> Requests:
        what, at = drawn
        match what:
            case "a tenant's":
                return [project(own), project({**own, "tenant_context": tenant})]
            case "a run's":
                return taken(at, run_id=f"größe_{number}")
            case "of another id":
                return taken(at, snapshot_id=ids_of(own)[at % len(ids_of(own))].replace("ö", "ä"))
            case _:
                return taken(at, scope={"schema_version": 1, "tenant_context": tenant})

    kinds = evenly(["a tenant's", "a run's", "of another id", "of another tenant"])
    return st.tuples(kinds, st.integers(0, len(ids_of(own)) - 1)).map(scenario)


def odd_run_ids(run: Object) -> st.SearchStrategy[Requests]:
    """Pass over the same history under run ids that are no file names. The run needs a history."""
    return st.sampled_from(NO_FILE_NAMES).map(lambda run_id: [project({**run, "run_id": run_id})])


def long_names(run: Object, illegal: Sequence[str], number: int) -> st.SearchStrategy[Requests]:
    """Add a record whose name is too long for a file, where the guard allows its phase and where it doesn't.

    Nothing is recorded of one that comes behind it.
    `illegal` are statuses that the guard refuses after the run's latest snapshot, of the last record of its history.
    """
    short, long = ({"event": name, "recorded_at_ms": 1 + number % 60} for name in ("node_failed", LONG_NAME))
    allowed = [
        [project(with_record(run, long)), project(run)],
        [project(with_record(with_record(run, long), short)), project(run)],
    ]
    refused = [
        [project(with_record(moved, short)), project(with_record(moved, long)), project(run)]
        for moved in ({**run, "status": status} for status in illegal)
    ]
    return st.sampled_from([*allowed * 2, *refused])


def _snapshot_like(run: Object) -> Object:
    return {
        "schema_version": 1,
        "snapshot_id": "",
        "run_id": run["run_id"],
        "seq": 1,
        "created_at_ms": 1,
        "scope": {"schema_version": 1, "tenant_context": tenant_of_run(run)},
        "status": "running",
        "phase": "running_phase",
        "phase_history": [],
        "allowed_next_phases": [],
    }
