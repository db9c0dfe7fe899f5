"""What this command line writes: its output, errors and warnings, and the warnings that the reference logs among them.

All output goes through here, so that text of a driver or a file never acts upon a terminal.
"""

import json
import os
import shutil
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import click

from lifecycle_conformance.cli.progress import CLEAR, can_rewrite
from lifecycle_conformance.driver.safe_text import safe, safe_output

if TYPE_CHECKING:
    from lifecycle_projection.records import Json

_LINES: Final = "\n"
_PIPE: Final = 80
_NARROWEST: Final = 40
_WIDEST: Final = 120


def echo(text: str) -> None:
    """Write a text, of one or several lines, and a newline to standard output."""
    click.echo(safe(text, keep=_LINES))


def echo_report(text: str) -> None:
    """Write a report and a newline to standard output; its colours reach a terminal only.

    Foreign text in it must be safe already: here its escape sequences would look like colours of the report.
    """
    click.echo(safe_output(text))


def echo_json(value: "Json") -> None:
    """Write a JSON value to standard output, whole; what is not safe to show is escaped in its strings."""
    echo(json.dumps(value, ensure_ascii=False, indent=2))


def warn(message: str) -> None:
    """Show a warning."""
    _to_standard_error(f"{click.style('warning:', fg='yellow')} {safe(message, keep=_LINES)}")


def complain(message: str) -> None:
    """Show an error."""
    _to_standard_error(f"{click.style('error:', fg='red')} {safe(message, keep=_LINES)}")


def _to_standard_error(text: str) -> None:
    """Write to standard error, in place of a line of progress; the work goes on where that fails."""
    try:
        click.echo(f"{CLEAR if can_rewrite() else ''}{text}", err=True)
    except OSError:
        with suppress(OSError, ValueError):  # what is still in the buffer would fail again at the end
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def width() -> int:
    """How many columns a line may have: those of the terminal, from 40 to 120, and 80 in a pipe.

    The variable COLUMNS, where it is set, counts for both.
    """
    columns = shutil.get_terminal_size((_PIPE, 24)).columns
    return max(_NARROWEST, min(_WIDEST, columns))
