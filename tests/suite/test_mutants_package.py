"""The faulty implementations: each does what its docstring says, and the reference is right again afterwards."""

import logging
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pytest

from builders import lifecycle, run_json
from faults import IN_DETAIL
from lifecycle_conformance import mutants
from lifecycle_conformance.driver.client import SubprocessDriver
from lifecycle_conformance.driver.in_process import InProcessDriver
from lifecycle_conformance.mutants import MUTANTS, Composed, Mutant
from lifecycle_conformance.mutants.__main__ import main
from lifecycle_conformance.mutants.mutant import faults_of
from lifecycle_conformance.specification import requirements

REQUIREMENTS = requirements.load()
LOCAL = {"org_id": "local", "workspace_id": "local"}
OTHER = {"org_id": "other", "workspace_id": "local"}
RIGHT = "lifecycle-projection reference"


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, logger="lifecycle_projection")


run = partial(run_json, run_id="r", tenant=LOCAL)


def record(event: str = "node_started", at: int = 10, **members: Any) -> dict[str, Any]:
    return lifecycle(event, at, **members)


class Store:
    """A store of the reference, right or faulty, asked for what matters here."""

    def __init__(self, directory: Path, kind: Any) -> None:
        self.directory = directory
        self.driver = InProcessDriver(kind)
        self.ask("open", store=str(directory))

    def ask(self, op: str, **arguments: Any) -> dict[str, Any]:
        answer = self.driver.ask(op, **arguments)
        return {"refused": answer.error.kind} if answer.error is not None else answer.ok or {}

    def project(self, *history: dict[str, Any], **members: Any) -> Any:
        answer = self.ask("project", run=run(*history, **members))
        return answer.get("projected", answer)

    def shown(self, kind: str, run_id: str = "r", tenant: Any = None) -> list[dict[str, Any]]:
        shown: list[dict[str, Any]] = self.ask(kind, tenant=tenant or LOCAL, run_id=run_id)[kind]
        return shown

    def events(self, tenant: Any = None) -> list[dict[str, Any]]:
        return self.shown("events", tenant=tenant)

    def snapshots(self, tenant: Any = None) -> list[dict[str, Any]]:
        return self.shown("snapshots", tenant=tenant)


# --- what each of them gets wrong -------------------------------------------------------------------------------------
#
# Each is a session, and gives what is right and what the faulty implementation does.


def position_in_the_id(store: Store) -> Iterator[tuple[Any, Any, Any]]:
    store.project(record("b", 20))
    yield store.events()[0]["event_id"].endswith("-0-0"), False, True
    yield store.project(record("a", 10), record("b", 20)), 1, 2
    ids = store.ask("identify", run=run(record(), record()))["ids"]
    yield [each["event_id"][-4:] for each in ids] == ["-0-0", "-1-1"], False, True


def occurrence_always_0(store: Store) -> Iterator[tuple[Any, Any, Any]]:
    yield store.project(record(), record(), record("b")), 3, 2
    ids = store.ask("identify", run=run(record(), record()))["ids"]
    yield [each["occurrence"] for each in ids], [0, 1], [0, 0]


def snapshots_rewritten(store: Store) -> Iterator[tuple[Any, Any, Any]]:
    store.project(record())
    store.project(record(), record("b", 20), status="completed")
    yield [each["status"] for each in store.snapshots()], ["running", "completed"], ["completed", "completed"]


def guard_off(store: Store) -> Iterator[tuple[Any, Any, Any]]:
    store.project(record(), status="completed")
    yield store.project(record(), record("b")), {"refused": "phase_transition"}, 1
    yield [each["phase"] for each in store.snapshots()], ["completed"], ["completed", "running_phase"]
    if len(store.snapshots()) > 1:
        first, second = store.snapshots()
        yield second["phase_history"] == first["phase_history"], None, True


