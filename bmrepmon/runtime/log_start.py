"""Where to begin with a log that was never read."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from bmrepmon.runtime.log_file import BLOCK, LogStream

CONTEXT = timedelta(hours=1)  # before the newest event: what is open, who is connected, how fast it goes
DATE = "%Y-%m-%d %H:%M:%S,%f"  # BlueMind 4.9, packaging/bm-core/logback.xml

_EVENT = re.compile(rb"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) ", re.MULTILINE)


def whole(_: LogStream) -> int:
    """Begin at the beginning."""
    return 0


def last_hour(live: LogStream) -> int:
    """Return the offset of the first event of the log's last hour, or of one a little before it.

    Dates are taken as they are written, in whatever zone; the file is halved until a block is left, so that a log of
    gigabytes costs a few reads. Where it has no dates, it is begun at the beginning. Raises SourceError.
    """
    since = _hour_before(_newest(live))
    first = _first(live, 0)
    if since is None or first is None or first[1] >= since:
        return 0
    low, high = first[0], live.size()  # the event at low is older than the hour, the one after high is not
    while high - low > BLOCK:
        middle = (low + high) // 2
        found = _first(live, middle)
        if found and found[1] < since:
            low = found[0]
        else:
            high = middle
    return next((at for at, date in _events(live, low) if date >= since), low)


def _newest(live: LogStream) -> bytes | None:
    dates = [date for _, date in _events(live, max(0, live.size() - BLOCK))]
    return max(dates, default=None)


def _first(live: LogStream, offset: int) -> tuple[int, bytes] | None:
    return next(_events(live, offset), None)


def _events(live: LogStream, offset: int) -> Iterator[tuple[int, bytes]]:
    """Yield where the events of the block at ``offset`` begin, and their dates; one that is cut is no event."""
    before = max(0, offset - 1)  # the newline that shows that a line begins at offset
    for found in _EVENT.finditer(live.read(before)):
        if found.start() or not before:
            yield before + found.start(), found[1]


def _hour_before(date: bytes | None) -> bytes | None:
    try:
        newest = datetime.strptime(date.decode(), DATE) if date else None  # noqa: DTZ007 - of no known zone
        earlier = newest - CONTEXT if newest else None
    except (ValueError, OverflowError):  # 2026-02-31, or the first hour of the year 1
        return None
    return earlier.strftime(DATE)[:-3].encode() if earlier else None
