"""What was judged over time, as stretches of columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from bmrepmon.publish.chart.frame import Values


@dataclass(frozen=True, slots=True)
class Band:
    """Columns from ``first`` up to, and without, ``end`` in which one thing held."""

    first: int
    end: int
    name: str


def bands(ranks: Values, names: Sequence[str]) -> tuple[Band, ...]:
    """Return the stretches of equal rank, each with its name; where nothing is known there is none.

    >>> bands((1.0, 1.0, None, 0.0), ("bad", "good"))
    (Band(first=0, end=2, name='good'), Band(first=3, end=4, name='bad'))
    """
    runs = [(rank, [column for column, _ in run]) for rank, run in groupby(enumerate(ranks), key=lambda one: one[1])]
    return tuple(
        Band(columns[0], columns[-1] + 1, names[int(rank)])
        for rank, columns in runs
        if rank is not None and 0 <= rank < len(names)
    )
