"""A picture that is drawn again and again on the terminal: `--watch`."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING

from bmrepmon.cli.terminal import texts

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from bmrepmon.runtime.bell import Bell

Picture = tuple[datetime, "RenderableType"]  # of when it is, and what is drawn


def keep(picture: Callable[[], Picture], screen: "Console", interval: float) -> None:
    """Draw until Ctrl-C; while the daemon is away, the last picture, and why there is none newer.

    Raises Failure when not even the first can be drawn.
    """
    from rich.live import Live

    from bmrepmon.failures import Failure

    at, drawn = picture()
    with (
        suppress(KeyboardInterrupt),
        interrupted() as ended,
        Live(console=screen, screen=True, auto_refresh=False, vertical_overflow="crop") as live,
    ):
        live.update(drawn, refresh=True)
        while not ended.wait(interval):
            try:
                at, drawn = picture()
                live.update(drawn, refresh=True)
            except Failure as failure:
                live.update(lost(at, str(failure), drawn), refresh=True)


@contextmanager
def interrupted() -> Iterator["Bell"]:
    """Give what Ctrl-C rings, beside raising KeyboardInterrupt: Python ignores an exception while it tidies up."""
    from bmrepmon.runtime.bell import Bell

    ended = Bell()

    def end(*_: object) -> None:
        ended.ring()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, end)
    try:
        yield ended
    finally:
        signal.signal(signal.SIGINT, before)


def lost(at: datetime, why: str, drawn: "RenderableType") -> "RenderableType":
    """Put why there is nothing newer above the last picture."""
    from datetime import UTC

    from rich.console import Group
    from rich.text import Text

    t = texts("screen")
    return Group(Text(t("lost", age=t.age(at, datetime.now(UTC)), why=why), style="bold red"), drawn)
