"""Something takes the connection and says nothing: a firewall, a balancer, a port of another program."""

import socket
import time
from collections.abc import Callable

from daemon import Daemon, eventually
from watched import QUICK, WITHIN, config, goes_on, hangs, health, slowest_scrape

from bmrepmon.demo.server import SimulatedServer

MakeServer = Callable[..., SimulatedServer]


def test_a_port_that_takes_and_never_answers_hurts_nobody(make_server: MakeServer) -> None:
    """The round is shown while it waits, fails with the reason, and everything else goes on."""
    server = make_server(database=False)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        conninfo = f"host=127.0.0.1 port={silent.getsockname()[1]} dbname=bj-data user=x connect_timeout=5"
        where = config(server)
        where.write_text(where.read_text().replace("[[backend]]", f'[[backend]]\ndatabase = "{conninfo}"'))
        with Daemon(server.root, where, **QUICK) as daemon:
            hangs(daemon, "database", time.time())
            slowest = slowest_scrape(daemon)
            goes_on(daemon, "spool")
            eventually(
                lambda: health(daemon, "database")["reason"] == "connect_timeout", lambda: health(daemon, "database")
            )

            assert slowest < WITHIN
            assert daemon.stop() == 0
