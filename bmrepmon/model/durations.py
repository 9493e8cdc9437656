"""Histograms that grow, for tallies; frozen ones are in model.log_activity."""

from bisect import bisect_right
from itertools import pairwise

from bmrepmon.model.log_activity import DURATION_BUCKETS, Histogram

MOST_PENDING = 256  # durations that ``add`` lets wait


class Durations:
    """Counts durations by bucket on top of a histogram, many at a time: sorting them is cheaper than placing each."""

    def __init__(self, histogram: Histogram) -> None:
        """Go on from ``histogram``."""
        self._counts = list(histogram.counts)
        self._sum, self._max = histogram.sum, histogram.max
        self.pending: list[float] = []  # seconds, not counted yet; who appends here himself sees to ``settle``

    def add(self, seconds: float) -> None:
        """Count one duration."""
        self.pending.append(seconds)
        if len(self.pending) >= MOST_PENDING:
            self.settle()

    def settle(self) -> None:
        """Count what is pending. Threads race: an answer may be logged a little early, and has taken no time then."""
        if not self.pending:
            return
        took = sorted(self.pending)
        in_order = self.pending if took[0] >= 0.0 else [max(0.0, seconds) for seconds in self.pending]
        total = self._sum
        for seconds in in_order:  # one by one: sums of sums would depend on how the log was cut
            total += seconds
        self._sum = total
        self._max = max(self._max, took[-1])
        ends = (0, *(bisect_right(took, bound) for bound in DURATION_BUCKETS), len(took))
        for bucket, (begin, end) in enumerate(pairwise(ends)):
            self._counts[bucket] += end - begin
        self.pending.clear()

    def histogram(self) -> Histogram:
        """Return the histogram so far."""
        self.settle()
        return Histogram(tuple(self._counts), self._sum, self._max)
