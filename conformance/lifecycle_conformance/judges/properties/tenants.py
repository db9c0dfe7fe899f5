"""Checks of the chapter *Tenants*: who is shown what, and that two tenants with one run id don't meet."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from lifecycle_conformance.execution.judgement import (
    PASSES,
    PASSES_AND_APPENDS,
    Judgement,
    Steps,
    canonical,
    judged,
    none,
    steps,
)
from lifecycle_conformance.execution.multiset import added
from lifecycle_conformance.execution.operations import ALL, SHOWING
from lifecycle_conformance.execution.trace import (
    LOCAL,
    Object,
    Owner,
    Shown,
    Step,
    TenantKey,
    Trace,
    View,
    key_of,
    member,
    owner_of,
    owners_of,
)
from lifecycle_conformance.judges.registry import check
from lifecycle_conformance.model.delta import acting, delta, own, touched
from lifecycle_conformance.model.file_layout import hidden_of, path_of, written_by
from lifecycle_conformance.model.identity import contents_of, ids_of, stable_id
from lifecycle_conformance.model.recorded import recorded
from lifecycle_projection.records import Json

LOCAL_IMPLICIT: Final[TenantKey] = key_of(LOCAL)
_DEFAULT_SOURCE: Final = "local_implicit"


# --- who sees what ----------------------------------------------------------------------------------------------------


@check("TENANT-1", "TENANT-3", "TENANT-5", on=Steps(ALL - {"identify", "say"}))
def who_sees_what(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge that no tenant is shown what is another's, wherever others have something under the same run id."""
    if step.op in SHOWING and step.answer.ok is not None:
        asking = Owner(key_of(step.arguments["tenant"]), step.arguments["run_id"])
        yield from _foreign(step.after, asking, step.ok[step.op])
    for owner, shown in step.after.items():
        yield from _foreign(step.after, owner, [*shown.events, *shown.snapshots])
        if _is_another_tenants(step, owner) and trace.is_fully_shown:
            change = delta(step, owner)
            before, after = _all_ids(change.before), _all_ids(change.after)
            what = f"what {_name(owner)} got of a request about another tenant's run {owner.run_id!r}"
            yield none("TENANT-1", what, [each for each in after if each not in before])


