"""The pinned requirements: a closed set, on every system and with every Python that is named, and from no host."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import metadata, requires, version
from itertools import product
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = {"requirements.txt": (), "requirements-dev.txt": ("dev", "cluster", "postgres")}
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
SYSTEMS = {"Linux": ("linux", ("x86_64", "aarch64")), "Darwin": ("darwin", ("x86_64", "arm64"))}
ENVIRONMENTS = [
    {
        **default_environment(),
        "implementation_name": "cpython",
        "implementation_version": f"{python}.0",
        "os_name": "posix",
        "platform_machine": machine,
        "platform_python_implementation": "CPython",
        "platform_system": system,
        "python_full_version": f"{python}.0",
        "python_version": python,
        "sys_platform": platform,
    }
    for python, (system, (platform, machines)) in product(PYTHONS, SYSTEMS.items())
    for machine in machines
]


def pins(name: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The pinned version of each package that an environment gets."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    pinned = [Requirement(line.rstrip(" \\")) for line in lines if line and not line.startswith(" ")]
    return {
        canonicalize_name(each.name): str(each.specifier).removeprefix("==")
        for each in pinned
        if each.marker is None or each.marker.evaluate(dict(environment))
    }


def asked(requirements: Sequence[str], environment: Mapping[str, str], extras: Sequence[str]) -> Iterator[Requirement]:
    """Those requirements that hold in an environment, with these extras or none."""
    for requirement in map(Requirement, requirements):
        if requirement.marker is None or any(
            requirement.marker.evaluate({**environment, "extra": extra}) for extra in ("", *extras)
        ):
            yield requirement


def of_the_project(extras: Sequence[str]) -> list[str]:
    optional = PROJECT["optional-dependencies"]
    return [*PROJECT["dependencies"], *(each for extra in extras for each in optional[extra])]


def gaps(name: str, environment: Mapping[str, str]) -> list[str]:
    """Say which requirement, of the project or of what it needs, no pin satisfies; look at extras, too."""
    pinned, found, seen = pins(name, environment), [], set()
    pending = [("the project", each) for each in asked(of_the_project(EXTRAS[name]), environment, ())]
    while pending:
        by, requirement = pending.pop()
        package, key = canonicalize_name(requirement.name), (by, str(requirement))
        if key in seen:
            continue
        seen.add(key)
        if package not in pinned or not requirement.specifier.contains(pinned[package], prereleases=True):
            found.append(f"{by} asks for {requirement}, pinned is {pinned.get(package)}")
            continue
        needed = asked(requires(package) or [], environment, sorted(requirement.extras))
        pending += [(package, each) for each in needed]
    return found


@pytest.mark.parametrize("name", EXTRAS)
def test_the_installed_packages_are_the_pinned_ones(name: str) -> None:
    """What follows reads what they ask for."""
    pinned = pins(name, default_environment())
    assert {package: version(package) for package in pinned} == pinned


@pytest.mark.parametrize("name", EXTRAS)
@pytest.mark.parametrize(
    "environment",
    ENVIRONMENTS,
    ids=lambda each: "-".join(each[key] for key in ("sys_platform", "platform_machine", "python_version")),
)
def test_the_pinned_set_is_closed(name: str, environment: Mapping[str, str]) -> None:
    assert gaps(name, environment) == []


@pytest.mark.parametrize("name", EXTRAS)
@pytest.mark.parametrize("python", PYTHONS)
def test_the_pinned_packages_run_on(name: str, python: str) -> None:
    for package in pins(name, ENVIRONMENTS[0]):
        assert SpecifierSet(metadata(package).get("Requires-Python", "")).contains(f"{python}.0"), package


def test_a_gap_behind_an_extra_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    asks = {"report": ["measure[colour]>=1"], "measure": ['paint>=2; extra == "colour"', "ink; extra == 'print'"]}
    pinned = {"report": "1", "measure": "1", "paint": "1"}
    monkeypatch.setitem(PROJECT, "dependencies", ["report"])
    monkeypatch.setitem(globals(), "pins", lambda *_: pinned)
    monkeypatch.setitem(globals(), "requires", asks.get)
    (gap,) = gaps("requirements.txt", ENVIRONMENTS[0])
    assert "measure asks for paint>=2" in gap
    pinned["paint"] = "2"
    assert gaps("requirements.txt", ENVIRONMENTS[0]) == []


def test_the_classifiers_name_the_pythons() -> None:
    named = {each.rpartition(" ")[2] for each in PROJECT["classifiers"] if each.startswith("Programming Language")}
    assert named == {"3", *PYTHONS}


@pytest.mark.parametrize("name", EXTRAS)
def test_the_pins_name_no_machine(name: str) -> None:
    """Every line is a pin or a hash: no index, no host, no path."""
    lines = [line for line in (ROOT / name).read_text(encoding="utf-8").splitlines() if line.strip()]
    pin = re.compile(r"[a-z0-9][a-z0-9._-]*(\[[a-z0-9,-]+\])?==[0-9][^\s;/:@]*( ; [a-z_]+ [^/:@]+)? \\")
    digest = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")
    assert [line for line in lines if not pin.fullmatch(line) and not digest.fullmatch(line)] == []
