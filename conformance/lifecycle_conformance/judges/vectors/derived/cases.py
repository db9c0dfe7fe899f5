"""Small cases made from production's answers: each asks for the scope, the definition or one number, and nothing else.

A fixed case is a whole session; where an implementation departs from it, nothing says which rule it broke. A small one
asks for one thing, in an empty store, and a difference says exactly that.
"""

from collections import Counter
from collections.abc import Mapping
from functools import cache, cached_property

from attrs import field, frozen

from lifecycle_conformance.execution.trace import Object, Request
from lifecycle_conformance.judges.attribution.hypotheses import Hypothesis
from lifecycle_conformance.judges.vectors.derived.definition_rules import by_its_own_hash
from lifecycle_conformance.judges.vectors.derived.facts import Fact, added, facts
from lifecycle_conformance.judges.vectors.derived.subjects import SUBJECTS, by_member
from lifecycle_conformance.judges.vectors.scenarios import Scenario, stream


@frozen(kw_only=True, eq=False)
class DerivedCase:
    """A run with one record, and what is expected of it.

    `subject` is what it asks for: the `scope` (the fields of the enterprise scope), the `definition` (its version and
    its hash), or a `number` (the digits of the identity in the event id of a record with doubles in its metadata).
    `scenario` is where production's answer stands, none where production wasn't asked. `readings` are what each wrong
    reading of the subject makes of the run.
    """

    name: str
    scenario: str | None
    subject: str
    run: Object
    expected: Object
    needs: frozenset[str]
    readings: Mapping[Hypothesis, Object] = field(repr=False)

    @property
    def requests(self) -> tuple[Request, ...]:
        """The session that asks for it, without the looking."""
        return ("open", {"store": 0}), ("project", {"run": self.run})

    @cached_property
    def requirements(self) -> frozenset[str]:
        """The requirements that it touches: of which some wrong reading would show in it."""
        expected = by_member(self.expected)
        return frozenset(each.requirement for each, members in self.predictions.items() if members != expected)

    @cached_property
    def predictions(self) -> Mapping[Hypothesis, Mapping[str, bytes]]:
        """The readings, by member."""
        readings = self.readings.items()
        return {hypothesis: by_member(by_its_own_hash(reading, self.expected)) for hypothesis, reading in readings}


@cache
def cases() -> tuple[DerivedCase, ...]:
    """All cases, each once."""
    found: dict[bytes, DerivedCase] = {}
    for scenario in stream():
        of_subject: Counter[str] = Counter()
        for fact in facts(scenario):
            if fact.key not in found:
                of_subject[fact.subject] += 1
                name = f"{scenario.name}/{fact.subject}-{of_subject[fact.subject]}"
                found[fact.key] = _case(fact, name, scenario.name)
    for name, fact in added():
        found.setdefault(fact.key, _case(fact, name, None))
    return tuple(found.values())


def touches(subject: str, run: Object) -> frozenset[str]:
    """The requirements of which some wrong reading would show in a run."""
    return _case(Fact(subject, run, SUBJECTS[subject].right(run)), "", None).requirements


def touched_by(scenario: Scenario) -> frozenset[str]:
    """The requirements that the cases made from a scenario touch."""
    found = {fact.key: fact for fact in facts(scenario)}.values()
    return frozenset().union(*(touches(fact.subject, fact.run) for fact in found))


def _case(fact: Fact, name: str, scenario: str | None) -> DerivedCase:
    asked = Scenario(name=name, source="", steps=({"op": "project", "run": fact.run},), answers=(), files={})
    return DerivedCase(
        name=name,
        scenario=scenario,
        subject=fact.subject,
        run=fact.run,
        expected=fact.expected,
        needs=asked.needs | ({"json-numbers"} if fact.subject == "number" else set()),
        readings={each: read(fact.run) for each, read in SUBJECTS[fact.subject].wrong.items()},
    )
