"""Whose the bodies are, asked of real databases."""

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from postgres_server import Server

from bmrepmon.app.observing import shared
from bmrepmon.config.installation import Backend, Database
from bmrepmon.config.types import Secret
from bmrepmon.model.delta import BodyReferences
from bmrepmon.model.readings import SourceError
from bmrepmon.sources.database import Connection, References

MASTER = Backend("bm-master", (), None, None, None, None, Database(Secret("host=a dbname=bj-data"), ""), 4)
LIVE, SEEN, EXPUNGED = 0, 16, -(1 << 31)


@pytest.fixture
def table(server: Server) -> Iterator[psycopg.Connection]:
    """The tables without a row, and a way to fill them."""
    with server.admin() as admin:
        admin.execute("DROP TABLE IF EXISTS t_mailbox_record")
        admin.execute("CREATE TABLE t_mailbox_record (message_body_guid bytea, system_flags int4)")
        admin.execute("GRANT SELECT ON t_mailbox_record TO monitor")
        admin.execute("TRUNCATE t_message_body")
        yield admin
        admin.execute("DROP TABLE IF EXISTS t_mailbox_record")
        admin.execute("TRUNCATE t_message_body")


@pytest.fixture
def source(server: Server) -> Iterator[References]:
    made = References(Connection("bm-master", server.conninfo, 20.0))
    yield made
    made.close()


def test_a_body_is_somebodys_while_a_live_record_refers_to_it(table: psycopg.Connection, source: References) -> None:
    """Once, however many do; expunged records and records without a body count for nothing."""
    table.execute("INSERT INTO t_message_body (guid) SELECT int4send(n) FROM generate_series(1, 5) n")
    records = [(1, LIVE), (1, SEEN), (1, EXPUNGED), (2, SEEN), (3, EXPUNGED), (3, EXPUNGED | SEEN), (9, LIVE)]
    for content, flags in records:
        table.execute("INSERT INTO t_mailbox_record VALUES (int4send(%s), %s)", (content, flags))

    assert source.read() == BodyReferences(5, 2)


def test_both_tables_are_joined_by_hashes(table: psycopg.Connection, source: References) -> None:
    """Asked row by row, a million bodies would take minutes."""
    insert = "INSERT INTO {} SELECT int4send(n) FROM generate_series(1, 20000) n"
    table.execute(insert.format("t_message_body (guid)"))
    table.execute(insert.format("t_mailbox_record (message_body_guid)") + " WHERE n % 2 = 0")
    table.execute("UPDATE t_mailbox_record SET system_flags = 0")
    table.execute("ANALYZE t_message_body; ANALYZE t_mailbox_record")
    plan = "\n".join(line for (line,) in table.execute(b"EXPLAIN " + source._query).fetchall())

    assert "Hash" in plan or "Merge" in plan
    assert "SubPlan" not in plan
    assert source.read() == BodyReferences(20_000, 10_000)


def test_a_role_that_may_not_read_records_is_told_so(
    server: Server, table: psycopg.Connection, source: References
) -> None:
    """The way out names both tables."""
    del server
    table.execute("REVOKE ALL ON t_mailbox_record FROM monitor")
    with pytest.raises(SourceError, match="t_message_body, t_mailbox_record") as caught:
        source.read()

    assert caught.value.reason == "permission"


def test_nobody_is_asked_whose_bodies_are_that_two_backends_share() -> None:
    """Each of them alone would be; a backend without a database shares nothing."""
    other = replace(MASTER, name="other", database=Database(Secret("host=b dbname=bj-data"), ""))

    assert not shared(MASTER, (MASTER, other, replace(other, database=None)))
    assert shared(MASTER, (MASTER, replace(other, database=MASTER.database)))
