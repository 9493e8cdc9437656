"""When what a source said is old."""

from collections.abc import Mapping
from datetime import datetime

from bmrepmon.publish.document import SourceStatus

OLD = 300.0  # seconds without a good round after which a verdict does not trust a source either
SELDOM: Mapping[str, float] = {"spool": 3600.0, "archive": 3600.0, "records": 3600.0, "database": 3600.0}  # large walks


def is_stale(source: SourceStatus, now: datetime) -> bool:
    """Tell whether the last good round was long ago, whatever the state of the source."""
    if source.last_success is None:
        return False
    return (now - source.last_success).total_seconds() > SELDOM.get(source.source, OLD)
