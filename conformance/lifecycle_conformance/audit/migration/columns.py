"""What the columns of the database take: integers of 63 bits, and tenants whose names aren't reserved."""

from collections.abc import Iterable
from typing import Final

from lifecycle_projection.records import Tenant
from lifecycle_projection.text import trimmed

MOST_BYTES: Final = 1 << 28
"""No record of more bytes is looked at."""

_END: Final = 1 << 63
_RESERVED: Final = frozenset({"", "*", "all", "global", "default"})


def fits(numbers: Iterable[int]) -> bool:
    """Whether a column can hold each of these numbers (DB-7)."""
    return all(number < _END for number in numbers)


def reserved_in(tenant: Tenant) -> str | None:
    """The member of a tenant that has a reserved name, if any (DB-8)."""
    for member in ("org_id", "workspace_id", "deployment_id"):
        value = getattr(tenant, member)
        if value is not None and (trimmed(value) or "").lower() in _RESERVED:
            return member
    return None
