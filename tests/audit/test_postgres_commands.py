"""`audit`, `show` and `diff` on a PostgreSQL database: what they say, what they don't, and how they end."""

import json
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest

from calling import PATIENCE_S, call, environment, finished, started
from lifecycle_conformance.audit import Severity, assert_conforms
from postgres import Server, changed, put_postgres
from stores import put_database, put_files, shared

STORES = {each["name"]: each for each in shared()}
SECRET: Final = "q7Zx-secret"
READABLE = [name for name in STORES if name not in {"19-local-key-encrypted", "27a-damaged-event-row"}]


@pytest.fixture
def address(server: Server) -> str:
    return put_postgres(STORES["01-g4-plain"]["databases"]["root"], server.database())


@pytest.fixture(scope="session")
def unchanged(running: Server) -> str:
    """A database for what changes none, where a user must know a password, and another one may read nothing."""
    address = put_postgres(STORES["01-g4-plain"]["databases"]["root"], running.database())
    return changed(
        address,
        f"CREATE ROLE guarded LOGIN PASSWORD '{SECRET}'",
        "CREATE ROLE stranger LOGIN",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO guarded",
        "DELETE FROM stateful_events WHERE seq = 2",
    )


def database_of(address: str) -> str:
    return address.partition("?")[0].rpartition("/")[2]


# --- what they say ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", READABLE)
def test_a_database_is_the_same_as_the_one_that_it_was_built_from(name: str, server: Server, tmp_path: Path) -> None:
    database = STORES[name]["databases"]["root"]
    here, there = put_database(database, tmp_path / "store"), put_postgres(database, server.database())
    done = call("diff", here, there)
    assert (done.exit_code, done.stderr) == (0, ""), done.output
    changed(there, "DELETE FROM stateful_snapshots WHERE seq = (SELECT max(seq) FROM stateful_snapshots)")
    done = call("diff", here, there)
    assert done.exit_code == 1
    assert there.partition("?")[0] in done.stdout


def test_audit_and_show_say_what_they_say_of_sqlite(server: Server, tmp_path: Path) -> None:
    store = STORES["13-two-tenants-h16"]
    file = put_database(store["databases"]["root"], tmp_path / "store.sqlite3")
    address = put_postgres(store["databases"]["root"], server.database())
    name = address.partition("?")[0]
    runs = put_files(store["files"], tmp_path / "files") / "automation_v2_runs.json"
    for options in ([], ["--runs", runs], ["--json"], ["--run", "run-2"], ["--jobs", "2"]):
        here, there = call("audit", file, *options), call("audit", address, *options)
        assert there.stdout.replace(name, str(file)).replace(name.rpartition("/")[2], file.name) == here.stdout
        assert (there.exit_code, there.stderr) == (here.exit_code, here.stderr)
        assert len(here.stdout) > 500
    for options in ([], ["run-2"], ["run-2", "--json"]):
        here, there = call("show", file, *options), call("show", address, *options)
        assert there.stdout.replace(name.rpartition("/")[2], file.name) == here.stdout
    assert json.loads(call("show", address, "--json").stdout)["store"] == name


def test_its_run_records_can_be_held_against_another_store(server: Server, tmp_path: Path) -> None:
    store = STORES["01-g4-plain"]
    file = put_database(store["databases"]["root"], tmp_path / "store")
    address = put_postgres(store["databases"]["root"], server.database())
    done = call("audit", file, "--runs", address, "--json")
    assert (done.exit_code, json.loads(done.stdout)["counts"]) == (0, {"violation": 0, "suspect": 0, "note": 0})
    changed(address, "UPDATE automation_runs SET run_id = 'run-7'")
    assert call("audit", "--runs", address).stdout.startswith(f"{address.partition('?')[0]}: ")


def test_a_baseline_accepts_its_findings_again(address: str, tmp_path: Path) -> None:
    changed(address, "DELETE FROM stateful_events WHERE seq = 2")
    accepted = tmp_path / "accepted.json"
    assert call("audit", address).exit_code == 1
    assert call("audit", address, "--write-baseline", accepted).exit_code == 0
    assert call("audit", address, "--baseline", accepted).exit_code == 0


