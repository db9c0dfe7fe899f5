"""What production's answers say of scope, definition and numbers, each as a run with one record.

What production showed of scope and definition depends on the run's definition alone, and the identity of a record on
that record. So each is cut out of its scenario, and can be asked for by itself.
Production's scenarios have too little of some rules. What was added is told apart: it stands in files of its own.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Final

import orjson
from attrs import Factory, define, frozen

from lifecycle_conformance.execution.trace import Object, Owner, history_of, key_of, member, owner_of_run
from lifecycle_conformance.judges.vectors.derived.definition_rules import HASH, VERSION
from lifecycle_conformance.judges.vectors.derived.scope_rules import FIELDS, RIGHT
from lifecycle_conformance.judges.vectors.derived.subjects import doubles_in
from lifecycle_conformance.judges.vectors.scenarios import Scenario
from lifecycle_conformance.specification.texts import VECTORS
from lifecycle_projection.json_text import read_json
from lifecycle_projection.records import Json

BY_HAND: Final = VECTORS / "by_hand.json"
"""Cases that production wasn't asked for, filled in by the words of the specification."""
DOUBLES: Final = VECTORS / "doubles.json"
"""Doubles that production wasn't asked for, as JSON-7 to JSON-9 have them written."""
_RECORD: Final[Object] = {"event": "node_started", "recorded_at_ms": 1}
RUN: Final[Object] = {
    "run_id": "r",
    "automation_id": "a",
    "trigger_type": "manual",
    "status": "running",
    "created_at_ms": 1,
    "updated_at_ms": 2,
    "checkpoint": {"lifecycle_history": [_RECORD]},
}
"""A run without anything that a case may be about."""
_PREFIX: Final = "stateful_runtime.automation_v2."
_STABLE_ID: Final = re.compile(r"automation-v2-lifecycle-.*-([0-9a-f]{24})-[0-9]+", re.DOTALL)


@frozen
class Fact:
    """What a run with one record has for its scope, its definition or the digits of its identity."""

    subject: str
    run: Object
    expected: Object

    @property
    def key(self) -> bytes:
        """What is the same for facts about the same run."""
        # Members in their order: a definition that has them in another one is another definition.
        return orjson.dumps([self.subject, self.run])


# --- what a scenario says ---------------------------------------------------------------------------------------------


@define
class _Watched:
    """What happened to the records of one owner since they were shown last, by the operation that shows them."""

    passes: defaultdict[str, list[Object]] = Factory(lambda: defaultdict(list))
    known: set[str] = Factory(set)


def facts(scenario: Scenario) -> Iterator[Fact]:
    """What the answers of a scenario say."""
    watched: defaultdict[Owner, _Watched] = defaultdict(_Watched)
    given = set(_given(scenario))
    for step, answer in zip(scenario.steps, scenario.answers, strict=True):
        if step["op"] == "project" and member(answer.get("error"), "kind") != "invalid_input":
            for passes in (watched[owner_of_run(step["run"])].passes[kind] for kind in ("events", "snapshots")):
                passes.append(step["run"])
        elif step["op"] == "identify" and "ok" in answer:
            yield from _identified(step["run"], answer["ok"]["ids"])
        elif step["op"] in {"events", "snapshots"} and "ok" in answer:
            owner = watched[Owner(key_of(step["tenant"]), step["run_id"])]
            shown = {_id_of(each): each for each in answer["ok"][step["op"]]}
            new = [each for id_, each in shown.items() if id_ not in owner.known | given]
            yield from _recorded(owner.passes.pop(step["op"], []), new)
            owner.known |= shown.keys()


def _given(scenario: Scenario) -> Iterator[str]:
    """The ids of what no pass recorded."""
    for step in scenario.steps:
        imported = (*step.get("events", ()), *step.get("snapshots", ())) if step["op"] == "import" else ()
        yield from map(_id_of, (*imported, *([step["event"]] if step["op"] == "append" else ())))


