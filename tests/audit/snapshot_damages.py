"""Ways to hurt the snapshots of a store."""

from collections import Counter
from itertools import pairwise
from random import Random
from typing import Final

from damage import BY_HAND, ELSEWHERE, Change, Damage, added, found, legal, on_snapshot, put
from lifecycle_conformance.execution.trace import owner_of
from lifecycle_conformance.model.file_layout import MEMBERS, path_of
from lifecycle_conformance.model.phase_table import NEXT, PHASE_OF
from lifecycle_projection.canonical import stable_hash
from lifecycle_projection.stores.files import SNAPSHOTS_NAME
from stored_files import Object, StoredFiles, pick, place

# --- dropped, copied, moved -------------------------------------------------------------------------------------------


def between_gone(stored: StoredFiles, random: Random) -> str | None:
    """A snapshot is gone that a pruning would have deleted after one that is there."""
    fit = []
    for owner in stored.owners():
        paths = stored.snapshots_of(owner)
        for older, path in ((older, path) for n, path in enumerate(paths[:-1]) for older in paths[:n]):
            one, other = stored.snapshot(older), stored.snapshot(path)
            if one["seq"] < other["seq"] and one["created_at_ms"] <= other["created_at_ms"]:
                fit.append(path)
    path = pick(random, [path for path in fit if path in stored.with_event()])
    if path is None:
        return None
    event_id = stored.snapshot(path)["snapshot_id"]
    del stored.files[path]
    return place(stored.where(lambda event: event["event_id"] == event_id)[0])


def pruned(stored: StoredFiles, random: Random) -> str | None:
    """The snapshots of a run that are older than some time are gone, but for the newest."""
    owner = pick(random, [owner for owner in stored.owners() if len(stored.snapshots_of(owner)) > 1])
    if owner is None:
        return None
    paths = stored.snapshots_of(owner)[:-1]
    cutoff_ms = stored.snapshot(random.choice(paths))["created_at_ms"]
    for path in paths:
        if stored.snapshot(path)["created_at_ms"] <= cutoff_ms:
            del stored.files[path]
    return ""


def all_gone(stored: StoredFiles, random: Random) -> str | None:
    """All snapshots of a run are gone that several passes recorded."""
    owners = stored.owners()
    fit = []
    for owner in owners:
        events = [stored.event(each) for each in stored.recorded() if owner_of(stored.event(each)) == owner]
        alone = sum(each.run_id == owner.run_id for each in owners) == 1
        if alone and stored.snapshots_of(owner) and len({each["payload"].get("status") for each in events}) > 1:
            fit.append((owner, min(events, key=lambda event: event["seq"])["event_id"]))
    chosen = pick(random, fit)
    if chosen is None:
        return None
    for path in stored.snapshots(lambda snapshot: snapshot["run_id"] == chosen[0].run_id):
        del stored.files[path]
    return place(stored.where(lambda event: event["event_id"] == chosen[1])[0])


def hashed_otherwise(stored: StoredFiles, random: Random) -> str | None:
    """A snapshot has another hash than its version by content, which another one has."""
    fit = []
    for owner in stored.owners():
        right = [path for path in stored.snapshots_of(owner) if _has_hash_of_version(stored.snapshot(path))]
        versions = Counter(stored.snapshot(path)["workflow_definition_version"] for path in right)
        fit += [path for path in right if versions[stored.snapshot(path)["workflow_definition_version"]] > 1]
    path = pick(random, fit)
    if path is None:
        return None
    snapshot = stored.snapshot(path)
    snapshot["workflow_definition_snapshot_hash"] = stable_hash(snapshot["workflow_definition_snapshot_hash"])
    return stored.put_snapshot(path, snapshot)


def _has_hash_of_version(snapshot: Object) -> bool:
    version, hash_ = snapshot.get("workflow_definition_version"), snapshot.get("workflow_definition_snapshot_hash")
    if not (isinstance(version, str) and isinstance(hash_, str)):
        return False
    return version.startswith("automation:") and hash_.startswith(f"sha256:{version[-16:]}")


def newest_gone(stored: StoredFiles, random: Random) -> str | None:
    owner = pick(random, [owner for owner in stored.owners() if stored.snapshots_of(owner)])
    if owner is None:
        return None
    del stored.files[stored.snapshots_of(owner)[-1]]
    return ""


def two_latest(stored: StoredFiles, random: Random) -> str | None:
    """H7: the latest snapshot is copied into the place of another event's."""
    fit = [owner for owner in stored.owners() if len([*_own(stored, owner)]) > 1]
    owner = pick(random, fit)
    if owner is None:
        return None
    *others, latest = _own(stored, owner)
    copied = stored.snapshot(latest)
    other = stored.snapshot(random.choice(others))["snapshot_id"]
    copied["snapshot_id"] = copied["metadata"]["event_id"] = other
    return max(latest, stored.put_snapshot(path_of(owner.run_id, other), copied))