def compacted_ids_ignored(store: Store) -> Iterator[tuple[Any, Any, Any]]:
    history = [record(), record("b", 2_000)]
    store.project(*history)
    gone = store.events()[0]
    yield store.ask("compact", retention_ms=1, now_ms=1_000)["pruned"], 1, 1
    yield store.ask("append", tenant=LOCAL, event=gone), {"appended": False, "seq": 1}, {"appended": True, "seq": 3}
    yield store.project(*history), 0, 0
    store.ask("compact", retention_ms=1, now_ms=1_001)
    marker = {**gone, "event_id": "m", "event_type": "stateful_runtime.event_log_compacted", "run_id": "r"}
    listed = {"compacted_event_ids": [{"event_id": gone["event_id"].replace("-r-", "-r2-"), "seq": 9}]}
    store.ask("import", events=[{**marker, "payload": listed}], snapshots=[])
    yield store.ask("append", tenant=LOCAL, event={**gone, "event_id": "new"})["seq"], 10, 4


def node_outputs_copied(store: Store) -> Iterator[tuple[Any, Any, Any]]:
    store.project(record(), checkpoint={"node_outputs": {"n": "secret"}})
    (snapshot,) = store.snapshots()
    yield snapshot["checkpoint"].get("node_outputs"), None, {"n": "secret"}
    yield snapshot["checkpoint"]["node_output_ids"], ["n"], ["n"]


def tenant_ignored(store: Store) -> Iterator[tuple[Any, Any, Any]]:
    store.project(record(), tenant_context=OTHER)
    yield (len(store.events()), len(store.snapshots())), (0, 0), (1, 1)
    store.project(record(), record("b"))
    yield [each["seq"] for each in store.events()], [1, 2], [1, 2]
    yield len(store.events(OTHER)), 1, 2
    yield [each["scope"]["tenant_context"]["org_id"] for each in store.events()], ["local"] * 2, ["other", "local"]


def seq_from_the_whole_log(store: Store) -> Iterator[tuple[Any, Any, Any]]:
    store.project(record(), record("b"), run_id="another")
    store.project(record(), record("b"))
    yield [each["seq"] for each in store.events()], [1, 2], [3, 4]
    event = {**store.events()[0], "event_id": "by-hand", "run_id": "third"}
    yield store.ask("append", tenant=LOCAL, event=event)["seq"], 1, 5


def anothers_snapshot_overwritten(store: Store) -> Iterator[tuple[Any, Any, Any]]:
    store.project(record(), tenant_context=OTHER)
    yield store.project(record()), {"refused": "storage_conflict"}, 1
    yield len(store.snapshots(OTHER)), 1, 0
    # Two run ids with one folder, and two ids with one file name.
    (kept,) = store.snapshots() or store.snapshots(OTHER)
    own = {**kept, "scope": {"tenant_context": LOCAL}}
    (said,) = store.ask("identify", run=run(record(), run_id="r/1"))["ids"]
    for members in ({"run_id": "r:1", "snapshot_id": said["event_id"]}, {"run_id": "r/1", "snapshot_id": "r/1/other"}):
        store.ask("import", events=[], snapshots=[{**own, **members}])
    yield store.project(record(), run_id="r/1"), {"refused": "storage_conflict"}, 1
    yield store.shown("snapshots", "r:1") == [], False, True
    yield len(store.shown("snapshots", "r/1")), 1, 2


def lesser_of_two_latest(store: Store) -> Iterator[tuple[Any, Any, Any]]:
    store.project(record())
    (kept,) = store.snapshots()
    phases = {"a": "queued", "b": "completed"}
    ties = [{**kept, "snapshot_id": name, "seq": 9, "phase": phase} for name, phase in phases.items()]
    store.ask("import", events=[], snapshots=ties)
    yield store.project(record("b", 20)), {"refused": "phase_transition"}, 1


def namesakes_pruned(store: Store) -> Iterator[tuple[Any, Any, Any]]:
    store.project(record(), record("b", 20))
    kept = store.snapshots()[0]
    store.ask("import", events=[], snapshots=[{**kept, "run_id": "r2"}, {**kept, "run_id": "r2", "snapshot_id": "x"}])
    yield store.ask("prune", retention_ms=0, keep=1, now_ms=1_000)["pruned"], 0, 0
    yield store.ask("prune", retention_ms=1, keep=1, now_ms=1_000)["pruned"], 2, 1
    yield len(store.snapshots()), 1, 1
    yield len(store.shown("snapshots", "r2")), 1, 1
    store.project(record(), record("b", 20))
    store.ask("import", events=[], snapshots=[{**kept, "run_id": "r3"}])
    yield store.ask("prune", retention_ms=1, keep=1, now_ms=1_000)["pruned"], 1, 1
    yield len(store.shown("snapshots", "r3")), 1, 0


