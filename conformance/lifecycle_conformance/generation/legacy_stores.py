"""What older engines left in a store: strategies for the arguments of an `import`, and for the records that go with it.

Each strategy is drawn for a run as it is so far, with the next seq of its log and the capabilities of the driver, which
say what can be sent and stored. All that it gives is readable and has known members only (DRIVER-9); whether it is
right is another question, for it is what was found in stores.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from attrs import frozen
from hypothesis import strategies as st

from lifecycle_conformance.execution.trace import LOCAL, Object, history_of
from lifecycle_conformance.generation.strategies import LATEST_MS, lifecycle_records
from lifecycle_conformance.model.identity import MARKER, PREFIX, contents_of, safe, stable_id
from lifecycle_conformance.model.phase_table import NEXT, PHASE_OF
from lifecycle_projection.records import Json

Capabilities: TypeAlias = frozenset[str]

_NO_OCCURRENCE: Final[Json] = "no occurrence"
_OWN_OCCURRENCE: Final[Json] = "its own occurrence"
_PADDING: Final = ("", " ", "\t\n", "\u2003", "\x85\u3000")
_NEVER_TRIMMED: Final = ("\x1c", "\u200b")
"""What is no white space, though some take it for that (REC-16)."""


@frozen(kw_only=True)
class LegacyStore:
    """What is to be imported, and the lifecycle records that belong to it, for the end of the run's history."""

    events: list[Object]
    snapshots: list[Object]
    records: list[Object]

    @property
    def left(self) -> Object:
        """The arguments of the `import`."""
        return {"events": self.events, "snapshots": self.snapshots}


# --- generations ------------------------------------------------------------------------------------------------------


@st.composite
def first_generation(draw: st.DrawFn, run: Object, seq: int, capabilities: Capabilities) -> LegacyStore:
    """Leave events under index ids, without occurrence, and snapshots without phase."""
    records = _with_twins(draw, draw(_records(capabilities)))
    events = [_event(run, record, _index_id(run, record, seq - 1 + n), seq + n) for n, record in enumerate(records)]
    snapshots = [_snapshot(event, draw(_statuses(run)), _parts(draw)) for event in events if draw(st.booleans())]
    return LegacyStore(events=events, snapshots=snapshots, records=records)


@st.composite
def later_generation(draw: st.DrawFn, run: Object, seq: int, capabilities: Capabilities) -> LegacyStore:
    """Leave events under stable ids, and snapshots with phases that no guard had allowed.

    Some lack their snapshot, some snapshots their event, as after a crash or a clean-up.
    """
    # The time is one that no other record has: a legacy under an id that is there already would overwrite a snapshot.
    drawn = [{**record, "recorded_at_ms": 1_000 + seq} for record in draw(_records(capabilities))]
    records = _with_twins(draw, drawn)
    events, snapshots = [], []
    for n, (record, (content, occurrence)) in enumerate(zip(records, _contents(run, records), strict=True)):
        event = _event(run, record, stable_id(content, occurrence), seq + n, {"lifecycle_occurrence": occurrence})
        events += [event] if draw(st.integers(0, 4)) else []
        if draw(st.integers(0, 3)):
            snapshots.append(_with_phase(draw, _snapshot(event, draw(_statuses(run)))))
    return LegacyStore(events=events, snapshots=snapshots, records=records)


@st.composite
def mixed(draw: st.DrawFn, run: Object, seq: int, capabilities: Capabilities) -> LegacyStore:
    """Leave events of all sorts for a few records: under any id, in any order, with more or less than is needed."""
    kinds = draw(st.lists(lifecycle_records(capabilities), min_size=1, max_size=2))
    count = draw(st.integers(1, 4))
    seqs = [seq + draw(st.integers(0, count - 1)) for _ in range(count - 1)] + [seq + count - 1]
    choices = [draw(st.integers(0, len(kinds) - 1)) for _ in range(count)]
    records = [kinds[choice] for choice in choices]
    contents = _contents(run, records)
    events = []
    for n, record in enumerate(records):
        content, number = contents[n]
        said = draw(st.sampled_from(_occurrences(capabilities)))
        occurrence = number if said == _OWN_OCCURRENCE else said
        ids = [_index_id(run, record, seq - 1 + n), stable_id(content, number), stable_id(contents[0][0], number)]
        event = _event(run, record, draw(st.sampled_from(ids)), seqs[n], _said(draw, record))
        if occurrence != _NO_OCCURRENCE and isinstance(event["payload"], dict):
            event["payload"]["lifecycle_occurrence"] = occurrence
        events.append({**event, **draw(st.sampled_from(_foreign(run, record)))})
    indexed = [event for n, event in enumerate(events) if event["event_id"] == _index_id(run, records[n], seq - 1 + n)]
    snapshots = [_snapshot(event, draw(_statuses(run))) for event in indexed if draw(st.booleans())]
    return LegacyStore(events=draw(st.permutations(events)), snapshots=snapshots, records=records)


