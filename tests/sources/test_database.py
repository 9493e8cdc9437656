"""The count of bodies, against every real PostgreSQL that is here."""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
import pytest
from postgres_server import PASSWORD, Server, free_port

from bmrepmon.model.readings import SourceError
from bmrepmon.parse.postgres_failure import SQLSTATES, TEXTS
from bmrepmon.runtime.clock import SystemClock
from bmrepmon.sources.database import Connection, DatabaseSource
from bmrepmon.sources.database.connection import PROBLEMS, Backoff, settings

SESSIONS = "SELECT pid, backend_start FROM pg_stat_activity WHERE application_name = 'bmrepmon' AND datname = 'bj-data'"


class Steady:
    """Time that passes by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def make() -> Iterator[Callable[..., DatabaseSource]]:
    """Make sources that are closed at the end."""
    made: list[DatabaseSource] = []

    def new(
        conninfo: str, timeout: float = 20.0, steady: Callable[[], float] = time.monotonic, **wishes: Any
    ) -> DatabaseSource:
        connection = Connection("bm-master", lambda: conninfo, timeout, steady)
        made.append(DatabaseSource("bm-master", connection, SystemClock(), **wishes))
        return made[-1]

    yield new
    for source in made:
        source.close()


Make = Callable[..., DatabaseSource]


def failure(source: DatabaseSource) -> SourceError:
    with pytest.raises(SourceError) as caught:
        source.read()
    assert str(caught.value).startswith("database of bm-master: ")
    assert PASSWORD not in str(caught.value)
    assert "\n" not in str(caught.value)
    return caught.value


def again(source: DatabaseSource) -> None:
    """Let a source count as it should, without a rest after what failed."""
    source._query, source._not_before = b"SELECT count(*) FROM t_message_body", 0.0


def until(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        threading.Event().wait(0.01)


def insert(server: Server, rows: int) -> None:
    with server.admin() as admin:
        admin.execute("TRUNCATE t_message_body")
        admin.execute(
            "INSERT INTO t_message_body (guid) SELECT decode(md5(n::text), 'hex') FROM generate_series(1, %s) n",
            (rows,),
        )


def test_the_count_is_exact_by_tcp_and_by_socket(server: Server, make: Make) -> None:
    """Both ways lead to the same rows, and the version is the server's own."""
    insert(server, 4321)
    with server.admin() as admin:
        version = int(admin.execute("SHOW server_version_num").fetchall()[0][0])
    counts = [make(server.conninfo(host=host)).read() for host in ("127.0.0.1", server.socket)]

    assert [(count.bodies, count.server_version) for count in counts] == [(4321, version)] * 2


def test_rows_in_flight_are_not_counted_and_new_ones_are(server: Server, make: Make) -> None:
    """Every round sees what was committed when it began, neither more nor an old snapshot."""
    insert(server, 10)
    source = make(server.conninfo())
    before = source.read().bodies
    with server.admin() as admin, admin.transaction():
        admin.execute("INSERT INTO t_message_body (guid) VALUES ('\\x00')")
        during = source.read().bodies

    assert (before, during, source.read().bodies) == (10, 10, 11)


def test_one_connection_is_kept_for_all_rounds(server: Server, make: Make) -> None:
    """Its name tells people who counts there, and it holds no transaction open between rounds."""
    source = make(server.conninfo(options="-c work_mem=1MB", application_name="other"))
    with server.admin() as admin:
        source.read()
        first = admin.execute(SESSIONS).fetchall()
        for _ in range(10):
            source.read()
        states = admin.execute("SELECT state FROM pg_stat_activity WHERE application_name = 'bmrepmon'").fetchall()

        assert admin.execute(SESSIONS).fetchall() == first
        assert (len(first), states) == (1, [("idle",)])
        source.close()
        until(lambda: not admin.execute(SESSIONS).fetchall())


def test_nothing_can_be_written_and_every_limit_is_the_servers(server: Server, make: Make) -> None:
    """Limits stand beside the connection string's own options, and above those of the same name."""
    source = make(server.conninfo(options="-c work_mem=1234kB -c statement_timeout=0 -c lock_timeout=0"), 7.5)
    source.read()
    connection = source._connection._open
    assert connection
    names = ("work_mem", "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    shown = [connection.execute(f"SHOW {name}".encode()).fetchall()[0][0] for name in names]
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        connection.execute("DELETE FROM t_message_body")
    connection.rollback()
    connection.read_only = None

    assert shown == ["1234kB", "7500ms", "1s", "17500ms"]
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):  # by the session's default too
        connection.execute("CREATE TABLE y (z int)")


