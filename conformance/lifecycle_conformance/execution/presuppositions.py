"""Which judgements on a step count: a cause is named, and not what follows from it.

A requirement may presuppose others, as its line in the specification says ("LOG-4 presupposes LOG-1"): where one of
these is broken, nothing can be told of it. So what is said of it there is left out, whether it seems to hold or not.
Judgements meet by their subject. One that has none is about the whole step, and meets all others.

>>> from lifecycle_conformance.execution.judgement import judged
>>> gone = judged("LOG-1", "the events that are gone", expected=[], actual=["a"], subject="r")
>>> seqs = judged("LOG-4", "the seqs of the new events", expected=[2], actual=[1], subject="r")
>>> other = judged("LOG-4", "the seqs of the new events", expected=[2], actual=[1], subject="s")
>>> [(each.requirement, each.subject) for each in counted([gone, seqs, other])]
[('LOG-1', 'r'), ('LOG-4', 's')]
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from functools import cache

from lifecycle_conformance.execution.judgement import Judgement
from lifecycle_conformance.specification import requirements


def counted(judgements: Iterable[Judgement]) -> list[Judgement]:
    """The judgements on a step but for those whose requirement presupposes one that is broken there."""
    said = list(judgements)
    broken: defaultdict[str, set[Hashable]] = defaultdict(set)
    for each in said:
        if not each.holds:
            broken[each.requirement].add(each.subject)
    return [each for each in said if not _rests_on_what_is_broken(each, broken)] if broken else said


@cache
def presupposed(requirement: str) -> frozenset[str]:
    """All that a requirement presupposes, and that these do in turn."""
    known = requirements.load().get(requirement)
    direct = () if known is None else known.presupposes
    return frozenset(direct).union(*map(presupposed, direct))


def _rests_on_what_is_broken(judgement: Judgement, broken: Mapping[str, set[Hashable]]) -> bool:
    return any(
        judgement.subject is None or None in subjects or judgement.subject in subjects
        for each in presupposed(judgement.requirement)
        if (subjects := broken.get(each))
    )
