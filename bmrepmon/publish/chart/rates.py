"""From a counter to how much it grew."""

from collections.abc import Sequence
from itertools import pairwise

from bmrepmon.model.history import Point
from bmrepmon.publish.chart.frame import Frame, Values

MINUTE = 60.0
BREAK = 300.0  # seconds without a point: how what came in between is spread over them, nobody knows


def increase(points: Sequence[Point], frame: Frame) -> Values:
    """Return by how much a counter grew a minute, column by column; one that was reset has grown by nothing."""
    steps = [(before, now) for before, now in pairwise(points) if 0 < now.at - before.at <= BREAK]
    grown = frame.fold([Point(now.at, max(0.0, now.value - before.value)) for before, now in steps], sum)
    taken = frame.fold([Point(now.at, now.at - before.at) for before, now in steps], sum)
    return tuple(None if up is None or not took else MINUTE * up / took for up, took in zip(grown, taken, strict=True))
