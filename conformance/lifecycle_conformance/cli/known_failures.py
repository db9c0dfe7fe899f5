"""`check --known-failures` and `--write-known-failures`: the file of accepted failures."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click
from attrs import define

from lifecycle_conformance.cli.messages import warn
from lifecycle_conformance.cli.result_files import STANDARD_OUTPUT, check_target

if TYPE_CHECKING:
    from lifecycle_conformance.runner.known_failures import KnownFailures
    from lifecycle_conformance.runner.verdicts import Report

_WRITE = "--write-known-failures"


@define
class KnownFailuresFiles:
    """The file that is to be written after the check, if there is one, and what is known before and after it."""

    target: str | None
    taken: Sequence[str]
    known: "KnownFailures"
    new: "KnownFailures | None" = None

    @classmethod
    def asked(cls, source: str | None, target: str | None) -> "KnownFailuresFiles":
        """The files are read, and wrong calls are refused, before the check begins.

        A file that is to be written anew must be one of known failures: so its reasons are kept, and no other file is
        lost. `taken` are the files that nothing else may be written to.
        """
        from lifecycle_conformance.runner.known_failures_file import read_for  # noqa: PLC0415 - help needs none of it

        if target == STANDARD_OUTPUT:
            raise click.BadParameter("expected a file, found standard output", param_hint=f"'{_WRITE}'")
        if target is not None:
            check_target(_WRITE, target, [])
        return cls(target, [each for each in (source, target) if each is not None], read_for(source, target))

    def held(self, report: "Report", *, all_cases: bool) -> "Report":
        """The report with what is known marked; where the file is to be written, all that fails is.

        After a check that was cut off nothing is written: what is known may be yet to come.
        """
        from lifecycle_conformance.runner.known_failures import held, renewed  # noqa: PLC0415

        if self.target is None:
            return held(report, self.known, all_cases=all_cases)
        if report.cut:
            warn(f"{self.target} is left as it is: {report.cut}")
            return held(report, self.known, all_cases=all_cases)
        self.new = renewed(report, self.known, all_cases=all_cases)
        return held(report, self.new, all_cases=all_cases)

    def write(self) -> None:
        """Write what is known after the check."""
        from lifecycle_conformance.runner.known_failures_file import write  # noqa: PLC0415

        if self.target is not None and self.new is not None and (lacking := write(self.target, self.new)):
            warn(lacking)
