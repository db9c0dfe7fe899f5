"""What an audit says of the journal that the store was held against."""

from collections.abc import Sequence

from lifecycle_conformance.audit.finding import Finding
from lifecycle_conformance.audit.journal.comparing import Journal
from lifecycle_conformance.driver.safe_text import safe
from lifecycle_conformance.report.wording import counted, paragraph
from lifecycle_projection.records import Json


def as_json(journal: Journal | None, findings: Sequence[Finding]) -> dict[str, Json]:
    """The member `journal` of a report; none where there was no journal."""
    if journal is None:
        return {}
    prefix = journal.shortest_prefix(findings)
    line: dict[str, Json] = {"line": journal.steps[prefix - 1].line} if prefix else {}
    return {
        "journal": {"steps": len(journal.steps), "made": journal.made, "shortest_prefix": prefix, **line},
    }


def rendered(journal: Journal, findings: Sequence[Finding], width: int) -> str:
    """The shortest prefix after which the store is wrong, for people."""
    return "\n".join(paragraph(safe(_said(journal, findings)), width))


def _said(journal: Journal, findings: Sequence[Finding]) -> str:
    steps, prefix = len(journal.steps), journal.shortest_prefix(findings)
    read = f"Journal: {counted(steps, 'step')}"
    if prefix is None:
        return f"{read}. {_right(journal)}"
    if prefix == 0:
        return f"{read}. The store is wrong before the first one: it holds what no step left."
    step = journal.steps[prefix - 1]
    return f"{read}. The store is right up to {_before(prefix)}, and wrong after {step}, {journal.name}:{step.line}."


def _before(prefix: int) -> str:
    return f"step {prefix - 1}" if prefix > 1 else "the start"


def _right(journal: Journal) -> str:
    steps, made = len(journal.steps), journal.made
    if made == steps:
        return "The store holds what they leave."
    return f"The store holds what the first {made} leave, and nothing of the last {steps - made}."
