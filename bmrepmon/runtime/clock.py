"""The only place that asks the time; everything else is handed a clock, or a moment."""

import time
from typing import Protocol


class Clock(Protocol):
    """Two clocks in one: wall time to tell people, steady time to measure with."""

    def now(self) -> float:
        """Return Unix time in seconds; it may step."""

    def steady(self) -> float:
        """Return seconds that never go backwards, of no particular origin."""


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> float:
        """Return Unix time in seconds."""
        return time.time()

    def steady(self) -> float:
        """Return monotonic seconds."""
        return time.monotonic()
