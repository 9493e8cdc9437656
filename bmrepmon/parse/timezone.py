"""Which zone a log was written in, from its newest date and the time of its last change."""

from datetime import UTC, timedelta, timezone, tzinfo

from bmrepmon.parse.timestamps import Timestamps

TOLERANCE = 120.0  # seconds between the newest date of a live log and the change of its file
QUARTER = 900.0  # seconds: every offset from UTC in use is a multiple of it
WIDEST = 14 * 3600.0  # seconds: no zone is farther from UTC


def infer_zone(last_line: bytes, mtime: float, local: tzinfo) -> tzinfo | None:
    """Return the zone in which the newest event of a log fits the modification time of its file (Unix seconds).

    UTC and the machine's own zone come first, because they know or need no change of the clocks; then any offset in
    quarter hours. None when nothing fits within two minutes: the file was touched since, or is quiet for long.
    """
    for zone in (UTC, local):
        at = Timestamps(zone, mtime - TOLERANCE).read(last_line)
        if at is not None and abs(at - mtime) <= TOLERANCE:
            return zone
    as_utc = Timestamps(UTC).read(last_line)
    return None if as_utc is None else _offset(as_utc - mtime)


def _offset(ahead: float) -> tzinfo | None:
    """Return the fixed offset nearest to ``ahead`` seconds, if it is near enough."""
    if not abs(ahead) <= WIDEST + TOLERANCE:  # an impossible date is no number, and compares to nothing
        return None
    offset = round(ahead / QUARTER) * QUARTER
    return timezone(timedelta(seconds=offset)) if abs(ahead - offset) <= TOLERANCE else None