def _id_of(record: Object) -> str:
    """What tells an event or a snapshot from all others."""
    return f"snapshot {record['snapshot_id']}" if "snapshot_id" in record else f"event {record['event_id']}"


def _recorded(passes: Sequence[Object], new: Sequence[Object]) -> Iterator[Fact]:
    """What new records say, where only one definition can be behind them."""
    runs = {orjson.dumps([_scope_run(run), _definition_run(run)]): run for run in passes}
    for record in new if len(runs) == 1 else ():
        (run,) = runs.values()
        if "snapshot_id" in record:
            found = {name: record[name] for name in (VERSION, HASH) if name in record}
            yield Fact("definition", _definition_run(run), found)
        if "snapshot_id" in record or record["event_type"].startswith(_PREFIX):
            yield Fact("scope", _scope_run(run), enterprise(record["scope"]))
    for record in new:
        digits = _STABLE_ID.fullmatch(record.get("event_id", ""))
        if digits and [*doubles_in(member(record["payload"], "metadata"))]:
            said = {name: record["payload"][name] for name in ("reason", "stop_kind", "metadata")}
            event = record["event_type"].removeprefix(_PREFIX)
            run = {"run_id": record["run_id"], "automation_id": record["correlation_id"]}
            yield _number(run, {"event": event, "recorded_at_ms": record["occurred_at_ms"], **said}, digits[1])


def _identified(run: Object, ids: Sequence[Object]) -> Iterator[Fact]:
    for record, said in zip(history_of(run), ids, strict=True):
        if [*doubles_in(record.get("metadata"))]:
            yield _number(run, record, said["identity"].removeprefix("sha256:")[:24])


def _scope_run(run: Object) -> Object:
    """A run cut down to what its enterprise scope depends on."""
    definition = run.get("automation_snapshot")
    if definition is None:
        return RUN
    metadata = member(definition, "metadata")
    if isinstance(metadata, dict):
        metadata = {name: metadata[name] for name in RIGHT.sources if name in metadata}
    return {**RUN, "automation_snapshot": {"automation_id": "a", "metadata": metadata}}


def _definition_run(run: Object) -> Object:
    """A run cut down to what its definition depends on."""
    names = ("automation_snapshot", VERSION, HASH)
    return {**RUN, **{name: run[name] for name in names if run.get(name) is not None}}


def _number(run: Object, record: Object, digits: str) -> Fact:
    said = {name: record.get(name) for name in ("event", "recorded_at_ms", "reason", "stop_kind", "metadata")}
    checkpoint = {"lifecycle_history": [{name: value for name, value in said.items() if value is not None}]}
    ids = {"run_id": run["run_id"], "automation_id": run["automation_id"]}
    return Fact("number", {**RUN, **ids, "checkpoint": checkpoint}, {"digits": digits})


def enterprise(scope: Json) -> Object:
    """The fields of the enterprise scope in a scope."""
    return {name: scope[name] for name in FIELDS if name in scope}


# --- what production wasn't asked for ---------------------------------------------------------------------------------


def added() -> Iterator[tuple[str, Fact]]:
    """What production wasn't asked for, each with a name."""
    for case in read_json(BY_HAND.read_bytes()):
        yield case["name"], Fact(case["subject"], {**RUN, **case["run"]}, case["expected"])
    for text in json.loads(DOUBLES.read_bytes()):
        yield f"the double {text}", _fact_of_double(text)


def _fact_of_double(text: str) -> Fact:
    """A double, with its identity hashed over the text as it stands."""
    hashed = (
        f'{{"automation_id":"a","event":"node_started","metadata":{{"value":{text}}},'
        f'"reason":null,"recorded_at_ms":1,"run_id":"r","stop_kind":null}}'
    )
    return _number(RUN, {**_RECORD, "metadata": {"value": float(text)}}, sha256(hashed.encode()).hexdigest()[:24])
