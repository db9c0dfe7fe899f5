"""Print the damage matrix: each way to damage a store, what the audit finds of it, and under which requirements."""

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import orjson

ROOT: Final = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / each) for each in ("tests/audit", "tests")]

import damaging  # noqa: E402 - the paths come first
import test_audit as tables  # noqa: E402
import test_random_damages as random_damages  # noqa: E402
from damages import DAMAGES  # noqa: E402
from lifecycle_conformance.execution.workspace import workspace  # noqa: E402

TABLES: Final = {
    "store": (tables.ALONE, damaging.healthy),
    "phases": (tables.MOVED, lambda folder: damaging.healthy(folder, moved=True)),
    "markers": (tables.MARKERS, damaging.compacted),
    "with runs": (tables.WITH_RUNS, damaging.healthy),
}


def main() -> None:
    """One line for each damage, and the totals: first of stores with a story, then of random ones."""
    wrong = [*_stories(), *_random()]
    sys.exit(any(wrong))


def _stories() -> Iterator[bool]:
    """Whether each damage of the tables is found otherwise than it should be."""
    requirements: set[str] = set()
    right = lines = 0
    for seen_from, (table, make) in TABLES.items():
        for name, (damage, expected) in table.items():
            with TemporaryDirectory() as folder:
                store, runs = Path(folder) / "store", Path(folder) / "runs.json"
                store.mkdir()
                damage(make(store))
                runs.write_bytes(orjson.dumps({"run-1": damaging.RUN}))
                findings = tables.found(store, runs if seen_from == "with runs" else None)
            found = tables.wrong(findings)
            about = {each.kind.requirement for each in findings if each.kind.name in found}
            requirements |= about
            right, lines = right + (found == expected), lines + 1
            told = ", ".join(sorted(found)) or "nothing, as it looks like a legal history"
            print(f"{seen_from:<10} {name:<62} {' '.join(sorted(about)):<28} {told}")  # noqa: T201 - it is a report
            yield found != expected
    print(f"{right} of {lines} damages are found as they should be, under {len(requirements)} requirements\n")  # noqa: T201


def _random() -> Iterator[bool]:
    """Whether each damage to random stores is found otherwise than it declares."""
    hurt: set[str] = set()
    right = stores = 0
    for name, damage in DAMAGES.items():
        with workspace() as folder:
            told = random_damages.tried(damage, Path(folder))
        fine = told.count(None)
        right, stores = right + fine, stores + len(told)
        hurt |= damage.requirements
        as_what = damage.kind or f"nothing, as it looks legal: {damage.like} (seen from {damage.seen_from.value})"
        ids = " ".join(sorted(damage.requirements))
        print(f"{fine:>3} of {len(told):<3} {name:<52} {ids:<40} {as_what}")  # noqa: T201 - it is a report
        yield fine != len(told)
    print(f"{right} of {stores} audits tell what the damage declares: {len(DAMAGES)} damages, {len(hurt)} requirements")  # noqa: T201


if __name__ == "__main__":
    main()
