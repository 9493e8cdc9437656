"""A name server that takes questions and says nothing: each look-up waits for many seconds, and nothing can end it."""

import os
import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from daemon import Daemon
from watched import QUICK, WITHIN, config, goes_on, hangs, slowest_scrape

from bmrepmon.demo.server import SimulatedServer

MakeServer = Callable[..., SimulatedServer]
NAME_SERVER = "127.53.53.53"


@pytest.fixture
def within(tmp_path: Path) -> Iterator[Sequence[str]]:
    """Return what runs a program with a silent name server; the machine keeps its own."""
    file = tmp_path / "resolv.conf"
    file.write_text(f"nameserver {NAME_SERVER}\noptions timeout:20 attempts:2\n")
    inside = f'mount --bind {shlex.quote(str(file))} /etc/resolv.conf && exec "$@"'
    runner = ["unshare", "--mount", "sh", "-c", inside, "sh"]
    if os.geteuid() or shutil.which("unshare") is None or subprocess.run([*runner, "true"], check=False).returncode:
        pytest.skip("only root can give a program a resolv.conf of its own")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        try:
            silent.bind((NAME_SERVER, 53))
        except OSError as error:
            pytest.skip(f"no name server can be played here: {error}")
        yield runner


def test_a_name_that_nobody_resolves_hurts_nobody(make_server: MakeServer, within: Sequence[str]) -> None:
    """The round is shown while it waits; everything else goes on, and the daemon ends when it is asked to."""
    server = make_server(database=False)
    where = config(server)
    conninfo = "host=database.example.invalid-but-asked.test dbname=bj-data user=x"
    where.write_text(where.read_text().replace("[[backend]]", f'[[backend]]\ndatabase = "{conninfo}"'))
    with Daemon(server.root, where, within=within, **QUICK) as daemon:
        since = hangs(daemon, "database", time.time())
        slowest = slowest_scrape(daemon)
        goes_on(daemon, "spool")

        assert slowest < WITHIN
        assert hangs(daemon, "database", since) == since
        assert daemon.get("/-/healthy")[0] == 200
        assert daemon.stop() == 0
