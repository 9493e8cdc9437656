"""A replay's report for the terminal: 80 columns, plain when it is a pipe."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from rich.console import Console
from rich.table import Table

from bmrepmon.offline.replay.report import ReplayReport

MOST_ROWS = 12  # of a table; the JSON form has them all
MINUTE = 60.0
UNITS = (((86400, "d"), (3600, "h")), ((3600, "h"), (60, "min")), ((60, "min"), (1, "s")))

TEXTS: Mapping[str, str] = {
    "files": "{count} file(s), {lines} lines, times in {zone} ({source})",
    "source.option": "as asked",
    "source.inferred": "from the file's own time",
    "source.assumed": "assumed; --timezone sets it",
    "period": "{first}  to  {last}  ({length})",
    "nothing": "nothing",
    "applied": "Folders applied",
    "applied.value": "{total} APPLY MAILBOX: {ok} OK, {refused} refused",
    "applied.open": ", {open} without a known answer",
    "bodies": "Messages applied",
    "bodies.value": "{bodies}",
    "bodies.rate": "{bodies}: {rate} an hour, at most {most} in the minute of {at}",
    "duration": "Time to apply",
    "duration.value": "median {p50}, 99 % within {p99}, longest {max}",
    "replies": "Answers",
    "replies.value": "{ok} OK, {no} NO, {bad} BAD",
    "records": "Records",
    "records.value": "{create} created, {update} updated, {delete} deleted, {indexed} indexed",
    "unknown": "Not understood",
    "unknown.value": "{unknown} of {lines} lines",
    "gaps": "Gaps: nothing applied for {minimum} or longer",
    "gaps.none": "No gap of {minimum} or longer.",
    "gaps.columns": "from|to|>length|reason",
    "errors": "Errors",
    "errors.none": "No error.",
    "errors.columns": "reason|>count",
    "sessions": "Sessions",
    "sessions.none": "No session begins or ends in this log.",
    "sessions.columns": "from|to|>length|peer|end",
    "partitions": "Partitions",
    "partitions.columns": "partition|>applies|>OK|>refused|last apply",
    "more": "... and {count} more: --format json has them all",
    "warning": "Warning: {text}",
    "reason.idle": "idle: nothing asked",
    "reason.disconnected": "no session",
    "reason.blocked": "command without answer",
    "reason.silent_log": "silent: cannot tell",
    "closed.exit": "exit",
    "closed.cut": "cut",
    "closed.core_restart": "core restarted",
    "closed.open": "still open",
    "unnamed": "(unknown)",
}


def render_text(report: ReplayReport, console: Console) -> None:
    """Print the report."""
    for warning in report.warnings:
        console.print(_text("warning", text=warning), style="yellow", markup=False)
    _summary(report, console)
    _gaps(report, console)
    _errors(report, console)
    _partitions(report, console)
    _sessions(report, console)


def _text(key: str, **values: object) -> str:
    return TEXTS[key].format(**values)


def _summary(report: ReplayReport, console: Console) -> None:
    source = _text(f"source.{report.timezone.source}")
    zone = report.timezone.name
    console.print(_text("files", count=len(report.files), lines=_number(report.lines), zone=zone, source=source))
    if report.first_event and report.last_event:
        length = _length((report.last_event - report.first_event).total_seconds())
        period = _text("period", first=_date(report.first_event), last=_date(report.last_event), length=length)
        console.print(period, style="bold")
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="cyan", no_wrap=True)
    grid.add_column()
    for key, value in _facts(report):
        grid.add_row(_text(key), value)
    console.print()
    console.print(grid)


def _facts(report: ReplayReport) -> Iterable[tuple[str, str]]:
    refused, ok, total = report.apply_mailbox_refused, report.apply_mailbox_ok, report.apply_mailbox
    applied = _text("applied.value", total=_number(total), ok=_number(ok), refused=_number(refused))
    unanswered = total - ok - refused
    yield "applied", applied + (_text("applied.open", open=_number(unanswered)) if unanswered > 0 else "")
    yield "bodies", _bodies(report)
    if report.apply_seconds.count:
        seconds = report.apply_seconds
        yield (
            "duration",
            _text("duration.value", p50=_length(seconds.p50), p99=_length(seconds.p99), max=_length(seconds.max)),
        )
    replies = report.replies
    yield "replies", _text("replies.value", ok=_number(replies.ok), no=_number(replies.no), bad=_number(replies.bad))
    if report.record_changes:
        counts = {op: _number(report.record_changes.get(op, 0)) for op in ("create", "update", "delete")}
        yield "records", _text("records.value", **counts, indexed=_number(report.indexed_records))
    odd = sum(report.line_outcomes.get(outcome, 0) for outcome in ("unknown", "malformed"))
    yield "unknown", _text("unknown.value", unknown=_number(odd), lines=_number(report.lines))


def _bodies(report: ReplayReport) -> str:
    bodies, busiest = _number(report.applied_messages), report.busiest_minute
    if busiest is None or report.applied_messages_per_hour is None:
        return _text("bodies.value", bodies=bodies)
    rate = _number(round(report.applied_messages_per_hour))
    return _text(
        "bodies.rate", bodies=bodies, rate=rate, most=_number(busiest.applied_messages), at=f"{busiest.at:%H:%M}"
    )


def _gaps(report: ReplayReport, console: Console) -> None:
    minimum = _length(report.min_gap_seconds)
    if not report.gaps:
        console.print("\n" + _text("gaps.none", minimum=minimum))
        return
    longest = sorted(sorted(report.gaps, key=lambda gap: -gap.seconds)[:MOST_ROWS], key=lambda gap: gap.start)
    rows = ((_date(gap.start), _date(gap.end), _length(gap.seconds), _text(f"reason.{gap.reason}")) for gap in longest)
    _table(console, "gaps", rows, report.gaps_total, minimum=minimum)


def _errors(report: ReplayReport, console: Console) -> None:
    if not report.errors:
        console.print("\n" + _text("errors.none"))
        return
    rows = ((reason, _number(count)) for reason, count in report.errors.items())
    _table(console, "errors", rows, 0)


def _partitions(report: ReplayReport, console: Console) -> None:
    rows = (
        (
            name or _text("unnamed"),
            _number(part.apply_mailbox),
            _number(part.ok),
            _number(part.refused),
            _date(part.last_apply),
        )
        for name, part in list(report.partitions.items())[:MOST_ROWS]
    )
    if report.partitions:
        _table(console, "partitions", rows, len(report.partitions))


def _sessions(report: ReplayReport, console: Console) -> None:
    if not report.sessions:
        console.print("\n" + _text("sessions.none"))
        return
    rows = (
        (_date(one.start), _date(one.end), _length(one.seconds), one.peer or "", _text(f"closed.{one.closed}"))
        for one in report.sessions[-MOST_ROWS:]
    )
    _table(console, "sessions", rows, report.sessions_total)


def _table(console: Console, key: str, rows: Iterable[tuple[str, ...]], total: int, **values: object) -> None:
    """Print a table of at most MOST_ROWS of ``total`` rows, under its title."""
    table = Table(title=_text(key, **values), title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
    for name in _text(f"{key}.columns").split("|"):
        table.add_column(name.lstrip(">"), justify="right" if name.startswith(">") else "left", header_style="cyan")
    for row in rows:
        table.add_row(*row)
    console.print()
    console.print(table)
    if total > MOST_ROWS:
        console.print(_text("more", count=_number(total - MOST_ROWS)))


def _number(value: int) -> str:
    return f"{value:,}"


def _date(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}" if at else ""


def _length(seconds: float | None) -> str:
    """Write a duration in the two units that matter: 12 ms, 4.2 s, 3 min 20 s, 2 h 5 min, 3 d 4 h."""
    if seconds is None:
        return ""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < MINUTE:
        return f"{seconds:.3g} s"
    for (size, unit), (smaller, smaller_unit) in UNITS:
        if seconds >= size:
            rest = int(seconds % size // smaller)
            return f"{seconds // size:.0f} {unit}" + (f" {rest} {smaller_unit}" if rest else "")
    return ""
