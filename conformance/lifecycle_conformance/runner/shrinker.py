"""The shrinker: it makes a session that breaks a requirement smaller, as long as the requirement stays broken.

It works on the requests, not on what they were drawn from. So it reduces any session, whether a search found it, a
file holds it or somebody wrote it; nothing has to be found again first, and a step costs no more than a few requests.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final, TypeAlias

from attrs import evolve

from lifecycle_conformance.driver.interface import Breakdown
from lifecycle_conformance.execution.judgement import canonical
from lifecycle_conformance.execution.operations import HARNESS, NEEDING_NO_STORE
from lifecycle_conformance.execution.trace import Request
from lifecycle_conformance.runner.verdicts import Failure
from lifecycle_conformance.specification import schemas
from lifecycle_projection.records import Json

Proof: TypeAlias = Callable[[Sequence[Request]], Failure | None]
"""Runs requests, and returns how they break the requirement, or `None` where they don't."""
_FIRST: Final = frozenset({"open", "greet"})
"""How a session may begin, but for cases of input."""
_NEEDS_NO_STORE: Final = NEEDING_NO_STORE | {"greet", "refuse", "say", "read"}
_Requests: TypeAlias = tuple[Request, ...]


_MOST_HANGS: Final = 3
"""How many attempts may end in a hang: each takes as long as a driver has for an answer."""


class _EnoughError(Exception):
    """There were enough attempts."""


def reduced(failure: Failure, proof: Proof, attempts: int) -> Failure:
    """The smallest failure that is found in at most so many attempts.

    First requests are left out, then members and items wherever they occur; then long values become short. `shrunk`
    says that there were attempts enough to try each request at least.
    """
    search = _Reduction(failure, proof, attempts)
    try:
        while search.fewer_requests() | search.smaller_values():
            pass
    except _EnoughError:
        pass
    return search.best


