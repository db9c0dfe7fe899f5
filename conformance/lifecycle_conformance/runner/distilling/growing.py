"""The distilled corpus grown: lives are made up, those are chosen that tell faults, and they are made smaller."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Final

from attrs import evolve, frozen

from lifecycle_conformance.judges.corpus import CorpusCase, as_line
from lifecycle_conformance.mutants import MUTANTS
from lifecycle_conformance.runner.distilling.covering import cover
from lifecycle_conformance.runner.distilling.exercising import exercised_by
from lifecycle_conformance.runner.distilling.gathering import STORES, Life, gathered, kinds_on, small_lives
from lifecycle_conformance.runner.distilling.hunting import for_properties, found_in, hunted
from lifecycle_conformance.runner.distilling.killing import PANEL, looked_for, matrix
from lifecycle_conformance.runner.distilling.recording import recorded, store_of
from lifecycle_conformance.runner.distilling.reducing import Purpose, Reduced, checked, made_smaller
from lifecycle_conformance.runner.pool import Pool
from lifecycle_conformance.runner.quiet import without_warnings
from lifecycle_conformance.runner.reach import reach
from lifecycle_conformance.specification import requirements
from lifecycle_conformance.specification.requirements import Judge, Level

_NEAR: Final = 6
"""In how many kinds of case a later wave looks for what judges a requirement."""
_ANY: Final = "a run of which everything is known"
"""Where to look for what no property judges."""
_DIGITS_OF_NAME: Final = 8
_FOUND: Final = ", found by properties"
_MOST_A_CASE: Final = 10
"""How many faults a case is made smaller for."""


@frozen(kw_only=True)
class Effort:
    """How much is tried: waves of lives, lives for each fault and requirement, attempts to make a case smaller.

    `hunt` is in how many cases a search looks for a fault that the properties find in no case.
    """

    waves: int = 4
    lives: int = 150
    hunt: int = 1000
    attempts: int = 150


@frozen(kw_only=True)
class Grown:
    """A corpus, and what it doesn't tell: faults, requirements, and cases that the properties found wrong.

    The properties don't find those that are `unfound` in any of the cases, though they judge what these break.
    """

    cases: Sequence[CorpusCase]
    untold: Sequence[str]
    unfound: Sequence[str]
    unexercised: Sequence[str]
    rejected: Sequence[str] = ()


def grown(pool: Pool, names: Sequence[str], seed: int, effort: Effort, kept: Sequence[CorpusCase] = ()) -> Grown:
    """A corpus that tells as many of some faulty implementations as can be told; the same for the same seed.

    Lives are looked for only for what the cases that are `kept` don't tell; in the end it is chosen from all.
    """
    known = [*_checked_again(kept)]
    told_before = {name for each in known for name in each.case.kills}
    left = [name for name in names if name not in told_before]
    lives, told = _lives_that_tell(pool, left, seed, effort)
    cheap = cover(told, lambda number: len(as_line(lives[number].case)))
    purposes = [
        Purpose(life=lives[number], mutants=some) for number, mutants in cheap.items() for some in _parts(mutants)
    ]
    small = known + made_smaller(pool, purposes, effort.attempts)
    wanted = [each for each in _to_be_exercised() if not any(each in one.judged for one in small)]
    exercised = exercised_by(pool, wanted, lives, effort.lives)
    more = cover({each: {number} for each, number in exercised.items()}, lambda _: 0)
    purposes = [Purpose(life=lives[number], requirements=tuple(each)) for number, each in more.items()]
    small += made_smaller(pool, purposes, effort.attempts)
    small += _hunted(pool, for_properties(names), seed, effort, small)
    return _distilled(pool, names, [each for each in small if not each.broken], rejected=_rejected(small))


def _hunted(pool: Pool, names: Sequence[str], seed: int, effort: Effort, cases: Sequence[Reduced]) -> list[Reduced]:
    """Cases in which the properties find those faults that they find in none of some cases."""
    found = found_in(pool, names, cases)
    lives = hunted(pool, [name for name in names if not found[name]], seed, effort.hunt)
    purposes = [Purpose(life=life, found=(name,)) for name, life in lives.items()]
    return made_smaller(pool, purposes, effort.attempts)


@without_warnings()
def _checked_again(cases: Sequence[CorpusCase]) -> Iterator[Reduced]:
    """Cases with the answers that the reference gives today; not those that it has come to leave open."""
    for case in cases:
        again = recorded(case.steps, store_of(case))
        if again is not None:
            yield checked(evolve(again, kills=case.kills))


def _parts(mutants: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """What a life is there for in parts, each of faults that break requirements of one chapter or of neighbours.

    For many faults at once a life could hardly become smaller. What turns out needless is left out in the end.
    """
    ordered = sorted(mutants, key=lambda name: MUTANTS[name].chief)
    for start in range(0, len(ordered), _MOST_A_CASE):
        yield tuple(ordered[start : start + _MOST_A_CASE])


def _lives_that_tell(
    pool: Pool, names: Sequence[str], seed: int, effort: Effort
) -> tuple[list[Life], dict[str, frozenset[int]]]:
    """Lives, and for each faulty implementation the numbers of some that tell it.

    The first wave is of all kinds; each later one of those in which the faults that are left may show.
    """
    lives = _panel_first([*gathered(pool, 0, seed, _all_kinds(), 1), *small_lives()])
    told = looked_for(pool, names, lives, effort.lives)
    for wave in range(1, effort.waves):
        left = [name for name in names if not told[name]]
        if not left:
            break
        new = gathered(pool, wave, seed, _near(left), wave)
        found = looked_for(pool, left, new, effort.lives)
        told |= {name: frozenset(number + len(lives) for number in by) for name, by in found.items()}
        lives += new
    return lives, told


def _all_kinds() -> list[str]:
    return [*dict.fromkeys(kind for store in STORES for kind in kinds_on(store))]


def _near(names: Iterable[str]) -> list[str]:
    """The kinds of case in which the requirements that faults break are judged most."""
    return [*dict.fromkeys(kind for name in names for kind in reach().get(MUTANTS[name].chief, (_ANY,))[:_NEAR])]


def _panel_first(lives: Sequence[Life]) -> list[Life]:
    """The lives, first those that do most, of as many kinds: they are tried with all faults."""
    richest: dict[str, Life] = {}
    for life in sorted(lives, key=lambda life: -_richness(life)):
        richest.setdefault(life.kind, life)
    panel = [*richest.values()][:PANEL]
    return [*panel, *(life for life in lives if not any(life is each for each in panel))]


def _richness(life: Life) -> int:
    """How many different operations a life has, each by how it was answered."""
    answers = (answer.get("error", {}).get("kind") for answer in life.case.answers)
    return len({(op, kind) for (op, _), kind in zip(life.case.steps, answers, strict=True)})


def _to_be_exercised() -> list[str]:
    """The requirements that cases may exercise, as the properties judge them."""
    return [
        each.id for each in requirements.load().values() if each.level is Level.MUST and each.judge is not Judge.UNIT
    ]


# --- the corpus -------------------------------------------------------------------------------------------------------


def _distilled(pool: Pool, names: Sequence[str], small: Sequence[Reduced], rejected: Sequence[str]) -> Grown:
    """As few of some cases as tell all that they tell together, each with what it tells."""
    told = matrix(pool, names, [each.case for each in small])
    found = found_in(pool, for_properties(names), small)
    exercised = {each: _exercising(each, small, told) for each in _to_be_exercised()}
    purposes = {**told, **exercised, **{f"{name}{_FOUND}": by for name, by in found.items()}}
    chosen = cover(purposes, lambda number: len(as_line(small[number].case)))
    cases = [
        _named(
            evolve(
                small[number].case,
                kills=tuple(name for name, by in told.items() if number in by),
                requirements=tuple(each for each, by in exercised.items() if number in by),
            ),
            parts,
        )
        for number, parts in chosen.items()
    ]
    return Grown(
        cases=sorted(cases, key=lambda case: case.name),
        untold=[name for name, by in told.items() if not by],
        unfound=[name for name, by in found.items() if not by],
        unexercised=[each for each, by in exercised.items() if not by],
        rejected=rejected,
    )


def _exercising(requirement: str, small: Sequence[Reduced], told: Mapping[str, frozenset[int]]) -> frozenset[int]:
    """The cases that exercise a requirement: the properties judge it there, or a fault that breaks it is told.

    The second is for what no property judges.
    """
    judged = frozenset(number for number, each in enumerate(small) if requirement in each.judged)
    breaking = (by for name, by in told.items() if MUTANTS[name].chief == requirement)
    return judged or frozenset[int]().union(*breaking)


def _named(case: CorpusCase, parts: Sequence[str]) -> CorpusCase:
    """A case named by what it is there for, and by digits that stand for its steps."""
    first = parts[0].removesuffix(_FOUND)
    about = MUTANTS[first].chief if first in MUTANTS else first
    digest = sha256(repr(case.steps).encode()).hexdigest()
    return evolve(case, name=f"{about}-{digest[:_DIGITS_OF_NAME]}")


def _rejected(small: Sequence[Reduced]) -> list[str]:
    return [f"{', '.join(sorted(each.broken))}: {as_line(each.case)}" for each in small if each.broken]