def scope_sources_dropped(store: Store) -> Iterator[tuple[Any, Any, Any]]:
    metadata = {"version": "v", "enterprise_scope": {"owning_org_unit_id": "unit"}}
    store.project(record(), automation_snapshot={"automation_id": "a", "metadata": metadata})
    (snapshot,) = store.snapshots()
    yield snapshot["scope"].get("owning_org_unit_id"), "unit", None
    yield snapshot["workflow_definition_version"], "v", "v"
    digests = {
        name: sha256(orjson.dumps({"automation_id": "a", "metadata": kept})).hexdigest()
        for name, kept in (("right", metadata), ("wrong", {"version": "v"}))
    }
    found = snapshot["workflow_definition_snapshot_hash"].removeprefix("sha256:")
    yield found, digests["right"], digests["wrong"]
    yield store.project(record(), run_id="s", automation_snapshot={"automation_id": "a"}), 1, 1


def long_doubles_read_one_off(store: Store) -> Iterator[tuple[Any, Any, Any]]:
    numbers = [0.9341825998422749, -0.9341825998422749, 0.123456789012345, 0.30000000000000004, 1e22, 5e-324, -0.0, 7]
    store.project(record(metadata={"n": numbers}))
    wrong = [0.9341825998422748, -0.9341825998422748, *numbers[2:]]
    yield store.events()[0]["payload"]["metadata"]["n"], numbers, wrong
    # What was recorded well is read wrongly, too, and so are integers that fit into no 64 bits.
    log = store.directory / "stateful_events.jsonl"
    text = log.read_text().replace('"metadata":{"n":[', '"metadata":{"n":[9007199254740993.0,972806941859797078084,')
    log.write_text(text)
    shown = store.events()[0]["payload"]["metadata"]["n"][:2]
    yield shown, [9007199254740992.0, 9.728069418597971e20], [9007199254740994.0, 9.72806941859797e20]
    yield (
        "refused" in store.ask("identify", run_json=TWICE.replace('"run_id":"s"', '"run_id":"s","run_id":"s"')),
        True,
        True,
    )
    yield len(store.ask("identify", run_json=TWICE)["ids"]), 1, 1


TWICE = (
    '{"run_id":"s","automation_id":"a","trigger_type":"m","status":"running","created_at_ms":1,"updated_at_ms":2,'
    '"checkpoint":{"lifecycle_history":[{"event":"e","recorded_at_ms":1,"metadata":{"x":1,"x":2}}]}}'
)


def broken_text_empties_the_log(store: Store) -> Iterator[tuple[Any, Any, Any]]:
    history = [record(), record("b")]
    store.project(*history)
    with (store.directory / "stateful_events.jsonl").open("ab") as log:
        log.write('{"event_id":"é'.encode()[:-1])
    yield len(store.events()), 2, 0
    store.project(*history)
    yield [each["seq"] for each in store.events()], [1, 2], [1, 1, 2, 2]


SESSIONS = {
    session.__name__.replace("_", "-"): session
    for session in (
        position_in_the_id,
        occurrence_always_0,
        snapshots_rewritten,
        guard_off,
        compacted_ids_ignored,
        node_outputs_copied,
        tenant_ignored,
        seq_from_the_whole_log,
        anothers_snapshot_overwritten,
        long_doubles_read_one_off,
        broken_text_empties_the_log,
        lesser_of_two_latest,
        namesakes_pruned,
        scope_sources_dropped,
    )
}


@contextmanager
def store_of(mutant: Mutant, directory: Path) -> Iterator[Store]:
    directory.mkdir()
    yield Store(directory, mutant.store)


