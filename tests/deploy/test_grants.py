"""The database role that deploy/postgresql-grants.sql makes, on real servers."""

import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from postgres_server import PASSWORD, Server, programs, run_server
from psycopg import sql

from bmrepmon.config.installation import Database
from bmrepmon.config.types import Secret
from bmrepmon.model.delta import BodyReferences
from bmrepmon.model.positions import Positions
from bmrepmon.offline.doctor.check import Check
from bmrepmon.offline.doctor.columns import NEEDED
from bmrepmon.offline.doctor.database import database_checks
from bmrepmon.sources.database import Connection, References, ReplicaFolders, StoredRecords
from bmrepmon.words.language import load_language

GRANTS = Path(__file__).parents[2] / "deploy/postgresql-grants.sql"
OTHER_TABLES = """
CREATE TABLE t_mailbox (name text);
CREATE TABLE t_container (id int PRIMARY KEY, uid text, name text);
CREATE TABLE t_container_item (id bigint PRIMARY KEY, container_id int, uid text, displayname text);
CREATE TABLE t_mailbox_replica (
  name text, last_uid int8, highest_mod_seq int8, uid_validity int8, item_id bigint, unique_id text
);
CREATE TABLE t_mailbox_record (
  message_body_guid bytea, imap_uid int8, system_flags int4, internal_date timestamp, item_id bigint, container_id int
);
ALTER TABLE t_message_body ADD COLUMN subject text
"""


@pytest.fixture(scope="module", params=programs(), ids=lambda path: path.parent.name)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server on which the file was run twice, as it may be, and the role given a password."""
    with tempfile.TemporaryDirectory(prefix="pg-") as home:
        for running in run_server(request.param, Path(home)):
            with running.admin() as admin:
                admin.execute(OTHER_TABLES)
                admin.execute("INSERT INTO t_message_body VALUES ('a'), ('b'), ('c')")
            for _ in range(2):
                run_file(request.param / "psql", running)
            with running.admin() as admin:
                admin.execute(sql.SQL("ALTER ROLE bmrepmon PASSWORD {}").format(PASSWORD))
            yield running


def run_file(psql: Path, server: Server) -> None:
    """Run the file as its head says."""
    connect = ["-h", server.socket, "-p", str(server.executor.port), "-U", "postgres", "-d", "bj-data"]
    done = subprocess.run([psql, "-X", *connect, "-f", GRANTS], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def role(server: Server) -> Iterator[psycopg.Connection]:
    """A connection as the role."""
    with psycopg.connect(server.conninfo(user="bmrepmon"), autocommit=True) as connection:
        yield connection


def test_the_role_counts_bodies(role: psycopg.Connection) -> None:
    """The count is what bmrepmon asks for."""
    assert role.execute("SELECT count(*) FROM t_message_body").fetchone() == (3,)


def test_the_role_reads_how_far_folders_are(server: Server) -> None:
    """The query is bmrepmon's own."""
    connection = Connection("bm-master", lambda: server.conninfo(user="bmrepmon"), 20.0)
    try:
        assert ReplicaFolders(connection).read() == Positions()
    finally:
        connection.close()


def test_the_role_audits(server: Server) -> None:
    """The queries are bmrepmon's own."""
    connection = Connection("bm-master", lambda: server.conninfo(user="bmrepmon"), 20.0)
    try:
        records = StoredRecords(connection)
        assert (dict(records.read(["no such folder"])), records.orphans()) == ({}, 3)
    finally:
        connection.close()


def test_the_role_reads_whose_bodies_are(server: Server) -> None:
    """The query is bmrepmon's own."""
    connection = Connection("bm-master", lambda: server.conninfo(user="bmrepmon"), 20.0)
    try:
        assert References(connection).read() == BodyReferences(3, 0)
    finally:
        connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT name FROM t_mailbox_replica",
        "SELECT displayname FROM t_container_item",
        "SELECT subject FROM t_message_body",
        "SELECT internal_date FROM t_mailbox_record",
        "SELECT * FROM t_mailbox",
        "SELECT rolpassword FROM pg_authid",
    ],
)
def test_the_role_reads_nothing_else(role: psycopg.Connection, statement: str) -> None:
    """Neither what a mail is about, nor whose it is."""
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        role.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO t_message_body (guid) VALUES ('d')",
        "UPDATE t_message_body SET created = now()",
        "DELETE FROM t_message_body",
        "TRUNCATE t_message_body",
        "LOCK TABLE t_message_body IN ACCESS EXCLUSIVE MODE",
        "ALTER TABLE t_message_body ADD COLUMN more text",
        "DROP TABLE t_message_body",
    ],
)
def test_the_role_writes_nothing_even_when_it_lifts_its_own_default(role: psycopg.Connection, statement: str) -> None:
    """Read-only is a default that a session may lift; the rights that are not granted stay away."""
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        role.execute("CREATE TEMPORARY TABLE scratch ()")
    role.execute("SET default_transaction_read_only = off")
    with pytest.raises(psycopg.errors.InsufficientPrivilege), role.transaction():
        role.execute(statement)


