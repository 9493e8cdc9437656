"""Where the lines of a grid go: at round values, and at round times of the reader's day."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from math import ceil, floor, log10

from bmrepmon.publish.chart.frame import HOUR, Frame

GRID = 3  # stretches between the lines, about
MINUTE, DAY = 60.0, 24 * HOUR
# Seconds between two times that are told, by the span of a frame.
TIMES: Sequence[tuple[float, float]] = (
    (HOUR / 4, 3 * MINUTE), (HOUR, 15 * MINUTE), (3 * HOUR, 30 * MINUTE),
    (6 * HOUR, HOUR), (12 * HOUR, 2 * HOUR), (DAY, 4 * HOUR),
)  # fmt: skip
ROUND_TIMES: Sequence[float] = (
    0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE,
    30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 12 * HOUR, DAY, 2 * DAY, 5 * DAY, 10 * DAY, 50 * DAY, 100 * DAY,
)  # fmt: skip

Stepper = Callable[[float], float]
"""Returns the least round step that is not less than a value."""


def DECIMAL(least: float) -> float:  # noqa: N802 - a choice, as TIME is
    """Return 1, 2 or 5 times a power of ten, and one at least: messages and sessions are whole.

    >>> [DECIMAL(least) for least in (0.3, 3, 70)]
    [1.0, 5.0, 100.0]
    """
    power = 10.0 ** floor(log10(max(1.0, least)))
    return next(power * factor for factor in (1.0, 2.0, 5.0, 10.0) if power * factor >= max(1.0, least) * (1 - 1e-9))


def TIME(least: float) -> float:  # noqa: N802
    """Return a round number of seconds, minutes, hours or days.

    >>> [TIME(least) for least in (0.3, 3, 70)]
    [0.5, 5, 120.0]
    """
    return ROUND_TIMES[min(bisect_left(ROUND_TIMES, least), len(ROUND_TIMES) - 1)]


def grid(low: float, high: float, step_for: Stepper) -> tuple[float, ...]:
    """Return round values from at or below ``low`` to at or above ``high``; two at least.

    >>> grid(0, 250, DECIMAL)
    (0.0, 100.0, 200.0, 300.0)
    """
    step = step_for((high - low) / GRID)
    first, final = floor(low / step), max(ceil(high / step), floor(low / step) + 1)
    return tuple(step * n for n in range(first, min(final, first + 12) + 1))


def times(frame: Frame, zone: tzinfo) -> tuple[float, ...]:
    """Return the round times of the reader's day that lie in a frame (Unix seconds)."""
    step = next(step for span, step in TIMES if span >= frame.span)
    offset = datetime.fromtimestamp(frame.end, zone).utcoffset()
    ahead = offset.total_seconds() if offset else 0.0
    first = ceil((frame.start + ahead) / step)
    return tuple(n * step - ahead for n in range(first, floor((frame.end + ahead) / step) + 1))


def clock(at: float, zone: tzinfo) -> str:
    """Write a time of day; by hand, for a page has hundreds of them."""
    there = datetime.fromtimestamp(at, zone)
    return f"{there.hour:02}:{there.minute:02}"
