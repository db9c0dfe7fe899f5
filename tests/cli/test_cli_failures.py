"""What the command line says where a store or a driver fails in a way that only some runs or cases meet."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from builders import OTHER_TENANT, lifecycle, run_json
from lifecycle_conformance.cli import main

# A driver that takes every run and records nothing, or ends where it should.
DRIVER = """
import json, sys
for line in sys.stdin:
    request = json.loads(line)
    if request["op"] == CRASHES_AT:
        sys.exit("out of luck")
    ok = {
        "hello": {"protocol": 1, "name": "x", "version": "1", "language": "Python", "spec": "1", "capabilities": []},
        "project": {"projected": 0}, "events": {"events": []}, "snapshots": {"snapshots": []},
    }
    print(json.dumps({"id": request["id"], "ok": ok.get(request["op"], {})}), flush=True)
"""


def call(*arguments: object, text: str = "") -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], input=text.encode())


def named(run_id: str, *history: dict[str, Any], **members: Any) -> dict[str, Any]:
    return run_json(*history, run_id=run_id, **members)


def log(store: Path) -> list[str]:
    """The run of each event."""
    return [json.loads(line)["run_id"] for line in (store / "stateful_events.jsonl").read_text().splitlines()]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def driver(folder: Path, crashes_at: str | None) -> list[str]:
    path = folder / "driver.py"
    path.write_text(DRIVER.replace("CRASHES_AT", repr(crashes_at)), encoding="utf-8")
    return [sys.executable, str(path)]


def test_a_snapshot_of_another_tenant_is_kept_and_its_path_named(store: Path) -> None:
    """Hazard H3: that run is stopped, the others go on."""
    call("project", "-", "--store", store, text=json.dumps(named("a", lifecycle("x", 1))))
    (snapshot,) = (store / "stateful_snapshots" / "a").iterdir()
    before = snapshot.read_bytes()
    runs = {"a": named("a", lifecycle("x", 1), tenant_context=OTHER_TENANT), "b": named("b", lifecycle("x", 1))}
    result = call("project", "-", "--store", store, text=json.dumps(runs))
    assert result.exit_code == 2
    assert f"{snapshot}: the place of snapshot" in result.stderr
    assert result.stdout.startswith("a: 0 projected, then stopped\nb: 1 projected\n")
    assert snapshot.read_bytes() == before


def test_a_name_that_is_too_long_is_a_storage_error_and_can_be_repeated(store: Path) -> None:
    """Hazard H8: the event stays, and is not recorded again."""
    long = json.dumps(named("a", lifecycle("x" * 300, 1)))
    for _ in range(2):
        result = call("project", "-", "--store", store, text=long)
        assert result.exit_code == 2
        assert "x" * 300 in result.stderr
        assert log(store) == ["a"]


def test_a_refused_input_makes_no_store(store: Path) -> None:
    """A bad last line of JSON Lines is named, and keeps even the directory from being made."""
    good = json.dumps(named("a", lifecycle("x", 1)))
    result = call("project", "-", "--store", store, text=f"{good}\n{good}\n{good.replace('running', 'asleep')}\n")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: standard input:3: expected one of queued")
    assert not store.exists()


def test_cases_that_are_not_declared_are_never_well(tmp_path: Path) -> None:
    """Where the capabilities allow nothing, nothing was judged: that is undecided."""
    listed = json.loads(call("vectors", "--list", "--json").stdout)["vectors"]
    needy = next(one["name"] for one in listed if one["needs"])
    result = call("vectors", "--only", needy, "--", *driver(tmp_path, None))
    assert result.exit_code == 3
    assert "1 case: 1 not declared (for want of " in result.stdout


def test_a_crash_is_told_and_the_other_cases_go_on(tmp_path: Path) -> None:
    listed = json.loads(call("vectors", "--list", "--json").stdout)["vectors"]
    plain = [one["name"] for one in listed if not one["needs"]][:3]
    only = [argument for name in plain for argument in ("--only", name)]
    result = call("vectors", *only, "--json", "--", *driver(tmp_path, "project"))
    report = json.loads(result.stdout)
    assert result.exit_code == 1
    assert [one["verdict"] for one in report["vectors"]] == ["crash"] * len(plain)
    assert all("out of luck" in one["details"][0] for one in report["vectors"])


def test_a_wrong_call_is_told_where_standard_output_is_closed(tmp_path: Path) -> None:
    """As by `>&-`: what can't be written must not hide what went wrong."""
    lifecycle_projection = shlex.join([sys.executable, "-m", "lifecycle_conformance.cli", "validate"])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        ["sh", "-c", f"exec {lifecycle_projection} nowhere.json >&-"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=environment,
    )
    assert (done.returncode, done.stderr) == (
        2,
        "error: nowhere.json: expected a readable file: No such file or directory\n",
    )
