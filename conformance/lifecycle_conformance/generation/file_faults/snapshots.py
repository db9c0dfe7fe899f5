"""Faults of snapshot files: misplaced, spoiled, in the way of each other, or under names that are no file names."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from hypothesis import strategies as st

from lifecycle_conformance.execution.file_operations import LOG
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
    without_history,
)
from lifecycle_conformance.generation.strategies import several
from lifecycle_conformance.model.file_layout import (
    LONGEST_SEGMENT,
    SNAPSHOTS,
    folder_of,
    listed_for,
    path_of,
    segment,
    snapshots_of,
)
from lifecycle_conformance.model.identity import ids_of
from lifecycle_conformance.model.phase_table import FILLED_IN
from lifecycle_projection.records import Json

LONG_NAME: Final = "node_" + "x" * 300
"""The name of an event that makes a snapshot's name longer than any file system takes."""
_LEFT_BEHIND: Final = b"left behind " * 50
_TORN: Final = '{"event_id": "torn'
_SPOILED: Final = (b"", b"{", b"null", b"7", b"{}", b"no snapshot", b"\xff\xfe", b'{"snapshot_id": 7}')


def misplaced_snapshots(run: Object, files: Files) -> st.SearchStrategy[Requests]:
    """Put snapshots under names and into folders that are not their own, at times spoiled; the run must have one.

    The snapshots have ids that no record has, so that none stands for a record twice.
    """
    owner = owner_of_run(run)
    latest = max(listed_for(files, owner), key=lambda each: (each["seq"], each["snapshot_id"]))
    folder, word = folder_of(owner.run_id), unused("spare", files)
    return several(_WAYS, _AT_ONCE).map(
        lambda ways: [
            request
            for number, way in enumerate(ways)
            for request in way(folder, f"{word}-{number}", {**latest, "snapshot_id": f"{word}-{number}"})
        ]
    )


def _as_text(snapshot: Object) -> str:
    return pretty(snapshot).decode()


def _removed_again(snapshot: Object, **members: Json) -> Callable[[str, str], Requests]:
    """The operations don't show them, so nothing else could be judged."""

    def requests(folder: str, name: str) -> Requests:
        path = f"{folder}/{name}.json"
        return [put(path, pretty({**snapshot, **members})), ("remove", {"path": path})]

    return requests


def _of_another_run(folder: str, name: str, spare: Object) -> Requests:
    return _removed_again(spare, run_id=f"{spare['run_id']}-other")(folder, name)


def _of_another_tenant(folder: str, name: str, spare: Object) -> Requests:
    scope = {**spare["scope"], "tenant_context": {"org_id": "else", "workspace_id": "where"}}
    return _removed_again(spare, scope=scope)(folder, name)


