"""What `audit` writes for others beside its report: JUnit XML for CI, and a page for people."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click
from attrs import frozen

from lifecycle_conformance.audit.contents import gaps, run_of
from lifecycle_conformance.audit.stored import StoredRun
from lifecycle_conformance.cli.messages import echo
from lifecycle_conformance.cli.result_files import STANDARD_OUTPUT, check_target, write_whole

if TYPE_CHECKING:
    from lifecycle_conformance.audit.auditing import Records
    from lifecycle_conformance.audit.stored import StoreSource
    from lifecycle_conformance.report.audit_report import Form
    from lifecycle_conformance.report.audited import Audited
    from lifecycle_conformance.report.page.audit_page import ReadAgain
    from lifecycle_conformance.report.page.audit_timeline import RunAgain


@frozen
class Outputs:
    """Where they go: to files, to standard output in place of the report, or nowhere."""

    junit: str | None
    html: str | None

    @property
    def replace_report(self) -> bool:
        """Whether one of them goes to standard output."""
        return STANDARD_OUTPUT in {self.junit, self.html}

    def check(self, read: Sequence[str], *, as_json: bool) -> None:
        """Refuse a target that can't be written, or that is one of those that are `read` or written, before the audit.

        Raises :class:`click.UsageError`.
        """
        targets = [(name, each) for name, each in (("--junit", self.junit), ("--html", self.html)) if each is not None]
        first = [*["--json"] * as_json, *(f"{name} -" for name, each in targets if each == STANDARD_OUTPUT)]
        if len(first) > 1:
            raise click.UsageError(f"{' and '.join(first)} would both write to standard output")
        taken = [*read]
        for name, each in targets:
            if each != STANDARD_OUTPUT:
                check_target(name, each, taken)
                taken.append(each)

    def write(self, audited: "Audited", form: "Form", again: "ReadAgain") -> None:
        """Write what was asked for."""
        if self.junit is not None:
            from lifecycle_conformance.report.audit_junit import as_junit  # noqa: PLC0415 - only where it is asked for

            _write(self.junit, as_junit(audited, form))
        if self.html is not None:
            from lifecycle_conformance.report.page.audit_page import audit_page  # noqa: PLC0415 - likewise
            from lifecycle_conformance.report.page.page import rendered  # noqa: PLC0415

            _write(self.html, rendered(audit_page(audited, form, again)))


def reader(source: "StoreSource | None", records: "Records | None") -> "ReadAgain":
    """What reads runs of a store once more, with their run records, where there are such."""

    def again(run_id: str) -> "RunAgain | None":
        from lifecycle_conformance.report.page.audit_timeline import RunAgain  # noqa: PLC0415 - only for a page

        stored = None if source is None else run_of(source, run_id)
        record = None if records is None else records.get(run_id)
        if stored is None or source is None:
            return None if record is None else RunAgain(stored=StoredRun(run_id=run_id), record=record)
        return RunAgain(stored=stored, gaps=gaps(stored, source), record=record)

    return again


def _write(target: str, document: bytes) -> None:
    if target == STANDARD_OUTPUT:
        echo(document.decode().rstrip("\n"))
    else:
        write_whole(target, document)
