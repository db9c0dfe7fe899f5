"""Drivers that never do some thing: the reference, with an answer taken away or changed, for the tests of verdicts."""

from collections.abc import Callable, Iterable
from typing import Any

from attrs import evolve

from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.driver.interface import Answer, Hello, Refusal
from lifecycle_conformance.driver.server import StoreKind
from lifecycle_conformance.execution.trace import Object

Change = Callable[[str, Object, Answer], Answer]
"""What is answered instead: from the operation, its arguments and the right answer."""


class Degenerate:
    """The reference with a change to what it answers; `skips` names operations that it answers and doesn't do."""

    def __init__(
        self,
        change: Change,
        store: StoreKind = "files",
        skips: Object | None = None,
        claims: frozenset[str] | None = None,
        without: Iterable[str] = (),
    ) -> None:
        self._inner = InProcessDriver(store, without=without)
        self._change = change
        self._skips = skips or {}
        self._claims = claims

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    @property
    def hello(self) -> Hello:
        """Declare what it claims, be it there or not."""
        hello = self._inner.hello
        return hello if self._claims is None else evolve(hello, capabilities=self._claims)

    def ask(self, op: str, **arguments: Any) -> Answer:
        """Answer otherwise."""
        answer = Answer(ok=dict(self._skips[op])) if op in self._skips else self._inner.ask(op, **arguments)
        return self._change(op, arguments, answer)

    def say(self, line: bytes) -> Answer:
        """Answer a line that is no request otherwise."""
        return self._change("say", {}, self._inner.say(line))


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


def refusing(*ops: str) -> Change:
    """Refuse some operations always."""
    refused = Answer(error=Refusal(kind="invalid_input", message="no", data={}))
    return lambda op, _, answer: refused if op in ops else answer


def of_another_kind(kind: str, *instead_of: str) -> Change:
    """Give refusals of some kinds, or all of them, another kind."""

    def change(_op: str, _: Object, answer: Answer) -> Answer:
        if answer.error is None or (instead_of and answer.error.kind not in instead_of):
            return answer
        return Answer(error=Refusal(kind=kind, message=answer.error.message, data={}))

    return change


def answering(op: str, **ok: Any) -> Change:
    """Answer an operation always alike, where it isn't refused."""
    return lambda asked, _, answer: Answer(ok=ok) if asked == op and answer.ok is not None else answer
