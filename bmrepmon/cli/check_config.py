"""`bmrepmon check-config`: every mistake in the configuration."""

from pathlib import Path

import click

from bmrepmon.cli.options import config_file, machine, settings
from bmrepmon.cli.terminal import texts, told


@click.command("check-config")
@machine
def check_config(config: Path | None, root: Path) -> None:
    """Read the configuration and tell every mistake in it."""
    with told():
        file = config_file(config, root)
        settings(file)
    t = texts("commands")
    click.echo(t("fine", file=file) if file else t("no_file"))
