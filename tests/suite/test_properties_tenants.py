"""The checks of chapter 11: each holds in a session of the reference, and alone fails where a step is made wrong."""

from functools import partial
from typing import Any

import pytest
from attrs import evolve

import builders
import traces
from builders import OPEN, OTHER_TENANT, RUN_ID, imported, pass_over, run_json
from lifecycle_conformance.execution.trace import LOCAL, Object, Owner, Request, Step, key_of
from lifecycle_projection.records import Tenant
from traces import answered, broken, broken_in, executed, held, judgements, refused, shown

OTHER = OTHER_TENANT
EMPTY_DEPLOYMENT: Object = {**LOCAL, "deployment_id": ""}
SOMEONE: Object = {**LOCAL, "actor_id": "ada", "source": "explicit"}
OWNER, THEIRS = Owner(key_of(LOCAL), RUN_ID), Owner(key_of(OTHER), RUN_ID)
MINE = ("LOG-", "TENANT-", "COMPACT-", "PRUNE-")
# The tenant of who names none (TENANT-5) sees what it does.
project, event = partial(builders.project, tenant=LOCAL), partial(builders.event, tenant=LOCAL)
append, last = partial(builders.append, tenant=LOCAL), partial(traces.last, store="memory")
fails, judged_in = partial(broken, of=MINE), partial(held, of=("TENANT-",))


def conflicting(step: Step, snapshot_id: str) -> Step:
    return refused(step, "storage_conflict", snapshot_id=snapshot_id)


# --- TENANT-1, TENANT-3, TENANT-5: who sees what ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tenant", "as_well"),
    [
        (OTHER, {"TENANT-5"}),
        (EMPTY_DEPLOYMENT, {"TENANT-3", "TENANT-5"}),
        ({**LOCAL, "deployment_id": "eu"}, {"TENANT-5"}),
        ({**LOCAL, "workspace_id": "w"}, {"TENANT-5"}),
    ],
)
@pytest.mark.parametrize("kind", ["events", "snapshots"])
def test_what_is_anothers_is_not_shown(tenant: Object, as_well: set[str], kind: str) -> None:
    step, trace = last(project("x"), project("y", tenant=tenant), project("x", "z"))
    assert {"TENANT-1", *as_well} <= judged_in(step, trace)
    theirs = getattr(step.after[Owner(key_of(tenant), RUN_ID)], kind)
    both = sorted((*getattr(step.after[OWNER], kind), *theirs), key=lambda each: each["seq"])
    assert fails(shown(step, OWNER, **{kind: (*both,)}), trace) == {"TENANT-1", *as_well}


def test_the_empty_deployment_is_not_shown_what_has_none() -> None:
    step, trace = last(project("x"), project("y", tenant=EMPTY_DEPLOYMENT), project("x", "z"))
    owner = Owner(key_of(EMPTY_DEPLOYMENT), RUN_ID)
    spoiled = shown(step, owner, events=(*step.after[owner].events, *step.after[OWNER].events))
    assert fails(spoiled, trace) == {"TENANT-1", "TENANT-3"}


def test_a_torn_tail_that_is_cut_off_writes_nothing_anew() -> None:
    """What the empty deployment has in the log was there before (TENANT-3)."""
    torn = "tear", {"text": '{"event_id": "torn', "bytes": 18}
    step, trace = traces.last(project("y", tenant=EMPTY_DEPLOYMENT), project("x"), torn, project("x", "z"))
    assert "TENANT-3" in judged_in(step, trace)
    assert broken(step, trace) == set()


@pytest.mark.parametrize("request_", [project("x", "z"), append("z"), imported(event("z"))])
def test_what_is_recorded_for_one_does_not_appear_at_another(request_: Request) -> None:
    step, trace = last(project("x"), project("y", tenant=OTHER), request_)
    assert "TENANT-1" in judged_in(step, trace)
    old = step.after[THEIRS].events
    appeared = {**step.after[OWNER].events[-1], "scope": old[0]["scope"], "event_id": "z", "seq": 2}
    assert fails(shown(step, THEIRS, events=(*old, appeared)), trace) == {"TENANT-1"}


def test_who_has_nothing_sees_nothing_when_asking() -> None:
    step, trace = last(project("x", tenant=OTHER), ("events", {"tenant": EMPTY_DEPLOYMENT, "run_id": RUN_ID}))
    assert "TENANT-1" in judged_in(step, trace)
    assert fails(answered(step, events=[*step.after[THEIRS].events]), trace) == {"TENANT-1"}
    assert fails(answered(step, events=[{}]), trace) == {"TENANT-1"}
    step, trace = last(project("x", tenant=OTHER), ("snapshots", {"tenant": LOCAL, "run_id": RUN_ID}))
    assert {"TENANT-1", "TENANT-5"} <= judged_in(step, trace)
    assert fails(answered(step, snapshots=[*step.after[THEIRS].snapshots]), trace) == {"TENANT-1", "TENANT-5"}