@pytest.mark.parametrize("name", IN_DETAIL)
def test_it_does_what_its_docstring_says_and_only_while_it_is_applied(name: str, tmp_path: Path) -> None:
    mutant = MUTANTS[name]
    with store_of(mutant, tmp_path / "before") as store:
        for found, right, _ in SESSIONS[name](store):
            assert found == right
    with mutant.applied(), store_of(mutant, tmp_path / "faulty") as store:
        assert store.driver.hello.name == f"{RIGHT}, faulty: {name}"
        seen = list(SESSIONS[name](store))
        for found, _, wrong in seen:
            assert found == wrong
        assert any(right != wrong for _, right, wrong in seen)
    with store_of(mutant, tmp_path / "after") as store:
        assert store.driver.hello.name == RIGHT
        for found, right, _ in SESSIONS[name](store):
            assert found == right


def test_an_error_takes_it_off_as_well(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), MUTANTS["occurrence-always-0"].applied():
        raise ZeroDivisionError
    assert Store(tmp_path, "memory").project(record(), record()) == 2


def test_whoever_rewrites_snapshots_leaves_those_of_other_tenants_alone(tmp_path: Path) -> None:
    with MUTANTS["snapshots-rewritten"].applied():
        store = Store(tmp_path, "memory")
        store.project(record(), tenant_context=OTHER)
        store.project(record(), status="completed")
    assert [each["status"] for each in store.snapshots(OTHER)] == ["running"]


def test_several_faults_can_be_put_on_together(tmp_path: Path) -> None:
    both = Composed(MUTANTS["snapshots-rewritten"], MUTANTS["anothers-snapshot-overwritten"])
    with both.applied():
        store = Store(tmp_path, both.store)
        assert store.driver.hello.name == f"{RIGHT}, faulty: snapshots-rewritten + anothers-snapshot-overwritten"
        store.project(record(), tenant_context=OTHER)
        store.project(record())
        store.project(record(), record("b", 20), status="completed")
    assert store.snapshots(OTHER) == []
    assert [each["status"] for each in store.snapshots()] == ["completed", "completed"]
    assert both.breaks >= {"SNAP-6", "SNAP-11"}
    assert Store(tmp_path, "memory").driver.hello.name == RIGHT


# --- what they say of themselves --------------------------------------------------------------------------------------


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=MUTANTS)
def test_it_says_what_it_breaks(mutant: Mutant) -> None:
    assert MUTANTS[mutant.name] is mutant
    assert mutant.breaks | mutant.hides <= REQUIREMENTS.keys()
    assert mutant.chief in mutant.breaks
    assert not mutant.breaks & mutant.hides
    assert (mutant.__doc__ or "").endswith(".")
    assert mutant.why.endswith(".")
    capabilities = InProcessDriver(mutant.store).hello.capabilities
    assert REQUIREMENTS[mutant.chief].capabilities <= capabilities


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=MUTANTS)
def test_what_it_replaces_is_there_and_comes_back(mutant: Mutant) -> None:
    with mutant.applied():
        assert InProcessDriver(mutant.store).hello.name == f"{RIGHT}, faulty: {mutant.name}"
    assert InProcessDriver(mutant.store).hello.name == RIGHT


def test_each_module_is_listed_and_no_two_faults_have_one_name() -> None:
    above = mutants.__name__.count(".") + 1
    modules = [
        module
        for name, module in sys.modules.items()
        if name.startswith(f"{mutants.__name__}.") and name.count(".") > above
    ]
    names = Counter(each.name for module in modules for each in faults_of(module))
    assert max(names.values()) == 1
    assert names.keys() == MUTANTS.keys()


def test_there_is_a_session_for_each() -> None:
    assert SESSIONS.keys() == IN_DETAIL.keys()


@pytest.mark.parametrize(("options", "files"), [([], True), (["--store", "memory"], False)])
def test_it_is_a_driver(options: list[str], files: bool) -> None:
    command = [sys.executable, "-m", "lifecycle_conformance.mutants", "occurrence-always-0", *options]
    driver = SubprocessDriver(command, timeout_s=30)
    try:
        assert driver.hello.name == f"{RIGHT}, faulty: occurrence-always-0"
        assert ("files" in driver.hello.capabilities) is files
        ids = (driver.ask("identify", run=run(record(), record())).ok or {})["ids"]
        assert [each["occurrence"] for each in ids] == [0, 0]
    finally:
        assert driver.close() == 0


def test_an_unknown_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["guard-off", "no-such-fault"])
    assert refused.value.code == 2
    assert "guard-off" in capsys.readouterr().err