def test_a_count_that_takes_too_long_is_ended(server: Server, make: Make) -> None:
    """The server itself ends it, the reason says so, and the same connection serves the next round."""
    insert(server, 1000)
    source = make(server.conninfo(), 0.2)
    source._query = b"SELECT count(pg_sleep(5)) FROM t_message_body"
    begun = time.monotonic()
    error = failure(source)
    lasted = time.monotonic() - begun
    again(source)

    assert (error.reason, "database_timeout" in str(error), lasted < 4) == ("timeout", True, True)
    assert source.read().bodies == 1000


def test_a_locked_table_is_not_waited_for(server: Server, make: Make) -> None:
    """Maintenance of the table is never queued behind, for more than a second."""
    insert(server, 3)
    source = make(server.conninfo())
    with server.admin() as admin, admin.transaction():
        admin.execute("LOCK TABLE t_message_body IN ACCESS EXCLUSIVE MODE")
        begun = time.monotonic()
        error = failure(source)

        assert (error.reason, time.monotonic() - begun < 5) == ("lock", True)
    again(source)
    assert source.read().bodies == 3


@pytest.mark.parametrize(
    ("parts", "reason", "hint"),
    [
        ({"password": "battery-staple"}, "password", "pg_hba"),
        ({"password": None}, "password", "pg_hba"),
        ({"user": "ghost"}, "password", "pg_hba"),
        ({"dbname": "bj-dato"}, "no_database", "bj-data"),
        ({"dbname": "postgres"}, "no_table", "is this bj-data?"),
        ({"user": "stranger"}, "permission", "GRANT SELECT ON t_message_body"),
        ({"port": 1}, "refused", "start PostgreSQL"),
        ({"host": "/nonexistent"}, "refused", "start PostgreSQL"),
        ({"host": "bm.invalid"}, "unknown_host", "address"),
        ({"host": "a..b"}, "bad_conninfo", "[[backend]]"),
        ({"sslmode": "require"}, "tls", "sslmode"),
        ({"options": "-c no_such_option=1"}, "failed", "log of PostgreSQL"),
        ({"service": "nowhere"}, "bad_conninfo", "[[backend]]"),
    ],
)
def test_each_refusal_has_its_reason_and_way_out(
    server: Server, make: Make, parts: dict[str, Any], reason: str, hint: str
) -> None:
    """One line, without the password, that says what to do."""
    error = failure(make(server.conninfo(**parts)))

    assert (error.reason, hint in str(error)) == (reason, True)


def test_a_connection_string_that_is_none(make: Make) -> None:
    """Not even a part of it is repeated."""
    error = failure(make(f"host=localhost password={PASSWORD} words that follow"))

    assert (error.reason, "words" in str(error)) == ("bad_conninfo", False)


def test_no_connection_left(server: Server, make: Make) -> None:
    """The places that are kept for superusers are not ours."""
    source = make(server.conninfo())
    taken: list[psycopg.Connection[Any]] = []
    try:
        with suppress(psycopg.OperationalError):
            while len(taken) < 20:
                taken.append(psycopg.connect(server.conninfo()))

        assert len(taken) < 20
        assert failure(source).reason == "too_many_connections"
    finally:
        for connection in taken:
            connection.close()


def test_a_restart_between_two_rounds_is_no_failure(server: Server, make: Make) -> None:
    """The connection that died meanwhile is replaced without a word."""
    insert(server, 5)
    source = make(server.conninfo())
    source.read()
    server.stop()
    server.start()

    assert source.read().bodies == 5


def test_a_stopped_server_is_asked_ever_more_rarely_until_it_is_back(server: Server, make: Make) -> None:
    """Between two attempts a round fails at once with the same words; the first attempt after the start succeeds."""
    insert(server, 6)
    steady = Steady()
    source = make(server.conninfo(), steady=steady)
    source.read()
    server.stop()
    try:
        first = failure(source)
        steady.now += 1.0
        second = failure(source)
    finally:
        server.start()
    steady.now += 1.9
    early = failure(source)
    steady.now += 0.2

    assert (first.reason, second.reason, early.reason) == ("refused",) * 3
    assert str(first) == str(second) == str(early)
    assert source.read().bodies == 6


