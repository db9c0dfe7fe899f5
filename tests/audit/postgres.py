"""A PostgreSQL server of the tests' own, and production's databases in it."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
from attrs import field, frozen

_PROGRAMS: Final = ("initdb", "postgres")
_PATIENCE_S: Final = 60
# Who has a password must know it; the others are believed.
_ENTRY: Final = "local all guarded scram-sha-256\nlocal all all trust\n"
_SETTINGS: Final = {"listen_addresses": "", "fsync": "off", "synchronous_commit": "off", "max_connections": "100"}
_UNTIL_THE_INPUT_ENDS: Final = """
"$0/initdb" --auth=trust --username=postgres --encoding=UTF8 --no-sync -D data
"$0/postgres" -D data "$@" &
read -r _
kill -QUIT $!
wait $!
rm -rf "$PWD"
"""
"""Nothing stays, however the tests end: the input is a pipe that closes with their process."""
_NUMBERS: Final = count()


@frozen
class Server:
    """A server that listens on a socket in a folder, for its superuser `postgres` and whom a test makes."""

    folder: Path
    made: list[str] = field(factory=list, init=False)

    def address(self, database: str, user: str = "postgres", **options: str) -> str:
        query = "&".join(f"{name}={value}" for name, value in {"host": str(self.folder), **options}.items())
        return f"postgresql://{user}@/{database}?{query}"

    def database(self, *, encoding: str = "UTF8") -> str:
        """A new database, and its address."""
        name = f"store_{next(_NUMBERS)}"
        self.made.append(name)
        self.run(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'")
        return self.address(name)

    def run(self, *statements: str) -> None:
        """What the whole server is told."""
        changed(self.address("postgres"), *statements)

    def drop(self) -> None:
        """Drop the databases that were made: each takes ten megabytes."""
        self.run(*(f"DROP DATABASE {name} WITH (FORCE)" for name in self.made))


def changed(address: str, *statements: str) -> str:
    """A database in which something was changed."""
    with closing(psycopg.connect(address, autocommit=True)) as connection:
        for statement in statements:
            connection.execute(statement.encode())
    return address


def put_postgres(database: dict[str, Any], address: str) -> str:
    """Build a shared store's database: the same tables, with BIGINT."""
    with closing(psycopg.connect(address)) as connection:
        for name, table in database["tables"].items():
            types = {"INTEGER": "BIGINT"}
            columns = [
                f"{each['name']} {types.get(each['type'], each['type'])}{' NOT NULL' * each.get('not_null', False)}"
                for each in table["columns"]
            ]
            keyed = [each for each in table["columns"] if each.get("key")]
            keys = ", ".join(each["name"] for each in sorted(keyed, key=lambda each: int(each["key"])))
            unique = [f"UNIQUE ({', '.join(each)})" for each in table.get("unique", [])]
            whole = [*columns, *([f"PRIMARY KEY ({keys})"] if keys else []), *unique]
            connection.execute(f"CREATE TABLE {name} ({', '.join(whole)})".encode())
            with connection.cursor() as cursor:
                marks = ", ".join(["%s"] * len(columns))
                cursor.executemany(f"INSERT INTO {name} VALUES ({marks})".encode(), table["rows"])
        connection.commit()
    return address


@pytest.fixture(scope="session")
def running() -> Iterator[Server]:
    """A server for as long as the tests of this process run."""
    programs = _programs()
    if programs is None:
        pytest.skip("no PostgreSQL server is installed here (initdb and postgres)")
    # A folder of pytest's own can't be entered by another user, and its name may be too long for a socket.
    folder = Path(tempfile.mkdtemp(prefix="lp-pg-"))
    (folder / "hba").write_text(_ENTRY)
    settings = {"unix_socket_directories": folder, "hba_file": folder / "hba", **_SETTINGS}
    command = ["sh", "-c", _UNTIL_THE_INPUT_ENDS, programs, *(f"--{name}={each}" for name, each in settings.items())]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log, **_identity(folder))
    assert process.stdin is not None
    with process, process.stdin:
        yield _ready(Server(folder))


@pytest.fixture
def server(running: Server) -> Iterator[Server]:
    """The server for one test."""
    here = Server(running.folder)
    yield here
    here.drop()


def _programs() -> Path | None:
    """The folder of the programs: on a system with several versions it isn't in PATH."""
    configured = shutil.which("pg_config")
    told = subprocess.run([configured, "--bindir"], capture_output=True, text=True, check=False) if configured else None
    named = [Path(told.stdout.strip())] if told else []
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.parent.name.zfill(4))
    found = [Path(each).resolve().parent for each in [shutil.which("initdb")] if each]
    for folder in [*found, *named, *reversed(versions)]:
        if all((folder / name).is_file() for name in _PROGRAMS):
            return folder
    return None


def _identity(folder: Path) -> dict[str, Any]:
    """How the server's programs are started: they refuse to be root."""
    known: dict[str, Any] = {"cwd": folder, "env": {"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC"}}
    if os.getuid():
        return known
    users = {each.pw_name: each for each in pwd.getpwall()}
    user = users.get("postgres") or users["nobody"]
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {**known, "user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _ready(server: Server) -> Server:
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            server.run("SELECT 1")
        except psycopg.OperationalError:
            assert time.monotonic() < deadline, (server.folder / "log").read_text()
            time.sleep(0.05)
        else:
            return server
