"""The command line, called in this process or as one of its own."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from click.testing import CliRunner, Result

import lifecycle_conformance
import lifecycle_projection
from lifecycle_conformance.cli.root import main

PROGRAM: Final = (sys.executable, "-m", "lifecycle_conformance.cli")
PATIENCE_S: Final = 60


def environment(**members: str) -> dict[str, str]:
    """An environment in which a child process finds the packages that this one uses."""
    packages = (lifecycle_projection, lifecycle_conformance)
    folders = [str(Path(str(package.__file__)).parents[1]) for package in packages]
    inherited = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    return {**inherited, "PYTHONPATH": os.pathsep.join(folders), **members}


def call(*arguments: object, stdin: bytes | str = b"", **options: Any) -> Result:
    """Call the command line in this process."""
    done = CliRunner().invoke(main, [str(argument) for argument in arguments], input=stdin, **options)
    assert "Traceback" not in done.stderr
    return done


def started(*arguments: object, **options: Any) -> Any:
    """Start the command line as a process of its own, with pipes where no option says otherwise."""
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    return subprocess.Popen([*PROGRAM, *map(str, arguments)], **{"env": environment(), **pipes, **options})


def finished(*command: object, **options: Any) -> "subprocess.CompletedProcess[str]":
    """What a process left, which finds our packages."""
    known = {"env": environment(), "timeout": PATIENCE_S, "capture_output": True, **options}
    return subprocess.run([*map(str, command)], check=False, text=True, **known)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
