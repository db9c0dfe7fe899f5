"""Legacy stores: what older engines left, as strategies for an `import` and the records that go with it.

Each strategy is drawn for a run as it is so far, with the next seq of its log and the capabilities of the driver, which
say what can be sent and stored. All that is drawn can be read and has known members only (DRIVER-9). It need not be
right: such records were found in stores.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from hypothesis import strategies as st

from lifecycle_conformance.execution.trace import LOCAL, Object, history_of
from lifecycle_conformance.generation.alphabets import IN_ORDER, PADDING
from lifecycle_conformance.generation.legacy_crowds import known_together, nearly_alike
from lifecycle_conformance.generation.legacy_records import (
    NO_OCCURRENCE,
    OWN_OCCURRENCE,
    Capabilities,
    LegacyStore,
    contents_after,
    event_of,
    few_records,
    foreign_members,
    id_by_index,
    marker_entries,
    marker_lists,
    marker_of,
    occurrences,
    oddities,
    other_payload,
    phase_members,
    snapshot_of,
    statuses,
    with_phase,
    with_twins,
)
from lifecycle_conformance.generation.strategies import evenly, lifecycle_records
from lifecycle_conformance.model.identity import stable_id
from lifecycle_conformance.model.phase_table import PHASE_OF

_ODD: Final = 10
"""How many odd events stand beside each other."""


# --- generations ------------------------------------------------------------------------------------------------------


@st.composite
def first_generation(draw: st.DrawFn, run: Object, seq: int, capabilities: Capabilities) -> LegacyStore:
    """Leave events under index ids, without occurrence, and snapshots without phase, at times by another actor."""
    records = with_twins(draw, draw(few_records(capabilities)))
    tenant = run.get("tenant_context", LOCAL)
    by = {**run, "tenant_context": {**tenant, "actor_id": "before"}} if draw(st.integers(0, 2)) == 2 else run
    events = [event_of(by, record, id_by_index(run, record, seq - 1 + n), seq + n) for n, record in enumerate(records)]
    snapshots = [
        snapshot_of(event, draw(statuses(run)), phase_members(draw)) for event in events if draw(st.booleans())
    ]
    return LegacyStore(events=events, snapshots=snapshots, records=records)


@st.composite
def later_generation(draw: st.DrawFn, run: Object, seq: int, capabilities: Capabilities) -> LegacyStore:
    """Leave events under stable ids, and snapshots with phases that no guard had allowed.

    Some events lack their snapshot, and some snapshots their event, as after a crash or a clean-up.
    """
    # No other record has this time: a legacy snapshot under an id that is there already would overwrite one.
    drawn = [{**record, "recorded_at_ms": 1_000 + seq} for record in draw(few_records(capabilities))]
    records = with_twins(draw, drawn)
    events, snapshots = [], []
    for n, (record, (content, occurrence)) in enumerate(zip(records, contents_after(run, records), strict=True)):
        event = event_of(run, record, stable_id(content, occurrence), seq + n, {"lifecycle_occurrence": occurrence})
        events += [event] if draw(st.integers(0, 4)) else []
        if draw(st.integers(0, 3)):
            snapshots.append(with_phase(draw, snapshot_of(event, draw(statuses(run)))))
    return LegacyStore(events=events, snapshots=snapshots, records=records)


@st.composite
def mixed(draw: st.DrawFn, run: Object, seq: int, capabilities: Capabilities) -> LegacyStore:
    """Leave events of all sorts for a few records: under any id, in any order, with more or less than is needed."""
    kinds = draw(st.lists(lifecycle_records(capabilities), min_size=1, max_size=2))
    count = draw(st.integers(1, 4))
    seqs = [seq + draw(st.integers(0, count - 1)) for _ in range(count - 1)] + [seq + count - 1]
    choices = [draw(st.integers(0, len(kinds) - 1)) for _ in range(count)]
    records = [kinds[choice] for choice in choices]
    contents = contents_after(run, records)
    events = []
    for n, record in enumerate(records):
        content, number = contents[n]
        said = draw(st.sampled_from(occurrences(capabilities)))
        occurrence = number if said == OWN_OCCURRENCE else said
        ids = [id_by_index(run, record, seq - 1 + n), stable_id(content, number), stable_id(contents[0][0], number)]
        event = event_of(run, record, draw(st.sampled_from(ids)), seqs[n], other_payload(draw, record))
        if occurrence != NO_OCCURRENCE and isinstance(event["payload"], dict):
            event["payload"]["lifecycle_occurrence"] = occurrence
        events.append({**event, **draw(st.sampled_from(foreign_members(run, record)))})
    indexed = [
        event for n, event in enumerate(events) if event["event_id"] == id_by_index(run, records[n], seq - 1 + n)
    ]
    snapshots = [snapshot_of(event, draw(statuses(run))) for event in indexed if draw(st.booleans())]
    return LegacyStore(events=draw(st.permutations(events)), snapshots=snapshots, records=records)


@st.composite
def odd_events(draw: st.DrawFn, run: Object, seq: int, capabilities: Capabilities) -> LegacyStore:
    """Leave an event under an index id for each of some records, each odd in a way of its own.

    One is plain. No other record has their times.
    """
    odd = draw(st.permutations(oddities(run, capabilities)))[:_ODD]
    records, events = [], []
    for n, (said, payload, members) in enumerate([({}, {}, {}), *odd]):
        record: Object = {"event": "node_started", "recorded_at_ms": 2_000 + seq + n, **said}
        records.append(record)
        events.append(event_of(run, record, id_by_index(run, record, seq - 1 + n), seq + n, payload, **members))
    return LegacyStore(events=events, snapshots=[], records=records)


@st.composite
def overlapping(draw: st.DrawFn, run: Object, seq: int, capabilities: Capabilities) -> LegacyStore:
    """Leave several rows that make the same record known, or identical ones: only one of them counts."""
    record, count = draw(lifecycle_records(capabilities)), draw(st.integers(2, 4))
    contents = contents_after(run, [record] * count)
    sorts = draw(st.sampled_from([2, 4]))  # events with and without occurrence only, or markers and notes as well
    rows: list[Object] = []
    for n in range(count):
        index_id, at = id_by_index(run, record, seq - 1 + n), seq + n
        stable = stable_id(*contents[draw(st.integers(0, 1))])
        said = {"lifecycle_occurrence": contents[draw(st.integers(0, 1))][1]}
        choices = [
            event_of(run, record, index_id, at),
            event_of(run, record, index_id, at, said),
            marker_of(run, f"stateful-compaction-by-others-{at}", at, [{"event_id": stable, "seq": at + 1}]),
            event_of(run, record, stable, at, "a text", event_type="note"),
        ]
        rows.append(draw(st.sampled_from([*choices[:3], *choices] if sorts == 4 else choices[:2])))
    return LegacyStore(events=draw(st.permutations(rows)), snapshots=[], records=[record] * draw(st.integers(1, count)))


# --- compaction -------------------------------------------------------------------------------------------------------


@st.composite
def markers(draw: st.DrawFn, run: Object, seq: int, capabilities: Capabilities) -> LegacyStore:
    """Leave a compaction marker that lists records to come, well or badly, and perhaps an event of one of them."""
    records = with_twins(draw, draw(few_records(capabilities)))
    contents = contents_after(run, records)
    entries: list[Any] = []
    for n, record in enumerate(records):
        position = len(history_of(run)) + n
        ids = [stable_id(*contents[n])] * 4 + [id_by_index(run, record, position)]
        entries.append(draw(marker_entries(draw(st.sampled_from(ids)), seq + n, capabilities)))
    entries += draw(st.lists(st.sampled_from([7, None, {}, [], "", {"event_id": " ", "seq": 1}]), max_size=3))
    listed = draw(marker_lists(draw(st.permutations(entries)), stable_id(*contents[0])))
    own = draw(st.sampled_from([f"stateful-compaction-by-others-{seq}"] * 4 + [stable_id(*contents[0])]))
    marker = marker_of(run, own, seq + draw(st.integers(0, len(records))), listed)
    # What is no marker may have such a list, too.
    marker["event_type"] = draw(evenly([*[marker["event_type"]] * 5, "note"]))
    alive = [
        event_of(run, record, id_by_index(run, record, seq - 1 + n), seq + n)
        for n, record in enumerate(records)
        if draw(st.integers(0, 3)) == 3
    ]
    return LegacyStore(events=draw(st.permutations([marker, *alive])), snapshots=[], records=records)


@st.composite
def compacted_twins(draw: st.DrawFn, run: Object, seq: int, capabilities: Capabilities) -> LegacyStore:
    """Leave identical events of the first generation, the first of which were compacted: their index ids are listed."""
    record, count = draw(lifecycle_records(capabilities)), draw(st.integers(2, 4))
    position = len(history_of(run))
    gone = draw(st.integers(1, count))
    entries: list[Any] = [{"event_id": id_by_index(run, record, position + n), "seq": seq + n} for n in range(gone)]
    left = [event_of(run, record, id_by_index(run, record, position + n), seq + n) for n in range(gone, count)]
    marker = marker_of(run, f"stateful-compaction-by-others-{seq}", seq + gone - 1, entries)
    return LegacyStore(events=[marker, *left], snapshots=[], records=[record] * count)


@st.composite
def compactable_twins(draw: st.DrawFn, run: Object, seq: int, capabilities: Capabilities) -> LegacyStore:
    """Leave identical events of the first generation, only the last of which the newest snapshot protects.

    The first two events are of records that differ from theirs in the metadata only: they are counted by themselves.

    A compaction that follows at once, with a cutoff above their time, removes all but that one (COMPACT-3); a pass that
    comes first gives later records later snapshots, which protect none of them.
    """
    record, count = draw(lifecycle_records(capabilities)), draw(st.integers(2, 3))
    records = [*({**record, "metadata": {"nearly": word}} for word in ("alike", "the same")), *[record] * count]
    events = [event_of(run, each, id_by_index(run, each, seq - 1 + n), seq + n) for n, each in enumerate(records)]
    return LegacyStore(events=events, snapshots=[snapshot_of(events[-1], run["status"])], records=records)


# --- the log ----------------------------------------------------------------------------------------------------------


@st.composite
def known_in_many_ways(draw: st.DrawFn, run: Object, seq: int, _: Capabilities) -> LegacyStore:
    """Leave one id in several rows, each with another seq: as an event's own, or listed by a marker (LOG-3)."""
    event_id = f"in-many-ways-{seq}"
    rows: list[Object] = []
    for at in range(seq, seq + draw(st.integers(2, 3))):
        listed = [
            {"event_id": f"{draw(st.sampled_from(PADDING))}{event_id}", "seq": draw(st.sampled_from([at + 9, at, 0]))}
        ]
        marker = marker_of(run, f"stateful-compaction-by-others-{at}", at, listed)
        rows.append(draw(st.sampled_from([marker, _note(run, event_id, at)])))
    return LegacyStore(events=draw(st.permutations(rows)), snapshots=[], records=[])


