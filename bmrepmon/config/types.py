"""The small types of configuration values: durations, triggers, addresses, secrets.

Each is built from the text in the file and raises ``ValueError`` with one sentence when the text is no good.
"""

import ipaddress
import re
from dataclasses import dataclass
from typing import NamedTuple, NoReturn, Self

from bmrepmon.config.crontab import crontab

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
PASSWORD_LIKE = re.compile(r"pass|secret|token|://|@", re.IGNORECASE)


def quoted(text: str) -> str:
    """Show ``text`` in an error: on one line, short, and not at all when it may hold a password.

    >>> quoted("30 seconds")
    "'30 seconds'"
    """
    if len(text) > 40 or PASSWORD_LIKE.search(text):
        return f"this text of {len(text)} characters"
    return repr(text)


class Duration(float):
    """Seconds, written as in Prometheus: ``500ms``, ``30s``, ``5m``, ``1h30m``, ``2d``.

    >>> Duration("1m30s")
    Duration('90s')
    """

    def __new__(cls, text: str) -> Self:
        """Parse ``text``."""
        parts = re.findall(r"([0-9]{1,9})(ms|s|m|h|d)", text)
        if not parts or "".join(number + unit for number, unit in parts) != text:
            raise ValueError(f"{quoted(text)} is not a duration: write for example 500ms, 30s, 5m or 1h30m")
        return super().__new__(cls, sum(int(number) * UNITS[unit] for number, unit in parts))

    def __repr__(self) -> str:
        return f"Duration('{float(self):g}s')"


class Address(NamedTuple):
    """Where to listen: a host and a TCP port; port 0 lets the system choose."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``HOST:PORT`` or ``[IPv6]:PORT``.

        >>> Address.parse("[::1]:10057")
        Address(host='::1', port=10057)
        """
        match = re.fullmatch(r"(?:\[([^\[\]]+)\]|([A-Za-z0-9._-]+)):([0-9]{1,5})", text)
        if match is None or int(match[3]) > 65535 or not _is_host(match[1], match[2]):
            raise ValueError(
                f"{quoted(text)} is not an address to listen on: write HOST:PORT, for example 127.0.0.1:10057, "
                "or [::1]:10057 for IPv6, with a port up to 65535"
            )
        return cls(match[1] or match[2], int(match[3]))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def _is_host(ipv6: str | None, host: str) -> bool:
    """Tell a possible host from a typing error; four numbers with dots must be an IPv4 address."""
    try:
        if ipv6 is not None:
            ipaddress.IPv6Address(ipv6)
        elif re.fullmatch(r"[0-9.]+", host):
            ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Trigger:
    """When a source looks: every so many seconds, or by the five fields of a crontab line (``cron 15 3 * * *``)."""

    seconds: float | None
    crontab: str | None  # weekdays are written as names, which mean the same to everybody

    @classmethod
    def every(cls, text: str) -> Self:
        """Look at an interval."""
        seconds = Duration(text)
        if seconds < 1:
            raise ValueError(f"{quoted(text)} is too often: a source looks at most once a second")
        return cls(float(seconds), None)

    @classmethod
    def cron(cls, fields: str) -> Self:
        """Look at the times of a crontab line."""
        return cls(None, crontab(fields))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read either form."""
        kind, _, fields = text.partition(" ")
        return cls.cron(fields) if kind == "cron" else cls.every(text)


class Secret:
    """A text that shows itself nowhere: not in str, repr, a pickle, tracebacks of values, or by accident in a log."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Hide ``text``."""
        self._text = text

    def reveal(self) -> str:
        """Return the text; call it only where it is handed to the library that needs it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(...)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not to be written down")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)
