"""The workflow of the README: it is one, its commands run, and what they write is what it uploads."""

import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from calling import call, environment, finished
from lifecycle_conformance.runner.known_failures import KnownFailures
from lifecycle_conformance.runner.known_failures_file import text_of
from test_readme import README

SECTION = README.partition("## In your CI\n")[2].partition("\n## ")[0]
# A driver that answers nothing but hello: the check is over at once.
DRIVER = """\
#!/bin/sh
read line
echo '{"id": 1, "ok": {"protocol": 1, "name": "mine", "version": "1", "language": "sh", "spec": "1",
"capabilities": []}}' | tr -d '\\n'
echo
"""


def workflow() -> Any:
    (text,) = re.findall(r"^```yaml\n(.*?)^```$", SECTION, re.DOTALL | re.MULTILINE)
    assert len(text.splitlines()) <= 30
    return yaml.safe_load(text)


def steps() -> list[Any]:
    (job,) = workflow()["jobs"].values()
    found: list[Any] = job["steps"]
    return found


def commands() -> list[str]:
    return [each["run"] for each in steps() if each.get("run", "").startswith("lifecycle-projection ")]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a driver, a file of known failures, and the command on its path."""
    for name, text in (
        ("my-driver", DRIVER),
        ("bin/lifecycle-projection", f'#!/bin/sh\nexec "{sys.executable}" -m lifecycle_conformance.cli "$@"\n'),
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)
    (tmp_path / "known-failures.toml").write_text(text_of(KnownFailures()), encoding="utf-8")
    return tmp_path


def test_it_runs_on_each_change_installs_judges_and_uploads_whatever_comes_of_it() -> None:
    # YAML 1.1 takes the key `on` for a truth value.
    assert workflow()[True] == ["push", "pull_request"]
    assert [each.get("run", each.get("uses", "")).split()[0].partition("@")[0] for each in steps()] == [
        "actions/checkout",
        "actions/setup-python",
        "pip",
        "lifecycle-projection",
        "actions/upload-artifact",
    ]
    assert [each for each in steps() if "if" in each] == [steps()[-1]]
    assert steps()[-1]["if"] == "always()"


def test_its_commands_run_and_write_what_is_uploaded(project: Path) -> None:
    path = os.pathsep.join((str(project / "bin"), os.environ["PATH"]))
    (command,) = commands()
    done = finished("sh", "-e", "-c", command, cwd=project, env=environment(PATH=path))
    assert (done.returncode, done.stdout.startswith("mine 1 can't be judged")) == (3, True), done.stderr
    uploaded = steps()[-1]["with"]["path"].split()
    assert uploaded == ["check.xml", "check.html", "lifecycle-cases"]
    assert all((project / each).stat().st_size > 0 for each in uploaded[:2])
    assert f"default: {uploaded[2]}" in " ".join(call("check", "--help").stdout.split())


def test_the_file_that_it_reads_is_written_by_the_command_before_it(project: Path) -> None:
    (line,) = re.findall(r"^    (lifecycle-projection .*)$", SECTION, re.MULTILINE)
    path = os.pathsep.join((str(project / "bin"), os.environ["PATH"]))
    done = finished("sh", "-e", "-c", line, cwd=project, env=environment(PATH=path))
    (command,) = commands()
    name = line.split()[line.split().index("--write-known-failures") + 1]
    assert command.split()[command.split().index("--known-failures") + 1] == name
    assert f"{name} is left as it is: " in done.stderr
