"""From what was collected to the report."""

from collections.abc import Callable
from datetime import datetime, tzinfo

from bmrepmon.model.log_activity import LogActivity
from bmrepmon.offline.replay.files import LogFile
from bmrepmon.offline.replay.gaps import Stretch
from bmrepmon.offline.replay.journal import APPLY, Journal
from bmrepmon.offline.replay.report import (
    BusiestMinute,
    Durations,
    File,
    Gap,
    Partition,
    ReplayReport,
    Replies,
    Session,
    Zone,
)
from bmrepmon.offline.replay.sessions import SessionSpan
from bmrepmon.parse.partition import parse_partition

Moment = Callable[[float], datetime]

HOUR = 3600.0


def compose(
    logs: tuple[LogFile, ...], journal: Journal, zone: tzinfo, told: Zone, warnings: tuple[str, ...]
) -> ReplayReport:
    """Write everything down, with times in the log's own zone."""
    activity = journal.tally.activity()
    moment = moments(zone)
    outcomes = dict(activity.lines)
    return ReplayReport(
        files=tuple(File(str(log.path), log.size, log.compressed) for log in logs),
        warnings=warnings,
        timezone=told,
        lines=sum(outcomes.values()) - outcomes.get("oversized", 0),
        line_outcomes=outcomes,
        first_event=_maybe(moment, activity.first_event_at),
        last_event=_maybe(moment, activity.last_event_at),
        apply_mailbox=activity.commands.get(APPLY, 0),
        apply_mailbox_ok=journal.applied_ok.total(),
        apply_mailbox_refused=journal.applied_refused.total(),
        applied_messages=activity.applied_messages,
        applied_messages_per_hour=_hourly(activity),
        busiest_minute=BusiestMinute(moment(journal.busiest[0]), journal.busiest[1]) if journal.busiest[1] else None,
        record_changes=dict(activity.record_changes),
        indexed_records=activity.indexed_records,
        commands=dict(activity.commands),
        replies=Replies(*(activity.replies.get(status, 0) for status in ("ok", "no", "bad"))),
        refused=dict(activity.refused),
        errors=dict(sorted(activity.errors.items(), key=lambda item: -item[1])),
        apply_seconds=_durations(journal),
        sessions=tuple(_session(span, activity.last_event_at, moment) for span in journal.sessions.all()),
        sessions_total=journal.sessions.count,
        gaps=tuple(_gap(stretch, moment) for stretch in journal.gaps.found),
        gaps_total=journal.gaps.count,
        min_gap_seconds=journal.gaps.minimum,
        partitions={name: _partition(name, journal, activity, moment) for name in sorted(activity.apply_mailbox)},
    )


def moments(zone: tzinfo) -> Moment:
    """Return the function that turns Unix seconds into a date of ``zone``, to the millisecond as in the log."""
    return lambda at: datetime.fromtimestamp(round(at, 3), zone)


def _maybe(moment: Moment, at: float | None) -> datetime | None:
    return None if at is None else moment(at)


def _hourly(activity: LogActivity) -> float | None:
    if activity.first_event_at is None or activity.last_event_at is None:
        return None
    seconds = activity.last_event_at - activity.first_event_at
    return round(activity.applied_messages * HOUR / seconds, 1) if seconds > 0 else None


def _durations(journal: Journal) -> Durations:
    exact = journal.durations
    count = exact.counts.total()
    return Durations(count, exact.percentile(0.5), exact.percentile(0.99), round(exact.longest, 3) if count else None)


def _session(span: SessionSpan, last_event_at: float | None, moment: Moment) -> Session:
    until = span.end if span.end is not None else last_event_at
    seconds = 0.0 if until is None else max(0.0, until - span.start)
    return Session(moment(span.start), _maybe(moment, span.end), round(seconds, 3), span.peer, span.closed)


def _gap(stretch: Stretch, moment: Moment) -> Gap:
    parts: dict[str, float] = {state: round(seconds, 3) for state, seconds in stretch.parts.items()}
    return Gap(
        start=moment(stretch.start),
        end=moment(stretch.end),
        seconds=round(stretch.end - stretch.start, 3),
        reason=stretch.reason,
        parts=parts,
    )


def _partition(name: str, journal: Journal, activity: LogActivity, moment: Moment) -> Partition:
    parsed = parse_partition(name) if name else None
    return Partition(
        server=parsed.server if parsed else None,
        domain=parsed.domain if parsed else None,
        apply_mailbox=activity.apply_mailbox[name],
        ok=journal.applied_ok[name],
        refused=journal.applied_refused[name],
        last_apply=_maybe(moment, activity.last_apply_at.get(name)),
        last_probe_apply=_maybe(moment, activity.last_probe_apply_at.get(name)),
    )