def test_the_role_has_its_limits(role: psycopg.Connection) -> None:
    """A forgotten query ends, and does not wait for locks."""
    settings = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    limits = [role.execute(f"SHOW {name}").fetchone() for name in settings]

    assert limits == [("5min",), ("1s",), ("1min",)]


def test_the_role_has_two_connections_at_most(server: Server, role: psycopg.Connection) -> None:
    """The daemon's own, and one for `bmrepmon once` beside it."""
    conninfo = server.conninfo(user="bmrepmon")
    with psycopg.connect(conninfo), pytest.raises(psycopg.OperationalError, match="too many connections for role"):
        psycopg.connect(conninfo)
    assert role.info.status == psycopg.pq.ConnStatus.OK


def doctor(server: Server, user: str) -> tuple[Check, ...]:
    """Return what `bmrepmon doctor` says of the database to a role."""
    database = Database(Secret(server.conninfo(user=user)), "bj-data")
    return database_checks(load_language("en", "doctor"), "database of bm-master", database)


def test_doctor_is_content_with_the_role(server: Server) -> None:
    """After the file was run nothing is missing."""
    assert [check.status for check in doctor(server, "bmrepmon")] == ["ok"]


def test_doctor_looks_at_what_the_file_grants() -> None:
    """Neither more nor less: another column here is one that an administrator is told of there."""
    text = GRANTS.read_text()
    granted = dict(re.findall(r"to_regclass\('(\w+)'\)\s+AND attname IN \(([^)]*)\)", text))
    columns = {table: set(re.findall(r"\w+", names)) for table, names in granted.items()}
    columns |= {
        table: set(names.split(", ")) for names, table in re.findall(r"GRANT SELECT \(([\w, ]+)\) ON (\w+)", text)
    }

    assert columns == {table: set(needed.columns) for table, needed in NEEDED.items()}


def test_doctor_names_each_right_that_is_missing(server: Server) -> None:
    """A line a table, with its columns, what is lost and the way out; the count of bodies still works."""
    with server.admin() as admin:
        try:
            admin.execute("REVOKE SELECT (system_flags, imap_uid) ON t_mailbox_record FROM bmrepmon")
            admin.execute("REVOKE SELECT (unique_id) ON t_mailbox_replica FROM bmrepmon")
            first, *rest = doctor(server, "bmrepmon")
        finally:
            admin.execute("GRANT SELECT (system_flags, imap_uid) ON t_mailbox_record TO bmrepmon")
            admin.execute("GRANT SELECT (unique_id) ON t_mailbox_replica TO bmrepmon")

    assert first.status == "ok"
    assert [check.status for check in rest] == ["failed", "failed"]
    missing = [check.found.partition("as bmrepmon: may not read ")[2].split(": ") for check in rest]
    assert missing == [
        [
            "imap_uid, system_flags of t_mailbox_record",
            "the difference stays unexplained, and bmrepmon audit cannot compare",
        ],
        [
            "unique_id of t_mailbox_replica",
            "how far each folder is replicated is then known from the log alone",
        ],
    ]
    for check in rest:
        [command] = check.remedy
        assert command.startswith("sudo -u postgres psql -d 'bj-data' -f deploy/postgresql-grants.sql    # again")


def test_another_role_gets_a_command_of_its_own(server: Server) -> None:
    """The file helps only the role that it makes; and the command is right."""
    checks = doctor(server, "monitor")[1:]
    commands = [re.fullmatch(r"sudo -u postgres psql -d 'bj-data' -c '(.*)'", check.remedy[0]) for check in checks]

    assert len(checks) == len(NEEDED) - 1  # it may count the bodies
    with server.admin() as admin, admin.transaction(force_rollback=True):
        for command in commands:
            assert command
            admin.execute(command[1].encode())
