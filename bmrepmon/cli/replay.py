"""`bmrepmon replay`: replication.log offline."""

from pathlib import Path
from typing import Any

import click

from bmrepmon.cli.options import FILE, formats, seconds
from bmrepmon.cli.terminal import console, texts, told


@click.command()
@click.argument("files", nargs=-1, required=True, type=FILE)
@formats("text", "json")
@click.option("--timezone", help="Time zone of the log: an IANA name.  [default: found out from the files, else UTC]")
@click.option(
    "--min-gap", default="60s", show_default=True, help="Shortest time without an apply that is told as a gap."
)
def replay(files: tuple[Path, ...], form: str, timezone: str | None, min_gap: str) -> None:
    """Analyse replication.log FILES offline.

    They are those of one server, plain or .gz, in any order.
    """
    from bmrepmon.offline import replay as analysis
    from bmrepmon.offline.progress import byte_progress

    t = texts("replay", form)
    with told(), byte_progress(console(stderr=True), texts("replay")("reading")) as progress:
        report = analysis.replay(files, t, zone(timezone), progress, seconds(min_gap) or 0.0)
    if form == "json":
        click.echo(analysis.render_json(report))
    else:
        analysis.render_text(report, console(), t)


def zone(name: str | None) -> Any:
    """Read a time zone option."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise click.UsageError(f"'{name}' is not a time zone: write an IANA name such as Europe/Paris or UTC") from None
