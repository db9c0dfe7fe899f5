"""An audit as a page: its findings by requirement, where to begin, and the time lines of the runs that they are about.

The page says no time: it is the same for the same findings.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import count, groupby
from typing import Final, TypeAlias

from attrs import evolve, field, frozen

from lifecycle_conformance.audit.catalogue import KINDS
from lifecycle_conformance.audit.causes import causes
from lifecycle_conformance.audit.comparing import UNREAD
from lifecycle_conformance.audit.examples import EXAMPLES
from lifecycle_conformance.audit.finding import NOTHING, Finding, Kind, Severity
from lifecycle_conformance.audit.stored import StoredRun
from lifecycle_conformance.report import audit_report, baseline_report
from lifecycle_conformance.report.audit_report import Form
from lifecycle_conformance.report.audited import Audited
from lifecycle_conformance.report.page.audit_parts import Begin, Group, Item, Page, Run, Section
from lifecycle_conformance.report.page.audit_timeline import TONES, Numbered, Record, RunAgain, timelines
from lifecycle_conformance.report.page.page import Badge, Fact, Listing, anchor_of
from lifecycle_conformance.report.page.timeline import Tone
from lifecycle_conformance.report.wording import counted, named, short, time_text, written
from lifecycle_conformance.specification import requirements
from lifecycle_projection.errors import LifecycleProjectionError
from lifecycle_projection.records import Json

ReadAgain: TypeAlias = Callable[[str], RunAgain | None]
"""Reads a run once more, if anything of it can be read."""

LEAST: Final = 50
"""How many findings of a kind a page shows at least: it has more room than a terminal."""
_RUNS: Final = 50
_RELATED: Final = 10
_VALUE: Final = 2_000
"""How many characters of a value are shown."""
_CATALOGUE: Final = {name: number for number, name in enumerate(KINDS)}
_NOT_COMPARED: Final = "The store alone was looked at. With --runs RUNS it is held against the run records, too."
_PARTIAL: Final = "The audit was interrupted, and this page is partial: there may be more findings."
_WITHOUT_VALUES: Final = (
    "Values are left out: of each, its length and a digest are told. Names, ids, numbers, times and phases "
    "stay. --values shows the values."
)


def audit_page(audited: Audited, form: Form, again: ReadAgain) -> Page:
    """The page of an audit. `again` reads the runs that have a time line; the others aren't read once more."""
    found = [*_numbered(audited.told.left, max(form.most, LEAST))]
    sections = [*_sections(found, form, _related(audited.told.left, found))]
    run_ids = _run_ids(finding for each in found for _, finding in each.shown)
    return Page(
        sort="Audit",
        subject=audited.store,
        verdict=_verdict(audited),
        summary=_summary(audited, form),
        read=_read(audited),
        notices=_notices(audited, form),
        begin=_begin(sections),
        sections=sections,
        runs=[_run(each, found, again) for each in run_ids[:_RUNS]],
        more_runs=_more_runs(len(_run_ids(audited.told.left)) - len(run_ids[:_RUNS])),
        lists=[*_stale(audited)],
    )


# --- the verdict ------------------------------------------------------------------------------------------------------


def _verdict(audited: Audited) -> Badge:
    worst = min((each.kind.severity for each in audited.told.left), key=[*Severity].index, default=None)
    subject = "The store" if audited.read.events or audited.read.snapshots else "What was read"
    match worst:
        case Severity.VIOLATION:
            return Badge(f"{subject} departs from the specification", Tone.BAD)
        case Severity.SUSPECT:
            return Badge("Something is most likely wrong", Tone.DOUBT)
    if audited.cut:
        return Badge("Nothing wrong was found until the audit was interrupted", Tone.NOTE)
    return Badge("Nothing wrong was found", Tone.GOOD)


def _summary(audited: Audited, form: Form) -> str:
    """How many findings there are."""
    findings = audited.told.left
    counts = [(sum(each.kind.severity is severity for each in findings), severity) for severity in Severity]
    return ", ".join([*(counted(number, severity) for number, severity in counts), *form.also])


