"""The audit: where a store that some implementation wrote departs from the specification. It changes nothing.

Begin with `finding`, then `stored` (what is read of a store), then `auditing`; `checks` are pure functions over a run.
May import `model`, `execution` and `specification`, and of the reference what is pure: its readers of JSON and of
records, and what an event's members follow from.

For an engine's own tests: :func:`assert_conforms`.
"""

from lifecycle_conformance.audit.asserting import assert_conforms
from lifecycle_conformance.audit.auditing import audit
from lifecycle_conformance.audit.finding import Finding, Kind, Severity, Where

__all__ = ["Finding", "Kind", "Severity", "Where", "assert_conforms", "audit"]
