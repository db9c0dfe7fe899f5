"""What a step changed of an owner's own events and snapshots, told once for all checks.

An implementation that gets tenants wrong may show an owner the records of others. Whose a record is, its scope says: a
delta is about the owner's own records only, so that such a fault stays one of *Tenants*.
"""

from collections.abc import Iterable
from functools import cached_property
from operator import itemgetter

from attrs import frozen

from lifecycle_conformance.execution.multiset import added, more_often
from lifecycle_conformance.execution.trace import Object, Owner, Shown, Step, View, key_of, owner_of


@frozen(slots=False)
class Delta:
    """An owner's own events and snapshots before and after a step, and what is new or lost of them.

    What came under the id of one that was lost is that one, changed, and isn't new: so what became of a record that was
    there (LOG-1, SNAP-6) is never taken for something that was recorded.
    """

    before: Shown
    after: Shown

    @cached_property
    def new_events(self) -> list[Object]:
        """The events that were not there before, as they are shown."""
        return more_often(added(self.before.events, self.after.events), self.lost_events, itemgetter("event_id"))

    @cached_property
    def lost_events(self) -> list[Object]:
        """The events that are gone or changed, as they were."""
        return added(self.after.events, self.before.events)

    @cached_property
    def new_snapshots(self) -> list[Object]:
        """The snapshots that were not there before, as they are shown."""
        came = added(self.before.snapshots, self.after.snapshots)
        return more_often(came, self.lost_snapshots, itemgetter("snapshot_id"))

    @cached_property
    def lost_snapshots(self) -> list[Object]:
        """The snapshots that are gone or changed, as they were."""
        return added(self.after.snapshots, self.before.snapshots)

    @cached_property
    def appended(self) -> list[Object]:
        """The new events in the order of their seq, in which a pass appends."""
        return sorted(self.new_events, key=lambda event: event["seq"])

    @property
    def differences(self) -> list[str]:
        """What is shown otherwise now: the ids of what is new, and of what is gone or changed."""
        return differences(self.before, self.after)


def delta(step: Step, owner: Owner | None = None) -> Delta:
    """What a step changed of an owner's: if none is named, of the one whose run a pass or an append is about."""
    whose = acting(step) if owner is None else owner
    key = delta, whose
    if key not in step.memo:
        step.memo[key] = Delta(own(step.before, whose), own(step.after, whose))
    found: Delta = step.memo[key]
    return found


def own(view: View, owner: Owner) -> Shown:
    """What a view shows to an owner that really is the owner's, its events in the order in which they must be shown.

    Another order is a fault of its own (LOG-7), and must not make another one of any check that goes by it.
    """
    shown = view.get(owner, Shown())
    return Shown(
        events=tuple(in_order(each for each in shown.events if owner_of(each) == owner)),
        snapshots=tuple(each for each in shown.snapshots if owner_of(each) == owner),
    )


def in_order(events: Iterable[Object]) -> list[Object]:
    """Put events in the order of their seq; those with equal seq stay as they are."""
    return sorted(events, key=lambda event: event["seq"])


def acting(step: Step) -> Owner:
    """Whose records a pass or an append may add to."""
    if step.op == "append":
        return Owner(key_of(step.arguments["tenant"]), step.arguments["event"]["run_id"])
    return step.owner


def touched(step: Step) -> list[Owner]:
    """Whose events and snapshots a step may add to."""
    match step.op:
        case "project" | "append":
            return [acting(step)]
        case "import":
            given = (*step.arguments["events"], *step.arguments["snapshots"])
            return list(dict.fromkeys(owner_of(each) for each in given))
        case _:
            return []


def differences(before: Shown, after: Shown) -> list[str]:
    """What is shown otherwise now: the ids of what is new, and of what is gone or changed."""
    pairs = [("event", before.events, after.events), ("snapshot", before.snapshots, after.snapshots)]
    return [
        *(f"new {kind} {each[f'{kind}_id']!r}" for kind, old, new in pairs for each in added(old, new)),
        *(f"lost {kind} {each[f'{kind}_id']!r}" for kind, old, new in pairs for each in added(new, old)),
    ]