@st.composite
def overlapping(draw: st.DrawFn, run: Object, seq: int, capabilities: Capabilities) -> LegacyStore:
    """Leave several rows that all make one record, or identical ones, known: which of them counts is the question."""
    record, count = draw(lifecycle_records(capabilities)), draw(st.integers(2, 4))
    contents = _contents(run, [record] * count)
    sorts = draw(st.sampled_from([2, 4]))  # events with and without occurrence only, or markers and notes as well
    rows: list[Object] = []
    for n in range(count):
        index_id, at = _index_id(run, record, seq - 1 + n), seq + n
        stable = stable_id(*contents[draw(st.integers(0, 1))])
        said = {"lifecycle_occurrence": contents[draw(st.integers(0, 1))][1]}
        choices = [
            _event(run, record, index_id, at),
            _event(run, record, index_id, at, said),
            _marker(run, f"stateful-compaction-by-others-{at}", at, [{"event_id": stable, "seq": at + 1}]),
            _event(run, record, stable, at, "a text", event_type="note"),
        ]
        rows.append(draw(st.sampled_from([*choices[:3], *choices] if sorts == 4 else choices[:2])))
    return LegacyStore(events=draw(st.permutations(rows)), snapshots=[], records=[record] * draw(st.integers(1, count)))


# --- compaction -------------------------------------------------------------------------------------------------------


@st.composite
def markers(draw: st.DrawFn, run: Object, seq: int, capabilities: Capabilities) -> LegacyStore:
    """Leave a compaction marker that lists records to come, well or badly, and perhaps an event of one of them."""
    records = _with_twins(draw, draw(_records(capabilities)))
    contents = _contents(run, records)
    entries: list[Json] = []
    for n, record in enumerate(records):
        position = len(history_of(run)) + n
        ids = [stable_id(*contents[n])] * 4 + [_index_id(run, record, position)]
        entries.append(draw(_entries(draw(st.sampled_from(ids)), seq + n, capabilities)))
    entries += draw(st.lists(st.sampled_from([7, None, {}, [], "", {"event_id": " ", "seq": 1}]), max_size=3))
    listed = draw(_lists(draw(st.permutations(entries)), stable_id(*contents[0])))
    own = draw(st.sampled_from([f"stateful-compaction-by-others-{seq}"] * 4 + [stable_id(*contents[0])]))
    marker = _marker(run, own, seq + draw(st.integers(0, len(records))), listed)
    alive = [
        _event(run, record, _index_id(run, record, seq - 1 + n), seq + n)
        for n, record in enumerate(records)
        if draw(st.integers(0, 3)) == 3
    ]
    return LegacyStore(events=draw(st.permutations([marker, *alive])), snapshots=[], records=records)


@st.composite
def compacted_twins(draw: st.DrawFn, run: Object, seq: int, capabilities: Capabilities) -> LegacyStore:
    """Leave identical events of the first generation, the first of which were compacted: their index ids are listed."""
    record, count = draw(lifecycle_records(capabilities)), draw(st.integers(1, 3))
    position = len(history_of(run))
    gone = draw(st.integers(1, count))
    entries: list[Json] = [{"event_id": _index_id(run, record, position + n), "seq": seq + n} for n in range(gone)]
    left = [_event(run, record, _index_id(run, record, position + n), seq + n) for n in range(gone, count)]
    marker = _marker(run, f"stateful-compaction-by-others-{seq}", seq + gone - 1, entries)
    return LegacyStore(events=[marker, *left], snapshots=[], records=[record] * count)


