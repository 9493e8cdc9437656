import http.client
import os
import resource
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from served import Served
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from bmrepmon.config.types import Address
from bmrepmon.publish.server import ListenError, WebServer

LOOPBACK = Address("127.0.0.1", 0)


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer anything."""
    await PlainTextResponse("hello")(scope, receive, send)


def fetch(address: Address) -> bytes:
    """Ask once."""
    connection = http.client.HTTPConnection(*address, timeout=10)
    try:
        connection.request("GET", "/")
        return connection.getresponse().read()
    finally:
        connection.close()


def test_it_listens_on_every_address() -> None:
    """IPv4 and IPv6 together, each on the port that the system chose."""
    server = WebServer(hello, [LOOPBACK, Address("::1", 0), Address("localhost", 0)])
    server.start()
    try:
        assert [address.host for address in server.addresses[:2]] == ["127.0.0.1", "::1"]
        assert [fetch(address) for address in server.addresses] == [b"hello"] * 3
    finally:
        assert server.stop(5.0)


def test_a_busy_port_is_one_clear_line() -> None:
    """The address and the way out are named, and no other socket stays bound."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        busy = Address("127.0.0.1", other.getsockname()[1])
        with socket.create_server(("127.0.0.1", 0)) as probe:
            free = Address("127.0.0.1", probe.getsockname()[1])
        with pytest.raises(ListenError) as caught:
            WebServer(hello, [free, busy])

    assert str(caught.value) == (
        f"cannot listen on {busy}: Address already in use; another program listens there; stop it, or choose another "
        "port ([web] listen or --listen)"
    )
    socket.create_server(free).close()


def test_two_servers_cannot_share_a_port() -> None:
    """The second is refused before either serves."""
    first = WebServer(hello, [LOOPBACK])
    try:
        with pytest.raises(ListenError, match="another program listens there"):
            WebServer(hello, first.addresses)
    finally:
        assert first.stop(1.0)


@pytest.mark.parametrize(
    ("address", "way_out"),
    [
        (Address("192.0.2.1", 0), "this machine does not have that address"),
        (Address("fe80::1%no-such-interface", 0), "no such host"),
        (Address("a..b", 0), "no such host"),
    ],
)
def test_a_bad_address_is_one_clear_line(address: Address, way_out: str) -> None:
    """What cannot be bound is named with the way out."""
    with pytest.raises(ListenError) as caught:
        WebServer(hello, [address])

    assert str(caught.value).startswith(f"cannot listen on {address}: ")
    assert way_out in str(caught.value)
    assert "\n" not in str(caught.value)


def test_it_beats_while_it_serves_and_ends_when_told() -> None:
    """The beat moves on by itself; after the stop the thread is gone and the port refuses."""
    server = WebServer(hello, [LOOPBACK])
    server.start()
    first = server.last_beat
    deadline = time.monotonic() + 10
    while server.last_beat == first and time.monotonic() < deadline:
        threading.Event().wait(0.01)

    assert server.alive
    assert server.last_beat > first
    assert server.stop(5.0)
    assert server.name not in {thread.name for thread in threading.enumerate()}
    with pytest.raises(ConnectionRefusedError):
        fetch(server.addresses[0])


def test_a_client_that_does_not_read_its_answer_does_not_hold_up_the_end() -> None:
    """A megabyte that nobody takes is dropped after the grace."""

    async def much(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("x" * 50_000_000)(scope, receive, send)

    server = WebServer(much, [LOOPBACK])
    server.start()
    with socket.create_connection(server.addresses[0], timeout=10) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.recv(1) == b"H"

        assert server.stop(5.0)


def test_idle_connections_do_not_hold_up_the_end() -> None:
    """A scraper that keeps its connection, and one that never asked, are closed at once."""
    server = WebServer(hello, [LOOPBACK])
    server.start()
    kept = http.client.HTTPConnection(*server.addresses[0], timeout=10)
    kept.request("GET", "/")
    kept.getresponse().read()
    with socket.create_connection(server.addresses[0], timeout=10):
        began = time.monotonic()

        assert server.stop(5.0)
        assert time.monotonic() - began < 2.0
    kept.close()


@pytest.fixture
def many_files() -> Iterator[None]:
    """Let this process open the sockets of 2,000 clients and of their server."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 4096:
        pytest.skip("this user may not open 4,096 files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 4096), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def resident() -> int:
    """Return the bytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def scrape(served: Served) -> float:
    """Return the seconds that a scrape took."""
    began = time.monotonic()
    answer, body = served.ask("/metrics")
    assert (answer.status, len(body) > 1000) == (200, True)
    return time.monotonic() - began


@pytest.mark.usefixtures("many_files")
def test_a_thousand_idle_and_a_thousand_slow_connections(served: Served) -> None:
    """Scrapes go on to be answered within a second, and memory stays bounded."""
    scrape(served)
    before = resident()
    clients = []
    try:
        for number in range(2000):
            clients.append(socket.create_connection(served.address, timeout=10))
            if number >= 1000:
                clients[-1].sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        times = []
        for slow in clients[1000::200]:
            with suppress(OSError):  # it had to go
                slow.sendall(b"x")
            times.append(scrape(served))

        assert sorted(times)[2] < 1.0
        assert resident() - before < 32e6
    finally:
        for client in clients:
            client.close()


def test_a_request_has_its_time(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who goes on sending without coming to an end is cut off, on a new connection and on one that was kept."""
    monkeypatch.setattr("bmrepmon.publish.connection.REQUEST_WITHIN", 0.3)
    for first in (b"", b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n"):
        with socket.create_connection(served.address, timeout=10) as client:
            client.sendall(first)
            if first:
                assert client.recv(10000).startswith(b"HTTP/1.1 200")
            client.sendall(b"GET /metrics HTTP/1.1\r\n")

            assert cut_off(client)


def cut_off(client: socket.socket) -> bool:
    """Send a byte now and then until the other side has gone."""
    client.settimeout(0.05)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            client.sendall(b"X")
            if not client.recv(1):
                return True
        except TimeoutError:
            continue
        except OSError:
            return True
    return False


@pytest.mark.parametrize("request_", [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nX: " + b"secret" * 2800])
def test_what_is_no_request_is_refused_with_the_headers_of_all(served: Served, request_: bytes) -> None:
    """Nonsense and headers without an end; the answer repeats nothing."""
    with socket.create_connection(served.address, timeout=10) as client:
        client.sendall(request_)
        answer = client.recv(10000)

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"X-Content-Type-Options: nosniff\r\n" in answer
    assert b"secret" not in answer