def test_one_tenant_alone_says_nothing() -> None:
    step, trace = last(project("x"), project("x", "y"))
    assert judged_in(step, trace) == set()


# --- TENANT-2: what doesn't matter ------------------------------------------------------------------------------------


@pytest.mark.parametrize("op", ["events", "snapshots"])
def test_who_asks_does_not_matter(op: str) -> None:
    step, trace = last(project("x"), (op, {"tenant": SOMEONE, "run_id": RUN_ID}))
    assert judged_in(step, trace) == {"TENANT-2"}
    assert fails(answered(step, **{op: []}), trace) == {"TENANT-2"}
    step, trace = last(project("x"), (op, {"tenant": LOCAL, "run_id": RUN_ID}))
    assert judged_in(step, trace) == set()


def test_null_is_no_deployment() -> None:
    step, trace = last(project("x"), ("events", {"tenant": {**LOCAL, "deployment_id": None}, "run_id": RUN_ID}))
    assert judged_in(step, trace) == {"TENANT-3"}
    assert fails(answered(step, events=[]), trace) == {"TENANT-3"}


def test_who_recorded_an_event_does_not_matter_to_what_is_shown() -> None:
    step, trace = last(imported(event("plain"), event("someone's", tenant=SOMEONE)))
    assert judged_in(step, trace) == {"TENANT-2"}
    plain, someones = step.after[OWNER].events
    assert fails(shown(step, OWNER, events=(plain,)), trace) == {"TENANT-2"}
    assert fails(shown(step, OWNER, events=(someones,)), trace) == set(), "that an import was lost is DRIVER-9's"


def test_who_recorded_a_record_does_not_matter_to_a_pass() -> None:
    step, trace = last(project("x"), project("x", "y", tenant=SOMEONE), project("x", "y", tenant=SOMEONE))
    assert judged_in(step, trace) == {"TENANT-2"}
    old = step.after[OWNER].events
    x, y = ({**each, "seq": seq} for seq, each in enumerate(old, start=3))
    assert fails(shown(step, OWNER, events=(*old, x)), trace) == {"TENANT-2"}
    assert fails(shown(step, OWNER, events=(*old, x, {**y, "seq": 4})), trace) == set(), "nothing is recognised"


# --- TENANT-4: no harm to others --------------------------------------------------------------------------------------


@pytest.mark.parametrize("request_", [project("x", "z"), append("z")])
@pytest.mark.parametrize("kind", ["events", "snapshots"])
def test_what_is_anothers_stays(request_: Request, kind: str) -> None:
    step, trace = last(project("x"), project("y", tenant=OTHER), request_)
    assert "TENANT-4" in judged_in(step, trace)
    as_well = {
        ("project", "snapshots"): {"TENANT-7"},
        ("project", "events"): {"LOG-1"},
        ("append", "events"): {"LOG-1"},
    }
    expected = {"TENANT-4", *as_well.get((step.op, kind), ())}
    assert fails(shown(step, THEIRS, **{kind: ()}), trace) == expected


# --- TENANT-6, TENANT-7: one run id, two tenants ----------------------------------------------------------------------


def test_the_second_tenant_gets_the_same_as_the_first() -> None:
    step, trace = last(
        project("x", "y"), imported(event("o", tenant=OTHER)), project("x", "y", tenant={**OTHER, "org_id": "c"})
    )
    assert {"TENANT-6", "TENANT-7"} <= judged_in(step, trace)
    owner = step.owner
    events, snapshots = step.after[owner].events, step.after[owner].snapshots
    assert fails(answered(step, projected=1), trace) == {"TENANT-6", "TENANT-7"}
    assert fails(shown(step, owner, snapshots=snapshots[1:]), trace) == {"TENANT-6", "TENANT-7"}
    assert fails(shown(step, owner, events=events[:1]), trace) >= {"TENANT-6", "TENANT-7"}
    moved = tuple({**each, "seq": each["seq"] + 2} for each in events)
    assert fails(shown(step, owner, events=moved), trace) == {"LOG-4", "LOG-5"}
    assert fails(conflicting(step, snapshots[0]["snapshot_id"]), trace) == {"TENANT-6"}


def test_a_store_that_can_hold_one_only_refuses_the_second() -> None:
    taken = executed([OPEN, project("w", "x", tenant=OTHER)], "files").trace.steps[-1].shown_after().snapshots[1]
    step, trace = last(imported(taken), project("w", "x", "y"), store="files")
    assert step.refusal == "storage_conflict"
    assert {"TENANT-7", "TENANT-4"} <= judged_in(step, trace)
    assert "TENANT-6" not in judgements(step, trace)
    w = step.after[OWNER].snapshots[0]["snapshot_id"]
    assert fails(conflicting(step, w), trace) == {"TENANT-7"}, "nothing is in its place"
    assert fails(shown(step, THEIRS, snapshots=()), trace) == {"TENANT-4", "TENANT-7"}


