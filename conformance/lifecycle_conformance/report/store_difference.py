"""Where two stores differ, for people and for machines; told as the stores are read, so that little is held."""

import json
from collections.abc import Iterator, Sequence
from typing import Final

from attrs import asdict, define, field, frozen

from lifecycle_conformance.audit.comparing import Compared, Count, RecordDifference, RunComparison, Side, Unread
from lifecycle_conformance.driver.safe_text import safe
from lifecycle_conformance.execution.trace import TenantKey
from lifecycle_conformance.model.comparison import ABSENT, Mismatch
from lifecycle_conformance.model.comparison import Side as Value
from lifecycle_conformance.report.audit_report import shown_value
from lifecycle_conformance.report.wording import counted, named, paragraph, short, written
from lifecycle_projection.records import Json

_VALUE: Final = 160
"""How many characters of a value people are shown; JSON has all of it."""
_TENANT: Final = ("org_id", "workspace_id", "deployment_id")


@define
class Totals:
    """What two stores have in common, and what not; of what can't be compared, how often, and the first of each kind.

    Of runs that only one store holds, the events and snapshots aren't counted.
    """

    runs: int = 0
    differing: int = 0
    only_in: dict[Side, int] = field(factory=lambda: dict.fromkeys(Side, 0))
    records: dict[str, int] = field(factory=lambda: {"event": 0, "snapshot": 0})
    unread: dict[tuple[Side, str, str | None], tuple[int, Unread]] = field(factory=dict)

    def add(self, item: Compared) -> None:
        """Count what was compared, or what can't be."""
        if isinstance(item, Unread):
            key = item.side, item.finding.kind.name, _table(item)
            number, first = self.unread.get(key, (0, item))
            self.unread[key] = number + 1, first
            return
        self.runs += 1
        if item.only_in is not None:
            self.only_in[item.only_in] += 1
        self.differing += bool(item.records)
        for record in item.records:
            self.records[record.sort] += 1

    @property
    def differences(self) -> bool:
        """Whether anything was found that differs."""
        return bool(self.differing or any(self.only_in.values()))

    @property
    def are_same(self) -> bool:
        """Whether the stores hold the same for certain: nothing differs, and all of it could be compared."""
        return not self.differences and not self.unread


def _table(item: Unread) -> str | None:
    """The table of a database in which something stands."""
    where = item.finding.where
    return None if where is None or where.row is None else where.row.partition("[")[0]


# --- for people -------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Form:
    """How differences are told to people: how wide, with values or without, and how many at most."""

    width: int
    values: bool
    most: int


@define
class Text:
    """The differences by run, as many as are shown, and a line that sums all of it up."""

    names: tuple[str, str]
    form: Form
    _lines: list[str] = field(init=False, factory=list)
    _told: int = field(init=False, default=0)
    _left: int = field(init=False, default=0)

    def add(self, item: Compared) -> None:
        """Take in what differs of a run."""
        if isinstance(item, Unread) or item.is_same:
            return
        if self._told >= self.form.most:
            self._left += _size(item)
            return
        if item.only_in is not None:
            self._lines += ["", _only_in(item, item.only_in)]
            self._told += 1
        for tenant in dict.fromkeys(record.tenant for record in item.records):
            self._take(item, [record for record in item.records if record.tenant == tenant])

    def _take(self, run: RunComparison, records: Sequence[RecordDifference]) -> None:
        """Take in what differs of one tenant."""
        if self._told < self.form.most:
            self._lines += ["", _headline(run, records[0].tenant)]
        for record in records:
            size, room = len(record.places) or 1, self.form.most - self._told
            self._told += min(size, room)
            self._left += max(0, size - room)
            if room > 0:
                self._lines += _record(record, room, self.form)

    def rendered(self, totals: Totals, *, cut: bool) -> str:
        """All of it; `cut` says that the comparison was interrupted."""
        lines = [_summary(totals, cut=cut), *map("  {}  {}".format, Side, map(safe, self.names))]
        lines += self._lines
        if self._left:
            lines += ["", f"… and {counted(self._left, 'more difference')}; --json shows all"]
        if totals.unread:
            lines += ["", "Not compared, for it can't be read or stands in a wrong place:", *_unread(totals, self.form)]
        return "\n".join(lines)


def _size(run: RunComparison) -> int:
    """How many differences a run has: places in records, or records that only one store has, or the run itself."""
    return sum(len(record.places) or 1 for record in run.records) or 1


def _summary(totals: Totals, *, cut: bool) -> str:
    partial = " (partial: the comparison was interrupted)" if cut else ""
    runs = counted(totals.runs, "run")
    if not totals.differences:
        return f"{runs} compared, {'what can be read is the same' if totals.unread else 'no difference'}{partial}"
    records = " and ".join(counted(number, sort) for sort, number in totals.records.items() if number)
    said = [f"{totals.differing} differ{'s' * (totals.differing == 1)}, in {records}"] * bool(totals.differing)
    said += [f"{number} only in {side}" for side, number in totals.only_in.items() if number]
    return f"{runs} compared: {'; '.join(said)}{partial}"


