"""`audit --tenant`: findings of one tenant, who must be there."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from lifecycle_conformance.audit.auditing import Read
    from lifecycle_conformance.audit.finding import Finding
    from lifecycle_conformance.audit.run_records import RunRecords


class Tenant:
    """The tenant that findings must be about, or none, which all are."""

    def __init__(self, asked: str | None) -> None:
        parts = [] if asked is None else asked.split("/")
        if asked is not None and len(parts) not in {2, 3}:
            raise click.BadParameter("expected ORG/WORKSPACE or ORG/WORKSPACE/DEPLOYMENT", param_hint="'--tenant'")
        org, workspace, deployment = (*parts, None, None, None)[:3]
        self.key = None if org is None or workspace is None else (org, workspace, deployment)

    def check(self, read: "Read", records: "RunRecords | None") -> None:
        """Refuse a tenant of whom nothing was read: most likely it is misspelt, and nothing found would look well."""
        from lifecycle_conformance.execution.trace import owner_of_run  # noqa: PLC0415 - only where a tenant is named

        if self.key is None or self.key in read.tenants:
            return
        given = () if records is None else filter(None, map(records.get, records.run_ids()))
        if all(owner_of_run(record).tenant != self.key for record, _ in given):
            there = ", ".join(sorted("/".join(filter(None, each)) for each in read.tenants)) or "none"
            raise click.UsageError(f"there is nothing of this tenant; there are {there}")

    def concerns(self, finding: "Finding") -> bool:
        """Whether a finding is about this tenant, or about none."""
        return self.key is None or finding.tenant in {None, self.key}
