"""Small cases made from production's answers: each asks for the scope, the definition or one number, and nothing else.

A fixed case is a whole session; where an implementation departs from it, nothing says which rule it broke. But what
production showed of scope and definition depends on the run's definition alone, and the identity of a record on that
record. So each is asked for by itself, in an empty store, and a difference says exactly that. Which requirement it
breaks is told by those wrong readings of `faults.py` that give the same, and that no other case refutes. Where none
does, it is the requirement that holds the whole: that one is broken, and of the narrower ones nothing was seen.

Production's sessions have too little of some rules. What was added is told apart: its `scenario` is `None`.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeAlias

import orjson
from attrs import Factory, define, field, frozen

from lifecycle_conformance.driver.interface import Driver
from lifecycle_conformance.execution.trace import Object, Owner, Request, history_of, key_of, member, owner_of_run
from lifecycle_conformance.judges.vectors.comparison import ABSENT, Side
from lifecycle_conformance.judges.vectors.faults import FAULTS, Fault
from lifecycle_conformance.judges.vectors.rules import FIELDS, HASH, REFUSED, RIGHT, SUBJECTS, VERSION
from lifecycle_conformance.judges.vectors.scenarios import Scenario, stream
from lifecycle_projection.json_text import read_json
from lifecycle_projection.records import Json

BY_HAND: Final = Path(__file__).with_name("by_hand.json")
"""Cases that production wasn't asked for, filled in by the words of the specification."""
DOUBLES: Final = Path(__file__).with_name("doubles.json")
"""Doubles that production wasn't asked for, as JSON-7 to JSON-9 have them written."""
_RECORD: Final[Object] = {"event": "node_started", "recorded_at_ms": 1}
_RUN: Final[Object] = {
    "run_id": "r",
    "automation_id": "a",
    "trigger_type": "manual",
    "status": "running",
    "created_at_ms": 1,
    "updated_at_ms": 2,
    "checkpoint": {"lifecycle_history": [_RECORD]},
}
_PREFIX: Final = "stateful_runtime.automation_v2."
_STABLE_ID: Final = re.compile(r"automation-v2-lifecycle-.*-([0-9a-f]{24})-[0-9]+", re.DOTALL)
_DIGITS: Final = re.compile(r"(?<![0-9a-f])[0-9a-f]{24}(?![0-9a-f])")
_BY_CONTENT: Final = re.compile(r"(automation:.*@)[0-9a-f]{16}", re.DOTALL)
_REFUSED: Final = "refused"
_WHOLE: Final[Mapping[str, str]] = {"scope": "SCOPE-2", "definition": "DEF-3", "number": "JSON-7"}
"""The requirement that holds the whole of a subject; of a definition, that of its version."""
_Reading: TypeAlias = tuple[str, int]
"""A subject, and the number of one of its wrong readings."""


@frozen(kw_only=True, eq=False)
class DerivedCase:
    """A run with one record, and what is expected of it.

    `subject` is what it asks for: the `scope` (the fields of the enterprise scope), the `definition` (its version and
    its hash), or a `number` (the digits of the identity in the event id of a record with doubles in its metadata).
    `scenario` is where production's answer stands, none where production wasn't asked. `requirements` are those that
    the case touches: of which some wrong reading would show in it; `readings` are what each wrong reading of the
    subject makes of the run.
    """

    name: str
    scenario: str | None
    subject: str
    run: Object
    expected: Object
    requirements: frozenset[str]
    needs: frozenset[str]
    readings: tuple[Object, ...] = field(repr=False)

    @property
    def requests(self) -> tuple[Request, ...]:
        """The session that asks for it, without the looking."""
        return ("open", {"store": 0}), ("project", {"run": self.run})


@frozen(kw_only=True)
class DerivedDifference:
    """A member in which an implementation departs from a case, and the requirements that this breaks."""

    requirements: frozenset[str]
    path: str
    expected: Side
    actual: Side


@frozen(kw_only=True)
class Outcome:
    """What comes of a case. One that wasn't `judged` says nothing: something else is broken there.

    `requirements` are those of which it says something. A case that differs tells of those only that are to blame; one
    in which nothing is to be shown, and nothing is, tells of none whose subject the implementation shows nowhere.
    """

    case: DerivedCase
    judged: bool
    requirements: frozenset[str] = frozenset()
    differences: tuple[DerivedDifference, ...] = ()


# --- the cases --------------------------------------------------------------------------------------------------------


