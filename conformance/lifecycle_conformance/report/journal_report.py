"""What an audit says of the journal that the store was held against."""

from collections.abc import Sequence

from lifecycle_conformance.audit.finding import Finding
from lifecycle_conformance.audit.journal.comparing import Journal
from lifecycle_conformance.audit.kinds import of_journal as kinds
from lifecycle_conformance.driver.safe_text import safe
from lifecycle_conformance.report.wording import counted, paragraph
from lifecycle_projection.records import Json


def as_json(journal: Journal | None, findings: Sequence[Finding]) -> dict[str, Json]:
    """The member `journal` of a report; none where there was no journal."""
    if journal is None:
        return {}
    told: dict[str, Json] = {"steps": len(journal.steps), "made": journal.made}
    prefix = journal.shortest_prefix(findings)
    if prefix is not None:
        told["shortest_prefix"] = prefix
    if prefix:
        told["line"] = journal.steps[prefix - 1].line
    return {"journal": told}


def rendered(journal: Journal, findings: Sequence[Finding], width: int) -> str:
    """The shortest prefix after which the store is wrong, for people."""
    return "\n".join(paragraph(safe(_said(journal, findings)), width))


def _said(journal: Journal, findings: Sequence[Finding]) -> str:
    steps, prefix = len(journal.steps), journal.shortest_prefix(findings)
    read = f"Journal: {counted(steps, 'step')}."
    if prefix is None:
        return f"{read} {_right(journal, findings)}"
    if prefix == 0:
        return f"{read} The store is wrong before the first one: it holds what no step leaves."
    step = journal.steps[prefix - 1]
    right = f"right up to step {prefix - 1}, and " if prefix > 1 else ""
    return f"{read} The store is {right}wrong after {step}, at {journal.name}:{step.line}."


def _right(journal: Journal, findings: Sequence[Finding]) -> str:
    held = {each.kind for each in findings}
    further = ", and what later steps left" if kinds.STORE_AHEAD in held else ""
    unread = ", as far as it can be read" if kinds.PERHAPS_MISSING in held else ""
    if journal.made == len(journal.steps):
        return f"The store holds what they leave{unread}{further}."
    if not journal.made:
        return f"The store holds nothing of what they leave{unread}."
    return f"The store holds what they leave up to step {journal.made}{unread}, and nothing of what follows."