class _Reduction:
    """The smallest failure so far, and the steps that try to make it smaller; each returns whether it did."""

    def __init__(self, failure: Failure, proof: Proof, attempts: int) -> None:
        self.best = failure
        self._proof = proof
        self._attempts = attempts
        self._hangs = 0
        self._tried: set[bytes] = set()

    def fewer_requests(self) -> bool:
        """Leave out as many requests as possible at once, then fewer, down to single ones."""
        changed, size = False, max(1, len(self.best.requests) // 2)
        while size:
            start = len(self.best.requests) - 1 - size
            while start > -size:
                requests = self.best.requests
                changed |= self._try((*requests[: max(0, start)], *requests[start + size :]))
                start = min(start, len(self.best.requests)) - size
            size //= 2
        self.best = evolve(self.best, shrunk=True)
        return changed

    def smaller_values(self) -> bool:
        """Take members and items away wherever they occur, and make what is left plain."""
        changed = False
        for candidates in (_without_members, _without_items, _without_single_members, _plainer):
            tried_all = False
            while not tried_all:
                tried_all = not any(self._try(each) for each in candidates(self.best.requests))
                changed |= not tried_all
        return changed

    def _try(self, requests: _Requests) -> bool:
        key = canonical([list(each) for each in requests])
        if key in self._tried or not _sendable(requests):
            return False
        if len(self._tried) >= self._attempts or self._hangs >= _MOST_HANGS:
            raise _EnoughError
        self._tried.add(key)
        try:
            found = self._proof(requests)
        except OSError:
            # Without what was left out, a file is to be put or removed where there can be none, such as in a folder's
            # place.
            return False
        if found is None:
            return False
        self._hangs += found.broke is Breakdown.TIMEOUT
        self.best = evolve(found, shrunk=self.best.shrunk)
        return True


def _sendable(requests: _Requests) -> bool:
    """Whether a session begins as one may, and each request is one of the protocol: others would be refused."""
    return (
        _begins_well(requests)
        and _has_stores(requests)
        and all(
            op in HARNESS or schemas.is_valid("driver-request", {"id": 1, "op": op, **arguments})
            for op, arguments in requests
        )
    )


def _begins_well(requests: _Requests) -> bool:
    """Whether a session opens a store, or starts a process, before all but `read`, which has stores of its own.

    Otherwise a `read` that comes first could not be left out, however little it matters.
    """
    first = next((op for op, _ in requests if op != "read"), None)
    return bool(requests) and (first is None or first in _FIRST)


def _has_stores(requests: _Requests) -> bool:
    """Whether a store is open wherever a request needs one: checks rest on that."""
    is_open = False
    for op, _ in requests:
        if not is_open and op not in _NEEDS_NO_STORE:
            return False
        is_open = op == "open" or (is_open and op != "greet")
    return True


# --- smaller requests -------------------------------------------------------------------------------------------------


def _without_members(requests: _Requests) -> Iterator[_Requests]:
    """Leave out all that may be left out at once, then each member of a name, wherever it occurs."""
    names = sorted({name for value in _values(requests) if isinstance(value, dict) for name in value})
    for left_out in (frozenset(names) - _NEEDED, *(frozenset({name}) for name in names)):
        yield _mapped(requests, partial(_less, names=left_out))


_NEEDED: Final = frozenset(
    {
        "run", "run_id", "automation_id", "trigger_type", "status", "created_at_ms", "updated_at_ms", "checkpoint",
        "lifecycle_history", "event", "recorded_at_ms", "events", "snapshots", "event_id", "snapshot_id", "seq",
        "event_type", "occurred_at_ms", "scope", "tenant_context", "org_id", "workspace_id", "tenant", "retention_ms",
        "now_ms", "keep", "payload", "correlation_id",
    }
)  # fmt: skip
"""Members that the first attempt keeps: most of them are required somewhere."""


def _less(value: Json, names: frozenset[str]) -> Json:
    if isinstance(value, dict):
        return {name: each for name, each in value.items() if name not in names}
    return value


def _without_items(requests: _Requests) -> Iterator[_Requests]:
    """Leave out each item of a list, wherever it occurs in lists, then where it occurs first only."""
    items = {canonical(item): None for value in _values(requests) if isinstance(value, list) for item in value}
    for item in items:
        yield _mapped(requests, partial(_without_item, item=item))
    for index in range(len(requests)):
        for item in items:
            op, arguments = requests[index]
            less = _mapped(((op, arguments),), partial(_without_item, item=item))
            yield (*requests[:index], *less, *requests[index + 1 :])


def _without_item(value: Json, item: bytes) -> Json:
    return [each for each in value if canonical(each) != item] if isinstance(value, list) else value


def _without_single_members(requests: _Requests) -> Iterator[_Requests]:
    """Leave out each member of each object, wherever that very object occurs."""
    objects = {canonical(value): value for value in _values(requests) if isinstance(value, dict)}
    for key, value in objects.items():
        for name in value:
            less = _less(value, frozenset({name}))
            yield _mapped(requests, partial(_replaced, key=key, by=less))


def _plainer(requests: _Requests) -> Iterator[_Requests]:
    """Replace each long text by a short one, and each number by a small one, wherever it occurs."""
    scalars = {canonical(value): value for value in _values(requests) if isinstance(value, str | int | float)}
    for key, value in scalars.items():
        for plain in _plain(value):
            yield _mapped(requests, partial(_replaced, key=key, by=plain))


def _plain(value: Json) -> Iterator[Json]:
    if isinstance(value, str):
        yield from (plain for plain in ("x", "y") if len(plain) < len(value))
    elif not isinstance(value, bool):
        yield from (plain for plain in (0, 1, 2, 3) if plain < value)


def _replaced(value: Json, key: bytes, by: Json) -> Json:
    return by if canonical(value) == key else value


def _values(requests: _Requests) -> Iterator[Json]:
    """All values inside the arguments that may be changed, those that hold others first."""
    for op, arguments in requests:
        if op not in HARNESS:
            yield from _within(arguments)


def _within(value: Json) -> Iterator[Json]:
    yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _within(inner)


def _mapped(requests: _Requests, change: Callable[[Json], Json]) -> _Requests:
    """Change each value inside the arguments, those that hold others first."""
    return tuple((op, arguments if op in HARNESS else _changed(arguments, change)) for op, arguments in requests)


def _changed(value: Json, change: Callable[[Json], Json]) -> Json:
    changed = change(value)
    if isinstance(changed, dict):
        return {name: _changed(each, change) for name, each in changed.items()}
    if isinstance(changed, list):
        return [_changed(each, change) for each in changed]
    return changed