@frozen
class _Fact:
    subject: str
    run: Object
    expected: Object

    @property
    def key(self) -> bytes:
        # Members in their order: a definition that has them in another one is another definition.
        return orjson.dumps([self.subject, self.run])


@cache
def cases() -> tuple[DerivedCase, ...]:
    """Give all cases, each once."""
    found: dict[bytes, DerivedCase] = {}
    for scenario in stream():
        of_subject: Counter[str] = Counter()
        for fact in _facts(scenario):
            if fact.key not in found:
                of_subject[fact.subject] += 1
                name = f"{scenario.name}/{fact.subject}-{of_subject[fact.subject]}"
                found[fact.key] = _case(fact, name, scenario.name)
    for name, fact in (*_by_hand(), *_of_doubles()):
        found.setdefault(fact.key, _case(fact, name, None))
    return tuple(found.values())


def touches(subject: str, run: Object) -> frozenset[str]:
    """Name the requirements of which some wrong reading would show in a run."""
    return _told_by(subject, _readings(subject, run), SUBJECTS[subject](run, RIGHT))


def touched_by(scenario: Scenario) -> frozenset[str]:
    """Name the requirements that the cases made from a scenario touch."""
    found = {fact.key: fact for fact in _facts(scenario)}.values()
    return frozenset().union(*(touches(fact.subject, fact.run) for fact in found))


def _case(fact: _Fact, name: str, scenario: str | None) -> DerivedCase:
    readings = _readings(fact.subject, fact.run)
    asked = Scenario(name=name, source="", steps=({"op": "project", "run": fact.run},), answers=(), files={})
    return DerivedCase(
        name=name,
        scenario=scenario,
        subject=fact.subject,
        run=fact.run,
        expected=fact.expected,
        requirements=_told_by(fact.subject, readings, fact.expected),
        needs=asked.needs | ({"json-numbers"} if fact.subject == "number" else set()),
        readings=readings,
    )


def _readings(subject: str, run: Object) -> tuple[Object, ...]:
    right = SUBJECTS[subject](run, RIGHT)
    return tuple(_by_its_own_hash(SUBJECTS[subject](run, fault.rules), right) for fault in FAULTS[subject])


def _by_its_own_hash(shown: Object, right: Object) -> Object:
    """Take a wrong hash for granted where a version is made of it (DEF-6): it is the hash that is wrong, and judged."""
    shown_hash, right_hash, version = shown.get(HASH), right.get(HASH), shown.get(VERSION)
    if not (isinstance(shown_hash, str) and isinstance(right_hash, str) and isinstance(version, str)):
        return shown
    digits, right_digits = f"@{shown_hash[7:23]}", f"@{right_hash[7:23]}"
    return {**shown, VERSION: version.removesuffix(digits) + right_digits} if version.endswith(digits) else shown


def _told_by(subject: str, readings: Sequence[Object], right: Object) -> frozenset[str]:
    pairs = zip(FAULTS[subject], readings, strict=True)
    return frozenset(fault.requirement for fault, reading in pairs if not _same(reading, right))


def _same(one: Json, other: Json) -> bool:
    return orjson.dumps(one, option=orjson.OPT_SORT_KEYS) == orjson.dumps(other, option=orjson.OPT_SORT_KEYS)


# --- what a scenario says ---------------------------------------------------------------------------------------------


@define
class _Watched:
    """What happened to the records of one owner since they were shown last, by the operation that shows them."""

    passes: defaultdict[str, list[Object]] = Factory(lambda: defaultdict(list))
    known: set[str] = Factory(set)


def _facts(scenario: Scenario) -> Iterator[_Fact]:
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
    """Give the ids of what no pass recorded."""
    for step in scenario.steps:
        imported = (*step.get("events", ()), *step.get("snapshots", ())) if step["op"] == "import" else ()
        yield from map(_id_of, (*imported, *([step["event"]] if step["op"] == "append" else ())))


def _id_of(record: Object) -> str:
    """Tell an event or a snapshot from all others."""
    return f"snapshot {record['snapshot_id']}" if "snapshot_id" in record else f"event {record['event_id']}"


