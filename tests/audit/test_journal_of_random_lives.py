"""Random lives are explained by their journals, and of random damage the shortest prefix is found that shows it."""

import random
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import orjson
import pytest

from builders import Object, Request
from damaging import LOG, lines, write
from journals import held_against
from lifecycle_conformance.audit.file_source import FileSource
from lifecycle_conformance.audit.finding import Finding, Severity
from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.driver.interface import Answer
from lifecycle_conformance.execution.trace import key_of
from lifecycle_conformance.generation.targets import targets
from sessions import sessions_around

_FOREIGN: Final = {"append", "files"}
_EXAMPLES: Final = 2
_DAMAGES: Final = 12
_REFUSED: Final = {"invalid_input", "unsupported", "internal"}
Key = tuple[str, Any, str]


class Journaled(InProcessDriver):
    """The reference on files, which writes down what it was asked; `ended` is told each store with its journal."""

    def __init__(self, ended: Callable[[Path, list[Request]], None]) -> None:
        self._ended = ended
        self._path: str | None = None
        self._steps: list[Request] = []
        super().__init__("files", without=_FOREIGN)

    def ask(self, op: str, /, **arguments: Any) -> Answer:
        answer = super().ask(op, **arguments)
        refused = answer.error is not None and answer.error.kind in _REFUSED
        if op == "open" and not refused and arguments["store"] != self._path:
            self._path, self._steps = arguments["store"], []
        elif op in {"project", "import", "compact", "prune"} and not refused and self._path is not None:
            self._steps.append((op, arguments))
            self._ended(Path(self._path), self._steps)
        return answer


TARGETS: Final = targets(InProcessDriver("files", without=_FOREIGN).hello.capabilities)


@pytest.mark.parametrize("target", [*TARGETS][::2])
def test_a_life_is_explained_by_its_journal(target: str) -> None:
    told: list[tuple[int, int, list[Finding]]] = []

    def audited(store: Path, steps: list[Request]) -> None:
        journal, findings = held_against(store, steps)
        told.append((len(steps), journal.made, findings))

    sessions_around(Journaled(audited), target, examples=_EXAMPLES, seed=1)
    assert told
    assert [each for each in told if each != (each[0], each[0], [])] == []


# --- damage -----------------------------------------------------------------------------------------------------------


def shown(store: Path) -> dict[Key, list[bytes]]:
    """What a store holds: for each event and snapshot, by its id, how it reads."""
    found: dict[Key, list[bytes]] = {}
    source = FileSource(store)
    for part in source.parts():
        for run in source.runs(part):
            for sort, rows in (("event", run.events), ("snapshot", run.snapshots)):
                for row in rows:
                    tenant = run.run_id, key_of(row.value["scope"]["tenant_context"])
                    text = orjson.dumps(row.value, option=orjson.OPT_SORT_KEYS)
                    found.setdefault((sort, tenant, row.value[f"{sort}_id"]), []).append(text)
    return found


def states(steps: list[Request], folder: Path) -> Iterator[dict[Key, list[bytes]]]:
    """What the store holds after each step."""
    folder.mkdir()
    driver = InProcessDriver("files")
    driver.ask("open", store=str(folder))
    for op, arguments in steps:
        driver.ask(op, **arguments)
        yield shown(folder)


def least_prefix(after: list[dict[Key, list[bytes]]], actual: Mapping[Key, list[bytes]]) -> int | None:
    """The least step since which some record is as it must be in the end, and isn't in the store."""
    last = after[-1]
    differing = [key for key in {*last, *actual} if sorted(last.get(key, [])) != sorted(actual.get(key, []))]
    return min((_since(after, key, len(actual.get(key, []))) for key in differing), default=None)


def _since(after: list[dict[Key, list[bytes]]], key: Key, copies: int) -> int:
    last = after[-1].get(key, [])
    known = any(key in state for state in after)
    if not known or 0 < len(last) < copies:
        return len(after)  # what no step leaves
    number = len(after)
    while number > 1 and after[number - 2].get(key, []) == last:
        number -= 1
    return number


def _dropped_line(store: Path, chance: random.Random) -> None:
    there = lines(store)
    there.pop(chance.randrange(len(there)))
    (store / LOG).write_bytes(b"".join(there))


def _edited(change: Callable[[Object], object]) -> Callable[[Path, random.Random], None]:
    def damage(store: Path, chance: random.Random) -> None:
        there = [orjson.loads(line) for line in lines(store)]
        change(chance.choice(there))
        write(store, there)

    return damage


def _without_snapshot(store: Path, chance: random.Random) -> None:
    chance.choice(sorted(store.rglob("*.json"))).unlink()


def _other_snapshot(store: Path, chance: random.Random) -> None:
    path = chance.choice(sorted(store.rglob("*.json")))
    path.write_bytes(orjson.dumps({**orjson.loads(path.read_bytes()), "payload_digest": "sha256:0"}))


def _doubled_line(store: Path, chance: random.Random) -> None:
    there = lines(store)
    (store / LOG).write_bytes(b"".join([*there, chance.choice(there)]))


DAMAGES: Final = {
    "a line is gone": _dropped_line,
    "a line stands twice": _doubled_line,
    "a seq": _edited(lambda each: each.update(seq=each["seq"] + 1)),
    "a payload": _edited(lambda each: each.update(payload={"source": "x"})),
    "a snapshot is gone": _without_snapshot,
    "a snapshot says something else": _other_snapshot,
}


def journals_around(target: str) -> list[list[Request]]:
    """The journals of a few sessions that leave something to damage."""
    journals: dict[int, list[Request]] = {}

    def noted(store: Path, steps: list[Request]) -> None:
        if len(steps) > 2 and (store / LOG).exists() and lines(store) and list(store.rglob("*.json")):
            journals[id(steps)] = steps

    sessions_around(Journaled(noted), target, examples=_EXAMPLES, seed=2)
    return [*journals.values()]


@pytest.mark.parametrize("name", DAMAGES)
def test_the_shortest_prefix_of_a_damaged_life_is_found(name: str, tmp_path: Path) -> None:
    chance = random.Random(name)
    told: list[tuple[object, object]] = []
    lives = [life for target in [*TARGETS][::5] for life in journals_around(target)]
    for number, steps in enumerate(lives[:_DAMAGES]):
        store = tmp_path / str(number)
        after = [*states(steps, store)]
        DAMAGES[name](store, chance)
        journal, findings = held_against(store, steps)
        if any(state == shown(store) for state in after):  # as before the last steps
            told.append(([each.kind.severity for each in findings], [Severity.NOTE]))
        else:
            told.append((journal.shortest_prefix(findings), least_prefix(after, shown(store))))
    assert len(told) == _DAMAGES
    assert [each for each in told if each[0] != each[1]] == []
