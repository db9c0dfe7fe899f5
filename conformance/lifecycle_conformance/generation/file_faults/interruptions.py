"""Passes that are interrupted, and files that change while the process goes on."""

from collections.abc import Sequence

from attrs import frozen
from hypothesis import strategies as st

from lifecycle_conformance.execution.file_operations import LOG
from lifecycle_conformance.execution.trace import Files, Step
from lifecycle_conformance.generation.file_faults.requests import Requests, line_of, note, project, put, with_record
from lifecycle_conformance.generation.strategies import evenly
from lifecycle_conformance.model.file_layout import both, events_of, is_snapshot_path, log_of, path_of
from lifecycle_conformance.model.record_ties import recorded_ids


def interruptions(step: Step) -> st.SearchStrategy[Requests]:
    """Take back the end of a pass, as if it had been killed there, and pass again in a new process.

    It may have written record by record, or all events first.
    The pass must have succeeded and written something, and nothing may have happened since (:func:`can_be_undone`).
    """
    writes, files = _undone(step)
    events_first = sorted(writes, key=lambda write: write[0] != LOG)
    cuts = st.builds(_Cut, done=st.integers(0, len(writes) - 1), share=st.none() | st.floats(0, 1, exclude_max=True))
    return st.builds(
        lambda cut, order: [
            *_taken_back(files, order, cut),
            ("restart", {"kill": True}),
            project(step.run),
        ],
        cuts,
        evenly([writes, events_first]),
    )


def changes_beneath(step: Step) -> st.SearchStrategy[Requests]:
    """Change the files while the process goes on: take back the end of a pass, or add an event; then pass again.

    The pass must be one that :func:`interruptions` takes.
    """
    writes, files = _undone(step)
    cuts = st.builds(_Cut, done=st.integers(0, len(writes) - 1), share=st.none())
    taken_back = cuts.map(lambda cut: [*_taken_back(files, writes, cut), project(step.run)])
    log = log_of(files[1])
    added = put(LOG, log + line_of(note(step.run, files[1])) + b"\n")
    number = len(log) % 60 + 1
    grown = with_record(step.run, {"event": "node_started", "recorded_at_ms": number, "metadata": {"log": len(log)}})
    return taken_back | st.just([added, project(grown)])


def _undone(step: Step) -> tuple[list[tuple[str, bytes]], tuple[Files, Files]]:
    files = both(step)
    assert files is not None
    return _writes(step), files


@frozen(kw_only=True)
class _Cut:
    """Where a pass was interrupted: how many of its writes were done, and which share of the next, if it had begun."""

    done: int
    share: float | None


def can_be_undone(step: Step | None) -> bool:
    """Whether a pass can be interrupted in hindsight: it succeeded, and wrote something."""
    return step is not None and step.op == "project" and step.answer.ok is not None and bool(_writes(step))


def _writes(step: Step) -> list[tuple[str, bytes]]:
    """What a pass wrote, in order: the log's lines under the name of the log, the files under their paths."""
    files = both(step)
    if files is None or not log_of(files[1]).startswith(log_of(files[0])):
        return []
    lines = log_of(files[1]).removeprefix(log_of(files[0])).splitlines(keepends=True)
    by_id = {event["event_id"]: line for line in lines for event in events_of(line)}
    new = {path: text for path, text in files[1].items() if is_snapshot_path(path) and path not in files[0]}
    writes = []
    for event_id in dict.fromkeys(recorded_ids(step)):
        path = path_of(step.owner.run_id, event_id)
        writes += [(LOG, by_id[event_id])] if event_id in by_id else []
        writes += [(path, new[path])] if path in new else []
    return writes if len(writes) == len(lines) + len(new) else []


def _taken_back(files: tuple[Files, Files], writes: Sequence[tuple[str, bytes]], cut: _Cut) -> Requests:
    path, text = writes[cut.done]
    log = log_of(files[0]) + b"".join(text for path, text in writes[: cut.done] if path == LOG)
    part = b"" if cut.share is None else text[: int(cut.share * len(text))]
    requests = [put(LOG, log + part if path == LOG else log)]
    requests += [("remove", {"path": path}) for path, _ in writes[cut.done :] if path != LOG]
    requests += [put(f"{path}.tmp", part)] if cut.share is not None and path != LOG else []
    return requests
