"""Where the records of a history are recorded, by what the log showed before a step."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from lifecycle_conformance.execution.trace import Object, Step, once_a_step
from lifecycle_conformance.model.alias_table import RULES, Entry, entries_of_table
from lifecycle_conformance.model.delta import in_order, own
from lifecycle_conformance.model.identity import contents_of, listed_by, stable_id

MAX_SEQ: Final = 2**64 - 1
"""No seq follows it (LOG-4)."""


def recorded(run: Object, events: Sequence[Object]) -> dict[str, Entry]:
    """Where each id that a log knows is recorded (ALIAS-1 to ALIAS-9)."""
    return entries_of_table(run, events, RULES)


@once_a_step
def recorded_before(step: Step) -> list[Entry | None]:
    """Where each record of a history was recorded before the pass, `None` where it was not."""
    table = recorded(step.run, own(step.before, step.owner).events)
    return [table.get(stable_id(*each)) for each in contents_of(step.run)]


def highest_seq(events: Sequence[Object]) -> int:
    """The highest seq that a log knows, its events' own or listed ones; 0 if there is none (LOG-4)."""
    listed = (seq for event in events for _, seq in listed_by(event))
    return max((*(event["seq"] for event in events), *listed), default=0)


def seqs_by_id(events: Iterable[Object]) -> dict[str, list[int]]:
    """For each id that a log knows the seqs under which it is found, in the order of looking (LOG-3)."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    for event in in_order(events):
        for event_id, seq in ((event["event_id"], event["seq"]), *listed_by(event)):
            found[event_id].append(seq)
    return dict(found)
