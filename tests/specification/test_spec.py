"""The text of the specification keeps to its own format, and every reference in it leads somewhere."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

import lifecycle_projection
from lifecycle_conformance.driver.interface import CAPABILITIES, ERROR_KINDS, OPERATIONS
from lifecycle_conformance.specification import index, requirements
from lifecycle_conformance.specification.index import SpecificationError
from lifecycle_conformance.specification.requirements import (
    Judge,
    code_spans,
    examples,
    load,
    tables,
)
from lifecycle_conformance.specification.texts import SPEC
from lifecycle_projection import errors

REQUIREMENTS = load()
CHAPTERS = {path.name: path.read_text(encoding="utf-8") for path in sorted(SPEC.glob("*.md"))}
NO_ID = {"UTF-8", "UTF-16", "SHA-256"}
AUDIT_ONLY = {"H16", "H17", "H18", "H19"}


def ids_in(text: str) -> list[str]:
    return [found for found in re.findall(r"\b[A-Z]+-\d+\b", text) if found not in NO_ID]


# --- the requirements -------------------------------------------------------------------------------------------------


def test_the_numbers_of_each_prefix_run_from_one_without_holes_in_the_order_of_the_text() -> None:
    numbers: dict[str, list[int]] = {}
    for each in REQUIREMENTS.values():
        prefix, _, number = each.id.partition("-")
        numbers.setdefault(prefix, []).append(int(number))
    assert numbers == {prefix: list(range(1, len(found) + 1)) for prefix, found in numbers.items()}


def test_the_index_names_every_chapter_and_its_prefixes() -> None:
    index = CHAPTERS["README.md"]
    listed = re.findall(r"^\| \[.*\]\((?P<file>[\w-]+\.md)\) \|.*\| (?P<prefixes>.*)\|$", index, re.MULTILINE)
    assert {file for file, _ in listed} == set(CHAPTERS) - {"README.md"}
    prefixes = {file: set(code_spans(cell)) for file, cell in listed}
    found = {file: {each.id.partition("-")[0] for each in in_chapter(file)} for file in prefixes}
    assert {file: found[file] for file in prefixes} == prefixes


def in_chapter(file: str) -> list[requirements.Requirement]:
    return [each for each in REQUIREMENTS.values() if f"{each.chapter}.md" == file]


def test_each_statement_is_one_paragraph_that_ends_as_a_sentence() -> None:
    assert [each.id for each in REQUIREMENTS.values() if not each.statement.endswith((".", ":"))] == []
    assert [each.id for each in REQUIREMENTS.values() if each.statement.endswith(":")] == []
    titles = [each.title for each in REQUIREMENTS.values()]
    assert [title for title in titles if title.endswith(".") or not title[0].isupper()] == []


def test_what_is_read_or_damaged_as_files_needs_the_layout() -> None:
    """A requirement that is judged by files applies only to who has them; one that kills needs durability."""
    judged = REQUIREMENTS.values()
    assert [each.id for each in judged if each.judge is Judge.FILES and "files" not in each.capabilities] == []
    assert [each.id for each in judged if each.judge is Judge.FAULTS and "durable" not in each.capabilities] == []


def test_the_capabilities_are_those_of_the_driver_protocol() -> None:
    assert {word for row in tables()["capabilities"] for word in code_spans(row["capability"])} == CAPABILITIES


def test_the_operations_are_those_of_the_driver_protocol() -> None:
    """DRIVER-5: operations, and the capability that offers each."""
    rows = {code_spans(row["op"])[0]: code_spans(row["capability"]) for row in tables()["operations"]}
    assert rows == {op: () if capability is None else (capability,) for op, capability in OPERATIONS.items()}


def test_the_levels_and_the_rest_make_up_all_capabilities() -> None:
    bundled = {word for row in tables()["levels"] for word in code_spans(row["operations and capabilities"])}
    assert bundled | {"tenants", "text-input", "json-numbers", "exact-numbers"} == CAPABILITIES


def test_the_reference_aims_at_the_version_of_the_index() -> None:
    assert index.SPEC_VERSION == lifecycle_projection.SPEC_VERSION


# --- references inside the text ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_id_in_the_text_is_one_of_a_requirement(chapter: str) -> None:
    assert [found for found in ids_in(CHAPTERS[chapter]) if found not in REQUIREMENTS] == []


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_link_leads_to_a_chapter(chapter: str) -> None:
    links = re.findall(r"\]\(([^)]+)\)", CHAPTERS[chapter])
    assert [link for link in links if link not in CHAPTERS] == []


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_lines_are_no_longer_than_those_of_the_code(chapter: str) -> None:
    """Tables aside, and in examples the canonical text of a value: both can't be written over several lines."""
    lines = CHAPTERS[chapter].split("\n")
    long = [line for line in lines if len(line) > 120 and not line.lstrip().startswith(("|", '"canonical"'))]
    assert long == []


def test_every_hazard_is_mapped_to_requirements() -> None:
    """Some are about databases, which only the audit reads."""
    hazards = {row["id"]: row["requirements"] for row in tables()["hazards"]}
    assert list(hazards) == [f"H{number}" for number in range(1, 21)]
    assert {hazards.pop(hazard) for hazard in AUDIT_ONLY} == {"audit only"}
    for hazard, cell in hazards.items():
        assert ids_in(cell), hazard
        assert set(ids_in(cell)) <= set(REQUIREMENTS), hazard


