"""Short lives about reading: run records that must be refused, and run records that mean the same as others."""

from typing import Final

from hypothesis import strategies as st

from lifecycle_conformance.readings import records, texts
from lifecycle_conformance.readings.lives import Requests, together
from lifecycle_conformance.requirements import load

__all__ = ["readings"]

HANDS: Final = 3
"""Each life puts every third requirement to the test, so that none of them is left out by chance."""


def readings(capabilities: frozenset[str]) -> st.SearchStrategy[Requests]:
    """Give lives that put the requirements on reading to the test, each as often as the others.

    None of them sends what a driver with these capabilities can't be sent.
    """
    required = load()
    cases = [
        case
        for requirement, make in {**records.CASES, **texts.CASES}.items()
        if required[requirement].capabilities <= capabilities and (case := make(capabilities)) is not None
    ]
    hands = [st.tuples(*cases[first::HANDS]).map(together) for first in range(HANDS)]
    return st.sampled_from(hands).flatmap(lambda hand: hand)
