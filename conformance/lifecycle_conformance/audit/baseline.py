"""The findings that the owner of a store has accepted: they count no longer, and are held to strictly.

An accepted finding is known again by what it is about, not by its line, which moves, and not by its values, of which a
digest is kept. Each entry accepts one finding; one that fits none is stale, as what it speaks of has been mended.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import asdict, evolve, field, frozen

from lifecycle_conformance.audit.finding import NOTHING, Finding
from lifecycle_conformance.execution.trace import TenantKey, key_of, tenant_of
from lifecycle_conformance.specification.schemas import problems
from lifecycle_projection.errors import InvalidInputError, Problem
from lifecycle_projection.records import Json

SCHEMA: Final = "audit-baseline"


@frozen(kw_only=True)
class Accepted:
    """An accepted finding, and the reason for accepting it, which decides nothing."""

    kind: str
    requirement: str
    run_id: str | None = None
    tenant: TenantKey | None = None
    record_index: int | None = None
    event_id: str | None = None
    path: str | None = None
    row: str | None = None
    digest: str | None = None
    reason: str = field(default="", eq=False)


@frozen
class Scope:
    """What was audited: `named` are the store and the run records as the user named them.

    `runs` and `tenant` are what the audit was narrowed down to, if it was.
    """

    named: Sequence[str] = ()
    runs: frozenset[str] = frozenset()
    tenant: TenantKey | None = None

    def covers(self, entry: Accepted) -> bool:
        """Whether the finding of an entry would have been found, if it were still there."""
        in_runs = not self.runs or entry.run_id is None or entry.run_id in self.runs
        return in_runs and (self.tenant is None or entry.tenant in {None, self.tenant})

    def accepted(self, finding: Finding) -> Accepted:
        """The entry that accepts a finding."""
        where = finding.where
        return Accepted(
            kind=finding.kind.name,
            requirement=finding.kind.requirement,
            run_id=finding.run_id,
            tenant=finding.tenant,
            record_index=finding.record_index,
            event_id=finding.event_id,
            path=None if where is None else self._from_here(where.path),
            row=None if where is None else where.row,
            digest=_digest(finding),
        )

    def _from_here(self, path: str) -> str:
        """A path that stays the same wherever the store and the run records are, and however they are named."""
        for each in self.named:
            folder = each.rstrip("/")
            if path == folder or path.startswith(f"{folder}/"):
                return folder.rpartition("/")[2] + path.removeprefix(folder)
        return path


def _digest(finding: Finding) -> str | None:
    both = (("expected", finding.expected), ("actual", finding.actual))
    values = {name: value for name, value in both if value is not NOTHING}
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16] if values else None


@frozen(kw_only=True)
class Matched:
    """The findings that are left, those that are accepted, each with its reason, and the stale entries of the baseline.

    A stale entry comes with its place in the baseline.
    """

    left: Sequence[Finding]
    accepted: Sequence[tuple[Finding, str]]
    stale: Sequence[tuple[int, Accepted]] = ()

    def since(self, at_ms: int | None) -> "Matched":
        """The same without the findings that say an earlier time."""
        if at_ms is None:
            return self

        def is_later(finding: Finding) -> bool:
            return finding.at_ms is None or finding.at_ms >= at_ms

        left = [each for each in self.left if is_later(each)]
        return evolve(self, left=left, accepted=[each for each in self.accepted if is_later(each[0])])


def matched(findings: Iterable[Finding], entries: Sequence[Accepted], scope: Scope) -> Matched:
    """Hold findings against a baseline. Entries about what wasn't looked at are not stale."""
    unused: defaultdict[Accepted, list[int]] = defaultdict(list)
    for number, entry in reversed([*enumerate(entries)]):
        unused[entry].append(number)
    left, accepted = [], []
    for finding in findings:
        places = unused.get(scope.accepted(finding))
        if places:
            accepted.append((finding, entries[places.pop()].reason))
        else:
            left.append(finding)
    over = sorted(number for places in unused.values() for number in places)
    stale = [(number, entries[number]) for number in over if scope.covers(entries[number])]
    return Matched(left=left, accepted=accepted, stale=stale)


def renewed(findings: Iterable[Finding], before: Sequence[Accepted], scope: Scope) -> list[Accepted]:
    """The baseline that accepts these findings, with the reasons that were given before, in an order that stays."""
    reasons: defaultdict[Accepted, list[str]] = defaultdict(list)
    for entry in reversed(before):
        reasons[entry].append(entry.reason)
    entries = []
    for finding in findings:
        entry = scope.accepted(finding)
        given = reasons.get(entry)
        entries.append(evolve(entry, reason=given.pop()) if given else entry)
    return sorted(entries, key=lambda each: json.dumps(asdict(evolve(each, reason=""))))


# --- as a document ----------------------------------------------------------------------------------------------------


def document_of(entries: Iterable[Accepted]) -> dict[str, Json]:
    """A baseline as JSON; what an entry doesn't say is left out."""
    return {"baseline": 1, "accepted": [dict(members_of(each)) for each in entries]}


def members_of(entry: Accepted) -> Iterator[tuple[str, Json]]:
    """The members of an entry as JSON."""
    for name, value in asdict(entry, recurse=False).items():
        if name == "tenant" and entry.tenant is not None:
            yield name, tenant_of(entry.tenant)
        elif value is not None:
            yield name, value


def entries_of(document: Json) -> list[Accepted]:
    """The entries of a baseline. Raises :class:`InvalidInputError` with the JSON path of each thing that is wrong."""
    wrong = problems(SCHEMA, document)
    if wrong:
        raise InvalidInputError(problems=tuple(Problem(path, message) for path, message in wrong))
    valid: Any = document
    return [_entry(each) for each in valid["accepted"]]


def _entry(members: Mapping[str, Any]) -> Accepted:
    tenant = members.get("tenant")
    return Accepted(**{**members, "tenant": None if tenant is None else key_of(tenant)})
