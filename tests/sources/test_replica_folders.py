"""The positions of folders in real databases, with the tables of old and new versions of BlueMind."""

import threading
import time
from collections.abc import Iterator

import psycopg
import pytest
from postgres_server import Server

from bmrepmon.model.positions import Position, Positions
from bmrepmon.model.readings import SourceError
from bmrepmon.runtime.clock import SystemClock
from bmrepmon.sources.database import Connection, DatabaseSource, ReplicaFolders

OLD = """
CREATE TABLE t_container_item (id bigint PRIMARY KEY, uid text NOT NULL);
CREATE TABLE t_mailbox_replica (
  name text, last_uid int8, highest_mod_seq int8, uid_validity int8, item_id bigint UNIQUE NOT NULL
);
"""
NEW = OLD + "ALTER TABLE t_mailbox_replica ADD unique_id text;"
GRANT = "GRANT SELECT ON t_container_item, t_mailbox_replica TO monitor"
DROP = "DROP TABLE IF EXISTS t_container_item, t_mailbox_replica"


@pytest.fixture(params=["old", "new"])
def tables(request: pytest.FixtureRequest, server: Server) -> Iterator[str]:
    """The tables that replication fills, without a row."""
    with server.admin() as admin:
        admin.execute(DROP)
        admin.execute(OLD if request.param == "old" else NEW)
        admin.execute(GRANT)
        yield request.param
        admin.execute(DROP)


@pytest.fixture
def connection(server: Server) -> Iterator[Connection]:
    made = Connection("bm-master", server.conninfo, 20.0)
    yield made
    made.close()


def fill(server: Server, folders: int, tables: str) -> None:
    """Make folders f1, f2 ... among the items of messages; every third new one has its id from its item only."""
    with server.admin() as admin:
        admin.execute("INSERT INTO t_container_item SELECT n, n || '.' FROM generate_series(100001, 120000) n")
        admin.execute("INSERT INTO t_container_item SELECT n, 'f' || n FROM generate_series(1, %s) n", (folders,))
        admin.execute(
            "INSERT INTO t_mailbox_replica SELECT 'x', n, 10 * n, 4000000000, n FROM generate_series(1, %s) n",
            (folders,),
        )
        if tables == "new":
            admin.execute("UPDATE t_mailbox_replica SET unique_id = 'f' || item_id WHERE item_id % 3 > 0")


def failure(folders: ReplicaFolders) -> SourceError:
    with pytest.raises(SourceError) as caught:
        folders.read()
    return caught.value


def test_every_folder_has_its_position(server: Server, tables: str, connection: Connection) -> None:
    """All of them and nothing else."""
    fill(server, 12_345, tables)
    positions = Positions.of((f"f{n}", Position(10 * n, n, 4_000_000_000)) for n in range(1, 12_346))
    folders = ReplicaFolders(connection)

    assert [dict(folders.read()) for _ in range(2)] == [dict(positions)] * 2


@pytest.mark.usefixtures("tables")
def test_rows_that_make_no_sense_are_no_positions(server: Server, connection: Connection) -> None:
    """Nothing is made of a missing, negative or orphaned value."""
    with server.admin() as admin:
        admin.execute("INSERT INTO t_container_item VALUES (1, 'null'), (2, 'negative'), (4, 'fine')")
        admin.execute(
            "INSERT INTO t_mailbox_replica VALUES"
            " ('x', NULL, 5, 1, 1), ('x', -1, 5, 1, 2), ('x', 5, 5, 1, 3), ('x', 5, 6, NULL, 4)"
        )
    assert ReplicaFolders(connection).read() == Positions.of([("fine", Position(6, 5, 0))])


@pytest.mark.usefixtures("tables")
def test_both_questions_share_one_connection(server: Server, connection: Connection) -> None:
    """While one is answered the other waits; the database sees one client."""
    bodies, folders = DatabaseSource("bm-master", connection, SystemClock()), ReplicaFolders(connection)
    bodies._query = b"SELECT count(*) FROM t_message_body, pg_sleep(0.05)"
    failures: list[Exception] = []

    def count() -> None:
        try:
            for _ in range(5):
                bodies.read()
        except SourceError as error:
            failures.append(error)

    counting = threading.Thread(target=count)
    counting.start()
    for _ in range(20):
        folders.read()
    counting.join()
    with server.admin() as admin:
        clients = admin.execute("SELECT state FROM pg_stat_activity WHERE application_name = 'bmrepmon'").fetchall()

    assert (failures, clients) == ([], [("idle",)])


def test_a_role_without_the_right(server: Server, tables: str, connection: Connection) -> None:
    """What to grant is named."""
    assert tables
    with server.admin() as admin:
        admin.execute("REVOKE ALL ON t_container_item, t_mailbox_replica FROM monitor")
    error = failure(ReplicaFolders(connection))

    assert error.reason == "permission"
    assert "GRANT SELECT ON t_mailbox_replica, t_container_item TO" in str(error)


def test_a_database_without_folders(connection: Connection) -> None:
    """The directory has no such tables."""
    assert failure(ReplicaFolders(connection)).reason == "no_table"


@pytest.mark.usefixtures("tables")
def test_a_server_that_dies_in_mid_pass(server: Server, connection: Connection) -> None:
    """What was read so far is not taken for all; the next pass is whole again."""
    fill(server, 20_000, "old")
    folders = ReplicaFolders(connection)
    queries = folders._folders, folders._folders_by_item
    slow = b"SELECT string_agg(int8send(n), '') FROM generate_series(1, 20000) n, LATERAL (SELECT pg_sleep(n / n)) s"
    folders._folders = folders._folders_by_item = slow
    failures: list[SourceError] = []
    reader = threading.Thread(target=lambda: failures.append(failure(folders)))
    reader.start()
    try:
        terminate_once_reading(server)
    finally:
        reader.join(20)
    folders._folders, folders._folders_by_item = queries

    assert [error.reason for error in failures] == ["server_shutdown"]
    assert len(folders.read()) == 20_000


def terminate_once_reading(server: Server) -> None:
    fetching = "SELECT pid FROM pg_stat_activity WHERE application_name = 'bmrepmon' AND wait_event = 'PgSleep'"
    deadline = time.monotonic() + 20
    with server.admin() as admin:
        while not (pids := admin.execute(fetching.encode()).fetchall()):
            assert time.monotonic() < deadline, "nobody reads"
            threading.Event().wait(0.005)
        for (pid,) in pids:
            admin.execute("SELECT pg_terminate_backend(%s)", (pid,))


@pytest.mark.usefixtures("tables")
def test_nothing_stays_open_between_two_passes(server: Server, connection: Connection) -> None:
    """No cursor and no transaction, so that vacuum is not held up."""
    fill(server, 10, "old")
    ReplicaFolders(connection).read()
    with server.admin() as admin:
        query = "SELECT state, backend_xmin FROM pg_stat_activity WHERE application_name = 'bmrepmon'"

        assert admin.execute(query.encode()).fetchall() == [("idle", None)]


@pytest.mark.usefixtures("tables")
def test_an_old_table_is_not_read_item_by_item(server: Server) -> None:
    """The plan asks the index for each folder and leaves the millions of other items alone."""
    fill(server, 500, "old")
    query = ReplicaFolders(Connection("x", str, 1.0))._folders_by_item
    with psycopg.connect(server.conninfo()) as monitor:
        plan = "\n".join(row[0] for row in monitor.execute(b"EXPLAIN " + query))

    assert "t_container_item_pkey" in plan
    assert "Seq Scan on t_container_item" not in plan
