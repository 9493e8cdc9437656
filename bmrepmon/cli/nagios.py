"""`bmrepmon nagios`: the plugin."""

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from bmrepmon.cli.asking import asks, door
from bmrepmon.cli.terminal import texts

if TYPE_CHECKING:
    from bmrepmon.offline.nagios.ranges import Range


class Plugin(click.Command):
    """A command whose wrong usage is UNKNOWN, on stdout: to Nagios 2 is CRITICAL, and stderr is lost."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Read the command line."""
        try:
            return super().make_context(*args, **kwargs)
        except click.UsageError as error:
            unknown(error.format_message())
            raise

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            unknown(error.format_message())


def unknown(why: str) -> None:
    """End as UNKNOWN, in one line."""
    from bmrepmon.offline.nagios import Level, Report

    click.echo(str(Report(Level.UNKNOWN, why)))
    sys.exit(Level.UNKNOWN)


@click.command(cls=Plugin)
@asks
@click.option("--warning", "-w", multiple=True, metavar="MEASURE=RANGE", help="Repeatable: lag_messages=1000.")
@click.option("--critical", "-c", multiple=True, metavar="MEASURE=RANGE", help="Repeatable: lag_seconds=~:600.")
def nagios(warning: tuple[str, ...], critical: tuple[str, ...], **way: Any) -> None:
    """Check a running daemon, as a plugin for Nagios and Centreon.

    Ends with 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN, after one line with perfdata. A RANGE is one of the Nagios
    guidelines: 10, 10:, ~:10, 10:20, @10:20. MEASURE is lag_seconds, heartbeat_lag_seconds, lag_messages, lag_folders,
    active_sessions, missing_sessions, delta_messages, unexplained_messages, disputed_folders, passive_folders,
    sync_log_entries, sync_log_bytes or failed_sources; one that is named has just the ranges that are given.
    """
    from bmrepmon.failures import Failure
    from bmrepmon.offline.asking import ask
    from bmrepmon.offline.nagios import judge

    t = texts("nagios")
    asking = texts("ask")
    limits = ranges(warning), ranges(critical)
    try:
        answer = ask(door(asking, **way), "/api/v1/status", asking)
        report = judge(json.loads(answer), *limits, t)
    except Failure as failure:
        return unknown(" ".join(failure.lines))
    except (ValueError, LookupError, TypeError, AttributeError):  # no JSON, or the document of something else
        return unknown(asking("gibberish", url=way["url"]))
    click.echo(str(report))
    sys.exit(report.level)


def ranges(options: tuple[str, ...]) -> "dict[str, Range]":
    """Read thresholds."""
    from bmrepmon.offline.nagios import MEASURES, SITE
    from bmrepmon.offline.nagios.ranges import Range

    names = [measure.name for measure in (*MEASURES, SITE)]
    found = {}
    for option in options:
        name, _, text = option.partition("=")
        if name not in names:
            raise click.UsageError(f"'{option}' names none of {', '.join(names)}")
        try:
            found[name] = Range.read(text)
        except ValueError:
            raise click.UsageError(f"'{text}' is no range: write 10, 10:, ~:10, 10:20 or @10:20") from None
    return found
