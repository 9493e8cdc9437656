"""core.log, line by line: the latency probe of bm-core and its circuit breaker; the rest only shows life.

Source: BlueMind 4.0 to 4.9, ReplicationLatencyMonitor, LatencyMonitorWorker, ReplicationLatencyTimer, and the circuit
breaker of net.bluemind.lib.vertx.utils.
"""

from datetime import tzinfo
from math import isnan

from bmrepmon.model.log_events import (
    BreakerTripped,
    Continuation,
    LogEvent,
    Malformed,
    ProbeFailed,
    ProbeLatency,
    Unknown,
)
from bmrepmon.parse.events import parse_head
from bmrepmon.parse.template import Template, TemplateIndex, Values, notice
from bmrepmon.parse.timestamps import Timestamps


def _latency(at: float, _thread: str, values: Values) -> ProbeLatency:
    return ProbeLatency(at, values[0] / 1000)


def _tripped(at: float, _thread: str, values: Values) -> BreakerTripped:
    return BreakerTripped(at, values[0])


def _probe(reason: str, *texts: str) -> tuple[Template, ...]:
    def build(at: float, _thread: str, _values: Values) -> ProbeFailed:
        return ProbeFailed(at, reason)

    return tuple(Template(text, f"probe failed: {reason}", build) for text in texts)


TEMPLATES: tuple[Template, ...] = (
    Template("Replication latency is {n:d}ms.", "latency of the probe", _latency),
    *_probe("timeout", "Replication is lagging (>60sec) or broken", "probing failed: Replication latency is > {limit}"),
    *_probe("login", "probing failed: Login failed"),
    *_probe("select", "probing failed: SELECT of {mailbox} failed"),
    *_probe("annotation", "probing failed: {name}annotation is missing"),
    *_probe("append", "probing failed: Failed to add a message to {mailbox}"),
    *_probe("other", "probing failed: {message}", "Stopping replication probe"),
    *notice("probe_disabled", "Probe will not start because {path} exists."),
    Template("[replication - {id}] noticed error, errorCount: {n:d}", "errors of a session", _tripped),
    *notice("delayed", "[replication - {id}] Adding a {ms:d}ms delay to error-prone operation"),
)

_INDEX = TemplateIndex(TEMPLATES)
_CONTINUATION = Continuation()


class CoreLogParser:
    """Reads physical lines of one log, in their order; it never raises."""

    def __init__(self, zone: tzinfo, after: float | None = None) -> None:
        """Read dates of ``zone``; ``after`` is the time of the newest event known so far."""
        self._dates = Timestamps(zone, after)

    def parse(self, line: bytes) -> LogEvent:
        """Return what a line says; the line comes without its newline."""
        at = self._dates.read(line)
        if at is None:
            return _CONTINUATION
        if isnan(at):
            return Malformed()
        head = parse_head(line)
        if head is None:
            return Malformed(at)
        origin, start = head
        return _INDEX.find(at, origin.thread, line, start) or Unknown(at, origin.severe)
