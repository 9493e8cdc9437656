"""How fast a backlog goes down, and when it will be gone.

The rate is the median of the slopes between every two samples: Theil (1950) and Sen (1968). Up to 29 % of the samples
may be wild without moving it far, and it needs no idea of what noise looks like.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles

from bmrepmon.model.verdict.states import Trail

MOST = 40  # samples that are paired; of more, evenly spread ones
LEAST = 5
SPAN = 60.0  # seconds that they must cover
DRAIN = 900.0  # seconds that the time to drained is read off


@dataclass(frozen=True, slots=True)
class Eta:
    """Seconds until nothing is left: likely, and the range in which the middle half of all slopes puts it."""

    likely: float
    earliest: float
    latest: float


def slopes(points: Sequence[tuple[float, float]]) -> tuple[float, float, float] | None:
    """Return the lower quartile, the median and the upper quartile of the slopes; None of too few points.

    >>> slopes([(60.0 * n, 100.0 - n) for n in range(10)])[1] * 60
    -1.0
    """
    if len(points) < LEAST or points[-1][0] - points[0][0] < SPAN:
        return None
    step = max(1, -(-len(points) // MOST))
    some = [*points[:-1:step], points[-1]]
    found = [(y - b) / (x - a) for n, (a, b) in enumerate(some) for x, y in some[n + 1 :] if x > a]
    if len(found) < 2:
        return None
    low, middle, high = quantiles(found, n=4)
    return low, middle, high


def eta(points: Sequence[tuple[float, float]]) -> Eta | None:
    """Return when the newest value will have come down to nothing; None while it surely does not.

    Points are (Unix seconds, what is left). A backlog drains when three quarters of all slopes go down.
    """
    found = slopes(points)
    if found is None or points[-1][1] <= 0 or found[2] >= 0:
        return None
    low, middle, high = found
    left = points[-1][1]
    return Eta(left / -middle, left / -low, left / -high)


def remaining_time(trail: Trail) -> Eta | None:
    """Return when nothing will be left, if it drains."""
    newest = trail.samples[-1].at if trail.samples else 0.0
    points = ((s.at, s.remaining) for s in trail.samples if newest - s.at <= DRAIN)
    return eta([(at, float(left)) for at, left in points if left is not None])
