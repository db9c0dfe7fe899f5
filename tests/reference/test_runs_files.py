"""Large files of run records are read action by action, by the same rules as if they were read whole."""

import json
import re
import tracemalloc
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from builders import lifecycle, run_json
from lifecycle_projection import InvalidInputError, Run, json_stream, load_runs, parse_runs
from lifecycle_projection.codec import run_from, structure
from lifecycle_projection.json_text import read_json
from lifecycle_projection.runs import RunsFile

ONE, TWO = run_json(lifecycle("x", 1, metadata={"é": [{"a": '\\"]}{[,'}]})), run_json(run_id="run 2 é,{")
VERSION_0 = {"run-1": ONE, "run 2 é,{": TWO}
VERSION_1 = {"note": {"runs": [1, {"a": "}"}]}, "schema_version": 1, "runs": VERSION_0, "z": None}


def written(value: Any, **how: Any) -> str:
    return json.dumps(value, ensure_ascii=False, **how)


TEXTS = [
    written(ONE),
    written(ONE, indent=2),
    written(VERSION_0),
    written(VERSION_0, indent=2),
    written(VERSION_1),
    written(VERSION_1, indent=2),
    written(VERSION_1, separators=(",", ":")),
    f"\n {written(ONE)}\n\n{written(TWO)}\n{written(ONE)}",
    "{}",
    '{"schema_version": 1, "runs": { }}',
]
RECORD = ("run_id", "automation_id", "trigger_type", "status", "created_at_ms", "updated_at_ms")


def read_whole(text: bytes) -> list[Run]:
    """Read a text at once: what the actions must come to, but for the order of run ids that come twice."""
    try:
        value = read_json(text)
    except InvalidInputError:
        lines = [line for line in text.split(b"\n") if line.strip()]
        if len(lines) < 2 or not isinstance(read_json(lines[0]), dict):
            raise
        return [run_from(read_json(line)) for line in lines]
    if not isinstance(value, dict) or any(not isinstance(value.get(name, {}), dict) for name in RECORD):
        return [run_from(value)]
    if isinstance(value.get("schema_version", {}), dict):
        assert "version" not in value
        return keyed(structure(value, dict[str, Run]))
    if value["schema_version"] != 1 or [name for name, _ in getattr(value, "pairs", ())].count("runs") > 1:
        raise InvalidInputError(problems=())
    return keyed(structure(value.get("runs"), dict[str, Run]))


def keyed(runs: dict[str, Run]) -> list[Run]:
    if any(run.run_id != key for key, run in runs.items()):
        raise InvalidInputError(problems=())
    return list(runs.values())


def outcome(read: Any, text: bytes) -> list[str] | None:
    try:
        return sorted(map(repr, read(text)))
    except InvalidInputError:
        return None


@given(
    text=st.sampled_from(TEXTS),
    changes=st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 3), st.sampled_from([*'{}[],:"\\\n 7', "{}", "[[", '"a":1,', ""])),
        max_size=2,
    ),
    chunk=st.integers(1, 40),
)
@settings(max_examples=400, deadline=None)
@example(text='{"run-1": 1,}', changes=[], chunk=1)
@example(text='{,"a":1}', changes=[], chunk=1)
@example(text='{"schema_version": 1, "runs": {}, }', changes=[], chunk=3)
@example(text='{"schema_version": 1, "runs": {} 7}', changes=[], chunk=3)
@example(text='{"schema_version": 1, "runs": {}, "runs": {}}', changes=[], chunk=3)
@example(text='{"schema_version": 1, "runs": {}]', changes=[], chunk=3)
@example(
    text=f'{{"run-1": {written(TWO)}, "run-1": {written(ONE)}}}'.replace("run 2 é,{", "run-1"), changes=[], chunk=9
)
@example(text=f'{{"run\\u002d1": {written(ONE)}}}', changes=[], chunk=9)
@example(text=f'{{"schema\\u005fversion": 1, "runs": {{"run-1": {written(ONE)}}}}}', changes=[], chunk=9)
def test_a_file_is_read_as_if_it_were_read_whole(text: str, changes: list[tuple[float, int, str]], chunk: int) -> None:
    """JSON-10 to JSON-16, REC-11, REC-13, REC-18: wherever a text is damaged, and however it is cut into chunks."""
    for where, length, instead in changes:
        at = int(where * len(text))
        text = text[:at] + instead + text[at + length :]
    raw = text.encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "_CHUNK", chunk)
        found = outcome(lambda text: parse_runs(text, source="x"), raw)
    assert found == outcome(read_whole, raw)


def said(text: str | bytes) -> list[str]:
    with pytest.raises(InvalidInputError) as caught:
        parse_runs(text if isinstance(text, bytes) else text.encode(), source="runs.json")
    assert caught.value.source is not None
    return [f"{caught.value.source}: {problem}" for problem in caught.value.problems]


