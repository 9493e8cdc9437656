"""When what a source said is old."""

from collections.abc import Mapping
from datetime import datetime

from bmrepmon.publish.document import SourceStatus, Status

HOUR, MINUTES = 3600.0, 300.0
# Seconds without a good round after which what a source said is old; the others speak when there is something to say.
OLD: Mapping[str, float] = {
    **dict.fromkeys(("spool", "archive", "records", "database"), HOUR),  # large ones may be counted seldom
    **dict.fromkeys(("folders", "backlog", "probe", "sessions", "log", "core_log"), MINUTES),
}


def old_look(status: Status, backend: str) -> SourceStatus | None:
    """Return the look at the folders of a backend when it is so old that its figures are no longer those of now."""
    looks = (s for s in status.sources if (s.source, s.backend) == ("folders", backend))
    return next((source for source in looks if is_stale(source, status.at)), None)


def is_stale(source: SourceStatus, now: datetime) -> bool:
    """Tell whether the last good round was long ago, whatever the state of the source."""
    if source.last_success is None or source.source not in OLD:
        return False
    return (now - source.last_success).total_seconds() > OLD[source.source]
