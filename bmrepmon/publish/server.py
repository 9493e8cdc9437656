"""The HTTP server: uvicorn in one thread, on sockets that were bound before it started."""

import asyncio
import errno
import os
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from bmrepmon.config.types import Address
from bmrepmon.failures import Failure
from bmrepmon.publish.access import Access
from bmrepmon.publish.connection import Connection, Room

BACKLOG = 1024  # connections that the kernel keeps until we come round
HEADER_BYTES = 16384
KEEP_ALIVE = 75  # seconds; more than Prometheus's usual scrape interval, so that a scrape finds its connection open
GRACE = 2  # seconds that running answers get at the end
BEAT_EVERY = 5.0  # seconds
START_WITHIN = 10.0

WAYS_OUT: Mapping[int, str] = {
    errno.EADDRINUSE: "another program listens there; stop it, or choose another port",
    errno.EACCES: "ports below 1024 need CAP_NET_BIND_SERVICE; choose a higher one",
    errno.EPERM: "ports below 1024 need CAP_NET_BIND_SERVICE; choose a higher one",
    errno.EADDRNOTAVAIL: "this machine does not have that address; choose one that `ip address` shows",
    errno.EAFNOSUPPORT: "this machine has no IPv6; choose an IPv4 address",
}


class ListenError(Failure):
    """An address cannot be listened on; the text is one line for the operator."""


class WebServer:
    """Serves an application on several addresses from a thread of its own."""

    name = "web"

    def __init__(
        self,
        app: ASGIApp,
        listen: Sequence[Address],
        steady: Callable[[], float] = time.monotonic,
        access: Access | None = None,
    ) -> None:
        """Bind every address, so that a busy port is known before anything runs. Raises ListenError."""
        self._sockets = list(bind_all(listen))
        self._access = access or Access()
        self._room = Room()
        self._server = Server(config(app, partial(Connection, self._room, self._access)), self._beat)
        self._steady = steady
        self._last_beat = steady()
        self._serving = threading.Event()
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
        self.addresses = tuple(Address(*bound.getsockname()[:2]) for bound in self._sockets)

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive() and self._access.alive

    @property
    def last_beat(self) -> float:
        """When the event loop last came round, in steady seconds."""
        return self._last_beat

    def start(self) -> None:
        """Begin to serve, and return once requests are answered."""
        self._access.start()
        self._thread.start()
        if not self._serving.wait(START_WITHIN):
            raise ListenError(f"the web server did not start within {START_WITHIN:g} s; see the log")

    def stop(self, deadline: float) -> bool:
        """End within ``deadline`` seconds and tell whether that worked; running answers get a grace, then are cut."""
        self._server.end()
        self._access.stop()
        if self._thread.ident is None:  # never started: only the sockets are to be given back
            for bound in self._sockets:
                bound.close()
            return True
        self._thread.join(deadline)
        return not self._thread.is_alive()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        try:
            await self._server.serve(sockets=self._sockets)
        finally:
            self._room.drop_all()  # who did not take the answer: a closing connection waits for them for ever

    def _beat(self) -> None:
        self._last_beat = self._steady()
        self._serving.set()


class Server(uvicorn.Server):
    """uvicorn's server, which would wake up ten times a second to look whether it shall end."""

    def __init__(self, config: uvicorn.Config, beat: Callable[[], object]) -> None:
        """Call ``beat`` now and then while it serves."""
        super().__init__(config)
        self._beat = beat
        self._loop: asyncio.AbstractEventLoop | None = None  # once it serves
        self._ending: asyncio.Event

    async def main_loop(self) -> None:
        """Sleep until it shall end, and beat meanwhile."""
        self._ending = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        while not self.should_exit:
            self._beat()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), BEAT_EVERY)

    def end(self) -> None:
        """Let it end; for any thread."""
        self.should_exit = True
        if self._loop:
            with suppress(RuntimeError):  # it has ended
                self._loop.call_soon_threadsafe(self._ending.set)


def config(app: ASGIApp, connection: Any) -> uvicorn.Config:
    """Return uvicorn's settings: HTTP/1.1 only, no log lines of requests, nothing that names the program."""
    return uvicorn.Config(
        app,
        loop="asyncio",
        http=connection,
        h11_max_incomplete_event_size=HEADER_BYTES,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACE,
    )


def bind_all(listen: Sequence[Address]) -> tuple[socket.socket, ...]:
    """Bind every address or none. Raises ListenError, naming the first that fails and the way out."""
    with ExitStack() as undo:
        bound = tuple(undo.enter_context(bind(address)) for address in listen)
        undo.pop_all()
        return bound


def bind(address: Address) -> socket.socket:
    """Return a socket that listens; of a name with several addresses the first, IPv4 before IPv6."""
    try:
        found = socket.getaddrinfo(*address, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError) as error:
        raise ListenError(f"cannot listen on {address}: no such host; correct [web] listen or --listen") from error
    family, _, _, _, where = min(found, key=lambda one: one[0] != socket.AF_INET)
    try:
        return _listening(family, where)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        way_out = WAYS_OUT.get(error.errno or 0, "choose another address")
        raise ListenError(f"cannot listen on {address}: {reason}; {way_out} ([web] listen or --listen)") from error


def _listening(family: int, where: object) -> socket.socket:
    """Listen at once: two sockets that may share an address while nobody listens would both be bound."""
    with ExitStack() as undo:
        bound = undo.enter_context(socket.socket(family, socket.SOCK_STREAM))
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)  # so that [::] and 0.0.0.0 go together
        bound.bind(where)  # type: ignore[arg-type]  # typeshed: as getaddrinfo gives it
        bound.listen(BACKLOG)
        undo.pop_all()
        return bound
