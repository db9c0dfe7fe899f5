"""The distribution: what is in the wheel, and that it works where no checkout is, as it does in an editable install."""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from email.parser import BytesParser
from pathlib import Path
from zipfile import ZipFile

import pytest

# What is built and installed here is for all of these tests: one process runs them.
pytestmark = [pytest.mark.packaging, pytest.mark.xdist_group("wheel")]

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {"lifecycle_projection": ROOT / "reference", "lifecycle_conformance": ROOT / "conformance"}
PATIENCE_S = 600


def run(command: Sequence[str | Path], **options: object) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; a failure shows all that it wrote."""
    done: subprocess.CompletedProcess[str] = subprocess.run(  # type: ignore[call-overload]
        [str(part) for part in command], check=False, capture_output=True, text=True, timeout=PATIENCE_S, **options
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


def for_pip() -> dict[str, str]:
    """The environment without what would let an installed package look into the checkout."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def made(folder: Path) -> Path:
    """Make a virtual environment with what users are to have, as a checkout gets it; give its folder of programs."""
    run(
        ["make", "-C", ROOT, folder / "pinned", f"VENV={folder}", "PINS=requirements.txt", f"PYTHON={sys.executable}"],
        env={name: value for name, value in for_pip().items() if name not in {"MAKEFLAGS", "MFLAGS", "MAKELEVEL"}},
    )
    return folder / "bin"


def outside(programs: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Call the command from an empty folder, with nothing in the environment but the path of the system."""
    folder.mkdir()
    done = run(
        [programs / "lifecycle-projection", *arguments],
        cwd=folder,
        env={"PATH": os.defpath, "HOME": str(folder), "LC_ALL": "C.UTF-8"},
    )
    assert list(folder.iterdir()) == [], "nothing is left in the working directory"
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT], env=for_pip())
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    programs = made(tmp_path_factory.mktemp("installed") / "venv")
    run([programs / "python", "-m", "pip", "install", "--quiet", "--no-deps", wheel], env=for_pip())
    run([programs / "python", "-m", "pip", "check"], env=for_pip())
    return programs


@pytest.fixture(scope="module")
def editable() -> Path:
    """The environment of these tests, into which `make` has installed the checkout."""
    return Path(sys.executable).parent


def sources() -> set[str]:
    """The names that a wheel is to have: the packages, and the texts inside the suite."""
    found = {
        path.relative_to(parent).as_posix()
        for name, parent in PACKAGES.items()
        for path in (parent / name).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    return found | {
        f"lifecycle_conformance/texts/{path.relative_to(ROOT).as_posix()}"
        for folder in ("spec", "schemas")
        for path in (ROOT / folder).rglob("*")
        if path.is_file()
    }


def test_the_wheel_holds_the_packages_the_texts_and_nothing_else(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = archive.namelist()
    about = {name for name in names if ".dist-info/" in name}
    assert len(names) == len(set(names))
    assert set(names) - about == sources()
    assert {f"{package}/py.typed" for package in PACKAGES} <= set(names)
    assert {name.partition("/")[2] for name in about} == {
        "METADATA",
        "RECORD",
        "WHEEL",
        "entry_points.txt",
        "licenses/LICENSE",
    }


def test_the_metadata_say_what_it_is(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = BytesParser().parsebytes(archive.read(name))
    assert metadata["Name"] == "lifecycle-projection"
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.11"
    assert str(metadata.get_payload()).startswith("# lifecycle-projection")


def test_an_installed_wheel_judges_the_reference_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    """By the fixed cases; a search runs the same code, and is as long as one in the checkout."""
    done = outside(installed, tmp_path / "empty", "vectors")
    assert re.search(r": (\d+) cases: \1 pass$", done.stdout)


def test_an_installed_wheel_does_not_look_into_the_checkout(installed: Path, tmp_path: Path) -> None:
    where = "import lifecycle_conformance.specification.texts as t; print(t.SPEC, t.SCHEMAS, t.VECTORS, sep='\\n')"
    printed = run([installed / "python", "-I", "-c", where], cwd=tmp_path, env={"PATH": os.defpath}).stdout.split()
    assert all(Path(folder).is_relative_to(installed.parent) and Path(folder).is_dir() for folder in printed)


def test_an_editable_install_finds_its_texts(editable: Path, tmp_path: Path) -> None:
    where = "import lifecycle_conformance.specification.texts as t; print(t.SPEC, t.SCHEMAS, t.VECTORS, sep='\\n')"
    printed = run([editable / "python", "-I", "-c", where], cwd=tmp_path, env={"PATH": os.defpath}).stdout.split()
    vectors = ROOT / "conformance" / "lifecycle_conformance" / "judges" / "vectors"
    assert list(map(Path, printed)) == [ROOT / "spec", ROOT / "schemas", vectors]


def test_both_installs_list_the_same_cases(installed: Path, editable: Path, tmp_path: Path) -> None:
    ours = outside(installed, tmp_path / "one", "vectors", "--list").stdout
    assert ours == outside(editable, tmp_path / "two", "vectors", "--list").stdout
    assert len(ours.splitlines()) > 400


def test_both_installs_tell_their_version(installed: Path, editable: Path, tmp_path: Path) -> None:
    ours = outside(installed, tmp_path / "one", "--version").stdout
    assert re.fullmatch(r"lifecycle-projection \d+\.\d+\.\d+\S*, specification \S+\n", ours)
    assert ours == outside(editable, tmp_path / "two", "--version").stdout


def test_an_installed_wheel_has_what_a_page_is_made_of(installed: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    store.mkdir()
    (store / "stateful_events.jsonl").touch()
    page = outside(installed, tmp_path / "empty", "audit", str(store), "--html", "-").stdout
    assert page.startswith("<!DOCTYPE html>\n")
    assert "<style>:root {" in page
