"""Thresholds as the Nagios Plugin Development Guidelines write them."""

import math
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Range:
    """A stretch of values; whoever leaves it raises the alarm, or with ``@`` who is inside it."""

    text: str
    low: float
    high: float
    inside: bool

    @classmethod
    def read(cls, text: str) -> Self:
        """Read ``10``, ``10:``, ``~:10``, ``10:20`` or ``@10:20``; anything else is a ValueError.

        >>> [Range.read("10").raises(value) for value in (-1, 0, 10, 10.5)]
        [True, False, False, True]
        """
        body = text.removeprefix("@")
        first, colon, last = body.partition(":")
        low, high = (first, last) if colon else ("0", first)
        bottom = -math.inf if low == "~" else float(low)
        top = math.inf if colon and not high else float(high)
        if math.isnan(bottom) or math.isnan(top) or bottom > top:
            raise ValueError(text)
        return cls(text, bottom, top, text.startswith("@"))

    def raises(self, value: float, doubt: float = 0.0) -> bool:
        """Tell whether a value is one to be alarmed at, even if it is wrong by as much as the doubt."""
        least, most = value - doubt, value + doubt
        if self.inside:
            return self.low <= least and most <= self.high
        return most < self.low or least > self.high

    @property
    def idle(self) -> bool:
        """Tell whether no value leaves it: how a measure is told to alarm nobody, ``~:``."""
        return (self.low, self.high, self.inside) == (-math.inf, math.inf, False)
