"""Series over time: bounded windows of (time, value) points, one point a step at most."""

from bisect import bisect_left
from dataclasses import dataclass
from operator import attrgetter

STEP = 60.0  # seconds between two points
SPAN = 24 * 3600.0  # how far back a window reaches


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a series at a time (Unix seconds)."""

    at: float
    value: float


@dataclass(frozen=True, slots=True)
class Window:
    """The points of the last SPAN seconds, oldest first, strictly increasing in time."""

    points: tuple[Point, ...] = ()

    def add(self, at: float, value: float) -> "Window":
        """Return the window with this value; the newest point gives way until a step has passed since the one before.

        A clock that stepped back never reorders points: whatever lies in the future of ``at`` is dropped.
        """
        first, end = (bisect_left(self.points, edge, key=attrgetter("at")) for edge in (at - SPAN, at))
        points = self.points[first:end]
        if len(points) >= 2 and at - points[-2].at < STEP:
            points = points[:-1]
        return Window((*points, Point(at, value)))
