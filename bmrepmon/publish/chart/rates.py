"""From a counter to how much it grew."""

from collections.abc import Sequence
from itertools import pairwise

from bmrepmon.model.history import Point
from bmrepmon.publish.chart.frame import Frame, Values

MINUTE = 60.0
BREAK = 300.0  # seconds without a point: how what came in between is spread over them, nobody knows


def increase(points: Sequence[Point], frame: Frame) -> Values:
    """Return by how much a counter grew a minute, column by column; one that was reset has grown by nothing."""
    grown, taken = [0.0] * frame.columns, [0.0] * frame.columns
    start, end, width, final = frame.start, frame.end, frame.width, frame.columns - 1
    for before, now in pairwise(points):
        took = now.at - before.at
        if 0 < took <= BREAK and start <= now.at <= end:
            column = min(final, int((now.at - start) / width))
            grown[column] += max(0.0, now.value - before.value)
            taken[column] += took
    return tuple(MINUTE * up / took if took else None for up, took in zip(grown, taken, strict=True))
