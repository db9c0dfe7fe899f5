"""Agreement with the reference, as a judge of single steps."""

from attrs import evolve

from builders import OPEN, event, imported, lifecycle, pass_over, run_json
from lifecycle_conformance.execution.trace import Trace
from lifecycle_conformance.judges.agreement import AGREEMENT, agrees
from traces import answered, executed, last, refused, shown

RUN = run_json(lifecycle("a", 1), lifecycle("b", 2))


def test_the_reference_agrees_with_itself_at_every_step() -> None:
    for store in ("files", "memory"):
        session = executed(
            [
                OPEN,
                ("identify", {"run": RUN}),
                pass_over(RUN),
                ("compact", {"retention_ms": 1, "now_ms": 10}),
                ("project", {"run": {**RUN, "status": "queued"}}),
                ("prune", {"retention_ms": 1, "keep": 1, "now_ms": 10}),
                pass_over(RUN),
            ],
            store,
        )
        steps = session.trace.steps
        said = [each for place, step in enumerate(steps) for each in agrees(step, Trace(steps[:place]))]
        assert len(said) == len(steps) - 1
        assert all(each.holds and each.requirement == AGREEMENT for each in said)


def test_a_wrong_answer_and_a_wrong_view_are_told_by_their_members() -> None:
    step, trace = last(pass_over(RUN))
    (wrong,) = agrees(answered(step, projected=3), trace)
    assert (wrong.expected, wrong.actual) == ({"$.answer.ok.projected": 2}, {"$.answer.ok.projected": 3})
    events = tuple({**each, "seq": each["seq"] + 1} for each in step.shown_after().events)
    (wrong,) = agrees(shown(step, step.owner, events=events), trace)
    assert wrong.expected == {"$.shown[0].events[0].seq": 1, "$.shown[0].events[1].seq": 2}


def test_a_step_is_judged_from_what_was_shown_before_it() -> None:
    """A wrong view before doesn't condemn what follows from it."""
    step, trace = last(pass_over(RUN))
    before = evolve(step, before=step.after, after=step.after)
    (said,) = agrees(answered(before, projected=0), trace)
    assert said.holds


def test_how_much_a_storage_refusal_says_was_done_is_left_open() -> None:
    """ERR-5: it may say so, or not."""
    step, trace = last(imported(event("the-last", seq=2**64 - 1)), pass_over(RUN), store="memory")
    assert step.refusal == "storage"
    for data in ({}, {"projected": 0}):
        (said,) = agrees(refused(step, "storage", **data), trace)
        assert said.holds
    (wrong,) = agrees(refused(step, "invalid_input"), trace)
    assert not wrong.holds
