"""A real server on loopback whose snapshot a test may change."""

import http.client
from collections.abc import Callable
from dataclasses import dataclass, field

import snapshots

from bmrepmon.config.types import Address
from bmrepmon.model.snapshot import Snapshot
from bmrepmon.publish.page.house import House
from bmrepmon.publish.server import WebServer
from bmrepmon.publish.web import build_web

LOOPBACK = Address("127.0.0.1", 0)


@dataclass
class Served:
    """A running server, and what it renders: both may be changed by a test."""

    snapshot: Callable[[], Snapshot] = snapshots.full
    silent: tuple[str, ...] = ()
    house: Callable[[], House] = House
    server: WebServer = field(init=False)

    def __post_init__(self) -> None:
        """Start on a port that the system chooses."""
        app = build_web(self._current, lambda: self.silent, lambda: [("spool", snapshots.MASTER)], house=self.house)
        self.server = WebServer(app, [LOOPBACK])
        self.server.start()

    def _current(self) -> Snapshot:
        return self.snapshot()

    @property
    def address(self) -> Address:
        """Where it listens."""
        return self.server.addresses[0]

    @property
    def url(self) -> str:
        """What a browser is told."""
        return f"http://{self.address}/"

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
        """Send one request, header names with underscores for dashes, and return the answer with its body."""
        connection = http.client.HTTPConnection(*self.address, timeout=10)
        try:
            connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()