def test_a_terminated_connection_is_a_named_failure(server: Server, make: Make) -> None:
    """An administrator who ends our session in mid-count is told from a crash."""
    insert(server, 1000)
    source = make(server.conninfo())
    source._query = b"SELECT count(pg_sleep(5)) FROM t_message_body"
    failures: list[SourceError] = []
    reader = threading.Thread(target=lambda: failures.append(failure(source)))
    reader.start()
    with server.admin() as admin:
        active = SESSIONS + " AND state = 'active' AND query LIKE '%pg_sleep%'"
        until(lambda: admin.execute(active.encode()).fetchall())
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'bmrepmon'")
    reader.join(20)
    again(source)

    assert [error.reason for error in failures] == ["server_shutdown"]
    assert source.read().bodies == 1000


def test_closing_from_another_thread_ends_a_count(server: Server, make: Make) -> None:
    """The statement is cancelled on the server, the connection goes, and the source stays closed."""
    insert(server, 1000)
    source = make(server.conninfo())
    source._query = b"SELECT count(pg_sleep(5)) FROM t_message_body"
    failures: list[SourceError] = []
    reader = threading.Thread(target=lambda: failures.append(failure(source)))
    reader.start()
    with server.admin() as admin:
        active = SESSIONS + " AND state = 'active' AND query LIKE '%pg_sleep%'"
        until(lambda: admin.execute(active.encode()).fetchall())
        source.close()
        reader.join(10)

        assert not reader.is_alive()
        until(lambda: not admin.execute(SESSIONS).fetchall())
    source.close()

    assert [error.reason for error in failures] == ["stopped"]
    assert failure(source).reason == "stopped"


@contextmanager
def frozen_backends(server: Server) -> Iterator[None]:
    """Stop the processes that serve us, as a dead disk would: the kernel goes on to keep their connections."""
    with server.admin() as admin:
        pids = [pid for pid, _ in admin.execute(SESSIONS).fetchall()]
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def test_a_server_that_hangs_in_a_count(server: Server, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """It cannot keep its own time limit, so that we do, and come back over a new connection."""
    monkeypatch.setattr("bmrepmon.sources.database.connection.GRACE", 0.3)
    insert(server, 7)
    source = make(server.conninfo(), 0.2)
    source.read()
    with frozen_backends(server), monkeypatch.context() as patch:
        patch.setattr(source._connection, "_answering", lambda: source._connection._open)
        with pytest.raises(SourceError) as caught:
            source._connection.ask(source._count, "t_message_body")

    assert (caught.value.reason, source.read().bodies) == ("no_answer", 7)


def test_a_connection_that_hangs_between_two_counts(
    server: Server, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is replaced by one that works."""
    monkeypatch.setattr("bmrepmon.sources.database.connection.GRACE", 0.3)
    insert(server, 8)
    source = make(server.conninfo())
    source.read()
    with frozen_backends(server):
        assert source.read().bodies == 8


def test_a_server_that_never_answers(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that is taken but not served does not hold the round for ever."""
    monkeypatch.setattr("bmrepmon.sources.database.connection.CONNECT_WITHIN", 2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        error = failure(make(f"host=127.0.0.1 port={silent.getsockname()[1]} user=bj password={PASSWORD}"))

    assert error.reason == "connect_timeout"


def test_back_off_doubles_up_to_a_minute() -> None:
    """One, two, four ... and never more than sixty seconds."""
    backoff, waits, now = Backoff(), [], 0.0
    for _ in range(9):
        backoff.failed(now)
        step = next(n for n in range(1, 100) if not backoff.waits(now + n))
        waits.append(step)
        now += step

    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_connection_string_may_decide_about_the_network() -> None:
    """But neither about limits nor about the name."""
    added = settings({"connect_timeout": "3", "keepalives_idle": "60", "application_name": "x"}, 1.0)

    assert added["application_name"] == "bmrepmon"
    assert not {"connect_timeout", "keepalives_idle"} & added.keys()


def test_every_reason_has_a_way_out() -> None:
    """No failure can happen for which there is no sentence."""
    reasons = {reason for _, reason in (*SQLSTATES, *TEXTS)} | {"server_error", "failed", "no_answer", "busy"}

    assert reasons <= PROBLEMS.keys()
    assert not any("\n" in sentence for sentence in PROBLEMS.values())


def test_no_connection_is_made_before_the_first_round(make: Make) -> None:
    """Building the daemon touches no database."""
    source = make(f"host=127.0.0.1 port={free_port()}")

    assert source._connection._open is None
