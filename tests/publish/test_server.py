import http.client
import socket
import threading
import time

import pytest
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
