"""Windows: ``22:00-02:00``, ``Sat 20:00-06:00``, ``Mon-Fri 01:00-03:00``, or once, with both dates."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Self

from bmrepmon.config.types import quoted

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEKLY = re.compile(r"(?:([a-z]{3})(?:-([a-z]{3}))? )?(\d\d):(\d\d)-(\d\d):(\d\d)", re.IGNORECASE)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Maintenance:
    """One window, in the time of the mail server; one that ends before it begins ends on the next day."""

    days: tuple[int, ...] = ()  # on which it begins, Monday is 0
    begin: int = 0  # minutes after midnight
    end: int = 0
    once: tuple[datetime, datetime] | None = None  # without a zone

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read either form.

        >>> Maintenance.parse("Sat-Mon 22:00-02:00").days
        (5, 6, 0)
        """
        weekly = WEEKLY.fullmatch(text)
        window = cls._weekly(weekly) if weekly else cls._once(text)
        if window is None:
            raise ValueError(
                f"{quoted(text)} is no window of time: write 22:00-02:00, Sat 20:00-06:00, Mon-Fri 01:00-03:00, "
                "or once 2026-12-24T20:00/2026-12-25T06:00"
            )
        return window

    @classmethod
    def _weekly(cls, found: re.Match[str]) -> Self | None:
        first, last = (name.lower() if name else None for name in found.group(1, 2))
        hours = [int(part) for part in found.group(3, 4, 5, 6)]
        if (first or "mon") not in DAYS or (last or "mon") not in DAYS or max(hours[::2]) > 23 or max(hours[1::2]) > 59:
            return None
        begin = DAYS.index(first) if first else 0
        count = 7 if first is None else (DAYS.index(last) - begin) % 7 + 1 if last else 1
        days = tuple((begin + n) % 7 for n in range(count))
        return cls(days, hours[0] * 60 + hours[1], hours[2] * 60 + hours[3])

    @classmethod
    def _once(cls, text: str) -> Self | None:
        try:
            begin, end = (datetime.fromisoformat(part) for part in text.split("/"))
        except ValueError:
            return None
        return cls(once=(begin, end)) if begin.tzinfo is end.tzinfo is None and begin < end else None

    def holds(self, at: float, zone: tzinfo) -> bool:
        """Whether a time (Unix seconds) lies within it."""
        now = datetime.fromtimestamp(at, zone).replace(tzinfo=None)
        if self.once:
            return self.once[0] <= now < self.once[1]
        minute = now.hour * 60 + now.minute
        if self.begin < self.end:
            return now.weekday() in self.days and self.begin <= minute < self.end
        evening = now.weekday() in self.days and minute >= self.begin
        return evening or ((now - DAY).weekday() in self.days and minute < self.end)
