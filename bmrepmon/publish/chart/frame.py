"""The stretch of time that a chart shows, cut into columns of equal width."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter

from bmrepmon.model.history import Point

HOUR = 3600.0
# How long a chart is, and in how many columns: the shortest that holds everything that is known. Points come a minute
# apart, so that an hour has no column without one.
SPANS: Sequence[tuple[float, int]] = (
    (HOUR / 4, 15),
    (HOUR, 60),
    (3 * HOUR, 90),
    (6 * HOUR, 90),
    (12 * HOUR, 96),
    (24 * HOUR, 96),
)

Values = tuple[float | None, ...]  # one a column, the oldest first; None where nothing is known
when = attrgetter("at")
Pick = Callable[[Sequence[float]], float]


def last(values: Sequence[float]) -> float:
    """Pick the newest of a column."""
    return values[-1]


@dataclass(frozen=True, slots=True)
class Frame:
    """The columns from ``start`` to ``end``, both Unix seconds."""

    end: float
    span: float
    columns: int

    @property
    def start(self) -> float:
        """When the first column begins."""
        return self.end - self.span

    @property
    def width(self) -> float:
        """Seconds of a column."""
        return self.span / self.columns

    def at(self, column: float) -> float:
        """Return when a column begins."""
        return self.start + column * self.width

    def fold(self, points: Sequence[Point], pick: Pick = last) -> Values:
        """Return a value for each column, picked from the points that lie in it; the end belongs to the last one.

        Points are in the order of time, as those of a window are.
        """
        edges = [bisect_left(points, self.at(column), key=when) for column in range(self.columns)]
        edges.append(bisect_right(points, self.end, key=when))
        return tuple(
            pick([point.value for point in points[first:end]]) if first < end else None
            for first, end in pairwise(edges)
        )


def frame(end: float, oldest: float | None) -> Frame:
    """Return the shortest frame that ends at ``end`` and holds what is known since ``oldest``.

    >>> frame(90000.0, 88000.0).columns
    60
    """
    known = 0.0 if oldest is None else end - oldest
    span, columns = next((fit for fit in SPANS if fit[0] >= known), SPANS[-1])
    return Frame(end, span, columns)
