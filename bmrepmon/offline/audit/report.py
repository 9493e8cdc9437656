"""An audit for people, and for programs."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bmrepmon.model.audit import KINDS
from bmrepmon.offline.audit.document import AuditReport, Difference, Totals
from bmrepmon.offline.audit.repair import repair
from bmrepmon.offline.audit.run import Course
from bmrepmon.words.language import Language

SHOWN = 20  # folders that could not be read, and problems, that are listed


def compose(at: float, differences: list[Difference], course: Course, *, interrupted: bool) -> AuditReport:
    """Put together what was found until now."""
    return AuditReport(
        at=datetime.fromtimestamp(at, UTC),
        complete=course.complete and not interrupted,
        totals=Totals(
            folders=course.folders,
            messages=course.messages,
            lagging=course.lagging,
            passive_folders=course.passive_folders,
            passive_messages=course.passive_messages,
            without_container=course.without_container,
            bodies_of_nobody=course.bodies_of_nobody,
        ),
        differences=tuple(differences),
        unread=tuple(course.unread),
        problems=tuple(course.problems),
        repair=repair(differences),
    )


def render_audit(report: AuditReport, console: Console, t: Language) -> None:
    """Print it, in the texts of ``audit``."""
    for line in _totals(report, t):
        console.print(Text(line))
    if report.differences:
        console.print()
        console.print(_table(report, t))
    for line in _unread(report, t):
        console.print(Text(line), style="yellow")
    if report.repair:
        console.print()
        console.print(Text(t("repair")))
        for command in report.repair:
            console.print(Text(f"  {command}"), soft_wrap=True)
        console.print(Text(t("operations")))


def _totals(report: AuditReport, t: Language) -> Iterator[str]:
    totals = report.totals
    if not report.complete:
        yield t("partial")
    yield t("compared", messages=t.number(totals.messages), folders=t.number(totals.folders))
    yield t("nothing") if not report.differences else t("found", number=t.number(len(report.differences)))
    for name, number in (
        ("lagging", totals.lagging),
        ("without_container", totals.without_container),
        ("bodies_of_nobody", totals.bodies_of_nobody or 0),
    ):
        if number:
            yield t(name, number=t.number(number))
    if totals.passive_folders:
        yield t("passive", messages=t.number(totals.passive_messages), folders=t.number(totals.passive_folders))


def _table(report: AuditReport, t: Language) -> Table:
    """One line a mailbox, the worst first."""
    found = Counter((difference.mailbox or difference.path, difference.kind) for difference in report.differences)
    mailboxes = Counter(difference.mailbox or difference.path for difference in report.differences)
    kinds = [kind for kind in KINDS if any(known == kind for _, known in found)]
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column(t("mailbox"), overflow="fold", min_width=12)
    for kind in kinds:
        table.add_column(t(f"kind_{kind}"), justify="right")
    for mailbox, _ in sorted(mailboxes.items(), key=lambda one: (-one[1], one[0])):
        table.add_row(Text(mailbox), *(t.number(found[mailbox, kind]) for kind in kinds))
    return table


def _unread(report: AuditReport, t: Language) -> Iterator[str]:
    for one in report.unread[:SHOWN]:
        yield t("unread", path=one.path, reason=one.reason)
    if len(report.unread) > SHOWN:
        yield t("unread_more", number=t.number(len(report.unread) - SHOWN))
    yield from report.problems