def test_it_refuses_the_first_that_is_taken() -> None:
    theirs = executed([OPEN, project("w", "x", tenant=OTHER)], "files").trace.steps[-1].shown_after().snapshots
    step, trace = last(imported(*theirs), project("w", "x"), store="files")
    assert "TENANT-7" in judged_in(step, trace)
    assert fails(conflicting(step, theirs[1]["snapshot_id"]), trace) == {"TENANT-7"}


def test_what_does_not_meet_is_recorded_for_both() -> None:
    requests = [project("x"), project("y", tenant=OTHER)]
    step, trace = last(*requests, store="files")
    assert "TENANT-7" in judged_in(step, trace)
    assert fails(shown(step, OWNER, snapshots=()), trace) == {"TENANT-4", "TENANT-7"}


# --- faulty implementations -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("whole", ["tenant", "source"])
def test_a_tenant_that_is_taken_as_a_whole_breaks_what_it_breaks(whole: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An implementation that compares tenants with all their members is caught by TENANT-2."""

    def key(tenant: Any) -> Any:
        members = (tenant.org_id, tenant.workspace_id, tenant.deployment_id, tenant.source)
        return (*members, tenant.actor_id) if whole == "tenant" else members

    monkeypatch.setattr(Tenant, "key", property(key))
    requests = [project("x"), ("events", {"tenant": {**LOCAL, "source": "explicit"}, "run_id": RUN_ID})]
    assert broken_in(executed([OPEN, *requests], "memory")) == {"TENANT-2"}


def test_a_deployment_that_is_lost_when_empty_breaks_tenant_3(monkeypatch: pytest.MonkeyPatch) -> None:
    def key(tenant: Any) -> Any:
        return tenant.org_id, tenant.workspace_id, tenant.deployment_id or None

    monkeypatch.setattr(Tenant, "key", property(key))
    requests = [project("x"), project("y", tenant=EMPTY_DEPLOYMENT)]
    assert broken_in(executed([OPEN, *requests], "memory"), MINE) == {"TENANT-3"}


# --- TENANT-2, TENANT-3: what is in the files and isn't shown --------------------------------------------------------


def test_what_someone_recorded_is_shown() -> None:
    step, trace = traces.last(builders.project("x", tenant=SOMEONE))
    assert "TENANT-2" in judged_in(step, trace)
    nothing = shown(step, OWNER, events=(), snapshots=())
    assert fails(nothing, trace) == {"TENANT-2"}


def test_what_is_hidden_for_other_reasons_is_no_matter_of_tenants() -> None:
    step, trace = traces.last(builders.project("x", tenant=SOMEONE), builders.project("x", "y", tenant=SOMEONE))
    first = step.shown_after().events[:1]
    assert "TENANT-2" not in fails(shown(step, OWNER, events=first), trace), "the same one's are shown"
    step, trace = traces.last(project("x"))
    assert "TENANT-2" not in fails(shown(step, OWNER, events=(), snapshots=()), trace), "nobody recorded it"


@pytest.mark.parametrize(
    "request_",
    [
        project("x"),
        builders.project("x", tenant={**LOCAL, "deployment_id": None}),
        imported(event("e", tenant={**LOCAL, "deployment_id": None})),
        append("x"),
    ],
    ids=["a pass", "null", "an import", "an append"],
)
def test_what_no_deployment_records_is_not_written_as_that_of_the_empty_one(request_: Request) -> None:
    step, trace = traces.last(request_)
    assert "TENANT-3" in judged_in(step, trace)
    local, empty = b'"workspace_id":"local"', b'"workspace_id":"local","deployment_id":""'
    spoiled = {path: text.replace(local, empty) for path, text in (step.files_after or {}).items()}
    nothing = shown(step, OWNER, events=(), snapshots=())
    assert "TENANT-3" in fails(evolve(nothing, files_after=spoiled), trace)


def test_what_the_empty_deployment_records_is_its_own() -> None:
    step, trace = traces.last(imported(event("e"), event("f", run_id=RUN_ID, tenant=EMPTY_DEPLOYMENT)))
    assert "TENANT-3" not in fails(step, trace)


def test_what_a_run_without_tenant_records_is_the_local_ones() -> None:
    run = {name: value for name, value in run_json("x").items() if name != "tenant_context"}
    step, trace = traces.last(pass_over(run))
    assert "REC-12" in held(step, trace)
    deployed = b'"workspace_id":"local","deployment_id":"local"'
    spoiled = {p: text.replace(b'"workspace_id":"local"', deployed) for p, text in (step.files_after or {}).items()}
    assert "REC-12" in broken(evolve(step, files_after=spoiled), trace)
