"""The tour of the README: its commands, run, print what it says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from calling import environment, finished

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
LIFE = "cat life.jsonl"
# The search takes its time, and the versions in an answer change: both are tested elsewhere.
LEFT_OUT = re.compile(r"lifecycle-projection (check|serve|vectors)")


def transcript() -> list[tuple[str, str]]:
    """The indented commands, each with the lines that it printed."""
    found: list[tuple[str, list[str]]] = []
    for line in README.splitlines():
        if line.startswith("    $ "):
            found.append((line[6:], []))
        elif found and (line.startswith("    ") or not line):
            found[-1][1].append(line[4:])
        elif line:
            found.append(("", []))  # what follows is no output
    return [(command, "\n".join(printed).strip("\n") + "\n" * bool(printed)) for command, printed in found if command]


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """Make a folder with the command in it, as an installation has it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "lifecycle-projection"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m lifecycle_conformance.cli "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return folder


def test_the_tour_prints_what_it_says(tmp_path: Path, programs: Path) -> None:
    path = os.pathsep.join((str(programs), os.environ["PATH"]))
    commands = transcript()
    (tmp_path / "life.jsonl").write_text(dict(commands)[LIFE], encoding="utf-8")
    run = [(command, printed) for command, printed in commands if command != LIFE and not LEFT_OUT.search(command)]
    assert len(run) >= 4
    for command, printed in run:
        options = {"capture_output": False, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        done = finished("sh", "-c", command, cwd=tmp_path, env=environment(PATH=path), **options)
        assert (command, done.stdout) == (command, printed)


def test_the_links_of_the_documents_lead_somewhere() -> None:
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        targets = [target for target in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in target]
        assert [target for target in targets if not (ROOT / target).exists()] == []


def test_the_folders_and_modules_that_the_readme_names_are_there() -> None:
    named = re.findall(r"`((?:spec|schemas|reference|conformance|tests)/[^`]*)`", README)
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []
