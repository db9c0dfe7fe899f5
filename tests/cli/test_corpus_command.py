"""`vectors --corpus distilled`: listed, exported, run by the recipe that is exported, and judged by."""

import json
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pytest

from calling import call
from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.judges import corpus
from lifecycle_conformance.judges.corpus.cases import CORPUS
from lifecycle_conformance.runner.quiet import without_warnings

DISTILLED: Final = ("vectors", "--corpus", "distilled")
CASES: Final = corpus.load()


def test_the_cases_are_listed() -> None:
    assert call(*DISTILLED, "--list").stdout.splitlines() == [case.name for case in CASES]
    listed = json.loads(call(*DISTILLED, "--list", "--json", "--only", CASES[0].name).stdout)["vectors"]
    assert [(each["name"], each["source"]) for each in listed] == [(CASES[0].name, "distilled.jsonl:1")]
    assert call(*DISTILLED, "--list", "--only", "nothing-*").exit_code == 2


def test_the_cases_are_exported_with_an_index_and_a_recipe(tmp_path: Path) -> None:
    assert call(*DISTILLED, "--export", tmp_path).exit_code == 0
    assert {each.name for each in tmp_path.iterdir()} == {"distilled.jsonl", "README.md", "index.json"}
    assert (tmp_path / "distilled.jsonl").read_bytes() == CORPUS.read_bytes()
    index = json.loads((tmp_path / "index.json").read_bytes())
    assert [*index["cases"]] == [case.name for case in CASES]
    listed = call(*DISTILLED, "--list", "--requirements", "PASS-2").stdout.splitlines()
    assert [f"{name} PASS-2" for name in index["requirements"]["PASS-2"]] == listed


def test_a_driver_is_judged_by_the_cases() -> None:
    case, fault = next((each.name, each.kills[0]) for each in CASES if each.kills and not each.needs)
    assert call(*DISTILLED, "--only", case).stdout.endswith(": 1 case: 1 pass\n")
    done = call(*DISTILLED, "--only", case, "--", sys.executable, "-m", "lifecycle_conformance.mutants", fault)
    assert done.exit_code == 1
    assert "1 fail" in done.stdout or "1 wrong reason" in done.stdout
    assert case in done.stdout


def test_what_a_driver_lacks_is_not_passed() -> None:
    case = next(case for case in CASES if "files" in case.needs)
    driver = [sys.executable, "-m", "lifecycle_conformance.driver", "--store", "memory"]
    done = call(*DISTILLED, "--only", case.name, "--", *driver)
    assert (done.exit_code, "1 not declared" in done.stdout) == (3, True)


# --- the recipe -------------------------------------------------------------------------------------------------------


class ByHand:
    """An implementation under test, run as the exported recipe says, by nothing of the suite but the reference."""

    def __init__(self, folder: Path, kind: Any) -> None:
        self.folder, self.kind, self.store = folder, kind, folder
        self.driver = InProcessDriver(kind)
        self.readings = 0

    def do(self, op: str, arguments: dict[str, Any]) -> dict[str, Any]:
        match op:
            case "open":
                return self.open(f"store-{arguments['store']}")
            case "restart":
                self.driver = InProcessDriver(self.kind)
                return self.open(self.store.name)
            case "greet":
                self.driver = InProcessDriver(self.kind)
            case "put" | "remove" | "tear":
                self.change(op, arguments)
            case "read":
                return self.read(arguments)
            case "say":
                return self.shown(
                    self.driver.say(
                        arguments["line"].encode() if "line" in arguments else bytes.fromhex(arguments["bytes"])
                    )
                )
            case "refuse":
                request = dict(arguments["request"])
                if isinstance(request.get("store"), str):
                    request["store"] = str(self.folder / request["store"])
                return self.ask(request.pop("op"), request)
            case _:
                return self.ask(op, arguments)
        return {"ok": {}}

    def change(self, op: str, arguments: dict[str, Any]) -> None:
        match op:
            case "put":
                path = self.store / arguments["path"]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(
                    arguments["text"].encode() if "text" in arguments else bytes.fromhex(arguments["bytes"])
                )
            case "remove":
                (self.store / arguments["path"]).unlink(missing_ok=True)
            case "tear":
                with (self.store / "stateful_events.jsonl").open("ab") as log:
                    log.write(arguments["text"].encode()[: arguments["bytes"]])

    def open(self, name: str) -> dict[str, Any]:
        self.store = self.folder / name
        self.store.mkdir(exist_ok=True)
        return self.ask("open", {"store": str(self.store)})

    def read(self, arguments: dict[str, Any]) -> dict[str, Any]:
        self.readings += 1
        self.open(f"reading-{self.readings}")
        asked = {name: value for name, value in arguments.items() if name in {"run", "run_json"}}
        run = arguments["means"]
        tenant = run.get("tenant_context", {"org_id": "local", "workspace_id": "local"})
        seen = {"run_id": run["run_id"], "tenant": tenant}
        parts = [self.ask("project", asked), self.ask("events", seen), self.ask("snapshots", seen)]
        refused = [part for part in parts if "error" in part]
        return refused[0] if refused else {"ok": parts[0]["ok"] | parts[1]["ok"] | parts[2]["ok"]}

    def ask(self, op: str, arguments: dict[str, Any]) -> dict[str, Any]:
        return self.shown(self.driver.ask(op, **arguments))

    @staticmethod
    def shown(answer: Any) -> dict[str, Any]:
        return (
            {"ok": answer.ok}
            if answer.error is None
            else {"error": {"kind": answer.error.kind, "data": answer.error.data}}
        )

    def digests(self) -> dict[str, str]:
        files = [path for path in self.store.rglob("*") if path.is_file() and path.suffix != ".tmp"]
        return {path.relative_to(self.store).as_posix(): sha256(path.read_bytes()).hexdigest() for path in files}


def as_compared(op: str, expected: dict[str, Any], came: dict[str, Any]) -> dict[str, Any]:
    if "error" in came and "data" not in expected.get("error", {}):
        return {"error": {"kind": came["error"]["kind"]}}
    if op == "hello" and "ok" in came:
        return {"ok": {"protocol": came["ok"]["protocol"]}}
    return came


@pytest.mark.parametrize("number", range(0, len(CASES), 5))
def test_the_recipe_runs_a_case_without_a_driver(number: int, tmp_path: Path) -> None:
    case = json.loads(CORPUS.read_bytes().splitlines()[number])
    by_hand = ByHand(tmp_path, "memory" if "tenants" in case["needs"] else "files")
    with without_warnings():
        for step, expected in zip(case["steps"], case["answers"], strict=True):
            op, arguments = step["op"], {name: value for name, value in step.items() if name != "op"}
            came = as_compared(op, expected, by_hand.do(op, arguments))
            assert json.dumps(came, sort_keys=True) == json.dumps(expected, sort_keys=True)
    if "files" in case:
        assert by_hand.digests() == case["files"]
