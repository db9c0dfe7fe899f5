"""Small cases made from production's answers, which tell which requirement a wrong answer belongs to.

Begin with `cases`, then `outcomes`. What a case asks for is read by a small model, rightly or wrongly: `scope_rules`,
with `scope_values`, and `definition_rules`.
"""

from lifecycle_conformance.judges.vectors.derived.asking import ask
from lifecycle_conformance.judges.vectors.derived.cases import DerivedCase, cases, touched_by, touches
from lifecycle_conformance.judges.vectors.derived.outcomes import DerivedDifference, Outcome, judge, outcomes

__all__ = ["DerivedCase", "DerivedDifference", "Outcome", "ask", "cases", "judge", "outcomes", "touched_by", "touches"]
