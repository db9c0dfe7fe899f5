"""What an implementation's answers to the small cases tell, taken together: which requirements it keeps and breaks."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from attrs import frozen

from lifecycle_conformance.driver.interface import Driver
from lifecycle_conformance.execution.trace import Object
from lifecycle_conformance.judges.attribution.hypotheses import Evidence, Observation
from lifecycle_conformance.judges.vectors.derived.asking import ask
from lifecycle_conformance.judges.vectors.derived.cases import DerivedCase
from lifecycle_conformance.judges.vectors.derived.definition_rules import by_its_own_hash
from lifecycle_conformance.judges.vectors.derived.scope_rules import REFUSED
from lifecycle_conformance.judges.vectors.derived.subjects import SUBJECTS, by_member
from lifecycle_conformance.model.comparison import ABSENT, Side


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


def judge(case: DerivedCase, driver: Driver, directory: Path) -> list[DerivedDifference]:
    """Where an implementation departs from a case. Raises what :meth:`Driver.ask` raises.

    By one case alone not much can be told about the requirement; :func:`outcomes` takes what all of them showed.
    """
    (outcome,) = outcomes([(case, ask(case, driver, directory))])
    return list(outcome.differences)


def outcomes(shown: Iterable[tuple[DerivedCase, Object | None]]) -> list[Outcome]:
    """What comes of some cases, from what an implementation showed for each, as :func:`ask` gives it."""
    looks = tuple(shown)
    seen = {case: _observation(case, actual) for case, actual in looks if actual is not None}
    evidence = {
        subject: Evidence(each for case, each in seen.items() if case.subject == subject) for subject in SUBJECTS
    }
    agreeing = [case for case, each in seen.items() if case.expected and not each.differing]
    told = {(case.subject, requirement) for case in agreeing for requirement in case.requirements}
    return [
        Outcome(case=case, judged=False)
        if actual is None
        else _outcome(case, tuple(_differences(case, actual, seen[case], evidence[case.subject])), told)
        for case, actual in looks
    ]


def _outcome(
    case: DerivedCase, differences: tuple[DerivedDifference, ...], told: Collection[tuple[str, str]]
) -> Outcome:
    blamed = frozenset[str]().union(*(each.requirements for each in differences))
    shown = frozenset(each for each in case.requirements if (case.subject, each) in told)
    return Outcome(case=case, judged=True, requirements=blamed or shown, differences=differences)


def _differences(
    case: DerivedCase, actual: Object, observation: Observation[str, bytes], evidence: Evidence[str, bytes]
) -> Iterator[DerivedDifference]:
    whole = SUBJECTS[case.subject].whole
    for name in sorted(observation.differing):
        yield DerivedDifference(
            requirements=evidence.blamed(observation, name) or frozenset((whole(case.run, actual, name),)),
            path=f"$.{name}",
            expected=case.expected.get(name, ABSENT),
            actual=actual.get(name, ABSENT),
        )


def _observation(case: DerivedCase, actual: Object) -> Observation[str, bytes]:
    """What was seen, member by member; a run that is refused shows no member, and refutes nothing."""
    expected, predictions = by_member(case.expected), case.predictions
    seen = by_member(by_its_own_hash(actual, case.expected))
    if actual.keys() == REFUSED.keys():
        expected, predictions = {}, {each: _refusal(members) for each, members in predictions.items()}
    return Observation(expected=expected, actual=seen, predictions=predictions)


def _refusal(members: Mapping[str, bytes]) -> dict[str, bytes]:
    return {name: value for name, value in members.items() if name in REFUSED}
