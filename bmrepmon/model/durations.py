"""Histograms that grow, for tallies; frozen ones are in model.log_activity."""

from bisect import bisect_left

from bmrepmon.model.log_activity import DURATION_BUCKETS, Histogram


class Durations:
    """Counts durations by bucket on top of a histogram."""

    def __init__(self, histogram: Histogram) -> None:
        """Go on from ``histogram``."""
        self._counts = list(histogram.counts)
        self._sum, self._max = histogram.sum, histogram.max

    def add(self, seconds: float) -> None:
        """Count one duration."""
        self._counts[bisect_left(DURATION_BUCKETS, seconds)] += 1
        self._sum += seconds
        self._max = max(self._max, seconds)

    def histogram(self) -> Histogram:
        """Return the histogram so far."""
        return Histogram(tuple(self._counts), self._sum, self._max)
