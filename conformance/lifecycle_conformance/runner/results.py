"""The verdict on each requirement, from what a search found."""

from attrs import frozen

from lifecycle_conformance.judges.agreement import AGREEMENT
from lifecycle_conformance.runner.evidence import cases_that_count
from lifecycle_conformance.runner.failure_shape import shape_of
from lifecycle_conformance.runner.findings import Findings
from lifecycle_conformance.runner.reasons import why_unjudged
from lifecycle_conformance.runner.verdicts import Failure, JudgeResult, Result, Verdict
from lifecycle_conformance.specification.requirements import Judge, Requirement


@frozen(kw_only=True)
class Basis:
    """What verdicts are based on.

    `declared` are the capabilities of the driver, `absent` those of them that it doesn't offer, `wanted` is how many
    cases a requirement needs, and `missing` says why fewer may have been met than there are; empty where all were.
    """

    found: Findings
    declared: frozenset[str]
    absent: frozenset[str]
    wanted: int
    missing: str

    def result(self, requirement: Requirement, failure: Failure | None) -> Result:
        """The verdict on a requirement, and its smallest failure, if it has one."""
        cases = cases_that_count(self.found, requirement.id)
        verdict = failure.verdict if failure is not None else self._without_failure(requirement, cases)
        return Result(
            requirement=requirement,
            verdict=verdict,
            cases=cases,
            wanted=self.wanted,
            broken=len(self.found.broken[requirement.id]),
            ended=self.found.ended[requirement.id],
            failure=failure,
            shapes=_shapes(self.found, requirement.id, failure),
            why=why_unjudged(
                requirement,
                verdict,
                self.declared,
                cases=cases,
                wanted=self.wanted,
                cut=self.missing,
                absent=self.absent,
            ),
        )

    def _without_failure(self, requirement: Requirement, cases: int) -> Verdict:
        if not requirement.capabilities <= self.declared - self.absent:
            return Verdict.NOT_DECLARED
        if requirement.judge is Judge.UNIT:
            return Verdict.NOT_JUDGED_HERE
        if cases >= self.wanted:
            return Verdict.PASS
        return Verdict.UNDECIDED if self.missing else Verdict.NOT_EXERCISED


def agreement_result(found: Findings, smallest: Failure | None) -> JudgeResult:
    """How often an implementation agreed with the reference, and the smallest session in which it didn't."""
    cases, broken = len(found.cases[AGREEMENT]), len(found.broken[AGREEMENT])
    failures = () if smallest is None else ((AGREEMENT, smallest.message),)
    return JudgeResult(
        agreed=cases - broken,
        differing=broken,
        failures=failures,
        failure=smallest,
        shapes=_shapes(found, AGREEMENT, smallest),
    )


def _shapes(found: Findings, subject: str, smallest: Failure | None) -> frozenset[str]:
    """The shapes of all failures; the smallest one may have another than those that were met on the way to it."""
    return frozenset(found.shapes[subject]) | ({shape_of(smallest.message)} if smallest is not None else set())
