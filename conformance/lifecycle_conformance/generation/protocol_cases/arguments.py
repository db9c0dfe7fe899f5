"""The arguments of operations, right and wrong: driven by the table of operations and the schema of requests."""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from random import Random
from string import ascii_lowercase
from typing import Final

from attrs import frozen

from lifecycle_conformance.execution.trace import Object, Request
from lifecycle_conformance.generation.alphabets import TEXTS
from lifecycle_conformance.generation.protocol_cases.stored_records import STRANGERS, spoiled
from lifecycle_conformance.generation.requests import TENANT, refusal
from lifecycle_conformance.generation.strategies import LATEST_MS, run_record
from lifecycle_conformance.specification import schemas
from lifecycle_conformance.specification.requirements import code_spans, tables
from lifecycle_projection.records import Json

_OPERATIONS: Final = tables()["operations"]
CAPABILITY_OF: Final[Mapping[str, str | None]] = {
    code_spans(row["op"])[0]: next(iter(code_spans(row["capability"])), None) for row in _OPERATIONS
}
ARGUMENTS_OF: Final[Mapping[str, tuple[str, ...]]] = {
    code_spans(row["op"])[0]: code_spans(row["arguments"]) for row in _OPERATIONS
}
_ANYTHING: Final[tuple[Json, ...]] = (None, True, 7, -1, 1.5, "text", [], {})
_PARTS: Final = 64
"""In how many parts sessions ask what can't be read."""
_RECORDS: Final = frozenset({"run", "tenant", "event"})


def some_name(random: Random) -> str:
    """A short name of small letters."""
    return "".join(random.choices(ascii_lowercase, k=random.randint(1, 12)))


def right(random: Random, capabilities: frozenset[str], run: Object, ops: Sequence[str]) -> Request:
    """A request with right arguments, of those operations that may be asked with these capabilities."""
    op = random.choice(_offered(ops, capabilities))
    return op, _arguments(random, op, run)


def _offered(ops: Iterable[str], capabilities: frozenset[str]) -> list[str]:
    return [op for op in ops if CAPABILITY_OF[op] in {None, *capabilities}]


def _arguments(random: Random, op: str, run: Object) -> Object:
    return {name: _argument(random, op, name, run) for name in ARGUMENTS_OF[op] if name != "run_json"}


def _argument(random: Random, op: str, name: str, run: Object) -> Json:
    several: Object = {
        "protocols": [1],
        "store": ".",
        "run": run,
        "tenant": TENANT if op == "append" else random.choice([TENANT, *STRANGERS]),
        "run_id": some_name(random),
        "events": [plain_event(random) for _ in range(random.randrange(3))],
        "snapshots": [],
        "event": plain_event(random),
        "retention_ms": random.randint(1, LATEST_MS),
        "now_ms": random.randint(1, LATEST_MS),
        "keep": random.randrange(4),
    }
    return several[name]


def plain_event(random: Random) -> Object:
    """A plain event of the first tenant, of a run that is looked at."""
    return {
        "schema_version": 1,
        "event_id": some_name(random),
        "run_id": "run-1",
        "seq": 1,
        "event_type": "note",
        "occurred_at_ms": random.randint(1, LATEST_MS),
        "scope": {"schema_version": 1, "tenant_context": TENANT},
        "payload": random.choice([None, *TEXTS]),
    }


def unreadable_request(random: Random, capabilities: frozenset[str], run: Object, ops: Sequence[str]) -> Request:
    """A request that lacks an argument, has one that can't be read, or says twice which run it means."""
    op, arguments = right(random, capabilities, run, ops)
    spoiling = random.choice(random.choice(_spoilings(op, "text-input" in capabilities)))
    return _unreadable(op, spoiling, arguments)


def unreadable_requests(random: Random, capabilities: frozenset[str], run: Object) -> list[Request]:
    """A part of all such requests, one of many: so few sessions meet most of them, and each only once."""
    every = [
        (op, spoiling)
        for op in _offered(ARGUMENTS_OF, capabilities)
        for kind in _spoilings(op, "text-input" in capabilities)
        for spoiling in kind
    ]
    part = every[random.randrange(_PARTS) :: _PARTS]
    return [_unreadable(op, spoiling, _arguments(random, op, run)) for op, spoiling in part]


def _unreadable(op: str, spoiling: "_Spoiling", arguments: Object) -> Request:
    return refusal(["DRIVER-13"], "invalid_input", op, **spoiling.of(arguments))


@frozen(kw_only=True)
class _Spoiling:
    """A way to spoil arguments: some are left out, some are put in place of others or beside them."""

    without: frozenset[str] = frozenset()
    put: Mapping[str, Json]

    def of(self, arguments: Object) -> Object:
        return {name: value for name, value in arguments.items() if name not in self.without} | dict(self.put)


@cache
def _spoilings(op: str, reads_text: bool) -> list[list[_Spoiling]]:  # noqa: FBT001 - a key of the cache
    """List the ways to spoil the arguments of an operation, those of the schema of the requests, by kind."""
    names = [name for name in ARGUMENTS_OF[op] if name != "run_json"]
    kinds = [
        [_Spoiling(without=frozenset({name}), put={}) for name in names],
        [_Spoiling(put={name: value}) for name in names for value in _unreadable_values(op, name)],
    ]
    if "run_json" in ARGUMENTS_OF[op] and reads_text:
        run = json.dumps(run_record("run-1", TENANT, "queued"))
        texts_ = [*_unreadable_values(op, "run_json"), "{", "nope", "", "7"]
        kinds += [
            [_Spoiling(put={"run_json": beside}) for beside in (run, "{", None)],
            [_Spoiling(without=frozenset({"run"}), put={"run_json": value}) for value in texts_],
        ]
    return kinds


def _unreadable_values(op: str, name: str) -> list[Json]:
    """Values that the schema of the requests doesn't take for an argument, but for lists in place of records."""
    definition = "with_run" if name in {"run", "run_json"} else {"events": "view", "snapshots": "view"}.get(op, op)
    path = f"$.{name}"
    tenants = [tenant for tenant, *_ in spoiled("tenant")] if name == "tenant" else []
    return [
        value
        for value in (*_ANYTHING, *tenants)
        if not (name in _RECORDS and value == [])
        and any(where.startswith(path) for where, _ in schemas.problems("driver-request", {name: value}, definition))
    ]