@st.composite
def of_one_seq(draw: st.DrawFn, run: Object, seq: int, _: Capabilities) -> LegacyStore:
    """Leave events with the same seq, whose ids are in another order than they themselves (LOG-7)."""
    events = [_note(run, f"tie-{seq}-{letter}", seq) for letter in draw(st.sampled_from(IN_ORDER))]
    return LegacyStore(events=[*reversed(events), _note(run, f"tie-{seq}", seq)], snapshots=[], records=[])


def _note(run: Object, event_id: str, seq: int) -> Object:
    """An event of no record."""
    return event_of(run, {"event": "note", "recorded_at_ms": 1}, event_id, seq, "a text", event_type="note")


# --- phases -----------------------------------------------------------------------------------------------------------


@st.composite
def phases_of_old(draw: st.DrawFn, run: Object, seq: int, capabilities: Capabilities) -> LegacyStore:
    """Leave snapshots in whichever phase, with more or less of what belongs to it, some with the same highest seq."""
    record = draw(lifecycle_records(capabilities))
    count, same = draw(st.integers(1, 2)), draw(st.booleans())
    snapshots = []
    for n in range(count):
        event = event_of(
            run, record, f"left-behind-{seq}-{draw(st.sampled_from('abÿ😀'))}{n}", seq if same else seq + n
        )
        plain = snapshot_of(event, draw(st.sampled_from(sorted(PHASE_OF))))
        snapshots.append(with_phase(draw, plain) if draw(st.integers(0, 3)) else {**plain, **phase_members(draw)})
    last = _last_event(run, record, f"left-behind-{seq}", seq + count - 1)
    return LegacyStore(events=[last], snapshots=draw(st.permutations(snapshots)), records=[])


