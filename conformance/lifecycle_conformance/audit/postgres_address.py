"""The address of a PostgreSQL database, and what of it may be shown: never a password, nor anything that may be one."""

import re
from typing import Final
from urllib.parse import unquote

from lifecycle_projection.errors import InvalidInputError, Problem

_SCHEMES: Final = ("postgresql:", "postgres:")
_ADDRESS: Final = re.compile(
    r"""(?P<scheme>postgres(?:ql)?://)
    (?:(?P<user>[^:@/?\#]*)(?::[^@/]*)?@)?
    (?P<place>[^@/?\#]*(?:/[^@/?\#]*)?)
    (?:\?(?P<options>(?:[a-z_]+=[^&@?\#]*&?)*))?""",
    re.VERBOSE,
)
"""Stricter than libpq, which takes a password with a bare `@` or `/` for a host, and names it in its complaints."""
_EXPECTED: Final = (
    "expected postgresql://[USER[:PASSWORD]@]HOST[:PORT]/DATABASE[?OPTION=VALUE]; in each part write `@` as %40,"
    " `/` as %2F, `?` as %3F, `#` as %23; other bytes, too, must be UTF-8"
)


def is_address(store: str) -> bool:
    """Whether a store is named by the address of a PostgreSQL database."""
    return store.startswith(_SCHEMES)


def shown(store: str) -> str:
    """The name by which a store may be called: of an address, the user, the host and the database.

    Raises :class:`InvalidInputError`, which shows nothing of it, for an address that can't be told apart.
    """
    if not is_address(store):
        return store
    match = _ADDRESS.fullmatch(store)
    if match is None or not _has_ports(match["place"]) or not _is_text(store):
        raise InvalidInputError(problems=(Problem("$", _EXPECTED),), source="PostgreSQL")
    user = f"{match['user']}@" if match["user"] else ""
    return f"{match['scheme']}{user}{match['place']}"


def _has_ports(place: str) -> bool:
    """Whether what stands as a port is a number: it may be the begin of a password."""
    hosts = re.sub(r"\[[^\]]*\]", "", place.partition("/")[0]).split(",")
    return all(re.fullmatch(r"[^:]*(:\d*)?", host, re.ASCII) for host in hosts)


def _is_text(address: str) -> bool:
    """Whether all of it is UTF-8, and what it writes as `%41`, too: psycopg takes nothing else."""
    try:
        unquote(address, errors="strict").encode()
    except UnicodeError:
        return False
    return True
