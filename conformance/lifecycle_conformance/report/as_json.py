"""A report as JSON, valid by `schemas/report.schema.json`."""

from collections import Counter
from typing import Final

from lifecycle_conformance import __version__
from lifecycle_conformance.execution.trace import Object
from lifecycle_conformance.report import known
from lifecycle_conformance.report.ranking import explained, name_of, worst_first
from lifecycle_conformance.report.search_depth import depths, moves
from lifecycle_conformance.runner.verdicts import Failure, JudgeResult, Report, Result, Verdict
from lifecycle_conformance.specification.index import SPEC_VERSION

FORMAT: Final = 1
"""The version of this format: another one when a member changes its meaning."""


def as_json(report: Report) -> Object:
    """A report as a JSON object."""
    counts, failed = Counter(result.verdict for result in report.results), worst_first(report)
    explained_by = [{"like": list(each.like), "of": list(each.of)} for each in explained(failed)]
    return {
        "report": FORMAT,
        "suite": __version__,
        "spec": SPEC_VERSION,
        **({} if report.spec is None else {"requirements_of": report.spec}),
        "driver": {
            "name": report.hello.name,
            "version": report.hello.version,
            "language": report.hello.language,
            "spec": report.hello.spec,
            "capabilities": sorted(report.hello.capabilities),
        },
        "profile": report.profile,
        "seed": report.seed,
        "seconds": round(report.seconds, 3),
        "exit_code": report.exit_code,
        "verdicts": {verdict.value: counts[verdict] for verdict in Verdict},
        "requirements": [_result(each) for each in report.results],
        "worst_first": [name_of(each) for each in failed],
        **({"explained": explained_by} if explained_by else {}),
        "vectors": None if report.vectors is None else _judge(report.vectors),
        "agreement": None if report.agreement is None else _judge(report.agreement),
        "lives": _sessions(report),
        "errors": list(report.errors),
        "lost": list(report.lost),
        "cut": report.cut or None,
        "interrupted": report.interrupted,
        "absent": list(report.absent),
        **known.stale_as_json(report),
    }


def _result(result: Result) -> Object:
    requirement = result.requirement
    return {
        "id": requirement.id,
        "title": requirement.title,
        "chapter": requirement.chapter,
        "level": requirement.level.value,
        "judge": requirement.judge.value,
        "needs": sorted(requirement.capabilities),
        "verdict": result.verdict.value,
        "cases": result.cases,
        "wanted": result.wanted,
        "broken": result.broken,
        "ended": result.ended,
        **({} if result.failure is None else {"failure": failure_as_json(result.failure)}),
        **({"why": result.why} if result.why else {}),
        **known.as_json(result),
    }


def failure_as_json(failure: Failure) -> Object:
    """A failure as a JSON object, nothing shortened."""
    compared = {"expected": failure.expected, "actual": failure.actual} if failure.compared else {}
    return {
        "message": failure.message,
        **compared,
        **({"problems": list(failure.problems)} if failure.problems else {}),
        **({} if failure.seen is None else {"seen": failure.seen}),
        "steps": [{"op": op, **arguments} for op, arguments in failure.requests],
        "shrunk": failure.shrunk,
        "leaks": failure.again is Verdict.STATE_LEAK,
        "like": list(failure.like),
        "stderr": failure.stderr,
        "case": failure.case,
    }


def _judge(result: JudgeResult) -> Object:
    return {
        "agreed": result.agreed,
        "not_declared": result.not_declared,
        "differing": result.differing,
        "failures": [{"name": name, "difference": difference} for name, difference in result.failures],
        **({} if result.failure is None else {"failure": failure_as_json(result.failure)}),
        **known.as_json(result),
    }


def _sessions(report: Report) -> Object:
    coverage = report.coverage
    return {
        "lives": coverage.sessions,
        "requests": coverage.steps,
        "passes": coverage.passes,
        "refusals": coverage.refusals,
        "depth": {name: {"median": middle, "most": most} for name, (middle, most) in depths(coverage).items()},
        "rules": dict(coverage.rules.most_common()),
        "phases": dict(coverage.phases.most_common()),
        "moves": {
            "seen": dict(coverage.moves.most_common()),
            **{kind: {"seen": seen, "of": all_} for kind, (seen, all_) in moves(coverage).items()},
        },
        "generations": dict(coverage.generations.most_common()),
        "corners": dict(coverage.targets.most_common()),
    }
