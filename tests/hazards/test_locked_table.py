"""Somebody holds the table of the bodies: a migration, a VACUUM FULL, a forgotten session."""

from collections.abc import Callable

import psycopg
from daemon import Daemon, eventually
from watched import QUICK, WITHIN, config, goes_on, health, slowest_scrape

from bmrepmon.demo.postgres import PASSWORD
from bmrepmon.demo.server import SimulatedServer

LOCK = "LOCK TABLE t_message_body IN ACCESS EXCLUSIVE MODE"
MakeServer = Callable[..., SimulatedServer]


def test_a_locked_table_is_waited_for_a_second_at_most(make_server: MakeServer) -> None:
    """The lock is told as the reason, everything else goes on, nobody queues behind us, and it recovers.

    Once the bodies were counted, their number is carried on without the table, locked or not.
    """
    server = make_server()
    assert server.postgres
    with psycopg.connect(server.postgres.conninfo("bj-data"), password=PASSWORD) as locker:
        locker.execute(LOCK)
        with Daemon(server.root, config(server), **QUICK) as daemon:
            eventually(lambda: health(daemon, "database")["reason"] == "lock", lambda: health(daemon, "database"))
            slowest = slowest_scrape(daemon)
            goes_on(daemon, "spool")
            waiting = locker.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'bmrepmon' AND state <> 'idle'"
            ).fetchone()
            locker.rollback()
            goes_on(daemon, "database")

            locker.execute(LOCK)
            goes_on(daemon, "database")

            assert health(daemon, "database")["success"]
            assert slowest < WITHIN
            assert waiting
            assert waiting[0] <= 1
            assert daemon.stop() == 0
