"""What is told of a baseline beside the findings: how many are accepted, and which entries are stale."""

from collections.abc import Sequence

from lifecycle_conformance.audit.baseline import Accepted, Matched, members_of
from lifecycle_conformance.driver.safe_text import safe
from lifecycle_conformance.report.wording import counted, named, paragraph
from lifecycle_projection.records import Json

_TO_DO = (
    "To do: Take these entries out of the file, or write it anew with --write-baseline; unless less was looked at than "
    "when it was written, such as without --runs."
)


def as_json(found: Matched) -> dict[str, Json]:
    """The members that a report has of a baseline."""
    stale: list[Json] = [
        {"place": f"$.accepted[{number}]", "entry": dict(members_of(each))} for number, each in found.stale
    ]
    return {"accepted": len(found.accepted), "stale": stale}


def summary(found: Matched) -> list[str]:
    """What the line that sums an audit up says of it."""
    stale = counted(len(found.stale), "stale entry", "stale entries")
    return [*([f"{len(found.accepted)} accepted"] if found.accepted else []), *([stale] if found.stale else [])]


def rendered(stale: Sequence[tuple[int, Accepted]], width: int) -> str:
    """The stale entries for people."""
    head = f"STALE: {counted(len(stale), 'entry', 'entries')} of the baseline"
    lines = [head, *paragraph("A stale entry fits no finding any more.", width, first="  ")]
    lines += [f"  - {entry_text(number, each)}" for number, each in stale]
    return "\n".join([*lines, *paragraph(_TO_DO, width, first="  ")])


def entry_text(number: int, entry: Accepted) -> str:
    """A stale entry in one line: its place in the baseline, and what it is about."""
    place = ":".join(each for each in (entry.path, entry.row) if each is not None)
    run = "" if entry.run_id is None else f"run {named(entry.run_id)}"
    event = "" if entry.event_id is None else f"event {named(entry.event_id)}"
    about = ", ".join(each for each in (safe(place), run, event) if each)
    return f"$.accepted[{number}]: {safe(entry.kind)}{f', {about}' if about else ''}"
