"""`bmrepmon run`: the daemon."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TextIO, cast

import click

from bmrepmon.cli.options import FILE, LEVELS, look, machine
from bmrepmon.cli.terminal import told

LAST_WORDS = 1.0  # seconds that log lines get to leave at the end


@click.command()
@machine
@click.option("--listen", multiple=True, metavar="HOST:PORT", help="Where to listen; may be repeated.")
@click.option("--web-config", type=FILE, help="TLS and users: a file as Prometheus's exporters have it.")
@click.option("--log-level", type=click.Choice(LEVELS), default="info", show_default=True)
@click.option("--log-format", type=click.Choice(["console", "json", "logfmt"]), default="console", show_default=True)
@click.option(
    "--state-dir", type=FILE, help="Where positions, counters and history are kept.  [default: /var/lib/bmrepmon]"
)
def run(
    config: Path | None,
    root: Path,
    listen: tuple[str, ...],
    web_config: Path | None,
    log_level: str,
    log_format: Any,
    state_dir: Path | None,
) -> None:
    """Run the daemon, which observes and publishes.

    For people at http://127.0.0.1:10057/, for Prometheus at /metrics there, unless told otherwise.
    """
    from bmrepmon.runtime.outlet import Outlet

    # structlog takes along, where they are installed, what draws tracebacks that are never shown, and threads that
    # nobody here uses: seven mebibytes.
    with without("rich"), without("greenlet"):
        from bmrepmon.runtime.logs import configure

    from bmrepmon.app.daemon import run_daemon
    from bmrepmon.runtime.memory import keep_little

    keep_little()
    outlet = Outlet(sys.stderr)
    configure(log_level, log_format, cast(TextIO, outlet))
    try:
        with told():
            reread = partial(look, config, root, overrides(listen, web_config, state_dir))
            sys.exit(run_daemon(reread(), reread=reread))
    finally:
        outlet.close(LAST_WORDS)


@contextmanager
def without(library: str) -> Iterator[None]:
    """Let a library that nobody has imported yet be as if it were not installed; while there is one thread."""
    there = library in sys.modules
    sys.modules.setdefault(library, None)  # type: ignore[arg-type] # "The import system", 5.3.1: it is not found then
    try:
        yield
    finally:
        if not there:
            del sys.modules[library]


def overrides(listen: tuple[str, ...], web_config: Path | None, state_dir: Path | None) -> dict[str, Any]:
    """Turn options into settings."""
    return {
        **({"web.listen": listen} if listen else {}),
        **({"web.config": str(web_config.absolute())} if web_config else {}),
        **({"state.directory": str(state_dir.absolute())} if state_dir else {}),
    }