def _recorded(passes: Sequence[Object], new: Sequence[Object]) -> Iterator[_Fact]:
    """Give what new records say, where only one definition can be behind them."""
    runs = {orjson.dumps([_scope_run(run), _definition_run(run)]): run for run in passes}
    for record in new if len(runs) == 1 else ():
        (run,) = runs.values()
        if "snapshot_id" in record:
            found = {name: record[name] for name in (VERSION, HASH) if name in record}
            yield _Fact("definition", _definition_run(run), found)
        if "snapshot_id" in record or record["event_type"].startswith(_PREFIX):
            yield _Fact("scope", _scope_run(run), _enterprise(record["scope"]))
    for record in new:
        digits = _STABLE_ID.fullmatch(record.get("event_id", ""))
        if digits and _has_double(member(record["payload"], "metadata")):
            said = {name: record["payload"][name] for name in ("reason", "stop_kind", "metadata")}
            event = record["event_type"].removeprefix(_PREFIX)
            run = {"run_id": record["run_id"], "automation_id": record["correlation_id"]}
            yield _number(run, {"event": event, "recorded_at_ms": record["occurred_at_ms"], **said}, digits[1])


def _identified(run: Object, ids: Sequence[Object]) -> Iterator[_Fact]:
    for record, said in zip(history_of(run), ids, strict=True):
        if _has_double(record.get("metadata")):
            yield _number(run, record, said["identity"].removeprefix("sha256:")[:24])


def _scope_run(run: Object) -> Object:
    """Cut a run down to what its enterprise scope depends on."""
    definition = run.get("automation_snapshot")
    if definition is None:
        return _RUN
    metadata = member(definition, "metadata")
    if isinstance(metadata, dict):
        metadata = {name: metadata[name] for name in RIGHT.sources if name in metadata}
    return {**_RUN, "automation_snapshot": {"automation_id": "a", "metadata": metadata}}


def _definition_run(run: Object) -> Object:
    """Cut a run down to what its definition depends on."""
    names = ("automation_snapshot", VERSION, HASH)
    return {**_RUN, **{name: run[name] for name in names if run.get(name) is not None}}


def _number(run: Object, record: Object, digits: str) -> _Fact:
    said = {name: record.get(name) for name in ("event", "recorded_at_ms", "reason", "stop_kind", "metadata")}
    checkpoint = {"lifecycle_history": [{name: value for name, value in said.items() if value is not None}]}
    ids = {"run_id": run["run_id"], "automation_id": run["automation_id"]}
    return _Fact("number", {**_RUN, **ids, "checkpoint": checkpoint}, {"digits": digits})


def _has_double(value: Json) -> bool:
    if isinstance(value, dict | list):
        return any(map(_has_double, value.values() if isinstance(value, dict) else value))
    return isinstance(value, float)


def _enterprise(scope: Json) -> Object:
    return {name: scope[name] for name in FIELDS if name in scope}


# --- what production wasn't asked for ---------------------------------------------------------------------------------


def _by_hand() -> Iterator[tuple[str, _Fact]]:
    for case in read_json(BY_HAND.read_bytes()):
        yield case["name"], _Fact(case["subject"], {**_RUN, **case["run"]}, case["expected"])


def _of_doubles() -> Iterator[tuple[str, _Fact]]:
    for text in json.loads(DOUBLES.read_bytes()):
        yield f"the double {text}", _fact_of_double(text)


def _fact_of_double(text: str) -> _Fact:
    """Make a case of a double, with its identity hashed over the text as it stands."""
    hashed = (
        f'{{"automation_id":"a","event":"node_started","metadata":{{"value":{text}}},'
        f'"reason":null,"recorded_at_ms":1,"run_id":"r","stop_kind":null}}'
    )
    return _number(_RUN, {**_RECORD, "metadata": {"value": float(text)}}, sha256(hashed.encode()).hexdigest()[:24])


# --- asking -----------------------------------------------------------------------------------------------------------


def ask(case: DerivedCase, driver: Driver, directory: Path) -> Object | None:
    """Ask an implementation for the subject of a case, in a new store inside `directory`.

    Gives `None` where the answer would not tell about the subject: the pass records nothing, or what differs is wrong
    without the subject as well. Raises what :meth:`Driver.ask` raises.
    """
    shown = _shown(case.subject, case.run, case.expected, driver, directory)
    if shown is None or _same(shown, case.expected):
        return shown
    return shown if _is_right_without(case, driver, directory) else None


def _is_right_without(case: DerivedCase, driver: Driver, directory: Path) -> bool:
    """Tell whether an implementation is right about the same run without what the case is about."""
    if case.subject == "number":
        (record,) = history_of(case.run)
        plain = {**record, "metadata": _without_doubles(record["metadata"])}
        run = {**case.run, "checkpoint": {"lifecycle_history": [plain]}}
    else:
        bare = {"automation_snapshot": {"automation_id": "a", "metadata": {}}} if case.subject == "scope" else {}
        run = {**_RUN, **bare}
    expected = SUBJECTS[case.subject](run, RIGHT)
    shown = _shown(case.subject, run, expected, driver, directory)
    return shown is not None and _same(shown, expected)


