"""Why a requirement was not judged, or not often enough."""

from collections.abc import Collection
from typing import Final

from lifecycle_conformance.runner.verdicts import Verdict
from lifecycle_conformance.specification.requirements import Requirement

NOT_DECLARED: Final = "the driver doesn't declare "
"""What comes before the capabilities that are missing."""
NOT_THERE: Final = "declared, but not there: "
"""What comes before the capabilities that are declared and not offered."""
_UNIT: Final = "no driver can show it: the tests of an implementation hold it"


def why_unjudged(  # noqa: PLR0913 - what decides
    requirement: Requirement,
    verdict: Verdict,
    declared: Collection[str],
    *,
    cases: int,
    wanted: int,
    cut: str = "",
    absent: Collection[str] = (),
) -> str:
    """Why a requirement got a verdict that judges nothing, in a sentence; empty for other verdicts.

    `declared` are the capabilities of the driver, `absent` those of them that it doesn't offer, `cases` the cases in
    which the precondition was met, of `wanted`, and `cut` is what ended the search too early.
    """
    match verdict:
        case Verdict.NOT_DECLARED if missing := requirement.capabilities - set(declared):
            return f"{NOT_DECLARED}{', '.join(sorted(missing))}"
        case Verdict.NOT_DECLARED:
            return f"{NOT_THERE}{', '.join(sorted(requirement.capabilities & set(absent)))}"
        case Verdict.NOT_JUDGED_HERE:
            return _UNIT
        case Verdict.NOT_EXERCISED if not cases:
            return "no session met its precondition"
        case Verdict.NOT_EXERCISED | Verdict.UNDECIDED:
            met = f"its precondition was met in {cases} of the {wanted} cases that are asked for"
            return f"{cut}; {met}" if cut else met
    return ""