def _read(audited: Audited) -> str:
    read = audited.read
    return ", ".join([counted(read.runs, "run"), counted(read.events, "event"), counted(read.snapshots, "snapshot")])


def _notices(audited: Audited, form: Form) -> list[str]:
    hidden = not form.values and bool(audited.told.left)
    said = [(_PARTIAL, audited.cut), (_NOT_COMPARED, not audited.has_records), (_WITHOUT_VALUES, hidden)]
    return [text for text, holds in said if holds]


def _begin(sections: Sequence[Section]) -> Begin | None:
    """The first of the findings, unless there are notes only: then nothing is to be mended."""
    first = next((group for section in sections for group in section.groups), None)
    return None if first is None or first.badge.tone is Tone.NOTE else Begin(section=sections[0], group=first)


def _stale(audited: Audited) -> Iterator[Listing]:
    """The entries of the baseline that fit no finding any more."""
    if audited.told.stale:
        yield Listing(
            anchor="stale",
            title="Stale entries of the baseline",
            lead="A stale entry fits no finding any more. Take it out of the file, or write that anew with "
            "`--write-baseline`.",
            entries=[baseline_report.entry_text(*each) for each in audited.told.stale],
        )


# --- the findings -----------------------------------------------------------------------------------------------------


@frozen
class _OfKind:
    """The findings of a kind: all of them, and those that are shown, with their numbers."""

    kind: Kind
    all: Sequence[Finding] = field(repr=False)
    shown: Sequence[Numbered]


_Related: TypeAlias = Mapping[int, Sequence[Fact]]


def _numbered(findings: Sequence[Finding], most: int) -> Iterator[_OfKind]:
    """The findings by kind, in the order of the page, numbered from 1."""
    groups = sorted(audit_report.groups(findings), key=lambda group: _rank(group[0].kind))
    place = {requirement: at for at, requirement in reversed([*enumerate(each[0].kind.requirement for each in groups)])}
    numbers = count(1)
    for group in sorted(groups, key=lambda group: place[group[0].kind.requirement]):
        yield _OfKind(group[0].kind, group, [(next(numbers), finding) for finding in group[:most]])


def _related(findings: Sequence[Finding], found: Sequence[_OfKind]) -> _Related:
    """For each finding that is shown the others of its cause that are."""
    numbers = {id(finding): number for each in found for number, finding in each.shown}
    related = {}
    for cause in causes(findings):
        links = [_link(numbers[id(each)], each) for each in cause if id(each) in numbers]
        for at, link in enumerate(links):
            related[int(link.text)] = [*links[:at], *links[at + 1 :]][:_RELATED]
    return related


def _link(number: int, finding: Finding) -> Fact:
    """What leads to a finding: its number, and the name of its kind."""
    return Fact(name=finding.kind.name, text=str(number), anchor=f"finding-{number}")


def _rank(kind: Kind) -> tuple[int, bool, int]:
    """Where to begin: the worst first, then what can't be read, as what seems to be missing may be in it.

    The rest in the order of the catalogue, which goes from causes to what follows from them.
    """
    return [*Severity].index(kind.severity), kind.name not in UNREAD, _CATALOGUE[kind.name]


def _sections(found: Sequence[_OfKind], form: Form, related: _Related) -> Iterator[Section]:
    known = requirements.load()
    for requirement_id, of_requirement in groupby(found, key=lambda each: each.kind.requirement):
        kinds = [*of_requirement]
        findings = [finding for each in kinds for finding in each.all]
        yield Section(
            id=requirement_id,
            title=known[requirement_id].title,
            statement=known[requirement_id].statement,
            place=f"spec/{known[requirement_id].chapter}.md",
            badges=[*_badges(findings)],
            runs=len(_run_ids(findings)),
            groups=[_group(each, form, related) for each in kinds],
        )


def _badges(findings: Sequence[Finding]) -> Iterator[Badge]:
    for severity in Severity:
        if number := sum(each.kind.severity is severity for each in findings):
            yield Badge(counted(number, severity), TONES[severity])


