"""Which wrong reading of the text explains what was seen: one question, whatever the rule is about.

A *hypothesis* is one way to get one requirement wrong. A small model of the rule, altered in that way, says what the
hypothesis predicts. It explains a difference if exactly that was seen. It is refuted where it would have shown and
the right thing was seen. Where no hypothesis predicts what was seen, the caller names the requirement that holds the
whole, and none of the narrower ones: of them nothing was seen.

Example: the log has an event of record A with a number for its `reason`, and a pass records A anew. Two hypotheses
predict that: events aren't known by their content (ALIAS-6), and only those without odd members are (ALIAS-7).

- If nothing else was seen, nobody can tell, and neither is named.
- If an earlier pass knew the event of a record B by its content, ALIAS-6 is refuted, and ALIAS-7 is named.
- If the pass records B anew, too, ALIAS-7 doesn't predict all of it, and ALIAS-6 is named. It is so, too, where A says
  no occurrence, of which ALIAS-8 speaks. ALIAS-6 covers that: whoever knows no event by its content can't be said to
  count them wrongly.
- If A isn't recorded anew but gets a snapshot under some other id, neither is named, because neither predicts that. It
  breaks ALIAS-2, which says what becomes of each record that is known.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from functools import cached_property
from operator import eq
from typing import Any, Final, Generic, TypeVar

from attrs import field, frozen

_Part = TypeVar("_Part", bound=Hashable)
_Seen = TypeVar("_Seen")
_Way = TypeVar("_Way")


@frozen
class Hypothesis:
    """One way to get a requirement wrong.

    `covers` names the requirements about special cases of what it gets wrong: it explains whatever a mistake in one of
    those would explain, too. One that is `irregular` goes wrong here and not there, in parts of the same kind: nothing
    refutes it, and it is named only where no other hypothesis is left.
    """

    requirement: str
    what: str
    covers: frozenset[str] = field(default=frozenset(), eq=False)
    irregular: bool = field(default=False, eq=False)


def named(ways: Mapping[str, Mapping[str, _Way]], *, irregular: bool = False) -> dict[Hypothesis, _Way]:
    """Ways to get something wrong, by requirement and by what they do, each with its hypothesis."""
    return {
        Hypothesis(requirement, what, irregular=irregular): way
        for requirement, wrong in ways.items()
        for what, way in wrong.items()
    }


@frozen(kw_only=True, eq=False)
class Observation(Generic[_Part, _Seen]):
    """What was seen of something, part by part, beside what the text asks for and what each hypothesis predicts.

    A part that isn't there has no entry. `fits` compares two things that may be seen of a part.
    """

    expected: Mapping[_Part, _Seen]
    actual: Mapping[_Part, _Seen]
    predictions: Mapping[Hypothesis, Mapping[_Part, _Seen]]
    fits: Callable[[Any, Any], bool] = eq

    @cached_property
    def differing(self) -> list[_Part]:
        """The parts in which something else was seen than the text asks for."""
        parts = dict.fromkeys((*self.expected, *self.actual))
        return [part for part in parts if not self._agree(self.actual, self.expected, part)]

    def shows(self, hypothesis: Hypothesis) -> list[_Part]:
        """The parts in which a hypothesis predicts something else than the text asks for."""
        predicted = self.predictions[hypothesis]
        if predicted == self.expected:
            return []  # as most do
        parts = dict.fromkeys((*self.expected, *predicted))
        return [part for part in parts if not self._agree(predicted, self.expected, part)]

    def explaining(self, parts: Collection[_Part]) -> list[Hypothesis]:
        """The hypotheses that predict what was seen in some parts."""
        return [
            hypothesis
            for hypothesis, predicted in self.predictions.items()
            if all(self._agree(self.actual, predicted, part) for part in parts)
        ]

    def refuted(self) -> Iterator[tuple[Hypothesis, _Part]]:
        """The hypotheses that would have shown in a part in which the right thing was seen."""
        for hypothesis in self.predictions:
            for part in () if hypothesis.irregular else self.shows(hypothesis):
                if self._agree(self.actual, self.expected, part):
                    yield hypothesis, part

    def _agree(self, one: Mapping[_Part, _Seen], other: Mapping[_Part, _Seen], part: _Part) -> bool:
        if part in one and part in other:
            return self.fits(one[part], other[part])
        return part not in one and part not in other


class Evidence(Generic[_Part, _Seen]):
    """What some observations of one implementation tell together."""

    def __init__(self, observations: Iterable[Observation[_Part, _Seen]]) -> None:
        self._observations: Final = tuple(observations)

    def certain(self, observation: Observation[_Part, _Seen], parts: Collection[_Part]) -> frozenset[str]:
        """The requirements whose hypotheses predict all of some parts, and that no observation refutes."""
        sure = [each for each in observation.explaining(parts) if each not in self._refuted]
        return self._best([each for each in sure if not each.irregular] or sure)

    def blamed(self, observation: Observation[_Part, _Seen], part: _Part) -> frozenset[str]:
        """The requirements that a difference tells of, even where two mistakes meet.

        Where none is certain, it may be a further effect of a mistake that is certain elsewhere; else a hypothesis is
        enough that predicts it, and that other parts only refute.
        """
        return (
            self.certain(observation, [part])
            or self._established
            & {each.requirement for each in observation.predictions if part in observation.shows(each)}
            or self._best(each for each in observation.explaining([part]) if part not in self._refuted.get(each, ()))
        )

    @cached_property
    def _refuted(self) -> Mapping[Hypothesis, set[_Part]]:
        """The parts in which some observation refutes a hypothesis."""
        found = defaultdict[Hypothesis, set[_Part]](set)
        for each in self._observations:
            for hypothesis, part in each.refuted():
                found[hypothesis].add(part)
        return found

    @cached_property
    def _explained(self) -> Counter[Hypothesis]:
        """How many differences a hypothesis predicts."""
        observed = ((each, part) for each in self._observations for part in each.differing)
        return Counter(hypothesis for each, part in observed for hypothesis in each.explaining([part]))

    @cached_property
    def _established(self) -> frozenset[str]:
        found = (self.certain(each, [part]) for each in self._observations for part in each.differing)
        return frozenset().union(*found)

    def _best(self, hypotheses: Iterable[Hypothesis]) -> frozenset[str]:
        """The requirements of those that explain most, special cases of one of them left out."""
        possible = tuple(hypotheses)
        most = max((self._explained[each] for each in possible), default=0)
        best = [each for each in possible if self._explained[each] == most]
        covered = frozenset[str]().union(*(each.covers for each in best))
        return frozenset(each.requirement for each in best) - covered
