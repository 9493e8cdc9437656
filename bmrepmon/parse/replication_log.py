"""replication.log, line by line: each line becomes one event, or a continuation of the one before."""

from collections.abc import Mapping
from datetime import tzinfo
from math import isnan

from bmrepmon.model.log_events import Failure, LogEvent, Malformed, Unknown
from bmrepmon.parse.events import Origin, parse_head
from bmrepmon.parse.frames import parse_continuation, parse_frame
from bmrepmon.parse.template import TemplateIndex
from bmrepmon.parse.templates import REPLICATION
from bmrepmon.parse.timestamps import Timestamps

# Loggers that write the bare text of an exception at level ERROR, and what it means there (BlueMind 4.0 to 4.9).
BARE_ERRORS: Mapping[bytes, str] = {
    b"ReplicationSession": "socket_error",
    b"SyncServerConnection": "session_refused",
    b"ReplicationState": "command_failed",
    b"GetMeta": "command_failed",
    b"GetUser": "command_failed",
    b"GetAnnotation": "command_failed",
    b"DbMessageBodiesService": "body_not_stored",
}

_INDEX = TemplateIndex(REPLICATION)


class ReplicationLogParser:
    """Reads physical lines of one log, in their order. It never raises, and keeps nothing of a line but its date."""

    def __init__(self, zone: tzinfo, after: float | None = None) -> None:
        """Read dates of ``zone``; ``after`` is the time of the newest event known so far."""
        self.dates = Timestamps(zone, after)

    def parse(self, line: bytes) -> LogEvent:
        """Return what a line says; the line comes without its newline."""
        at = self.dates.read(line)
        if at is None:
            return parse_continuation(line)
        if isnan(at):
            return Malformed()
        head = parse_head(line)
        if head is None:
            return Malformed(at)
        return _message(at, *head, line)


def _message(at: float, origin: Origin, start: int, line: bytes) -> LogEvent:
    known: LogEvent | None = None
    if line.startswith(b"REPL ", start):
        known = parse_frame(at, origin.thread, line, start)
    known = known or _INDEX.find(at, origin.thread, line, start)
    if known is None and origin.severe and (reason := BARE_ERRORS.get(origin.logger)):
        known = Failure(at, reason)
    return known or Unknown(at, origin.severe)
