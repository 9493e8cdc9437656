"""The rows of a table that is too large to be counted often: an exact count, carried forward by PostgreSQL's counters.

What PostgreSQL 11 to 18 tell of a table (pgstat.c, "Statistics Collected", and tests against real servers):

* ``n_tup_ins - n_tup_del`` also counts what was rolled back; nothing else disturbs it.
* ``n_live_tup`` leaves out what was rolled back, but VACUUM and ANALYZE write their own estimate over it, and it is cut
  off at zero.
* A session tells what it did once a second at most, and the rest when it has been idle for ten seconds.
* A crash or a reset sets all of them to zero; another server has its own.

So each step takes the live rows where nothing was estimated meanwhile, and inserts minus deletes where something was;
the latter may be wrong by all that was written in that step, and by no more. Both are exact in the usual step.
"""

from dataclasses import dataclass, replace
from math import ceil

DELAY = 12.0  # seconds after which sessions have told what they did: PGSTAT_IDLE_INTERVAL is 10 s, and some to spare
BOUND = 0.001  # of the rows: a doubt beyond that is worth a count
APART = 600.0  # seconds between two counts that are made because of doubts
REST = 49  # times what a count took, before the next that nobody asked for: 2 % of the time of a database
QUICK = 0.05  # seconds: a count that takes no longer is made every time


@dataclass(frozen=True, slots=True)
class Counters:
    """The counters of the table, all of one moment."""

    at: float  # Unix seconds
    inserted: int
    deleted: int
    live: int
    estimates: int  # times that VACUUM or ANALYZE, by hand or not, has estimated the live rows
    life: str | None  # of the counters and the table's file; None: they do not tell of the rows, as on a standby


@dataclass(frozen=True, slots=True)
class ExactCount:
    """One count, row by row."""

    rows: int
    at: float  # Unix seconds
    seconds: float  # that it took
    drift: int | None  # how many more rows there were than had been carried to that moment


@dataclass(frozen=True, slots=True)
class Carried:
    """The last exact count, and what has become of it since."""

    exact: ExactCount
    counters: Counters  # the last
    rows: int | None  # as of the last counters; None: the counters began anew, and nothing is known but the exact count
    doubt: int = 0  # rows by which it may be wrong until they are counted again
    pending: int = 0  # rows that sessions may have written and not told of yet, by what was written lately

    @property
    def error(self) -> int | None:
        """How wrong it is at most, in rows; None where there is no figure."""
        return None if self.rows is None else self.doubt + self.pending


def counted(rows: int, counters: Counters, seconds: float, before: Carried | None = None) -> Carried:
    """Begin anew with an exact count that was begun right after ``counters`` and took so many seconds.

    ``before`` is what was carried to the same counters.
    """
    drift = None if before is None or before.rows is None else rows - before.rows
    return Carried(ExactCount(rows, counters.at, seconds, drift), counters, rows)


def carry(known: Carried, counters: Counters) -> Carried:
    """Carry a count on to the next counters, or say that it ends here."""
    before = known.counters
    inserted, deleted = counters.inserted - before.inserted, counters.deleted - before.deleted
    if known.rows is None or counters.life is None or counters.life != before.life or min(inserted, deleted) < 0:
        return replace(known, counters=counters, rows=None)
    written, elapsed = inserted + deleted, max(0.0, counters.at - before.at)
    change, doubt = _step(before, counters)
    if before.at < known.exact.at + DELAY:
        doubt += written  # the count may have seen rows that are told of only now
    fading = 1.0 - min(1.0, elapsed / DELAY)
    return Carried(
        exact=known.exact,
        counters=counters,
        rows=max(0, known.rows + change),
        doubt=known.doubt + doubt,
        pending=ceil(known.pending * fading + written * DELAY / max(DELAY, elapsed)),
    )


def _step(before: Counters, after: Counters) -> tuple[int, int]:
    """Return by how many rows the table has grown, and by how many that may be wrong."""
    inserted, deleted = after.inserted - before.inserted, after.deleted - before.deleted
    grown = after.live - before.live
    undisturbed = after.estimates == before.estimates and before.live >= deleted
    if undisturbed and -deleted <= grown <= inserted:
        return grown, 0
    return inserted - deleted, max(inserted, deleted)


def worth_counting(known: Carried | None, now: float, *, due: bool) -> bool:
    """Tell whether the rows are to be counted one by one; ``due`` when the schedule says so."""
    if known is None or due or known.exact.seconds <= QUICK:
        return True
    rested = now - known.exact.at - known.exact.seconds
    if known.rows is None:
        return rested >= REST * known.exact.seconds
    return known.doubt > BOUND * known.rows and rested >= max(APART, REST * known.exact.seconds)