@check("TENANT-2", "TENANT-3", on=Steps(SHOWING).accepted)
def asking_in_another_way(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that who asks with an `actor_id` or a `source`, or with `null` for no deployment, sees the same."""
    tenant = step.arguments["tenant"]
    owner = Owner(key_of(tenant), step.arguments["run_id"])
    shown = step.after.get(owner, Shown())
    expected, actual = shown.events if step.op == "events" else shown.snapshots, step.ok[step.op]
    if not expected and not actual:
        return
    different = _ids(_apart(expected, actual))
    if _says_who(tenant):
        yield none("TENANT-2", f"what {tenant} sees otherwise", different)
    if "deployment_id" in tenant and tenant["deployment_id"] is None:
        yield none("TENANT-3", "what no deployment, written as null, sees otherwise", different)


@check("TENANT-2", on=steps("import", "project").accepted)
def recorded_by_someone_else(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that events recorded with another `actor_id` or `source` count, where those recorded with the same do.

    That those do tells that the implementation imports and recognises; whatever else is wrong with that is judged by
    other chapters.
    """
    if step.op == "import":
        for owner in dict.fromkeys(map(owner_of, step.arguments["events"])):
            imported = [each for each in step.arguments["events"] if owner_of(each) == owner]
            shown = {each["event_id"] for each in step.after[owner].events}
            alike = {each["event_id"] for each in imported if not _says_who(_tenant(each))}
            others = {each["event_id"] for each in imported} - alike
            if alike and others and alike <= shown:
                what = "the imported events of the same tenant that it isn't shown"
                yield none("TENANT-2", what, sorted(others - shown))
    if step.op == "project":
        tenant, ids = _who(step.run.get("tenant_context", LOCAL)), set(ids_of(step.run))
        known = [each for each in delta(step).before.events if each["event_id"] in ids]
        alike = {each["event_id"] for each in known if _who(_tenant(each)) == tenant}
        others = {each["event_id"] for each in known} - alike
        again = {each["event_id"] for each in delta(step).new_events} if alike and others else set()
        if alike and others and not alike & again:
            what = "the records that were recorded again because someone else had"
            yield none("TENANT-2", what, sorted(others & again))


@check("TENANT-2", on=steps("import", "project", "compact").with_files)
def what_someone_else_wrote_is_shown(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge that what was recorded with an `actor_id` or a `source`, and stands in the files now, is shown.

    Where something else is hidden, too, or something that the same one recorded is shown, there are other reasons.
    """
    shown = [each for owner in step.after for each in _all(step.after[owner])]
    if trace.is_damaged and all(_says_who(_tenant(each)) for each in shown):
        return
    hidden = hidden_of(step)
    theirs = {_who(_tenant(each)) for each in hidden}
    is_theirs = (None, _DEFAULT_SOURCE) not in theirs and theirs.isdisjoint(_who(_tenant(each)) for each in shown)
    if is_theirs and any(_says_who(_tenant(each)) for each in written_by(step) if owner_of(each) in step.after):
        yield none("TENANT-2", "what someone recorded and nobody is shown", _ids(hidden))


@check("TENANT-3", on=steps("import", "project", "append").with_files)
def no_deployment_is_recorded_as_none(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that what is recorded for a tenant without deployment isn't written as that of the empty one.

    That it isn't says something only where it is shown, too.
    """
    owners = {*owners_of(step.op, step.arguments)}
    twins = {Owner((*owner.tenant[:2], ""), owner.run_id) for owner in owners if owner.tenant[2] is None} - owners
    written = [each for each in written_by(step) if owner_of(each) in owners | twins]
    wrong = [each for each in written if owner_of(each) in twins]
    if wrong or (twins and written and any(_all(step.after.get(owner, Shown())) for owner in owners)):
        what = "what was recorded for no deployment, and stands there as that of the empty one"
        yield none("TENANT-3", what, _ids(wrong))


@check("REC-12", on=PASSES.with_files)
def no_tenant_is_the_local_one(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that what is recorded for a run without tenant is written as the local one's, and shown to it."""
    written = [each for each in written_by(step) if each["run_id"] == step.run["run_id"]]
    wrong = [each for each in written if owner_of(each) != step.owner]
    if "tenant_context" not in step.run and (wrong or (written and _all(step.shown_after()))):
        yield none("REC-12", "what was recorded for a run without tenant, and stands there as another's", _ids(wrong))


@check("TENANT-2", "PASS-4", on=PASSES.fully_shown)
def own_snapshots_are_no_others(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that no pass takes a snapshot that it is shown for another's, whoever of the tenant wrote it."""
    who = _who(step.run.get("tenant_context", LOCAL))
    for snapshot in own(step.before, step.owner).snapshots:
        met = step.refusal == "storage_conflict" and step.data.get("snapshot_id") == snapshot["snapshot_id"]
        requirement = "PASS-4" if _who(_tenant(snapshot)) == who else "TENANT-2"
        what = f"whether its snapshot {snapshot['snapshot_id']} counts as another's"
        yield judged(requirement, what, expected=False, actual=met, subject=snapshot["snapshot_id"])


# --- two tenants, one run id ------------------------------------------------------------------------------------------


@check("TENANT-4", on=PASSES_AND_APPENDS)
def no_harm_to_others(step: Step, _: Trace) -> Iterator[Judgement]:
    """Judge that a pass or an append leaves alone what is shown to other tenants."""
    actor = acting(step)
    for owner in step.before:
        before = own(step.before, owner)
        if owner.tenant != actor.tenant and (before.events or before.snapshots):
            what = f"what {_name(owner)} lost of its run {owner.run_id!r}"
            yield none("TENANT-4", what, _ids(_lost(before, step.after.get(owner, Shown()))))


@check("TENANT-6", "TENANT-7", on=PASSES.fully_shown)
def as_if_it_were_alone(step: Step, trace: Trace) -> Iterator[Judgement]:
    """Judge a pass over a run whose id another tenant uses, too.

    What it would do if it were alone, the implementation has told itself where it passed before over the same run, of
    whichever tenant, when it showed the same of it. Its seqs are left to LOG-5.
    """
    others = list(_other_tenants(step.before, step.owner))
    if not any(each.events or each.snapshots for each in others):
        return
    conflict = step.refusal == "storage_conflict"
    if "tenants" in step.capabilities:
        yield judged("TENANT-6", "whether the pass met what is another's", expected=False, actual=conflict)
    theirs = [each for shown in others for each in shown.snapshots]
    if theirs:
        yield from _nothing_overwritten(step)
        if conflict:
            yield from _conflict(step, theirs)
    first = None if conflict else _the_same_before(step, trace)
    if first is not None:
        expected, actual = _outcome(first), _outcome(step)
        parts = [name for name in expected if canonical(expected[name]) != canonical(actual[name])]
        for requirement in ("TENANT-6", "TENANT-7") if "tenants" in step.capabilities else ("TENANT-7",):
            what = "the parts of the outcome that are not as they were where it was the first"
            yield none(requirement, what, parts)


# --- the parts of the checks ------------------------------------------------------------------------------------------


def _foreign(view: View, owner: Owner, records: Sequence[Object]) -> Iterator[Judgement]:
    """Judge what is shown to an owner, where there is something under the same run id that it mustn't see."""
    same_id = (each for each in view if each.run_id == owner.run_id and each.tenant != owner.tenant)
    others = {each.tenant for each in same_id if own(view, each) != Shown()}
    if not others:
        return
    what = f"what {_name(owner)} is shown of others under {owner.run_id!r}"
    foreign = _ids(each for each in records if _key(each) != owner.tenant)
    yield none("TENANT-1", what, foreign)
    if owner.tenant == LOCAL_IMPLICIT:
        yield none("TENANT-5", what, foreign)
    org_id, workspace_id, deployment_id = owner.tenant
    twin = org_id, workspace_id, "" if deployment_id is None else None
    if not deployment_id and twin in others:
        what = f"what {_name(owner)} is shown of {_name(Owner(twin, owner.run_id))}"
        yield none("TENANT-3", what, _ids(each for each in records if _key(each) == twin))


def _is_another_tenants(step: Step, owner: Owner) -> bool:
    """Whether a request is about the run id of an owner, and adds to what another tenant has, not to its own."""
    owners = touched(step)
    return owner not in owners and any(each.run_id == owner.run_id for each in owners)


def _nothing_overwritten(step: Step) -> Iterator[Judgement]:
    lost = [
        each
        for owner in step.before
        if owner.run_id == step.owner.run_id and owner.tenant != step.owner.tenant
        for each in added(step.after.get(owner, Shown()).snapshots, own(step.before, owner).snapshots)
    ]
    yield none("TENANT-7", "the snapshots of others that are gone or changed", _ids(lost))


def _conflict(step: Step, theirs: Sequence[Object]) -> Iterator[Judgement]:
    """Judge that a pass stopped where a place is taken, and at no such place before.

    Which ids share a place is known for sure of the layout on files only; elsewhere two may, or may not.
    """
    run_id, conflicting = step.owner.run_id, step.data.get("snapshot_id")
    anyones = [each for owner, shown in step.before.items() if owner != step.owner for each in shown.snapshots]
    if isinstance(conflicting, str):
        taken = path_of(run_id, conflicting) in {path_of(each["run_id"], each["snapshot_id"]) for each in anyones}
        what = f"whether another's snapshot stands at the place of {conflicting!r}"
        yield judged("TENANT-7", what, expected=True, actual=taken)
    before = delta(step).before
    table = recorded(step.run, before.events)
    ids = [stable_id(*each) for each in contents_of(step.run)]
    ids = [table[each].event_id if each in table else each for each in ids]
    if conflicting in ids:
        passed = ids[: ids.index(conflicting)]
        met = {each["snapshot_id"] for each in theirs} - {each["snapshot_id"] for each in before.snapshots}
        what = "the records before it whose place was taken, too"
        yield none("TENANT-7", what, [each for each in passed if each in met])


def _other_tenants(view: View, owner: Owner) -> Iterator[Shown]:
    """What the other tenants have under the same run id."""
    return (own(view, each) for each in view if each.run_id == owner.run_id and each.tenant != owner.tenant)


def _the_same_before(step: Step, trace: Trace) -> Step | None:
    """An earlier pass over the same run, but for the tenant, that began with the same, but for tenant and seqs.

    One that met what is another's was not as if it were alone.
    """
    run, began = _of_nobody(step.run), _in_short(delta(step).before)
    for earlier in trace.earlier(step):
        if (
            earlier.op == "project"
            and earlier.refusal != "storage_conflict"
            and earlier.owner.run_id == step.owner.run_id
            and canonical(_of_nobody(earlier.run)) == canonical(run)
            and canonical(_in_short(delta(earlier).before)) == canonical(began)
        ):
            return earlier
    return None


def _outcome(step: Step) -> Object:
    """What came of a pass, but for tenant and seqs."""
    after = delta(step).after
    return {"answer": step.answer.ok, "refusal": [step.refusal, step.data], **_in_short(after)}


def _in_short(shown: Shown) -> Object:
    return {
        "events": list(map(_without_tenant, shown.events)),
        "snapshots": list(map(_without_tenant, shown.snapshots)),
    }


def _without_tenant(record: Object) -> Object:
    return {**record, "seq": None, "scope": {**record["scope"], "tenant_context": None}}


def _of_nobody(run: Object) -> Object:
    return {**run, "tenant_context": None}


def _lost(before: Shown, after: Shown) -> list[Object]:
    return [*added(after.events, before.events), *added(after.snapshots, before.snapshots)]


def _apart(expected: Sequence[Object], actual: Sequence[Object]) -> list[Object]:
    return [*added(expected, actual), *added(actual, expected)]


def _ids(records: Iterable[Object]) -> list[Json]:
    return [each.get("event_id", each.get("snapshot_id")) for each in records]


def _all(shown: Shown) -> list[Object]:
    return [*shown.events, *shown.snapshots]


def _all_ids(shown: Shown) -> list[Json]:
    return _ids(_all(shown))


def _key(record: Object) -> tuple[Json, ...]:
    """The key of a record as it stands in an answer that nobody has looked at."""
    tenant = member(record.get("scope"), "tenant_context")
    return tuple(member(tenant, name) for name in ("org_id", "workspace_id", "deployment_id"))


def _tenant(record: Object) -> Object:
    tenant: Object = record["scope"]["tenant_context"]
    return tenant


def _who(tenant: Object) -> tuple[Json, Json]:
    """The members that have no influence, with their defaults."""
    return tenant.get("actor_id"), tenant.get("source", _DEFAULT_SOURCE)


def _says_who(tenant: Object) -> bool:
    """Whether a tenant is another in these than the one that is asked with when a step is looked at."""
    return _who(tenant) != (None, _DEFAULT_SOURCE)


def _name(owner: Owner) -> str:
    return "/".join(each if each is not None else "-" for each in owner.tenant)
