"""An audit that is to be told, in whatever form."""

from collections.abc import Sequence

from attrs import frozen

from lifecycle_conformance.audit.auditing import Read
from lifecycle_conformance.audit.baseline import Matched
from lifecycle_conformance.audit.journal.comparing import Journal


@frozen(kw_only=True)
class Audited:
    """An audit that is to be told: of which store, how much of it was read, and whether it was interrupted.

    `counting` are the severities that make the exit code 1; `has_baseline` says that the findings were held against
    one, `has_records` that the store was held against run records, and `journal` tells
    of the journal that it was held against.
    """

    store: str
    told: Matched
    read: Read
    counting: Sequence[str]
    cut: bool
    has_baseline: bool
    has_records: bool
    journal: Journal | None = None
