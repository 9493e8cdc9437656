"""Ask the running daemon over HTTP, within a time that holds whatever the network does."""

import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from queue import Empty, SimpleQueue
from socket import gaierror
from threading import Thread
from urllib.parse import SplitResult, urlsplit

from bmrepmon.failures import Failure
from bmrepmon.words.language import Language

MOST = 64 * 1024 * 1024  # bytes of an answer; the largest installations need one
Answer = bytes | int | OSError | HTTPException | ValueError  # a number is an HTTP status other than 200


@dataclass(frozen=True, slots=True)
class Door:
    """Where a daemon is asked, and with what credentials."""

    url: str
    timeout: float = 10.0  # seconds for everything: name, connection, TLS, answer
    user: str | None = None
    password: str = field(default="", repr=False)
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None


def ask(door: Door, path: str, t: Language) -> bytes:
    """Return the body of the answer, or raise a Failure in the texts of ``ask``.

    A name server that hangs, or a server that sends a byte now and then, defeats every timeout of a socket: so it is
    asked in a thread that nobody waits for any longer than ``timeout``.
    """
    answers: SimpleQueue[Answer] = SimpleQueue()
    Thread(target=lambda: answers.put(_answer(door, path)), name="ask", daemon=True).start()
    try:
        answer = answers.get(timeout=door.timeout)
    except Empty:
        answer = TimeoutError()
    if isinstance(answer, bytes):
        return answer
    raise Failure(_told(answer, door, t))


def _answer(door: Door, path: str) -> Answer:
    """Send one request; redirects are not followed, for they would carry the password elsewhere."""
    try:
        connection, prefix = _connection(door)
        try:
            connection.request("GET", prefix + path, headers=_headers(door))
            answer = connection.getresponse()
            return answer.read(MOST) if answer.status == 200 else answer.status
        finally:
            connection.close()
    except (OSError, HTTPException, ValueError) as error:
        return error


def _connection(door: Door) -> tuple[HTTPConnection, str]:
    url: SplitResult = urlsplit(door.url)
    host, prefix = url.hostname or "", url.path.rstrip("/")
    if url.scheme != "https":
        return HTTPConnection(host, url.port, timeout=door.timeout), prefix
    context = ssl.create_default_context(cafile=door.ca_file)
    if door.cert_file:
        context.load_cert_chain(door.cert_file, door.key_file)
    return HTTPSConnection(host, url.port, timeout=door.timeout, context=context), prefix


def _headers(door: Door) -> dict[str, str]:
    if door.user is None:
        return {}
    from base64 import b64encode  # noqa: PLC0415 - a plugin that runs every minute imports what it needs

    return {"Authorization": "Basic " + b64encode(f"{door.user}:{door.password}".encode()).decode()}


REASONS: tuple[tuple[type[Exception], str], ...] = (  # the first that fits
    (ssl.SSLCertVerificationError, "untrusted"),
    (ssl.SSLError, "no_tls"),
    (TimeoutError, "timeout"),
    (ConnectionRefusedError, "refused"),
    (gaierror, "no_such_host"),
    (FileNotFoundError, "unreadable"),
    (PermissionError, "unreadable"),
    (OSError, "unreachable"),
)


def _told(answer: int | Exception, door: Door, t: Language) -> str:
    """Say in one line why there is no answer."""
    if isinstance(answer, int):
        return t("unauthorized" if answer == 401 else "status", url=door.url, status=answer)
    key = next((key for kind, key in REASONS if isinstance(answer, kind)), "gibberish")
    values: dict[str, object] = {"url": door.url, "seconds": f"{door.timeout:g}", "why": _why(answer)}
    if key == "unreadable":
        values["file"] = getattr(answer, "filename", None) or door.ca_file
    return t(key, **values)


def _why(error: Exception) -> str:
    verify: Callable[[], str] = lambda: str(getattr(error, "verify_message", ""))  # noqa: E731
    number = getattr(error, "errno", None)
    return verify() or (os.strerror(number) if number and number > 0 else type(error).__name__)
