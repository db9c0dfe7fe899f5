"""The findings of an audit, for people and for machines."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import orjson
from attrs import frozen

from lifecycle_conformance.audit.causes import causes
from lifecycle_conformance.audit.examples import EXAMPLES
from lifecycle_conformance.audit.finding import NOTHING, Finding, Kind, Severity
from lifecycle_conformance.driver.safe_text import safe
from lifecycle_conformance.model.file_layout import SNAPSHOTS
from lifecycle_conformance.report.wording import counted, named, paragraph, short, written
from lifecycle_conformance.specification import requirements
from lifecycle_projection.records import Json

_ORDER: Final = {each: number for number, each in enumerate(Severity)}
_VALUE: Final = 400
"""How many characters of a value people are shown; JSON has all of it."""


def as_json(store: str, findings: Sequence[Finding], *, values: bool, cut: bool) -> dict[str, Json]:
    """An audit as a JSON object; without `values`, of each value its length and digest alone."""
    counts: dict[str, Json] = {str(each): sum(found.kind.severity is each for found in findings) for each in Severity}
    return {
        "store": store,
        "partial": cut,
        "counts": counts,
        "findings": [
            {**_entry(each, values=values), "cause": cause} for each, cause in sorted(_numbered(findings), key=_first)
        ],
    }


def _numbered(findings: Iterable[Finding]) -> Iterator[tuple[Finding, int]]:
    """Each finding with the number of its cause."""
    return ((finding, number) for number, cause in enumerate(causes(findings), 1) for finding in cause)


def _first(numbered: tuple[Finding, int]) -> tuple[int, str, str]:
    return _place(numbered[0])


def _entry(finding: Finding, *, values: bool) -> dict[str, Json]:
    kind, where = finding.kind, finding.where
    place = {} if where is None else {"path": where.path, "line": where.line, "row": where.row}
    about: dict[str, Json] = {
        "run_id": finding.run_id,
        "tenant": None if finding.tenant is None else dict(zip(_TENANT, finding.tenant, strict=True)),
        "record_index": finding.record_index,
        "event_id": finding.event_id,
        "step": finding.step,
        **place,
    }
    return {
        "requirement": kind.requirement,
        "severity": str(kind.severity),
        "kind": kind.name,
        **({} if kind.hazard is None else {"hazard": kind.hazard}),
        **{name: value for name, value in about.items() if value is not None},
        "message": finding.message,
        **{name: shown_value(value, values=values) for name, value in _compared(finding)},
        "advice": kind.advice,
    }


_TENANT: Final = ("org_id", "workspace_id", "deployment_id")


def _compared(finding: Finding) -> Iterator[tuple[str, Json]]:
    for name, value in (("expected", finding.expected), ("actual", finding.actual)):
        if value is not NOTHING:
            yield name, value


def shown_value(value: Json, *, values: bool) -> Json:
    """A value, or without `values` its length and a digest."""
    if values:
        return value
    text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    return {"length": len(text), "sha256": hashlib.sha256(text).hexdigest()[:16]}


def _sorted(findings: Iterable[Finding]) -> list[Finding]:
    """The worst first, those of one kind together; otherwise as they were found."""
    return sorted(findings, key=_place)


def _place(finding: Finding) -> tuple[int, str, str]:
    return _ORDER[finding.kind.severity], finding.kind.requirement, finding.kind.name


@frozen(kw_only=True)
class Form:
    """How an audit is told to people: how wide, with values or without, and how many findings of a kind at most.

    `also` is what the line that sums it up says beside the findings.
    """

    width: int
    values: bool
    most: int
    also: Sequence[str] = ()


def rendered(store: str, findings: Sequence[Finding], form: Form, *, runs: int, cut: bool) -> str:
    """An audit for people: a line that sums it up, then the findings, grouped by what causes them."""
    found = causes(findings)
    lines = [_summed_up(store, found, runs, form.also, cut=cut)]
    for group in _alike(found):
        lines += ["", *_lines(group, form)]
    return "\n".join(lines)


def _alike(found: Iterable[Sequence[Finding]]) -> list[list[Sequence[Finding]]]:
    """The causes by what shows of them, the worst first."""
    alike: dict[tuple[str, ...], list[Sequence[Finding]]] = {}
    for cause in found:
        alike.setdefault(tuple(dict.fromkeys(each.kind.name for each in cause)), []).append(cause)
    return sorted(alike.values(), key=lambda group: _place(group[0][0]))


def groups(findings: Iterable[Finding]) -> list[list[Finding]]:
    """The findings by kind, the worst kinds first."""
    found: dict[str, list[Finding]] = {}
    for finding in _sorted(findings):
        found.setdefault(finding.kind.name, []).append(finding)
    return [*found.values()]


def summary(store: str, findings: Sequence[Finding], runs: int, also: Sequence[str], *, cut: bool) -> str:
    """The line that sums an audit up."""
    return _summed_up(store, causes(findings), runs, also, cut=cut)


def _summed_up(store: str, found: Sequence[Sequence[Finding]], runs: int, also: Sequence[str], *, cut: bool) -> str:
    severities = Counter(each.kind.severity for cause in found for each in cause)
    told = [*(counted(severities[each], each) for each in Severity if severities[each]), *also]
    said = ", ".join(told) or "nothing wrong was found"
    wrong = [cause for cause in found if cause[0].kind.severity is not Severity.NOTE]
    if len(wrong) < severities.total() - severities[Severity.NOTE]:
        said += f" (of {counted(len(wrong), 'cause')})"
    partial = " (partial: the audit was interrupted)" if cut else ""
    return f"{safe(store)}: {counted(runs, 'run')}, {said}{partial}"


def group_lines(group: Sequence[Finding], form: Form) -> Iterator[str]:
    """The findings of one kind: what it means, their places, and what to do."""
    return _lines([[each] for each in group], form)


def _lines(group: Sequence[Sequence[Finding]], form: Form) -> Iterator[str]:
    """Some causes that show in the same way: what that means, the places, and what to do."""
    kind = group[0][0].kind
    times = "" if len(group) == 1 else f", {len(group)} times"
    hazard = "" if kind.hazard is None else f", hazard {kind.hazard}"
    yield f"{kind.severity.upper()} {kind.requirement} {kind.name}{hazard}{times}"
    yield from paragraph(kind.meaning, form.width, first="  ")
    for finding, *others in group[: form.most]:
        yield from _shown(finding, values=form.values)
        yield from (line for each in others[: form.most] for line in _also(each, values=form.values))
        if len(others) > form.most:
            yield f"    … and {len(others) - form.most} more of this cause; --json shows all"
    if len(group) > form.most:
        yield f"  … and {len(group) - form.most} more; --json shows all"
    yield from paragraph(f"To do: {kind.advice}", form.width, first="  ")


def _also(finding: Finding, *, values: bool) -> Iterator[str]:
    """A further finding of a cause."""
    yield f"    - so also {finding.kind.requirement} {finding.kind.name}: {safe(finding.message)}"
    if finding.where is not None:
        yield f"      at {safe(str(finding.where))}"
    for name, value in _compared(finding):
        yield f"      {name + ':':<9} {short(written(shown_value(value, values=values)), _VALUE)}"


def _shown(finding: Finding, *, values: bool) -> Iterator[str]:
    about = [] if finding.run_id is None else [f"run {named(finding.run_id)}"]
    if finding.tenant is not None:
        about.append("tenant " + "/".join(named(part) for part in finding.tenant if part is not None))
    if finding.record_index is not None:
        about.append(f"lifecycle record at index {finding.record_index}")
    place = "" if finding.where is None else safe(str(finding.where))
    heads = [each for each in (place, ", ".join(about)) if each] or ["the store"]
    yield f"  - {heads[0]}"
    yield from (f"    {each}" for each in heads[1:])
    if finding.event_id is not None:
        yield f"    {'snapshot' if SNAPSHOTS in place else 'event'} {named(finding.event_id)}"
    yield f"    {safe(finding.message)}"
    for name, value in _compared(finding):
        yield f"    {name + ':':<9} {short(written(shown_value(value, values=values)), _VALUE)}"


def kind_json(kind: Kind) -> dict[str, Json]:
    """A kind of findings as a JSON object."""
    return {
        "kind": kind.name,
        "requirement": kind.requirement,
        "severity": str(kind.severity),
        "hazard": kind.hazard,
        "meaning": kind.meaning,
        "example": EXAMPLES.get(kind.name),
        "advice": kind.advice,
    }


def explained(kinds: Sequence[Kind], width: int) -> str:
    """What some kinds of findings mean, what to do, and what the requirements say that they are about."""
    blocks = []
    for kind in kinds:
        hazard = "" if kind.hazard is None else f", hazard {kind.hazard} (spec/hazards.md)"
        head = f"{kind.name}: {kind.severity}, requirement {kind.requirement}{hazard}"
        example = EXAMPLES.get(kind.name)
        told = [kind.meaning, *([f"For example: {example}"] if example else []), f"To do: {kind.advice}"]
        blocks.append("\n".join([head, *(line for each in told for line in paragraph(each, width, first="  "))]))
    blocks += [requirement_text(each, width) for each in dict.fromkeys(kind.requirement for kind in kinds)]
    return "\n\n".join(blocks)


def requirement_text(id_: str, width: int) -> str:
    """What a requirement says."""
    requirement = requirements.load()[id_]
    head = f"{id_} {requirement.title} (spec/{requirement.chapter}.md)"
    return "\n".join([head, *paragraph(requirement.statement, width, first="  ")])
