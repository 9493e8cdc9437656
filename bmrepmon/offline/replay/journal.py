"""Collects from events what a report needs beyond the activity: sessions, gaps, exact durations, the busiest minute."""

from collections import Counter
from dataclasses import dataclass, field
from math import floor, log10

from bmrepmon.model.log_activity import LogActivity
from bmrepmon.model.log_events import Continuation, LogEvent, MessagesApplied
from bmrepmon.model.log_tally import Answer, LogTally
from bmrepmon.model.subjects import MAX_PARTITIONS
from bmrepmon.offline.replay.gaps import GapFinder
from bmrepmon.offline.replay.sessions import SessionLedger

APPLY = "APPLY MAILBOX"
MINUTE = 60.0


@dataclass(slots=True)
class ExactDurations:
    """Durations in milliseconds, as the log has them, counted to three digits: some thousand counters at most."""

    counts: Counter[int] = field(default_factory=Counter)
    longest: float = 0.0  # seconds

    def add(self, seconds: float) -> None:
        """Count one duration."""
        self.counts[_three_digits(round(seconds * 1000))] += 1
        self.longest = max(self.longest, seconds)

    def percentile(self, share: float) -> float | None:
        """Return the smallest duration (seconds) that at least ``share`` of all do not exceed."""
        wanted = share * self.counts.total()
        seen = 0
        for millis in sorted(self.counts):
            seen += self.counts[millis]
            if seen >= wanted:
                return millis / 1000
        return None


def _three_digits(millis: int) -> int:
    return millis if millis < 1000 else round(millis, 2 - floor(log10(millis)))


class Journal:
    """Told of every event in the order of the log; memory does not grow with it."""

    def __init__(self, min_gap: float) -> None:
        """Begin with nothing; gaps count from ``min_gap`` seconds."""
        self.tally = LogTally(LogActivity())
        self.gaps = GapFinder(min_gap)
        self.sessions = SessionLedger()
        self.durations = ExactDurations()
        self.applied_ok: Counter[str] = Counter()  # by partition
        self.applied_refused: Counter[str] = Counter()
        self.busiest = (0.0, 0)  # begin of the minute, bodies
        self._minute = (0.0, 0)

    def add(self, event: LogEvent) -> None:
        """Note one event."""
        if not isinstance(event, Continuation) and event.at is not None:
            disconnected = self.tally.active_sessions == 0
            self.gaps.passed(event.at, blocked=self.tally.blocked, disconnected=disconnected)
            self.sessions.add(event)
        if isinstance(event, MessagesApplied):
            self._bodies(event)
        if answer := self.tally.add(event):
            self._answered(answer)

    def _bodies(self, event: MessagesApplied) -> None:
        minute = event.at - event.at % MINUTE
        bodies = self._minute[1] if minute == self._minute[0] else 0
        self._minute = (minute, bodies + event.messages)
        self.busiest = max(self.busiest, self._minute, key=lambda pair: pair[1])

    def _answered(self, answer: Answer) -> None:
        command = answer.command
        if command is None or command.command != APPLY:
            if command is None and answer.status == "ok":
                self.gaps.applied()  # of which command cannot be told: no gap is claimed where there may be none
            return
        self.durations.add(max(0.0, answer.at - command.at))
        partition = (command.folder.partition if command.folder else None) or ""
        counts = self.applied_ok if answer.status == "ok" else self.applied_refused
        counts[partition if partition in counts or len(counts) < MAX_PARTITIONS else ""] += 1
        if answer.status == "ok":
            self.gaps.applied()
