"""A disk that answers nothing: a dead NFS server, a stopped FUSE mount."""

import time
from collections.abc import Callable

from daemon import Daemon, eventually
from silent_disk import SilentDisk
from watched import QUICK, WITHIN, config, goes_on, hangs, health, rounds, slowest_scrape

from bmrepmon.demo.server import SimulatedServer

MakeServer = Callable[..., SimulatedServer]
SPOOL = "var/spool/cyrus/data"


def test_a_spool_that_hangs_hurts_nobody(make_server: MakeServer) -> None:
    """Scrapes go on, metrics tell the source and since when, no second walk begins, and it recovers."""
    server = make_server(database=False)
    with Daemon(server.root, config(server), **QUICK) as daemon:
        daemon.ready()
        with SilentDisk(server.root / SPOOL):
            since = hangs(daemon, "spool", time.time())
            slowest = slowest_scrape(daemon)
            goes_on(daemon, "archive")
            goes_on(daemon, "sessions")

            assert slowest < WITHIN
            assert health(daemon, "spool")["running_since"] is not None
            assert hangs(daemon, "spool", since) == since  # a second round would have begun later
            assert daemon.get("/-/healthy")[0] == 200
        before = rounds(daemon, "spool")
        eventually(lambda: rounds(daemon, "spool") > before, lambda: health(daemon, "spool"))

        assert daemon.stop() == 0


def test_a_stop_does_not_wait_for_a_disk(make_server: MakeServer) -> None:
    """Within ten seconds of SIGTERM the daemon is gone, with its state saved, though a walk still hangs."""
    server = make_server(database=False)
    with Daemon(server.root, config(server), **QUICK) as daemon:
        daemon.ready()
        with SilentDisk(server.root / SPOOL):
            hangs(daemon, "spool", time.time())
            begun = time.monotonic()
            code = daemon.stop()
            lasted = time.monotonic() - begun

    assert (code, lasted < 12) == (0, True)


def test_a_log_disk_that_hangs_hurts_nobody(make_server: MakeServer) -> None:
    """The log is told to hang, the daemon counts as healthy, and what was written meanwhile is counted once."""
    server = make_server(database=False)
    logs = server.root / "var/log/bm"
    with Daemon(server.root, config(server), **QUICK) as daemon:
        daemon.ready()
        with SilentDisk(logs):
            hangs(daemon, "log", time.time())
            slowest = slowest_scrape(daemon)
            goes_on(daemon, "archive")

            assert slowest < WITHIN
            assert health(daemon, "log")["reason"] == "hanging"
            assert daemon.get("/-/healthy")[0] == 200
        server.step(20)
        truth = server.truth().apply_mailbox
        eventually(lambda: applied(daemon) == truth, lambda: (applied(daemon), truth))
        assert daemon.stop() == 0


def applied(daemon: Daemon) -> float:
    """How many APPLY MAILBOX were counted."""
    return sum(value for (name, _), value in daemon.metrics().items() if name == "bmrepmon_apply_mailbox_total")
