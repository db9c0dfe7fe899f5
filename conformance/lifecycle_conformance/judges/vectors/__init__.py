"""Fixed cases with production's own answers, and the judge that compares an implementation with them.

Begin with `judging`. Small cases made from them (`derived`) tell which requirement a wrong answer belongs to.
"""

from lifecycle_conformance.judges.vectors.judging import Difference, compare, judge
from lifecycle_conformance.judges.vectors.scenarios import Scenario, load, stream
from lifecycle_conformance.model.comparison import ABSENT, Mismatch, mismatches

__all__ = ["ABSENT", "Difference", "Mismatch", "Scenario", "compare", "judge", "load", "mismatches", "stream"]
