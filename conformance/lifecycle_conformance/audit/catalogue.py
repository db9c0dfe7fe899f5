"""All kinds of findings about stores by their names."""

from typing import Final

from lifecycle_conformance.audit.finding import Kind
from lifecycle_conformance.audit.kinds import of_database, of_form, of_run_records
from lifecycle_conformance.audit.kinds.of_journal import JOURNAL_KINDS
from lifecycle_conformance.audit.kinds.of_runs import RUN_KINDS

KINDS: Final[dict[str, Kind]] = {
    **RUN_KINDS,
    **{
        each.name: each
        for module in (of_form, of_database, of_run_records)
        for each in vars(module).values()
        if isinstance(each, Kind)
    },
    **JOURNAL_KINDS,
}