def test_an_engines_own_tests_can_ask_for_it(address: str) -> None:
    assert_conforms(address, runs=address)
    changed(address, "DELETE FROM stateful_events WHERE seq = 2")
    with pytest.raises(AssertionError, match=f"{address.partition('?')[0]} departs from the specification"):
        assert_conforms(address, fail_on=Severity.VIOLATION)


# --- what they never say ----------------------------------------------------------------------------------------------


def test_no_output_holds_the_password(server: Server, unchanged: str, tmp_path: Path) -> None:
    in_front = server.address(database_of(unchanged), f"guarded:{SECRET}")
    behind = server.address(database_of(unchanged), "guarded", password=SECRET)
    junit, baseline = tmp_path / "audit.xml", tmp_path / "accepted.json"
    for each in (in_front, behind):
        for arguments, code in (
            (["audit", each, "--runs", each], 1),
            (["audit", each, "--json"], 1),
            (["audit", each, "--junit", junit, "--write-baseline", baseline], 0),
            (["audit", each, "--values", "--junit", "-"], 1),
            (["audit", "--runs", each], 0),
            (["audit", "--migration", each], 2),
            (["audit", each, "--run", "run-9"], 2),
            (["show", each], 0),
            (["show", each, "--json"], 0),
            (["show", each, "run-9"], 2),
            (["diff", each, in_front], 0),
            (["diff", each, "nowhere"], 2),
            (["diff", unchanged, each, "--json"], 0),
        ):
            done = call(*arguments)
            assert done.exit_code == code, done.output
            assert SECRET not in done.output
        assert "guarded@" in junit.read_text()
        assert SECRET not in junit.read_text() + baseline.read_text()


def test_the_password_can_be_kept_where_libpq_looks_for_it(server: Server, unchanged: str, tmp_path: Path) -> None:
    here = server.address(database_of(unchanged), "guarded")
    kept, service = tmp_path / "pass", tmp_path / "services"
    kept.write_text(f"*:*:*:guarded:{SECRET}\n")
    kept.chmod(0o600)
    folder, database = str(server.folder), database_of(unchanged)
    service.write_text(f"[prod]\nhost={folder}\ndbname={database}\nuser=guarded\npassword={SECRET}\n")
    for address, environ in (
        (here, {"PGPASSWORD": SECRET}),
        (here, {"PGPASSFILE": str(kept)}),
        ("postgresql:///?service=prod", {"PGSERVICEFILE": str(service)}),
        ("postgres://", {"PGHOST": folder, "PGDATABASE": database, "PGUSER": "guarded", "PGPASSWORD": SECRET}),
    ):
        done = call("show", address, env=environ)
        assert (done.exit_code, done.stderr) == (0, "")
        assert "run-1" in done.stdout


# --- how they end -----------------------------------------------------------------------------------------------------

ERRORS: dict[str, tuple[str, str]] = {
    "no server at a socket": (
        "postgresql://u:{secret}@/d?host=/nowhere",
        "postgresql://u@/d: can't connect: connection",
    ),
    "no server at a port": ("postgresql://u:{secret}@127.0.0.1:1/d", "Connection refused"),
    "no such host": ("postgresql://u:{secret}@nowhere.invalid/d", "can't connect: "),
    "no such database": ("postgresql://postgres:{secret}@/nowhere?host={folder}", 'database "nowhere" does not exist'),
    "no such user": ("postgresql://nobody:{secret}@/postgres?host={folder}", 'role "nobody" does not exist'),
    "no such tables": ("postgresql://postgres:{secret}@/postgres?host={folder}", "expected a table stateful_events in"),
    "a wrong password": ("postgresql://guarded:{secret}x@/{database}?host={folder}", "password authentication failed"),
    "no password": ("postgresql://guarded@/{database}?host={folder}", "no password supplied"),
    "no rights": ("postgresql://stranger:{secret}@/{database}?host={folder}", "permission denied for table"),
    "no such option": ("postgresql://u:{secret}@/d?{secret}=1", "expected postgresql://[USER"),
    "no such option of libpq": ("postgresql://u:{secret}@/d?ssl_mode=1", "expected an address that libpq can read"),
    "a bad escape": ("postgresql://u:{secret}%zz@/d", "expected an address that libpq can read"),
    "a bad time": ("postgresql://u:{secret}@/d?connect_timeout=soon", "can't connect: bad value for connect_timeout"),
    "a bare @": ("postgresql://u:{secret}@{secret}@/d", "expected postgresql://[USER"),
    "no slashes": ("postgresql:u:{secret}@/d", "expected postgresql://[USER"),
}


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("command", ["audit", "show", "diff", "audit --runs"])
def test_each_error_is_one_line_and_the_exit_code_2(error: str, command: str, server: Server, unchanged: str) -> None:
    store, said = ERRORS[error]
    store = store.format(secret=SECRET, folder=server.folder, database=database_of(unchanged))
    done = call(*command.split(), store, *([unchanged] if command == "diff" else []))
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert said in done.stderr
    assert SECRET not in done.stderr


