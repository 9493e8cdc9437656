"""From a counter to how much it grew."""

from collections.abc import Iterable
from itertools import pairwise

from bmrepmon.publish.chart.frame import Frame, Values

MINUTE = 60.0
BREAK = 300.0  # seconds without a point: how what came in between is spread over them, nobody knows


def increase(counted: Iterable[tuple[float, float]], frame: Frame) -> Values:
    """Return by how much a counter grew a minute, column by column; one that was reset has grown by nothing.

    It is read as times and values, oldest first.
    """
    grown, taken = [0.0] * frame.columns, [0.0] * frame.columns
    start, end, width, final = frame.start, frame.end, frame.width, frame.columns - 1
    for (last, before), (at, value) in pairwise(counted):
        took = at - last
        if 0 < took <= BREAK and start <= at <= end:
            column = min(final, int((at - start) / width))
            grown[column] += max(0.0, value - before)
            taken[column] += took
    return tuple(MINUTE * up / took if took else None for up, took in zip(grown, taken, strict=True))
