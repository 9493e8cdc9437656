"""The stretch of time that a chart shows, cut into columns of equal width."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bmrepmon.model.history import Point

HOUR = 3600.0
# How long a chart is, and in how many columns: the shortest that holds everything that is known. Points come a minute
# apart, so that an hour has no column without one.
SPANS: Sequence[tuple[float, int]] = ((HOUR, 60), (3 * HOUR, 90), (6 * HOUR, 90), (12 * HOUR, 96), (24 * HOUR, 96))

Values = tuple[float | None, ...]  # one a column, the oldest first; None where nothing is known
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

    def fold(self, points: Iterable[Point], pick: Pick = last) -> Values:
        """Return a value for each column, picked from the points that lie in it; the end belongs to the last one."""
        held: list[list[float]] = [[] for _ in range(self.columns)]
        start, end, width, final = self.start, self.end, self.width, self.columns - 1
        for point in points:
            if start <= point.at <= end:
                held[min(final, int((point.at - start) / width))].append(point.value)
        return tuple(pick(values) if values else None for values in held)


def frame(end: float, oldest: float | None) -> Frame:
    """Return the shortest frame that ends at ``end`` and holds what is known since ``oldest``.

    >>> frame(90000.0, 88000.0).columns
    60
    """
    known = 0.0 if oldest is None else end - oldest
    span, columns = next((fit for fit in SPANS if fit[0] >= known), SPANS[-1])
    return Frame(end, span, columns)
