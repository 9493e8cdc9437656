"""Stretches in which nothing was applied, and why, as far as the log can tell."""

from collections import Counter, deque
from typing import Literal, NamedTuple

# In the order in which a tie is decided. Silent: no line at all, so that nothing asked and nothing working look alike.
State = Literal["blocked", "disconnected", "silent_log", "idle"]
STATES: tuple[State, ...] = ("blocked", "disconnected", "silent_log", "idle")

SILENCE = 60.0  # seconds without a line after which the log is called silent
MOST_GAPS = 10_000  # the newest ones are kept


class Stretch(NamedTuple):
    """One gap; ``parts`` says how many seconds of it each state took, ``reason`` is the longest."""

    start: float
    end: float
    reason: State
    parts: dict[State, float]


class GapFinder:
    """Told of every event and of every folder that was applied, in the order of the log."""

    def __init__(self, minimum: float) -> None:
        """Find the gaps of at least ``minimum`` seconds."""
        self.minimum = minimum
        self._since: float | None = None  # the last apply, or the first event
        self._last = 0.0  # the last event
        self._parts: Counter[State] = Counter()
        self.found: deque[Stretch] = deque(maxlen=MOST_GAPS)
        self.count = 0

    def passed(self, at: float, *, blocked: bool, disconnected: bool) -> None:
        """Note an event, and what was the case between the one before and this one."""
        if self._since is None:
            self._since = self._last = at
        elapsed = at - self._last
        if elapsed > 0:
            self._parts[_state(elapsed, blocked=blocked, disconnected=disconnected)] += elapsed  # type: ignore[assignment]  # typeshed counts in int
            self._last = at

    def applied(self) -> None:
        """Note that the last event was a folder applied."""
        self._close()
        self._since = self._last
        self._parts.clear()

    def finish(self) -> None:
        """Close the gap that lasts to the end of the log."""
        if self._since is not None:
            self._close()

    def _close(self) -> None:
        if self._since is None or self._last - self._since < self.minimum:
            return
        parts: dict[State, float] = {state: self._parts[state] for state in STATES if self._parts[state]}
        reason: State = max(parts, key=lambda state: parts[state], default="idle")
        self.found.append(Stretch(self._since, self._last, reason, parts))
        self.count += 1


def _state(elapsed: float, *, blocked: bool, disconnected: bool) -> State:
    if blocked:
        return "blocked"
    if disconnected:
        return "disconnected"
    return "silent_log" if elapsed >= SILENCE else "idle"
