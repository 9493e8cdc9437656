"""The count that is carried forward, against every real PostgreSQL that is here, whatever happens to it."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from postgres_server import Server

from bmrepmon.model import carried
from bmrepmon.model.carried import Carried
from bmrepmon.model.observations import RowCounts
from bmrepmon.model.readings import NoData
from bmrepmon.runtime.clock import SystemClock
from bmrepmon.runtime.codec import decode, encode
from bmrepmon.sources.database import Connection, DatabaseSource, References

ROWS = 5000
INSERT = "INSERT INTO t_message_body (guid) SELECT decode(md5(n::text), 'hex') FROM generate_series({}, {}) n"
DELETE = "DELETE FROM t_message_body WHERE guid IN (SELECT guid FROM t_message_body LIMIT {})"
AGAIN = INSERT.format(4000, 6000) + " ON CONFLICT (guid) DO "


class Later(SystemClock):
    """A clock that is put forward by hand."""

    at = 1_700_000_000.0

    def now(self) -> float:
        return self.at


class Bodies:
    """A source and its table."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.clock = Later()
        self.made: list[DatabaseSource] = []
        self.source = self.open()

    def open(self, **wishes: Any) -> DatabaseSource:
        """Make a source, of an own connection."""
        connection = Connection("bm-master", self.server.conninfo, 20.0)
        self.made.append(DatabaseSource("bm-master", connection, self.clock, **wishes))
        return self.made[-1]

    def look(self, source: DatabaseSource | None = None) -> RowCounts:
        """Read half a minute later."""
        self.clock.at += 30
        return (source or self.source).read()

    def write(self, *statements: str) -> None:
        """Do something in a session of its own, and wait until that has ended, and so has told what it did."""
        with self.server.admin() as writer:
            pid = writer.info.backend_pid
            for statement in statements:
                writer.execute(statement.encode())
        with self.server.admin() as admin:
            deadline = time.monotonic() + 20
            while admin.execute("SELECT FROM pg_stat_activity WHERE pid = %s", (pid,)).fetchall():
                assert time.monotonic() < deadline, "the session did not end in time"
                threading.Event().wait(0.01)

    @property
    def exact(self) -> int:
        """The rows, counted."""
        with self.server.admin() as admin:
            [(rows,)] = admin.execute("SELECT count(*) FROM t_message_body").fetchall()
        return int(rows)


@pytest.fixture
def bodies(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bodies]:
    """Fill the table, and count it as one that is too large to be counted each time."""
    monkeypatch.setattr(carried, "QUICK", -1.0)
    bodies = Bodies(server)
    bodies.write("TRUNCATE t_message_body", INSERT.format(1, ROWS))
    yield bodies
    for source in bodies.made:
        source.close()


EXACTLY = {
    "inserts": (INSERT.format(ROWS + 1, ROWS + 700),),
    "deletes": (DELETE.format(300),),
    "both": (INSERT.format(ROWS + 1, ROWS + 700), DELETE.format(300)),
    "inserts_rolled_back": ("BEGIN", INSERT.format(ROWS + 1, ROWS + 700), "ROLLBACK"),
    "deletes_rolled_back": ("BEGIN", DELETE.format(300), "ROLLBACK"),
    "savepoint": (
        "BEGIN",
        "SAVEPOINT a",
        INSERT.format(ROWS + 1, ROWS + 9),
        "ROLLBACK TO a",
        DELETE.format(3),
        "COMMIT",
    ),
    "conflict_nothing": (AGAIN + "NOTHING",),
    "conflict_update": (AGAIN + "UPDATE SET size = 1",),
    "updates": ("UPDATE t_message_body SET size = 7",),
    "analyze": ("ANALYZE t_message_body",),
    "vacuum": ("VACUUM t_message_body",),
}
WITHIN = {
    "analyze_between": (INSERT.format(ROWS + 1, ROWS + 700), "ANALYZE t_message_body", DELETE.format(200)),
    "vacuum_after_rollback": (
        "BEGIN",
        INSERT.format(ROWS + 1, ROWS + 700),
        "ROLLBACK",
        "VACUUM ANALYZE t_message_body",
    ),
    "vacuum_after_deletes": (DELETE.format(1900), "VACUUM t_message_body", INSERT.format(ROWS + 1, ROWS + 40)),
}
BEGUN_ANEW = {
    "statistics_reset": ("SELECT pg_stat_reset()", DELETE.format(10)),
    "table_reset": ("SELECT pg_stat_reset_single_table_counters('t_message_body'::regclass)", DELETE.format(10)),
    "truncate": ("TRUNCATE t_message_body", INSERT.format(1, 10)),
    "vacuum_full": ("VACUUM FULL t_message_body", DELETE.format(10)),
    "another_table": (
        "CREATE TABLE another (LIKE t_message_body INCLUDING ALL)",
        "GRANT SELECT ON another TO monitor",
        "DROP TABLE t_message_body",
        "ALTER TABLE another RENAME TO t_message_body",
        INSERT.format(1, 10),
    ),
}


