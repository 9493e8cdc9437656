"""What several commands have in common on their command lines, and how they read it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from bmrepmon.config.installation import Installation
    from bmrepmon.config.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_CONFIG = Path("etc/bmrepmon/bmrepmon.toml")  # below the root
LEVELS = ("debug", "info", "warning", "error")
FILE = click.Path(path_type=Path, readable=False)  # whether it can be read is told by who reads it, better


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


def seconds(text: str | None) -> float | None:
    """Read an option that is a duration."""
    from bmrepmon.config.types import Duration

    try:
        return None if text is None else float(Duration(text))
    except ValueError as error:
        raise click.UsageError(str(error)) from None
