"""A replay's report for the terminal: 80 columns, plain when it is a pipe."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bmrepmon.offline.replay.report import ReplayReport
from bmrepmon.words.language import Language

MOST_ROWS = 12  # of a table; the JSON form has them all


def render_text(report: ReplayReport, console: Console, t: Language) -> None:
    """Print the report, in the texts of ``replay``."""
    for warning in report.warnings:
        console.print(t("warning", text=warning), style="yellow", markup=False)
    _summary(report, console, t)
    _gaps(report, console, t)
    _errors(report, console, t)
    _partitions(report, console, t)
    _sessions(report, console, t)


def _summary(report: ReplayReport, console: Console, t: Language) -> None:
    source = t(f"source_{report.timezone.source}")
    zone = report.timezone.name
    console.print(t("files", count=len(report.files), lines=t.number(report.lines), zone=zone, source=source))
    if report.first_event and report.last_event:
        length = t.length((report.last_event - report.first_event).total_seconds())
        period = t("period", first=t.date(report.first_event), last=t.date(report.last_event), length=length)
        console.print(period, style="bold")
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="cyan", no_wrap=True)
    grid.add_column()
    for key, value in _facts(report, t):
        grid.add_row(t(key), value)
    console.print()
    console.print(grid)


def _facts(report: ReplayReport, t: Language) -> Iterable[tuple[str, str]]:
    refused, ok, total = report.apply_mailbox_refused, report.apply_mailbox_ok, report.apply_mailbox
    applied = t("applied_value", total=t.number(total), ok=t.number(ok), refused=t.number(refused))
    unanswered = total - ok - refused
    yield "applied", applied + (t("applied_open", open=t.number(unanswered)) if unanswered > 0 else "")
    yield "bodies", _bodies(report, t)
    if report.apply_seconds.count:
        seconds = report.apply_seconds
        yield (
            "duration",
            t("duration_value", p50=t.length(seconds.p50), p99=t.length(seconds.p99), max=t.length(seconds.max)),
        )
    replies = report.replies
    yield "replies", t("replies_value", ok=t.number(replies.ok), no=t.number(replies.no), bad=t.number(replies.bad))
    if report.record_changes:
        counts = {op: t.number(report.record_changes.get(op, 0)) for op in ("create", "update", "delete")}
        yield "records", t("records_value", **counts, indexed=t.number(report.indexed_records))
    odd = sum(report.line_outcomes.get(outcome, 0) for outcome in ("unknown", "malformed"))
    yield "unknown", t("unknown_value", unknown=t.number(odd), lines=t.number(report.lines))


def _bodies(report: ReplayReport, t: Language) -> str:
    bodies, busiest = t.number(report.applied_messages), report.busiest_minute
    if busiest is None or report.applied_messages_per_hour is None:
        return bodies
    rate = t.number(round(report.applied_messages_per_hour))
    return t("bodies_rate", bodies=bodies, rate=rate, most=t.number(busiest.applied_messages), at=f"{busiest.at:%H:%M}")


def _gaps(report: ReplayReport, console: Console, t: Language) -> None:
    minimum = t.length(report.min_gap_seconds)
    if not report.gaps:
        console.print("\n" + t("gaps_none", minimum=minimum))
        return
    longest = sorted(sorted(report.gaps, key=lambda gap: -gap.seconds)[:MOST_ROWS], key=lambda gap: gap.start)
    rows = ((t.date(gap.start), t.date(gap.end), t.length(gap.seconds), t(f"reason_{gap.reason}")) for gap in longest)
    _table(console, t, "gaps", rows, report.gaps_total, minimum=minimum)


def _errors(report: ReplayReport, console: Console, t: Language) -> None:
    if not report.errors:
        console.print("\n" + t("errors_none"))
        return
    rows = ((reason, t.number(count)) for reason, count in report.errors.items())
    _table(console, t, "errors", rows, 0)


def _partitions(report: ReplayReport, console: Console, t: Language) -> None:
    rows = (
        (
            name or t("unnamed"),
            t.number(part.apply_mailbox),
            t.number(part.ok),
            t.number(part.refused),
            t.date(part.last_apply),
        )
        for name, part in list(report.partitions.items())[:MOST_ROWS]
    )
    if report.partitions:
        _table(console, t, "partitions", rows, len(report.partitions))


def _sessions(report: ReplayReport, console: Console, t: Language) -> None:
    if not report.sessions:
        console.print("\n" + t("sessions_none"))
        return
    rows = (
        (t.date(one.start), t.date(one.end), t.length(one.seconds), one.peer or "", t(f"closed_{one.closed}"))
        for one in report.sessions[-MOST_ROWS:]
    )
    _table(console, t, "sessions", rows, report.sessions_total)


def _table(
    console: Console, t: Language, key: str, rows: Iterable[tuple[str, ...]], total: int, **values: object
) -> None:
    """Print a table of at most MOST_ROWS of ``total`` rows, under its title."""
    table = Table(title=t(key, **values), title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
    for name in t(f"{key}_columns").split("|"):
        table.add_column(name.lstrip(">"), justify="right" if name.startswith(">") else "left", header_style="cyan")
    for row in rows:
        table.add_row(*map(Text, row))
    console.print()
    console.print(table)
    if total > MOST_ROWS:
        console.print(t("more", count=t.number(total - MOST_ROWS)))