_Way: TypeAlias = Callable[[str, str, Object], Requests]
_WAYS: Final[tuple[_Way, ...]] = (
    lambda folder, name, spare: [put(f"{folder}/any name of {name}.json", pretty(spare))],
    lambda folder, name, spare: [put(f"{folder}/.{name}.json", pretty(spare))],
    lambda folder, name, spare: [put(f"{folder}/{name}.txt", pretty(spare))],
    lambda folder, name, spare: [put(f"{folder}/{name}.json.tmp", pretty(spare))],
    lambda folder, name, spare: [put(f"{folder}/{name}.json", pretty(spare)[: len(pretty(spare)) // 2])],
    lambda folder, name, _: [put(f"{folder}/{name}.json", b"\xff")],
    lambda folder, name, spare: [put(f"{folder}/{name}.json", pretty({**spare, "unknown": 1}))],
    lambda folder, name, spare: [
        put(f"{folder}/{name}.json", pretty({name: each for name, each in spare.items() if name not in FILLED_IN}))
    ],
    lambda folder, name, spare: [
        put(f"{folder}/{name}.json", _as_text(spare).replace('"seq"', '"seq": 0,\n  "seq"', 1).encode())
    ],
    _of_another_run,
    _of_another_tenant,
)
_AT_ONCE: Final = 6


def renamed_snapshots(run: Object, files: Files) -> st.SearchStrategy[Requests]:
    """Put the snapshot of a record under another name, pass, and remove it: a look-up goes by the path alone.

    Some record's snapshot must be there under its own name.
    """
    other = f"{folder_of(run['run_id'])}/{unused('another-name', files)}.json"

    def scenario(path: str) -> Requests:
        moved: Requests = [put(other, files[path]), ("remove", {"path": path})]
        return [*moved, project(run), ("remove", {"path": other}), project(run)]

    return st.sampled_from(_own_paths(run, files)).map(scenario)


def changed_snapshots(run: Object, files: Files) -> st.SearchStrategy[Requests]:
    """Change a digit in the snapshot of a record, change it back, and remove the snapshot.

    One must be there under its own name. A crash left temporary siblings of it and of the log, longer than either, and
    a line that breaks off: the pass that writes the snapshot anew appends nothing, so that this line stays.
    """
    paths = _own_paths(run, files)

    def scenario(path: str) -> Requests:
        head, name, tail = files[path].partition(b'"payload_digest": "sha256:')
        other = b"1" if tail.startswith(b"0") else b"0"
        changed = put(path, head + name + other + tail[1:])
        removed: Requests = [changed, put(path, files[path]), ("remove", {"path": path})]
        siblings = [put(f"{each}.tmp", files[each] + _LEFT_BEHIND) for each in (path, LOG) if each in files]
        return [*removed, *siblings, ("tear", {"text": _TORN, "bytes": len(_TORN)}), project(run)]

    # The newest one is what an interruption would have left out.
    return st.sampled_from([*paths, paths[-1]]).map(scenario)


def _own_paths(run: Object, files: Files) -> list[str]:
    return [path for each in ids_of(run) if (path := path_of(run["run_id"], each)) in snapshots_of(files)]


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
    paths = _own_paths(run, files)

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
    return bool(_own_paths(run, files))


def blocked_folders(run: Object, number: int) -> st.SearchStrategy[Requests]:
    """Put a file where the folder of a new run's snapshots should be, and remove it. The run needs a history."""
    blocked = {**run, "run_id": f"blocked-{number}"}
    path = folder_of(blocked["run_id"])
    scenario = [put(path, b""), project(blocked), ("remove", {"path": path}), project(blocked)]
    return st.just(scenario)


def meeting_ids(run: Object, number: int) -> st.SearchStrategy[Requests]:
    """Put another snapshot at the path of a run's own: a tenant's, a run's, one of another id or of another tenant.

    The run needs a history. No scenario touches its own snapshots: each is about a run of its own.
    """
    kinds = several(list(_MEETINGS), _MEETINGS_AT_ONCE)
    return st.tuples(kinds, st.integers(0, len(ids_of(run)) - 1)).map(
        lambda drawn: [
            request
            for each, kind in enumerate(drawn[0])
            for request in _MEETINGS[kind]({**run, "run_id": f"größe/{number}-{each}"}, drawn[1])
        ]
    )


def _of_two_tenants(own: Object, _: int) -> Requests:
    return [project(own), project({**own, "tenant_context": _other_tenant(own)})]


def _taken(own: Object, at: int, **members: Json) -> Requests:
    event_id = ids_of(own)[at]
    another = {**_snapshot_like(own), "run_id": own["run_id"], "snapshot_id": event_id, **members}
    path = path_of(own["run_id"], event_id)
    # After an empty pass the session looks at the run, so that what is put there isn't taken for written.
    return [
        project(without_history(own)),
        put(path, pretty(another)),
        project(own),
        ("remove", {"path": path}),
        project(own),
    ]


def _other_tenant(own: Object) -> Object:
    return {"org_id": f"org-{own['run_id']}", "workspace_id": "ws", "source": "explicit"}


_MEETINGS: Final[Mapping[str, Callable[[Object, int], Requests]]] = {
    "a tenant's": _of_two_tenants,
    "a run's": lambda own, at: _taken(own, at, run_id=own["run_id"].replace("/", "_")),
    "of another id": lambda own, at: _taken(own, at, snapshot_id=ids_of(own)[at].replace("ö", "ä")),
    "of another tenant": lambda own, at: _taken(
        own, at, scope={"schema_version": 1, "tenant_context": _other_tenant(own)}
    ),
}
_MEETINGS_AT_ONCE: Final = 2


def odd_run_ids(run: Object) -> st.SearchStrategy[Requests]:
    """Pass over the same history under run ids that are no file names. The run needs a history."""
    names = several(NO_FILE_NAMES, _NAMES_AT_ONCE)
    return names.map(lambda names: [project({**run, "run_id": name}) for name in names])


_NAMES_AT_ONCE: Final = 4


def long_names(run: Object, illegal: Sequence[str], number: int) -> st.SearchStrategy[Requests]:
    """Add a record whose name is too long for a file, where the guard allows its phase and where it doesn't.

    Nothing is recorded of one that comes behind it. Some are too long by as little as can be, and some just aren't.
    `illegal` are statuses that the guard refuses after the run's latest snapshot, of the last record of its history.
    """
    at_ms = 1 + number % 60
    names = [LONG_NAME, *(_name_of_segment(run, at_ms, length) for length in _LENGTHS)]
    return st.sampled_from(names).flatmap(lambda name: _with_long_name(run, illegal, at_ms, name))


_LENGTHS: Final = (LONGEST_SEGMENT, LONGEST_SEGMENT + 1, LONGEST_SEGMENT + len(".tmp"))
"""Of segments: the longest that can be written, the next, and the longest of which the file itself has a name."""


def _name_of_segment(run: Object, at_ms: int, length: int) -> str:
    """The name of a record whose snapshot's file has a segment of this length, if the run's id leaves room for that."""
    shortest = segment(ids_of(with_record(run, {"event": "n", "recorded_at_ms": at_ms}))[-1])
    return "n" * max(1, 1 + length - len(shortest))


def _with_long_name(run: Object, illegal: Sequence[str], at_ms: int, name: str) -> st.SearchStrategy[Requests]:
    short, long = ({"event": each, "recorded_at_ms": at_ms} for each in ("node_failed", name))
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
