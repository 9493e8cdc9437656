"""The glue between lines and activities: what the follower and replay do with every batch they read."""

from collections.abc import Callable, Iterable
from datetime import tzinfo
from typing import TypeVar

from bmrepmon.model.core_tally import CoreTally
from bmrepmon.model.log_activity import CoreActivity, LogActivity
from bmrepmon.model.log_tally import LogTally
from bmrepmon.parse.core_log import CoreLogParser
from bmrepmon.parse.lines import LINE_LIMIT
from bmrepmon.parse.replication_log import ReplicationLogParser

__all__ = ["LINE_LIMIT", "fold_core_log", "fold_replication_log"]

Tally = TypeVar("Tally", LogTally, CoreTally)


def fold_replication_log(zone: tzinfo) -> Callable[[LogActivity, Iterable[bytes]], LogActivity]:
    """Return the function that adds lines of replication.log, written in ``zone``, to an activity."""

    def fold(activity: LogActivity, lines: Iterable[bytes]) -> LogActivity:
        parser = ReplicationLogParser(zone, activity.last_event_at)
        return _add(LogTally(activity), parser, lines).activity()

    return fold


def fold_core_log(zone: tzinfo) -> Callable[[CoreActivity, Iterable[bytes]], CoreActivity]:
    """Return the function that adds lines of core.log, written in ``zone``, to an activity."""

    def fold(activity: CoreActivity, lines: Iterable[bytes]) -> CoreActivity:
        parser = CoreLogParser(zone, activity.last_event_at)
        return _add(CoreTally(activity), parser, lines).activity()

    return fold


def _add(tally: Tally, parser: ReplicationLogParser | CoreLogParser, lines: Iterable[bytes]) -> Tally:
    for line in lines:
        tally.add(parser.parse(line))
        if len(line) >= LINE_LIMIT:
            tally.oversized()
    return tally