@st.composite
def two_latest(draw: st.DrawFn, run: Object, seq: int, capabilities: Capabilities) -> LegacyStore:
    """Leave two snapshots with the highest seq, mostly in different phases: the greater id decides which is the latest.

    Or two of which the later seq has more digits, and the lesser id. The latest is the one at which the guard must look
    (PASS-7).
    """
    record, lesser = draw(lifecycle_records(capabilities)), draw(st.sampled_from(sorted(PHASE_OF)))
    greater = draw(st.sampled_from([each for each in sorted(PHASE_OF) if PHASE_OF[each] != PHASE_OF[lesser]]))
    letters, longer = draw(st.sampled_from((*IN_ORDER, *IN_ORDER[-1:] * 2))), 10 ** len(str(seq))
    seqs = draw(evenly([(seq, seq), (longer - 1, longer)]))
    snapshots = []
    for n, status in enumerate((lesser, greater)):
        letter = letters[n] if seqs[0] == seqs[1] else letters[1 - n]
        event = event_of(run, record, f"left-behind-{seq}-{letter}{n}", seqs[n])
        snapshots.append(with_phase(draw, snapshot_of(event, status)))
    last = _last_event(run, record, f"left-behind-{seq}", seqs[1])
    return LegacyStore(events=[last], snapshots=draw(st.permutations(snapshots)), records=[])


