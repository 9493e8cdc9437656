"""The one connection to a ``bj-data`` database: it can only read, and the server itself ends what takes too long.

Works with PostgreSQL 11 to 18.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import MappingProxyType
from typing import Any, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict

from bmrepmon.model.readings import SourceError
from bmrepmon.parse.postgres_failure import failure_reason
from bmrepmon.sources.database.patience import NoAnswer, Patient, fuse

T = TypeVar("T")

LOCK_TIMEOUT = 1.0  # seconds; we give way to whoever locks the table, and never queue before BlueMind's own work
CONNECT_WITHIN = 10  # seconds
CANCEL_WITHIN = 2.0  # seconds
GRACE = 10.0  # seconds after which a server that does not keep its own time limits is left
BACKOFF_MAX = 60.0  # seconds
# Uses after which a statement is prepared unasked. Never: a prepared count keeps its plan, whatever SET LOCAL says.
UNASKED = 2**31

PROBLEMS: Mapping[str, str] = MappingProxyType(
    {
        "bad_conninfo": "libpq does not take the connection string; correct database of this [[backend]]",
        "unknown_host": "the name of its host is not known; correct it, or write the address",
        "refused": "nobody listens there; start PostgreSQL, or correct host and port",
        "socket_permission": "its socket may not be used; use host=127.0.0.1, or let bmrepmon into its folder",
        "unreachable": "there is no way to its host; check the network",
        "connect_timeout": f"its host did not answer within {CONNECT_WITHIN} s; check the network and its firewall",
        "password": "the user, its password or pg_hba.conf does not let bmrepmon in; correct user, password or pg_hba",
        "permission": "the role may not read it; as its owner: GRANT SELECT ON {tables} TO the role of bmrepmon"
        " (and GRANT CONNECT ON DATABASE, GRANT USAGE ON SCHEMA public)",
        "no_database": "PostgreSQL has no such database; correct dbname, which is bj-data on most servers",
        "no_table": "it has no {tables}; is this bj-data? bj is the directory, mail is in bj-data",
        "lock": "somebody has locked {tables}, and bmrepmon does not wait; it tries again",
        "timeout": "the query was ended by the server; raise database_timeout of [limits], or VACUUM {tables}",
        "no_answer": "PostgreSQL took the question and never answered; see whether it, or its disk, hangs",
        "busy": "another question to it has not ended yet; bmrepmon asks again",
        "server_shutdown": "PostgreSQL was stopped, or has ended the connection; bmrepmon connects again",
        "server_starting": "PostgreSQL is starting or recovering; bmrepmon connects again",
        "too_many_connections": "PostgreSQL takes no more connections; raise max_connections, or close others",
        "server_resources": "PostgreSQL is out of memory or disk space; see its log",
        "recovery_conflict": "the standby gave up the query for replaying changes; ask the primary",
        "tls": "no TLS connection as asked for; correct sslmode and certificates",
        "disconnected": "the connection was lost; bmrepmon connects again",
        "server_error": "PostgreSQL failed; see its log",
        "failed": "no connection, for a reason that the log of PostgreSQL tells",
    }
)


class Backoff:
    """When to try again after failures in a row: 1, 2, 4 ... 60 seconds later. It asks no clock."""

    def __init__(self) -> None:
        """Begin with no failure."""
        self._failures = 0
        self._until = float("-inf")

    def failed(self, now: float) -> None:
        """Note one more failure at ``now`` (steady seconds)."""
        self._until = now + min(2.0**self._failures, BACKOFF_MAX)
        self._failures = min(self._failures + 1, 16)

    def waits(self, now: float) -> bool:
        """Tell whether it is too early."""
        return now < self._until


class Connection:
    """One connection to a backend's database, for whoever has a question; one question at a time.

    It is made with the first question, is kept, can only read, and is made anew when it has died.
    """

    def __init__(
        self, backend: str, conninfo: Callable[[], str], timeout: float, steady: Callable[[], float] = time.monotonic
    ) -> None:
        """Take how to connect, and how long one question may take (seconds); nothing is connected yet.

        ``conninfo`` reveals the connection string; it is called for each connection and its answer is not kept.
        """
        self._backend = backend
        self._conninfo = conninfo
        self._timeout = timeout
        self._steady = steady
        self._open: Patient | None = None
        self._backoff = Backoff()
        self._refusal = ""
        self._asking = threading.Lock()
        self._closed = False

    def ask(self, question: Callable[[psycopg.Connection[Any]], T], tables: str) -> T:
        """Return the answer to ``question``, which reads ``tables`` and is rolled back.

        Raises:
            SourceError: with a reason of ``PROBLEMS``, or ``stopped``. Of what libpq says nothing is repeated.
        """
        with self._turn(tables):
            return self._answer(self._answering() or self._connected(tables), question)

    def glance(self, question: Callable[[psycopg.Connection[Any]], T], tables: str) -> T:
        """Return the answer to one statement that takes no time: it needs no transaction, and is its own sign of life.

        Where the connection has died meanwhile, it is asked once more over a new one.

        Raises:
            SourceError: as ``ask``.
        """
        with self._turn(tables):
            if self._open is not None:
                with suppress(psycopg.OperationalError), fuse(self._open, GRACE), at_once(self._open):
                    return question(self._open)
                self._disconnect()
            return self._answer(self._connected(tables), question)

    def close(self) -> None:
        """End a question that runs, and the connection."""
        self._closed = True
        connection = self._open
        if connection is not None and self._asking.locked():
            with suppress(psycopg.Error):
                connection.cancel_safe(timeout=CANCEL_WITHIN)
        if self._asking.acquire(timeout=CANCEL_WITHIN):  # else the reader itself disconnects, once it can
            self._disconnect()
            self._asking.release()

    @contextmanager
    def _turn(self, tables: str) -> Iterator[None]:
        """Have the connection for oneself, and name what goes wrong with it."""
        if not self._asking.acquire(timeout=self._timeout + GRACE):
            raise self._failed("busy", tables)
        try:
            yield
        except psycopg.Error as error:
            raise self._failed(_reason(error), tables, error.sqlstate) from None
        finally:
            self._settle()
            self._asking.release()

    def _answer(self, connection: Patient, question: Callable[[psycopg.Connection[Any]], T]) -> T:
        with fuse(connection, self._timeout + GRACE):
            try:
                return question(connection)
            finally:
                with suppress(psycopg.Error):  # of a connection that broke
                    connection.rollback()  # no transaction stays open between two rounds

    def _answering(self) -> Patient | None:
        """Return the open connection if there is still a server behind it: that one was restarted is no failure."""
        if self._open is not None:
            try:
                with fuse(self._open, GRACE):
                    self._open.execute("")
            except psycopg.Error:
                self._disconnect()
        return self._open

    def _connected(self, tables: str) -> Patient:
        """Connect, unless it failed a moment ago: then fail again, in the same way."""
        if self._closed or self._backoff.waits(self._steady()):
            raise self._failed(self._refusal, tables)
        try:
            parts = conninfo_to_dict(self._conninfo())
            self._open = Patient.connect(**parts | settings(parts, self._timeout), prepare_threshold=UNASKED)
        except (psycopg.Error, ValueError) as error:  # ValueError: a host that can be no name
            self._refusal = _reason(error)
            self._backoff.failed(self._steady())
            raise self._failed(self._refusal, tables) from None
        self._backoff = Backoff()
        self._open.read_only = True
        return self._open

    def _settle(self) -> None:
        """Keep no connection that is of no use."""
        if self._open is not None and (self._closed or self._open.broken):
            self._disconnect()

    def _disconnect(self) -> None:
        connection, self._open = self._open, None
        if connection is not None:
            connection.close()

    def _failed(self, reason: str, tables: str, sqlstate: str | None = None) -> SourceError:
        if self._closed:
            return SourceError("stopped", f"database of {self._backend}: bmrepmon is ending")
        problem = PROBLEMS[reason].format(tables=tables)
        code = f" (SQLSTATE {sqlstate})" if reason == "server_error" else ""
        return SourceError(reason, f"database of {self._backend}: {problem}{code}")


def settings(parts: Mapping[str, Any], timeout: float) -> dict[str, Any]:
    """Return what is added to a connection string: limits that the server keeps, and signs of life from the network.

    The last ``-c`` of an option wins, so that ours stand whatever the string says. None is newer than PostgreSQL 11.
    """
    limits = {
        "default_transaction_read_only": "on",
        "statement_timeout": milliseconds(timeout),
        "lock_timeout": milliseconds(LOCK_TIMEOUT),
        "idle_in_transaction_session_timeout": milliseconds(timeout + CONNECT_WITHIN),
    }
    ours = " ".join(f"-c {name}={value}" for name, value in limits.items())
    network = {
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": milliseconds(CONNECT_WITHIN),
        "connect_timeout": CONNECT_WITHIN,
    }
    return {
        **{name: value for name, value in network.items() if name not in parts},
        "options": f"{parts.get('options') or ''} {ours}".strip(),
        "application_name": "bmrepmon",
        "client_encoding": "utf8",
    }


def milliseconds(seconds: float) -> int:
    """Return at least one: PostgreSQL takes 0 for no limit."""
    return max(1, round(seconds * 1000))


@contextmanager
def at_once(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Begin no transaction, which saves the ways to begin and to end it."""
    connection.autocommit = True
    try:
        yield
    finally:
        with suppress(psycopg.Error):  # of a connection that broke
            connection.autocommit = False


def _reason(error: Exception) -> str:
    """Name a failure; psycopg tells by some types what libpq tells by texts only."""
    match error:
        case NoAnswer():
            return "no_answer"
        case psycopg.errors.ConnectionTimeout():
            return "connect_timeout"
        case psycopg.Error(sqlstate=sqlstate) if sqlstate or isinstance(error, psycopg.OperationalError):
            return failure_reason(sqlstate, str(error))
        case _:
            return "bad_conninfo"
