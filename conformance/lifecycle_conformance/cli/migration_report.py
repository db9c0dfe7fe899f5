"""How the prediction of an import is told: `shown` for people, `as_json` for programs, and the `exit_code`."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from lifecycle_conformance.audit.finding import Finding
from lifecycle_conformance.audit.migration.prediction import Prediction
from lifecycle_conformance.cli import exits
from lifecycle_conformance.driver.safe_text import safe
from lifecycle_projection.records import Json

_NOT_JUDGED: Final = "What the files hold isn't judged: audit them, too."
_NOTHING_FOUND: Final = "Nothing to import was found: is this the right folder?"
_MOST_PLACES: Final = 10
"""How many places of one kind are shown; the JSON report has more."""


def exit_code(prediction: Prediction) -> int:
    """0 where the import succeeds and loses nothing, or has been made long since, else 1."""
    return exits.WELL if prediction.is_lossless else exits.FALLS_SHORT


# --- for people -------------------------------------------------------------------------------------------------------


def shown(prediction: Prediction) -> str:
    """The verdict, then each cause of failure and each silent change, with its places and a way out."""
    lines = [_verdict(prediction)]
    if prediction.causes:
        lines += ["", "Why it fails:", *_kinds(prediction.causes, prediction)]
    if prediction.changes:
        would = "What it would change without a word, once it succeeds:"
        lines += ["", would if prediction.causes else "What it changes without a word:"]
        lines += _kinds(prediction.changes, prediction)
    return "\n".join(lines)


def _verdict(prediction: Prediction) -> str:
    if prediction.imported_already:
        done = "The import is complete already: the database is the authority, and nothing is imported again."
        return done if prediction.succeeds else f"{done} But an engine of today can't open the database."
    if prediction.counts is None:
        return "The import fails. The files stay as they are, and remain the authority."
    names = (("events", "event"), ("snapshots", "snapshot"), ("automation_runs", "run"))
    counts = ", ".join(_counted(prediction.counts[name], what) for name, what in names)
    ending = "and nothing is lost" if prediction.is_lossless else "but not all of it arrives as it is"
    more = _NOT_JUDGED if any(prediction.counts.values()) else _NOTHING_FOUND
    return f"The import succeeds, {ending}: it counts {counts}. {more}"


def _counted(number: int, what: str) -> str:
    return f"{number} {what if number == 1 else f'{what}s'}"


def _kinds(findings: Sequence[Finding], prediction: Prediction) -> Iterator[str]:
    """The findings by kind, the kinds in the order in which they came up."""
    order = list(dict.fromkeys(finding.kind.name for finding in findings))
    for _, group in groupby(
        sorted(findings, key=lambda each: order.index(each.kind.name)), key=lambda each: each.kind.name
    ):
        yield from _kind(list(group), prediction)


def _kind(findings: list[Finding], prediction: Prediction) -> Iterator[str]:
    kind = findings[0].kind
    known = "" if kind.hazard is None else f", hazard {kind.hazard}"
    yield f"  {kind.name} ({kind.requirement}{known}): {kind.meaning}"
    yield from (f"    {_place(finding)}" for finding in findings[:_MOST_PLACES])
    more = len(findings) - _MOST_PLACES + prediction.unlisted.get(kind.name, 0)
    if more > 0:
        yield f"    and {more} more"
    yield f"    way out: {kind.advice}"


def _place(finding: Finding) -> str:
    expected = f" ({finding.expected})" if isinstance(finding.expected, str) else ""
    return safe(f"{finding.where}: {finding.message}{expected}")


# --- for programs -----------------------------------------------------------------------------------------------------


def as_json(prediction: Prediction) -> dict[str, Json]:
    """The whole of it, as the member `import`: `counts` only where the import succeeds."""
    report: dict[str, Json] = {
        "succeeds": prediction.succeeds,
        "imported_already": prediction.imported_already,
    }
    if prediction.counts is not None:
        report["counts"] = dict(prediction.counts)
    report["causes"] = list(map(_entry, prediction.causes))
    report["changes"] = list(map(_entry, prediction.changes))
    if prediction.unlisted:
        report["unlisted"] = dict(prediction.unlisted)
    return {"import": report}


def _entry(finding: Finding) -> dict[str, Json]:
    where = finding.where
    members = {
        "kind": finding.kind.name,
        "path": None if where is None else where.path,
        "line": None if where is None else where.line,
        "row": None if where is None else where.row,
        "run_id": finding.run_id,
        "event_id": finding.event_id,
        "message": finding.message,
        "expected": finding.expected if isinstance(finding.expected, str) else None,
        "requirement": finding.kind.requirement,
        "hazard": finding.kind.hazard,
        "advice": finding.kind.advice,
    }
    return {name: value for name, value in members.items() if value is not None}
