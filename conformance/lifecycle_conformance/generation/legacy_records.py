"""The events, markers and snapshots that older engines wrote, as they are found in stores: right or not."""

from collections.abc import Sequence
from typing import Final, TypeAlias

from attrs import frozen
from hypothesis import strategies as st

from lifecycle_conformance.execution.trace import LOCAL, Object, history_of
from lifecycle_conformance.generation.alphabets import NEVER_TRIMMED, PADDING
from lifecycle_conformance.generation.strategies import LATEST_MS, lifecycle_records
from lifecycle_conformance.model.identity import MARKER, PREFIX, contents_of, index_id
from lifecycle_conformance.model.phase_table import NEXT, PHASE_OF
from lifecycle_projection.records import Json

Capabilities: TypeAlias = frozenset[str]
NO_OCCURRENCE: Final[Json] = "no occurrence"
OWN_OCCURRENCE: Final[Json] = "its own occurrence"


def few_records(capabilities: Capabilities) -> st.SearchStrategy[list[Object]]:
    """A few lifecycle records of which an older engine knew."""
    return st.lists(lifecycle_records(capabilities), min_size=1, max_size=3)


def with_twins(draw: st.DrawFn, records: list[Object]) -> list[Object]:
    """The same records, at times with the first of them twice."""
    return [*records, *(records[:1] if draw(st.booleans()) else [])]


def contents_after(run: Object, records: Sequence[Object]) -> tuple[tuple[bytes, int], ...]:
    """Content and occurrence of records that come after the history of a run."""
    history = [*history_of(run), *records]
    grown = {**run, "checkpoint": {**run["checkpoint"], "lifecycle_history": history}}
    return contents_of(grown)[len(history) - len(records) :]


def statuses(run: Object) -> st.SearchStrategy[str]:
    """The status of a snapshot: mostly that of the run, so that the run goes on."""
    return st.sampled_from([run["status"]] * 12 + sorted(PHASE_OF))


def id_by_index(run: Object, record: Object, index: int) -> str:
    """The id that the first generation gave a record, by its position in the history."""
    return index_id(run["run_id"], index, record["event"])


def _scope(run: Object) -> Object:
    return {"schema_version": 1, "tenant_context": run.get("tenant_context", LOCAL)}


@frozen(kw_only=True)
class LegacyStore:
    """What is imported, and the lifecycle records that belong to it, for the end of the run's history."""

    events: list[Object]
    snapshots: list[Object]
    records: list[Object]

    @property
    def left(self) -> Object:
        """The arguments of the `import`."""
        return {"events": self.events, "snapshots": self.snapshots}


def event_of(run: Object, record: Object, event_id: str, seq: int, payload: Json = None, **members: Json) -> Object:
    """An event of a record; `payload` is what it has beside the members of the record, or instead of them."""
    of_record = {name: record.get(name) for name in ("event", "reason", "stop_kind", "metadata")}
    said: Object = {"automation_id": run["automation_id"], **of_record}
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


def other_payload(draw: st.DrawFn, record: Object) -> Json:
    """Members in which an event's payload differs from today's, with the same record in it."""
    absent = {name for name in ("reason", "stop_kind", "metadata") if record.get(name) is None}
    reasons: list[Json] = [{"reason": 7}, {"reason": {}}] if "reason" in absent else []
    stop_kinds: list[Json] = [{"stop_kind": "tired"}, {"stop_kind": 7}] if "stop_kind" in absent else []
    bare: list[Json] = ["a text", [1]] if len(absent) == 3 else []
    others: list[Json] = [{"event": "another_name"}, {"recorded_at_ms": LATEST_MS + 1}]
    choices: list[Json] = [*[None] * 5, *others, *reasons, *stop_kinds, *bare]
    return draw(st.sampled_from(choices))


def occurrences(capabilities: Capabilities) -> list[Json]:
    """What an event may have for its occurrence: mostly none or its own, at times what is no occurrence."""
    doubles: list[Json] = [1.0, 0.0] if "json-numbers" in capabilities else []
    odd: list[Json] = [None, "1", "0", -1, True, 1.5, [], *doubles]
    return [*[NO_OCCURRENCE] * 8, *[OWN_OCCURRENCE] * 5, 0, 1, 7, *odd]


