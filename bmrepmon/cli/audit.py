"""`bmrepmon audit`: every message held against the database."""

import sys
import time
from pathlib import Path

import click

from bmrepmon.cli.options import formats, look, machine
from bmrepmon.cli.terminal import console, texts, told

FOUND, PARTIAL = 1, 3  # exit codes


@click.command()
@machine
@click.option("--domain", help="Only mailboxes of this domain.")
@click.option("--mailbox", help="Only this mailbox: LOGIN or LOGIN@DOMAIN.")
@formats("text", "json", "jsonl")
def audit(config: Path | None, root: Path, domain: str | None, mailbox: str | None, form: str) -> None:
    """Compare every message of Cyrus with the database.

    Each should have its record and its body there. Names the mailboxes that lack some, and what to type for just these.
    Reads only; what is on its way is told apart, what differs is looked at twice. Ctrl-C ends it with what was found by
    then.

    Ends with 0 when nothing differs, 1 when something does, 3 when not everything was compared.
    """
    from bmrepmon.app.audit import both_sides
    from bmrepmon.failures import Failure
    from bmrepmon.offline.audit.report import compose, render_audit
    from bmrepmon.offline.audit.run import Course, Wanted, audit as differences_of
    from bmrepmon.offline.progress import count_progress

    t, begun = texts("audit", form), time.time()
    course, found, interrupted = Course(Wanted(domain, mailbox)), [], False
    with told():
        backends = list(both_sides(look(config, root, {})))
        if not backends:
            raise Failure(t("no_database"))
        try:
            with count_progress(console(stderr=True), t("comparing")) as course.tick:
                for difference in differences_of(backends, course):
                    found.append(difference)
                    if form == "jsonl":
                        click.echo(encode(difference))
        except KeyboardInterrupt:
            interrupted = True
        if course.complete and not (interrupted or course.matched or course.wanted.all):
            raise Failure(t("no_mailbox", wanted=mailbox or domain or ""))
    report = compose(begun, found, course, interrupted=interrupted)
    if form == "json":
        click.echo(encode(report))
    elif form == "text":
        render_audit(report, console(), t)
    sys.exit(FOUND if report.complete and found else 0 if report.complete else PARTIAL)


def encode(value: object) -> str:
    """Return a value as one line of JSON."""
    import msgspec

    return msgspec.json.encode(value).decode()