def _without_doubles(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _without_doubles(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_without_doubles(each) for each in value]
    return 7 if isinstance(value, float) else value


def _shown(subject: str, run: Object, expected: Object, driver: Driver, directory: Path) -> Object | None:
    if subject == "number" and "identify" in driver.hello.capabilities:
        ids = (driver.ask("identify", run=run).ok or {}).get("ids")
        identity = member(ids[0], "identity") if isinstance(ids, list) and ids else None
        return {"digits": identity.removeprefix("sha256:")[:24]} if isinstance(identity, str) else None
    # What an implementation puts beside its store is to go with it.
    with TemporaryDirectory(dir=directory, prefix="derived-", ignore_cleanup_errors=True) as workspace:
        store = Path(workspace) / "store"
        store.mkdir()
        if driver.ask("open", store=str(store)).ok is None:
            return None
        if driver.ask("project", run=run).ok is None:
            return REFUSED if subject == "scope" else None
        asked: Object = {"tenant": {"org_id": "local", "workspace_id": "local"}, "run_id": run["run_id"]}
        events, snapshots = (_records(driver.ask(kind, **asked).ok, kind) for kind in ("events", "snapshots"))
    return _SEEN[subject](events, snapshots, expected)


def _scope_seen(events: list[Object], snapshots: list[Object], expected: Object) -> Object | None:
    scopes = [_enterprise(each["scope"]) for each in (*events, *snapshots) if isinstance(each.get("scope"), dict)]
    return next((each for each in scopes if not _same(each, expected)), expected) if scopes else None


def _definition_seen(_: list[Object], snapshots: list[Object], __: Object) -> Object | None:
    return {name: snapshots[0][name] for name in (VERSION, HASH) if name in snapshots[0]} if snapshots else None


def _number_seen(events: list[Object], _: list[Object], expected: Object) -> Object | None:
    digits = _DIGITS.findall(str(events[0].get("event_id"))) if events else []
    if expected["digits"] in digits:
        return expected
    return {"digits": digits[-1]} if digits else None


_SEEN: Final[Mapping[str, Callable[[list[Object], list[Object], Object], Object | None]]] = {
    "scope": _scope_seen,
    "definition": _definition_seen,
    "number": _number_seen,
}


def _records(ok: Json, kind: str) -> list[Object]:
    shown = member(ok, kind)
    return [each for each in shown if isinstance(each, dict)] if isinstance(shown, list) else []


# --- judging ----------------------------------------------------------------------------------------------------------


def judge(case: DerivedCase, driver: Driver, directory: Path) -> list[DerivedDifference]:
    """Ask an implementation a case and tell where it departs from it. Raises what :meth:`Driver.ask` raises.

    By one case alone not much can be told about the requirement; :func:`outcomes` takes what all of them showed.
    """
    (outcome,) = outcomes([(case, ask(case, driver, directory))])
    return list(outcome.differences)


def outcomes(shown: Iterable[tuple[DerivedCase, Object | None]]) -> list[Outcome]:
    """Judge what an implementation showed for some cases, as :func:`ask` gives it."""
    looks = [(case, None if each is None else _by_its_own_hash(each, case.expected)) for case, each in shown]
    blame = _Blame([(case, actual) for case, actual in looks if actual is not None])
    agreeing = [case for case, actual in looks if actual is not None and _same(case.expected, actual)]
    told = {(case.subject, requirement) for case in agreeing if case.expected for requirement in case.requirements}
    return [_outcome(case, actual, blame, told) for case, actual in looks]


def _outcome(case: DerivedCase, actual: Object | None, blame: "_Blame", told: Collection[tuple[str, str]]) -> Outcome:
    if actual is None:
        return Outcome(case=case, judged=False)
    differences = tuple(blame.differences(case, actual))
    blamed = frozenset(requirement for each in differences for requirement in each.requirements)
    shown = frozenset(each for each in case.requirements if (case.subject, each) in told)
    return Outcome(case=case, judged=True, requirements=blamed or shown, differences=differences)


def _members(case: DerivedCase, actual: Object) -> list[str]:
    return [_REFUSED] if _REFUSED in actual else sorted(case.expected.keys() | actual.keys())


def _at(shown: Object, name: str) -> bytes | None:
    """Give a member so that it can be compared; what is refused has no members."""
    return orjson.dumps(shown[name], option=orjson.OPT_SORT_KEYS) if name in shown else None


class _Blame:
    """Which requirements the differences tell of: those of the wrong readings that explain the most of them."""

    def __init__(self, looks: Sequence[tuple[DerivedCase, Object]]) -> None:
        self._wrong = [(case, actual) for case, actual in looks if not _same(case.expected, actual)]
        subjects = {case.subject for case, _ in self._wrong}
        self._refuted = _refuted([look for look in looks if look[0].subject in subjects])
        self._explained = Counter(
            reading
            for case, actual in self._wrong
            for name in _differing(case, actual)
            for reading in self._explaining(case, actual, name)
        )
        self._established = frozenset(
            requirement
            for case, actual in self._wrong
            for name in _differing(case, actual)
            for requirement in self._certain(case, actual, name)
        )

    def differences(self, case: DerivedCase, actual: Object) -> Iterator[DerivedDifference]:
        """Give the members in which a case differs, with the requirements to blame."""
        for name in _differing(case, actual):
            yield DerivedDifference(
                requirements=self._requirements(case, actual, name),
                path=f"$.{name}",
                expected=case.expected.get(name, ABSENT),
                actual=actual.get(name, ABSENT),
            )

    def _requirements(self, case: DerivedCase, actual: Object, name: str) -> frozenset[str]:
        """Name what a difference tells of: for certain, or as a further effect of that, or by the best explanation."""
        suspected = frozenset(
            _requirement((case.subject, number))
            for number, reading in enumerate(case.readings)
            if _at(reading, name) != _at(case.expected, name)
        )
        return (
            self._certain(case, actual, name)
            or suspected & self._established
            or self._best(self._explaining(case, actual, name))
            or frozenset({_whole(case, actual, name)})
        )

    def _certain(self, case: DerivedCase, actual: Object, name: str) -> frozenset[str]:
        """Name what explains a difference and is refuted by nothing; what nothing could refute comes last."""
        sure = [each for each in self._explaining(case, actual, name) if not self._refuted[each]]
        return self._best([each for each in sure if not _fault_of(each).irregular] or sure)

    def _best(self, readings: Sequence[_Reading]) -> frozenset[str]:
        most = max((self._explained[reading] for reading in readings), default=0)
        return frozenset(_requirement(reading) for reading in readings if self._explained[reading] == most)

    def _explaining(self, case: DerivedCase, actual: Object, name: str) -> list[_Reading]:
        """Give the wrong readings that show the same, and are not refuted in this member."""
        return [
            (case.subject, number)
            for number, reading in enumerate(case.readings)
            if _at(reading, name) == _at(actual, name) and name not in self._refuted[case.subject, number]
        ]


def _refuted(looks: Sequence[tuple[DerivedCase, Object]]) -> defaultdict[_Reading, set[str]]:
    """Give, for each wrong reading, the members in which it would have shown somewhere, and didn't."""
    refuted: defaultdict[_Reading, set[str]] = defaultdict(set)
    for case, actual in looks:
        for number, reading in enumerate(() if _REFUSED in actual else case.readings):
            for name in () if FAULTS[case.subject][number].irregular else case.expected.keys() | reading.keys():
                expected = _at(case.expected, name)
                if _at(actual, name) == expected != _at(reading, name):
                    refuted[case.subject, number].add(name)
    return refuted


def _whole(case: DerivedCase, actual: Object, name: str) -> str:
    """Name the requirement that holds the whole of what differs."""
    if name == HASH:
        return "DEF-2" if HASH not in case.run else "DEF-1"
    versions = [_BY_CONTENT.fullmatch(str(each.get(VERSION))) for each in (case.expected, actual)]
    if name == VERSION and all(versions) and len({each[1] for each in versions if each is not None}) == 1:
        return "DEF-2"  # the digits are those of a hash that isn't shown
    return _WHOLE[case.subject]


def _fault_of(reading: _Reading) -> Fault:
    subject, number = reading
    return FAULTS[subject][number]


def _requirement(reading: _Reading) -> str:
    return _fault_of(reading).requirement


def _differing(case: DerivedCase, actual: Object) -> list[str]:
    return [name for name in _members(case, actual) if _at(case.expected, name) != _at(actual, name)]
