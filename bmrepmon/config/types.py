"""The small types of configuration values: durations, triggers, addresses, secrets.

Each is built from the text in the file and raises ``ValueError`` with one sentence when the text is no good.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple, Self

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class Duration(float):
    """Seconds, written as in Prometheus: ``500ms``, ``30s``, ``5m``, ``1h30m``, ``2d``.

    >>> Duration("1m30s")
    Duration('90s')
    """

    def __new__(cls, text: str) -> Self:
        """Parse ``text``."""
        parts = re.findall(r"(\d+)(ms|s|m|h|d)", text)
        if not parts or "".join(number + unit for number, unit in parts) != text:
            raise ValueError(f"'{text}' is not a duration: write for example 500ms, 30s, 5m or 1h30m")
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
        match = re.fullmatch(r"(?:\[([0-9a-fA-F:.]+)\]|([^:\[\]]+)):(\d{1,5})", text)
        if match is None or int(match[3]) > 65535:
            raise ValueError(f"'{text}' is not an address: write HOST:PORT, for example 127.0.0.1:10057")
        return cls(match[1] or match[2], int(match[3]))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Trigger:
    """When a source looks: every so many seconds, or by the five fields of a crontab line (``cron 15 3 * * *``)."""

    seconds: float | None
    crontab: str | None

    @classmethod
    def every(cls, text: str) -> Self:
        """Look at an interval."""
        seconds = Duration(text)
        if seconds < 1:
            raise ValueError(f"'{text}' is too often: a source looks at most once a second")
        return cls(float(seconds), None)

    @classmethod
    def cron(cls, fields: str) -> Self:
        """Look at the times of a crontab line."""
        if len(fields.split()) != 5:
            raise ValueError(f"'cron {fields}' needs five fields: minute hour day month weekday")
        return cls(None, fields)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read either form."""
        kind, _, fields = text.partition(" ")
        return cls.cron(fields) if kind == "cron" else cls.every(text)


class Secret:
    """A text that shows itself nowhere: not in str, repr, tracebacks of values, or by accident in a log."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Hide ``text``."""
        self._text = text

    def reveal(self) -> str:
        """Return the text; call it only where it is handed to the library that needs it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(...)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)