def _group(found: _OfKind, form: Form, related: _Related) -> Group:
    kind = found.kind
    return Group(
        name=kind.name,
        badge=Badge(kind.severity, TONES[kind.severity]),
        total=len(found.all),
        meaning=kind.meaning,
        example=EXAMPLES.get(kind.name),
        advice=kind.advice,
        hazard=kind.hazard,
        items=[
            evolve(_item(number, finding, form), related=related.get(number, ())) for number, finding in found.shown
        ],
        more=_more(len(found.all) - len(found.shown)),
    )


def _more(left_out: int) -> str:
    said = f"… and {left_out} more; `--json` tells all, and `--max-findings` shows more here."
    return said if left_out else ""


def _item(number: int, finding: Finding, form: Form) -> Item:
    return Item(
        number=number,
        place="the store" if finding.where is None else str(finding.where),
        message=finding.message,
        facts=[*_facts(finding)],
        values=[*_values(finding, form)],
    )


def _facts(finding: Finding) -> Iterator[Fact]:
    if finding.run_id is not None:
        yield Fact(name="run", text=named(finding.run_id), anchor=anchor_of("run", finding.run_id), code=True)
    if finding.tenant is not None:
        parts = (named(part) for part in finding.tenant if part is not None)
        yield Fact(name="tenant", text="/".join(parts), code=True)
    if finding.record_index is not None:
        yield Fact(name="lifecycle record", text=f"at index {finding.record_index}")
    if finding.event_id is not None:
        yield Fact(name="event", text=named(finding.event_id), code=True)


def _values(finding: Finding, form: Form) -> Iterator[Fact]:
    for name, value in (("expected", finding.expected), ("actual", finding.actual)):
        if value is not NOTHING:
            yield Fact(name=name, text=_value(value, form), code=form.values)


def _value(value: Json, form: Form) -> str:
    if form.values:
        return short(written(value), _VALUE)
    digest = audit_report.shown_value(value, values=False)
    return f"{digest['length']} bytes, SHA-256 {digest['sha256']}…" if isinstance(digest, dict) else ""


def _run_ids(findings: Iterable[Finding]) -> list[str]:
    return [*dict.fromkeys(each.run_id for each in findings if each.run_id is not None)]


# --- the runs ---------------------------------------------------------------------------------------------------------


def _more_runs(left_out: int) -> str:
    said = f"… and {counted(left_out, 'more run')} with findings; `--run RUN_ID` looks at one of them."
    return said if left_out else ""


def _run(run_id: str, found: Sequence[_OfKind], again: ReadAgain) -> Run:
    about = [each for of_kind in found for each in of_kind.shown if each[1].run_id == run_id]
    run = Run(
        anchor=anchor_of("run", run_id),
        name=named(run_id),
        facts=(),
        faults=[_link(*each) for each in about],
        timelines=(),
    )
    try:
        read = again(run_id)
    except (LifecycleProjectionError, OSError) as error:
        return evolve(run, unread=f"It couldn't be read once more: {error}")
    if read is None:
        return evolve(run, unread="Nothing of it can be read.")
    return evolve(run, facts=[*_facts_of_run(read.stored, read.record)], timelines=timelines(read, about))


def _facts_of_run(stored: StoredRun, record: Record | None) -> Iterator[Fact]:
    yield Fact(name="events", text=_with_unread(len(stored.events), stored.unread_events))
    yield Fact(name="snapshots", text=_with_unread(len(stored.snapshots), stored.unread_snapshots))
    times = [row.at_ms for row in (*stored.events, *stored.snapshots) if row.at_ms is not None]
    if times:
        yield Fact(name="from", text=time_text(min(times)))
        yield Fact(name="to", text=time_text(max(times)))
    if record is not None:
        yield Fact(name="run record", text=str(record[1]), code=True)


def _with_unread(number: int, unread: int) -> str:
    return f"{number}{f', and {unread} that cannot be read' if unread else ''}"
