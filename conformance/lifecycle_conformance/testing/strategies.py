"""Strategies for properties of one's own: what the suite sends, awkward texts and numbers among it.

`capabilities` are those of chapter 17 that say which numbers can be read: `json-numbers` and `exact-numbers`. Without
them there are only numbers that every reader reads alike.
"""

from collections.abc import Collection

from hypothesis import strategies as st

from lifecycle_conformance.execution.trace import Object
from lifecycle_conformance.generation import strategies
from lifecycle_conformance.generation.run_states import states
from lifecycle_projection.records import Json

_LONGEST_HISTORY = 5


@st.composite
def run_records(draw: st.DrawFn, capabilities: Collection[str] = (), *, max_records: int = _LONGEST_HISTORY) -> Object:
    """Run records of any tenant, status and state, with a history of at most so many records."""
    known = frozenset(capabilities)
    run = strategies.run_record(draw(strategies.run_ids()), draw(tenants()), draw(st.sampled_from(strategies.STATUSES)))
    run = strategies.changed({**run, "automation_id": draw(strategies.automation_ids())}, draw(states(known)))
    history = draw(st.lists(lifecycle_records(known), max_size=max_records))
    return {**run, "checkpoint": {**run["checkpoint"], "lifecycle_history": history}}


def lifecycle_records(capabilities: Collection[str] = ()) -> st.SearchStrategy[Object]:
    """Lifecycle records; members that may be absent are left out, null or there."""
    return strategies.lifecycle_records(frozenset(capabilities))


def metadata(capabilities: Collection[str] = ()) -> st.SearchStrategy[Json]:
    """The metadata of lifecycle records: objects with the members that mean something, and any other value."""
    return strategies.metadata(frozenset(capabilities))


def tenants() -> st.SearchStrategy[Object]:
    """Tenants, some of which see the same: those that differ in actor, source or unknown members only."""
    return strategies.tenants()


def values(capabilities: Collection[str] = ()) -> st.SearchStrategy[Json]:
    """JSON values, small."""
    return strategies.values(frozenset(capabilities))
