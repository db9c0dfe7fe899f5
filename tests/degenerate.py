"""Drivers that never do some thing: the reference, with an answer taken away or changed, for the tests of verdicts."""

from collections.abc import Callable
from typing import Any

from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.driver.interface import Answer, Refusal
from lifecycle_conformance.driver.server import StoreKind
from lifecycle_conformance.trace import Object

Change = Callable[[str, Object, Answer], Answer]
"""What is answered instead: from the operation, its arguments and the right answer."""


class Degenerate:
    """The reference with a change to what it answers; `skips` names operations that it answers and doesn't do."""

    def __init__(self, change: Change, store: StoreKind = "files", skips: Object | None = None) -> None:
        self._inner = InProcessDriver(store)
        self._change = change
        self._skips = skips or {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def ask(self, op: str, **arguments: Any) -> Answer:
        """Answer otherwise."""
        answer = Answer(ok=dict(self._skips[op])) if op in self._skips else self._inner.ask(op, **arguments)
        return self._change(op, arguments, answer)


def as_it_is(_op: str, _arguments: Object, answer: Answer) -> Answer:
    """Change nothing."""
    return answer


def of_records(kind: str, changed: Callable[[Object], Object]) -> Change:
    """Change each event or snapshot that is shown."""

    def change(op: str, _: Object, answer: Answer) -> Answer:
        if op != kind or answer.ok is None:
            return answer
        return Answer(ok={kind: [changed(each) for each in answer.ok[kind]]})

    return change


def both(changed: Callable[[Object], Object]) -> Change:
    """Change each event and each snapshot that is shown."""
    events, snapshots = of_records("events", changed), of_records("snapshots", changed)
    return lambda op, arguments, answer: snapshots(op, arguments, events(op, arguments, answer))


def nothing_of(*kinds: str) -> Change:
    """Show no events, or no snapshots."""
    return lambda op, _, answer: Answer(ok={op: []}) if op in kinds and answer.ok is not None else answer


def without(*names: str) -> Callable[[Object], Object]:
    """Leave members out."""
    return lambda record: {name: value for name, value in record.items() if name not in names}


def inside(member: str, changed: Callable[[Object], Object]) -> Callable[[Object], Object]:
    """Change an object inside a record."""
    return lambda record: (
        {**record, member: changed(record[member])} if isinstance(record.get(member), dict) else record
    )


def with_members(**members: Any) -> Callable[[Object], Object]:
    """Give members a fixed value."""
    return lambda record: {**record, **members}


def refusing(*kinds: str) -> Change:
    """Give refusals of some kinds the kind `internal`, or another."""

    def change(_op: str, _: Object, answer: Answer) -> Answer:
        if answer.error is None or (kinds and answer.error.kind not in kinds):
            return answer
        return Answer(error=Refusal(kind="internal", message=answer.error.message, data={}))

    return change
