"""`bmrepmon folders`: every folder beside its replica."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bmrepmon.cli.asking import asks, door, read
from bmrepmon.cli.live import keep
from bmrepmon.cli.options import formats, look, machine
from bmrepmon.cli.terminal import console, say_errors_only, texts, told

if TYPE_CHECKING:
    from bmrepmon.cli.live import Picture


@click.command()
@machine
@click.option("--lagging", "state", flag_value="lagging", default=True, help="Folders that are behind.  [default]")
@click.option("--passive", "state", flag_value="passive", help="Folders that were never replicated.")
@click.option("--unknown", "state", flag_value="unknown", help="Folders whose lag cannot be told, and why.")
@click.option("--all", "state", flag_value="all", help="Every folder.")
@click.option("--sort", type=click.Choice(["lag", "since", "messages", "name"]), default="lag", show_default=True)
@click.option("--limit", type=click.IntRange(min=0), help="How many folders.  [default: 100 in a table, else all]")
@formats("text", "json", "csv")
@click.option("--watch", is_flag=True, help="Ask the running daemon again and again, and keep the list on the screen.")
@click.option(
    "--interval",
    default=5.0,
    show_default=True,
    type=click.FloatRange(min=0.2),
    help="Seconds between two looks of --watch.",
)
@asks
def folders(
    config: Path | None,
    root: Path,
    state: str,
    sort: str,
    limit: int | None,
    form: str,
    watch: bool,
    interval: float,
    **way: Any,
) -> None:
    """Compare every folder with its replica.

    Lists those that are behind, unless others are asked for. Looks at the machine itself, once, whether the daemon runs
    or not; with --watch it asks the running daemon.
    """
    if watch:
        follow(state, sort, limit, interval, way)
        return
    from bmrepmon.app.once import observe_once, uncompared
    from bmrepmon.publish.folders import LIMIT, encode_folders, list_folders

    say_errors_only()
    t = texts("folders")
    with told():
        snapshot = observe_once(look(config, root, {}), "folders")
        complaints = uncompared(snapshot, t)
    for complaint in complaints:
        click.echo(f"bmrepmon: {complaint}", err=True)
    shown = LIMIT if form == "text" else sys.maxsize
    found = list_folders(snapshot, state, sort, shown if limit is None else limit)
    if form == "json":
        click.echo(encode_folders(found).decode())
    elif form == "csv":
        from bmrepmon.publish.folder_text import csv_text

        click.echo(csv_text(found), nl=False)
    else:
        from bmrepmon.publish.folder_text import render_folders

        render_folders(found, console(), t)
    sys.exit(1 if complaints else 0)


def follow(state: str, sort: str, limit: int | None, interval: float, way: Mapping[str, Any]) -> None:
    """Keep what the daemon says of its folders on the screen; into a pipe, print it once."""
    from bmrepmon.publish.document import Status
    from bmrepmon.publish.folder_screen import draw_folders
    from bmrepmon.publish.folders import LIMIT, Folders

    screen, t = console(), texts("folders")
    there = door(texts("ask"), **way)
    path = f"/api/v1/folders?state={state}&sort={sort}&limit={LIMIT if limit is None else limit}"

    def picture() -> "Picture":
        found: Folders = read(there, path, Folders)
        status: Status = read(there, "/api/v1/status", Status)
        return found.at, draw_folders(found, status, screen, t)

    with told():
        if screen.is_terminal:
            keep(picture, screen, interval)
        else:
            screen.print(picture()[1], soft_wrap=True)  # a line a folder, however long its name
