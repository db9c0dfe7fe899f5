"""All kinds of findings about stores by their names."""

from typing import Final

from lifecycle_conformance.audit import kinds_of_database, kinds_of_form, kinds_of_run_records
from lifecycle_conformance.audit.finding import Kind
from lifecycle_conformance.audit.kinds import RUN_KINDS
from lifecycle_conformance.audit.kinds_of_journal import JOURNAL_KINDS

KINDS: Final[dict[str, Kind]] = {
    **RUN_KINDS,
    **{
        each.name: each
        for module in (kinds_of_form, kinds_of_database, kinds_of_run_records)
        for each in vars(module).values()
        if isinstance(each, Kind)
    },
    **JOURNAL_KINDS,
}