@st.composite
def compactable_twins(draw: st.DrawFn, run: Object, seq: int, capabilities: Capabilities) -> LegacyStore:
    """Leave identical events of the first generation, only the last of which the newest snapshot protects.

    A compaction that follows at once, with a cutoff above their time, removes all but that one (COMPACT-3); a pass that
    comes first gives later records later snapshots, which protect none of them.
    """
    record, count = draw(lifecycle_records(capabilities)), draw(st.integers(2, 3))
    events = [_event(run, record, _index_id(run, record, seq - 1 + n), seq + n) for n in range(count)]
    return LegacyStore(events=events, snapshots=[_snapshot(events[-1], run["status"])], records=[record] * count)


# --- phases -----------------------------------------------------------------------------------------------------------


@st.composite
def phases_of_old(draw: st.DrawFn, run: Object, seq: int, capabilities: Capabilities) -> LegacyStore:
    """Leave snapshots in whichever phase, with more or less of what belongs to it, some with the same highest seq."""
    record = draw(lifecycle_records(capabilities))
    count, same = draw(st.integers(1, 2)), draw(st.booleans())
    snapshots = []
    for n in range(count):
        event = _event(run, record, f"left-behind-{seq}-{draw(st.sampled_from('abÿ😀'))}{n}", seq if same else seq + n)
        plain = _snapshot(event, draw(st.sampled_from(sorted(PHASE_OF))))
        snapshots.append(_with_phase(draw, plain) if draw(st.integers(0, 3)) else {**plain, **_parts(draw)})
    # An event of that seq is there, so that the next one gets another.
    last = _event(run, record, f"left-behind-{seq}", seq + count - 1, correlation_id="another-automation")
    return LegacyStore(events=[last], snapshots=draw(st.permutations(snapshots)), records=[])


# --- others -----------------------------------------------------------------------------------------------------------


@st.composite
def neighbours(draw: st.DrawFn, run: Object, seq: int, capabilities: Capabilities) -> LegacyStore:
    """Leave rows of another tenant with the same run id, or of another run, that record what this run is to record."""
    records = draw(_records(capabilities))
    tenant = run.get("tenant_context", LOCAL)
    others = [
        {**run, "tenant_context": {**tenant, "deployment_id": f"{tenant.get('deployment_id') or 'eu'}-2"}},
        {**run, "tenant_context": {"org_id": "org-next-door", "workspace_id": "w"}},
        {**run, "run_id": f"{run['run_id']}-next-door"},
    ]
    other = draw(st.sampled_from(others))
    twice = draw(st.booleans())
    mine, theirs, snapshots = [], [], []
    for n, (record, (content, occurrence)) in enumerate(zip(records, _contents(run, records), strict=True)):
        said, at = {"lifecycle_occurrence": occurrence}, draw(st.integers(1, 3))
        ids = [stable_id(content, occurrence), _index_id(run, record, seq - 1 + n)]
        event = _event(other, record, draw(st.sampled_from(ids)), at, said)
        theirs.append(event if draw(st.booleans()) else _event(other, record, f"next-door-{seq}-{n}", at))
        if twice:
            mine.append(_event(run, record, _index_id(run, record, seq - 1 + n), seq + n))
    if draw(st.booleans()):
        entries = [{"event_id": stable_id(*each), "seq": 1} for each in _contents(run, records)]
        theirs.append(_marker(other, f"stateful-compaction-next-door-{seq}", 3, entries))
    for event in theirs[:1]:
        # Where two tenants can't use one place for their snapshots, an import would overwrite what is there.
        apart = other["run_id"] != run["run_id"] or "tenants" in capabilities
        snapshot = _snapshot(event, draw(st.sampled_from(sorted(PHASE_OF))))
        snapshots.append(snapshot if apart else {**snapshot, "snapshot_id": f"next-door-{seq}"})
    return LegacyStore(events=draw(st.permutations([*theirs, *mine])), snapshots=snapshots, records=records)


