"""Legacy stores with many records at once, so that one pass tells much of how they are recognised."""

from random import Random
from typing import Any, Final

from hypothesis import strategies as st

from lifecycle_conformance.execution.trace import Object
from lifecycle_conformance.generation.alphabets import EVENT_NAMES, NEVER_TRIMMED
from lifecycle_conformance.generation.legacy_records import (
    Capabilities,
    LegacyStore,
    contents_after,
    event_of,
    id_by_index,
    malformed_entries,
    marker_of,
    near_twins,
    snapshot_of,
)
from lifecycle_conformance.model.identity import stable_id
from lifecycle_conformance.model.phase_table import NEXT, PHASE_OF

_RECORDS: Final = 8


@st.composite
def nearly_alike(draw: st.DrawFn, run: Object, seq: int, capabilities: Capabilities) -> LegacyStore:
    """Leave events of the first generation whose records some take for twins: they have one name and one time.

    Two of them are twins; the records stand in the history whether an event is left of them or not.
    """
    name = draw(st.sampled_from(EVENT_NAMES))
    kinds = draw(st.permutations(near_twins(capabilities)))
    records = [{"event": name, "recorded_at_ms": 1, **said} for said in (*kinds, draw(st.sampled_from(kinds)))]
    known = records[: draw(st.integers(0, len(records)))]
    events = [event_of(run, record, id_by_index(run, record, seq - 1 + n), seq + n) for n, record in enumerate(known)]
    return LegacyStore(events=events, snapshots=[], records=records)


@st.composite
def known_together(draw: st.DrawFn, run: Object, seq: int, _: Capabilities) -> LegacyStore:
    """Leave one to three rows that make each of some records known, in any order, at times with one seq."""
    # Hypothesis likes to repeat what it drew; here each record is to be another case.
    random = draw(st.randoms(use_true_random=True))
    names = [f"step{'-.'[number % 2]}{number}" for number in range(_RECORDS)]
    records = [{"event": name, "recorded_at_ms": 3_000 + number} for number, name in enumerate(names)]
    rows = [row for number in range(_RECORDS) for row in _rows(random, run, records[number], seq, number)]
    random.shuffle(rows)
    return LegacyStore(events=rows, snapshots=[], records=records)


@st.composite
def malformed_entries_together(draw: st.DrawFn, run: Object, seq: int, capabilities: Capabilities) -> LegacyStore:
    """Leave a marker that lists each of some records by an entry that isn't valid, and two records well.

    Another one lists records well only.
    """
    random = draw(st.randoms(use_true_random=True))
    never = random.choice(NEVER_TRIMMED)
    kinds = len(malformed_entries("", seq, capabilities, padded="", never=never))
    records = [{"event": f"listed-{number}", "recorded_at_ms": 4_000} for number in range(kinds + 4)]
    ids = [stable_id(*each) for each in contents_after(run, records)]
    malformed: list[Any] = [
        malformed_entries(event_id, seq + number, capabilities, padded=event_id, never=never)[number]
        for number, event_id in enumerate(ids[:kinds])
    ]
    random.shuffle(malformed)
    good: list[Any] = [{"event_id": event_id, "seq": seq + n} for n, event_id in enumerate(ids[kinds:], start=kinds)]
    lists = ([good[0], *malformed, good[1]], good[2:])
    left = [marker_of(run, f"stateful-compaction-{seq}-{n}", seq + n, listed) for n, listed in enumerate(lists)]
    return LegacyStore(events=left, snapshots=[], records=records)


@st.composite
def every_phase(draw: st.DrawFn, run: Object, seq: int, _: Capabilities) -> LegacyStore:
    """Leave a snapshot in each status without a phase, and one in each phase that has nothing else of it."""
    statuses: list[tuple[str, Object]] = [(status, {}) for status in sorted(PHASE_OF)]
    phases: list[tuple[str, Object]] = [(run["status"], {"phase": phase}) for phase in sorted(NEXT)]
    record: Object = {"event": "node_started", "recorded_at_ms": 1}
    snapshots = [
        snapshot_of(event_of(run, record, f"left-behind-{seq + n}", seq + n), status, members)
        for n, (status, members) in enumerate(draw(st.permutations([*statuses, *phases])))
    ]
    last = event_of(run, record, "left-behind", seq + len(snapshots), correlation_id="another-automation")
    return LegacyStore(events=[last], snapshots=snapshots, records=[])


def _rows(random: Random, run: Object, record: Object, seq: int, number: int) -> list[Object]:
    stable, at, rows = stable_id(*contents_after(run, [record])[0]), seq + random.randrange(4), []
    for turn in range(random.randint(1, 3)):
        at += random.randrange(2)
        index_id = id_by_index(run, record, 100 * number + turn)
        marker_id = f"stateful-compaction-by-others-{seq}-{number}-{turn}"
        listed = [{"event_id": stable, "seq": at + random.randrange(9)}]
        choices = [
            event_of(run, record, index_id, at),
            event_of(run, record, index_id, at, {"lifecycle_occurrence": 0}),
            event_of(run, record, stable, at, "a text", event_type="note"),
            marker_of(run, marker_id, at, listed),
        ]
        rows.append(random.choice(choices))
    return rows
