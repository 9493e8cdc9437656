"""What values can mean anything: one check per kind of value, attached to the keys of ``settings`` by ``Annotated``.

A check takes a value of the right type and returns it, perhaps in its normal form, or raises ``ValueError`` with one
sentence for the administrator.
"""

import ipaddress
import re
import zoneinfo
from collections.abc import Callable, Iterable
from typing import Annotated
from urllib.parse import urlsplit

from bmrepmon.config.types import Address, Duration, Secret, quoted

CONNINFO_KEYS = (
    "host", "hostaddr", "port", "dbname", "user", "password", "passfile", "require_auth", "channel_binding",
    "connect_timeout", "client_encoding", "options", "application_name", "fallback_application_name", "keepalives",
    "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout", "replication", "gssencmode",
    "sslmode", "requiressl", "sslcompression", "sslcert", "sslkey", "sslpassword", "sslrootcert", "sslcrl",
    "sslcrldir", "sslsni", "ssl_min_protocol_version", "ssl_max_protocol_version", "sslcertmode", "sslnegotiation",
    "requirepeer", "krbsrvname", "gsslib", "gssdelegation", "service", "target_session_attrs", "load_balance_hosts",
    "min_protocol_version", "max_protocol_version", "scram_client_key", "scram_server_key", "oauth_issuer",
    "oauth_client_id", "oauth_client_secret", "oauth_scope", "sslkeylogfile",
)  # fmt: skip
CONNINFO_PAIR = re.compile(
    r"\s*([A-Za-z_]+)\s*=\s*('(?:[^'\\]|\\.)*'(?=\s|$)|(?:[^\s'\\]|\\.)(?:[^\s\\]|\\.)*|)", re.DOTALL
)


def suggestion(wrong: str, right: Iterable[str]) -> str:
    """Return the question that helps against a typing error, with a space before it, or nothing.

    >>> suggestion("schedul", ("schedule", "web"))
    " - did you mean 'schedule'?"
    """
    from difflib import get_close_matches

    close = get_close_matches(wrong, list(right), n=1)
    return f" - did you mean '{close[0]}'?" if close else ""


def path(text: str) -> str:
    """Accept an absolute path."""
    if not text.startswith("/") or not text.isprintable():
        shown = quoted(text) if "/" in text else f"this text of {len(text)} characters"  # a password by mistake?
        raise ValueError(f"{shown} is not an absolute path: start it with /")
    return text


def path_or_nothing(text: str) -> str:
    """Accept an absolute path, or an empty text: do not look there at all."""
    return text and path(text)


def between(low: int, high: int) -> Callable[[int], int]:
    """Make the check of a whole number from ``low`` to ``high``."""

    def check(number: int) -> int:
        if not low <= number <= high:
            raise ValueError(f"must be a number from {low} to {high}")
        return number

    return check


def not_empty(items: tuple[Address, ...]) -> tuple[Address, ...]:
    """Accept a list with something in it."""
    if not items:
        raise ValueError("names no address: write at least one, for example 127.0.0.1:10057")
    return items


def positive(duration: Duration) -> Duration:
    """Accept a duration that takes time."""
    if not 0 < duration < 86400 * 366:
        raise ValueError("must be longer than nothing and at most a year, for example 30s")
    return duration


def ip_address(text: str) -> str:
    """Accept an IP address, and write it as the kernel's tables of connections do."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ValueError(f"{quoted(text)} is not an IP address: names are not looked up here") from None


def log_place(text: str) -> str:
    """Accept one of the two ends of a log."""
    if text not in ("beginning", "end"):
        raise ValueError(f"{quoted(text)} is neither beginning nor end")
    return text


def zone(text: str) -> str:
    """Accept ``auto`` or the name of a time zone that this machine knows."""
    if text in ("auto", "UTC", "GMT"):
        return text
    try:
        return zoneinfo.ZoneInfo(text).key
    except (KeyError, ValueError, OSError):
        known = ("auto", *zoneinfo.available_timezones())
    if len(known) == 1:
        raise ValueError("this machine has no time zones: install the package tzdata, or write auto or UTC")
    advice = suggestion(text, known) or ": write auto, UTC, or a name such as Europe/Paris"
    raise ValueError(f"{quoted(text)} is not a time zone{advice}")


def label(text: str) -> str:
    """Accept a name that can stand in a metric's label."""
    if not text.strip() or not text.isprintable() or len(text) > 100:
        raise ValueError("a name is 1 to 100 printable characters: use the server's uid, for example bm-master")
    return text


def conninfo(secret: Secret) -> Secret:
    """Accept what libpq takes for a connection string or URI, or an empty text; never show any of it.

    An unknown keyword is not shown either, since it may be the second word of a password without quotes.
    """
    rest = secret.reveal().strip()
    if not rest.replace("\n", " ").isprintable():
        raise ValueError("this connection string has characters that cannot be typed: write it again by hand")
    if re.match(r"postgres(?:ql)?://", rest):
        _check_uri(rest)
        return secret
    while rest:
        pair = CONNINFO_PAIR.match(rest)
        if pair is None:
            raise ValueError(
                "this is no connection string: write keyword=value pairs and quote values with spaces by '"
            )
        if pair[1] not in CONNINFO_KEYS:
            advice = suggestion(pair[1], CONNINFO_KEYS) or ": a value with spaces needs quotes by '"
            raise ValueError(f"libpq does not know a keyword of this connection string{advice}")
        rest = rest[pair.end() :].strip()
    return secret


def _check_uri(text: str) -> None:
    try:
        parts = urlsplit(text)
        good = "," in parts.netloc or parts.port != 0  # several hosts are left to libpq
    except ValueError:
        good = False
    if not good:
        raise ValueError("this is no connection URI: write postgresql://user@host:5432/bj-data")


Addresses = Annotated[tuple[Address, ...], not_empty]
AbsolutePath = Annotated[str, path]
PathOrNothing = Annotated[str, path_or_nothing]
Port = Annotated[int, between(1, 65535)]
Name = Annotated[str, label]
IpAddress = Annotated[str, ip_address]
LogPlace = Annotated[str, log_place]
Zone = Annotated[str, zone]
Conninfo = Annotated[Secret, conninfo]
PositiveDuration = Annotated[Duration, positive]