def test_a_server_that_does_not_answer_is_given_up(tmp_path: Path) -> None:
    with closing(silent(tmp_path)):
        done = call("audit", f"postgresql://u:{SECRET}@/d?host={tmp_path}&connect_timeout=2")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == "error: postgresql://u@/d: can't connect: connection timeout expired\n"


def test_ctrl_c_ends_the_waiting_for_a_server(tmp_path: Path) -> None:
    with closing(silent(tmp_path)) as listener:
        process = started("audit", f"postgresql:///d?host={tmp_path}", env=environment(PGCONNECT_TIMEOUT="600"))
        with closing(listener.accept()[0]) as connection:
            assert connection.recv(1)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, err) == (130, b"")
    assert b"(partial: the audit was interrupted)" in out


def silent(folder: Path) -> socket.socket:
    """A socket where a server would listen, and none answers."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(folder / ".s.PGSQL.5432"))
    listener.listen()
    return listener


def test_without_psycopg_it_says_how_to_get_it() -> None:
    program = (
        "import sys; sys.modules['psycopg'] = None; from lifecycle_conformance.cli import main; main(sys.argv[1:])"
    )
    done = finished(sys.executable, "-c", program, "audit", f"postgresql://u:{SECRET}@host/db")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        'error: postgresql://u@host/db: this needs psycopg: pip install "lifecycle-projection[postgres]"\n'
    )


@pytest.mark.parametrize(
    ("command", "said"), [("audit", "(partial: the audit was interrupted)"), ("show", ""), ("diff", "partial")]
)
def test_ctrl_c_ends_a_query(command: str, said: str, unchanged: str) -> None:
    """Somebody else holds the table meanwhile, so that the query would wait for ever."""
    with closing(psycopg.connect(unchanged)) as other:
        other.execute("LOCK TABLE stateful_events IN ACCESS EXCLUSIVE MODE")
        arguments = [command, unchanged, *([unchanged] if command == "diff" else [])]
        assert said in interrupted(arguments, unchanged, "wait_event_type = 'Lock'")


def test_ctrl_c_ends_the_queries_of_workers(address: str) -> None:
    """The first process has read all that it needs; those of single runs take ten minutes."""
    columns = "goal_id, run_id, seq, snapshot_json, created_at_ms, org_id, workspace_id, deployment_id"
    changed(
        address,
        "ALTER TABLE stateful_snapshots RENAME TO kept",
        "CREATE FUNCTION late(TEXT) RETURNS TEXT STABLE LANGUAGE plpgsql"
        " AS 'BEGIN PERFORM pg_sleep(600); RETURN $1; END'",
        f"CREATE VIEW stateful_snapshots AS SELECT late(snapshot_id) AS snapshot_id, {columns} FROM kept",
    )
    assert "(partial: the audit was interrupted)" in interrupted(
        ["audit", "--jobs", "2", address], address, "wait_event = 'PgSleep'"
    )


def interrupted(arguments: list[str], address: str, condition: str) -> str:
    """What a command says that is interrupted while the server works for it; the server is told to stop."""
    with closing(psycopg.connect(address, autocommit=True)) as watcher:

        def backends(which: str) -> list[tuple[int]]:
            known = f"SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND {which}"
            return watcher.execute(known.encode()).fetchall()

        process = started(*arguments, env=environment())
        try:
            until(lambda: bool(backends(condition)), process)
            ((pid,),) = backends(condition)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=PATIENCE_S)
        finally:
            process.kill()
            process.communicate()
        assert (process.returncode, err) == (130, b"")
        until(lambda: not backends(f"pid = {pid}"))
        return str(out.decode())


def until(condition: Callable[[], bool], process: Any = None) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert process is None or process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