def test_a_hazard_named_in_a_requirement_is_mapped_to_it() -> None:
    mapped = {row["id"]: ids_in(row["requirements"]) for row in tables()["hazards"]}
    named = {(hazard, each.id) for each in REQUIREMENTS.values() for hazard in re.findall(r"\bH\d+\b", each.statement)}
    assert {(hazard, found) for hazard, found in named if found not in mapped[hazard]} == set()
    assert {hazard for hazard, _ in named} == set(mapped) - AUDIT_ONLY


def test_the_kinds_of_errors_are_those_of_the_code() -> None:
    """`unsupported` and `internal` belong to the driver; the projection raises the others."""
    raised = {
        kind
        for each in vars(errors).values()
        if isinstance(each, type) and isinstance(kind := getattr(each, "kind", None), str)
    }
    kinds = {word for row in tables()["errors"] for word in code_spans(row["kind"])}
    assert kinds == raised | {"unsupported", "internal"} == ERROR_KINDS


# --- the format is enforced -------------------------------------------------------------------------------------------

GOOD = """# Chapter

### AB-1: First

MUST · judge `property` · needs `import`, `files` · presupposes AB-2, AB-3

A statement
in two lines.

A note.

> Why: a reason
> in two lines.

### AB-2: Second

SHOULD · judge `unit`

Another statement.

<!-- table: capabilities -->
| capability | says |
|---|---|
| `import` | x |
| `files` | a `b` c |

```json hash
### AB-3: not a heading
```
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def written(chapter: str) -> Path:
        (tmp_path / "README.md").write_text("Version: 9\n\n[One](one.md)\n", encoding="utf-8")
        (tmp_path / "one.md").write_text(chapter, encoding="utf-8")
        return tmp_path

    return written


def test_a_requirement_is_read_with_all_its_parts(write: Callable[[str], Path]) -> None:
    spec = write(GOOD)
    first, second = load(spec).values()
    assert first == requirements.Requirement(
        id="AB-1",
        title="First",
        level=requirements.Level.MUST,
        judge=Judge.PROPERTY,
        capabilities=frozenset({"import", "files"}),
        presupposes=("AB-2", "AB-3"),
        statement="A statement in two lines.",
        rationale="a reason in two lines.",
        chapter="one",
    )
    assert (second.level, second.capabilities, second.rationale) == (requirements.Level.SHOULD, frozenset(), None)
    assert tables(spec) == {
        "capabilities": [{"capability": "`import`", "says": "x"}, {"capability": "`files`", "says": "a `b` c"}]
    }
    assert [(each.kind, each.chapter, each.line, each.text) for each in examples(spec)] == [
        ("json hash", "one", 27, "### AB-3: not a heading")
    ]
    assert index.version(spec) == "9"


@pytest.mark.parametrize(
    ("part", "broken", "line", "problem"),
    [
        ("### AB-1: First", "### AB-1 First", 3, "expected '### ID-3: Title'"),
        ("### AB-1: First", "### AB-01: First", 3, "expected '### ID-3: Title'"),
        ("### AB-1: First", "## AB-1: First", 3, "expected '### ID-3: Title'"),
        ("### AB-2: Second", "### AB-1: Second", 15, "AB-1 stands in one already"),
        ("MUST · judge", "MAY · judge", 5, "expected one of MUST, SHOULD, found 'MAY'"),
        ("judge `property`", "judge `prayer`", 5, "expected one of property, .*found 'prayer'"),
        ("MUST · judge", "MUST, judge", 5, "expected 'MUST · judge"),
        ("`import`, `files`", "`import`, `flies`", 5, "expected known capabilities, found flies"),
        ("`import`, `files`", "`import` `files`", 5, "expected 'MUST · judge"),
        ("presupposes AB-2", "presupposes `AB-2`", 5, "expected 'MUST · judge"),
        ("A statement\nin two lines.\n\nA note.\n\n", "", 7, "expected the statement of AB-1, found '> Why: a reason"),
        (
            "SHOULD · judge `unit`\n\nAnother statement.\n\n",
            "## Next\n\n",
            15,
            "expected level, judge and a statement for AB-2",
        ),
        ("in two lines.\n\n###", "in two lines.\n\n> Why: another.\n\n###", 3, "at most one rationale"),
        ("| `files` | a `b` c |", "| `files` |", 25, "expected 2 cells, found 1"),
        ("|---|---|\n| `import` | x |\n| `files` | a `b` c |\n", "", 22, "expected a table with a header and rows"),
        ("heading\n```", "heading\n", 27, "expected the end of this block"),
        ("A note.", "<!-- table: capabilities -->\n| a |\n|---|\n| b |", 24, "a second table 'capabilities'"),
    ],
)
def test_a_malformed_text_is_refused_with_file_and_line(
    write: Callable[[str], Path], part: str, broken: str, line: int, problem: str
) -> None:
    assert GOOD.count(part) == 1
    spec = write(GOOD.replace(part, broken))
    with pytest.raises(SpecificationError, match=problem) as caught:
        load(spec), examples(spec)
    assert (caught.value.file, caught.value.line) == (str(spec / "one.md"), line)
    assert str(caught.value).startswith(f"{spec / 'one.md'}:{line}: ")


def test_a_chapter_of_the_index_that_is_not_there_is_an_error(write: Callable[[str], Path]) -> None:
    spec = write(GOOD)
    (spec / "one.md").unlink()
    with pytest.raises(SpecificationError, match=r"one\.md:0: expected a readable file"):
        load(spec)


def test_an_index_without_version_is_an_error(write: Callable[[str], Path]) -> None:
    spec = write(GOOD)
    (spec / "README.md").write_text("nothing\n", encoding="utf-8")
    with pytest.raises(SpecificationError, match="expected a line 'Version: …'"):
        index.version(spec)