LEGACY_STORES: Final[Mapping[str, Callable[[Object, int, Capabilities], st.SearchStrategy[LegacyStore]]]] = {
    "first generation": first_generation,
    "later generation": later_generation,
    "mixed": mixed,
    "overlapping": overlapping,
    "markers": markers,
    "compacted twins": compacted_twins,
    "compactable twins": compactable_twins,
    "phases of old": phases_of_old,
    "neighbours": neighbours,
}
"""All of them, by what they leave."""


# --- what they are made of --------------------------------------------------------------------------------------------


def _records(capabilities: Capabilities) -> st.SearchStrategy[list[Object]]:
    return st.lists(lifecycle_records(capabilities), min_size=1, max_size=3)


def _with_twins(draw: st.DrawFn, records: list[Object]) -> list[Object]:
    return [*records, *(records[:1] if draw(st.booleans()) else [])]


def _contents(run: Object, records: Sequence[Object]) -> tuple[tuple[bytes, int], ...]:
    """Give content and occurrence of records that come after the history of a run."""
    history = [*history_of(run), *records]
    grown = {**run, "checkpoint": {**run["checkpoint"], "lifecycle_history": history}}
    return contents_of(grown)[len(history) - len(records) :]


def _statuses(run: Object) -> st.SearchStrategy[str]:
    """Give the status of a snapshot: mostly that of the run, so that the run goes on."""
    return st.sampled_from([run["status"]] * 12 + sorted(PHASE_OF))


def _index_id(run: Object, record: Object, index: int) -> str:
    return f"automation-v2-lifecycle-{run['run_id']}-{index}-{safe(record['event'])}"


def _scope(run: Object) -> Object:
    return {"schema_version": 1, "tenant_context": run.get("tenant_context", LOCAL)}


def _event(run: Object, record: Object, event_id: str, seq: int, payload: Json = None, **members: Json) -> Object:
    """Write an event of a record; `payload` is what it has beside the members of the record, or instead of them."""
    said: Object = {name: record.get(name) for name in ("event", "reason", "stop_kind", "metadata")}
    return {
        "schema_version": 1,
        "event_id": event_id,
        "run_id": run["run_id"],
        "seq": seq,
        "event_type": f"{PREFIX}{record['event']}",
        "occurred_at_ms": record["recorded_at_ms"],
        "scope": _scope(run),
        "correlation_id": run["automation_id"],
        "payload": {**said, **payload} if isinstance(payload, dict) else said if payload is None else payload,
        **members,
    }


def _said(draw: st.DrawFn, record: Object) -> Json:
    """Give what an event's payload says otherwise than today's, with the same record in it."""
    absent = {name for name in ("reason", "stop_kind", "metadata") if record.get(name) is None}
    reasons: list[Json] = [{"reason": 7}, {"reason": {}}] if "reason" in absent else []
    stop_kinds: list[Json] = [{"stop_kind": "tired"}, {"stop_kind": 7}] if "stop_kind" in absent else []
    bare: list[Json] = ["a text", [1]] if len(absent) == 3 else []
    others: list[Json] = [{"event": "another_name"}, {"recorded_at_ms": LATEST_MS + 1}]
    choices: list[Json] = [*[None] * 5, *others, *reasons, *stop_kinds, *bare]
    return draw(st.sampled_from(choices))


def _occurrences(capabilities: Capabilities) -> list[Json]:
    doubles: list[Json] = [1.0, 0.0] if "json-numbers" in capabilities else []
    odd: list[Json] = [None, "1", "0", -1, True, 1.5, [], *doubles]
    return [*[_NO_OCCURRENCE] * 8, *[_OWN_OCCURRENCE] * 5, 0, 1, 7, *odd]


def _foreign(run: Object, record: Object) -> list[Object]:
    """Give what makes an event one of another kind; mostly nothing does."""
    return [
        *[{}] * 10,
        {"correlation_id": f"{run['automation_id']}-2"},
        {"correlation_id": None},
        {"event_type": "note"},
        {"event_type": f"stateful_runtime.{record['event']}"},
        {"event_type": record["event"]},
    ]


