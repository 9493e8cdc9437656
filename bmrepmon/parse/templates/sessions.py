"""The life of a session: port, connection, login, end, and the report of every ten seconds.

Source: BlueMind 4.0 to 4.9, SyncServerVerticle, SyncServerConnection, ReplicationSession, Authenticate, MetricVerticle.
"""

from bmrepmon.model.log_events import SessionClosed, SessionsReported, SessionStarted
from bmrepmon.parse.template import Template, Values, failure, notice


def _started_2019(at: float, thread: str, values: Values) -> SessionStarted:
    return SessionStarted(at, thread, values[0].lstrip("/"), None)


def _started_2022(at: float, thread: str, values: Values) -> SessionStarted:
    return SessionStarted(at, thread, values[1].lstrip("/"), values[0])


def _closed(at: float, thread: str, values: Values) -> SessionClosed:
    return SessionClosed(at, thread, values[0], values[1] / 1000)


def _reported(at: float, _thread: str, values: Values) -> SessionsReported:
    return SessionsReported(at, values[0] if values else 0)


TEMPLATES: tuple[Template, ...] = (
    *notice("core_listening", "Listening on port {port:d}"),
    *notice("core_ready", "******** Ready to receive Cyrus replication stream"),
    *notice("connected", "Connected {ip}"),
    *notice("connection_prepared", "Selected {factory}", "Start replication session with {socket}"),
    Template("Starting session with {peer:s} ({handler})", "session start", _started_2019, "2019"),
    Template("Starting session {n:d} with {peer:s}", "session start, active sessions", _started_2022, "2022"),
    *notice("authenticated", "Replication session authenticated as '{login}'."),
    *failure("auth_failed", "Failed to authenticate replication session."),
    *failure("auth_malformed", "Credentials extraction failed for replication session."),
    Template("Socket closed (active: {n:d}) after {ms:d}ms.", "session end, active sessions", _closed),
    *notice("link_down", "DownLink notification."),
    *notice("already_stopped", "Already stopped."),
    *failure("socket_error", "session {n:d}: {message}", era="2022"),
    Template("{n:d} active replication connection(s)", "active sessions", _reported),
    Template("NO active replication connection, consider restarting cyrus ?", "no active session", _reported),
    *notice("draining", "Draining..."),
    *notice("drained", "Drained."),
)
