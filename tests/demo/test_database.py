from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from scenes import TELLING

from bmrepmon.demo.backend import Backend
from bmrepmon.demo.server import SimulatedServer

MakeServer = Callable[..., SimulatedServer]
POSITIONS = """
SELECT i.uid, r.last_uid, r.highest_mod_seq
FROM t_mailbox_replica r JOIN t_container_item i ON i.id = r.item_id
"""
RECORDS = """
SELECT substr(c.uid, 14), count(*) FROM t_mailbox_record r
JOIN t_container_item i ON i.id = r.item_id JOIN t_container c ON c.id = i.container_id GROUP BY 1
"""


def ask(server: SimulatedServer, query: str, database: str = "bj-data") -> list[tuple[Any, ...]]:
    """Ask the real database."""
    assert server.postgres is not None
    with server.postgres.connect(database) as connection:
        return connection.execute(query.encode()).fetchall()


def assert_rows_agree(server: SimulatedServer) -> None:
    """Hold the tables of each mail server against the truth."""
    for backend, database in zip(server.backends, ("bj-data", "bj-data-2"), strict=False):
        assert_shard_agrees(server, backend, database)


def assert_shard_agrees(server: SimulatedServer, backend: Backend, database: str) -> None:
    """Hold the tables of one."""
    truth = server.truth(backend)
    known = {(f.unique_id, f.replica_last_uid, f.replica_modseq) for f in truth.folders if f.replica_modseq is not None}

    assert ask(server, "SELECT count(*) FROM t_message_body", database) == [(truth.bodies,)]
    assert ask(server, "SELECT count(*) FROM t_mailbox_record", database) == [(truth.records,)]
    assert set(ask(server, POSITIONS, database)) == known
    kept = {u: len(f.records) for u, f in backend.replica.folders.items() if f.records}
    assert dict(ask(server, RECORDS, database)) == kept


@pytest.mark.parametrize("scenario", TELLING)
def test_rows_are_what_the_truth_says(simulated_server: MakeServer, scenario: str) -> None:
    """At rest, in every scenario, count(*), positions of folders and records are as told."""
    server = simulated_server(scenario, database=True)
    for seconds in (15.0, 70.0):
        server.step(seconds)

        assert_rows_agree(server)


def test_the_tables_of_2019(simulated_server: MakeServer) -> None:
    """The older form has no container_id, unique_id or purge queue, and is filled all the same."""
    server = simulated_server(database=True, log_format=2019)
    server.step(30.0)
    columns = {name for (name,) in ask(server, "SELECT column_name FROM information_schema.columns")}
    tables = {name for (name,) in ask(server, "SELECT relname FROM pg_class")}

    assert_rows_agree(server)
    assert "item_id" in columns
    assert columns.isdisjoint({"unique_id", "conversation_id", "xconv_mod_seq"})
    assert "t_message_body_purge_queue" not in tables


def test_a_night_purges_rows(simulated_server: MakeServer) -> None:
    """Expired records go, and so do bodies that no record needs, through the queue that a trigger fills."""
    server = simulated_server(database=True)
    server.life.rates.expunge = 3.0
    server.step(60.0)
    before = server.truth()
    server.replica.expire()
    queued = ask(server, "SELECT message_body_guid FROM t_message_body_purge_queue")
    assert {bytes(guid) for (guid,) in queued} == server.replica.orphans
    server.night()
    after = server.truth()

    assert_rows_agree(server)
    assert after.bodies < before.bodies
    assert after.records < before.records
    assert ask(server, "SELECT count(*) FROM t_message_body_purge_queue") == [(0,)]


def test_the_directory_names_servers_and_mailboxes(simulated_server: MakeServer) -> None:
    """The database bj knows the server, its domains, and who lives there."""
    server = simulated_server(database=True)

    assert ask(server, "SELECT name FROM t_server WHERE 'mail/imap' = ANY (tags)", "bj") == [("bm-master",)]
    assert ask(server, "SELECT count(*) FROM t_server_assignment", "bj") == [(2,)]
    assert ask(server, "SELECT count(*), count(*) FILTER (WHERE hidden) FROM t_mailbox", "bj") == [(14, 2)]


def test_the_directory_names_every_mail_server(simulated_server: MakeServer) -> None:
    """Each with its address, and as a place of each domain; bm-core runs on the first."""
    server = simulated_server(database=True, backends=2)
    servers = ask(server, "SELECT name, ip, 'bm/core' = ANY (tags) FROM t_server ORDER BY item_id", "bj")

    assert servers == [("bm-master", "127.0.0.1", True), ("bm-mail-2", "127.0.0.2", False)]
    assert ask(server, "SELECT count(*) FROM t_server_assignment", "bj") == [(4,)]


def test_a_stopped_database_refuses_and_comes_back(simulated_server: MakeServer) -> None:
    """While it is down nobody can connect; afterwards it is the same database on the same port."""
    server = simulated_server(database=True)
    server.step(10.0)
    server.stop_database()
    with pytest.raises(psycopg.OperationalError):
        ask(server, "SELECT 1")
    server.step(20.0)
    assert server.truth().log.replies["no"] > 0

    server.start_database()
    server.step(20.0)

    assert_rows_agree(server)


def test_the_password_is_wanted(simulated_server: MakeServer) -> None:
    """The server lets nobody in without it, as BlueMind's own does."""
    server = simulated_server(database=True)
    assert server.postgres is not None

    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(server.postgres.conninfo("bj-data"), connect_timeout=5, passfile="/nonexistent")
