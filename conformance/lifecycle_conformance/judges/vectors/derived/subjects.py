"""What a small case may ask for: how it is read rightly, how wrongly, and which requirement holds the whole of it."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from hashlib import sha256
from typing import Final, TypeAlias

from attrs import frozen

from lifecycle_conformance.execution.judgement import canonical
from lifecycle_conformance.execution.trace import Object, history_of
from lifecycle_conformance.judges.attribution.canonical_writing import DOUBLES, Double, double, write
from lifecycle_conformance.judges.attribution.hypotheses import Hypothesis
from lifecycle_conformance.judges.vectors.derived import definition_rules, scope_rules
from lifecycle_conformance.judges.vectors.derived.definition_rules import (
    DEFINITIONS,
    HASH,
    VERSION,
    by_content,
    definition,
)
from lifecycle_conformance.judges.vectors.derived.scope_rules import SCOPES, scope
from lifecycle_conformance.model.identity import MEMBERS
from lifecycle_projection.records import Json

Reading: TypeAlias = Callable[[Object], Object]
"""What is read from a run record, by member."""


@frozen
class Subject:
    """A way to read a run record rightly, and the wrong ways.

    `whole` names, for a run and what was shown of it, the requirement that holds the whole of a member: the one to
    blame where no wrong reading gives what was shown.
    """

    right: Reading
    wrong: Mapping[Hypothesis, Reading]
    whole: Callable[[Object, Object, str], str]


def same(one: Json, other: Json) -> bool:
    """Whether both are the same JSON value."""
    return canonical(one) == canonical(other)


def by_member(shown: Object) -> dict[str, bytes]:
    """What is shown, each member so that it can be compared."""
    return {name: canonical(value) for name, value in shown.items()}


def doubles_in(value: Json) -> Iterator[float]:
    """The doubles in a value, at every depth."""
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from doubles_in(each)
    elif isinstance(value, float):
        yield value


def _number(run: Object, double: Double) -> Object:
    """The digits of the identity that stand in the event id of the one record of a run (ID-1, ID-5)."""
    (record,) = history_of(run)
    said = {**record, "run_id": run["run_id"], "automation_id": run["automation_id"]}
    text = write({name: said.get(name) for name in MEMBERS}, double=double)
    return {"digits": sha256(text.encode()).hexdigest()[:24]}


# --- what holds the whole ---------------------------------------------------------------------------------------------


def _of_a_definition(run: Object, actual: Object, name: str) -> str:
    """What says how it is hashed, if only the digits of a hash are wrong; else what says where it comes from."""
    if "automation_snapshot" not in run:
        return "DEF-1" if name == HASH else "DEF-3"
    if name == HASH:
        return "DEF-2" if run.get(HASH) is None and name in actual else "DEF-1"
    version = by_content(run, definition_rules.RIGHT)
    before_the_digits = version.rpartition("@")[0] + "@"
    is_by_content = definition(run, definition_rules.RIGHT)[VERSION] == version
    differs_in_digits = str(actual.get(VERSION)).startswith(before_the_digits)
    return "DEF-2" if is_by_content and differs_in_digits else "DEF-3"


SUBJECTS: Final[Mapping[str, Subject]] = {
    "scope": Subject(
        right=partial(scope, rules=scope_rules.RIGHT),
        wrong={each: partial(scope, rules=rules) for each, rules in SCOPES.items()},
        whole=lambda *_: "SCOPE-2",
    ),
    "definition": Subject(
        right=partial(definition, rules=definition_rules.RIGHT),
        wrong={each: partial(definition, rules=rules) for each, rules in DEFINITIONS.items()},
        whole=_of_a_definition,
    ),
    "number": Subject(
        right=partial(_number, double=double),
        wrong={each: partial(_number, double=way) for each, way in DOUBLES.items()},
        whole=lambda *_: "JSON-7",
    ),
}
"""What a case may be about."""
