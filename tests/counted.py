"""Bodies of a database that were counted just now."""

from bmrepmon.model.carried import Counters, counted
from bmrepmon.model.observations import RowCounts


def rows(bodies: int, at: float = 0.0, seconds: float = 0.02) -> RowCounts:
    """Return what a source tells after a count at a time (Unix seconds)."""
    counters = Counters(at, bodies, 0, bodies, 0, "1")
    return RowCounts(counted(bodies, counters, seconds), 140_004)
