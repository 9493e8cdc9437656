"""`bmrepmon status`: what the running daemon says."""

from typing import TYPE_CHECKING, Any

import click

from bmrepmon.cli.asking import asks, door, read
from bmrepmon.cli.live import keep
from bmrepmon.cli.terminal import console, texts, told

if TYPE_CHECKING:
    from rich.console import Console

    from bmrepmon.cli.live import Picture
    from bmrepmon.offline.asking import Door
    from bmrepmon.publish.document import Status


@click.command()
@asks
@click.option("--watch", is_flag=True, help="Keep it on the screen, with what the last day was like; Ctrl-C ends.")
@click.option(
    "--interval",
    default=2.0,
    show_default=True,
    type=click.FloatRange(min=0.2),
    help="Seconds between two looks of --watch.",
)
def status(watch: bool, interval: float, **way: Any) -> None:
    """Ask the running daemon how replication is.

    Into a pipe, --watch prints once: there is no screen to keep.
    """
    screen = console()
    with told():
        there = door(texts("ask"), **way)
        if watch and screen.is_terminal:
            keep(lambda: picture(there, screen), screen, interval)
            return
        first = read_status(there)
    from bmrepmon.publish.text import draw

    screen.print(draw(first, texts("status")))


def read_status(there: "Door") -> "Status":
    """Ask for the document."""
    from bmrepmon.publish.document import Status

    found: Status = read(there, "/api/v1/status", Status)
    return found


def picture(there: "Door", screen: "Console") -> "Picture":
    """Draw the document with the history of its backends."""
    from bmrepmon.publish.document import History, SeriesNames
    from bmrepmon.publish.screen import BLOCKS, PLAIN, SERIES, draw_screen

    shown = read_status(there)
    wanted = {f"{series}/{backend.name}" for series in SERIES for backend in shown.backends}
    names = read(there, "/api/v1/history", SeriesNames).series
    past = {name: read(there, f"/api/v1/history?series={name}", History) for name in names if name in wanted}
    blocks = BLOCKS if screen.encoding.startswith("utf") else PLAIN
    return shown.at, draw_screen(shown, past, texts("status"), texts("screen"), blocks)
