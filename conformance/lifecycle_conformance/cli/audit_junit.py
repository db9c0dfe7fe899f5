"""`audit --junit`: where its file goes."""

from collections.abc import Sequence

import click

from lifecycle_conformance.cli.messages import echo
from lifecycle_conformance.cli.result_files import STANDARD_OUTPUT, check_target, write_whole
from lifecycle_conformance.report.audit_junit import Audited, as_junit
from lifecycle_conformance.report.audit_report import Form


def check_junit(target: str | None, read: Sequence[str], *, as_json: bool) -> None:
    """Refuse a target that can't be written, before the audit."""
    if target == STANDARD_OUTPUT and as_json:
        raise click.UsageError("--json and --junit - would both write to standard output")
    if target not in {None, STANDARD_OUTPUT}:
        check_target("--junit", str(target), read)


def write_junit(target: str, audited: Audited, form: Form) -> None:
    """Write the XML to a file, or to standard output."""
    document = as_junit(audited, form)
    if target == STANDARD_OUTPUT:
        echo(document.decode().rstrip("\n"))
    else:
        write_whole(target, document)
