"""The dates of bm-core's logs, ``2022-06-28 10:00:00,004`` in a zone that the log does not name, as Unix seconds.

Source: logback's ``%d`` and ``%date{ISO8601}`` (BlueMind 4.0 to 4.9, packaging/bm-core/logback.xml).
"""

import re
from datetime import datetime, tzinfo
from math import isnan

THREAD = 25  # where the thread's name begins, behind the date, a blank and a bracket
BACKWARDS = 60.0  # seconds that a log may run backwards by itself: threads race for their place in the queue

_SECOND = re.compile(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
MILLIS = {b",%03d [" % number: number / 1000 for number in range(1000)}
_IMPOSSIBLE = float("nan")  # the 31st of June: shaped like a date, and none


class Timestamps:
    """Reads the date at the start of each line; equal seconds are converted once.

    In the hour that a change of the clocks repeats, the first pass is taken unless time would run backwards.
    """

    def __init__(self, zone: tzinfo, after: float | None = None) -> None:
        """Read dates of ``zone``; ``after`` is the time of the newest event known so far."""
        self._zone = zone
        self._newest = float("-inf") if after is None else after
        self._text = b""
        self._second: float | None = None

    def read(self, line: bytes) -> float | None:
        """Return the Unix time of an event's first line, ``nan`` for an impossible date, None for any other line."""
        millis = MILLIS.get(line[19:25])
        if millis is None:
            return None
        text = line[:19]
        if text != self._text:
            self._text, self._second = text, self._convert(text)
        if self._second is None:
            return None
        return self._second + millis

    @property
    def current(self) -> tuple[bytes, bytes, float]:
        """The second that was read last: which lines begin with it, from the first on and before the other, and when.

        There are none when it is unknown.
        """
        if self._second is None or isnan(self._second):
            return b"", b"", 0.0
        return self._text + b",", self._text + b"-", self._second

    def _convert(self, text: bytes) -> float | None:
        if not _SECOND.fullmatch(text):
            return None
        try:
            at = self._unfolded(datetime.fromisoformat(text.decode()).replace(tzinfo=self._zone))
        except (ValueError, OverflowError):
            return _IMPOSSIBLE
        self._newest = max(self._newest, at)
        return at

    def _unfolded(self, local: datetime) -> float:
        at = local.timestamp()
        if at >= self._newest - BACKWARDS:
            return at
        again = local.replace(fold=1).timestamp()
        return again if again >= self._newest - BACKWARDS else at
