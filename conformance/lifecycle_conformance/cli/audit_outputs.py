"""What `audit` writes beside its report, and what that needs of the store."""

from typing import TYPE_CHECKING

from lifecycle_conformance.audit.contents import gaps, run_of
from lifecycle_conformance.audit.stored import StoredRun
from lifecycle_conformance.cli.outputs import Outputs

if TYPE_CHECKING:
    from lifecycle_conformance.audit.auditing import Records
    from lifecycle_conformance.audit.stored import StoreSource
    from lifecycle_conformance.report.audit_report import Form
    from lifecycle_conformance.report.audited import Audited
    from lifecycle_conformance.report.page.audit_page import ReadAgain
    from lifecycle_conformance.report.page.audit_timeline import RunAgain


def write(outputs: Outputs, audited: "Audited", form: "Form", again: "ReadAgain") -> None:
    """Write what was asked for."""

    def junit() -> bytes:
        from lifecycle_conformance.report.audit_junit import as_junit  # noqa: PLC0415 - only where it is asked for

        return as_junit(audited, form)

    def html() -> bytes:
        from lifecycle_conformance.report.page.audit_page import audit_page  # noqa: PLC0415 - likewise
        from lifecycle_conformance.report.page.page import rendered  # noqa: PLC0415

        return rendered(audit_page(audited, form, again))

    outputs.write(junit, html)


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
