"""`bmrepmon once`: one look at every source."""

from pathlib import Path

import click

from bmrepmon.cli.options import formats, look, machine
from bmrepmon.cli.terminal import console, say_errors_only, texts, told


@click.command()
@machine
@formats("text", "json", "prometheus")
def once(config: Path | None, root: Path, form: str) -> None:
    """Look once at every source and print what was seen.

    Nothing is written, and no daemon is asked.
    """
    from bmrepmon.app.once import observe_once, odd

    say_errors_only()
    with told():
        installation = look(config, root, {})
        for sentence in odd(installation, texts("doctor")):
            click.echo(f"bmrepmon: {sentence}", err=True)
        snapshot = observe_once(installation)
    if form == "text":
        from bmrepmon.publish.status import describe
        from bmrepmon.publish.text import draw

        console().print(draw(describe(snapshot), texts("status")))
    elif form == "json":
        from bmrepmon.publish.status import encode_status

        click.echo(encode_status(snapshot).decode())
    else:
        from bmrepmon.publish.exposition import render_plain

        click.echo(render_plain(snapshot).decode(), nl=False)
