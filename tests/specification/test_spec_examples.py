"""The examples of the specification are executed: what the text shows is what the code does."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.driver.interface import Answer
from lifecycle_conformance.driver.server import StoreKind
from lifecycle_conformance.specification.requirements import Example, examples
from lifecycle_projection.canonical import canonical_json, stable_hash
from lifecycle_projection.json_text import read_json

EXAMPLES = examples()


def of_kind(kind: str) -> list[Any]:
    return [pytest.param(each, id=f"{each.chapter}:{each.line}") for each in EXAMPLES if each.kind == kind]


@pytest.mark.parametrize("example", of_kind("json hash"))
def test_a_value_has_the_canonical_form_and_the_hash_that_the_text_shows(example: Example) -> None:
    shown = read_json(example.text)
    assert list(shown) == ["value", "canonical", "hash"]
    assert canonical_json(shown["value"]).decode() == shown["canonical"]
    assert stable_hash(shown["value"]) == shown["hash"]


@pytest.mark.parametrize("store", ["memory", "files"])
@pytest.mark.parametrize("example", of_kind("jsonl transcript"))
def test_a_transcript_runs_as_the_text_shows(example: Example, store: StoreKind, tmp_path: Path) -> None:
    """Requests and answers in turns; an answer is compared by its result, or by kind and data of its error."""
    shown = list(values(example.text))
    requests, answers = shown[::2], shown[1::2]
    assert [request["id"] for request in requests] == [answer["id"] for answer in answers]
    directory = tmp_path / "store"
    directory.mkdir()
    driver = InProcessDriver(store=store)
    try:
        if requests[0]["op"] not in ("hello", "open"):
            assert driver.ask("open", store=str(directory)).error is None
        for request, answer in zip(requests, answers, strict=True):
            arguments = {name: value for name, value in request.items() if name not in ("id", "op")}
            assert comparable(driver.ask(request["op"], **arguments)) == comparable_text(answer), request
    finally:
        driver.close()


def values(text: str) -> Iterator[dict[str, Any]]:
    """The objects of a transcript; in the text each may take several lines, in the protocol it is one."""
    decoder, at = json.JSONDecoder(), 0
    while at < len(text):
        value, end = decoder.raw_decode(text, at)
        yield value
        at = end + 1
        assert text[end:at] in ("", "\n")


def comparable(answer: Answer) -> tuple[Any, ...]:
    return (answer.ok,) if answer.error is None else (answer.error.kind, answer.error.data)


def comparable_text(shown: dict[str, Any]) -> tuple[Any, ...]:
    if "ok" in shown:
        return (shown["ok"],)
    error = shown["error"]
    assert error["message"]
    return error["kind"], error.get("data", {})


def test_every_chapter_that_computes_something_shows_it() -> None:
    shown = {each.chapter for each in EXAMPLES}
    assert {"01-overview", "03-canonical-json", "04-identity", "05-recognition", "06-phases", "09-pass"} <= shown
