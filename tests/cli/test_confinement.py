"""A case from a stranger: whatever it says, nothing is written outside the suite's own folders."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import Result
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import lifecycle, run_json
from calling import call
from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.execution.confinement import is_inside, problems_of_line
from lifecycle_conformance.execution.session import Session, SessionOverError
from lifecycle_conformance.execution.trace import Request
from lifecycle_conformance.generation.protocol_cases import protocol_cases
from lifecycle_conformance.runner import case_files
from lifecycle_projection import InvalidInputError

RUN: Final = run_json(lifecycle("node_started", 20))
OPEN: Final[dict[str, Any]] = {"op": "open", "store": 0}
PASS: Final[dict[str, Any]] = {"op": "project", "run": RUN}


def refused(**request: Any) -> dict[str, Any]:
    return {"op": "refuse", "request": request, "kind": "storage", "because": ["DRIVER-6"]}


def found(*steps: dict[str, Any]) -> str:
    return json.dumps({"name": "n", "requirement": "DRIVER-6", "steps": [*steps]})


def fixed(*steps: dict[str, Any]) -> str:
    return json.dumps({"name": "n", "steps": [*steps], "answers": [{"ok": {}} for _ in steps], "files": {}})


def refused_at(text: str) -> set[str]:
    """Where a case is not as it should be."""
    with pytest.raises(InvalidInputError) as caught:
        case_files.parse(text.encode(), source="x")
    return {each.path for each in caught.value.problems}


def replayed(text: str) -> Result:
    return call("replay", "-", stdin=text)


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("write", [found, fixed])
def test_a_case_that_opens_another_folder_is_refused_whole(write: Any, tmp_path: Path) -> None:
    opened: dict[str, Any] = {"op": "open", "store": str(tmp_path)}
    steps = [opened] if write is fixed else [OPEN, refused(**opened)]
    done = replayed(write(*steps, PASS))
    assert (done.exit_code, done.stdout, [*tmp_path.iterdir()]) == (2, "", [])
    assert done.stderr.startswith("error: standard input: ")
    assert f"$.steps[{len(steps) - 1}]" in done.stderr


@pytest.mark.parametrize(
    ("request_", "path"),
    [
        ({"op": "open", "store": "../x"}, "store"),
        ({"op": "open", "store": "a/../../x"}, "store"),
        ({"op": "open", "store": "//x"}, "store"),
        ({"op": "open", "store": ["/x"]}, "store"),
        ({"op": "open", "store": {"path": "/x"}}, "store"),
        ({"op": "open", "store": "x", "path": "/x"}, "path"),
        ({"op": "OPEN", "store": "/x"}, "store"),
        ({"op": " open", "Store": "/x"}, "Store"),
        ({"op": "opens", "arguments": [{"store": "/x"}]}, "arguments"),
        ({"op": "project", "run": RUN, "store": "/x"}, "store"),
        ({"op": "project", "run": {**RUN, "run_id": "/etc/x"}}, "run.run_id"),
        ({"op": "project", "run": {**RUN, "run_id": "../../x"}}, "run.run_id"),
        ({"op": "project", "run_json": json.dumps({**RUN, "run_id": "../../x"})}, "run_json.run_id"),
        ({"op": "project", "run_json": '{"run_id": "\\u002fetc/x", "run_id": "x"}'}, "run_json.run_id"),
        ({"op": "import", "events": [], "snapshots": [{"snapshot_id": "a/../../../x"}]}, "snapshots[0].snapshot_id"),
        ({"op": "open", "store": "x", "id": 1}, "id"),
    ],
)
@pytest.mark.parametrize("write", [found, fixed])
def test_what_a_lenient_driver_could_take_for_a_way_out_is_refused(
    write: Any, request_: dict[str, Any], path: str
) -> None:
    if write is fixed and request_["op"] == "open":
        text, place = fixed(request_), "$.steps[0].op"
    elif write is fixed:
        text, place = fixed(request_), f"$.steps[0].{path}"
    else:
        text, place = found(OPEN, refused(**request_)), f"$.steps[1].request.{path}"
    assert place in refused_at(text)


@pytest.mark.parametrize(
    "line",
    [
        'x\n{"id": 1, "op": "open", "store": "/x"}',
        'x\r{"id": 1, "op": "open", "store": "/x"}',
        'x\u2028{"id": 1}',
        '{"id": 1, "op": "open", "store": "/x"',
        '{"id": 1, "op": "project", "op": "open", "store": "/x",}',
        "{'id': 1, 'op': 'OPEN', 'store': '/x'}",
        '{"id": 1, "op": "\\u006fpen", "store": "/x",}',
        '{"id": 1, "op": "events"}',
        "x\0",
    ],
)
def test_a_line_is_no_request_and_nothing_like_an_open(line: str) -> None:
    assert refused_at(found({"op": "say", "line": line})) == {"$.steps[0].line"}


@pytest.mark.parametrize(
    ("line", "where"),
    [
        (b'{"id": 1, "op": "op\xffen", "store": "/x"}', "bytes"),
        (b"\xff\n", "bytes"),
        (b'{"id": 1, "op": "events"}', "bytes"),
        (b'{"id": 1, "op": "events", "run_id": "../../x", "more": "\xff"}', "bytes.run_id"),
    ],
)
def test_a_line_of_bytes_is_nothing_like_an_open_either(line: bytes, where: str) -> None:
    """Not even for who leaves out what is no UTF-8."""
    assert refused_at(found({"op": "say", "bytes": line.hex()})) == {f"$.steps[0].{where}"}


@pytest.mark.parametrize("path", ["../x", "/x", "a/../x", "a//x", "./x", "x\0", "a/.."])
@pytest.mark.parametrize("op", ["put", "remove"])
def test_files_lie_in_the_store(op: str, path: str) -> None:
    step = {"op": op, "path": path, **({"text": ""} if op == "put" else {})}
    assert refused_at(found(OPEN, step)) == {"$.steps[1].path"}


# --- what is not ------------------------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(protocol_cases(frozenset({"import", "append", "identify"})))
def test_what_the_suite_itself_asks_can_be_saved_and_read(requests: list[Request]) -> None:
    steps = [{"op": op, **arguments} for op, arguments in requests]
    (case,) = case_files.parse(found(*steps).encode(), source="x")
    assert [*case.requests] == requests


@given(st.text(alphabet="./a", max_size=8))
def test_a_path_inside_never_leads_out(path: str) -> None:
    if is_inside(path):
        assert (Path("/a/b") / path).resolve().is_relative_to("/a/b")


@pytest.mark.parametrize("line", ["null", "[]", '{"op": "events"}', '{"id": null}', '{"id": -1}', '{"id": "1"}'])
def test_json_that_is_no_request_may_be_said(line: str) -> None:
    assert [*problems_of_line(line.encode(), "$")] == []


def test_a_broken_line_of_the_suite_may_be_said() -> None:
    assert [*problems_of_line(b'{"id": 1, "op": "events", "ten', "$")] == []
    assert [*problems_of_line(b'{"id": 1, "op": "events", "more": "\xff"}', "$")] == []


# --- while it is executed ---------------------------------------------------------------------------------------------


def test_the_store_of_a_refused_open_lies_in_the_folder_of_the_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here").mkdir()
    session = Session(InProcessDriver(), ())
    try:
        session.do("open", store=0)
        for store in ("here", "./here"):
            assert session.do("refuse", **without_op(refused(op="open", store=store))).refusal == "storage"
    finally:
        session.end()


def without_op(step: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in step.items() if name != "op"}


def test_a_link_that_a_driver_left_leads_nowhere(tmp_path: Path) -> None:
    session = Session(InProcessDriver(), ())
    try:
        session.do("open", store=0)
        (Path(session._performer._workspace.name) / "store-0" / "link").symlink_to(tmp_path)
        with pytest.raises(SessionOverError):
            session.do("put", path="link/x", text="")
    finally:
        session.end()
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    "steps",
    [
        [{"op": "put", "path": "a", "text": ""}, {"op": "put", "path": "a/b", "text": ""}],
        [{"op": "put", "path": "a/b", "text": ""}, {"op": "remove", "path": "a"}],
        [{"op": "put", "path": "x" * 300, "text": ""}],
        [{"op": "put", "path": "stateful_events.jsonl/x", "text": ""}, {"op": "tear", "text": "x", "bytes": 1}],
    ],
)
def test_files_that_can_not_be_made_leave_it_undecided(steps: list[dict[str, Any]]) -> None:
    done = replayed(found(OPEN, *steps))
    assert done.exit_code == 3
    assert "the suite could not" in done.stdout


def test_no_member_of_a_step_is_taken_for_another_argument() -> None:
    done = replayed(found(OPEN, {**PASS, "self": 1}, refused(op="events", self=1)))
    assert (done.exit_code, "invalid_input" in done.stdout) == (1, True)
