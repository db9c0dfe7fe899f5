"""Where no POSIX system is: what needs one says so in a sentence, and the rest works."""

import subprocess
import sys
from pathlib import Path

import pytest

from calling import environment, finished
from test_cli import COMMANDS

# As on Windows: these modules and names aren't there.
ELSEWHERE = """\
import os, select, signal, sys
sys.modules.update(dict.fromkeys(("fcntl", "grp", "pty", "pwd", "resource", "syslog", "termios", "tty")))
for module, name in ((os, "killpg"), (os, "setsid"), (select, "poll"), (signal, "SIGHUP"), (signal, "SIGKILL")):
    delattr(module, name)
from lifecycle_conformance.cli.root import main
main(prog_name="lifecycle-projection")
"""


def called(*arguments: str, within: Path) -> "subprocess.CompletedProcess[str]":
    """Call the command line in a process that lacks what only POSIX systems have."""
    # Packages that use other modules on Windows warn when this system lacks its own.
    program = (sys.executable, "-W", "ignore", "-c", ELSEWHERE)
    done = finished(*program, *arguments, cwd=within, env=environment(NO_COLOR="1"), stdin=subprocess.DEVNULL)
    assert "Traceback" not in done.stderr
    return done


@pytest.mark.parametrize(
    "arguments",
    [
        ("check",),
        ("check", "--json", "--", "my-driver"),
        ("project", "runs.json", "--store", "store"),
        ("replay", "case.json"),
        ("serve",),
        ("vectors",),
        ("vectors", "--", "my-driver"),
    ],
    ids=" ".join,
)
def test_what_needs_a_posix_system_says_so(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = called(*arguments, within=tmp_path)
    (sentence,) = done.stderr.splitlines()
    assert sentence == (
        f"error: `{arguments[0]}` runs only on Linux, macOS and other POSIX systems; on Windows, use WSL"
    )
    assert (done.returncode, done.stdout, list(tmp_path.iterdir())) == (2, "", [])


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("--version",),
        *((command, "--help") for command in COMMANDS),
        ("serve", "--store", "memory"),
        ("vectors", "--export", "cases"),
        ("vectors", "--list"),
    ],
    ids=" ".join,
)
def test_what_needs_none_works_everywhere(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = called(*arguments, within=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
