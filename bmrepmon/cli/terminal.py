"""How every command speaks: its language, its terminal, its failures."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console

    from bmrepmon.words.language import Language


def console(*, stderr: bool = False) -> "Console":
    """Return a terminal that is plain when it is a pipe."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, soft_wrap=False)


def texts(area: str, form: str = "text") -> "Language":
    """Return the texts of a part of the program: in the language of the user, but for programs in English."""
    from bmrepmon.words.language import load_language, spoken

    return load_language(spoken(os.environ) if form == "text" else "en", area)


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


def say_errors_only() -> None:
    """Prepare the log of a command that tells by other means what it found; most say nothing, and need no log."""
    from bmrepmon.runtime.logger import log

    def configure() -> None:
        from bmrepmon.runtime.logs import configure

        configure("error", "console")

    log.prepare(configure)
