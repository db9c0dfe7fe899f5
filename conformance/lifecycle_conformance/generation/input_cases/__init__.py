"""Input cases: short sessions with run records that must be refused, and run records that mean the same as others.

Begin with `records`.
"""

from hypothesis import strategies as st

from lifecycle_conformance.generation.input_cases import free_form, records, texts
from lifecycle_conformance.generation.input_cases.sessions import Requests, together
from lifecycle_conformance.specification.requirements import load

__all__ = ["input_cases"]


def input_cases(capabilities: frozenset[str]) -> st.SearchStrategy[Requests]:
    """Sessions that put each requirement on reading to the test, as far as the capabilities allow.

    Each session has cases of all of them, so that none is left out by chance; the shrinker leaves out the requests of
    the others. None sends what a driver with these capabilities can't be
    sent.
    """
    required = load()
    cases = (
        make(capabilities)
        for requirement, make in {**records.CASES, **free_form.CASES, **texts.CASES}.items()
        if required[requirement].capabilities <= capabilities
    )
    return st.tuples(*(case for case in cases if case is not None)).map(together)
