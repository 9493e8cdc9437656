"""Telling systemd how we are: the sd_notify protocol, one datagram a message (man 3 sd_notify)."""

import socket
from collections.abc import Mapping


class Notifier:
    """Sends state to the socket of ``$NOTIFY_SOCKET``; does nothing where there is none."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Read where to send, and how often systemd wants to hear from us."""
        address = environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self.watchdog_seconds = _seconds(environ.get("WATCHDOG_USEC"))

    def send(self, *assignments: str) -> None:
        """Send assignments such as ``READY=1``. A supervisor that is gone must not take us along."""
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            sender.setblocking(False)
            try:
                sender.sendto("\n".join(assignments).encode(), self._address)
            except OSError:
                return


def _seconds(microseconds: str | None) -> float | None:
    if microseconds is None or not microseconds.isdecimal() or microseconds == "0":
        return None
    return int(microseconds) / 1_000_000
