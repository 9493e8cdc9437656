"""`bmrepmon doctor`: what can be read, and what to do about the rest."""

import sys
from pathlib import Path

import click

from bmrepmon.cli.options import formats, look, machine
from bmrepmon.cli.terminal import console, texts, told


@click.command()
@machine
@formats("text", "json")
def doctor(config: Path | None, root: Path, form: str) -> None:
    """Tell which sources can be read, and how to mend the others."""
    from bmrepmon.offline import doctor as examination

    t = texts("doctor", form)
    with told():
        checks = examination.examine(look(config, root, {}), t)
    if form == "json":
        click.echo(examination.render_json(checks))
    else:
        examination.render_text(checks, console(), t)
    sys.exit(0 if all(check.good for check in checks) else 1)
