"""The glue between lines and activities: what the follower and replay do with all that they read."""

from collections.abc import Callable
from datetime import tzinfo

from bmrepmon.model.core_tally import CoreTally
from bmrepmon.model.log_activity import CoreActivity, LogActivity
from bmrepmon.model.log_tally import LogTally
from bmrepmon.parse.core_log import CoreLogParser
from bmrepmon.parse.lines import LINE_LIMIT, Batches
from bmrepmon.parse.plain_lines import PlainLines
from bmrepmon.parse.recurring import Recurring
from bmrepmon.parse.replication_log import ReplicationLogParser

__all__ = ["LINE_LIMIT", "fold_core_log", "fold_replication_log"]


def fold_replication_log(zone: tzinfo) -> Callable[[LogActivity, Batches], LogActivity]:
    """Return the function that adds lines of replication.log, written in ``zone``, to an activity."""
    recurring = Recurring()

    def fold(activity: LogActivity, batches: Batches) -> LogActivity:
        tally = LogTally(activity)
        plain = PlainLines(tally, ReplicationLogParser(zone, activity.last_event_at), recurring)
        for lines in batches:
            plain.add(lines)
        return tally.activity()

    return fold


def fold_core_log(zone: tzinfo) -> Callable[[CoreActivity, Batches], CoreActivity]:
    """Return the function that adds lines of core.log, written in ``zone``, to an activity."""

    def fold(activity: CoreActivity, batches: Batches) -> CoreActivity:
        parser, tally = CoreLogParser(zone, activity.last_event_at), CoreTally(activity)
        for lines in batches:
            for line in lines:
                tally.add(parser.parse(line))
                if len(line) >= LINE_LIMIT:
                    tally.oversized()
        return tally.activity()

    return fold