def _headline(run: RunComparison, tenant: TenantKey) -> str:
    owner = f"run {named(run.run_id)}, tenant {'/'.join(named(part) for part in tenant if part is not None)}"
    return "; ".join([owner, *_unread_of(run)])


def _only_in(run: RunComparison, side: Side) -> str:
    count = run.counts[side]
    holds = f"{counted(count.events, 'event')}, {counted(count.snapshots, 'snapshot')}"
    return "; ".join([f"run {named(run.run_id)}: only in {side} ({holds})", *_unread_of(run)])


def _unread_of(run: RunComparison) -> Iterator[str]:
    for side, count in run.counts.items():
        if count.unread:
            yield f"in {side} {counted(count.unread, 'record')} can't be read"


def _record(record: RecordDifference, most: int, form: Form) -> Iterator[str]:
    """A record on a line, unbroken, so that its id can be searched for; then the places where it differs."""
    only = "" if record.places else f": only in {Side.A if record.b is None else Side.B}"
    yield f"  {record.sort} {named(record.id)}{only}"
    for place in record.places[:most]:
        yield from _place(place, form)


def _place(place: Mismatch, form: Form) -> Iterator[str]:
    """Both values of a place, on one line where there is room."""
    path, a, b = safe(place.path), _text(place.expected, form), _text(place.actual, form)
    line = f"    {path}: A {a}, B {b}"
    yield from [line] if len(line) <= form.width else [f"    {path}", f"      A  {a}", f"      B  {b}"]


def _text(value: Value, form: Form) -> str:
    return "has none" if value is ABSENT else short(written(shown_value(value, values=form.values)), _VALUE)


def _unread(totals: Totals, form: Form) -> Iterator[str]:
    for (side, kind, _), (number, first) in totals.unread.items():
        times = "" if number == 1 else f" ({number} times, here the first)"
        text = f"{side}: {kind}, {safe(str(first.finding.where))}: {safe(first.finding.message)}{times}"
        yield from paragraph(text, form.width, first="  ", rest="     ")


# --- for programs -----------------------------------------------------------------------------------------------------


@define
class Stream:
    """One JSON object, written as the runs go by; each run that differs has a line."""

    names: tuple[str, str]
    values: bool
    _held: str = field(init=False, default="")

    def beginning(self) -> str:
        """Open the object and the list of runs."""
        a, b = (json.dumps(name, ensure_ascii=False) for name in self.names)
        return f'{{\n  "a": {a},\n  "b": {b},\n  "runs": ['

    def add(self, item: Compared) -> str:
        """The run before this one, which is held back until it is known whether another one follows."""
        if isinstance(item, Unread) or item.is_same:
            return ""
        before, self._held = self._held, f"    {json.dumps(self._run(item), ensure_ascii=False)}"
        return before and f"{before},"

    def end(self, totals: Totals, *, cut: bool) -> str:
        """Close the list, and add the totals."""
        rest: dict[str, Json] = {
            "unread": [_unread_entry(number, first) for number, first in totals.unread.values()],
            "counts": {
                "runs": totals.runs,
                "differing_runs": totals.differing,
                "runs_only_in_a": totals.only_in[Side.A],
                "runs_only_in_b": totals.only_in[Side.B],
                "differing_events": totals.records["event"],
                "differing_snapshots": totals.records["snapshot"],
            },
            "same": totals.are_same and not cut,
            "partial": cut,
        }
        held = self._held and f"{self._held}\n"
        return f"{held}  ],{json.dumps(rest, ensure_ascii=False, indent=2)[1:]}"

    def _run(self, run: RunComparison) -> Json:
        return {
            "run_id": run.run_id,
            "only_in": run.only_in and run.only_in.lower(),
            **{side.lower(): _count(run.counts.get(side)) for side in Side},
            "differences": [self._record(record) for record in run.records],
        }

    def _record(self, record: RecordDifference) -> Json:
        sides = (("a", record.a), ("b", record.b))
        return {
            "record": record.sort,
            f"{record.sort}_id": record.id,
            "tenant": _tenant(record.tenant),
            "only_in": None if record.places else "a" if record.b is None else "b",
            "where": {side: str(row.where) for side, row in sides if row is not None},
            "members": self._members(record.places),
        }

    def _members(self, places: Sequence[Mismatch]) -> Json:
        """The places where a record differs; a store that has nothing there has no value."""
        return [
            {"path": place.path}
            | {
                side: shown_value(value, values=self.values)
                for side, value in (("a", place.expected), ("b", place.actual))
                if value is not ABSENT
            }
            for place in places
        ]


def _count(count: Count | None) -> Json:
    return None if count is None else asdict(count)


def _tenant(tenant: TenantKey) -> Json:
    return {name: part for name, part in zip(_TENANT, tenant, strict=True) if part is not None}


def _unread_entry(number: int, first: Unread) -> Json:
    finding = first.finding
    where = None if finding.where is None else str(finding.where)
    return {
        "store": first.side.lower(),
        "kind": finding.kind.name,
        "number": number,
        "first": {"where": where, "message": finding.message},
    }