def _last_event(run: Object, record: Object, event_id: str, seq: int) -> Object:
    """An event of another automation that has the highest seq, so that the next event gets another one."""
    return event_of(run, record, event_id, seq, correlation_id="another-automation")


# --- others -----------------------------------------------------------------------------------------------------------


@st.composite
def neighbours(draw: st.DrawFn, run: Object, seq: int, capabilities: Capabilities) -> LegacyStore:
    """Leave rows of another tenant with the same run id, or of another run, that record what this run is to record."""
    records = draw(few_records(capabilities))
    tenant = run.get("tenant_context", LOCAL)
    others = [
        {**run, "tenant_context": {**tenant, "deployment_id": f"{tenant.get('deployment_id') or 'eu'}-2"}},
        {**run, "tenant_context": {"org_id": "org-next-door", "workspace_id": "w"}},
        {**run, "run_id": f"{run['run_id']}-next-door"},
    ]
    other = draw(st.sampled_from(others))
    twice = draw(st.booleans())
    mine, theirs, snapshots = [], [], []
    for n, (record, (content, occurrence)) in enumerate(zip(records, contents_after(run, records), strict=True)):
        said, at = {"lifecycle_occurrence": occurrence}, draw(st.integers(1, 3))
        ids = [stable_id(content, occurrence), id_by_index(run, record, seq - 1 + n)]
        event = event_of(other, record, draw(st.sampled_from(ids)), at, said)
        theirs.append(event if draw(st.booleans()) else event_of(other, record, f"next-door-{seq}-{n}", at))
        if twice:
            mine.append(event_of(run, record, id_by_index(run, record, seq - 1 + n), seq + n))
    if draw(st.booleans()):
        entries = [{"event_id": stable_id(*each), "seq": 1} for each in contents_after(run, records)]
        theirs.append(marker_of(other, f"stateful-compaction-next-door-{seq}", 3, entries))
    for event in theirs[:1]:
        # Where two tenants can't use one place for their snapshots, an import would overwrite what is there.
        apart = other["run_id"] != run["run_id"] or "tenants" in capabilities
        snapshot = snapshot_of(event, draw(st.sampled_from(sorted(PHASE_OF))))
        snapshots.append(snapshot if apart else {**snapshot, "snapshot_id": f"next-door-{seq}"})
    return LegacyStore(events=draw(st.permutations([*theirs, *mine])), snapshots=snapshots, records=records)


Left: TypeAlias = Callable[[Object, int, Capabilities], st.SearchStrategy[LegacyStore]]
"""What an older engine left of a run, given the next seq of its log and the capabilities of the driver."""
LEGACY_STORES: Final[Mapping[str, Left]] = {
    "first generation": first_generation,
    "later generation": later_generation,
    "mixed": mixed,
    "odd events": odd_events,
    "overlapping": overlapping,
    "markers": markers,
    "compacted twins": compacted_twins,
    "compactable twins": compactable_twins,
    "phases of old": phases_of_old,
    "neighbours": neighbours,
}
"""The legacy stores whose records go on in a history, by name."""
ALL: Final[Mapping[str, Left]] = {
    **LEGACY_STORES,
    "known in many ways": known_in_many_ways,
    "of one seq": of_one_seq,
    "nearly alike": nearly_alike,
    "known together": known_together,
}
"""Those, and such as only sessions that aim at them meet: they are about the log alone, or have many records."""
