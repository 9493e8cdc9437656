"""Folds the events of core.log into an activity."""

from collections import Counter
from dataclasses import replace

from bmrepmon.model.frozen import frozen
from bmrepmon.model.log_activity import CoreActivity
from bmrepmon.model.log_events import (
    BreakerTripped,
    Continuation,
    LogEvent,
    Malformed,
    ProbeFailed,
    ProbeLatency,
    Unknown,
)


class CoreTally:
    """Counts events on top of an activity. However a log is cut into batches, the last activity is the same."""

    def __init__(self, activity: CoreActivity) -> None:
        """Go on from ``activity``."""
        self._activity = activity  # replaced by the rare events of the probe; the common counts are beside it
        self._lines = Counter(activity.lines)
        self._last_at = activity.last_event_at

    def add(self, event: LogEvent) -> None:
        """Count one event."""
        match event:
            case Continuation():
                self._lines["continuation"] += 1
                return
            case Unknown():
                self._lines["unknown"] += 1
            case Malformed():
                self._lines["malformed"] += 1
            case _:
                self._lines["event"] += 1
                self._known(event)
        if event.at is not None:
            self._last_at = event.at if self._last_at is None else max(self._last_at, event.at)

    def oversized(self) -> None:
        """Count a line that was too long to be kept whole, beside its event."""
        self._lines["oversized"] += 1

    def activity(self) -> CoreActivity:
        """Return what is known after the events so far."""
        return replace(self._activity, lines=frozen(self._lines), last_event_at=self._last_at)

    def _known(self, event: LogEvent) -> None:
        activity = self._activity
        match event:
            case ProbeLatency():
                self._activity = replace(activity, probe_latency=event.seconds, probe_at=event.at)
            case ProbeFailed():
                failures = activity.probe_failures + 1
                self._activity = replace(activity, probe_failures=failures, probe_failure_reason=event.reason)
            case BreakerTripped():
                self._activity = replace(activity, circuit_breaker_errors=activity.circuit_breaker_errors + 1)
            case _:
                pass
