"""The database role that deploy/postgresql-grants.sql makes, on real servers."""

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
from bmrepmon.offline.doctor.database import COLUMNS, database_check
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


def test_doctor_asks_for_no_more_than_it_grants(server: Server) -> None:
    """Whoever has run the file is told that all is well; the columns are the same in both places."""
    database = Database(Secret(server.conninfo(user="bmrepmon")), "bj-data")

    assert database_check(load_language("en", "doctor"), "database", database).status == "ok"
    for columns in COLUMNS.values():
        assert [name for name in columns if name not in GRANTS.read_text()] == []


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
