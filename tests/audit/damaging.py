"""Healthy stores of files, and ways to damage them: each says which findings follow, and where."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import orjson

from builders import OTHER_TENANT, lifecycle, run_json
from lifecycle_projection import FileStore, compact, project
from lifecycle_projection.canonical import stable_hash
from lifecycle_projection.codec import run_from

LOG = "stateful_events.jsonl"
SECRET = "the quarterly figures, which nobody may copy"
HISTORY = (
    lifecycle("run_created", 100),
    lifecycle("node_started", 110, metadata={"node_id": "fetch", "session_id": "s-1"}),
    lifecycle("node_failed", 120, reason="timeout"),
    lifecycle("node_failed", 120, reason="timeout"),
    lifecycle("node_completed", 130, metadata={"node_id": "fetch", "cost": 0.1}),
    lifecycle("run_paused", 140, metadata={"wait_kind": "timer"}),
)
RUN = run_json(*HISTORY, checkpoint={"node_outputs": {"fetch": {"table": SECRET}}})

Damage: TypeAlias = Callable[[Path], str]
"""Damages a store, and returns where that shows: a part of the place of a finding."""


def healthy(folder: Path, *, moved: bool = False) -> Path:
    """A store after one pass; `moved` gives it phases that moved, and a second run."""
    store = FileStore(folder)
    if moved:
        project(run_from({**RUN, "status": "queued", "checkpoint": {"lifecycle_history": [*HISTORY[:2]]}}), store)
    project(run_from(RUN), store)
    if moved:
        project(run_from({**RUN, "run_id": "run-2"}), store)
    return folder


def compacted(folder: Path) -> Path:
    """A store in which a marker stands for the first events of its run, and a later marker for that one too."""
    store = FileStore(folder)
    for number, now_ms in ((2, 105), (5, 125)):
        project(run_from(run_json(*HISTORY[:number])), store)
        assert compact(store, retention_ms=1, now_ms=now_ms)
    project(run_from(RUN), store)
    return folder


# --- how a store is changed -------------------------------------------------------------------------------------------


def lines(store: Path) -> list[bytes]:
    return (store / LOG).read_bytes().splitlines(keepends=True)


def events(store: Path) -> list[Any]:
    return [orjson.loads(line) for line in lines(store)]


def write(store: Path, changed: list[Any]) -> None:
    (store / LOG).write_bytes(b"".join(orjson.dumps(each) + b"\n" for each in changed))


def edited(number: int, change: Callable[[Any], object]) -> Damage:
    """Change an event in its line, counted from 0."""

    def damage(store: Path) -> str:
        changed = events(store)
        change(changed[number])
        write(store, changed)
        return f"{LOG}:{number + 1}"

    return damage


def snapshot_path(store: Path, number: int) -> Path:
    event_id = events(store)[number]["event_id"]
    return store / "stateful_snapshots" / "run-1" / f"{event_id}.json"


def respelled(number: int, change: Callable[[Any], object], *, digest: bool = False) -> Damage:
    """Change the snapshot of an event; `digest` makes its digest fit again."""

    def damage(store: Path) -> str:
        path = snapshot_path(store, number)
        snapshot = json.loads(path.read_bytes())
        change(snapshot)
        if digest:
            snapshot["payload_digest"] = stable_hash(snapshot["checkpoint"])
        path.write_bytes(orjson.dumps(snapshot, option=orjson.OPT_INDENT_2))
        return path.name

    return damage


def at(*path: str | int) -> Callable[[Any], Any]:
    def found(value: Any) -> Any:
        for each in path:
            value = value[each]
        return value

    return found


def put(value: Any, *path: str | int) -> Callable[[Any], None]:
    def change(record: Any) -> None:
        at(*path[:-1])(record)[path[-1]] = value

    return change


# --- ways to damage ---------------------------------------------------------------------------------------------------


def dropped(number: int) -> Damage:
    def damage(store: Path) -> str:
        there = lines(store)
        (store / LOG).write_bytes(b"".join([*there[:number], *there[number + 1 :]]))
        return f"{LOG}:{number + 1}"

    return damage


def dropped_with_snapshot(number: int) -> Damage:
    def damage(store: Path) -> str:
        snapshot_path(store, number).unlink()
        return dropped(number)(store)

    return damage


def doubled(store: Path) -> str:
    there = lines(store)
    (store / LOG).write_bytes(b"".join([*there, there[1]]))
    return f"{LOG}:{len(there) + 1}"


def swapped(store: Path) -> str:
    there = lines(store)
    there[1], there[2] = there[2], there[1]
    (store / LOG).write_bytes(b"".join(there))
    return f"{LOG}:3"


def without_snapshot(number: int) -> Damage:
    def damage(store: Path) -> str:
        snapshot_path(store, number).unlink()
        return f"{LOG}:{number + 1}"

    return damage


def recorded_by_an_older_generation(store: Path) -> str:
    """An engine that doesn't recognise what is recorded appends the first record under an index id."""
    there = events(store)
    first = {**there[0], "event_id": "automation-v2-lifecycle-run-1-0-run_created", "seq": len(there) + 1}
    first["payload"] = {name: each for name, each in first["payload"].items() if name != "lifecycle_occurrence"}
    write(store, [*there, first])
    return f"{LOG}:{len(there) + 1}"


def misread_number(store: Path) -> str:
    """H9: the cost of the fifth record is read one unit in the last place off, and the record is projected again."""
    again = json.loads(json.dumps(RUN))
    again["checkpoint"]["lifecycle_history"][4]["metadata"]["cost"] = 0.10000000000000002
    again["checkpoint"]["node_outputs"] = {}
    project(run_from(again), FileStore(store))
    return f"{LOG}:7"


def of_another_tenant(store: Path) -> str:
    """H3: the engine of another tenant with this run id records the same history, and overwrites the snapshots."""
    theirs = {"schema_version": 1, "tenant_context": OTHER_TENANT}
    for number in range(len(events(store))):
        respelled(number, put(theirs, "scope"))(store)
    write(store, [*events(store), *({**each, "scope": theirs} for each in events(store))])
    return f"{LOG}:1"


def second_snapshot(store: Path) -> str:
    """H7: two snapshots with the highest seq."""
    path = snapshot_path(store, 5)
    snapshot = json.loads(path.read_bytes())
    snapshot["snapshot_id"] = snapshot["metadata"]["event_id"] = events(store)[4]["event_id"]
    (path.parent / f"{events(store)[4]['event_id']}.json").write_bytes(
        orjson.dumps(snapshot, option=orjson.OPT_INDENT_2)
    )
    return ".json"


def compacted_again(store: Path) -> str:
    """An engine that knows no markers appends the first record again."""
    fresh = store / "fresh"
    fresh.mkdir()
    project(run_from(RUN), FileStore(fresh))
    (first, *_) = events(fresh)
    for path in sorted(fresh.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    fresh.rmdir()
    write(store, [*events(store), {**first, "seq": 7}])
    return f"{LOG}:{len(lines(store))}"
