"""The requirements, tables and examples of the specification, read from its text.

The chapters and their order are those of the index in `spec/README.md`. A requirement is a heading with its id and
title, a line with level, judge and capabilities, its statement, and then, if they help, notes and a rationale.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

from attrs import frozen

from lifecycle_conformance.specification.index import INDEX, SpecificationError, read_lines
from lifecycle_conformance.specification.texts import SPEC

Table: TypeAlias = list[dict[str, str]]
"""The rows of a table: from the name of each column to the text of the cell, as it stands there."""
_Stamp: TypeAlias = tuple[tuple[str, int], ...]
"""The files of a text, and when each was written last."""


class Level(StrEnum):
    """How binding a requirement is."""

    MUST = "MUST"
    SHOULD = "SHOULD"


class Judge(StrEnum):
    """Where compliance with a requirement is judged."""

    PROPERTY = "property"
    VECTORS = "vectors"
    FILES = "files"
    FAULTS = "faults"
    UNIT = "unit"


@frozen(kw_only=True)
class Requirement:
    """One numbered requirement.

    `presupposes` names the requirements without which nothing can be told of it; `chapter` is the file that it stands
    in, without its ending.
    """

    id: str
    title: str
    level: Level
    judge: Judge
    capabilities: frozenset[str]
    presupposes: tuple[str, ...]
    statement: str
    rationale: str | None
    chapter: str


@frozen(kw_only=True)
class Example:
    """A fenced block that tests execute. `kind` is the text behind the fence, `line` the line of the fence."""

    kind: str
    chapter: str
    line: int
    text: str


def load(spec: Path = SPEC) -> dict[str, Requirement]:
    """All requirements by id, in the order of the text. Raises :class:`SpecificationError`."""
    return {**_requirements_of(spec, _stamp(spec))}


@cache
def _requirements_of(spec: Path, _: _Stamp) -> dict[str, Requirement]:
    known = frozenset(word for row in tables(spec)["capabilities"] for word in code_spans(row["capability"]))
    requirements: dict[str, Requirement] = {}
    for chapter in _chapters(spec):
        for section in _sections(chapter):
            requirement = _requirement(section, known)
            if requirement.id in requirements:
                raise section.error(0, f"{requirement.id} stands in {requirements[requirement.id].chapter} already")
            requirements[requirement.id] = requirement
    return requirements


def tables(spec: Path = SPEC) -> dict[str, Table]:
    """The tables that programs read, by name. Raises :class:`SpecificationError`."""
    found: dict[str, Table] = {}
    for chapter in _chapters(spec):
        for index, line in enumerate(chapter.lines):
            if match := _TABLE.fullmatch(line):
                if match["name"] in found:
                    raise chapter.error(index, f"expected a new name, found a second table {match['name']!r}")
                found[match["name"]] = _table(chapter, index + 1)
    return found


def examples(spec: Path = SPEC) -> tuple[Example, ...]:
    """The fenced blocks that tests execute, in the order of the text. Raises :class:`SpecificationError`."""
    return tuple(
        Example(kind=block.kind, chapter=chapter.name, line=block.start + 1, text=block.text)
        for chapter in _chapters(spec)
        for block in _fenced(chapter)
        if block.kind in EXECUTED
    )


def levels(spec: Path = SPEC) -> dict[str, frozenset[str]]:
    """The capabilities of each level, those of the levels before it included, from the least level on."""
    found: dict[str, frozenset[str]] = {}
    capabilities: frozenset[str] = frozenset()
    for row in tables(spec)["levels"]:
        capabilities |= set(code_spans(row["operations and capabilities"]))
        found[row["level"]] = capabilities
    return found


def code_spans(cell: str) -> tuple[str, ...]:
    """The texts between backticks in a cell of a table."""
    return tuple(_CODE.findall(cell))


# --- the format -------------------------------------------------------------------------------------------------------

EXECUTED: Final = ("json hash", "jsonl transcript")
_LINK: Final = re.compile(r"\]\((?P<file>[\w-]+\.md)\)")
_HEADING: Final = re.compile(r"#{1,6} ")
_REQUIREMENT: Final = re.compile(r"### (?P<id>[A-Z]+-[1-9][0-9]*): (?P<title>\S.*)")
_LOOKS_LIKE_A_REQUIREMENT: Final = re.compile(r"#+ *[A-Z]+-[0-9]")
_TERMS: Final = re.compile(
    r"(?P<level>[A-Z]+) · judge `(?P<judge>[a-z]+)`(?: · needs (?P<needs>`[a-z-]+`(?:, `[a-z-]+`)*))?"
    r"(?: · presupposes (?P<presupposes>[A-Z]+-[1-9][0-9]*(?:, [A-Z]+-[1-9][0-9]*)*))?"
)
_TABLE: Final = re.compile(r"<!-- table: (?P<name>[a-z_.]+) -->")
_FENCE: Final = re.compile(r"(?P<fence>`{3,})(?P<kind>.*)")
_CODE: Final = re.compile(r"`([^`]+)`")
_RATIONALE: Final = "> Why: "
_Word = TypeVar("_Word", bound=StrEnum)


@frozen
class _Chapter:
    """A file of the specification."""

    path: Path
    lines: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.path.stem

    def error(self, index: int, problem: str) -> SpecificationError:
        return SpecificationError(str(self.path), index + 1, problem)


@frozen
class _Section:
    """The lines of one requirement, from its heading to the next heading."""

    chapter: _Chapter
    start: int
    lines: tuple[str, ...]

    def error(self, index: int, problem: str) -> SpecificationError:
        return self.chapter.error(self.start + index, problem)


@frozen
class _Block:
    """A fenced block: the index of its first fence and that of the last one."""

    kind: str
    start: int
    end: int
    text: str


def _read(path: Path) -> _Chapter:
    return _Chapter(path, read_lines(path))


def _chapters(spec: Path) -> tuple[_Chapter, ...]:
    return _chapters_of(spec, _stamp(spec))


def _stamp(spec: Path) -> _Stamp:
    # Part of the key of the cache: an editor's change is seen, and an unchanged text is read once.
    return tuple((path.name, path.stat().st_mtime_ns) for path in sorted(spec.glob("*.md")))


@cache
def _chapters_of(spec: Path, _: _Stamp) -> tuple[_Chapter, ...]:
    index = _read(spec / INDEX)
    names = dict.fromkeys(match["file"] for line in index.lines for match in _LINK.finditer(line))
    return tuple(_read(spec / name) for name in names)


def _fenced(chapter: _Chapter) -> Iterator[_Block]:
    """The fenced blocks of a chapter, in order."""
    opened: tuple[int, str, str] | None = None
    for index, line in enumerate(chapter.lines):
        match = _FENCE.fullmatch(line)
        if match and opened is None:
            opened = index, match["fence"], match["kind"]
        elif opened and line == opened[1]:
            start, _, kind = opened
            yield _Block(kind, start, index, "\n".join(chapter.lines[start + 1 : index]))
            opened = None
    if opened:
        raise chapter.error(opened[0], "expected the end of this block, found none")


def _sections(chapter: _Chapter) -> Iterator[_Section]:
    """The requirements of a chapter: what stands between the headings, fenced blocks aside."""
    fenced = {index for block in _fenced(chapter) for index in range(block.start, block.end)}
    headings = [i for i, line in enumerate(chapter.lines) if i not in fenced and _HEADING.match(line)]
    for start, end in zip(headings, [*headings[1:], len(chapter.lines)], strict=True):
        if _LOOKS_LIKE_A_REQUIREMENT.match(chapter.lines[start]):
            yield _Section(chapter, start, chapter.lines[start:end])


def _requirement(section: _Section, known_capabilities: frozenset[str]) -> Requirement:
    heading = _REQUIREMENT.fullmatch(section.lines[0])
    if heading is None:
        raise section.error(0, f"expected '### ID-3: Title', found {section.lines[0]!r}")
    paragraphs = list(_paragraphs(section.lines))
    if len(paragraphs) < 3:
        raise section.error(0, f"expected level, judge and a statement for {heading['id']}")
    (at, line), (statement_at, statement) = paragraphs[1], paragraphs[2]
    terms = _TERMS.fullmatch(line)
    if terms is None:
        terms_like = "MUST · judge `property` · needs `identify` · presupposes ID-1"
        raise section.error(at, f"expected {terms_like!r}, found {line!r}")
    if statement.startswith(">") or _FENCE.match(statement):
        raise section.error(statement_at, f"expected the statement of {heading['id']}, found {statement[:20]!r}")
    capabilities = frozenset(code_spans(terms["needs"] or ""))
    if unknown := capabilities - known_capabilities:
        raise section.error(at, f"expected known capabilities, found {', '.join(sorted(unknown))}")
    return Requirement(
        id=heading["id"],
        title=heading["title"],
        level=_word(Level, terms["level"], section, at),
        judge=_word(Judge, terms["judge"], section, at),
        capabilities=capabilities,
        presupposes=tuple(filter(None, (terms["presupposes"] or "").split(", "))),
        statement=statement,
        rationale=_rationale(section, [text for _, text in paragraphs[3:]]),
        chapter=section.chapter.name,
    )


def _paragraphs(lines: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """Each run of lines without a blank one, as one line, with the index of its first."""
    start = 0
    for index in range(len(lines) + 1):
        if index == len(lines) or not lines[index].strip():
            if start < index:
                first, *more = lines[start:index]
                yield start, " ".join([first, *(line.removeprefix("> ") for line in more)])
            start = index + 1


def _word(words: type[_Word], found: str, section: _Section, at: int) -> _Word:
    try:
        return words(found)
    except ValueError:
        raise section.error(at, f"expected one of {', '.join(words)}, found {found!r}") from None


def _rationale(section: _Section, paragraphs: list[str]) -> str | None:
    reasons = [text.removeprefix(_RATIONALE) for text in paragraphs if text.startswith(_RATIONALE)]
    if len(reasons) > 1:
        raise section.error(0, "expected at most one rationale")
    return reasons[0] if reasons else None


def _table(chapter: _Chapter, start: int) -> Table:
    lines = list(takewhile(lambda line: line.startswith("|"), chapter.lines[start:]))
    if len(lines) < 3:
        raise chapter.error(start, "expected a table with a header and rows")
    header, _, *rows = (tuple(cell.strip() for cell in line.split("|")[1:-1]) for line in lines)
    for number, row in enumerate(rows, start=start + 2):
        if len(row) != len(header):
            raise chapter.error(number, f"expected {len(header)} cells, found {len(row)}")
    return [dict(zip(header, row, strict=True)) for row in rows]
