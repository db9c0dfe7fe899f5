"""What a command writes for others beside its report: JUnit XML for CI, and a page for people."""

from collections.abc import Callable, Sequence

import click
from attrs import frozen

from lifecycle_conformance.cli.messages import echo
from lifecycle_conformance.cli.result_files import STANDARD_OUTPUT, check_target, write_whole


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
        """Refuse a target that can't be written, or that is one of those that are `read` or written, before the work.

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

    def write(self, junit: Callable[[], bytes], html: Callable[[], bytes]) -> None:
        """Write what was asked for: what makes the other is never called."""
        for target, made in ((self.junit, junit), (self.html, html)):
            if target == STANDARD_OUTPUT:
                echo(made().decode().rstrip("\n"))
            elif target is not None:
                write_whole(target, made())