def oddities(run: Object, capabilities: Capabilities) -> list[tuple[Object, Json, Object]]:
    """Ways in which an event is odd, each as the members of the record, of the payload and of the event itself."""
    doubles: list[Json] = [1.0] if "json-numbers" in capabilities else []
    said: list[Json] = [0, 7, None, "1", -1, True, 1.5, [], *doubles]
    metadata: list[Json] = ["a text", [1], {}, 7, False]
    stop_kinds: list[Json] = ["tired", 7, "Cancelled", [], {}]
    payloads: list[Json] = [
        *({"lifecycle_occurrence": each} for each in said),
        *({"event": "another_name"}, {"recorded_at_ms": LATEST_MS}, {"reason": 7}, {"reason": {}}),
        *({"stop_kind": each} for each in stop_kinds),
        *("a text", [1]),
    ]
    records: list[Object] = [{"reason": ""}, *({"metadata": each} for each in metadata)]
    return [
        *(({}, payload, {}) for payload in payloads),
        *((record, {}, {}) for record in records),
        *(({}, {}, members) for members in foreign_members(run, {"event": "node_started"}) if members),
    ]


def near_twins(capabilities: Capabilities) -> list[Object]:
    """What records of one name and time may say that are not the same, though some compare them as equal."""
    values: list[Json] = [1, True, "1", [1], "\u00e9", "e\u0301", "e\u0301 "]
    told_apart: list[Json] = [1.0, 0.0, -0.0] if "json-numbers" in capabilities else []
    return [
        *({"metadata": {"n": value}} for value in (*values, *told_apart)),
        *({}, {"metadata": {}}, {"metadata": {"n": None}}, {"reason": ""}, {"reason": "1"}, {"metadata": ""}),
    ]


def foreign_members(run: Object, record: Object) -> list[Object]:
    """Members that make an event one of another kind; mostly none."""
    return [
        *[{}] * 10,
        {"correlation_id": f"{run['automation_id']}-2"},
        {"correlation_id": None},
        {"event_type": "note"},
        {"event_type": f"stateful_runtime.{record['event']}"},
        {"event_type": record["event"]},
    ]


def marker_of(run: Object, event_id: str, seq: int, listed: Json) -> Object:
    """A compaction marker of a run, with what it has for its list of ids."""
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
def marker_entries(draw: st.DrawFn, event_id: str, seq: int, capabilities: Capabilities) -> Json:
    """An entry of a marker for an id: mostly a good one, with white space around the id and any seq."""
    start, end = draw(st.sampled_from(PADDING)), draw(st.sampled_from(PADDING))
    padded = f"{start}{event_id}{end}"
    good: Json = {"event_id": padded, "seq": draw(st.sampled_from([seq, seq, 0, seq + 7]))}
    bad = malformed_entries(event_id, seq, capabilities, padded=padded, never=draw(st.sampled_from(NEVER_TRIMMED)))
    return draw(st.sampled_from([*[good] * len(bad), *bad]))


def malformed_entries(event_id: str, seq: int, capabilities: Capabilities, *, padded: str, never: str) -> list[Json]:
    """Entries of a marker for an id that aren't valid, by which some know it; `never` is no white space."""
    numbers: list[Json] = [-1, 1.5, "1", None, True, [], *([1.0] if "json-numbers" in capabilities else [])]
    return [
        *({"event_id": padded, "seq": number} for number in numbers),
        {"event_id": padded},
        {"event_id": [event_id], "seq": seq},
        {"event_id": f"{never}{event_id}{never}", "seq": seq},
        {"id": event_id, "seq": seq},
        [event_id, seq],
        event_id,
    ]


def marker_lists(entries: list[Json], event_id: str) -> st.SearchStrategy[Json]:
    """What a marker has in place of its list: mostly the list."""
    no_lists: list[Json] = [{"event_id": event_id, "seq": 1}, {event_id: 1}, event_id, None]
    return st.sampled_from([*[entries] * 12, *no_lists])


def snapshot_of(event: Object, status: str, members: Object | None = None) -> Object:
    """A snapshot of an event as the first generation wrote it, without phase."""
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


def phase_members(draw: st.DrawFn) -> Object:
    """Some members that belong to a phase, for a snapshot that has none; mostly none."""
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


def with_phase(draw: st.DrawFn, snapshot: Object) -> Object:
    """A snapshot with a phase, its own or another, and a history that led anywhere, or none."""
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
    version = draw(st.sampled_from([1, 1, 2, 0]))
    moved = {
        **entry,
        "schema_version": version,
        "event_id": "moved",
        "from_phase": "completed",
        "event_type": "stateful_runtime.phase.transition",
    }
    elsewhere = {**moved, "to_phase": draw(st.sampled_from(sorted(NEXT)))}
    histories: list[Object] = [
        {"phase_history": [entry]},
        {"phase_history": [entry, moved]},
        *[{"phase_history": [entry, elsewhere]}] * 2,
        {"phase_history": []},
        {},
    ]
    nexts: list[Object] = [{"allowed_next_phases": NEXT[phase]}, {"allowed_next_phases": []}, {}]
    return {**snapshot, "phase": phase, **draw(st.sampled_from(histories)), **draw(st.sampled_from(nexts))}
