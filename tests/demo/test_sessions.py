from collections.abc import Callable
from pathlib import Path

from bmrepmon.demo.server import SimulatedServer

MakeServer = Callable[..., SimulatedServer]
ESTABLISHED = "01"


def established(port: int) -> int:
    """Count the connections to a port of ours, as the kernel tells them."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[1].endswith(f":{port:04X}") and row[3] == ESTABLISHED for row in rows)


def test_the_kernel_shows_the_sessions(simulated_server: MakeServer) -> None:
    """Each session is a real connection: four of them, none after a cut, four again on the same port."""
    server = simulated_server()
    port = server.core.listener.port
    server.step(10.0)
    seen = [established(port)]
    server.disconnect()
    seen.append(established(port))
    server.reconnect()
    server.step(1.0)
    seen.append(established(port))
    server.restart_core()
    server.step(1.0)
    seen.append(established(port))
    server.step(20.0)
    seen.append(established(port))

    assert seen == [4, 0, 4, 0, 4]
    assert server.core.listener.port == port


def test_the_log_counts_the_sessions(simulated_server: MakeServer) -> None:
    """Sessions that end tell how many are left; the last one takes the link down, and its absence is complained of."""
    server = simulated_server()
    server.step(10.0)
    server.disconnect()
    server.step(30.0)
    text = (server.root / "var/log/bm/replication.log").read_text()

    assert [f"Starting session {n} with 127.0.0.1:" in text for n in (1, 2, 3, 4, 5)] == [True] * 4 + [False]
    assert [f"Socket closed (active: {n}) after 6" in text for n in (3, 2, 1, 0)] == [True] * 4
    assert text.count("DownLink notification.") == 1
    assert text.count("NO active replication connection, consider restarting cyrus ?") == 3
