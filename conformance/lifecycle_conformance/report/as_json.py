"""A report as JSON."""

from lifecycle_conformance.trace import Object
from lifecycle_conformance.verdicts import Failure, Report, Result, VectorResults


def as_json(report: Report) -> Object:
    """Give a report as a JSON object."""
    return {
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
        "lives": {
            "lives": report.census.lives,
            "requests": report.census.steps,
            "passes": report.census.passes,
            "refusals": report.census.refusals,
            "longest_history": report.census.longest_history,
            "most_passes": report.census.most_passes,
            "rules": dict(report.census.rules.most_common()),
            "phases": dict(report.census.phases.most_common()),
        },
        "vectors": None if report.vectors is None else _vectors(report.vectors),
        "requirements": [_result(each) for each in report.results],
    }


def _vectors(results: VectorResults) -> Object:
    return {
        "agreed": results.agreed,
        "not_declared": results.not_declared,
        "failed": [{"name": name, "difference": difference} for name, difference in results.failed],
    }


def _result(result: Result) -> Object:
    return {
        "id": result.requirement.id,
        "title": result.requirement.title,
        "level": result.requirement.level,
        "verdict": result.verdict,
        "cases": result.cases,
        **({} if result.failure is None else {"failure": _failure(result.failure)}),
    }


def _failure(failure: Failure) -> Object:
    compared = {"expected": failure.expected, "actual": failure.actual} if failure.compared else {}
    return {
        "message": failure.message,
        **compared,
        "requests": [{"op": op, **arguments} for op, arguments in failure.requests],
        "shrunk": failure.shrunk,
        "stderr": failure.stderr,
    }
