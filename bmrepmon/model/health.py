"""How each source is doing: of its last round and its last good one."""

from dataclasses import dataclass, replace

from bmrepmon.model.readings import NO_FAILURES, Reading, RoundStarted


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """Times are Unix seconds, durations seconds; ``None`` is "not yet"."""

    source: str
    backend: str
    running_since: float | None = None
    last_round_at: float | None = None
    last_duration: float | None = None
    last_success_at: float | None = None
    reason: str | None = None  # of the last failure; None after a success
    error: str | None = None
    failures: int = 0  # rounds that failed since the last success
    progress: float | None = None  # of an answer that takes several rounds, the share that is done; None: it is whole

    @property
    def success(self) -> bool | None:
        """Whether the last finished round succeeded; None before the first. Nothing to read counts as success."""
        if self.last_round_at is None:
            return None
        return self.reason in NO_FAILURES


def started(health: SourceHealth, event: RoundStarted) -> SourceHealth:
    """Note that a round runs."""
    return replace(health, running_since=event.at)


def finished(health: SourceHealth, reading: Reading) -> SourceHealth:
    """Fold a finished round in."""
    end = reading.started_at + reading.duration
    good = reading.reason in NO_FAILURES
    return replace(
        health,
        running_since=None,
        last_round_at=end,
        last_duration=reading.duration,
        last_success_at=end if good and reading.reason != "partial" else health.last_success_at,
        reason=reading.reason,
        error=reading.error,
        failures=0 if good else health.failures + 1,
        progress=reading.progress,
    )
