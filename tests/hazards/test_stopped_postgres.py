"""A PostgreSQL that is there and does nothing: stopped, as by a debugger, a hung disk below it, or a paused machine."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from daemon import Daemon, eventually
from watched import QUICK, WITHIN, config, goes_on, hangs, health, rounds, slowest_scrape

from bmrepmon.demo.server import SimulatedServer

MakeServer = Callable[..., SimulatedServer]


def family(pid: int) -> list[int]:
    """Return a process and its children."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [pid, *(int(child) for task in tasks for child in task.read_text().split())]


@contextmanager
def stopped(server: SimulatedServer) -> Iterator[None]:
    """Stop every process of its PostgreSQL."""
    assert server.postgres
    assert server.postgres._process
    processes = family(server.postgres._process.pid)
    for pid in processes:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in processes:
            os.kill(pid, signal.SIGCONT)


def test_a_database_that_hangs_hurts_nobody(make_server: MakeServer) -> None:
    """Scrapes go on, metrics tell the source and since when, no second question is asked, and it recovers."""
    server = make_server()
    with Daemon(server.root, config(server), BMREPMON_LIMITS__DATABASE_TIMEOUT="5s", **QUICK) as daemon:
        daemon.ready()
        with stopped(server):
            since = hangs(daemon, "database", time.time())
            slowest = slowest_scrape(daemon)
            goes_on(daemon, "spool")

            assert slowest < WITHIN
            eventually(lambda: health(daemon, "database")["success"] is False, lambda: health(daemon, "database"))
            reason = health(daemon, "database")["reason"]
            assert daemon.get("/-/healthy")[0] == 200
        before = rounds(daemon, "database")
        eventually(lambda: rounds(daemon, "database") > before, lambda: health(daemon, "database"))

        assert reason in {"no_answer", "connect_timeout", "busy"}
        assert since > 0
        assert daemon.stop() == 0
