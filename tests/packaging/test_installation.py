"""Installing, as the Makefile does it: what is pinned is what is installed, whatever the index holds beside it.

The index and its packages are made here, so that no network is needed. They have the shape that once broke the
installation: one pinned package asks for an extra of another, of which there is a newer release. pip is the one that
this Python brings; the oldest that counts is 23.2.1, of Python 3.11.7.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from zipfile import ZipFile

import pytest
from attrs import frozen

pytestmark = pytest.mark.packaging

ROOT = Path(__file__).resolve().parents[2]
READY = ".venv/ready"
PATIENCE_S = 600

PROJECT = """\
[build-system]
requires = ["builder>=1"]
build-backend = "builder"
"""
# As little of a build backend as an editable installation needs.
BACKEND = """\
from pathlib import Path
from zipfile import ZipFile

METADATA = "Metadata-Version: 2.1\\nName: project\\nVersion: 0\\nRequires-Dist: report\\n"

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    name = "project-0-py3-none-any.whl"
    about = "project-0.dist-info"
    with ZipFile(Path(wheel_directory, name), "w") as wheel:
        wheel.writestr(f"{about}/METADATA", METADATA)
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{about}/RECORD", "")
    return name
"""
NEWER_BACKEND = "raise SystemExit('a newer build backend than the pinned one was used')\n"


@frozen
class Release:
    """A release of a package, with what it asks for and the text of its only module."""

    name: str
    version: str
    requires: tuple[str, ...] = ()
    module: str = ""

    @property
    def file(self) -> str:
        return f"{self.name}-{self.version}-py3-none-any.whl"

    def build(self, folder: Path) -> Path:
        """Write the wheel."""
        about = f"{self.name}-{self.version}.dist-info"
        extras = "Provides-Extra: colour\n" if any("extra ==" in each for each in self.requires) else ""
        requires = "".join(f"Requires-Dist: {each}\n" for each in self.requires)
        metadata = f"Metadata-Version: 2.1\nName: {self.name}\nVersion: {self.version}\n{extras}{requires}"
        with ZipFile(folder / self.file, "w") as wheel:
            wheel.writestr(f"{self.name}.py", self.module)
            wheel.writestr(f"{about}/METADATA", metadata)
            wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{about}/RECORD", "")
        return folder / self.file


PINNED = (
    Release("report", "1.0", ("measure[colour]>=1.0",)),
    Release("measure", "1.0", ('paint>=1.0; extra == "colour"',)),
    Release("paint", "1.0"),
    Release("builder", "1.0", module=BACKEND),
)
PUBLISHED_LATER = (
    Release("report", "2.0", ("measure[colour]>=2.0", "ink")),
    Release("measure", "2.0", ('paint>=2.0; extra == "colour"',)),
    Release("paint", "2.0"),
    Release("builder", "2.0", module=NEWER_BACKEND),
    Release("ink", "1.0"),
)


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """Make a package index of folders, in which every pinned release has a newer one beside it."""
    simple = tmp_path / "simple"
    for release in (*PINNED, *PUBLISHED_LATER):
        folder = simple / release.name
        folder.mkdir(parents=True, exist_ok=True)
        release.build(folder)
    for folder in simple.iterdir():
        publish(folder)
    return simple


@pytest.fixture
def checkout(tmp_path: Path, index: Path) -> Path:
    """Make a project with our Makefile, whose requirements are the pinned releases."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    shutil.copy(ROOT / "Makefile", folder)
    (folder / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    pin(folder, index, PINNED)
    return folder


def publish(folder: Path) -> None:
    """Write the page of a package, with links to its files."""
    page = folder / "index.html"
    page.unlink(missing_ok=True)
    links = "".join(f'<a href="{file.name}#sha256={digest(file)}">{file.name}</a>\n' for file in folder.iterdir())
    page.write_text(f"<!DOCTYPE html>\n<html><body>\n{links}</body></html>\n", encoding="utf-8")


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def pin(checkout: Path, index: Path, releases: Sequence[Release], files: Mapping[str, str] | None = None) -> None:
    """Write the requirements file, as `make lock` does; `files` names what is published in place of a wheel."""
    lines = (
        f"{each.name}=={each.version} \\\n"
        f"    --hash=sha256:{digest(index / each.name / (files or {}).get(each.name, each.file))}\n"
        for each in releases
    )
    (checkout / "requirements-dev.txt").write_text("".join(lines), encoding="utf-8")


def make_ready(
    checkout: Path, index: Path, python: str | Path = sys.executable, **environment: str
) -> "subprocess.CompletedProcess[str]":
    """Install with the index in place of any other, and with nothing of this machine's configuration of pip."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    own = {"HOME": str(index.parent), "PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": index.as_uri()}
    return subprocess.run(
        ["make", READY, f"PYTHON={python}"],
        check=False,
        cwd=checkout,
        env={**kept, **own, **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )


def installed(checkout: Path) -> set[str]:
    """What is in the environment but pip, and setuptools, which some Pythons bring."""
    listing = subprocess.run(
        [checkout / ".venv/bin/python", "-m", "pip", "list", "--format=freeze", "--disable-pip-version-check"],
        check=True,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    ).stdout.split()
    return {each for each in listing if each.partition("==")[0] not in {"pip", "setuptools"}}


def test_what_is_pinned_is_what_is_installed(checkout: Path, index: Path) -> None:
    done = make_ready(checkout, index)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "", "no warning and no notice confuses the user"
    assert installed(checkout) == {"project==0", *(f"{each.name}=={each.version}" for each in PINNED)}


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("measure", "report 1.0 requires measure, which is not installed"),
        ("builder", "builder"),
    ],
)
def test_a_set_that_is_not_closed_is_refused(checkout: Path, index: Path, missing: str, said: str) -> None:
    """Nothing fills a gap unseen. (What an extra asks for, pip doesn't look at: tests/packaging/test_pins.py does.)"""
    pin(checkout, index, [each for each in PINNED if each.name != missing])
    done = make_ready(checkout, index)
    assert done.returncode != 0
    assert said in done.stdout + done.stderr
    assert not (checkout / READY).exists(), "the next call tries again"
    assert not any(each.startswith(missing) for each in installed(checkout))


def test_a_file_that_differs_from_the_pinned_one_is_refused(checkout: Path, index: Path) -> None:
    with ZipFile(index / "paint" / PINNED[2].file, "a") as wheel:
        wheel.writestr("paint_more.py", "")
    done = make_ready(checkout, index)
    assert done.returncode != 0
    assert "HASH" in done.stderr
    assert not (checkout / READY).exists()


def test_nothing_is_built_from_sources(checkout: Path, index: Path) -> None:
    """What builds them isn't pinned."""
    wheel = index / "paint" / PINNED[2].file
    sources = wheel.with_name("paint-1.0.tar.gz")
    with tarfile.open(sources, "w:gz") as archive:
        archive.add(checkout / "pyproject.toml", "paint-1.0/pyproject.toml")
    wheel.unlink()
    publish(wheel.parent)
    pin(checkout, index, PINNED, files={"paint": sources.name})
    done = make_ready(checkout, index)
    assert done.returncode != 0
    assert "No matching distribution found for paint==1.0" in done.stderr


def test_what_lies_on_the_python_path_is_no_part_of_the_environment(checkout: Path, index: Path) -> None:
    """Something of the same name there would count as installed."""
    elsewhere = index.parent / "elsewhere"
    elsewhere.mkdir()
    with ZipFile(index / "paint" / PINNED[2].file) as wheel:
        wheel.extractall(elsewhere)
    done = make_ready(checkout, index, PYTHONPATH=str(elsewhere))
    assert done.returncode == 0, done.stderr
    assert "paint==1.0" in installed(checkout)


def test_a_python_that_is_too_old_is_named(checkout: Path, index: Path, tmp_path: Path) -> None:
    """Its pip would only say that it finds no package."""
    old = tmp_path / "old-python"
    old.write_text(
        f'#!/bin/sh\nshift\nexec {sys.executable} -c "import sys; sys.version_info = (3, 9, 6); $1"\n',
        encoding="utf-8",
    )
    old.chmod(0o755)
    done = make_ready(checkout, index, old)
    assert done.returncode != 0
    assert "Python 3.11 or newer is needed" in done.stderr
    assert "PYTHON=" in done.stderr
    assert not (checkout / ".venv").exists()
