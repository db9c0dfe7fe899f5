"""What may be shown of an address: never a password, nor what libpq takes for something else and would name."""

import psycopg
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from lifecycle_conformance.audit.postgres_address import is_address, shown
from lifecycle_projection import InvalidInputError

SHOWN = [
    ("postgresql://", "postgresql://"),
    ("postgres://me@host/db", "postgres://me@host/db"),
    ("postgresql://me:secret@host:5433/db?sslmode=require", "postgresql://me@host:5433/db"),
    ("postgresql://me:se?cr#et@host/db", "postgresql://me@host/db"),
    ("postgresql://:secret@host/db", "postgresql://host/db"),
    ("postgresql:///db?host=/run/postgresql&user=me&password=secret", "postgresql:///db"),
    ("postgresql://one:1,[2001:db8::1]:2,three/db", "postgresql://one:1,[2001:db8::1]:2,three/db"),
    ("postgresql://me@%2Frun%2Fpostgresql/db?options=-csearch_path%3Dx", "postgresql://me@%2Frun%2Fpostgresql/db"),
]
UNCLEAR = [
    "postgresql:me:secret@host/db",
    "postgresql://me:sec@ret@host/db",
    "postgresql://me:sec/ret@host/db",
    "postgresql://me:secret/host",
    "postgresql://host?password=sec@ret",
    "postgresql://me:1/sec?re@t",
    "postgresql://me@host/db?secret",
    "postgresql://me:sec%a1ret@host/db",
    "postgresql://me@host/db?application_name=%ff",
    "postgresql://me@host/\udcff",
]


@pytest.mark.parametrize(("address", "name"), SHOWN)
def test_user_host_and_database_are_shown(address: str, name: str) -> None:
    assert is_address(address)
    assert shown(address) == name


@pytest.mark.parametrize("address", UNCLEAR)
def test_nothing_is_shown_of_what_is_unclear(address: str) -> None:
    with pytest.raises(InvalidInputError, match="expected postgresql://") as refused:
        shown(address)
    assert not any(part in str(refused.value) for part in ("sec", "ret", "host/db"))


@pytest.mark.parametrize("store", ["store", "sqlite:x", "/postgresql://x", "postgresqlx://me:secret@host"])
def test_what_is_no_address_is_its_own_name(store: str) -> None:
    assert not is_address(store)
    assert shown(store) == store


@given(st.text("ab1%@:/?#&=[],", max_size=30), st.text("ab1:/?#@,&=", min_size=1, max_size=8))
@example("a:b/1?1@1", "1")
@example("%a1", "1")
def test_what_is_shown_is_what_libpq_takes_for_user_host_and_database(address: str, password: str) -> None:
    """Whatever libpq takes for another part than its password, it may name in what it complains of."""
    for each in (f"postgresql://{address}", f"postgresql://me:{password}@host/db"):
        try:
            name = shown(each)
            parts = conninfo_to_dict(each)
        except (InvalidInputError, psycopg.ProgrammingError):
            continue
        named = conninfo_to_dict(name)
        # What stands behind the question mark counts more, and isn't shown.
        said = each.rpartition("?")[2] if "?" in each and "@" not in each.rpartition("?")[2] else ""
        hidden = {option.partition("=")[0] for option in said.split("&")} | {"password"}
        assert {name: value for name, value in parts.items() if name not in hidden} == {
            name: value for name, value in named.items() if name not in hidden
        }
        assert "password" not in named
