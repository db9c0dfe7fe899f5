"""What the command line says where a store or a driver fails in a way that only some runs or cases meet."""

import json
import os
import shlex
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from builders import OTHER_TENANT, lifecycle, run_json
from calling import PATIENCE_S, PROGRAM, call, finished, started
from idle import idle
from lifecycle_conformance.judges.vectors import stream


def named(run_id: str, *history: dict[str, Any], **members: Any) -> dict[str, Any]:
    return run_json(*history, run_id=run_id, **members)


def log(store: Path) -> list[str]:
    """The run of each event."""
    return [json.loads(line)["run_id"] for line in (store / "stateful_events.jsonl").read_text().splitlines()]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def test_a_snapshot_of_another_tenant_is_kept_and_its_path_named(store: Path) -> None:
    """Hazard H3: that run is stopped, the others go on."""
    call("project", "-", "--store", store, stdin=json.dumps(named("a", lifecycle("x", 1))))
    (snapshot,) = (store / "stateful_snapshots" / "a").iterdir()
    before = snapshot.read_bytes()
    runs = {"a": named("a", lifecycle("x", 1), tenant_context=OTHER_TENANT), "b": named("b", lifecycle("x", 1))}
    result = call("project", "-", "--store", store, stdin=json.dumps(runs))
    assert result.exit_code == 2
    assert f"{snapshot}: the place of snapshot" in result.stderr
    assert result.stdout.startswith("a: 0 projected, then stopped\nb: 1 projected\n")
    assert snapshot.read_bytes() == before


def test_a_name_that_is_too_long_is_a_storage_error_and_can_be_repeated(store: Path) -> None:
    """Hazard H8: the event stays, and is not recorded again."""
    long = json.dumps(named("a", lifecycle("x" * 300, 1)))
    for _ in range(2):
        result = call("project", "-", "--store", store, stdin=long)
        assert result.exit_code == 2
        assert "x" * 300 in result.stderr
        assert log(store) == ["a"]


@pytest.mark.usefixtures("vectors_read_once")
def test_cases_that_are_not_declared_are_never_well(tmp_path: Path) -> None:
    """Where the capabilities allow nothing, nothing was judged: that is undecided."""
    needy = next(each.name for each in stream() if each.needs)
    result = call("vectors", "--only", needy, "--", *idle(tmp_path))
    assert result.exit_code == 3
    assert "1 case: 1 not declared (for want of " in result.stdout


@pytest.mark.usefixtures("vectors_read_once")
def test_a_crash_is_told_and_the_other_cases_go_on(tmp_path: Path) -> None:
    plain = [each.name for each in islice((each for each in stream() if not each.needs), 3)]
    only = [argument for name in plain for argument in ("--only", name)]
    crashing = idle(tmp_path, "sys.exit('out of luck')", at="project")
    result = call("vectors", *only, "--json", "--", *crashing)
    report = json.loads(result.stdout)
    assert result.exit_code == 1
    assert [one["verdict"] for one in report["vectors"]] == ["crash"] * len(plain)
    assert all("out of luck" in one["details"][0] for one in report["vectors"])


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("validate - <&-", 2, "error: standard input: "),
        ("serve <&-", 0, ""),
        ("validate nowhere 2>&-", 2, ""),
        ("vectors --list >&- 2>&-", 0, ""),
        ("--help > /dev/full", 2, "error: No space left on device\n"),
        ("check --help > /dev/full", 2, "error: No space left on device\n"),
        ("--version > /dev/full", 2, "error: No space left on device\n"),
    ],
)
def test_streams_that_are_closed_or_full_change_nothing_else(
    command: str, code: int, said: str, tmp_path: Path
) -> None:
    done = finished("sh", "-c", f"exec {shlex.join(PROGRAM)} {command}", cwd=tmp_path)
    assert done.returncode == code
    assert done.stderr.startswith(said) if said else done.stderr == ""


@pytest.mark.parametrize("seconds", ["nan", "inf"])
@pytest.mark.parametrize(
    "command",
    [["check", "--seconds"], ["doctor", "--timeout"], ["project", "runs.json", "--store", "s", "--lock-timeout"]],
)
def test_a_time_that_is_never_over_is_refused(command: list[str], seconds: str) -> None:
    done = call(*command, seconds)
    assert done.exit_code == 2
    assert f"expected a finite number of seconds, found {seconds}" in " ".join(done.stderr.split())


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_a_reader_of_help_that_went_away_is_no_error(option: str) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    with started(option, stdout=theirs) as process:
        os.close(theirs)
        assert process.stderr is not None
        assert (process.stderr.read(), process.wait(PATIENCE_S)) == (b"", 141)


def test_a_wrong_call_is_told_where_standard_output_is_closed(tmp_path: Path) -> None:
    """As by `>&-`: what can't be written must not hide what went wrong."""
    validated = shlex.join([*PROGRAM, "validate", "nowhere.json"])
    done = finished("sh", "-c", f"exec {validated} >&-", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (
        2,
        "error: nowhere.json: expected a readable file: No such file or directory\n",
    )