def test_all_that_is_wrong_with_the_records_of_a_runs_file_is_told() -> None:
    """ERR-2: of every record, each with its path."""
    bad = {"a": run_json(run_id="a", status="x"), "b": ONE, "c": run_json(run_id="c", created_at_ms=-1)}
    for file, path in ((bad, "$"), ({"schema_version": 1, "runs": bad}, "$.runs")):
        assert [line.rpartition(" at ")[2] for line in said(json.dumps(file))] == [
            f"{path}['a'].status",
            f"{path}['b'].run_id",
            f"{path}['c'].created_at_ms",
        ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": {}, "b": 1 2}', "unexpected character.* at byte 17, in line 1"),
        ('{\n"a": {},\n"b": tru}', r"at byte 1\d, in line 3"),
        ('{\n"a": {},\n', "runs.json: expected JSON text: it ends inside an object in line 3"),
        ('{"a": {}, }', "a comma is followed by nothing at byte 9, in line 1"),
        ('{"a": {}} {"b": {}}', r"a second value begins \(JSON Lines have one a line\) at byte 10, in line 1"),
        ('{\n"a": {}}\n{"b": {}}', r"a second value begins \(JSON Lines have one a line\) at byte 11, in line 3"),
        (f"{json.dumps(ONE)}\n{{", "runs.json:2: expected JSON text: unexpected end of data at column 2"),
        (f"{json.dumps(ONE)}\n[]", "runs.json:2: expected an object, found a list"),
        ("7\n{}", "runs.json: expected an object, found 7"),
        (f"\ufeff{json.dumps(ONE)}", "runs.json: expected JSON text in UTF-8, found a byte order mark before it"),
        (json.dumps(ONE).encode("utf-16"), "runs.json: expected JSON text in UTF-8, found UTF-16"),
        (json.dumps(ONE).encode("utf-32"), "runs.json: expected JSON text in UTF-8, found UTF-32"),
        (json.dumps(ONE).encode("utf-16-le"), "found what looks like UTF-16 or UTF-32"),
        (b'{"a": {"run_id": "\xff"}}', "byte 0xff is no UTF-8 at byte 18, in line 1"),
        (
            {"version": 1, "runs": {"run-1": ONE}},
            r"expected 1, found nothing \(`version` is no member of a runs file\) at \$\.schema_version",
        ),
        ({"schema_version": "1", "runs": {}}, r'found "1" at \$\.schema_version'),
        ({"schema_version": 1, "runs": []}, r"expected an object, found a list at \$\.runs"),
        ({"schema_version": 1, "runs": {"a @ $b": run_json(status="x")}}, r"at \$\.runs\['a @ \$b'\]\.status"),
        ('{"schema_version": 1, "runs": {}, "runs": {}}', "expected member 'runs' once, found it twice"),
    ],
)
def test_what_is_wrong_is_said_once_with_one_place(text: Any, message: str) -> None:
    """ERR-2: the place is one in the file, or in the line that is named before."""
    (line,) = said(json.dumps(text) if isinstance(text, dict) else text)
    assert re.search(message, line), line
    assert "at $ " not in f"{line} "


def test_a_file_that_is_wrong_throughout_is_not_told_to_its_end() -> None:
    """The first thousand problems are told, and that there may be more."""
    told = said(json.dumps({f"{number}": run_json(run_id=f"{number}", status="x") for number in range(1_500)}))
    assert len(told) == 1_001
    assert told[0].endswith("at $['0'].status")
    assert told[-1] == "runs.json: checking stopped here, after so many problems"


def test_what_is_checked_is_read_again_one_at_a_time() -> None:
    """REC-13, REC-18: how many count is known beforehand; of two with one id the last."""
    old, new = run_json(detail="old"), run_json(detail="new")
    text = (
        f'{{"run-1": {json.dumps(old)}, "run-2": {json.dumps(run_json(run_id="run-2"))}, "run-1": {json.dumps(new)}}}'
    )
    told: list[int] = []
    runs = RunsFile(BytesIO(text.encode()), source="x", progress=told.append)
    assert len(runs) == 2
    assert [(run.run_id, run.detail) for run in runs] == [("run-2", None), ("run-1", "new")]
    assert told == sorted(told)
    assert told[-1] == len(text) - 1


@pytest.mark.parametrize("form", ["version 0", "version 1", "JSON Lines"])
def test_memory_is_bounded_by_one_record(tmp_path: Path, form: str) -> None:
    """Eight times as many records take no more, but for their ids."""

    def peak(records: int) -> int:
        path = tmp_path / f"{records}.json"
        every = {f"run-{number}": run_json(run_id=f"run-{number}", detail="x" * 100_000) for number in range(records)}
        if form == "JSON Lines":
            path.write_text("".join(f"{json.dumps(each)}\n" for each in every.values()), encoding="utf-8")
        else:
            path.write_text(json.dumps(every if form == "version 0" else {"schema_version": 1, "runs": every}))
        del every
        tracemalloc.start()
        with path.open("rb") as file:
            assert sum(1 for _ in RunsFile(file, source=str(path))) == records
        taken = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return taken

    few, many = peak(50), peak(400)
    assert many < few + 2_000_000


def test_a_long_string_is_looked_at_a_few_times_only(tmp_path: Path) -> None:
    """However the chunks fall: a string of eight megabytes takes as many reads as it doubles."""
    path = tmp_path / "runs.json"
    path.write_text(json.dumps({"run-1": run_json(detail="{" * 8_000_000)}), encoding="utf-8")
    (run,) = load_runs(path)
    assert run.detail == "{" * 8_000_000