def misplaced(stored: StoredFiles, random: Random) -> str | None:
    path = pick(random, stored.snapshots())
    if path is None:
        return None
    moved = f"{SNAPSHOTS_NAME}/another-run/{path.rpartition('/')[2]}"
    stored.files[moved] = stored.files.pop(path)
    return moved


def misnamed(stored: StoredFiles, random: Random) -> str | None:
    path = pick(random, stored.snapshots())
    if path is None:
        return None
    renamed = f"{path.removesuffix('.json')}-copy.json"
    stored.files[renamed] = stored.files.pop(path)
    return renamed


def entry_changed(stored: StoredFiles, random: Random) -> str | None:
    """An entry says something else than in the snapshot before."""
    fit = []
    for owner in stored.owners():
        for before, path in pairwise(stored.snapshots_of(owner)):
            one, other = (stored.snapshot(each).get("phase_history", []) for each in (before, path))
            if len(one) > 1 and len(other) > 1 and one[0] == other[0]:
                fit.append(path)
    path = pick(random, fit)
    if path is None:
        return None
    snapshot = stored.snapshot(path)
    snapshot["phase_history"][0]["occurred_at_ms"] += 1
    return stored.put_snapshot(path, snapshot)


# --- changed ----------------------------------------------------------------------------------------------------------


def _with_digest(change_to: Object) -> Change:
    """Change a checkpoint, and its digest with it."""

    def change(snapshot: Object) -> None:
        snapshot["checkpoint"] = dict(sorted((snapshot["checkpoint"] | change_to).items()))
        snapshot["payload_digest"] = stable_hash(snapshot["checkpoint"])

    return change


def _other_phase(snapshot: Object) -> None:
    own = {PHASE_OF[snapshot["status"]], "retrying", snapshot["phase"]}
    snapshot["phase"] = next(each for each in sorted(NEXT) if each not in own)


def _other_status(snapshot: Object) -> None:
    own = {snapshot["phase"], PHASE_OF[snapshot["status"]]}
    snapshot["status"] = next(
        each for each, phase in sorted(PHASE_OF.items()) if phase not in own and phase != "queued"
    )


def _other_next(snapshot: Object) -> None:
    snapshot["allowed_next_phases"] = ["created", "created"]


def _other_end(snapshot: Object) -> None:
    last = snapshot["phase_history"][-1]
    last["to_phase"] = next(each for each in sorted(NEXT) if each != last["to_phase"])


def _illegal_move(snapshot: Object) -> None:
    """Put a move out of a terminal phase before the first entry."""
    first, *rest = snapshot["phase_history"]
    after = {**first, "from_phase": "completed"}
    moved = {name: after[name] for name in MEMBERS["phase_entry"] if name in after}
    snapshot["phase_history"] = [{**first, "event_id": "by-hand", "to_phase": "completed"}, moved, *rest]


def _entry_twice(snapshot: Object) -> None:
    last = snapshot["phase_history"][-1]
    values = {**last, "from_phase": last["to_phase"], "event_id": "by-hand"}
    snapshot["phase_history"].append({name: values[name] for name in MEMBERS["phase_entry"] if name in values})


def _broken_chain(snapshot: Object) -> None:
    entry = snapshot["phase_history"][1]
    entry["from_phase"] = next(each for each in sorted(NEXT) if each != entry["from_phase"])


def _has_phase(snapshot: Object) -> bool:
    return snapshot.get("phase") is not None


def _has_moves(snapshot: Object) -> bool:
    return len(snapshot.get("phase_history", ())) > 1


def _is_observed(snapshot: Object) -> bool:
    return bool(snapshot.get("phase_history")) and "from_phase" not in snapshot["phase_history"][0]


def _own(stored: StoredFiles, owner: object) -> list[str]:
    return [path for path in stored.snapshots_of(owner) if path in stored.with_event()]


_GATE: Final[Object] = {
    "decisions": [],
    "expiry_policy": None,
    "node_id": "n",
    "requested_at_ms": 1,
    "rework_targets": [],
    "title": "",
    "upstream_node_ids": [],
}
_AT_THAT_TIME: Final = "the run was so at that time"