def settled(bodies: Bodies) -> RowCounts:
    """Count, and let the first seconds after it pass."""
    bodies.look()
    return bodies.look()


@pytest.mark.parametrize("statements", EXACTLY.values(), ids=EXACTLY)
def test_what_is_written_is_carried_without_a_doubt(bodies: Bodies, statements: tuple[str, ...]) -> None:
    """The figure is that of a count, rolled back or not, and nothing was counted for it."""
    before = settled(bodies).carried.exact
    bodies.write(*statements)
    found = bodies.look().carried

    assert (found.rows, found.doubt, found.exact) == (bodies.exact, 0, before)


@pytest.mark.parametrize("statements", WITHIN.values(), ids=WITHIN)
def test_estimates_leave_the_bound_of_the_error_true(bodies: Bodies, statements: tuple[str, ...]) -> None:
    """After VACUUM and ANALYZE, by whomever, the figure is wrong by no more than is told, then and later."""
    before = settled(bodies).carried.exact
    bodies.write(*statements)
    found = bodies.look().carried
    bodies.write(INSERT.format(20_001, 20_500), DELETE.format(100))
    later = bodies.look().carried
    exact = bodies.exact

    assert found.rows is not None
    assert later.rows is not None
    assert found.rows - (exact - 400) == later.rows - exact  # nothing was added to the error
    assert abs(later.rows - exact) <= later.doubt == found.doubt < 2700
    assert later.exact == before


def test_an_estimate_that_is_wrong_does_not_get_into_the_figure(bodies: Bodies) -> None:
    """ANALYZE looks at a part of a large table only; one of many pages, of which half are nearly empty, is as good."""
    bodies.write(
        "TRUNCATE t_message_body", "ALTER TABLE t_message_body SET (fillfactor = 10)", INSERT.format(1, 20_000)
    )
    bodies.write("DELETE FROM t_message_body WHERE (ctid::text::point)[0]::int % 2 = 0 AND (ctid::text::point)[1] > 1")
    bodies.write("ANALYZE t_message_body")  # of every page
    settled(bodies)
    off = []
    for first in (30_000, 40_000, 50_000):
        bodies.write(INSERT.format(first, first + 2_000), DELETE.format(1_500))
        before = bodies.exact
        bodies.write("SET default_statistics_target = 1", "ANALYZE t_message_body")
        found = bodies.look().carried
        off.append(abs(found.counters.live - before))

        assert found.rows is not None
        assert abs(found.rows - before) <= found.doubt
    bodies.write("ALTER TABLE t_message_body RESET (fillfactor)")
    assert sum(off) > 0, "the server estimated right, and nothing was shown"


@pytest.mark.parametrize("statements", BEGUN_ANEW.values(), ids=BEGUN_ANEW)
def test_what_makes_the_counters_begin_anew_makes_us_count(bodies: Bodies, statements: tuple[str, ...]) -> None:
    """At once, and the figure is exact."""
    settled(bodies)
    bodies.write(*statements)
    found = bodies.look()

    assert (found.bodies, found.carried.error, found.carried.exact.rows) == (bodies.exact, 0, bodies.exact)


def test_a_clean_restart_keeps_the_chain_and_a_crash_ends_it(bodies: Bodies, server: Server) -> None:
    """PostgreSQL saves its counters when it is stopped in order, and only then."""
    before = settled(bodies).carried.exact
    bodies.write(INSERT.format(ROWS + 1, ROWS + 30))
    server.stop()
    server.start()
    bodies.write(INSERT.format(ROWS + 31, ROWS + 40))
    restarted = bodies.look().carried
    bodies.write(INSERT.format(ROWS + 41, ROWS + 50))
    server.crash()
    server.start()
    bodies.write(DELETE.format(20))
    crashed = bodies.look().carried

    assert (restarted.rows, restarted.doubt, restarted.exact) == (ROWS + 40, 0, before)
    assert (crashed.rows, crashed.exact.rows, crashed.exact.drift) == (ROWS + 30, ROWS + 30, None)


def test_after_a_crash_in_quiet_hours_the_figure_is_unknown(bodies: Bodies, server: Server) -> None:
    """Until they are over; the last exact count is still told, and the reason."""
    quiet: list[bool] = []
    source = bodies.open(quiet=lambda _: bool(quiet))
    bodies.look(source)
    quiet.append(True)
    server.crash()
    server.start()
    during = bodies.look(source)
    quiet.clear()

    assert (during.bodies, during.carried.error, during.carried.exact.rows) == (None, None, ROWS)
    assert "database_quiet_hours" in (during.problem or "")
    assert (bodies.look(source).bodies, bodies.look(source).problem) == (ROWS, None)


