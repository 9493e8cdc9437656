"""One connection: TLS if there is any, a request within its time, and room for the next.

A monitor is asked by few, so it keeps few connections. When there are too many, the one that has waited longest without
a whole request goes: a new scrape always gets in, and whoever holds connections open holds nobody up.
"""

import asyncio
import ssl
from collections import OrderedDict
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from bmrepmon.publish.access import Access
from bmrepmon.publish.headers import expected

MOST = 256  # connections at once
REQUEST_WITHIN = 10.0  # seconds from the first byte, or from the connection, to the end of a request's headers
ANSWER_WITHIN = 60.0  # seconds in which an answer must be taken


class Room:
    """The connections that there are, those first that have waited longest."""

    def __init__(self) -> None:
        """Begin empty."""
        self._waiting: OrderedDict[Connection, None] = OrderedDict()
        self._answering: OrderedDict[Connection, None] = OrderedDict()

    def waits(self, connection: "Connection") -> None:
        """Put ``connection`` last among those that wait, and drop the first when there are too many."""
        self._answering.pop(connection, None)
        self._waiting[connection] = None
        self._waiting.move_to_end(connection)
        while len(self._waiting) + len(self._answering) > MOST:
            oldest = next(iter(self._answering if len(self._answering) > MOST // 2 else self._waiting))
            self.leaves(oldest)
            oldest.drop()

    def answers(self, connection: "Connection") -> None:
        """Keep ``connection`` while its request is answered."""
        if self._waiting.pop(connection, self) is None:
            self._answering[connection] = None

    def leaves(self, connection: "Connection") -> None:
        """Forget ``connection``."""
        self._waiting.pop(connection, None)
        self._answering.pop(connection, None)

    def drop_all(self) -> None:
        """Drop whoever is left."""
        for connection in (*self._waiting, *self._answering):
            connection.drop()


class Connection(H11Protocol):
    """uvicorn's protocol with the limits above."""

    def __init__(
        self,
        room: Room,
        access: Access,
        **given: Any,
    ) -> None:
        """Share ``room`` with the others; ``access`` has the TLS of each handshake."""
        super().__init__(**given)
        self._room, self._access = room, access
        self._raw: asyncio.Transport | None = None
        self._ready = False  # for requests: after the handshake
        self._early = b""
        self._lost = False
        self._answering = False
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request, after the handshake if there is one."""
        self._raw = transport
        self._expect(REQUEST_WITHIN)
        self._room.waits(self)
        context = self._access.rules.context
        if context is None:
            self._begin(transport)
        else:
            self._task = self.loop.create_task(self._shake_hands(transport, context))

    def data_received(self, data: bytes) -> None:
        """Take bytes; the time for a request runs from its first one."""
        if not self._ready:
            self._early += data  # came with the end of the handshake
            return
        idle = self._timer is None
        super().data_received(data)
        if idle and self._timer is None and not self._answering:
            self._expect(REQUEST_WITHIN)

    def handle_events(self) -> None:
        """Note when the headers of a request are there."""
        before = self.cycle
        super().handle_events()
        if self.cycle is not before:
            self._answering = True
            self._expect(ANSWER_WITHIN)
            self._room.answers(self)

    def on_response_complete(self) -> None:
        """Wait for the next request, which may take as long as uvicorn's keep-alive."""
        self._forget_timer()
        self._answering = False
        if not self._lost:
            self._room.waits(self)
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - it would tell what was wrong
        """Refuse what is no HTTP; the same text whatever it was."""
        head = "".join(
            f"{name}: {value}\r\n" for name, value in expected(str(self.scheme), self._access.rules.headers).items()
        )
        body = "bad request\n"
        self.transport.write(
            f"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
            f"Connection: close\r\n{head}\r\n{body}".encode("ascii")
        )
        self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the room back."""
        self._lost = True
        self._forget_timer()
        self._room.leaves(self)
        if self._ready:
            super().connection_lost(exc)

    def drop(self) -> None:
        """End at once, whatever is under way."""
        if self._raw is not None:
            self._raw.abort()

    def _begin(self, transport: asyncio.Transport) -> None:
        self._raw, self._ready = transport, True
        super().connection_made(transport)

    async def _shake_hands(self, transport: asyncio.Transport, context: ssl.SSLContext) -> None:
        try:
            secure = await self.loop.start_tls(
                transport, self, context, server_side=True, ssl_handshake_timeout=REQUEST_WITHIN
            )
        except OSError:  # no TLS, another version, no certificate, or too slow: the client's affair
            self._lost = True
            self._forget_timer()
            self._room.leaves(self)
            return
        if secure is not None and not self._lost:
            self._begin(secure)
            early, self._early = self._early, b""
            if early:
                self.data_received(early)

    def _expect(self, seconds: float) -> None:
        self._forget_timer()
        self._timer = self.loop.call_later(seconds, self.drop)

    def _forget_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
