"""`audit --baseline` and `--write-baseline`: the file of accepted findings."""

import json
from collections.abc import Sequence
from pathlib import Path

import click
from attrs import evolve, frozen

from lifecycle_conformance.audit.baseline import Accepted, Matched, Scope, document_of, entries_of, matched, renewed
from lifecycle_conformance.audit.finding import Finding
from lifecycle_conformance.cli.result_files import check_target
from lifecycle_conformance.runner.whole_file import write_whole
from lifecycle_projection.errors import InvalidInputError
from lifecycle_projection.json_text import read_json


@frozen(kw_only=True)
class Baseline:
    """What is accepted before the audit, and the file that its findings are written to as accepted, if there is one."""

    scope: Scope
    entries: Sequence[Accepted]
    target: str | None

    @classmethod
    def asked(cls, baseline: str | None, target: str | None, scope: Scope, read: Sequence[str]) -> "Baseline":
        """The files are read, and wrong calls are refused, before the audit begins.

        A file that is to be written anew must hold a baseline: so its reasons are kept, and no other file is lost.
        """
        if target is not None:
            if scope.runs or scope.tenant is not None:
                raise click.UsageError("--write-baseline takes the findings of the whole store: no --run, no --tenant")
            check_target("--write-baseline", target, read)
        before = [] if baseline is None else _read(baseline)
        if target is not None and target != baseline and Path(target).exists():
            before += _read(target)
        return cls(scope=scope, entries=before, target=target)

    def held_against(self, findings: Sequence[Finding], counting: Sequence[str], *, cut: bool) -> Matched:
        """What is accepted; `counting` are the severities that a new baseline takes, as the others need no accepting.

        Of an audit that was `cut` off, nothing is written, and no entry is stale: what it fits may be yet to come.
        """
        if cut or self.target is None:
            found = matched(findings, self.entries, self.scope)
            return evolve(found, stale=()) if cut else found
        taken = [each for each in findings if each.kind.severity in counting]
        entries = renewed(taken, self.entries, self.scope)
        text = json.dumps(document_of(entries), ensure_ascii=True, indent=2)
        write_whole(self.target, f"{text}\n".encode())
        return matched(findings, entries, self.scope)


def _read(name: str) -> list[Accepted]:
    try:
        return entries_of(read_json(Path(name).read_bytes()))
    except InvalidInputError as error:
        raise error.located(name) from None