def _marker(run: Object, event_id: str, seq: int, listed: Json) -> Object:
    return {
        "schema_version": 1,
        "event_id": event_id,
        "run_id": run["run_id"],
        "seq": seq,
        "event_type": MARKER,
        "occurred_at_ms": 1,
        "scope": _scope(run),
        "payload": {"compacted_event_ids": listed, "source": "stateful_event_log_compaction"},
    }


@st.composite
def _entries(draw: st.DrawFn, event_id: str, seq: int, capabilities: Capabilities) -> Json:
    """Give an entry of a marker for an id: mostly a good one, with white space around the id and any seq."""
    start, end = draw(st.sampled_from(_PADDING)), draw(st.sampled_from(_PADDING))
    padded = f"{start}{event_id}{end}"
    numbers: list[Json] = [-1, 1.5, "1", None, True, [], *([1.0] if "json-numbers" in capabilities else [])]
    never = draw(st.sampled_from(_NEVER_TRIMMED))
    good: Json = {"event_id": padded, "seq": draw(st.sampled_from([seq, seq, 0, seq + 7]))}
    bad: list[Json] = [
        *({"event_id": padded, "seq": number} for number in numbers),
        {"event_id": padded},
        {"event_id": [event_id], "seq": seq},
        {"event_id": f"{never}{event_id}{never}", "seq": seq},
        {"id": event_id, "seq": seq},
        [event_id, seq],
        event_id,
    ]
    return draw(st.sampled_from([*[good] * len(bad), *bad]))


def _lists(entries: list[Json], event_id: str) -> st.SearchStrategy[Json]:
    """Give what a marker has for its list: mostly the list."""
    no_lists: list[Json] = [{"event_id": event_id, "seq": 1}, {event_id: 1}, event_id, None]
    return st.sampled_from([*[entries] * 12, *no_lists])


def _snapshot(event: Object, status: str, members: Object | None = None) -> Object:
    """Write a snapshot of an event as the first generation did, without phase."""
    return {
        "schema_version": 1,
        "snapshot_id": event["event_id"],
        "run_id": event["run_id"],
        "seq": event["seq"],
        "created_at_ms": event["occurred_at_ms"],
        "scope": event["scope"],
        "status": status,
        **(members or {}),
    }


def _parts(draw: st.DrawFn) -> Object:
    """Give some of what belongs to a phase, for a snapshot that has none; mostly nothing."""
    phase = draw(st.sampled_from(sorted(NEXT)))
    entry = {"event_id": f"observed-{phase}", "to_phase": phase, "event_type": "observed", "occurred_at_ms": 1}
    some: list[Object] = [
        *[{}] * 4,
        {"phase_id": "node-a"},
        {"phase_id": ""},
        {"phase_history": []},
        {"phase_history": [entry], "phase_id": "node-b"},
        {"allowed_next_phases": []},
        {"allowed_next_phases": [phase, "created"]},
        {"phase_history": [entry], "allowed_next_phases": [phase]},
    ]
    return draw(st.sampled_from(some))


def _with_phase(draw: st.DrawFn, snapshot: Object) -> Object:
    """Give a snapshot a phase, its own or another, and a history that led anywhere, or none."""
    own_phase = PHASE_OF[snapshot["status"]]
    phase = draw(st.sampled_from([own_phase] * 8 + sorted(NEXT)))
    entry = {
        "schema_version": 1,
        "event_id": f"{snapshot['run_id']}:phase:{phase}:{snapshot['created_at_ms']}",
        "to_phase": phase,
        "event_type": "stateful_runtime.phase.observed",
        "occurred_at_ms": snapshot["created_at_ms"],
        "reason": f"observed_status:{snapshot['status']}",
    }
    moved = {**entry, "event_id": "moved", "from_phase": "completed", "event_type": "stateful_runtime.phase.transition"}
    histories: list[Object] = [
        {"phase_history": [entry]},
        {"phase_history": [entry, moved]},
        {"phase_history": []},
        {},
    ]
    nexts: list[Object] = [{"allowed_next_phases": NEXT[phase]}, {"allowed_next_phases": []}, {}]
    return {**snapshot, "phase": phase, **draw(st.sampled_from(histories)), **draw(st.sampled_from(nexts))}