def test_nothing_is_counted_in_quiet_hours(bodies: Bodies) -> None:
    """Neither by the first round, nor when the schedule wants it, nor for the explanation of the difference."""
    quiet = [True]
    source = bodies.open(quiet=lambda _: bool(quiet), due=lambda _since, _now: True)
    with pytest.raises(NoData, match="database_quiet_hours"):
        bodies.look(source)
    quiet.clear()
    counted = bodies.look(source).carried.exact
    quiet.append(True)
    bodies.write(INSERT.format(ROWS + 1, ROWS + 9))
    during = bodies.look(source)
    references = References(Connection("bm-master", bodies.server.conninfo, 20.0), lambda: True)

    assert (during.bodies, during.carried.exact) == (ROWS + 9, counted)
    assert "database_quiet_hours" in (during.problem or "")
    with pytest.raises(Exception, match="database_quiet_hours"):
        references.read()


def test_the_schedule_makes_it_count_and_the_drift_is_told(bodies: Bodies) -> None:
    """A count is made with the next round once its time has come since the last one."""
    asked: list[tuple[float, float]] = []

    def due(since: float, now: float) -> bool:
        asked.append((since, now))
        return now - since >= 90

    source = bodies.open(due=due)
    begun = bodies.look(source).carried.exact.at
    bodies.write(INSERT.format(ROWS + 1, ROWS + 9))
    exact = [bodies.look(source).carried.exact for _ in range(3)]

    assert [count.at - begun for count in exact] == [0, 0, 90]
    assert [(count.rows, count.drift) for count in exact] == [(ROWS, None), (ROWS, None), (ROWS + 9, 0)]
    assert asked == [(begun, begun + 30 * n) for n in (1, 2, 3)]


def test_a_round_is_one_question(bodies: Bodies, monkeypatch: pytest.MonkeyPatch) -> None:
    """It needs no look whether the connection lives, no transaction, and no lock on the table."""
    settled(bodies)
    asked: list[Any] = []  # what goes to the server
    execute: Callable[..., Any] = psycopg.Connection.execute

    def listen(self: Any, query: Any, *args: Any, **how: Any) -> Any:
        asked.append(query)
        return execute(self, query, *args, **how)

    with bodies.server.admin() as admin, admin.transaction():
        admin.execute("LOCK TABLE t_message_body IN ACCESS EXCLUSIVE MODE")
        monkeypatch.setattr(psycopg.Connection, "execute", listen)
        found = bodies.look()
        monkeypatch.undo()

    assert (asked, found.problem) == ([bodies.source._counters_query], None)


def test_a_table_that_is_counted_quickly_is_counted_every_time(bodies: Bodies, monkeypatch: pytest.MonkeyPatch) -> None:
    """There, nothing is carried, and nothing in doubt, not even what no session has told of."""
    monkeypatch.setattr(carried, "QUICK", 20.0)
    bodies.look()
    with bodies.server.admin() as writer:
        for n in range(3):
            writer.execute(INSERT.format(ROWS + n, ROWS + n).encode() + b" ON CONFLICT DO NOTHING")
        found = bodies.look().carried

    assert (found.rows, found.error, found.exact.at) == (ROWS + 2, 0, bodies.clock.at)


def test_a_count_that_fails_leaves_the_figure(bodies: Bodies) -> None:
    """It is carried on, the failure is told, and it is not tried again at once."""
    source = bodies.open(due=lambda _since, _now: True)
    bodies.look(source)
    bodies.write(INSERT.format(ROWS + 1, ROWS + 9))
    with bodies.server.admin() as admin, admin.transaction():
        admin.execute("LOCK TABLE t_message_body IN ACCESS EXCLUSIVE MODE")
        found = bodies.look(source)
        begun = time.monotonic()
        again = bodies.look(source)

    assert (found.bodies, again.bodies, again.problem == found.problem) == (ROWS + 9, ROWS + 9, True)
    assert "locked" in (found.problem or "")
    assert time.monotonic() - begun < 20


def test_the_chain_goes_on_in_the_next_process(bodies: Bodies) -> None:
    """What was saved is enough to go on without a count."""
    saved = decode(encode(settled(bodies).carried), Carried)
    bodies.write(INSERT.format(ROWS + 1, ROWS + 9))
    found = bodies.look(bodies.open(known=saved)).carried

    assert (found.rows, found.doubt, found.exact) == (ROWS + 9, 0, saved.exact)


def test_counters_that_do_not_tell_are_not_trusted(bodies: Bodies) -> None:
    """With track_counts off no figure is carried: the rows are those of a count."""
    options = {"options": "-c track_counts=off", "user": "postgres", "host": bodies.server.socket}
    source = bodies.open()
    source._connection._conninfo = lambda: bodies.server.conninfo(**options)
    bodies.look(source)
    bodies.write(INSERT.format(ROWS + 1, ROWS + 9))
    found = bodies.look(source).carried

    assert (found.counters.life, found.rows, found.exact.rows) == (None, ROWS + 9, ROWS + 9)
