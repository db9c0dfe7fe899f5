"""Print the damage matrix: each way to damage a store, what the audit finds of it, and under which requirements."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import orjson

ROOT: Final = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / each) for each in ("tests/audit", "tests")]

import damaging  # noqa: E402 - the paths come first
import test_audit as tables  # noqa: E402

TABLES: Final = {
    "store": (tables.ALONE, damaging.healthy),
    "phases": (tables.MOVED, lambda folder: damaging.healthy(folder, moved=True)),
    "markers": (tables.MARKERS, damaging.compacted),
    "with runs": (tables.WITH_RUNS, damaging.healthy),
}


def main() -> None:
    """One line for each damage, and the totals."""
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
    print(f"{right} of {lines} damages are found as they should be, under {len(requirements)} requirements")  # noqa: T201
    sys.exit(right != lines)


if __name__ == "__main__":
    main()
