"""Real connections on loopback, so that the kernel's own tables show the simulated sessions."""

import socket

Connection = tuple[socket.socket, socket.socket]
"""Both ends of one session: sync_client's, and bm-core's."""


class Listener:
    """The port of the simulated bm-core; the first `open` chooses it, later ones take the same again."""

    def __init__(self) -> None:
        """Choose nothing yet."""
        self.port = 0
        self._socket: socket.socket | None = None

    @property
    def listening(self) -> bool:
        """Whether a connection would be accepted."""
        return self._socket is not None

    def open(self) -> None:
        """Listen on 127.0.0.1."""
        self._socket = socket.create_server(("127.0.0.1", self.port), reuse_port=False)
        self._socket.settimeout(5.0)
        self.port = self._socket.getsockname()[1]

    def close(self) -> None:
        """Refuse connections from now on."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def connect(self, address: str) -> Connection:
        """Make one connection from a loopback address; a stranger who came in between is sent away."""
        if self._socket is None:
            raise ConnectionRefusedError("the simulated bm-core does not listen")
        client = socket.create_connection(("127.0.0.1", self.port), timeout=5.0, source_address=(address, 0))
        while True:
            core, peer = self._socket.accept()
            if peer == client.getsockname():
                return client, core
            core.close()


def disconnect(connection: Connection) -> None:
    """End a connection at both ends."""
    for end in connection:
        end.close()
