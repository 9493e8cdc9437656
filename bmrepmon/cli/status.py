"""`bmrepmon status`: what the running daemon says."""

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from bmrepmon.cli.asking import asks, door
from bmrepmon.cli.terminal import console, texts, told

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from bmrepmon.offline.asking import Door
    from bmrepmon.publish.document import Status


@click.command()
@asks
@click.option("--watch", is_flag=True, help="Keep it on the screen, with what the last day was like; Ctrl-C ends.")
@click.option("--interval", default=2.0, show_default=True, type=click.FloatRange(min=0.2), help="Of --watch, seconds.")
def status(watch: bool, interval: float, **way: Any) -> None:
    """Ask the running daemon how replication is.

    Piped, --watch prints once: there is no screen to keep.
    """
    screen = console()
    with told():
        there = door(texts("ask"), **way)
        first = read_status(there)
        if watch and screen.is_terminal:
            keep(there, first, screen, interval)
            return
    from bmrepmon.publish.text import draw

    screen.print(draw(first, texts("status")))


def read_status(there: "Door") -> "Status":
    """Ask for the document."""
    from bmrepmon.publish.document import Status

    found: Status = read(there, "/api/v1/status", Status)
    return found


def read(there: "Door", path: str, kind: Any) -> Any:
    """Ask for a document of a kind; what is none of that kind is a failure that says so."""
    import msgspec

    from bmrepmon.failures import Failure
    from bmrepmon.offline.asking import ask

    t = texts("ask")
    answer = ask(there, path, t)
    try:
        return msgspec.json.decode(answer, type=kind)
    except msgspec.MsgspecError:
        raise Failure(t("gibberish", url=there.url)) from None


def keep(there: "Door", shown: "Status", screen: "Console", interval: float) -> None:
    """Draw again and again until Ctrl-C; while the daemon is away, the last that was seen, and why."""
    from rich.live import Live

    from bmrepmon.failures import Failure

    never = threading.Event()
    with (
        suppress(KeyboardInterrupt),
        Live(console=screen, screen=True, auto_refresh=False, vertical_overflow="crop") as live,
    ):
        drawn = picture(there, shown, screen)
        live.update(drawn, refresh=True)
        while not never.wait(interval):
            try:
                shown = read_status(there)
                drawn = picture(there, shown, screen)
                live.update(drawn, refresh=True)
            except Failure as failure:
                live.update(lost(shown, str(failure), drawn), refresh=True)


def picture(there: "Door", shown: "Status", screen: "Console") -> "RenderableType":
    """Draw the document with the history of its backends."""
    from bmrepmon.publish.document import History, SeriesNames
    from bmrepmon.publish.screen import BLOCKS, PLAIN, SERIES, draw_screen

    wanted = {f"{series}/{backend.name}" for series in SERIES for backend in shown.backends}
    names = read(there, "/api/v1/history", SeriesNames).series
    past = {name: read(there, f"/api/v1/history?series={name}", History) for name in names if name in wanted}
    blocks = BLOCKS if screen.encoding.startswith("utf") else PLAIN
    return draw_screen(shown, past, texts("status"), texts("screen"), blocks)


def lost(shown: "Status", why: str, drawn: "RenderableType") -> "RenderableType":
    """Put why there is nothing newer above the last picture."""
    from datetime import UTC, datetime

    from rich.console import Group
    from rich.text import Text

    t = texts("screen")
    return Group(Text(t("lost", age=t.age(shown.at, datetime.now(UTC)), why=why), style="bold red"), drawn)
