"""What a command writes for others beside its report: JUnit XML for CI, a page for people, a statement to verify."""

from collections.abc import Callable, Sequence

import click
from attrs import frozen

from lifecycle_conformance.cli.messages import echo
from lifecycle_conformance.cli.result_files import STANDARD_OUTPUT, check_target
from lifecycle_conformance.runner.whole_file import write_whole


@frozen
class Outputs:
    """Where they go: to files, to standard output in place of the report, or nowhere."""

    junit: str | None
    html: str | None
    statement: str | None = None

    @property
    def replace_report(self) -> bool:
        """Whether one of them goes to standard output."""
        return STANDARD_OUTPUT in {self.junit, self.html, self.statement}

    def check(self, read: Sequence[str], *, as_json: bool) -> None:
        """Refuse a target that can't be written, or that is one of those that are `read` or written, before the work.

        Raises :class:`click.UsageError`.
        """
        given = (("--junit", self.junit), ("--html", self.html), ("--statement", self.statement))
        targets = [(name, each) for name, each in given if each is not None]
        first = [*["--json"] * as_json, *(f"{name} -" for name, each in targets if each == STANDARD_OUTPUT)]
        if len(first) > 1:
            raise click.UsageError(f"{' and '.join(first)} would both write to standard output")
        taken = [*read]
        for name, each in targets:
            if each != STANDARD_OUTPUT:
                check_target(name, each, taken)
                taken.append(each)

    def write(self, *made: Callable[[], bytes]) -> None:
        """Write what was asked for, made by functions in the order of the members; the others are never called."""
        for target, content in zip((self.junit, self.html, self.statement), made, strict=False):
            if target == STANDARD_OUTPUT:
                echo(content().decode().rstrip("\n"))
            elif target is not None:
                write_whole(target, content())