SNAPSHOTS: Final[dict[str, Damage]] = {
    "a snapshot between others is gone": found("snapshot-missing", between_gone, breaks="PASS-5 PRUNE-2 PRUNE-5"),
    "the oldest snapshots are gone": legal("a pruning", pruned),
    "the newest snapshot is gone": legal("a pass that was cut off", newest_gone),
    "all snapshots of a run are gone": found("snapshots-all-gone", all_gone, breaks="PASS-5 SNAP-5"),
    "the definition was hashed in another way": found("definition-hash-differs", hashed_otherwise, breaks="DEF-2"),
    "two latest snapshots (H7)": found(
        "two-latest-snapshots", two_latest, "wrong-snapshot-member wrong-snapshot-metadata wrong-phase"
    ),
    "a snapshot lies in another run's folder": found("misplaced-snapshot", misplaced, breaks="FILE-4"),
    "a snapshot lies under another name": found("misnamed-snapshot", misnamed, breaks="FILE-22"),
    "a snapshot's seq was changed": found("wrong-snapshot-member", on_snapshot(added(1000, "seq"))),
    "a snapshot's time was changed": found("wrong-snapshot-member", on_snapshot(added(1, "created_at_ms"))),
    "the source of its metadata was changed": found(
        "wrong-snapshot-metadata", on_snapshot(put(BY_HAND, "metadata", "source"))
    ),
    "the event of its metadata was changed": found(
        "wrong-snapshot-metadata", on_snapshot(put(BY_HAND, "metadata", "event"))
    ),
    "the event id of its metadata was changed": found(
        "wrong-snapshot-metadata", on_snapshot(put(BY_HAND, "metadata", "event_id"))
    ),
    "the activity of its metadata was changed": found(
        "wrong-snapshot-metadata", on_snapshot(put(None, "metadata", "activity_boundary"))
    ),
    "a digest was forged": found("wrong-digest", on_snapshot(put("sha256:0", "payload_digest")), breaks="JSON-1"),
    "a checkpoint was changed": found("wrong-digest", on_snapshot(put([BY_HAND], "checkpoint", "completed_nodes"))),
    "a checkpoint was changed and its digest with it": legal(
        _AT_THAT_TIME, on_snapshot(_with_digest({"completed_nodes": [BY_HAND]})), breaks="SNAP-4 SNAP-6 CKPT-1 PASS-4"
    ),
    "a count was changed and the digest with it": legal(
        _AT_THAT_TIME, on_snapshot(_with_digest({"gate_history_count": 77})), breaks="CKPT-2"
    ),
    "a history ends before its record": found(
        "wrong-checkpoint-member", on_snapshot(_with_digest({"lifecycle_event_count": 0})), breaks="CKPT-2"
    ),
    "the names of outputs aren't sorted": found(
        "wrong-checkpoint-member", on_snapshot(_with_digest({"node_output_ids": ["b", "a"]})), breaks="CKPT-3"
    ),
    "a checkpoint says its stop kind in other words": found(
        "wrong-checkpoint-member", on_snapshot(_with_digest({"stop_kind": BY_HAND}))
    ),
    "a gate was copied with its instructions": found(
        "wrong-checkpoint-member",
        on_snapshot(_with_digest({"awaiting_gate": dict(sorted({**_GATE, "instructions": BY_HAND}.items()))})),
        breaks="CKPT-4 REDACT-3",
    ),
    "an expiry policy holds null": found(
        "wrong-checkpoint-member",
        on_snapshot(_with_digest({"awaiting_gate": {**_GATE, "expiry_policy": {"escalate_to": None}}})),
        breaks="CKPT-5",
    ),
    "a failure lacks its reason": found(
        "wrong-checkpoint-member",
        on_snapshot(_with_digest({"last_failure": {"failed_at_ms": 1, "node_id": "n"}})),
        breaks="CKPT-6",
    ),
    "a claim lacks its lease": found(
        "wrong-checkpoint-member",
        on_snapshot(_with_digest({"execution_claim": {"claim_id": "c", "claimant_id": "d"}})),
        breaks="CKPT-7",
    ),
    "the same phase has another entry": found(
        "illegal-move", on_snapshot(_entry_twice, _is_observed), breaks="PHASE-4"
    ),
    "outputs were copied into a checkpoint": found(
        "wrong-checkpoint-member", on_snapshot(_with_digest({"node_outputs": {}})), breaks="REDACT-1 REDACT-5"
    ),
    "an index of its metadata became a text": found(
        "wrong-snapshot-metadata", on_snapshot(put("0", "metadata", "lifecycle_index"))
    ),
    "the tier of its metadata was changed": found(
        "wrong-snapshot-metadata", on_snapshot(put("full", "metadata", "redaction_tier"))
    ),
    "a phase was changed": found(
        "wrong-phase", on_snapshot(_other_phase, _has_phase), "wrong-next-phases broken-phase-history"
    ),
    "a status was changed": found("wrong-phase", on_snapshot(_other_status, _has_phase)),
    "the next phases were changed": found("wrong-next-phases", on_snapshot(_other_next, _has_phase)),
    "the end of a phase history was changed": found(
        "broken-phase-history", on_snapshot(_other_end, _is_observed), "illegal-move", breaks="PHASE-8"
    ),
    "a phase history holds a move that there isn't": found(
        "illegal-move", on_snapshot(_illegal_move, _is_observed), breaks="PHASE-5"
    ),
    "an entry of a phase history begins elsewhere": found(
        "broken-phase-history", on_snapshot(_broken_chain, _has_moves), "illegal-move"
    ),
    "the first entry of a phase history is gone": legal(
        "it began with a move on an empty history (PHASE-6)",
        on_snapshot(lambda each: each["phase_history"].pop(0), _has_moves),
    ),
    "an entry of a phase history was changed": found("phase-history-changed", entry_changed),
    "a snapshot got another tenant": found(
        "snapshot-of-another-tenant", on_snapshot(put(ELSEWHERE, "scope", "tenant_context")), breaks="PASS-15 TENANT-6"
    ),
}
